"""What the supervisor's pages show; nothing here changes anything."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import func, select

from ileti.callcentre import (
    agentpage,
    allowing,
    calls,
    fetching,
    naming,
    sampling,
    training,
)
from ileti.callcentre.calls import CallNow
from ileti.callcentre.models import Call, CallReview, CallSample, CallStep, CallTraining
from ileti.callcentre.vocabulary import Direction, Outcome, Said, Service, Step
from ileti.core import clock, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.recipients.address import mask
from ileti.tenancy import offered, rolebook, scope, security
from ileti.tenancy.models import Membership, Provider

MOST = 100
_NAMED_WITHIN = timedelta(days=20)  # beyond any deadline of İYS
Row = dict[str, Any]


def home(provider: Provider) -> Row:
    """Everything on the first page."""
    on, reason, grounds = allowing.read(provider.id)
    today = clock.today()
    return {
        "samples": _samples(), "lacking": agentpage.lacking(own=False), "nameless": _nameless(),
        "refusers": _refusers(provider), "agents": _agents(provider),
        "hosts": fetching.hosts(provider.id),
        "since": today - timedelta(days=7), "until": today,
        "outbound": {
            "on": on, "reason": reason, "may": security.may("call:allow")
            and scope.current().brand_id is None,
            "grounds": [{"value": one.value, "label": say(one), "on": one.value in grounds}
                        for one in Service]}}


def _refusers(provider: Provider) -> list[Row]:
    found = sampling.refusers(provider.id, scope.current().brand_id)
    names = offered.names({agent for agent, _refused, _taken in found})
    return [{"name": names.get(agent, "—"), "refused": refused, "taken": taken}
            for agent, refused, taken in found]


def _nameless() -> list[Row]:
    """Calls a machine took whose recording is here and whose name nobody has noted, those that run
    out first on top."""
    rows = orm.db.session.execute(
        select(Call.id, func.min(CallStep.at)).join(CallStep, CallStep.call_id == Call.id).where(
            Call.ended_at.is_not(None), Call.recording_at.is_not(None), Call.agent_id.is_(None),
            CallStep.kind == Step.ANSWER, CallStep.said == Said.YES, CallStep.verified_at.is_(None),
            CallStep.at > clock.now() - _NAMED_WITHIN,
            ~select(CallStep.id).where(CallStep.call_id == Call.id, CallStep.kind == Step.NAME)
            .correlate(Call).exists())
        .group_by(Call.id).order_by(func.min(CallStep.at)).limit(MOST)).all()
    return [{"id": row[0], "at": row[1], "url": url_for("CallLeadView.call", pk=row[0])}
            for row in rows]


def _samples() -> list[Row]:
    found = orm.db.session.scalars(
        select(CallSample).order_by(CallSample.id.desc()).limit(20)).all()
    judged = set(orm.db.session.scalars(select(CallReview.call_id).where(
        CallReview.call_id.in_([n for one in found for n in one.calls]))))
    return [{"id": one.id, "url": url_for("CallLeadView.sample", pk=one.id), "since": one.since,
             "until": one.until, "share": one.share, "count": len(one.calls), "among": one.among,
             "judged": sum(n in judged for n in one.calls)} for one in found]


def agents(provider: Provider) -> list[User]:
    """Who takes calls at the provider, as far as whoever is at work may see them."""
    held = orm.db.session.scalars(select(Membership).where(
        Membership.provider_id == provider.id, Membership.suspended_at.is_(None)))
    takers = {one.user_id for one in held if "call:take" in rolebook.granted(one.role)}
    return list(orm.db.session.scalars(select(User).where(
        User.id.in_(takers), User.active.is_(True)).order_by(User.first_name, User.id).limit(MOST)))


def _agents(provider: Provider) -> list[Row]:
    found = agents(provider)
    rows = orm.db.session.execute(
        select(CallTraining.user_id, func.max(CallTraining.day)).where(
            CallTraining.provider_id == provider.id).group_by(CallTraining.user_id))
    last: dict[int, date] = {row[0]: row[1] for row in rows}
    return [{"id": one.id, "name": f"{one.first_name} {one.last_name}".strip() or one.username,
             "day": last.get(one.id), "until": training.until(last.get(one.id)),
             "holds": training.holds(last.get(one.id))} for one in found]


# -- a sample --------------------------------------------------------------------------------------


def sample(found: CallSample) -> Row:
    """A sample with its calls and its proof."""
    known = {one.id: one for one in orm.db.session.scalars(
        select(Call).where(Call.id.in_(found.calls)))}
    reviews = _reviews(found.calls)
    names = offered.names({one.agent_id for one in known.values()})
    rows = [{"id": n, "url": url_for("CallLeadView.call", pk=n), "at": known[n].started_at,
             "agent": names.get(known[n].agent_id or 0, "—"),
             "recorded": known[n].recording_at is not None,
             "verdict": None if n not in reviews else reviews[n].passed}
            for n in found.calls if n in known]
    return {"sample": found, "rows": rows, "holds": sampling.holds(found),
            "seed": bytes(found.seed).hex(), "digest": bytes(found.digest).hex(),
            "left": sum(one["verdict"] is None for one in rows)}


def _reviews(numbers: list[int]) -> dict[int, CallReview]:
    return {one.call_id: one for one in orm.db.session.scalars(
        select(CallReview).where(CallReview.call_id.in_(numbers)))}


# -- a call ----------------------------------------------------------------------------------------


def review(call: CallNow) -> Row:
    """A call with its steps, its recording and the verdict, if there is one."""
    found = _reviews([call.id]).get(call.id)
    number = calls.number_of(call)
    names = offered.names({call.agent_id, found.by_user if found else None})
    return {
        "call": call, "masked": mask(number) if number else _("nobody"),
        "agent": names.get(call.agent_id or 0, "—"), "steps": _steps(call),
        "answers": agentpage.answers(call), "recorded": call.recording_at is not None,
        "linked": call.recording_at is not None and call.recording_file is None,
        "sha256": call.recording_sha256.hex() if call.recording_sha256 else "",
        "may_listen": security.may("proof:read"), "nameless": naming.lacks(call),
        "outcome": say(Outcome(call.outcome)) if call.outcome else _("still open"),
        "outbound": call.direction is Direction.OUTBOUND,
        "service": say(Service(call.service)) if call.service else "",
        "review": None if found is None else {
            "passed": found.passed, "notice": found.notice_read, "neutral": found.neutral,
            "clear": found.clear, "note": found.note or "", "at": found.at,
            "by": names.get(found.by_user or 0, "—"), "taken_back": found.taken_back_at}}


def _steps(call: CallNow) -> list[Row]:
    """The steps as a story."""
    return [{"icon": icon, "tone": tone, "title": title, "at": one.at, "facts": facts}
            for one in call.steps for icon, tone, title, facts in [_step(call, one)]]


def _step(call: CallNow, one: Any) -> tuple[str, str, str, str]:
    text = next((each for each in call.texts if each.id == one.text_id), None)
    said = f"{text.title} · " + _("version %(n)s", n=text.version) if text else ""
    match one.kind:
        case Step.SERVICE:
            return "headphones", "mute", _("The reason to call was chosen"), say(Service(one.word))
        case Step.NOTICE:
            return "book-open", "ok", _("The notice was heard"), said
        case Step.CODE_SENT:
            return "send", "mute", _("A code was sent"), ""
        case Step.CODE_RIGHT:
            return "badge-check", "ok", _("The code was read back"), ""
        case Step.NAME:
            return "id-card", "mute", _("The name was asked"), ""
        case Step.REFUSAL:
            return "ban", "mute", _("The person refused"), one.channel.name if one.channel else _(
                "everything")
        case _:
            return ("circle-check" if one.said else "circle-minus", "accent" if one.said else
                    "mute", _("The person said yes") if one.said else _("The person said no"),
                    said)


def link_of(call: CallNow) -> str:
    """Where a linked recording lies. Raises NotFound when its link was erased."""
    kept = orm.db.session.scalar(select(Call.recording_link).where(Call.id == call.id))
    if not kept:
        raise NotFound()
    return kept
