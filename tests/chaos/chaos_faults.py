"""What goes wrong, drawn from the seed: rows 1 to 9 and 14 to 32 of the fault matrix.

Two threads hurt at the same time, one our own side and one İYS's; every fault is undone by the one
who did it, or at the latest by the calm. Which row is whose stands in ``chaos_rows``.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable

import redis
from chaos_book import Book
from chaos_world import WORKERS, World

PATHS = ("*", "*", "*/consents/request", "*/v2/*", "*/oauth2/token", "*/changes*", "*/status*",
         "*/request/*", "*/consents")
#: How İYS fails, and how many calls of one fault.
STRIKES = {
    "timeout_after_accept": 3, "half_answer": 3, "500_after_accept": 3, "500": 6, "429": 4,
    "401": 2, "503": 6, "html": 3, "broken_json": 3, "reorder": 3, "fewer": 3, "blackhole": 2,
}
FAILPOINTS = ("forward.sent", "forward.claimed", "receipts.read", "pull.recorded")
WEB_FAILPOINTS = ("capture.accepted", "capture.recorded", "push.recorded", "push.taken")
#: By how many seconds our clock is wrong (row 32).
STEPS = (-7_200, -3_600, 3_600, 86_400)


class Ours:
    """Hurts our own processes and services."""

    def __init__(self, world: World, book: Book, seed: int) -> None:
        self.world, self.book, self.dice = world, book, random.Random(f"{seed}:ours")
        self.ways: dict[str, tuple[int, Callable[[], None]]] = {
            "web killed": (4, self._kill_web),
            "web killed at a named place": (4, self._kill_web_at),
            "our clock stepped": (4, self._step_clock),
            "pull silent for a week": (1, self._forget_pulling),
            "worker killed": (5, self._kill_worker),
            "worker killed at a named place": (5, self._kill_at),
            "scheduler killed": (1, lambda: self.world.kill("scheduler")),
            "worker stopped past its lease": (4, self._stall_worker),
            "PostgreSQL crashed": (3, self._crash_postgres),
            "PostgreSQL restarted": (2, self._restart_postgres),
            "PostgreSQL stalled": (2, self._stall_postgres),
            "connections ended": (2, self._end_connections),
            "Redis flushed": (3, self._flush_redis),
            "Redis killed": (2, self._kill_redis),
            "Redis stalled": (1, self._stall_redis),
            "Redis full": (1, self._fill_redis),
        }

    def live(self, over: threading.Event) -> None:
        """One fault after the other until it is over."""
        names = list(self.ways)
        weights = [self.ways[name][0] for name in names]
        while not over.wait(self.dice.uniform(0.2, 2.0)):
            name = self.dice.choices(names, weights)[0]
            self.book.count(name)
            self.ways[name][1]()
            self.world.revive()

    def _kill_web(self) -> None:
        self.world.kill("web")
        time.sleep(self.dice.uniform(0, 0.5))

    def _kill_web_at(self) -> None:
        """Each web process dies just there, again and again: before or after a consent is kept, in
        the middle of what İYS pushes or after it."""
        self.world.kill("web")
        self.world.run("web", ILETI_FAILPOINT=self.dice.choice(WEB_FAILPOINTS))
        time.sleep(self.dice.uniform(2, 4))
        self.world.kill("web")

    def _step_clock(self) -> None:
        """Forward or back and right again, a few seconds or another fault later."""
        self.world.step_clock(self.dice.choice(STEPS))
        if self.dice.random() < 0.5:
            time.sleep(self.dice.uniform(1, 4))
        else:
            name = self.dice.choice([one for one in self.ways if one != "our clock stepped"])
            self.book.count(name)
            self.ways[name][1]()
            self.world.revive()
            time.sleep(self.dice.uniform(0.5, 2))
        self.world.step_clock(0)

    def _forget_pulling(self) -> None:
        """As if nobody had pulled for longer than İYS keeps its list (row 29)."""
        with self.world.services.owner() as conn:
            conn.execute("update iys_cursor set pulled_at = now() - interval '8 days'")

    def _kill_worker(self) -> None:
        self.world.kill(self.dice.choice(WORKERS))

    def _kill_at(self) -> None:
        """It dies just there: after İYS took something, or after something was taken from the
        queue."""
        name = self.dice.choice(WORKERS)
        self.world.kill(name)
        self.world.run(name, ILETI_FAILPOINT=self.dice.choice(FAILPOINTS))

    def _stall_worker(self) -> None:
        """SIGSTOP; its leases run out, others take over, and it wakes and goes on writing."""
        process = self.world.system.processes[self.dice.choice(WORKERS)]
        if process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(0.3)
        self.world.due_now()
        time.sleep(self.dice.uniform(0.5, 2.5))
        os.killpg(process.pid, signal.SIGCONT)

    def _crash_postgres(self) -> None:
        parent = self.world.services.postmaster()
        parent.send_signal(signal.SIGQUIT)
        parent.wait(20)
        time.sleep(self.dice.uniform(0, 1.5))
        self.world.services.postgres.start()

    def _restart_postgres(self) -> None:
        self.world.services.postgres.stop()
        self.world.services.postgres.start()

    def _stall_postgres(self) -> None:
        go_on = self.world.services.stall_postgres()
        try:
            time.sleep(self.dice.uniform(0.5, 5))
        finally:
            go_on()

    def _end_connections(self) -> None:
        with self.world.services.owner("postgres") as conn:
            conn.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                         "where datname = 'faults'")

    def _redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.world.services.valkey.url, socket_timeout=2)

    def _flush_redis(self) -> None:
        self._redis().flushall()

    def _kill_redis(self) -> None:
        self.world.services.kill_valkey()
        time.sleep(self.dice.uniform(0.2, 3))
        self.world.services.valkey.start()

    def _stall_redis(self) -> None:
        number = int((self.world.services.var / "valkey/valkey.pid").read_text())
        os.kill(number, signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, 4))
        os.kill(number, signal.SIGCONT)

    def _fill_redis(self) -> None:
        self._redis().config_set("maxmemory", "1mb")
        time.sleep(self.dice.uniform(0.5, 3))
        self._redis().config_set("maxmemory", "0")


class Theirs:
    """Hurts the way to İYS and İYS itself."""

    def __init__(self, world: World, book: Book, seed: int) -> None:
        self.world, self.book, self.dice = world, book, random.Random(f"{seed}:theirs")
        self.stepped = 0
        self.ways: dict[str, tuple[int, Callable[[], None]]] = {
            "İYS fails at calls": (12, self._strike),
            "İYS slow": (2, self._slow), "İYS quota low": (2, self._low_quota),
            "İYS away": (3, self._away), "İYS results late": (2, self._late_results),
            "İYS clock stepped": (2, self._step_clock),
            "İYS subscription paused": (1, self._pause),
            "İYS pull late": (3, self._late_pull),
            "İYS pushes all again, doubled and in disorder": (3, self._push_again),
        }

    def live(self, over: threading.Event) -> None:
        """One fault after the other until it is over."""
        names = list(self.ways)
        weights = [self.ways[name][0] for name in names]
        while not over.wait(self.dice.uniform(0.2, 1.2)):
            name = self.dice.choices(names, weights)[0]
            try:
                self.ways[name][1]()
            except OSError:
                continue
            if name != "İYS fails at calls":
                self.book.count(name)

    def _strike(self) -> None:
        kind = self.dice.choices(list(STRIKES), list(STRIKES.values()))[0]
        self.world.registry.tell(
            "fault", kind=kind, path=self.dice.choice(PATHS), count=self.dice.randint(1, 4),
            probability=self.dice.choice((1.0, 0.5)), seconds=self.dice.uniform(0.5, 4))

    def _slow(self) -> None:
        self.world.registry.tell("delay", latency=self.dice.uniform(0.2, 2))
        time.sleep(self.dice.uniform(1, 4))
        self.world.registry.tell("delay", latency=0)

    def _low_quota(self) -> None:
        self.world.registry.tell("quota", per_second=self.dice.randint(1, 4),
                                 status_per_hour=self.dice.randint(1, 10))
        time.sleep(self.dice.uniform(1, 4))
        self.world.registry.tell("quota", per_second=10, status_per_hour=1000)

    def _away(self) -> None:
        assert self.world.registry_process is not None
        self.world.registry_process.send_signal(signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.5, 4))
        self.world.registry_process.send_signal(signal.SIGCONT)

    def _late_results(self) -> None:
        self.world.registry.tell("delay", batch=self.dice.uniform(1, 8),
                                 before_ready=self.dice.choice(("empty", "enqueue", "mixed")))

    def _late_pull(self) -> None:
        """What citizens say comes by push long before it comes by pull, as at İYS."""
        self.world.registry.tell("delay", pull=self.dice.uniform(3, 30))
        time.sleep(self.dice.uniform(1, 5))
        if self.dice.random() < 0.5:
            self.world.registry.tell("delay", pull=0)

    def _push_again(self) -> None:
        self.world.registry.tell("push", repeat=True, times=2, shuffle=True,
                                 size=self.dice.choice((1, 7, 100)))

    def _step_clock(self) -> None:
        """Forward only, which is all İYS's simulator does; two hours make every token old. (By less
        than the pulling may take to notice, nobody can tell which of two words was first.)"""
        seconds = self.dice.choice((600, 7_300))
        if self.stepped + seconds > 10 * 3600:
            return
        self.stepped += seconds
        self.world.registry.tell("clock", advance_seconds=seconds)

    def _pause(self) -> None:
        self.world.registry.tell("subscription", state="PAUSED")
        time.sleep(self.dice.uniform(0.5, 2))
        self.world.registry.tell("subscription", state="ACTIVE")
