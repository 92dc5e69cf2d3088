"""``ileti up``: everything on one machine with one command.

Starts PostgreSQL and Valkey below ILETI_VAR (or uses the given ones), migrates, creates
permissions and, on the first run of a development installation, a demo provider and an
administrator with a random password; then keeps web, workers, scheduler and simulator alive until
Ctrl-C. Whatever stands in the way is said in one sentence with what to do.
"""

from __future__ import annotations

import contextlib
import os
import secrets as random_source
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import click
import httpx
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

import config
from config import Settings, WrongSetting
from ileti.cli.supervise import Supervisor, refuse_taken_port
from ileti.core.embedded import Addresses, EmbeddedServices, keep_alone, refuse_full_disk

ADMIN = "admin"
DEALERS_PEOPLE = {"bayi-a": ("Mert", "Aksoy"), "bayi-b": ("Derya", "Tunç")}  # invented
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
        _up(settings, simulated=simulated, quiet=quiet)


def _up(settings: Settings, *, simulated: bool, quiet: bool) -> None:
    say = Progress()
    click.echo("İleti")
    services = EmbeddedServices(settings.ileti_var, database_url=settings.database_url,
                                redis_url=settings.redis_url)
    try:
        addresses = say.step("PostgreSQL and Redis", lambda: _start(services, settings))
        os.environ["DATABASE_URL"] = addresses.database_url
        os.environ["REDIS_URL"] = addresses.redis_url
        if simulated:
            for name, value in SIMULATED_PACE.items():
                os.environ.setdefault(name, value)
        os.environ["ILETI_VAR"] = str(settings.ileti_var.resolve())
        config.settings.cache_clear()
        _run(config.settings(), say, services, simulated=simulated, quiet=quiet)
    finally:
        _tell("  stopping PostgreSQL and Redis … ", nl=False)
        services.stop()
        _tell("done")


def _start(services: EmbeddedServices, settings: Settings) -> Addresses:
    """Start what is needed; WrongSetting when the Redis of REDIS_URL does not answer.

    Everything works without Redis for a while, only slower, so the processes would start, wait for
    it for ever and say so in the log alone.
    """
    if settings.redis_url:
        try:
            redis.Redis.from_url(settings.redis_url, socket_timeout=3, socket_connect_timeout=3,
                                 retry=Retry(NoBackoff(), 0)).ping()
        except (redis.RedisError, ValueError) as error:
            raise WrongSetting(
                f"The Redis of REDIS_URL does not answer ({type(error).__name__}): check the "
                "address, the password and the server, or leave REDIS_URL out for the embedded one."
            ) from None
    return services.start()


def _tell(text: str, *, nl: bool = True) -> None:
    """Say something at the end; that nobody listens any more must not stop the stopping."""
    with contextlib.suppress(OSError):
        click.echo(text, nl=nl)


def _run(settings: Settings, say: Progress, services: EmbeddedServices, *, simulated: bool,
         quiet: bool) -> None:
    from ileti.cli.setup import prepare

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the last: a closed terminal
        signal.signal(number, lambda *_: stopped.set())
    say.step("database", lambda: prepare(settings))
    log_path = settings.ileti_var / "ileti.log"
    with log_path.open("a") as log:
        family = Supervisor(log, show=not quiet and bool(os.environ.get("ILETI_SHOW_LOG")))
        try:
            keeper = threading.Thread(target=family.watch, daemon=True)
            keeper.start()
            # The web server first and alone: people wait for it, nobody waits for the workers.
            family.add("web", "web")
            say.step("web server", lambda: wait_for(settings.base_local + "/saglik", stopped))
            if simulated:
                family.add("simulator", "simulator")
            family.add("worker", "worker", "--queue", "messages", "--queue", "upkeep")
            for _ in range(settings.job_workers):
                family.add("worker-iys", "worker", "--queue", "iys")
            family.add("scheduler", "scheduler")
            if simulated:
                say.step("İYS simulator",
                         lambda: wait_for(settings.iys_url + "/_health", stopped))
            if not settings.production:
                say.step("demo", lambda: _first_run(settings))
            _announce(settings, simulated=simulated)
            while not stopped.wait(1.0):
                revive(services, log)
            _tell("\n  stopping … ", nl=False)
        finally:
            family.stop()
            _tell("processes ended")


def revive(services: EmbeddedServices, log: IO[str]) -> None:
    """Start an embedded service again that died under us; what cannot be now is tried again."""
    try:
        for name in services.revive():
            log.write(f"{name} had ended; started again\n")
    except (WrongSetting, OSError, subprocess.SubprocessError) as error:
        log.write(f"{error}\n")


def wait_for(url: str, stopped: threading.Event, seconds: float = 60) -> None:
    """Until the address answers 200; raises WrongSetting naming the log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not stopped.is_set():
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    if not stopped.is_set():
        raise WrongSetting(f"{url} does not answer; see ileti.log below ILETI_VAR.")


def password_file(settings: Settings) -> Path:
    """Where the administrator's first password is kept, mode 600."""
    return settings.ileti_var / "admin-password.txt"


def _first_run(settings: Settings) -> None:
    from ileti.capture.seed import seed_demo
    from ileti.cli.users import ensure_user

    seeded = seed_demo(settings) if settings.demo_company else {}
    path = password_file(settings)
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(random_source.token_urlsafe(15) + "\n")
    password = path.read_text().strip()
    ensure_user(ADMIN, password, role="platform_admin")
    for name, dealer_id in (seeded.get("dealers") or {}).items():
        ensure_user(name, password, role="dealer_manager", dealer_id=dealer_id,
                    full_name=DEALERS_PEOPLE.get(name))


def _announce(settings: Settings, *, simulated: bool) -> None:
    base = settings.base_url
    lines = [("Admin panel", base + "/")]
    if not settings.production:
        password = password_file(settings).read_text().strip()
        lines += [("  user", ADMIN), ("  password", password),
                  ("  kept in", str(password_file(settings)))]
        if settings.demo_company:
            lines += [("  dealers", "bayi-a, bayi-b (same password)"),
                      ("Demo shop", base + "/demo/magaza")]
        lines += [("Phone and mailbox", base + "/demo/telefon")]
    lines.append(("Capture API", base + "/api"))
    if simulated:
        lines.append(("İYS simulator", settings.iys_url + "/"))
    lines.append(("Log", str(settings.ileti_var / "ileti.log")))
    click.echo()
    for name, value in lines:
        click.echo(f"  {name:<18} {value}")
    click.echo("\n  Ctrl-C stops everything.\n")
    sys.stdout.flush()
