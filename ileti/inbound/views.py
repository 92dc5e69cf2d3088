"""Incoming SMS in the panel: reading, deciding, opening a number."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_login import current_user

import ileti.channels.jobs
import ileti.inbound.story
import ileti.iys.jobs  # noqa: F401 (bells ring jobs that are known; the story registers itself)
from ileti.consents import unread
from ileti.core import jobs, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.inbound import deciding, listpage
from ileti.inbound.models import InboundMessage
from ileti.tenancy import viewpages
from ileti.tenancy.trail import name_things

_BELLS = ("iys.jobs.forward", "channels.jobs.send_messages")


class InboundView(BaseView):
    """What people wrote to the company's numbers."""

    route_base = "/gelen-sms"
    class_permission_name = "inbound"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """Messages, those that wait for a person first."""
        if (first := viewpages.first("InboundView")) is not None:
            return redirect(first)
        return self.render_template("panel/inbound/list.html", **listpage.context())

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """One message with what became of it."""
        return self.render_template("panel/inbound/show.html", **listpage.detail(_message(pk)))

    @expose("/<int:pk>/ac", methods=["POST"])
    @has_access
    @permission_name("read")
    def reveal(self, pk: int) -> ResponseReturnValue:
        """The same page with the sender's number in full; noted."""
        unread.note_opening("inbound:reveal", f"inbound:{pk}", _message(pk))
        return self.render_template("panel/inbound/show.html",
                                    **listpage.detail(_message(pk), in_full=True))

    @expose("/<int:pk>/karar", methods=["POST"])
    @has_access
    @permission_name("decide")
    def decide(self, pk: int) -> ResponseReturnValue:
        """What somebody read in it."""
        provider_id = _message(pk).provider_id
        done = unread.decided(lambda word: deciding.decide(
            provider_id, pk, word, by=current_user.id))
        if done is None:
            return redirect(url_for("InboundView.show", pk=pk), code=303)
        for bell in _BELLS:
            jobs.ring(bell)
        flash(f"{say(done)}.", "success")
        return redirect(url_for("InboundView.index"), code=303)


def _message(pk: int) -> InboundMessage:
    found: InboundMessage | None = orm.db.session.get(InboundMessage, min(pk, 2**62))
    if found is None:
        raise NotFound()
    return found


name_things("inbound", InboundMessage, "InboundView.show", "inbound:read")
