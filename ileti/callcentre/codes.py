"""The spoken code: it goes to the number or mail a caller names, and is read back on the phone.

Why this module exists: a number that an agent typed proves nobody, so consents on it would never
count. The code verifies the address and nothing else (R-21, R-22): its message says so, and no
answer follows from it. Its rules and limits are those of the web form's codes
(:mod:`ileti.capture.verify`, :mod:`ileti.capture.code_limits`); it goes out only in a call the
person began (R-11).
"""

from __future__ import annotations

import hmac
import secrets as random
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from ileti.callcentre import calls, rules, settle, steps
from ileti.callcentre.calls import CallNow
from ileti.callcentre.steps import Who
from ileti.callcentre.vocabulary import Step
from ileti.capture import code_limits
from ileti.capture.code_budget import budget
from ileti.capture.sites import Site
from ileti.capture.verify import CODE_SECONDS, MOST_TRIES
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, enqueue
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import FieldError, InvalidInput
from ileti.core.secrets import secrets

_TRIED: Final = """
select v.id, v.code_hash, v.expires_at,
       (select sum(w.tries) - count(w.verified_at) from verification w
         where w.address_mark = v.address_mark)
  from verification v where v.provider_id = %s and v.id = %s"""


def as_site(call: CallNow) -> Site:
    """The brand's call centre as codes are counted: below zero, where no site has its number."""
    return Site(id=-call.place.brand_id, key="", name=settle.PLACE[call.language],
                place=call.place, provider_title="", brand_name=call.brand_name,
                dealer_id=call.dealer_id, dealer_name=None, secrets=(), origins=frozenset(),
                policy="code", channels=tuple(Channel), form_version=1)


def send(call: CallNow, place: int, recipient_id: int, who: Who) -> CallNow:
    """Send a code to an address of the call. Raises InvalidInput (not one of this call, a number
    that gets none, an outbound call), TooMany and TryLater as the forms' codes do, Conflict."""
    address = calls.address_of(call.place.provider_id, recipient_id)
    if recipient_id not in addresses(call) or address is None:
        raise InvalidInput(errors=(_fault("no_such_address"),))
    site = as_site(call)
    rules.refuse_wrong(call, Step.CODE_SENT)
    code_limits.refuse_too_many(site, {"code": address}, "")
    with db.transaction(system=True) as conn:
        now = steps.locked(conn, call)
        if steps.repeats(now, place, Step.CODE_SENT, {"recipient_id": recipient_id}):
            return now
        rules.refuse_wrong(now, Step.CODE_SENT)
        number = _issue(conn, now, site, recipient_id, address)
        steps.add(conn, now, Step.CODE_SENT, who, recipient_id=recipient_id,
                  verification_id=number)
    budget.add(site, 1)
    return calls.load_any(call.id)


def addresses(call: CallNow) -> dict[int, Channel | None]:
    """Whom a code may go to: the caller's number where somebody typed it, and mails spelled out;
    with the channel by which it goes."""
    found: dict[int, Channel | None] = {}
    if call.recipient_id is not None and not call.by_system:
        found[call.recipient_id] = Channel.MESAJ
    for one in call.did(Step.ANSWER):
        if one.channel is Channel.EPOSTA and one.recipient_id is not None and one.said:
            found[one.recipient_id] = Channel.EPOSTA
    return found


def _issue(conn: Any, call: CallNow, site: Site, recipient_id: int, address: str) -> int:
    code, moment = f"{random.randbelow(1_000_000):06d}", clock.now()
    until, mark = moment + timedelta(seconds=CODE_SECONDS), code_limits.address_mark(address)
    conn.execute("select pg_advisory_xact_lock(%s)", (int.from_bytes(mark[:7]),))
    last = conn.execute("select max(created_at) from verification where address_mark = %s",
                        (mark,)).fetchone()
    if last and last[0] is not None:
        code_limits.refuse_too_soon((moment - last[0]).total_seconds())
    conn.execute(
        "update verification v set replaced_at = now() from call_step s where s.call_id = %s "
        "and s.recipient_id = %s and v.id = s.verification_id and v.provider_id = %s "
        "and v.replaced_at is null", (call.id, recipient_id, call.place.provider_id))
    row = conn.execute(
        "insert into verification (provider_id, site_id, recipient_id, code_hash, address_mark, "
        "block_mark, created_at, expires_at) values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (call.place.provider_id, site.id, recipient_id, _hash(call.id, recipient_id, code), mark,
         code_limits.block_mark(address), moment, until)).fetchone()
    notice = call.notice
    enqueue(conn, [NewMessage(
        provider_id=call.place.provider_id, brand_id=call.place.brand_id,
        recipient_id=recipient_id, submission_id=None, kind=MessageKind.CODE, due_at=until,
        channel=Channel.EPOSTA if "@" in address else Channel.MESAJ,
        content={"lang": call.language, "code": code, "minutes": CODE_SECONDS // 60,
                 "place": site.name, "notice": notice.id if notice else None})])
    return int(row[0]) if row else 0


def _hash(call_id: int, recipient_id: int, code: str) -> bytes:
    return hmac.new(secrets().key_for("call-code"), f"{call_id}:{recipient_id}:{code}".encode(),
                    sha256).digest()


def check(call: CallNow, place: int, typed: str, who: Who) -> CallNow:
    """The code the person read back. Raises InvalidInput naming ``code``; a wrong one counts."""
    sent = call.did(Step.CODE_SENT)
    if not sent:
        raise InvalidInput(errors=(_fault("code_expired"),))
    last = sent[-1]
    assert last.recipient_id is not None
    if call.code_of(last.recipient_id) is not None:
        return call
    rules.refuse_wrong(call, Step.CODE_RIGHT)
    _compare(call, last.verification_id or 0, last.recipient_id, typed)
    with db.transaction(system=True) as conn:
        now = steps.locked(conn, call)
        conn.execute("update verification set verified_at = coalesce(verified_at, now()) "
                     "where id = %s", (last.verification_id,))
        if now.code_of(last.recipient_id) is None:
            steps.add(conn, now, Step.CODE_RIGHT, who, recipient_id=last.recipient_id,
                      verification_id=last.verification_id)
    settle.verify(call.id)
    return calls.load_any(call.id)


def _compare(call: CallNow, number: int, recipient_id: int, typed: str) -> None:
    conn = db.system_connection()
    row = conn.execute(_TRIED, (call.place.provider_id, number)).fetchone()
    if row is None or row[2] < clock.now():
        raise InvalidInput(errors=(_fault("code_expired"),))
    if row[3] >= code_limits.MOST_WRONG_A_DAY:
        raise InvalidInput(errors=(_fault("no_tries"),))
    counted = conn.execute(
        "update verification set tries = tries + 1 where id = %s and tries < %s "
        "and replaced_at is null returning tries", (number, MOST_TRIES)).fetchone()
    digits = "".join(one for one in typed if one.isdigit()) if len(typed) <= 20 else ""
    if counted is None:
        raise InvalidInput(errors=(_fault("no_tries"),))
    if not hmac.compare_digest(bytes(row[1]), _hash(call.id, recipient_id, digits)):
        left = MOST_TRIES - counted[0]
        raise InvalidInput(errors=(_fault("wrong_code" if left else "no_tries", left),))


_SAID: Final = {
    "wrong_code": ("Kod uymadı. {left} deneme hakkı kaldı.",
                   "The code does not match. {left} tries left."),
    "no_tries": ("Bu kod artık kullanılamaz. Yeni kod gönderin.",
                 "This code can no longer be used. Send a new one."),
    "code_expired": ("Kodun süresi doldu. Yeni kod gönderin.",
                     "The code has expired. Send a new one."),
    "no_such_address": ("Bu adrese bu çağrıda kod gönderilmez.",
                        "No code goes to this address in this call."),
}


def _fault(code: str, left: int = 0) -> FieldError:
    tr, en = _SAID[code]
    return FieldError("code", code, tr.format(left=left), en.format(left=left))
