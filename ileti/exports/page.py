"""What “My exports” shows: each file a person asked for here, how far it is, and what may be done.

Progress is told from the row that the worker keeps; rate and what is left are reckoned here.
"""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from config import settings
from ileti.core import clock, formats
from ileti.exports import runs
from ileti.exports.kinds import Form
from ileti.exports.runs import Run
from ileti.exports.states import State
from ileti.tenancy import security

_FORMS = {Form.CSV: "CSV", Form.XLSX: "Excel"}


def context() -> dict[str, Any]:
    """Context of ``panel/exports.html``."""
    own = security.membership()
    found = runs.of_user(current_user.id, own.id) if own else []
    rows = [_row(one) for one in found]
    return {
        "title": _("My exports"), "rows": rows, "live": any(one["open"] for one in rows),
        "line": ngettext("A file can be fetched for %(n)s hour and is then destroyed.",
                         "A file can be fetched for %(n)s hours and is then destroyed.",
                         settings().export_keep_hours, n=settings().export_keep_hours)}


def _row(run: Run) -> dict[str, Any]:
    kind = run.of
    title = kind.title[formats.language() == "en"] if kind else run.kind
    percent = min(0.99, run.rows / run.expected) if run.expected else None
    return {
        "id": run.id, "title": title, "form": _FORMS[run.form], "full": run.full,
        "open": run.state.open, "ready": run.ready, "at": run.created_at, "rows": run.rows,
        "expected": run.expected, "percent": percent, "size": formats.size(run.size),
        "fetched": run.fetched, "expires": run.expires_at, "narrowed": bool(run.asked),
        "said": _said(run), "tone": _TONES.get(run.state, "neutral"), "pace": _pace(run),
        "url": url_for("ExportView.file", number=run.id) if run.ready else None,
        "cancel_url": url_for("ExportView.cancel", number=run.id)
        if run.state.open or run.ready else None}


_TONES = {State.READY: "ok", State.FAILED: "bad", State.REFUSED: "bad", State.RUNNING: "wait",
          State.WAITING: "wait"}


def _said(run: Run) -> str:
    if run.state is State.READY and not run.ready:
        return _("The time to fetch it is over")
    return {
        State.WAITING: _("Waits for its turn"), State.RUNNING: _("Being made"),
        State.READY: _("Ready"),
        State.CANCELLED: _("Cancelled"), State.FAILED: _("Could not be made"),
        State.REFUSED: _("Your right to it was taken away"),
        State.EXPIRED: _("The time to fetch it is over"),
        State.ENDED: _("Destroyed, since somebody in it was erased; ask for it again"),
    }[run.state]


def _pace(run: Run) -> str:
    """Rows a second and the time that is left, while it is being made."""
    if run.state is not State.RUNNING or run.begun_at is None or not run.rows:
        return ""
    seconds = max(0.5, (clock.now() - run.begun_at).total_seconds())
    rate = run.rows / seconds
    parts = [_("%(n)s per second", n=formats.number(round(rate)))]
    if run.expected and run.expected > run.rows:
        left = (run.expected - run.rows) / rate
        parts.append(_("about %(t)s left", t=formats.length(left)))
    return " · ".join(parts)
