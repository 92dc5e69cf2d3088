"""Proving oneself before messages are sent: what is signed, the tool's file, what was proved.

Why this module exists: rooms that send ask :mod:`ileti.evidence.stepup`; the page where somebody
signs is the same for all of them (:func:`page`). From here people try their card and tool before it
matters.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import formats, orm
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.formats import language, say
from ileti.evidence import esign as _esign  # noqa: F401 (the method in the box)
from ileti.evidence import stepup
from ileti.evidence.detached import LARGEST
from ileti.evidence.stepup import Asked, Person
from ileti.signin import passkeys, passkeystep
from ileti.tenancy import audit, confirm, scope
from ileti.tenancy.views import WAYS

TRIAL: Final = "trial:"


def _named() -> list[tuple[str, str]]:
    """The methods this installation can judge, as people choose them."""
    return [(key, one.en if language() == "en" else one.tr)
            for key, one in stepup.methods().items()]


WAYS.append(_named)


def me() -> Person:
    """The signed-in user as whoever has to prove themselves."""
    name = f"{current_user.first_name} {current_user.last_name}".strip()
    return Person(current_user.id, name or str(current_user.username))


def page(wish: Asked, *, wrong: str = "") -> str:
    """The page on which somebody signs; rooms that send answer with it. Offered is what the
    provider asks for; whoever only tries may try all there is."""
    wanted = None if wish.subject.startswith(TRIAL) else stepup.wanted(wish.provider_id)
    named = [one for one in _named() if wanted in (None, one[0])]
    return str(render_template(
        "panel/account/stepup_sign.html", wish=wish, wrong=wrong, title=_("Sign before sending"),
        methods=[one for one in named if one[0] != passkeystep.KEY],
        passkey=any(one[0] == passkeystep.KEY for one in named),
        has_passkey=bool(passkeys.of_user(wish.person.user_id))))


class StepUpView(BaseView):
    """One's own proofs, and trying it."""

    route_base = "/imza"
    class_permission_name = "home"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """How it is done here, and what was proved."""
        return self.render_template(
            "panel/account/stepup.html", title=_("Proof before messages are sent"),
            methods=_named(), proofs=[_row(one) for one in stepup.of(current_user.id)],
            may_try=scope.current().provider_id is not None)

    @expose("/dene", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("read")
    def begin(self) -> ResponseReturnValue:
        """Try it: nothing is sent."""
        provider = scope.current().provider_id
        if provider is None:
            raise NotFound()
        return page(stepup.ask(provider, me(), f"{TRIAL}{current_user.id}",
                               sha256(TRIAL.encode()).digest()))

    @expose("/imzala", methods=["POST"])
    @has_access
    @permission_name("read")
    def sign(self) -> ResponseReturnValue:
        """The page on which somebody signs what a room asks of them."""
        return page(_asked())

    @expose("/metin", methods=["POST"])
    @has_access
    @permission_name("read")
    def text(self) -> ResponseReturnValue:
        """The very bytes that are to be signed."""
        wish = _asked()
        return Response(wish.statement.encode(), mimetype="application/octet-stream", headers={
            "Content-Disposition": 'attachment; filename="imzalanacak.txt"',
            "Cache-Control": "no-store"})

    @expose("/gecis-anahtari", methods=["POST"])
    @has_access
    @permission_name("read")
    def passkey(self) -> ResponseReturnValue:
        """What the browser needs to sign the statement with a passkey."""
        return passkeystep.options(_asked())

    @expose("/kanitla", methods=["POST"])
    @has_access
    @permission_name("read")
    def prove(self) -> ResponseReturnValue:
        """Judge the file, or the passkey's answer, that came back, and keep it."""
        wish = _asked()
        try:
            method, content = _brought(wish)
            done = stepup.prove(wish, content, method=method)
        except CallerMistake as error:
            orm.db.session.rollback()
            return page(wish, wrong=say(error)), error.status
        audit.record("step_up:prove", f"step_up:{done.id}", {"method": done.method},
                     provider_id=done.provider_id)
        orm.db.session.commit()
        flash(_("Signed by %(name)s. It counts for this content until %(until)s.",
                name=done.signer, until=formats.moment(done.until)), "success")
        return redirect(_back_to(done.subject), code=303)

    @expose("/<int:number>/yeniden", methods=["POST"])
    @has_access
    @permission_name("read")
    def again(self, number: int) -> ResponseReturnValue:
        """Judge a kept proof of one's own again, from its file."""
        own = next((one for one in stepup.of(current_user.id, most=500) if one.id == number), None)
        if own is None:
            raise NotFound()
        try:
            found = stepup.verify(own.provider_id, number)
        except CallerMistake as error:
            flash(say(error), "danger")
        else:
            flash(_("The signature holds: %(name)s.", name=found.signer), "success")
        return redirect(url_for("StepUpView.index"), code=303)


def _brought(wish: Asked) -> tuple[str | None, bytes]:
    """The method and its answer."""
    credential = request.form.get("credential", "")
    if credential:
        return passkeystep.KEY, passkeystep.answer(wish, credential)
    file = request.files.get("imza")
    return (request.form.get("yol") or None,
            file.stream.read(LARGEST + 1) if file is not None else b"")


def _back_to(subject: str) -> str:
    """The page of what was signed."""
    room, _sign, number = subject.partition(":")
    if room == "campaign" and number.isdecimal():
        return url_for("CampaignView.show", pk=int(number))
    return url_for("StepUpView.index")


def _asked() -> Asked:
    return stepup.asked(request.form.get("belge", "")[:8_000], current_user.id)


def _row(one: stepup.Proof) -> dict[str, Any]:
    return {"id": one.id, "at": one.proven_at, "until": one.until, "signer": one.signer,
            "about": _("Trial") if one.subject.startswith(TRIAL) else one.subject,
            "digest": one.digest.hex()[:16],
            "method": dict(_named()).get(one.method, one.method)}
