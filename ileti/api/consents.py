"""The service ``/api/v1/consents/at``: what held for an address at a moment.

Why this module exists: a customer-care program that answers a complaint has an address and a time,
and must not have to rebuild the past from a list of changes (R-49). The address stands in the body,
never in the URL, where every proxy would log it. Whose past was asked for is written down before it
is told, as it is of people (R-58).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ileti.api.desk import Answer, Call
from ileti.api.item import of_address
from ileti.consents import moments
from ileti.consents.moments import Reach
from ileti.consents.momenttold import iso, told
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock
from ileti.core.errors import FieldError, InvalidInput
from ileti.imports import withdrawn as _withdrawn  # noqa: F401 (both register, for looking back)
from ileti.iys import heard as _heard  # noqa: F401
from ileti.programs import deeds
from ileti.recipients.address import AddressError, parse_address

PATH: Final = "/api/v1/consents/at"
_FIRST_YEAR: Final = 2000  # nothing was kept before, and the offsets of old times are odd
FIELDS: Final = ("address", "at", "brand", "channel", "recipientType")


def at_moment(call: Call) -> Answer:
    """``POST /consents/at``. An address nobody knows has no states."""
    said, caller = call.json(), call.caller
    faults = [FieldError(name[:80], "unknown_field", "Böyle bir alan yok.",
                         "There is no such field.") for name in said if name not in FIELDS]
    address = _address(said.get("address"), faults)
    moment = _moment(said.get("at"), faults)
    channel = _word(said, "channel", Channel, faults)
    kind = _word(said, "recipientType", RecipientType, faults)
    if faults or address is None or moment is None:
        raise InvalidInput(errors=tuple(faults))
    brand = caller.brand_id
    if said.get("brand") is not None:
        brand = call.place(said["brand"]).brand_id
    recipient = moments.recipient_of(caller.provider_id, address)
    if recipient is not None:
        deeds.note(caller, "consent:at", f"recipient:{recipient}", call.address, at=iso(moment))
    found = [] if recipient is None else moments.at_moment(
        Reach(caller.provider_id, brand, caller.dealer_id), recipient, moment, channel=channel,
        recipient_type=kind)
    return Answer(200, {"at": iso(moment), "states": [told(one) for one in found]})


def _address(said: Any, faults: list[FieldError]) -> str | None:
    if not isinstance(said, str) or len(said) > 400:
        faults.append(FieldError("address", "missing" if said is None else "invalid",
                                 "Telefon ya da e-posta yazın.", "Write a phone or an e-mail."))
        return None
    try:
        return parse_address(said).value
    except AddressError as error:
        faults.append(of_address(error))
        return None


def _moment(said: Any, faults: list[FieldError]) -> datetime | None:
    """A moment with its offset that has passed."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) and len(said) < 41 else None
        if found is not None and found.year < _FIRST_YEAR:
            found = None
        if found is not None and found.utcoffset() is not None and found <= clock.now():
            return clock.to_istanbul(found)
    except (ValueError, OverflowError):
        found = None
    late = found is not None and found.utcoffset() is not None
    faults.append(FieldError(
        "at", "future" if late else "missing" if said is None else "invalid",
        "Geçmiş bir an yazın." if late else
        "Anı saat farkıyla yazın: 2026-05-03T10:00:00+03:00.",
        "Write a moment that has passed." if late else
        "Write the moment with its offset: 2026-05-03T10:00:00+03:00."))
    return None


def _word(said: dict[str, Any], name: str, words: Any, faults: list[FieldError]) -> int | None:
    given = said.get(name)
    if given is None:
        return None
    found = next((one for one in words if one.name == given), None)
    if found is None:
        known = ", ".join(one.name for one in words)
        faults.append(FieldError(name, "invalid", f"Şunlardan biri: {known}.",
                                 f"One of {known}."))
        return None
    return int(found)
