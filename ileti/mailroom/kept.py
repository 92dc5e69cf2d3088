"""Mailboxes, troubled addresses and what came back, as the panel reads and changes them.

Everything names its provider, behind the wall of whoever asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.consents import trouble
from ileti.consents.trouble import Kind
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import FieldError, InvalidInput, NotFound
from ileti.core.secrets import secrets
from ileti.mailroom import boxes
from ileti.mailroom.intake import Box, Outcome
from ileti.recipients.address import AddressError, mask, parse_email

Connection = psycopg.Connection[Any]
SHOWN: Final = 100
LONGEST_REASON: Final = 300
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


@dataclass(frozen=True)
class Seen:
    """A mailbox as the panel shows it."""

    id: int
    address: str
    brand: str | None
    host: str
    folder: str
    active: bool
    read_at: datetime | None
    problem: str | None
    door: bool


@dataclass(frozen=True)
class Troubled:
    """A recipient's address in trouble, masked."""

    recipient_id: int
    kind: Kind
    address: str
    status: str
    times: int
    first_at: datetime
    last_at: datetime


def mailboxes(conn: Connection, provider_id: int) -> list[Seen]:
    """All of a provider."""
    return [Seen(*row) for row in conn.execute(
        "select m.id, m.address, b.name, m.host, m.folder, m.active, m.read_at, m.problem, "
        "m.door_hash is not null from mailbox m left join brand b on b.id = m.brand_id "
        "where m.provider_id = %s order by m.address, m.id", (provider_id,)).fetchall()]


def add_mailbox(conn: Connection, provider_id: int, typed: dict[str, str], brands: set[int]) -> int:
    """Keep a mailbox; answers its number. Raises InvalidInput with a sentence per field."""
    wrong: list[FieldError] = []

    def bad(field: str, tr: str, en: str) -> None:
        wrong.append(FieldError(field, "invalid", tr, en))

    address, host = typed.get("address", "").strip().lower(), typed.get("host", "").strip().lower()
    try:
        address = parse_email(address)
    except AddressError:
        bad("address", "Bir e-posta adresi yazın.", "Write an e-mail address.")
    if host and not _HOST.fullmatch(host):
        bad("host", "Bir sunucu adı yazın, örnek: imap.ornek.com.tr",
            "Write a server’s name, as imap.example.com")
    port = int(typed["port"]) if re.fullmatch(r"[0-9]{1,5}", typed.get("port", "")) else 0
    if host and not 0 < port < 65_536:
        bad("port", "Bir kapı numarası yazın, örnek: 993", "Write a port, as 993")
    tls = typed.get("tls", "tls")
    if tls not in ("tls", "starttls", "none"):
        bad("tls", "Listeden seçin.", "Choose from the list.")
    if host and not (typed.get("username", "").strip() and typed.get("password", "")):
        bad("username", "Kullanıcı adını ve parolayı yazın.", "Write user name and password.")
    brand = int(typed["brand"]) if re.fullmatch(r"[0-9]{1,9}", typed.get("brand", "")) else None
    if typed.get("brand") and brand not in brands:
        bad("brand", "Listeden seçin.", "Choose from the list.")
    opened = typed.get("consent_address", "").strip().lower()
    if opened:
        try:
            opened = parse_email(opened)
        except AddressError:
            bad("consent_address", "Onay adresi bir e-posta adresi olmalı.",
                "The address for consents must be an e-mail address.")
        if brand is None:
            bad("brand", "Onay alan kutu bir markanın olur.",
                "A mailbox that takes consents is one brand’s.")
    server = typed.get("trusted_mx", "").strip().lower()
    if server and not _HOST.fullmatch(server):
        bad("trusted_mx", "Bir sunucu adı yazın, örnek: mx.ornek.com.tr",
            "Write a server’s name, as mx.example.com")
    if wrong:
        raise InvalidInput(errors=tuple(wrong))
    secret = secrets().keyring.encrypt_text(typed["password"], boxes.PURPOSE) if host else None
    row = conn.execute(
        "insert into mailbox (provider_id, brand_id, address, host, port, tls, username, secret, "
        "folder, consent_address, trusted_mx) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "returning id",
        (provider_id, brand, address, host, port or 993, tls, typed.get("username", "")[:254],
         secret, typed.get("folder", "").strip()[:120] or "INBOX", opened, server)).fetchone()
    assert row is not None
    return int(row[0])


def claimed(conn: Connection, provider_id: int, number: int) -> boxes.Claimed:
    """A mailbox to be tried; raises NotFound."""
    row = conn.execute(
        "select id, host, port, tls, username, secret, folder from mailbox "
        "where provider_id = %s and id = %s", (provider_id, number)).fetchone()
    if row is None:
        raise NotFound()
    try:
        password = secrets().keyring.decrypt_text(row[5], boxes.PURPOSE) if row[5] else ""
    except CannotDecrypt:
        password = ""
    return boxes.Claimed(Box(row[0], provider_id), row[1], row[2], row[3], row[4], password,
                         row[6], None, 0)


def switch(conn: Connection, provider_id: int, number: int, *, on: bool) -> None:
    """Read it or not; raises NotFound."""
    if conn.execute("update mailbox set active = %s, next_at = now(), problem = null "
                    "where provider_id = %s and id = %s", (on, provider_id, number)).rowcount != 1:
        raise NotFound()


def set_door(conn: Connection, provider_id: int, number: int, kept: bytes) -> None:
    """Give its address for pushed mails another secret; the one before takes nothing any more.
    Raises NotFound."""
    if conn.execute("update mailbox set door_hash = %s where provider_id = %s and id = %s",
                    (kept, provider_id, number)).rowcount != 1:
        raise NotFound()


def troubled(conn: Connection, provider_id: int) -> list[Troubled]:
    """What is not cleared, the newest first, at most :data:`SHOWN`; nobody whose records are kept
    for the law alone (R-64)."""
    rows = conn.execute(
        "select t.recipient_id, t.kind, r.key_no, r.addr_hash, r.addr_ct, t.status, t.times, "
        "t.first_at, t.last_at from address_trouble t join recipient r "
        "on r.provider_id = t.provider_id and r.id = t.recipient_id "
        "where t.provider_id = %s and t.cleared_at is null and r.addr_ct is not null "
        "and not is_restricted(t.provider_id, t.recipient_id, t.last_at) "
        "order by t.last_at desc, t.recipient_id limit %s", (provider_id, SHOWN)).fetchall()
    return [Troubled(row[0], Kind(row[1]), _masked(*row[2:5]), *row[5:]) for row in rows]


def _masked(key_no: int, digest: Any, cipher: Any) -> str:
    try:
        return mask(secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode())
    except CannotDecrypt:
        return "•••"


def clear(conn: Connection, provider_id: int, recipient_id: int, kind: int, reason: str) -> None:
    """A person knows better; raises NotFound, InvalidInput without a reason."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InvalidInput("Nedenini yazın: neyi, nereden biliyorsunuz?",
                           "Write the reason: what do you know, and from where?", code="reason")
    known = kind in {one.value for one in Kind}
    if not known or not trouble.clear(conn, provider_id, recipient_id, Kind(kind)):
        raise NotFound()


def for_people(conn: Connection, provider_id: int
               ) -> list[tuple[datetime, str, int | None, int]]:
    """Mails a person has to read: when, in which mailbox, under which UID, their number; the oldest
    first, since a refusal among them has waited longest (R-32)."""
    return conn.execute(
        "select r.came_at, m.address, r.uid, r.id from returned_mail r join mailbox m "
        "on m.id = r.mailbox_id where r.provider_id = %s and r.outcome in (5, 7) "
        "and r.decided_at is null and not (r.recipient_id is not null "
        "and is_restricted(r.provider_id, r.recipient_id, r.came_at)) "
        "order by r.id limit %s", (provider_id, SHOWN)).fetchall()


def counts(conn: Connection, provider_id: int) -> dict[Outcome, int]:
    """What came within thirty days, by what was done."""
    return {Outcome(row[0]): row[1] for row in conn.execute(
        "select outcome, count(*) from returned_mail where provider_id = %s "
        "and came_at > now() - interval '30 days' and outcome is not null group by 1",
        (provider_id,)).fetchall()}
