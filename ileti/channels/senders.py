"""Sender titles and caller numbers: asked for, approved or refused by operators, closed (R-54).

Why this module exists: only what an operator has approved, and a document shows to be the
company's, may stand above a message; and who used a title on a day must be told years later. So a
title belongs to one brand of the installation at a time, from its approval to its end, and nothing
that became of it is overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text

from ileti.channels.accountmodels import GatewayAccount, Sender, SenderEvent, SenderState
from ileti.channels.titles import faults_of
from ileti.consents.vocabulary import Channel
from ileti.core import db, orm
from ileti.core.errors import Conflict, FieldError, RuleBroken

LONGEST_WORD: Final = 500
_NEXT: Final = {
    SenderState.ASKED: {SenderState.APPROVED, SenderState.REFUSED, SenderState.CLOSED},
    SenderState.APPROVED: {SenderState.REFUSED, SenderState.CLOSED},
    SenderState.REFUSED: frozenset(), SenderState.CLOSED: frozenset()}


@dataclass(frozen=True)
class Holder:
    """Whose a title was: ``until`` None while it still is."""

    provider_id: int
    brand_id: int
    since: datetime
    until: datetime | None


def read(channel: Channel, typed: str) -> tuple[str, list[FieldError]]:
    """A title or number as it is kept, and everything an operator would refuse about it."""
    if channel is Channel.ARAMA:
        return _number(typed)
    title = typed.strip()
    return title, [FieldError("title", one.code, one.tr, one.en) for one in faults_of(title)]


def _number(typed: str) -> tuple[str, list[FieldError]]:
    digits = re.sub(r"[\s()+.-]", "", typed).removeprefix("00")
    national = digits.removeprefix("90") if len(digits) == 12 else digits.removeprefix("0")
    if re.fullmatch(r"[2-58]\d{9}", national):
        return f"+90{national}", []
    return typed.strip()[:20], [FieldError(
        "title", "number", "Operatörün size tahsis ettiği numarayı yazın, örnek: 0850 123 45 67.",
        "Write the number the operator has assigned to you, for example 0850 123 45 67.")]


def next_states(state: int) -> list[SenderState]:
    """What may become of a sender of this state."""
    return sorted(_NEXT[SenderState(state)])


def ask(accounts: Sequence[GatewayAccount], brand_id: int, title: str, *, file_id: int | None,
        by: int | None, said: str = "") -> list[Sender]:
    """Note that a title was asked for at these accounts, one sender for each; those where it is
    asked for or approved already are left as they are."""
    made = []
    for account in accounts:
        if orm.db.session.scalars(select(Sender.id).where(
                Sender.account_id == account.id, Sender.brand_id == brand_id,
                Sender.title == title, Sender.state.in_((1, 2)))).first() is not None:
            continue
        row = Sender(provider_id=account.provider_id, brand_id=brand_id, account_id=account.id,
                     channel=account.channel, title=title, state=int(SenderState.ASKED),
                     file_id=file_id)
        orm.db.session.add(row)
        orm.db.session.flush()
        _tell(row, said, by)
        made.append(row)
    return made


def decide(row: Sender, state: SenderState, said: str, *, by: int | None) -> None:
    """Note what the operator (or the company) decided, in the caller's transaction. Raises Conflict
    when it is decided already, RuleBroken without a document and when another brand holds the
    title now."""
    orm.db.session.refresh(row, with_for_update=True)
    if state not in _NEXT[SenderState(row.state)]:
        raise Conflict("Bu başlık için karar zaten verilmiş.", "This was decided already.",
                       code="decided")
    if state is SenderState.APPROVED:
        _may_be_approved(row)
        row.approved_at = db.database_time()
    elif row.approved_at is not None:
        row.ended_at = db.database_time()
    row.state = int(state)
    _tell(row, said, by)
    orm.db.session.flush()


def _may_be_approved(row: Sender) -> None:
    if row.file_id is None:
        raise RuleBroken("Önce başlığın şirketle bağını gösteren belgeyi ekleyin (R-54).",
                         "Add the document that shows the link to the company first (R-54).",
                         code="no_document")
    # two that are approved at once stand in a line until the first is committed
    orm.db.session.execute(text("select pg_advisory_xact_lock(hashtext(:title))"),
                           {"title": f"sender:{row.title.lower()}"})
    other = db.system_connection().execute(
        "select 1 from sender where lower(title) = lower(%s) and state = 2 "
        "and (provider_id, brand_id) <> (%s, %s) limit 1",
        (row.title, row.provider_id, row.brand_id)).fetchone()
    if other is not None:
        raise RuleBroken(
            "Bu başlığı şu anda başka bir marka kullanıyor; bir başlık aynı anda tek markanındır "
            "(R-54).", "Another brand uses this title now; a title is one brand’s at a time "
            "(R-54).", code="title_taken")


def _tell(row: Sender, said: str, by: int | None) -> None:
    orm.db.session.add(SenderEvent(
        provider_id=row.provider_id, brand_id=row.brand_id, sender_id=row.id, state=row.state,
        said=said.strip()[:LONGEST_WORD], user_id=by))


def holders(title: str, at: datetime, *, provider_id: int | None = None) -> list[Holder]:
    """Whose a title or number was at a moment, over the whole installation or one provider's: one
    at most, since no second brand is approved (R-54)."""
    found = db.system_connection().execute(
        "select provider_id, brand_id, min(approved_at), "
        "case when bool_or(ended_at is null) then null else max(ended_at) end from sender "
        "where lower(title) = lower(%(title)s) and approved_at <= %(at)s "
        "and (ended_at is null or ended_at > %(at)s) "
        "and (%(provider)s::int is null or provider_id = %(provider)s) "
        "group by provider_id, brand_id order by min(approved_at)",
        {"title": title.strip(), "at": at, "provider": provider_id}).fetchall()
    return [Holder(*row) for row in found]


@dataclass(frozen=True)
class Compared:
    """A provider's list of titles beside ours: what both know, only it, only we (as approved)."""

    both: list[str]
    theirs: list[str]
    ours: list[str]


def compare(told: Sequence[str], kept: Sequence[str]) -> Compared:
    """Lay a provider's titles beside those approved here; upper and lower case are one."""
    theirs = {one.strip().lower(): one.strip() for one in told if one.strip()}
    ours = {one.lower(): one for one in kept}
    return Compared(sorted(ours[key] for key in ours.keys() & theirs.keys()),
                    sorted(theirs[key] for key in theirs.keys() - ours.keys()),
                    sorted(ours[key] for key in ours.keys() - theirs.keys()))
