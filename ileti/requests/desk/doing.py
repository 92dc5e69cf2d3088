"""How a deed on a case is done: one transaction on the locked case, then the audit trail.

What the rules refuse is a sentence on the case's page. Doubled presses are told apart by the case's
state or by an event's mark, never by the browser.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from ileti.core import db, jobs, orm
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import say
from ileti.requests import cases
from ileti.requests.models import DataRequest
from ileti.requests.numbers import case_number
from ileti.tenancy import audit

Work = Callable[[cases.Connection, cases.Case], Any]


def do(one: DataRequest, deed: str, work: Work, said: str, bell: str = "") -> ResponseReturnValue:
    """One deed on a case that may still be worked on."""
    def run() -> None:
        with db.transaction() as conn:
            work(conn, cases.open_for_work(conn, one.id))

    return after(one, deed, run, said, bell)


def after(one: DataRequest, deed: str, run: Callable[[], Any], said: str,
           bell: str = "") -> ResponseReturnValue:
    """Run it, note it in the audit trail, and back to the case; a refusal is a sentence there."""
    pk, provider = one.id, one.provider_id
    orm.db.session.commit()  # nothing of the page is open while the case is locked
    try:
        run()
    except NotFound:
        raise
    except IletiError as error:
        flash(say(error.errors[0] if error.errors else error), "danger")
        return back(one)
    audit.record(f"request:{deed}", f"data_request:{case_number(pk)}", provider_id=provider)
    orm.db.session.commit()
    if bell:
        jobs.ring(bell)
    flash(said, "success")
    return back(one)


def back(one: DataRequest, place: str = "") -> ResponseReturnValue:
    """The case's page."""
    return redirect(url_for("RequestView.show", number=case_number(one.id)) + place, code=303)


def number_in(field: str) -> int:
    """A number of the form. Raises NotFound."""
    text = request.form.get(field, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound()
    return int(text)
