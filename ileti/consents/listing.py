"""The consent list's question to the database: one row per (brand, recipient, type, channel).

For people of a provider or brand the row is the entry that made the present state. A dealer sees
its own newest entry of the key instead, beside the state that holds now, which İYS may have
changed since; of a key it took nothing of and was given access to, the entry that stood when it
was given. Each half is read along its own index and the two are merged (ADR 0019). Pages go by
keyset over (captured_at, id), never by offset; the total is counted to 1 001 and no further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, false, func, or_, select, text, true, tuple_, union_all

from ileti.consents import fieldfilter
from ileti.consents.models import ConsentAccess, ConsentEntry, ConsentState
from ileti.consents.past import Held
from ileti.consents.vocabulary import IysStatus, Source, Standing, Status
from ileti.core import clock, orm
from ileti.fields.vocabulary import Field
from ileti.recipients.models import Recipient
from ileti.tenancy import scope
from ileti.tenancy.models import Brand

PAGE = 50
COUNTED = 1000
Place = tuple[datetime, int]
_PLACE = (ConsentEntry.captured_at, ConsentEntry.id)

KEY = ("provider_id", "brand_id", "recipient_id", "recipient_type", "channel")

CHOICES = {
    "in_force": and_(
        ConsentState.status == int(Status.ONAY), ConsentState.standing == int(Standing.VERIFIED),
        ConsentState.iys_status.in_((int(IysStatus.REGISTERED), int(IysStatus.CHANGED_THERE)))),
    "given": and_(
        ConsentState.status == int(Status.ONAY), ConsentState.standing == int(Standing.VERIFIED),
        ConsentState.iys_status.not_in((int(IysStatus.REGISTERED),
                                        int(IysStatus.CHANGED_THERE)))),
    "refusal": and_(ConsentState.status == int(Status.RET),
                    ConsentState.standing == int(Standing.VERIFIED)),
    "unverified": ConsentState.standing == int(Standing.UNVERIFIED),
}
IYS_KEYS = {
    IysStatus.QUEUED: "queued", IysStatus.WAITING: "waiting", IysStatus.REGISTERED: "registered",
    IysStatus.REFUSED: "refused", IysStatus.OVERDUE: "overdue",
    IysStatus.LOCAL_ONLY: "blocked_here", IysStatus.CHANGED_THERE: "changed_there",
}
TAKEN, GIVEN = "alinan", "verilen"  # a dealer's consents: it took them, it was given access
# A refusal that İYS has, and got too late; beside what İYS says of it.
LATE = "late"
OPEN_AT_IYS = (int(IysStatus.QUEUED), int(IysStatus.WAITING))


@dataclass
class Wanted:
    """What the list is narrowed to; ``recipients`` are (provider, recipient) pairs,
    ``entries`` (provider, entry) pairs: these are shown even when something newer holds."""

    channels: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    iys: list[str] = field(default_factory=list)
    brands: list[int] = field(default_factory=list)
    dealers: list[int] = field(default_factory=list)
    since: date | None = None
    until: date | None = None
    recipients: list[tuple[int, int]] | None = None
    entries: list[tuple[int, int]] | None = None
    half: str | None = None
    fields: list[tuple[Field, list[Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Half:
    """A part of a dealer's list: its keys, and the columns of the index that has its order."""

    keys: Select[Any]
    place: tuple[Any, Any]


def question(wanted: Wanted) -> Select[Any]:
    """Entries with their states, filtered, without order or page; of a dealer those it took."""
    asked: Any = select(ConsentEntry, ConsentState).join(ConsentState, same_key())
    if wanted.entries is not None:
        pairs = wanted.entries or [(0, 0)]
        asked = asked.where(tuple_(ConsentEntry.provider_id, ConsentEntry.id).in_(pairs))
    elif scope.current().dealer_id is None:
        asked = asked.where(ConsentState.entry_id == ConsentEntry.id)
    else:
        asked = asked.where(scope.taken_here(ConsentEntry.dealer_id),
                            ~_entry_of_this_dealer(ConsentEntry, newer=True))
    narrowed: Select[Any] = _narrowed(asked, wanted)
    return narrowed


# Keys of a dealer's rows are asked past the session's filter, with the dealer's own rule named, and
# the rows behind them through it: each mention of the ledger is planned for every month there is,
# and the filter makes two more of each (68 months: 150 ms of planning against 15).
_LEDGER: Any = ConsentEntry.__table__


def _taken(wanted: Wanted) -> Half:
    """Keys of what a dealer took, its newest entry of each key."""
    own = _LEDGER.alias("own")
    asked = select(own.c.provider_id, own.c.id, own.c.captured_at).where(
        scope.own_of(own), ~_entry_of_this_dealer(own.c, newer=True))
    place = (own.c.captured_at, own.c.id)
    return Half(_by_state(asked, wanted, own.c, place), place)


def _given(wanted: Wanted) -> Half:
    """Keys of what a dealer has access to and took nothing of. Who else took it is not its to know:
    narrowed to another dealer there is none."""
    one = ConsentAccess
    asked = select(one.provider_id, one.entry_id.label("id"), one.entry_at.label("captured_at"))
    if wanted.dealers:
        asked = asked.where(false())
    place = (one.entry_at, one.entry_id)
    return Half(_by_state(asked.where(~_entry_of_this_dealer(one, newer=False)), wanted, one,
                          place), place)


def _by_state(asked: Any, wanted: Wanted, of: Any, place: Any) -> Select[Any]:
    """Narrowed; the state is read only where a filter asks it."""
    if wanted.choices or wanted.iys or wanted.sources:
        asked = asked.join(ConsentState, same_key(of))
    return _narrowed(asked, wanted, of, place[0])


def same_key(of: Any = ConsentEntry) -> Any:
    """The join of an entry with the state of its key."""
    return and_(
        ConsentState.provider_id == of.provider_id,
        ConsentState.brand_id == of.brand_id,
        ConsentState.recipient_id == of.recipient_id,
        ConsentState.recipient_type == of.recipient_type,
        ConsentState.channel == of.channel,
    )


def _entry_of_this_dealer(of: Any, *, newer: bool) -> Any:
    """Whether the dealer took another (newer) entry of the key of ``of``; asked for the row at
    hand, by the index of the recipient, with statistics or without."""
    other = _LEDGER.alias()
    return exists(select(1).select_from(other).where(
        scope.own_of(other, of_recipient=True), other.c.provider_id == of.provider_id,
        other.c.brand_id + 0 == of.brand_id, other.c.recipient_id == of.recipient_id,
        other.c.recipient_type == of.recipient_type, other.c.channel == of.channel,
        other.c.id + 0 > of.id if newer else true()).offset(0))


def _narrowed(asked: Select[Any], wanted: Wanted, of: Any = ConsentEntry,
              at: Any = ConsentEntry.captured_at) -> Select[Any]:
    if wanted.channels:
        asked = asked.where(of.channel.in_(wanted.channels))
    if wanted.sources:
        asked = asked.where(ConsentState.source.in_(wanted.sources))
    if wanted.brands:
        asked = asked.where(of.brand_id.in_(wanted.brands))
    if wanted.dealers:
        asked = asked.where(of.dealer_id.in_(wanted.dealers))
    for conditions in ([CHOICES[key] for key in wanted.choices if key in CHOICES],
                       [_at_iys(key) for key in wanted.iys]):
        if conditions:
            asked = asked.where(or_(*conditions))
    if wanted.since:
        asked = asked.where(at >= _midnight(wanted.since))
    if wanted.until:
        asked = asked.where(at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.recipients is not None:
        pairs = wanted.recipients or [(0, 0)]
        asked = asked.where(tuple_(of.provider_id, of.recipient_id).in_(pairs))
    for one, values in wanted.fields:
        asked = asked.where(fieldfilter.holds(of, one, values))
    return asked


def _at_iys(key: str) -> Any:
    """The condition of a badge; overdue is a matter of the clock."""
    due, now = ConsentState.iys_due_at, clock.now()
    late = and_(ConsentState.iys_status.in_(OPEN_AT_IYS), due < now)
    if key == LATE:
        return ConsentState.late_id == ConsentState.entry_id
    if key == "overdue":
        return or_(late, ConsentState.iys_status == int(IysStatus.OVERDUE))
    number = next((int(status) for status, name in IYS_KEYS.items() if name == key), -1)
    in_time = or_(due.is_(None), due >= now)  # merchants' records have no deadline
    return and_(ConsentState.iys_status == number, in_time) if number in OPEN_AT_IYS else (
        ConsentState.iys_status == number)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ISTANBUL).astimezone(UTC)


def page(wanted: Wanted, *, before: Place | None = None, after: Place | None = None,
         size: int = PAGE) -> tuple[list[tuple[ConsentEntry, ConsentState]], bool]:
    """Rows newest first and whether there are more beyond; ``after`` walks back to newer ones."""
    asked = _in_order(_beyond(question(wanted), before, after), back=after is not None)
    if _by_brand(wanted):
        asked = _in_order(_whole(_newest_of_each_brand(wanted, before, after, size + 1)),
                          back=after is not None)
    with _well_planned(wanted):
        rows = _rows_of_dealer(wanted, before, after, size + 1) if _by_half(wanted) else [
            (row[0], row[1]) for row in orm.db.session.execute(asked.limit(size + 1))]
    more, rows = len(rows) > size, rows[:size]
    return (rows[::-1] if after is not None else rows), more


def stretch(wanted: Wanted, before: Place | None, size: int) -> Select[Any]:
    """The next rows in the list's order, the newest first, as one statement for files: of a dealer
    both halves merged; else of the brands that are wanted, which should be one, since the index
    that has the order begins with it. Run it within :func:`along_the_index`."""
    if not _by_half(wanted):
        asked: Select[Any] = _in_order(_beyond(question(wanted), before, None), back=False)
        return asked.limit(size)
    firsts = [_in_order(_beyond(half.keys, before, None, half.place), back=False, place=half.place)
              .limit(size).subquery() for half in _halves(wanted)]
    both = union_all(*(select(one) for one in firsts)).subquery()
    keys = _in_order(select(both), back=False, place=(both.c.captured_at, both.c.id)).limit(
        size).subquery()
    whole: Select[Any] = _in_order(_whole(keys), back=False)
    return whole


def _beyond(asked: Select[Any], before: Place | None, after: Place | None,
            place: Any = _PLACE) -> Select[Any]:
    place = tuple_(*place)
    if before is not None:
        asked = asked.where(place < before)
    return asked if after is None else asked.where(place > after)


def _in_order(asked: Any, *, back: bool, place: Any = _PLACE) -> Any:
    return asked.order_by(*(one.asc() if back else one.desc() for one in place))


def _by_brand(wanted: Wanted) -> bool:
    """Whether the list must be put together from brands: the index that has the list's order
    begins with provider and brand (or dealer), so over several brands it is asked per brand."""
    here = scope.current()
    return (here.brand_id is None and here.dealer_id is None
            and wanted.recipients is None and wanted.entries is None)


def _newest_of_each_brand(wanted: Wanted, before: Place | None, after: Place | None,
                          size: int) -> Any:
    """Keys of the first rows of every brand in view, each read along its index and no further."""
    of_brand = _beyond(question(wanted), before, after).where(
        ConsentEntry.provider_id == Brand.provider_id, ConsentEntry.brand_id == Brand.id)
    newest = _in_order(of_brand, back=after is not None).with_only_columns(
        ConsentEntry.provider_id, ConsentEntry.id, ConsentEntry.captured_at,
    ).limit(size).correlate(Brand).lateral()
    return select(newest.c.provider_id, newest.c.id, newest.c.captured_at).select_from(
        Brand).join(newest, true()).order_by(
            newest.c.captured_at.asc() if after is not None else newest.c.captured_at.desc(),
            newest.c.id.asc() if after is not None else newest.c.id.desc()).limit(size).subquery()


def _by_half(wanted: Wanted) -> bool:
    """Whether the list is a dealer's, merged from what it took and what it was given."""
    return scope.current().dealer_id is not None and wanted.entries is None


def _halves(wanted: Wanted) -> list[Half]:
    return [ask(wanted) for name, ask in ((TAKEN, _taken), (GIVEN, _given))
            if wanted.half in (None, name)]


def _rows_of_dealer(wanted: Wanted, before: Place | None, after: Place | None,
                    size: int) -> list[tuple[ConsentEntry, ConsentState]]:
    """The first rows of both halves: their keys, then entries and states by their keys alone, so
    that of the ledger only the months are opened that are on the page."""
    back = after is not None
    firsts = [_in_order(_beyond(half.keys, before, after, half.place), back=back, place=half.place)
              .limit(size).subquery() for half in _halves(wanted)]
    both = union_all(*(select(one) for one in firsts)).subquery()
    keys = [tuple(row) for row in orm.db.session.execute(_in_order(
        select(both), back=back, place=(both.c.captured_at, both.c.id)).limit(size))]
    if not keys:
        return []
    one = ConsentEntry
    rows = orm.db.session.execute(_in_order(
        select(one, ConsentState).join(ConsentState, same_key()).where(
            tuple_(one.provider_id, one.id, one.captured_at).in_(keys),
            one.captured_at.between(*sorted((keys[0][2], keys[-1][2])))), back=back))
    return [(row[0], row[1]) for row in rows]


def _whole(keys: Any) -> Select[Any]:
    """The rows of these keys, with their states."""
    rows: Any = select(ConsentEntry, ConsentState).join(ConsentState, same_key())
    return rows.join(keys, and_(  # type: ignore[no-any-return]
        ConsentEntry.provider_id == keys.c.provider_id, ConsentEntry.id == keys.c.id,
        ConsentEntry.captured_at == keys.c.captured_at))


def count(wanted: Wanted) -> int:
    """How many rows, 1 001 standing for more."""
    asked = [half.keys for half in _halves(wanted)] if _by_half(wanted) else [
        question(wanted).with_only_columns(ConsentEntry.id)]
    some = [one.limit(COUNTED + 1).subquery() for one in asked]
    both = union_all(*(select(one) for one in some)).limit(COUNTED + 1).subquery()
    with _well_planned(wanted):
        return orm.db.session.scalar(select(func.count()).select_from(both)) or 0


def expected(wanted: Wanted, most: int | None = None) -> int:
    """How many rows a file of the list has, or ``most`` for more. Where the state knows all that
    is asked for, the ledger is left alone."""
    by_state = not (wanted.dealers or wanted.fields or wanted.entries is not None)
    if _by_half(wanted):
        asked = [half.keys for half in _halves(wanted)]
    elif by_state:
        asked = [_narrowed(select(ConsentState.entry_id), wanted, ConsentState,
                           ConsentState.entry_at)]
    else:
        asked = [question(wanted).with_only_columns(ConsentEntry.id)]
    both = union_all(*(select(one.limit(most).subquery()) for one in asked)).limit(most).subquery()
    return orm.db.session.scalar(select(func.count()).select_from(both)) or 0


def count_given() -> int:
    """How many consents a dealer has access to and took nothing of, in one statement; 1 001 stands
    for more."""
    some = _given(Wanted()).keys.limit(COUNTED + 1).subquery()
    return orm.db.session.scalar(select(func.count()).select_from(some)) or 0


_PLANNED = "ileti_along_the_index"


@contextmanager
def along_the_index() -> Iterator[None]:
    """Let the statements inside walk the index that has their order, and stop when they are full.

    The planner takes the join of entry and state by five columns for a single row, and so reads
    and sorts everything (200 000 entries: 360 ms against 11).
    """
    asked = orm.db.session.info
    if asked.get(_PLANNED):
        yield  # somebody around it has asked already
        return
    _plan_with("off")
    asked[_PLANNED] = True
    try:
        yield
    finally:
        asked.pop(_PLANNED)
    _plan_with("on")


def _plan_with(value: str) -> None:
    # text(): settings of this transaction, no table and no value from outside
    workers = "0" if value == "off" else "default"
    ways = ("hashjoin", "mergejoin", "sort", "material")
    orm.db.session.execute(text("; ".join((
        *(f"set local enable_{one} = {value}" for one in ways),
        f"set local max_parallel_workers_per_gather = {workers}"))))


def _well_planned(wanted: Wanted) -> AbstractContextManager[None]:
    """What is rare, as one recipient is, would make the walk long; there the planner is left
    alone."""
    common = {"in_force", "given", "registered"}
    rare = (wanted.recipients is not None or bool(wanted.fields)
            or not set(wanted.choices) | set(wanted.iys) <= common)
    return nullcontext() if rare else along_the_index()


def recipients_of(rows: Iterable[tuple[ConsentEntry, Any]]) -> dict[tuple[int, int], Any]:
    """The recipients of a page in one statement."""
    pairs = {(entry.provider_id, entry.recipient_id) for entry, _state in rows}
    if not pairs:
        return {}
    found = orm.db.session.scalars(
        select(Recipient).where(tuple_(Recipient.provider_id, Recipient.id).in_(pairs)))
    return {(one.provider_id, one.id): one for one in found}


def choice_key(state: ConsentState | Held) -> str:
    """The badge of what the person chose."""
    if state.standing == Standing.UNVERIFIED:
        return "unverified"
    if state.status == Status.RET:
        return "refusal"
    return "in_force" if IysStatus(state.iys_status).in_force else "given"


def iys_key(state: ConsentState | Held, at: datetime | None = None) -> str | None:
    """The badge of what İYS says now or said ``at`` a moment; an open one past its day is
    overdue."""
    open_still = state.iys_status in OPEN_AT_IYS
    if open_still and state.iys_due_at is not None and state.iys_due_at < (at or clock.now()):
        return "overdue"
    return IYS_KEYS.get(IysStatus(state.iys_status))


def is_late(state: ConsentState | Held) -> bool:
    """Whether it is a refusal that İYS got too late."""
    return state.late_id is not None and state.late_id == state.entry_id


def iys_code(state: ConsentState | Held) -> str | None:
    """``H178`` for 178."""
    return f"H{state.iys_code:03d}" if state.iys_code else None


def hs_sources() -> list[Source]:
    """Every source in the order of its number."""
    return [one for one in Source if one is not Source.NONE]
