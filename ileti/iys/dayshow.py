"""How İYS's days look and read: states of the strip, causes and repairs in plain words.

Why this module exists: the words for a cause and for what its repair does must be the same on every
page, and stand beside the rule they tell of (:mod:`ileti.iys.reconcile`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, orm
from ileti.iys.archive import Kind
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import IysArchive, IysDay, IysDifference
from ileti.iys.days import Result
from ileti.iys.errors import meaning
from ileti.iys.instant import KeyNow, Verdict
from ileti.recipients.address import mask
from ileti.tenancy.crud import say
from ileti.tenancy.models import Brand

CELLS = 14
CAUSES: dict[Cause, tuple[Any, Any, Any]] = {  # name, what it means, what its repair does
    Cause.MISSING_AT_IYS: (
        _l("Missing at İYS"), _l("We hold İYS’s receipt, its file does not have the row."),
        _l("İYS is asked; what it should hold and does not is reported again.")),
    Cause.MISSING_HERE: (
        _l("Missing here"), _l("The row is in İYS’s file, not in our ledger."),
        _l("The row enters the ledger as İYS’s word.")),
    Cause.OTHER_STATUS: (
        _l("Other status"), _l("One side says consent, the other refusal."),
        _l("İYS’s status holds; our entry stays as proof.")),
    Cause.OTHER_DATE: (
        _l("Other date"), _l("The consent is on both sides, with different dates."),
        _l("Our entry stays as proof; İYS’s date is written beside it.")),
    Cause.OTHER_SOURCE: (
        _l("Other source"), _l("The consent is on both sides, with different sources."),
        _l("Our entry stays as proof; İYS’s source is written beside it.")),
    Cause.OTHER_SIDE_OF_MIDNIGHT: (
        _l("Other side of midnight"), _l("İYS counts the movement to the neighbouring day."),
        _l("Our receipt gets İYS’s moment.")),
    Cause.UNKNOWN_TRANSACTION: (
        _l("Unknown transaction"), _l("The consent is ours, İYS’s number for it is not known."),
        _l("Our consent gets İYS’s number.")),
}
_RESULTS = {Result.EQUAL: "matched", Result.EMPTY: "no_movement", Result.LOST: "lost"}
_PROBLEMS: dict[str, Any] = {
    "not_ready": _l("İYS has not prepared this day yet; it is asked again."),
    "failed_there": _l("İYS could not prepare this day; it is asked again."),
    "doubted": _l("İYS shows no movement for this day, we know of some; it is asked again."),
    "hash_differs": _l("İYS’s hash does not fit the file it gave out. The file is kept."),
    "unreadable": _l("Some rows of the file were not understood."),
    "stamp_lost": _l("The time stamp could not be fetched within seven days."),
    "lost": _l("İYS no longer gives out this day’s file."),
}
_KINDS = {
    Kind.SUMMARY_INDIVIDUAL: _l("Summary, individuals"), Kind.SUMMARY_MERCHANT: _l(
        "Summary, merchants"), Kind.HASH: _l("Hash"), Kind.FILE: _l("Movement file"),
    Kind.STAMP: _l("Time stamp"),
}
_VERDICTS: dict[Verdict, tuple[str, Any]] = {
    Verdict.SAME: ("ok", _l("Both hold the same.")),
    Verdict.ON_ITS_WAY: ("info", _l("Our record is on its way to İYS.")),
    Verdict.BLOCKED_HERE: ("info", _l("Blocked here; İYS takes no refusal as a first record.")),
    Verdict.MISSING_AT_IYS: ("bad", _l("İYS does not hold it.")),
    Verdict.MISSING_HERE: ("bad", _l("Only İYS holds it.")),
    Verdict.OTHER_STATUS: ("bad", _l("İYS says otherwise; its word holds.")),
    Verdict.OURS_IS_NEWER: ("bad", _l("Our refusal is newer and has not reached İYS.")),
}


def state_of(one: IysDay | None) -> str:
    """The badge of a day in the family ``reconciliation``."""
    if one is None:
        return "before"
    if one.result is None:
        return "awaiting_file"
    return _RESULTS.get(Result(one.result), "difference")


def strips(most: int) -> tuple[list[dict[str, Any]], dt.date, dt.date]:
    """The rows of the visible brands, and the first and last day they show; two statements."""
    brands = orm.db.session.scalars(select(Brand).order_by(Brand.name).limit(most)).all()
    first = clock.today() - dt.timedelta(days=CELLS)
    wanted = [first + dt.timedelta(days=n) for n in range(CELLS)]
    found: dict[tuple[int, dt.date], IysDay] = {
        (one.brand_id, one.day): one for one in orm.db.session.scalars(select(IysDay).where(
            IysDay.day >= first, IysDay.brand_id.in_([brand.id for brand in brands])))}
    return [strip(brand, wanted, found) for brand in brands], wanted[0], wanted[-1]


def strip(brand: Any, wanted: list[dt.date],
          found: dict[tuple[int, dt.date], IysDay]) -> dict[str, Any]:
    """A brand's row: its cells, and a line of words."""
    cells = []
    open_days = sum(1 for day in wanted if state_of(found.get((brand.id, day))) == "difference")
    for day in wanted:
        one = found.get((brand.id, day))
        cells.append({"day": day, "state": state_of(one), "text": _cell_text(one),
                      "url": url_for("DayView.show", brand_id=brand.id, day=day) if one else None})
    running = [one for (owner, _day), one in found.items()
               if owner == brand.id and one.done_at is None and one.archived_at is not None]
    if not any(cell["url"] for cell in cells):
        line = _("No day compared yet")
    elif open_days:
        line = ngettext("%(num)s day with differences", "%(num)s days with differences", open_days)
    else:
        line = _("No day differs")
    return {
        "id": brand.id, "name": str(brand), "code": brand.brand_code, "cells": cells, "line": line,
        "good": not open_days, "now_url": url_for("DayView.now", brand_id=brand.id),
        "progress": [(one.day, one.rows_done, one.rows or 0) for one in running if one.rows],
    }


def _cell_text(one: IysDay | None) -> str:
    if one is None:
        return _("not reconciled")
    if one.differences and one.result == Result.DIFFERENT:
        return ngettext("%(num)s difference", "%(num)s differences", one.differences)
    return {"matched": _("matched"), "no_movement": _("no movement"), "lost": _("lost at İYS"),
            "awaiting_file": _("awaiting file")}.get(state_of(one), _("difference"))


def day_title(one: IysDay) -> str:
    """The day as people write it."""
    return one.day.strftime("%d.%m.%Y")


def sentence_of(one: IysDay) -> str | None:
    """What is in the way, in plain words."""
    if not one.problem:
        return None
    said = _PROBLEMS.get(one.problem)
    return str(said) if said is not None else say(meaning(one.problem))


def facts_of(one: IysDay) -> list[tuple[str, Any]]:
    """The day's facts."""
    rows: list[tuple[str, Any]] = []
    if one.rows is not None:
        rows.append((_("Rows in İYS’s file"), one.rows))
    rows.append((_("Differences"), one.differences))
    rows.append((_("Agreed with İYS"), _("yes") if one.agreed_at else _("not yet")))
    if one.hash_value:
        rows.append((_("İYS’s hash (SHA-384)"), f"{one.hash_value[:16]}…"))
        rows.append((_("Our own file"), _("the same, byte for byte")
                     if one.own_hash == one.hash_value else _("compared row by row")))
    return rows


def group(one: IysDay, cause: Cause, left: int, repaired: int, *, may: bool) -> dict[str, Any]:
    """A cause with its repair."""
    name, means, does = CAUSES[cause]
    action = {"label": _("Repair all"), "count": left, "icon": "wrench", "small": True,
              "id": f"onar-{int(cause)}", "fields": {"cause": int(cause)},
              "url": url_for("DayView.repair", brand_id=one.brand_id, day=one.day),
              "confirm": {"title": _("Repair all of “%(cause)s”?", cause=name), "text": str(does),
                          "verb": _("Repair all")}}
    return {"name": str(name), "means": str(means), "does": str(does), "open": left,
            "repaired": repaired, "action": action if may and left else None}


def difference(one: IysDay, row: IysDifference, what: str, *, spoken: bool,
               may: bool) -> dict[str, Any]:
    """A row of the differences."""
    cause, kind = Cause(row.cause), RecipientType(row.recipient_type)
    merchant = f" · {say(kind)}" if kind is RecipientType.TACIR else ""
    repair = {"label": _("Repair"), "icon": "wrench", "small": True, "method": "post",
              "url": url_for("DayView.repair", brand_id=one.brand_id, day=one.day),
              "fields": {"cause": int(cause), "id": row.id}}
    return {
        "what": what, "spoken": spoken, "sub": say(Channel(row.channel)) + merchant,
        "cause": str(CAUSES[cause][0]),
        "theirs": _side(row.their_status, row.their_source, row.their_date),
        "ours": _side(row.our_status, row.our_source, row.our_date),
        "repaired": row.state == State.REPAIRED,
        "actions": [repair] if may and row.state == State.OPEN else [],
    }


def _side(status: int | None, source: int | None, date: dt.datetime | None) -> str | None:
    if status is None:
        return None
    parts = [say(Status(status)), *([say(Source(source))] if source is not None else [])]
    if date is not None:
        parts.append(clock.to_istanbul(date).strftime("%d.%m.%Y %H:%M:%S"))
    return " · ".join(parts)


def kept(one: IysDay, row: IysArchive) -> dict[str, Any]:
    """A line of the archive."""
    return {"name": str(_KINDS[Kind(row.kind)]), "size": row.size, "at": row.fetched_at,
            "sha384": row.sha384.hex(), "url": url_for(
                "DayView.download", brand_id=one.brand_id, day=one.day, number=row.id)}


def answer(brand_id: int, address: str, found: list[KeyNow]) -> dict[str, Any]:
    """One address on both sides; the address travels on in the form only."""
    rows = []
    for one in found:
        tone, sentence = _VERDICTS[one.verdict]
        here, there = one.here, one.there
        rows.append({
            "key": f"{say(one.channel)} · {say(one.recipient_type)}", "tone": tone,
            "sentence": str(sentence), "differs": one.verdict.differs,
            "here": _side(here.status, None, here.date) if here else None,
            "there": _side(there.status, there.source, there.consent_date) if there else None,
            "fields": {"brand": brand_id, "address": address, "kind": one.recipient_type.name,
                       "channel": one.channel.name},
        })
    return {"address": mask(address), "rows": rows}
