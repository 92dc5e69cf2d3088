"""``make isolation``: everybody asks for everything that is not theirs, with and without the
application's own filter.

Two walks at once, each with a database of its own: one through the application as it is, one with
its filter taken away, so that PostgreSQL's row rules stand alone (docs/adr/0039). Prints
``isolation_cases`` (of one walk) and ``isolation_leaks`` (of both), and each leak; ends with 1 when
there is one, when there are fewer cases than LEAST, or when a kind of case proves nothing without a
reason in ``tests/isolation/unproven.py``. Everybody asks everything their rights let them ask;
``ISOLATION_SHARE=4`` asks each fourth of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LEAST = 2_000
WALKS = {"filter": "with the application's filter", "wall": "without it"}


def main() -> int:
    """0 when nothing leaks either way."""
    from benchmarks.place import fresh_database
    from tests.isolation.unproven import REASONS, named

    fresh_database("isolation_both")  # the server both walks work on
    began = time.monotonic()
    running = {name: subprocess.Popen(  # noqa: S603 (this Python)
        [sys.executable, "-m", "tests.isolation.run", name], cwd=ROOT, stdout=subprocess.PIPE,
        text=True) for name in WALKS}
    told = {name: one.communicate()[0].splitlines() for name, one in running.items()}
    found = {name: _report(lines) for name, lines in told.items()}
    for name in [name for name, said in found.items() if not said]:
        print(f"# the walk {WALKS[name]} did not come to its end: {told[name][-1:]}")
    if not all(found.values()):
        return 1
    unnamed: list[tuple[str, str]] = []
    for name, said in found.items():
        print(f"# {WALKS[name]}: {said['cases']} cases of {said['kinds']} kinds in "
              f"{said['seconds']} s; {len(said['unproven'])} kinds prove nothing, not counted")
        unnamed += [(name, kind) for kind in said["unproven"] if kind not in named()]
        for leak in said["leaks"]:
            print(f"# leak, {WALKS[name]}: {leak}")
    missed = set().union(*(said["unproven"] for said in found.values()))
    for reason, kinds in REASONS.items():
        print(f"# proves nothing, since {reason}: " + "; ".join(sorted(missed & kinds)))
    for name, kind in unnamed:
        print(f"# proves nothing and nobody says why, {WALKS[name]}: {kind}")
    leaks = sum(len(said["leaks"]) for said in found.values())
    print(f"isolation_cases {min(said['cases'] for said in found.values())}")
    print(f"isolation_leaks {leaks}")
    print(f"isolation_seconds {time.monotonic() - began:.0f}")
    return 1 if leaks or unnamed or any(said["cases"] < LEAST for said in found.values()) else 0


def _report(lines: list[str]) -> dict[str, Any]:
    """What a walk came to, among what else it said; empty for one that broke off."""
    for line in reversed(lines):
        said = json.loads(line) if line.startswith("{") else {}
        if "cases" in said:
            return dict(said)
    return {}


if __name__ == "__main__":
    sys.exit(main())
