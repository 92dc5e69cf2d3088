"""The daily report in the panel, and one's own wish to get it by mail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from ileti.core import clock, formats
from ileti.core.errors import NotFound, TryLater
from ileti.reports.daily import mail, report, subscriptions, todo
from ileti.reports.views import given
from ileti.tenancy import asked, scope, security


class DailyReportView(BaseView):
    """One day on one page."""

    route_base = "/raporlar/gunluk"
    class_permission_name = "daily"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The day of the address, today when it names none; a day to come is none."""
        today = clock.today()
        return self.render_template("panel/reports/daily.html", **_context(_day(today), today))

    @expose("/gunluk-rapor.pdf")
    @has_access
    @permission_name("read")
    def pages(self) -> ResponseReturnValue:
        """The same as a PDF; noted."""
        day = _day(clock.today())
        pdf = mail.paper(report.build(day))
        if pdf is None:
            raise TryLater("Sayfalar hazırlanamadı; yeniden deneyin.",
                           "The pages could not be made; try again.", code="not_set")
        return given(pdf, mail.file_name(day), "application/pdf")

    @expose("/abonelik", methods=["POST"])
    @has_access
    @permission_name("read")
    def subscribe(self) -> ResponseReturnValue:
        """Get it by mail, or at another hour."""
        try:
            found = subscriptions.choose(
                int(request.form.get("saat", subscriptions.USUAL_HOUR)),
                business_days=request.form.get("gunler") == "is",
                language=request.form.get("dil") or formats.language())
        except ValueError:
            raise NotFound() from None
        flash(_("The report comes by mail %(days)s at %(hour)s.",
                days=subscriptions.days(found.business_days),
                hour=subscriptions.hour(found.hour)), "success")
        return redirect(url_for("DailyReportView.index") + "#posta")

    @expose("/abonelik/kapat", methods=["POST"])
    @has_access
    @permission_name("read")
    def unsubscribe(self) -> ResponseReturnValue:
        """No more mails."""
        if subscriptions.end():
            flash(_("The report does not come by mail any more."), "success")
        return redirect(url_for("DailyReportView.index") + "#posta")


def _day(today: date) -> date:
    day = asked.day("gun") or today
    if day > today or ("gun" in request.args and asked.day("gun") is None):
        raise NotFound()
    return day


def _context(day: date, today: date) -> dict[str, Any]:
    found = report.build(day)
    own = subscriptions.own() if subscriptions.may_have() else None
    return {
        "report": found, "title": found.title, "line": found.line,
        "actions": _arrows(day, today), "today": today,
        "tasks": None if found.tasks is None else todo.as_rows(found.tasks),
        "today_url": url_for("DailyReportView.index"),
        "bars_title": _("Consents and refusals of four weeks"),
        "offer": subscriptions.may_have(), "own": own,
        "hours": [(one, subscriptions.hour(one)) for one in subscriptions.HOURS],
        "usual": subscriptions.USUAL_HOUR, "language": own.language if own else formats.language(),
        "own_line": _("It comes %(days)s at %(hour)s.", days=subscriptions.days(own.business_days),
                      hour=subscriptions.hour(own.hour)) if own else "",
        "everybody": subscriptions.everybody()
        if security.may("user:read") and scope.current().provider_id is not None else None,
    }


def _arrows(day: date, today: date) -> list[dict[str, Any]]:
    def at(when: date) -> str:
        return url_for("DailyReportView.index", gun=None if when == today else when.isoformat())

    before, after = day - timedelta(1), day + timedelta(1)
    made: list[dict[str, Any]] = [{"label": formats.day_short(before), "icon": "chevron-left",
                                   "url": at(before)}]
    if after <= today:
        made.append({"label": _("Today") if after == today else formats.day_short(after),
                     "icon": "chevron-right", "url": at(after)})
    made.append({"label": "PDF", "icon": "file-text", "url": url_for(
        "DailyReportView.pages", gun=None if day == today else day.isoformat())})
    if security.may("report:read"):
        made.append({"label": _("Consent report"), "icon": "chart-column",
                     "url": url_for("ConsentReportView.list")})
    return made
