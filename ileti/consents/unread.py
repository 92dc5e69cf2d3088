"""What people wrote and no machine understood, as the panel shows it: who reads it decides.

Why this module exists: an SMS and a mail come by different ways and are read by people in the same
one. A refusal may be said in any words, so the buttons are the same; the address is opened by who
may, and that is written down; what was recorded is linked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import flash, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.consents.models import ConsentEntry
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, Decision, Status
from ileti.core import orm
from ileti.core.errors import Conflict, NotFound
from ileti.core.formats import say
from ileti.tenancy import audit, security

_MOST = 20
Done = TypeVar("Done")


def records(provider_id: int, submissions: Sequence[int]) -> list[dict[str, Any]]:
    """The records these clicks made, for who may see them."""
    if not submissions or not security.may("consent:read"):
        return []
    found = orm.db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.provider_id == provider_id,
        ConsentEntry.submission_id.in_(submissions)).order_by(ConsentEntry.id).limit(_MOST))
    return [{"number": record_number(entry.id), "at": entry.captured_at,
             "url": url_for("ConsentView.show", number=record_number(entry.id)),
             "what": f"{say(Channel(entry.channel))} · {say(Status(entry.status))}"}
            for entry in found]


def decisions(url: str, *, somebody: bool, refuses: str, everything: str) -> list[dict[str, Any]]:
    """The buttons: ``refuses`` this channel, or all of them (``everything`` says what that stops);
    without an address behind it only that there is nothing to do."""
    def post(word: Decision, **more: Any) -> dict[str, Any]:
        return {"method": "post", "url": url, "fields": {"karar": word.value}, **more}

    nothing = post(Decision.NOTHING, label=_("Nothing to do"), icon="check")
    if not somebody:
        return [nothing]
    return [post(Decision.REFUSAL, label=refuses, icon="ban"),
            post(Decision.EVERYTHING, label=_("It refuses everything"), icon="ban", id="hepsi",
                 confirm={"title": _("Refuse every channel?"), "verb": _("Refuse everything"),
                          "text": everything}),
            nothing]


def decided(carry_out: Callable[[Decision], Done]) -> Done | None:
    """What came of the button that was pressed; None, and said so, when somebody was quicker.
    Raises NotFound for a word no button has."""
    word = request.form.get("karar", "")
    if word not in list(Decision):
        raise NotFound()
    orm.db.session.rollback()
    try:
        return carry_out(Decision(word))
    except Conflict as error:
        flash(say(error), "warning")
        return None


def note_opening(deed: str, subject: str, one: Any) -> None:
    """Write down that whoever is at work sees the address in full; NotFound for who may not."""
    if not security.may("consent:reveal"):
        raise NotFound()
    audit.record(deed, subject, provider_id=one.provider_id, brand_id=one.brand_id)
    orm.db.session.commit()
