"""The provider's reply paragraphs: what is in use, and writing a new version."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.core import db, orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import either, language, say
from ileti.requests import templates, texts
from ileti.requests.desk import visible
from ileti.tenancy import audit, security
from ileti.tenancy.models import Provider


class ReplyTextView(BaseView):
    """Paragraphs of answers."""

    route_base = "/basvurular/metinler"
    class_permission_name = "request"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """All paragraphs in use, in both languages."""
        provider = _provider()
        found = templates.read_all(db.connection(), provider.id)
        return self.render_template(
            "panel/requests/texts.html", title=_("Reply texts"), provider=provider,
            crumbs=_crumbs(), may=security.may("request:write") and visible.whole(),
            rows=[_row(found, key, provider.id) for key in texts.KEYS])

    @expose("/<key>/<lang>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def edit(self, key: str, lang: str) -> ResponseReturnValue:
        """Write the next version of a paragraph; earlier ones stay with the answers made of them.
        """
        visible.refuse_part()
        provider = _provider()
        now = templates.read(db.connection(), provider.id, key, lang)
        if request.method == "GET":
            return self._page(provider, now, now.body)
        body = request.form.get("body", "")
        number = provider.id
        orm.db.session.commit()
        try:
            with db.transaction() as conn:
                version = templates.write(conn, number, key, lang, body, by=current_user.id,
                                          after=request.form.get("version", -1, type=int))
        except IletiError as error:
            return self._page(provider, now, body, say(error)), error.status
        audit.record("request:text", f"data_request_template:{key}", {"version": version},
                     provider_id=number)
        orm.db.session.commit()
        flash(_("Version %(n)s is in use.", n=version), "success")
        return redirect(url_for("ReplyTextView.index", saglayici=number), code=303)

    def _page(self, provider: Provider, now: templates.Template, body: str,
              error: str = "") -> str:
        name = either(*texts.title(now.key))
        page: str = self.render_template(
            "panel/requests/text.html", title=name, now=now, body=body, error=error,
            crumbs=_crumbs(name), provider=provider, longest=templates.LONGEST,
            standard=texts.standard(now.key, now.language),
            fields=[(field, either(*said)) for field, said in texts.FIELDS.items()])
        return page


def _row(found: dict[tuple[str, str], templates.Template], key: str,
         provider: int) -> dict[str, Any]:
    first = found[key, language()]
    return {"name": either(*texts.title(key)), "text": first.body, "languages": [
        {"code": code, "version": found[key, code].version,
         "url": url_for("ReplyTextView.edit", key=key, lang=code, saglayici=provider)}
        for code in ("tr", "en")]}


def _provider() -> Provider:
    """The provider whose texts are meant: the work space's, or the one a platform admin names."""
    wanted = request.values.get("saglayici", "")
    rows = list(orm.db.session.scalars(select(Provider).order_by(Provider.id)))
    found = next((one for one in rows if str(one.id) == wanted), rows[0] if rows else None)
    if found is None or (wanted and str(found.id) != wanted):
        raise NotFound()
    return found


def _crumbs(*more: str) -> list[tuple[str, str | None]]:
    first: list[tuple[str, str | None]] = [
        (_("Data subjects’ requests"), url_for("RequestView.index"))]
    if not more:
        return [*first, (_("Reply texts"), None)]
    return [*first, (_("Reply texts"), url_for("ReplyTextView.index")),
            *((one, None) for one in more)]
