"""Which recipients an applicant is: found by the keyed hash of exact addresses, attached to a case.

Why this module exists: who applies gives addresses, and what is held hangs on recipients. Only an
exact address matches; nobody is found by name, because two people share one and the data of one
would go to the other (KVKK 12). Whoever sits at the desk may type more addresses the person proved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from ileti.core.secrets import secrets
from ileti.recipients.address import parse_address
from ileti.requests.people import Person

Connection = psycopg.Connection[Any]
BY_CODE, BY_APPLICATION, BY_HAND = 1, 2, 3


@dataclass(frozen=True)
class Attached:
    """A recipient of a case; ``address`` is empty once the person was erased."""

    recipient_id: int
    how: int
    kind: int
    since: datetime
    address: str = field(repr=False, default="")


def find(conn: Connection, provider_id: int, address: str) -> int | None:
    """The recipient of a canonical address, within its provider alone (R-15)."""
    row = conn.execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return int(row[0]) if row else None


_ATTACH = """
insert into data_request_recipient (request_id, provider_id, recipient_id, brand_id, how, added_by)
values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning recipient_id"""


def attach(conn: Connection, request_id: int, provider_id: int, brand_id: int, recipient_id: int,
           how: int, *, by: int | None = None) -> bool:
    """Attach a recipient to a case; False when it is attached already."""
    return conn.execute(_ATTACH, (
        request_id, provider_id, recipient_id, brand_id, how, by)).fetchone() is not None


def attach_confirmed(conn: Connection, request_id: int, provider_id: int, brand_id: int,
                     person: Person, confirmed: int | None) -> None:
    """Attach the recipient of the address a code proved, and nobody else: whoever proves their own
    e-mail address may type another's phone beside it."""
    address = {1: person.phone, 2: person.email}.get(confirmed or 0, "")
    found = find(conn, provider_id, address) if address else None
    if found is not None:
        attach(conn, request_id, provider_id, brand_id, found, BY_CODE)


def suggested(conn: Connection, request_id: int, provider_id: int,
              person: Person) -> dict[int, str]:
    """Recipients that addresses of the application name and nobody attached yet, with the address;
    for a person to decide."""
    here = {one.recipient_id for one in attached(conn, request_id)}
    found = {}
    for address in (person.email, person.phone):
        number = find(conn, provider_id, address) if address else None
        if number is not None and number not in here:
            found[number] = address
    return found


def attach_typed(conn: Connection, request_id: int, provider_id: int, brand_id: int, typed: str, *,
                 by: int) -> int | None:
    """Attach the recipient of an address typed at the desk; its id, None when there is none.
    Raises AddressError."""
    found = find(conn, provider_id, parse_address(typed).value)
    if found is not None:
        attach(conn, request_id, provider_id, brand_id, found, BY_HAND, by=by)
    return found


def detach(conn: Connection, request_id: int, recipient_id: int) -> bool:
    """Take a recipient out of a case; False when it is not there."""
    return bool(conn.execute(
        "delete from data_request_recipient where request_id = %s and recipient_id = %s",
        (request_id, recipient_id)).rowcount)


def attached(conn: Connection, request_id: int) -> list[Attached]:
    """The recipients of a case."""
    rows = conn.execute(
        "select r.id, x.how, r.kind, r.created_at, r.key_no, r.addr_hash, r.addr_ct "
        "from data_request_recipient x join recipient r on r.provider_id = x.provider_id "
        "and r.id = x.recipient_id where x.request_id = %s order by x.how, r.id",
        (request_id,)).fetchall()
    return [Attached(number, how, kind, since, _address(key, digest, cipher))
            for number, how, kind, since, key, digest, cipher in rows]


def is_closed(conn: Connection, request_id: int) -> bool:
    """Whether somebody matched with a case is kept for the law alone, so that the case is open to
    ``restricted:read`` only (R-64); as :mod:`ileti.tenancy.scope` asks for pages."""
    row = conn.execute(
        "select exists (select from data_request_recipient x where x.request_id = %s "
        "and is_restricted(x.provider_id, x.recipient_id, x.added_at))", (request_id,)).fetchone()
    return bool(row and row[0])


def _address(key: int, digest: Any, cipher: Any) -> str:
    if digest is None or cipher is None:
        return ""
    return secrets().keyring.decrypt(key, bytes(cipher), bytes(digest)).decode()
