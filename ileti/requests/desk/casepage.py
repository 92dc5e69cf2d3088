"""What the page of one case shows.

Everything personal is masked until somebody opens it by a button, which is audited and stands in
the case's history; then it is shown on that one answer. What is held of a person is counted first
and told in tables once opened.
"""

from __future__ import annotations

from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from config import settings
from ileti.core import clock, db, formats, orm
from ileti.core.formats import either, say, size
from ileti.evidence import vault
from ileti.recipients.address import mask, pretty
from ileti.requests import cases, erasing, exportpage, holdings, matching, rules
from ileti.requests.cases import Case
from ileti.requests.desk import listpage, visible
from ileti.requests.models import (
    DataRequest,
    RequestAnswer,
    RequestErasure,
    RequestEvent,
    RequestExport,
    RequestFile,
)
from ileti.requests.numbers import case_number, form_path
from ileti.requests.vocabulary import (
    Decision,
    Deed,
    FileRole,
    Identity,
    Reason,
    Right,
    Sending,
    State,
    Way,
)
from ileti.tenancy import security
from ileti.tenancy.models import Membership
from ileti.tenancy.trail import look_up
from ileti.tenancy.trail import person as user_name

#: rows of each part that the opened page shows; all of them are in the copy
SHOWN: Final = 200
_ICONS: Final = {
    Deed.RECEIVED: ("inbox", "accent"), Deed.CONFIRMED: ("badge-check", "ok"),
    Deed.ASSIGNED: ("user", "mute"), Deed.NOTED: ("pen-line", "mute"),
    Deed.IDENTITY: ("id-card", "accent"), Deed.ASKED: ("circle-help", "wait"),
    Deed.FILE: ("file-check", "mute"), Deed.ATTACHED: ("link", "accent"),
    Deed.DETACHED: ("x", "mute"), Deed.STOPPED: ("circle-minus", "ret"),
    Deed.WITHDRAWN: ("circle-minus", "ret"), Deed.CORRECTED: ("pencil", "accent"),
    Deed.EXPORT: ("database", "mute"), Deed.EXPORTED: ("file-down", "ok"),
    Deed.EXPORT_FAILED: ("circle-x", "bad"), Deed.OPENED: ("eye", "mute"),
    Deed.TAKEN: ("download", "mute"), Deed.COPY_REMOVED: ("trash-2", "mute"),
    Deed.ERASE_ASKED: ("trash-2", "wait"),
    Deed.ERASE_APPROVED: ("users", "accent"), Deed.ERASE_DECLINED: ("ban", "mute"),
    Deed.ERASE_RETRIED: ("users", "wait"), Deed.ERASED: ("trash-2", "ok"),
    Deed.ERASE_FAILED: ("circle-x", "bad"),
    Deed.ANSWERED: ("file-pen", "accent"), Deed.SENT: ("send", "ok"),
    Deed.SEND_FAILED: ("circle-x", "bad"), Deed.CLOSED: ("archive", "ok"),
    Deed.ALARM: ("alarm-clock", "wait"), Deed.LATE: ("clock-alert", "bad"),
    Deed.RIGHTS: ("list-checks", "mute"),
}


def context(one: DataRequest, *, opened: bool = False) -> dict[str, Any]:
    """The page of a case; ``opened``: personal details in full."""
    case, conn = cases.read_case(db.connection(), one.id), db.connection()
    number, busy = case_number(one.id), one.state < int(State.SENDING)
    whole = visible.whole()
    people = matching.attached(conn, case.id) if whole else []
    may = security.may("request:write")
    return {
        "title": number, "number": number, "one": one, "opened": opened,
        "line": f"{say(Way(one.way))} · {one.brand} · {formats.moment(one.received_at)}",
        "crumbs": [(_("Data subjects’ requests"), url_for("RequestView.index")), (number, None)],
        "badge": listpage.badge(one), "clock": _clock(one), "whole": whole,
        "may_write": may and busy, "may_answer": may and whole,
        "may_erase": security.may("request:erase") and busy and whole,
        "may_undo": may and one.state == State.SENDING and whole,
        "person": _person(case, opened), "wish": case.wish if opened else "",
        "has_wish": bool(case.wish),
        "rights": [{"label": say(Right(word)), "letter": Right(word).letter, "value": word}
                   for word in one.rights],
        "missing": [either(part.tr, part.en) + f" ({part.law})" for part in rules.missing_parts(
            case.person.parts(), case.wish, case.way, case.rights, signed=case.signed)],
        "identity": Identity(one.identity), "identity_label": say(Identity(one.identity)),
        "identity_hint": either(*rules.identity_hint(case.way)),
        "identities": [{"value": int(key), "label": say(key)} for key in Identity
                       if key is not Identity.PENDING],
        "attached": _attached(people, opened), "suggested": _suggested(conn, case, opened),
        "held": _held(conn, case, people, opened), "shown": SHOWN,
        "files": _files(one), "file_roles": _file_roles(), "longest": settings().vault_longest_mb,
        "exports": _exports(one), "erasure": _erasure(one), "can_erase": erasing.available(),
        "answers": _answers(one), "steps": _steps(one), "staff": _staff(one) if may else [],
        "mail": bool(case.person.email), "stop_asked": Right.STOP in case.rights,
    }


def _clock(one: DataRequest) -> dict[str, Any]:
    left = rules.days_left(one.due_at, clock.now())
    if one.state == State.CLOSED:
        late = rules.days_left(one.due_at, one.closed_at or clock.now())
        return {"tone": "ok" if late >= 0 else "bad", "bold": _("Closed"),
                "text": _("Answered on %(day)s; the last day was %(due)s.",
                          day=formats.day(one.closed_at), due=formats.day(one.due_at))}
    tone = "bad" if left < 0 else "wait" if left <= rules.SOON_DAYS else "info"
    return {"tone": tone, "bold": listpage.left_text(one, left),
            "text": _("To be answered by %(day)s: 30 days from receipt (KVKK 13/2). Asking the "
                      "person for more does not stop the clock.", day=formats.day(one.due_at))}


def _person(case: Case, opened: bool) -> list[tuple[str, str]]:
    labels = {"name": _("Name"), "tckn": _("Turkish identity number"),
              "nationality": _("Nationality"), "passport": _("Passport number"),
              "foreign_id": _("Foreign identity number"), "postal": _("Postal address"),
              "email": _("E-mail"), "phone": _("Phone")}
    shown = case.person.parts() if opened else case.person.masked()
    if opened and case.person.phone:
        shown["phone"] = pretty(case.person.phone)
    return [(labels[key], value) for key, value in shown.items() if value]


_HOW: Final = {1: "code", 2: "application", 3: "desk"}


def _attached(people: list[matching.Attached], opened: bool) -> list[dict[str, Any]]:
    how = {"code": _("proved by code"), "application": _("named in the application"),
           "desk": _("typed at the desk")}
    return [{"id": one.recipient_id, "how": how[_HOW[one.how]], "since": one.since,
             "address": (pretty(one.address) if opened else mask(one.address))
             if one.address else _("erased"), "erased": not one.address,
             "icon": "mail" if one.kind == 2 else "phone"}
            for one in people]


def _suggested(conn: Any, case: Case, opened: bool) -> list[dict[str, Any]]:
    found = matching.suggested(conn, case.id, case.provider_id, case.person)
    return [{"id": number, "address": pretty(address) if opened else mask(address)}
            for number, address in found.items()]


def _held(conn: Any, case: Case, people: list[matching.Attached], opened: bool
          ) -> list[dict[str, Any]]:
    """What is held, counted; opened, the first rows of each part. Applications are not told: the
    page is one."""
    ids, language = [one.recipient_id for one in people], formats.language()
    if not ids:
        return []
    counts = holdings.count(conn, case.provider_id, ids)
    rows = holdings.gather(conn, case.provider_id, ids, most=SHOWN) if opened else {}
    return [exportpage.section(name, rows.get(name, [])[:SHOWN], language)
            | {"count": number, "more": opened and number > SHOWN}
            for name, number in counts.items() if number and name not in ("requests", "answers")]


def _files(one: DataRequest) -> list[dict[str, Any]]:
    rows = list(orm.db.session.scalars(select(RequestFile).where(
        RequestFile.request_id == one.id).order_by(RequestFile.id)))
    look_up(row.added_by for row in rows)
    known = vault.describe(one.provider_id, [row.file_id for row in rows])
    return [{"name": row.name, "role": say(FileRole(row.role)), "at": row.added_at,
             "size": size(known[row.file_id].size),
             "who": user_name(row.added_by) if row.added_by else _("the applicant"),
             "hash": known[row.file_id].sha256.hex()[:12] + "…",
             "whole_hash": known[row.file_id].sha256.hex(), "note": "", "remove": None,
             "url": url_for("RequestDeedView.open_file", number=case_number(one.id), no=row.id)}
            for row in rows if row.file_id in known]


def _file_roles() -> list[dict[str, Any]]:
    return [{"value": int(role), "label": say(role)} for role in FileRole
            if role is not FileRole.SENT]


def _exports(one: DataRequest) -> list[dict[str, Any]]:
    rows = list(orm.db.session.scalars(select(RequestExport).where(
        RequestExport.request_id == one.id).order_by(RequestExport.id.desc())))
    look_up(row.asked_by for row in rows)
    return [{"id": row.id, "at": row.asked_at, "who": user_name(row.asked_by),
             "ready": row.done_at is not None and row.removed_at is None,
             "removed": row.removed_at, "failed": row.problem is not None,
             "until": row.until, "open": row.until is not None and row.until > clock.now(),
             "records": sum(row.counts.values()),
             "url": url_for("RequestEndView.take_copy", number=case_number(one.id), no=row.id)}
            for row in rows]


def _erasure(one: DataRequest) -> dict[str, Any] | None:
    row = orm.db.session.scalars(select(RequestErasure).where(
        RequestErasure.request_id == one.id, RequestErasure.declined_at.is_(None)).order_by(
        RequestErasure.id.desc())).first()
    if row is None:
        return None
    told = row.outcome if row.done_at is not None else row.plan
    word = formats.language()
    return {
        "id": row.id, "asked_by": user_name(row.asked_by), "asked_at": row.asked_at,
        "own": row.asked_by == current_user.id, "approved": row.approved_at is not None,
        "approved_by": user_name(row.approved_by) if row.approved_by else "",
        "done": row.done_at, "problem": row.problem,
        "lines": {part: [{"what": line[word], "count": line["count"], "until": line["until"],
                          "why": line[f"why_{word}"], "law": " · ".join(
                              one for one in (line["law"], line["rule"]) if one)}
                         for line in told.get(part, [])] for part in ("erased", "ended", "kept")},
    }


def _answers(one: DataRequest) -> list[dict[str, Any]]:
    rows = list(orm.db.session.scalars(select(RequestAnswer).where(
        RequestAnswer.request_id == one.id).order_by(RequestAnswer.id.desc())))
    look_up(row.made_by for row in rows)
    return [{"id": row.id, "at": row.made_at, "who": user_name(row.made_by),
             "decision": say(Decision(row.decision)), "sending": say(Sending(row.sending)),
             "by_mail": row.sending == Sending.MAIL,
             "reason": say(Reason(row.reason)) if row.reason else "",
             "waits": one.state == State.SENDING and n == 0,
             "proof_needed": row.sending in (Sending.POST, Sending.KEP),
             "url": url_for("RequestDeedView.letter", number=case_number(one.id), no=row.id)}
            for n, row in enumerate(rows)]


def _steps(one: DataRequest) -> list[dict[str, Any]]:
    rows = list(orm.db.session.scalars(select(RequestEvent).where(
        RequestEvent.request_id == one.id).order_by(RequestEvent.id)))
    look_up([row.by for row in rows] + [row.detail.get("to") for row in rows])
    steps = []
    for row in rows:
        if row.kind not in list(Deed):
            continue
        deed = Deed(row.kind)
        icon, tone = _ICONS[deed]
        who = user_name(row.by) if row.by else ""
        steps.append({"icon": icon, "tone": tone, "title": say(deed), "at": row.at,
                      "facts": " · ".join(part for part in (who, _fact(deed, row.detail)) if part),
                      "quote": row.note or None, "quote_note": ""})
    return steps


def _fact(deed: Deed, detail: dict[str, Any]) -> str:
    """The one thing worth a line of an event's detail."""
    if deed is Deed.RECEIVED:
        return say(Way(detail["way"]))
    if deed is Deed.IDENTITY:
        return say(Identity(detail["outcome"]))
    if deed is Deed.ASSIGNED and detail.get("to"):
        return _("to %(name)s", name=user_name(detail["to"]))
    if deed is Deed.FILE:
        return say(FileRole(detail["role"]))
    if deed is Deed.ANSWERED:
        return f"{say(Decision(detail['decision']))} · {say(Sending(detail['sending']))}"
    if deed is Deed.STOPPED:
        return ngettext("%(n)s brand", "%(n)s brands", detail["brands"],
                        n=formats.number(detail["brands"]))
    if deed in (Deed.ALARM, Deed.LATE):
        return _("day %(n)s", n=detail["day"])
    if deed is Deed.ERASED:
        return _("%(n)s erased, %(m)s kept restricted", n=formats.number(detail["erased"]),
                 m=formats.number(detail["kept"]))
    if deed is Deed.TAKEN and detail.get("by_link"):
        return _("by the person’s own link")
    if deed is Deed.SEND_FAILED and detail.get("reason") == "withdrawn":
        return _("the letter was taken back")
    return ""


def _staff(one: DataRequest) -> list[dict[str, Any]]:
    users = assignable(one)
    look_up(users)
    return [{"value": user, "label": user_name(user), "selected": user == one.assignee_id}
            for user in users]


def assignable(one: DataRequest) -> list[int]:
    """Users who may work on a case, by number."""
    conn = db.connection()
    roles = cases.roles_at(conn, cases.read_case(conn, one.id))
    return list(orm.db.session.scalars(select(Membership.user_id).where(
        Membership.provider_id == one.provider_id, Membership.dealer_id.is_(None),
        (Membership.brand_id.is_(None)) | (Membership.brand_id == one.brand_id),
        Membership.role.in_(roles)).distinct().order_by(Membership.user_id)))


def public_form(brand_id: int) -> str:
    """The address of a brand's application form."""
    return f"{settings().base_url}{form_path(brand_id)}"
