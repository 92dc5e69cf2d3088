"""The page of plug-ins: what is installed, what it does, and for whom it is on.

Why this module exists: a plug-in is put on the machine by whoever runs it, and switched on by who
answers for a company's data: it may see addresses and carry messages elsewhere. The switch is in
the audit trail with its version.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ileti.core import orm
from ileti.core.errors import Conflict, NotFound
from ileti.hooks import manager
from ileti.hooks.manager import Plugin
from ileti.tenancy import audit, confirm, plugins, scope, security
from ileti.tenancy.models import Provider, ProviderPlugin

#: what a plug-in does, by hook
DOES: Final = {
    "gateway": _l("Carries messages"), "gateway_kinds": _l("Kinds of sending accounts"),
    "gate_check": _l("Checks before each sending"),
    "lint_check": _l("Remarks on texts"), "consent_columns": _l("Columns in the list of consents"),
    "import_sources": _l("Fetches lists"), "panel_pages": _l("Pages in the panel"),
}
#: ours, in the page's language
CORE: Final = {"smtp": _l("Mails by the company’s own mail server"),
               "demo": _l("The demo’s phone and mailbox; nothing leaves the house"),
               "netgsm": _l("SMS by Netgsm"), "verimor": _l("SMS by Verimor"),
               "iletimerkezi": _l("SMS by İleti Merkezi"),
               "plainhttp": _l("SMS by any provider that is described")}
OFFERED: Final = 500


class PluginView(BaseView):
    """``/eklentiler``."""

    route_base = "/eklentiler"
    class_permission_name = "plugin"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """All plug-ins; with switches for the provider at hand."""
        providers = list(orm.db.session.scalars(
            select(Provider).order_by(Provider.short_name).limit(OFFERED)))
        chosen = _chosen(providers)
        on = _on_at(chosen)
        rows = [_row(one, on, chosen) for one in manager.installed()]
        gone = [_row(Plugin(name, "", "", tuple(one.hooks), _("It is not installed.")), on, chosen)
                for name, one in on.items() if manager.find(name) is None]
        return self.render_template(
            "panel/plugins.html", rows=[one for one in rows if not one["core"]] + gone,
            core=[one for one in rows if one["core"]], chosen=chosen,
            choices=[(str(one.id), str(one)) for one in providers] if len(providers) > 1 else [])

    @expose("/<int:provider_id>/<name>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def switch(self, provider_id: int, name: str) -> ResponseReturnValue:
        """On or off, for one provider."""
        provider = orm.db.session.get(Provider, provider_id)
        if provider is None or scope.current().brand_id is not None:
            raise NotFound()
        on = request.form.get("durum") == "on"
        found = manager.find(name)
        if on and (found is None or found.core):
            raise NotFound()
        if on and found is not None and found.problem:
            raise Conflict("Bu eklenti çalışmıyor; önce onarılması gerekir.",
                           "This plug-in does not work; it has to be mended first.",
                           code="plugin_broken")
        if _switch(provider.id, name, found if on else None):
            audit.record("plugin:on" if on else "plugin:off", f"provider:{provider.id}",
                         {"plugin": f"{name} {found.version if found else ''}".strip()},
                         provider_id=provider.id)
        orm.db.session.commit()
        plugins.forget()
        flash(_("%(name)s is on.", name=name) if on else _("%(name)s is off.", name=name),
              "success")
        return redirect(url_for("PluginView.index", saglayici=provider_id))


def _switch(provider_id: int, name: str, plugin: Plugin | None) -> bool:
    """Write the switch; False when it was so already."""
    one = ProviderPlugin
    asked: Any = delete(one).where(one.provider_id == provider_id, one.name == name)
    if plugin is not None:
        asked = insert(one).values(
            provider_id=provider_id, name=name, hooks=list(plugin.hooks),
            switched_by=current_user.id).on_conflict_do_nothing()
    return bool(orm.db.session.execute(asked).rowcount)


def _chosen(providers: list[Provider]) -> Provider | None:
    """The provider whose switches are shown: the only one, or the one that was chosen."""
    if len(providers) == 1:
        return providers[0]
    wanted = request.args.get("saglayici", "")
    return next((one for one in providers if str(one.id) == wanted), None)


def _on_at(provider: Provider | None) -> dict[str, ProviderPlugin]:
    if provider is None:
        return {}
    return {one.name: one for one in orm.db.session.scalars(
        select(ProviderPlugin).where(ProviderPlugin.provider_id == provider.id)
        .order_by(ProviderPlugin.name))}


def _row(one: Plugin, on: dict[str, ProviderPlugin], chosen: Provider | None) -> dict[str, Any]:
    here = on.get(one.name)
    return {
        "name": one.name, "version": one.version, "core": one.core,
        "summary": CORE.get(one.name, one.summary) if one.core else one.summary,
        "does": [DOES[hook] for hook in one.hooks], "problem": one.problem,
        "trouble": one.trouble, "on": here is not None, "since": here.since if here else None,
        "closes": bool(here and "gate_check" in here.hooks and one.problem),
        "action": _action(one, here is not None, chosen)}


def _action(one: Plugin, on: bool, chosen: Provider | None) -> dict[str, Any] | None:
    if (one.core or chosen is None or not security.may("plugin:write")
            or scope.current().brand_id is not None or (one.problem and not on)):
        return None
    url = url_for("PluginView.switch", provider_id=chosen.id, name=one.name)
    if on:
        return {"label": _("Switch off"), "url": url, "small": True, "method": "post",
                "fields": {"durum": "off"}, "id": f"kapat-{one.name}", "confirm": {
                    "title": _("Switch %(name)s off?", name=one.name), "verb": _("Switch off"),
                    "text": _("What it does here ends; what was recorded stays.")}}
    return {"label": _("Switch on"), "url": url, "small": True, "kind": "primary",
            "fields": {"durum": "on"}, "id": f"ac-{one.name}", "confirm": {
                "title": _("Switch %(name)s on?", name=one.name), "verb": _("Switch on"),
                "text": _("It comes from another maker and works with this company’s data. "
                          "Switch on only what you have agreed upon with its maker.")}}
