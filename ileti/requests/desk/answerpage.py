"""The page on which an answer is written: decision, reason, text, how it goes out."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ileti.channels.render import istanbul_text
from ileti.core import clock, db, orm
from ileti.core.errors import IletiError, TryLater
from ileti.core.formats import say
from ileti.evidence.paper import NotSet, typeset
from ileti.requests import answering, cases, erasing, texts
from ileti.requests.models import DataRequest, RequestExport
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Decision, Identity, Reason, Right, Sending


def choose(one: DataRequest) -> dict[str, Any]:
    """The page on which the decision is chosen; it shows nothing of the person."""
    case = cases.read_case(db.connection(), one.id)
    return _page(one, case, _empty(case, case.language))


def begin(one: DataRequest) -> dict[str, Any]:
    """The page with a first text for the decision that was chosen. The text names the person and
    what is held, so the caller writes down who sees it."""
    conn, said = db.connection(), request.form
    case = cases.read_case(conn, one.id)
    decision = _decision(said.get("karar", ""))
    if decision is None:
        return choose(one)
    language = "en" if said.get("dil") == "en" else "tr"
    refused = [word for word in said.getlist("olmaz") if word in case.rights]
    body, used = answering.begin(conn, case, decision, language, refused=refused)
    new = replace(_empty(case, language), decision=decision, body=body, used=used)
    return _page(one, case, new, refused=refused)


def _empty(case: cases.Case, language: str) -> answering.NewAnswer:
    return answering.NewAnswer(
        idem=str(uuid.uuid4()), language=language, decision=None, reason="", why="", body="",
        sending=Sending.MAIL if case.person.email else Sending.POST, used=[])


def again(one: DataRequest, new: answering.NewAnswer, error: IletiError) -> dict[str, Any]:
    """The page once more, with what was written and what is wrong."""
    case = cases.read_case(db.connection(), one.id)
    wrong = {each.field: say(each) for each in error.errors}
    return _page(one, case, new, errors=wrong, refusal="" if wrong else say(error))


def _page(one: DataRequest, case: cases.Case, new: answering.NewAnswer, *,
          errors: dict[str, str] | None = None, refusal: str = "",
          refused: list[str] | None = None) -> dict[str, Any]:
    number = case_number(one.id)
    undone = answering.undone(db.connection(), case)
    return {
        "title": _("The answer"), "number": number, "new": new, "used": json.dumps(new.used),
        "crumbs": [(_("Data subjects’ requests"), url_for("RequestView.index")),
                   (number, url_for("RequestView.show", number=number)), (_("The answer"), None)],
        "decisions": [{"value": int(word), "label": say(word)} for word in Decision],
        "needs_reason": new.decision is not None and new.decision.needs_reason,
        "partly": Decision.PARTLY, "rights": [
            {"value": word, "label": say(Right(word)), "letter": Right(word).letter,
             "refused": word in (refused or [])} for word in one.rights],
        "reasons": [{"value": str(word), "label": say(word)} for word in Reason],
        "sendings": [{"value": int(word), "label": say(word)} for word in Sending
                     if word is not Sending.MAIL or case.person.email],
        "exports": _exports(one), "errors": errors or {}, "refusal": refusal,
        "verified": one.identity == Identity.VERIFIED, "fields": texts.FIELDS,
        "undone": [say(right) for right in undone],
        "no_eraser": Right.ERASE in undone and not erasing.available(),
    }


def _exports(one: DataRequest) -> list[dict[str, Any]]:
    rows = orm.db.session.scalars(select(RequestExport).where(
        RequestExport.request_id == one.id, RequestExport.done_at.is_not(None),
        RequestExport.removed_at.is_(None)).order_by(
        RequestExport.id.desc()))
    return [{"value": row.id, "at": row.done_at} for row in rows]


def _decision(word: str) -> Decision | None:
    return next((one for one in Decision if str(int(one)) == word), None)


def read(said: Any) -> answering.NewAnswer:
    """What was written."""
    export = said.get("export", "")
    return answering.NewAnswer(
        idem=said.get("key", "")[:80] or str(uuid.uuid4()),
        language="en" if said.get("language") == "en" else "tr",
        decision=_decision(said.get("decision", "")), reason=said.get("reason", "")[:20],
        why=said.get("why", "")[:2_000], body=said.get("body", ""),
        sending=next((one for one in Sending if str(int(one)) == said.get("sending")), None),
        used=_used(said.get("used", "")),
        export_id=int(export) if export.isascii() and export.isdigit() and len(export) < 18
        else None)


def _used(text: str) -> list[dict[str, Any]]:
    """Which templates it was begun from, as the page itself wrote it; nothing else is kept."""
    try:
        said = json.loads(text[:4_000])
        return [{"key": one["key"], "version": int(one["version"])} for one in said
                if one["key"] in texts.KEYS][:40]
    except (ValueError, TypeError, KeyError):
        return []


def preview(request_id: int, new: answering.NewAnswer) -> Response:
    """The letter as a PDF. Raises TryLater when it cannot be set."""
    case = cases.read_case(db.connection(), request_id)
    if new.decision is None:
        new = replace(new, decision=Decision.GRANTED)
    now = clock.now()
    try:
        pdf = typeset(answering.LETTER, answering.letter(case, new, istanbul_text(now)[:10]), now)
    except NotSet as error:
        raise TryLater("Yazı hazırlanamadı; yeniden deneyin.",
                       "The letter could not be made; try again.", code="not_set") from error
    return Response(pdf, mimetype="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="onizleme-{case_number(case.id)}.pdf"',
        "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"})


def done(new: answering.NewAnswer) -> str:
    """What happens now, for the next page."""
    if new.sending is Sending.MAIL:
        return _("The answer is on its way; the request closes when the mail has gone out.")
    return _("The letter is ready. Send it, then record the sending with its proof.")
