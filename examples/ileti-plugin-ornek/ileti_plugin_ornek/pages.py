"""The page of the plug-in in the panel: a view of Flask-AppBuilder like İleti's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from ileti_plugin_ornek.folder import folder


class OrnekView(BaseView):
    """``/eklenti/ornek/``. The address begins with ``/eklenti/`` and the plug-in's name."""

    route_base = "/eklenti/ornek"
    class_permission_name = "report"
    default_view = "index"
    template_folder = str(Path(__file__).with_name("templates"))

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """How many messages wait to be taken."""
        file = folder() / "giden.jsonl"
        count = len(file.read_text("utf-8").splitlines()) if file.is_file() else 0
        return self.render_template("ornek/giden.html", count=count)
