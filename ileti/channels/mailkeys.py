"""The keys that sign a provider's mails: made here or brought, kept sealed, changed without a gap.

Why this module exists: a receiver looks the public half up in the sender's DNS, which somebody else
keeps and which takes a day. So a key is made first, its record shown to be copied, and used only
when a person says that it stands there. The one before stays in DNS for the mails still on their
way. A key belongs to one provider: another that writes the same domain as its sender signs nothing
(docs/adr/0049).
"""

from __future__ import annotations

import re
import secrets as random
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.channels.dkimsign import BadKey, Signer, new_key, record_value
from ileti.core import clock, db
from ileti.core.errors import InvalidInput, NotFound
from ileti.core.secrets import secrets

Connection = psycopg.Connection[Any]
PURPOSE: Final = "mail-key"  # as the column EncryptedText declares it
FRESH_SECONDS: Final = 60.0
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_SELECTOR: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Key:
    """A key as the panel shows it: never its private half."""

    id: int
    domain: str
    selector: str
    record: str
    created_at: datetime
    used_from: datetime | None
    used_until: datetime | None

    @property
    def host(self) -> str:
        """Where the record stands in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"

    @property
    def in_use(self) -> bool:
        """Whether mails are signed with it now."""
        return self.used_from is not None and self.used_until is None


def add(conn: Connection, provider_id: int, domain: str, *, brought: str = "",
        selector: str = "") -> int:
    """Keep a key for a domain, a fresh one unless ``brought`` (PEM); answers its number. It is not
    in use yet. Raises InvalidInput with the field's words."""
    name = domain.strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(name):
        raise InvalidInput("Alan adı yazın, örnek: magaza.com.tr", "Write a domain, as shop.com.tr",
                         code="domain")
    chosen = selector.strip().lower() or _selector()
    if not _SELECTOR.fullmatch(chosen):
        raise InvalidInput("Seçici yalnız harf, rakam ve tire içerir.",
                         "A selector has letters, digits and hyphens only.", code="selector")
    pem = brought.strip() or new_key()
    try:
        record = record_value(pem)
    except BadKey:
        raise InvalidInput(
            "Parolasız, 1024 ile 4096 bit arası bir RSA özel anahtarı (PEM) gerekir.",
            "An RSA private key (PEM) of 1024 to 4096 bits without a password is needed.",
            code="private") from None
    sealed = secrets().keyring.encrypt_text(pem, PURPOSE)
    row = conn.execute(
        "insert into mail_key (provider_id, domain, selector, private, record) "
        "values (%s, %s, %s, %s, %s) on conflict do nothing returning id",
        (provider_id, name, chosen, sealed, record)).fetchone()
    if row is None:
        raise InvalidInput("Bu seçici bu alan adında zaten var.",
                         "This selector exists for this domain already.", code="selector")
    return int(row[0])


def _selector() -> str:
    return f"ileti{clock.today():%Y%m}{random.token_hex(2)}"


def use(conn: Connection, provider_id: int, number: int) -> Key:
    """Sign with this key from now on; the one before rests. Raises NotFound."""
    key = find(conn, provider_id, number)
    if key.in_use:
        return key
    conn.execute("update mail_key set used_until = now() where provider_id = %s and domain = %s "
                 "and used_from is not null and used_until is null", (provider_id, key.domain))
    conn.execute("update mail_key set used_from = now(), used_until = null "
                 "where provider_id = %s and id = %s", (provider_id, number))
    forget()
    return find(conn, provider_id, number)


def stop(conn: Connection, provider_id: int, number: int) -> Key:
    """Sign with it no more, so that the domain's mails go unsigned. Raises NotFound."""
    conn.execute("update mail_key set used_until = now() where provider_id = %s and id = %s "
                 "and used_from is not null and used_until is null", (provider_id, number))
    forget()
    return find(conn, provider_id, number)


_SEEN: Final = "id, domain, selector, record, created_at, used_from, used_until"


def find(conn: Connection, provider_id: int, number: int) -> Key:
    """One key; raises NotFound."""
    row = conn.execute(f"select {_SEEN} from mail_key where provider_id = %s and id = %s",  # noqa: S608
                       (provider_id, number)).fetchone()
    if row is None:
        raise NotFound()
    return Key(*row)


def listed(conn: Connection, provider_id: int) -> list[Key]:
    """A provider's keys, those in use first."""
    return [Key(*row) for row in conn.execute(
        f"select {_SEEN} from mail_key where provider_id = %s order by domain, "  # noqa: S608
        "(used_from is not null and used_until is null) desc, id desc", (provider_id,)).fetchall()]


class KeptSigners:
    """The signers in use, read once a minute; what another process changes is seen by then. The key
    before stays in DNS, so a minute with it does no harm."""

    def of(self, provider_id: int, domain: str) -> Signer | None:
        """The signer in use, None when mails of the domain go unsigned. Raises psycopg's errors and
        CannotDecrypt: an unsigned mail of a domain that promises signatures would be refused."""
        found = _kept.get((provider_id, domain))
        if found is not None and time.monotonic() < found[0]:
            return found[1]
        row = db.system_connection().execute(
            "select selector, private from mail_key where provider_id = %s and domain = %s "
            "and used_from is not null and used_until is null", (provider_id, domain)).fetchone()
        signer = row and Signer(domain, row[0], secrets().keyring.decrypt_text(row[1], PURPOSE))
        _kept[provider_id, domain] = (time.monotonic() + FRESH_SECONDS, signer or None)
        return signer or None


_kept: dict[tuple[int, str], tuple[float, Signer | None]] = {}


def forget() -> None:
    """Read again at the next mail."""
    _kept.clear()
