"""What the database keeps about signing in: who is signed in, and how often it was tried wrongly.

Bare SQL without Flask, so that the panel, the command line and the upkeep job end sessions by the
same few lines. Guessing is slow per user name and per address (ASVS 6.3.1); both are kept as keyed
hashes, because a plain hash of an address or a user name is found by trying.
"""

from __future__ import annotations

import hmac
import math
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from ileti.core import clock, db
from ileti.core.secrets import secrets

FREE_TRIES: Final = 5  # of one user name
FREE_FROM_ADDRESS: Final = 30  # a whole office may come from one address
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGET_AFTER: Final = timedelta(hours=1)


def end_sessions(user_id: int) -> int:
    """End every session of a user, because rights or password changed; how many there were."""
    done = db.connection().execute("delete from user_session where user_id = %s", (user_id,))
    return done.rowcount


def end_session(user_id: int, key: bytes) -> int:
    """End one session of a user; 1 when there was one."""
    done = db.connection().execute(
        "delete from user_session where user_id = %s and key = %s", (user_id, key))
    return done.rowcount


def end_other_sessions(user_id: int, but: bytes) -> int:
    """End every session of a user but this one; how many."""
    done = db.connection().execute(
        "delete from user_session where user_id = %s and key <> %s", (user_id, but))
    return done.rowcount


def session_key(token: str) -> bytes:
    """What stands in the database for a session's value."""
    return sha256(token.encode()).digest()


def note_seen(user_id: int) -> None:
    """Note that a user is at work; written at most once a minute."""
    now = clock.now()
    db.connection().execute(
        "insert into user_security (user_id, seen_at) select id, %s from ab_user where id = %s "
        "on conflict (user_id) do update set seen_at = excluded.seen_at "
        "where coalesce(user_security.seen_at, '-infinity') < %s",
        (now, user_id, now - timedelta(minutes=1)))


def last_seen(user_ids: list[int]) -> dict[int, datetime]:
    """When users last worked, in one statement."""
    rows = db.connection().execute(
        "select user_id, seen_at from user_security where user_id = any(%s) "
        "and seen_at is not null", (user_ids,)).fetchall()
    return dict(rows)


def end_expired() -> int:
    """Clear away sessions that have run out; how many."""
    done = db.connection().execute(
        "delete from user_session where expires_at < %s", (clock.now(),))
    return done.rowcount


def forget_old_failures() -> int:
    """Clear away counts of wrong tries that no longer slow anybody; how many."""
    done = db.connection().execute(
        "delete from login_limit where until < %s", (clock.now() - FORGET_AFTER,))
    return done.rowcount


def wait_before_login(username: str, address: str) -> int:
    """Seconds until the next try is listened to; 0 when it is free."""
    row = db.connection().execute(
        "select max(until) from login_limit where key = any(%s)", (_keys(username, address),)
    ).fetchone()
    until = row[0] if row else None
    return max(0, math.ceil((until - clock.now()).total_seconds())) if until else 0


def count_failure(username: str, address: str) -> None:
    """One more failure; beyond the free ones each doubles the wait, up to a quarter of an hour."""
    now = clock.now()
    for key in sorted(_keys(username, address)):
        row = db.connection().execute(
            "insert into login_limit (key, failures, until) values (%s, 1, %s) "
            "on conflict (key) do update set failures = case when login_limit.until < %s then 1 "
            "else least(login_limit.failures + 1, 1000) end returning failures",
            (key, now, now - FORGET_AFTER),
        ).fetchone()
        free = FREE_TRIES if key.startswith("name") else FREE_FROM_ADDRESS
        beyond = (row[0] if row else 0) - free
        if beyond >= 0:
            wait = min(LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(beyond, 10)))
            db.connection().execute(
                "update login_limit set until = %s where key = %s", (now + wait, key))


def forgive(username: str, address: str) -> None:
    """A right password clears the user name's count; the address keeps its own."""
    db.connection().execute(
        "delete from login_limit where key = %s", (_keys(username, address)[0],))


def _keys(username: str, address: str) -> list[str]:
    """The user name's row and the address's, in this order."""
    key = secrets().key_for("login-limit")
    kinds = (f"name:{username.strip().lower()}", f"address:{address}")
    return [kind[:4] + hmac.new(key, kind.encode(), sha256).hexdigest()[:40] for kind in kinds]
