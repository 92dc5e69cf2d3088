"""Who sees which rows: a listener on the session, with nothing visible by default.

Every ORM statement, and with it every list, drop-down, count and export, gets the row rule of each
tenant table it touches (stack T4: filters on views alone let drop-downs leak). The rule follows
from the columns ``provider_id``, ``brand_id`` and ``dealer_id``; a table that lacks one of them is
reached through another, see ``THROUGH``. A guard test walks all models and fails when one with a
tenant column is not covered.

A dealer sees the consents it took and those it was given access to (R-45, ADR 0019), and of
everything else only what hangs on them; what hangs on a click (who took it, on what page, by what
code) stays with the taker. The same rule as text is in ``sight``, PostgreSQL's behind ``wall``.
Jobs and commands, which have no person behind them, open :func:`system_scope`.

What is kept of a person for the law alone, who asked to be erased, is seen with ``restricted:read``
only (R-64, ADR 0029); the same rule in the database is ``is_restricted``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    Alias,
    ColumnElement,
    Table,
    all_,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, with_loader_criteria

from ileti.core import orm
from ileti.core.criteria import Criteria
from ileti.core.errors import NotFound

Condition = ColumnElement[bool]


@dataclass(frozen=True)
class Scope:
    """What one piece of work may see.

    ``provider_id`` None with ``everything`` False sees nothing. ``brand_id`` and ``dealer_id``
    narrow it; None means all below the level above. ``user_id`` lets people see themselves.
    ``restricted``: also what is kept of erased persons for the law alone. ``twins``: with
    ``everything``, also what is in sandboxes, which is nothing to look at (docs/adr/0055).
    """

    everything: bool = False
    provider_id: int | None = None
    brand_id: int | None = None
    dealer_id: int | None = None
    user_id: int | None = None
    restricted: bool = False
    twins: bool = True

    @property
    def sees_restricted(self) -> bool:
        """Whether what is kept of a person for the law alone is to be seen."""
        return self.restricted or self.everything


NOTHING = Scope()
EVERYTHING = Scope(everything=True)
_current: ContextVar[Scope] = ContextVar("ileti_scope", default=NOTHING)

TENANT_COLUMNS = ("provider_id", "brand_id", "dealer_id")
TENANT_TABLES = {"provider": "provider_id", "brand": "brand_id", "dealer": "dealer_id"}
# tables of what came about a recipient, and when; the recipient's own row has no such moment
ABOUT_RECIPIENTS: dict[str, str | None] = {
    "recipient": None, "consent_entry": "captured_at", "consent_state": "entry_at",
    "message": "created_at", "verification": "created_at",
    "kvkk_entry": "captured_at", "kvkk_state": "entry_at",
    "data_request_recipient": "added_at", "recipient_value": "at", "entry_value": "at",
    "call_list_entry": "added_at", "call_attempt": "at",
    "address_trouble": "first_at",
    "call": "started_at",
    "inbound_message": "received_at", "returned_mail": "came_at",
}
# tables of a data subject's request, by the column that names the case
ABOUT_CASES = {"data_request": "id"} | dict.fromkeys((
    "data_request_event", "data_request_file", "data_request_correction", "data_request_export",
    "data_request_erasure", "data_request_answer", "data_request_mail"), "request_id")
PERSONAL_TABLES = frozenset({  # the system's alone
    "login_limit", "user_session", "user_security", "recovery_code", "passkey", "user_device",
    "outside_login", "account_mail",
})

_KEY = tuple((name, name) for name in (
    "provider_id", "brand_id", "recipient_id", "recipient_type", "channel"))
# what an access opens beside what a dealer took: table → pairs that join it with consent_access
SHARED: dict[str, tuple[tuple[str, str], ...]] = {
    "consent_entry": _KEY, "consent_state": _KEY,
    "recipient": (("provider_id", "provider_id"), ("id", "recipient_id")),
}
# table: level that has no column of its own → (other table, pairs of columns that join them)
_ENTRY_OF_RECIPIENT = ("consent_entry", (("provider_id", "provider_id"), ("id", "recipient_id")))
_ENTRY_OF_STATE = ("consent_entry", _KEY)
_ENTRY_OF_RECEIPT = ("consent_entry", (("provider_id", "provider_id"), ("entry_id", "id")))
_ACCOUNT = ("api_account", (("provider_id", "provider_id"), ("account_id", "id")))
_SUBMISSION = ("submission", (("provider_id", "provider_id"), ("submission_id", "id")))
_ENTRY_OF_VALUE = ("consent_entry", (("provider_id", "provider_id"), ("entry_id", "id")))
_RECIPIENT_OF_VALUE = ("consent_entry", (("provider_id", "provider_id"),
                                         ("recipient_id", "recipient_id")))
_CALL = ("call", (("provider_id", "provider_id"), ("call_id", "id")))
_COLLEAGUE = ("membership", (("provider_id", "provider_id"), ("user_id", "user_id")))
_TEMPLATE = ("message_template", (("template_id", "id"),))
THROUGH: dict[str, dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "recipient": {"brand_id": _ENTRY_OF_RECIPIENT, "dealer_id": _ENTRY_OF_RECIPIENT},
    "consent_state": {"dealer_id": _ENTRY_OF_STATE},
    "iys_receipt": {"brand_id": _ENTRY_OF_RECEIPT, "dealer_id": _ENTRY_OF_RECEIPT},
    # what a provider knows of a recipient is no dealer's; what a dealer's list said is
    "recipient_value": {"brand_id": _RECIPIENT_OF_VALUE},
    "address_trouble": {"brand_id": _RECIPIENT_OF_VALUE},
    "entry_value": {"brand_id": _ENTRY_OF_VALUE, "dealer_id": _ENTRY_OF_VALUE},
    "call_step": {"brand_id": _CALL, "dealer_id": _CALL},
    "call_review": {"brand_id": _CALL, "dealer_id": _CALL},
    "call_training": {"brand_id": _COLLEAGUE, "dealer_id": _COLLEAGUE},
    "verification": {"brand_id": _SUBMISSION, "dealer_id": _SUBMISSION},
    "message": {"dealer_id": _SUBMISSION},
    "api_key": {"brand_id": _ACCOUNT, "dealer_id": _ACCOUNT},
    "api_token": {"brand_id": _ACCOUNT, "dealer_id": _ACCOUNT},
    "api_usage": {"brand_id": _ACCOUNT, "dealer_id": _ACCOUNT},
    "api_call": {"brand_id": _ACCOUNT, "dealer_id": _ACCOUNT},
    "outbox": {"dealer_id": (
        "consent_entry", (("provider_id", "provider_id"), ("ref_id", "id")))},
    "document_version": {"brand_id": ("document", (("document_id", "id"),))},
    "document_event": {"brand_id": ("document", (("document_id", "id"),))},
    "document_purpose": {"brand_id": ("document", (("document_id", "id"),))},
    "message_template_version": {"brand_id": _TEMPLATE, "dealer_id": _TEMPLATE},
}
# what is kept for all brands or all dealers has none of its own, and every one may read it
INHERITED = {"dealer_id": frozenset({"message_template"}), "brand_id": frozenset({
    "document", "purpose", "data_request_template", "own_role", "saved_view", "message_template",
    "gateway_account", "mail_picture"})}
# what holds for a provider as a whole, in every brand of it
OF_ALL_BRANDS = frozenset({"provider", "custom_field", "inbound_number", "call_rule"})
# a dealer may see its provider, its brand, the brand's texts (they stand on its own forms) and the
# roles that its own users may hold
OPEN_TO_DEALERS = frozenset({"provider", "brand", "document", "document_version",
                             "document_event", "document_purpose", "own_role", "custom_field",
                             "call_rule"})


def current() -> Scope:
    """The scope of the work at hand; NOTHING unless somebody opened one."""
    return _current.get()


def enter(scope: Scope) -> Token[Scope]:
    """Set the scope until :func:`leave`; for request hooks."""
    return _current.set(scope)


def leave(token: Token[Scope]) -> None:
    """Back to the scope before :func:`enter`."""
    _current.reset(token)


@contextmanager
def within(scope: Scope) -> Iterator[Scope]:
    """Work inside ``scope``."""
    token = enter(scope)
    try:
        yield scope
    finally:
        leave(token)


@contextmanager
def system_scope() -> Iterator[Scope]:
    """See everything: for jobs, commands and the login itself. Never around a person's request."""
    with within(EVERYTHING) as scope:
        yield scope


# -- reading -------------------------------------------------------------------------------------


def condition_for(table: Table, scope: Scope) -> Condition | None:
    """The row rule of ``table`` in ``scope``; None when the table belongs to no tenant."""
    if not is_tenant_table(table):
        return None
    if scope.everything:
        return true() if scope.twins else _real(table)
    if table.name == "ab_user":
        return _users_in(table, scope)
    if table.name in PERSONAL_TABLES or scope.provider_id is None:
        return false()
    parts = [_provider_part(table, scope.provider_id)]
    if scope.brand_id is not None:
        parts.append(_part(table, "brand_id", scope.brand_id))
    if scope.dealer_id is not None and table.name not in OPEN_TO_DEALERS:
        parts.append(_dealers(table, table.name, scope.dealer_id))
    if table.name in ABOUT_RECIPIENTS and not scope.restricted:
        parts.append(unrestricted(table, table.name))
    if table.name in ABOUT_CASES and not scope.restricted:
        parts.append(_open_case(table))
    return and_(*parts)


def _real(table: Table) -> Condition:
    """That a row is in no sandbox; the twins' numbers are asked for once in a statement."""
    twin: Alias = Model.metadata.tables["provider"].alias()
    if table.name == "provider":
        return table.c.sandbox_of.is_(None)
    if "provider_id" not in table.c:
        return true()
    numbers = func.array(select(twin.c.id).where(twin.c.sandbox_of.is_not(None)).scalar_subquery())
    return or_(table.c.provider_id.is_(None), table.c.provider_id != all_(numbers))


def unrestricted(table: Table | Alias, name: str) -> Condition:
    """That a row about a recipient is not kept for the law alone: nobody restricted the person, or
    the row came after the restriction and a consent given after it stands, at whichever brand: a
    function of the database says so, since the wall hides other brands. An offset of nothing makes
    PostgreSQL ask for the row at hand."""
    kept: Alias = Model.metadata.tables["restriction"].alias()
    again = func.given_again(kept.c.provider_id, kept.c.recipient_id, kept.c.since)
    moment = ABOUT_RECIPIENTS[name]
    person = table.c.id if name == "recipient" else table.c.recipient_id
    hidden = ~again if moment is None else or_(table.c[moment] <= kept.c.since, ~again)
    return ~exists(select(1).select_from(kept).where(
        kept.c.provider_id == table.c.provider_id, kept.c.recipient_id == person, hidden,
    ).correlate(table).offset(0))


def _open_case(table: Table) -> Condition:
    """That none of the people matched with a case is kept for the law alone: the case tells of them
    as their records do."""
    matched: Alias = Model.metadata.tables["data_request_recipient"].alias()
    return ~exists(select(1).select_from(matched).where(
        matched.c.request_id == table.c[ABOUT_CASES[table.name]],
        ~unrestricted(matched, "data_request_recipient")).correlate(table).offset(0))


def taken_here(dealer_column: Any) -> Condition:
    """That the dealer at work took it itself; true for everybody else. For what a dealer has to act
    on and what it is counted for, which an access changes nothing about."""
    own = current().dealer_id
    return true() if own is None else dealer_column == own


def own_of(table: Table | Alias, *, of_recipient: bool = False) -> Condition:
    """What the dealer at work took itself, by the columns of a ledger table that is asked past the
    session's filter; nothing for everybody else. ``of_recipient``: the question names a recipient,
    whose index is to answer it (see ``_dealers``)."""
    here = current()
    if here.provider_id is None or here.dealer_id is None:
        return false()
    dealer = func.coalesce(table.c.dealer_id, 0) if of_recipient else table.c.dealer_id
    seen = true() if of_recipient else unrestricted(table, "consent_entry")
    return and_(table.c.provider_id == here.provider_id, dealer == here.dealer_id, seen)


def is_tenant_table(table: Table) -> bool:
    """Whether rows of this table belong to somebody."""
    named = {"provider", "ab_user", *PERSONAL_TABLES}
    return table.name in named or any(column in table.c for column in TENANT_COLUMNS)


def _provider_part(table: Table, provider_id: int) -> Condition:
    column = table.c.id if table.name == "provider" else table.c.provider_id
    return column == provider_id


def _part(table: Table | Alias, level: str, value: int, *, name: str = "") -> Condition:
    """``level`` by the table's own column, through another table, or not at all; ``name`` is the
    table's where ``table`` is an alias of it."""
    name = name or table.name
    if name in OF_ALL_BRANDS:
        return true()
    if TENANT_TABLES.get(name) == level:
        return table.c.id == value
    through = THROUGH.get(name, {}).get(level)
    if level in table.c:
        own = table.c[level] == value
        if name in INHERITED.get(level, ()):
            return or_(own, table.c[level].is_(None))
        return own if through is None else or_(own, _exists(table, through, level, value))
    return false() if through is None else _exists(table, through, level, value)


def _dealers(table: Table | Alias, name: str, dealer_id: int) -> Condition:
    """What a dealer took, or was given access to, asked for the row at hand. PostgreSQL takes a
    dealer's rows for a handful: an offset of nothing keeps it from collecting them all first, and
    ``coalesce`` from searching them instead of the recipient's."""
    own = _part(table, "dealer_id", dealer_id, name=name)
    if name not in SHARED:
        return own
    access: Alias = Model.metadata.tables["consent_access"].alias()
    joins = [table.c[mine] == access.c[theirs] for mine, theirs in SHARED[name]]
    given = exists(select(1).select_from(access).where(
        *joins, func.coalesce(access.c.dealer_id, 0) == dealer_id).correlate(table).offset(0))
    # the cheaper question first: PostgreSQL asks the second only where the first says no
    return or_(own, given) if "dealer_id" in table.c else or_(given, own)


def _exists(
    table: Table | Alias, through: tuple[str, tuple[tuple[str, str], ...]], level: str, value: int
) -> Condition:
    # an alias, so that a statement which names the other table itself does not capture it
    other: Alias = Model.metadata.tables[through[0]].alias()
    joins = [table.c[mine] == other.c[theirs] for mine, theirs in through[1]]
    asked = select(1).select_from(other).where(*joins).correlate(table)
    if level != "dealer_id":
        return exists(asked.where(_part(other, level, value, name=through[0])))
    # where an access opens the table itself, the entry has to be the dealer's own
    seen = (func.coalesce(other.c[level], 0) == value if table.name in SHARED
            else _dealers(other, through[0], value))
    return exists(asked.where(seen).offset(0))


def _users_in(table: Table, scope: Scope) -> Condition:
    """Users who belong into the scope, and oneself."""
    own = table.c.id == scope.user_id if scope.user_id is not None else false()
    if scope.provider_id is None:
        return own
    membership = Model.metadata.tables["membership"].alias()
    inside = [membership.c.user_id == table.c.id, membership.c.provider_id == scope.provider_id]
    for level, value in (("brand_id", scope.brand_id), ("dealer_id", scope.dealer_id)):
        if value is not None:
            inside.append(membership.c[level] == value)
    return or_(own, exists(select(1).select_from(membership).where(*inside).correlate(table)))


@lru_cache(maxsize=1)
def _tenant_mappers(count: int) -> tuple[Mapper[Any], ...]:
    return tuple(
        mapper for mapper in Model.registry.mappers
        if isinstance(mapper.local_table, Table) and is_tenant_table(mapper.local_table)
    )


def tenant_mappers() -> tuple[Mapper[Any], ...]:
    """Every mapped class whose rows belong to somebody."""
    return _tenant_mappers(len(Model.registry.mappers))


@orm.listen(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    """Put the row rules on every statement of the ORM, deletes and updates included."""
    scope = current()
    if (scope.everything and scope.twins) or state.is_column_load or not state.is_orm_statement:
        return
    if not (state.is_select or state.is_update or state.is_delete):
        return
    rules = _rules(scope, len(Model.registry.mappers))
    # What is loaded on behalf of a narrowed row brings the rules along.
    if rules not in state.statement._with_options:  # type: ignore[attr-defined]
        state.statement = state.statement.options(rules)


@lru_cache(maxsize=512)
def _rules(scope: Scope, _mappers: int) -> Criteria:
    """The row rules of a scope as the ORM takes them. A page has a dozen statements and all have
    the same; to build them costs more than most of the statements (a dealer's: 3 ms each)."""
    made = []
    for mapper in tenant_mappers():
        rule = condition_for(mapper.local_table, scope)  # type: ignore[arg-type]
        assert rule is not None, "tenant_mappers holds tables with a rule only"
        made.append(with_loader_criteria(mapper.class_, rule, include_aliases=True))
    return Criteria(made)


# -- writing -------------------------------------------------------------------------------------


@orm.listen(Session, "before_flush")
def _guard_writes(session: Session, _context: Any, _instances: Any) -> None:
    """Refuse rows outside the scope, and rows that point to a brand or dealer out of sight."""
    scope = current()
    if scope.everything:
        return
    changed = {*session.new, *session.deleted,
               *(one for one in session.dirty if session.is_modified(one))}
    for one in changed:
        table = type(one).__table__
        if table.name == "audit_entry" or not is_tenant_table(table):
            continue
        _refuse_outside(session, one, table, scope)


def _refuse_outside(session: Session, one: Any, table: Table, scope: Scope) -> None:
    if table.name == "ab_user":
        _refuse_strange_user(session, one)
        return
    if scope.provider_id is None or table.name in PERSONAL_TABLES:
        raise NotFound()
    wanted = {"provider_id": scope.provider_id, "brand_id": scope.brand_id,
              "dealer_id": scope.dealer_id}
    for level, allowed in wanted.items():
        value = _level_of(one, table, level)
        if allowed is not None and value != allowed and _has_level(table, level):
            raise NotFound()
    _refuse_strange_references(session, one, table)


def _has_level(table: Table, level: str) -> bool:
    return level in table.c or TENANT_TABLES.get(table.name) == level


def _level_of(one: Any, table: Table, level: str) -> Any:
    """The row's provider, brand or dealer, also while only the relationship is set."""
    if TENANT_TABLES.get(table.name) == level:
        return one.id
    related = one.__dict__.get(level.removesuffix("_id"))
    return related.id if related is not None else getattr(one, level, None)


def _refuse_strange_references(session: Session, one: Any, table: Table) -> None:
    """A brand or dealer named by the row must be visible and of the same provider."""
    provider = _level_of(one, table, "provider_id")
    with session.no_autoflush:
        for level in ("brand_id", "dealer_id"):
            value = _level_of(one, table, level) if level in table.c else None
            if value is None:
                continue
            other = Model.metadata.tables[level.removesuffix("_id")]
            rule = condition_for(other, current())
            found = session.execute(  # Core on purpose: two columns, with the rule named outright
                select(other.c.provider_id).where(other.c.id == value, rule)  # type: ignore[arg-type]
            ).scalar()
            if found is None or found != provider:
                raise NotFound()


def _refuse_strange_user(session: Session, user: Any) -> None:
    if user.id is None:
        return
    table = Model.metadata.tables["ab_user"]
    rule = condition_for(table, current())
    with session.no_autoflush:
        statement = select(table.c.id).where(table.c.id == user.id, rule)  # type: ignore[arg-type]
        seen = session.execute(statement).scalar()
    if seen is None:
        raise NotFound()
