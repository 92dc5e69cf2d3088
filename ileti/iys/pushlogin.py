"""The credentials with which İYS reaches us, of our own making: one pair per provider and channel.

Why this module exists: whoever holds them can tell us that somebody refused. İYS wants them again
for removal, so they cannot simply be forgotten, and in clear they have no place in the database. So
the password is made from the installation's key and the user name each time it is needed, and what
is kept is a hash of it: a stolen dump lets nobody in, and after a change of the key what was
registered goes on working until it is registered anew.
"""

from __future__ import annotations

import base64
import hmac
import secrets as chance
from dataclasses import dataclass
from hashlib import sha256

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.crypto import QuickMac
from ileti.core.secrets import secrets

_NOBODY = bytes(32)


@dataclass(frozen=True, slots=True)
class Login:
    """Whose credentials they are; ``brand_ids`` are the brands whose registration İYS confirmed."""

    provider_id: int
    channel: Channel
    brand_ids: tuple[int, ...]


def login_for(provider_id: int, channel: Channel) -> tuple[str, str]:
    """User name and password for İYS, made at the first call and the same from then on."""
    conn = db.connection()
    asked = (provider_id, int(channel))
    for _ in range(2):
        row = conn.execute(
            "select username from iys_push where provider_id = %s and channel = %s", asked
        ).fetchone()
        if row is not None:
            password = _password(row[0])
            conn.execute("update iys_push set secret_hash = %s where provider_id = %s "
                         "and channel = %s and secret_hash <> %s",
                         (_hash(password), *asked, _hash(password)))
            return row[0], password
        username = f"iys-{chance.token_hex(8)}"
        conn.execute(
            "insert into iys_push (provider_id, channel, username, secret_hash) "
            "values (%s, %s, %s, %s) on conflict do nothing",
            (*asked, username, _hash(_password(username))))
    raise RuntimeError("the credentials were taken away while they were made")


def check(username: str, password: str) -> Login | None:
    """Whose credentials these are, or None; as slow for a known user name as for an unknown one."""
    row = db.connection().execute(
        "select provider_id, channel, brand_ids, secret_hash from iys_push where username = %s",
        (username[:64],)).fetchone()
    kept = bytes(row[3]) if row is not None else _NOBODY
    if not hmac.compare_digest(kept, _hash(password)) or row is None:
        return None
    return Login(row[0], Channel(row[1]), tuple(row[2]))


def mark_registered(provider_id: int, channel: Channel, brand_id: int, *, on: bool) -> None:
    """Note that İYS confirmed, or took away, a brand's registration."""
    change = "array_append(array_remove(brand_ids, %(b)s), %(b)s)" if on \
        else "array_remove(brand_ids, %(b)s)"
    db.connection().execute(
        f"update iys_push set brand_ids = {change} "  # noqa: S608 (one of two own texts)
        "where provider_id = %(p)s and channel = %(c)s",
        {"p": provider_id, "c": int(channel), "b": brand_id})


def _password(username: str) -> str:
    made = QuickMac(secrets().key_for("iys-push")).of(username.encode())
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(password: str) -> bytes:
    return sha256(b"iys-push\x1f" + password.encode("utf-8", "surrogatepass")).digest()
