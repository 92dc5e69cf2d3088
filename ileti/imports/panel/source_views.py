"""Bringing a list from a place that a plug-in knows, instead of a file.

Why apart from :mod:`ileti.imports.panel.views`: here the bytes come from another system while
somebody waits; what comes is an upload like any other from then on.
"""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from ileti.core import orm
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.imports import arriving, plugged, runs
from ileti.imports.panel import pages, uploads
from ileti.tenancy import audit


class ImportSourceView(BaseView):
    """The button of one source."""

    route_base = "/ice-aktarma/kaynak"
    class_permission_name = "import"
    default_view = "fetch"

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("run")
    def fetch(self) -> ResponseReturnValue:
        """Fetch the list and go on to its columns; when it fails nothing is kept, and said why."""
        back = redirect(url_for("ImportView.new"))
        brand = pages.brand_of(request.form.get("marka", ""))
        if brand is None:
            flash(_("Choose a brand."), "warning")
            return back
        try:
            found = plugged.find(brand.provider_id, request.form.get("kaynak", ""))
            run_id = uploads.begin(brand, found.source.file_name)
        except IletiError as error:
            flash(say(error), "danger")
            return back
        orm.db.session.commit()  # nothing is open while the other system speaks
        try:
            arriving.add_part(run_id, 1, found.pieces(_day(request.form.get("gunden", ""))))
            uploads.finish(run_id)
            plugged.settle(run_id, found)
        except IletiError as error:
            runs.cancel(run_id)
            flash(say(error), "danger")
            return back
        audit.record("import:upload", f"import:{run_id}", {"source": found.key})
        orm.db.session.commit()
        return redirect(url_for("ImportView.mapping", pk=run_id))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
