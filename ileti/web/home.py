"""The first page: head office's day or a dealer's home, and the way between one's work spaces.

Why apart: both pages share what they say of the queue (:mod:`ileti.web.today`), so neither of them
can be the one that chooses.
"""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from ileti.core.errors import NotFound
from ileti.tenancy import scope
from ileti.web.dealer_home import dealer_home
from ileti.web.menu import choose_workspace
from ileti.web.today import today


class TodayView(BaseView):
    """``/``, and the change of work space."""

    route_base = ""
    class_permission_name = "home"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """A dealer's home or head office's."""
        if scope.current().dealer_id is not None:
            return self.render_template("panel/dealer_home.html", **dealer_home())
        return self.render_template("panel/today.html", **today())

    @expose("/calisma-alani", methods=["POST"])
    @has_access
    @permission_name("read")
    def switch(self) -> ResponseReturnValue:
        """Move to another of one's own work spaces."""
        if not choose_workspace(request.form.get("workspace", "")):
            raise NotFound()
        return redirect(url_for("TodayView.index"))
