"""Every error as a page a person can read, or as problem+json where a program asked (RFC 9457)."""

from __future__ import annotations

import uuid

from flask import Flask, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from ileti.core import formats, orm
from ileti.core.errors import IletiError
from ileti.core.logs import get_logger
from ileti.tenancy import limits
from ileti.tenancy.confirm import page_before
from ileti.tenancy.foureyes import Waits
from ileti.tenancy.people import admin_to_ask
from ileti.tenancy.security import PUBLIC_BLUEPRINTS
from ileti.web.theme import Shell

log = get_logger("ileti.web")
_PAGES_OWN = frozenset({403, 404, 413, 429, 500, 503})  # panel/error.html has better words

_LARGEST = 2**31 - 1  # of the smallest column a number in an address is looked up in


def init_errors(app: Flask) -> None:
    """Register the handlers for our error tree, for HTTP's own and for what nobody foresaw."""
    app.register_error_handler(IletiError, _ours)
    app.register_error_handler(Waits, _waits)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    """No form of ours can hold the character NUL and no text of the database either. Public pages
    say in words at which field it was."""
    if request.blueprint not in PUBLIC_BLUEPRINTS and any(
            "\0" in text for texts in request.form.listvalues() for text in texts):
        raise BadRequest


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html")
    return best == "application/json"


def _waits(error: Waits) -> ResponseReturnValue:
    """A deed that waits for a second person is no failure: it is said on the page one came from."""
    if _wants_json():
        return error.problem(formats.language()), error.status
    flash(error.say(formats.language()), "warning")
    return redirect(page_before(), code=303)


def _ours(error: IletiError) -> ResponseReturnValue:
    if _wants_json():
        problem = error.problem(formats.language())
        return problem, error.status, {"Content-Type": "application/problem+json"}
    said_by_the_page = error.status in _PAGES_OWN and error.tr == type(error).tr
    return _page(error.status, retry_after=error.retry_after,
                 sentence=None if said_by_the_page else error.say(formats.language()))


def _forged(error: CSRFError) -> ResponseReturnValue:
    return _page(400)


def _http(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error.get_response()
    if _wants_json():
        title = error.name
        return {"type": "about:blank", "title": title, "status": code}, code, {
            "Content-Type": "application/problem+json"}
    return _page(code)


def _unforeseen(error: Exception) -> ResponseReturnValue:
    full = limits.refused(error)
    if full is not None:
        orm.db.session.rollback()
        return _ours(full)
    if _beyond_every_table(error):
        orm.db.session.rollback()
        return _http(NotFound())
    reference = uuid.uuid4().hex[:12]
    log.exception("unforeseen", reference=reference, path=request.path)
    orm.db.session.rollback()
    g.panel_shell = Shell()  # the page stands even when the database does not
    if _wants_json():
        problem = IletiError().problem(formats.language()) | {"reference": reference}
        return problem, 500, {"Content-Type": "application/problem+json"}
    return _page(500, reference=reference)


def _beyond_every_table(error: Exception) -> bool:
    """Whether the address names a row by a number that its column cannot hold: no such row."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state == "22003" and any(
        isinstance(one, int) and one > _LARGEST for one in (request.view_args or {}).values())


def _admin() -> str | None:
    return admin_to_ask() if current_user.is_authenticated else None


def _page(code: int, *, sentence: str | None = None, retry_after: int | None = None,
          reference: str | None = None) -> ResponseReturnValue:
    body = render_template("panel/error.html", code=code, sentence=sentence,
                           retry_after=retry_after, reference=reference,
                           admin=_admin() if code == 403 else None)
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return body, code, headers
