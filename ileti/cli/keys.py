"""Bring in a new encryption key, rewrite what older ones keep, and let an old one go.

Why this module exists: a key that was seen by the wrong eyes must be replaceable without a day off
and without losing an address (fault row 53). Every key in ``ENCRYPTION_KEYS`` decrypts and the
highest number encrypts, so a new key works beside the old; this room rewrites the old ciphers, a
thousand at a time, each chunk in a transaction of its own, so that a kill costs one chunk and a
second run goes on. It works as the owner of the tables, since the application may not change what
is proof (docs/adr/0013); ciphers are no part of any commitment, the leaf is over what they hide.
A row is written only if it still holds the cipher that was read: what is erased meanwhile stays
erased.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config import Settings, WrongSetting, parse_keyring
from ileti.capture import kioskheld
from ileti.channels import assent
from ileti.channels.messages import bound_to
from ileti.core.columns import EncryptedText
from ileti.core.crypto import CannotDecrypt, Keyring
from ileti.core.db import dsn
from ileti.core.failpoints import reach
from ileti.core.secrets import open_secrets
from ileti.fields import kept as values
from ileti.inbound import sealed
from ileti.mailroom import sealed as mails

CHUNK = 1_000
HIGHEST = 32_767


@dataclass(frozen=True, slots=True)
class Kept:
    """One column of ciphers. With ``number`` (a column) the cipher is bytes bound to what ``bound``
    makes of ``extras``; without it, text ``number.base64`` bound to ``purpose``."""

    table: str
    ids: tuple[str, ...]
    cipher: str
    number: str = ""
    extras: tuple[str, ...] = ()
    bound: Callable[[Sequence[Any]], bytes] | None = None
    purpose: str = ""


@dataclass
class Progress:
    """What one column's rewriting did."""

    column: str
    rewritten: int = 0
    unreadable: int = 0


BYTES = (
    Kept("recipient", ("provider_id", "id"), "addr_ct", "key_no", ("addr_hash",),
         lambda row: bytes(row[0])),
    Kept("submission", ("provider_id", "id"), "person_ct", "person_key", ("idem",),
         lambda row: str(row[0]).encode()),
    *(Kept(table, ("provider_id", owner, "field_id"), "value_ct", "key_no",
           ("provider_id", "field_id", "bound"),
           lambda row: values.bound_to(row[0], row[1], bytes(row[2])))
      for table, owner in (("recipient_value", "recipient_id"), ("entry_value", "entry_id"))),
    Kept("message", ("id",), "content_ct", "content_key", ("provider_id", "recipient_id", "kind"),
         lambda row: bound_to(row[0], row[1], row[2])),
    Kept("message", ("id",), "sent_ct", "sent_key", ("provider_id", "recipient_id", "id"),
         lambda row: assent.bound_to(row[0], row[1], row[2])),
    Kept("inbound_message", ("id",), "text_ct", "text_key", ("provider_id", "outside_id"),
         lambda row: sealed.bound_to(row[0], row[1])),
    Kept("returned_mail", ("id",), "text_ct", "text_key", ("mailbox_id", "digest"),
         lambda row: mails.bound_to(row[0], bytes(row[1]))),
    Kept("kiosk_item", ("id",), "content_ct", "content_key", ("site_id", "item"),
         lambda row: kioskheld.bound_to(row[0], row[1])),
)
LOOSE = (Kept("iys_movement", ("provider_id", "brand_id", "digest"), "raw_ct",
              purpose="iys-movement"),)


def columns() -> list[Kept]:
    """Every column that holds ciphers: those of bytes, and all declared as EncryptedText."""
    from ileti.models import metadata

    found = [*BYTES, *LOOSE]
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText):
                found.append(Kept(table.name, tuple(c.name for c in table.primary_key),
                                  column.name, purpose=column.type.purpose))
    return found


def owner(settings: Settings) -> psycopg.Connection[Any]:
    """A connection of the tables' owner; WrongSetting when it does not answer."""
    url = settings.database_owner_url or settings.database_url
    try:
        return psycopg.connect(dsn(settings.model_copy(update={"database_url": url})),
                               autocommit=True, connect_timeout=5, options="-c lock_timeout=5000")
    except psycopg.OperationalError as error:
        raise WrongSetting(
            "The database does not answer: start `ileti up`, or set DATABASE_OWNER_URL.") from error


def usage(conn: psycopg.Connection[Any]) -> dict[int, dict[str, int]]:
    """Rows by key number and column; reads every table once."""
    found: dict[int, dict[str, int]] = {}
    for kept in columns():
        number = (sql.Identifier(kept.number) if kept.number else
                  sql.SQL("split_part({}, '.', 1)::int").format(sql.Identifier(kept.cipher)))
        asked = sql.SQL("select {n}, count(*) from {t} where {c} is not null and {filled} "
                        "group by 1").format(
            n=number, t=sql.Identifier(kept.table), c=sql.Identifier(kept.cipher),
            filled=_filled(kept))
        for key, count in conn.execute(asked).fetchall():
            found.setdefault(int(key), {})[f"{kept.table}.{kept.cipher}"] = count
    return found


def re_encrypt(settings: Settings,
               say: Callable[[str, int], None] | None = None) -> list[Progress]:
    """Rewrite everything that is not under the newest key; ``say`` hears column and rows so far."""
    ring = open_secrets(settings).keyring
    done = []
    with owner(settings) as conn:
        for kept in columns():
            progress = Progress(f"{kept.table}.{kept.cipher}")
            for rewritten, unreadable in _chunks(conn, ring, kept):
                progress.rewritten += rewritten
                progress.unreadable += unreadable
                if say is not None:
                    say(progress.column, progress.rewritten)
                reach("keys.chunk")
            done.append(progress)
    return done


def _filled(kept: Kept) -> sql.Composable:
    return sql.SQL("true") if kept.number else sql.SQL("{} <> ''").format(
        sql.Identifier(kept.cipher))


def _chunks(conn: psycopg.Connection[Any], ring: Keyring,
            kept: Kept) -> Iterator[tuple[int, int]]:
    """Rewrite one column chunk by chunk along its primary key; (rewritten, unreadable) of each."""
    ids = sql.SQL(", ").join(map(sql.Identifier, kept.ids))
    cipher = sql.Identifier(kept.cipher)
    old = (sql.SQL("{} <> {}").format(sql.Identifier(kept.number), ring.newest) if kept.number
           else sql.SQL("not starts_with({}, {})").format(cipher, f"{ring.newest}."))
    wanted = [ids, cipher, *map(sql.Identifier, [kept.number] if kept.number else []),
              *map(sql.Identifier, kept.extras)]
    places = sql.SQL(", ").join([sql.Placeholder()] * len(kept.ids))
    ask = sql.SQL("select {} from {} where {} is not null and {} and {} and {{}} order by {} "
                  "limit {}").format(sql.SQL(", ").join(wanted), sql.Identifier(kept.table), cipher,
                                     _filled(kept), old, ids, CHUNK)
    write = sql.SQL("update {} set {} where ({}) = ({}) and {} = %s").format(
        sql.Identifier(kept.table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name))
                           for name in [kept.cipher, *([kept.number] if kept.number else [])]),
        ids, places, cipher)
    after: tuple[Any, ...] = ()
    head = ask.as_string(conn)
    while True:
        rows = conn.execute(
            head.replace("{}", f"({ids.as_string(conn)}) > ({places.as_string(conn)})"
                         if after else "true"), after).fetchall()  # type: ignore[arg-type]
        if not rows:
            return
        news, unreadable = [], 0
        for row in rows:
            try:
                news.append(_rewritten(ring, kept, row))
            except CannotDecrypt:
                unreadable += 1
        with conn.transaction(), conn.cursor() as cursor:
            cursor.executemany(write, news)
        yield len(news), unreadable
        after = tuple(rows[-1][:len(kept.ids)])


def _rewritten(ring: Keyring, kept: Kept, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Parameters of the row's update; raises CannotDecrypt."""
    ids, cipher, rest = row[:len(kept.ids)], row[len(kept.ids)], row[len(kept.ids) + 1:]
    if kept.bound is None:
        try:
            clear = ring.decrypt_text(cipher, kept.purpose)
        except ValueError as error:
            raise CannotDecrypt("no cipher") from error
        return ring.encrypt_text(clear, kept.purpose), *ids, cipher
    if any(one is None for one in rest[1:]):
        raise CannotDecrypt("what it is bound to is gone")
    bound = kept.bound(rest[1:])
    number, fresh = ring.encrypt(ring.decrypt(rest[0], bytes(cipher), bound), bound)
    return fresh, number, *ids, cipher


def add(settings: Settings) -> tuple[int, str]:
    """A new key with the next number, as it stands in ENCRYPTION_KEYS. In development it is written
    to ``secrets.env``; in production whoever keeps the secrets brings it to all hosts."""
    ring = parse_keyring(settings.encryption_keys)
    number = max(ring) + 1
    if number > HIGHEST:
        raise WrongSetting(f"{HIGHEST} is the highest key number.")
    part = f"{number}:{base64.b64encode(os.urandom(32)).decode()}"
    if not settings.production:
        _write_ring(settings.ileti_var, f"{settings.encryption_keys},{part}")
    return number, part


def retire(settings: Settings, number: int) -> str:
    """The ENCRYPTION_KEYS without this key; WrongSetting while anything is kept under it."""
    ring = parse_keyring(settings.encryption_keys)
    if number not in ring:
        raise WrongSetting(f"ENCRYPTION_KEYS has no key {number}.")
    if number == max(ring):
        raise WrongSetting(f"Key {number} encrypts now; add a newer one first (ileti keys add).")
    with owner(settings) as conn:
        left = usage(conn).get(number, {})
    if left:
        rows = ", ".join(f"{count} in {column}" for column, count in sorted(left.items()))
        raise WrongSetting(f"Key {number} still keeps {rows}: run `ileti keys re-encrypt` first.")
    rest = ",".join(part.strip() for part in settings.encryption_keys.split(",")
                    if int(part.strip().partition(":")[0]) != number)
    if not settings.production:
        _write_ring(settings.ileti_var, rest)
    return rest


def _write_ring(folder: Path, ring: str) -> None:
    """Put the new ring into secrets.env; the file is whole at every moment."""
    path = folder / "secrets.env"
    if not path.exists():
        raise WrongSetting("ENCRYPTION_KEYS comes from the environment: change it there.")
    lines = [f"ENCRYPTION_KEYS={ring}" if line.startswith("ENCRYPTION_KEYS=") else line
             for line in path.read_text().splitlines()]
    handle = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    path.with_suffix(".new").rename(path)
