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
from datetime import timedelta
from typing import Any, Final

from psycopg import errors as pg

from ileti.consents.deadlines import deadline
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import StorageAway
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.imports import runs
from ileti.imports.runs import Run
from ileti.imports.staging import kept_alive
from ileti.imports.states import RunState, Undo

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


def undo_due(until: float, run_id: int | None = None) -> Counter[str]:
    """Undo what is asked for until the moment (monotonic seconds) is near."""
    counts: Counter[str] = Counter()
    while time.monotonic() < until and (run := runs.claim(RunState.UNDOING, run_id)) is not None:
        counts += undo(run, until)
    return counts


def undo(run: Run, until: float) -> Counter[str]:
    """Bring one undoing forward; chunks that are done are passed over."""
    counts: Counter[str] = Counter()
    back = run.undo_kind == Undo.TAKE_BACK
    with kept_alive(run) as ours:
        if back and not _hold(run):
            runs.note(run, "state = %s, problem = %s", (RunState.APPLIED, (
                "İYS bu arada kayıtların bir bölümünü aldı; geri alma artık olanaklı değil.\n"
                "İYS has got some of the records meanwhile; they can no longer be taken back.")))
            counts["refused"] += 1
            return counts
        chunks = [row[0] for row in db.connection().execute(
            "select n from import_chunk where import_id = %s order by n", [run.id])]
        for place, n in enumerate(chunks, 1):
            if time.monotonic() > until or not ours():
                return counts
            counts["undone"] += _take_back(run, n, place) if back else _counter(run, n)
            runs.note(run, "chunks_done = %s", (place,))
            reach("import.undone")
    if runs.note(run, "state = %s, undone_at = now()", (RunState.UNDONE,)):
        counts["runs"] += 1
    return counts


def _hold(run: Run) -> bool:
    """Keep everything from İYS at once; False when a worker was faster. Once a chunk is back its
    rows are gone, and holding the rest again is no harm."""
    done = db.connection().execute(
        "select chunks_done from import_run where id = %s", [run.id]).fetchone()
    if done and done[0]:
        return True
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
    address = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    return NewConsent(address=address, channel=Channel(channel), status=Status.RET,
                      consent_date=date, recipient_type=RecipientType(kind),
                      due_at=deadline(date, now=now, source=Source.HS_KARAR,
                                      recipient_type=RecipientType(kind)))


def _names(run: Run) -> dict[str, Any]:
    return {"run": run.id, "provider": run.place.provider_id, "brand": run.place.brand_id}
