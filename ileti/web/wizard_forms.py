"""The wizard's three forms: those of the ordinary pages, fewer fields, in the wizard's frame.

Nothing is checked here. Fields, rules and refusals are those of the pages of providers and sites;
only what stands around the form and where one goes next differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import ModelView, expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from ileti.capture.models import Kind, Site
from ileti.capture.views import SiteView
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.iys.views import try_and_tell
from ileti.tenancy import confirm, scope, security
from ileti.tenancy.crud import LinesField
from ileti.tenancy.models import Provider
from ileti.tenancy.views import ProviderView
from ileti.web.wizard_frame import frame, texts_missing
from ileti.web.wizard_steps import PERMISSION, Key, step_url, visible_provider


class _InFrame(ModelView):
    """What the three forms share."""

    key: Key
    route_base = "/kurulum"
    add_template = edit_template = "panel/wizard_form.html"
    add_row_message = edit_row_message = _l("Saved.")

    def home_url(self) -> str:
        """The wizard itself."""
        return url_for("WizardView.index")

    def render_template(self, template: str, **context: Any) -> str:
        """The form with the steps beside it."""
        provider = self._provider()
        around = frame(provider, self.key) if provider else frame(None, self.key)
        return ModelView.render_template(self, template, **(context | around | self.beside()))

    def beside(self) -> dict[str, Any]:
        """More for the template."""
        return {}

    def _provider(self) -> Provider | None:
        given = request.view_args or {}
        number = str(given.get("provider_id", given.get("pk", "")))
        return visible_provider(int(number)) if number.isascii() and number.isdigit() else None


class _NeededOnce:
    """A password must be there: the one that is typed, or the one kept before."""

    field_flags = {"required": True}

    def __call__(self, _form: Any, field: Any) -> None:
        """Say it when there is neither."""
        given = str((request.view_args or {}).get("pk", ""))
        kept = visible_provider(int(given)) if given.isascii() and given.isdigit() else None
        if not field.data and not (kept and kept.iys_password):
            raise ValidationError(_("Write the password."))


_FIELDS = ProviderView.edit_form_extra_fields
_ORIGINS = SiteView.add_form_extra_fields["origins"]


class WizardCompanyView(_InFrame, ProviderView):
    """Title, numbers and contact of the company."""

    key = Key.COMPANY
    include_route_methods = {"add", "edit"}
    add_title = edit_title = _l("Your company")
    add_columns = ["title", "short_name", "iys_code", "mersis", "contact", "activation_date"]
    edit_columns = add_columns
    add_form_extra_fields = edit_form_extra_fields = {
        "mersis": _FIELDS["mersis"],
        "contact": StringField(
            _FIELDS["contact"].args[0], [DataRequired(), Length(max=255)],
            description=_FIELDS["contact"].kwargs["description"]),
    }
    description_columns = {
        "short_name": _l("As it stands in lists and menus."),
        "iys_code": _l("Six to nine digits; İYS gave it to you when you signed up."),
        "activation_date": _l("From this day on a consent must reach İYS within three business "
                              "days."),
    }

    @expose("/sirket", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        """A company of one's own, the first."""
        return ProviderView.add(self)

    @expose("/<pk>/sirket", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> ResponseReturnValue:
        """What is known of the company."""
        return ProviderView.edit(self, pk)

    def record_url(self, item: Any) -> str:
        """On to the login."""
        return step_url(Key.LOGIN, item.id)


class WizardLoginView(_InFrame, ProviderView):
    """İYS's user name and password, tried as soon as they are entered."""

    key = Key.LOGIN
    include_route_methods = {"edit"}
    edit_title = _l("İYS login")
    edit_columns = ["iys_username", "iys_password", "iys_partner_code"]
    edit_form_extra_fields = {
        "iys_username": StringField(_l("İYS user name"), [DataRequired(), Length(max=255)]),
        "iys_password": PasswordField(
            _FIELDS["iys_password"].args[0], [_NeededOnce(), Length(max=255)],
            description=_FIELDS["iys_password"].kwargs["description"]),
    }

    @expose("/<pk>/iys", methods=["GET", "POST"])
    @has_access
    @confirm.needed
    def edit(self, pk: str) -> ResponseReturnValue:
        """The form; what was saved is tried at İYS at once."""
        answer = ProviderView.edit(self, pk)
        if getattr(answer, "status_code", 200) == 302:
            provider = visible_provider(int(pk))
            if provider is not None:
                try_and_tell(provider, problems=False)
        return answer

    def record_url(self, item: Any) -> str:
        """Here again: what was found is said beside the form."""
        return step_url(Key.LOGIN, item.id)


class WizardSiteView(_InFrame, SiteView):
    """The first site; the texts its form shows are published before it."""

    key = Key.SITE
    include_route_methods = {"add"}
    add_title = _l("Add the site")
    add_columns = ["brand", "name", "origins", "policy", "channels"]
    add_form_extra_fields = SiteView.add_form_extra_fields | {"origins": LinesField(
        _ORIGINS.args[0], [DataRequired(_l("Write the address of the page.")), *_ORIGINS.args[1]],
        description=_ORIGINS.kwargs["description"])}

    @expose("/<int:provider_id>/site", methods=["GET", "POST"])
    @has_access
    def add(self, provider_id: int) -> ResponseReturnValue:
        """The form of a new site, among the provider's own brands."""
        return within_provider(provider_id, lambda: SiteView.add(self))

    def record_url(self, item: Any) -> str:
        """On to the lines for the page."""
        return step_url(Key.FORM, item.provider_id)

    def beside(self) -> dict[str, Any]:
        """Sites that are there, and texts that are not."""
        provider = self._provider()
        if provider is None:
            return {}
        texts, known = texts_missing(provider)
        return {"texts": texts, "form_waits": not known, "sites": orm.db.session.query(Site).filter(
            Site.provider_id == provider.id, Site.kind == Kind.WIDGET).order_by(
                Site.id.desc()).limit(5).all(),
            "save_label": _("Add the site")}


def within_provider(provider_id: int, act: Callable[[], ResponseReturnValue]
                    ) -> ResponseReturnValue:
    """Do it with nothing in sight but this provider; NotFound when it is not in sight itself, and
    for whoever sees only a part of it: the wizard must not widen what somebody sees."""
    here = scope.current()
    if (here.brand_id or here.dealer_id or not security.may(PERMISSION)
            or visible_provider(provider_id) is None):
        raise NotFound()
    with scope.within(scope.Scope(provider_id=provider_id, user_id=here.user_id)):
        return act()
