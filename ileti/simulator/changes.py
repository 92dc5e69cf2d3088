"""Pull: what moved, page by page, oldest first (İYS API §6.10).

The window is the last seven days without the last hour (the hour is `Delays.pull_seconds`). A
page ends with a cursor `<epoch>_<transactionId>` that names its last movement; movements that
share second and transaction number are never torn over two pages, so the cursor is exact.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ileti.simulator.brands import brand_for, channel_fault
from ileti.simulator.clock import ISTANBUL, read, written
from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.paging import whole_number
from ileti.simulator.records import Movement
from ileti.simulator.registry import moment_earlier

LARGEST_PAGE = 1000
WINDOW_SECONDS = 7 * 24 * 3600

_cursor = re.compile(r"([0-9]{1,12})_([0-9a-f]{64})", re.ASCII).fullmatch


def pull(desk: Desk, call: Call) -> Answer:
    """`GET …/consents/changes?source&after&limit`; 204 when there is nothing (more)."""
    brand = brand_for(desk, call)
    source = call.args.get("source", "IYS")
    if source not in ("HS", "IYS"):
        raise refuse("H506", ["source"], source)
    limit = whole_number(call.args.get("limit", str(LARGEST_PAGE)))
    if limit is None or not 1 <= limit <= LARGEST_PAGE:
        raise refuse("H507", ["limit"], call.args["limit"])
    with desk.registry.lock:
        desk.registry.settle()
        log = desk.registry.log[brand.code, source]
        if call.partner is not None:  # a partner sees only what it is authorised for
            log = [m for m in log if not channel_fault(call, brand, m.type)]
        first = bisect_left(log, moment_earlier(desk.clock, WINDOW_SECONDS), key=_created)
        end = bisect_right(
            log, moment_earlier(desk.clock, desk.options.delays.pull_seconds), key=_created
        )
        if "after" in call.args:
            first = max(first, _place_after(log, call.args["after"]))
        last = _page_end(log, first, min(first + limit, end), end)
        page = log[first:last]
    if not page:
        return Answer(204)
    return answer({"after": cursor_of(page[-1]), "list": [pulled_line(m) for m in page]})


def cursor_of(movement: Movement) -> str:
    """The cursor that stands behind a movement."""
    return f"{int(read(movement.created).timestamp())}_{movement.transaction}"


def _created(movement: Movement) -> str:
    return movement.created


def _place_after(log: Sequence[Movement], cursor: str) -> int:
    """The place of the first movement behind the cursor; raises `Refused` H098."""
    match = _cursor(cursor)
    if match is None:
        raise refuse("H098", ["after"], cursor)
    second = written(datetime.fromtimestamp(int(match[1]), ISTANBUL))
    first = bisect_left(log, second, key=_created)
    end = bisect_right(log, second, lo=first, key=_created)
    for place in range(end - 1, first - 1, -1):
        if log[place].transaction == match[2]:
            return place + 1
    return end


def _page_end(log: Sequence[Movement], first: int, last: int, end: int) -> int:
    """The end of a page that tears no group of equal cursors; longer rather than empty."""
    if last <= first or last >= end or not _same_cursor(log[last - 1], log[last]):
        return last
    shorter = last - 1
    while shorter > first and _same_cursor(log[shorter - 1], log[shorter]):
        shorter -= 1
    if shorter > first:
        return shorter
    while last < end and _same_cursor(log[last - 1], log[last]):
        last += 1
    return last


def _same_cursor(one: Movement, other: Movement) -> bool:
    return one.created == other.created and one.transaction == other.transaction


def pulled_line(movement: Movement) -> dict[str, Any]:
    """A movement as pull and push tell it."""
    body: dict[str, Any] = {
        "consentDate": movement.date or "",
        "creationDate": movement.created,
        "source": movement.source or "",
        "recipient": movement.recipient,
        "recipientType": movement.recipient_type,
        "status": movement.status,
        "type": movement.type,
        "transactionId": movement.transaction,
    }
    if movement.citizen_name is not None:
        body["citizenName"] = movement.citizen_name
    return body
