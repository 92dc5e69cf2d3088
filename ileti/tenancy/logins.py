"""What the database keeps about signing in: who is signed in, and how often it was tried wrongly.

Bare SQL without Flask, so that the panel, the command line and the upkeep job end sessions by the
same few lines. Guessing is slow (ASVS 6.3.1), and slow for the guesser: tries are counted per user
name *and network*, so that nobody locks somebody else out from afar. Against guessing from many
networks at once there is a count of the name alone, far higher; it does not concern a browser from
which the user signed in before, which has a count of its own. Everything is kept as keyed hashes,
because a plain hash of an address or a user name is found by trying.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import math
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from ileti.core import clock, db
from ileti.core.secrets import secrets

FREE_TRIES: Final = 5  # of one user name from one network, or one known browser
FREE_EVERYWHERE: Final = 40  # of one user name from all networks together
FREE_FROM_ADDRESS: Final = 30  # a whole office may come from one address
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(hours=1)


def end_sessions(user_id: int) -> int:
    """End every session of a user, because rights or password changed; how many there were."""
    done = db.system_connection().execute("delete from user_session where user_id = %s", (user_id,))
    return done.rowcount


def end_session(user_id: int, key: bytes) -> int:
    """End one session of a user; 1 when there was one."""
    done = db.system_connection().execute(
        "delete from user_session where user_id = %s and key = %s", (user_id, key))
    return done.rowcount


def end_other_sessions(user_id: int, but: bytes) -> int:
    """End every session of a user but this one; how many."""
    done = db.system_connection().execute(
        "delete from user_session where user_id = %s and key <> %s", (user_id, but))
    return done.rowcount


def session_key(token: str) -> bytes:
    """What stands in the database for a session's value."""
    return sha256(token.encode()).digest()


def note_seen(user_id: int) -> None:
    """Note that a user is at work; written at most once a minute."""
    now = clock.now()
    db.system_connection().execute(
        "insert into user_security (user_id, seen_at) select id, %s from ab_user where id = %s "
        "on conflict (user_id) do update set seen_at = excluded.seen_at "
        "where coalesce(user_security.seen_at, '-infinity') < %s",
        (now, user_id, now - timedelta(minutes=1)))


def last_seen(user_ids: list[int]) -> dict[int, datetime]:
    """When users last worked, in one statement."""
    rows = db.system_connection().execute(
        "select user_id, seen_at from user_security where user_id = any(%s) "
        "and seen_at is not null", (user_ids,)).fetchall()
    return dict(rows)


def end_expired() -> int:
    """Clear away sessions that have run out; how many."""
    done = db.system_connection().execute(
        "delete from user_session where expires_at < %s", (clock.now(),))
    return done.rowcount


def forget_old_failures() -> int:
    """Clear away counts of wrong tries that no longer slow anybody; how many."""
    done = db.system_connection().execute(
        "delete from login_limit where until < %s", (clock.now() - FORGET_AFTER,))
    return done.rowcount


class Guess(StrEnum):
    """What is tried, and with it which counts apply.

    ``PERSON``: a password. ``STEP``: a code, by whoever has the password already, so that few tries
    are free, wherever they come from. ``PROGRAM``: a random secret nobody guesses, so that nobody
    may slow another's program down from other networks. ``MAIL``: a mail about a forgotten password
    that somebody asks for; its counts are its own, so that asking locks nobody out.
    """

    PERSON = "name"
    STEP = "step"
    PROGRAM = "prog"
    MAIL = "mail"


_COUNT = """
insert into login_limit as l (key, failures, until)
select key, 1, %(now)s from unnest(%(keys)s::text[]) as given(key) order by key
on conflict (key) do update set
    failures = case when l.until < %(old)s then 1 else least(l.failures + 1, 1000) end,
    until = case
        when l.until < %(old)s then excluded.until
        when l.failures + 1 >= (%(free)s::jsonb->>left(l.key, 4))::int then %(now)s + least(
            %(longest)s, interval '10 seconds'
            * 2 ^ least(l.failures + 1 - (%(free)s::jsonb->>left(l.key, 4))::int, 10))
        else l.until end"""
_FREE: Final = json.dumps({
    "netw": FREE_TRIES, "devi": FREE_TRIES, "step": FREE_TRIES, "name": FREE_EVERYWHERE,
    "addr": FREE_FROM_ADDRESS, "mail": FREE_TRIES, "mfro": FREE_FROM_ADDRESS})


def wait_before_login(username: str, address: str, *, guess: Guess = Guess.PERSON,
                      device: bytes | None = None) -> int:
    """Seconds until the next try is listened to; 0 when it is free. ``device``: a browser from
    which this user signed in before."""
    row = db.system_connection().execute(
        "select max(until) from login_limit where key = any(%s)",
        (_keys(username, address, guess, device),)).fetchone()
    until = row[0] if row else None
    return max(0, math.ceil((until - clock.now()).total_seconds())) if until else 0


def count_failure(username: str, address: str, *, guess: Guess = Guess.PERSON,
                  device: bytes | None = None) -> None:
    """One more failure; beyond the free ones each doubles the wait, up to a quarter of an hour."""
    now = clock.now()
    db.system_connection().execute(_COUNT, {
        "now": now, "old": now - FORGET_AFTER, "longest": LONGEST_WAIT, "free": _FREE,
        "keys": _keys(username, address, guess, device)})


def forgive(username: str, address: str, *, guess: Guess = Guess.PERSON,
            device: bytes | None = None, counted: bool = False) -> None:
    """A right proof clears the count of the name from this network or browser; those of the name
    everywhere and of the address stay. ``counted``: this try was counted beforehand, and is taken
    back from them."""
    first, *others = _keys(username, address, guess, device)
    conn = db.system_connection()
    conn.execute("delete from login_limit where key = %s", (first,))
    if counted and others:
        conn.execute("update login_limit set failures = greatest(failures - 1, 0), "
                     "until = least(until, %s) where key = any(%s)", (clock.now(), others))


def _keys(username: str, address: str, guess: Guess, device: bytes | None) -> list[str]:
    """The counts that apply; first the one which a right proof clears."""
    name = username.strip().lower()
    if device is not None:
        return [_key("devi", f"{guess}:{name}:{device.hex()}")]
    if guess is Guess.MAIL:
        return [_key("mail", name), _key("mfro", address)]
    if guess is Guess.STEP:
        return [_key("step", name), _key("addr", address)]
    near = [_key("netw", f"{guess}:{name}:{_network(address)}"), _key("addr", address)]
    return near if guess is Guess.PROGRAM else [*near, _key("name", name)]


def _key(kind: str, text: str) -> str:
    key = secrets().key_for("login-limit")
    return kind + hmac.new(key, f"{kind}:{text}".encode(), sha256).hexdigest()[:40]


def _network(address: str) -> str:
    """The /24 or /56 an address lies in; the text itself when it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 56), strict=False))
