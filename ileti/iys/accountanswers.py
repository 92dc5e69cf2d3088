"""İYS's answers about the account itself: subscription and a partner's rights (İYS API §5).

Why this module exists: whether anything can be sent hangs on them, so a state we do not know, or a
right written in another way, is ``Unreadable`` and not "all is well". Keys that İYS's own documents
misspell are taken in every spelling. Pure: no network, no database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ileti.consents.vocabulary import Channel
from ileti.iys.faults import Unreadable, read_json
from ileti.iys.wire import WireError, from_iys_time

_NUMBER_KEYS: Final = ("subscriptionId", "subsciprtionId", "subscipritionId")


class SubscriptionState(StrEnum):
    """İYS API §2."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A subscription (§5.3, §5.4). ``limit`` and ``used`` count consents; a partner is not told
    them. ``via_credit`` −1 means unlimited, None no ViA package."""

    state: SubscriptionState
    number: str
    package: str
    expires_at: dt.datetime | None
    limit: int | None = None
    used: int | None = None
    may_exceed: bool = False
    via_credit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandRight:
    """What a provider granted a partner at one brand (§5.2)."""

    iys_code: int
    brand_code: int
    name: str
    writes: frozenset[Channel]
    reads: frozenset[Channel]
    agreements: bool
    via: bool


def parse_subscription(body: bytes | str | None) -> Subscription:
    """A subscription; ``Unreadable`` without a state we know."""
    answer = _object(read_json(body))
    try:
        state = SubscriptionState(str(answer.get("status")))
    except ValueError:
        raise Unreadable("status: unknown") from None
    via = answer.get("viaSubscriptionPackage")
    return Subscription(
        state=state,
        number=next((str(answer[key]) for key in _NUMBER_KEYS if answer.get(key)), ""),
        package=str(answer.get("subscriptionPackageName") or ""),
        expires_at=_moment(answer.get("expirationDate")),
        limit=_count(answer, "consentLimit"),
        used=_count(answer, "usedConsentLimit"),
        may_exceed=answer.get("consentLimitExceed") in (True, "true"),
        via_credit=whole(via.get("viaCredit")) if isinstance(via, Mapping) else None,
    )


def parse_rights(body: bytes | str | None) -> tuple[list[BrandRight], int]:
    """A page of a partner's brands and how many there are; ``Unreadable`` in any other shape."""
    rows, total = parse_page(body)
    return [_right(row) for row in rows], total


def parse_page(body: bytes | str | None) -> tuple[list[Mapping[str, Any]], int]:
    """Rows of a page and the total (§5.2, §7.2, §7.5); ``Unreadable`` without both."""
    answer = _object(read_json(body))
    rows, pages = answer.get("list"), answer.get("pagination")
    total = whole(pages.get("totalCount")) if isinstance(pages, Mapping) else None
    if not isinstance(rows, list) or total is None or total < len(rows):
        raise Unreadable("pagination: missing")
    return [_object(row) for row in rows], total


def whole(value: Any) -> int | None:
    """An integer, which some examples print as text (judgement 26); None for anything else."""
    if isinstance(value, str) and value.removeprefix("-").isascii() \
            and value.removeprefix("-").isdigit() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _right(row: Mapping[str, Any]) -> BrandRight:
    iys_code, brand_code = whole(row.get("iysCode")), whole(row.get("brandCode"))
    if iys_code is None or brand_code is None:
        raise Unreadable("brandCode: missing")
    said = {channel: row.get(channel.name) or None for channel in Channel}
    strange = [one for one in said.values() if one not in (None, "write", "read")]
    if strange:
        raise Unreadable("a right that is neither read nor write")
    return BrandRight(
        iys_code=iys_code, brand_code=brand_code, name=str(row.get("name") or ""),
        writes=frozenset(channel for channel, right in said.items() if right == "write"),
        reads=frozenset(channel for channel, right in said.items() if right),
        agreements=row.get("agreementControl") in (True, "true"),
        via=row.get("viaControl") in (True, "true"),
    )


def _count(answer: Mapping[str, Any], name: str) -> int | None:
    """A count that may be left out, but not be something else."""
    if answer.get(name) is None:
        return None
    found = whole(answer[name])
    if found is None or found < 0:
        raise Unreadable(f"{name}: no count")
    return found


def _moment(value: Any) -> dt.datetime | None:
    try:
        return from_iys_time(value) if isinstance(value, str) else None
    except WireError:
        return None


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Unreadable("the answer is not an object")
    return answer
