"""The list of consents leaves the panel: at once when it is short, else by a job.

Why this module exists: the page that asks as what, the answer at once and the wish for a job are
one decision, how long the list is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from config import settings
from ileti.consents import exported, exporting, listing, listpage
from ileti.core import formats, orm
from ileti.core.errors import NotFound
from ileti.core.sheets import ROWS_PER_SHEET
from ileti.exports import asking, runs
from ileti.exports import jobs as _jobs  # noqa: F401 (bells can only ring jobs that are known)
from ileti.exports.kinds import Form
from ileti.tenancy import audit, scope, security


def context() -> dict[str, Any]:
    """Context of ``panel/export_ask.html``."""
    wanted, most = listpage.read_filters(), settings().export_at_once_rows
    rows, query = listing.expected(wanted, most + 1), listpage.narrowing()
    long = rows > most
    return {
        "title": _("Export"), "rows": None if long else rows, "at_once": most,
        "line": _("More than %(n)s records, as the list is narrowed", n=formats.number(most))
        if long else ngettext("%(n)s record, as the list is narrowed",
                              "%(n)s records, as the list is narrowed", rows,
                              n=formats.number(rows)),
        "url": url_for("ConsentView.export", **query), "sheet_rows": ROWS_PER_SHEET,
        "may_open": security.may("consent:reveal"), "own_url": url_for("ExportView.index"),
        "back": url_for("ConsentView.list", **query)}


def form_of(text: str) -> Form:
    """What was chosen. Raises NotFound for what is offered to nobody."""
    if text not in tuple(Form):
        raise NotFound()
    return Form(text)


def is_long(wanted: listing.Wanted) -> bool:
    """Whether a job makes the file. Who works for no provider has no place where it could wait."""
    most = settings().export_at_once_rows
    return scope.current().provider_id is not None and listing.expected(wanted, most + 1) > most


def ask(wanted: listing.Wanted, form: Form, *, full: bool) -> None:
    """Ask for it in the person's name, written down; the worker is rung. Raises Conflict."""
    own, here = security.membership(), scope.current()
    if own is None or here.provider_id is None:
        raise NotFound()
    number = asking.ask(
        asking.Asker(here.provider_id, here.brand_id, here.dealer_id, user_id=current_user.id,
                     membership_id=own.id),
        exporting.KIND, exporting.kept(wanted), form=form, language=formats.language(), full=full)
    audit.record("export:ask", f"export:{number}", {
        "list": exporting.KIND.name, "form": form.value,
        "filters": sorted(name for name in request.args if request.args[name]),
        "addresses": "full" if full else "masked"}, provider_id=here.provider_id)
    orm.db.session.commit()
    runs.ring()


def at_once(wanted: listing.Wanted, form: Form, *, full: bool) -> tuple[Iterator[Any], str]:
    """The pieces of the file, and its name."""
    language = formats.language()
    make = exported.workbook if form is Form.XLSX else exported.pieces
    return (make(wanted, full=full, language=language),
            f"{exporting.KIND.file[language == 'en']}.{form}")
