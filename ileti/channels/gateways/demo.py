"""The gateway that sends nothing: messages end in the demo's own phone and mailbox.

It is chosen where no real gateway is set, and never in production. The demo page reads the message
table, so that nothing has to be kept here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ileti.channels.base import Answer, Envelope, Sent
from ileti.channels.gateways.smtp import SmtpGateway
from ileti.consents.vocabulary import Channel
from ileti.hooks.specs import hookimpl


@dataclass(frozen=True)
class DemoGateway:
    """Says "sent" to everything; a mail also goes into the simulator's mailboxes where it has a
    mail server at ``mail_port``."""

    mail_port: int = 0
    name: str = "demo"

    def send(self, message: Envelope) -> Answer:
        """Pretend; the page `/demo/telefon` shows it."""
        if self.mail_port and message.channel is Channel.EPOSTA:
            SmtpGateway(f"smtp://127.0.0.1:{self.mail_port}", "ileti@demo.test").send(message)
        return Sent(f"demo-{message.message_id}")


@hookimpl
def gateway(channel: str, settings: Any) -> DemoGateway | None:
    """Every channel, outside of production."""
    if settings.production:
        return None
    return DemoGateway(settings.mail_port if settings.ileti_env == "development" else 0)
