"""Which modules a provider has: the installation's page, nobody else's.

Why this module exists: what a provider has bought is not its own to change, and what it has not is
not to be seen there, so the page that shows both is the platform admins' alone. It reads the one
table (:mod:`ileti.tenancy.modules`); a switch deletes nothing.
"""

from __future__ import annotations

from typing import Any, Final

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ileti.capture.sites import forget_sites
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.core.formats import language
from ileti.programs.scopes import SCOPES
from ileti.tenancy import audit, confirm, modules
from ileti.tenancy.models import Provider
from ileti.tenancy.modules import Module

TITLES: Final = {Module.ACCESS: _l("Data access"), Module.MANAGEMENT: _l("Data management")}


class ModuleView(BaseView):
    """``/moduller``."""

    route_base = "/moduller"
    class_permission_name = "provider"
    default_view = "show"

    @expose("/<int:provider_id>")
    @has_access
    @permission_name("add")
    def show(self, provider_id: int) -> ResponseReturnValue:
        """Both modules with what belongs to each, and the switch of the second."""
        provider = _provider(provider_id)
        return self.render_template(
            "panel/modules.html", provider=provider, action=_action(provider),
            cards=[{"title": title, "on": modules.has(provider, module),
                    "pages": _pages(module), "scopes": _scopes(module)}
                   for module, title in TITLES.items()],
            crumbs=[(_("Providers"), url_for("ProviderView.list")),
                    (str(provider), url_for("ProviderView.show", pk=provider.id)),
                    (_("Modules"), None)])

    @expose("/<int:provider_id>", methods=["POST"])
    @has_access
    @permission_name("add")
    @confirm.needed
    def switch(self, provider_id: int) -> ResponseReturnValue:
        """Give or take the second module."""
        provider = _provider(provider_id)
        wanted = request.form.get("durum") == "on"
        if provider.data_management != wanted:
            provider.data_management = wanted
            audit.record("module:on" if wanted else "module:off", f"provider:{provider.id}",
                         {"module": Module.MANAGEMENT.value}, provider_id=provider.id)
        orm.db.session.commit()
        forget_sites()
        flash(_("%(name)s has data management.", name=str(provider)) if wanted else
              _("%(name)s has data access alone. Nothing was deleted.", name=str(provider)),
              "success")
        return redirect(url_for("ModuleView.show", provider_id=provider_id))


def _provider(provider_id: int) -> Provider:
    found = orm.db.session.get(Provider, min(provider_id, 2**31 - 1))
    if found is None:
        raise NotFound()
    return found


def _pages(module: Module) -> list[str]:
    """The menu's entries of a module, as people know them."""
    menu = current_app.extensions["appbuilder"].menu
    entries = [one for entry in menu.get_list() for one in (entry.childs or [entry])]
    return [_(str(one.label)) for one in entries
            if one.baseview and modules.of("page", one.baseview.endpoint) is module]


def _scopes(module: Module) -> list[str]:
    """What API accounts may do with it."""
    return [one.say(language()) for one in SCOPES if modules.of("scope", one.key) is module]


def _action(provider: Provider) -> dict[str, Any]:
    url = url_for("ModuleView.switch", provider_id=provider.id)
    if provider.data_management:
        return {"label": _("Take data management away"), "url": url, "kind": "danger",
                "fields": {"durum": "off"}, "id": "kapat", "confirm": {
                    "title": _("Take data management away from %(name)s?", name=str(provider)),
                    "verb": _("Take it away"), "danger": True,
                    "text": _("Its pages, services and forms are gone from the next call on. "
                              "Nothing is deleted: refusals, İYS reports, data requests, "
                              "destruction and proofs go on, and all is back with the module.")}}
    return {"label": _("Give data management"), "url": url, "kind": "primary", "method": "post",
            "fields": {"durum": "on"}}
