"""The user guide inside the panel, behind the help button.

Open to everybody who is signed in: it says how the product works and holds no data of anybody. The
search answers without a script (a form that is sent) and while typing with one.
"""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from ileti.core.errors import NotFound
from ileti.core.formats import language
from ileti.tenancy import security
from ileti.web import guidebook


class GuideView(BaseView):
    """The chapters of the guide."""

    route_base = "/yardim"
    class_permission_name = "home"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The chapter of the reader's role, or what the search found (``q``)."""
        return self._page(guidebook.start_of(_role()), request.args.get("q", "").strip()[:100])

    @expose("/<chapter>")
    @has_access
    @permission_name("read")
    def show(self, chapter: str) -> ResponseReturnValue:
        """One chapter; each task has its anchor."""
        if chapter not in guidebook.CHAPTERS:
            raise NotFound
        return self._page(chapter, "")

    def _page(self, key: str, asked: str) -> str:
        tongue = language()
        tasks = guidebook.index(tongue, _to)
        return str(self.render_template(
            "panel/guide.html", chapters=guidebook.chapters(tongue), asked=asked, to=_to,
            chapter=guidebook.chapter(tongue, key), index=tasks, words=guidebook.WORDS[tongue],
            hits=guidebook.found(tasks, asked), search_url=_to("")))


def _to(key: str) -> str:
    """A chapter's address; the guide's own without one."""
    return url_for("GuideView.show", chapter=key) if key else url_for("GuideView.index")


def help_url() -> str:
    """Where the help button of the page that is being answered leads."""
    key, anchor = guidebook.place_of(request.endpoint or "", _role())
    return url_for("GuideView.show", chapter=key, _anchor=anchor or None)


def _role() -> str:
    own = security.membership()
    return own.role if own else ""
