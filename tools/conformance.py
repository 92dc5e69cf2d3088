"""How much of İYS is covered: services our client speaks, codes the simulator and client know.

Runs ``tests/conformance`` and prints one ``name value`` line each. A service that is not there yet
counts as not covered; a wrong answer counts as failed, and ends the command with 1.
"""

from __future__ import annotations

import sys
from collections import Counter

import pytest


class Tally:
    """Counts what passed, per marker."""

    def __init__(self) -> None:
        self.known: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.failed = 0
        self._kinds: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Which test stands for what."""
        for item in items:
            for kind in ("iys_service", "iys_code"):
                if item.get_closest_marker(kind):
                    self._kinds[item.nodeid] = kind
                    self.known[kind] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one report."""
        if report.failed:
            self.failed += 1
        elif report.when == "call" and report.passed and report.nodeid in self._kinds:
            self.passed[self._kinds[report.nodeid]] += 1


def main() -> int:
    """Run, print, and answer 0 when nothing failed."""
    tally = Tally()
    code = pytest.main(["tests/conformance", "-q", "--no-header", "-p", "no:randomly",
                        *sys.argv[1:]], plugins=[tally])
    for kind, name in (("iys_service", "iys_services_covered"), ("iys_code", "iys_codes_covered")):
        print(f"{name} {tally.passed[kind]}/{tally.known[kind]}")
    print(f"iys_conformance_failed {tally.failed}")
    return 0 if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else 1


if __name__ == "__main__":
    sys.exit(main())
