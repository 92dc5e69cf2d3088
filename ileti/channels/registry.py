"""Which gateway carries a channel here.

A gateway comes by the hook ``gateway``, ours as well: mail by SMTP when it is set, and outside of
production the demo's phone and mailbox for all else. A plug-in that is on for the provider goes
before ours; the one switched on last before the others. Then come the company's own accounts
(:mod:`ileti.channels.carrier`), then ours. A plug-in's gateway is called under a time limit; a call
that breaks there may have gone out, so its message is in doubt: a code is tried again, all else
waits for a person. In production a channel without a gateway refuses, with a reason a person can
read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psycopg

from config import Settings
from ileti.channels.base import Answer, Envelope, Gateway, Refused, Retry, Sent
from ileti.channels.carrier import carrier
from ileti.channels.gateways import demo, smtp
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core.logs import get_logger
from ileti.hooks import limits, manager
from ileti.hooks.limits import PluginFailed
from ileti.hooks.manager import SECONDS
from ileti.tenancy import plugins, twins

log = get_logger("ileti.plugins")

HOOK: Final = "gateway"
#: ours, in the order in which they are asked; their names are nobody else's
CORE: Final = {"smtp": (smtp, "Mail by SMTP (SMTP_URL)."),
               "demo": (demo, "The demo’s phone and mailbox; sends nothing.")}
_LONGEST_NAME: Final = 30
_carried: dict[Channel, Gateway] = {}

for _name, (_module, _summary) in CORE.items():
    manager.add_core(_name, _module, _summary)


class NoGateway:
    """Stands where production has no way to send."""

    name = "none"

    def send(self, message: Envelope) -> Answer:
        """Refuse in a sentence."""
        return Refused(f"No gateway is set up for {message.channel.name}.")


@dataclass(frozen=True)
class Unready:
    """Stands where the provider's gateway cannot be had now: no other takes its messages."""

    name: str
    reason: str

    def send(self, message: Envelope) -> Answer:
        """Try again later."""
        return Retry(self.reason)


@dataclass(frozen=True)
class Guarded:
    """A plug-in's gateway, called by its name's crew."""

    plugin: str
    inner: Any
    name: str
    once: bool = True

    def send(self, message: Envelope) -> Answer:
        """Hand over; whatever is no answer leaves the message in doubt, named."""
        try:
            answer = limits.run(self.plugin, HOOK, lambda: self.inner.send(message), SECONDS[HOOK])
        except PluginFailed as failed:
            return Retry(f"The plug-in {self.plugin} failed: {failed.reason}", doubt=True)
        if not isinstance(answer, Sent | Retry | Refused):
            return Retry(f"The plug-in {self.plugin} gave no answer we know.", doubt=True)
        return answer


def carry(channel: Channel, gateway: Gateway | None) -> None:
    """Let ``gateway`` carry a channel in this process; None takes it away again (tests)."""
    if gateway is None:
        _carried.pop(channel, None)
    else:
        _carried[channel] = gateway


def gateway_for(channel: Channel, settings: Settings, provider_id: int | None = None,
                brand_id: int | None = None, *, commercial: RecipientType | None = None,
                sender: str | None = None) -> Gateway:
    """The gateway of a channel; without a provider, for mails about the product itself, ours. The
    brand's accounts carry what is sent in its name; ``commercial`` and ``sender`` as
    :func:`ileti.channels.carrier.carrier` has them. What a sandbox sends reaches nobody: the demo's
    phone and mailbox take it, in production too."""
    if twins.is_twin(provider_id):
        return demo.DemoGateway()
    if channel in _carried:
        return _carried[channel]
    theirs = _by_plugin(channel, settings, provider_id) if provider_id is not None else None
    if theirs is not None:
        return theirs
    if provider_id is not None and brand_id is not None:
        accounts = carrier(provider_id, brand_id, channel, commercial=commercial, sender=sender)
        if accounts is not None:
            return accounts
    loaded = manager.plugins()
    for name in CORE:
        found: Gateway | None = loaded.call_core(name, HOOK, channel=channel.name,
                                                 settings=settings)
        if found is not None:
            return found
    return NoGateway()


def _by_plugin(channel: Channel, settings: Settings, provider_id: int) -> Gateway | None:
    try:
        gone = plugins.broken(provider_id, HOOK)
        names = plugins.doing(provider_id, HOOK)
    except psycopg.Error as error:
        return Unready("none", type(error).__name__)
    for name in names:
        try:
            found = manager.plugins().call(name, HOOK, channel=channel.name, settings=settings)
        except PluginFailed as failed:
            return Unready(name[:_LONGEST_NAME], f"The plug-in {name} failed: {failed.reason}")
        if found is not None:
            return Guarded(name, found, _name_of(name, found))
    if gone:
        return Unready(gone[0][:_LONGEST_NAME], f"The plug-in {gone[0]} is on and cannot be used.")
    return None


def _name_of(plugin: str, gateway: Any) -> str:
    """How messages remember it: never by a name of ours, which would keep codes (the demo's)."""
    name = str(getattr(gateway, "name", "") or plugin)[:_LONGEST_NAME]
    return plugin[:_LONGEST_NAME] if name in {*CORE, NoGateway.name} else name
