"""The list of consents among the lists that a job makes files of.

Why this module exists: a wish is kept for minutes or survives a restart, so what the list was
narrowed to is written down in numbers, as it was understood when it was asked for. A filter that
means nothing any more (its custom field is gone) must not let more out than was asked for.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from ileti.consents import exported, exportlines, exportrows, fieldfilter, listing
from ileti.core.errors import NotFound
from ileti.exports import kinds
from ileti.exports.kinds import Kind, Table

STRETCH: Final = 10_000
#: a file ends somewhere; nobody has as many
MOST: Final = 100_000_000
_PLAIN: Final[tuple[str, ...]] = (
    "channels", "sources", "choices", "iys", "brands", "dealers", "half")
_PAIRS: Final[tuple[str, ...]] = ("recipients", "entries")
_DAYS: Final[tuple[str, ...]] = ("since", "until")


def kept(wanted: listing.Wanted) -> dict[str, Any]:
    """What the list is narrowed to, as it is written down; personal values are keyed hashes."""
    said: dict[str, Any] = {name: getattr(wanted, name) for name in _PLAIN}
    said |= {name: getattr(wanted, name) for name in _PAIRS}
    said |= {name: one.isoformat() if (one := getattr(wanted, name)) else None for name in _DAYS}
    said["fields"] = [[one.id, [value.hex() if isinstance(value, bytes) else value
                                for value in values]] for one, values in wanted.fields]
    return {name: value for name, value in said.items() if value not in (None, [])} | {
        # nobody was found: that is not the same as everybody
        name: [] for name in _PAIRS if getattr(wanted, name) == []}


def wanted(said: dict[str, Any]) -> listing.Wanted:
    """The inverse of :func:`kept`, in the scope at hand. Raises NotFound for a field that is
    gone."""
    known = {one.id: one for one in fieldfilter.fields()}
    fields = []
    for number, values in said.get("fields", ()):
        one = known.get(number)
        if one is None:
            raise NotFound()
        fields.append((one, [bytes.fromhex(value) if one.personal else value for value in values]))
    found: dict[str, Any] = {name: said[name] for name in _PLAIN if name in said}
    found |= {name: [(pair[0], pair[1]) for pair in said[name]] for name in _PAIRS if name in said}
    found |= {name: date.fromisoformat(said[name]) for name in _DAYS if name in said}
    return listing.Wanted(**found, fields=fields)


def _table(said: dict[str, Any], full: bool, language: str) -> Table:
    narrowed, own = wanted(said), exported.columns(full=full)
    return Table(
        heads=exported.heads(own, language),
        blocks=lambda: exportrows.stretches(narrowed, own, full=full, language=language,
                                            size=STRETCH, most=MOST),
        count=lambda: listing.expected(narrowed),
        csv="ileti.consents.exportlines:csv_lines", cells=exportlines.row_cells,
        task=exportrows.told(full=full, language=language), widths=exported.WIDTHS)


KIND: Final = kinds.declare(Kind(
    "consents", ("İzinler", "Consents"), ("izinler", "consents"), right="consent:read",
    full_right="consent:reveal", scope="consents:list", full_scope="addresses:read", table=_table))
