"""Many invitations at once, from a list: the same as one by one, in a handful of statements.

Why this module exists: five hundred people of a new chain are invited in one go, all or nothing.
Each has a link and a mail of its own; an open invitation that says something else ends. What the
giver may hand out was asked before, row by row, and is asked again when each accepts.
"""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, update

from config import settings
from ileti.core import clock, orm
from ileti.outbox.models import OutboxRow
from ileti.signin.invitations import Wish, digest_of
from ileti.signin.letters import KINDS
from ileti.signin.mails import INSTALLATION, INVITED, TOPIC
from ileti.signin.models import AccountMail, Invitation
from ileti.tenancy import accounts, audit, rolebook, scope


def invite_many(wishes: Sequence[tuple[Wish, str]], ended: Sequence[int], *,
                giver: accounts.Giver, by: str) -> None:
    """Write the invitations, each with its place in words, and end those numbered ``ended``; in the
    caller's transaction. ``by``: who invites, for the mails."""
    session, now = orm.db.session, clock.now()
    with scope.system_scope():
        if ended:
            session.execute(update(Invitation).where(
                Invitation.id.in_(ended), Invitation.accepted_at.is_(None))
                .values(revoked_at=now).execution_options(synchronize_session=False))
        if not wishes:
            return
        tokens = [chance.token_urlsafe(32) for _one in wishes]
        made = session.execute(
            insert(Invitation).returning(Invitation.id, sort_by_parameter_order=True),
            [{"provider_id": one.provider_id, "brand_id": one.brand_id, "dealer_id": one.dealer_id,
              "role": one.role, "email": one.email, "first_name": one.first_name,
              "last_name": one.last_name, "language": one.language, "digest": digest_of(token),
              "invited_by": giver.user_id, "expires_at": now + INVITED}
             for (one, _place), token in zip(wishes, tokens, strict=True)]).scalars().all()
        _mail([_content(one, place, token, by) for (one, place), token in zip(
            wishes, tokens, strict=True)])
    audit.record_many("user:invite", [
        (f"invitation:{number}", {"role": one.role}, one.provider_id)
        for number, (one, _place) in zip(made, wishes, strict=True)])


def _content(one: Wish, place: str, token: str, by: str) -> str:
    return json.dumps({
        "to": one.email, "lang": one.language, "person": one.first_name,
        "link": f"{settings().base_url}/davet/{token}", "by": by, "company": place,
        "role": rolebook.title(one.role, one.language)}, ensure_ascii=False)


def _mail(contents: Sequence[str]) -> None:
    session = orm.db.session
    rows: Sequence[Any] = session.execute(
        insert(AccountMail).returning(AccountMail.id, AccountMail.created_at),
        [{"kind": KINDS.index("invitation"), "content": one} for one in contents]).all()
    session.execute(insert(OutboxRow), [
        {"provider_id": INSTALLATION, "brand_id": INSTALLATION, "topic": TOPIC, "ref_id": row.id,
         "ref_at": row.created_at, "order_key": row.id} for row in rows])
