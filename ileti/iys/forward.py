"""What waits in the outbox goes to İYS: once in effect, in order, and only what may still go.

Why this module exists: this is where a consent becomes valid (R-33), so nothing may be lost,
doubled or sent when it no longer holds. A batch is written down before its call
(:mod:`ileti.iys.batches`); what may still go is decided by :mod:`ileti.iys.sift`, and refusals
İYS cannot know are asked about first (R-42). A faulty item is set aside and the others go at once
(row 21). Few records go one by one, since İYS answers those at once; many go as lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from config import settings
from ileti.consents.vocabulary import IysStatus, Status
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.iys.asking import ask_first, known_at_iys
from ileti.iys.batches import (
    Batch,
    BatchState,
    LateWrite,
    hold_on,
    open_batch,
    postpone,
    split,
    take_over,
)
from ileti.iys.client import IysClient, IysTrouble, Step, client_for, next_step
from ileti.iys.errors import Kind
from ileti.iys.faults import IysError, split_faults
from ileti.iys.lanes import drain
from ileti.iys.receipts import (
    QUESTIONS_AT_ONCE,
    ask_later,
    ask_or_leave,
    must_ask,
    outcome_of,
    settle_nothing,
)
from ileti.iys.settle import Outcome, Row, code_number, mark_sent, rows_of, settle
from ileti.iys.sift import sift
from ileti.iys.wire import MOST_IN_BATCH, WireError, to_wire
from ileti.outbox.relay import LONGEST_DELAY, delay_after

log = get_logger("ileti.iys")

MOST_ROUNDS = 16
# A record that İYS leaves out of its answer so often goes by itself, which is answered for sure
# (row 20); a few with each list.
TRIES_IN_LISTS = 3
MOST_ALONE = 20
# Refusals of a single call that speak about its record although their kind speaks of the account.
FULL = "H525"
_ABOUT_THE_RECORD = frozenset({"H180", FULL})
# So many records fail before the others of a round wait for the next.
MOST_FAILURES = 3
# A list that İYS failed at so often is looked into.
TRIES_OF_A_LIST = 3


def forward_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Send everything that is due, until nothing is or ``until`` (monotonic) has come.

    A backlog of more than one list is worked by a few threads (:mod:`ileti.iys.lanes`).
    """
    return drain(lambda: _step(provider_id), until=until)


def _step(provider_id: int | None) -> Counter[str] | None:
    """One batch: first what a lost worker or a failure left in hand, then new rows."""
    batch = take_over(BatchState.PREPARED, provider_id) or _next_batch(provider_id)
    if batch is None:
        return None
    reach("forward.claimed")
    try:
        return carry(batch)
    except LateWrite:
        log.warning("batch_taken_over", batch=batch.id)
        return Counter()


_DUE_BRANDS = """
select b.provider_id, b.id, b.brand_code
  from brand b join provider p on p.id = b.provider_id
 where p.iys_username is not null and p.iys_password is not null
   and (%(provider)s::int is null or p.id = %(provider)s)
   and exists (select from outbox o
                where o.topic = 1 and o.provider_id = b.provider_id and o.brand_id = b.id
                  and o.batch_id is null and o.dead_at is null and o.next_at <= now())
   and not exists (select from iys_batch t
                    where t.state = 1 and t.provider_id = p.id and t.problem is not null)
 order by random() limit 20"""


def _next_batch(provider_id: int | None) -> Batch | None:
    """A batch of some due brand, in no fixed order so that none starves. A provider whose last
    batch is held up gets no new one: one knock at a closed door is enough (rows 16, 17)."""
    due = db.connection().execute(_DUE_BRANDS, {"provider": provider_id}).fetchall()
    for provider, brand, code in due:
        batch = open_batch(provider, brand, code, MOST_IN_BATCH)
        if batch is not None:
            return batch
    return None


def carry(batch: Batch) -> Counter[str]:
    """Take one batch to İYS as far as it goes now; raises LateWrite."""
    rows = rows_of(batch)
    if not rows:
        settle_nothing(batch)
        return Counter()
    outcomes, ready, ask = sift(rows, *_clocks(), again=batch.tries > 0)
    settle(batch, outcomes)
    counts = Counter(kept=len(outcomes))
    try:
        client = client_for(batch.provider_id)
    except IysTrouble as trouble:
        return counts + _held_up(batch, trouble)
    if ask:
        asked = ask_first(client, batch, ask)
        settle(batch, asked.outcomes)
        if asked.trouble is not None:
            _tell(batch, asked.trouble)
        ready = sorted(ready + asked.known, key=lambda row: row.ref.entry_id)
    if not ready:
        return counts
    if len(ready) < settings().iys_single_below or len(ready) == 1:
        return counts + _send_singly(client, batch, ready)
    alone = [row for row in ready if row.ref.tries >= TRIES_IN_LISTS][:MOST_ALONE]
    if alone:
        counts += _send_singly(client, batch, alone)
        gone = {row.ref.entry_id for row in alone}
        ready = [row for row in ready if row.ref.entry_id not in gone]
        if counts["held"] or counts["left"] or not ready:
            return counts
    return counts + _send_list(client, batch, ready)


def _clocks() -> tuple[datetime, datetime]:
    """Ours and the database's, the one behind first (row 32): a host that runs behind must not
    hold back what was taken on another one, one that runs ahead not bury what İYS would take."""
    behind, ahead = sorted((clock.now(), db.database_time()))
    return behind, ahead


def _send_singly(client: IysClient, batch: Batch, rows: list[Row]) -> Counter[str]:
    """One call per record, each settled before the next. One that İYS fails at does not hold back
    the others: it waits by itself, as long as İYS answers anything at all."""
    counts: Counter[str] = Counter()
    failed: list[tuple[Row, IysTrouble]] = []
    left = list(rows)
    while left and len(failed) < MOST_FAILURES:
        row = left.pop(0)
        hold_on(batch)
        try:
            outcome = _send_one(client, batch, row)
        except IysTrouble as trouble:
            if trouble.kind is not Kind.RETRY:
                return counts + _held_up(batch, trouble)
            failed.append((row, trouble))
            continue
        settle(batch, [outcome])
        counts["settled"] += 1
    if failed:
        if not counts["settled"] and not client.responds():
            return counts + _held_up(batch, failed[0][1])
        settle(batch, [outcome_of(row, trouble.code, trouble.http_status)
                       for row, trouble in failed])
        if left:
            postpone(batch, 0.0, None)
            counts["left"] = len(left)
    if counts["settled"]:
        _account_works(batch)
    return counts


def _send_one(client: IysClient, batch: Batch, row: Row) -> Outcome:
    """The answer about one record; IysTrouble when it speaks about the account or the way."""
    try:
        added = client.add(batch.brand_code, to_wire(row.outgoing()))
    except WireError as error:
        return _unfit(row, error)
    except IysTrouble as trouble:
        if may_leave_out_dealer(row, trouble.code):
            return _send_one(client, batch, without_dealers(row))
        step = next_step(trouble.kind, trouble.code, 99)
        if step is Step.VERIFY or must_ask(batch, row.ref, trouble.code):
            return ask_or_leave(client, batch, row, trouble.code)
        if step is Step.SETTLE or trouble.code in _ABOUT_THE_RECORD:
            return outcome_of(row, trouble.code, trouble.http_status, _message(trouble.faults))
        if step is Step.SPLIT:  # A list of one cannot be split: somebody must look.
            return Outcome(ref=row.ref, state=IysStatus.REFUSED, code=trouble.code, told=True,
                           parked=True, reason=trouble.tr)
        raise
    reach("forward.sent")
    return Outcome(
        ref=row.ref, state=IysStatus.REGISTERED, told=True, accepted=True,
        transaction_id=added.transaction_id, creation_date=added.creation_date,
    )


def may_leave_out_dealer(row: Row, code: str) -> bool:
    """Whether the record goes without its dealer: a refusal does not wait until somebody has
    matched a dealer İYS does not know; the code is an optional field (R-33; İYS API §6.1)."""
    return code == "H180" and row.status is Status.RET and (
        row.retailer_code is not None or bool(row.retailer_access))


def without_dealers(row: Row) -> Row:
    """The record with neither the dealer who took it nor those who may use it."""
    return replace(row, retailer_code=None, retailer_access=())


def _send_list(client: IysClient, batch: Batch, rows: list[Row]) -> Counter[str]:
    """Send a list; what İYS names as faulty is set aside and the rest sent at once (row 21)."""
    counts: Counter[str] = Counter()
    for _ in range(MOST_ROUNDS):
        items = []
        unfit = []
        for row in rows:
            try:
                items.append(to_wire(row.outgoing()))
            except WireError as error:
                unfit.append(_unfit(row, error))
        if unfit:
            settle(batch, unfit)
            gone = {one.ref.entry_id for one in unfit}
            rows = [row for row in rows if row.ref.entry_id not in gone]
        if not rows:
            return counts
        hold_on(batch)
        try:
            accepted = client.add_batch(batch.brand_code, items)
        except IysTrouble as trouble:
            if trouble.code == FULL:
                waiting = _of_the_package(batch, rows)
                settle(batch, [outcome_of(row, FULL, trouble.http_status) for row in waiting])
                gone = {row.ref.entry_id for row in waiting}
                rows = [row for row in rows if row.ref.entry_id not in gone]
                continue
            named, _ = split_faults(trouble.faults, len(rows), items)
            if not named:
                return counts + _refused_whole(client, batch, rows, trouble)
            rows, faulty = _without_faulty(rows, named)
            aside = _set_aside(client, batch, faulty)
            settle(batch, aside)
            counts["settled"] += len(aside)
            continue
        reach("forward.sent")
        mark_sent(batch, accepted, rows, settings().iys_first_poll_seconds)
        _account_works(batch)
        return counts + Counter(sent=len(accepted.ids))
    split(batch, [row.ref.entry_id for row in rows])
    return counts


def _without_faulty(rows: list[Row], named: Mapping[int, list[IysError]],
                    ) -> tuple[list[Row], list[tuple[Row, IysError]]]:
    """What goes again, and what İYS named with its first error about it."""
    again: list[Row] = []
    faulty: list[tuple[Row, IysError]] = []
    for place, row in enumerate(rows):
        if place not in named:
            again.append(row)
        elif may_leave_out_dealer(row, named[place][0].code):
            again.append(without_dealers(row))
        else:
            faulty.append((row, named[place][0]))
    return again, faulty


def _of_the_package(batch: Batch, rows: list[Row]) -> list[Row]:
    """Which of a list a used-up package means (H525): new records. Refusals and renewals of what
    İYS holds go on; all of it when there is nothing new in the list."""
    known = known_at_iys(batch.provider_id, rows)
    return [row for row in rows if row.status is Status.ONAY
            and row.ref.entry_id not in known] or rows


def _set_aside(client: IysClient, batch: Batch,
               faulty: list[tuple[Row, IysError]]) -> list[Outcome]:
    """What the first error of each faulty item means for it; İYS is asked about a few at a time."""
    outcomes: list[Outcome] = []
    questions = 0
    for row, error in faulty:
        if not must_ask(batch, row.ref, error.code):
            outcomes.append(outcome_of(row, error.code, error.status, error.message))
        elif questions < QUESTIONS_AT_ONCE:
            questions += 1
            hold_on(batch)
            outcomes.append(ask_or_leave(client, batch, row, error.code))
        else:
            outcomes.append(ask_later(row, error.code))
    return outcomes


def _unfit(row: Row, error: WireError) -> Outcome:
    return Outcome(ref=row.ref, state=IysStatus.REFUSED, parked=True, reason=str(error))


def _refused_whole(client: IysClient, batch: Batch, rows: list[Row],
                   trouble: IysTrouble) -> Counter[str]:
    """İYS refused the list without naming an item: split it, or hold it for what it waits for."""
    step = next_step(trouble.kind, trouble.code, 99)
    if step in (Step.SPLIT, Step.SETTLE, Step.VERIFY):
        split(batch, [row.ref.entry_id for row in rows])
        return Counter(split=1)
    if trouble.kind is Kind.RETRY and batch.tries >= TRIES_OF_A_LIST:
        return _look_inside(client, batch, rows, trouble)
    return _held_up(batch, trouble)


def _look_inside(client: IysClient, batch: Batch, rows: list[Row],
                 trouble: IysTrouble) -> Counter[str]:
    """A list that fails again and again: when a record of it goes by itself, the fault lies in the
    list, and it is split until what İYS cannot swallow stands alone; else İYS is away."""
    row = rows[batch.tries % len(rows)]
    hold_on(batch)
    try:
        outcome = _send_one(client, batch, row)
    except IysTrouble:
        return _held_up(batch, trouble)
    settle(batch, [outcome])
    split(batch, [one.ref.entry_id for one in rows if one is not row])
    return Counter(settled=1, split=1)


def _held_up(batch: Batch, trouble: IysTrouble) -> Counter[str]:
    """Keep the same rows and come back: soon after a failure on the way, late when a person must
    repair the account first; that person is told in the provider's own record."""
    step = next_step(trouble.kind, trouble.code, 99)
    delay = trouble.wait or (LONGEST_DELAY if step is Step.HOLD else delay_after(batch.tries))
    named = code_number(trouble.code) is not None  # the error book counts held records by it
    postpone(batch, delay, f"{trouble.tr} {trouble.code}" if named else trouble.tr)
    if step is Step.HOLD:
        _tell(batch, trouble)
    log.warning("iys_batch_held", batch=batch.id, code=trouble.code, tries=batch.tries,
                seconds=round(delay))
    return Counter(held=1)


def _tell(batch: Batch, trouble: IysTrouble) -> None:
    """Write into the provider's record what somebody must repair."""
    db.connection().execute(
        "update provider set iys_problem = %s, iys_checked_at = now() where id = %s "
        "and iys_problem is distinct from %s", (trouble.tr, batch.provider_id, trouble.tr),
    )


def _account_works(batch: Batch) -> None:
    db.connection().execute(
        "update provider set iys_problem = null, iys_checked_at = now() "
        "where id = %s and (iys_problem is not null or iys_checked_at is null)",
        (batch.provider_id,),
    )


def _message(faults: tuple[object, ...]) -> str:
    first = faults[0] if faults else None
    return first.message if isinstance(first, IysError) else ""


def sweep() -> Counter[str]:
    """Give back rows that hang on a batch nobody works on any more; none should ever be found.

    (A batch whose worker is gone is no such case: its lease ends and forwarding takes it over.)
    """
    done = db.connection().execute(
        "update outbox o set batch_id = null, fence = o.fence + 1, next_at = now() "
        "where o.topic = 1 and o.batch_id is not null and o.dead_at is null "
        "and o.next_at < now() - interval '1 minute' and not exists ("
        "select from iys_batch b where b.id = o.batch_id and b.state in (1, 2))"
    )
    if done.rowcount:
        log.error("iys_rows_without_batch", count=done.rowcount)
    return Counter(given_back=done.rowcount)
