"""From a file that has come to a run that can be mapped, by either way of uploading."""

from __future__ import annotations

from contextlib import suppress

from ileti.consents.ledger import Place
from ileti.core.errors import CallerMistake, Conflict
from ileti.imports import arriving, runs, table
from ileti.imports.mapping import Mapping
from ileti.imports.models import ImportRun
from ileti.imports.origin import state
from ileti.imports.reading.reader import Layout
from ileti.tenancy import scope
from ileti.tenancy.models import Brand


def begin(brand: Brand, name: str) -> int:
    """A new import for a visible brand, by whoever is signed in; for the dealer alone in a dealer's
    work space. Raises Conflict when too many uploads are unfinished."""
    here = scope.current()
    place = Place(brand.provider_id, brand.provider.iys_code, brand.id, brand.brand_code)
    base = name.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return runs.open_run(place, base, Layout(), by=here.user_id, dealer_id=here.dealer_id,
                         counted=True)


def finish(run_id: int, before: ImportRun | None = None) -> None:
    """All parts are here: how the file seems to be read. Of the import it replaces, the mapping is
    kept when it fits. Raises CallerMistake for a missing part or an empty file."""
    run = arriving.finish(run_id)
    table.begin(run)
    if before is None or before.brand_id != run.place.brand_id or (
            before.dealer_id != run.dealer_id):
        return
    with suppress(CallerMistake, Conflict, ValueError, KeyError):
        kept = Mapping.from_json(before.mapping)
        run = runs.read_run(run_id)
        width = table.look(run).width
        if kept.columns and max(kept.columns.values()) < width:
            runs.map_columns(run_id, run.layout, kept)
        if before.origin:
            runs.state_origin(run_id, state(before.origin), by=scope.current().user_id)
