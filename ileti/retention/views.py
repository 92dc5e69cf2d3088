"""Retention in the panel: periods and what falls due, legal holds, the log of destruction.

Nobody destroys from here: the monthly run and `ileti retention run` do, for all providers alike. An
address typed for a hold travels in the body of a POST (look §9) and is shown masked.
"""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import language, say
from ileti.evidence.paper import NotSet
from ileti.recipients.address import AddressError
from ileti.retention import export, holds, log, pages
from ileti.tenancy import audit, scope, security


class RetentionView(BaseView):
    """What is kept, held and destroyed."""

    route_base = "/saklama"
    class_permission_name = "retention"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The page "Saklama ve imha"."""
        return self.render_template("panel/retention.html", **pages.context())

    @expose("/bekletme/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def new_hold(self) -> ResponseReturnValue:
        """Place a legal hold; what was typed stays when something is wrong with it."""
        if request.method == "GET":
            return self.render_template("panel/hold_new.html", **pages.form_context())
        try:
            number = pages.place_hold(current_user.id)
        except (IletiError, AddressError) as error:
            if isinstance(error, NotFound):
                raise
            return self.render_template("panel/hold_new.html",
                                        **pages.form_context(say(error))), 422
        provider = pages.provider_at_work()
        audit.record("legal_hold:add", f"legal_hold:{number}", provider_id=provider.id)
        orm.db.session.commit()
        flash(_("The hold is in place: nothing it matches is destroyed."), "success")
        return redirect(url_for("RetentionView.hold", number=number, saglayici=provider.id),
                        code=303)

    @expose("/bekletme/<int:number>", methods=["GET"])
    @has_access
    @permission_name("read")
    def hold(self, number: int) -> ResponseReturnValue:
        """One hold, and the form that ends it."""
        return self._hold(pages.hold_at_work(number))

    @expose("/bekletme/<int:number>/bitir", methods=["POST"])
    @has_access
    @permission_name("write")
    def end_hold(self, number: int) -> ResponseReturnValue:
        """End a hold, with a reason."""
        one = pages.hold_at_work(number)
        try:
            holds.end(one.provider_id, one.id, request.form.get("reason", ""), by=current_user.id)
        except NotFound:
            raise
        except IletiError as error:
            return self._hold(one, say(error)), 422
        audit.record("legal_hold:end", f"legal_hold:{one.id}", provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The hold has ended. What is due goes with the next destruction."), "success")
        return redirect(url_for("RetentionView.hold", number=number, saglayici=one.provider_id),
                        code=303)

    @expose("/gunluk.<form>")
    @has_access
    @permission_name("read")
    def log(self, form: str) -> ResponseReturnValue:
        """The signed log of one run or of all, as a table or as pages."""
        if form not in ("csv", "pdf") or scope.current().brand_id is not None:
            raise NotFound()
        provider = pages.provider_at_work()
        lines = log.lines(provider.id, run_id=request.args.get("calisma", type=int))
        try:
            content = (export.as_csv(lines, language()) if form == "csv" else export.as_pdf(
                lines, f"{_('Log of destruction')} · {provider}", language()))
        except NotSet:
            flash(_("The pages cannot be made now; take the table."), "danger")
            return redirect(url_for("RetentionView.index", saglayici=provider.id))
        audit.record("retention:log", f"provider:{provider.id}", provider_id=provider.id)
        orm.db.session.commit()
        name = f"{'imha-gunlugu' if language() == 'tr' else 'destruction-log'}.{form}"
        return Response(content, mimetype="text/csv" if form == "csv" else "application/pdf",
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})

    def _hold(self, one: holds.Hold, error: str | None = None) -> str:
        title = _("Legal hold %(n)s", n=one.id)
        answer: str = self.render_template(
            "panel/hold.html", title=title, hold=one, error=error,
            what=pages.what_is_held(one), by=pages.who(one.by), ended_by=pages.who(one.ended_by),
            may=security.may("retention:write") and one.ended_at is None,
            longest=holds.LONGEST_REASON, typed=request.form.get("reason", ""),
            crumbs=[(_("Retention and destruction"), url_for(
                "RetentionView.index", saglayici=one.provider_id)), (title, None)])
        return answer
