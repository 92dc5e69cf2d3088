"""Columns that plug-ins add to the list of consents, for the page and for programs.

Why this module exists: both lists ask once per page, for all its rows at once, and a plug-in sees
neither addresses nor our rows. One that fails leaves its cells empty and is named under the list;
the list itself is drawn all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.hooks import limits
from ileti.hooks.kinds import Column, ConsentRow, Said
from ileti.hooks.limits import PluginFailed
from ileti.hooks.manager import SECONDS
from ileti.hooks.manager import plugins as loaded
from ileti.tenancy import plugins, scope

HOOK: Final = "consent_columns"
MOST: Final = 6
LONGEST: Final = 80


@dataclass
class Added:
    """What the plug-ins add to a page of rows: titles by key, a list of values per column, and the
    plug-ins that failed."""

    titles: dict[str, Said] = field(default_factory=dict)
    values: dict[str, list[str | None]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def of_row(self, place: int) -> dict[str, str | None]:
        """The values of one row by key."""
        return {key: values[place] for key, values in self.values.items()}


def added(rows: Sequence[tuple[ConsentEntry, ConsentState]]) -> Added:
    """The columns of the work space's provider; nothing where no plug-in brings one."""
    here, found = scope.current().provider_id, Added()
    if here is None or not plugins.on_at(here):
        return found
    found.failed += plugins.broken(here, HOOK)
    names = plugins.doing(here, HOOK)
    told = [_plain(entry, state) for entry, state in rows] if names else []
    for name in names:
        try:
            for column in _columns(name):
                values = _values(name, column, told)
                if len(found.titles) < MOST:
                    found.titles[column.key], found.values[column.key] = column.title, values
        except PluginFailed:
            found.failed.append(name)
    return found


def _columns(name: str) -> list[Column]:
    said = loaded().call(name, HOOK)
    if not isinstance(said, list | tuple) or not all(isinstance(one, Column) for one in said):
        raise PluginFailed(name, "it answered no columns")
    return list(said)


def _values(name: str, column: Column, rows: list[ConsentRow]) -> list[str | None]:
    if not rows:
        return []
    said: Any = limits.run(name, HOOK, lambda: list(column.values(rows)), SECONDS[HOOK])
    if len(said) != len(rows) or not all(one is None or isinstance(one, str) for one in said):
        raise PluginFailed(name, "it answered no text for each row")
    return [one if one is None else one[:LONGEST] for one in said]


def _plain(entry: ConsentEntry, state: ConsentState) -> ConsentRow:
    """A row as plug-ins see it; who took it only where whoever looks may know."""
    own = scope.current().dealer_id
    return ConsentRow(
        record_number(entry.id), entry.brand_id, Channel(entry.channel).name,
        RecipientType(entry.recipient_type).name, Status(state.status).name,
        Source(state.source).name, entry.captured_at,
        entry.dealer_id if own in (None, entry.dealer_id) else None)
