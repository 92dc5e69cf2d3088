"""Reconciliation for people: the calendar of İYS's days, what differs and why, the archive, and
"reconcile now" for a brand or for one address.

Nothing is decided here: a button calls :mod:`ileti.iys.reconcile` or asks a worker for
:mod:`ileti.iys.days`, and pressing it twice does no harm. The archive holds addresses in clear, so
opening it needs a right of its own and leaves a line in the audit trail.
"""

from __future__ import annotations

import datetime as dt
from itertools import chain
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import jobs, orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import IletiError, NotFound
from ileti.core.formats import say
from ileti.iys import archive, daypage, days, dayshow, daywords, reconcile, repairs
from ileti.iys.compare import Cause
from ileti.iys.instant import ask_now, mend_now
from ileti.recipients.address import AddressError, parse_address
from ileti.tenancy import audit, confirm, security
from ileti.tenancy.models import Brand


class DayView(BaseView):
    """The calendar, a day, and what can be done about it."""

    route_base = "/mutabakat"
    class_permission_name = "reconciliation"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """Every visible brand with its last fourteen days; ``izle`` is one that is waited for."""
        return self._calendar()

    @expose("/simdi/<int:brand_id>", methods=["POST"])
    @has_access
    @permission_name("run")
    def now(self, brand_id: int) -> ResponseReturnValue:
        """Fetch what is missing and compare the brand's last week again, at once."""
        place = _place(brand_id)
        asked = days.ask_for_week(place)
        if not asked:
            return self._calendar(problem=_(
                "There is no day to compare yet: the brand is here since today, or its provider "
                "has no İYS login. İYS closes a day at midnight."))
        audit.record("reconciliation:run", f"brand:{brand_id}", {"days": asked},
                     provider_id=place.provider_id)
        orm.db.session.commit()
        jobs.ring("iys.jobs.reconcile")
        return redirect(url_for("DayView.list", izle=brand_id))

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
            return self._calendar(problem=daywords.trouble_words(error))
        return self._calendar(answer=dayshow.answer(place.brand_id, address, found))

    @expose("/<int:brand_id>/<day>")
    @has_access
    @permission_name("read")
    def show(self, brand_id: int, day: str) -> ResponseReturnValue:
        """A day: how it stands, what differs and why, what is archived."""
        one = daypage.day_of(brand_id, day)
        brand = orm.db.session.get(Brand, brand_id)
        sentence, code = daywords.in_the_way(one.problem)
        groups, kept = daypage.groups(one), daypage.kept(one)
        return self.render_template(
            "panel/day.html", title=dayshow.day_title(one), brand=str(brand), day=one,
            crumbs=[(_("Reconciliation"), url_for("DayView.list")), (str(brand), None)],
            state=dayshow.state_of(one), sentence=sentence, code=code,
            again=daywords.again_at(one) if one.done_at is None else "",
            facts=dayshow.facts_of(one), groups=groups, rows=daypage.differences(one),
            comparing=one.archived_at is not None and one.compared_at is None,
            repairing=any(group["under_way"] for group in groups),
            kept=kept, bad_stamp=daypage.bad_stamp(kept), page=daypage.PAGE,
            may_open=security.may("reconciliation:open"))

    @expose("/<int:brand_id>/<day>/onar", methods=["POST"])
    @has_access
    @permission_name("repair")
    def repair(self, brand_id: int, day: str) -> ResponseReturnValue:
        """Repair one difference now, or wish that all of a cause be repaired; ``stop`` ends that
        wish."""
        one, place = daypage.day_of(brand_id, day), _place(brand_id)
        cause, number = request.form.get("cause", 0, type=int), request.form.get("id", 0, type=int)
        if cause not in Cause.__members__.values():
            raise NotFound()
        stop = bool(request.form.get("stop"))
        audit.record("reconciliation:repair", f"day:{brand_id}:{one.day}",
                     {"cause": Cause(cause).name, "id": number or None, "stop": stop},
                     provider_id=place.provider_id)
        orm.db.session.commit()
        orm.db.session.rollback()  # no transaction stays open during a call to somebody else
        if number:
            _repair_one(place, one.day, Cause(cause), number)
        elif stop:
            _stop(place, one.day, Cause(cause))
        else:
            _wish(place, one.day, Cause(cause))
        return redirect(url_for("DayView.show", brand_id=brand_id, day=day))

    @expose("/<int:brand_id>/<day>/arsiv/<int:number>")
    @has_access
    @permission_name("open")
    @confirm.needed_for_file
    def download(self, brand_id: int, day: str, number: int) -> ResponseReturnValue:
        """What İYS gave out, as it came."""
        one, place = daypage.day_of(brand_id, day), _place(brand_id)
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
        strips, first, last = dayshow.strips(daypage.PAGE)
        watched = request.args.get("izle", 0, type=int)
        return self.render_template(
            "panel/days.html", title=_("Reconciliation"), line=_(
                "Every night İYS’s day is archived and laid beside ours, row by row."),
            strips=strips, first=first, last=last, problem=problem, answer=answer,
            brands=[(one["id"], one["name"]) for one in strips],
            asked_brand=request.form.get("brand", 0, type=int),
            asked_address=request.form.get("address", "")[:254] if problem else "",
            may_run=security.may("reconciliation:run"),
            may_repair=security.may("reconciliation:repair"),
            alarms=daypage.alarms(strips),
            watched=daypage.week(watched) if watched and not answer else None)


def _place(brand_id: int) -> Place:
    brand = orm.db.session.get(Brand, brand_id)
    if brand is None:
        raise NotFound()
    return Place(brand.provider_id, brand.provider.iys_code, brand.id, brand.brand_code)


def _repair_one(place: Place, day: dt.date, cause: Cause, number: int) -> None:
    try:
        done = reconcile.repair(place, day, cause, ids=[number], by=current_user.id)
    except (IletiError, CannotDecrypt, OSError) as error:
        flash(daywords.trouble_words(error), "danger")
        return
    if done["repaired"]:
        days.once_more(place, day)
        jobs.ring("iys.jobs.reconcile")
        flash(_("The difference was repaired; the day is compared again."), "success")
    elif done["unanswered"]:
        flash(_("The difference could not be repaired: the archived file or the record it is about "
                "no longer says what was compared."), "warning")
    else:
        flash(_("This difference is no longer open."), "info")


def _wish(place: Place, day: dt.date, cause: Cause) -> None:
    if repairs.wish(place, day, cause, current_user.id):
        flash(_("A worker repairs them; this page shows how far it is."), "success")
    else:
        flash(_("The repair is under way already, or nothing is open any more."), "info")
    jobs.ring("iys.jobs.repair")


def _stop(place: Place, day: dt.date, cause: Cause) -> None:
    if repairs.call_off(place, day, cause):
        jobs.ring("iys.jobs.reconcile")
        flash(_("The repair was stopped; what was repaired stays so."), "success")
    else:
        flash(_("The repair had ended already."), "info")
