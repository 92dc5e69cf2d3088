"""The errors of an answer of İYS, and the smallest pieces of reading one.

Why this module exists: İYS has five shapes of errors (İYS API §1.3), and proxies in front of it
answer with HTML. Whatever came, :func:`parse_errors` finds what it says about single items and
about the whole, without an address in it, and never raises; what cannot be read at all is
``Unreadable``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.iys.wire import WireError, writable

_MOST_ERRORS: Final = 5_000
_LONGEST_MESSAGE: Final = 500
_EMAIL_SHAPED: Final = re.compile(r"[^\s\"'<>(),;:]+(?:@|%40)[^\s\"'<>(),;:]+")
# Ten digits and more, however parted, that are no date and no İYS number of letters and digits.
_PHONE_SHAPED: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?!\d{4}-\d\d-\d\d)(?:%2B|\+)?\(?\d(?:[ ().\-/]{0,2}\d){9,}"
    r"(?![0-9A-Za-z-])",
    re.ASCII | re.IGNORECASE,
)
_TAKEN_OUT: Final = "…"


class Unreadable(WireError):
    """The body is not what the call answers with: HTML, broken JSON, another shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IysError:
    """One error of an answer. ``index`` is the 0-based place in the list we sent, ``value`` the
    refused value (it may be an address: not for logs)."""

    code: str
    message: str = ""
    status: int
    index: int | None = None
    location: tuple[str | int, ...] = ()
    value: Any = field(default=None, repr=False)


def read_json(body: bytes | str | None) -> Any:
    """The body as JSON; ``Unreadable`` for anything else."""
    try:
        return json.loads(body or "")
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON") from None


def parse_errors(status: int, body: bytes | str | None) -> list[IysError]:
    """Every error of an answer, whatever its shape (§1.3); never raises.

    An unreadable answer, and one from 400 upwards that names no error, becomes one error with the
    code ``HTTP_<status>``. A readable answer below 400 without errors gives an empty list.
    """
    try:
        answer = read_json(body)
    except Unreadable:
        return [] if status == 204 else [IysError(code=f"HTTP_{status}", status=status)]
    found = [error for raw in _error_objects(answer) if (error := error_of(status, raw))]
    if not found and status >= 400:
        return [IysError(code=f"HTTP_{status}", status=status)]
    return found


def without_addresses(text: str) -> str:
    """İYS's sentence without what looks like a phone number or an e-mail address.

    Sentences are kept for good beside the receipt and shown; an address in one would outlive the
    person's erasure (R-46, R-64).
    """
    return _PHONE_SHAPED.sub(_TAKEN_OUT, _EMAIL_SHAPED.sub(_TAKEN_OUT, text))


def split_faults(
    errors: Sequence[IysError], size: int, sent: Sequence[Mapping[str, Any]] | None = None
) -> tuple[dict[int, list[IysError]], list[IysError]]:
    """Errors of single items by their place in a list of ``size``, and those of the whole list.

    The items named are set aside, the others are sent again at once (fault row 21). An index
    outside the list speaks about the whole; so does one whose value is not what stands there in
    what was ``sent``, since a record must not end refused for another's fault (row 20).
    """
    by_item: dict[int, list[IysError]] = {}
    whole: list[IysError] = []
    for error in errors:
        here = error.index is not None and 0 <= error.index < size
        if here and (sent is None or _fits(error, sent[error.index or 0])):
            assert error.index is not None  # as ``here`` says
            by_item.setdefault(error.index, []).append(error)
        else:
            whole.append(error)
    return by_item, whole


def _fits(error: IysError, item: Mapping[str, Any]) -> bool:
    """Whether the refused value is the item's own, as far as the error shows one."""
    if error.value is None or len(error.location) != 1:
        return True
    own = item.get(str(error.location[0]))
    return own is None or str(own).casefold() == str(error.value).casefold()


def _error_objects(answer: Any) -> list[Mapping[str, Any]]:
    """The error objects of all five shapes, nested ones of sub-systems first."""
    if not isinstance(answer, Mapping):
        return []
    nested = answer.get("subSystemErrorInfo")
    found = _error_objects(nested) if isinstance(nested, Mapping) else []
    errors = answer.get("errors")
    if isinstance(errors, Mapping):
        return [*found, errors]
    if isinstance(errors, list):
        return [*found, *objects_of(errors[:_MOST_ERRORS])]
    if found or answer.get("code") == "OK":
        return found
    return [answer] if {"code", "error", "errorCode"} & answer.keys() else []


def error_of(status: int, raw: Mapping[str, Any]) -> IysError | None:
    """One error; some documents print the key as ``"code:"`` (judgement 17)."""
    inner = raw.get("error")
    if isinstance(inner, Mapping):
        return error_of(status, inner)
    names = ("code", "code:", "errorCode", "error")
    code = next((text for name in names if (text := _code_text(raw.get(name)))), None)
    if code is None:
        return None
    messages = ("message", "errorMessage", "error_description")
    message = next((text for name in messages if (text := string_of(raw, name))), "")
    location = raw.get("location")
    parts = location if isinstance(location, list) else [location]
    return IysError(
        code=code,
        message=without_addresses(message)[:_LONGEST_MESSAGE],
        status=status,
        index=index_of(raw.get("index")),
        location=tuple(part for part in parts if isinstance(part, (str, int))),
        value=raw.get("value"),
    )


def objects_of(answer: Any) -> list[Mapping[str, Any]]:
    return [one for one in answer if isinstance(one, Mapping)] if isinstance(answer, list) else []


def string_of(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return writable(value).strip() or None if isinstance(value, str) else None


def _code_text(value: Any) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return writable(text).strip()[:32] or None if isinstance(text, str) else None


def index_of(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
