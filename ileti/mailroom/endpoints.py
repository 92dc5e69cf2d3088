"""The door for mails that are pushed: one address with a secret in it, one mail in the body.

Why this module exists: many mail services hand on what comes back by a web call instead of a
mailbox. The body is the mail itself (RFC 5322 bytes); what it means is told by its signed mark as
anywhere else, so the secret in the address only keeps strangers from filling the table. The answer
says whether to push it again, and nothing of what was understood. In production only https counts,
since the secret travels in the address.
"""

from __future__ import annotations

import secrets as random
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, request

from ileti.core import db
from ileti.core.calls import is_private
from ileti.core.errors import TooLarge
from ileti.mailroom import intake
from ileti.mailroom.intake import Box

blueprint = Blueprint("mailroom_public", __name__)
PATH: Final = "/posta/gelen/"
_MOST: Final = 2_000_000
_LETTERS: Final = 43


def new_door() -> tuple[str, bytes]:
    """A secret for an address and what is kept of it."""
    secret = random.token_urlsafe(32)
    return secret, _kept(secret)


def _kept(secret: str) -> bytes:
    return sha256(b"mailroom-door:" + secret.encode()).digest()


@blueprint.post(PATH + "<secret>")
def take_mail(secret: str) -> Response:
    """Take one mail: 204 when it was acted on or known, 403 where the secret came in clear, 404 for
    a wrong address, 413 for one too large, 503 when it is to be pushed again."""
    if not is_private(request.environ):
        return Response(status=403)
    box = _box(secret)
    if box is None:
        return Response(status=404)
    if (request.content_length or 0) > _MOST:
        raise TooLarge()
    raw = request.get_data(cache=False)
    if not raw:
        return Response(status=400)
    if len(raw) > _MOST:
        raise TooLarge()
    intake.take(box, raw)
    return Response(status=204)


def _box(secret: str) -> Box | None:
    if len(secret) != _LETTERS or not secret.isascii():
        return None
    row = db.system_connection().execute(
        "select id, provider_id, brand_id, consent_address, trusted_mx from mailbox "
        "where door_hash = %s and active", (_kept(secret),)).fetchone()
    return Box(*row) if row else None
