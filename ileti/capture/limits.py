"""How much one address, network and site may send, without asking anybody on the way.

A round trip to Redis per request would cost a third of the capture rate. So each process counts
for itself, and one daemon thread tells Redis the difference every 100 ms and learns what the others
counted. When Redis is away every process goes on with its own counts: the limit is then per
process, neither off nor closed (fault row 7). Counts are per calendar minute.
Subjects are keyed hashes: network addresses of visitors do not lie about in Redis.

The same thread writes the waiting confirmations and rings the door-bells, so that a thousand
captures a second are ten rings.
"""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

import redis

from config import settings
from ileti.channels.confirm import write_pending
from ileti.core import clock
from ileti.core.errors import TooMany
from ileti.core.jobs import JOBS, redis_client, ring
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets

log = get_logger("ileti.capture")

TELL_SECONDS: Final = 0.1
_MOST_SUBJECTS: Final = 200_000
FORWARD: Final = "iys.jobs.forward"
MESSAGES: Final = "channels.jobs.send_messages"


class Counters:
    """Counts of this process and what Redis knew of the others at the last telling."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._total: dict[str, int] = {}
        self._untold: dict[str, int] = {}
        self._notes: dict[str, int] = {}
        self._bells: set[str] = set()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self.redis_away = False

    def check(self, action: str, site_id: int, address: str, *, share: int = 1) -> None:
        """Count one request; raises TooMany with the seconds left of this minute.

        ``share`` widens the limits for requests that cost less than a submission.
        """
        s = settings()
        moment = int(clock.now().timestamp())
        subjects = (
            (_subject(action, "a", address), s.capture_ip_per_minute),
            (_subject(action, "n", network_of(address)), s.capture_network_per_minute),
            (f"{action}s{site_id}", s.capture_site_per_minute),
        )
        self._wake()
        with self._lock:
            self._turn(moment // 60)
            if any(self._total.get(key, 0) >= limit * share for key, limit in subjects):
                self._notes["limited"] = self._notes.get("limited", 0) + 1
                raise TooMany(retry_after=60 - moment % 60)
            for key, _ in subjects:
                self._total[key] = self._total.get(key, 0) + 1
                self._untold[key] = self._untold.get(key, 0) + 1

    def note(self, what: str) -> None:
        """Count something worth watching: a forged origin, a filled trap."""
        self._wake()
        with self._lock:
            self._notes[what] = self._notes.get(what, 0) + 1

    def noted(self, what: str) -> int:
        """What this process counted and has not told yet."""
        return self._notes.get(what, 0)

    def bell(self, *names: str) -> None:
        """Ask the thread to ring these jobs with its next telling."""
        self._wake()
        self._bells.update(names)

    def tell(self) -> None:
        """Tell Redis the differences, learn the totals, ring; never raises."""
        with self._lock:
            untold, self._untold = self._untold, {}
            notes, minute = dict(self._notes), self._minute
            bells, self._bells = self._bells, set()
        for name in bells:
            if name in JOBS:
                ring(name)
        if not untold and not notes:
            return
        try:
            self._learn(minute, _told(minute, untold, notes))
            self.redis_away = False
            with self._lock:
                for what, count in notes.items():
                    self._notes[what] -= count
        except redis.RedisError as error:
            if not self.redis_away:
                log.warning("limits_are_local", reason=type(error).__name__)
            self.redis_away = True

    def _learn(self, minute: int, totals: dict[str, int]) -> None:
        with self._lock:
            if minute != self._minute:
                return
            for key, told in totals.items():
                self._total[key] = told + self._untold.get(key, 0)

    def _turn(self, minute: int) -> None:
        if minute != self._minute or len(self._total) > _MOST_SUBJECTS:
            self._minute = minute
            self._total, self._untold = {}, {}

    def _wake(self) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, daemon=True, name="capture-limits")
            self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(TELL_SECONDS):
            try:
                if write_pending():
                    self._bells.add(MESSAGES)
                self.tell()
            except Exception:
                log.exception("limits_thread")


def _told(minute: int, untold: dict[str, int], notes: dict[str, int]) -> dict[str, int]:
    """Write the differences; answer the totals of all processes."""
    pipe = redis_client().pipeline(transaction=False)
    for key, count in untold.items():
        name = f"ileti:limit:{minute}:{key}"
        pipe.incrby(name, count)
        pipe.expire(name, 120)
    for what, count in notes.items():
        pipe.hincrby("ileti:capture:noted", what, count)
    answers: list[Any] = pipe.execute()
    return {key: int(answers[2 * n]) for n, key in enumerate(untold)}


@lru_cache(maxsize=1)
def _key() -> bytes:
    return secrets().key_for("limits")


@lru_cache(maxsize=8192)
def _subject(action: str, kind: str, value: str) -> str:
    digest = blake2b(value.encode(), key=_key(), digest_size=9).hexdigest()
    return f"{action}{kind}{digest}"


@lru_cache(maxsize=8192)
def network_of(address: str) -> str:
    """The /24 of an IPv4, the /56 of an IPv6 address; the text itself when it is neither."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 56}", strict=False))


def client_address(remote: str, forwarded_for: str) -> str:
    """The visitor's address: as many steps back in X-Forwarded-For as proxies are trusted."""
    return _client(remote, forwarded_for[-500:], settings().trusted_proxies)


@lru_cache(maxsize=8192)
def _client(remote: str, forwarded_for: str, trusted: int) -> str:
    steps = [part.strip() for part in forwarded_for.split(",") if part.strip()]
    named = steps[-trusted] if trusted and len(steps) >= trusted else remote
    try:
        return str(ip_address(named.strip("[]")))
    except ValueError:
        return remote or "0.0.0.0"  # noqa: S104


counters = Counters()
