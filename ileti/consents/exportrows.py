"""The rows of the consent list for a file, in stretches of thousands.

Why this module exists: the page's question (:mod:`ileti.consents.listing`) is asked once for what a
file needs of a row, without an object per row, and answered as lines of text
that :mod:`ileti.consents.exportlines` reads. The list goes brand by
brand, each along the index that has its order, and no transaction is open between two stretches
unless the caller keeps one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Text, and_, cast, func, literal_column, select, text

from ileti.consents import fieldfilter, listing
from ileti.consents.exportlines import END, KEPT, NOTHING, PART, PARTS, Told
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.core import clock, orm
from ileti.fields.vocabulary import Field, Kind, Subject
from ileti.recipients.models import Recipient
from ileti.tenancy import scope
from ileti.tenancy.models import Brand, Dealer

_SLOWER: Final = 2_000  # rows at a time with custom fields, which come as objects
_BETWEEN: Final[Any] = literal_column("e'\\t'")
_AFTER: Final[Any] = literal_column("e'\\n'")
# text(): a setting of this transaction, no table and no value from outside
_PATIENT: Final = text("set local statement_timeout = '120s'")
_ZONE: Final[Any] = literal_column("'Europe/Istanbul'")


@dataclass(frozen=True)
class Stretch:
    """Some rows, as :class:`ileti.consents.exportlines.Rows` reads them, and how many."""

    lines: bytes
    rows: int


class _Row(NamedTuple):
    """As much of an entry as custom fields are found by."""

    provider_id: int
    id: int
    submission_id: int
    recipient_id: int


def told(*, full: bool, language: str) -> Told:
    """What the children need to know of the work space at hand."""
    brands, dealers = ({one.id: str(one) for one in orm.db.session.scalars(select(model))}
                       for model in (Brand, Dealer))
    return Told(full, language, brands, dealers, here=scope.current().dealer_id)


def stretches(wanted: listing.Wanted, own: Sequence[Field], *, full: bool, language: str,
              size: int, most: int) -> Iterator[Stretch]:
    """The list in stretches, up to ``most`` rows. After each the caller may end the transaction;
    ``own``: the custom fields that have a column."""
    for part in _parts(wanted):
        before: listing.Place | None = None
        while most > 0:
            asked = min(size, most, _SLOWER if own else size)
            found = _stretch(part, before, asked, bool(own))
            if not found:
                break
            count = found.count(END) + 1
            before, most = _place(found), most - count
            if own:
                found = _with_own(found, own, full, language)
            yield Stretch(found.encode("utf-8", "replace"), count)
            if count < asked:
                break


def _parts(wanted: listing.Wanted) -> list[listing.Wanted]:
    """The list brand by brand; what is found by person or number, and a dealer's, is one."""
    here = scope.current()
    if (wanted.recipients is not None or wanted.entries is not None
            or here.brand_id is not None or here.dealer_id is not None):
        return [wanted]
    asked = select(Brand.id).order_by(Brand.name, Brand.id)
    if wanted.brands:
        asked = asked.where(Brand.id.in_(wanted.brands))
    return [replace(wanted, brands=[one]) for one in orm.db.session.scalars(asked)]


def _stretch(wanted: listing.Wanted, before: listing.Place | None, size: int,
             with_keys: bool) -> str:
    """The rows as text, put together by the database: to hand over each by itself costs as much
    as to find it."""
    one, state, person = ConsentEntry, ConsentState, Recipient
    kind = func.concat_ws(
        literal_column("','"), state.recipient_type, state.channel, state.status, state.standing,
        state.iys_status, func.coalesce(state.iys_code, 0), state.source, one.brand_id,
        func.coalesce(one.dealer_id, 0))
    columns: list[Any] = [
        one.id, person.key_no, _hex(person.addr_hash), _hex(person.addr_ct), kind,
        func.timezone(_ZONE, one.consent_date), func.timezone(_ZONE, one.captured_at)]
    if with_keys:
        columns += [one.provider_id, one.submission_id, one.recipient_id]
    asked = listing.stretch(wanted, before, size).outerjoin(person, and_(
        person.provider_id == one.provider_id, person.id == one.recipient_id)
    ).with_only_columns(*columns)
    rows = asked.subquery()
    line = func.concat_ws(_BETWEEN, *(func.coalesce(cast(one, Text), NOTHING) for one in rows.c))
    orm.db.session.execute(_PATIENT)
    # the walk passes each row once in all; a plan of its own for each stretch would sort them all
    found = wanted.recipients is not None or wanted.entries is not None
    with nullcontext() if found else listing.along_the_index():
        return orm.db.session.scalar(select(func.string_agg(line, _AFTER))) or ""


def _hex(column: Any) -> Any:
    return func.encode(column, literal_column("'hex'"))


def _place(lines: str) -> listing.Place:
    """Where the last of these rows stands in the list's order."""
    last = lines[lines.rfind(END) + 1:].split(PART)
    return datetime.fromisoformat(last[6]).replace(tzinfo=clock.ISTANBUL), int(last[0])


def _with_own(lines: str, own: Sequence[Field], full: bool, language: str) -> str:
    """The rows with their custom fields' cells behind them."""
    parts = [line.split(PART) for line in lines.split(END)]
    rows: list[Any] = [(_Row(int(one[7]), int(one[0]), int(one[8]), int(one[9])), None)
                       for one in parts]
    said = fieldfilter.said_with(
        rows, {one.key: one for one in own if one.subject is Subject.CONSENT}, full=full)
    known = fieldfilter.known_of(
        rows, [one for one in own if one.subject is Subject.RECIPIENT], full=full)
    made = []
    for (row, _state), values in zip(rows, parts, strict=True):
        cells = [_cell(one, said[row.id] if one.subject is Subject.CONSENT
                       else known[row.recipient_id], language) for one in own]
        made.append(PART.join([*values[:PARTS], *(cell.translate(KEPT) for cell in cells)]))
    orm.db.session.expunge_all()
    return END.join(made)


def _cell(field: Field, values: dict[str, Any], language: str) -> str:
    """A value as a spreadsheet reads it: days as ISO, numbers with the language's comma."""
    value = values.get(field.key)
    if value is None:
        return ""
    return str(value) if field.kind is Kind.DATE else field.said(value, language)
