"""Policy ``signed``: a site's server vouches for its logged-in customer's address.

A vouch is ``unix_time.hex``, the hex being HMAC-SHA-256 with the site's secret over the lines site
key, key, phone, e-mail, unix time (what is not sent is an empty line), and holds for ten minutes. A
server that posts by itself knows the idempotency key. A page with the widget does not: there the
key may stay empty, but only for requests of the site's own origins; several vouches, one per
address, may be given with commas between, because the widget sends only what a ticked box needs.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ileti.core import clock
from ileti.core.crypto import QuickMac

WINDOW_SECONDS: Final = 600
_MOST_VOUCHES: Final = 4


def sign(secret: str, site_key: str, key: str, phone: str, email: str, at: int) -> str:
    """The vouch a site's server makes; ``at`` in unix seconds.

    Lines, because none of the parts can hold a line break: joined by dots, a vouch for the mail
    address ``0599….x@ornek.test`` would pass for that phone and the address ``x@ornek.test``.
    """
    text = "\n".join((site_key, key, phone, email, str(at)))
    return f"{at}.{_mac(secret).of(text.encode()).hex()}"


@lru_cache(maxsize=256)
def _mac(secret: str) -> QuickMac:
    return QuickMac(secret.encode())


def vouched(
    vouch: str, *, secret: str, site_key: str, key: str, spellings: Mapping[str, tuple[str, ...]],
    own_page: bool,
) -> bool:
    """Whether every address is vouched for.

    ``spellings``: per field (``phone``, ``email``) the texts that may have been signed, as sent and
    canonical. ``own_page``: the request came from one of the site's origins.
    """
    if any("\n" in text for texts in spellings.values() for text in texts):
        return False
    moment = clock.now().timestamp()
    open_fields = set(spellings)
    matched = False
    for one in vouch.split(",")[:_MOST_VOUCHES]:
        at, _, digest = one.strip().partition(".")
        if not at.isdigit() or len(at) > 12 or abs(moment - int(at)) > WINDOW_SECONDS:
            continue
        for phone in dict.fromkeys((*spellings.get("phone", ()), "")):
            for email in dict.fromkeys((*spellings.get("email", ()), "")):
                for used in (key, "") if own_page else (key,):
                    good = sign(secret, site_key, used, phone, email, int(at))
                    if hmac.compare_digest(good.encode(), f"{at}.{digest}".encode()):
                        matched = True
                        covered = {"phone": phone, "email": email}
                        open_fields -= {name for name, text in covered.items() if text}
                        if not open_fields:
                            return True
    return matched and not open_fields
