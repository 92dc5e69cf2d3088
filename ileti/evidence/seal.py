"""The sealer: leaves that nobody can exchange any more, because a later hash stands on them.

Why this module exists: a leaf in a row proves nothing while the owner of the database can rewrite
row and leaf together. Every few seconds the leaves that have come are gathered into a Merkle tree;
its root goes into a seal, whose header holds the digest of the seal before (R-69). A time stamp
over one seal (:mod:`ileti.evidence.stamping`) or a copy of it outside therefore fixes every leaf
before it.

Leaves are taken in the order of transaction, kind and id, and only of transactions below the
snapshot's horizon: all of those have ended, so that nothing can appear behind a seal. Ids alone
would not do: they are given before the commit. Another cluster counts transactions anew, which is
what epochs are for (docs/adr/0022). No lock in the writers' path.
"""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

import psycopg

from ileti.core import db
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence import merkle
from ileti.evidence.leaf import canonical_json, iso_utc

log = get_logger("ileti.evidence")

FORMAT: Final = 1
#: tables with leaves, by kind; a kind is part of a seal's order: never renumber, only append
LEAVES: Final = {1: "consent_entry", 2: "entry_file", 3: "kvkk_entry", 4: "destruction_log",
                 5: "audit_entry"}
_CAME: Final = {1: "captured_at", 2: "added_at", 3: "captured_at", 4: "at", 5: "at"}
MOST: Final = 20_000
_LOCK: Final = 0x5EA1
_LAST_ID: Final = 2**63 - 1


class Position(NamedTuple):
    """A place in the order of all leaves of an epoch."""

    xid: int
    kind: int
    id: int


START: Final = Position(0, 0, 0)


class Leaf(NamedTuple):
    """A leaf in its place."""

    at: Position
    value: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """What a seal says; ``system`` is the cluster's identifier, ``upto`` the last leaf's place,
    ``signer`` SHA-256 of the installation's public key, so that what it signs is bound to what it
    seals (None: sealed before seals named it)."""

    number: int
    epoch: int
    system: str
    upto: Position
    leaves: int
    root: bytes
    previous: bytes | None
    sealed_at: datetime
    signer: bytes | None = None

    def canonical(self) -> bytes:
        """RFC 8785 JSON; what is hashed and stamped."""
        named = {} if self.signer is None else {"signer": self.signer.hex()}
        return canonical_json(named | {
            "at": iso_utc(self.sealed_at), "epoch": self.epoch, "leaves": self.leaves,
            "number": self.number, "previous": self.previous and self.previous.hex(),
            "root": self.root.hex(), "system": self.system, "upto": list(self.upto), "v": FORMAT,
        })

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical header."""
        return sha256(self.canonical()).digest()


class AnotherCluster(Exception):
    """The database runs in a cluster whose epoch has not begun: set-up was not run after a move."""


def seal_due(until: float, *, most: int = MOST) -> dict[str, int]:
    """Seal what has come; ``until`` on the monotonic clock. Counts of seals and leaves."""
    counts = {"seals": 0, "leaves": 0}
    while time.monotonic() < until:
        try:
            sealed, more = seal_once(most)
        except AnotherCluster:
            log.error("seal_epoch", remedy="run `ileti setup` after a move to another cluster")
            break
        counts["seals"] += sealed > 0
        counts["leaves"] += sealed
        if not more:
            break
    return counts


def seal_once(most: int = MOST) -> tuple[int, bool]:
    """One seal over at most that many leaves: their number (0: nothing to seal, or another sealer
    is at it) and whether there may be more. Raises AnotherCluster."""
    with db.transaction(system=True) as conn:
        row = conn.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
        if row is None or not row[0]:
            return 0, False
        last = newest(conn)
        taken = _next(conn, last, most)
        if taken is None:
            return 0, False
        epoch, system, closing, found = taken
        keep(conn, Header(
            number=last.number + 1 if last else 1, epoch=epoch, system=system,
            upto=found[-1].at, leaves=len(found),
            root=merkle.root([leaf.value for leaf in found]),
            previous=last.digest if last else None, sealed_at=_second(conn), signer=_signer()))
        reach("seal.written")
    return len(found), closing or len(found) == most


def _next(conn: psycopg.Connection[Any], last: Header | None, most: int
          ) -> tuple[int, str, bool, list[Leaf]] | None:
    """The leaves of the next seal with their epoch, its cluster and whether it has ended."""
    for epoch, system, closing in epochs(conn, last.epoch if last else 0):
        after = last.upto if last is not None and last.epoch == epoch else START
        if found := read_leaves(conn, epoch, after, most=most, closing=closing):
            return epoch, system, closing, found
    return None


def epochs(conn: psycopg.Connection[Any], since: int) -> list[tuple[int, str, bool]]:
    """Epochs whose leaves may be unsealed: number, cluster, and whether it has ended."""
    rows = conn.execute(
        "select epoch, system, lead(epoch) over (order by epoch) is not null, "
        "(select system_identifier::text from pg_control_system()) "
        "from seal_epoch order by epoch").fetchall()
    if rows[-1][1] != rows[-1][3]:
        raise AnotherCluster(rows[-1][3])
    return [(epoch, system, ended) for epoch, system, ended, _ in rows if epoch >= since]


def _signer() -> bytes:
    """SHA-256 of the key that signs receipts and bundles."""
    return sha256(b64decode(secrets().receipts.public)).digest()


def _second(conn: psycopg.Connection[Any]) -> datetime:
    row = conn.execute("select date_trunc('second', now())").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def read_leaves(conn: psycopg.Connection[Any], epoch: int, after: Position, *, most: int,
                upto: Position | None = None, closing: bool = False) -> list[Leaf]:
    """The leaves that follow ``after``, in order: of an epoch that is ``closing`` or ``upto`` a
    place that is sealed all there are, else those below the horizon. Inside a transaction."""
    by_index(conn)
    found: list[Leaf] = []
    for kind, table in LEAVES.items():
        # The names are constants of this module.
        rows = conn.execute(
            f"select xid::text::bigint, id, leaf from {table} l where epoch = %(epoch)s "  # noqa: S608
            "and (l.xid, id) > (%(xid)s::text::xid8, %(id)s) "
            + ("and (l.xid, id) <= (%(to_xid)s::text::xid8, %(to_id)s) " if upto else
               "" if closing else "and l.xid < pg_snapshot_xmin(pg_current_snapshot()) ")
            + "order by l.xid, id limit %(most)s",
            {"epoch": epoch, "xid": after.xid, "id": bound(after, kind), "most": most}
            | ({"to_xid": upto.xid, "to_id": bound(upto, kind)} if upto else {}),
            binary=True).fetchall()
        found += [Leaf(Position(xid, kind, id_), leaf) for xid, id_, leaf in rows]
    return sorted(found)[:most] if len(LEAVES) > 1 else found


def by_index(conn: psycopg.Connection[Any]) -> None:
    """For the rest of the transaction leaves are read by their index, whatever the statistics say:
    a sort would read the ledger from its beginning."""
    conn.execute("select set_config('enable_sort', 'off', true), "
                 "set_config('enable_seqscan', 'off', true), "
                 "set_config('enable_bitmapscan', 'off', true)")


def bound(place: Position, kind: int) -> int:
    """The last id of that kind up to the place, within its transaction."""
    return place.id if kind == place.kind else _LAST_ID if kind < place.kind else -1


_COLUMNS: Final = (
    "s.number, s.epoch, e.system, s.upto_xid, s.upto_kind, s.upto_id, s.leaves, s.root, "
    "s.previous, s.sealed_at, s.digest, s.signer "
    "from seal s join seal_epoch e on e.epoch = s.epoch ")


class Broken(Exception):
    """A seal in the database whose digest is not its header's; ``number`` is the seal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _header(row: tuple[Any, ...]) -> Header:
    found = Header(row[0], row[1], row[2], Position(*row[3:6]), row[6], bytes(row[7]),
                   None if row[8] is None else bytes(row[8]), row[9],
                   None if row[11] is None else bytes(row[11]))
    if found.digest != bytes(row[10]):
        raise Broken(found.number)
    return found


def newest(conn: psycopg.Connection[Any] | None = None) -> Header | None:
    """The last seal; raises Broken when it was changed."""
    row = (conn or db.system_connection()).execute(
        f"select {_COLUMNS} order by s.number desc limit 1").fetchone()
    return _header(row) if row else None


def keep(conn: psycopg.Connection[Any], new: Header) -> None:
    """Write a seal, inside the caller's transaction."""
    conn.execute(
        "insert into seal (number, epoch, upto_xid, upto_kind, upto_id, leaves, root, previous, "
        "sealed_at, digest, signer) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (new.number, new.epoch, *new.upto, new.leaves, new.root, new.previous, new.sealed_at,
         new.digest, new.signer))


def chain(first: int, last: int | None = None) -> Iterator[Header]:
    """Seals from one number to another (or the newest), as they stand in the database; raises
    Broken."""
    conn = db.system_connection()
    while True:
        rows = conn.execute(
            f"select {_COLUMNS} where s.number >= %s and (%s::bigint is null or s.number <= %s) "
            "order by s.number limit 1000", (first, last, last)).fetchall()
        yield from map(_header, rows)
        if len(rows) < 1000:
            return
        first = rows[-1][0] + 1


def seal_of(at: Position, epoch: int) -> Header | None:
    """The seal that holds the leaf at this place; None while it waits for one."""
    return seals_of([(epoch, at)])[0]


def seals_of(places: Sequence[tuple[int, Position]]) -> list[Header | None]:
    """The seal of each leaf, by epoch and place; None for those that wait for one."""
    epochs, ats = [epoch for epoch, _ in places], [at for _, at in places]
    rows = db.system_connection().execute(  # the columns are a constant of this module
        f"select w.n, f.* from unnest(%s::int[], %s::bigint[], %s::int[], %s::bigint[]) "  # noqa: S608
        f"with ordinality w(epoch, xid, kind, id, n), lateral (select {_COLUMNS} "
        "where s.epoch = w.epoch and (s.upto_xid, s.upto_kind, s.upto_id) >= (w.xid, w.kind, w.id) "
        "order by s.upto_xid, s.upto_kind, s.upto_id limit 1) f",
        (epochs, [at.xid for at in ats], [at.kind for at in ats], [at.id for at in ats])
    ).fetchall()
    found = {row[0]: _header(row[1:]) for row in rows}
    return [found.get(n) for n in range(1, len(places) + 1)]


def leaves_of(seal: Header) -> list[Leaf]:
    """The leaves a seal stands on, read from the tables as they are now."""
    with db.transaction(system=True) as conn:
        row = conn.execute("select epoch, upto_xid, upto_kind, upto_id from seal where number = %s",
                           (seal.number - 1,)).fetchone()
        after = Position(*row[1:]) if row and row[0] == seal.epoch else START
        return read_leaves(conn, seal.epoch, after, most=seal.leaves + 1, upto=seal.upto)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What no seal holds yet: ``since`` the oldest leaf came, None when all are sealed."""

    since: datetime | None


def waiting() -> Waiting:
    """The age of the oldest leaf without a seal."""
    conn = db.system_connection()
    last = newest(conn)
    after = last.upto if last else START
    epoch = last.epoch if last else 0
    rows = [conn.execute(  # the names are constants of this module
        f"select {column} from {LEAVES[kind]} l where epoch >= %s and (l.xid, l.id) > "  # noqa: S608
        "(%s::text::xid8, %s) order by l.xid, l.id limit 1",
        (epoch, after.xid, bound(after, kind))).fetchone() for kind, column in _CAME.items()]
    return Waiting(min((row[0] for row in rows if row), default=None))
