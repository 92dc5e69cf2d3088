"""What a call from outside says of itself, for the doors that stand in front of Flask.

Why this module exists: systems that push to us (İYS, providers of messages, programs) are answered
without the panel. Whether a call came over https, and how much of its body is read, is one rule for
all of them.
"""

from __future__ import annotations

from typing import Any

from config import settings

Environ = dict[str, Any]


def is_private(environ: Environ) -> bool:
    """Whether the call came over https, by the word of the proxy we trust; in production only that
    counts, since credentials travel in it."""
    given = settings()
    if not given.production:
        return True
    scheme = environ.get("wsgi.url_scheme", "http")
    if given.trusted_proxies:
        said = str(environ.get("HTTP_X_FORWARDED_PROTO", "")).split(",")
        scheme = said[-min(given.trusted_proxies, len(said))].strip() or scheme
    return scheme == "https"


def body_of(environ: Environ, most: int) -> bytes | None:
    """The body, or None when it is longer than ``most`` bytes."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isascii() and length.isdigit() and int(length) > most:
        return None
    wanted = int(length) if length.isascii() and length.isdigit() else most + 1
    raw: bytes = environ["wsgi.input"].read(wanted)
    return None if len(raw) > most else raw
