"""The agent's screen: a call at a time, by keyboard, without a script that anything depends on.

Why this module exists: an agent reads, listens and presses one key (docs/call-centre.md). Each key
is a button of an ordinary form, so the page works without JavaScript; nothing is chosen beforehand
and nothing but a press of a key is an answer (R-12, R-57). A refusal is on every screen (R-28).
A link of the telephone system (``/cagri/?no=…&ref=…``) fills the number in and starts nothing; what
came by a link counts as typed, because anybody can write one (R-22).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.callcentre import agentpage, codes, nextcall, recordings, steps
from ileti.callcentre.calls import CallNow
from ileti.callcentre.models import Call
from ileti.callcentre.steps import NewCall, Who
from ileti.callcentre.vocabulary import Direction, Outcome, Reach, Said, Service
from ileti.calllists import results
from ileti.calllists.handing import Seen
from ileti.calllists.vocabulary import Result
from ileti.consents.ledger import Place
from ileti.core import clock, formats, jobs, orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving
from ileti.recipients.address import AddressError, parse_email, parse_phone
from ileti.tenancy import audit, offered, scope, security
from ileti.tenancy.models import Brand, Provider

_KEY = re.compile(r"[0-9a-f-]{36}\Z")
_LARGEST = 2**62
_SHORT = 120


class CallView(BaseView):
    """Calls of the agent at work."""

    route_base = "/cagri"
    class_permission_name = "call"
    default_view = "home"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("take")
    def home(self) -> ResponseReturnValue:
        """Start a call; a link of the telephone system fills it in."""
        return self._home(_brand(request.args), [], {
            "number": request.args.get("no", "")[:_SHORT],
            "reference": request.args.get("ref", "")[:_SHORT]})

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("take")
    def start(self) -> ResponseReturnValue:
        """Begin a call with the number that was typed."""
        brand, form = _brand(request.form), request.form
        if not _KEY.match(form.get("key", "")):
            raise CallerMistake()
        try:
            number, _again = steps.start(NewCall(
                place=place_of(brand), number=parse_phone(form.get("number", "")[:_SHORT]),
                direction=Direction.OUTBOUND if form.get("giden") else Direction.INBOUND,
                by_system=False, language=formats.language(), key=form["key"],
                reference=form.get("reference", "").strip()[:_SHORT] or None), who())
        except (AddressError, IletiError) as error:
            return self._home(brand, _sentences(error), dict(form.items()), 422)
        return redirect(url_for("CallView.show", pk=number), code=303)

    @expose("/siradaki", methods=["POST"])
    @has_access
    @permission_name("work")
    def take_next(self) -> ResponseReturnValue:
        """The next number of the brand's call lists, in full, to whoever is to call it."""
        brand = _brand(request.form)
        seen, user = _seen(brand), current_user.id
        orm.db.session.commit()
        try:
            if not nextcall.take(seen, user):
                flash(_("No number of a list may be called now."), "info")
        except IletiError as error:
            return self._home(_brand(request.form), _sentences(error), {}, error.status)
        return redirect(url_for("CallView.home", marka=brand.id) + "#siradaki", code=303)

    @expose("/siradaki/<int:attempt>", methods=["POST"])
    @has_access
    @permission_name("work")
    def finish_next(self, attempt: int) -> ResponseReturnValue:
        """What the call of a list's number came to; a refusal works at once (R-32)."""
        brand, form = _brand(request.form), request.form
        word = form.get("sonuc", "")
        said = Result.REFUSED if word in ("REFUSED", "EVERYTHING") else Result.__members__.get(word)
        if said is None:
            raise CallerMistake()
        seen, user = replace(_seen(brand), brand_id=scope.current().brand_id), current_user.id
        orm.db.session.commit()
        try:
            nextcall.finish(seen, min(attempt, _LARGEST), results.Outcome(
                result=said, again_at=_moment(form.get("an", "")),
                everything=word == "EVERYTHING", user_id=user))
        except NotFound:
            raise
        except IletiError as error:
            return self._home(_brand(request.form), _sentences(error), {}, error.status)
        ring()
        flash(_("The refusal is recorded and works at once.") if said is Result.REFUSED
              else _("Saved."), "success")
        return redirect(url_for("CallView.home", marka=brand.id) + "#siradaki", code=303)

    def _home(self, brand: Brand, faults: list[str], typed: dict[str, Any],
              status: int = 200) -> ResponseReturnValue:
        return self.render_template(
            "panel/calls/home.html", key=str(uuid.uuid4()), faults=faults,
            brands=[(one.id, one.name) for one in offered.brands()],
            **agentpage.home(brand, typed)), status

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    @permission_name("take")
    def show(self, pk: int) -> ResponseReturnValue:
        """The call at its present step."""
        return self._screen(_call(pk), [], {})

    @expose("/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("take")
    def press(self, pk: int) -> ResponseReturnValue:
        """One key: what was heard, said or refused."""
        call, form = _call(pk), request.form
        deed = DEEDS.get(form.get("ne", ""))
        place = form.get("place", "")
        if deed is None or not (place.isascii() and place.isdigit() and len(place) < 5):
            raise CallerMistake()
        try:
            deed(call, int(place), form)
        except (AddressError, IletiError) as error:
            now = agentpage.load(pk)
            return self._screen(now, _sentences(error), dict(form.items()),
                                getattr(error, "status", 422) if isinstance(
                                    error, IletiError) else 422)
        ring()
        return redirect(url_for("CallView.show", pk=pk), code=303)

    def _screen(self, call: CallNow, faults: list[str], typed: dict[str, Any],
                status: int = 200) -> ResponseReturnValue:
        return self.render_template("panel/calls/call.html", **agentpage.screen(
            call, faults=faults, typed=typed)), status

    @expose("/<int:pk>/kayit", methods=["POST"])
    @has_access
    @permission_name("take")
    def record(self, pk: int) -> ResponseReturnValue:
        """The recording of the call: a file for the vault, or a link that is fetched and hashed."""
        call, user = _call(pk), current_user.id
        try:
            link = request.form.get("link", "").strip()
            if link:
                orm.db.session.commit()
                recordings.fetch_link(call, link, by=user)
            else:
                recordings.refuse_needless(call)
                for spool in giving.coming():
                    recordings.refuse_silent(spool.finish())
                    recordings.refuse_other(call, spool.sha256)
                brought = giving.take(call.place.provider_id, by=user)
                for _name, refusal in brought.refused:
                    raise refusal
                recordings.attach_file(call, brought.kept[0][0], by=user)
        except IletiError as error:
            return self._screen(agentpage.load(pk), _sentences(error), dict(request.form.items()),
                                error.status)
        audit.record("call:recording", f"call:{call.id}", {"kept": "link" if link else "vault"},
                     provider_id=call.place.provider_id, brand_id=call.place.brand_id)
        orm.db.session.commit()
        ring()
        flash(_("The recording is kept and belongs to this call."), "success")
        return redirect(url_for("CallView.show", pk=pk), code=303)


giving.door("CallView.record", "call:take")


# -- keys ------------------------------------------------------------------------------------------


def _service(call: CallNow, place: int, form: Any) -> None:
    try:
        chosen = Service(form.get("neden", ""))
    except ValueError:
        raise CallerMistake() from None
    steps.choose_service(call, place, chosen, who())


def _answer(said: Said) -> Callable[[CallNow, int, Any], None]:
    def answer(call: CallNow, place: int, form: Any) -> None:
        number = form.get("soru", "")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            raise CallerMistake()
        mail = form.get("email", "").strip()[:320]
        steps.answer(call, place, int(number), said, who(),
                     email=parse_email(mail) if mail and said is Said.YES else None)
    return answer


def _refuse(call: CallNow, place: int, form: Any) -> None:
    try:
        how_far = Reach(form.get("kapsam", ""))
    except ValueError:
        raise CallerMistake() from None
    steps.refuse(call, place, how_far, who())
    flash(_("The refusal is recorded and works at once."), "success")


def _end(call: CallNow, place: int, form: Any) -> None:
    word = form.get("sonuc", "")
    outcome = next((one for one in Outcome if str(int(one)) == word), None)
    if outcome in (None, Outcome.LEFT_OPEN):
        raise CallerMistake()
    steps.end(call, outcome, who())


def _send_code(call: CallNow, place: int, form: Any) -> None:
    to = form.get("kime", "")
    if not (to.isascii() and to.isdigit() and len(to) < 19):
        raise CallerMistake()
    codes.send(call, place, int(to), who())
    flash(_("The code is on its way. Ask the person to read it out."), "info")


def _check_code(call: CallNow, place: int, form: Any) -> None:
    codes.check(call, place, form.get("kod", "")[:40], who())


#: what a key's button says → what it does
DEEDS: dict[str, Callable[[CallNow, int, Any], Any]] = {
    "neden": _service,
    "dinledi": lambda call, place, form: steps.hear_notice(call, place, who()),
    "ad": lambda call, place, form: steps.name_person(call, place, form.get("name", ""), who()),
    "evet": _answer(Said.YES), "hayir": _answer(Said.NO), "ret": _refuse,
    "kod-gonder": _send_code, "kod": _check_code, "son": _end,
}


# -- who and where ---------------------------------------------------------------------------------


def who() -> Who:
    """The agent at work; a dealer's takes as the dealer."""
    return Who(user_id=current_user.id, dealer_id=scope.current().dealer_id)


def _call(pk: int) -> CallNow:
    """A call in sight: an agent's own or one that nobody has yet; for who judges calls, all."""
    call = agentpage.load(min(pk, _LARGEST))
    if call.agent_id not in (None, current_user.id) and not security.may("call:judge"):
        raise NotFound()
    return call


def _brand(said: Any) -> Brand:
    """The brand that is named; else that of the agent's last call, else the master brand."""
    wanted = said.get("marka", 0, type=int)
    found = [one for one in offered.brands() if wanted in (0, one.id)]
    if not found:
        raise NotFound()
    last = None if wanted else orm.db.session.scalar(
        select(Call.brand_id).where(Call.agent_id == current_user.id).order_by(
            Call.id.desc()).limit(1))
    return min(found, key=lambda one: (one.id != last, not one.master, one.name))


def _seen(brand: Brand) -> Seen:
    """Whose call lists: the brand's; a dealer's own alone."""
    return Seen(brand.provider_id, brand.id, scope.current().dealer_id)


def _moment(text: str) -> datetime | None:
    """A moment as a form's field spells it, Istanbul's."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.ISTANBUL)
    except ValueError:
        return None


def place_of(brand: Brand) -> Place:
    """The brand's place in the ledger."""
    provider = orm.db.session.get(Provider, brand.provider_id)
    if provider is None:
        raise NotFound()
    return Place(provider.id, provider.iys_code, brand.id, brand.brand_code)


def _sentences(error: Any) -> list[str]:
    return [say(one) for one in getattr(error, "errors", ())] or [say(error)]


def ring() -> None:
    """Ring İYS’s door-bells: something for it may lie in the queue."""
    for name in [one for one in jobs.JOBS if one.startswith("iys.")]:
        jobs.ring(name)


