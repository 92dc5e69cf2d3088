"""Every way of tampering that the tests know, tried on ledger and bundle; `make verify-attacks`.

Prints ``attacks_tried`` and ``attacks_missed``; exit code 1 when one was missed or none was tried.
"""

from __future__ import annotations

import sys

import pytest


class Counter:
    """Counts what the tests marked ``attack`` found."""

    def __init__(self) -> None:
        self.tried = 0
        self.missed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """An attack counts once: when it was carried out, or could not even be set up."""
        if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
            self.tried += 1
            if report.outcome != "passed":
                self.missed.append(report.nodeid)


def main() -> int:
    """Run them all."""
    counter = Counter()
    pytest.main(["-q", "-m", "attack", "--no-header", "-p", "no:cacheprovider", "tests/evidence",
                 *sys.argv[1:]], plugins=[counter])
    for one in counter.missed:
        print(f"# missed: {one}")
    print(f"attacks_tried {counter.tried}")
    print(f"attacks_missed {len(counter.missed)}")
    return 1 if counter.missed or not counter.tried else 0


if __name__ == "__main__":
    sys.exit(main())
