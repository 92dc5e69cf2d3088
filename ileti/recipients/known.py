"""Finding an address's row, or making it, for what is no consent: somebody wrote to a number.

Why this module exists: the ledger makes rows of whoever consents or refuses. Who only asks a
question must be answered too, and an address stands nowhere but here.
"""

from __future__ import annotations

import os
from typing import Any, Final

import psycopg

from ileti.core.secrets import secrets
from ileti.recipients.address import AddressKind

_ADD: Final = """
insert into recipient (provider_id, kind, key_no, addr_hash, addr_ct, leaf_key)
values (%s, %s, %s, %s, %s, %s) on conflict (provider_id, addr_hash) do nothing returning id"""


def find_or_add(conn: psycopg.Connection[Any], provider_id: int, address: str) -> int:
    """The number of a canonical address at a provider, inside the caller's transaction."""
    box = secrets()
    digest = box.addresses.of(provider_id, address)
    for _ in range(2):
        row = conn.execute("select id from recipient where provider_id = %s and addr_hash = %s",
                           (provider_id, digest)).fetchone()
        if row is None:
            key, cipher = box.keyring.encrypt(address.encode(), digest)
            kind = AddressKind.EMAIL if "@" in address else AddressKind.PHONE
            row = conn.execute(_ADD, (provider_id, int(kind), key, digest, cipher,
                                      os.urandom(32))).fetchone()
        if row is not None:
            return int(row[0])
    raise LookupError("the address came and went")


def address_of(conn: psycopg.Connection[Any], provider_id: int, recipient_id: int) -> str | None:
    """The address in clear; None once the person was erased. Raises CannotDecrypt."""
    row = conn.execute("select key_no, addr_hash, addr_ct from recipient where provider_id = %s "
                       "and id = %s", (provider_id, recipient_id)).fetchone()
    if row is None or row[1] is None or row[2] is None:
        return None
    return secrets().keyring.decrypt(row[0], bytes(row[2]), bytes(row[1])).decode()
