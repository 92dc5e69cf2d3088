"""Which kinds of accounts there are: ours, and those of the plug-ins that are on.

Why this module exists: an adapter is chosen by a word in a row, never by an import somewhere else,
so that a plug-in's provider stands in the same list as ours. Ours come by the same hook
``gateway_kinds``. A plug-in's gateway is called by its crew under a time limit; a call that breaks
there may have gone out, so its batch is in doubt and never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ileti.channels.gateways import (
    iletimerkezi,
    mailkind,
    netgsm,
    netgsmvoice,
    plainhttp,
    verimor,
    verimorvoice,
)
from ileti.channels.sms import Batch, Handed, InDoubt, Later, Never, Report, Taken, Unreadable
from ileti.core.logs import get_logger
from ileti.hooks import limits, manager
from ileti.hooks.kinds import GatewayKind
from ileti.hooks.limits import PluginFailed
from ileti.tenancy import plugins

log = get_logger("ileti.gateways")

HOOK: Final = "gateway_kinds"
#: seconds one call of a plug-in's gateway may take
CALL_SECONDS: Final = 60.0
_CORE: Final = {
    "netgsm": (netgsm, "SMS by Netgsm."),
    "verimor": (verimor, "SMS by Verimor."),
    "iletimerkezi": (iletimerkezi, "SMS by İleti Merkezi."),
    "plainhttp": (plainhttp, "SMS by any provider that is described."),
    "netgsm-voice": (netgsmvoice, "Calls by Netgsm."),
    "verimor-voice": (verimorvoice, "Calls by Verimor."),
    "bulksmtp": (mailkind, "Mail by SMTP."),
}

for _name, (_module, _summary) in _CORE.items():
    manager.add_core(_name, _module, _summary)


@dataclass(frozen=True)
class Known:
    """A kind with the plug-in it comes from; "" for ours."""

    kind: GatewayKind
    plugin: str = ""


def kinds(provider_id: int) -> list[Known]:
    """The kinds a provider may make accounts of: ours first, then its plug-ins' that answer."""
    found = [Known(kind) for one in manager.installed() if one.core and HOOK in one.hooks
             for kind in manager.plugins().call_core(one.name, HOOK)]
    taken = {one.kind.key for one in found}
    for name in plugins.doing(provider_id, HOOK):
        for kind in _of_plugin(name):
            if kind.key in taken:
                log.error("gateway_kind_twice", plugin=name, kind=kind.key)
                continue
            taken.add(kind.key)
            found.append(Known(kind, name))
    return found


def kind_of(provider_id: int, key: str) -> Known | None:
    """A kind by its key; None when nothing that is on knows it (any more)."""
    return next((one for one in kinds(provider_id) if one.kind.key == key), None)


def make(known: Known, values: dict[str, str]) -> Any:
    """A gateway of these values. Raises ValueError when they do not make one, PluginFailed."""
    if not known.plugin:
        return known.kind.make(values)
    made = limits.run(known.plugin, HOOK, lambda: known.kind.make(values), manager.SECONDS[HOOK])
    return Guarded(known.plugin, made) if known.kind.channel == "MESAJ" else made


def _of_plugin(name: str) -> list[GatewayKind]:
    try:
        found = list(manager.plugins().call(name, HOOK))
    except (PluginFailed, TypeError):
        return []
    return [one for one in found if isinstance(one, GatewayKind) and 0 < len(one.key) <= 40
            and one.channel in ("MESAJ", "EPOSTA", "ARAMA")]


class Guarded:
    """A plug-in's SMS gateway, called by its crew."""

    def __init__(self, plugin: str, inner: Any) -> None:
        self.plugin, self.inner = plugin, inner
        self.name = str(getattr(inner, "name", plugin))[:30]
        self.most = max(1, int(getattr(inner, "most", 1)))
        self.many_texts = bool(getattr(inner, "many_texts", False))
        self.abroad = bool(getattr(inner, "abroad", False))

    def send(self, batch: Batch) -> Handed:
        """Hand a batch over; what is no answer leaves it in doubt."""
        try:
            answer = self._run(lambda: self.inner.send(batch))
        except PluginFailed as failed:
            return InDoubt(f"The plug-in {self.plugin} failed: {failed.reason}")
        if not isinstance(answer, Taken | Later | Never | InDoubt):
            return InDoubt(f"The plug-in {self.plugin} gave no answer we know.")
        return answer

    def reports(self, outside_id: str) -> list[Report]:
        """What became of a batch so far; nothing from one that breaks."""
        return self._reports(lambda: self.inner.reports(outside_id))

    def pushed(self, body: bytes) -> list[Report]:
        """Reports of a push; raises Unreadable, also for one that breaks."""
        try:
            return self._only_reports(self._run(lambda: self.inner.pushed(body)))
        except PluginFailed as failed:
            raise Unreadable(failed.reason) from failed

    def senders(self) -> list[str] | None:
        """Titles of the account; None from one that breaks."""
        try:
            found = self._run(self.inner.senders)
        except PluginFailed:
            return None
        return [str(one) for one in found] if isinstance(found, list | tuple) else None

    def _run(self, function: Any) -> Any:
        return limits.run(self.plugin, HOOK, function, CALL_SECONDS)

    def _reports(self, function: Any) -> list[Report]:
        try:
            return self._only_reports(self._run(function))
        except PluginFailed:
            return []

    @staticmethod
    def _only_reports(found: Any) -> list[Report]:
        if not isinstance(found, Sequence):
            return []
        return [one for one in found if isinstance(one, Report)]
