"""The gateway that sends nothing: messages end in the demo's own phone and mailbox.

It is chosen where no real gateway is set, and never in production. The demo page reads the message
table, so that nothing has to be kept here.
"""

from __future__ import annotations

from ileti.channels.base import Answer, Envelope, Sent


class DemoGateway:
    """Says "sent" to everything."""

    name = "demo"

    def send(self, message: Envelope) -> Answer:
        """Pretend; the page `/demo/telefon` shows it."""
        return Sent(f"demo-{message.message_id}")
