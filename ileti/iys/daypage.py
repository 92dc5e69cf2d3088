"""What the reconciliation pages show: a day with its causes, repairs, rows and archive, and how far
a week is that somebody waits for.

Reads only, and a handful of statements however large the day is.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import defer

from ileti.consents.timeline import address_of
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.iys import days, dayshow, daywords
from ileti.iys.alarms import MissingDay, missing_days
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import (
    IysArchive,
    IysDay,
    IysDifference,
    IysRepair,
    IysStampCheck,
)
from ileti.iys.stampcheck import BadStamp, bad_stamps
from ileti.recipients.address import mask
from ileti.recipients.models import Recipient
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand

PAGE = 50
MOST_NAMED = 3
# A worker that is free begins at once; after so long one says that none has.
SOON = dt.timedelta(seconds=45)


def day_of(brand_id: int, day: str) -> IysDay:
    """The day, inside the user's scope; raises NotFound."""
    try:
        wanted = dt.date.fromisoformat(day)
    except ValueError:
        raise NotFound() from None
    found: IysDay | None = orm.db.session.scalars(select(IysDay).where(
        IysDay.brand_id == brand_id, IysDay.day == wanted)).first()
    if found is None:
        raise NotFound()
    return found


def groups(one: IysDay) -> list[dict[str, Any]]:
    """The causes of a day, each with what is open, repaired, and under repair."""
    counts = orm.db.session.execute(
        select(IysDifference.cause, IysDifference.state, func.count()).where(
            *_of(IysDifference, one), IysDifference.state != State.GONE,
        ).group_by(IysDifference.cause, IysDifference.state)).all()
    found: dict[Cause, dict[int, int]] = {}
    for cause, state, count in counts:
        found.setdefault(Cause(cause), {})[state] = count
    wishes = {Cause(wish.cause): wish for wish in orm.db.session.scalars(
        select(IysRepair).where(*_of(IysRepair, one)).ext(distinct_on(IysRepair.cause))
        .order_by(IysRepair.cause, IysRepair.id.desc()))}
    may = security.may("reconciliation:repair")
    return [dayshow.group(one, cause, n.get(State.OPEN, 0), n.get(State.REPAIRED, 0),
                          wishes.get(cause), may=may)
            for cause in sorted({*found, *wishes}) for n in (found.get(cause, {}),)]


def differences(one: IysDay) -> list[dict[str, Any]]:
    """The first fifty differences, those that are open first, in the order of the file."""
    may = security.may("reconciliation:repair")
    rows = []
    found = _some(one, State.OPEN, PAGE)
    if len(found) < PAGE:
        found += _some(one, State.REPAIRED, PAGE - len(found))
    for difference, person in found:
        address = address_of(person) if person is not None else None
        what = mask(address) if address else _("line %(n)s of the file", n=difference.line or "–")
        rows.append(dayshow.difference(one, difference, what, spoken=bool(address), may=may))
    return rows


def _some(one: IysDay, state: State, most: int) -> list[Any]:
    """By the index of what is open, however many there are."""
    return list(orm.db.session.execute(
        select(IysDifference, Recipient).outerjoin(Recipient, (
            (Recipient.provider_id == IysDifference.provider_id)
            & (Recipient.id == IysDifference.recipient_id)))
        .where(*_of(IysDifference, one), text(f"iys_difference.state = {int(state)}"))
        .order_by(IysDifference.cause, func.coalesce(IysDifference.line, text("2147483647")),
                  IysDifference.id).limit(most)))


def kept(one: IysDay) -> list[dict[str, Any]]:
    """The archive, without the files' keys, for which a page has no use; stamps with verdicts."""
    found = orm.db.session.execute(
        select(IysArchive, IysStampCheck).options(defer(IysArchive.file_key, raiseload=True))
        .outerjoin(IysStampCheck, (IysStampCheck.provider_id == IysArchive.provider_id)
                   & (IysStampCheck.archive_id == IysArchive.id))
        .where(*_of(IysArchive, one)).order_by(IysArchive.kind, IysArchive.id))
    return [dayshow.kept(one, row, check) for row, check in found]


def bad_stamp(shown: list[dict[str, Any]]) -> str | None:
    """The sentence of a stamp that does not hold."""
    return next((row["stamp"][1] for row in shown if row["stamp"] and row["bad"]), None)


def _of(model: Any, one: IysDay) -> tuple[Any, ...]:
    return (model.provider_id == one.provider_id, model.brand_id == one.brand_id,
            model.day == one.day)


def alarms(strips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What of the brands shown somebody must see to before İYS drops the day; one line each for
    missing days and for stamps that do not hold."""
    urls = {(strip["id"], cell["day"]): cell["url"] for strip in strips for cell in strip["cells"]}
    brands = {strip["id"] for strip in strips}
    own = scope.current().provider_id
    missing = [one for one in missing_days(own) if one.brand_id in brands]
    # what can still be had comes first
    missing.sort(key=lambda one: (one.days_left < 0, one.days_left))
    stamps = [one for one in bad_stamps(own) if one.brand_id in brands]
    found = []
    if missing:
        found.append(_alarm(ngettext(
            "%(num)s day is not wholly archived.", "%(num)s days are not wholly archived.",
            len(missing)), [f"{_short(one)}: {_left(one.days_left)}" for one in missing],
            urls.get((missing[0].brand_id, missing[0].day))))
    if stamps:
        found.append(_alarm(ngettext(
            "The time stamp of %(num)s day does not hold.",
            "The time stamps of %(num)s days do not hold.", len(stamps)),
            [_short(one) for one in stamps], urls.get((stamps[0].brand_id, stamps[0].day))))
    return found


def _alarm(bold: str, named: list[str], url: str | None) -> dict[str, Any]:
    more = " …" if len(named) > MOST_NAMED else ""
    return {"bold": bold, "rest": " · ".join(named[:MOST_NAMED]) + more, "action":
            {"label": _("Open the day"), "small": True, "url": url} if url else None}


def _short(one: MissingDay | BadStamp) -> str:
    return f"{one.brand_name} {one.day:%d.%m.%Y}"


def _left(days_left: int) -> str:
    if days_left < 0:
        return _("İYS no longer gives it out")
    return ngettext("İYS keeps it for %(num)s more day", "İYS keeps it for %(num)s more days",
                    days_left)


def week(brand_id: int) -> dict[str, Any] | None:
    """How far the brand's last week is, for somebody who waits; None for a brand out of sight."""
    if not 0 < brand_id < 2**31:
        return None
    brand = orm.db.session.scalars(select(Brand).where(Brand.id == brand_id)).first()
    if brand is None:
        return None
    found = list(orm.db.session.scalars(select(IysDay).where(
        IysDay.brand_id == brand_id,
        IysDay.day >= clock.today() - dt.timedelta(days=days.DAYS_KEPT)).order_by(
        IysDay.day.desc())))
    waiting = [one for one in found if one.asked_at is not None]
    return {"brand": str(brand), "days": [_waited_for(one) for one in found],
            "done": len(found) - len(waiting), "total": len(found), "live": bool(waiting),
            **_summary(found, waiting)}


def _waited_for(one: IysDay) -> dict[str, Any]:
    state, rows = dayshow.state_of(one), None
    problem, code = daywords.in_the_way(one.problem)
    if one.asked_at is None:
        text = f"{problem} {daywords.again_at(one)}" if problem and not one.done_at else (
            dayshow.cell_text(one) if one.differences else "")
    else:
        code = None
        if one.next_at <= clock.now():
            text = _("waits for its turn")
        elif one.archived_at is None:
            text = _("is being fetched from İYS")
        elif one.compared_at is None:
            text = _("is being compared")
            rows = (one.rows_done, one.rows) if one.rows else None
        else:
            text = _("İYS is being told that it is right")
    return {"day": one.day, "state": state, "text": text, "code": code, "rows": rows,
            "waits": one.asked_at is not None, "problem": bool(problem) and not one.done_at,
            "url": url_for("DayView.show", brand_id=one.brand_id, day=one.day)}


def _summary(found: list[IysDay], waiting: list[IysDay]) -> dict[str, str]:
    """The line above the days: what is going on, or what came of it."""
    if waiting:
        oldest = min(one.asked_at for one in waiting if one.asked_at)
        if len(waiting) == len(found) and clock.now() - oldest > SOON and all(
                one.next_at <= clock.now() for one in waiting):
            return {"tone": "wait", "bold": _("No worker has begun yet."), "rest": _(
                "Others may be at work for another brand. When this lasts for minutes, the "
                "operator looks with: ileti doctor")}
        return {"tone": "info", "bold": _("The days are being fetched and compared."),
                "rest": _("You may leave this page; it goes on without you.")}
    stuck = [one for one in found if one.problem and not one.done_at]
    differing = [one for one in found if dayshow.state_of(one) == "difference"]
    if stuck:
        told = daywords.in_the_way(stuck[0].problem)[0] or ""
        return {"tone": "bad", "bold": ngettext(
            "%(num)s day could not be finished.", "%(num)s days could not be finished.",
            len(stuck)), "rest": told}
    if differing:
        return {"tone": "wait", "bold": ngettext(
            "Done: %(num)s day differs.", "Done: %(num)s days differ.", len(differing)),
            "rest": _("Open a day to see why and to repair it."), "icon": "git-compare-arrows"}
    return {"tone": "ok", "bold": _("Done: nothing differs."), "rest": ""}

