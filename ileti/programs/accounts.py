"""API accounts at the door: the secret is checked, tokens are given, a token says who calls.

Why this module exists: whoever holds a token may record consents for others. So secrets and tokens
are random and kept as hashes, a refresh token works once, guessing grows slow as in the panel
(:mod:`ileti.tenancy.logins`), and each call looks at the account itself: one that was switched off
is out at once, whatever tokens it holds. Life times are İYS's (İYS API §1.2).
"""

from __future__ import annotations

import hmac
import secrets as chance
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from ileti.core import clock, db
from ileti.tenancy import logins

ACCESS_SECONDS: Final = 7_200
REFRESH_SECONDS: Final = 14_400
_ACCESS, _REFRESH = 1, 2
_NOBODY: Final = bytes(32)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is, and how far it reaches; ``brand_id`` and ``dealer_id`` None mean all."""

    account_id: int
    provider_id: int
    brand_id: int | None
    dealer_id: int | None
    iys_code: int
    activation_date: date | None
    reads_numbers: bool
    brings_lists: bool
    name: str
    reads_consents: bool
    brings_proofs: bool


class WrongLogin(Exception):
    """User name and secret, or refresh token, are not those of an account in use."""


class TooManyTries(Exception):
    """Guessed too often; ``seconds`` until the next try is listened to."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__("guessed too often")


def new_username() -> str:
    """A user name nobody has."""
    return f"api-{chance.token_hex(6)}"


def new_secret() -> tuple[str, bytes]:
    """A secret to be shown once, and what is kept of it."""
    secret = chance.token_urlsafe(32)
    return secret, _secret_hash(secret)


def log_in(username: str, secret: str, address: str) -> dict[str, Any]:
    """The first pair of tokens, as İYS answers it (§4); raises WrongLogin, TooManyTries."""
    return _open(*_checked(username, secret, address))


def caller_by_secret(username: str, secret: str, address: str) -> Caller | None:
    """Whose user name and secret these are, for calls that bring both; None when the account's
    dealer may no longer call. Raises WrongLogin, TooManyTries."""
    account_id, _provider_id = _checked(username, secret, address)
    row = db.connection().execute(_CALLER_BY_ID, (account_id,)).fetchone()
    return None if row is None else _called(row)


def _checked(username: str, secret: str, address: str) -> tuple[int, int]:
    """Account and provider; wrong tries are counted by user name and by network address."""
    username = username[:_LONGEST].replace("\0", "")
    name = f"api:{username}"
    wait = logins.wait_before_login(name, address, guess=logins.Guess.PROGRAM)
    if wait:
        raise TooManyTries(wait)
    row = db.connection().execute(
        "select id, provider_id, secret_hash from api_account "
        "where username = %s and disabled_at is null", (username,)).fetchone()
    kept = bytes(row[2]) if row is not None and row[2] is not None else _NOBODY
    if not hmac.compare_digest(kept, _secret_hash(secret)) or row is None:
        logins.count_failure(name, address, guess=logins.Guess.PROGRAM)
        raise WrongLogin
    logins.forgive(name, address, guess=logins.Guess.PROGRAM)
    return row[0], row[1]


def refresh(token: str) -> dict[str, Any]:
    """The next pair for a refresh token, which is worth nothing afterwards; raises WrongLogin."""
    row = db.connection().execute(
        "delete from api_token t using api_account a where t.digest = %s and t.kind = %s "
        "and a.id = t.account_id and a.disabled_at is null and t.expires_at > %s "
        "returning a.id, a.provider_id", (_digest(token), _REFRESH, clock.now())).fetchone()
    if row is None:
        raise WrongLogin
    return _open(*row)


def caller_of(token: str) -> Caller | None:
    """Whose access token it is; None when it is nobody's, too old, or its account, brand or dealer
    may no longer call."""
    row = db.connection().execute(
        _CALLER_BY_TOKEN, (_digest(token), _ACCESS, clock.now())).fetchone()
    return None if row is None else _called(row)


def _called(row: Sequence[Any]) -> Caller:
    """The caller of this moment, noted as used once a minute."""
    now = clock.now()
    if row[0] is None or row[0] < now - timedelta(minutes=1):
        db.connection().execute(
            "update api_account set last_used_at = %s where id = %s", (now, row[1]))
    return Caller(*row[1:])


_CALLER: Final = """
select a.last_used_at, a.id, a.provider_id, a.brand_id, a.dealer_id, p.iys_code,
       p.activation_date, a.reads_numbers, a.brings_lists, a.name,
       a.reads_consents, a.brings_proofs
  from api_account a join provider p on p.id = a.provider_id
  left join dealer d on d.id = a.dealer_id and d.provider_id = a.provider_id
 where a.disabled_at is null
   and (a.dealer_id is null or (d.status = 'active' and d.brand_id = a.brand_id))
   and """
_CALLER_BY_TOKEN: Final = _CALLER + (  # noqa: S608 (our words)
    "a.id = (select account_id from api_token where digest = %s and kind = %s and expires_at > %s)")
_CALLER_BY_ID: Final = _CALLER + "a.id = %s"


def _open(account_id: int, provider_id: int) -> dict[str, Any]:
    access, again = chance.token_urlsafe(32), chance.token_urlsafe(32)
    now, conn = clock.now(), db.connection()
    conn.execute("delete from api_token where account_id = %s and expires_at < %s",
                 (account_id, now))
    conn.execute(
        "insert into api_token (digest, provider_id, account_id, kind, expires_at) "
        "values (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)",
        (_digest(access), provider_id, account_id, _ACCESS, now + timedelta(seconds=ACCESS_SECONDS),
         _digest(again), provider_id, account_id, _REFRESH,
         now + timedelta(seconds=REFRESH_SECONDS)))
    return {
        "access_token": access, "refresh_token": again, "expires_in": ACCESS_SECONDS,
        "refresh_expires_in": REFRESH_SECONDS, "token_type": "bearer",
    }


def _digest(token: str) -> bytes:
    return sha256(b"api-token\x1f" + token.encode("utf-8", "surrogatepass")).digest()


def _secret_hash(secret: str) -> bytes:
    return sha256(b"api-secret\x1f" + secret.encode("utf-8", "surrogatepass")).digest()
