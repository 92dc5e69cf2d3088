"""What waits for a second person: the list, what exactly is asked, and the word of whoever decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

import ileti.tenancy.movesagreed  # noqa: F401 (registers its deeds)
from ileti.core import orm
from ileti.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from ileti.core.formats import language, say
from ileti.tenancy import agreed, confirm, foureyes, trail
from ileti.tenancy.deedwords import ASKED
from ileti.tenancy.foureyes import CARRIERS, Request, State
from ileti.tenancy.users import giver


def _words() -> dict[State, tuple[str, str]]:
    """Badge and name of each state."""
    return {
        State.WAITING: ("wait", _("Waits")), State.APPROVED: ("wait", _("Approved, being done")),
        State.REFUSED: ("bad", _("Refused")), State.DONE: ("ok", _("Approved and done")),
        State.LAPSED: ("mute", _("Lapsed")), State.VOID: ("bad", _("Void")),
        State.WITHDRAWN: ("mute", _("Withdrawn"))}


def _row(one: Request) -> dict[str, Any]:
    state = State.LAPSED if one.lapsed else one.state
    tone, word = _words()[state]
    return {
        "url": url_for("ApprovalView.show", number=one.id),
        "kind": agreed.kind_words().get(one.wish.kind, one.wish.kind),
        "deed": ASKED.get(one.wish.deed, one.wish.deed), "about": trail.thing(one.wish.subject),
        "who": trail.person(one.asked_by if one.asked_by is not None else one.actor),
        "by": trail.person(one.decided_by) if one.decided_by else "",
        "asked_at": one.asked_at, "expires_at": one.expires_at, "tone": tone, "state": word,
        "reason": one.reason or "", "own": one.asked_by == current_user.id,
        "waits": state is State.WAITING}


def _rows(found: Sequence[Request]) -> list[dict[str, Any]]:
    trail.look_up([one.asked_by for one in found] + [one.decided_by for one in found])
    trail.look_up_things(one.wish.subject for one in found)
    return [_row(one) for one in found if one.wish.deed in CARRIERS]


def task() -> dict[str, Any] | None:
    """What the first page says when something waits for this user's word."""
    found = [one for one in foureyes.waiting(giver()) if one.asked_by != current_user.id]
    if not found:
        return None
    return {"icon": "eye", "tone": "wait", "url": url_for("ApprovalView.index"),
            "title": _("%(n)s requests wait for a second person", n=len(found))
            if len(found) > 1 else _("A request waits for a second person"),
            "text": ", ".join(dict.fromkeys(
                str(agreed.kind_words().get(one.wish.kind, one.wish.kind)) for one in found))}


class ApprovalView(BaseView):
    """Requests that take a second person."""

    route_base = "/onaylar"
    class_permission_name = "home"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """What waits, then what was decided."""
        me = giver()
        return self.render_template(
            "panel/approvals.html", title=_("Waiting for approval"),
            line=_("Deeds that take two people. Whoever asked never approves."),
            waiting=_rows(foureyes.waiting(me)), closed=_rows(foureyes.closed(me)))

    @expose("/<int:number>")
    @has_access
    @permission_name("read")
    def show(self, number: int) -> ResponseReturnValue:
        """Exactly what is asked."""
        found = _visible(number)
        carrier, row = CARRIERS[found.wish.deed], _rows([found])[0]
        own = foureyes.same_person(found.asked_by, current_user.id)
        return self.render_template(
            "panel/approval.html", title=row["deed"], number=number, row=row,
            about=carrier.about(found, language()), digest=found.digest.hex(), own=own,
            mine=found.asked_by == current_user.id,
            may=found.wish.permission in giver().permissions and not own and row["waits"],
            room=carrier.room(found) if carrier.room is not None else None)

    @expose("/<int:number>/karar", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("read")
    def decide(self, number: int) -> ResponseReturnValue:
        """The second person's word about what the page showed."""
        _visible(number)
        yes, by = request.form.get("karar") == "onay", giver()
        orm.db.session.rollback()  # what is carried out may call somebody else
        try:
            foureyes.decide(number, by=by, approved=yes,
                            reason=request.form.get("neden", "")[:2_000],
                            digest=_digest(request.form.get("ozet", "")))
        except (Conflict, InvalidInput, NotAllowed) as error:
            flash(say(error), "warning")
            return redirect(url_for("ApprovalView.show", number=number), code=303)
        flash(_("Approved and done.") if yes else _("Refused; whoever asked sees your reason."),
              "success")
        return redirect(url_for("ApprovalView.index"), code=303)

    @expose("/<int:number>/vazgec", methods=["POST"])
    @has_access
    @permission_name("read")
    def withdraw(self, number: int) -> ResponseReturnValue:
        """Whoever asked asks no more."""
        try:
            foureyes.withdraw(number, by=current_user.id)
        except Conflict as error:
            flash(say(error), "warning")
        else:
            flash(_("The request is withdrawn."), "success")
        return redirect(url_for("ApprovalView.index"), code=303)


def _visible(number: int) -> Request:
    if number >= 2**63:
        raise NotFound()
    found = foureyes.read(number)
    if not foureyes.sees(found, giver()) or found.wish.deed not in CARRIERS:
        raise NotFound()
    return found


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
