"""Verimor's SMS API (sms-gateways §6.2): send, status, and the body it pushes."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ileti.simulator.desk import Answer, Call, answer
from ileti.simulator.gateways.lines import verimor_line
from ileti.simulator.gateways.phones import (
    DELIVERED,
    EXPIRED,
    IYS_SAYS_NO,
    ON_THE_WAY,
    UNKNOWN_NUMBER,
    Account,
    Message,
    Phones,
    is_phone,
    national,
)

MOST, LONGEST, PAGE = 50_000, 1_071, 100
STATES = {ON_THE_WAY: "WAITING", DELIVERED: "DELIVERED", UNKNOWN_NUMBER: "NOT_DELIVERED",
          EXPIRED: "EXPIRED", IYS_SAYS_NO: "NOT_ALLOWED_BY_IYS"}
TEXT = "text/plain; charset=utf-8"


def serve(phones: Phones, call: Call) -> Answer:
    """One call below ``/v2``."""
    path = call.path.removeprefix("/gw/verimor")
    if path == "/v2/send.json" and call.method == "POST":
        return _send(phones, call)
    if path == "/v2/status" and call.method == "GET":
        return _status(phones, call)
    if path == "/v2/inbound_messages" and call.method == "GET":
        return _inbound(phones, call)
    return Answer(404, b"NOT_FOUND", TEXT)


def _send(phones: Phones, call: Call) -> Answer:
    try:
        body = json.loads(call.body)
    except (ValueError, RecursionError):
        return _no("INVALID_JSON")
    if not isinstance(body, dict):
        return _no("INVALID_JSON")
    account = _account(phones, body)
    if account is None:
        return Answer(401, b"Unauthorized", TEXT)
    fault, taken = _read(account, body)
    if fault:
        return _no(fault)
    kind = str(body.get("iys_recipient_type", "BIREYSEL")) if body.get("is_commercial") else None
    job = phones.take(account, str(body["source_addr"]), taken, commercial=kind)
    return Answer(200, job.encode(), TEXT)


def _inbound(phones: Phones, call: Call) -> Answer:
    """What people wrote, between two moments or after a number, 100 at a time."""
    if _account(phones, dict(call.args)) is None:
        return Answer(401, b"Unauthorized", TEXT)
    after, since = int(call.args.get("greater_than") or 0), call.args.get("from_time", "")
    until = call.args.get("to_time", "9999")
    with phones.lock:
        found = [one for one in phones.replies if one.provider == "verimor" and one.number > after
                 and since <= f"{one.at:%Y-%m-%d %H:%M:%S}" <= until]
    return answer([verimor_line(one) for one in found[:PAGE]])


def _account(phones: Phones, said: dict[str, Any]) -> Account | None:
    found = phones.accounts["verimor"].get(str(said.get("username")))
    return found if found and found.password == said.get("password") else None


def _read(account: Account, body: dict[str, Any]) -> tuple[str, list[tuple[str, str, str]]]:
    """The code of the first fault, or what is sent."""
    if body.get("source_addr") not in account.titles:
        return "INVALID_SOURCE_ADDRESS", []
    if body.get("datacoding", 0) not in (0, 1, 2):
        return "INVALID_DATACODING", []
    if body.get("is_commercial"):
        if account.brand is None:
            return "MISSING_IYS_BRAND_CODE", []
        if not account.iys:
            return "AHS_AUTHORIZATION_ERROR", []
        if body.get("iys_recipient_type") not in ("BIREYSEL", "TACIR"):
            return "INVALID_IYS_RECIPIENT_TYPE", []
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "MISSING_MESSAGE", []
    taken: list[tuple[str, str, str]] = []
    for one in messages:
        fault = _fault(one)
        if fault:
            return fault, []
        taken += [(str(one.get("id") or ""), national(to), one["msg"])
                  for to in one["dest"].split(",")]
    return ("MESSAGE_COUNT_LIMIT_EXCEEDED", []) if len(taken) > MOST else ("", taken)


def _fault(one: Any) -> str:
    if not isinstance(one, dict) or not isinstance(one.get("msg"), str) or not one["msg"]:
        return "MISSING_MESSAGE"
    if len(one["msg"]) > LONGEST:
        return "MESSAGE_TOO_LONG"
    if not isinstance(one.get("dest"), str) or not one["dest"]:
        return "MISSING_DESTINATION_ADDRESS"
    return "" if all(is_phone(to) for to in one["dest"].split(",")) else (
        "INVALID_DESTINATION_ADDRESS")


def _status(phones: Phones, call: Call) -> Answer:
    if _account(phones, dict(call.args)) is None:
        return Answer(401, b"Unauthorized", TEXT)
    after = int(call.args.get("greater_than") or 0)
    found = [one for one in phones.jobs.get(call.args.get("id", ""), ()) if one.number > after]
    return answer([line(one, phones.now()) for one in found[:PAGE]])


def line(one: Message, now: datetime) -> dict[str, Any]:
    """One report as it is listed and pushed."""
    state = one.state(now)
    return {
        "type": "outbound", "campaign_id": one.job, "campaign_custom_id": None,
        "message_id": one.number, "message_custom_id": one.own, "dest": one.to.removeprefix("+"),
        "size": 1 + len(one.text) // 155, "international_multiplier": 1, "credits": 1,
        "status": STATES[state], "gsm_error": 1 if state == UNKNOWN_NUMBER else 0,
        "sent_at": one.taken.isoformat(),
        "done_at": one.settled.isoformat() if state != ON_THE_WAY else None}


def _no(code: str) -> Answer:
    return Answer(400, code.encode(), TEXT)
