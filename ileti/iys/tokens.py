"""İYS's tokens: one for all workers of a provider, renewed by one of them.

Why this module exists: İYS allows few token calls an hour and starts the hour anew for whoever
calls while blocked (H084, İYS API §1.1); a refresh makes the refresh token before it worthless
(§1.2). So the newest pair stands encrypted in Redis, one worker renews it under a lock while the
others wait for what it brings (fault rows 14, 15), every call is counted for the hour, and after
H084 nobody calls until the hour is over: that stands in PostgreSQL, since one call of a process
that knows nothing of it would start the hour anew, for all providers (row 6). Without Redis a
process keeps its own pair.
"""

from __future__ import annotations

import json
import secrets as chance
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256

import psycopg
import redis

from config import settings
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import StorageAway
from ileti.core.jobs import redis_client
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.iys.answers import Token

log = get_logger("ileti.iys")

# A token counts as old a little before İYS says so: a call under way must not meet its end.
SHARE = 0.97
LOCK_SECONDS = 20
HOUR = 3600.0
# So often within an hour a refused token is replaced: a fresh one that is refused as well says that
# the account is not well, and its calls are taken from all providers.
MOST_RENEWALS = 4
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"

_BLOCK = """
insert into iys_block (host, until) values (%s, now() + make_interval(secs => %s))
on conflict (host) do update set until = greatest(iys_block.until, excluded.until)"""
_BLOCKED = """
select extract(epoch from until - now()) from iys_block where host = %s and until > now()"""

# One step: a count whose end was lost with a killed process would block for ever. KEYS: count.
# ARGV: most, seconds. Answer: taken or not, count, seconds left.
_COUNT = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local taken = 0
if used < tonumber(ARGV[1]) then
  used = redis.call('INCR', KEYS[1])
  taken = 1
end
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return {taken, used, redis.call('TTL', KEYS[1])}
"""


@dataclass(frozen=True)
class Pair:
    """Access and refresh token with the moments (Unix seconds) until which we use each."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_until: float
    refresh_until: float

    @classmethod
    def of(cls, token: Token) -> Pair:
        """The pair İYS has just given."""
        now = clock.now().timestamp()
        return cls(token.access_token, token.refresh_token, now + SHARE * token.expires_in,
                   now + SHARE * token.refresh_expires_in)


class TokensBlocked(Exception):
    """No token call may be made now; ``seconds`` until it may."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__("the hour's token calls are used up")


class TokenRefused(Exception):
    """İYS gives this account tokens and does not take them."""


class LogInRefused(Exception):
    """İYS has refused this user name and password within the last hour."""


class TokenKeeper:
    """The pair of one account. ``log_in`` and ``refresh`` make the calls; ``refresh`` answers
    None when İYS no longer takes the refresh token. ``login_mark`` tells user name and password
    from others without giving them away: a refusal is remembered under it."""

    def __init__(self, address: str, username: str, *, log_in: Callable[[], Token],
                 refresh: Callable[[str], Token | None], login_mark: str = "",
                 store: Callable[[], redis.Redis] = redis_client) -> None:
        mark = sha256(f"{address}\x1f{username}".encode()).hexdigest()[:24]
        host = sha256(address.encode()).hexdigest()[:12]
        self._key, self._lock_key = f"ileti:iys:token:{mark}", f"ileti:iys:token-lock:{mark}"
        self._hour_key = f"ileti:iys:token-calls:{host}"
        self._host = host
        self._refused_key = f"ileti:iys:login-refused:{mark}:{login_mark}"
        self._renewals_key = f"ileti:iys:token-renewals:{mark}"
        self._renewals: deque[float] = deque()
        self._refused_until = self._proved_until = 0.0
        self._log_in, self._refresh, self._store = log_in, refresh, store
        self._own = threading.RLock()
        self._pair: Pair | None = None
        self._calls: deque[float] = deque()
        self._blocked_until = 0.0

    def get(self) -> str:
        """A good access token; raises TokensBlocked, LogInRefused, and what the call raises."""
        pair = self._pair
        if pair is not None and _good(pair):
            return pair.access
        return self.renew(bad=None)

    def renew(self, bad: str | None) -> str:
        """A token other than ``bad``: what somebody else has brought meanwhile, or a new one.
        TokenRefused when new ones were refused again and again."""
        with self._own, self._single_flight():
            for pair in (self._pair, self._shared()):
                if pair is not None and _good(pair) and pair.access != bad:
                    self._pair = pair
                    return pair.access
            if bad is not None:
                self._count_renewal()
            pair = self._bring(self._shared() or self._pair)
            self._keep(pair)
            return pair.access

    def log_in_anew(self, least: float = 60.0) -> None:
        """A pair by user name and password, whatever pair is kept; nothing within ``least`` seconds
        of the last time. Raises TokensBlocked, LogInRefused, and what the call raises."""
        with self._own, self._single_flight():
            if time.monotonic() < self._proved_until and self._pair is not None:
                return
            if self._is_refused():
                raise LogInRefused
            self._count()
            self._keep(Pair.of(self._log_in()))
            self._proved_until = time.monotonic() + least

    def block(self, seconds: float = HOUR) -> None:
        """İYS said H084: nobody calls until the hour is over."""
        self._blocked_until = time.monotonic() + seconds
        try:
            db.connection().execute(_BLOCK, (self._host, seconds))
        except (StorageAway, psycopg.Error):
            log.warning("token_block_not_shared")

    def _seconds_blocked(self) -> float:
        """How long nobody may call yet, as far as any process was told; 0 when one may."""
        here = self._blocked_until - time.monotonic()
        if here > 0:
            return here
        try:
            row = db.connection().execute(_BLOCKED, (self._host,)).fetchone()
        except (StorageAway, psycopg.Error):
            log.warning("token_block_not_known")
            return 0.0
        return float(row[0]) if row else 0.0

    def _bring(self, old: Pair | None) -> Pair:
        if old is not None and old.refresh_until > clock.now().timestamp():
            self._count()
            token = self._refresh(old.refresh)
            if token is not None:
                return Pair.of(token)
        if self._is_refused():
            raise LogInRefused
        self._count()
        return Pair.of(self._log_in())

    def note_refusal(self, seconds: float = HOUR) -> None:
        """İYS did not let this user name and password in: nobody knocks with them for so long.

        All providers share the hour's token calls (§1.1), so one wrong password must not use them
        up for the others. Another password has another mark and is tried at once.
        """
        self._refused_until = time.monotonic() + seconds
        try:
            self._store().set(self._refused_key, 1, ex=max(1, round(seconds)))
        except redis.RedisError:
            log.warning("login_refusal_not_shared")

    def knock_again(self, after: float = 300.0) -> None:
        """A person says that the account was mended at İYS: forget a refusal older than so many
        seconds, so that pressing a button often does not use up the hour's calls either."""
        if self._refused_until - time.monotonic() < HOUR - after:
            self._refused_until = 0.0
        if self._renewals and self._renewals[0] < time.monotonic() - after:
            self._renewals.clear()
        try:
            for key in (self._refused_key, self._renewals_key):
                left = self._store().ttl(key)
                if isinstance(left, int) and left < HOUR - after:
                    self._store().delete(key)
        except redis.RedisError:
            log.warning("login_refusal_not_shared")

    def _is_refused(self) -> bool:
        if time.monotonic() < self._refused_until:
            return True
        try:
            return bool(self._store().exists(self._refused_key))
        except redis.RedisError:
            return False

    def _count(self) -> None:
        """One call of the hour's allowance, or TokensBlocked before it is made."""
        now, most = time.monotonic(), settings().iys_token_requests_per_hour
        if (blocked := self._seconds_blocked()) > 0:
            raise TokensBlocked(blocked)
        while self._calls and self._calls[0] <= now - HOUR:
            self._calls.popleft()
        used, left = len(self._calls), HOUR - (now - self._calls[0]) if self._calls else HOUR
        try:
            taken, shared, ends = self._store().eval(  # type: ignore[misc]
                _COUNT, 1, self._hour_key, most, round(HOUR))
            if not taken and used < shared:
                used, left = shared, float(max(1, ends))
        except redis.RedisError:
            log.warning("token_calls_counted_here_only")
        if used >= most:
            raise TokensBlocked(left)
        self._calls.append(now)

    def _count_renewal(self) -> None:
        now = time.monotonic()
        while self._renewals and self._renewals[0] <= now - HOUR:
            self._renewals.popleft()
        taken = len(self._renewals) < MOST_RENEWALS
        try:
            taken = taken and bool(self._store().eval(
                _COUNT, 1, self._renewals_key, MOST_RENEWALS, round(HOUR))[0])  # type: ignore[index]
        except redis.RedisError:
            log.warning("token_renewals_counted_here_only")
        if not taken:
            raise TokenRefused
        self._renewals.append(now)

    def _shared(self) -> Pair | None:
        try:
            kept = self._store().get(self._key)
            if kept:
                text = secrets().keyring.decrypt_text(kept.decode(), "iys-token")  # type: ignore[union-attr]
                return Pair(**json.loads(text))
        except redis.RedisError:
            log.warning("token_not_shared")
        except (CannotDecrypt, ValueError, TypeError):
            log.warning("token_unreadable")
        return None

    def _keep(self, pair: Pair) -> None:
        self._pair = pair
        text = secrets().keyring.encrypt_text(json.dumps(asdict(pair)), "iys-token")
        lifetime = max(1, round(pair.refresh_until - clock.now().timestamp()))
        try:
            self._store().set(self._key, text, ex=lifetime)
        except redis.RedisError:
            log.warning("token_not_shared")

    @contextmanager
    def _single_flight(self) -> Iterator[None]:
        """Hold the lock in Redis; without Redis only threads of this process are kept apart."""
        mine = chance.token_hex(8)
        until = time.monotonic() + LOCK_SECONDS
        held = False
        try:
            store = self._store()
            while not (held := bool(store.set(self._lock_key, mine, nx=True, ex=LOCK_SECONDS))):
                if time.monotonic() > until:
                    break
                time.sleep(0.05)
        except redis.RedisError:
            log.warning("token_lock_local_only")
        try:
            yield
        finally:
            if held:
                try:
                    store.eval(_UNLOCK, 1, self._lock_key, mine)
                except redis.RedisError:
                    log.warning("token_lock_runs_out")


def token_calls(address: str, *,
                store: Callable[[], redis.Redis] = redis_client) -> tuple[int, float]:
    """Token calls of this hour to an address of İYS, and for how many seconds it has shut us out
    (H084); no call is counted when Redis is away."""
    host = sha256(address.encode()).hexdigest()[:12]
    try:
        used = int(store().get(f"ileti:iys:token-calls:{host}") or 0)  # type: ignore[arg-type]
    except redis.RedisError:
        used = 0
    row = db.connection().execute(_BLOCKED, (host,)).fetchone()
    return used, float(row[0]) if row else 0.0


def _good(pair: Pair) -> bool:
    return pair.access_until > clock.now().timestamp()
