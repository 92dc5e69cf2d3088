"""How far a message is, in one word: the one place for the page, the mail and programs."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, case, exists, select

from ileti.channels.messages import TOPIC as MESSAGES
from ileti.outbox.models import OutboxRow

STATES: Final = ("WAITING", "SENT", "BLOCKED", "FAILED")


def state_of(message: Any) -> ColumnElement[str]:
    """How far a message is, as a word: it was handed over, kept back by the gate (single messages
    alone), given up, or is on its way."""
    dead = exists(select(1).where(
        OutboxRow.provider_id == message.provider_id, OutboxRow.topic == MESSAGES,
        OutboxRow.ref_id == message.id, OutboxRow.dead_at.is_not(None)))
    return case((message.sent_at.is_not(None), "SENT"), (message.denial.is_not(None), "BLOCKED"),
                (dead, "FAILED"), else_="WAITING")
