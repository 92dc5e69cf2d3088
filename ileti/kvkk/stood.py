"""What stood of notices and explicit consents at a moment, on the page of that moment (R-60, R-62).

Why apart from ``moments``: programs and proofs ask that without a page or a language; this is how
the panel says it. It registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from ileti.consents import momentpage
from ileti.consents.momentpage import record_facts
from ileti.consents.numbers import record_number
from ileti.core.formats import say
from ileti.documents.vocabulary import KINDS
from ileti.kvkk import moments
from ileti.kvkk.moments import Stood
from ileti.kvkk.pages import ICONS
from ileti.kvkk.vocabulary import Act, Extent


@momentpage.stands
def stood(provider_id: int, recipient_id: int, moment: datetime) -> list[momentpage.Stood]:
    """Each text the person had done something with by then."""
    return [_shown(one) for one in moments.at_moment(
        momentpage.reach(provider_id), recipient_id, moment)]


def _shown(one: Stood) -> momentpage.Stood:
    icon, tone = ICONS[one.act]
    return {
        "title": " · ".join(part for part in (one.name, one.brand[0] if one.brand else "") if part),
        "word": say(one.act), "icon": icon, "tone": tone if tone != "accent" else "info",
        "answer": _answer(one), "facts": _facts(one),
        "url": url_for("KvkkView.show", number=record_number(one.record.entry_id))
        if one.record else None,
    }


def _answer(one: Stood) -> dict[str, str]:
    if not one.verified:
        return {"tone": "mute", "icon": "circle-alert", "title": _("The address was not verified"),
                "text": _("Whose act it was is not shown by it (R-21).")}
    if one.act is Act.WITHDRAWN:
        return {"tone": "no", "icon": "ban", "title": _("The explicit consent did not hold"),
                "text": _("The person had taken it back.")}
    if one.act is Act.GIVEN:
        return {"tone": "ok", "icon": "circle-check", "title": _("The explicit consent held"),
                "text": _("It had been given and not taken back.")}
    return {"tone": "ok", "icon": "circle-check", "title": _("The person had been informed"),
            "text": _("The notice was read and understood.") if one.act is Act.READ
            else _("The notice had been put before the person.")}


def _facts(one: Stood) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [(_("Kind"), say(KINDS[one.kind]))] if one.kind in KINDS else []
    if one.act.of_notice and one.extent:
        rows.append((_("How far it was shown"), say(Extent(one.extent))))
    rows += [(_("Moment"), one.act_at), (_("Source"), say(one.source))]
    if one.cut:
        rows.append((_("Records looked at"), _("the newest %(n)s only", n=moments.MOST)))
    return [*rows, *record_facts(one.record)]
