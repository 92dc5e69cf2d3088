"""The rows an import did not take, brought again by one press (:mod:`ileti.imports.rest`)."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import orm
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.imports import rest
from ileti.imports.panel import visible
from ileti.tenancy import audit


class ImportRestView(BaseView):
    """What is left of an applied import."""

    route_base = "/ice-aktarma"
    class_permission_name = "import"
    default_view = "again"

    @expose("/<int:pk>/kalan", methods=["POST"])
    @has_access
    @permission_name("run")
    def again(self, pk: int) -> ResponseReturnValue:
        """A new import of the rows that were not taken, with this one's columns, origin and
        files."""
        one = visible.one(pk)
        try:
            made = rest.again(pk, by=current_user.id)
        except IletiError as error:
            if error.status >= 500:
                raise
            flash(say(error), "warning")
            return redirect(url_for("ImportView.show", pk=pk), code=303)
        audit.record("import:rest", f"import:{made}", {"of": pk}, provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The rows that were not taken are an import of their own now. Complete it and make "
                "the dry run."), "success")
        return redirect(url_for("ImportView.origin", pk=made), code=303)
