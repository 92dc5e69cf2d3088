"""Somebody asks for a list as a file that a job makes.

Why this module exists: the wish, and the trail's line about it, are written in the transaction of
whoever asks, who was asked for the right before.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import func, insert, or_, select

from ileti.core import orm
from ileti.core.errors import Conflict
from ileti.exports.kinds import Form, Kind
from ileti.exports.models import ExportRun
from ileti.exports.states import OPEN
from ileti.tenancy import scope

MOST_OPEN: Final = 3
_LOCK: Final = 5_350


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and how far they see."""

    provider_id: int
    brand_id: int | None
    dealer_id: int | None
    user_id: int | None = None
    membership_id: int | None = None
    account_id: int | None = None
    key_id: int | None = None


def ask(by: Asker, kind: Kind, asked: dict[str, Any], *, form: Form, language: str, full: bool
        ) -> int:
    """Ask for a file; its number. The caller commits, and rings (:func:`ileti.exports.runs.ring`)
    afterwards. Raises Conflict when too many are being made for them."""
    session, one = orm.db.session, ExportRun
    session.execute(select(func.pg_advisory_xact_lock(
        _LOCK, (by.user_id or by.account_id or 0) % 2**31)))
    mine = or_(one.user_id == by.user_id, one.account_id == by.account_id)
    with scope.system_scope():
        count = session.scalar(select(func.count()).select_from(one).where(
            one.state.in_([int(state) for state in OPEN]), mine)) or 0
    if count >= MOST_OPEN:
        raise Conflict(
            f"Aynı anda en çok {MOST_OPEN} dosya hazırlanır. Biri bitince yeniden isteyin.",
            f"At most {MOST_OPEN} files are made at a time. Ask again when one has ended.",
            code="too_many_exports")
    return int(session.execute(insert(one).values(
        **asdict(by), kind=kind.name, form=form.value, language=language, full=full, asked=asked,
    ).returning(one.id)).scalar_one())
