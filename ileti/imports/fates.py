"""What the rules say about rows: asked once per combination that occurs, not once per row.

Why this module exists: the rules have one place (:func:`ileti.consents.rules.check_item`) and cost
more than a row may. A list of a million rows holds some hundred combinations of channel, choice,
source, type and day, so each is asked once and looked up afterwards. On days where the second
matters (today and later; 1 May 2015) every row is asked.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from ileti.consents import rules
from ileti.consents.deadlines import bound_types, deadline, istanbul_day
from ileti.consents.vocabulary import AddressKind, Channel, RecipientType, Source, Status
from ileti.imports.terms import Moment, Shape, Terms, micros_of
from ileti.imports.verdicts import FIRST_REFUSED, NUMBER

NEVER: Final = -0x8000000000000000  # PostgreSQL's -infinity: no deadline
_FIRST_DAY: Final = dt.date(2015, 5, 1)


class Fates:
    """The answers under one set of terms."""

    def __init__(self, terms: Terms) -> None:
        self._terms, self._today = terms, istanbul_day(terms.now)
        self._fates: dict[tuple[Any, ...], int] = {}
        self._dues: dict[tuple[Any, ...], int] = {}

    def of(self, mail: bool, channel: int, status: int, shape: Shape, moment: Moment | None, *,
           scanned: bool = False) -> int:
        """The reason the rules give; asked once per combination and day, except for the days on
        which the second matters (today and later; 1 May 2015). ``scanned``: the row's own file is
        a scan of its form."""
        day = None if moment is None else moment.day
        key = (mail, channel, status, shape.source, shape.kind, shape.basis, scanned, day)
        found = self._fates.get(key)
        if found is not None:
            return found
        found = self._ask(mail, channel, status, shape, moment.date if moment else None, scanned)
        if self.settled(day):
            self._fates[key] = found
        return found

    def settled(self, day: dt.date | None) -> bool:
        """Whether one answer holds for a whole day, or for rows without a date."""
        return day is None or _FIRST_DAY < day < self._today

    def _ask(self, mail: bool, channel: int, status: int, shape: Shape,
             date: dt.datetime | None, scanned: bool) -> int:
        terms = self._terms
        item = rules.Item(
            channel=Channel(channel), status=Status(status), source=Source(shape.source),
            consent_date=date, flow=rules.Flow.IMPORT,
            address_kind=AddressKind.EMAIL if mail else AddressKind.PHONE,
            recipient_type=RecipientType(shape.kind),
            merchant_basis="given" if shape.basis else None)
        found = rules.check_item(
            item, now=terms.now, activation_date=terms.activation_date,
            hs_2015_allowed=terms.hs_2015_allowed, three_day_rule=bound_types())
        refused = [NUMBER[one.code] for one in found if one.refused]
        if refused:  # what forbids stands before what waits
            return min(refused, key=lambda n: (n < FIRST_REFUSED, n))
        signed = Source(shape.source).needs_scan and status == Status.ONAY
        if signed and not (terms.proof_for_all or scanned):
            return NUMBER["KANIT_YOK"]
        return NUMBER["RET_GECIKTI"] if found else 0

    def due(self, shape: Shape, moment: Moment) -> int:
        """The deadline as COPY wants it."""
        key = (shape.source == Source.HS_2015, shape.kind, moment.day)
        found = self._dues.get(key)
        if found is None:
            due = deadline(moment.date, now=self._terms.now, source=Source(shape.source),
                           recipient_type=RecipientType(shape.kind),
                           activation_date=self._terms.activation_date)
            found = NEVER if due is None else micros_of(due)
            self._dues[key] = found
        return found
