"""Whether a domain says in DNS what its mails need: DKIM, SPF and DMARC.

Why this module exists: the records are written by hand by somebody else, days later, with a line
break in the middle of a key. What stands there is compared with what should; what cannot be asked
now is told as that and never as wrong. Asked outside of any transaction, within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

import dns.exception
import dns.resolver

from ileti.channels.mailkeys import Key
from ileti.core import db

Lookup = Callable[[str], list[str] | None]
_SECONDS: Final = 3.0
_MOST: Final = 20


class Found(StrEnum):
    """How a record stands."""

    GOOD = "good"
    OTHER = "other"
    MISSING = "missing"
    UNKNOWN = "unknown"


def texts(name: str) -> list[str] | None:
    """The TXT records of a name; None when nobody could be asked."""
    db.refuse_open_transaction()
    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return [b"".join(one.strings).decode("utf-8", "replace") for one in found][:_MOST]


def check(keys: Sequence[Key], lookup: Lookup = texts) -> dict[str, Found]:
    """By host name, for each key's record and each domain's SPF and DMARC."""
    found: dict[str, Found] = {}
    for key in keys[:_MOST]:
        found[key.host] = _compared(lookup(key.host), "v=dkim1", key.record)
    for domain in sorted({key.domain for key in keys[:_MOST]}):
        found[domain] = _compared(lookup(domain), "v=spf1")
        found[f"_dmarc.{domain}"] = _compared(lookup(f"_dmarc.{domain}"), "v=dmarc1")
    return found


def _compared(records: list[str] | None, begins: str, wanted: str = "") -> Found:
    if records is None:
        return Found.UNKNOWN
    ours = [one for one in records if one.strip().lower().startswith(begins)
            or (wanted and "p=" in one)]
    if not ours:
        return Found.MISSING
    if len(ours) > 1:  # two records of a kind are none (RFC 7208 §4.5, RFC 7489 §6.6.3)
        return Found.OTHER
    good = not wanted or _tags(ours[0]).get("p") == _tags(wanted)["p"]
    return Found.GOOD if good else Found.OTHER


def _tags(record: str) -> dict[str, str]:
    """A DKIM record's tags without blanks (RFC 6376 §3.2)."""
    pairs = [one.partition("=") for one in record.split(";") if "=" in one]
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs}
