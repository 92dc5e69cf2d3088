"""İYS's part of what the consent pages tell: answers in the story, in the state at an earlier
moment, and in the search by transaction number.

The consents' room cannot import this one; it asks whoever has registered (``tells``, ``hears``,
``finds``). The registry's page (``views``) imports this module, so it is there when pages are.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from ileti.consents.models import ConsentEntry
from ileti.consents.past import Heard, hears
from ileti.consents.search import finds
from ileti.consents.timeline import Step, tells
from ileti.consents.vocabulary import IysStatus, Source
from ileti.core import orm
from ileti.core.formats import say
from ileti.iys.asking import UNKNOWN_FOR_EVER
from ileti.iys.batches import IYS_TOPIC
from ileti.iys.errors import Kind, meaning
from ileti.iys.models import IysBatch, IysReceipt
from ileti.iys.settle import code_number
from ileti.outbox.models import OutboxRow
from ileti.tenancy.models import Provider


@hears
def words_of_iys(provider_id: int, entry_ids: Sequence[int]) -> list[Heard]:
    """When entries went to İYS and what it answered, for the state at an earlier moment."""
    if not entry_ids:
        return []
    session = orm.db.session
    receipts = list(session.scalars(select(IysReceipt).where(
        IysReceipt.provider_id == provider_id, IysReceipt.entry_id.in_(entry_ids))))
    batch_of = {one.entry_id: one.batch_id for one in receipts if one.batch_id}
    for row in session.scalars(select(OutboxRow).where(
            OutboxRow.provider_id == provider_id, OutboxRow.topic == IYS_TOPIC,
            OutboxRow.ref_id.in_(entry_ids), OutboxRow.batch_id.is_not(None))):
        batch_of[row.ref_id] = row.batch_id
    batches = session.scalars(select(IysBatch).where(
        IysBatch.provider_id == provider_id, IysBatch.id.in_(set(batch_of.values()))))
    sent = {one.id: one.sent_at for one in batches if one.sent_at is not None}
    answered = [(one, _status_by(one)) for one in receipts]
    return [
        *(Heard(entry, sent[batch], IysStatus.WAITING)
          for entry, batch in batch_of.items() if batch in sent),
        *(Heard(one.entry_id, one.at, status, None if one.accepted else code_number(one.code),
                late=one.late)
          for one, status in answered if status is not None),
    ]


def _status_by(one: IysReceipt) -> IysStatus | None:
    """What a receipt made of the state (ileti/iys/receipts.py: ``outcome_of``, forward.py:
    ``_kept``); None when it left it as it was."""
    if one.accepted:
        return IysStatus.REGISTERED
    why = (one.detail or {}).get("not_sent")
    if why in ("erased", "superseded", UNKNOWN_FOR_EVER):
        return None
    if why == "dropped":
        return IysStatus.REFUSED
    kind = meaning(one.code).kind if one.code else None
    if why == "overdue" or kind is Kind.OVERDUE:
        return IysStatus.OVERDUE
    return IysStatus.LOCAL_ONLY if why or kind is Kind.LOCAL_ONLY else IysStatus.REFUSED


@finds
def by_transaction(number: str) -> list[tuple[int, int]]:
    """Visible entries that İYS answered with this transaction number."""
    providers = list(orm.db.session.scalars(select(Provider.id)))
    found = orm.db.session.execute(
        select(IysReceipt.provider_id, IysReceipt.entry_id).where(
            IysReceipt.provider_id.in_(providers), IysReceipt.transaction_id == number).limit(50))
    return sorted({(provider, entry) for provider, entry in found})


@tells
def answers_of_iys(entries: list[ConsentEntry]) -> list[Step]:
    """İYS's answers about these entries, as steps of the story."""
    if not entries:
        return []
    pairs = [(entry.provider_id, entry.id) for entry in entries]
    receipts = orm.db.session.scalars(select(IysReceipt).where(
        tuple_(IysReceipt.provider_id, IysReceipt.entry_id).in_(pairs)))
    theirs = {entry.id for entry in entries if Source(entry.source).is_iys}
    return [_answer_step(one, fetched=one.entry_id in theirs) for one in receipts]


def _answer_step(one: IysReceipt, *, fetched: bool) -> Step:
    if one.late:
        return {"icon": "clock-alert", "tone": "bad", "title": _("Accepted by İYS, too late"),
                "at": one.at, "code": one.transaction_id or "",
                "facts": _("The three business days had passed. The refusal blocks here since its "
                           "first second; that it was reported late stays on this record.")}
    if one.accepted:
        title = _("Fetched from İYS") if fetched else _("Accepted by İYS")
        icon, tone = ("arrow-down-to-line", "accent") if fetched else ("badge-check", "ok")
        return {"icon": icon, "tone": tone, "title": title, "at": one.at,
                "facts": _("İYS transaction"), "code": one.transaction_id or ""}
    if one.code is None:
        why = str((one.detail or {}).get("not_sent"))
        title = (_("Not known whether İYS has it") if why == UNKNOWN_FOR_EVER
                 else _("Not sent to İYS"))
        return {"icon": "shield-ban", "tone": "mute", "title": title, "at": one.at,
                "facts": _why_not_sent(why)}
    told_as = meaning(one.code)
    return {"icon": "circle-x", "tone": "bad", "title": _("Rejected by İYS"), "at": one.at,
            "facts": say(told_as), "code": one.code}


def _why_not_sent(why: str) -> str:
    """Our own reason not to send (ileti/iys/forward.py: ``_kept``), for people."""
    return {
        "overdue": _("The three business days had passed, so this consent cannot be used."),
        "unknown at İYS": _("İYS does not know this recipient; the refusal is kept here and "
                            "blocks."),
        "superseded": _("The person had changed it at İYS meanwhile; that holds."),
        "erased": _("The person was erased."),
        UNKNOWN_FOR_EVER: _("The person was erased before İYS’s answer was known."),
        "dropped": _("Somebody took it out of the queue; this consent cannot be used."),
    }.get(why, _("It was settled without İYS."))
