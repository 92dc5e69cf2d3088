"""Netgsm's «sesli mesaj» as its packages speak it: an order in XML, a report in lines."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ileti.simulator.desk import Answer, Call
from ileti.simulator.gateways.phones import Account, Phones, is_phone, national
from ileti.simulator.gateways.switchboard import (
    ANSWERED,
    BUSY,
    IYS_SAYS_NO,
    RINGING,
    TALKING,
    UNANSWERED,
    UNKNOWN,
    UNREACHABLE,
    Line,
    Order,
)

FILTERS = {"": None, "0": None, "11": "BIREYSEL", "12": "TACIR"}
STATES = {RINGING: 0, TALKING: 0, ANSWERED: 1, UNANSWERED: 2, UNREACHABLE: 3, BUSY: 7,
          UNKNOWN: 8, IYS_SAYS_NO: 6}
LONGEST = 8_000
PLAIN = "text/html; charset=utf-8"
#: the files of the trial account
RECORDINGS = {"55156219": "Kayıt: Defne Ev kampanyası."}


def serve(phones: Phones, call: Call) -> Answer:
    """One call below ``/voicesms``."""
    path = call.path.removeprefix("/gw/netgsm-voice").rstrip("/")
    if path == "/voicesms/send" and call.method == "POST":
        return _said(_send(phones, call.body))
    if path == "/voicesms/report" and call.method == "GET":
        return _said(_report(phones, call))
    return Answer(404, b"", PLAIN)


def _said(text: str) -> Answer:
    return Answer(200, text.encode(), PLAIN)


def _account(phones: Phones, user: str, password: str) -> Account | None:
    found = phones.accounts["netgsm-voice"].get(user)
    return found if found and found.password == password else None


def _send(phones: Phones, body: bytes) -> str:
    if b"<!" in body:  # no entities from strangers
        return "70"
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 (no entities)
    except ElementTree.ParseError:
        return "70"
    header, inside = root.find("header"), root.find("body")
    if root.tag != "mainbody" or header is None or inside is None:
        return "70"
    account = _account(phones, header.findtext("usercode", ""), header.findtext("password", ""))
    if account is None:
        return "30"
    return _ordered(phones, account, header, inside)


def _ordered(phones: Phones, account: Account, header: ElementTree.Element,
             inside: ElementTree.Element) -> str:
    kind, recording = header.findtext("filter", ""), inside.findtext("audioid", "")
    said = inside.findtext("text", "") or RECORDINGS.get(recording, "")
    if kind not in FILTERS or not _dated(header) or len(said) > LONGEST:
        return "70"
    if not said:
        return "40" if recording else "70"
    numbers = [national_line(one.text or "") for one in inside.findall("no")]
    if not numbers or not all(map(is_phone, numbers)):
        return "45"
    keys = {one.findtext("keyinfo", ""): one.findtext("text", "")
            for one in inside.iter("keydetail")} if header.findtext("key") == "1" else {}
    if not all(re.fullmatch("[0-9]", key) for key in keys):
        return "70"
    order = phones.calls.take(Order(
        "netgsm-voice", account.user, FILTERS[kind], account.brand or 0, keys, "",
        [(to, said) for to in numbers]))
    return f"00 {order}"


def _dated(header: ElementTree.Element) -> bool:
    days = [header.findtext(name, "") for name in ("startdate", "stopdate")]
    hours = [header.findtext(name, "") for name in ("starttime", "stoptime")]
    return all(re.fullmatch(r"\d{8}", one) for one in days) and all(
        re.fullmatch(r"\d{4}", one) for one in hours)


def national_line(said: str) -> str:
    """E.164; ten digits are a Turkish number, of a fixed line too."""
    digits = "".join(one for one in said if one.isdigit())
    return f"+90{digits}" if len(digits) == 10 else national(digits)


def _report(phones: Phones, call: Call) -> str:
    if _account(phones, call.args.get("usercode", ""), call.args.get("password", "")) is None:
        return "30"
    found = phones.calls.of(call.args.get("bulkid", ""))
    return "".join(f"{_line(one)}<br>" for one in found) if found else "60"


def _line(one: Line) -> str:
    number = one.to.removeprefix("+")
    return f"{one.order} {number} {STATES[one.state]} {one.key or one.wrong or '-'}"
