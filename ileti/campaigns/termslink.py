"""Whether the page of an advertisement's conditions is there when it is let go (R-27).

Why this module exists: conditions have to be easy to reach. A page that was never put up, or was
taken off meanwhile, is found by nobody else before a million people look for it. It is asked once,
at the release, outside of any transaction, by the road that reaches public addresses alone
(:mod:`ileti.core.target`). A page that is not there keeps the campaign; one that does not answer us
may answer everybody else, so that is told and keeps nothing. A customer number is no page.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from urllib.parse import urldefrag

from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.target import CheckedTransport, WrongAddress, parse

SECONDS: Final = 5.0
_PAGE: Final = re.compile(r"(?:https?://|\bwww\.)[^\s,;]+", re.IGNORECASE)
#: statuses that say that there is no such page
_GONE: Final = frozenset({404, 410})


class Link(StrEnum):
    """What was found."""

    NONE = "none"
    THERE = "there"
    GONE = "gone"
    UNREACHED = "unreached"


def look(terms: str) -> Link:
    """Whether the page that ``terms`` names is there; a server that answers anything else than
    "not here" has it. Raises nothing for what is out there."""
    found = _PAGE.search(terms)
    if found is None:
        return Link.NONE
    address = found.group(0).rstrip(".)")
    address = urldefrag(address if "://" in address else f"https://{address}").url
    try:
        parse(address)
        status = status_of(address)
    except (WrongAddress, NoAnswer):
        return Link.UNREACHED
    if status >= 500:
        return Link.UNREACHED
    return Link.GONE if status in _GONE else Link.THERE


def status_of(address: str) -> int:
    """The status of a public address's answer. Raises NoAnswer. Never inside a transaction."""
    client = OutgoingClient("", read=SECONDS, transport=CheckedTransport())
    try:
        return client.glance(address, note="campaign_terms")
    finally:
        client.close()
