"""Reports in the panel."""

from __future__ import annotations

from flask import Response, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from ileti.core import orm
from ileti.reports import compliancepage, consentpage, files, tables
from ileti.tenancy import audit, scope, viewpages

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ConsentReportView(BaseView):
    """Consents and refusals by any span, channel, source, brand, dealer, form and person."""

    route_base = "/raporlar"
    class_permission_name = "report"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The report its address asks for; bare, the view its reader put first."""
        if (first := viewpages.first("ConsentReportView")) is not None:
            return redirect(first)
        return self.render_template("panel/reports/consents.html", **consentpage.context())

    @expose("/izinler.csv")
    @has_access
    @permission_name("read")
    def table(self) -> ResponseReturnValue:
        """The same as CSV; noted."""
        question = consentpage.read()
        return given(files.csv(question), files.name(question, "csv"), "text/csv; charset=utf-8")

    @expose("/izinler.xlsx")
    @has_access
    @permission_name("read")
    def workbook(self) -> ResponseReturnValue:
        """The same as a workbook; noted."""
        question = consentpage.read()
        return given(files.xlsx(question), files.name(question, "xlsx"), _XLSX)

    @expose("/izinler.pdf")
    @has_access
    @permission_name("read")
    def pages(self) -> ResponseReturnValue:
        """The same as pages; noted."""
        question = consentpage.read()
        return given(files.pdf(question), files.name(question, "pdf"), "application/pdf")


class ComplianceReportView(BaseView):
    """Late records, İYS's refusals, times, proofs, texts in use, what is due, and fines."""

    route_base = "/raporlar/uyum"
    class_permission_name = "report"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The report its address asks for; bare, the view its reader put first."""
        if (first := viewpages.first("ComplianceReportView")) is not None:
            return redirect(first)
        return self.render_template("panel/reports/compliance.html", **compliancepage.context())

    @expose("/uyum.csv")
    @has_access
    @permission_name("read")
    def table(self) -> ResponseReturnValue:
        """All its blocks as CSV; noted."""
        question = compliancepage.read()
        return given(tables.csv(compliancepage.tables(question)),
                     compliancepage.file_name(question, "csv"), "text/csv; charset=utf-8")

    @expose("/uyum.xlsx")
    @has_access
    @permission_name("read")
    def workbook(self) -> ResponseReturnValue:
        """The same as a workbook, a sheet for each block; noted."""
        question = compliancepage.read()
        return given(tables.xlsx(compliancepage.tables(question)),
                     compliancepage.file_name(question, "xlsx"), _XLSX)

    @expose("/uyum.pdf")
    @has_access
    @permission_name("read")
    def pages(self) -> ResponseReturnValue:
        """The same as pages; noted."""
        question = compliancepage.read()
        return given(compliancepage.pdf(question), compliancepage.file_name(question, "pdf"),
                     "application/pdf")


def given(body: bytes, name: str, kind: str) -> Response:
    """A file of numbers, with no person in it; noted in the trail."""
    here = scope.current()
    audit.record("report:export", name, provider_id=here.provider_id, brand_id=here.brand_id)
    orm.db.session.commit()
    return Response(body, mimetype=None, content_type=kind, headers={
        "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"})
