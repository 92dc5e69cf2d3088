"""API accounts in the panel: who may speak for what, with which keys, how much they do.

Why this module exists: a key is worth as much as a user who may record consents, so it is made when
somebody asks for it, shown in that one answer and never again. Several are live at a time, so that
a program moves to the new one before the old one ends; ending one, or switching the account off,
ends its tokens at once. Nobody gives a program what they may not do themselves, nor a place they do
not stand in. Each deed is in the audit trail, the key in none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import delete, func, inspect, select
from wtforms import BooleanField, SelectMultipleField, ValidationError

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.core.formats import language
from ileti.programs import agreed, sandboxviews, scopes
from ileti.programs.accounts import new_username
from ileti.programs.keyviews import LIVES, KeyPages, is_live, keys_of
from ileti.programs.models import ApiAccount, ApiKey, ApiToken, ApiUsage
from ileti.programs.narrow import MOST_NETWORKS, WrongNetwork, held, networks_of
from ileti.programs.sandboxviews import SandboxPages
from ileti.programs.scopes import SCOPES
from ileti.tenancy import audit, confirm, foureyes, modules, scope, security
from ileti.tenancy.crud import LinesField, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

SHOWN_DAYS: Final = 14


def _choices() -> list[tuple[str, str]]:
    """The scopes the signed-in user may give or take."""
    return [(one.key, f"{one.say(language())} ({one.key})") for one in scopes.offered(
        security.permissions(), management=_has_management())]


def _has_management(provider: Any = None) -> bool:
    """Whether the provider at hand has the second module; all scopes are offered to who works for
    no provider."""
    own = security.membership()
    return modules.has(provider or (own.provider if own else None), modules.Module.MANAGEMENT)


def _networks(_form: Any, field: Any) -> None:
    """Each line a network or an address, in its one spelling."""
    if len(field.data or []) > MOST_NETWORKS:
        raise ValidationError(_("At most %(count)s lines.", count=MOST_NETWORKS))
    try:
        field.data = list(networks_of(field.data or []))
    except WrongNetwork:
        raise ValidationError(_("Write addresses or networks like 203.0.113.7 or 203.0.113.0/24, "
                                "one per line.")) from None


def _fields(labels: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    return {
        "scopes": SelectMultipleField(labels["scopes"], choices=_choices,
                                      description=about["scopes"]),
        "networks": LinesField(labels["networks"], [_networks], description=about["networks"]),
        "signs": BooleanField(labels["signs"], description=about["signs"]),
    }


class ApiAccountView(KeyPages, SandboxPages, RecordView):
    """Programs that speak to us."""

    datamodel = Records(ApiAccount)
    route_base = "/api-hesaplari"
    class_permission_name = "api"
    method_permission_name = RecordView.method_permission_name | {
        "make_key": "write", "new_key": "write", "change_key": "write", "end_key": "write",
        "switch_off": "write", "clear_sandbox": "write"}
    list_title, add_title = _l("API accounts"), _l("Add an API account")
    edit_title, show_title = _l("Change the API account"), _l("API account")
    label_columns = COMMON_LABELS | {
        "last_used_at": _l("Last used"), "disabled_at": _l("Switched off"),
        "scopes": _l("What the program may do"), "networks": _l("Where it calls from"),
        "signs": _l("Every call is signed"), "sandbox": _l("Sandbox")}
    list_columns = ["name", "sandbox", "brand", "dealer", "last_used_at", "disabled_at"]
    formatters_columns = {"sandbox": lambda value: _("Sandbox") if value else ""}
    search_columns = ["name", "brand"]
    order_columns = ["name", "last_used_at"]
    base_order = ("id", "desc")
    edit_columns = ["name", "scopes", "networks", "signs"]
    add_columns = [*edit_columns[:1], "sandbox", "provider", "brand", "dealer", *edit_columns[1:]]
    show_columns = ["name"]
    description_columns = {
        "name": _l("The program, as you call it."),
        "brand": _l("Empty lets the program speak for all brands."),
        "dealer": _l("Only when the program is this dealer’s own."),
        "scopes": _l("Tick what the program needs and no more. You give only what you may do "
                     "yourself."),
        "networks": _l("Addresses or networks, one per line. Empty lets it call from anywhere."),
        "sandbox": _l("To try things out: nothing this account records is real, no message leaves "
                      "and İYS hears of nothing. It stays so; for real work open another account."),
        "signs": _l("Calls without a signature are refused. İYS’s protocol knows no signatures, so "
                    "the program cannot speak it then."),
    }
    add_form_extra_fields = _fields(label_columns, description_columns) | {
        "sandbox": BooleanField(label_columns["sandbox"],
                                description=description_columns["sandbox"])}
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
        if item.sandbox:
            sandboxviews.begin(item.provider.id)
        self._settle_scopes(item, [], item.provider.id)

    def pre_update(self, item: Any) -> None:
        """What the signed-in user could not have given stays as it was."""
        history = inspect(item).attrs.scopes.history
        self._settle_scopes(item, history.deleted[0] if history.deleted else item.scopes,
                            item.provider_id)

    def _settle_scopes(self, item: Any, before: Any, provider_id: int) -> None:
        item.scopes = scopes.granted(item.scopes or [], before or [], security.permissions(),
                                     management=_has_management())
        if item.signs and "compat" in item.scopes:
            raise Told(_("İYS’s protocol knows no signatures; untick one of the two."))
        more = sorted(set(item.scopes) - set(before or []))
        g.pop("scopes_wished", None)
        if more and foureyes.wanted("rights", provider_id):  # asked for once the account is there
            g.scopes_wished = (item, sorted(item.scopes))
            item.scopes = [one for one in item.scopes if one not in more]

    def _ask_for_scopes(self) -> None:
        """What the form wished for beyond what a person alone may give."""
        wished = g.pop("scopes_wished", None)
        if wished is not None and wished[0].id is not None:
            foureyes.ask(agreed.scopes_wish(wished[0], wished[1]), by=current_user.id)
            flash(_("A second person has to approve what the program may do; your request went to "
                    "those who may."), "warning")

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def add(self) -> ResponseReturnValue:
        """A program gets rights as a person does."""
        answer = super().add()
        self._ask_for_scopes()
        return answer

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def edit(self, pk: str) -> ResponseReturnValue:
        """The same for its rights afterwards."""
        answer = super().edit(pk)
        self._ask_for_scopes()
        return answer

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The account's page: addresses, user name, how far it reaches, its keys, its calls."""
        return self._page(self._account(pk))

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

    def _account(self, pk: int) -> ApiAccount:
        account: ApiAccount | None = self.datamodel.get(pk)
        if account is None:
            raise NotFound()
        return account

    def _page(self, account: ApiAccount, secret: str | None = None) -> Any:
        reach = account.dealer or account.brand or account.provider
        edit = url_for("ApiAccountView.edit", pk=account.id) if security.may("api:write") else None
        answer = self.render_template(
            "panel/apiaccount.html", title=account.name, account=account, secret=secret,
            base_url=f"{settings().base_url}/iys-compat", reach=str(reach),
            api_url=f"{settings().base_url}/api/v1", keys=[
                {"row": one, "live": is_live(one), "holds": _holds(account, one)}
                for one in keys_of(account)],
            lives=[(str(days), label) for days, label in LIVES.items()],
            scopes=[one.say(language()) for one in SCOPES if one.key in modules.scopes_held(
                frozenset(account.scopes), management=_has_management(account.provider))],
            usage=_usage(account), may_write=edit is not None,
            sandbox=sandboxviews.numbers_of(account), may_clear=sandboxviews.may_clear(account),
            crumbs=[(_("API accounts"), url_for("ApiAccountView.list")), (account.name, None)],
            actions=[{"label": _("Change the API account"), "url": edit, "icon": "pencil"}]
            if edit else [])
        if secret is None:
            return answer
        return answer, 200, {"Cache-Control": "no-store"}


def _holds(account: ApiAccount, key: ApiKey) -> str:
    """How a key is narrower than its account, in words; "" when it is not."""
    parts = [str(key.only_dealer or key.only_brand)] if key.only_brand_id else []
    if key.scopes is not None:
        parts.append(", ".join(held(account, key)))
    return " · ".join([*parts, *([", ".join(key.networks)] if key.networks else [])])


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
