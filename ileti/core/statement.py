"""One prepared statement, sent to libpq with parameters already in PostgreSQL's binary form.

Why this module exists: psycopg adapts every parameter of every call in Python; on the path of a
capture, with two dozen parameters, that costs more than all cryptography together (docs/adr/0003).
A :class:`Statement` is prepared once per connection and then called with packed bytes. Use it where
a thousand calls a second run through one statement, nowhere else.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg import errors
from psycopg._preparing import Prepare, PrepareManager
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

OIDS: Final = {
    "bytea": 17, "int8": 20, "int2": 21, "int4": 23, "text": 25, "timestamptz": 1184,
    "jsonb": 3802, "int8[]": 1016, "int2[]": 1005, "int4[]": 1007, "bytea[]": 1001,
    "timestamptz[]": 1185, "text[]": 1009, "jsonb[]": 3807,
}
_ELEMENT: Final = {name: OIDS[name.removesuffix("[]")] for name in OIDS if name.endswith("[]")}
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NULL: Final = struct.pack("!i", -1)

pack_int2 = struct.Struct("!h").pack
pack_int4 = struct.Struct("!i").pack
pack_int8 = struct.Struct("!q").pack
unpack_int8 = struct.Struct("!q").unpack_from
_pack_head = struct.Struct("!iiiii").pack
_pack_single = struct.Struct("!iiiiii").pack

#: after these what stands under a statement may have changed, or the statement is gone
_CHANGES: Final = (b"DROP", b"ALTER", b"DISCARD ALL", b"DEALLOCATE ALL")
#: by connection: what a statement is called there
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[bytes, bytes]] = WeakKeyDictionary()
_numbers = count()


def pack_time(moment: datetime) -> bytes:
    """An aware moment as timestamptz: microseconds since 2000-01-01 UTC."""
    return pack_int8((moment - _EPOCH) // _MICROSECOND)


def pack_jsonb(text: bytes) -> bytes:
    """JSON text as jsonb."""
    return b"\x01" + text


def unpack_time(micros: int) -> datetime:
    """Inverse of :func:`pack_time`, from the whole number."""
    return _EPOCH + timedelta(microseconds=micros)


def pack_array(kind: str, items: Sequence[bytes | None]) -> bytes:
    """A one-dimensional array of packed elements; ``kind`` as in ``int2[]``."""
    if len(items) == 1 and (only := items[0]) is not None:
        return _pack_single(1, 0, _ELEMENT[kind], 1, 1, len(only)) + only
    parts = [_pack_head(1, int(None in items), _ELEMENT[kind], len(items), 1)]
    for item in items:
        if item is None:
            parts.append(_NULL)
        else:
            parts.append(pack_int4(len(item)))
            parts.append(item)
    return b"".join(parts)


def element(value: bytes | None) -> bytes:
    """A packed value as it stands in an array: for values that many elements share."""
    return _NULL if value is None else pack_int4(len(value)) + value


def join_array(kind: str, elements: Sequence[bytes], *, nulls: bool = False) -> bytes:
    """:func:`pack_array` of values that are elements already (:func:`element`)."""
    return _pack_head(1, int(nulls), _ELEMENT[kind], len(elements), 1) + b"".join(elements)


class _Sparing(PrepareManager):
    """psycopg's own statements of a connection, kept over a rollback. psycopg makes the server
    forget *all* statements after each, ours too, and not until its next command: whoever then began
    with a transaction lost it to "prepared statement does not exist". It does so for objects that a
    rollback takes away; ours only work on what migrations made."""

    def clear(self) -> bool:
        """Called for a rollback; what was dropped is forgotten by _should_discard."""
        return False

    def _should_discard(self, prep: Prepare, results: Sequence[PGresult], *args: Any) -> bool:
        if any((one.command_status or b"").startswith(_CHANGES) for one in results):
            return super().clear()
        return False


class Statement:
    """A statement with fixed parameter types, answering one value of one row in binary form."""

    def __init__(self, name: str, sql: str, kinds: Sequence[str]) -> None:
        self._name = name.encode()
        self._sql = sql.encode()
        self.kinds = tuple(kinds)
        self._oids = [OIDS[kind] for kind in kinds]
        self._binary = [1] * len(kinds)

    def value(self, conn: psycopg.Connection[Any], parameters: Sequence[bytes | None]) -> bytes:
        """Run it and answer the single value; raises what psycopg raises for its SQLSTATE."""
        known = _prepared.get(conn)
        if known is None:
            known = _prepared[conn] = {}
            conn._prepared.__class__ = _Sparing
        if self._name not in known:
            self._prepare(conn, known)
        try:
            return self._run(conn, known[self._name], parameters)
        except errors.InvalidSqlStatementName:  # somebody between us and the server forgot them
            known.clear()  # inside a transaction this one is lost; its next try prepares anew
            self._prepare(conn, known)
            return self._run(conn, known[self._name], parameters)

    def _prepare(self, conn: psycopg.Connection[Any], known: dict[bytes, bytes]) -> None:
        """Under a name of its own each time: of what the server forgot, some may have been prepared
        anew meanwhile, and a name that is there already is refused."""
        name = b"%s_%d" % (self._name, next(_numbers))
        answer = conn.pgconn.prepare(name, self._sql, self._oids)
        if answer.status != ExecStatus.COMMAND_OK:
            raise _failure(answer)
        known[self._name] = name

    def _run(self, conn: psycopg.Connection[Any], name: bytes,
             parameters: Sequence[bytes | None]) -> bytes:
        # libpq takes None for NULL; psycopg's annotation does not say so
        answer = conn.pgconn.exec_prepared(
            name, parameters, self._binary, 1)  # type: ignore[arg-type]
        if answer.status != ExecStatus.TUPLES_OK:
            raise _failure(answer)
        return answer.get_value(0, 0) or b""


def _failure(answer: PGresult) -> psycopg.Error:
    """What the server refused; without an SQLSTATE it said nothing: the connection was lost."""
    if not answer.error_field(DiagnosticField.SQLSTATE):
        return psycopg.OperationalError("the connection was lost")
    return errors.error_from_result(answer)
