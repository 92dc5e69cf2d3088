"""Proof of messages and of people in the panel: one message's bundle, the pack that answers a
complaint, and everything about a person.

Why this module exists: whoever answers an authority starts from the page of a moment or from a
record's story and needs one file (R-23, R-48, R-49). Who took which is written down first.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.channels import complaint, deliverywords, messagepack, personpack
from ileti.channels.base import MessageKind
from ileti.channels.messagepack import Row, message_of, number_of
from ileti.channels.models import Message
from ileti.consents import bundle, momentpage
from ileti.consents.bundled import Bundle
from ileti.consents.detail import moment_of
from ileti.consents.momentpage import Beside, pairs_of, reach
from ileti.consents.vocabulary import Channel
from ileti.core import clock, orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import say
from ileti.tenancy import audit, confirm
from ileti.tenancy.models import Provider


class MessageView(BaseView):
    """Bundles of messages and packs for complaints."""

    route_base = "/iletiler"
    class_permission_name = "consent"
    default_view = "complaint"

    @expose("/<number>/kanit-paketi", methods=["POST"])
    @has_access
    @permission_name("prove")
    @confirm.needed_for_file
    def bundle(self, number: str) -> ResponseReturnValue:
        """The proof bundle of one message."""
        message_id = message_of(number)
        found = None if message_id is None else orm.db.session.get(Message, message_id)
        if found is None or message_id is None:
            raise NotFound()
        audit.record("message:prove", f"recipient:{found.recipient_id}",
                     {"message": number_of(message_id)}, provider_id=found.provider_id)
        orm.db.session.commit()
        try:
            made = messagepack.build(reach(found.provider_id), message_id)
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(_back(), code=303)
        return _given(made, f"ileti-{number_of(message_id)}")

    @expose("/kisi-paketi", methods=["POST"])
    @has_access
    @permission_name("prove")
    @confirm.needed
    def person(self) -> ResponseReturnValue:
        """Everything that proves what a person was told, gave and refused."""
        provider_id, recipient_id = _chosen(pairs_of(request.form.get("bul", "")))
        audit.record("consent:prove", f"recipient:{recipient_id}", {"whole": True},
                     provider_id=provider_id)
        orm.db.session.commit()
        try:
            made = personpack.build(reach(provider_id), recipient_id)
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(_back(), code=303)
        return _given(made, f"kisi-{clock.to_istanbul(made.made):%Y%m%d-%H%M}")

    @expose("/sikayet-paketi", methods=["POST"])
    @has_access
    @permission_name("prove")
    @confirm.needed
    def complaint(self) -> ResponseReturnValue:
        """The pack for a complaint about what was sent to an address at a moment."""
        reference, text = request.form.get("bul", ""), request.form.get("at", "")
        pairs = pairs_of(reference)
        until, problem = moment_of(text)
        moment = until or clock.now()
        if problem:
            return redirect(_back(), code=303)
        provider_id, recipient_id = _chosen(pairs)
        audit.record("consent:complaint", f"recipient:{recipient_id}",
                     {"at": moment.isoformat(timespec="seconds")},
                     provider_id=provider_id)
        orm.db.session.commit()
        try:
            made = complaint.build(reach(provider_id), recipient_id, moment,
                                   request.form.get("title", ""))
        except IletiError as error:
            flash(say(error), "danger")
            return redirect(_back(), code=303)
        return _given(made, f"sikayet-{clock.to_istanbul(moment):%Y%m%d-%H%M}")


def _chosen(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """Provider and recipient as the form names the provider; the first where it names none."""
    chosen = request.form.get("provider", "")
    return next((pair for pair in pairs if str(pair[0]) == chosen), pairs[0])


def _back() -> str:
    """The page of the moment the form stood on."""
    return url_for("MomentView.show", bul=request.form.get("bul", ""),
                   at=request.form.get("at", "")[:32] or None)


def _given(made: Bundle, name: str) -> Response:
    packed = io.BytesIO()
    bundle.write(made, packed)
    return Response(packed.getvalue(), mimetype="application/zip", headers={
        "Content-Disposition": f'attachment; filename="{name}.zip"'})


@momentpage.tells
def near(pairs: list[tuple[int, int]], moment: datetime) -> Beside:
    """Messages within a day of a moment."""
    found = [complaint.near(reach(provider), recipient, moment) for provider, recipient in pairs]
    names = orm.db.session.scalars(select(Provider).where(
        Provider.id.in_([provider for provider, _recipient in pairs]))) if len(pairs) > 1 else ()
    return Beside([_row(one) for some in found for one in some.rows],
                  any(some.more for some in found), url_for("MessageView.complaint"),
                  url_for("MessageView.person"), [(one.id, str(one)) for one in names])


def _row(one: Row) -> dict[str, Any]:
    kind = {MessageKind.CODE: _("Verification code"),
            MessageKind.CONFIRMATION: _("Notice of the consent"),
            MessageKind.ANSWER: _("Answer to what they wrote"),
            MessageKind.TAKEN_BACK: _("Notice that a consent was taken back"),
            MessageKind.ACTS: _("Receipt of decisions"),
            MessageKind.SINGLE: _("Single message"),
        }[MessageKind(one.kind)]
    note = f"{say(Channel(one.channel))} · {one.brand}"
    fate = deliverywords.fate(one.sent_at is not None, one.delivery, one.delivery_reason,
                              one.problem)
    return {"title": kind, "at": one.moment, "url": url_for(
                "MessageView.bundle", number=number_of(one.id)),
            "note": f"{note} · {fate}" if fate else note}
