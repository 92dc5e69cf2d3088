"""How fast a list is read and applied, and in how much memory; `make bench-import`.

A file of N rows in İYS's own order (one consent each, every address new, dates of the last days,
one row of fifty in another spelling) goes through a worker process of its own: the dry run, then
the ledger with state, leaf and outbox, two chunks side by side.

    import_dry_rows_per_s    rows of the file per second, from the sealed file to their verdicts
    import_apply_rows_per_s  rows per second into the committed ledger
    import_known_rows_per_s  rows per second when every address is known and its state changes: the
                             same list again with later refusals
    import_vs_copy           apply's rate against COPY and a plain insert of the same rows (the part
                             of the ledger a bare program would write: one row, one key)
    import_read_quoted_vs_csv  our reader's rate on quoted rows with line ends inside cells against
                             Python's csv module on the same bytes (CPU, the best of five)
    import_peak_mb           the largest sum of the resident memory of our processes, with what
                             they share counted once
    import_peak_large_mb     (``--full``) the same for five times the rows; flat means equal
    import_wrong             rows that are not in the ledger once, and changes that are not there

``IMPORT_ROWS`` sets N (default 1 000 000).
"""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg

from benchmarks.place import fresh_database, new_place

if TYPE_CHECKING:
    from ileti.consents.ledger import Place

ROWS = int(os.environ.get("IMPORT_ROWS", "1000000"))
QUOTED_ROWS = 200_000
# Seconds ago: a first list, and a later word of the same people.
FIRST, LATER = range(28_000, 108_000), range(1_000, 27_000)
HEAD = b"type,source,recipient,status,consentDate,recipientType\n"


def lines(rows: int, status: str = "ONAY", ago: range = FIRST) -> Iterator[bytes]:
    """The file, in pieces of ten thousand rows; every date so many seconds ago."""
    from ileti.core import clock

    chance = random.Random(1)
    now = clock.to_istanbul(clock.now()).replace(microsecond=0, tzinfo=None)
    yield HEAD
    for start in range(0, rows, 10_000):
        yield "".join(
            f"MESAJ,HS_WEB,{spelled(n)},{status},{now - timedelta(seconds=chance.choice(ago))},"
            "BIREYSEL\n" for n in range(start, min(rows, start + 10_000))).encode()


def spelled(n: int) -> str:
    """A number of its own for every row; the specimens' ten million are enough."""
    digits = f"599{n:07}"
    return f"0{digits[:3]} {digits[3:6]} {digits[6:]}" if n % 50 == 0 else f"+90{digits}"


def somewhere() -> Place:
    """A provider of its own."""
    from ileti.consents.ledger import Place

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as conn:
        code = random.randrange(10 ** 6, 10 ** 8)
        provider, brand = new_place(conn, code)
    return Place(provider, code, brand, code)


def prepared(place: Place, pieces: Iterator[bytes]) -> int:
    """A run with its file, mapping and origin; its number."""
    import ileti.imports.jobs  # noqa: F401
    from ileti.imports import arriving, runs
    from ileti.imports.mapping import recognise
    from ileti.imports.origin import state
    from ileti.imports.reading.reader import Layout, heading_and_sample

    run_id = runs.open_run(place, "liste.csv", Layout())
    runs.read_run(run_id).file.add(1, pieces)
    run = arriving.finish(run_id)
    runs.map_columns(run_id, Layout(), recognise(*heading_and_sample(run.file.read(), Layout())))
    runs.state_origin(run_id, state({
        "origin": "customers", "ground": "Üyelik formu", "proof": "Genel merkez arşivi",
        "notice": "Üyelikte bilgilendirildi"}))
    return run_id


def work(step: str, run_id: int) -> None:
    """The worker: one step of one run; says when it is there, as a worker is long before a list."""
    import ileti.imports.jobs  # noqa: F401
    from ileti.imports import apply, runs, staging

    print(flush=True)
    until = time.monotonic() + 3_600
    if step == "dry":
        runs.ask_check(run_id)
        staging.check_due(until, run_id)
    else:
        runs.ask_apply(run_id, by=None)
        apply.apply_due(until, run_id)


def timed(step: str, run_id: int) -> tuple[float, float]:
    """Seconds of a step in a worker process, and the peak of its family's memory in MB."""
    worker = subprocess.Popen([sys.executable, "-m", "benchmarks.imports", step, str(run_id)],
                              stdout=subprocess.PIPE)
    assert worker.stdout is not None
    worker.stdout.readline()
    peak, ended = [0.0], threading.Event()
    watcher = threading.Thread(target=watch, args=(worker.pid, peak, ended))
    watcher.start()
    started = time.perf_counter()
    code = worker.wait()
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    if code:
        raise SystemExit(code)
    return seconds, peak[0]


def watch(pid: int, peak: list[float], ended: threading.Event) -> None:
    """Sum the resident memory of a process and its children, ten times a second; what they share
    since the fork is counted once."""
    while not ended.wait(0.1):
        family, total = [pid], 0
        for one in family:
            try:
                for thread in os.listdir(f"/proc/{one}/task"):
                    with open(f"/proc/{one}/task/{thread}/children") as children:
                        family += [int(child) for child in children.read().split()]
                with open(f"/proc/{one}/smaps_rollup") as memory:
                    total += next(int(line.split()[1]) for line in memory
                                  if line.startswith("Pss:")) * 1_024
            except (OSError, StopIteration):
                continue
        peak[0] = max(peak[0], total / 1e6)


def bare(rows: int) -> float:
    """Rows per second of COPY and a plain insert with one key."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        conn.execute("create unlogged table if not exists bare_stage (line text)")
        conn.execute("truncate bare_stage")
        conn.execute("create table if not exists bare_list (id bigint generated always as identity "
                     "primary key, line text not null)")
        conn.commit()
        started = time.perf_counter()
        with conn.cursor().copy("copy bare_stage from stdin (delimiter E'\\x01')") as copy:
            for piece in lines(rows):
                copy.write(piece)
        conn.execute("insert into bare_list (line) select line from bare_stage")
        conn.commit()
        seconds = time.perf_counter() - started
        conn.execute("drop table bare_stage, bare_list")
    return rows / seconds


def quoted() -> bytes:
    """A list as Excel writes one with notes: every cell quoted, some with line ends and marks."""
    return HEAD + "".join(
        f'"MESAJ","HS_WEB","{spelled(n)}","ONAY","2026-11-23 10:57:48","BIREYSEL","Not {n}'
        + ('\nikinci satır, ""tırnaklı"""\n' if n % 4 == 0 else '"\n')
        for n in range(QUOTED_ROWS)).encode()


def read_quoted_vs_csv() -> float:
    """The csv module's CPU seconds over our reader's, which keeps line numbers, bounds and broken
    rows apart; both must find the same cells."""
    from ileti.imports.reading.reader import Layout, csv_blocks, rows_of

    data = quoted()

    def ours() -> int:
        pieces = (data[at:at + (1 << 18)] for at in range(0, len(data), 1 << 18))
        return sum(len(cells or ()) for block in csv_blocks(pieces, Layout())
                   for _, cells in rows_of(block, ","))

    def theirs() -> int:
        text = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")
        return sum(map(len, csv.reader(text, strict=True))) - HEAD.count(b",") - 1

    best, found = {ours: float("inf"), theirs: float("inf")}, set()
    for _ in range(5):
        for read in best:
            started = time.process_time()
            found.add(read())
            best[read] = min(best[read], time.process_time() - started)
    if len(found) != 1:
        raise SystemExit(f"the two readers differ: {found}")
    return best[theirs] / best[ours]


def main() -> None:
    """One run of N rows; with ``--full`` another of five times as many."""
    fresh_database("imports")
    base = bare(ROWS)
    place = somewhere()
    run_id = prepared(place, lines(ROWS))
    dry, dry_peak = timed("dry", run_id)
    applied, apply_peak = timed("apply", run_id)
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        found = conn.execute(
            "select (select count(*) from consent_entry), (select count(*) from consent_state), "
            "(select count(*) from outbox)").fetchone()
    run_id = prepared(place, lines(ROWS, "RET", LATER))
    timed("dry", run_id)
    known, known_peak = timed("apply", run_id)
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        changed = conn.execute(
            "select (select count(*) from consent_entry where status = 2), "
            "(select count(*) from consent_state where status = 2), "
            "(select count(*) from outbox where after_id is not null)").fetchone()
    print(f"import_dry_rows_per_s {ROWS / dry:.0f}")
    print(f"import_apply_rows_per_s {ROWS / applied:.0f}")
    print(f"import_known_rows_per_s {ROWS / known:.0f}")
    print(f"import_vs_copy {ROWS / applied / base:.3f}")
    print(f"import_read_quoted_vs_csv {read_quoted_vs_csv():.3f}")
    print(f"import_peak_mb {max(dry_peak, apply_peak, known_peak):.0f}")
    wrong = sum(abs(n - ROWS) for n in (*(found or (0,)), *(changed or (0,))))
    print(f"import_wrong {wrong}", flush=True)
    if "--full" in sys.argv:
        large = prepared(somewhere(), lines(5 * ROWS))
        peaks = [timed(step, large)[1] for step in ("dry", "apply")]
        print(f"import_peak_large_mb {max(peaks):.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["dry"], ["apply"]):
        work(sys.argv[1], int(sys.argv[2]))
    else:
        main()
