"""Who sends and how one refuses, read from the provider's record for one channel (R-24 to R-29).

Why this module exists: these words stand in every commercial message and are nobody's to type; who
composes a message asks here and nowhere else. What the record lacks comes out empty, and
:func:`ileti.templates.blocks.lacking` says so before anything is made. Asked as the system, with
the provider named: a brand's user sends in the provider's name whatever that user may read of it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import psycopg

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.templates.blocks import Refusal, Sender
from ileti.templates.compose import REFUSE
from ileti.templates.vocabulary import Trade

#: what :class:`~ileti.core.columns.EncryptedText` binds the number to
PURPOSE: Final = "provider-tckn"

_RECORD: Final = """
select p.title, p.trade, p.mersis, p.owner_tckn, p.contact, p.service_number, p.refusal_number,
       p.refusal_word, p.call_digit, b.name, d.title
  from provider p
  left join brand b on b.provider_id = p.id and b.id = %(brand)s
  left join dealer d on d.provider_id = p.id and d.id = %(dealer)s
 where p.id = %(provider)s"""


class Sending(NamedTuple):
    """Both halves, and whether a dealer sends."""

    sender: Sender
    refusal: Refusal
    by_dealer: bool = False


def sending(provider_id: int, brand_id: int | None, channel: Channel, *,
            dealer_id: int | None = None, conn: psycopg.Connection[Any] | None = None) -> Sending:
    """The sender and the refusal of one channel. Raises NotFound for a provider, brand or dealer
    that is not there. A mail's refusal is the recipient's own link, filled in at dispatch
    (:data:`ileti.templates.compose.REFUSE`)."""
    row = (conn or db.system_connection()).execute(_RECORD, {
        "provider": provider_id, "brand": brand_id, "dealer": dealer_id}).fetchone()
    if row is None or (brand_id is not None and row[9] is None) or (
            dealer_id is not None and row[10] is None):
        raise NotFound()
    title, trade, mersis, sealed, contact, service, number, word, digit, brand, dealer = row
    trade = Trade(trade)
    spoken = channel is not Channel.EPOSTA
    return Sending(
        Sender(title=dealer or title, trade=trade,
               identity=(mersis or "") if trade is Trade.TACIR else _opened(sealed),
               contact=((service or contact) if spoken else (contact or service)) or "",
               brand=brand or "", principal=title if dealer else ""),
        Refusal(number=number or "", word=word, key=digit or "", url=f"{{{REFUSE}}}"),
        by_dealer=dealer is not None)


def _opened(sealed: str | None) -> str:
    """A craftsman's identity number; nothing when no key opens it, so that nothing is sent."""
    if not sealed:
        return ""
    try:
        return secrets().keyring.decrypt_text(sealed, PURPOSE)
    except CannotDecrypt:
        return ""
