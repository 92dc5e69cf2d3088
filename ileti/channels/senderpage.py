"""How a sender looks in a list: its words, and the tone of its state.

Why apart: the list of senders and the page of an account show the same rows.
"""

from __future__ import annotations

from typing import Any, Final

from flask import url_for
from flask_babel import lazy_gettext as _l

from ileti.channels.accountmodels import Sender, SenderState

STATES: Final[dict[SenderState, Any]] = {
    SenderState.ASKED: _l("Waiting for the operator"), SenderState.APPROVED: _l("Approved"),
    SenderState.REFUSED: _l("Refused"), SenderState.CLOSED: _l("Closed")}
_TONES: Final = {
    SenderState.ASKED: ("wait soft", "hourglass"), SenderState.APPROVED: ("ok soft", "check"),
    SenderState.REFUSED: ("bad soft", "x"), SenderState.CLOSED: ("plain outline", "minus")}


def sender_row(one: Sender) -> dict[str, Any]:
    """A sender as a row: title, url, brand, account, state with tone and icon, when."""
    state = SenderState(one.state)
    tone, icon = _TONES[state]
    return {"title": one.title, "url": url_for("SenderView.show", pk=one.id),
            "brand": str(one.brand), "account": str(one.account), "tone": tone, "icon": icon,
            "state": STATES[state], "document": one.file_id is not None,
            "since": one.approved_at, "until": one.ended_at, "asked": one.created_at}
