"""The page of phones: what a person has on the phone, by sender, and the hand that writes.

Why this module exists: whether an answer came, and what it said, is seen on a phone and nowhere
else. Each sender title, and each number one wrote to, is a conversation; a message that was written
goes to the customer's address in the provider's own form, and can be told again as providers do.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ileti.simulator.desk import Answer, Call, Desk
from ileti.simulator.gateways import lines
from ileti.simulator.gateways.phones import Phones, national
from ileti.simulator.options import SettingError
from ileti.simulator.words import WORDS

PATH = "/telefonlar"
ACTS = ("write", "again")
SHOWN_PHONES = 60
_FIRST = "+905992134117"


def context(desk: Desk, args: dict[str, str]) -> dict[str, Any]:
    """What ``phones.html`` shows: the phones, and one of them with its conversations."""
    phones, language = desk.phones, 1 if args.get("lang") == "en" else 0
    with phones.lock:
        known = list(dict.fromkeys([*reversed([one.sender for one in phones.replies]),
                                    *reversed(phones.phones)]))[:SHOWN_PHONES]
        chosen = _number(args.get("no", "")) or (known[0] if known else _FIRST)
        talks = _conversations(phones, chosen)
    return {
        "t": lambda name, **more: WORDS[name][language].format(**more),
        "language": ("tr", "en")[language], "now": desk.clock.now(), "phones": known,
        "chosen": chosen, "talks": talks, "lines": list(phones.lines.values()),
        "to": args.get("to", ""), "spaced": spaced,
        "done": args.get("done") if f"done_{args.get('done')}" in WORDS else None,
        "failed": args.get("failed") if f"failed_{args.get('failed')}" in WORDS else None,
    }


def acted(desk: Desk, call: Call) -> tuple[Answer, str]:
    """What a form of the page does; the answer and where one comes back to."""
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    back = {"no": form.get("sender", "")} | ({"lang": "en"} if form.get("lang") == "en" else {})
    if form.get("to"):
        back["to"] = form["to"]
    try:
        if call.path.endswith("/again"):
            status = lines.tell_again(desk.phones, int(form.get("number", "0") or 0))
        else:
            status = lines.write(desk.phones, form)["status"]
        back["done"] = "told" if status == 200 else "kept"
    except (SettingError, ValueError):
        back["failed"] = "write"
    return Answer(303), f"{PATH}?{urlencode(back)}"


def _number(text: str) -> str:
    digits = "".join(one for one in text if one.isdigit())
    return national(text) if 9 <= len(digits) <= 15 else ""


def _conversations(phones: Phones, phone: str) -> list[dict[str, Any]]:
    """Conversations of a phone, the last one first; each oldest message first."""
    talks: dict[str, list[dict[str, Any]]] = {}
    for message in phones.phones.get(phone, ()):
        talks.setdefault(message.sender, []).append(
            {"own": False, "text": message.text, "at": message.taken, "number": 0, "told": 0,
             "status": 0})
    for reply in phones.replies:
        if reply.sender == phone:
            talks.setdefault(reply.to, []).append(
                {"own": True, "text": reply.text, "at": reply.at, "number": reply.number,
                 "told": reply.told, "status": reply.status})
    found = [{"who": who, "line": phones.lines.get(who),
              "messages": sorted(some, key=lambda one: one["at"])} for who, some in talks.items()]
    return sorted(found, key=_last, reverse=True)


def _last(talk: dict[str, Any]) -> datetime:
    last: datetime = talk["messages"][-1]["at"]
    return last


def spaced(number: str) -> str:
    """A Turkish number in groups, anything else as it is."""
    if number.startswith("+90") and len(number) == 13:
        return f"+90 {number[3:6]} {number[6:9]} {number[9:11]} {number[11:]}"
    return number
