"""An installation of its own below ``var/chaos``, that anybody may break: PostgreSQL, Valkey, an
İYS in a process of its own, web server, workers and scheduler."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from chaos_book import Book
from chaos_push import PushRoad
from faults_house import OPEN, ROOT, Services, System, free_port, wait_until
from iys_house import Registry, open_account

import config

WORKERS = ("worker-1", "worker-2")
ARGUMENTS = {
    "web": ("web",), "scheduler": ("scheduler",),
    "worker-1": ("worker", "--queue", "iys"),
    "worker-2": ("worker", "--queue", "iys", "--queue", "messages", "--queue", "upkeep"),
}


class World:
    """Everything that runs, and the ways to start it again."""

    def __init__(self, var: Path) -> None:
        self.var = var
        Services(var).stop()
        shutil.rmtree(var, ignore_errors=True)
        self.services = Services(var)
        self.registry_process: subprocess.Popen[str] | None = None
        self.clock, self.clock_wrong = var / "clock", 0.0

    def start(self, book: Book, seed: int) -> None:
        """Start all of it on a fresh database and open the provider's account at İYS, which pushes
        to us from then on."""
        self.services.start()
        os.environ |= OPEN | {
            "ILETI_ENV": "test", "ILETI_VAR": str(self.var), "FORM_LEAST_SECONDS": "0",
            "DATABASE_URL": self.services.database_url, "REDIS_URL": self.services.valkey.url,
            "LOG_LEVEL": "warning", "ILETI_CLOCK_FILE": str(self.clock),
        }
        config.make_secrets_file(self.var)
        self.registry = Registry(self._start_registry())
        port = free_port()
        os.environ |= {"IYS_BASE_URL": self.registry.url, "PORT": str(port),
                       "IYS_FIRST_POLL_SECONDS": "0.5", "IYS_PULL_SECONDS": "1",
                       "IYS_TOKEN_REQUESTS_PER_HOUR": "90", "WEB_WORKERS": "2"}
        config.settings.cache_clear()
        from ileti.cli.setup import migrate

        migrate(config.settings())
        self.place = self._make_provider()
        self.system = System(dict(os.environ) | {"PYTHONPATH": str(ROOT)}, self.var, port)
        for name in ARGUMENTS:
            self.run(name)
        assert wait_until(self.system.answers, 60), self.system.log("web")
        self.road = PushRoad(port, book, seed)
        self._let_iys_push()

    def _let_iys_push(self) -> None:
        from ileti.iys.pushed import PATH
        from ileti.iys.pushing import register_push

        self.registry.tell("rules", push_over_http=True)
        made = register_push(self.place.provider_id, url=self.road.url + PATH)
        assert made
        assert not any(one.trouble for one in made), made

    def step_clock(self, seconds: float) -> None:
        """Put the clock of all our processes wrong by so much, at once."""
        self.clock_wrong = seconds
        new = self.clock.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.clock)

    def run(self, name: str, **environment: str) -> None:
        """Start one of our processes."""
        self.system.run(name, *ARGUMENTS[name], **environment)

    def kill(self, name: str) -> None:
        """``kill -9`` to a process and all it started."""
        process = self.system.processes[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def revive(self) -> None:
        """Start again what ended, as a supervisor does."""
        for name, process in self.system.processes.items():
            if process.poll() is not None:
                self.run(name)

    def _start_registry(self) -> str:
        self.registry_process = subprocess.Popen(
            [sys.executable, "-m", "ileti.simulator", "--port", "0", "--delay", "batch=1,pull=0"],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"})
        assert self.registry_process.stdout is not None
        line = self.registry_process.stdout.readline()
        return "http" + line.rpartition("http")[2].split()[0].rstrip("/.")

    def _make_provider(self) -> Any:
        from ileti.consents.ledger import Place
        from ileti.core import db
        from ileti.core.secrets import secrets
        from ileti.documents.publish import publish_standard_texts

        conn, code = db.connection(), 733_100
        provider = conn.execute(
            "insert into provider (title, short_name, iys_code, activation_date) values "
            "('Kargaşa A.Ş.', 'Kargaşa', %s, '2021-01-01') returning id", (code,)).fetchone()[0]
        brand = conn.execute(
            "insert into brand (provider_id, brand_code, name, master) values (%s, %s, 'Kargaşa', "
            "true) returning id", (provider, code)).fetchone()[0]
        place = Place(provider, code, brand, code)
        open_account(place, self.registry)
        publish_standard_texts(provider, brand)
        for key, policy in (("pk_signed", "signed"), ("pk_later", "later")):
            from faults_house import ORIGIN, SECRET

            conn.execute(
                "insert into site (provider_id, brand_id, name, public_key, secret, origins, "
                "policy) values (%s, %s, 'Mağaza', %s, %s, %s, %s)",
                (provider, brand, key, secrets().keyring.encrypt_text(SECRET, "site-secret"),
                 [ORIGIN], policy))
        return place

    # -- calm ---------------------------------------------------------------------------------

    def calm(self) -> None:
        """Everything is let through again, and everything runs."""
        assert self.registry_process is not None
        self.registry_process.send_signal(signal.SIGCONT)
        for process in self.system.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGCONT)
        self.step_clock(0)
        self.services.postgres.start()
        self.services.valkey.start()
        self._redis_command("CONFIG", "SET", "maxmemory", "0")
        self.registry.tell("fault", clear=True)
        self.registry.tell("quota", off=True, forget=True)
        self.registry.tell("delay", latency=0, batch=0, pull=0)
        self.registry.tell("subscription", state="ACTIVE")
        self.revive()
        assert wait_until(self.system.answers, 60), self.system.log("web")[-2000:]
        self.road.calm()
        with self.services.owner() as conn:  # a clock ahead wrote that the pull has been to-morrow
            conn.execute("update iys_cursor set pulled_at = least(pulled_at, now())")

    def let_an_hour_pass(self) -> None:
        """Everything that waits for a time (leases, delays, blocks of an hour) may go on: what is
        kept in Redis and in the workers' memory is forgotten, and rows are due."""
        self._redis_command("FLUSHALL")
        for name in (*WORKERS, "scheduler"):
            self.kill(name)
        self.revive()
        self.due_now()

    def due_now(self) -> None:
        """Let the time of every lease and delay pass."""
        with self.services.owner() as conn:
            conn.execute("delete from iys_block")
            for table in ("outbox", "iys_batch", "iys_cursor"):
                conn.execute(f"update {table} set next_at = now() - interval '1 second' "
                             "where next_at > now()")

    def settled(self) -> bool:
        """Whether nothing waits any more."""
        with self.services.owner() as conn:
            row = conn.execute(
                "select not exists (select from outbox where topic = 1 and dead_at is null) "
                "and not exists (select from iys_batch where state in (1, 2)) "
                "and not exists (select from iys_cursor where gap_since is not null)").fetchone()
        return bool(row and row[0])

    def waits(self) -> list[tuple[str, int]]:
        """Why what waits does, and how many."""
        with self.services.owner() as conn:
            return conn.execute(
                "select concat_ws(', ', case when b.state = 2 then 'its result' when b.state = 1 "
                "then 'its list' when o.after_id is not null then 'the one before' when "
                "o.next_at < now() then 'its turn' else 'its time' end, coalesce(b.problem, "
                "o.reason), round(extract(epoch from b.next_at - now())) || ' s'), count(*) "
                "from outbox o left join iys_batch b on b.id = o.batch_id "
                "where o.topic = 1 and o.dead_at is null group by 1 "
                "union all select concat_ws(', ', 'pull', problem, "
                "round(extract(epoch from next_at - now())) || ' s'), 1 from iys_cursor "
                "where pulled_at < now() - interval '5 seconds'").fetchall()

    def learned(self) -> dict[str, int]:
        """How many citizens' changes came by which way."""
        with self.services.owner() as conn:
            return dict(conn.execute(
                "select split_part(idem, ':', 2), sum(cardinality(entry_ids)) from submission "
                "where idem like 'iys:%' group by 1").fetchall())

    def pulled_since(self, moment: Any) -> bool:
        """Whether İYS's changes were read to their end after ``moment``."""
        with self.services.owner() as conn:
            row = conn.execute("select min(pulled_at) > %s from iys_cursor", (moment,)).fetchone()
        return bool(row and row[0])

    def _redis_command(self, *words: str) -> None:
        import redis

        wait_until(lambda: redis.Redis.from_url(self.services.valkey.url).execute_command(*words),
                   10)

    def end(self) -> None:
        """Stop everything."""
        if hasattr(self, "road"):
            self.road.end()
        if hasattr(self, "system"):
            self.system.end()
        if self.registry_process is not None:
            self.registry_process.kill()
            self.registry_process.wait(10)
        for _ in range(3):
            try:
                self.services.stop()
                return
            except (subprocess.SubprocessError, OSError):
                time.sleep(1)
