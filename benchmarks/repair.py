"""How fast and how small all differences of a cause are repaired; `make bench-repair`.

A brand with a day of which every row of ours has another date at İYS and as many rows are known to
İYS alone. A worker process of its own compares the day, fulfils a wish for either cause, and
compares it again.

    repair_dates_per_s    other dates written beside our proof, by SQL over a thousand at a time
    repair_rows_per_s     rows missing here taken into the ledger, each hashed, encrypted and sealed
    repair_peak_mb        the worker's largest resident memory
    repair_left           differences after the second comparison

``RECONCILE_ROWS`` sets the rows of each cause (default 200 000).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from hashlib import sha384
from pathlib import Path

os.environ.setdefault("RECONCILE_ROWS", "200000")

from benchmarks import reconcile
from benchmarks.place import fresh_database

ROOT = Path(__file__).resolve().parents[1]


def write_day(folder: Path, day: dt.date) -> None:
    """İYS's file: our rows a second earlier, and as many of others."""
    rows = []
    for n in range(reconcile.ROWS):
        at = (reconcile.noon(day) + dt.timedelta(seconds=n // 100)).strftime("%Y-%m-%d %H:%M:%S")
        for number, phone, date in (
                (n + 1, reconcile.phone(n), f"{day} 08:59:59"),
                (-n - 1, f"+90598{n:07d}", f"{day} 09:00:00")):
            rows.append(f"{at},{reconcile.transaction(number)},{phone},BIREYSEL,MESAJ,ONAY,{date},"
                        "HS_WEB\n")
    rows.sort()
    text = (reconcile.HEADER + "".join(rows)).encode()
    (folder / "day.csv").write_bytes(text)
    (folder / "day.sha384").write_text(sha384(text).hexdigest())


def work(provider: int) -> None:
    """The worker: compare, repair, compare; how long each took and how large it became."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    from ileti.consents.ledger import Place
    from ileti.core import clock, db
    from ileti.iys.compare import Cause
    from ileti.iys.days import days_due
    from ileti.iys.repairs import repairs_due, wish

    place = Place(*db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code from provider p join brand b "
        "on b.provider_id = p.id where p.id = %s", (provider,)).fetchone())  # type: ignore[misc]
    day = clock.today() - dt.timedelta(days=1)
    took: dict[str, float] = {}

    def timed(name: str, what: object) -> None:
        began = time.perf_counter()
        what(time.monotonic() + 3_600, provider)  # type: ignore[operator]
        took[name] = time.perf_counter() - began

    timed("compare", days_due)
    for cause in (Cause.OTHER_DATE, Cause.MISSING_HERE):
        assert wish(place, day, cause, 1), cause
        timed(cause.name, repairs_due)
    timed("again", days_due)
    status = Path("/proc/self/status").read_text()
    print(json.dumps(took | {"peak": int(status.partition("VmHWM:")[2].split()[0]) / 1024}))


def main() -> None:
    """Fill, let the worker do its work, print the figures."""
    import psycopg

    settings = fresh_database("repair")
    from ileti.core import clock

    day = clock.today() - dt.timedelta(days=1)
    with (tempfile.TemporaryDirectory() as name,
          psycopg.connect(settings.database_url, autocommit=True) as owner):
        folder = Path(name)
        owner.execute("set timezone = 'UTC'")
        place = reconcile.fill(owner, day)
        owner.execute("select setval('consent_entry_id_seq', %s)", (reconcile.ROWS,))
        write_day(folder, day)
        registry = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reconcile", "--serve", name],
            stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert registry.stdout is not None
            env = os.environ | {
                "IYS_BASE_URL": registry.stdout.readline().strip(), "LOG_LEVEL": "error",
                "IYS_REQUESTS_PER_SECOND": "1e6", "ARCHIVE_DIR": str(folder / "archive")}
            out = subprocess.run(
                [sys.executable, "-m", "benchmarks.repair", "--work", str(place.provider_id)],
                env=env, cwd=ROOT, capture_output=True, text=True, check=False)
            if out.returncode:
                raise SystemExit(out.stderr)
            took = json.loads(out.stdout.splitlines()[-1])
            row = owner.execute("select differences from iys_day where provider_id = %s "
                                "and day = %s", (place.provider_id, day)).fetchone()
        finally:
            registry.terminate()
            registry.wait()
    print(f"repair_dates_per_s {reconcile.ROWS / took['OTHER_DATE']:.0f}")
    print(f"repair_rows_per_s {reconcile.ROWS / took['MISSING_HERE']:.0f}")
    print(f"repair_seconds {took['OTHER_DATE'] + took['MISSING_HERE']:.1f}")
    print(f"repair_compare_seconds {took['compare']:.1f} {took['again']:.1f}")
    print(f"repair_peak_mb {took['peak']:.0f}")
    print(f"repair_left {row[0] if row else '?'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(int(sys.argv[2]))
    else:
        main()
