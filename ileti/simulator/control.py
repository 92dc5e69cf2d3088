"""`/_control/…`: the simulator's own calls for test programs, no part of İYS.

They take and give JSON, need no token, and are not counted, limited or hit by faults. An
unusable wish is 400 `{"error": "<sentence>"}`. A browser on another site cannot use them: a
request that carries a foreign `Origin` is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ileti.simulator import acts, via
from ileti.simulator.authority import authority
from ileti.simulator.delivery import is_usable
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.faults import KINDS, read_fault
from ileti.simulator.gateways import desk as gateways
from ileti.simulator.gateways import lines
from ileti.simulator.options import (
    SettingError,
    change_delays,
    change_quotas,
    change_rules,
)
from ileti.simulator.records import Movement

MOST_LISTED = 100_000


def control(desk: Desk, call: Call) -> Answer:
    """Answer a call below `/_control/`."""
    way = WAYS.get((call.method, call.path.removeprefix("/_control/")))
    if way is None:
        return answer({"error": "There is no such control call."}, 404)
    try:
        return answer(way(desk, _wish(call) if call.method != "GET" else dict(call.args)))
    except SettingError as problem:
        return answer({"error": str(problem)}, 400)


def _wish(call: Call) -> dict[str, Any]:
    if not call.body.strip():
        return {}
    try:
        wish = json.loads(call.body)
    except ValueError:
        raise SettingError("The body is not JSON.") from None
    if not isinstance(wish, dict):
        raise SettingError("The body is a JSON object.")
    return wish


def _fault(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    if wish.pop("clear", False):
        desk.faults.disarm(wish.pop("kind", None) if set(wish) == {"kind"} else None)
    if wish:
        desk.faults.arm(read_fault(wish))
    return _faults(desk, {})


def _faults(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    return {"armed": desk.faults.listed(), "kinds": KINDS}


def _no_faults(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    desk.faults.disarm()
    return _faults(desk, {})


def _quota(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    if wish.pop("forget", False):
        desk.gatekeeper.forget()
    if wish.pop("off", False):
        change_quotas(desk.options.quotas, dict.fromkeys(asdict(desk.options.quotas)))
    change_quotas(desk.options.quotas, wish)
    return asdict(desk.options.quotas)


def _whitelist(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    """Put the address `add` on the list, or take `remove` away."""
    if not wish or set(wish) - {"add", "remove"}:
        raise SettingError("Name an address to add or to remove.")
    for name, address in wish.items():
        desk.whitelist.set(str(address), allowed=name == "add")
    return desk.whitelist.listed()


def _push(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    """Carry what waits now, or `repeat` everything (`times`, `shuffle`, lists of `size`)."""
    if set(wish) - {"repeat", "times", "shuffle", "size"}:
        raise SettingError("Known are repeat, times, shuffle and size.")
    if not wish.get("repeat"):
        return {"arrived": desk.pusher.deliver(desk), **_connections(desk, {})}
    try:
        times, size = int(wish.get("times", 1)), int(wish.get("size", 100))
    except (TypeError, ValueError):
        raise SettingError("times and size are whole numbers.") from None
    if not (1 <= times <= 100 and 1 <= size <= 1000):
        raise SettingError("times is 1 to 100, size 1 to 1000.")
    return {"statuses": desk.pusher.repeat(desk, times=times, size=size,
                                           shuffle=bool(wish.get("shuffle")))}


def _gateway(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    return gateways.change(desk.phones, wish)


def _calls(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    return gateways.listed(desk.phones)


def _call(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    return gateways.act(desk.phones, wish)


def _mail(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    """Set the address that mails to İleti are pushed to (``door``); what was taken so far."""
    if set(wish) - {"door"}:
        raise SettingError("Known is door.")
    if "door" in wish:
        url = str(wish["door"])
        if url and not is_usable(url, over_http=True):
            raise SettingError("door is https, or http to this machine.")
        desk.mailboxes.door = url
    boxes = desk.mailboxes
    return {"taken": boxes.taken, "port": boxes.port, "door": bool(boxes.door),
            "mails": [{"number": one.number, "to": one.to, "sender": one.sender,
                       "subject": one.header("Subject")} for one in boxes.newest()[:50]]}


def _line(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    return lines.put(desk.phones, wish)


def _write(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    return lines.write(desk.phones, wish)


def _connections(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    return {"connections": [
        {"brandCode": one.brand, "url": one.url, "type": one.type, "made": one.made,
         "waiting": sum(m.type == one.type
                        for m in desk.registry.log[one.brand, "IYS"][one.sent:]),
         "tries": one.tries}
        for one in desk.registry.connections
    ]}


def _via(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    """Give a provider forms (`formId`, `published`) and `credit`, or press the link of a process
    (`press`: its requestId)."""
    if set(wish) - {"iysCode", "formId", "published", "credit", "press"}:
        raise SettingError("Known are iysCode, formId, published, credit and press.")
    if "press" in wish:
        process = desk.registry.via.get(str(wish["press"]))
        if process is None or process.status != "PENDING" or process.kind.endswith("OTP"):
            raise SettingError("There is no link of this process to press.")
        return {"given": via.complete(desk, process)}
    try:
        code, credit = int(wish["iysCode"]), wish.get("credit")
        if credit is not None:
            desk.registry.via_credit[code] = int(credit)
    except (KeyError, TypeError, ValueError):
        raise SettingError("iysCode and credit are whole numbers.") from None
    if wish.get("formId"):
        desk.registry.via_forms[code, str(wish["formId"])] = wish.get("published") is not False
    return {"credit": desk.registry.via_credit.get(code, 0)}


def _via_processes(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    return {"processes": [
        {"requestId": one.number, "recipient": one.recipient, "otpCode": one.otp,
         "status": one.status}
        for one in desk.registry.via.values()
    ]}


def _delay(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    change_delays(desk.options.delays, wish)
    return asdict(desk.options.delays)


def _rules(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    change_rules(desk.options.rules, wish)
    return asdict(desk.options.rules)


def _reset(desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
    """Empty the registry and the counters; with `counters_only` just the counters."""
    desk.observer.forget()
    desk.gatekeeper.forget()
    desk.whitelist.forget()
    if not wish.get("counters_only"):
        desk.faults.disarm()
        desk.registry.reset()
        desk.registry.note_clock()
    return {"now": desk.clock.now_text()}


def _state(desk: Desk, _: dict[str, Any]) -> dict[str, Any]:
    with desk.registry.lock:
        desk.registry.settle()
        registry = desk.registry
        return {
            "now": desk.clock.now_text(),
            "frozen": desk.clock.frozen,
            "counters": desk.observer.counters(),
            "callers": desk.whitelist.listed(),
            "per_second_peak": desk.gatekeeper.peaks(),
            "registry": {
                "consents": registry.count_consents(),
                "approval": sum(brand.approval for brand in registry.brands.values()),
                "rejection": sum(brand.rejection for brand in registry.brands.values()),
                "waiting_batches": len(registry.waiting),
                **registry.tally,
            },
            "providers": [
                {
                    "iysCode": p.iys_code,
                    "title": p.title,
                    "username": p.username,
                    "activationDate": p.activation_date,
                    "brands": p.brands,
                    "subscription": p.subscription,
                    "consentLimit": p.consent_limit,
                    "usedConsentLimit": p.used,
                }
                for p in registry.providers.values()
            ],
            "partners": [
                {"integratorCode": p.code, "title": p.title, "username": p.username,
                 "subscription": p.subscription, "rights": p.rights}
                for p in registry.partners.values()
            ],
            "quotas": asdict(desk.options.quotas),
            "delays": asdict(desk.options.delays),
            "rules": asdict(desk.options.rules),
            "faults": desk.faults.listed(),
        }


def _consents(desk: Desk, args: dict[str, Any]) -> dict[str, Any]:
    """Consents with all their movements: of one `recipient`, or a page of all of them."""
    recipient = args.get("recipient")
    try:
        offset, limit = int(args.get("offset", 0)), int(args.get("limit", 1000))
    except ValueError:
        raise SettingError("offset and limit are whole numbers.") from None
    rows: list[dict[str, Any]] = []
    total = 0
    with desk.registry.lock:
        desk.registry.settle()
        for (brand, _, _), book in desk.registry.books.items():
            if args.get("brandCode") and str(brand) != args["brandCode"]:
                continue
            found = (
                [book[r] for r in {recipient, recipient.lower()} if r in book]
                if recipient
                else book.values()
            )
            for history in found:
                if offset <= total < offset + min(limit, MOST_LISTED):
                    rows.append(_consent(history))
                total += 1
    return {"total": total, "offset": offset, "list": rows}


def _consent(history: tuple[Movement, ...]) -> dict[str, Any]:
    last = history[-1]
    return {
        "brandCode": last.brand,
        "recipient": last.recipient,
        "recipientType": last.recipient_type,
        "type": last.type,
        "status": last.status,
        "source": last.source,
        "consentDate": last.date,
        "creationDate": last.created,
        "transactionId": last.transaction,
        "retailerCode": last.retailer,
        "retailerAccess": list(last.access),
        "movements": [
            {
                "status": m.status,
                "source": m.source,
                "consentDate": m.date,
                "creationDate": m.created,
                "transactionId": m.transaction,
                "requestId": m.request,
            }
            for m in history
        ],
    }


def _authority(_desk: Desk, _wish: dict[str, Any]) -> dict[str, Any]:
    """The authority that signs this simulator's time stamps, as a CA bundle."""
    return {"pem": authority().bundle}


Way = Callable[[Desk, dict[str, Any]], dict[str, Any]]

WAYS: dict[tuple[str, str], Way] = {
    ("POST", "clock"): acts.move_clock,
    ("POST", "citizen"): acts.act_as_citizen,
    ("POST", "day"): acts.falsify_day,
    ("POST", "subscription"): acts.set_subscription,
    ("POST", "provider"): acts.put_provider,
    ("POST", "partner"): acts.put_partner,
    ("POST", "gateway"): _gateway,
    ("POST", "call"): _call,
    ("GET", "calls"): _calls,
    ("POST", "mail"): _mail,
    ("POST", "line"): _line,
    ("POST", "write"): _write,
    ("POST", "fault"): _fault,
    ("GET", "fault"): _faults,
    ("DELETE", "fault"): _no_faults,
    ("POST", "quota"): _quota,
    ("POST", "whitelist"): _whitelist,
    ("POST", "via"): _via,
    ("GET", "via"): _via_processes,
    ("POST", "push"): _push,
    ("GET", "push"): _connections,
    ("POST", "delay"): _delay,
    ("POST", "rules"): _rules,
    ("POST", "reset"): _reset,
    ("GET", "state"): _state,
    ("GET", "consents"): _consents,
    ("GET", "authority"): _authority,
}
"""Method and last part of the path → act."""
