"""What was typed into the status query: brand, recipient type, channel, up to 1 000 addresses.

Nothing typed is lost and nothing is guessed: each line that is no address is named with its number
and the reason, and the good ones are asked about all the same. A record's number may stand in the
place of an address, so that İYS can be asked about a masked record without opening it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from ileti.consents.search import entry_by_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.iys.ask import Key
from ileti.iys.wire import MOST_RECIPIENTS
from ileti.recipients.address import Address, AddressError, parse_address
from ileti.recipients.models import Recipient
from ileti.tenancy import offered
from ileti.tenancy.models import Brand

BRANDS_OFFERED = 500
SHOWN_FAULTS = 20
_BETWEEN = re.compile(r"[,;\t]+")


@dataclass
class Typed:
    """The form as it came, what is good of it, and what is wrong with it by field."""

    text: str = ""
    brand_id: str = ""
    kind: str = RecipientType.BIREYSEL.name
    channel: str = ""
    brands: list[Brand] = field(default_factory=list)
    brand: Brand | None = None
    keys: list[Key] = field(default_factory=list)
    lines: list[tuple[int, str]] = field(default_factory=list)
    repeated: int = 0
    record: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def recipient_type(self) -> RecipientType:
        """Private person unless merchant was chosen."""
        return RecipientType.__members__.get(self.kind, RecipientType.BIREYSEL)

    @property
    def addresses(self) -> list[str]:
        """Every address asked about once, in the order typed."""
        return list(dict.fromkeys(address for address, _channel in self.keys))


def empty() -> Typed:
    """The form before anything was typed; a brand is chosen only when there is but one."""
    brands = offered.brands()
    only = brands[0] if len(brands) == 1 else None
    return Typed(brands=brands, brand=only, brand_id=str(only.id) if only else "")


def read(form: Any) -> Typed:
    """A form that was sent, with its faults."""
    typed = empty()
    typed.text = str(form.get("adres", ""))
    typed.kind = str(form.get("tip", typed.kind))
    typed.channel = str(form.get("kanal", ""))
    chosen = str(form.get("marka", "")) or typed.brand_id
    typed.brand = next((one for one in typed.brands if str(one.id) == chosen), None)
    typed.brand_id = str(typed.brand.id) if typed.brand else ""
    if typed.brand is None:
        typed.errors["marka"] = _("Choose the brand whose consents you ask about.")
    _read_addresses(typed)
    return typed


def by_record(number: str) -> Typed:
    """The question about one visible record; NotFound for any other, or an erased person."""
    entry = entry_by_number(number)
    brand = orm.db.session.get(Brand, entry.brand_id) if entry else None
    if entry is None or brand is None:
        raise NotFound()
    address = address_of(orm.db.session.get(Recipient, (entry.provider_id, entry.recipient_id)))
    if address is None:
        raise NotFound()
    return Typed(brands=offered.brands(), brand=brand, brand_id=str(brand.id), record=number,
                 kind=RecipientType(entry.recipient_type).name,
                 keys=[(address, Channel(entry.channel))])


def _read_addresses(typed: Typed) -> None:
    found: dict[str, Address] = {}
    number = 0
    for at, line in enumerate(typed.text.splitlines(), 1):
        for part in _BETWEEN.split(line):
            if not part.strip():
                continue
            number += 1
            if number > MOST_RECIPIENTS:
                continue
            _read_one(typed, at, part.strip(), found)
    if number == 0:
        typed.errors["adres"] = _("Write a phone number or an e-mail address.")
    elif number > MOST_RECIPIENTS:
        typed.keys.clear()
        typed.errors["adres"] = _(
            "That is %(n)s addresses; at most 1,000 are asked about at once. Nothing was asked.",
            n=number)
    elif not typed.keys:
        typed.errors["adres"] = typed.lines[0][1] if number == 1 else _(
            "None of the lines is an address that can be asked about.")


def _read_one(typed: Typed, at: int, part: str, found: dict[str, Address]) -> None:
    try:
        address = parse_address(part)
    except AddressError as error:
        typed.lines.append((at, say(error)))
        return
    if address.value in found:
        typed.repeated += 1
        return
    found[address.value] = address
    chosen = Channel.__members__.get(typed.channel)
    fitting = [one for one in (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA)
               if one.address_kind == address.kind and chosen in (None, one)]
    if not fitting and chosen is not None:
        typed.lines.append((at, _("%(kind)s does not fit the channel %(channel)s.",
                                  kind=say(address.kind), channel=say(chosen))))
    typed.keys += [(address.value, channel) for channel in fitting]
