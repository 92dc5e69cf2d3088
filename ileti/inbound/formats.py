"""What gateways send when somebody writes to a number, read into one form.

Why this module exists: each gateway names the same five things otherwise. Verimor's push is
described by its guide (a list of lines of ``type`` inbound, the shared short code's keyword in
front of the words). Netgsm's is not described in public: what programs that take it read is taken
here (``ceptel``, ``mesaj``, ``gorevid`` and others). İleti Merkezi describes none: its form, and
that of the generic gateway, is ours (docs/inbound.md). JSON or a web form, one message or many.
What has no sender, no words, or nothing that tells a repeat, is not readable. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl

from ileti.channels.sms import Unreadable
from ileti.core.clock import ISTANBUL

GATEWAYS: Final = {"netgsm": "Netgsm", "verimor": "Verimor", "iletimerkezi": "İleti Merkezi",
                   "http": "HTTP"}
MOST_LINES: Final = 200
_YEARS: Final = range(2000, 2100)
_LONGEST_TEXT: Final = 2_000
_LONGEST_ID: Final = 60


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message; ``sender`` and ``to`` as the gateway spells them, ``at`` aware or None."""

    outside_id: str
    sender: str
    to: str
    text: str
    at: datetime | None


_OURS: Final = {"id": ("id", "message_id"), "sender": ("from", "sender"), "to": ("to", "number"),
                "text": ("text", "body", "message"), "at": ("at", "date", "received_at")}
_NAMES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "verimor": {"id": ("message_id",), "sender": ("source_addr",), "to": ("destination_addr",),
                "text": ("content",), "at": ("received_at",)},
    "netgsm": {"id": ("gorevid", "id", "messageid"),
               "sender": ("ceptel", "sender", "msgno", "no", "gsmno", "msisdn"),
               "to": ("receiver", "target", "altnumara", "to"),
               "text": ("mesaj", "message", "msg", "text"),
               "at": ("tarih", "datetime", "date")},
    "iletimerkezi": _OURS, "http": _OURS,
}
_FORMS: Final = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M")
#: digits alone say by their count what they are: read loosely, 15:59 would also be 15:05:09
_DIGITS: Final = {14: "%d%m%Y%H%M%S", 12: "%d%m%Y%H%M"}


def parse(gateway: str, body: bytes, content_type: str = "", query: str = "") -> list[Arrived]:
    """The messages of one call; ``query`` for gateways that call with GET. Raises Unreadable."""
    lines = _lines(body, content_type) if body.strip() else [dict(_pairs(query))]
    if len(lines) > MOST_LINES:
        raise Unreadable("too many lines")
    return [read_line(gateway, line) for line in lines if _is_inbound(line)]


def read_line(gateway: str, line: Any) -> Arrived:
    """One message out of its line. Raises Unreadable."""
    if not isinstance(line, Mapping):
        raise Unreadable("a line is no object")
    names = _NAMES[gateway]
    sender, text = _said(line, names["sender"]), _said(line, names["text"])
    stamp, to, own = (_said(line, names[one]) for one in ("at", "to", "id"))
    if not sender or not text.strip() or any("\0" in one for one in (sender, text, own, to)):
        raise Unreadable("no sender, or no words")
    at = moment_of(stamp)
    if not own and at is None:
        raise Unreadable("nothing tells a repeat")
    return Arrived(own[:_LONGEST_ID] or f"h-{_print(sender, to, text, stamp)}", sender[:40],
                   to[:40], _without_keyword(line, text)[:_LONGEST_TEXT], at)


def moment_of(text: str) -> datetime | None:
    """A gateway's moment, aware; Istanbul's where it names no zone. None for what is none, or of
    another century."""
    found: datetime | None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        forms = (_DIGITS.get(len(text), ""),) if text.isdecimal() else _FORMS
        found = next((one for form in forms if form and (one := _by_form(text, form))), None)
    if found is None or found.year not in _YEARS:
        return None
    return found if found.tzinfo else found.replace(tzinfo=ISTANBUL)


def _by_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=ISTANBUL)
    except ValueError:
        return None


def _lines(body: bytes, content_type: str) -> list[Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("no UTF-8") from error
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return [dict(_pairs(text))]
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("neither JSON nor a form") from error
    if isinstance(said, dict):
        for name in ("messages", "inbound", "data"):
            if isinstance(said.get(name), list | dict):
                said = said[name]
                break
    return said if isinstance(said, list) else [said]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    try:
        return parse_qsl(text, max_num_fields=40, keep_blank_values=True)
    except ValueError as error:
        raise Unreadable("too many fields") from error


def _is_inbound(line: Any) -> bool:
    """Verimor pushes reports of sent messages to the same address."""
    return not (isinstance(line, Mapping)
                and str(line.get("type") or line.get("direction") or "inbound") == "outbound")


def _said(line: Mapping[str, Any], names: Iterable[str]) -> str:
    """What stands under the first of these names; half a letter, as JSON may hold, as ``?``: nobody
    could keep it, so that the message would come again and again."""
    for name in names:
        value = line.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).encode("utf-8", "replace").decode().strip()
    return ""


def _without_keyword(line: Mapping[str, Any], text: str) -> str:
    """On a short code that many share, the words begin with the customer's keyword."""
    keyword = line.get("keyword")
    if not isinstance(keyword, str) or not keyword.strip():
        return text
    first, _, rest = text.strip().partition(" ")
    return rest if rest and first.casefold() == keyword.strip().casefold() else text


def _print(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
