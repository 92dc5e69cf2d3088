"""What all providers' wires have in common: JSON calls whose failures are told apart, and numbers.

Why this module exists: whether an answer that did not come means *try again* or *in doubt* hangs on
whether the request may have arrived; that must be decided once, not in each adapter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from ileti.channels.sms import Handed, InDoubt, Later, Never
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.target import check_gateway
from ileti.hooks.kinds import KindField, Said

_GATEWAY_ERRORS: Final = (502, 504)
_SHORT_CODE: Final = range(3, 7)
#: where the provider lives, when that is not where everybody's is
HOME_FIELD: Final = KindField(
    "url", Said("Sağlayıcının adresi", "The provider’s address"), required=False,
    hint=Said("Boş bırakın; yalnız sağlayıcı size özel bir adres verdiyse yazın.",
              "Leave it empty; write one only when the provider gave you an address of your own."),
    check=check_gateway)


class Failed(Exception):
    """No usable answer; ``told`` says it in the words of a batch."""

    def __init__(self, told: Handed) -> None:
        super().__init__(str(told))
        self.told = told


def call(client: OutgoingClient, path: str, said: Any, *, note: str,
         headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """POST JSON; status and text of the answer. Raises Failed as :func:`asked`."""
    return asked(client, "POST", path, json.dumps(said, ensure_ascii=False).encode(), note=note,
                 headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def asked(client: OutgoingClient, method: str, path: str, content: bytes | None, *, note: str,
          headers: dict[str, str] | None = None,
          params: dict[str, Any] | None = None) -> tuple[int, str]:
    """One call; status and text of the answer. Raises Failed: later when nothing arrived, in doubt
    when it may have, or when something between us and the provider answered in its place."""
    try:
        answer = client.send(method, path, content=content, note=note, headers=headers,
                             params=params)
    except NoAnswer as error:
        raise Failed(InDoubt(error.reason) if error.arrived else Later(error.reason)) from error
    if answer.status_code in _GATEWAY_ERRORS:
        raise Failed(InDoubt(f"HTTP {answer.status_code}"))
    if answer.status_code == 429:
        raise Failed(Later("HTTP 429", _seconds(answer.headers.get("Retry-After"))))
    return answer.status_code, answer.text


def undescribed(who: str, status: int) -> Handed:
    """An answer in no known words, by its HTTP status: a good one or a broken server may have taken
    the batch, a refused request or an absent service has not."""
    if status == 503:
        return Later(f"{who}: HTTP 503")
    if status < 300 or status >= 500:
        return InDoubt(f"{who}: HTTP {status} without a known answer")
    return Never(f"{who}: HTTP {status} without a known reason")


def parsed(text: str) -> dict[str, Any]:
    """A JSON object, or an empty one for whatever else it is."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _seconds(said: str | None) -> float | None:
    return float(said) if said and said.isdigit() and int(said) <= 3600 else None


def e164(number: str) -> str:
    """A provider's spelling of a phone as ours: ``5992134117``, ``05992134117``, ``905992134117``,
    ``+90 599…``; foreign numbers as they come with their country."""
    digits = "".join(one for one in number if one.isdigit())
    if len(digits) == 10 and digits.startswith("5"):
        return f"+90{digits}"
    if len(digits) == 11 and digits.startswith("05"):
        return f"+9{digits}"
    return f"+{digits.removeprefix('00')}"


def written(number: str) -> str:
    """The same of a number people write to, however somebody typed it: a short code as it is."""
    digits = "".join(one for one in number if one.isdigit())
    if len(digits) in _SHORT_CODE:
        return digits
    if len(digits) == 10:  # 850 … as people write it
        return f"+90{digits}"
    if len(digits) == 11 and digits.startswith("0"):
        return f"+9{digits}"
    return e164(number)


def called(number: str) -> str:
    """The same of a number that a provider of calls rang, which may be a fixed line: ten digits are
    Turkish, with a 0 before them too."""
    digits = "".join(one for one in number if one.isdigit())
    if len(digits) == 11 and digits.startswith("0") and not digits.startswith("00"):
        digits = digits[1:]
    return f"+90{digits}" if len(digits) == 10 else e164(digits)
