"""One line of the audit trail, written beside the ORM: by jobs, programs and commands (R-58).

The panel writes through :mod:`ileti.tenancy.audit`; this is for statements on a bare connection, in
the transaction of the deed itself. Without Flask, since workers use it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import psycopg

from ileti.core import doer as at_work
from ileti.core.logs import mask_people

#: characters of a value that are kept
LONGEST: Final = 300
_ADD: Final = ("insert into audit_entry (provider_id, brand_id, dealer_id, user_id, actor, action, "
        "subject, detail, address) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)")


def note(conn: psycopg.Connection[Any], action: str, subject: str, *, provider_id: int | None,
         brand_id: int | None = None, dealer_id: int | None = None, user_id: int | None = None,
         actor: str | None = None, address: str | None = None,
         detail: dict[str, Any] | None = None) -> None:
    """Note one deed. ``subject`` names the thing (``import:81``), never an address of a person;
    ``address`` is the network address it came from. Who is named neither by ``user_id`` nor by
    ``actor`` is whoever the work is done for (:mod:`ileti.core.doer`)."""
    known = at_work.current()
    if known is not None:
        address = address or known.address
        if user_id is None and actor is None:
            user_id, actor = known.user_id, known.name
    conn.execute(_ADD, (
        provider_id, brand_id, dealer_id, user_id, actor and actor[:120], action, subject[:120],
        msgspec.json.encode(plain(detail or {})).decode(), address and address[:45]))


def plain(value: Any) -> Any:
    """A value as JSON keeps it: short, and text unless it is a number, a truth or a list. Addresses
    that people wrote into a text are hidden."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value][:100]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in list(value.items())[:50]}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    text = mask_people(str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
