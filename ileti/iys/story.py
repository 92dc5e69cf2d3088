"""İYS's part of what the consent pages tell: answers in the story, in the state at an earlier
moment, and in the search by transaction number.

The consents' room cannot import this one; it asks whoever has registered (``tells``, ``hears``,
``finds``). The registry's page (``views``) imports this module, so it is there when pages are.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from ileti.consents.models import ConsentEntry
from ileti.consents.search import finds
from ileti.consents.timeline import Step, tells
from ileti.consents.vocabulary import Source
from ileti.core import orm
from ileti.core.formats import say
from ileti.iys import heard as _heard  # noqa: F401 (registers what İYS said, for looking back)
from ileti.iys.asking import UNKNOWN_FOR_EVER
from ileti.iys.errors import meaning
from ileti.iys.models import IysReceipt
from ileti.tenancy.models import Provider


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
