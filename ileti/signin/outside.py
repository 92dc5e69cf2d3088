"""Signing in through the company's own identity provider, for users who exist here already.

Nobody gets an account or a right by it (ADR 0035). A user is found by the provider's subject, which
never changes; the first time by an e-mail address that the provider says it has verified, and that
link is kept, told to the user and audited. The second step here stays asked for.
"""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import Any, Final

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import func, insert, select

from config import settings
from ileti.core import clock, orm
from ileti.core.logs import get_logger
from ileti.signin import account, entry
from ileti.signin.models import OutsideLogin
from ileti.signin.oidc import Away, NotBelieved, Provider, Question, new_question
from ileti.tenancy import scope
from ileti.tenancy.security import public_route

log = get_logger("ileti.signin")

SECONDS: Final = 600
_KEY: Final = "outside"


@lru_cache(maxsize=4)
def _provider(_issuer: str, _client: str, _base: str) -> Provider:
    return Provider(settings())


def provider() -> Provider | None:
    """The identity provider; None when there is none."""
    now = settings()
    if not now.oidc_issuer:
        return None
    return _provider(now.oidc_issuer, now.oidc_client_id, now.base_url)


def label() -> str:
    """What its button says; empty without one."""
    return (settings().oidc_label or str(_("Sign in with your organisation"))) if (
        settings().oidc_issuer) else ""


class OutsideEntry(BaseView):
    """To the identity provider and back; open to strangers."""

    route_base = "/login/kurum"
    default_view = "go"

    @expose("/")
    @no_cache
    @public_route
    def go(self) -> ResponseReturnValue:
        """Off to the provider, with a question of this session."""
        there = provider()
        if there is None:
            return redirect(url_for("SignIn.login"))
        question = new_question()
        orm.db.session.rollback()  # no transaction is open while somebody else answers
        try:
            address = there.address_of(question)
        except (Away, NotBelieved) as error:
            return _no(error)
        session[_KEY] = {"state": question.state, "nonce": question.nonce, "to": entry.target(),
                         "verifier": question.verifier, "until": _now() + SECONDS}
        return redirect(address)

    @expose("/donus")
    @no_cache
    @public_route
    def back(self) -> ResponseReturnValue:
        """The answer; it is worth something in the session that asked, once."""
        there, kept = provider(), session.pop(_KEY, None)
        state = request.args.get("state", "")
        if there is None or not kept or kept["until"] < _now() or not hmac.compare_digest(
                state.encode(), kept["state"].encode()):
            return _no(NotBelieved("the answer fits no question of this session"))
        if "code" not in request.args:
            return _no(NotBelieved("the provider refused"))
        question = Question(kept["state"], kept["nonce"], kept["verifier"])
        orm.db.session.rollback()
        try:
            claims = there.claims(request.args["code"], question, request.args.get("iss"))
            user = _user_of(there.issuer, claims)
        except (Away, NotBelieved) as error:
            return _no(error)
        orm.db.session.commit()
        return entry.proven(user, kept["to"], way="outside")


def _now() -> int:
    return int(clock.now().timestamp())


def _no(error: Exception) -> ResponseReturnValue:
    orm.db.session.rollback()
    log.warning("outside_login_refused", reason=str(error), away=isinstance(error, Away))
    flash(_("Your organisation’s sign-in does not answer. Try again shortly.")
          if isinstance(error, Away) else
          _("You could not be signed in this way. Ask your administrator whether your account here "
            "has the same e-mail address."), "danger")
    return redirect(url_for("SignIn.login"))


def _user_of(issuer: str, claims: dict[str, Any]) -> Any:
    """Our user for these claims. Raises NotBelieved."""
    _refuse_by_rule(claims)
    with scope.system_scope():
        linked = orm.db.session.scalars(
            select(User).join(OutsideLogin, OutsideLogin.user_id == User.id).where(
                OutsideLogin.issuer == issuer, OutsideLogin.subject == claims["sub"])).first()
        found = linked or _by_mail(issuer, claims)
    if not found.is_active:
        raise NotBelieved("the user is switched off")
    return found


def _refuse_by_rule(claims: dict[str, Any]) -> None:
    """The installation's own rules about claims and domains."""
    name, _equals, wanted = settings().oidc_claim.partition("=")
    said = claims.get(name)
    if name and wanted not in (said if isinstance(said, list) else [said]):
        raise NotBelieved("the claim that is asked for is missing")
    domains = settings().oidc_domain_list
    mail = str(claims.get("email", "")).lower()
    if domains and mail.rpartition("@")[2] not in domains:
        raise NotBelieved("the e-mail address is of another domain")


def _by_mail(issuer: str, claims: dict[str, Any]) -> Any:
    """The user with the verified address, linked from now on."""
    mail = str(claims.get("email", "")).strip().lower()
    if claims.get("email_verified") is not True or "@" not in mail:
        raise NotBelieved("no verified e-mail address")
    session_ = orm.db.session
    found = session_.scalars(select(User).where(func.lower(User.email) == mail)).all()
    if len(found) != 1 or not found[0].is_active:
        raise NotBelieved("no user with this e-mail address")
    user = found[0]
    if session_.scalar(select(func.count()).where(OutsideLogin.user_id == user.id,
                                                  OutsideLogin.issuer == issuer)):
        raise NotBelieved("the user is linked to another subject")
    session_.execute(insert(OutsideLogin).values(issuer=issuer, subject=claims["sub"],
                                                 user_id=user.id))
    account.note(user.id, "outside:link", mail="outside", doer=user.id)
    return user
