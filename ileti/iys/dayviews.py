"""Reconciliation for people: the calendar of İYS's days, what differs and why, the archive, and
"reconcile now" for a brand or for one address.

Nothing is decided here: a button calls :mod:`ileti.iys.reconcile` or asks a worker for
:mod:`ileti.iys.days`, and pressing it twice does no harm. The archive holds addresses in clear, so
opening it needs a right of its own and leaves a line in the audit trail.
"""

from __future__ import annotations

import datetime as dt
import time
from itertools import chain
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import defer

from ileti.consents.ledger import Place
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, jobs, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError, NotFound
from ileti.iys import archive, days, dayshow, reconcile
from ileti.iys.compare import Cause, State
from ileti.iys.daymodels import IysArchive, IysDay, IysDifference
from ileti.iys.instant import ask_now, mend_now
from ileti.recipients.address import AddressError, mask, parse_address
from ileti.recipients.models import Recipient
from ileti.tenancy import audit, security
from ileti.tenancy.crud import say
from ileti.tenancy.models import Brand

PAGE = 50
REPAIR_SECONDS = 8.0


class DayView(BaseView):
    """The calendar, a day, and what can be done about it."""

    route_base = "/mutabakat"
    class_permission_name = "reconciliation"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """Every visible brand with its last fourteen days."""
        return self._calendar()

    @expose("/simdi/<int:brand_id>", methods=["POST"])
    @has_access
    @permission_name("run")
    def now(self, brand_id: int) -> ResponseReturnValue:
        """Fetch what is missing and compare the brand's last week again, at once."""
        place = _place(brand_id)
        days.add_days(place.provider_id)
        found = [days.once_more(place, clock.today() - dt.timedelta(days=ago))
                 for ago in range(1, days.DAYS_KEPT + 1)]
        if not any(found):
            return self._calendar(problem=_(
                "There is no day to compare yet: the brand is here since today, or its provider "
                "has no İYS login. İYS closes a day at midnight."))
        jobs.ring("iys.jobs.reconcile")
        return redirect(url_for("DayView.list", izle=1))

    @expose("/adres", methods=["POST"])
    @has_access
    @permission_name("run")
    def address(self) -> ResponseReturnValue:
        """One address on both sides at this moment; with ``kanal`` the key is mended first."""
        place = _place(request.form.get("brand", 0, type=int))
        try:
            address = parse_address(request.form.get("address", "")).value
        except AddressError as error:
            return self._calendar(problem=say(error))
        kind, channel = request.form.get("kind", ""), request.form.get("channel", "")
        mended = kind in RecipientType.__members__ and channel in Channel.__members__
        if mended and not security.may("reconciliation:repair"):
            raise NotFound()
        audit.record("reconciliation:repair" if mended else "reconciliation:run",
                     f"brand:{place.brand_id}", provider_id=place.provider_id)
        orm.db.session.commit()
        orm.db.session.rollback()  # no transaction stays open during a call to somebody else
        try:
            if mended:
                mend_now(place, address, RecipientType[kind], Channel[channel])
            found = ask_now(place, address)
        except IletiError as error:
            return self._calendar(problem=say(error))
        return self._calendar(answer=dayshow.answer(place.brand_id, address, found))

    @expose("/<int:brand_id>/<day>")
    @has_access
    @permission_name("read")
    def show(self, brand_id: int, day: str) -> ResponseReturnValue:
        """A day: how it stands, what differs and why, what is archived."""
        one = _day(brand_id, day)
        brand = orm.db.session.get(Brand, brand_id)
        rows = _differences(one)
        return self.render_template(
            "panel/day.html", title=dayshow.day_title(one), brand=str(brand), day=one,
            crumbs=[(_("Reconciliation"), url_for("DayView.list")), (str(brand), None)],
            state=dayshow.state_of(one), sentence=dayshow.sentence_of(one),
            facts=dayshow.facts_of(one), groups=_groups(one), rows=rows, running=_running(one),
            kept=_kept(one), may_open=security.may("reconciliation:open"))

    @expose("/<int:brand_id>/<day>/onar", methods=["POST"])
    @has_access
    @permission_name("repair")
    def repair(self, brand_id: int, day: str) -> ResponseReturnValue:
        """Repair one difference, or all of a cause as far as a page may take."""
        one, place = _day(brand_id, day), _place(brand_id)
        cause, number = request.form.get("cause", 0, type=int), request.form.get("id", 0, type=int)
        if cause not in Cause.__members__.values():
            raise NotFound()
        audit.record("reconciliation:repair", f"day:{brand_id}:{one.day}",
                     {"cause": Cause(cause).name, "id": number or None},
                     provider_id=place.provider_id)
        orm.db.session.commit()
        orm.db.session.rollback()
        try:
            done = reconcile.repair(place, one.day, Cause(cause), ids=[number] if number else None,
                                    by=current_user.id, until=time.monotonic() + REPAIR_SECONDS)
        except (IletiError, CannotDecrypt, OSError) as error:
            flash(say(error) if isinstance(error, IletiError)
                  else _("The archived file cannot be read."), "danger")
            return redirect(url_for("DayView.show", brand_id=brand_id, day=day))
        days.once_more(place, one.day)
        jobs.ring("iys.jobs.reconcile")
        flash(ngettext("%(num)s difference was repaired; the day is compared again.",
                       "%(num)s differences were repaired; the day is compared again.",
                       done["repaired"]), "success")
        return redirect(url_for("DayView.show", brand_id=brand_id, day=day))

    @expose("/<int:brand_id>/<day>/arsiv/<int:number>")
    @has_access
    @permission_name("open")
    def download(self, brand_id: int, day: str, number: int) -> ResponseReturnValue:
        """What İYS gave out, as it came."""
        one, place = _day(brand_id, day), _place(brand_id)
        kept = next((k for k in archive.kept_of(place, one.day) if k.id == number), None)
        if kept is None:
            raise NotFound()
        pieces = archive.read(place, one.day, kept)
        try:
            first = next(pieces, b"")
        except (CannotDecrypt, OSError):
            flash(_("The archived file cannot be read."), "danger")
            return redirect(url_for("DayView.show", brand_id=brand_id, day=day))
        audit.record("reconciliation:open", f"archive:{kept.id}",
                     {"day": str(one.day), "kind": kept.kind.name}, provider_id=place.provider_id)
        orm.db.session.commit()
        ending = {archive.Kind.FILE: "csv", archive.Kind.STAMP: "tsr"}.get(kept.kind, "json")
        name = f"{place.brand_code}-{one.day}-{kept.kind.name.lower()}.{ending}"
        return Response(chain((first,), pieces), mimetype="application/octet-stream",
                        headers={"Content-Disposition": f'attachment; filename="{name}"',
                                 "Content-Length": str(kept.size), "Cache-Control": "no-store"})

    def _calendar(self, *, problem: str | None = None,
                  answer: dict[str, Any] | None = None) -> ResponseReturnValue:
        strips, first, last = dayshow.strips(PAGE)
        return self.render_template(
            "panel/days.html", title=_("Reconciliation"), line=_(
                "Every night İYS’s day is archived and laid beside ours, row by row."),
            strips=strips, first=first, last=last, problem=problem, answer=answer,
            brands=[(one["id"], one["name"]) for one in strips],
            may_run=security.may("reconciliation:run"),
            may_repair=security.may("reconciliation:repair"),
            running=_in_hand() if request.args.get("izle") else [])


def _in_hand() -> list[IysDay]:
    """Days of the last week that a worker compares or will within seconds."""
    week = clock.today() - dt.timedelta(days=days.DAYS_KEPT)
    return list(orm.db.session.scalars(select(IysDay).where(
        IysDay.day >= week, IysDay.done_at.is_(None), IysDay.problem.is_(None)).limit(PAGE)))


def _place(brand_id: int) -> Place:
    brand = orm.db.session.get(Brand, brand_id)
    if brand is None:
        raise NotFound()
    return Place(brand.provider_id, brand.provider.iys_code, brand.id, brand.brand_code)


def _day(brand_id: int, day: str) -> IysDay:
    try:
        wanted = dt.date.fromisoformat(day)
    except ValueError:
        raise NotFound() from None
    found: IysDay | None = orm.db.session.scalars(select(IysDay).where(
        IysDay.brand_id == brand_id, IysDay.day == wanted)).first()
    if found is None:
        raise NotFound()
    return found


def _running(one: IysDay) -> bool:
    """A worker has it in hand or will take it within seconds."""
    return one.done_at is None and one.problem is None


def _groups(one: IysDay) -> list[dict[str, Any]]:
    counts = orm.db.session.execute(
        select(IysDifference.cause, IysDifference.state, func.count()).where(
            IysDifference.provider_id == one.provider_id, IysDifference.brand_id == one.brand_id,
            IysDifference.day == one.day, IysDifference.state != State.GONE,
        ).group_by(IysDifference.cause, IysDifference.state)).all()
    found: dict[Cause, dict[int, int]] = {}
    for cause, state, count in counts:
        found.setdefault(Cause(cause), {})[state] = count
    may = security.may("reconciliation:repair")
    return [dayshow.group(one, cause, n.get(State.OPEN, 0), n.get(State.REPAIRED, 0), may=may)
            for cause, n in sorted(found.items())]


def _differences(one: IysDay) -> list[dict[str, Any]]:
    asked = select(IysDifference, Recipient).outerjoin(Recipient, (
        (Recipient.provider_id == IysDifference.provider_id)
        & (Recipient.id == IysDifference.recipient_id))).where(
        IysDifference.provider_id == one.provider_id, IysDifference.brand_id == one.brand_id,
        IysDifference.day == one.day, IysDifference.state != State.GONE).order_by(
        IysDifference.state, IysDifference.cause, IysDifference.id).limit(PAGE)
    may = security.may("reconciliation:repair")
    rows = []
    for difference, person in orm.db.session.execute(asked):
        address = address_of(person) if person is not None else None
        what = mask(address) if address else _("line %(n)s of the file", n=difference.line or "–")
        rows.append(dayshow.difference(one, difference, what, spoken=bool(address), may=may))
    return rows


def _kept(one: IysDay) -> list[dict[str, Any]]:
    # without the file's key, which a page has no use for
    found = orm.db.session.scalars(select(IysArchive).options(
        defer(IysArchive.file_key, raiseload=True)).where(
        IysArchive.provider_id == one.provider_id, IysArchive.brand_id == one.brand_id,
        IysArchive.day == one.day).order_by(IysArchive.kind, IysArchive.id))
    return [dayshow.kept(one, row) for row in found]
