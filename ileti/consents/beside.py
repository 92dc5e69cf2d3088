"""Whoever refuses everything means every address they gave, not the one they said it from (R-30).

Why this module exists: a phone and a mail address are two recipients, and only a form in which both
were given says that they are one person's. What stood beside it in a list says nothing. One
function for mails, SMS, calls, call lists and keys, because each of them sees one address and is
told *in no way any more*, or *no more calls*: whoever writes that by mail is not called either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import AddressKind, Channel
from ileti.core.crypto import CannotDecrypt
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets

log = get_logger("ileti.consents")

_CHANNELS: Final = {AddressKind.PHONE: (Channel.ARAMA, Channel.MESAJ),
                    AddressKind.EMAIL: (Channel.EPOSTA,)}
_BESIDE: Final = """
select distinct r.id, r.kind, r.key_no, r.addr_hash, r.addr_ct
  from consent_entry mine
  join submission s on s.provider_id = mine.provider_id and s.id = mine.submission_id
   and s.captured_at = mine.captured_at
  join consent_entry theirs on theirs.provider_id = s.provider_id
   and theirs.captured_at = s.captured_at and theirs.id = any(s.entry_ids)
  join recipient r on r.provider_id = theirs.provider_id and r.id = theirs.recipient_id
 where mine.provider_id = %(provider)s and mine.recipient_id = %(recipient)s
   and mine.brand_id = %(brand)s and theirs.brand_id = mine.brand_id
   and theirs.recipient_id <> mine.recipient_id
   and s.evidence ->> 'import' is null and cardinality(s.entry_ids) <= 12
   and r.addr_ct is not null
 order by r.id limit 5"""


@dataclass(frozen=True)
class Wish:
    """What is refused of one address; ``recipient_id`` 0: not known here yet. ``beside``: it is not
    the one that spoke."""

    recipient_id: int
    address: str
    channels: tuple[Channel, ...]
    beside: bool = False

    @property
    def key(self) -> str:
        """What tells it from the other wishes of one occasion; nothing for the one that spoke."""
        return f"-m{self.recipient_id}" if self.beside else ""


def wishes(conn: psycopg.Connection[Any], place: Place, recipient_id: int | None, address: str,
           channels: Sequence[Channel], *, everything: bool) -> list[Wish]:
    """What an address refuses at a brand: these channels, or all with ``everything``. A channel the
    address has is meant of itself; one it lacks (calls, in a mail) of the addresses the same person
    gave in one form with it. What nobody knows an address for is missing."""
    have = _CHANNELS[AddressKind.EMAIL if "@" in address else AddressKind.PHONE]
    own = tuple(one for one in have if everything or one in channels)
    others = set(Channel) if everything else set(channels) - set(have)
    found = [Wish(recipient_id or 0, address, own)] if own else []
    for one in _beside(conn, place, recipient_id) if recipient_id and others else ():
        refused = tuple(channel for channel in one.channels if channel in others)
        if refused:
            found.append(replace(one, channels=refused))
    return found


def _beside(conn: psycopg.Connection[Any], place: Place, recipient_id: int) -> list[Wish]:
    found = []
    for number, kind, key_no, digest, cipher in conn.execute(_BESIDE, {
            "provider": place.provider_id, "brand": place.brand_id,
            "recipient": recipient_id}).fetchall():
        try:
            address = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
        except CannotDecrypt:
            log.error("address_unreadable", provider=place.provider_id, recipient=number)
            continue  # the others are refused all the same
        found.append(Wish(number, address, _CHANNELS[AddressKind(kind)], beside=True))
    return found
