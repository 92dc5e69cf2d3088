"""Netgsm's REST v2 as its SDKs speak it (sms-gateways §6.1): send, report, titles, inbox."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from datetime import datetime
from typing import Any

from ileti.simulator.desk import Answer, Call, answer
from ileti.simulator.gateways.lines import netgsm_line
from ileti.simulator.gateways.phones import (
    DELIVERED,
    EXPIRED,
    IYS_SAYS_NO,
    ON_THE_WAY,
    UNKNOWN_NUMBER,
    Account,
    Message,
    Phones,
    Reply,
    is_phone,
    national,
)

FILTERS = {"0": None, "11": "BIREYSEL", "12": "TACIR"}
MOST_REPEATS = 20
STATES = {ON_THE_WAY: 2, DELIVERED: 1, UNKNOWN_NUMBER: 4, EXPIRED: 3, IYS_SAYS_NO: 4}
ERRORS = {UNKNOWN_NUMBER: "101", EXPIRED: "103", IYS_SAYS_NO: "IYS"}
LONGEST = 917  # six segments and a little


def serve(phones: Phones, call: Call) -> Answer:
    """One call below ``/sms/rest/v2``."""
    account = _account(phones, call.authorization)
    if account is None:
        return _no("30", "invalid credentials")
    path = call.path.removeprefix("/gw/netgsm")
    if path == "/sms/rest/v2/inbox":
        return _inbox(phones, call.args)
    service = {"/sms/rest/v2/send": _send, "/sms/rest/v2/report": _report,
               "/sms/rest/v2/msgheader": _titles,
               "/sms/rest/v2/cancel": _cancel}.get(path)
    if service is None:
        return answer({"code": "404", "description": "not found"}, 404)
    body: dict[str, Any] = {}
    if call.method == "POST":
        try:
            said = call.json("H097")
        except Exception:
            return _no("70", "bad parameter")
        if not isinstance(said, dict):
            return _no("70", "bad parameter")
        body = said
    return service(phones, account, body)


def _account(phones: Phones, header: str) -> Account | None:
    scheme, _, token = header.partition(" ")
    try:
        user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    found = phones.accounts["netgsm"].get(user)
    return found if scheme == "Basic" and found and found.password == password else None


def _send(phones: Phones, account: Account, body: dict[str, Any]) -> Answer:
    messages, kind = body.get("messages"), str(body.get("iysfilter", "0"))
    if not isinstance(messages, list) or not messages or kind not in FILTERS:
        return _no("70", "bad parameter")
    if str(body.get("encoding", "")).upper() not in ("", "TR", "ASCII"):
        return _no("70", "bad parameter")
    if body.get("msgheader") not in account.titles:
        return _no("40", "header not defined")
    if FILTERS[kind] is not None and not account.iys:
        return _no("50", "no controlled sending")
    if FILTERS[kind] is not None and account.brand is None:
        return _no("51", "no brand")
    taken = []
    for one in messages:
        text, number = (one.get("msg"), one.get("no")) if isinstance(one, dict) else (None, None)
        if not isinstance(number, str) or not is_phone(number):
            return _no("70", "bad parameter")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
            return _no("20", "text problem")
        taken.append(("", national(number), text))
    if _too_often(phones, [to for _, to, _ in taken]):
        return _no("85", "repeated too often")
    job = phones.take(account, str(body["msgheader"]), taken, commercial=FILTERS[kind])
    return answer({"code": "00", "jobid": job, "description": "queued"})


def _too_often(phones: Phones, numbers: list[str]) -> bool:
    """More than twenty to one number within a minute."""
    minute, asked = int(phones.now().timestamp()) // 60, Counter(numbers)
    with phones.lock:
        if phones.minute[0] != minute:
            phones.minute = (minute, Counter())
        known = phones.minute[1]
        if any(known[number] + times > MOST_REPEATS for number, times in asked.items()):
            return True
        known.update(asked)
    return False


def _report(phones: Phones, _account: Account, body: dict[str, Any]) -> Answer:
    jobs = body.get("jobids") or []
    size, page = int(body.get("pagesize") or 10), int(body.get("pagenumber") or 0)
    if not isinstance(jobs, list) or not 1 <= size <= 100 or page < 0:
        return _no("70", "bad parameter")
    found = [one for job in jobs for one in phones.jobs.get(str(job), ())]
    if not found:
        return _no("60", "no record")
    now = phones.now()
    return answer({"jobs": [_line(one, now) for one in found[page * size:(page + 1) * size]]})


def _line(one: Message, now: datetime) -> dict[str, Any]:
    state = one.state(now)
    return {
        "jobid": one.job, "number": one.to.removeprefix("+90").removeprefix("+"),
        "status": STATES[state], "operator": 10, "msglen": 1 + len(one.text) // 155,
        "deliveredDate": f"{one.settled:%d.%m.%Y %H:%M:%S}" if state == DELIVERED else "",
        "errorCode": ERRORS.get(state, "0"), "referansID": ""}


def _titles(_phones: Phones, account: Account, _body: dict[str, Any]) -> Answer:
    return answer({"code": "00", "msgheaders": sorted(account.titles)})


def _inbox(phones: Phones, asked: dict[str, str]) -> Answer:
    """What people wrote: between two moments as often as one asks, and without moments each once,
    as Netgsm does."""
    window = asked.get("startdate"), asked.get("stopdate")
    with phones.lock:
        new = [one for one in phones.replies if one.provider == "netgsm" and (
            _within(one, window) if any(window) else not one.listed)]
        for one in new if not any(window) else ():
            one.listed = True
    if not new:
        return _no("40", "no messages")
    return answer({"code": "00", "messages": [netgsm_line(one) for one in new]})


def _within(one: Reply, window: tuple[str | None, str | None]) -> bool:
    """Whether a message came in a window; moments are ``ddMMyyyyHHmmss`` or without seconds."""
    since, until = (f"{text[4:8]}{text[2:4]}{text[:2]}{text[8:]}" if text else ""
                    for text in window)
    return since <= f"{one.at:%Y%m%d%H%M%S}" <= (until or "9") + "99"


def _cancel(phones: Phones, _account: Account, body: dict[str, Any]) -> Answer:
    return answer({"code": "00", "jobid": body["jobid"]}) if phones.jobs.get(
        str(body.get("jobid"))) else _no("60", "no record")


def _no(code: str, description: str) -> Answer:
    return answer({"code": code, "description": description}, 406)
