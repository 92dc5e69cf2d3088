"""Lists for campaigns in the panel: what was brought, and bringing one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.campaigns import lists
from ileti.campaigns.panel import visible
from ileti.consents.vocabulary import Channel
from ileti.core.errors import IletiError
from ileti.core.formats import either, number, say
from ileti.imports.panel.incoming import Incoming
from ileti.tenancy import doors, scope, security
from ileti.tenancy import offered as offers

MOST_BYTES = 50_000_000
_FORM_ROOM = 1 << 20


class CampaignListView(BaseView):
    """Lists people are chosen by."""

    route_base = "/kampanya-listeleri"
    class_permission_name = "campaign"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """Lists, newest first."""
        return self._page({}, {})

    @expose("/ekle", methods=["POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """Bring one."""
        typed, here = request.form, scope.current()
        brand = next((one for one in offers.brands() if str(one.id) == typed.get("marka")), None)
        channel = next((one for one in Channel if one.name == typed.get("kanal")), None)
        coming: Any = next(iter(doors.brought()), None)
        given = request.files.get("dosya")
        errors = {}
        if brand is None:
            errors["marka"] = _("Choose a brand.")
        if channel is None:
            errors["kanal"] = _("Choose a channel.")
        if coming is None or not coming.size or given is None:
            errors["dosya"] = _("Choose a file.")
        if errors or brand is None or channel is None or given is None:
            return self._page(typed, errors, 422)
        try:
            made = lists.take((brand.provider_id, brand.id, here.dealer_id), typed.get("ad", ""),
                              channel, given.filename or "", coming.pieces(), by=current_user.id)
        except IletiError as error:
            field = "ad" if error.code == "name" else "dosya"
            return self._page(typed, {field: say(error)}, 422)
        flash(_("%(n)s people of the list are known; %(m)s are not and were not kept.",
                n=number(made.members), m=number(made.strangers)), "success")
        return redirect(url_for("CampaignListView.index"), code=303)

    def _page(self, typed: Any, errors: dict[str, str], status: int = 200) -> ResponseReturnValue:
        brands = offers.brands()
        names = {one.id: one.name for one in brands}
        return self.render_template(
            "panel/campaigns/lists.html", title=_("Lists for campaigns"), typed=typed,
            errors=errors, crumbs=[(_("Campaigns"), url_for("CampaignView.index")),
                                   (_("Lists for campaigns"), None)],
            brands=[(one.id, one.name) for one in brands],
            channels=[(one.name, either(one.tr, one.en)) for one in Channel],
            rows=[(one, Channel(one.channel).name, names.get(one.brand_id, "—"))
                  for one in visible.lists()], may_write=security.may("campaign:write")), status


doors.register(doors.Door(f"{CampaignListView.__name__}.add", "campaign:write",
                          lambda: MOST_BYTES + _FORM_ROOM, Incoming))
