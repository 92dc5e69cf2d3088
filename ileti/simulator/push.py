"""Push: İYS tells a provider's own address what citizens changed (İYS API §6.11).

Registration shakes hands: the address must ask for the credentials (a call without them is
answered 401), and take a fixed test record within five seconds. From then on every movement whose
source starts with `IYS_` goes there as soon as it is recorded. What İYS does when an address fails
is not documented: here it is tried again after 1, 2, 4 … 60 seconds, ten times, and then left to
pull. Credentials stand in the simulator's file in clear, since they must be used.
"""

from __future__ import annotations

import json
import random
import threading
import time
from typing import Any

from ileti.simulator.brands import brand_for, channel_fault
from ileti.simulator.changes import pulled_line
from ileti.simulator.codes import Refused, error, refuse
from ileti.simulator.delivery import Late, Unreached, is_usable, post
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.entries import TYPES
from ileti.simulator.records import Brand, Movement, PushConnection

MOST_ACTIVE = 2
MOST_TRIES = 10
MOST_IN_LIST = 100
MADE, NOT_MADE = "Bağlantı Oluşturuldu", "Bağlantı Oluşturulamadı"

FAILED = {"H191": "Bağlantı zaman aşımına uğradı.", "H530": "Bağlantı oluşturulamadı."}
"""H191 has another meaning in the table of codes; the examples of push show it for a time-out."""

TEST_RECORD = {
    "iysCode": 100000, "brandCode": 100000, "consentDate": "2022-05-17 10:00:00",
    "creationDate": "2022-05-17 10:00:00", "source": "IYS_MOBIL", "recipient": "+905990000000",
    "recipientType": "BIREYSEL", "status": "ONAY", "type": "MESAJ", "transactionId": "0" * 64,
}  # fmt: skip

Faults = list[dict[str, Any]]


def register(desk: Desk, call: Call) -> Answer:
    """`POST …/push/registration`: one definition per type, at most two active of each."""
    brand = brand_for(desk, call)
    wanted = call.object("H014").get("connection")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(w, dict) for w in wanted):
        raise refuse("H014")
    faults: Faults = []
    for place, one in enumerate(wanted):
        faults += _faults(desk, one, ["connection", place])
    _refuse(faults)
    for one in wanted:
        _refuse(channel_fault(call, brand, one["type"]))
    for place, one in enumerate(wanted):
        code = _too_many(desk, brand, one) or _handshake(one)
        connection = PushConnection(
            brand.code, one["url"], one["type"], one["username"], one["password"],
            code is None, desk.clock.now_text(), len(desk.registry.log[brand.code, "IYS"]),
        )  # fmt: skip
        desk.registry.put_connection(connection)
        if code is not None:
            faults.append(error(code, ["connection", place, "url"], one["url"])
                          | {"message": FAILED[code]})
    _refuse(faults)
    desk.pusher.start(desk)
    return answer({"message": "Bağlantı oluşturuldu"})


def list_connections(desk: Desk, call: Call) -> Answer:
    """`GET …/push/registration`: what was registered, and whether it could be reached."""
    brand = brand_for(desk, call)
    return answer([
        {"url": one.url, "type": one.type, "status": MADE if one.made else NOT_MADE,
         "registerTime": one.at}
        for one in desk.registry.connections
        if one.brand == brand.code and not channel_fault(call, brand, one.type)
    ])


def unregister(desk: Desk, call: Call) -> Answer:
    """`POST …/push/unregistration`: one connection, by its credentials; H530 for others."""
    brand = brand_for(desk, call)
    wanted = call.object("H014")
    _refuse(_faults(desk, wanted, []))
    _refuse(channel_fault(call, brand, wanted["type"]))
    for one in desk.registry.connections:
        if (one.brand, one.url, one.type, one.username, one.password) == (
            brand.code, wanted["url"], wanted["type"], wanted["username"], wanted["password"],
        ):  # fmt: skip
            desk.registry.drop_connection(one)
            return answer({"message": "Bağlantı Kaldırıldı"})
    raise refuse("H530", ["url"], wanted["url"])


def _faults(desk: Desk, wanted: dict[str, Any], where: list[str | int]) -> Faults:
    found: Faults = []
    kind, url = wanted.get("type"), wanted.get("url")
    if kind in (None, ""):
        found.append(error("H111", [*where, "type"]))
    elif not isinstance(kind, str) or kind not in TYPES:
        found.append(error("H117", [*where, "type"], kind))
    if not isinstance(url, str) or not is_usable(
        url, over_http=desk.options.rules.push_over_http
    ):
        found.append(error("H531", [*where, "url"]))
    for name in ("username", "password"):
        if not isinstance(wanted.get(name), str) or not wanted[name]:
            found.append(error("H093", [*where, name]))
    return found


def _refuse(faults: Faults) -> None:
    if faults:
        raise Refused(faults)


def _too_many(desk: Desk, brand: Brand, wanted: dict[str, Any]) -> str | None:
    active = [one for one in desk.registry.connections
              if one.brand == brand.code and one.type == wanted["type"] and one.made
              and one.url != wanted["url"]]
    return "H530" if len(active) >= MOST_ACTIVE else None


def _handshake(wanted: dict[str, Any]) -> str | None:
    """H191 for an address that is late, H530 for one that cannot be used."""
    record = json.dumps({"list": [{**TEST_RECORD, "type": wanted["type"]}]}).encode()
    try:
        if post(wanted["url"], record, None) != 401:
            return "H530"
        status = post(wanted["url"], record, (wanted["username"], wanted["password"]))
    except Late:
        return "H191"
    except Unreached:
        return "H530"
    return None if 200 <= status < 300 else "H530"


class Pusher:
    """Carries movements to the registered addresses, in a thread of its own once there is one."""

    def __init__(self, over: threading.Event) -> None:
        self._over, self._lock = over, threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, desk: Desk) -> None:
        """Begin to carry; more calls change nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(desk,), daemon=True)
                self._thread.start()

    def deliver(self, desk: Desk) -> int:
        """Carry what waits at every address whose time it is; how many movements arrived."""
        arrived = 0
        with self._lock:
            for one in [c for c in desk.registry.connections if c.made]:
                if time.monotonic() >= one.next_at:
                    arrived += _carry(desk, one)
        return arrived

    def repeat(self, desk: Desk, *, times: int, shuffle: bool, size: int) -> list[int]:
        """Send everything since the registration again, doubled or in disorder, as a net under
        trouble may; the statuses answered (0: no answer)."""
        statuses = []
        for one in [c for c in desk.registry.connections if c.made]:
            lines = [_line(desk, m) for m in _movements(desk, one, one.first)] * times
            if shuffle:
                random.SystemRandom().shuffle(lines)
            statuses += [_send(one, lines[at:at + size]) for at in range(0, len(lines), size)]
        return statuses

    def _run(self, desk: Desk) -> None:
        while not self._over.wait(0.1):
            self.deliver(desk)


def _carry(desk: Desk, one: PushConnection) -> int:
    end = len(desk.registry.log[one.brand, "IYS"])
    waiting = _movements(desk, one, one.sent)
    if not waiting:
        one.sent = end
        return 0
    part = waiting[:MOST_IN_LIST]
    if 200 <= _send(one, [_line(desk, movement) for movement in part]) < 300:
        one.sent, one.tries = (end if len(part) == len(waiting) else _place(desk, one, part)), 0
        return len(part)
    one.tries += 1
    one.next_at = time.monotonic() + min(60, 2 ** (one.tries - 1))
    if one.tries >= MOST_TRIES:
        one.sent, one.tries = end, 0
    return 0


def _movements(desk: Desk, one: PushConnection, first: int) -> list[Movement]:
    return [m for m in desk.registry.log[one.brand, "IYS"][first:] if m.type == one.type]


def _place(desk: Desk, one: PushConnection, part: list[Movement]) -> int:
    """The place behind the last movement of `part` in the brand's log."""
    log, left = desk.registry.log[one.brand, "IYS"], len(part)
    for place in range(one.sent, len(log)):
        left -= log[place].type == one.type
        if left == 0:
            return place + 1
    return len(log)


def _send(one: PushConnection, lines: list[dict[str, Any]]) -> int:
    try:
        body = json.dumps({"list": lines}, ensure_ascii=False).encode()
        return post(one.url, body, (one.username, one.password))
    except (Late, Unreached):
        return 0


def _line(desk: Desk, movement: Movement) -> dict[str, Any]:
    brand = desk.registry.brands[movement.brand]
    return {"iysCode": brand.iys_code, "brandCode": brand.code, **pulled_line(movement)}
