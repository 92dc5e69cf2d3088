"""Is what a program sent a consent? Every field that is wrong at once, with our codes.

Why this module exists: one call and a list of a thousand ask the same of an item. What a field may
say by law is asked of :mod:`ileti.consents.rules`, an address of :mod:`ileti.recipients.address`;
here are only the names of the fields. A refusal that comes too late for İYS is taken all the same
and blocks (R-33, R-42).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from ileti.consents import rules
from ileti.consents.deadlines import bound_types, deadline, istanbul_day
from ileti.consents.ledger import NewConsent
from ileti.consents.sentences import SENTENCES
from ileti.consents.vocabulary import AddressKind, Channel, RecipientType, Source, Standing, Status
from ileti.core.clock import to_istanbul
from ileti.core.errors import FieldError
from ileti.fields import reading
from ileti.fields.vocabulary import MOST_FIELDS, Field, Where
from ileti.recipients.address import AddressError, parse_address

FIELDS: Final = ("address", "channel", "status", "source", "consentDate", "recipientType",
                 "merchantBasis", "retailerCode", "textId", "fields")
CHANNELS: Final = {one.name: one for one in Channel}
STATUSES: Final = {one.name: one for one in Status}
SOURCES: Final = {one.name: one for one in Source if one.is_hs}
TYPES: Final = {one.name: one for one in RecipientType}
LONGEST_BASIS: Final = 120
#: the rule that says what an address is
ADDRESS_RULE: Final = "R-38"
#: unknown fields that are named of one item, since they are kept for repeats
MOST_FAULTS: Final = 16
#: left out, or with a value; null is none
_MAY_LACK: Final = ("consentDate", "merchantBasis", "retailerCode", "textId", "fields")
_OWN: Final = {
    "not_an_object": ("Bir JSON nesnesi olmalı.", "Must be a JSON object."),
    "unknown_field": ("Böyle bir alan yok.", "There is no such field."),
    "missing": ("Bu alan gerekli.", "This field is needed."),
    "invalid": ("Bu değer olmaz.", "This value will not do."),
    "no_such_retailer": ("Hesabın böyle bir bayisi yok.", "The account has no such retailer."),
    "no_such_text": ("Markanın böyle bir onay metni yok.", "The brand has no such consent text."),
    "repeated": ("Aynı alıcı bu çağrıda daha önce var.", "The same recipient stands before in "
                 "this call."),
}
# the rules' names of fields → ours
_FIELD: Final = {"consent_date": "consentDate", "merchant_basis": "merchantBasis",
                 "recipient": "address", "type": "channel", "consentDate": "consentDate",
                 "source": "source", "address": "address"}

Fault = tuple[str, str]


class Key(NamedTuple):
    """What two items of a list may not share."""

    address: str
    channel: Channel
    recipient_type: RecipientType


@dataclass(frozen=True)
class Frame:
    """What a call's items are judged by. ``dealers``: retailer code → our number, those the caller
    may name; ``texts``: published consent texts of the brand with their hash; ``fields``: the
    provider's custom fields of consents."""

    now: datetime
    activation_date: date | None
    dealer_id: int | None
    dealers: Mapping[int, int] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)
    fields: Sequence[Field] = ()
    bound: frozenset[RecipientType] = field(default_factory=bound_types)
    due: dict[tuple[date, Source, RecipientType], datetime | None] = field(default_factory=dict)

    def due_at(self, at: datetime, source: Source, kind: RecipientType) -> datetime | None:
        """The deadline of a consent; it is the same for all of a day (R-40)."""
        key = (istanbul_day(at), source, kind)
        if key not in self.due:
            self.due[key] = deadline(at, now=self.now, activation_date=self.activation_date,
                                     source=source, recipient_type=kind)
        return self.due[key]


class Checked(NamedTuple):
    """The consent, when nothing is wrong with it, and what its custom fields said."""

    new: NewConsent | None
    faults: list[Fault]
    said: Mapping[str, Any] = {}


def told(fault: Fault) -> FieldError:
    """A fault with its sentences; what was kept of it says the same years later."""
    name, code = fault
    if name.startswith(reading.PREFIX) and code in reading.SENTENCES:
        return FieldError(name, code, *reading.SENTENCES[code])
    if code in _OWN:
        return FieldError(name, code, *_OWN[code])
    if code in SENTENCES:
        rule, _field, tr, en = SENTENCES[code]
        return FieldError(name, code, tr, en, rule)
    return of_address(AddressError(code), name)


def of_address(error: AddressError, name: str = "address") -> FieldError:
    """What is wrong with an address, with its rule."""
    return FieldError(name, error.code, error.tr, error.en, ADDRESS_RULE)


def check(item: Any, frame: Frame) -> Checked:
    """Judge one item."""
    if not isinstance(item, dict):
        return Checked(None, [("", "not_an_object")])
    faults: list[Fault] = [(name[:80].replace("\0", ""), "unknown_field")
                           for name in item if name not in FIELDS][:MOST_FAULTS]
    faults += [(name, "invalid") for name in _MAY_LACK if name in item and item[name] is None]
    kind = _word(item, "recipientType", TYPES, faults, RecipientType.BIREYSEL)
    channel = _word(item, "channel", CHANNELS, faults)
    status = _word(item, "status", STATUSES, faults)
    source = _word(item, "source", SOURCES, faults, Source.NONE)
    address, address_kind = _address(item, faults)
    moment = _moment(item, faults)
    basis = _basis(item, faults)
    dealer = _dealer(item, frame, faults)
    text = _text(item, frame, faults)
    said = _fields(item, frame, faults, wanted=status is Status.ONAY)
    if faults:
        return Checked(None, faults)
    for verdict in rules.check_item(
            rules.Item(channel=channel, status=status, source=source, consent_date=moment,
                       flow=rules.Flow.API, address_kind=address_kind, recipient_type=kind,
                       merchant_basis=basis),
            now=frame.now, activation_date=frame.activation_date, three_day_rule=frame.bound,
            hs_2015_allowed=_in_migration(frame)):
        if verdict.refused:
            faults.append((_FIELD.get(verdict.field or "", verdict.field or ""), verdict.code))
    if faults:
        return Checked(None, faults)
    at = moment or frame.now.replace(microsecond=0)
    return Checked(NewConsent(
        address=address, channel=channel, status=status, consent_date=at, recipient_type=kind,
        source=source, standing=Standing.VERIFIED, dealer_id=dealer, text_id=text,
        text_hash=frame.texts[text] if text is not None else None,
        due_at=frame.due_at(at, source, kind)), [], said)


def key_of(new: NewConsent) -> Key:
    """What tells a consent from another in one call."""
    return Key(new.address, new.channel, new.recipient_type)


def _word(item: dict[str, Any], name: str, words: Mapping[str, Any], faults: list[Fault],
          otherwise: Any = None) -> Any:
    if name not in item:
        if otherwise is None:
            faults.append((name, "missing"))
        return otherwise
    value = item[name]
    found = words.get(value) if isinstance(value, str) else None
    if found is None:
        faults.append((name, "invalid"))
    return found


def _address(item: dict[str, Any], faults: list[Fault]) -> tuple[str, AddressKind]:
    value = item.get("address")
    if not isinstance(value, str) or len(value) > 400:
        faults.append(("address", "invalid" if "address" in item else "missing"))
        return "", AddressKind.PHONE
    try:
        found = parse_address(value)
    except AddressError as error:
        faults.append(("address", error.code))
        return "", AddressKind.PHONE
    return found.value, found.kind


def _moment(item: dict[str, Any], faults: list[Fault]) -> datetime | None:
    """A moment with its offset, in whole seconds, as İYS keeps it."""
    value = item.get("consentDate")
    if value is None:
        return None  # the rules say whether there must be one
    try:
        short = isinstance(value, str) and len(value) < 41
        found = datetime.fromisoformat(value) if short else None
        if found is not None and found.utcoffset() is not None:
            return to_istanbul(found).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    faults.append(("consentDate", "H158"))
    return None


def _basis(item: dict[str, Any], faults: list[Fault]) -> str | None:
    value = item.get("merchantBasis")
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_BASIS):
        return value
    faults.append(("merchantBasis", "invalid"))
    return None


def _dealer(item: dict[str, Any], frame: Frame, faults: list[Fault]) -> int | None:
    code = item.get("retailerCode")
    if code is None:
        return frame.dealer_id
    if type(code) is not int or code not in frame.dealers:
        faults.append(("retailerCode", "no_such_retailer"))
        return None
    return frame.dealers[code]


def _text(item: dict[str, Any], frame: Frame, faults: list[Fault]) -> int | None:
    number = item.get("textId")
    if number is not None and (type(number) is not int or number not in frame.texts):
        faults.append(("textId", "no_such_text"))
        return None
    return number


def _fields(item: dict[str, Any], frame: Frame, faults: list[Fault], *, wanted: bool
            ) -> dict[str, Any]:
    """What the custom fields say; none is asked of a refusal (R-42)."""
    said = item.get("fields", {})
    if not isinstance(said, dict) or len(said) > MOST_FIELDS:
        if "fields" not in item or said is not None:
            faults.append(("fields", "invalid"))
        return {}
    values, wrong = reading.all_of(
        frame.fields, {str(key).replace("\0", ""): value for key, value in said.items()},
        Where.API, typed=True, needed=wanted)
    faults += [(one.field, one.code) for one in wrong][:MOST_FAULTS]
    return values


def _in_migration(frame: Frame) -> bool:
    """Consents from before 2015 are taken until the activation date only (R-41)."""
    return frame.activation_date is not None and istanbul_day(frame.now) <= frame.activation_date
