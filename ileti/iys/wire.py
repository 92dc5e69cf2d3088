"""İYS's words and ours, both ways, for what travels as a consent.

Why this module exists: İYS's JSON has its own names, its own clock (Turkey time without a zone),
optional keys that must be absent rather than empty, and spellings that changed over the years. No
other room may know them. What goes out is strict, exactly the documented keys and never a name of
a person (R-38); what comes in is read tolerantly, and what cannot be understood is kept apart
instead of being guessed. Pure: no network, no database. Answers of calls are read in
:mod:`ileti.iys.answers`. Sources: İYS API §2, §3.2, §6; judgements 3, 4, 14.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status, Word
from ileti.core.clock import ISTANBUL
from ileti.recipients.address import AddressError, parse_address

W = TypeVar("W", bound=Word)

TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
MOST_IN_BATCH: Final = 1_000
MOST_RECIPIENTS: Final = 1_000
# The daily movement file, in this order (İYS API §8).
FILE_COLUMNS: Final = (
    "creationDate",
    "transactionId",
    "recipient",
    "recipientType",
    "type",
    "status",
    "consentDate",
    "source",
)
# No consent is older.
OLDEST: Final = dt.datetime(2015, 5, 1, tzinfo=ISTANBUL)
_TIME_SHAPE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


class WireError(ValueError):
    """What should travel does not fit İYS's format. The message names the field, never its value
    when that could be an address."""


class ConsentKey(NamedTuple):
    """What İYS tells the items of one list apart by (H194); addresses in lower case."""

    recipient: str
    recipient_type: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One consent to report. ``source`` NONE and no date only for a merchant's first record."""

    recipient: str = field(repr=False)
    channel: Channel
    status: Status
    source: Source
    consent_date: dt.datetime | None
    recipient_type: RecipientType = RecipientType.BIREYSEL
    retailer_code: int | None = None
    retailer_access: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One change as İYS tells it: by pull, push, daily file or status query.

    ``source_word`` keeps İYS's text, also of sources we do not know yet. ``consent_date`` may be
    missing for a merchant and for a refusal. ``citizen_name`` comes with a first consent at İYS.
    """

    recipient: str = field(repr=False)
    recipient_type: RecipientType
    channel: Channel
    status: Status
    source: Source
    source_word: str
    consent_date: dt.datetime | None
    creation_date: dt.datetime
    transaction_id: str
    brand_code: int | None = None
    iys_code: int | None = None
    citizen_name: str | None = field(default=None, repr=False)

    @property
    def holds_from(self) -> dt.datetime:
        """Since when it holds. A closed line's refusal carries the date of the consent it ends
        (İYS API §2), so it counts from its creation, as one without a date does."""
        if self.consent_date is None or (
                self.status is Status.RET and self.source is Source.IYS_AHS_HAT_KAPATMA):
            return self.creation_date
        return self.consent_date

    @property
    def said(self) -> bytes:
        """All that tells this movement from others, equal when it is told twice (fault row 28).

        It holds the address: keep :func:`ileti.iys.marks.mark_of` instead. ``transactionId`` alone
        is not enough: movements of one second share it (İYS API §3.3).
        """
        parts = (
            self.transaction_id,
            self.recipient,
            self.recipient_type.name,
            self.channel.name,
            self.status.name,
            self.source_word,
            to_iys_time(self.consent_date) if self.consent_date else "",
            to_iys_time(self.creation_date),
        )
        return "\x1f".join(parts).encode()


def to_wire(item: Outgoing) -> dict[str, Any]:
    """The JSON object of one consent (İYS API §6.1): documented keys only, none empty (§1).

    ``WireError`` when İYS would refuse it for its form: an İYS source (H119), a missing source or
    date of an individual (H113, H112).
    """
    if item.source.is_iys:
        raise WireError("source: what was made at İYS is never sent back")
    individual = item.recipient_type is RecipientType.BIREYSEL
    if individual and item.source is Source.NONE:
        raise WireError("source: missing")
    if individual and item.consent_date is None:
        raise WireError("consentDate: missing")
    body: dict[str, Any] = {
        "recipient": item.recipient,
        "recipientType": item.recipient_type.name,
        "type": item.channel.name,
        "status": item.status.name,
    }
    if item.source is not Source.NONE:
        body["source"] = item.source.name
    if item.consent_date is not None:
        body["consentDate"] = to_iys_time(item.consent_date)
    if item.retailer_code is not None:
        body["retailerCode"] = item.retailer_code
    if item.retailer_access:
        body["retailerAccess"] = list(item.retailer_access)
    return body


def status_query(recipient: str, recipient_type: RecipientType, channel: Channel) -> dict[str, str]:
    """The body of the single status and history queries (İYS API §6.7, §6.9)."""
    return {"recipient": recipient, "recipientType": recipient_type.name, "type": channel.name}


def from_movement(raw: Mapping[str, Any]) -> Movement:
    """Read one movement of pull, push, a file row or a status answer. ``WireError`` when a field
    without which it means nothing is missing or not understood.

    A refusal holds without a date of its own: İYS's ``creationDate`` says when it was made (R-34).
    """
    recipient_type = _word(RecipientType, raw, "recipientType")
    status = _word(Status, raw, "status")
    source, word = _source(raw.get("source"))
    return Movement(
        recipient=_needed(raw, "recipient").lower(),
        recipient_type=recipient_type,
        channel=_word(Channel, raw, "type"),
        status=status,
        source=source,
        source_word=word,
        consent_date=_consent_date(raw, recipient_type, status),
        creation_date=from_iys_time(_needed(raw, "creationDate")),
        transaction_id=_needed(raw, "transactionId"),
        brand_code=_code(raw.get("brandCode")),
        iys_code=_code(raw.get("iysCode")),
        citizen_name=_text(raw, "citizenName"),
    )


def key_of(raw: Mapping[str, Any]) -> ConsentKey | None:
    """The key of an item sent or echoed; ``None`` when it has none. BIREYSEL is the default."""
    recipient, channel = raw.get("recipient"), raw.get("type")
    if not isinstance(recipient, str) or not isinstance(channel, str):
        return None
    recipient_type = raw.get("recipientType") or RecipientType.BIREYSEL.name
    return ConsentKey(recipient.strip().lower(), str(recipient_type), channel)


def to_iys_time(moment: dt.datetime) -> str:
    """``YYYY-MM-DD HH:mm:ss`` in Turkey time (R-39); parts of a second are cut off.

    ``WireError`` for a naive time.
    """
    if moment.tzinfo is None:
        raise WireError("consentDate: a naive time has no place in Turkey")
    return moment.astimezone(ISTANBUL).strftime(TIME_FORMAT)


def from_iys_time(text: str) -> dt.datetime:
    """An İYS time as aware UTC; ``WireError`` when it is not one (H157, H158)."""
    if not _TIME_SHAPE.fullmatch(text):
        raise WireError("not a time of the form YYYY-MM-DD HH:mm:ss")
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=ISTANBUL).astimezone(dt.UTC)
    except (ValueError, OverflowError):  # 0001-01-01 is no time before it is one in UTC.
        raise WireError("not a possible time") from None


def spelled_here(recipient: str) -> str:
    """İYS's address in our one spelling; one we would not take stays as İYS holds it, since a
    refusal must block it here as well."""
    try:
        return parse_address(recipient).value
    except AddressError:
        return recipient


def _consent_date(
    raw: Mapping[str, Any], recipient_type: RecipientType, status: Status
) -> dt.datetime | None:
    text = _text(raw, "consentDate")
    if text is None and status is Status.ONAY and recipient_type is RecipientType.BIREYSEL:
        raise WireError("consentDate: missing")
    try:
        date = from_iys_time(text) if text else None
    except WireError:
        if status is Status.RET:
            return None
        raise
    if date is not None and date < OLDEST and status is Status.RET:
        return None  # A date that cannot be must not make the refusal older than every consent.
    return date


def _source(raw: Any) -> tuple[Source, str]:
    """İYS's word and ours. A source younger than this list is İYS's, unless it says HS."""
    word = writable(raw).strip() if isinstance(raw, str) else ""
    if not word:
        return Source.NONE, ""
    known = Source.__members__.get(word)
    if known is not None and known not in (Source.NONE, Source.IYS_BILINMEYEN):
        return known, word
    return (Source.NONE if word.startswith("HS") else Source.IYS_BILINMEYEN), word


def _word(kind: type[W], raw: Mapping[str, Any], name: str) -> W:
    word = _needed(raw, name)
    try:
        return kind[word]
    except KeyError:
        raise WireError(f"{name}: not a word we know") from None


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return writable(value).strip() or None if isinstance(value, str) else None


def writable(text: str) -> str:
    """The text without what JSON may carry and no database takes: NUL and half characters."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _needed(raw: Mapping[str, Any], name: str) -> str:
    value = _text(raw, name)
    if value is None:
        raise WireError(f"{name}: missing")
    return value


def _code(value: Any) -> int | None:
    """İYS writes codes as numbers or as text (judgement 26)."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:18])
    return value if isinstance(value, int) and not isinstance(value, bool) else None
