"""Cutting a connection that waits ends its own line, and never that of whoever has its file number
since."""

from __future__ import annotations

import os
import socket

import psycopg
import pytest

from ileti.core.heartbeat import cut


def number_of(conn: psycopg.Connection) -> int:
    return os.fstat(conn.pgconn.socket).st_ino


def test_a_line_is_cut_and_its_caller_told(database: str) -> None:
    with psycopg.connect(database) as conn:
        cut(conn, number_of(conn))
        with pytest.raises(psycopg.OperationalError):
            conn.execute("select 1")


def test_a_visitor_who_got_the_file_number_meanwhile_keeps_his_line(database: str) -> None:
    with psycopg.connect(database) as conn:
        before = number_of(conn)
        visitor, peer = socket.socketpair()
        kept = os.dup(conn.pgconn.socket)
        os.dup2(visitor.fileno(), conn.pgconn.socket)
        cut(conn, before)
        visitor.sendall(b"x")
        assert peer.recv(1) == b"x"
        os.dup2(kept, conn.pgconn.socket)
        os.close(kept)
        assert conn.execute("select 1").fetchone() == (1,)
        visitor.close()
        peer.close()
