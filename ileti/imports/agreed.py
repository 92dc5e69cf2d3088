"""Applying and undoing many rows, as deeds that a second person agrees to.

Why this module exists: a list of a million consents, and a refusal for all of them, cannot be taken
back by who regrets it. What a request is and who may agree is :mod:`ileti.tenancy.foureyes`; here
is from how many rows on it is asked, and what is done then. Without Flask: programs and workers
come here too.
"""

from __future__ import annotations

from typing import Final

from config import settings
from ileti.core import db
from ileti.imports.states import RunState, Undo
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Carrier, Request, Wish

#: from so many rows on it is asked where a provider wants it and IMPORT_FOUR_EYES_ROWS says nothing
MANY: Final = 1_000
RIGHT: Final = "import:approve"
APPLY, UNDO = "import_apply", "import_undo"


def many(kind: str, provider_id: int, rows: int) -> bool:
    """Whether so many rows take two people: by the installation's setting (imports only) or by the
    provider's."""
    least = settings().import_four_eyes_rows
    if kind == "import" and least and rows > least:
        return True
    return rows > (least or MANY) and foureyes.wanted(kind, provider_id)


def apply_wish(run_id: int, place: tuple[int, int, int | None], rows: int) -> Wish:
    """Applying what a dry run showed."""
    return Wish("import", APPLY, f"import:{run_id}", RIGHT, {"run": run_id, "rows": rows}, *place)


def undo_wish(run_id: int, place: tuple[int, int, int | None], rows: int, kind: Undo) -> Wish:
    """Taking an import back, or refusing all it brought."""
    return Wish("refusal", UNDO, f"import:{run_id}", RIGHT,
                {"run": run_id, "rows": rows, "way": int(kind)}, *place)


def _mark(wish: Wish) -> str:
    """File, dry run and mapping: another dry run is another import."""
    row = db.system_connection().execute(
        "select encode(sha256, 'hex') || ':' || coalesce(checked_at::text, '') || ':' || staged "
        "|| ':' || md5(mapping::text || origin::text) from import_run where id = %s",
        (wish.act["run"],)).fetchone()
    return str(row[0]) if row else ""


def _apply(request: Request) -> None:
    from ileti.imports import runs

    run = runs.read_run(request.wish.act["run"])
    if run.state is RunState.APPROVAL:
        runs.let_go(run.id, by=request.decided_by)


def _undo(request: Request) -> None:
    from ileti.imports import runs

    run = runs.read_run(request.wish.act["run"])
    if run.state not in (RunState.UNDOING, RunState.UNDONE):
        runs.ask_undo(run.id, Undo(request.wish.act["way"]), by=request.asked_by)


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    act, english = request.wish.act, language == "en"
    number = f"{act['rows']:,}"
    found = [("Rows", number) if english else ("Satır", number.replace(",", "."))]
    if "way" in act:
        back = Undo(act["way"]) is Undo.TAKE_BACK
        words = (("Take the records back", "Refuse all it brought") if english else
                 ("Kayıtlar geri alınır", "Getirdiği her onay reddedilir"))
        found.append(("Way" if english else "Yol", words[0 if back else 1]))
    return found


foureyes.carries_out(APPLY, Carrier("import", _apply, _mark, _about,
                                    "a run that was let go is not let go again"))
foureyes.carries_out(UNDO, Carrier("refusal", _undo, _mark, _about,
                                   "a run that is being undone is not undone again"))
