"""What the tests of imports share: a list as text, and the steps up to its dry run or its end."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import ileti.imports.jobs  # noqa: F401 (registers the bells)
from ileti.core import clock, db
from ileti.evidence import vault
from ileti.evidence.kinds import Role as Role_
from ileti.imports import apply, arriving, proofs, runs, staging
from ileti.imports.mapping import Fixed, Mapping, Role, recognise
from ileti.imports.origin import state
from ileti.imports.reading.reader import Layout
from ileti.imports.reading.sources import heading_and_sample
from ileti.imports.verdicts import REASONS
from tests.evidence.samples import pdf

HEAD = "type,source,recipient,status,consentDate,recipientType"
STATEMENT = {"origin": "customers", "ground": "Üyelik formundaki ETK onayı",
             "proof": "Formlar genel merkez arşivinde", "notice": "Üyelikte bilgilendirildi"}


def when(**ago: float) -> str:
    """A consent date as İYS spells it."""
    return f"{clock.to_istanbul(clock.now() - timedelta(**ago)):%Y-%m-%d %H:%M:%S}"


def row(address: str, status: str = "ONAY", *, channel: str = "MESAJ", source: str = "HS_WEB",
        date: str | None = None, kind: str = "BIREYSEL") -> str:
    """One line in İYS's own order."""
    return f"{channel},{source},{address},{status},{date or when(hours=2)},{kind}"


def begin(place: Any, *lines: str, layout: Layout | None = None, fixed: Fixed | None = None,
          columns: dict[Role, int] | None = None, **origin: Any) -> int:
    """A list with heading, uploaded, mapped and with its origin stated; its number."""
    layout = layout or Layout()
    run_id = runs.open_run(place, "liste.csv", layout)
    runs.read_run(run_id).file.add(1, ["\n".join(lines).encode(layout.encoding)])
    run = arriving.finish(run_id)
    heads, rows = heading_and_sample(run.file.read(), layout)
    found = recognise(heads, rows)
    runs.map_columns(run_id, layout, Mapping(found.columns if columns is None else columns,
                                             fixed or found.fixed))
    runs.state_origin(run_id, state(STATEMENT | origin))
    return run_id


def prove(run_id: int, place: Any, name: str, data: bytes | None = None, *,
          whole: bool = False, role: Role_ | None = None) -> int:
    """A file in the vault, for all of the import or for rows to name; its number there."""
    kept = vault.put(place.provider_id, [data or pdf(f"{name} {place.provider_id}")], name)
    return proofs.attach(run_id, kept, name, whole=whole, role=role)


def check(run_id: int) -> dict[str, int]:
    """Make the dry run; how many consents have which reason."""
    runs.ask_check(run_id)
    staging.check_due(time.monotonic() + 60, run_id)
    row = db.connection().execute("select counts, problem from import_run where id = %s",
                                  [run_id]).fetchone()
    assert row is not None
    assert row[1] is None, row[1]
    return {REASONS[int(number)].code: n for number, n in row[0]["reason"].items()}


def put_in(run_id: int) -> Any:
    """Apply; the run's counts."""
    runs.ask_apply(run_id, by=None)
    apply.apply_due(time.monotonic() + 60, run_id)
    return result(run_id)


def result(run_id: int) -> Any:
    """State, written, left out."""
    return db.connection().execute(
        "select state, written, left_out from import_run where id = %s", [run_id]).fetchone()


def listed(place: Any, *lines: str, **more: Any) -> int:
    """The whole way with a heading; the run's number."""
    run_id = begin(place, HEAD, *lines, **more)
    check(run_id)
    put_in(run_id)
    return run_id


def states(place: Any) -> list[Any]:
    """(status, İYS status, source) of every verified key of the place, in order of recipients."""
    return db.connection().execute(
        "select status, iys_status, source from consent_state where provider_id = %s "
        "and standing = 1 order by recipient_id, channel", [place.provider_id]).fetchall()


def many(sql: str, *values: Any) -> int:
    """The number a query counts."""
    found = db.connection().execute(sql, list(values)).fetchone()  # type: ignore[arg-type]
    assert found is not None
    return int(found[0])
