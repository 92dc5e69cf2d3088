"""The webhooks' thin job entry."""

from __future__ import annotations

from ileti.core.jobs import job
from ileti.webhooks.events import write_events
from ileti.webhooks.send import send_deliveries


@job(queue="messages", every=20.0, timeout=300,
     idempotent="an event is written once per address; a delivery is claimed under a fence")
def tell_webhooks() -> dict[str, int]:
    """Write the deliveries of new events, and send what waits."""
    return write_events() | send_deliveries()
