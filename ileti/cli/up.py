"""``ileti up``: everything on one machine with one command.

Starts PostgreSQL and Valkey below ILETI_VAR (or uses the given ones), migrates, creates
permissions and, on the first run of a development installation, a demo provider and an
administrator with a random password; then keeps web, workers, scheduler and simulator alive until
Ctrl-C. Whatever stands in the way is said in one sentence with what to do.

What can happen at the same time does: web server and simulator load while the engines start, and
so does what prepares the database, when :mod:`ileti.cli.readiness` says that something has to be.
This process itself only waits and watches, so it loads as little as it can (docs/adr/0008).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, TypeVar
from urllib.parse import urlsplit

import click

import config
from config import Settings, WrongSetting
from ileti.cli import readiness
from ileti.cli.preparation import Preparation
from ileti.cli.readiness import ADMIN, password_file
from ileti.cli.supervise import Stopped, Supervisor, refuse_taken_port
from ileti.core.embedded import EmbeddedServices, keep_alone, refuse_full_disk

# The simulator answers in seconds, so nobody has to wait İYS's five minutes for a first try.
SIMULATED_PACE = {"IYS_FIRST_POLL_SECONDS": "2", "IYS_PULL_SECONDS": "3"}
T = TypeVar("T")


class Progress:
    """Says what is being done and how long it took."""

    def step(self, text: str, act: Callable[[], T]) -> T:
        """Run one step and print it with its seconds."""
        click.echo(f"  {text} … ", nl=False)
        started = time.monotonic()
        try:
            result = act()
        except Stopped:
            _tell("stopped")
            raise
        except Exception:
            click.echo("failed")
            raise
        click.echo(f"{time.monotonic() - started:.1f} s")
        return result


def up(settings: Settings, *, quiet: bool = False) -> None:
    """Run everything until SIGINT or SIGTERM; raises WrongSetting with what stands in the way."""
    refuse_full_disk(settings.ileti_var)
    simulated = not settings.iys_base_url
    with keep_alone(settings.ileti_var):
        refuse_taken_port(settings.host, settings.port, "PORT")
        if simulated:
            refuse_taken_port("127.0.0.1", settings.simulator_port, "IYS_SIMULATOR_PORT")
        if not settings.production:
            config.make_secrets_file(settings.ileti_var)
        click.echo("İleti")
        os.environ["ILETI_VAR"] = str(settings.ileti_var.resolve())
        if simulated:
            for name, value in SIMULATED_PACE.items():
                os.environ.setdefault(name, value)
        with (settings.ileti_var / "ileti.log").open("a") as log, contextlib.suppress(Stopped):
            House(settings, log, quiet=quiet).run()


class House:
    """All processes of one installation, from the first to the last."""

    def __init__(self, settings: Settings, log: IO[str], *, quiet: bool) -> None:
        self._settings, self._log = settings, log
        self._simulated = not settings.iys_base_url
        self._stopped = threading.Event()
        self._say = Progress()
        self._services = EmbeddedServices(settings.ileti_var, database_url=settings.database_url,
                                          redis_url=settings.redis_url)
        self._family = Supervisor(log, show=not quiet and bool(os.environ.get("ILETI_SHOW_LOG")))
        self._preparation: Preparation | None = None

    def run(self) -> None:
        """Start everything, say so, keep it alive until a signal; raises WrongSetting, Stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last: a closed terminal
            signal.signal(number, lambda *_: self._stopped.set())
        try:
            self._start()
            _announce(self._settings, simulated=self._simulated, password=self._password())
            while not self._stopped.wait(1.0):
                revive(self._services, self._log)
        finally:
            self._end()

    def _start(self) -> None:
        mark = readiness.read(self._settings)
        if mark.code != readiness.code_digest():
            self._prepare()
        # The web server first: people wait for it, nobody waits for the workers.
        self._family.add("web", "web")
        if self._simulated:
            self._family.add("simulator", "simulator")
        word = self._say.step("PostgreSQL and Redis", self._start_services)
        if not self._preparation and not readiness.is_prepared(self._settings, mark):
            self._prepare()
        if self._preparation:
            self._preparation.tell(word)
            self._say.step("database", self._part)
        self._family.tell(**word)
        self._say.step("web server", self._await_web)
        self._family.add("worker", "worker", "--queue", "messages", "--queue", "upkeep")
        # A campaign runs for hours; a code that lives five minutes does not wait behind it.
        self._family.add("worker-campaigns", "worker", "--queue", "campaigns")
        for _ in range(self._settings.job_workers):
            self._family.add("worker-iys", "worker", "--queue", "iys")
        self._family.add("scheduler", "scheduler")
        if self._simulated:
            self._say.step("İYS simulator", self._await_simulator)
            if not self._preparation and not _knows(self._settings, mark.provider):
                self._prepare().tell(word)
                self._say.step("database", self._part)
        if self._preparation and not self._settings.production:
            self._say.step("demo", self._part)

    def _prepare(self) -> Preparation:
        self._preparation = Preparation(self._settings, self._log, self._stopped)
        return self._preparation

    def _part(self) -> None:
        assert self._preparation is not None
        self._preparation.await_part()

    def _start_services(self) -> dict[str, str]:
        """Start what is needed; the word for all processes. Raises WrongSetting, Stopped."""
        if self._settings.redis_url:
            _refuse_silent_redis(self._settings.redis_url)
        try:
            found = self._services.start()
        except WrongSetting:  # Ctrl-C at a terminal ends what starts PostgreSQL, too
            if not self._stopped.wait(0.2):
                raise
        if self._stopped.is_set():
            raise Stopped
        word = {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}
        os.environ.update(word)
        self._settings = config.load_settings()
        return word

    def _await_web(self) -> None:
        wait_for(self._settings.base_local + "/saglik", self._stopped)
        _ask(self._settings.base_local + "/login/")  # the first page takes longest: not a person's

    def _await_simulator(self) -> None:
        wait_for(self._settings.iys_url + "/_health", self._stopped)

    def _password(self) -> str:
        """The administrator's first password, empty when it is not the password any more."""
        if self._settings.production:
            return ""
        mark = readiness.read(self._settings)
        if not readiness.password_holds(self._settings, mark):
            return ""
        return password_file(self._settings).read_text().strip()

    def _end(self) -> None:
        _tell("\n  stopping … ", nl=False)
        if self._preparation:
            self._preparation.end()
        self._family.stop()
        self._services.stop()
        _tell("done")


def _refuse_silent_redis(url: str) -> None:
    """Raise WrongSetting when the Redis of REDIS_URL does not answer.

    Everything works without Redis for a while, only slower, so the processes would start, wait for
    it for ever and say so in the log alone.
    """
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3,
                             retry=Retry(NoBackoff(), 0)).ping()
    except (redis.RedisError, ValueError) as error:
        raise WrongSetting(
            f"The Redis of REDIS_URL does not answer ({type(error).__name__}): check the "
            "address, the password and the server, or leave REDIS_URL out for the embedded one."
        ) from None


def _tell(text: str, *, nl: bool = True) -> None:
    """Say something at the end; that nobody listens any more must not stop the stopping."""
    with contextlib.suppress(OSError):
        click.echo(text, nl=nl)


def revive(services: EmbeddedServices, log: IO[str]) -> None:
    """Start an embedded service again that died under us; what cannot be now is tried again."""
    try:
        for name in services.revive():
            log.write(f"{name} had ended; started again\n")
    except (WrongSetting, OSError, subprocess.SubprocessError) as error:
        log.write(f"{error}\n")


def wait_for(url: str, stopped: threading.Event, seconds: float = 60) -> None:
    """Until the address answers 200; raises WrongSetting naming the log, Stopped."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if stopped.is_set():
            raise Stopped
        if _ask(url) is not None:
            return
        time.sleep(0.02)
    raise WrongSetting(f"{url} does not answer; see ileti.log below ILETI_VAR.")


def _ask(url: str) -> bytes | None:
    """What one of our own processes answers; None unless it is 200."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        line.request("GET", parts.path)
        answer = line.getresponse()
        return answer.read() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def _knows(settings: Settings, provider: int) -> bool:
    """Whether the simulator knows the demo's provider; it may have been emptied since."""
    answer = _ask(settings.iys_url + "/_control/state") if provider else None
    return answer is None or any(
        one["iysCode"] == provider for one in json.loads(answer)["providers"])


def _announce(settings: Settings, *, simulated: bool, password: str) -> None:
    base = settings.base_url
    lines = [("Admin panel", base + "/")]
    if not settings.production:
        lines.append(("  user", ADMIN))
        lines += [("  password", password), ("  kept in", str(password_file(settings)))] \
            if password else [("  password", "changed since the first start")]
        if settings.demo_company:
            lines += [("  dealers", "bayi-a, bayi-b" + " (same password)" * bool(password)),
                      ("Demo shop", base + "/demo/magaza")]
        lines += [("Phone and mailbox", base + "/demo/telefon")]
    lines.append(("Capture API", base + "/api"))
    if simulated:
        lines.append(("İYS simulator", settings.iys_url + "/"))
        lines.append(("Mailboxes", settings.iys_url + "/posta"))
    lines.append(("Log", str(settings.ileti_var / "ileti.log")))
    click.echo()
    for name, value in lines:
        click.echo(f"  {name:<18} {value}")
    click.echo("\n  Ctrl-C stops everything.\n")
    sys.stdout.flush()
