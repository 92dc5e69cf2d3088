"""The rows an import did not take: kept for correction, and brought again as another import.

Why this module exists: whoever applied a list of a million rows comes back next week with the forms
that were missing. Staged verdicts go soon and do not survive a crash of PostgreSQL, so before a run
is called applied the verdicts over rows that were not taken are written into a sealed file beside
the list; the list itself is kept anyway. For IMPORT_KEEP_DAYS both together are the row report, and
the rows can become the list of a new import, with the same columns, origin and files.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec

from config import settings
from ileti.core import db
from ileti.core.errors import CallerMistake, Gone
from ileti.core.failpoints import reach
from ileti.imports import arriving, proofs, runs
from ileti.imports.files import PART_BYTES, PartedFile
from ileti.imports.origin import state
from ileti.imports.reading import sources
from ileti.imports.reading.reader import Layout, rows_of
from ileti.imports.runs import Run
from ileti.imports.states import RunState
from ileti.imports.verdicts import NUMBER, REASONS, TAKEN

TOGETHER: Final = 2_000
#: Reasons that leave something to correct: not what is there already, not one row of two, and not
#: what has no cells that could be brought: such a row is mended in the list it came from.
TO_CORRECT: Final = frozenset(REASONS) - frozenset(TAKEN) - {
    NUMBER["DOSYADA_IKI"], NUMBER["ZATEN_VAR"], NUMBER["SATIR_BOZUK"]}
_ADDRESS: Final = 3  # repairs of phone and e-mail, whose value is not kept here
_ROWS: Final = """select line, part, reason, repairs, channel, status, consent_date,
       case when repairs & 3 > 0 then addr_hash end, key_no,
       case when repairs & 3 > 0 then addr_ct end, flags
  from import_stage_{} where reason >= %s order by line, part"""


class Verdict(NamedTuple):
    """What becomes of one consent of a row; the address only where it was repaired."""

    line: int
    part: int
    reason: int
    repairs: int
    channel: int
    status: int
    date: dt.datetime
    digest: bytes | None = None
    key_no: int = 0
    cipher: bytes | None = None
    flags: int = 0


def verdicts(run: Run) -> Iterator[Verdict]:
    """Those over all rows while they are staged, else those over the rows that were not taken, in
    order of lines. Raises Gone when neither is there any more."""
    if _is_staged(run):
        return _staged(run, 0)
    if _file(run).parts():
        return _kept(run)
    raise Gone("Satır raporu artık yok. Dosyayı yeniden deneyin.",
               "The row report is no longer there. Make the dry run again.", code="report_gone")


def is_there(run: Run) -> bool:
    """Whether :func:`verdicts` has something to tell."""
    return bool(_file(run).parts()) or _is_staged(run)


def keep(run: Run) -> int:
    """Write down what was not taken, while it is staged; how many. Again the same is no harm."""
    file, count, held = _file(run), 0, bytearray()
    file.remove()
    number = 0
    for one in _staged(run, 20):
        held += msgspec.json.encode((one.line, one.part, one.reason, one.repairs & ~_ADDRESS,
                                     one.channel, one.status, one.date)) + b"\n"
        count += 1
        if len(held) >= PART_BYTES:
            number += 1
            file.add(number, [bytes(held)])
            held.clear()
    if held:
        file.add(number + 1, [bytes(held)])
    reach("import.rest")
    return count


def again(run_id: int, *, by: int | None) -> int:
    """A new import of the rows that were not taken, mapped and with its origin; its number. Raises
    Gone, Conflict when the import is not applied, CallerMistake when every row was taken."""
    run = runs.read_run(run_id)
    if run.state not in (RunState.APPLIED, RunState.UNDONE):
        raise runs.moved_on()
    lines = _lines(run)
    head, first = next(lines), next(lines, None)
    if first is None:
        raise CallerMistake("Alınmayan satır yok.", "Every row was taken.", code="no_rest")
    layout = Layout(delimiter=";", header=bool(head))
    stem = run.name.rpartition(".")[0] or run.name
    made = runs.open_run(run.place, f"{stem[:230]} ({run_id}).csv", layout, by=by,
                         dealer_id=run.dealer_id)
    file = runs.read_run(made).file
    for number, piece in enumerate(_in_parts(chain([head, first], lines)), 1):
        file.add(number, [piece])
    arriving.finish(made)
    runs.map_columns(made, layout, run.mapping)
    with suppress(CallerMistake):
        runs.state_origin(made, state(run.origin), by=by)
    proofs.copy_set(run_id, made)
    return made


def sweep() -> dict[str, int]:
    """Remove what was kept of imports that ended IMPORT_KEEP_DAYS ago, unless a legal hold is on it
    (ADR 0029); their lists stay."""
    root = settings().import_folder
    found = {str(path.parent.relative_to(root)): path for path in root.glob("*/*/rest")}
    old = db.connection().execute(
        "select path from import_run where path = any(%s) and coalesce(undone_at, ended_at) < "
        "now() - make_interval(days => %s) and not under_hold(provider_id, brand_id, null, "
        "created_at, coalesce(undone_at, ended_at))",
        (list(found), settings().import_keep_days)).fetchall()
    for (path,) in old:
        shutil.rmtree(found[path], ignore_errors=True)
    return {"rests": len(old)}


def _file(run: Run) -> PartedFile:
    return run.file.beside("rest")


def _is_staged(run: Run) -> bool:
    """Whether rows are staged: a crash of PostgreSQL leaves the table and no row."""
    conn = db.connection()
    if run.stage is None:
        return False
    row = conn.execute("select to_regclass(%s) is not null",
                       [f"import_stage_{run.stage}"]).fetchone()
    if not (row and row[0]):
        return False
    if not run.staged:
        return True
    some = conn.execute(f"select exists (select from import_stage_{int(run.stage)})"  # noqa: S608
                        ).fetchone()
    return bool(some and some[0])


def _staged(run: Run, least: int) -> Iterator[Verdict]:
    # a connection of its own: a download may take minutes
    with db.connect() as conn, conn.transaction():
        conn.execute("set local statement_timeout = 0")
        conn.execute("set local idle_in_transaction_session_timeout = '10min'")
        with conn.cursor(name="report", binary=True) as cursor:
            cursor.itersize = TOGETHER
            cursor.execute(_ROWS.format(int(run.stage or 0)), [least])
            for row in cursor:
                yield Verdict(*row)


def _kept(run: Run) -> Iterator[Verdict]:
    rest = b""
    for piece in _file(run).read():
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield Verdict(*msgspec.json.decode(line, type=_SHAPE))


_SHAPE = tuple[int, int, int, int, int, int, dt.datetime]


def _lines(run: Run) -> Iterator[bytes]:
    """The heading (empty when the list has none), then each row that was not taken, as CSV."""
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    yield _line(head) if head else b""
    blocks = sources.blocks(run.file.read(), run.layout)
    rows: Iterator[Any] = chain.from_iterable(
        rows_of(block, run.layout.delimiter) for block in blocks)
    done = 0
    for one in verdicts(run):
        if one.reason not in TO_CORRECT or one.line == done:
            continue
        done = one.line
        for number, cells in rows:
            if number == one.line:
                if cells:
                    yield _line(cells)
                break


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


def _in_parts(lines: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for line in lines:
        held += line
        if len(held) >= PART_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
