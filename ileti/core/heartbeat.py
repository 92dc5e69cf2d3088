"""Notices that PostgreSQL has stopped answering altogether, and lets nobody wait for it.

Why this module exists: the time limits of a statement are kept by the server. A server that stands
still (a stopped machine, a storage that hangs, a network that swallows packets) keeps none, and
every caller would wait as long as it stands (fault row 10). So one daemon thread looks once a
second whether some connection of this process waits for an answer; if so it asks the server for a
sign of life on a connection of its own. No sign within two seconds means *away*: waiting
connections are cut, which their callers see as a lost connection, and new work is refused at once
until the server answers again. A long statement on a server that answers is left alone.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import TransactionStatus

from ileti.core.logs import get_logger

log = get_logger("ileti.db")

LOOK_EVERY = 1.0
PATIENCE = 2.0

Connection = psycopg.Connection[Any]


class Heartbeat:
    """Watches the connections it is told of; ``connect`` makes the one it asks on."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.away = False
        self._connect = connect
        self._watched: WeakKeyDictionary[Connection, int] = WeakKeyDictionary()
        self._own: Connection | None = None
        self._lock = threading.Lock()
        self._pid = 0

    def watch(self, conn: Connection) -> None:
        """Cut this connection when the server falls silent while it waits."""
        with self._lock:
            if self._pid != os.getpid():  # the first connection of this process, or after a fork
                self._pid, self._own, self.away = os.getpid(), None, False
                self._watched = WeakKeyDictionary()
                threading.Thread(target=self._run, daemon=True, name="heartbeat").start()
            self._watched[conn] = os.fstat(conn.pgconn.socket).st_ino

    def look(self) -> None:
        """One look: ask for a sign of life if anybody waits, and act on its absence."""
        if not self.away and not self._waiting():
            return
        alive = self._lives()
        if alive is self.away:
            log.warning("postgres_answers_again" if alive else "postgres_silent")
        self.away = not alive
        if self.away:
            for conn, line in self._waiting():
                cut(conn, line)

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            try:
                self.look()
            except Exception as error:  # a watch that ends is worse than one that errs
                log.warning("heartbeat_fault", reason=type(error).__name__)

    def _waiting(self) -> list[tuple[Connection, int]]:
        with self._lock:
            watched = list(self._watched.items())
        return [(one, line) for one, line in watched if not one.closed
                and one.info.transaction_status == TransactionStatus.ACTIVE]

    def _lives(self) -> bool:
        """Whether the server says anything at all; a refusal is a sign of life as well."""
        try:
            if self._own is None or self._own.closed:
                self._own = self._connect()
            link = self._own.pgconn
            link.send_query(b"select 1")
            sight = select.poll()
            sight.register(link.socket, select.POLLIN)
            if not sight.poll(PATIENCE * 1000):
                link.finish()
                return False
            while link.get_result() is not None:
                pass
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            if self._own is not None:
                self._own.close()
        return True


def cut(conn: Connection, line: int) -> None:
    """End the connection under whoever waits on it; the file number itself stays theirs. ``line``
    is the socket's own number: the file number may be somebody else's a moment after it closed,
    and that somebody is a visitor."""
    try:
        with socket.socket(fileno=os.dup(conn.pgconn.socket)) as held:
            if os.fstat(held.fileno()).st_ino == line:
                held.shutdown(socket.SHUT_RDWR)
    except (OSError, psycopg.Error) as error:
        log.warning("connection_not_cut", reason=type(error).__name__)
