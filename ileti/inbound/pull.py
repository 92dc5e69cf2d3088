"""Asking gateways for what was written, where they tell it only when asked, or may have forgotten.

Why this module exists: Netgsm pushes a message once and tries no more; Verimor gives up after a
quarter of an hour. Both keep a box. Its dates are asked for and nothing else: Netgsm's box without
dates marks what it lists as seen, so that a second reader would find nothing. What was pushed too
is known by its words (:mod:`ileti.inbound.intake`); a message that is listed ten times is one.

Wire: Netgsm ``GET /sms/rest/v2/inbox?startdate&stopdate`` (``ddMMyyyyHHmmss``) as its own SDK asks
it, lines ``message, sender, receiver, datetime``; Verimor ``GET /v2/inbound_messages?from_time&
to_time`` as its guide says, 100 lines a page by ``greater_than``.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg

from ileti.channels.gateways import netgsm, verimor
from ileti.channels.sms import Unreadable
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import StorageAway
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger
from ileti.inbound import numbers
from ileti.inbound.formats import Arrived, read_line
from ileti.inbound.intake import receive
from ileti.inbound.numbers import Account

log = get_logger("ileti.inbound")

#: how far back each question looks; the job asks every few minutes
WINDOW: Final = timedelta(hours=26)
_MOST_PAGES: Final = 50
_PAGE: Final = 100
_NOTHING: Final = "40"  # Netgsm: no messages
HOMES: Final = {"netgsm": netgsm.HOME, "verimor": verimor.HOME}


def pull_all() -> dict[str, int]:
    """Ask every box; answers how many were asked, new, and could not be asked or kept. One that
    fails, however it does, stops no other."""
    boxes = numbers.asked(db.system_connection())
    new = failed = 0
    for box in boxes:
        try:
            account = box.opened()
            new += receive(account.number, _asked(account), pulled=True)
        except (NoAnswer, Unreadable, CannotDecrypt, StorageAway, psycopg.Error) as error:
            log.warning("inbound_not_pulled", number=box.number.id, reason=type(error).__name__)
            failed += 1
        except JobTimeout:
            raise
        except Exception:  # a fault of ours with what this one holds
            log.exception("inbound_pull_broke", number=box.number.id)
            failed += 1
    return {"asked": len(boxes), "new": new, "failed": failed}


def _asked(account: Account) -> list[Arrived]:
    """Everything of the window in a box. Raises NoAnswer, Unreadable. No transaction is open."""
    db.refuse_open_transaction()
    client = OutgoingClient(HOMES[account.number.gateway], read=30.0)
    try:
        now = clock.now()
        lines = (_netgsm if account.number.gateway == "netgsm" else _verimor)(
            client, account, now - WINDOW, now)
    finally:
        client.close()
    found = []
    for line in lines:
        try:
            found.append(read_line(account.number.gateway, line))
        except Unreadable:
            continue  # one line nobody can read hides no other
    return found


def _netgsm(client: OutgoingClient, account: Account, since: datetime, until: datetime
            ) -> list[Any]:
    token = base64.b64encode(f"{account.login}:{account.password}".encode()).decode()
    answer = client.send(
        "GET", "/sms/rest/v2/inbox", note="netgsm inbox",
        params={"startdate": _digits(since), "stopdate": _digits(until)},
        headers={"Authorization": f"Basic {token}"})
    said = _json(answer.text)
    if not isinstance(said, dict):
        raise Unreadable("no object")
    lines = said.get("messages")
    if not isinstance(lines, list):
        if str(said.get("code")) == _NOTHING:
            return []
        raise Unreadable(f"code {str(said.get('code'))[:10]}")
    return lines


def _verimor(client: OutgoingClient, account: Account, since: datetime, until: datetime
             ) -> list[Any]:
    found: list[Any] = []
    asked = {"username": account.login, "password": account.password}
    window = asked | {"from_time": _words(since), "to_time": _words(until)}
    for _ in range(_MOST_PAGES):
        answer = client.send("GET", "/v2/inbound_messages", params=window, note="verimor inbox")
        lines = _json(answer.text) if answer.status_code == 200 else None
        if not isinstance(lines, list):
            raise Unreadable(f"HTTP {answer.status_code}")
        found += lines
        if len(lines) < _PAGE or not isinstance(lines[-1], dict):
            break
        window = asked | {"greater_than": str(lines[-1].get("message_id", ""))}
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error


def _digits(moment: datetime) -> str:
    return f"{clock.to_istanbul(moment):%d%m%Y%H%M%S}"


def _words(moment: datetime) -> str:
    return f"{clock.to_istanbul(moment):%Y-%m-%d %H:%M:%S}"
