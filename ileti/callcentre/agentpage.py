"""What the agent's pages show: the step at hand in large letters, and what is known of the caller.

Why apart from the view: the view takes keys and answers, here nothing changes. A caller's number is
masked; what is told of their consents is what the agent may see anyway (a dealer its own, R-45).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import func, select

from ileti.callcentre import (
    calls,
    codes,
    naming,
    nextcall,
    recordings,
    rules,
    settle,
    steps,
    training,
)
from ileti.callcentre.calls import CallNow, Read
from ileti.callcentre.models import Call, CallStep
from ileti.callcentre.vocabulary import (
    Direction,
    Outcome,
    Reach,
    Said,
    Service,
    Step,
)
from ileti.calllists.vocabulary import Result
from ileti.consents.models import ConsentState
from ileti.consents.vocabulary import Channel, IysStatus, Standing, Status
from ileti.core import clock, formats, orm
from ileti.core.formats import say
from ileti.documents.views import emphasised
from ileti.recipients.address import mask
from ileti.tenancy import scope, security
from ileti.tenancy.models import Brand

MOST = 50
Row = dict[str, Any]


# -- the first page --------------------------------------------------------------------------------


def home(brand: Brand, typed: Row) -> Row:
    """Start a call, calls that wait, calls without their recording, today's pace."""
    here = scope.current()
    provider = brand.provider_id
    allowed, _grounds = steps.outbound_rule(provider)
    last = training.last(provider, current_user.id)
    works = security.may("call:work")
    held = nextcall.held(provider, current_user.id) if works else None
    return {
        "brand": brand, "typed": typed, "outbound": allowed, "trained": training.holds(last),
        "trained_until": training.until(last), "today": pace(),
        "waiting": [{"url": url_for("CallView.show", pk=one.id), "id": one.id,
                     "since": one.since} for one in nextcall.waiting()],
        "open": [{"url": url_for("CallView.show", pk=one.id), "id": one.id,
                  "since": one.started_at} for one in _mine_open()],
        "works": works, "held": held, "why": say(held.permit) if held else "",
        "results": [(one.name, say(one)) for one in Result if one is not Result.REFUSED],
        "lacking": lacking(own=True),
        "may_lead": security.may("call:judge") and here.provider_id is not None,
    }


def _mine_open() -> list[Call]:
    return list(orm.db.session.scalars(select(Call).where(
        Call.ended_at.is_(None), Call.agent_id == current_user.id).order_by(Call.id).limit(MOST)))


def pace() -> Row:
    """The agent's day: calls ended, people who said yes to something, minutes a call."""
    midnight = datetime.combine(clock.today(), datetime.min.time(), clock.ISTANBUL)
    done = (Call.agent_id == current_user.id, Call.started_at >= midnight,
            Call.ended_at.is_not(None))
    row = orm.db.session.execute(select(
        func.count(), func.avg(func.extract("epoch", Call.ended_at - Call.started_at)))
        .select_from(Call).where(*done)).one()
    yes = orm.db.session.scalar(select(func.count(func.distinct(CallStep.call_id))).where(
        CallStep.kind == Step.ANSWER, CallStep.said == Said.YES,
        CallStep.call_id.in_(select(Call.id).where(*done))))
    seconds = float(row[1] or 0)
    return {"calls": row[0], "yes": yes or 0, "seconds": round(seconds),
            "pace": f"{int(seconds // 60)}:{round(seconds) % 60:02d}" if row[0] else "—"}


def lacking(*, own: bool) -> list[Row]:
    """Calls whose yes waits for its recording, those that run out first on top."""
    wanted = [Call.ended_at.is_not(None), Call.recording_at.is_(None)]
    if own:
        wanted.append(Call.agent_id == current_user.id)
    said = (CallStep.kind == Step.ANSWER, CallStep.said == Said.YES)
    first = (select(func.min(CallStep.at)).where(CallStep.call_id == Call.id, *said)
             .correlate(Call).scalar_subquery())
    ids = orm.db.session.scalars(select(Call.id).where(*wanted, first.is_not(None)).order_by(
        first).limit(MOST)).all()
    found = calls.load_many(ids, restricted=scope.current().sees_restricted)
    return [row for row in map(_lack, found) if row]


def load(number: int) -> CallNow:
    """A call as whoever is at work may see it."""
    return calls.load(number, restricted=scope.current().sees_restricted)


def _lack(call: CallNow) -> Row | None:
    if not recordings.lacks(call):
        return None
    said = next(one for one in call.did(Step.ANSWER) if one.said is Said.YES)
    due = settle.due_of(call, said.at)
    return {"id": call.id, "url": url_for("CallView.show", pk=call.id), "at": said.at, "due": due,
            "late": settle.late(call, said), "left": left(due),
            "channels": [one.name for one in recordings.channels_of(call)]}


def left(due: datetime | None) -> str:
    """The time until a moment, in words; "" when it has passed or there is none."""
    hours = int((due - clock.now()).total_seconds() // 3600) if due is not None else -1
    if hours < 0:
        return ""
    if hours < 48:
        return ngettext("%(n)s hour left", "%(n)s hours left", hours, n=hours)
    return ngettext("%(n)s day left", "%(n)s days left", hours // 24, n=hours // 24)


# -- a call ----------------------------------------------------------------------------------------


def screen(call: CallNow, *, faults: list[str], typed: Row) -> Row:
    """The call as it stands: the step at hand, progress, the caller, what was said."""
    number = calls.number_of(call)
    now = rules.next_step(call) if call.ended_at is None else None
    question = rules.open_question(call)
    return {
        "blocked": _blocked(call), "call": call, "faults": faults, "typed": typed,
        "now": now.name if now else "END",
        "place_no": len(call.steps) + 1, "masked": mask(number) if number else _("nobody"),
        "outbound": call.direction is Direction.OUTBOUND,
        "script": spoken(call),
        "notice": {"title": call.notice.title, "body": emphasised(call.notice.body)}
        if call.notice else None,
        "question": _question(call, question) if question else None,
        "services": _services(call), "outcomes": [(int(one), say(one)) for one in Outcome
                                                  if one is not Outcome.LEFT_OPEN],
        "progress": progress(call), "answers": answers(call), "states": states(call),
        "code": _code(call), "others": _others(call), "reach": Reach,
        "may_record": call.recording_at is None and bool(call.did(Step.ANSWER, Step.REFUSAL)),
        "lack": _lack(call) if call.ended_at is not None else None,
        "outcome": say(Outcome(call.outcome)) if call.outcome else "",
        "linked": call.recording_at is not None and call.recording_file is None,
    }


def _blocked(call: CallNow) -> str:
    """Why an open call can ask nothing and only takes refusals; "" when it can."""
    lacking = rules.lacks(script=call.script is not None, notice=call.notice is not None)
    if call.ended_at is not None:
        return ""
    if lacking is not None:
        return say(lacking)
    held = training.last(call.place.provider_id, current_user.id)
    return "" if training.holds(held) else _("Your training is out of date.")


def spoken(call: CallNow) -> Row:
    """The script by its paragraphs: what is said before the first question, the questions, what is
    said after them. So nobody reads a question aloud before the notice was heard (R-60)."""
    parts = [one for one in (call.script.body if call.script else "").split("\n\n") if one.strip()]
    asks = [number for number, one in enumerate(parts) if "?" in one]
    first, last = (asks[0], asks[-1] + 1) if asks else (len(parts), len(parts))
    return {"opening": emphasised("\n\n".join(parts[:first])),
            "asking": emphasised("\n\n".join(parts[first:last])),
            "closing": emphasised("\n\n".join(parts[last:]))}


def _question(call: CallNow, one: Read) -> Row:
    return {"id": one.id, "title": one.title, "body": emphasised(one.body), "version": one.version,
            "channel": one.channel.name if one.channel else None,
            "mail": rules.asks_address(one)}


def _services(call: CallNow) -> list[tuple[str, str]]:
    allowed = steps.outbound_rule(call.place.provider_id)[1]
    return [(one.value, say(one)) for one in Service if one.value in allowed]


def progress(call: CallNow) -> Row:
    """How far the call is, counted in what has to be read and asked."""
    first = [Step.SERVICE] if call.direction is Direction.OUTBOUND else []
    done = sum(bool(call.did(one)) for one in (*first, Step.NOTICE, Step.NAME))
    answered = sum(call.answer(one.id) is not None or rules.refused(call, one)
                   for one in call.questions)
    return {"done": done + answered, "total": len(first) + 2 + len(call.questions)}


def answers(call: CallNow) -> list[Row]:
    """What was said, question by question, with what it is worth by now."""
    found = []
    for one in call.questions:
        step = call.answer(one.id)
        told = rules.refused(call, one)
        if step is None and not told:
            continue
        yes = step is not None and step.said is Said.YES and not told
        found.append({"title": one.title, "channel": one.channel.name if one.channel else None,
                      "yes": yes, "refused": told, "id": one.id, "again": call.ended_at is None,
                      "at": step.at if step else None, "worth": _worth(call, step) if yes else ""})
    return found


def _worth(call: CallNow, step: Any) -> str:
    if settle.failed(call):
        return _("Taken back after the call was heard")
    if step.verified_at is not None:
        return _("Proven; on its way to İYS")
    if settle.late(call, step):
        return _("Too late: İYS no longer takes it, and nothing is sent on it")
    if not call.proven(step.recipient_id):
        return _("The address is not proven yet")
    if call.recording_at is not None and naming.lacks(call):
        return _("Waits for the name that is said in the recording")
    return _("Waits for the recording")


def states(call: CallNow) -> list[Row]:
    """What holds for the caller at this brand now, as far as whoever is at work may see it."""
    if call.recipient_id is None or not security.may("consent:read"):
        return []
    rows = orm.db.session.scalars(select(ConsentState).where(
        ConsentState.provider_id == call.place.provider_id,
        ConsentState.brand_id == call.place.brand_id,
        ConsentState.recipient_id == call.recipient_id).order_by(ConsentState.channel)).all()
    return [{"channel": Channel(one.channel).name, "choice": _choice(one), "at": one.consent_date,
             "iys": IysStatus(one.iys_status).label(formats.language())} for one in rows]


def _choice(one: ConsentState) -> str:
    if one.standing == Standing.UNVERIFIED:
        return _("said, not proven")
    return Status(one.status).label(formats.language())


def _code(call: CallNow) -> Row:
    """Whom a code may go to and whether one is awaited."""
    sent = call.did(Step.CODE_SENT)
    last = sent[-1].recipient_id if sent else None
    open_ = [number for number in codes.addresses(call) if call.code_of(number) is None]
    may = call.ended_at is None and bool(call.did(Step.NOTICE)) and (
        call.direction is Direction.INBOUND)
    return {
        "to": [(number, mask(calls.address_of(call.place.provider_id, number) or ""))
               for number in open_] if may else [],
        "awaited": may and last is not None and call.code_of(last) is None,
        "proven": bool(call.did(Step.CODE_RIGHT)), "typed": not call.by_system}


def _others(call: CallNow) -> int:
    """How many other calls with this person are open now."""
    if call.recipient_id is None or call.ended_at is not None:
        return 0
    return orm.db.session.scalar(select(func.count()).select_from(Call).where(
        Call.provider_id == call.place.provider_id, Call.recipient_id == call.recipient_id,
        Call.ended_at.is_(None), Call.id != call.id)) or 0
