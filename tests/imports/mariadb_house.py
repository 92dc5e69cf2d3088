"""A MariaDB of the tests' own, where its server is installed; nothing of it outlives them."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.running import free_port

READER, SECRET = "okuyan", "gi:zli@1"


@dataclass(frozen=True)
class House:
    """A running server with a database ``shop`` and a login that may do anything in it: what the
    login may not, could not show that the import does not."""

    port: int
    socket: Path

    @property
    def url(self) -> str:
        return f"mysql://{READER}:gi%3Azli%401@127.0.0.1:{self.port}/shop"

    def run(self, *statements: str) -> list[Any]:
        """As the server's owner; the rows of the last one."""
        import pymysql

        conn = pymysql.connect(unix_socket=str(self.socket), user="root", database="shop",
                               autocommit=True)
        with conn, conn.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall())


def _needed() -> tuple[str, str]:
    server = next(filter(None, (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
                                for name in ("mariadbd", "mysqld"))), None)
    install = shutil.which("mariadb-install-db")
    if server is None or install is None:
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    pytest.importorskip("pymysql", reason="the driver is not installed: pip install pymysql")
    return server, install


@contextmanager
def mariadb(folder: Path) -> Iterator[House]:
    """Made and started below ``folder``; skips the test where something is missing for it."""
    server, install = _needed()
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    data = [f"--datadir={folder}/data", "--no-defaults", *as_root]
    subprocess.run([install, "--no-defaults", *data[:1], *as_root, "--skip-test-db",
                    "--auth-root-authentication-method=normal"], check=True, capture_output=True)
    house = House(free_port(), folder / "socket")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [server, *data[1:2], data[0], *as_root, f"--socket={house.socket}",
             f"--port={house.port}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=32M",
             "--default-time-zone=+00:00", f"--pid-file={folder}/pid"], stdout=log, stderr=log)
    try:
        _wait(house, process, folder)
        yield house
    finally:
        process.terminate()
        process.wait(30)


def _wait(house: House, process: subprocess.Popen[bytes], folder: Path) -> None:
    import pymysql

    for _ in range(150):
        try:
            conn = pymysql.connect(unix_socket=str(house.socket), user="root", autocommit=True)
        except pymysql.err.OperationalError:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
            continue
        with conn, conn.cursor() as cursor:
            cursor.execute("create database shop character set utf8mb4")
            cursor.execute(f"create user {READER}@'127.0.0.1' identified by '{SECRET}'")
            cursor.execute(f"grant all privileges on *.* to {READER}@'127.0.0.1'")
        return
    raise AssertionError((folder / "log").read_text())
