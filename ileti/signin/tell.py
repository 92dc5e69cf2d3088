"""What happened to an account, from a page or a command to the mail of its owner."""

from __future__ import annotations

import json
from typing import Any

from flask import has_request_context, request
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import insert, literal, select

from ileti.core import orm
from ileti.outbox.models import OutboxRow
from ileti.signin import devices
from ileti.signin.letters import KINDS
from ileti.signin.mails import INSTALLATION, TOPIC
from ileti.signin.models import AccountMail
from ileti.tenancy import notices, scope


def user(user_id: int, what: str, details: dict[str, Any] | None = None) -> None:
    """Write the mail and its outbox row in the current ORM transaction; the caller commits.

    ``details``: ``by`` (who did it, when not the user), ``to`` (another address than the present
    one); device and network address are added. Nothing for whoever has no address.
    """
    here = {}
    if has_request_context():
        here = {"device": devices.device_words(request.user_agent.string),
                "address": request.remote_addr or ""}
    content = json.dumps(here | (details or {}), ensure_ascii=False)
    with scope.system_scope():
        session = orm.db.session
        written = session.execute(
            insert(AccountMail).from_select(
                ["user_id", "kind", "content"],
                select(User.id, literal(KINDS.index(what)), literal(
                    content, AccountMail.__table__.c.content.type))
                .where(User.id == user_id, User.email.like("%@%")))
            .returning(AccountMail.id, AccountMail.created_at)).first()
        if written is not None:
            session.execute(insert(OutboxRow).values(
                provider_id=INSTALLATION, brand_id=INSTALLATION, topic=TOPIC,
                ref_id=written.id, ref_at=written.created_at, order_key=user_id))


notices.register(user)
