"""İYS's answers become our states: results of lists, and what a refusal of one record means.

Why this module exists: a consent counts only when İYS has answered for it (R-08, R-33). An empty
or unfinished result is no answer; it is asked for again, less and less often, and an alarm is
raised when that takes long (fault row 22). "Already there" and "date not later" (H174, H178) are
believed only after İYS was asked what it holds (row 23), and when it holds something newer, that
enters the ledger as İYS's own word (R-34).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from config import settings
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    hash_body,
    record,
)
from ileti.consents.vocabulary import IysStatus, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import TryLater
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.iys.answers import ItemResult, ItemState
from ileti.iys.asking import UNKNOWN_FOR_EVER, kept
from ileti.iys.batches import Batch, BatchState, LateWrite, postpone, take_over
from ileti.iys.client import IysClient, IysTrouble, Step, client_for, next_step
from ileti.iys.errors import Kind, meaning
from ileti.iys.lanes import drain
from ileti.iys.marks import mark_of
from ileti.iys.settle import Outcome, Ref, Row, refs_of, rows_of, settle
from ileti.iys.wire import Movement, to_iys_time
from ileti.outbox.relay import LONGEST_DELAY, delay_after

log = get_logger("ileti.iys")

MOST_TRIES = 20
QUESTIONS_AT_ONCE = 20
QUESTIONS_AGAIN = 5.0
# So many questions of one poll fail before the others wait for the next.
MOST_FAILURES = 3
_SECOND = timedelta(seconds=1)
ALARM_AFTER = timedelta(hours=1)
SENT_AGAIN_AFTER = timedelta(hours=24)
# "Date in the future" (H162) can only mean that our clock ran ahead of İYS's: the moment comes.
FUTURE_AGAIN = 300.0


def settle_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Ask for every result that is due, until nothing is or ``until`` (monotonic) has come."""
    return drain(lambda: _step(provider_id), until=until)


def _step(provider_id: int | None) -> Counter[str] | None:
    batch = take_over(BatchState.SENT, provider_id)
    if batch is None:
        return None
    try:
        return settle_batch(batch)
    except LateWrite:
        log.warning("batch_taken_over", batch=batch.id)
        return Counter()


def settle_batch(batch: Batch) -> Counter[str]:
    """Ask for one list's result and write down what is known; raises LateWrite."""
    waited = clock.now() - batch.since
    results: list[ItemResult] = []
    client = None
    try:
        client = client_for(batch.provider_id)
        results = client.batch_result(batch.brand_code, batch.request_id or "")
    except IysTrouble as trouble:
        if client is None or waited <= SENT_AGAIN_AFTER or not _speaks_of_the_result(
                client, trouble):
            postpone(batch, trouble.wait or delay_after(batch.polls), trouble.code)
            return Counter(failed=1)
    reach("receipts.read")
    refs = refs_of(batch)
    if not refs:  # Nothing of it is open any more.
        settle_nothing(batch)
        return Counter()
    outcomes, doubtful = _read_results(batch, results, refs)
    if waited > SENT_AGAIN_AFTER:
        answered = {one.ref.entry_id for one in outcomes} | {ref.entry_id for ref, _ in doubtful}
        outcomes += [
            Outcome(ref=ref, state=IysStatus.QUEUED, delay=0.0, reason="no result in a day")
            for entry, ref in refs.items() if entry not in answered
        ]
    settle(batch, outcomes)
    asked = _verify_some(client, batch, doubtful)
    if doubtful and not asked and waited > SENT_AGAIN_AFTER:
        outcomes += _given_back(batch, doubtful)
    left = len(refs) - len(outcomes) - asked
    if left:
        _ask_later(batch, left, waited, at_once=len(doubtful) > asked > 0)
    return Counter(settled=len(outcomes) + asked)


def _given_back(batch: Batch, doubtful: list[tuple[Ref, ItemResult]]) -> list[Outcome]:
    """Records nobody could be asked about for a day go back to the queue, each for itself."""
    outcomes = [Outcome(ref=ref, state=IysStatus.QUEUED, code=result.code, delay=0.0,
                        reason=meaning(result.code or "").tr) for ref, result in doubtful]
    settle(batch, outcomes)
    return outcomes


def _speaks_of_the_result(client: IysClient, trouble: IysTrouble) -> bool:
    """Whether it is this one result that İYS cannot give, and neither the account nor İYS itself
    that is in trouble."""
    if trouble.kind.needs_somebody or trouble.kind in (Kind.RATE, Kind.AUTH):
        return False
    return client.responds()


def settle_nothing(batch: Batch) -> None:
    """Close a batch whose rows are all gone."""
    db.connection().execute(
        "update iys_batch set state = %s, open_rows = 0 where id = %s and fence = %s",
        (int(BatchState.CLOSED), batch.id, batch.fence),
    )


def _read_results(
    batch: Batch, results: list[ItemResult], refs: dict[int, Ref]
) -> tuple[list[Outcome], list[tuple[Ref, ItemResult]]]:
    """Outcomes by İYS's own numbers, never by place (row 20), and what must be asked for."""
    entry_of = dict(zip(batch.sub_ids or [], batch.entry_ids, strict=True))
    outcomes: list[Outcome] = []
    doubtful: list[tuple[Ref, ItemResult]] = []
    refused: list[tuple[Ref, ItemResult]] = []
    seen: set[int] = set()
    for result in results:
        ref = refs.get(entry_of.get(result.sub_request_id or "", -1))
        if ref is None or ref.entry_id in seen:
            continue
        if result.state is ItemState.SUCCESS:
            outcomes.append(_registered(ref, result))
        elif result.state is ItemState.FAILURE:
            ask = must_ask(batch, ref, result.code or "")
            (doubtful if ask else refused).append((ref, result))
        else:
            continue
        seen.add(ref.entry_id)
    if refused:
        rows = {row.ref.entry_id: row
                for row in rows_of(batch, [ref.entry_id for ref, _ in refused])}
        for ref, result in refused:
            if row := rows.get(ref.entry_id):
                outcomes.append(outcome_of(row, result.code or "", 200, result.message))
    return outcomes, doubtful


def _registered(ref: Ref, result: ItemResult) -> Outcome:
    detail = {"earlier_request": result.original_request_id} if result.original_request_id else None
    return Outcome(
        ref=ref, state=IysStatus.REGISTERED, told=True, accepted=True,
        transaction_id=result.transaction_id, creation_date=result.creation_date, detail=detail,
    )


def outcome_of(row: Row, code: str, http_status: int | None, message: str = "") -> Outcome:
    """What İYS's refusal of one record means for it (errors.py decides by kind)."""
    said = meaning(code, http_status)
    step = next_step(said.kind, code, attempt=row.ref.tries + 1)
    told = {"code": code, "told": True, "detail": {"message": message} if message else None}
    if code == "H162" and row.ref.tries < MOST_TRIES * 10:
        log.error("clock_ahead_of_iys", entry=row.ref.entry_id, tries=row.ref.tries)
        return _again(row, code, 60.0 if row.ref.tries < 5 else FUTURE_AGAIN, said.tr)
    if step is Step.SETTLE:
        state = {
            Kind.OVERDUE: IysStatus.OVERDUE,
            Kind.LOCAL_ONLY: IysStatus.LOCAL_ONLY if row.status is Status.RET
            else IysStatus.REFUSED,
        }.get(said.kind, IysStatus.REFUSED)
        return Outcome(ref=row.ref, state=state, **told)  # type: ignore[arg-type]
    if said.kind is Kind.SUBSCRIPTION:
        return _again(row, code, LONGEST_DELAY, said.tr, counted=False)
    if said.kind is Kind.CONFIG or (row.ref.tries >= MOST_TRIES and _may_give_up(row)):
        return Outcome(ref=row.ref, state=IysStatus.REFUSED, parked=True, reason=said.tr,
                       **told)  # type: ignore[arg-type]
    return _again(row, code, delay_after(row.ref.tries), said.tr)


def _may_give_up(row: Row) -> bool:
    """A refusal is tried for as long as it takes, a consent to its deadline (row 17; R-33)."""
    if row.status is Status.RET:
        return False
    return row.due_at is None or row.due_at < clock.now()


def _again(row: Row, code: str, delay: float, reason: str, counted: bool = True) -> Outcome:
    return Outcome(ref=row.ref, state=IysStatus.QUEUED, code=code, delay=delay, reason=reason,
                   counted=counted)


def must_ask(batch: Batch, ref: Ref, code: str) -> bool:
    """Whether İYS must be asked what it holds before this refusal is believed: H174 and H178 (row
    23), and H467 for what may have been taken when it was first sent. That V2 answers a repeat at
    any age is our reading (§6.2), and a consent İYS holds must not end as too late."""
    kind = meaning(code).kind
    return kind is Kind.ALREADY or (
        kind is Kind.OVERDUE and (batch.tries > 0 or ref.tries > 0))


def ask_or_leave(client: IysClient, batch: Batch, row: Row, code: str) -> Outcome:
    """:func:`verify`; when İYS cannot be asked now, this row alone waits.

    The hourly quota of questions is counted per address (H086), so one provider may use it up for
    all: what needs no question must go on.
    """
    try:
        return verify(client, batch, row, code)
    except (IysTrouble, TryLater) as trouble:
        wait, counted = None, True
        if isinstance(trouble, IysTrouble):
            # H467: a row that counts as never tried would end as too late without a question.
            late = meaning(code).kind is Kind.OVERDUE
            wait, counted = trouble.wait, late or trouble.kind is not Kind.RATE
        log.warning("status_not_known", batch=batch.id, code=trouble.code)
        if counted and row.ref.tries >= MOST_TRIES:
            return outcome_of(row, code, None)
        return _again(row, code, wait or delay_after(row.ref.tries), trouble.tr, counted)


def ask_later(row: Row, code: str) -> Outcome:
    """The row back for a moment, since this list has brought enough questions."""
    return _again(row, code, QUESTIONS_AGAIN, meaning(code).tr)


def verify(client: IysClient, batch: Batch, row: Row, code: str) -> Outcome:
    """Ask what İYS holds before believing H174 or H178 (row 23); raises IysTrouble, TryLater.

    The same choice there: registered, with İYS's record as the receipt. Another one: İYS's record
    enters the ledger and holds here as well; ours is refused.
    """
    if row.recipient is None:
        return kept(row, None, UNKNOWN_FOR_EVER)
    held = client.status(batch.brand_code, row.recipient, row.recipient_type, row.channel)
    if meaning(code).kind is Kind.OVERDUE and not _is_this(held, row):
        return outcome_of(row, code, 422)
    if held is None:
        return outcome_of(row, code, 400)
    if row.state_is_ours and _in_the_same_second(held, row):
        # İYS wants a later date; the refusal must not be lost for a second.
        return replace(_again(row, code, 1.0, meaning(code).tr), reported=row.reported + _SECOND)
    if row.state_is_ours and (heard := _may_be_before(batch, held, row)) is not None:
        if not heard:
            take_from_iys(client, batch, held)
        return replace(_again(row, code, 2.0, meaning(code).tr),
                       reported=held.holds_from + _SECOND)
    detail = {"asked": True, "iys_status": held.status.name, "iys_source": held.source_word}
    if held.status is not row.status:
        take_from_iys(client, batch, held)
        return Outcome(ref=row.ref, state=IysStatus.REFUSED, code=code, told=True, detail=detail,
                       transaction_id=None)
    return Outcome(
        ref=row.ref, state=IysStatus.REGISTERED, code=code, told=True, accepted=True,
        transaction_id=held.transaction_id, creation_date=held.creation_date, detail=detail,
    )


def _in_the_same_second(held: Movement, row: Row) -> bool:
    """Whether this refusal was made in the very second of the consent İYS holds."""
    return (
        row.status is Status.RET and held.status is Status.ONAY and held.consent_date is not None
        and to_iys_time(held.consent_date) == to_iys_time(row.reported)
    )


def _may_be_before(batch: Batch, held: Movement, row: Row) -> bool | None:
    """Whether the consent İYS holds may be older than this refusal although its date is later:
    then we hear (False), or have heard (True), of it before that date, so our clock is behind
    İYS's. In doubt somebody has refused (R-32)."""
    if row.status is not Status.RET or held.status is not Status.ONAY:
        return None
    found = db.connection().execute(_HEARD_BEFORE, {
        "date": held.holds_from, "provider": batch.provider_id, "brand": batch.brand_id,
        "recipient": row.ref.order_key >> 3, "type": int(row.recipient_type),
        "channel": int(row.channel)}).fetchone()
    assert found is not None  # a question without a table always has one row
    heard, ahead = found
    return True if heard else False if ahead else None


_HEARD_BEFORE = """
select exists (
       select from consent_entry where provider_id = %(provider)s and recipient_id = %(recipient)s
          and brand_id = %(brand)s and recipient_type = %(type)s and channel = %(channel)s
          and source >= 31 and consent_date = %(date)s and captured_at < consent_date),
       %(date)s > now()"""


def _is_this(held: Movement | None, row: Row) -> bool:
    """Whether İYS holds just this consent, of this second."""
    return (
        held is not None and held.status is row.status and held.consent_date is not None
        and to_iys_time(held.consent_date) == to_iys_time(row.reported)
    )


def take_from_iys(client: IysClient, batch: Batch, held: Movement) -> None:
    """Let what İYS holds into the ledger with an İYS source: it is the truth for the status (R-34).

    A record that another system of the provider sent (HS_…) counts as İYS's word as well, since we
    learn it from there and must not send it back.
    """
    take_word(Place(batch.provider_id, client.account.iys_code, batch.brand_id, batch.brand_code),
              held, held.holds_from)


def take_word(place: Place, held: Movement, date: datetime, learned: str = "status") -> Recorded:
    """İYS's word about one key, into the ledger as of ``date``; ``learned`` names the way, and the
    same word is taken once by each."""
    source = held.source if held.source.is_iys else Source.IYS_BILINMEYEN
    mark = mark_of(place.provider_id, held).hex()
    return record(NewSubmission(
        place=place, idem=f"iys:{learned}:{place.brand_code}:{mark}",
        body_hash=hash_body(mark), source=source, standing=Standing.VERIFIED,
        actor=ActorKind.IYS,
        items=[NewConsent(
            address=held.recipient, channel=held.channel, status=held.status,
            consent_date=date, recipient_type=held.recipient_type,
        )],
        evidence={"iys": {"transaction": held.transaction_id, "source": held.source_word,
                          "learned": learned}},
    ))


def _verify_some(client: IysClient, batch: Batch, doubtful: list[tuple[Ref, ItemResult]]) -> int:
    """Ask for a few and settle each; the others at the next poll. How many were settled. A question
    that fails by itself does not hold back the others."""
    done = failed = 0
    codes = {ref.entry_id: result.code or "" for ref, result in doubtful[:QUESTIONS_AT_ONCE]}
    for row in rows_of(batch, list(codes)) if codes else []:
        try:
            outcome = verify(client, batch, row, codes[row.ref.entry_id])
        except (IysTrouble, TryLater) as trouble:
            log.warning("status_not_known", batch=batch.id, code=trouble.code)
            failed += 1
            away = not isinstance(trouble, IysTrouble) or trouble.kind is not Kind.RETRY
            if away or failed == MOST_FAILURES:
                break
            continue
        settle(batch, [outcome])
        done += 1
    return done


def _ask_later(batch: Batch, left: int, waited: timedelta, *, at_once: bool) -> None:
    """Poll again with back-off; an alarm when İYS is silent for long."""
    problem = None
    if waited > ALARM_AFTER:
        problem = f"no result for {left} records after {round(waited.total_seconds() / 60)} minutes"
        log.error("iys_result_late", batch=batch.id, left=left, seconds=waited.total_seconds())
    first = max(0.2, settings().iys_first_poll_seconds / 10)
    postpone(batch, 0.0 if at_once else delay_after(max(0, batch.polls - 1), first=first), problem)
