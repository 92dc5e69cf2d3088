"""“My exports” in the panel: what somebody asked for, and nobody else sees.

A file is given to the person who asked for it, in the work space in which they did, as long as they
still may have it: that is judged anew each time. Who has lost the right finds the file destroyed.
"""

from __future__ import annotations

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.core.sealedfile import read_sealed
from ileti.exports import page, runs, who
from ileti.exports.kinds import MEDIA
from ileti.exports.runs import Run
from ileti.exports.states import State
from ileti.tenancy import audit, confirm, security


class ExportView(BaseView):
    """Files a person asked for."""

    route_base = "/disa-aktarmalar"
    class_permission_name = "consent"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The list, with what is under way."""
        return self.render_template("panel/exports.html", **page.context())

    @expose("/<int:number>/dosya")
    @has_access
    @permission_name("read")
    @confirm.needed_for_file
    def file(self, number: int) -> ResponseReturnValue:
        """The file itself; who took it is written down first."""
        run = _own(number)
        if not run.ready:
            flash(_("This file is no longer here. Ask for it again."), "warning")
            return redirect(url_for("ExportView.index"))
        seen = who.judged(run)
        if seen is None or (run.restricted and not seen.restricted):
            runs.end(run, State.REFUSED)
            raise NotFound()
        audit.record("export:take", f"export:{run.id}", _detail(run), provider_id=run.provider_id)
        orm.db.session.commit()
        runs.count_fetch(run)
        return Response(read_sealed(run.place, run.key(), run.bound_to), headers={
            "Content-Type": MEDIA[run.form], "Content-Length": str(run.size),
            "Content-Disposition": f'attachment; filename="{run.name}"',
            "Cache-Control": "no-store"})

    @expose("/<int:number>/vazgec", methods=["POST"])
    @has_access
    @permission_name("read")
    def cancel(self, number: int) -> ResponseReturnValue:
        """Do without it: what is being made ends, what is there is destroyed."""
        run = _own(number)
        if runs.end(run, State.CANCELLED):
            audit.record("export:cancel", f"export:{run.id}", provider_id=run.provider_id)
            orm.db.session.commit()
            flash(_("The export was cancelled and its file destroyed."), "success")
        return redirect(url_for("ExportView.index"), code=303)


def _own(number: int) -> Run:
    """The person's own, asked for in this work space. Raises NotFound for any other."""
    here, run = security.membership(), runs.read(number, user_id=current_user.id)
    if run is None or here is None or run.membership_id != here.id:
        raise NotFound()
    return run


def _detail(run: Run) -> dict[str, object]:
    return {"list": run.kind, "form": run.form.value, "rows": run.rows,
            "addresses": "full" if run.full else "masked"}
