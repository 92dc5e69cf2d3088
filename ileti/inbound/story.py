"""The SMS a consent or refusal came by, in the story of the record (R-09, R-23).

Why this module exists: the record says "SMS"; whoever has to show it wants the words, to which
number, when by the operator and when here. The words are shown to who may read incoming messages,
and never to a dealer. This room registers by being imported (ileti/web/menu.py).
"""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.consents import timeline
from ileti.consents.models import ConsentEntry
from ileti.core import formats, orm
from ileti.core.crypto import CannotDecrypt
from ileti.inbound.formats import GATEWAYS
from ileti.inbound.models import InboundMessage
from ileti.inbound.sealed import unseal
from ileti.recipients.address import pretty
from ileti.tenancy import security

_MOST = 20


@timeline.tells
def written(entries: list[ConsentEntry]) -> list[dict[str, Any]]:
    """A step for each message the records of a key came by."""
    if not entries or not security.may("inbound:read"):
        return []
    found = orm.db.session.scalars(select(InboundMessage).where(
        InboundMessage.provider_id == entries[0].provider_id,
        InboundMessage.recipient_id == entries[0].recipient_id,
        InboundMessage.submissions.overlap([one.submission_id for one in entries]),
    ).order_by(InboundMessage.id).limit(_MOST))
    return [_step(one) for one in found]


def _step(one: InboundMessage) -> dict[str, Any]:
    try:
        words = unseal(one.provider_id, one.outside_id, one.text_key, one.text_ct)
    except CannotDecrypt:
        words = None
    gateway = GATEWAYS.get(one.number.gateway, one.number.gateway)
    return {
        "part": "tick", "icon": "message-square-text", "tone": "mute", "at": one.received_at,
        "title": _("The person wrote an SMS"),
        "facts": _("to %(number)s · sent at %(at)s by the operator",
                   number=pretty(one.number.number), at=formats.moment(one.said_at)),
        "quote": words, "quote_note": f"{gateway} · {one.outside_id}",
        "link": {"label": _("The message"), "url": url_for("InboundView.show", pk=one.id)}}
