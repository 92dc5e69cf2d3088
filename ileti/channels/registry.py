"""Which gateway carries a channel here, decided by the settings and by nothing else.

Plug-ins add theirs with :func:`carry`. Without one, mail goes by SMTP when it is set; outside of
production everything else ends in the demo's phone and mailbox. In production a channel without a
gateway refuses, with a reason a person can read.
"""

from __future__ import annotations

from config import Settings
from ileti.channels.base import Answer, Envelope, Gateway, Refused
from ileti.channels.gateways.demo import DemoGateway
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.consents.vocabulary import Channel

_carried: dict[Channel, Gateway] = {}


class NoGateway:
    """Stands where production has no way to send."""

    name = "none"

    def send(self, message: Envelope) -> Answer:
        """Refuse in a sentence."""
        return Refused(f"No gateway is set up for {message.channel.name}.")


def carry(channel: Channel, gateway: Gateway | None) -> None:
    """Let ``gateway`` carry a channel in this process; None takes it away again."""
    if gateway is None:
        _carried.pop(channel, None)
    else:
        _carried[channel] = gateway


def gateway_for(channel: Channel, settings: Settings) -> Gateway:
    """The gateway of a channel."""
    if channel in _carried:
        return _carried[channel]
    if channel is Channel.EPOSTA and settings.smtp_url:
        return SmtpGateway(settings.smtp_url, settings.mail_from or "ileti@localhost")
    return NoGateway() if settings.production else DemoGateway()
