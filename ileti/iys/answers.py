"""İYS's answers to our calls, read without trusting them.

Why this module exists: an answer decides whether a consent counts as registered. İYS has five
shapes of errors (İYS API §1.3), two spellings of one key, lists whose order and base changed, and
proxies in front that answer with HTML. So: items are matched by content, never by place (fault row
20); a success without a transaction id is no success; what cannot be read raises ``Unreadable``,
which for a call that may have been carried out means "in doubt, ask", never "failed".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ileti.iys.faults import (
    Unreadable,
    error_of,
    index_of,
    objects_of,
    read_json,
    string_of,
)
from ileti.iys.wire import (
    ConsentKey,
    Movement,
    WireError,
    from_iys_time,
    from_movement,
    key_of,
)

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{1,36}", re.ASCII)
# What an echoed item must agree on besides its key, when it carries it.
_CONTENT: Final = ("status", "source", "consentDate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Access and refresh token with their lifetimes in seconds (İYS API §4)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredBrand:
    """A brand as İYS lists it (§5.1); the master brand has the provider's number."""

    brand_code: int
    name: str
    master: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """İYS's receipt for one consent."""

    transaction_id: str
    creation_date: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A list İYS took to work on. ``ids`` maps our place in the list to İYS's sub-request id;
    ``unmatched`` are our places it did not echo, ``strangers`` counts echoes that are not ours."""

    request_id: str
    ids: dict[int, str]
    unmatched: tuple[int, ...]
    strangers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Movements of one key, newest first (§6.9). ``total`` counts all that İYS has;
    ``unreadable`` those of this page whose form we do not know."""

    movements: tuple[Movement, ...]
    total: int
    unreadable: int = 0


class ItemState(StrEnum):
    """Where one item of a list stands (§6.5). UNKNOWN: ask again, do not believe."""

    SUCCESS = "success"
    FAILURE = "failure"
    ENQUEUE = "enqueue"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """One item of a list's result. ``original_request_id`` is set when V2 says that the same
    consent had been taken before under that request (§6.6)."""

    state: ItemState
    sub_request_id: str | None
    index: int | None = None
    transaction_id: str | None = None
    creation_date: dt.datetime | None = None
    code: str | None = None
    message: str = ""
    original_request_id: str | None = None
    original_sub_request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPage:
    """A page of movements, oldest first. ``after`` is İYS's cursor, opaque (judgement 4), ``None``
    when İYS gave none. ``unreadable`` keeps movements we do not understand: nothing is dropped."""

    movements: tuple[Movement, ...]
    after: str | None
    unreadable: tuple[dict[str, Any], ...] = field(default=(), repr=False)


def match_subrequests(sent: Sequence[Mapping[str, Any]], answer: Any) -> Accepted:
    """Match İYS's echo of a list to what was sent, by content and not by place (fault row 20).

    ``sent`` holds the objects of ``to_wire``, ``answer`` the JSON of the 202. An echo that differs
    in status, source or date is not ours; a key echoed with two ids is matched to neither.
    ``Unreadable`` when there is no usable ``requestId``.
    """
    request_id = answer.get("requestId") if isinstance(answer, Mapping) else None
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        raise Unreadable("requestId: missing")
    places = {key_of(item): place for place, item in enumerate(sent)}
    ids: dict[int, str] = {}
    doubtful: set[int] = set()
    strangers = 0
    for echo in objects_of(answer.get("subRequests", answer.get("subrequests"))):
        place, sub_id = places.get(key_of(echo)), _sub_request_id(echo)
        if place is None or sub_id is None or not _agrees(sent[place], echo):
            strangers += 1
        elif ids.setdefault(place, sub_id) != sub_id:
            doubtful.add(place)
    for place in doubtful:
        del ids[place]
    unmatched = tuple(place for place in range(len(sent)) if place not in ids)
    return Accepted(request_id=request_id, ids=ids, unmatched=unmatched, strangers=strangers)


def parse_batch_result(body: bytes | str | None) -> list[ItemResult]:
    """The items of a list's result (§6.5, §6.6). An empty list means not finished yet.

    ``Unreadable`` when the answer is no list.
    """
    answer = read_json(body)
    if not isinstance(answer, list):
        raise Unreadable("the answer is not a list")
    return [_item_result(raw) for raw in objects_of(answer)]


def parse_added(body: bytes | str | None) -> Added:
    """The receipt of a single consent (§6.1, §6.2); ``Unreadable`` without a transaction id."""
    answer = _object(read_json(body))
    transaction_id = string_of(answer, "transactionId")
    if transaction_id is None:
        raise Unreadable("transactionId: missing")
    return Added(transaction_id=transaction_id, creation_date=_moment(answer, "creationDate"))


def parse_status(body: bytes | str | None, asked: ConsentKey) -> Movement:
    """What İYS holds for one key (§6.7); ``Unreadable`` when it does not say, or speaks about
    another key than the one asked for (fault row 20)."""
    try:
        held = from_movement(_object(read_json(body)))
    except WireError as error:
        raise Unreadable(str(error)) from None
    if asked != (held.recipient, held.recipient_type.name, held.channel.name):
        raise Unreadable("recipient: not the one asked for")
    return held


def parse_history(body: bytes | str | None, asked: ConsentKey) -> History:
    """The movements of one key (§6.9), put in the order of their dates, newest first.

    ``Unreadable`` without a list or a count, and when a movement is another key's: what is shown
    beside a person's record must be about that person.
    """
    answer = _object(read_json(body))
    listed, pages = answer.get("list"), _object(answer.get("pagination"))
    total = index_of(pages.get("totalCount"))
    if not isinstance(listed, list) or total is None or total < len(listed):
        raise Unreadable("list: missing")
    movements: list[Movement] = []
    for raw in listed:
        try:
            movement = from_movement(_object(raw))
        except WireError:
            continue
        if asked != (movement.recipient, movement.recipient_type.name, movement.channel.name):
            raise Unreadable("recipient: not the one asked for")
        movements.append(movement)
    movements.sort(key=lambda one: (one.consent_date or one.creation_date, one.creation_date),
                   reverse=True)
    return History(movements=tuple(movements), total=total,
                   unreadable=len(listed) - len(movements))


def parse_multi_status(body: bytes | str | None) -> frozenset[str]:
    """The addresses that are ONAY, lower case (§6.8). Absent means RET or unknown, nothing more.

    ``Unreadable`` when there is no list: an answer that is not understood must not read as "none".
    """
    listed = _object(read_json(body)).get("list")
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable("list: missing")
    return frozenset(one.strip().lower() for one in listed)


def parse_pull(status: int, body: bytes | str | None) -> PullPage:
    """A page of pull, or a body İYS pushed to us (§6.10, §6.11). 204 is an empty page."""
    if status == 204:
        return PullPage(movements=(), after=None)
    answer = _object(read_json(body))
    listed = answer.get("list")
    if not isinstance(listed, list):
        raise Unreadable("list: missing")
    movements: list[Movement] = []
    unreadable: list[dict[str, Any]] = []
    for raw in listed:
        try:
            movements.append(from_movement(_object(raw)))
        except WireError:
            unreadable.append(raw if isinstance(raw, dict) else {"value": raw})
    return PullPage(
        movements=tuple(movements),
        after=string_of(answer, "after"),
        unreadable=tuple(unreadable),
    )


def parse_token(body: bytes | str | None) -> Token:
    """The answer of the token call (§4); ``Unreadable`` without both tokens."""
    answer = _object(read_json(body))
    access, refresh = string_of(answer, "access_token"), string_of(answer, "refresh_token")
    if access is None or refresh is None:
        raise Unreadable("access_token: missing")
    return Token(
        access_token=access,
        refresh_token=refresh,
        expires_in=_seconds(answer, "expires_in", 7_200),
        refresh_expires_in=_seconds(answer, "refresh_expires_in", 14_400),
    )


def parse_brands(body: bytes | str | None) -> list[RegisteredBrand]:
    """The provider's brands (§5.1); ``Unreadable`` when the answer is no list of brands."""
    answer = read_json(body)
    if not isinstance(answer, list):
        raise Unreadable("the answer is not a list")
    brands = []
    for raw in objects_of(answer):
        code, name = index_of(raw.get("brandCode")), string_of(raw, "name")
        if code is None or name is None:
            raise Unreadable("brandCode: missing")
        brands.append(RegisteredBrand(brand_code=code, name=name, master=_flag(raw.get("master"))))
    return brands


def _item_result(raw: Mapping[str, Any]) -> ItemResult:
    said = raw.get("status")
    state = ItemState(said) if said in ("success", "failure", "enqueue") else ItemState.UNKNOWN
    error = error_of(200, raw) if state is ItemState.FAILURE else None
    transaction_id = string_of(raw, "transactionId")
    if (state is ItemState.SUCCESS and transaction_id is None) or (
        state is ItemState.FAILURE and error is None
    ):
        state = ItemState.UNKNOWN
    original = raw.get("originalRequestInformation")
    earlier = original if isinstance(original, Mapping) else {}
    return ItemResult(
        state=state,
        sub_request_id=_sub_request_id(raw),
        index=index_of(raw.get("index")),
        transaction_id=transaction_id if state is ItemState.SUCCESS else None,
        creation_date=_moment(raw, "creationDate") if state is ItemState.SUCCESS else None,
        code=error.code if error else None,
        message=error.message if error else "",
        original_request_id=string_of(earlier, "requestId"),
        original_sub_request_id=_sub_request_id(earlier),
    )


def _agrees(sent: Mapping[str, Any], echo: Mapping[str, Any]) -> bool:
    return all(sent.get(name) == echo[name] for name in _CONTENT if echo.get(name) is not None)


def _sub_request_id(raw: Mapping[str, Any]) -> str | None:
    """Both spellings of the key (judgement 3)."""
    return string_of(raw, "subRequestId") or string_of(raw, "subrequestId")


def _object(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping):
        raise Unreadable("the answer is not an object")
    return answer


def _seconds(raw: Mapping[str, Any], name: str, usual: int) -> int:
    value = index_of(raw.get(name))
    return value if value is not None and 0 < value <= 86_400 else usual


def _flag(value: Any) -> bool:
    """Booleans, which some examples print as text."""
    return value is True or value == "true"


def _moment(raw: Mapping[str, Any], name: str) -> dt.datetime | None:
    text = string_of(raw, name)
    try:
        return from_iys_time(text) if text else None
    except WireError:
        return None
