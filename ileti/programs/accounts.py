"""API accounts at the door: a key is checked, tokens are given, a token says who calls.

Why this module exists: whoever holds a key may record consents for others. Guessing a user name's
secret grows slow as in the panel (:mod:`ileti.tenancy.logins`), a refresh token works once, and
each call looks at the account and its key: what was switched off, ended or has expired is out at
once, whatever tokens it gave. Life times of İYS's pair are İYS's (İYS API §1.2); those of OAuth's
client credentials are short, and the token itself is signed and names its key.
"""

from __future__ import annotations

import secrets as chance
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any, Final

from ileti.core import clock, db
from ileti.core.errors import IletiError
from ileti.core.secrets import secrets
from ileti.programs import keys
from ileti.tenancy import logins

ACCESS_SECONDS: Final = 7_200
REFRESH_SECONDS: Final = 14_400
BEARER_SECONDS: Final = 900
#: so many brands come with the caller; who has as many is asked about them one by one
MOST_BRANDS: Final = 8
_ACCESS, _REFRESH = 1, 2
_LONGEST: Final = 200
_PURPOSE: Final = "api-access"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how far it reaches; ``brand_id`` and ``dealer_id`` None mean all."""

    account_id: int
    provider_id: int
    brand_id: int | None
    dealer_id: int | None
    iys_code: int
    activation_date: date | None
    name: str
    scopes: frozenset[str]
    networks: tuple[str, ...]
    signs: bool
    key_id: int
    #: our number and İYS's of the brands it speaks for, all of them when they are below MOST_BRANDS
    brands: tuple[tuple[int, int], ...] = ()

    @property
    def reads_numbers(self) -> bool:
        """Whether dealers come with their identity and tax numbers, as at İYS."""
        return "dealers:numbers" in self.scopes

    def may_come_from(self, address: str) -> bool:
        """Whether the account may be called from a network address."""
        return not self.networks or _within(self.networks, address)


@dataclass(frozen=True, slots=True)
class Held:
    """A key as it is kept, with the caller it stands for."""

    hash: bytes
    keyed: bool
    prefix: str | None
    signing: str | None
    used_at: datetime | None
    caller: Caller


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


# -- who calls -------------------------------------------------------------------------------------


def caller_by_key(text: str) -> Caller | None:
    """Whose key it is; None when it is nobody's, or no longer good."""
    prefix = keys.prefix_of(text)
    held = held_by_prefix(prefix) if prefix else None
    if held is None or not keys.fits(text, held.hash, held.keyed):
        return None
    return used(held)


def caller_by_secret(username: str, secret: str, address: str) -> Caller | None:
    """Whose user name and key these are; None when the account's dealer may no longer call. Wrong
    tries are counted by user name and by network address. Raises WrongLogin, TooManyTries."""
    return used(_checked(username, secret, address))


def caller_of(token: str) -> Caller | None:
    """Whose access token it is; None when it is nobody's, too old, or its key, account, brand or
    dealer may no longer call."""
    if "." in token:
        return _caller_of_signed(token)
    held = _ask("k.id = (select key_id from api_token where digest = %s and kind = %s "
                "and expires_at > %s)", _digest(token), _ACCESS, clock.now())
    return used(held[0]) if held else None


def held_by_prefix(prefix: str) -> Held | None:
    """A key in force by its prefix."""
    found = _ask("k.prefix = %s", prefix)
    return found[0] if found else None


def used(held: Held) -> Caller:
    """The caller of this moment, noted as used once a minute."""
    now = clock.now()
    if held.used_at is None or held.used_at < now - timedelta(minutes=1):
        db.connection().execute(
            "with k as (update api_key set last_used_at = %s where id = %s returning account_id) "
            "update api_account a set last_used_at = %s from k where a.id = k.account_id",
            (now, held.caller.key_id, now))
    return held.caller


_HELD: Final = """
select k.hash, k.keyed, k.prefix, k.signing, k.last_used_at, a.id, a.provider_id, a.brand_id,
       a.dealer_id, p.iys_code, p.activation_date, a.name, a.scopes, a.networks, a.signs, k.id,
       array(select array[b.id, b.brand_code] from brand b where b.provider_id = a.provider_id
              and (a.brand_id is null or b.id = a.brand_id) order by b.id limit 8)
  from api_key k join api_account a on a.id = k.account_id
  join provider p on p.id = a.provider_id
  left join dealer d on d.id = a.dealer_id and d.provider_id = a.provider_id
 where k.ended_at is null and (k.expires_at is null or k.expires_at > %s)
   and a.disabled_at is null
   and (a.dealer_id is null or (d.status = 'active' and d.brand_id = a.brand_id))
   and """


def _ask(condition: str, *values: Any) -> list[Held]:
    rows = db.connection().execute(_HELD + condition, (clock.now(), *values)).fetchall()
    return [_held(row) for row in rows]


def _held(row: Sequence[Any]) -> Held:
    (digest, keyed, prefix, signing, used_at, account, provider, brand, dealer, code, activated,
     name, scopes, networks, signs, key, brands) = row
    return Held(bytes(digest), keyed, prefix, signing, used_at, Caller(
        account, provider, brand, dealer, code, activated, name, frozenset(scopes),
        tuple(networks), signs, key, tuple((own, code) for own, code in brands)))


def _checked(username: str, secret: str, address: str) -> Held:
    username = username[:_LONGEST].replace("\0", "")
    name = f"api:{username}"
    wait = logins.wait_before_login(name, address, guess=logins.Guess.PROGRAM)
    if wait:
        raise TooManyTries(wait)
    fitting = None
    for held in _ask("a.username = %s", username):
        if keys.fits(secret, held.hash, held.keyed):
            fitting = held
    if fitting is None:
        logins.count_failure(name, address, guess=logins.Guess.PROGRAM)
        raise WrongLogin
    logins.forgive(name, address, guess=logins.Guess.PROGRAM)
    if not fitting.keyed:
        keys.harden(fitting.caller.key_id, secret)
    return fitting


@lru_cache(maxsize=4096)
def _within(networks: tuple[str, ...], address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in ip_network(one) for one in networks)


# -- tokens ----------------------------------------------------------------------------------------


def log_in(username: str, secret: str, address: str) -> dict[str, Any]:
    """The first pair of tokens, as İYS answers it (§4), for an account that speaks İYS's protocol;
    raises WrongLogin, TooManyTries."""
    held = _checked(username, secret, address)
    _refuse_outsider(held.caller, address)
    return _open(held.caller.provider_id, held.caller.account_id, held.caller.key_id)


def refresh(token: str, address: str) -> dict[str, Any]:
    """The next pair for a refresh token, which is worth nothing afterwards; raises WrongLogin."""
    row = db.connection().execute(
        "delete from api_token where digest = %s and kind = %s and expires_at > %s "
        "returning key_id", (_digest(token), _REFRESH, clock.now())).fetchone()
    held = _ask("k.id = %s", row[0]) if row else []
    if not held:
        raise WrongLogin
    _refuse_outsider(held[0].caller, address)
    return _open(held[0].caller.provider_id, held[0].caller.account_id, held[0].caller.key_id)


def bearer(caller: Caller, scopes: frozenset[str]) -> str:
    """A signed token for BEARER_SECONDS that opens what both the account and ``scopes`` name."""
    return secrets().tokens(_PURPOSE).make({"k": caller.key_id, "s": sorted(scopes)},
                                           seconds=BEARER_SECONDS)


def _caller_of_signed(token: str) -> Caller | None:
    try:
        said = secrets().tokens(_PURPOSE).read(token)
    except IletiError:
        return None
    held = _ask("k.id = %s", said["k"])
    if not held:
        return None
    caller = used(held[0])
    return replace(caller, scopes=caller.scopes & frozenset(said["s"]))


def _refuse_outsider(caller: Caller, address: str) -> None:
    """İYS's protocol knows no signatures, so no account that must sign gets its tokens."""
    if caller.signs or not caller.may_come_from(address) or not caller.scopes & _TOKENS_OPEN:
        raise WrongLogin


#: what İYS's pair of tokens opens: İYS's protocol, and what it opened before there were others
_TOKENS_OPEN: Final = frozenset({"compat", "imports:write", "consents:ask", "proofs:write"})


def _open(provider_id: int, account_id: int, key_id: int) -> dict[str, Any]:
    access, again = chance.token_urlsafe(32), chance.token_urlsafe(32)
    now, conn = clock.now(), db.connection()
    conn.execute("delete from api_token where account_id = %s and expires_at < %s",
                 (account_id, now))
    conn.execute(
        "insert into api_token (digest, provider_id, account_id, key_id, kind, expires_at) "
        "values (%s, %s, %s, %s, %s, %s), (%s, %s, %s, %s, %s, %s)",
        (_digest(access), provider_id, account_id, key_id, _ACCESS,
         now + timedelta(seconds=ACCESS_SECONDS),
         _digest(again), provider_id, account_id, key_id, _REFRESH,
         now + timedelta(seconds=REFRESH_SECONDS)))
    return {
        "access_token": access, "refresh_token": again, "expires_in": ACCESS_SECONDS,
        "refresh_expires_in": REFRESH_SECONDS, "token_type": "bearer",
    }


def _digest(token: str) -> bytes:
    return sha256(b"api-token\x1f" + token.encode("utf-8", "surrogatepass")).digest()
