"""The dry run: a file's rows are read, judged and compared with the ledger, which stays as it is.

Why this module exists: whoever brings a million rows wants every one explained before anything
happens. Rows are spelled by :mod:`ileti.imports.spellers` into a staging table of the run, and what
a row alone cannot tell (twice in the file, already here, a refusal here) is found by the database
for all of them at once (``import_check``). A run whose worker dies is read again from its start
into a new table; that costs a minute and no thought.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import msgspec

from config import settings
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError, StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence.leaf import canonical_digest
from ileti.imports import ownfields, proofs, runs
from ileti.imports.mapping import Role
from ileti.imports.reading import sources
from ileti.imports.runs import Run
from ileti.imports.spellers import Tally, Task, spell_here, spell_in_processes
from ileti.imports.states import RunState
from ileti.imports.terms import Terms
from ileti.imports.verdicts import NUMBER, REASONS, Repair
from ileti.imports.words import fold

log = get_logger("ileti.imports")

SMALL_FILE: Final = 2_000_000
CONSENTS_PER_CHUNK: Final = 40_000
MOST_TRIES: Final = 5
_SAMPLES: Final = 40
NOTE_SECONDS: Final = 1.0

SMALL_SLICE: Final = 20_000
ROWS_AT_ONCE: Final = 1_000_000
SIDE_BY_SIDE: Final = 2
_MOST_DUE: Final = 400

#: Reasons by which a row stays out because of what stands in the ledger.
HELD_HERE: Final = tuple(NUMBER[code] for code in ("ZATEN_VAR", "BIZDEKI_YENI", "RET_KORUNDU"))
_RECALL: Final = """
update import_stage_{} s set reason = 0
  from undo_entry u join recipient r on r.id = u.recipient_id
 where s.addr_hash = r.addr_hash and s.recipient_type = u.recipient_type and s.channel = u.channel
   and s.reason = any(%s) and s.chunk = %s"""

# Each consent once; its deadline where it has one and is taken.
_COUNT: Final = """
select reason, repairs <> 0, channel, status, source, recipient_type, dealer_id,
       case when reason < 20 then nullif(due_at, '-infinity') end, count(*), min(line), max(line)
  from import_stage_{} group by 1, 2, 3, 4, 5, 6, 7, 8"""


def check_due(until: float, run_id: int | None = None) -> Counter[str]:
    """Make the dry runs that are asked for, until the moment (monotonic seconds) is near."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until and (run := runs.claim(RunState.CHECKING, run_id)) is not None:
        try:
            counts["checked"] += check(run)
        except StorageAway:
            raise
        except Exception as error:
            counts["failed"] += 1
            _failed(run, error)
    return counts


def check(run: Run) -> bool:
    """One dry run; False when the run was taken away meanwhile."""
    started = time.monotonic()
    with kept_alive(run) as ours:
        found = _stage(run, ours)
        if found is None:
            return False
        stage, tally = found
        counts, due = _counted(stage)
        if run.ask_iys:
            from ileti.imports import atiys  # İYS's client is loaded when it is needed

            counts["iys"] = atiys.ask(run, stage, ours)
    return _finish(run, tally, counts | {"due": due}, time.monotonic() - started)


def stage_again(run: Run) -> int | None:
    """Read the file once more, for a run that is being applied and whose staging table is lost or
    of another day: what was in time yesterday may be late today (R-40). What is in the ledger by
    this very run stays told as taken. The new table; None when the run is not ours any more."""
    with kept_alive(run) as ours:
        found = _stage(run, ours)
        if found is None:
            return None
        stage = found[0]
        _recall(run, stage)
        counts, due = _counted(stage)
        noted = runs.note(run, "checked_at = now(), counts = %s",
                          (msgspec.json.encode(counts | {"due": due}).decode(),))
    return stage if noted else None


def _recall(run: Run, stage: int) -> None:
    """Rows of chunks that are in the ledger are found there by the comparison; they are not known
    from elsewhere, this run brought them."""
    done = db.connection().execute("select n from import_chunk where import_id = %s order by n",
                                   [run.id]).fetchall()
    for (n,) in done:
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = '5min'")
            conn.execute("select import_entries(%s, %s, %s, %s)",
                         (run.id, n, run.place.provider_id, run.place.brand_id))
            conn.execute(_RECALL.format(int(stage)).encode(), (list(HELD_HERE), n))


def _stage(run: Run, ours: Any) -> tuple[int, Tally] | None:
    """Rows in a new staging table, compared with the ledger; None when the run is not ours."""
    if sum(run.file.parts().values()) != run.size:
        raise OSError("not all parts of the file are here")
    chunk_lines = max(1, CONSENTS_PER_CHUNK // max(1, len(run.mapping.parts())))
    stage = _open_stage(run, chunk_lines)
    if stage is None:
        return None
    tally = _spell(run, stage, chunk_lines, ours)
    reach("import.staged")
    _compare(run, stage, tally)
    return (stage, tally) if ours() else None


def _open_stage(run: Run, chunk_lines: int) -> int | None:
    conn = db.connection()
    row = conn.execute("select nextval('import_stage_no')").fetchone()
    assert row is not None
    stage = int(row[0])
    if run.stage is not None:
        runs.drop_stage(run.stage)
    conn.execute("select import_stage_open(%s)", [stage])
    if run.mapping.fields:
        ownfields.open_stage(stage)
    # not checked until all of it is there: half a table left by a killed worker is read again
    if runs.note(run, "stage = %s, chunk_lines = %s, rows = 0, bytes_read = 0, checked_at = null",
                 (stage, chunk_lines)):
        return stage
    runs.drop_stage(stage)
    return None


def _spell(run: Run, stage: int, chunk_lines: int, ours: Any) -> Tally:
    head, _ = sources.heading_and_sample(run.file.read(), run.layout, 1)
    task = Task(terms_of(run, width=len(head) if head else None), stage, chunk_lines,
                run.layout.delimiter)
    blocks = sources.blocks(run.file.read(), run.layout)
    done = (spell_here(task, blocks) if run.size < SMALL_FILE
            else spell_in_processes(task, blocks, settings().import_processes))
    tally, noted = Tally(), time.monotonic()
    for one in done:
        tally.add(one)
        if time.monotonic() - noted > NOTE_SECONDS:
            noted = time.monotonic()
            if not (ours() and runs.note(run, "rows = %s, staged = %s, bytes_read = %s",
                                         (tally.rows, tally.staged, tally.position))):
                break
    return tally


def terms_of(run: Run, width: int | None = None) -> Terms:
    """What a row's fate hangs on, for this run and this moment."""
    return Terms(
        provider_id=run.place.provider_id, iys_code=run.place.iys_code,
        brand_code=run.place.brand_code, now=clock.now(), mapping=run.mapping, key=run.key,
        evidence=canonical_digest(evidence_of(run)), person_secret=person_secret(run),
        activation_date=run.activation_date, dealers=_dealers(run), own_dealer=run.dealer_id,
        proof_for_all=proofs.scanned_as_a_whole(run.origin),
        declared=bool(run.origin.get("proof_attached")), width=width,
        fields=tuple(ownfields.asked(run)),
        files=proofs.names_of(run.id) if Role.PROOF in run.mapping.columns else {})


def evidence_of(run: Run) -> dict[str, Any]:
    """What stands as evidence in every chunk's submission."""
    return {"import": run.id, "file": run.name, "fileSha256": (run.sha256 or b"").hex(),
            "origin": run.origin, "mapping": run.mapping.as_json()} | (
                {} if run.account_id is None else {"apiAccount": run.account_id})


def person_secret(run: Run) -> bytes:
    """Blinds the person part of the run's chunks; the same each time."""
    return secrets().key_for(f"import-person:{run.id}")


def _dealers(run: Run) -> dict[str, int]:
    """Dealers of the brand by every name a list may call them; a name two share means nobody."""
    found: dict[str, int | None] = {}
    for dealer, *names in db.connection().execute(
            "select id, retailer_code::text, alias, name, title from dealer "
            "where provider_id = %s and brand_id = %s", (run.place.provider_id,
                                                         run.place.brand_id)):
        for name in {fold(one) for one in names if one} - {""}:
            found[name] = dealer if name not in found else None
    return {name: dealer for name, dealer in found.items() if dealer is not None}


def _compare(run: Run, stage: int, tally: Tally) -> None:
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = 0")
        conn.execute("select import_stage_ready(%s)", [stage])
    if run.mapping.fields:
        ownfields.ready(stage)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        list(threads.map(lambda one: _check_slice(run, stage, *one), _slices(tally.staged)))


def _slices(rows: int) -> list[tuple[bytes, bytes | None]]:
    """Ranges of address hashes, so many that both cores and no more than their memory are used."""
    parts = 1 if rows < SMALL_SLICE else max(SIDE_BY_SIDE, -(-rows // ROWS_AT_ONCE))
    bounds = [(n * 65_536 // parts).to_bytes(2, "big") for n in range(1, parts)]
    return list(zip([b"", *bounds], [*bounds, None], strict=True))


def _check_slice(run: Run, stage: int, first: bytes, end: bytes | None) -> None:
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = 0")
        conn.execute("select import_check(%s, %s, %s, %s, %s)",
                     (stage, run.place.provider_id, run.place.brand_id, first, end))


def _counted(stage: int) -> tuple[dict[str, Any], dict[str, int]]:
    """Consents by reason, channel, status, source, type and dealer, and when they are due."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in (
        "reason", "repaired", "channel", "status", "source", "recipient_type", "dealer")}
    lines: dict[str, list[int]] = {}
    due: Counter[str] = Counter()
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = 0")
        for (reason, repaired, channel, status, source, kind, dealer, due_at, n, first,
             last) in conn.execute(_COUNT.format(int(stage)).encode()):
            counts["reason"][str(reason)] += n
            low, high = lines.get(str(reason), [first, last])
            lines[str(reason)] = [min(low, first), max(high, last)]
            if due_at is not None:
                due[str(clock.to_istanbul(due_at).date())] += n
            if REASONS[reason].fate == 1:
                counts["repaired"]["yes" if repaired else "no"] += n
                for name, value in (("channel", channel), ("status", status), ("source", source),
                                    ("recipient_type", kind), ("dealer", dealer)):
                    counts[name][str(value)] += n
    return {**counts, "lines": lines}, dict(sorted(due.items())[:_MOST_DUE])


def _finish(run: Run, tally: Tally, counts: dict[str, Any], seconds: float) -> bool:
    samples = [
        {"kind": kind, "shape": shape, "count": n, "line": tally.samples[kind, shape].line,
         "before": tally.samples[kind, shape].before if kind == Repair.DATE
         else hide(tally.samples[kind, shape].before),
         "after": hide(tally.samples[kind, shape].after) if kind != Repair.DATE
         else tally.samples[kind, shape].after}
        for (kind, shape), n in tally.repairs.most_common(_SAMPLES)]
    return runs.note(
        run, "state = %s, rows = %s, staged = %s, bytes_read = size, checked_at = now(), "
        "seconds = %s, counts = %s, samples = %s, missing = %s, problem = null",
        (RunState.CHECKED, tally.rows, tally.staged, seconds,
         msgspec.json.encode(counts).decode(),
         msgspec.json.encode({"repairs": samples, "fields": _faults(tally)}).decode(),
         proofs.missing_as_text(sorted(tally.missing, key=tally.missing.__getitem__))
         if tally.missing else None))


def _faults(tally: Tally) -> list[dict[str, Any]]:
    """What was wrong with values of custom fields, most first; the values themselves are not kept.
    """
    found = sorted(tally.faults.items(), key=lambda one: -one[1][1])
    return [{"key": key, "code": code, "line": line, "count": count}
            for (key, code), (line, count) in found[:_SAMPLES]]


def hide(value: str) -> str:
    """An address as it was written: the form stays visible, and of its letters and digits no more
    than :func:`ileti.recipients.address.mask` shows of its one spelling."""
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}•••{name[-1:]}@{domain}" if len(name) > 2 else f"•••@{domain}"
    digits = [n for n, char in enumerate(value) if char.isdigit()]
    if len(digits) < 8:
        return value
    hidden = set(digits[min(max(len(digits) - 9, 0), 4):-4])
    return "".join("•" if n in hidden else char for n, char in enumerate(value))


@contextmanager
def kept_alive(run: Run) -> Iterator[Any]:
    """Prolong the lease while long statements run; the value tells whether the run is ours."""
    lost, ended = threading.Event(), threading.Event()

    def prolong() -> None:
        while not ended.wait(runs.LEASE_SECONDS / 4):
            try:
                if not runs.note(run, "tries = tries"):
                    lost.set()
                    return
            except StorageAway:
                continue

    thread = threading.Thread(target=prolong, daemon=True, name="import-lease")
    thread.start()
    try:
        yield lambda: not lost.is_set()
    finally:
        ended.set()
        thread.join()


def _failed(run: Run, error: Exception) -> None:
    """A file that cannot be read stops the run with its sentence; what may pass is tried again."""
    log.warning("import_check_failed", run=run.id, reason=type(error).__name__,
                exc_info=not isinstance(error, IletiError))
    if isinstance(error, IletiError) and error.status < 500:
        problem = f"{error.tr}\n{error.en}"
    elif isinstance(error, (CannotDecrypt, OSError)):
        problem = "Dosya okunamıyor.\nThe file cannot be read."
    else:
        again = timedelta(seconds=min(300, 5 * 2 ** min(run.fence, 6)))
        db.connection().execute(
            "update import_run set next_at = now() + %s, state = case when tries >= %s then %s "
            "else state end, problem = case when tries >= %s then %s end "
            "where id = %s and fence = %s and state = %s",
            (again, MOST_TRIES, RunState.FAILED, MOST_TRIES,
             "Dosya birkaç kez denendi ve okunamadı.\nThe file was tried several times and could "
             "not be read.", run.id, run.fence, run.state))
        return
    runs.note(run, "state = %s, problem = %s", (RunState.FAILED, problem))
