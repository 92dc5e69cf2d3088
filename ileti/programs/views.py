"""API accounts in the panel: who may speak for what, with which secret, since when.

Why this module exists: a secret is worth as much as a user who may record consents, so it is made
when somebody asks for it, shown in that one answer and never again; what is kept is its hash. A new
secret, or switching the account off, ends the tokens of the old one at once. Each deed is in the
audit trail, the secret in none.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from wtforms import BooleanField

from config import settings
from ileti.core import clock, orm
from ileti.core.errors import Conflict, NotFound
from ileti.programs.accounts import new_secret, new_username
from ileti.programs.models import ApiAccount, ApiToken
from ileti.tenancy import audit, confirm, security
from ileti.tenancy.crud import Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS


class ApiAccountView(RecordView):
    """Programs that speak to us: in İYS's protocol, or to bring lists."""

    datamodel = Records(ApiAccount)
    route_base = "/api-hesaplari"
    class_permission_name = "api"
    method_permission_name = RecordView.method_permission_name | {
        "make_secret": "write", "switch_off": "write"}
    list_title, add_title = _l("API accounts"), _l("Add an API account")
    edit_title, show_title = _l("Change the API account"), _l("API account")
    label_columns = COMMON_LABELS | {
        "last_used_at": _l("Last used"), "disabled_at": _l("Switched off"),
        "reads_numbers": _l("Reads dealers’ identity numbers"),
        "brings_lists": _l("Imports customer lists"),
        "reads_consents": _l("Asks what held at a moment"),
        "brings_proofs": _l("Adds proof files")}
    list_columns = ["name", "brand", "dealer", "last_used_at", "disabled_at"]
    search_columns = ["name", "brand"]
    order_columns = ["name", "last_used_at"]
    base_order = ("id", "desc")
    edit_columns = ["name", "reads_numbers", "brings_lists", "reads_consents", "brings_proofs"]
    add_columns = [*edit_columns[:1], "provider", "brand", "dealer", *edit_columns[1:]]
    show_columns = ["name"]
    description_columns = {
        "name": _l("The program, as you call it."),
        "brand": _l("Empty lets the program speak for all brands."),
        "dealer": _l("Only when the program is this dealer’s own."),
        "reads_numbers": _l("İYS answers dealers with TCKN and tax number. Leave it out when the "
                            "program needs neither."),
        "brings_lists": _l("Lets the program import whole lists and apply them, for the brands it "
                           "speaks for. Above the bound of your installation a person approves."),
        "reads_consents": _l("Answers for an address and a past moment: what held, who took it, on "
                             "which text, with which proof. A dealer’s program learns what the "
                             "dealer may see."),
        "brings_proofs": _l("Lets the program add signed forms, recordings and mails to consents. "
                            "A file that was added stays."),
    }

    add_form_extra_fields = {
        "reads_numbers": BooleanField(label_columns["reads_numbers"], default=True,
                                      description=description_columns["reads_numbers"]),
        "brings_lists": BooleanField(label_columns["brings_lists"],
                                     description=description_columns["brings_lists"]),
        "reads_consents": BooleanField(label_columns["reads_consents"],
                                       description=description_columns["reads_consents"]),
        "brings_proofs": BooleanField(label_columns["brings_proofs"],
                                      description=description_columns["brings_proofs"])}
    edit_form_extra_fields = {
        "reads_numbers": BooleanField(label_columns["reads_numbers"],
                                      description=description_columns["reads_numbers"]),
        "brings_lists": add_form_extra_fields["brings_lists"],
        "reads_consents": add_form_extra_fields["reads_consents"],
        "brings_proofs": add_form_extra_fields["brings_proofs"]}

    def pre_add(self, item: Any) -> None:
        """A user name of our own; brand and dealer fit together and belong to the provider."""
        if item.dealer is not None and item.brand is None:
            item.brand = item.dealer.brand
        if item.dealer is not None and item.dealer.brand_id != item.brand.id:
            raise Told(_("This dealer belongs to another brand."))
        if item.provider is None:
            raise Told(_("Choose a provider."))
        if item.brand is not None and item.brand.provider_id != item.provider.id:
            raise Told(_("This brand belongs to another provider."))
        item.username = new_username()

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
        """The account's page: base URL, user name, how far it reaches, its secret's state."""
        return self._page(self._account(pk))

    @expose("/<int:pk>/anahtar", methods=["POST"])
    @has_access
    @confirm.needed
    def make_secret(self, pk: int) -> ResponseReturnValue:
        """The account's page with a new secret, this once; tokens of the old one end."""
        account = self._account(pk)
        if account.disabled_at is not None:
            raise Conflict("Bu hesap kapatıldı. Yeni bir hesap açın.",
                           "This account was switched off. Open a new one.", code="disabled")
        renewed = account.secret_hash is not None
        secret, account.secret_hash = new_secret()
        account.secret_at = clock.now()
        self._end_tokens(account)
        audit.record("api:secret_renew" if renewed else "api:secret_create",
                     f"api_account:{account.id}", provider_id=account.provider_id)
        orm.db.session.commit()
        return self._page(account, secret)

    @expose("/<int:pk>/kapat", methods=["POST"])
    @has_access
    def switch_off(self, pk: int) -> ResponseReturnValue:
        """End the account for good."""
        account = self._account(pk)
        if account.disabled_at is None:
            account.disabled_at = clock.now()
            self._end_tokens(account)
            audit.record("api:switch_off", f"api_account:{account.id}",
                         provider_id=account.provider_id)
            orm.db.session.commit()
            flash(_("The account is switched off; its program gets no further."), "success")
        return redirect(url_for("ApiAccountView.show", pk=pk))

    def _end_tokens(self, account: ApiAccount) -> None:
        orm.db.session.execute(delete(ApiToken).where(
            ApiToken.provider_id == account.provider_id, ApiToken.account_id == account.id))

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
            imports_url=f"{settings().base_url}/api/v1/imports",
            may_write=edit is not None,
            crumbs=[(_("API accounts"), url_for("ApiAccountView.list")), (account.name, None)],
            actions=[{"label": _("Change the API account"), "url": edit, "icon": "pencil"}]
            if edit else [])
        if secret is None:
            return answer
        return answer, 200, {"Cache-Control": "no-store"}


name_things("api_account", ApiAccount, "ApiAccountView.show", "api:read")
