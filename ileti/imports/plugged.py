"""Places that plug-ins fetch customer lists from.

Why this module exists: a till or a shop system keeps consents of its own; a plug-in reads them out
as a list, and that list goes the way of every other: columns, dry run, a person's yes. İYS's list
of sources is closed (R-43), so a source of ours maps the flow onto one of them, for rows that name
none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ileti.consents.vocabulary import Source
from ileti.core.errors import CallerMistake
from ileti.hooks import limits
from ileti.hooks.kinds import ImportSource
from ileti.hooks.limits import PluginFailed
from ileti.hooks.manager import SECONDS
from ileti.hooks.manager import plugins as loaded
from ileti.imports import runs
from ileti.imports.files import longest_bytes, too_long
from ileti.imports.mapping import Fixed
from ileti.tenancy import plugins

HOOK: Final = "import_sources"


@dataclass(frozen=True)
class Offered:
    """A source with the plug-in it comes from; ``key`` names both."""

    plugin: str
    source: ImportSource

    @property
    def key(self) -> str:
        """``plug-in:source``."""
        return f"{self.plugin}:{self.source.key}"

    def pieces(self, since: date | None) -> Iterator[bytes]:
        """The list, piece by piece. Raises PluginFailed, TooLarge."""
        size = 0
        for piece in limits.stream(self.plugin, HOOK, lambda: self.source.pieces(since),
                                   SECONDS[HOOK]):
            size += len(piece)
            if size > longest_bytes():
                raise too_long()
            yield piece

    def fixed(self, before: Fixed) -> Fixed:
        """The fixed values with the flow's İYS source, where none is said."""
        word = self.source.source
        if before.source is not None or word is None or word not in Source.__members__:
            return before
        return replace(before, source=Source[word])


def offered(provider_id: int) -> list[Offered]:
    """The sources of the plug-ins that are on; one that fails offers none."""
    found: list[Offered] = []
    for name in plugins.doing(provider_id, HOOK):
        try:
            said = loaded().call(name, HOOK)
        except PluginFailed:
            continue
        found += [Offered(name, one) for one in said or () if isinstance(one, ImportSource)]
    return found


def find(provider_id: int, key: str) -> Offered:
    """One of them by its key. Raises CallerMistake."""
    known = offered(provider_id)
    found = next((one for one in known if one.key == key), None)
    if found is None:
        names = ", ".join(one.key for one in known) or "-"
        raise CallerMistake(f"Böyle bir liste kaynağı yok. Açık olanlar: {names}",
                            f"There is no such source. Those that are on: {names}",
                            code="no_such_source")
    return found


def settle(run_id: int, source: Offered) -> None:
    """Say the flow's İYS source in the mapping that was recognised, for the person to see."""
    run = runs.read_run(run_id)
    fixed = source.fixed(run.mapping.fixed)
    if fixed != run.mapping.fixed:
        runs.map_columns(run_id, run.layout, replace(run.mapping, fixed=fixed))
