"""Addresses in clear of people whose records were found through the row rules.

Why this module exists: the rules find a recipient through commercial consents; somebody who gave an
explicit consent alone, or read a notice, has none. Whoever was allowed to see such a record reads
the address by its key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets

#: provider and recipient
Person = tuple[int, int]


def addresses(people: Iterable[Person]) -> dict[Person, str | None]:
    """Addresses in clear; None once a person is erased."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    rows = db.connection().execute(
        "select r.provider_id, r.id, r.key_no, r.addr_hash, r.addr_ct from recipient r "
        "join unnest(%s::int[], %s::bigint[]) w(p, r) on w.p = r.provider_id and w.r = r.id",
        ([one[0] for one in wanted], [one[1] for one in wanted])).fetchall()
    return {(provider, number): _clear(key, digest, cipher)
            for provider, number, key, digest, cipher in rows}


def _clear(key_no: int, digest: Any, cipher: Any) -> str | None:
    if cipher is None or digest is None:
        return None
    try:
        return secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    except CannotDecrypt:
        return None
