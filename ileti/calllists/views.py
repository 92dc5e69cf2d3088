"""Call lists in the panel: which there are, how far one is, a new one, a file out and results in.

Why this module exists: whoever plans calls sees counts and masked numbers; a number in full is seen
by who calls it, one at a time, or leaves as a file that asks for a fresh proof and stands in the
audit trail. A dealer sees and makes its own lists alone.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from ileti.calllists import figures, files, making
from ileti.calllists.handing import Seen
from ileti.calllists.hours import clock_of
from ileti.calllists.models import CallList
from ileti.calllists.vocabulary import EntryState, ListState, Result, Way
from ileti.consents.gate import Denial
from ileti.consents.vocabulary import RecipientType
from ileti.core import clock, formats, orm
from ileti.core.errors import FieldError, IletiError, InvalidInput, NotFound
from ileti.core.formats import language, say
from ileti.core.whole import whole
from ileti.tenancy import audit, confirm, offered, scope, security
from ileti.tenancy.trail import name_things

SHOWN: Final = 200
LINES: Final = 25
STATES: Final = {ListState.OPEN: (_l("Open"), "ok"), ListState.PAUSED: (_l("Paused"), "wait"),
                 ListState.CLOSED: (_l("Closed"), "mute")}
PEOPLE: Final = {EntryState.WAITING: _l("Waiting"), EntryState.OUT: _l("Being called"),
                 EntryState.DONE: _l("Done"), EntryState.TAKEN_AWAY: _l("Taken away")}
RESULTS: Final = {Result.REACHED: _l("Reached"), Result.NOT_REACHED: _l("Not reached"),
                  Result.CALL_AGAIN: _l("Call again"), Result.REFUSED: _l("Refused"),
                  Result.WRONG_NUMBER: _l("Wrong number")}
WAYS: Final = {Way.PERSON: _l("at a screen"), Way.PROGRAM: _l("by a program"),
               Way.FILE: _l("in a file")}
WHY: Final[dict[str, Any]] = {
    Denial.NO_RECORD: _l("No consent to calls"), Denial.REFUSED: _l("Refused"),
    Denial.UNVERIFIED: _l("Address not verified"),
    Denial.NOT_AT_IYS: _l("İYS has not accepted it yet"),
    Denial.NOT_IN_FORCE: _l("Not in force at İYS"),
    Denial.STALE: _l("Cannot be checked now"), making.UNREADABLE: _l("Not a phone number"),
    making.TWICE: _l("Stands there twice")}


class CallListView(BaseView):
    """Lists of people to call."""

    route_base = "/arama-listeleri"
    class_permission_name = "call"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The lists in sight, the newest first."""
        found = orm.db.session.scalars(
            select(CallList).order_by(CallList.id.desc()).limit(SHOWN)).all()
        by_provider: dict[int, list[int]] = {}
        for one in found:
            by_provider.setdefault(one.provider_id, []).append(one.id)
        far = {number: one for provider, lists in by_provider.items()
               for number, one in figures.progress(provider, lists).items()}
        brands = _brand_names()
        return self.render_template(
            "panel/call_lists.html", rows=[_row(one, far[one.id], brands) for one in found],
            actions=[{"label": _("Make a list"), "icon": "plus", "kind": "primary",
                      "url": url_for("CallListView.add")}] if security.may("call:write") else [])

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """A new list; what was typed stays when something is wrong with it."""
        if request.method == "GET":
            return self._form({})
        try:
            new = _wanted()
            phones = _phones()
            made = making.from_consents(new) if phones is None else making.from_phones(new, phones)
        except NotFound:
            raise
        except InvalidInput as error:
            return self._form({one.field: say(one) for one in error.errors}), 422
        except IletiError as error:
            return self._form({"": say(error)}), 503
        audit.record("call_list:add", f"call_list:{made.list_id}",
                     {"on_it": made.on_it, "asked": made.asked}, provider_id=new.provider_id)
        orm.db.session.commit()
        flash(_("The list is made: %(n)s people may be called.", n=formats.number(made.on_it)),
              "success")
        return redirect(url_for("CallListView.show", pk=made.list_id), code=303)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """How far one list is."""
        return self._page(_list(pk))

    @expose("/<int:pk>/durum", methods=["POST"])
    @has_access
    @permission_name("write")
    def state(self, pk: int) -> ResponseReturnValue:
        """Pause a list, open it again, close it for good."""
        one = _list(pk)
        wanted = {"ac": ListState.OPEN, "beklet": ListState.PAUSED,
                  "kapat": ListState.CLOSED}.get(request.form.get("wish", ""))
        if wanted is None or one.state == ListState.CLOSED:
            raise NotFound()
        one.state = wanted
        deed = {ListState.OPEN: "call_list:open", ListState.PAUSED: "call_list:pause",
                ListState.CLOSED: "call_list:close"}[wanted]
        audit.record(deed, f"call_list:{one.id}", provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The list is now: %(state)s.", state=str(STATES[wanted][0])), "success")
        return redirect(url_for("CallListView.show", pk=pk), code=303)

    @expose("/<int:pk>/numaralar", methods=["POST"])
    @has_access
    @permission_name("export")
    @confirm.needed
    def take_out(self, pk: int) -> ResponseReturnValue:
        """Numbers as a file; the gate is asked for each of them now."""
        one = _list(pk)
        orm.db.session.commit()
        handed = files.take_out(_seen(one), current_user.id)
        audit.record("call_list:export", f"call_list:{pk}", {"numbers": len(handed)},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        if not handed:
            flash(_("Nobody may be called now: the list is outside its hours, paused or done."),
                  "warning")
            return redirect(url_for("CallListView.show", pk=pk), code=303)
        name = f"{'arama-listesi' if language() == 'tr' else 'call-list'}-{pk}.csv"
        return Response(files.as_csv(handed, language()), mimetype="text/csv", headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store"})

    @expose("/<int:pk>/sonuclar", methods=["POST"])
    @has_access
    @permission_name("work")
    def take_in(self, pk: int) -> ResponseReturnValue:
        """Results as a file."""
        one = _list(pk)
        sent = request.files.get("dosya")
        raw = sent.read(files.LARGEST + 1) if sent is not None else b""
        if not raw or len(raw) > files.LARGEST:
            return self._page(one, error=_("Choose a file of at most 2 MB.")), 422
        orm.db.session.commit()
        here = scope.current()
        try:
            taken = files.take_in(one.provider_id, raw, user_id=current_user.id,
                                  brand_id=here.brand_id, dealer_id=here.dealer_id)
        except InvalidInput as error:
            return self._page(one, error=say(error.errors[0])), 422
        audit.record("call_list:results", f"call_list:{pk}",
                     {"new": taken.new, "wrong": taken.wrong}, provider_id=one.provider_id)
        orm.db.session.commit()
        return self._page(one, taken=taken)

    def _page(self, one: CallList, *, error: str = "", taken: files.Taken | None = None) -> str:
        far = figures.progress(one.provider_id, [one.id])[one.id]
        label = str(STATES[ListState(one.state)][0])
        rows = figures.lines(one.provider_id, one.id, LINES)
        who = offered.names({line.user_id for line in rows})
        answer: str = self.render_template(
            "panel/call_list.html", title=one.name, one=one, far=far, error=error, taken=taken,
            brand=_brand_names().get(one.brand_id, ""),
            crumbs=[(_("Call lists"), url_for("CallListView.list")), (one.name, None)],
            kind=RecipientType(one.recipient_type).label(language()),
            hours=f"{clock_of(one.opens)}–{clock_of(one.closes)}",
            people=[(_("State"), label), *((PEOPLE[one], formats.number(far.states.get(one, 0)))
                                           for one in EntryState)],
            results=[(RESULTS[kind], formats.number(far.results.get(kind, 0))) for kind in Result],
            left_out=_reasons(one.left_out), denials=_reasons(far.denials),
            actions=_actions(one), lines=[_line(line, who) for line in rows],
            may_take_out=security.may("call:export") and one.state == ListState.OPEN,
            may_take_in=security.may("call:work"),
            faults=[(number, tr if language() == "tr" else en)
                    for number, tr, en in taken.faults] if taken else [])
        return answer

    def _form(self, errors: dict[str, str]) -> str:
        answer: str = self.render_template(
            "panel/call_list_new.html", errors=errors, typed=request.form,
            brands=[(one.id, str(one)) for one in offered.brands()],
            kinds=[(one.name, one.label(language())) for one in RecipientType],
            crumbs=[(_("Call lists"), url_for("CallListView.list")), (_("A new list"), None)])
        return answer


def _row(one: CallList, far: figures.Progress, brands: dict[int, str]) -> dict[str, Any]:
    label, tone = STATES[ListState(one.state)]
    return {"name": one.name, "url": url_for("CallListView.show", pk=one.id), "state": label,
            "tone": tone, "brand": brands.get(one.brand_id, ""), "made_at": one.made_at,
            "total": far.total, "over": far.over,
            "refused": far.results.get(Result.REFUSED, 0)}


def _line(line: figures.Line, who: dict[int, str]) -> dict[str, Any]:
    return {"number": line.attempt_id, "phone": line.phone, "at": line.at,
            "way": WAYS[Way(line.way)], "who": who.get(line.user_id or 0, ""),
            "result_at": line.result_at,
            "result": RESULTS[line.result] if line.result else ""}


def _actions(one: CallList) -> list[dict[str, Any]]:
    if not security.may("call:write") or one.state == ListState.CLOSED:
        return []
    url = url_for("CallListView.state", pk=one.id)
    paused = one.state == ListState.PAUSED
    return [
        {"label": _("Go on") if paused else _("Pause"), "method": "post", "url": url,
         "icon": "refresh-cw" if paused else "clock", "fields": {"wish": "ac" if paused
                                                                  else "beklet"}},
        {"label": _("Close"), "kind": "danger", "icon": "x", "url": url,
         "fields": {"wish": "kapat"}, "id": "kapat", "confirm": {
             "title": _("Close this list?"), "verb": _("Close"), "danger": True,
             "text": _("Nobody is handed out from it any more. Results still come in.")}}]


def _reasons(counts: dict[str, int]) -> list[tuple[Any, int]]:
    return [(WHY.get(key, WHY[Denial.STALE]), count) for key, count in sorted(
        counts.items(), key=lambda pair: -pair[1])]


def _list(pk: int) -> CallList:
    found: CallList | None = orm.db.session.scalars(select(CallList).where(
        CallList.id == min(pk, 2**31 - 1))).first()
    if found is None:
        raise NotFound()
    return found


def _seen(one: CallList) -> Seen:
    here = scope.current()
    return Seen(one.provider_id, here.brand_id, here.dealer_id, one.id)


def _brand_names() -> dict[int, str]:
    return {one.id: str(one) for one in offered.brands()}


# -- the form --------------------------------------------------------------------------------------


def _wanted() -> making.NewList:
    form = request.form
    brand = next((one for one in offered.brands() if str(one.id) == form.get("brand")), None)
    faults = []
    if brand is None:
        faults.append(FieldError("brand", "missing", "Marka seçin.", "Choose a brand."))
    hours = {name: _minute(form.get(name, "")) for name in ("opens", "closes")}
    numbers = {name: _whole(form.get(name, "")) for name in ("most_tries", "rest_hours",
                                                             "cap_days")}
    faults += [FieldError(name, "invalid", "Saati 09:00 gibi yazın.", "Write a time like 09:00.")
               for name, value in hours.items() if value is None]
    faults += [FieldError(name, "invalid", "Bir sayı yazın.", "Write a number.")
               for name, value in numbers.items() if value is None]
    ends = _day_after(form.get("ends", ""))
    if ends is None and form.get("ends", "").strip():
        faults.append(FieldError("ends_at", "invalid", "Bir gün seçin.", "Choose a day."))
    if faults or brand is None:
        raise InvalidInput(errors=tuple(faults))
    new = making.NewList(
        provider_id=brand.provider_id, brand_id=brand.id, dealer_id=scope.current().dealer_id,
        name=" ".join(form.get("name", "").split()),
        recipient_type=RecipientType.TACIR if form.get("kind") == "TACIR"
        else RecipientType.BIREYSEL,
        opens=hours["opens"] or 0, closes=hours["closes"] or 0,
        on_holidays="on_holidays" in form, most_tries=numbers["most_tries"] or 0,
        rest_minutes=(numbers["rest_hours"] or 0) * 60, cap_days=numbers["cap_days"] or 0,
        ends_at=ends, made_by=current_user.id)
    making.refuse_faulty(new)
    return new


def _phones() -> list[str] | None:
    """What was uploaded or typed, one phone a line; None for everybody with a consent."""
    if request.form.get("who") != "liste":
        return None
    sent = request.files.get("dosya")
    raw = sent.read(files.LARGEST + 1) if sent is not None else b""
    if len(raw) > files.LARGEST:
        raise InvalidInput(errors=(FieldError("phones", "too_large", "Dosya en çok 2 MB olabilir.",
                                              "The file has at most 2 MB."),))
    typed = request.form.get("phones", "")
    lines = [line.partition(";")[0] for line in
             (raw.decode("utf-8-sig", "replace") + "\n" + typed).splitlines()]
    if not any(line.strip() for line in lines):
        raise InvalidInput(errors=(FieldError(
            "phones", "missing", "Telefonları yazın ya da dosya seçin.",
            "Write phones or choose a file."),))
    return lines


def _minute(text: str) -> int | None:
    hour, colon, minute = text.strip().partition(":")
    hours, minutes = whole(hour, most=24), whole(minute, most=59)
    if not colon or hours is None or minutes is None:
        return None
    found = hours * 60 + minutes
    return found if found <= 24 * 60 else None


def _whole(text: str) -> int | None:
    return whole(text, most=99_999)


def _day_after(text: str) -> datetime | None:
    """The end of a day that was chosen."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return datetime.combine(day, time(23, 59), clock.ISTANBUL)


name_things("call_list", CallList, "CallListView.show", "call:read")
