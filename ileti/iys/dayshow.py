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
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.evidence.stamps import Verdict
from ileti.iys import daywords
from ileti.iys.archive import Kind
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import IysArchive, IysDay, IysDifference, IysRepair, IysStampCheck
from ileti.iys.days import Result
from ileti.iys.instant import KeyNow
from ileti.iys.instant import Verdict as Compared
from ileti.recipients.address import mask
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
_KINDS = {
    Kind.SUMMARY_INDIVIDUAL: _l("Summary, individuals"), Kind.SUMMARY_MERCHANT: _l(
        "Summary, merchants"), Kind.HASH: _l("Hash"), Kind.FILE: _l("Movement file"),
    Kind.STAMP: _l("Time stamp"),
}
_VERDICTS: dict[Compared, tuple[str, Any]] = {
    Compared.SAME: ("ok", _l("Both hold the same.")),
    Compared.ON_ITS_WAY: ("info", _l("Our record is on its way to İYS.")),
    Compared.BLOCKED_HERE: ("info", _l("Blocked here; İYS takes no refusal as a first record.")),
    Compared.MISSING_AT_IYS: ("bad", _l("İYS does not hold it.")),
    Compared.MISSING_HERE: ("bad", _l("Only İYS holds it.")),
    Compared.OTHER_STATUS: ("bad", _l("İYS says otherwise; its word holds.")),
    Compared.OURS_IS_NEWER: ("bad", _l("Our refusal is newer and has not reached İYS.")),
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
        cells.append({"day": day, "state": state_of(one), "text": cell_text(one),
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


def cell_text(one: IysDay | None) -> str:
    """What a day's cell says."""
    if one is None:
        return _("not reconciled")
    if one.differences and one.result == Result.DIFFERENT:
        return ngettext("%(n)s difference", "%(n)s differences", one.differences,
                        n=formats.number(one.differences))
    return {"matched": _("matched"), "no_movement": _("no movement"), "lost": _("lost at İYS"),
            "awaiting_file": _("awaiting file")}.get(state_of(one), _("difference"))


def day_title(one: IysDay) -> str:
    """The day as people write it."""
    return formats.day(one.day)


def facts_of(one: IysDay) -> list[tuple[str, Any]]:
    """The day's facts."""
    rows: list[tuple[str, Any]] = []
    if one.rows is not None:
        rows.append((_("Rows in İYS’s file"), formats.number(one.rows)))
    rows.append((_("Differences"), formats.number(one.differences)))
    rows.append((_("Agreed with İYS"), _("not yet") if one.agreed_at is None else
                 formats.moment(one.agreed_at)))
    if one.hash_value:
        rows.append((_("İYS’s hash (SHA-384)"), f"{one.hash_value[:16]}…"))
        rows.append((_("Our own file"), _("the same, byte for byte")
                     if one.own_hash == one.hash_value else _("compared row by row")))
    return rows


def group(one: IysDay, cause: Cause, left: int, repaired: int, wish: IysRepair | None, *,
          may: bool) -> dict[str, Any]:
    """A cause with its repair: the button, or how far it is, or how the last one ended."""
    name, means, does = CAUSES[cause]
    url = url_for("DayView.repair", brand_id=one.brand_id, day=one.day)
    action: dict[str, Any] | None = {
        "label": _("Repair all"), "count": left, "icon": "wrench", "small": True,
        "id": f"onar-{int(cause)}", "fields": {"cause": int(cause)}, "url": url,
        "confirm": {"title": _("Repair all of “%(cause)s”?", cause=name),
                    "text": _("%(does)s A worker does it; this page shows how far it is.",
                              does=str(does)), "verb": _("Repair all")}}
    under_way = None
    if wish is not None and wish.ended_at is None:
        problem, code = daywords.in_the_way(wish.problem)
        under_way = {"done": min(wish.repaired + wish.unanswered, wish.total), "total": wish.total,
                     "problem": problem, "code": code,
                     "again": daywords.again_at(wish) if problem else ""}
        action = {"label": _("Stop"), "icon": "x", "small": True, "method": "post", "url": url,
                  "fields": {"cause": int(cause), "stop": 1}}
    return {"cause": int(cause), "name": str(name), "means": str(means), "does": str(does),
            "open": left, "repaired": repaired, "under_way": under_way,
            "ended": (wish.ended_at, daywords.repair_words(wish))
            if wish is not None and wish.ended_at else None,
            "action": action if may and (left or under_way) else None}


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
        parts.append(formats.moment(date, seconds=True))
    return " · ".join(parts)


def kept(one: IysDay, row: IysArchive, check: IysStampCheck | None) -> dict[str, Any]:
    """A line of the archive."""
    stamp = None
    if row.kind == Kind.STAMP:
        stamp = daywords.stamp_words(check.verdict if check is not None else None)
    return {"name": str(_KINDS[Kind(row.kind)]), "size": row.size, "at": row.fetched_at,
            "sha384": row.sha384.hex(), "stamp": stamp,
            "bad": check is not None and not Verdict(check.verdict).holds,
            "stamped_at": check.stamped_at if check is not None else None,
            "signer": check.signer if check is not None else None,
            "url": url_for("DayView.download", brand_id=one.brand_id, day=one.day, number=row.id)}


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
