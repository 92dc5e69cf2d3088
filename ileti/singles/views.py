"""Single messages in the panel: the list, writing one, and what became of it.

Why this module exists: whoever serves a customer sends the one message the order is about, and sees
at once whether it may go and why not. Writing one asks for a fresh proof of who sits there, since
what goes out goes in the company's name (R-51); looking at its words is written down.
"""

from __future__ import annotations

import secrets

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from ileti.capture.limits import MESSAGES, counters
from ileti.channels.messagepack import number_of
from ileti.channels.models import Message
from ileti.core import orm, shelves
from ileti.core.errors import IletiError, NotAllowed, NotFound
from ileti.singles import pages, taking
from ileti.singles.pages import Form
from ileti.tenancy import audit, confirm, security, viewpages


class SingleView(BaseView):
    """One message to one person."""

    route_base = "/tek-iletiler"
    class_permission_name = "single"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """All of them, newest first."""
        if (first := viewpages.first("SingleView")) is not None:
            return redirect(first)
        return self.render_template("panel/singles/list.html", **pages.listing())

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("send")
    def new(self) -> ResponseReturnValue:
        """Write one, look at it, and send it."""
        if request.method == "GET":
            if not confirm.fresh():
                return redirect(url_for("ConfirmView.ask", next=request.full_path.rstrip("?")))
            return self._page(Form(request.args))
        form = Form(request.form)
        if request.form.get("wish") != "send":
            form.judge()
            return self._page(form, shown=not form.errors, status=422 if form.errors else 200)
        wish = form.wish()
        if wish is None:
            return self._page(form, status=422)
        if not confirm.fresh():
            form.errors["wish"] = _("Confirm that it is you in another tab, then press again: "
                                    "nothing was sent and your words stand here.")
            return self._page(form, status=422)
        orm.db.session.rollback()  # taken in a transaction of its own
        try:
            done = taking.accept(wish)
        except IletiError as error:
            form.refused(error)
            return self._page(form, status=error.status)
        counters.bell(MESSAGES)
        if done.recipient_id is not None:
            audit.record("single:send", f"recipient:{done.recipient_id}",
                         {"message": number_of(done.message_id),
                          "class": wish.content.declared.code},
                         provider_id=wish.provider_id)
            orm.db.session.commit()
        flash(_("The message was taken and goes out now; a commercial one between 09:00 and "
                "21:00."), "success")
        return redirect(url_for("SingleView.show", pk=done.message_id), code=303)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """What became of one."""
        return self.render_template("panel/singles/show.html",
                                    **pages.detail(_found(pk), opened=False))

    @expose("/<int:pk>/metin", methods=["POST"])
    @has_access
    @permission_name("read")
    def open(self, pk: int) -> ResponseReturnValue:
        """The same with its words; written down."""
        if not security.may("consent:reveal"):
            raise NotAllowed()
        one = _found(pk)
        audit.record("single:show", f"recipient:{one.recipient_id}",
                     {"message": number_of(one.id)}, provider_id=one.provider_id)
        orm.db.session.commit()
        return self.render_template("panel/singles/show.html",
                                    **pages.detail(_found(pk), opened=True))

    def _page(self, form: Form, *, shown: bool = False, status: int = 200) -> ResponseReturnValue:
        once = request.form.get("bir", "") or secrets.token_hex(16)
        return self.render_template("panel/singles/form.html", **pages.form_page(
            form, shown=shown, once=once)), status


def _found(pk: int) -> Message:
    """A single message in the user's sight; raises NotFound."""
    one = shelves.one(Message, pk)
    if one.declared is None:
        raise NotFound()
    return one
