"""Filters, columns and saved views of a list that pages by a number, newest first.

Why this module exists: campaigns, single messages, imports and requests are narrowed, shown and
kept alike, and each room should say no more than which columns it has and what may be asked of
them. The address holds the whole question, so a narrowed list is a link and a saved view
(:mod:`ileti.tenancy.savedviews`); what is odd in it is left out. It only ever narrows what the row
rules let through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from flask import current_app, request, url_for

from ileti.core import clock, formats
from ileti.tenancy import asked, viewpages
from ileti.tenancy.savedviews import COLUMNS, VIEW

#: the filter by days, as ``asked.day`` reads it
DAYS: Final = "tarih"


@dataclass(frozen=True)
class Pick:
    """A filter of choices: each value of an address with its words and the condition it stands
    for."""

    key: str
    label: str
    choices: Sequence[tuple[Any, str, Any]]


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list. ``only``: conditions; ``drawn``: what ``panel/_views.html``
    draws as the bar; ``query``: the question without where a page begins."""

    only: list[Any]
    shown: list[str]
    drawn: dict[str, Any]
    active: int
    query: dict[str, Any] = field(default_factory=dict)

    def url(self, **more: Any) -> str:
        """The list with this question, at another place."""
        return url_for(self.drawn["endpoint"], **self.query, **more)


def by_number(column: Any, words: Mapping[int, Any]) -> list[tuple[Any, str, Any]]:
    """Choices of a column of numbers."""
    return [(int(value), str(label), column == int(value)) for value, label in words.items()]


def of_badges(family: str, column: Any, keys: Mapping[Any, str]) -> list[tuple[Any, str, Any]]:
    """Choices of a column whose numbers are badges on the page, in the words of those."""
    badge_of: Any = current_app.jinja_env.globals["badge_of"]
    return by_number(column, {int(number): badge_of(family, key).label
                              for number, key in keys.items()})


def read(endpoint: str, columns: Sequence[tuple[str, Any]], picks: Sequence[Pick], moment: Any, *,
         label: str, left_out: Sequence[str] = (), always: Sequence[str] = ()) -> Asked:
    """The address of this request. ``endpoint``: the list's own; ``moment``: the column the days
    are about, called ``label``; ``left_out``: names that are no part of a question to keep;
    ``always``: names that are, and that no filter here stands for."""
    places = (*asked.PLACES, *left_out)
    keys = [*(one.key for one in picks), DAYS]
    only, drawn = list[Any](), list[dict[str, Any]]()
    for pick in picks:
        known = {str(value): condition for value, _label, condition in pick.choices}
        chosen = [one for one in request.args.getlist(pick.key) if one in known]
        if chosen:
            met = known[chosen[0]]
            for one in chosen[1:]:
                met = met | known[one]
            only.append(met)
        if len(pick.choices) > 1 or chosen:
            drawn.append(asked.choices(pick.key, pick.label, [
                (value, text) for value, text, _condition in pick.choices], chosen))
    since, until = asked.day(f"{DAYS}_from"), asked.day(f"{DAYS}_to")
    if since:
        only.append(moment >= _midnight(since))
    if until:
        only.append(moment < _midnight(until + timedelta(days=1)))
    span = " – ".join(formats.day(one) for one in (since, until) if one)
    drawn.append({"key": DAYS, "label": label, "kind": "dates", "value": span or None,
                  "since": since or "", "until": until or "", "choices": []})
    shown = viewpages.chosen(columns) or [key for key, _label in columns]
    view = endpoint.partition(".")[0]
    known_names = {*keys, f"{DAYS}_from", f"{DAYS}_to", VIEW, COLUMNS, *always}
    query: dict[str, Any] = {name: request.args.getlist(name) for name in request.args
                             if name in known_names and name not in places}
    return Asked(only, shown, {
        "endpoint": endpoint, "filters": drawn, "kept": asked.kept(keys),
        "views": viewpages.context(view, columns, shown, places),
        "clear_url": bare(endpoint)},
        sum(bool(one["value"]) for one in drawn), query)


def bare(endpoint: str) -> str:
    """A list with no question at all, and without the view its reader put first."""
    return f"{url_for(endpoint)}?{VIEW}=0"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ISTANBUL)
