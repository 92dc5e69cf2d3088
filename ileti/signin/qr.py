"""The secret that is being set up, sealed in the session until a code proves the app has it."""

from __future__ import annotations

import segno
from flask import session
from flask_babel import gettext as _
from markupsafe import Markup, escape

from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.signin import twostep

_KEY = "enrolling"


def pending(user_id: int) -> str:
    """The secret of this session's set-up, the same on every look; made anew for another user."""
    bound, kept = f"enrolling:{user_id}", session.get(_KEY)
    if kept:
        try:
            return secrets().keyring.decrypt_text(kept, bound)
        except (CannotDecrypt, ValueError):
            pass
    secret = twostep.new_secret()
    session[_KEY] = secrets().keyring.encrypt_text(secret, bound)
    return secret


def forget() -> None:
    """The set-up is over."""
    session.pop(_KEY, None)


def picture(secret: str, username: str) -> Markup:
    """The QR code as SVG, black on white in every theme: readers want it so."""
    code = segno.make(twostep.address_of(secret, username), error="m", micro=False)
    drawn = code.svg_inline(scale=4, border=3, dark="#000", light="#fff", svgclass="qr",
                            lineclass=None, omitsize=True)
    label = escape(_("QR code for your authenticator app; the same key stands below as text"))
    return Markup(drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1))  # noqa: S704


def spaced(secret: str) -> str:
    """In groups of four, as people type it."""
    return " ".join(secret[at:at + 4] for at in range(0, len(secret), 4))
