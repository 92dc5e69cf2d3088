"""Sheets that one pair of eyes could not read: the scan waits, and somebody else types it in.

Why this module exists: a guessed digit is somebody else's number (R-21). Whoever cannot read a
sheet leaves it with its scan and types nothing; a second person reads it afresh or puts it aside.
Nothing typed is kept of it, so there is nothing to lean on and nothing to erase but the scan.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from ileti.capture.paper import Batch, key_of, number_of
from ileti.capture.papermodels import PaperLook
from ileti.consents import ledger
from ileti.core import clock, db, orm
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotFound
from ileti.evidence import vault
from ileti.evidence.vault import Kept

WAITS, RECORDED, ASIDE = 1, 2, 3
SHOWN: Final = 200


def leave(batch: Batch, sheet: int, file: tuple[Kept, str] | None, by: int) -> None:
    """Leave a sheet for somebody else; the same once more changes nothing, and what was put aside
    waits again. Raises InvalidInput without a scan, Conflict for a sheet that is recorded."""
    if file is None:
        raise InvalidInput(errors=(FieldError(
            "file", "missing", "İkinci göz için kâğıdın taramasını ekleyin.",
            "Add a scan of the paper for the second look."),))
    place = batch.place
    if ledger.submission_of(place.provider_id, key_of(batch.id, sheet)):
        raise Conflict("Bu kâğıt kaydedilmiş; ikinci göze bırakılamaz.",
                       "This sheet is recorded; it cannot be left for a second look.",
                       code="recorded")
    db.connection().execute(
        "insert into paper_look (provider_id, brand_id, dealer_id, paper_batch_id, sheet, file_id, "
        "state, by) values (%s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (paper_batch_id, sheet) do update set state = excluded.state, "
        "file_id = excluded.file_id, by = excluded.by, at = %s, decided_by = null, "
        "decided_at = null where paper_look.state = %s",
        (place.provider_id, place.brand_id, batch.dealer_id, batch.id, sheet, file[0].id, WAITS,
         by, clock.now(), ASIDE))


def of_sheet(batch_id: int, sheet: int) -> dict[str, Any] | None:
    """What waits of a sheet: ``id``, ``by``, ``at``."""
    row = db.connection().execute(
        "select id, by, at from paper_look where paper_batch_id = %s and sheet = %s and state = %s",
        (batch_id, sheet, WAITS)).fetchone()
    return {"id": row[0], "by": row[1], "at": row[2]} if row else None


def refuse_own(batch_id: int, sheet: int, by: int) -> None:
    """Raises Conflict for whoever could not read the sheet before."""
    look = of_sheet(batch_id, sheet)
    if look and look["by"] == by:
        raise Conflict("Bu kâğıdı siz okunamıyor diye bıraktınız; başka biri bakmalı.",
                       "You left this sheet as illegible; somebody else must look at it.",
                       code="own_look")


def kept(provider_id: int, batch_id: int, sheet: int) -> tuple[Kept, str] | None:
    """The scan that lies with a sheet since the first look."""
    row = db.connection().execute(
        "select file_id from paper_look where paper_batch_id = %s and sheet = %s and state = %s",
        (batch_id, sheet, WAITS)).fetchone()
    return (vault.describe(provider_id, [row[0]])[row[0]], "form") if row else None


def settle(batch_id: int, sheet: int, by: int) -> None:
    """The sheet was read; does nothing when none waited."""
    db.connection().execute(
        "update paper_look set state = %s, decided_by = %s, decided_at = %s "
        "where paper_batch_id = %s and sheet = %s and state = %s",
        (RECORDED, by, clock.now(), batch_id, sheet, WAITS))


def visible(number: int) -> PaperLook:
    """A sheet that waits, of those in sight. Raises NotFound."""
    found = orm.db.session.scalars(select(PaperLook).where(
        PaperLook.id == min(number, 2**31 - 1), PaperLook.state == WAITS)).first()
    if found is None:
        raise NotFound()
    return found


def put_aside(look: PaperLook, by: int) -> None:
    """Nobody can read it. Raises Conflict for whoever left it."""
    if look.by == by:
        raise Conflict("Bu kâğıdı siz okunamıyor diye bıraktınız; başka biri bakmalı.",
                       "You left this sheet as illegible; somebody else must look at it.",
                       code="own_look")
    look.state, look.decided_by, look.decided_at = ASIDE, by, clock.now()


def waiting() -> list[dict[str, Any]]:
    """Sheets that wait, oldest first: ``id``, ``number``, ``at``, ``by``."""
    found = orm.db.session.scalars(select(PaperLook).where(
        PaperLook.state == WAITS).order_by(PaperLook.id).limit(SHOWN))
    return [{"id": one.id, "by": one.by, "at": one.at,
             "number": number_of(one.paper_batch_id, one.sheet)} for one in found]
