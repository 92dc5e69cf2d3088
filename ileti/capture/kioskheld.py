"""Choices that came late and do not carry themselves: kept whole, shown to a person, decided once.

Why this module exists: nothing that somebody gave at a counter is thrown away by a program, and
nothing that cannot be proven is reported to İYS by one. So an item outside its bounds, of a page
that had ended, of a text that was retired, unreadable in its words or too old for İYS (R-33, R-40)
lies here, sealed like everything personal, until a person of the company records it or puts it
aside. Decided items keep no content; undecided ones neither after :data:`DAYS` days, when İYS has
long stopped to take them, nor when their person asked to be erased (R-64). The empty row answers a
device that brings the item once more, and goes when no device can any longer
(:data:`ileti.capture.kioskpack.AWAY_DAYS`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import msgspec

from ileti.capture.kioskpack import AWAY_DAYS
from ileti.capture.kiosktime import Bounds, Moment, Offset
from ileti.capture.sites import Site
from ileti.consents import ledger
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import Conflict, InvalidInput, TryLater
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_email, parse_phone

DAYS: Final = 30
#: of one page, waiting at once
MOST: Final = 1_000


class ItemState(IntEnum):
    """What became of a choice that came late: it waits for a person, was recorded or put aside by
    one, or its content was wiped undecided (too long ago, or its person was erased)."""

    HELD = 1
    RECORDED = 2
    ASIDE = 3
    WIPED = 4


@dataclass(frozen=True, slots=True)
class Held:
    """What is to be kept: ``offset`` of the device's clock at the delivery."""

    item: str
    reason: str
    moment: Moment
    bounds: Bounds
    offset: Offset
    clear: bytes
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A held item opened again for whoever decides."""

    id: int
    site_id: int
    item: str
    arrived_at: datetime
    offset: Offset
    clear: bytes

    def said(self) -> dict[str, Any]:
        """What the person said, as it lay in the seal."""
        said: dict[str, Any] = msgspec.json.decode(self.clear)
        return said


def key_of(site_id: int, item: str) -> str:
    """The ledger's key of an item."""
    return f"k{site_id}:{item}"


def submission_of(site: Site, item: str) -> int | None:
    """The item's submission, where the ledger has it."""
    return ledger.submission_of(site.place.provider_id, key_of(site.id, item))


def known(site_id: int, item: str) -> bool:
    """Whether an item lies or lay here: then it is answered as held, whatever became of it."""
    return db.connection().execute(
        "select 1 from kiosk_item where site_id = %s and item = %s", (site_id, item)
    ).fetchone() is not None


def hold(site: Site, held: Held) -> None:
    """Keep an item for a person; the same once more changes nothing. Raises TryLater when a page
    has so many that nobody can have looked: then the device keeps it."""
    row = db.connection().execute(
        "select count(*) from kiosk_item where provider_id = %s and site_id = %s and state = %s",
        (site.place.provider_id, site.id, int(ItemState.HELD))).fetchone()
    if row and row[0] >= MOST:
        raise TryLater(retry_after=3_600)
    content = msgspec.json.encode(
        {"offset": held.offset.now, "back": held.offset.back,
         "clear": base64.b64encode(held.clear).decode()})
    key, cipher = secrets().keyring.encrypt(content, bound_to(site.id, held.item))
    db.connection().execute(
        "insert into kiosk_item (provider_id, brand_id, dealer_id, site_id, item, state, reason, "
        "claimed_at, contact_at, arrived_at, clock_changed, content_key, content_ct, marks) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (site_id, item) do nothing",
        (site.place.provider_id, site.place.brand_id, site.dealer_id, site.id, held.item,
         int(ItemState.HELD), held.reason, held.moment.claimed, held.bounds.contact,
         held.bounds.arrival, held.moment.clock_changed, key, cipher,
         _marks(site.place.provider_id, held.addresses)))


def _marks(provider_id: int, addresses: Sequence[str]) -> list[bytes]:
    """Of the addresses that can be read; what is no address finds nobody anyway."""
    found = []
    for text in addresses:
        try:
            address = parse_email(text) if "@" in text else parse_phone(text)
        except AddressError:
            continue
        found.append(secrets().addresses.of(provider_id, address))
    return found


def bound_to(site_id: int, item: str) -> bytes:
    """What the cipher of a waiting item is bound to."""
    return f"kiosk-item:{site_id}:{item}".encode()


def opened(number: int) -> Kept:
    """A held item with its content; the caller has seen that it may be seen. Raises Conflict when
    it was decided or wiped, InvalidInput when it cannot be opened any more."""
    row = db.connection().execute(
        "select site_id, item, arrived_at, content_key, content_ct from kiosk_item "
        "where id = %s and state = %s and content_ct is not null",
        (number, int(ItemState.HELD))).fetchone()
    if row is None:
        raise Conflict("Bu kayıt hakkında karar verilmiş.", "This one has been decided.",
                       code="decided")
    try:
        content = _content(row[0], row[1], row[3], bytes(row[4]))
    except CannotDecrypt as error:
        raise InvalidInput("Bu seçimin içeriği açılamıyor; yöneticiye bildirin.",
                           "What was said in this choice cannot be opened; tell your "
                           "administrator.", code="sealed") from error
    return Kept(number, row[0], row[1], row[2], Offset(content["offset"], content.get("back", 0)),
                base64.b64decode(content["clear"]))


def said_in(site_id: int, item: str, key: int, cipher: bytes) -> dict[str, Any]:
    """What a person said in a held item whose row the caller has: for the list, and for their own
    copy (KVKK 11). Raises CannotDecrypt."""
    said: dict[str, Any] = msgspec.json.decode(
        base64.b64decode(_content(site_id, item, key, cipher)["clear"]))
    return said


def _content(site_id: int, item: str, key: int, cipher: bytes) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(
        secrets().keyring.decrypt(key, cipher, bound_to(site_id, item)))
    return content


_DECIDE: Final = """
update kiosk_item set state = %s, decided_at = %s, decided_by = %s, content_key = null,
       content_ct = null, marks = '{}' where id = %s"""


def recorded(number: int, by: int) -> None:
    """Close an item that the ledger has, and wipe what it held. That is so whoever was quicker:
    what was put aside in the same moment is recorded all the same, and says so."""
    db.connection().execute(f"{_DECIDE} and state <> %s", (
        int(ItemState.RECORDED), clock.now(), by, number, int(ItemState.RECORDED)))


def put_aside(number: int, by: int) -> None:
    """Close an item of which nothing is recorded, and wipe what it held. Raises Conflict when it
    was decided, or when the ledger has it: then it is closed as recorded."""
    row = db.connection().execute(
        "select provider_id, site_id, item from kiosk_item where id = %s and state = %s",
        (number, int(ItemState.HELD))).fetchone()
    if row and ledger.submission_of(row[0], key_of(row[1], row[2])):
        recorded(number, by)
        raise Conflict("Bu seçim daha önce kaydedilmiş; kenara ayrılamaz.",
                       "This choice was recorded before; it cannot be put aside.", code="recorded")
    done = db.connection().execute(f"{_DECIDE} and state = %s", (
        int(ItemState.ASIDE), clock.now(), by, number, int(ItemState.HELD)))
    if not done.rowcount:
        raise Conflict("Bu kayıt hakkında karar verilmiş.", "This one has been decided.",
                       code="decided")


def wipe_old() -> int:
    """Wipe what nobody decided within :data:`DAYS` days, and what belongs to somebody whose data
    are restricted; how many."""
    return db.connection().execute(
        "update kiosk_item k set state = %s, content_key = null, content_ct = null, marks = '{}' "
        "where k.state = %s and (k.arrived_at < now() - make_interval(days => %s) or exists ("
        "select from restriction x join recipient r on r.provider_id = x.provider_id "
        "and r.id = x.recipient_id where x.provider_id = k.provider_id "
        "and x.since >= k.arrived_at and r.addr_hash = any(k.marks)) or exists ("
        "select from suppression u where u.provider_id = k.provider_id "
        "and u.since >= k.arrived_at and u.addr_hash = any(k.marks)))",
        (int(ItemState.WIPED), int(ItemState.HELD), DAYS)).rowcount


def forget_decided() -> int:
    """Delete what was decided or wiped so long ago that its device cannot bring it again: the
    tokens in it, made before it arrived, open nothing by then; how many."""
    return db.connection().execute(
        "delete from kiosk_item where state <> %s "
        "and coalesce(decided_at, arrived_at) < now() - make_interval(days => %s)",
        (int(ItemState.HELD), AWAY_DAYS)).rowcount
