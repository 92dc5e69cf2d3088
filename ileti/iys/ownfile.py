"""Our own file of a day, in İYS's form, for its hash alone (İYS API §8, Hash).

Why this module exists: İYS asks the provider to make the day's file from its own records and to
compare one hash. When both are equal, byte for byte, every row is, and nothing else needs to be
looked at. The file is made row by row in İYS's order and only hashed, since it holds addresses in
clear. What we cannot spell as İYS does (a source younger than our list) makes it differ; the
comparison by rows knows better, so a differing hash is no finding by itself.
"""

from __future__ import annotations

import datetime as dt
from hashlib import sha384
from typing import Any, Final

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.iys.compare import long_transaction, ours_of
from ileti.iys.wire import FILE_COLUMNS

AT_ONCE: Final = 5_000
_SORTED: Final = """
select to_char(o.creation_date, 'YYYY-MM-DD HH24:MI:SS'), o.transaction_id, x.key_no, x.addr_hash,
       x.addr_ct, o.recipient_type, o.channel, o.status,
       to_char(o.consent_date, 'YYYY-MM-DD HH24:MI:SS'), o.source
  from day_ours o
  join recipient x on x.provider_id = %s and x.id = o.recipient_id
 order by o.creation_date, o.transaction_id collate "C", o.entry_id"""


def own_hash(place: Place, day: dt.date, rows: int) -> str | None:
    """SHA-384 in hex over our file of the day; None when it cannot have İYS's ``rows`` rows (then
    no hash could be equal) or holds somebody whose address was erased."""
    digest = sha384((",".join(FILE_COLUMNS) + "\n").encode())
    with long_transaction() as conn:
        if ours_of(conn, place, day) != rows:
            return None
        with conn.cursor("own_file", binary=True) as cursor:
            cursor.itersize = AT_ONCE
            cursor.execute(_SORTED, (place.provider_id,))
            while some := cursor.fetchmany(AT_ONCE):
                try:
                    digest.update("".join([_line(one) for one in some]).encode())
                except CannotDecrypt:
                    return None
    return digest.hexdigest()


_KINDS: Final = {int(one): one.name for one in RecipientType}
_CHANNELS: Final = {int(one): one.name for one in Channel}
_STATUSES: Final = {int(one): one.name for one in Status}
_SOURCES: Final = {int(one): one.name for one in Source} | {int(Source.NONE): ""}


def _line(row: tuple[Any, ...]) -> str:
    created, number, key_no, digest, cipher, kind, channel, status, date, source = row
    if cipher is None or digest is None:
        raise CannotDecrypt("erased")
    address = secrets().keyring.decrypt(key_no, cipher, digest).decode()
    return (f"{created},{number},{address},{_KINDS[kind]},{_CHANNELS[channel]},{_STATUSES[status]},"
            f"{date if source else ''},{_SOURCES[source]}\n")
