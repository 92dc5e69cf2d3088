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
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any, Final

import msgspec

from ileti.core import clock, db
from ileti.core.errors import IletiError
from ileti.core.reach import Reach
from ileti.core.secrets import secrets
from ileti.core.statement import Statement, pack_int8, pack_time
from ileti.programs import keys, scopes
from ileti.tenancy import logins, modules

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
    #: where this key may come from, beside what holds for its account
    nearer: tuple[str, ...] = ()
    #: whether this key speaks for less than its account
    narrowed: bool = False
    #: whether its provider has the second module; ``scopes`` are without that module's if not
    management: bool = True
    #: whose account it is, where it works in that provider's twin (docs/adr/0055)
    home: int | None = None

    @property
    def reach(self) -> Reach:
        """How far its statements reach into the database (ADR 0039)."""
        return Reach(self.provider_id, self.brand_id, self.dealer_id)

    @property
    def sandbox(self) -> bool:
        """Whether nothing it does is real."""
        return self.home is not None

    @property
    def home_id(self) -> int:
        """The provider it belongs to, where its calls are counted and told."""
        return self.provider_id if self.home is None else self.home

    @property
    def reads_numbers(self) -> bool:
        """Whether dealers come with their identity and tax numbers, as at İYS."""
        return "dealers:numbers" in self.scopes

    def may_come_from(self, address: str) -> bool:
        """Whether the account may be called with this key from a network address."""
        return all(not some or _within(some, address) for some in (self.networks, self.nearer))


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
    held = _ask(_BY_TOKEN, _digest(token))
    return used(held[0]) if held else None


def caller_by_number(key_id: int) -> Caller | None:
    """Who stands behind a key by its number, for what a job does in a program's name; None when it
    is no longer good."""
    found = _ask(_BY_NUMBER, pack_int8(key_id))
    return found[0].caller if found else None


def held_by_prefix(prefix: str) -> Held | None:
    """A key in force by its prefix."""
    found = _ask(_BY_PREFIX, prefix.encode())
    return found[0] if found else None


def used(held: Held) -> Caller:
    """The caller of this moment, noted as used once a minute."""
    now = clock.now()
    if held.used_at is None or held.used_at < now - timedelta(minutes=1):
        db.system_connection().execute(
            "with k as (update api_key set last_used_at = %s where id = %s returning account_id) "
            "update api_account a set last_used_at = %s from k where a.id = k.account_id",
            (now, held.caller.key_id, now))
    return held.caller


# One text instead of a row: the door of every call (docs/adr/0036). A key may hold less than its
# account and never more, whatever stands in its columns. One of a sandbox works in the twin, at
# what stands there for its brand and dealer; where nothing does yet, it is nobody's.
_HELD: Final = """
select coalesce(json_agg(json_build_array(
       encode(k.hash, 'hex'), k.keyed, k.prefix, k.signing, extract(epoch from k.last_used_at),
       a.id, p.id, w.brand, w.dealer, p.iys_code, p.activation_date, a.name, a.scopes,
       k.scopes, a.networks, k.networks, a.signs, k.id, k.only_brand_id is not null,
       (select coalesce(json_agg(json_build_array(b.id, b.brand_code)), '[]') from (
              select id, brand_code from brand where provider_id = p.id
                 and (w.brand is null or id = w.brand)
               order by id limit 8) b),
       case when w.dealer is null then '{}' else dealer_closed(p.id, w.brand, w.dealer) end,
       p.data_management, case when a.sandbox then a.provider_id end)), '[]')::text
  from api_key k join api_account a on a.id = k.account_id
 cross join lateral (
       select a.provider_id as provider, coalesce(a.brand_id, k.only_brand_id) as brand,
              coalesce(a.dealer_id, k.only_dealer_id) as dealer where not a.sandbox
        union all
       select t.id, b.id, d.id from provider t
         left join brand b on b.provider_id = t.id
               and b.twin_of = coalesce(a.brand_id, k.only_brand_id)
         left join dealer d on d.provider_id = t.id
               and d.twin_of = coalesce(a.dealer_id, k.only_dealer_id)
        where a.sandbox and t.sandbox_of = a.provider_id and t.sandbox_retired_at is null
          and (b.id is not null or coalesce(a.brand_id, k.only_brand_id) is null)
          and (d.id is not null or coalesce(a.dealer_id, k.only_dealer_id) is null)) w
  join provider p on p.id = w.provider
 where k.ended_at is null and (k.expires_at is null or k.expires_at > $1)
   and a.disabled_at is null
   and (k.only_brand_id is null or a.brand_id is null or k.only_brand_id = a.brand_id)
   and (k.only_dealer_id is null or a.dealer_id is null or k.only_dealer_id = a.dealer_id)
   and (w.dealer is null or exists (
        select from dealer d where d.provider_id = p.id and d.status = 'active'
           and d.id = w.dealer and d.brand_id = w.brand))
   and """


def _statement(name: str, condition: str, *kinds: str) -> Statement:
    return Statement(f"api_held_{name}", _HELD + condition, ("timestamptz", *kinds))


_BY_PREFIX: Final = _statement("prefix", "k.prefix = $2", "text")
_BY_NUMBER: Final = _statement("number", "k.id = $2", "int8")
_BY_NAME: Final = _statement("name", "a.username = $2", "text")
_BY_TOKEN: Final = _statement(
    "token", "k.id = (select key_id from api_token where digest = $2 and kind = 1 "
    "and expires_at > $1)", "bytea")


def _ask(statement: Statement, value: bytes) -> list[Held]:
    told = statement.value(db.system_connection(), [pack_time(clock.now()), value])
    return [_held(row) for row in msgspec.json.decode(told)]


def _held(row: Sequence[Any]) -> Held:
    (digest, keyed, prefix, signing, used_at, account, provider, brand, dealer, code, activated,
     name, may, fewer, networks, nearer, signs, key, narrowed, brands, closed, management,
     home) = row
    allowed = frozenset(may) if fewer is None else frozenset(may) & frozenset(fewer)
    return Held(
        bytes.fromhex(digest), keyed, prefix, signing,
        None if used_at is None else datetime.fromtimestamp(used_at, UTC), Caller(
            account, provider, brand, dealer, code,
            None if activated is None else date.fromisoformat(activated), name,
            modules.scopes_held(scopes.open_at_dealer(allowed, closed), management=management),
            tuple(networks), signs, key, tuple((own, number) for own, number in brands),
            tuple(nearer), narrowed, management, home))


def _checked(username: str, secret: str, address: str) -> Held:
    username = username[:_LONGEST].replace("\0", "")
    name = f"api:{username}"
    wait = logins.wait_before_login(name, address, guess=logins.Guess.PROGRAM)
    if wait:
        raise TooManyTries(wait)
    fitting = None
    for held in _ask(_BY_NAME, username.encode("utf-8", "replace")):
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
    return _open(held.caller.home_id, held.caller.account_id, held.caller.key_id)


def refresh(token: str, address: str) -> dict[str, Any]:
    """The next pair for a refresh token, which is worth nothing afterwards; raises WrongLogin."""
    row = db.system_connection().execute(
        "delete from api_token where digest = %s and kind = %s and expires_at > %s "
        "returning key_id", (_digest(token), _REFRESH, clock.now())).fetchone()
    held = _ask(_BY_NUMBER, pack_int8(row[0])) if row else []
    if not held:
        raise WrongLogin
    _refuse_outsider(held[0].caller, address)
    return _open(held[0].caller.home_id, held[0].caller.account_id, held[0].caller.key_id)


def bearer(caller: Caller, scopes: frozenset[str]) -> str:
    """A signed token for BEARER_SECONDS that opens what both the account and ``scopes`` name."""
    return secrets().tokens(_PURPOSE).make({"k": caller.key_id, "s": sorted(scopes)},
                                           seconds=BEARER_SECONDS)


def _caller_of_signed(token: str) -> Caller | None:
    try:
        said = secrets().tokens(_PURPOSE).read(token)
    except IletiError:
        return None
    held = _ask(_BY_NUMBER, pack_int8(said["k"]))
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
    now, conn = clock.now(), db.system_connection()
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
