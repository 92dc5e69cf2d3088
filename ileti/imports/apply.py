"""Applying: chunks of an import into the ledger, each one transaction, two side by side.

Why this module exists: a million consents must enter once, whatever happens in between. A chunk is
all lines of one range; its submission's key is (import, chunk), so that the same chunk again is a
replay, whether the worker was killed, doubled or slept past its lease. The work itself is one
database function (``import_apply``); two threads keep two connections busy. Pause and cancel are
heard between chunks. When the staging table is gone (a crash of PostgreSQL empties unlogged
tables), the file is read again first; claims come out the same. What cannot go on pauses with a
sentence: never is a list called applied of which a part is missing.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Final

import msgspec
from psycopg import errors as pg

from ileti.consents.vocabulary import Source
from ileti.core import clock, db, jobs
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError, StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.imports import ownfields, rest, runs, staging
from ileti.imports.runs import Run
from ileti.imports.states import RunState
from ileti.imports.terms import chunk_key, person_of

log = get_logger("ileti.imports")

SIDE_BY_SIDE: Final = 2
_TRIES: Final = 5
_ADDRESS: Final = "uq_recipient_provider_id_addr_hash"
_APPLY: Final = """select written, left_out, replay from import_apply(
    %s::bigint, %s::bigint, %s::int, %s::int, %s::int, %s::text, %s::bytea, %s::smallint, %s::int,
    %s::smallint, %s::bigint, %s::jsonb, %s::smallint, %s::bytea)"""
_BROUGHT: Final = (
    "(chunks_done, written, left_out) = (select count(*), coalesce(sum(c.written), 0), "
    "coalesce(sum(c.left_out), 0) from import_chunk c where c.import_id = import_run.id)")


def apply_due(until: float, run_id: int | None = None) -> Counter[str]:
    """Apply what is asked for until the moment (monotonic seconds) is near; then the next run of
    the job goes on."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until and (run := runs.claim(RunState.APPLYING, run_id)) is not None:
        try:
            counts += apply(run, until)
        except StorageAway:
            raise
        except Exception as error:
            log.exception("import_apply_failed", run=run.id)
            counts["stopped"] += _stop(run, error)
    return counts


def _stop(run: Run, error: Exception) -> bool:
    """Pause with a sentence what cannot go on as it is; whatever may pass is tried again some
    times. A person goes on with it, or gives it up."""
    if isinstance(error, IletiError) and error.status < 500:
        told = f"{error.tr}\n{error.en}"
    elif isinstance(error, (CannotDecrypt, OSError)):
        told = ("Aktarmanın dosyası okunamıyor.\nThe file of the import cannot be read.")
    elif run.tries < staging.MOST_TRIES:
        runs.release(run, after=5.0 * 2 ** run.tries)
        return False
    else:
        told = ("Aktarma birkaç kez denendi ve sürdürülemedi; kalan satırlar alınmadı.\n"
                "The import was tried several times and could not go on; the rows that are left "
                "were not taken.")
    return runs.note(run, "state = %s, problem = %s", (RunState.PAUSED, told))


def apply(run: Run, until: float) -> Counter[str]:
    """Bring the run's chunks forward; those that are done are left alone."""
    counts: Counter[str] = Counter()
    left = _chunks_left(run)
    checked = run.checked_at
    if left is None or checked is None or clock.to_istanbul(checked).date() != clock.today():
        log.warning("import_staged_again", run=run.id, gone=left is None)
        stage = staging.stage_again(run)
        if stage is None:
            return counts
        run = replace(run, stage=stage)  # as it was claimed: whoever paused it meanwhile is heard
        left = _chunks_left(run)
        if left is None:
            raise RuntimeError("staged, and empty")
    with staging.kept_alive(run) as ours, ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        waiting, working = iter(left), set[Future[tuple[int, int]]]()
        while True:
            going = time.monotonic() <= until and ours()
            more = islice(waiting, SIDE_BY_SIDE - len(working)) if going else ()
            working |= {threads.submit(apply_chunk, run, n) for n in more}
            if not working:
                break
            done, working = wait(working, return_when=FIRST_COMPLETED)
            for written, left_out in (one.result() for one in done):
                counts["chunks"] += 1
                counts["written"] += written
                counts["left_out"] += left_out
            if not _progress(run, ", tries = 0"):
                break
    if not _progress(run):  # stopped: what both threads still brought is told all the same
        db.connection().execute(
            f"update import_run set {_BROUGHT} where id = %s and state = any (%s)",  # noqa: S608
            (run.id, [RunState.PAUSED, RunState.CANCELLED]))
        return counts
    if counts["chunks"] < len(left):
        runs.release(run)
        jobs.ring("imports.jobs.apply")
        return counts
    reach("import.values")
    ownfields.bring(run)
    rest.keep(run)
    if runs.note(run, "state = %s, ended_at = now()", (RunState.APPLIED,)):
        counts["applied"] += 1
        runs.tell_trail(run, "done", by=run.started_by)
    return counts


def apply_chunk(run: Run, n: int) -> tuple[int, int]:
    """One chunk in one transaction: entries written, rows left out. Again the same changes
    nothing."""
    key = chunk_key(run.key, n)
    person = person_of(staging.person_secret(run), run.key, n)
    number, sealed = secrets().keyring.encrypt(person, key.encode())
    actor, actor_id = run.actor(run.started_by)
    body = sha256(repr((run.sha256, run.mapping.as_json(), run.origin)).encode()).digest()[:16]
    for attempt in range(_TRIES):
        try:
            with db.transaction() as conn:
                conn.execute("set local statement_timeout = '10min'")
                row = conn.execute(_APPLY, (
                    run.id, run.stage, n, run.place.provider_id, run.place.brand_id, key, body,
                    int(run.mapping.fixed.source or Source.NONE), run.dealer_id,
                    int(actor), actor_id, msgspec.json.encode(staging.evidence_of(run)).decode(),
                    number, sealed)).fetchone()
                assert row is not None
                if not row[2]:
                    conn.execute(
                        "insert into import_chunk (import_id, n, provider_id, written, left_out) "
                        "values (%s, %s, %s, %s, %s)",
                        (run.id, n, run.place.provider_id, row[0], row[1]))
                reach("import.chunk")
            return row[0], row[1]
        except (pg.DeadlockDetected, pg.SerializationFailure, pg.UniqueViolation) as error:
            if attempt == _TRIES - 1 or (isinstance(error, pg.UniqueViolation)
                                         and error.diag.constraint_name != _ADDRESS):
                raise  # beaten to a new address, a chunk is tried again; to its key, never
            time.sleep(0.05 * 2 ** attempt)
    raise AssertionError("unreachable")


def _chunks_left(run: Run) -> list[int] | None:
    """Chunks that are not in the ledger; None when the staging table is gone or empty."""
    if run.stage is None:
        return None
    try:
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = '5min'")
            every = [row[0] for row in conn.execute(
                f"select distinct chunk from import_stage_{int(run.stage)} "  # noqa: S608
                "where reason < 20 order by 1")]
            some = conn.execute(
                f"select key_no from import_stage_{int(run.stage)} limit 1").fetchone()  # noqa: S608
            done = {row[0] for row in conn.execute(
                "select n from import_chunk where import_id = %s", [run.id])}
    except pg.UndefinedTable:
        return None
    if run.staged and (some is None or some[0] != secrets().keyring.newest):
        return None  # emptied by a crash, or sealed under a key that is being retired
    runs.note(run, "chunks = %s", (len(every),))
    _progress(run)  # a pause or a kill may have come between the last chunks and their count
    return [n for n in every if n not in done]


def _progress(run: Run, more: str = "") -> bool:
    return runs.note(run, _BROUGHT + more)
