"""The supervisor's pages: calls by lot, hearing and judging them, trainings, outbound calls.

Why this module exists: who answers for the agents must be able to show that they are looked after
(R-22, R-23). Hearing a call is written down before the first byte; a call of another brand does not
exist here. Whether outbound calls may ask is the provider admin's alone (R-20).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.callcentre import (
    agentpage,
    agentviews,
    allowing,
    calls,
    judging,
    leadpage,
    naming,
    sampling,
    training,
)
from ileti.callcentre.judging import Verdict
from ileti.callcentre.models import CallSample
from ileti.callcentre.sampling import Draw
from ileti.callcentre.vocabulary import Service
from ileti.core import orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving, vault
from ileti.tenancy import audit, confirm, foureyes, scope, security
from ileti.tenancy.models import Provider

_LARGEST = 2**62


class CallLeadView(BaseView):
    """Sampling, judging, training, and the rule about outbound calls."""

    route_base = "/cagri-denetim"
    class_permission_name = "call"
    default_view = "home"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("judge")
    def home(self) -> ResponseReturnValue:
        """Samples, what lacks its recording, agents and their training."""
        return self._home([])

    def _home(self, faults: list[str], status: int = 200) -> ResponseReturnValue:
        return self.render_template(
            "panel/calls/lead.html", faults=faults,
            **leadpage.home(_provider())), status

    @expose("/cek", methods=["POST"])
    @has_access
    @permission_name("judge")
    def draw(self) -> ResponseReturnValue:
        """Draw calls by lot."""
        form, here = request.form, scope.current()
        try:
            wish = Draw(_provider().id, here.brand_id, _day(form.get("since", "")),
                        _day(form.get("until", "")), form.get("share", 0, type=int))
            number = sampling.draw(wish, by=current_user.id)
        except IletiError as error:
            return self._home(_sentences(error), error.status)
        audit.record("call:draw", f"call_sample:{number}", {
            "since": wish.since, "until": wish.until, "share": wish.share},
            provider_id=wish.provider_id)
        orm.db.session.commit()
        return redirect(url_for("CallLeadView.sample", pk=number), code=303)

    @expose("/cekilis/<int:pk>", methods=["GET"])
    @has_access
    @permission_name("judge")
    def sample(self, pk: int) -> ResponseReturnValue:
        """A sample, with what proves that nobody chose it."""
        found = orm.db.session.scalars(select(CallSample).where(
            CallSample.id == min(pk, _LARGEST))).first()
        if found is None:
            raise NotFound()
        return self.render_template("panel/calls/sample.html", **leadpage.sample(found))

    @expose("/cagri/<int:pk>", methods=["GET"])
    @has_access
    @permission_name("judge")
    def call(self, pk: int) -> ResponseReturnValue:
        """A call to be heard and judged."""
        return self._call(agentpage.load(min(pk, _LARGEST)), [], {})

    def _call(self, call: calls.CallNow, faults: list[str], typed: Any,
              status: int = 200, link: str = "") -> ResponseReturnValue:
        return self.render_template("panel/calls/review.html", faults=faults, typed=typed,
                                    link=link, **leadpage.review(call)), status

    @expose("/cagri/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("judge")
    def judge(self, pk: int) -> ResponseReturnValue:
        """The verdict; nothing is chosen beforehand, so each question has to be answered."""
        call, form = agentpage.load(min(pk, _LARGEST)), request.form
        words = {name: form.get(name, "") for name in ("notice", "neutral", "clear")}
        if not set(words.values()) <= {"yes", "no"}:
            return self._call(call, [_("Answer all three questions.")], form, 422)
        verdict = Verdict(words["notice"] == "yes", words["neutral"] == "yes",
                          words["clear"] == "yes", form.get("note", ""))
        try:
            number = judging.judge(call, verdict, by=current_user.id)
        except IletiError as error:
            return self._call(agentpage.load(call.id), _sentences(error), form, error.status)
        audit.record("call:judge", f"call:{call.id}", {
            "review": number, "notice": verdict.notice_read, "question": verdict.neutral,
            "answer": verdict.clear}, provider_id=call.place.provider_id)
        orm.db.session.commit()
        agentviews.ring()
        flash(_("Judged. The call stands.") if verdict.passed else
              _("Judged. Its consents are taken back, and the person is told."), "success")
        return redirect(url_for("CallLeadView.call", pk=call.id), code=303)

    @expose("/cagri/<int:pk>/dinle", methods=["POST"])
    @has_access
    @permission_name("judge")
    def listen(self, pk: int) -> ResponseReturnValue:
        """The recording; who hears it is written down first. Of one that lies elsewhere its address
        is shown, and nobody is led there: somebody typed it."""
        call = agentpage.load(min(pk, _LARGEST))
        if not security.may("proof:read") or call.recording_at is None:
            raise NotFound()
        audit.record("call:listen", f"call:{call.id}", {}, provider_id=call.place.provider_id)
        if call.recording_file is not None:
            orm.db.session.commit()
            if not vault.describe(call.place.provider_id, [call.recording_file]):
                raise NotFound()  # its time was over
            return giving.give(call.place.provider_id, call.recording_file, f"cagri-{call.id}")
        link = leadpage.link_of(call)
        orm.db.session.commit()
        return self._call(call, [], {}, link=link)

    @expose("/cagri/<int:pk>/ad", methods=["POST"])
    @has_access
    @permission_name("judge")
    def name(self, pk: int) -> ResponseReturnValue:
        """The name that is said in the recording of a call a machine took (R-09)."""
        call, form = agentpage.load(min(pk, _LARGEST)), request.form
        if not security.may("proof:read"):
            raise NotFound()
        try:
            naming.note(call, form.get("name", ""), by=current_user.id)
        except IletiError as error:
            return self._call(agentpage.load(call.id), _sentences(error), form, error.status)
        agentviews.ring()
        flash(_("The name is noted; the consent counts."), "success")
        return redirect(url_for("CallLeadView.call", pk=call.id), code=303)

    @expose("/egitim", methods=["POST"])
    @has_access
    @permission_name("judge")
    def train(self) -> ResponseReturnValue:
        """An agent was trained."""
        provider = _provider()
        user = request.form.get("kisi", 0, type=int)
        if user not in {one.id for one in leadpage.agents(provider)}:
            raise NotFound()
        try:
            day = _day(request.form.get("gun", ""))
            training.note(provider.id, user, day, by=current_user.id)
        except IletiError as error:
            return self._home(_sentences(error), error.status)
        audit.record("call:train", f"ab_user:{user}", {"day": day}, provider_id=provider.id)
        orm.db.session.commit()
        flash(_("The training is noted."), "success")
        return redirect(url_for("CallLeadView.home") + "#egitim", code=303)

    @expose("/giden", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("allow")
    def outbound(self) -> ResponseReturnValue:
        """Whether outbound calls may ask (R-20)."""
        provider, form = _provider(), request.form
        if scope.current().brand_id is not None:
            raise NotFound()
        try:
            if form.get("durum") == "ac":
                allowing.allow(provider.id, form.get("reason", ""), _grounds(form),
                               by=current_user.id)
            else:
                allowing.forbid(provider.id, by=current_user.id)
        except foureyes.Waits as waits:
            flash(say(waits), "info")
        except IletiError as error:
            return self._home(_sentences(error), error.status)
        else:
            flash(_("Saved."), "success")
        return redirect(url_for("CallLeadView.home") + "#giden", code=303)


    @expose("/kayit-sunuculari", methods=["POST"])
    @has_access
    @confirm.needed
    @permission_name("allow")
    def hosts(self) -> ResponseReturnValue:
        """Where the telephone system keeps recordings: the only hosts an agent's link may name."""
        provider = _provider()
        if scope.current().brand_id is not None:
            raise NotFound()
        try:
            allowing.set_hosts(provider.id, request.form.get("hosts", "")[:4_000],
                               by=current_user.id)
        except IletiError as error:
            return self._home(_sentences(error), error.status)
        flash(_("Saved."), "success")
        return redirect(url_for("CallLeadView.home") + "#kayitlar", code=303)


def _grounds(form: Any) -> list[Service]:
    try:
        return [Service(one) for one in form.getlist("neden")]
    except ValueError:
        raise CallerMistake() from None


def _provider() -> Provider:
    """The provider of the work space; NotFound where there is none."""
    found = orm.db.session.get(Provider, scope.current().provider_id or 0)
    if found is None:
        raise NotFound()
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CallerMistake("Gün okunamadı.", "The day cannot be read.", code="no_day") from None


def _sentences(error: IletiError) -> list[str]:
    return [say(one) for one in error.errors] or [say(error)]


