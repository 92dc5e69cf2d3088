"""Numbers that people write to: what the simulated providers do with an SMS that comes in.

Why this module exists: a provider tells its customer at an address the customer named, each in its
own form (sms-gateways §6; Verimor's guide, the names Netgsm's customers read, a form of our own
for the others), and keeps what came in a box. A message may be told again, since real providers do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ileti.simulator.delivery import Late, Unreached, is_usable, post
from ileti.simulator.gateways.phones import Phones, Reply, is_phone, national
from ileti.simulator.options import SettingError

PROVIDERS = ("netgsm", "verimor", "iletimerkezi", "http")
LONGEST = 2_000


@dataclass(frozen=True)
class Line:
    """A customer's number: at which provider, and the address that is told."""

    number: str
    provider: str
    url: str
    name: str = ""


def put(phones: Phones, wish: dict[str, Any]) -> dict[str, Any]:
    """The control call ``line``: ``number``, ``provider`` and ``url`` of a customer's number; an
    empty ``url`` tells nobody, and its box is asked."""
    known = {"number", "provider", "url", "name"}
    if set(wish) - known or not {"number", "provider"} <= set(wish):
        raise SettingError("Known are number, provider, url and name.")
    line = Line(spelled(str(wish["number"])), str(wish["provider"]), str(wish.get("url") or ""),
                str(wish.get("name") or "")[:80])
    if line.provider not in PROVIDERS:
        raise SettingError(f"provider is one of {', '.join(PROVIDERS)}.")
    if line.url and not is_usable(line.url, over_http=True):
        raise SettingError("url is https, or http to this machine.")
    phones.lines[line.number] = line
    return {"lines": sorted(phones.lines)}


def write(phones: Phones, wish: dict[str, Any]) -> dict[str, Any]:
    """The control call ``write``: ``sender`` writes ``text`` to the number ``to``; answers what the
    customer's address said (0: nobody was told, or it did not answer)."""
    sender, to = national(str(wish.get("sender", ""))), spelled(str(wish.get("to", "")))
    text, line = str(wish.get("text", ""))[:LONGEST], phones.lines.get(to)
    if not is_phone(sender):
        raise SettingError("sender is a phone.")
    if line is None or not text.strip():
        raise SettingError("to is a number somebody has, text is not empty.")
    made = phones.write(line.provider, sender, to, text)
    return {"number": made.number, "status": tell(phones, made)}


def tell(phones: Phones, one: Reply) -> int:
    """Tell the customer, once; the answer's HTTP status, 0 for none."""
    line = phones.lines.get(one.to)
    if line is None or not line.url:
        return 0
    body = json.dumps(FORMS[line.provider](one), ensure_ascii=False).encode()
    try:
        one.status = post(line.url, body, None)
    except (Late, Unreached):
        one.status = 0
    one.told += 1
    return one.status


def tell_again(phones: Phones, number: int) -> int:
    """Tell a message once more, as providers do that heard no answer."""
    found = next((one for one in phones.replies if one.number == number), None)
    if found is None:
        raise SettingError("There is no such message.")
    return tell(phones, found)


def spelled(number: str) -> str:
    """A short code as it is, all else with its country."""
    digits = "".join(one for one in number if one.isdigit())
    if 3 <= len(digits) <= 6:
        return digits
    if len(digits) == 11 and digits.startswith("0"):
        return f"+9{digits}"
    return f"+90{digits}" if len(digits) == 10 else f"+{digits}"


def _bare(number: str) -> str:
    return number.removeprefix("+")


def _verimor(one: Reply) -> Any:
    return [verimor_line(one) | {"type": "inbound",
                                 "received_at": f"{one.at:%Y-%m-%d %H:%M:%S}"}]


def verimor_line(one: Reply) -> dict[str, Any]:
    """A message as Verimor's box lists it."""
    return {"message_id": one.number, "received_at": one.at.isoformat(timespec="milliseconds"),
            "network": "TURKCELL", "source_addr": _bare(one.sender),
            "destination_addr": _bare(one.to), "keyword": "", "content": one.text}


def _netgsm(one: Reply) -> Any:
    return {"gorevid": one.number, "ceptel": one.sender.removeprefix("+90").removeprefix("+"),
            "mesaj": one.text, "tarih": f"{one.at:%d.%m.%Y %H:%M:%S}"}


def netgsm_line(one: Reply) -> dict[str, Any]:
    """A message as Netgsm's box lists it."""
    return {"message": one.text, "sender": one.sender.removeprefix("+90").removeprefix("+"),
            "receiver": _bare(one.to), "datetime": f"{one.at:%d.%m.%Y %H:%M:%S}"}


def _plain(one: Reply) -> Any:
    return {"id": one.number, "from": one.sender, "to": one.to, "text": one.text,
            "at": one.at.isoformat(timespec="seconds")}


FORMS = {"verimor": _verimor, "netgsm": _netgsm, "iletimerkezi": _plain, "http": _plain}
