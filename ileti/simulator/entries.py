"""Is what somebody sent a well-formed consent? Field by field, before any record is looked at.

These are the checks that İYS answers at once (HTTP 422 and the 400s about empty fields), in the
single and the batch call alike (İYS API §3, §6.1, §6.3). All faults of an item are named
together. A thousand items arrive in one call, so every limit that depends on the clock is
worked out once per call (`Frame`) and a faultless item runs through one short road.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ileti.simulator.addresses import is_email, is_phone, is_too_long_phone, is_usual_mobile
from ileti.simulator.codes import error

TYPES = {name: name for name in ("ARAMA", "MESAJ", "EPOSTA")}
RECIPIENT_TYPES = {name: name for name in ("BIREYSEL", "TACIR")}
STATUSES = {name: name for name in ("ONAY", "RET")}
HS_SOURCES = {
    name: name
    for name in (
        "HS_2015", "HS_KARAR", "HS_FIZIKSEL_ORTAM", "HS_ISLAK_IMZA", "HS_ETKINLIK", "HS_ATM",
        "HS_EORTAM", "HS_WEB", "HS_MOBIL", "HS_MESAJ", "HS_EPOSTA", "HS_CAGRI_MERKEZI",
        "HS_SOSYAL_MEDYA",
    )
}  # fmt: skip
IYS_SOURCES = (
    "IYS_KISAMESAJ", "IYS_CM", "IYS_WEB", "IYS_WEB_YENI", "IYS_MOBIL", "IYS_EPOSTA",
    "IYS_AHS_HAT_KAPATMA", "IYS_FRAME_EPOSTA", "IYS_FRAME_SMS",
)  # fmt: skip
FIELDS = frozenset((
    "recipient", "type", "source", "status", "consentDate", "recipientType", "retailerCode",
    "retailerAccess",
))  # fmt: skip

OLDEST_DATE = "2015-05-01 00:00:00"
LONGEST_ACCESS = 3000

_is_date_shape = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII
).fullmatch


class Entry(NamedTuple):
    """A well-formed consent as sent; `source` and `date` may be missing for TACIR."""

    recipient: str
    recipient_type: str
    type: str
    status: str
    source: str | None
    date: str | None
    retailer: int | None
    access: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a call is checked against: the clock and the rule switches of this moment.

    `oldest` is the oldest `consentDate` that the three-business-day rule takes, or `None` when
    the provider's activation date has not passed; `oldest_for` are its recipient types.
    """

    now: str
    oldest: str | None
    oldest_for: tuple[str, ...]
    test_numbers: bool
    old_plan: bool

    def is_phone(self, text: str) -> bool:
        """Whether İYS takes `text` as a phone number under these switches."""
        return is_phone(text, test_numbers=self.test_numbers, old_plan=self.old_plan)


def address_errors(
    recipient: Any, channel: str | None, frame: Frame, *, too_long: str = "H160"
) -> str | None:
    """The code that says what is wrong with an address for a channel, or `None`.

    `channel` is `None` when the call named no usable one; then either form will do (H122).
    """
    text = recipient if isinstance(recipient, str) else ""
    if channel == "EPOSTA":
        return None if is_email(text.lower()) else "H120"
    if is_too_long_phone(text):
        return too_long
    if frame.is_phone(text):
        return None
    if channel is None:
        return None if is_email(text.lower()) else "H122"
    return "H121"


def date_error(date: Any, now: str) -> str | None:
    """H156, H157, H158 or H162 for a date that is wrong by itself, or `None`."""
    if not isinstance(date, str) or not _is_date_shape(date):
        return "H158"
    try:
        datetime.fromisoformat(date)
    except ValueError:
        return "H157"
    if date < OLDEST_DATE:
        return "H156"
    return "H162" if date > now else None


def read_entry(item: dict[str, Any]) -> Entry:
    """An item that is known to be well-formed, with its defaults and in its one spelling."""
    get = item.get
    channel = TYPES[item["type"]]
    recipient = item["recipient"]
    source, access = get("source"), get("retailerAccess")
    return Entry(
        recipient.lower() if channel == "EPOSTA" else recipient,
        RECIPIENT_TYPES[get("recipientType", "BIREYSEL")],
        channel,
        STATUSES[item["status"]],
        HS_SOURCES[source] if source is not None else None,
        get("consentDate"),
        get("retailerCode"),
        tuple(access) if access else (),
    )


def is_faultless(item: dict[str, Any], frame: Frame) -> bool:
    """The short road: true only for an item without a fault, false when it must be looked at.

    It takes the usual shape (all six fields, no retailers); a false answer says nothing.
    """
    if len(item) != 6:
        return False
    try:
        date, channel, recipient = item["consentDate"], item["type"], item["recipient"]
        source, kind = item["source"], item["recipientType"]
        if (
            source not in HS_SOURCES
            or source == "HS_2015"
            or source == "HS_KARAR"
            or item["status"] not in STATUSES
            or kind not in RECIPIENT_TYPES
            or not _is_date_shape(date)
            or not OLDEST_DATE <= date <= frame.now
            or (frame.oldest is not None and date < frame.oldest and kind in frame.oldest_for)
        ):
            return False
        if channel == "EPOSTA":
            if not is_email(recipient.lower()):
                return False
        elif channel not in TYPES or not (
            is_usual_mobile(recipient) or frame.is_phone(recipient)
        ):
            return False
        datetime.fromisoformat(date)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False
    return True


def field_errors(
    item: dict[str, Any], frame: Frame, *, index: int | None = None
) -> list[dict[str, Any]]:
    """Every fault of an item that İYS answers with 422, in the order of the fields."""
    found: list[dict[str, Any]] = []

    def fault(code: str, name: str, *rest: str | int) -> None:
        where: list[str | int] = [name, *rest]
        if name in item:
            found.append(error(code, where, item[name], index))
        else:
            found.append(error(code, where, index=index))

    for name in item.keys() - FIELDS:
        fault("H118", name)
    kind = item.get("recipientType", "BIREYSEL")
    if kind not in _names(RECIPIENT_TYPES, kind):
        fault("H116", "recipientType")
    channel = item.get("type")
    if _is_missing(channel):
        channel = None
        fault("H111", "type")
    elif channel not in _names(TYPES, channel):
        channel = None
        fault("H117", "type")
    recipient = item.get("recipient")
    if _is_missing(recipient):
        fault("H114", "recipient")
    elif code := address_errors(recipient, channel, frame):
        fault(code, "recipient")
    _status_and_source(item, kind, fault)
    _date(item, kind, frame, fault)
    _access(item, fault)
    return found


def _status_and_source(item: dict[str, Any], kind: Any, fault: Any) -> None:
    status, source = item.get("status"), item.get("source")
    if _is_missing(status):
        fault("H110", "status")
    elif status not in _names(STATUSES, status):
        fault("H115", "status")
    if _is_missing(source):
        # A merchant's first record may do without; an empty value is never allowed (§1).
        if kind != "TACIR" or "source" in item:
            fault("H113", "source")
    elif source not in _names(HS_SOURCES, source):
        fault("H119", "source")
    elif source == "HS_KARAR" and status == "ONAY":
        fault("H408", "source")


def _date(item: dict[str, Any], kind: Any, frame: Frame, fault: Any) -> None:
    date: Any = item.get("consentDate")
    source = item.get("source")
    if _is_missing(date):
        if kind != "TACIR" or "consentDate" in item:
            fault("H112", "consentDate")
    elif code := date_error(date, frame.now):
        fault(code, "consentDate")
    elif source == "HS_2015":
        if date != OLDEST_DATE:
            fault("H155", "consentDate")
    elif frame.oldest is not None and date < frame.oldest and kind in frame.oldest_for:
        fault("H467", "consentDate")


def _access(item: dict[str, Any], fault: Any) -> None:
    if "retailerAccess" not in item:
        return
    access = item["retailerAccess"]
    if not isinstance(access, list) or not access:
        fault("H163", "retailerAccess")
    elif len(access) > LONGEST_ACCESS:
        fault("H126", "retailerAccess")
    else:
        seen: set[Any] = set()
        for place, code in enumerate(access):
            if repr(code) in seen:
                fault("H193", "retailerAccess", place)
            seen.add(repr(code))


def retailer_errors(
    item: dict[str, Any], known: dict[int, Any], *, index: int | None = None
) -> list[dict[str, Any]]:
    """H180 for every retailer of the item that the brand does not have (HTTP 403)."""
    found = []
    if "retailerCode" in item and not is_known_retailer(item["retailerCode"], known):
        found.append(error("H180", ["retailerCode"], item["retailerCode"], index))
    for place, code in enumerate(item.get("retailerAccess") or ()):
        if not is_known_retailer(code, known):
            found.append(error("H180", ["retailerAccess", place], code, index))
    return found


def is_known_retailer(code: Any, known: dict[int, Any]) -> bool:
    """Whether `code` is the number of a retailer of the brand (an integer, never text)."""
    return type(code) is int and code in known


def _is_missing(value: Any) -> bool:
    return value is None or value == ""


def _names(names: dict[str, str], value: Any) -> Container[str]:
    """`names`, or nothing when `value` cannot even be looked up (a list, an object)."""
    return names if isinstance(value, str) else ()
