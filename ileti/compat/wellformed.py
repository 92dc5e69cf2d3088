"""Is what somebody sent a well-formed consent? İYS's answers to that, before İYS is asked.

Why this module exists: İYS names every fault of an item at once, each with its field and value (İYS
API §1.3, §3, §6.1, §6.3), and counts faulty calls against whoever makes them (§1.1). Here they are
found first. What a field may say by law is asked of :mod:`ileti.consents.rules`, addresses of
:mod:`ileti.recipients.address`; this module only speaks İYS's form of them. One thing is stricter:
an address must come in its one spelling, since İYS repairs none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from ileti.compat.refusals import Fault, fault
from ileti.consents import rules
from ileti.consents.deadlines import bound_types, istanbul_day
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.iys.wire import WireError, from_iys_time
from ileti.recipients.address import AddressError, parse_email, parse_phone

FIELDS: Final = ("recipient", "type", "source", "status", "consentDate", "recipientType",
                 "retailerCode", "retailerAccess")
MOST_ACCESS: Final = 3_000
TYPES: Final = {one.name: one for one in Channel}
KINDS: Final = {one.name: one for one in RecipientType}
_STATUSES: Final = {one.name: one for one in Status}
_SOURCES: Final = {one.name: one for one in Source if one.is_hs}
_DATE_SHAPE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_TOO_LONG: Final = re.compile(r"\+[0-9]{15,}", re.ASCII)
# The rules' own code for what İYS calls "source not accepted".
_CLOSED: Final = {"HS_2015_KAPALI": "H486"}
_ABOUT_SOURCE: Final = frozenset({"H113", "H408", "H486"})


@dataclass(frozen=True, slots=True)
class Frame:
    """What a call is checked against; ``dealers`` are the retailer codes the caller may name."""

    now: datetime
    activation_date: date | None
    dealers: Mapping[int, int]


class Wanted(NamedTuple):
    """A well-formed consent; a merchant's may lack source (NONE) and date."""

    address: str
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: Source
    date: datetime | None
    retailer: int | None
    access: tuple[int, ...]

    @property
    def key(self) -> tuple[RecipientType, Channel, str]:
        """What İYS tells the items of a list apart by (H194)."""
        return self.recipient_type, self.channel, self.address

    def said(self) -> bytes:
        """All that tells it from another; holds the address, so keep a keyed hash of it only."""
        parts = (*(str(part) for part in self.key), self.status.name, self.source.name,
                 self.date.isoformat() if self.date else "", str(self.retailer), *map(
                     str, self.access))
        return "\x1f".join(parts).encode()


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: ``faults`` of the fields, or of the ``rights`` (retailers, sources);
    ``late`` is H467, apart because a late refusal is kept and a repeat has no age. ``wanted`` is
    there whenever no field is faulty."""

    faults: list[Fault]
    rights: list[Fault]
    late: Fault | None
    wanted: Wanted | None


def check(item: Mapping[str, Any], frame: Frame, index: int | None = None) -> Checked:
    """Judge one item; ``index`` is its place in a list, from 0."""
    found: list[Fault] = []

    def note(code: str, name: str, *rest: str | int) -> None:
        more = {"value": item[name]} if name in item else {}
        found.append(fault(code, [name, *rest], index=index, **more))

    for name in item:
        if name not in FIELDS:
            note("H118", name)
    kind = _word(item, "recipientType", KINDS, "", "H116", note, RecipientType.BIREYSEL)
    channel = _word(item, "type", TYPES, "H111", "H117", note)
    address = _address(item, channel, note)
    status = _word(item, "status", _STATUSES, "H110", "H115", note)
    source = _source(item, kind, note)
    moment = _date(item, kind, note)
    late, closed = _by_the_rules(item, frame, kind, channel, status, source, moment, note)
    access = _access(item, note)
    if late is not None:
        late = fault("H467", ["consentDate"], item["consentDate"], index)
    if found:
        return Checked(found, [], late, None)
    assert channel is not None
    assert kind is not None
    assert status is not None
    wanted = Wanted(address, channel, kind, status, source or Source.NONE, moment,
                    item.get("retailerCode"), access)
    rights = _unknown_retailers(item, frame, index)
    if closed:
        rights.append(fault("H486", ["source"], item["source"], index))
    return Checked([], rights, late, wanted)


def address_code(text: Any, channel: Channel | None, *, too_long: str = "H160") -> str | None:
    """İYS's code for what is wrong with an address, or None. Without a usable channel either kind
    will do (H122)."""
    given = text if isinstance(text, str) else ""
    if channel is Channel.EPOSTA:
        return None if _is_email(given) else "H120"
    if _TOO_LONG.fullmatch(given):
        return too_long
    if _is_phone(given):
        return None
    if channel is None:
        return None if _is_email(given) else "H122"
    return "H121"


def spelled(text: str, channel: Channel) -> str:
    """An address that passed, in our one spelling."""
    return text.lower() if channel is Channel.EPOSTA else text


def is_missing(value: Any) -> bool:
    """İYS takes neither null nor an empty text for a value (§1)."""
    return value is None or value == ""


def _is_phone(text: str) -> bool:
    try:
        return text.startswith("+") and parse_phone(text) == text
    except AddressError:
        return False


def _is_email(text: str) -> bool:
    try:
        return parse_email(text) == text.lower()
    except AddressError:
        return False


def _word(item: Mapping[str, Any], name: str, words: Mapping[str, Any], missing: str, wrong: str,
          note: Any, otherwise: Any = None) -> Any:
    """The member a field names; None, and noted, when it names none."""
    if name not in item and otherwise is not None:
        return otherwise
    value = item.get(name)
    if missing and is_missing(value):
        note(missing, name)
        return None
    found = words.get(value) if isinstance(value, str) else None
    if found is None:
        note(wrong, name)
    return found


def _address(item: Mapping[str, Any], channel: Channel | None, note: Any) -> str:
    recipient = item.get("recipient")
    if is_missing(recipient):
        note("H114", "recipient")
    elif code := address_code(recipient, channel):
        note(code, "recipient")
    elif channel is not None:
        return spelled(str(recipient), channel)
    return ""


def _source(item: Mapping[str, Any], kind: RecipientType | None, note: Any) -> Source | None:
    value = item.get("source")
    if is_missing(value):
        if kind is not RecipientType.TACIR or "source" in item:
            note("H113", "source")
            return None
        return Source.NONE
    found = _SOURCES.get(value) if isinstance(value, str) else None
    if found is None:
        note("H119", "source")
    return found


def _date(item: Mapping[str, Any], kind: RecipientType | None, note: Any) -> datetime | None:
    value = item.get("consentDate")
    if is_missing(value):
        if kind is not RecipientType.TACIR or "consentDate" in item:
            note("H112", "consentDate")
        return None
    try:
        return from_iys_time(value if isinstance(value, str) else "")
    except WireError:
        shaped = isinstance(value, str) and _DATE_SHAPE.fullmatch(value)
        note("H157" if shaped else "H158", "consentDate")
        return None


def _by_the_rules(item: Mapping[str, Any], frame: Frame, kind: RecipientType | None,
                  channel: Channel | None, status: Status | None, source: Source | None,
                  moment: datetime | None, note: Any) -> tuple[Any, bool]:
    """What the house's rules say of what could be read: whether it is late, and whether its source
    is closed. What could not be read stands for itself already and is put in harmlessly."""
    merchant = kind is RecipientType.TACIR
    usable = source if source is not None else Source.HS_WEB
    verdicts = rules.check_item(
        rules.Item(
            channel=channel or Channel.MESAJ, status=status or Status.RET, source=usable,
            consent_date=moment, flow=rules.Flow.API,
            address_kind=(channel or Channel.MESAJ).address_kind,
            recipient_type=RecipientType.TACIR if merchant or moment is None
            else RecipientType.BIREYSEL,
            merchant_basis="declared by the calling program"),
        now=frame.now, activation_date=frame.activation_date, three_day_rule=bound_types(),
        hs_2015_allowed=_in_migration(frame))
    late, closed = None, False
    for verdict in verdicts:
        code = _CLOSED.get(verdict.code, verdict.code)
        if code == "H467":
            late = verdict
        elif code == "H486":
            closed = True
        else:
            note(code, "source" if code in _ABOUT_SOURCE else "consentDate")
    return late, closed


def _in_migration(frame: Frame) -> bool:
    """Consents from before 2015 are taken until the activation date only (R-41)."""
    return frame.activation_date is not None and istanbul_day(frame.now) <= frame.activation_date


def _access(item: Mapping[str, Any], note: Any) -> tuple[int, ...]:
    if "retailerAccess" not in item:
        return ()
    access = item["retailerAccess"]
    if not isinstance(access, list) or not access:
        note("H163", "retailerAccess")
    elif len(access) > MOST_ACCESS:
        note("H126", "retailerAccess")
    else:
        seen: set[str] = set()
        for at, code in enumerate(access):
            if repr(code) in seen:
                note("H193", "retailerAccess", at)
            seen.add(repr(code))
        return tuple(access)
    return ()


def _unknown_retailers(item: Mapping[str, Any], frame: Frame, index: int | None) -> list[Fault]:
    """H180 for every retailer the caller may not name."""
    found = []
    code = item.get("retailerCode")
    if "retailerCode" in item and not is_known(code, frame.dealers):
        found.append(fault("H180", ["retailerCode"], code, index))
    found += [fault("H180", ["retailerAccess", at], one, index)
              for at, one in enumerate(item.get("retailerAccess") or ())
              if not is_known(one, frame.dealers)]
    return found


def is_known(code: Any, dealers: Mapping[int, int]) -> bool:
    """Whether it is the number of a retailer the caller may name; an integer, never text."""
    return type(code) is int and code in dealers


