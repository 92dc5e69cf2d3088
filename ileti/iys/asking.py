"""First refusals: İYS is asked before it is told, since it takes no refusal as a first record.

Why this module exists: a refusal of what İYS does not know earns H175, one of what it holds as RET
H174; only one that ends a consent there has to be told (R-42, docs/adr/0007). A question without an
answer leaves the refusals in the queue, asked about less and less often: they block here already,
and a provider whose calls keep failing loses its place at İYS (İYS API §1.1; row 17).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Status
from ileti.core import clock, db
from ileti.iys.batches import Batch
from ileti.iys.client import IysClient, IysTrouble
from ileti.iys.errors import Kind
from ileti.iys.settle import Outcome, Row
from ileti.outbox.relay import LONGEST_DELAY

SHORTEST_WAIT = 2.0
# Of one batch; the others come again. İYS answers a thousand an hour (§1.1).
MOST_SINGLE_QUESTIONS = 20
# A row that may have reached İYS, of a person who was erased before its answer was known: it can
# neither be repeated nor asked about without the address, and it would be false to say that it was
# not sent. Nobody can be sent to at an erased address whatever İYS holds.
UNKNOWN_FOR_EVER = "erased in doubt"
# A question waits for a quarter of the time its refusal has waited already.
_SHARE_OF_AGE = 0.25


@dataclass(slots=True)
class Asked:
    """What the questions brought: refusals to be sent, those that are settled or wait, and the
    trouble with the account when somebody must be told of it."""

    known: list[Row] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    trouble: IysTrouble | None = None


def ask_first(client: IysClient, batch: Batch, rows: list[Row]) -> Asked:
    """First and repeated refusals: those İYS holds as ONAY are sent, the others stay here or are
    there already (R-42, H175). One question per recipient type and channel."""
    groups: dict[tuple[RecipientType, Channel], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.recipient_type, row.channel].append(row)
    asked = Asked()
    singly: list[Row] = []
    for (kind, channel), group in groups.items():
        try:
            approved = client.approved(
                batch.brand_code, kind, channel, [row.recipient or "" for row in group]
            )
        except IysTrouble as trouble:
            if trouble.kind in (Kind.ITEM, Kind.BATCH):
                asked.known += group  # One address spoils the question; the sending names it.
                continue
            if trouble.kind.needs_somebody:
                asked.trouble = trouble
            asked.outcomes += _unanswered(group, trouble)
            continue
        told: list[Row] = []
        others: list[Row] = []
        for row in group:
            (told if (row.recipient or "").lower() in approved else others).append(row)
        asked.known += told
        last = last_known(batch.provider_id, others)
        for row in others:
            said = last.get(row.ref.entry_id)
            if said is Status.ONAY:
                asked.known.append(row)  # İYS contradicts itself: its answer to the refusal decides
            elif said is Status.RET:
                singly.append(row)
            else:
                asked.outcomes.append(kept(row, IysStatus.LOCAL_ONLY, "unknown at İYS"))
    _ask_singly(client, batch, singly, asked)
    return asked


def _ask_singly(client: IysClient, batch: Batch, rows: list[Row], asked: Asked) -> None:
    """Whether İYS really holds a refusal of those it left out of its list and of whom the last we
    heard is one. A list may be incomplete (§6.8, row 20), and the person may have consented there
    since; only the question about one address is sure (§6.7)."""
    for place, row in enumerate(rows):
        if place >= MOST_SINGLE_QUESTIONS:
            asked.outcomes.append(Outcome(ref=row.ref, state=None, delay=SHORTEST_WAIT,
                                          counted=False, reason=None))
            continue
        try:
            there = client.status(batch.brand_code, row.recipient or "", row.recipient_type,
                                  row.channel)
        except IysTrouble as trouble:
            if trouble.kind in (Kind.ITEM, Kind.BATCH):
                asked.known.append(row)
                continue
            if trouble.kind.needs_somebody:
                asked.trouble = trouble
            asked.outcomes += _unanswered(rows[place:], trouble)
            return
        if there is None:
            asked.outcomes.append(kept(row, IysStatus.LOCAL_ONLY, "unknown at İYS"))
        elif there.status is Status.RET:
            asked.outcomes.append(kept(row, IysStatus.REGISTERED, "refused at İYS already"))
        else:
            asked.known.append(row)


def _unanswered(rows: list[Row], trouble: IysTrouble) -> list[Outcome]:
    return [
        Outcome(ref=row.ref, state=None, delay=_wait(row, trouble), counted=False,
                reason=trouble.tr)
        for row in rows
    ]


def _wait(row: Row, trouble: IysTrouble) -> float:
    """Seconds until the question comes again. A row that was only asked about keeps its tries (they
    say that İYS may hold it), so its age makes the delay grow."""
    if trouble.kind.needs_somebody:
        return LONGEST_DELAY
    age = (clock.now() - row.ref.ref_at).total_seconds()
    return trouble.wait or min(LONGEST_DELAY, max(SHORTEST_WAIT, age * _SHARE_OF_AGE))


def kept(row: Row, state: IysStatus | None, why: str) -> Outcome:
    """A row that is settled without being sent, and why."""
    return Outcome(ref=row.ref, state=state, told=True, detail={"not_sent": why})


def known_at_iys(provider_id: int, rows: list[Row]) -> set[int]:
    """The entries whose key İYS had a record of before: by its own change or by its answer to us.
    """
    return set(last_known(provider_id, rows))


def last_known(provider_id: int, rows: list[Row]) -> dict[int, Status]:
    """By entry, what İYS last held of its key as far as we have heard; keys of which we have heard
    nothing are absent. A list that leaves somebody out cannot be told from one that is
    whole (§6.8), so what was heard before is laid beside it (row 20)."""
    if not rows:
        return {}
    found = db.connection().execute(_KNOWN, (provider_id, [row.ref.entry_id for row in rows]))
    return {number: Status(status) for number, status in found}


_KNOWN = """
select distinct on (o.ref_id) o.ref_id, b.status
  from outbox o
  join consent_entry e on e.provider_id = o.provider_id and e.id = o.ref_id
                      and e.captured_at = o.ref_at
  join consent_entry b on b.provider_id = e.provider_id and b.recipient_id = e.recipient_id
                      and b.brand_id = e.brand_id and b.recipient_type = e.recipient_type
                      and b.channel = e.channel and b.id <> e.id
 where o.provider_id = %s and o.topic = 1 and o.ref_id = any(%s)
   and (b.source >= 31 or exists (select from iys_receipt x where x.provider_id = b.provider_id
                                   and x.entry_id = b.id and x.accepted))
 order by o.ref_id, b.consent_date desc, b.id desc"""
