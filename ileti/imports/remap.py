"""What a program sees of the columns of its list, and how it corrects what was guessed.

Why this module exists: a list whose columns were not recognised, or wrongly, would wait for a
person to map it on the page; the program that brought it knows better. It sees what a person sees
there (headings, first values with their middle hidden, what is missing) and says all of it anew:
what a correction does not name is not mapped. Nothing is applied by itself after a correction,
whatever was wished before: a list that was misread once is looked at first (docs/adr/0025).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Given
from dataclasses import dataclass, replace
from typing import Any, Final

from ileti.core import db
from ileti.core.errors import FieldError, InvalidInput
from ileti.imports import asked, runs, table
from ileti.imports.asked import Asked, Reader
from ileti.imports.follow import Decided
from ileti.imports.mapping import Fixed, Mapping, Role
from ileti.imports.ownfields import PREFIX
from ileti.imports.reading.reader import Layout
from ileti.imports.runs import Run
from ileti.imports.states import CHANGEABLE, RunState

#: Every field a correction may have.
FIELDS: Final = ("columns", "status", "source", "date", "recipientType", "retailerCode", "basis",
                 "channels", "delimiter", "encoding", "sheet", "header", "skip", "template")
_FIXED: Final = {"status": "status", "source": "source", "date": "date", "basis": "basis",
                 "recipientType": "recipient_type", "retailerCode": "dealer_id",
                 "channels": "channels"}


@dataclass(frozen=True)
class Correction:
    """What was said, well-formed. ``columns``: role → heading, or number from 1; None: as they are
    recognised, or as the template has them. ``said``: the fields of ``fixed`` that were named,
    which go before the template's."""

    columns: dict[Role | str, str | int] | None
    fixed: Fixed
    reading: dict[str, Any]
    said: frozenset[str]
    template: str | None


@dataclass(frozen=True)
class Seen:
    """A list and how it is mapped: as somebody said, else as it would be proposed."""

    layout: Layout
    table: table.Table
    mapping: Mapping


def read(given: Given[str, Any], dealer_of: Callable[[int], int | None]) -> Correction:
    """A correction as a program gave it. Raises InvalidInput naming every faulty field, NotFound
    for a dealer that is not the caller's."""
    found = Reader(given, FIELDS)
    columns = asked.columns_of(found) if given.get("columns") is not None else None
    reading = asked.reading_of(found)
    fixed = asked.fixed_of(found, dealer_of)
    template = found.text("template", 120) or None
    if found.faults:
        raise InvalidInput(errors=tuple(found.faults))
    said = frozenset(ours for theirs, ours in _FIXED.items() if given.get(theirs) is not None)
    return Correction(columns, fixed, reading, said, template)


def look(run: Run) -> Seen:
    """The list as it is mapped now. Raises Conflict while its file is not there."""
    if run.state in (RunState.UPLOADING, RunState.CANCELLED):
        raise runs.moved_on()
    if run.mapping.columns:
        return Seen(run.layout, table.look(run), run.mapping)
    wish = _asked(run)
    layout, seen = table.examined(run, **wish.reading)
    proposed = table.proposal(seen, run)
    return Seen(layout, seen, Mapping(dict(proposed.columns), wish.fixed, dict(proposed.fields)))


def correct(run: Run, said: Correction, template_of: Callable[[str], Mapping | None]) -> None:
    """Map the list as was said and ask for its dry run; what holds already is left alone. Raises
    InvalidInput when something is missing or the file has no such column, CallerMistake when it
    cannot be read so, Conflict when the import is past it."""
    wish = _asked(run)
    layout, seen = table.examined(run, **wish.reading | said.reading)
    if seen.trouble is not None:
        raise seen.trouble
    mapping = _mapping(said, seen, run, template_of)
    if mapping == run.mapping and layout == run.layout and run.state not in (
            RunState.MAPPING, RunState.FAILED):
        return
    if run.state not in CHANGEABLE:
        raise runs.moved_on()
    runs.map_columns(run.id, layout, mapping)
    if not run.origin:
        runs.state_origin(run.id, wish.statement)
    if wish.apply_most is not None:
        db.connection().execute(
            "update import_run set asked = asked || jsonb_build_object('decided', %s::text) "
            "where id = %s", (Decided.CORRECTED, run.id))
    runs.ask_check(run.id, ask_iys=wish.ask_iys)


def _mapping(said: Correction, seen: table.Table, run: Run,
             template_of: Callable[[str], Mapping | None]) -> Mapping:
    base = Mapping({})
    if said.template is not None:
        found = template_of(said.template)
        if found is None:
            raise InvalidInput(errors=(FieldError(
                "template", "no_such_template", f"“{said.template}” adlı bir şablon yok.",
                f"There is no template “{said.template}”."),))
        base = found
    proposed = base if base.columns else table.proposal(seen, run)
    columns, fields = proposed.columns, proposed.fields
    if said.columns is not None:
        places = asked.places_of(said.columns, seen)
        columns, fields = asked.roles_of(places), asked.fields_of(places, run)
    fixed = replace(base.fixed, **{name: getattr(said.fixed, name) for name in said.said})
    mapping = Mapping(dict(columns), fixed, dict(fields))
    problems = mapping.problems() + [
        FieldError(f"columns.{role}", "no_such_column",
                   f"Dosyada {n + 1}. sütun yok.", f"The file has no column {n + 1}.")
        for role, n in (*columns.items(), *(
            (PREFIX + key, at) for key, at in fields.items())) if n >= seen.width]
    if problems:
        raise InvalidInput("Sütunların anlamı eksik; eksik olanları yazın.",
                           "What the columns mean is not complete; name what is missing.",
                           code="mapping_incomplete", errors=tuple(problems),
                           detail=asked.headings_of(seen))
    return mapping


def _asked(run: Run) -> Asked:
    row = db.connection().execute("select asked from import_run where id = %s",
                                  [run.id]).fetchone()
    assert row is not None
    return Asked.from_json(row[0])
