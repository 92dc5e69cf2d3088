"""Who did what, from where, before and after: written in the transaction of the deed (R-58).

Three ways in: :func:`record` for deeds that change no row (an address was opened, somebody signed
in); a listener that notes every change the session flushes, so that no view can forget it; and one
for statements that change many rows past the flush. What is watched and what of a value is told is
in :mod:`ileti.tenancy.watching`; statements on a bare connection note themselves through
:mod:`ileti.tenancy.deeds`. Who does it is whoever is signed in, else whom the entry point named
(:mod:`ileti.core.doer`); where nobody is named, the installation works for itself and nothing is
noted. Lines are sealed (docs/adr/0040).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import g, has_request_context, request
from sqlalchemy import Table, insert, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session

from ileti.core import doer as at_work
from ileti.core import orm
from ileti.tenancy import scope, twins
from ileti.tenancy.deeds import plain
from ileti.tenancy.models import AuditEntry
from ileti.tenancy.watching import NOISE, told, watched

#: rows of one statement that get a line each; beyond, one line tells how many there were
_SINGLY: Final = 100
# Lines are written "inline": whoever writes one does not read it back, and may not where it stands
# in the trail of another provider, a sandbox's home.

#: execution option of a statement whose caller notes each row itself
NOTED: Final = "noted"


def record(action: str, subject: str, detail: dict[str, Any] | None = None, *,
           provider_id: int | None = None, user_id: int | None = None,
           brand_id: int | None = None, dealer_id: int | None = None) -> None:
    """Note one deed in the current transaction; the caller commits.

    ``subject`` names the thing (``consent:81``), never an address. Brand and dealer are those it
    was done at, by default the work space's.
    """
    orm.db.session.execute(insert(AuditEntry).inline().values(
        **_line(action, subject, detail, (provider_id, brand_id, dealer_id), user_id)))


def record_many(action: str, about: Sequence[tuple[str, dict[str, Any], int | None]]) -> None:
    """Note the same deed about many things in one statement: subject, detail and provider of each;
    the caller commits."""
    if about:
        orm.db.session.execute(insert(AuditEntry), [
            _line(action, subject, detail, (provider_id, None, None))
            for subject, detail, provider_id in about])


def _line(action: str, subject: str, detail: dict[str, Any] | None,
          place: tuple[int | None, int | None, int | None], user_id: int | None = None
          ) -> dict[str, Any]:
    here, known = _work_space(), at_work.current()
    by = user_id if user_id is not None else _user_id()
    if by is None and known is not None:
        by = known.user_id
    actor = known.name if known is not None and by is None else None
    same = place[0] is None or place[0] == here.provider_id
    provider = place[0] or here.provider_id
    home = twins.home_of(provider)
    if home != provider:  # told where whoever did it belongs; brand and dealer are no real ones
        detail, same, provider = (detail or {}) | {"sandbox": True}, False, home
        place = (home, None, None)
    return {
        "action": action,
        "subject": subject[:120],
        "detail": plain(detail or {}) | _program(actor),
        "provider_id": provider,
        "brand_id": place[1] or (here.brand_id if same else None),
        "dealer_id": place[2] or (here.dealer_id if same else None),
        "user_id": by, "actor": actor,
        "address": request.remote_addr if has_request_context() else known and known.address,
    }


def _program(actor: str | None) -> dict[str, str]:
    """A program's name stands among the details, where programs have always been told."""
    is_one = actor and not actor.startswith(at_work.COMMAND_LINE)
    return {"program": actor} if actor and is_one else {}


def _work_space() -> scope.Scope:
    """Where the work is done; the request's work space also while the system looks further."""
    here = scope.current()
    asked: scope.Scope | None = g.get("work_scope") if has_request_context() else None
    return here if here.provider_id is not None or asked is None else asked


def _user_id() -> int | None:
    user = g.get("user") if has_request_context() else None
    return user.id if user is not None and user.is_authenticated else None


def _somebody() -> bool:
    """Whether there is anybody whose deed a change could be."""
    return has_request_context() or at_work.current() is not None


# -- what the session flushes ---------------------------------------------------------------------


@orm.listen(Session, "after_flush")
def _note_changes(session: Session, _context: Any) -> None:
    """Every watched row that somebody added, changed or removed."""
    if not _somebody():
        return
    lines = [
        *(_change("add", one) for one in session.new if _is_watched(one)),
        *(_change("change", one) for one in session.dirty if _is_watched(one)),
        *(_change("remove", one) for one in session.deleted if _is_watched(one)),
    ]
    for line in lines:
        if line is not None:
            session.execute(insert(AuditEntry).inline().values(**line))


def _is_watched(one: Any) -> bool:
    return watched(getattr(one, "__tablename__", ""))


def _change(action: str, one: Any) -> dict[str, Any] | None:
    state = inspect(one)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    columns: list[str] = []
    for attribute in state.mapper.column_attrs:
        name, column = attribute.key, attribute.columns[0]
        if name in NOISE or column.primary_key:
            continue
        if action != "change":
            value = state.dict.get(name)
            if value is not None and told(column):
                (after if action == "add" else before)[name] = plain(value)
            continue
        history = state.attrs[name].history
        if history.has_changes():
            columns.append(name)
            if told(column):
                after[name] = plain(history.added[0] if history.added else None)
                if history.deleted:
                    before[name] = plain(history.deleted[0])
    if action == "change" and not columns:
        return None
    return _told(action, one, columns, before, after)


def _told(action: str, one: Any, columns: list[str], before: dict[str, Any],
          after: dict[str, Any]) -> dict[str, Any]:
    table = one.__tablename__
    place = _place(table, one.id if table in ("provider", "brand", "dealer") else None,
                   [getattr(one, name, None) for name in scope.TENANT_COLUMNS])
    if table == "membership":  # a deed about the person, told with the role
        return _line(f"membership:{action}", f"ab_user:{one.user_id}", {"role": one.role}, place)
    return _line(f"{table}:{action}", f"{table}:{_number(one)}",
                 _detail(columns, before, after), place)


def _number(one: Any) -> str:
    return ".".join(str(part) for part in inspect(one).mapper.primary_key_from_instance(one))


def _place(table: str, own: int | None, levels: Sequence[int | None]
           ) -> tuple[int | None, int | None, int | None]:
    """Provider, brand and dealer of a row; the row itself may be one of them."""
    provider, brand, dealer = levels
    return (own if table == "provider" else provider, own if table == "brand" else brand,
            own if table == "dealer" else dealer)


def _detail(columns: Sequence[str], before: dict[str, Any], after: dict[str, Any]
            ) -> dict[str, Any]:
    parts = {"columns": sorted(columns), "before": before, "after": after}
    return {name: part for name, part in parts.items() if part}


# -- statements that pass the flush by ------------------------------------------------------------


@orm.listen(Session, "do_orm_execute")
def _note_statements(state: ORMExecuteState) -> Any:
    """An UPDATE, DELETE or INSERT of watched rows as a statement: noted as the flush would have."""
    if not (state.is_update or state.is_delete or state.is_insert) or not _somebody():
        return None
    statement: Any = state.statement
    table = getattr(statement, "table", None)
    if not isinstance(table, Table) or not watched(table.name):
        return None
    if state.execution_options.get(NOTED):
        return None
    given = state.parameters
    if state.is_insert or isinstance(given, list):
        result: Any = state.invoke_statement()
        count = len(given) if isinstance(given, list) else max(getattr(result, "rowcount", 1), 0)
        deed = "add" if state.is_insert else "change" if state.is_update else "remove"
        state.session.execute(insert(AuditEntry).inline().values(**_line(
            f"{table.name}:{deed}", f"{table.name}:*", {"count": count}, (None, None, None))))
        return result
    return _noted(state, statement, table)


def _noted(state: ORMExecuteState, statement: Any, table: Table) -> Any:
    session = state.session
    entity = state.bind_mapper.class_ if state.bind_mapper is not None else table
    columns = [getattr(entity, c.key) if entity is not table else c for c in table.c]
    asked = select(*columns)
    if statement.whereclause is not None:
        asked = asked.where(statement.whereclause)
    with session.no_autoflush:
        old = [tuple(row) for row in session.execute(asked.with_for_update())]
    result = state.invoke_statement()
    if len(old) > _SINGLY:
        session.execute(insert(AuditEntry).inline().values(**_line(
            f"{table.name}:{'change' if state.is_update else 'remove'}", f"{table.name}:*",
            {"count": len(old)}, (None, None, None))))
        return result
    new = _again(session, table, old) if state.is_update else {}
    for row in old:
        line = _difference(table, row, new.get(_keys(table, row)), removed=state.is_delete)
        if line is not None:
            session.execute(insert(AuditEntry).inline().values(**line))
    return result


def _keys(table: Table, row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value for column, value in zip(table.c, row, strict=True) if column.primary_key)


def _again(session: Session, table: Table, old: list[tuple[Any, ...]]
           ) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The same rows as they are now; by their first key, which is the only one of what is
    watched."""
    key = next(iter(table.primary_key))
    rows = session.execute(select(*table.c).where(key.in_([_keys(table, row)[0] for row in old])))
    return {_keys(table, tuple(row)): tuple(row) for row in rows}


def _difference(table: Table, old: Sequence[Any], new: Sequence[Any] | None, *, removed: bool
                ) -> dict[str, Any] | None:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    changed: list[str] = []
    names = {column.name: value for column, value in zip(table.c, old, strict=True)}
    for place, column in enumerate(table.c):
        if column.name in NOISE or column.primary_key:
            continue
        if removed:
            if old[place] is not None and told(column):
                before[column.name] = plain(old[place])
        elif new is not None and new[place] != old[place]:
            changed.append(column.name)
            if told(column):
                before[column.name], after[column.name] = plain(old[place]), plain(new[place])
    if not (removed or changed):
        return None
    place_ = _place(table.name, names.get("id"), [names.get(n) for n in scope.TENANT_COLUMNS])
    number = ".".join(str(part) for part in _keys(table, old))
    action = "remove" if removed else "change"
    return _line(f"{table.name}:{action}", f"{table.name}:{number}",
                 _detail(changed, before, after), place_)
