"""``/api/v1/imports/{id}/mapping``: what the columns of a list mean, seen and said anew.

Why this module exists: what a person corrects on the page of an import (*Sütunlar*) a program
corrects here, with the same means (:mod:`ileti.imports.remap`): it sees the headings and first
values, their middle hidden, and what is missing, and puts back what it saw with its corrections.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ileti.api import shown
from ileti.api.desk import Answer, Call, refuse_changed
from ileti.api.imports import about, note
from ileti.core import db
from ileti.imports import remap, runs
from ileti.imports.mapping import Fixed, Mapping, Role
from ileti.imports.ownfields import PREFIX
from ileti.imports.reading.reader import Layout
from ileti.imports.remap import Seen
from ileti.imports.samples import sample

_MOST_TEMPLATES = 100


def show(call: Call) -> Answer:
    """``GET /imports/{id}/mapping``."""
    run_id = call.own_import
    with about(run_id):
        run = runs.read_run(run_id)
        seen = remap.look(run)
        return Answer(200, _told(call, run, seen))


def put(call: Call) -> Answer:
    """``PUT /imports/{id}/mapping``: all of it anew, then the dry run; again it changes nothing."""
    run_id = call.own_import
    run = runs.read_run(run_id)
    with about(run_id):
        if run.state in (runs.RunState.UPLOADING, runs.RunState.CANCELLED):
            raise runs.moved_on()
        refuse_changed(call, lambda: _told(call, run, remap.look(run)))
        said = remap.read(call.json(), lambda code: call.dealer(run.place.brand_id, code))
        remap.correct(run, said, lambda name: _template(call, run, name))
        if runs.read_run(run_id).fence != run.fence:
            note(call, run_id, "map")
    return Answer(200, shown.one(call, run_id))


def _told(call: Call, run: runs.Run, seen: Seen) -> dict[str, Any]:
    mapping, found = seen.mapping, seen.table
    roles: dict[int, Role | str] = {n: role for role, n in mapping.columns.items()}
    roles |= {n: PREFIX + key for key, n in mapping.fields.items()}
    return {
        "import": run.id, "state": run.state.name.lower(),
        "format": seen.layout.format, "sheets": found.sheets,
        "columns": [_column(n, found, roles.get(n)) for n in range(found.width)],
        "mapping": _as_put(mapping, seen.layout),
        "missing": [one.told(call.language) for one in mapping.problems()],
        "templates": [name for name, _ in _templates(call)],
        "problem": found.trouble.say(call.language) if found.trouble else None}


def _column(n: int, found: Any, meant: Role | str | None) -> dict[str, Any]:
    role = meant if isinstance(meant, Role) else None
    head = found.heads[n].strip() if found.heads and n < len(found.heads) else ""
    return {"number": n + 1, "heading": sample(head, None), "role": meant and str(meant),
            "samples": [sample(value, role) for value in found.values(n)]}


def _as_put(mapping: Mapping, layout: Layout) -> dict[str, Any]:
    """As it may be put back."""
    text = layout.format == "csv"
    return {"columns": {role.value: n + 1 for role, n in mapping.columns.items()} | {
                PREFIX + key: n + 1 for key, n in mapping.fields.items()},
            **_fixed(mapping.fixed),
            "delimiter": layout.delimiter if text else None,
            "encoding": layout.encoding if text else None, "sheet": layout.sheet,
            "header": layout.header, "skip": layout.skip}


def _fixed(fixed: Fixed) -> dict[str, Any]:
    return {"status": fixed.status and fixed.status.name,
            "source": fixed.source and fixed.source.name, "date": fixed.date,
            "recipientType": fixed.recipient_type.name,
            "retailerCode": _retailer_code(fixed.dealer_id), "basis": fixed.basis,
            "channels": [one.name for one in fixed.channels]}


def _retailer_code(dealer_id: int | None) -> int | None:
    if dealer_id is None:
        return None
    row = db.connection().execute("select retailer_code from dealer where id = %s",
                                  [dealer_id]).fetchone()
    return row[0] if row else None


def _templates(call: Call) -> list[tuple[str, Mapping]]:
    """Templates belong to the provider and name its dealers: an account for one brand or dealer
    has none, as its people have none on the page. A program uses them and keeps none."""
    caller = call.caller
    if caller.brand_id is not None or caller.dealer_id is not None:
        return []
    return [(name, Mapping.from_json(kept)) for name, kept in db.connection().execute(
        "select name, mapping from import_template where provider_id = %s order by name limit %s",
        (caller.provider_id, _MOST_TEMPLATES)).fetchall()]


def _template(call: Call, run: runs.Run, name: str) -> Mapping | None:
    """The mapping of that name; a dealer of another brand is left out of it."""
    found = next((mapping for kept, mapping in _templates(call) if kept == name), None)
    if found is None or found.fixed.dealer_id is None:
        return found
    there = db.connection().execute("select from dealer where id = %s and brand_id = %s",
                                    (found.fixed.dealer_id, run.place.brand_id)).fetchone()
    return found if there is not None else replace(
        found, fixed=replace(found.fixed, dealer_id=None))
