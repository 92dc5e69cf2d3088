"""My data: a copy of what is kept about proven addresses, taken by a press and written down.

Why this module exists: KVKK 11 gives everybody the right to learn what is processed about them, and
the centre is where a person is without an account. What is held is gathered, told and set by the
room of requests, which stands above this one and registers here (:func:`makes_copies`), so that
there is one exporter. A code proves an address, not a person: the maker leaves out what may be
somebody else's (docs/adr/0032). Each copy is a line of the audit trail for each address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ileti.core import db
from ileti.core.errors import NotFound
from ileti.preferences.centre import Centre
from ileti.preferences.session import Address


@dataclass(frozen=True)
class Asked:
    """Whose data, for which provider and brand's pages, in which language; ``pdf`` to read, else
    JSON."""

    provider_id: int
    brand_id: int
    recipients: Sequence[int]
    language: str
    pdf: bool


Maker = Callable[[Asked], bytes]
_makers: Final[list[Maker]] = []


def makes_copies(maker: Maker) -> Maker:
    """Register who makes copies; the last one that came."""
    _makers[:] = [maker]
    return maker


_NOTE: Final = """
insert into audit_entry (provider_id, action, subject, detail, address)
select %s, 'preference:data', 'recipient:' || u, jsonb_build_object('form', %s::text), %s
  from unnest(%s::bigint[]) u"""


def copy(centre: Centre, people: Sequence[Address], language: str, *, pdf: bool, network: str
         ) -> bytes:
    """A copy of what is kept about these addresses, after it was written down. Raises NotFound when
    nobody makes copies here, TryLater when the pages cannot be set."""
    if not _makers:
        raise NotFound()
    recipients = [one.recipient_id for one in people]
    db.connection().execute(_NOTE, (
        centre.provider_id, "pdf" if pdf else "json", network[:45], recipients))
    return _makers[0](Asked(centre.provider_id, centre.brand(None).id, recipients, language, pdf))
