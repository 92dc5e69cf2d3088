"""Opening a case and writing its history; the one place that does either.

Why this module exists: a case begins by the form, by hand and in tests, and always the same way:
case, first event, matched recipients, receipt, refusal where messages are to stop, and nothing
twice. All functions here work inside the caller's transaction, on a bare connection, and never
commit; pages call them by :func:`ileti.core.db.transaction`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg

from ileti.core.errors import Conflict, NotFound
from ileti.evidence import kinds
from ileti.evidence.vault import NAME_PURPOSE, Kept
from ileti.requests import matching, rules
from ileti.requests.people import Person
from ileti.requests.sealing import NOTE_PURPOSE, PERSON_PURPOSE, WISH_PURPOSE, seal, unseal
from ileti.requests.vocabulary import Deed, FileRole, State, Way
from ileti.tenancy import rolebook

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class NewCase:
    """A request as it arrived. ``idem`` names the occasion; ``received_at`` is when it reached the
    controller (Tebliğ m. 5/4, 5/5)."""

    provider_id: int
    brand_id: int
    idem: str
    way: Way
    received_at: datetime
    person: Person
    wish: str
    rights: list[str]
    language: str = "tr"
    by: int | None = None
    confirmed: int | None = None
    signed: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A case as jobs and deeds need it."""

    id: int
    provider_id: int
    brand_id: int
    way: Way
    state: State
    language: str
    rights: list[str]
    received_at: datetime
    due_at: datetime
    identity: int
    person: Person = field(repr=False)
    wish: str = field(repr=False)
    confirmed: int | None = None
    signed: bool = False
    decision: int | None = None
    closed_at: datetime | None = None


_OPEN = """
insert into data_request (provider_id, brand_id, idem, way, language, rights, received_at, due_at,
                          created_by, person, wish, marks, confirmed, signed)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (provider_id, idem) do nothing returning id"""


def open_case(conn: Connection, new: NewCase) -> tuple[int, bool]:
    """Open a case with its first event and the recipient whose address was confirmed; its id, and
    whether it is new: the same ``idem`` again is the case that is there."""
    row = conn.execute(_OPEN, (
        new.provider_id, new.brand_id, new.idem, int(new.way), new.language, new.rights,
        new.received_at, rules.due_at(new.received_at), new.by,
        seal(new.person.to_text(), PERSON_PURPOSE), seal(new.wish, WISH_PURPOSE),
        new.person.marks(new.provider_id), new.confirmed, new.signed)).fetchone()
    if row is None:
        known = conn.execute("select id from data_request where provider_id = %s and idem = %s",
                             (new.provider_id, new.idem)).fetchone()
        assert known is not None
        return int(known[0]), False
    number = int(row[0])
    write_event(conn, new.provider_id, new.brand_id, number, Deed.RECEIVED, by=new.by,
                detail={"way": int(new.way), "at": new.received_at.isoformat()} | new.detail)
    if new.confirmed is not None:
        write_event(conn, new.provider_id, new.brand_id, number, Deed.CONFIRMED,
                    detail={"what": "email" if new.confirmed == 2 else "phone"})
    matching.attach_confirmed(conn, number, new.provider_id, new.brand_id, new.person,
                              new.confirmed)
    return number, True


_EVENT = """
insert into data_request_event (provider_id, brand_id, request_id, by, kind, mark, detail, note)
values (%s, %s, %s, %s, %s, %s, %s::jsonb, %s) on conflict (request_id, mark) do nothing
returning id"""


def write_event(conn: Connection, provider_id: int, brand_id: int, request_id: int, kind: Deed, *,
                by: int | None = None, detail: dict[str, Any] | None = None, note: str = "",
                mark: str | None = None) -> bool:
    """Append to the history; False when the ``mark`` stands there already. ``detail`` must hold
    nothing personal."""
    row = conn.execute(_EVENT, (
        provider_id, brand_id, request_id, by, str(kind), mark,
        json.dumps(detail or {}, ensure_ascii=False), seal(note, NOTE_PURPOSE) or None)).fetchone()
    return row is not None


_READ = """
select id, provider_id, brand_id, way, state, language, rights, received_at, due_at, identity,
       person, wish, confirmed, signed, decision, closed_at from data_request where id = %s"""


def read_case(conn: Connection, request_id: int, *, lock: bool = False) -> Case:
    """A case by its id, whoever may see it; ``lock`` lets no other deed in until the transaction
    ends. Raises NotFound."""
    row = conn.execute(_READ + (" for update" if lock else ""), (request_id,)).fetchone()
    if row is None:
        raise NotFound()
    return Case(
        id=row[0], provider_id=row[1], brand_id=row[2], way=Way(row[3]), state=State(row[4]),
        language=row[5], rights=list(row[6]), received_at=row[7], due_at=row[8], identity=row[9],
        person=Person.from_text(unseal(row[10], PERSON_PURPOSE)),
        wish=unseal(row[11], WISH_PURPOSE), confirmed=row[12], signed=row[13], decision=row[14],
        closed_at=row[15])


def open_for_work(conn: Connection, request_id: int) -> Case:
    """A case that may still be worked on, locked. Raises Conflict when its answer is on its way or
    it is closed: closed cases are read-only."""
    case = read_case(conn, request_id, lock=True)
    if case.state in (State.SENDING, State.CLOSED):
        raise Conflict("Bu dosya cevaplandı; artık değiştirilemez.",
                       "This case is answered; it cannot be changed any more.", code="closed")
    return case


def roles_at(conn: Connection, case: Case) -> list[str]:
    """The roles of a provider that may work on a case: of people who are kept for the law alone
    those who may see such records (R-64)."""
    found = rolebook.holding("request:write", case.provider_id)
    if not matching.is_closed(conn, case.id):
        return found
    return [role for role in found if "restricted:read" in rolebook.granted(role)]


def note(conn: Connection, case: Case, kind: Deed, *, by: int | None = None, text: str = "",
         mark: str | None = None, **detail: Any) -> bool:
    """:func:`write_event` of a case that was read."""
    return write_event(conn, case.provider_id, case.brand_id, case.id, kind, by=by, detail=detail,
                       note=text, mark=mark)


def add_file(conn: Connection, case: Case, file: Kept, name: str, role: FileRole, *,
             by: int | None) -> bool:
    """Put a kept file into a case; False when it lies there already in this role."""
    row = conn.execute(
        "insert into data_request_file (provider_id, brand_id, request_id, file_id, added_by, "
        "role, name) values (%s, %s, %s, %s, %s, %s, %s) "
        "on conflict (request_id, file_id, role) do nothing returning id",
        (case.provider_id, case.brand_id, case.id, file.id, by, int(role),
         seal(kinds.clean_name(name), NAME_PURPOSE))).fetchone()
    if row is None:
        return False
    return note(conn, case, Deed.FILE, by=by, role=int(role), no=int(row[0]),
                sha256=file.sha256.hex())


def close(conn: Connection, case: Case, *, by: int | None, answer_id: int, **detail: Any) -> None:
    """The answer has gone out: the clock stops and the case is closed."""
    conn.execute("update data_request set state = %s, closed_at = now() where id = %s",
                 (int(State.CLOSED), case.id))
    note(conn, case, Deed.SENT, by=by, mark=f"sent:{answer_id}", answer=answer_id, **detail)
    note(conn, case, Deed.CLOSED, by=by, mark=f"closed:{answer_id}")
