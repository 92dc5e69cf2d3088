"""Campaigns in the panel: each page works without a script, each deed is one guarded step.

Whoever looks sees the campaigns of their own work space only
(:mod:`ileti.campaigns.panel.visible`). A page that is old gets the sentence that the campaign has
moved on, and the page of where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

import ileti.campaigns.jobs  # noqa: F401 (a step rings for them by name)
from ileti.campaigns import plan, release, results
from ileti.campaigns.panel import form, pages, visible
from ileti.campaigns.plan import Campaign
from ileti.campaigns.reasons import Reason
from ileti.campaigns.termslink import Link
from ileti.campaigns.vocabulary import State
from ileti.core import clock, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.csvfile import MARK, line
from ileti.core.errors import IletiError, InvalidInput
from ileti.core.formats import either, say
from ileti.core.secrets import secrets
from ileti.recipients.address import mask
from ileti.tenancy import audit, confirm, viewpages
from ileti.tenancy import offered as offers
from ileti.tenancy.foureyes import Waits

_PIECE: Final = 1_000
_FATES: Final = ("", "waits", "blocked", "handed over", "handed over")
_HEAD: Final = ("no", "address", "fate", "reason", "rule", "delivery", "at")


class CampaignView(BaseView):
    """The list, the form, pre-flight, the run, and the deeds between them."""

    route_base = "/kampanyalar"
    class_permission_name = "campaign"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """Campaigns, newest first."""
        if (first := viewpages.first("CampaignView")) is not None:
            return redirect(first)
        return self.render_template("panel/campaigns/list.html", **pages.listing())

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def new(self) -> ResponseReturnValue:
        """Write one."""
        if request.method == "GET":
            return self._form(None, form.empty(), {})
        typed = form.Form(request.form, offers.brands())
        made = typed.draft()
        if made is None:
            return self._form(None, request.form, typed.errors, 422)
        try:
            number = plan.create(*made, by=current_user.id)
        except IletiError as error:
            return self._form(None, request.form, form.fault(error), error.status)
        return redirect(url_for("CampaignView.show", pk=number), code=303)

    @expose("/<int:pk>/")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """Where it is now."""
        one = visible.one(pk)
        if one.state in (State.DRAFT, State.PREPARING):
            return self.render_template("panel/campaigns/draft.html", **pages.draft_page(one))
        if one.state is State.READY:
            return self.render_template("panel/campaigns/check.html", **pages.check_page(one))
        return self.render_template("panel/campaigns/run.html", **pages.run_page(one))

    @expose("/<int:pk>/degistir", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def change(self, pk: int) -> ResponseReturnValue:
        """Write it anew, as long as nothing was released."""
        one = visible.one(pk)
        if request.method == "GET":
            return self._form(one, form.of(one), {})
        typed = form.Form(request.form, offers.brands(), one.audience)
        made = typed.draft()
        if made is None:
            return self._form(one, request.form, typed.errors, 422)
        place, draft = made
        if place != one.place:
            return self._form(one, request.form, {"marka": _(
                "A campaign stays with its brand; make another one.")}, 422)
        try:
            plan.change(one, draft, by=current_user.id)
        except InvalidInput as error:
            return self._form(one, request.form, form.fault(error), error.status)
        except IletiError as error:
            flash(say(error), "danger")
        return redirect(url_for("CampaignView.show", pk=one.id), code=303)

    @expose("/<int:pk>/hazirla", methods=["POST"])
    @has_access
    @permission_name("write")
    def prepare(self, pk: int) -> ResponseReturnValue:
        """Pre-flight: write its people down and ask the gate; again, when it is ready."""
        one = visible.one(pk)
        again = plan.count_again if one.state is State.READY else plan.prepare
        return _step(one, lambda: again(one, by=current_user.id))

    @expose("/<int:pk>/yayinla", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("release")
    def release(self, pk: int) -> ResponseReturnValue:
        """Let it go."""
        one, by = visible.one(pk), current_user.id

        def go() -> None:
            if release.release(one, by=by) is Link.UNREACHED:
                flash(_("The page of the conditions did not answer; see that people can reach it "
                        "(R-27)."), "warning")

        orm.db.session.rollback()  # no transaction stays open during a call to somebody else
        return _step(one, go, done=_("The campaign is released."))

    @expose("/<int:pk>/duraklat", methods=["POST"])
    @has_access
    @permission_name("write")
    def pause(self, pk: int) -> ResponseReturnValue:
        """Stop handing over; whoever may write may stop."""
        one = visible.one(pk)
        return _step(one, lambda: plan.pause(one, by=current_user.id))

    @expose("/<int:pk>/surdur", methods=["POST"])
    @has_access
    @permission_name("release")
    def resume(self, pk: int) -> ResponseReturnValue:
        """Go on."""
        one = visible.one(pk)
        return _step(one, lambda: release.resume(one, by=current_user.id))

    @expose("/<int:pk>/vazgec", methods=["POST"])
    @has_access
    @permission_name("write")
    def cancel(self, pk: int) -> ResponseReturnValue:
        """Give it up."""
        one = visible.one(pk)
        return _step(one, lambda: plan.cancel(one, by=current_user.id))

    @expose("/<int:pk>/supheli/<int:batch>", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("release")
    def doubt(self, pk: int, batch: int) -> ResponseReturnValue:
        """What became of a batch whose answer was lost, by a person's word."""
        one, went = visible.one(pk), request.form.get("gitti") == "1"
        number = request.form.get("numara", "").strip()
        return _step(one, lambda: plan.settle_doubt(one, batch, went=went, by=current_user.id,
                                                    outside_id=number))

    @expose("/<int:pk>/kisiler.csv", methods=["POST"])
    @has_access
    @permission_name("read")
    def people(self, pk: int) -> ResponseReturnValue:
        """Everybody of it with what became of them; addresses masked."""
        one = visible.one(pk)
        audit.record("campaign:list", one.subject, {"people": one.total},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        return Response(
            stream_with_context(_lines(one)), mimetype="text/csv; charset=utf-8", headers={
                "Content-Disposition": f'attachment; filename="kampanya-{one.id}.csv"',
                "Cache-Control": "no-store"})

    def _form(self, one: Campaign | None, typed: Any, errors: dict[str, str], status: int = 200
              ) -> ResponseReturnValue:
        return self.render_template("panel/campaigns/form.html",
                                    **pages.form_page(one, typed, errors)), status


def _step(one: Campaign, deed: Callable[[], None], done: str = "") -> ResponseReturnValue:
    """Do it and go to where the campaign is now; what stands against it is told there."""
    try:
        deed()
    except Waits as error:
        flash(say(error), "info")
    except IletiError as error:
        flash(say(error), "danger")
    else:
        if done:
            flash(done, "success")
    return redirect(url_for("CampaignView.show", pk=one.id), code=303)


def _lines(one: Campaign) -> Iterator[str]:
    """Lines of the list, piece by piece. Before the release everybody waits: the gate is asked at
    the moment of sending."""
    keyring, piece = secrets().keyring, [MARK + line(_HEAD)]
    for no, key, digest, cipher, state, reason, delivery, at in results.people(
            one.provider_id, one.id):
        try:
            address = mask(keyring.decrypt(key, bytes(cipher), bytes(digest)).decode())
        except (CannotDecrypt, TypeError):
            address = ""
        words = Reason(reason).words if reason else None
        piece.append(line([
            no, address, _FATES[state], either(words.tr, words.en) if words else "",
            words.rule if words else "", delivery or "",
            f"{clock.to_istanbul(at):%Y-%m-%d %H:%M:%S}" if at else ""]))
        if len(piece) >= _PIECE:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece)
