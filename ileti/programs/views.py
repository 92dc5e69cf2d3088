"""API accounts in the panel: who may speak for what, with which keys, how much they do.

Why this module exists: a key is worth as much as a user who may record consents, so it is made when
somebody asks for it, shown in that one answer and never again. Several are live at a time, so that
a program moves to the new one before the old one ends; ending one, or switching the account off,
ends its tokens at once. Nobody gives a program what they may not do themselves, nor a place they do
not stand in. Each deed is in the audit trail, the key in none.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import delete, func, inspect, select
from wtforms import BooleanField, SelectMultipleField, ValidationError

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import Conflict, NotFound
from ileti.core.formats import language
from ileti.programs import keys, scopes
from ileti.programs.accounts import new_username
from ileti.programs.models import ApiAccount, ApiKey, ApiToken, ApiUsage
from ileti.programs.scopes import SCOPES
from ileti.tenancy import audit, confirm, scope, security
from ileti.tenancy.crud import LinesField, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

#: how long a key may live: days → what people choose; 0 is for ever
LIVES: Final = {90: _l("After 90 days"), 365: _l("After a year"), 0: _l("No end")}
MOST_NETWORKS: Final = 50
SHOWN_DAYS: Final = 14


def _choices() -> list[tuple[str, str]]:
    """The scopes the signed-in user may give or take."""
    return [(one.key, f"{one.say(language())} ({one.key})") for one in SCOPES
            if security.may(one.permission)]


def _networks(_form: Any, field: Any) -> None:
    """Each line a network or an address, in its one spelling."""
    try:
        found = [str(ip_network(line, strict=False)) for line in field.data or []]
    except ValueError:
        raise ValidationError(_("Write addresses or networks like 203.0.113.7 or 203.0.113.0/24, "
                                "one per line.")) from None
    if len(found) > MOST_NETWORKS:
        raise ValidationError(_("At most %(count)s lines.", count=MOST_NETWORKS))
    field.data = list(dict.fromkeys(found))


def _fields(labels: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    return {
        "scopes": SelectMultipleField(labels["scopes"], choices=_choices,
                                      description=about["scopes"]),
        "networks": LinesField(labels["networks"], [_networks], description=about["networks"]),
        "signs": BooleanField(labels["signs"], description=about["signs"]),
    }


class ApiAccountView(RecordView):
    """Programs that speak to us."""

    datamodel = Records(ApiAccount)
    route_base = "/api-hesaplari"
    class_permission_name = "api"
    method_permission_name = RecordView.method_permission_name | {
        "make_key": "write", "end_key": "write", "switch_off": "write"}
    list_title, add_title = _l("API accounts"), _l("Add an API account")
    edit_title, show_title = _l("Change the API account"), _l("API account")
    label_columns = COMMON_LABELS | {
        "last_used_at": _l("Last used"), "disabled_at": _l("Switched off"),
        "scopes": _l("What the program may do"), "networks": _l("Where it calls from"),
        "signs": _l("Every call is signed")}
    list_columns = ["name", "brand", "dealer", "last_used_at", "disabled_at"]
    search_columns = ["name", "brand"]
    order_columns = ["name", "last_used_at"]
    base_order = ("id", "desc")
    edit_columns = ["name", "scopes", "networks", "signs"]
    add_columns = [*edit_columns[:1], "provider", "brand", "dealer", *edit_columns[1:]]
    show_columns = ["name"]
    description_columns = {
        "name": _l("The program, as you call it."),
        "brand": _l("Empty lets the program speak for all brands."),
        "dealer": _l("Only when the program is this dealer’s own."),
        "scopes": _l("Tick what the program needs and no more. You give only what you may do "
                     "yourself."),
        "networks": _l("Addresses or networks, one per line. Empty lets it call from anywhere."),
        "signs": _l("Calls without a signature are refused. İYS’s protocol knows no signatures, so "
                    "the program cannot speak it then."),
    }
    add_form_extra_fields = _fields(label_columns, description_columns)
    edit_form_extra_fields = _fields(label_columns, description_columns)

    def pre_add(self, item: Any) -> None:
        """A user name of our own; the place is in sight, its parts fit together."""
        here = scope.current()
        if item.dealer is None and here.dealer_id is not None:
            item.dealer = orm.db.session.get(type(item).dealer.property.mapper.class_,
                                             here.dealer_id)
        if item.dealer is not None and item.brand is None:
            item.brand = item.dealer.brand
        if item.brand is None and here.brand_id is not None:
            item.brand = orm.db.session.get(type(item).brand.property.mapper.class_, here.brand_id)
        if item.dealer is not None and item.dealer.brand_id != item.brand.id:
            raise Told(_("This dealer belongs to another brand."))
        if item.provider is None and item.brand is not None:
            item.provider = item.brand.provider
        if item.provider is None:
            raise Told(_("Choose a provider."))
        if item.brand is not None and item.brand.provider_id != item.provider.id:
            raise Told(_("This brand belongs to another provider."))
        item.username = new_username()
        self._settle_scopes(item, [])

    def pre_update(self, item: Any) -> None:
        """What the signed-in user could not have given stays as it was."""
        history = inspect(item).attrs.scopes.history
        self._settle_scopes(item, history.deleted[0] if history.deleted else item.scopes)

    def _settle_scopes(self, item: Any, before: Any) -> None:
        item.scopes = scopes.granted(item.scopes or [], before or [], security.permissions())
        if item.signs and "compat" in item.scopes:
            raise Told(_("İYS’s protocol knows no signatures; untick one of the two."))

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """A program gets rights as a person does."""
        return super().add()

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def edit(self, pk: str) -> ResponseReturnValue:
        """The same for its rights afterwards."""
        return super().edit(pk)

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The account's page: addresses, user name, how far it reaches, its keys, its calls."""
        return self._page(self._account(pk))

    @expose("/<int:pk>/anahtar", methods=["POST"])
    @has_access
    @confirm.needed
    def make_key(self, pk: int) -> ResponseReturnValue:
        """The account's page with one key more, shown this once; the others stay in force."""
        account = self._account(pk)
        if account.disabled_at is not None:
            raise Conflict("Bu hesap kapatıldı. Yeni bir hesap açın.",
                           "This account was switched off. Open a new one.", code="disabled")
        self._refuse_stronger(account)
        live = [one for one in self._keys(account) if _is_live(one)]
        if len(live) >= keys.MOST_LIVE:
            raise Conflict("Geçerli anahtar sayısı en çok 5. Önce birini sonlandırın.",
                           "There are 5 keys in force at most. End one first.", code="many_keys")
        days = request.form.get("gun", 365, type=int)
        until = clock.now() + timedelta(days=days) if days in LIVES and days else None
        raw = orm.db.session.connection().connection.driver_connection
        made = keys.make(raw, account.provider_id, account.id, by=current_user.id,
                         expires_at=until)
        audit.record("api:secret_renew" if live else "api:secret_create",
                     f"api_account:{account.id}", {"key": made.prefix},
                     provider_id=account.provider_id)
        orm.db.session.commit()
        return self._page(account, made.text)

    @expose("/<int:pk>/anahtar/<int:key>/bitir", methods=["POST"])
    @has_access
    def end_key(self, pk: int, key: int) -> ResponseReturnValue:
        """End one key with its tokens, at once and for good."""
        account = self._account(pk)
        found = next((one for one in self._keys(account) if one.id == key), None)
        if found is None:
            raise NotFound()
        if keys.end(orm.db.session.connection().connection.driver_connection, found.id):
            audit.record("api:secret_end", f"api_account:{account.id}",
                         {"key": found.prefix or "-"}, provider_id=account.provider_id)
            orm.db.session.commit()
            flash(_("The key has ended; calls with it are refused from now on."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk, _anchor="anahtar"))

    @expose("/<int:pk>/kapat", methods=["POST"])
    @has_access
    def switch_off(self, pk: int) -> ResponseReturnValue:
        """End the account for good."""
        account = self._account(pk)
        if account.disabled_at is None:
            account.disabled_at = clock.now()
            orm.db.session.execute(delete(ApiToken).where(
                ApiToken.provider_id == account.provider_id, ApiToken.account_id == account.id))
            audit.record("api:switch_off", f"api_account:{account.id}",
                         provider_id=account.provider_id)
            orm.db.session.commit()
            flash(_("The account is switched off; its program gets no further."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk))

    def _refuse_stronger(self, account: ApiAccount) -> None:
        """A key of an account that may more than oneself would be a way to it."""
        beyond = [one for one in account.scopes if one in scopes.BY_KEY
                  and not security.may(scopes.BY_KEY[one].permission)]
        if beyond:
            raise Conflict("Bu hesap sizin yapamadıklarınızı yapabilir; anahtarını siz "
                           "üretemezsiniz.", "This account may do what you may not; you cannot "
                           "make a key for it.", code="stronger")

    def _account(self, pk: int) -> ApiAccount:
        account: ApiAccount | None = self.datamodel.get(pk)
        if account is None:
            raise NotFound()
        return account

    def _keys(self, account: ApiAccount) -> list[ApiKey]:
        return list(orm.db.session.scalars(select(ApiKey).where(
            ApiKey.provider_id == account.provider_id, ApiKey.account_id == account.id)
            .order_by(ApiKey.id.desc()).limit(20)))

    def _page(self, account: ApiAccount, secret: str | None = None) -> Any:
        reach = account.dealer or account.brand or account.provider
        edit = url_for("ApiAccountView.edit", pk=account.id) if security.may("api:write") else None
        answer = self.render_template(
            "panel/apiaccount.html", title=account.name, account=account, secret=secret,
            base_url=f"{settings().base_url}/iys-compat", reach=str(reach),
            api_url=f"{settings().base_url}/api/v1", keys=[
                {"row": one, "live": _is_live(one)} for one in self._keys(account)],
            lives=[(str(days), label) for days, label in LIVES.items()],
            scopes=[one.say(language()) for one in SCOPES if one.key in account.scopes],
            usage=_usage(account), may_write=edit is not None,
            crumbs=[(_("API accounts"), url_for("ApiAccountView.list")), (account.name, None)],
            actions=[{"label": _("Change the API account"), "url": edit, "icon": "pencil"}]
            if edit else [])
        if secret is None:
            return answer
        return answer, 200, {"Cache-Control": "no-store"}


def _is_live(key: ApiKey) -> bool:
    return key.ended_at is None and (key.expires_at is None or key.expires_at > clock.now())


def _usage(account: ApiAccount) -> list[dict[str, Any]]:
    """Calls of the last days by key: done, refused, ours that failed."""
    since = clock.to_istanbul(clock.now()).date() - timedelta(days=SHOWN_DAYS - 1)
    one = ApiUsage
    rows = orm.db.session.execute(
        select(one.day, ApiKey.prefix, *(
            func.coalesce(func.sum(one.calls).filter(one.status >= low, one.status < high), 0)
            for low, high in ((100, 400), (400, 500), (500, 600))))
        .join(ApiKey, ApiKey.id == one.key_id)
        .where(one.provider_id == account.provider_id, one.account_id == account.id,
               one.day >= since)
        .group_by(one.day, ApiKey.prefix).order_by(one.day.desc(), ApiKey.prefix))
    return [{"day": day, "key": prefix or "-", "good": good, "refused": refused, "failed": failed}
            for day, prefix, good, refused, failed in rows]


name_things("api_account", ApiAccount, "ApiAccountView.show", "api:read")
