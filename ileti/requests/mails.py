"""Mails and codes of this room on their way: written with their deed, sent by claim, fence, close.

Why this module exists: messages of the channels' room hang on a recipient and a submission; an
applicant may be neither, and an answer carries a letter. So the queue is the common outbox with a
topic of its own. A mail is named by its occasion (``mark``), so that a deed done twice mails once;
its words are made when it goes out; an answer that went out closes its case (R-63).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from config import settings
from ileti.channels.base import Attachment, Envelope
from ileti.channels.post import Post, Unsendable
from ileti.channels.render import brand_accent, initials, inlined, istanbul_text, render
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.evidence import vault
from ileti.outbox.relay import Connection
from ileti.requests import cases, exports, rules
from ileti.requests.letters import Facts, words
from ileti.requests.numbers import case_number
from ileti.requests.sealing import MAIL_PURPOSE, seal, unseal
from ileti.requests.vocabulary import Deed, Mail, State

TOPIC: Final = 6
CODE_MINUTES: Final = 10

_WRITE = """
with mail as (
    insert into data_request_mail (provider_id, brand_id, request_id, user_id, kind, mark, content)
    values (%s, %s, %s, %s, %s, %s, %s) on conflict (provider_id, mark) do nothing
    returning id, provider_id, brand_id, created_at)
insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id)
select provider_id, 6, id, created_at, id, brand_id from mail returning ref_id"""
_BESIDE = """
select t.provider_id, t.ref_id, t.fence, t.tries, m.brand_id, m.request_id, m.kind, m.content,
       m.sent_at, m.created_at, u.email, u.active, b.name, p.title, p.mersis, p.contact,
       p.alarm_mails
  from taken t
  left join data_request_mail m on m.id = t.ref_id left join ab_user u on u.id = m.user_id
  left join brand b on b.id = m.brand_id left join provider p on p.id = m.provider_id"""


@dataclass(frozen=True)
class Claimed:
    """One mail in our hands."""

    provider_id: int
    id: int
    fence: int
    tries: int
    brand_id: int
    request_id: int | None
    kind: int
    content: str | None
    sent_at: datetime | None
    created_at: datetime
    user_mail: str | None
    user_active: bool | None
    brand: str
    title: str
    mersis: str | None
    contact: str | None
    language: str


def write(conn: cases.Connection, *, provider_id: int, brand_id: int, kind: Mail, mark: str,
          content: dict[str, Any], request_id: int | None = None,
          user_id: int | None = None) -> bool:
    """Write a mail with its outbox row in the caller's transaction; False when its occasion was
    mailed before. ``content`` names ``to`` (canonical, not for users) and ``lang``."""
    row = conn.execute(_WRITE, (
        provider_id, brand_id, request_id, user_id, int(kind), mark,
        seal(json.dumps(content, ensure_ascii=False), MAIL_PURPOSE))).fetchone()
    return row is not None


def write_receipt(conn: cases.Connection, case: cases.Case) -> bool:
    """The receipt to the applicant's e-mail address, when there is one."""
    return bool(case.person.email) and write(
        conn, provider_id=case.provider_id, brand_id=case.brand_id, request_id=case.id,
        kind=Mail.RECEIPT, mark=f"receipt:{case.id}",
        content={"to": case.person.email, "lang": case.language})


def _sent(conn: Connection, one: Claimed, gateway: str, outside_id: str | None) -> None:
    kept = one.kind != Mail.CODE or gateway == "demo"
    done = conn.execute(
        "update data_request_mail set sent_at = now(), gateway = %s, outside_id = %s, "
        "content = case when %s then content end where id = %s and sent_at is null",
        (gateway, (outside_id or "")[:200] or None, kept, one.id)).rowcount
    if done and one.kind == Mail.ANSWER:
        case = cases.read_case(conn, one.request_id or 0, lock=True)
        cases.close(conn, case, by=None, answer_id=_opened(one)["answer"], way="mail",
                    outside=outside_id or "")


def _left_out(conn: Connection, one: Claimed, reason: str) -> None:
    """An answer that nobody got is no answer: the case is open again, its clock runs, and its
    history says why."""
    conn.execute("update data_request_mail set problem = %s, content = case when kind = 1 "
                 "then null else content end where id = %s", (reason, one.id))
    if one.kind == Mail.ANSWER and one.request_id is not None:
        case = cases.read_case(conn, one.request_id, lock=True)
        if case.state is State.SENDING:
            conn.execute("update data_request set state = 1 where id = %s", (case.id,))
            cases.note(conn, case, Deed.SEND_FAILED, reason=reason, mark=f"failed:{one.id}")


def _opened(one: Claimed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(unseal(one.content, MAIL_PURPOSE))
    return found


# -- what it says ---------------------------------------------------------------------------------


def envelope(one: Claimed) -> Envelope:
    """The mail as its recipient reads it. Raises Unsendable."""
    if one.content is None:
        raise Unsendable("Its content is gone.")
    content, kind = _opened(one), Mail(one.kind)
    if kind is Mail.CODE:
        return _code(one, content)
    case = cases.read_case(db.connection(), one.request_id or 0)
    language = content["lang"]
    to, facts = content.get("to", ""), _facts(one, case, content)
    attached: tuple[Attachment, ...] = ()
    if kind is Mail.ALARM:
        if not one.user_mail or not one.user_active or one.language == "off":
            raise Unsendable("The user is switched off or wants no mails any more.")
        if case.state is State.CLOSED:
            raise Unsendable("The request was answered meanwhile.")
        to = one.user_mail
    elif kind is Mail.ANSWER:
        attached = (_letter(case, content),)
    context = _frame(one) | words(kind, facts, language)
    return Envelope(
        one.id, Channel.EPOSTA, to, series="basvuru-", attachments=attached,
        subject=render("mail/request.subject.txt", language, **context).strip(),
        text=render("mail/request.txt", language, **context).strip() + "\n",
        html=inlined(render("mail/request.html", language, **context)))


def _frame(one: Claimed) -> dict[str, Any]:
    context: dict[str, Any] = {"brand": {
        "name": one.brand, "initials": initials(one.brand), "title": one.title,
        "mersis": one.mersis or "", "postal": one.contact or ""}}
    if colours := brand_accent(one.brand_id):
        context["accent"] = colours
    return context


def _facts(one: Claimed, case: cases.Case, content: dict[str, Any]) -> Facts:
    number, export = case_number(case.id), content.get("export")
    until = exports.open_until(export) if export else None
    return Facts(
        number=number, received=istanbul_text(case.received_at)[:10],
        due=istanbul_text(case.due_at)[:10], brand=one.brand,
        person="" if one.kind == Mail.ALARM else case.person.name,
        wanted=content.get("wanted", ""), left=rules.days_left(case.due_at, clock.now()),
        page=f"{settings().base_url}/basvurular/{number}",
        link=exports.link(export, content["lang"]) if export and until else "",
        link_until=istanbul_text(until) if until else "")


def _letter(case: cases.Case, content: dict[str, Any]) -> Attachment:
    with vault.opened(case.provider_id, content["file"]) as pieces:
        data = b"".join(pieces)
    return Attachment(f"{case_number(case.id)}.pdf", "application/pdf", data)


def _code(one: Claimed, content: dict[str, Any]) -> Envelope:
    if one.created_at + timedelta(minutes=CODE_MINUTES) < clock.now():
        raise Unsendable("The code had expired before it could be sent.")
    language, to = content["lang"], content["to"]
    context = _frame(one) | {
        "code": content["code"], "minutes": CODE_MINUTES, "place": "",
        "notice_url": f"{settings().base_url}{content['path']}"}
    if "@" not in to:
        return Envelope(one.id, Channel.MESAJ, to, "", series="basvuru-",
                        text=render("mail/code.sms.txt", language, **context).strip())
    return Envelope(
        one.id, Channel.EPOSTA, to, series="basvuru-",
        subject=render("mail/code.subject.txt", language, **context).strip(),
        text=render("mail/code.txt", language, **context).strip() + "\n",
        html=inlined(render("mail/code.html", language, **context)))


_post: Final = Post(topic=TOPIC, name="request", beside=_BESIDE, read=Claimed, compose=envelope,
                   sent=_sent, left_out=_left_out, lease=120, theirs=True)
#: Send what waits.
send_mails: Final = _post.send
