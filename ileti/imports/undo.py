"""Undoing an import: back to what was before, or by lawful entries that follow.

Why this module exists: somebody will import the wrong list. As long as İYS has heard nothing of it
and no worker has a row in hand, it can be taken back: what waits for İYS goes, states become what
they were, and only the ledger remembers. Once something was reported there is no way back, only
onward: the provider refuses by its own decision (HS_KARAR) what the list brought as consents;
refusals stay, because a provider cannot undo a person's no (R-32, R-42). What has changed since the
import is left alone in both ways. :func:`preview` says beforehand what would happen.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import errors as pg

from ileti.consents.deadlines import deadline
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, db, jobs
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.imports import ownfields, runs
from ileti.imports.runs import Run
from ileti.imports.staging import kept_alive
from ileti.imports.states import RunState, Undo
from ileti.recipients.address import mask

log = get_logger("ileti.imports")

_TRIES: Final = 5
_STANDING: Final = """
select r.key_no, r.addr_hash, r.addr_ct, s.recipient_type, s.channel, s.consent_date
  from undo_entry u
  join consent_state s on s.provider_id = %(provider)s and s.brand_id = %(brand)s
       and s.recipient_id = u.recipient_id and s.recipient_type = u.recipient_type
       and s.channel = u.channel and s.entry_id = u.id
  join recipient r on r.provider_id = %(provider)s and r.id = u.recipient_id
 where s.status = 1 and s.standing = 1 and r.addr_ct is not null
 order by u.id"""


#: Back to applied, or to given up when not all of it had been applied.
_AS_BEFORE: Final = """state = case when (select count(*) from import_chunk c
    where c.import_id = import_run.id) >= chunks then %s else %s end, problem = %s"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What undoing would do now: how many entries İYS knows or a worker has in hand, consents and
    refusals that still stand as imported, and keys that changed since."""

    reported: int
    consents: int
    refusals: int
    changed: int

    @property
    def kind(self) -> Undo:
        """The way that is open."""
        return Undo.COUNTER if self.reported else Undo.TAKE_BACK


def preview(run: Run) -> Preview:
    """Look, change nothing; reads every entry of the import once."""
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = '5min'")
        row = conn.execute("select * from import_preview(%(run)s, %(provider)s, %(brand)s)",
                           _names(run)).fetchone()
    assert row is not None
    return Preview(*row)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of the refusals that would follow: the address masked, what stands and since when."""

    address: str
    channel: Channel
    recipient_type: RecipientType
    consent_date: datetime


def refusals(run: Run, most: int = 20) -> tuple[dict[Channel, int], list[Refusal]]:
    """The counter-entries before they are written: how many by channel, and the first of them."""
    names = _names(run)
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = '5min'")
        conn.execute("select import_entries(%(run)s, null, %(provider)s, %(brand)s)", names)
        counted = conn.execute(
            f"select channel, count(*) from ({_STANDING}) s group by 1 order by 1",  # noqa: S608
            names).fetchall()
        rows = conn.execute(_STANDING + " limit %(most)s", names | {"most": most}).fetchall()
    return {Channel(channel): n for channel, n in counted}, [
        Refusal(mask(_opened(key_no, digest, cipher)), Channel(channel), RecipientType(kind), held)
        for key_no, digest, cipher, kind, channel, held in rows]


def undo_due(until: float, run_id: int | None = None) -> Counter[str]:
    """Undo what is asked for until the moment (monotonic seconds) is near."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until and (run := runs.claim(RunState.UNDOING, run_id)) is not None:
        try:
            counts += undo(run, until)
        except StorageAway:
            raise
        except Exception:
            log.exception("import_undo_failed", run=run.id)
            runs.release(run, after=min(300.0, 5.0 * 2 ** min(run.tries, 6)))
            counts["failed"] += 1
    return counts


def undo(run: Run, until: float) -> Counter[str]:
    """Bring one undoing forward; chunks that are done are passed over."""
    counts: Counter[str] = Counter()
    back = run.undo_kind == Undo.TAKE_BACK
    with kept_alive(run) as ours:
        done = _done(run)
        if back and not done and not _hold(run):
            runs.note(run, _AS_BEFORE, (RunState.APPLIED, RunState.CANCELLED, (
                "İYS bu arada kayıtların bir bölümünü aldı; geri alma artık olanaklı değil.\n"
                "İYS has got some of the records meanwhile; they can no longer be taken back.")))
            counts["refused"] += 1
            return counts
        chunks = [row[0] for row in db.connection().execute(
            "select n from import_chunk where import_id = %s order by n", [run.id])]
        for place, n in enumerate(chunks[done:], done + 1):
            if time.monotonic() > until:
                runs.release(run)
                jobs.ring("imports.jobs.undo")
                return counts
            if not ours():
                return counts
            counts["undone"] += _take_back(run, n, place) if back else _counter(run, n)
            runs.note(run, "chunks_done = %s, tries = 0", (place,))
            reach("import.undone")
    ownfields.take_back(run)
    if runs.note(run, "state = %s, undone_at = now()", (RunState.UNDONE,)):
        counts["runs"] += 1
        runs.tell_trail(run, "undone", by=run.undone_by)
    return counts


def _done(run: Run) -> int:
    """How many chunks are undone already: they are not looked at again."""
    row = db.connection().execute(
        "select chunks_done from import_run where id = %s", [run.id]).fetchone()
    return row[0] if row else 0


def _hold(run: Run) -> bool:
    """Keep everything from İYS at once; False when a worker was faster. Only before the first chunk
    is back: then its rows are gone."""
    try:
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = '10min'")
            conn.execute("select import_hold(%s, %s, %s)",
                         (run.id, run.place.provider_id, run.place.brand_id))
    except pg.RaiseException:
        return False
    return True


def _take_back(run: Run, n: int, place: int) -> int:
    """One chunk, and in the same transaction that it is done: what is back cannot be held."""
    for attempt in range(_TRIES):
        try:
            with db.transaction() as conn:
                conn.execute("set local statement_timeout = '10min'")
                row = conn.execute("select import_undo(%s, %s, %s, %s)", (
                    run.id, n, run.place.provider_id, run.place.brand_id)).fetchone()
                conn.execute("update import_run set chunks_done = greatest(chunks_done, %s) "
                             "where id = %s", (place, run.id))
            return int(row[0]) if row else 0
        except pg.DeadlockDetected:
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.05 * 2 ** attempt)
    raise AssertionError("unreachable")


def _counter(run: Run, n: int) -> int:
    """Refusals by the provider's own decision over what still stands as this chunk brought it."""
    names = _names(run) | {"chunk": n}
    actor, actor_id = run.actor(run.undone_by)
    now = clock.now().replace(microsecond=0)
    with db.transaction() as conn:
        conn.execute("set local statement_timeout = '10min'")
        conn.execute("select import_entries(%(run)s, %(chunk)s, %(provider)s, %(brand)s)", names)
        items = [_refusal(row, now) for row in conn.execute(_STANDING, names)]
        if not items:
            return 0
        new = NewSubmission(
            place=run.place, idem=f"{run.key}:{n}:undo", body_hash=hash_body(run.id, n),
            source=Source.HS_KARAR, standing=Standing.VERIFIED, items=items,
            actor=actor, actor_id=actor_id, evidence={"undoOfImport": run.id, "file": run.name})
        try:
            record_chunk(conn, new)
        except (pg.DeadlockDetected, pg.SerializationFailure) as error:
            raise StorageAway() from error  # the lease ends, and the chunk is done again
    return len(items)


def _refusal(row: Any, now: Any) -> NewConsent:
    key_no, digest, cipher, kind, channel, held = row
    date = max(now, held + timedelta(seconds=1))
    return NewConsent(address=_opened(key_no, digest, cipher), channel=Channel(channel),
                      status=Status.RET, consent_date=date, recipient_type=RecipientType(kind),
                      due_at=deadline(date, now=now, source=Source.HS_KARAR,
                                      recipient_type=RecipientType(kind)))


def _opened(key_no: int, digest: Any, cipher: Any) -> str:
    return secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()


def _names(run: Run) -> dict[str, Any]:
    return {"run": run.id, "provider": run.place.provider_id, "brand": run.place.brand_id}
