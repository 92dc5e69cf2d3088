"""The list of acts about personal data: filters, pages by keyset, addresses masked.

Why apart from the consents' list: an act has a text and no channel, and nothing of İYS (R-58). Rows
come through the session and so through the row rules; the addresses of these very rows are read by
their keys, because somebody who gave an explicit consent alone has no commercial consent through
which the rules would find the recipient.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select, tuple_

from ileti.core import clock, orm
from ileti.kvkk.models import KvkkEntry
from ileti.recipients.clear import Person, addresses

__all__ = ["COUNTED", "PAGE", "Person", "Wanted", "acts_of", "addresses", "count", "page",
           "question"]
PAGE: Final = 50
COUNTED: Final = 1000
Place = tuple[datetime, int]


@dataclass
class Wanted:
    """What the list is narrowed to; ``recipients`` are (provider, recipient) pairs."""

    acts: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)
    brands: list[int] = field(default_factory=list)
    since: date | None = None
    until: date | None = None
    recipients: list[Person] | None = None


def question(wanted: Wanted) -> Select[Any]:
    """Acts, filtered, without order or page."""
    asked = select(KvkkEntry)
    for column, values in ((KvkkEntry.act, wanted.acts), (KvkkEntry.source, wanted.sources),
                           (KvkkEntry.document_id, wanted.documents),
                           (KvkkEntry.brand_id, wanted.brands)):
        if values:
            asked = asked.where(column.in_(values))
    if wanted.since:
        asked = asked.where(KvkkEntry.captured_at >= _midnight(wanted.since))
    if wanted.until:
        asked = asked.where(KvkkEntry.captured_at < _midnight(wanted.until + timedelta(days=1)))
    if wanted.recipients is not None:
        asked = asked.where(tuple_(KvkkEntry.provider_id, KvkkEntry.recipient_id).in_(
            wanted.recipients or [(0, 0)]))
    return asked


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ISTANBUL).astimezone(UTC)


def page(wanted: Wanted, *, before: int | None = None, after: int | None = None
         ) -> tuple[list[KvkkEntry], bool]:
    """Acts newest first and whether there are more beyond; the places are ids, ``after`` walks back
    to newer ones."""
    asked = question(wanted)
    if before is not None:
        asked = asked.where(KvkkEntry.id < before)
    if after is not None:
        asked = asked.where(KvkkEntry.id > after)
    order = KvkkEntry.id.asc() if after is not None else KvkkEntry.id.desc()
    rows = list(orm.db.session.scalars(asked.order_by(order).limit(PAGE + 1)))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return (rows[::-1] if after is not None else rows), more


def count(wanted: Wanted) -> int:
    """How many acts, 1 001 standing for more."""
    some = question(wanted).with_only_columns(KvkkEntry.id).limit(COUNTED + 1).subquery()
    return orm.db.session.scalar(select(func.count()).select_from(some)) or 0


def acts_of(provider_id: int, recipient_id: int | None, brand_id: int | None = None,
            most: int = 50) -> list[KvkkEntry]:
    """A person's acts that the user may see, the oldest first."""
    if recipient_id is None:
        return []
    asked = select(KvkkEntry).where(KvkkEntry.provider_id == provider_id,
                                    KvkkEntry.recipient_id == recipient_id)
    if brand_id is not None:
        asked = asked.where(KvkkEntry.brand_id == brand_id)
    return list(orm.db.session.scalars(asked.order_by(KvkkEntry.id.desc()).limit(most)))[::-1]
