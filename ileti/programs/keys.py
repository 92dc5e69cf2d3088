"""Keys of API accounts: made, recognised, ended.

Why this module exists: a key is worth as much as a person who may record consents. It is 256 random
bits behind a prefix that says which key it is, shown once; what is kept is a hash under a key that
lies outside the database, so a dump opens nothing and nothing can be put in by hand. Several are
live at a time: a program moves to the new one before the old one ends, and no call fails.
"""

from __future__ import annotations

import hmac
import re
import secrets as chance
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.core import clock, db
from ileti.core.secrets import secrets

MARK: Final = "ilt_"
#: how a key of a sandbox begins, so that nobody takes it for a real one
TEST_MARK: Final = "ilt_test_"
MOST_LIVE: Final = 5
_FORM: Final = re.compile(r"ilt_(?:test_)?([0-9a-f]{10})_[A-Za-z0-9_-]{43}", re.ASCII)
_NOBODY: Final = bytes(32)
SIGNING_PURPOSE: Final = "api-signing"

_ADD: Final = """
insert into api_key (provider_id, account_id, prefix, hash, keyed, signing, created_by, expires_at)
values (%s, %s, %s, %s, true, %s, %s, %s) returning id"""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; ``text`` is shown once."""

    id: int
    text: str
    prefix: str


def make(conn: psycopg.Connection[Any], provider_id: int, account_id: int, *,
         by: int | None = None, expires_at: datetime | None = None,
         sandbox: bool = False) -> NewKey:
    """A new key of an account, of a sandbox or not, in the caller's transaction."""
    prefix = chance.token_hex(5)
    text = f"{TEST_MARK if sandbox else MARK}{prefix}_{chance.token_urlsafe(32)}"
    signing = secrets().keyring.encrypt_text(signing_key(text), SIGNING_PURPOSE)
    row = conn.execute(_ADD, (provider_id, account_id, prefix, keyed(older_hash(text)), signing,
                              by, expires_at)).fetchone()
    assert row is not None
    return NewKey(int(row[0]), text, prefix)


def prefix_of(text: str) -> str | None:
    """The prefix of what has the form of a key; None for anything else."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


def fits(text: str, kept: bytes | None, is_keyed: bool) -> bool:
    """Whether a secret is the one that was kept; takes as long for a wrong one."""
    given = older_hash(text)
    return hmac.compare_digest(bytes(kept or _NOBODY), keyed(given) if is_keyed else given) \
        and kept is not None


def harden(key_id: int, text: str) -> None:
    """Keep the keyed hash of a secret that was made before there was one."""
    db.system_connection().execute("update api_key set hash = %s, keyed = true where id = %s "
                            "and not keyed", (keyed(older_hash(text)), key_id))


def end(conn: psycopg.Connection[Any], key_id: int) -> bool:
    """End a key with the tokens it opened, in the caller's transaction; False when it had ended."""
    done = conn.execute("update api_key set ended_at = %s where id = %s and ended_at is null",
                        (clock.now(), key_id))
    conn.execute("delete from api_token where key_id = %s", (key_id,))
    return done.rowcount == 1


def older_hash(secret: str) -> bytes:
    """The hash without a key, as secrets of the first days are kept."""
    return sha256(b"api-secret\x1f" + secret.encode("utf-8", "surrogatepass")).digest()


def keyed(digest: bytes) -> bytes:
    """That hash under our key."""
    return hmac.digest(secrets().key_for("api-key"), digest, "sha256")


def signing_key(secret: str) -> str:
    """What a program signs with: SHA-256 of its secret in hex, so that the secret never travels."""
    return sha256(b"ileti-signing\x1f" + secret.encode()).hexdigest()


def open_signing_key(kept: str) -> bytes:
    """The signing key that was kept; raises CannotDecrypt."""
    return secrets().keyring.decrypt_text(kept, SIGNING_PURPOSE).encode()
