"""İYS's limits beside what is used of them, for the page of a provider's connection.

Why this module exists: whoever wonders why records go out slowly, or is about to press a button
that asks İYS, wants to see what the hour has left before İYS says no (İYS API §1.1). İYS counts by
our address, so most of it is shared by all providers of this installation. Everything is read from
the counts the workers keep anyway; nothing here asks İYS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from config import settings
from ileti.core import formats, orm
from ileti.iys.budget import budget_for
from ileti.iys.hourly import HourlyBudget, history_hour, kept_for_work, status_hour
from ileti.iys.models import IysBatch
from ileti.iys.share import LEAST_CALLS, LEAST_PERCENT, share_of
from ileti.iys.tokens import token_calls
from ileti.iys.wire import MOST_IN_BATCH, MOST_RECIPIENTS

TIGHT: Final = 0.8
# So many of the newest lists say how large lists are.
LISTS_READ: Final = 200


@dataclass(frozen=True, slots=True)
class Gauge:
    """One limit: ``used`` of ``most``, a word on what is left, and İYS's code for too much."""

    label: str
    used: int
    most: int
    left: str
    code: str
    shut: bool = False

    @property
    def tone(self) -> str:
        """How it is drawn: quiet, tight, used up."""
        if self.shut or self.used >= self.most:
            return "bad"
        return "wait" if self.used >= TIGHT * self.most else ""


def limits(provider_id: int) -> dict[str, Any]:
    """Context of the card of limits: ``gauges`` and ``share`` as a fact."""
    address = settings().iys_url
    return {"gauges": [
        _second(address), _tokens(address),
        _hour(_("Single status queries this hour"), status_hour(address), "H086",
              kept_for_work()),
        _hour(_("Histories this hour"), history_hour(address), "H089", 0),
        _lists(provider_id),
    ], "facts": [*_share(address), (_("Recipients in a list of questions"),
                                    _("at most %(n)s", n=formats.number(MOST_RECIPIENTS)))]}


def _second(address: str) -> Gauge:
    budget = budget_for(address)
    used, shut = budget.used()
    most = max(1, int(budget.rate))
    return Gauge(_("Requests in the last second"), used, most,
                 _("İYS asked for a pause") if shut else _left(most - used), "H124", shut)


def _tokens(address: str) -> Gauge:
    used, seconds = token_calls(address)
    most = settings().iys_token_requests_per_hour
    left = _left(most - used) if not seconds else ngettext(
        "shut for %(num)s minute", "shut for %(num)s minutes", max(1, round(seconds / 60)))
    return Gauge(_("Token calls this hour"), used, most, left, "H084", seconds > 0)


def _hour(label: str, hour: HourlyBudget, code: str, kept: int) -> Gauge:
    used, most, shut = hour.used()
    left = _("İYS says that they are used up") if shut else _left(most - used)
    if kept and not shut:
        alone = formats.number(max(0, min(kept, most - used)))
        left += " · " + _("%(n)s of them for forwarding alone", n=alone)
    return Gauge(label, used, most, left, code, shut)


def _lists(provider_id: int) -> Gauge:
    """The largest of the provider's newest lists; nothing is used up by it."""
    newest = select(IysBatch.size).where(IysBatch.provider_id == provider_id).order_by(
        IysBatch.id.desc()).limit(LISTS_READ).subquery()
    used = orm.db.session.scalar(select(func.max(newest.c.size))) or 0
    return Gauge(_("Records in a list"), used, MOST_IN_BATCH,
                 _("the largest of the newest lists") if used else _("no list yet"), "H091")


def _share(address: str) -> list[tuple[str, str]]:
    found = share_of(address)
    if found is None or not found.calls:
        return [(_("Answered well in 24 hours"), _("not known yet"))]
    return [(_("Answered well in 24 hours"), _(
        "%(percent)s %% of %(n)s calls; İYS wants %(least)s %% from %(calls)s calls on",
        percent=found.percent, n=formats.number(found.calls), least=LEAST_PERCENT,
        calls=formats.number(LEAST_CALLS)))]


def _left(number: int) -> str:
    return _("%(n)s left", n=formats.number(max(0, number)))
