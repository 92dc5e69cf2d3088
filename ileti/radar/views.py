"""The deadline radar's pages: what runs out when, and which days count (look picture 04)."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from ileti.consents.deadlines import calendar_known, half_day_names, holiday_names, unknown_years
from ileti.core import clock
from ileti.radar import page
from ileti.tenancy import viewpages


class RadarView(BaseView):
    """Records on the clock of three business days (R-33, R-40)."""

    route_base = "/sureler"
    class_permission_name = "radar"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The radar; its state is the query string."""
        if (first := viewpages.first("RadarView")) is not None:
            return redirect(first)
        return self.render_template("panel/radar.html", **page.context())

    @expose("/takvim")
    @has_access
    @permission_name("read")
    def calendar(self) -> ResponseReturnValue:
        """The days the clock stands still, this year and next."""
        return self.render_template(
            "panel/business_days.html", title=_("Business days"), years=_years(),
            crumbs=[(_("Deadline radar"), url_for("RadarView.index")), (_("Business days"), None)],
            unknown=unknown_years(clock.today()))


def _years() -> list[dict[str, Any]]:
    this = clock.today().year
    return [{"year": year, "known": calendar_known(year), "days": sorted([
        *((day, name, False) for day, name in holiday_names(year).items()),
        *((day, name, True) for day, name in half_day_names(year).items())])}
        for year in (this, this + 1)]
