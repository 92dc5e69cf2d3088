"""Lists somebody brings: whom of them we know, and nothing of whom we do not.

Why this module exists: marketers have lists of their own, from a shop or a till, and each address
on them goes through the same gate as everybody. An address nobody gave us a consent for is no
reason to keep it: it is counted as a stranger and forgotten. The file itself is not kept either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.errors import InvalidInput
from ileti.core.secrets import secrets
from ileti.imports.reading import sources
from ileti.imports.reading.reader import Row, rows_of
from ileti.recipients.address import AddressError, parse_email, parse_phone
from ileti.tenancy import deeds

MOST_ROWS: Final = 2_000_000
LONGEST_NAME: Final = 120
_PIECE: Final = 5_000
_LONGEST_CELL: Final = 320

_MEMBERS: Final = """
with known as (
    select r.id from unnest(%(hashes)s::bytea[]) h
      join recipient r on r.provider_id = %(provider)s and r.addr_hash = h),
added as (
    insert into campaign_list_member (provider_id, list_id, recipient_id)
    select %(provider)s, %(list)s, id from known on conflict do nothing returning 1)
select (select count(*) from added), (select count(*) from known)"""


@dataclass(frozen=True)
class Taken:
    """What became of a list: its number, whom of it we know, the others, rows without an address
    of the channel."""

    id: int
    members: int
    strangers: int
    unreadable: int


def take(place: tuple[int, int, int | None], name: str, channel: Channel, file_name: str,
         pieces: Iterable[bytes], *, by: int | None) -> Taken:
    """Read a list (CSV in any encoding and delimiter, a workbook, one address a line) and keep who
    of it is a recipient of ours. Raises InvalidInput, CallerMistake for what is no list."""
    provider, brand, dealer = place
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"Listeye bir ad verin (en çok {LONGEST_NAME} karakter).",
                           f"Name the list (at most {LONGEST_NAME} characters).", code="name")
    raw = b"".join(pieces)
    layout = sources.examine(file_name, [raw], count=1).layout
    rows = (row for block in sources.blocks([raw], layout)
            for row in rows_of(block, layout.delimiter))
    with db.transaction() as conn:
        made = conn.execute(
            "insert into campaign_list (provider_id, brand_id, dealer_id, created_by, channel, "
            "name) values (%s, %s, %s, %s, %s, %s) returning id",
            (provider, brand, dealer, by, int(channel), name)).fetchone()
        assert made is not None
        members = strangers = unreadable = 0
        for addresses, bad in _pieces(rows, channel):
            hashes = secrets().addresses.of_many(provider, addresses)
            found = conn.execute(_MEMBERS, {"hashes": hashes, "provider": provider,
                                            "list": made[0]}).fetchone()
            assert found is not None
            members += found[0]
            strangers += len(addresses) - found[1]
            unreadable += bad
        if not members + strangers:
            raise InvalidInput("Listede bu kanalın adresi yok.",
                               "The list holds no address of this channel.", code="no_address")
        conn.execute("update campaign_list set members = %s, strangers = %s, unreadable = %s "
                     "where provider_id = %s and id = %s",
                     (members, strangers, unreadable, provider, made[0]))
        deeds.note(conn, "campaign:list_add", f"campaign_list:{made[0]}", provider_id=provider,
                   brand_id=brand, dealer_id=dealer, user_id=by,
                   detail={"name": name, "members": members, "strangers": strangers})
    return Taken(made[0], members, strangers, unreadable)


def _pieces(rows: Iterable[Row], channel: Channel) -> Iterator[tuple[list[str], int]]:
    """Addresses some thousand at a time, each once in its piece, with how many rows had none."""
    found, bad = dict[str, None](), 0
    for seen, (_number, cells) in enumerate(rows, 1):
        if seen > MOST_ROWS:
            raise InvalidInput(f"Bir listede en çok {MOST_ROWS:,} satır olabilir.",
                               f"A list may have {MOST_ROWS:,} rows at most.", code="too_many_rows")
        address = _address(cells or (), channel)
        if address is None:
            bad += 1
        else:
            found[address] = None
        if len(found) >= _PIECE:
            yield list(found), bad
            found, bad = {}, 0
    yield list(found), bad


def _address(cells: Sequence[Any], channel: Channel) -> str | None:
    """The first cell of a row that is an address of the channel."""
    read = parse_email if channel is Channel.EPOSTA else parse_phone
    for cell in cells:
        text = str(cell)[:_LONGEST_CELL].strip()
        if not text or (channel is Channel.EPOSTA) != ("@" in text):
            continue
        try:
            return read(text)
        except AddressError:
            continue
    return None
