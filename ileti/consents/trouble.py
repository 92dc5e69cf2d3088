"""Addresses of which a mail server said that nobody is there, or that somebody complained.

Why this module exists: a server that writes on to addresses that are dead is taken for a spammer's,
and then nobody's mail arrives. So commercial mail to an address that bounced for good stops: one
more check of the gate, which can only refuse, tells why, and ends when a person who knows better
clears it or the address bounces no more. A bounce changes no consent: it says nothing of what the
person wants. A complaint does, and is a refusal of its own in the ledger; here stands only that
there was one. What is soft (a full mailbox, a server away) is counted and stops nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import StorageAway
from ileti.core.secrets import secrets
from ileti.hooks.kinds import Said

Connection = psycopg.Connection[Any]
_AT_ONCE: Final = 10_000
_LONGEST_STATUS: Final = 12


class Kind(IntEnum):
    """What was said; the numbers are the database's."""

    HARD = 1
    SOFT = 2
    COMPLAINT = 3


DEAD: Final = Said(
    "Posta sunucusu bu adresin olmadığını bildirdi; ticari ileti gönderilmez. Adresin çalıştığını "
    "biliyorsanız kaydı kaldırın.",
    "The mail server said that there is no such address; no commercial message goes there. If you "
    "know that it works, clear the entry.")


@dataclass(frozen=True)
class Trouble:
    """Something said of a recipient's address; ``status`` as ``5.1.1`` (RFC 3463)."""

    recipient_id: int
    kind: Kind
    status: str = ""
    channel: Channel = Channel.EPOSTA


_NOTE: Final = """
insert into address_trouble as t (provider_id, recipient_id, channel, kind, status)
select %(provider)s, r.id, %(channel)s, %(kind)s, %(status)s from recipient r
 where r.provider_id = %(provider)s and r.id = %(recipient)s and r.addr_hash is not null
on conflict (provider_id, recipient_id, channel, kind) do update
   set status = excluded.status, last_at = now(), cleared_at = null,
       times = case when t.cleared_at is null then t.times + 1 else 1 end,
       first_at = case when t.cleared_at is null then t.first_at else now() end"""


def note(conn: Connection, provider_id: int, trouble: Trouble) -> bool:
    """Count a trouble; False when the recipient is nobody's (any more). Whoever calls sees to it
    that one returned mail is counted once."""
    return conn.execute(_NOTE, {
        "provider": provider_id, "recipient": trouble.recipient_id, "kind": int(trouble.kind),
        "channel": int(trouble.channel), "status": trouble.status[:_LONGEST_STATUS],
    }).rowcount == 1


def clear(conn: Connection, provider_id: int, recipient_id: int, kind: Kind,
          channel: Channel = Channel.EPOSTA) -> bool:
    """A person knows better; False when nothing stood. A complaint's refusal stays."""
    return conn.execute(
        "update address_trouble set cleared_at = now() where provider_id = %s and recipient_id = %s"
        " and channel = %s and kind = %s and cleared_at is null",
        (provider_id, recipient_id, int(channel), int(kind))).rowcount == 1


_DEAD: Final = """
select a.n - 1 from unnest(%s::bytea[]) with ordinality a(h, n)
  join recipient r on r.provider_id = %s and r.addr_hash = a.h
  join dead_address t on t.provider_id = r.provider_id and t.recipient_id = r.id
 where t.channel = %s"""


def dead(provider_id: int, addresses: Sequence[str], channel: Channel) -> set[int]:
    """Places of the canonical addresses that are not to be written to; StorageAway when it cannot
    be known. Only mail servers say such things, so other channels cost nothing."""
    if channel is not Channel.EPOSTA:
        return set()
    found: set[int] = set()
    try:
        conn = db.system_connection()
        for first in range(0, len(addresses), _AT_ONCE):
            hashes = secrets().addresses.of_many(provider_id, addresses[first:first + _AT_ONCE])
            found.update(first + place for place, in conn.execute(
                _DEAD, (hashes, provider_id, int(channel))).fetchall())
    except psycopg.Error as error:
        raise StorageAway() from error
    return found
