"""The pages of an API account's keys: a narrower one made, what one holds changed.

Why apart from :mod:`ileti.programs.views`: the account's page is for whoever keeps the account, a
key's for whoever hands one to a program.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from ileti.core import clock, orm
from ileti.core.errors import Conflict, NotFound
from ileti.core.formats import language
from ileti.programs import keys, narrow
from ileti.programs.models import ApiAccount, ApiKey
from ileti.programs.narrow import Narrow
from ileti.programs.scopes import BY_KEY, SCOPES
from ileti.tenancy import audit, confirm, security

#: how long a key may live: days → what people choose; 0 is for ever
LIVES: Final = {90: _l("After 90 days"), 365: _l("After a year"), 0: _l("No end")}


class KeyPages:
    """Mixed into the accounts' view, which says where an account and its page come from."""

    _account: Any
    _page: Any
    render_template: Any

    @expose("/<int:pk>/anahtar", methods=["POST"])
    @has_access
    @confirm.needed
    def make_key(self, pk: int) -> ResponseReturnValue:
        """The account's page with one key more, which holds all of it and is shown this once; the
        others stay in force."""
        account = self._open(pk)
        self._refuse_stronger(account.scopes)
        made = _make(account, Narrow())
        return self._shown(account, made)

    @expose("/<int:pk>/anahtar/yeni", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def new_key(self, pk: int) -> ResponseReturnValue:
        """A key that holds less than the account."""
        account = self._open(pk)
        if request.method == "GET":
            return self._form(account, None)
        wish, wrong = _wish(account, None)
        if wrong:
            return self._form(account, None, wrong)
        self._refuse_stronger(account.scopes if wish.scopes is None else wish.scopes)
        return self._shown(account, _make(account, wish))

    @expose("/<int:pk>/anahtar/<int:key>", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def change_key(self, pk: int, key: int) -> ResponseReturnValue:
        """What one key holds of its account."""
        account = self._open(pk)
        found = key_of(account, key)
        if not is_live(found):
            raise Conflict("Bu anahtar sona erdi.", "This key has ended.", code="ended")
        if request.method == "GET":
            return self._form(account, found)
        wish, wrong = _wish(account, found)
        if wrong:
            return self._form(account, found, wrong)
        changed = narrow.settle(found, wish)
        if changed:
            audit.record("api:key_change", f"api_account:{account.id}",
                         {"key": found.prefix or "-", **changed}, provider_id=account.provider_id)
            orm.db.session.commit()
            flash(_("The key holds this from now on."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk, _anchor="anahtar"))

    @expose("/<int:pk>/anahtar/<int:key>/bitir", methods=["POST"])
    @has_access
    def end_key(self, pk: int, key: int) -> ResponseReturnValue:
        """End one key with its tokens, at once and for good."""
        account = self._account(pk)
        found = key_of(account, key)
        if keys.end(orm.db.session.connection().connection.driver_connection, found.id):
            audit.record("api:secret_end", f"api_account:{account.id}",
                         {"key": found.prefix or "-"}, provider_id=account.provider_id)
            orm.db.session.commit()
            flash(_("The key has ended; calls with it are refused from now on."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk, _anchor="anahtar"))

    def _open(self, pk: int) -> ApiAccount:
        account: ApiAccount = self._account(pk)
        if account.disabled_at is not None:
            raise Conflict("Bu hesap kapatıldı. Yeni bir hesap açın.",
                           "This account was switched off. Open a new one.", code="disabled")
        return account

    def _refuse_stronger(self, scopes: Any) -> None:
        """A key that may more than oneself would be a way to it."""
        beyond = [one for one in scopes
                  if one in BY_KEY and BY_KEY[one].permission not in security.role_rights()]
        if beyond:
            raise Conflict("Bu hesap sizin yapamadıklarınızı yapabilir; anahtarını siz "
                           "üretemezsiniz.", "This account may do what you may not; you cannot "
                           "make a key for it.", code="stronger")

    def _shown(self, account: ApiAccount, made: keys.NewKey) -> ResponseReturnValue:
        page: ResponseReturnValue = self._page(account, made.text)
        return page

    def _form(self, account: ApiAccount, key: ApiKey | None, wrong: dict[str, str] | None = None
              ) -> ResponseReturnValue:
        typed = request.form if request.method == "POST" else None
        before = set(narrow.held(account, key)) if key is not None else set()
        ticked = set(typed.getlist("scopes")) if typed is not None else set(
            narrow.held(account, key))
        there = "" if key is None or not key.only_brand_id else (
            f"d{key.only_dealer_id}" if key.only_dealer_id else f"b{key.only_brand_id}")
        show = url_for("ApiAccountView.show", pk=account.id)
        answer: str = self.render_template(
            "panel/apikey.html", title=_("Change a key") if key else _("A narrower key"), key=key,
            wrong=wrong or {}, back=show, lives=[(str(days), label) for days, label in
                                                 LIVES.items()],
            scopes=[{"key": one.key, "words": one.say(language()),
                     "mine": security.may(one.permission),
                     "on": one.key in (ticked if security.may(one.permission) else before)}
                    for one in SCOPES
                    if one.key in account.scopes],
            places=[(value, name) for value, name, *_rest in narrow.places(account)],
            reach=str(account.dealer or account.brand or account.provider),
            typed={"label": typed.get("label", "") if typed is not None else
                   key.label if key else "",
                   "place": typed.get("place", "") if typed is not None else there,
                   "networks": typed.get("networks", "") if typed is not None else
                   "\n".join(key.networks) if key else "",
                   "gun": typed.get("gun", "365") if typed is not None else "365"},
            crumbs=[(_("API accounts"), url_for("ApiAccountView.list")), (account.name, show),
                    (_("Change a key") if key else _("A narrower key"), None)])
        return (answer, 422) if wrong else answer


def keys_of(account: ApiAccount) -> list[ApiKey]:
    """The newest keys of an account."""
    return list(orm.db.session.scalars(select(ApiKey).where(
        ApiKey.provider_id == account.provider_id, ApiKey.account_id == account.id)
        .order_by(ApiKey.id.desc()).limit(20)))


def key_of(account: ApiAccount, number: int) -> ApiKey:
    """A key of the account; raises NotFound."""
    found = orm.db.session.scalars(select(ApiKey).where(
        ApiKey.provider_id == account.provider_id, ApiKey.account_id == account.id,
        ApiKey.id == number)).first()
    if found is None:
        raise NotFound()
    return found


def is_live(key: ApiKey) -> bool:
    """Whether calls with it are listened to."""
    return key.ended_at is None and (key.expires_at is None or key.expires_at > clock.now())


def _make(account: ApiAccount, wish: Narrow) -> keys.NewKey:
    live = [one for one in keys_of(account) if is_live(one)]
    if len(live) >= keys.MOST_LIVE:
        raise Conflict("Geçerli anahtar sayısı en çok 5. Önce birini sonlandırın.",
                       "There are 5 keys in force at most. End one first.", code="many_keys")
    days = request.form.get("gun", 365, type=int)
    until = clock.now() + timedelta(days=days) if days in LIVES and days else None
    raw = orm.db.session.connection().connection.driver_connection
    made = keys.make(raw, account.provider_id, account.id, by=current_user.id, expires_at=until,
                     sandbox=account.sandbox)
    held = narrow.settle(key_of(account, made.id), wish)
    audit.record("api:secret_renew" if live else "api:secret_create",
                 f"api_account:{account.id}", {"key": made.prefix} | {
                     name: after for name, (_before, after) in held.items()},
                 provider_id=account.provider_id)
    orm.db.session.commit()
    return made


def _wish(account: ApiAccount, key: ApiKey | None) -> tuple[Narrow, dict[str, str]]:
    """What the form says, and what is wrong with it by field."""
    wrong: dict[str, str] = {}
    form = request.form
    scopes = narrow.chosen(account, key, form.getlist("scopes"), security.permissions())
    if scopes == ():
        wrong["scopes"] = _("Tick at least one.")
    networks: tuple[str, ...] = ()
    try:
        networks = narrow.networks_of(form.get("networks", "").splitlines())
    except narrow.WrongNetwork:
        wrong["networks"] = _("Write addresses or networks like 203.0.113.7 or 203.0.113.0/24, one "
                              "per line.")
    brand, dealer = narrow.place(account, form.get("place", ""))
    return Narrow(form.get("label", "").strip(), scopes, brand, dealer, networks), wrong
