"""The door of the simulated providers: ``/gw/netgsm``, ``verimor`` and ``iletimerkezi`` take SMS,
``netgsm-voice`` and ``verimor-voice`` calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ileti.simulator.desk import Answer, Call, answer
from ileti.simulator.gateways import (
    iletimerkezi,
    netgsm,
    netgsmvoice,
    verimor,
    verimorvoice,
)
from ileti.simulator.gateways.phones import Account, Phones
from ileti.simulator.gateways.switchboard import Line, Switchboard
from ileti.simulator.options import SettingError
from ileti.simulator.registry import Registry

PREFIX = "/gw/"
SERVICES = {"netgsm": netgsm.serve, "verimor": verimor.serve, "iletimerkezi": iletimerkezi.serve,
            "netgsm-voice": netgsmvoice.serve, "verimor-voice": verimorvoice.serve}
#: What everybody may try; the brand is set by the control call ``gateway``.
TRIAL_USER, TRIAL_PASSWORD = "8500000000", "deneme"
#: The exchange's API key and the number that it shows.
TRIAL_KEY, TRIAL_NUMBER = "K00000000-deneme", "908500000000"


def open_phones(registry: Registry, now: Any) -> Phones:
    """Phones whose commercial messages are checked at this registry, with an account each."""
    def asked(channel: str) -> Callable[[int, str, str], bool]:
        def allowed(brand: int, kind: str, phone: str) -> bool:
            with registry.lock:
                registry.settle()
                history = registry.books.get((brand, kind, channel), {}).get(phone, ())
                return bool(history) and history[-1].status == "ONAY"
        return allowed

    phones = Phones(now, asked("MESAJ"), Switchboard(now, asked("ARAMA")))
    phones.calls.tells_by(verimorvoice.form_of)
    for provider in SERVICES:
        phones.put(provider, Account(TRIAL_USER, TRIAL_PASSWORD))
    phones.put("verimor-voice", Account(TRIAL_KEY, "", {TRIAL_NUMBER}))
    return phones


def serve(phones: Phones, call: Call) -> Answer:
    """One call of a provider."""
    provider = call.path.removeprefix(PREFIX).partition("/")[0]
    if provider not in SERVICES:
        return answer({"error": "There is no such provider."}, 404)
    try:
        return SERVICES[provider](phones, call)
    except (TypeError, ValueError, AttributeError):  # a value of another kind than described
        return answer({"error": "bad parameter"}, 400)


def change(phones: Phones, wish: dict[str, Any]) -> dict[str, Any]:
    """The control call ``gateway``: ``provider`` with ``user``, ``password``, ``titles``,
    ``brand``, ``iys``; ``delay`` in seconds until a fate is told. Answers what was taken so far."""
    known = {"provider", "user", "password", "titles", "brand", "iys", "delay"}
    if set(wish) - known:
        raise SettingError(f"Known are {', '.join(sorted(known))}.")
    if "delay" in wish:
        phones.delay_seconds = float(wish.pop("delay"))
    if wish:
        provider = wish.get("provider")
        if provider not in SERVICES:
            raise SettingError(f"provider is one of {', '.join(SERVICES)}.")
        user = str(wish.get("user", TRIAL_USER))
        old = phones.accounts[provider].get(user) or Account(user, TRIAL_PASSWORD)
        phones.put(provider, Account(
            user, str(wish.get("password", old.password)), set(wish.get("titles", old.titles)),
            wish.get("brand", old.brand), bool(wish.get("iys", old.iys))))
    return {"taken": phones.taken, "delay": phones.delay_seconds, "accounts": {
        name: sorted(accounts) for name, accounts in phones.accounts.items()}}


def listed(phones: Phones) -> dict[str, Any]:
    """The control call ``calls``: every call that is remembered, the newest first."""
    phones.calls.settle()
    with phones.calls.lock:
        return {"calls": [_shown(one) for one in reversed(phones.calls.lines)]}


def act(phones: Phones, wish: dict[str, Any]) -> dict[str, Any]:
    """The control call ``call``: ``number``, ``act`` (answer, press, hangup) and ``key``."""
    try:
        done = phones.calls.act(int(wish["number"]), str(wish["act"]), str(wish.get("key", "")))
    except (KeyError, TypeError, ValueError):
        raise SettingError("Name number and act, and a key for press.") from None
    if done is None:
        raise SettingError("There is no such call, or that cannot be done with it now.")
    return _shown(done)


def _shown(one: Line) -> dict[str, Any]:
    return {"number": one.number, "provider": one.provider, "order": one.order, "to": one.to,
            "state": STATES[one.state], "said": one.said, "key": one.key, "told": one.told}


STATES = ("ringing", "talking", "answered", "unanswered", "unreachable", "busy", "unknown", "iys")
