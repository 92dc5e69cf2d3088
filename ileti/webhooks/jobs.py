"""The webhooks' thin job entry."""

from __future__ import annotations

from ileti.core import db
from ileti.core.jobs import job
from ileti.webhooks.events import write_events
from ileti.webhooks.send import send_deliveries


@job(queue="messages", every=20.0, timeout=300,
     idempotent="an event is written once per address; a delivery is claimed under a fence")
def tell_webhooks() -> dict[str, int]:
    """Write the deliveries of new events, and send what waits."""
    return write_events() | send_deliveries()


@job(queue="upkeep", every=3_600, timeout=120, idempotent="deletes only what is older than a time")
def forget_message_news() -> dict[str, int]:
    """What was kept for webhooks about messages goes after ten days; nobody is told of it then."""
    done = db.system_connection().execute(
        "delete from message_news where (provider_id, id) in (select provider_id, id "
        "from message_news where at < now() - interval '10 days' limit 20000)")
    return {"forgotten": done.rowcount}


@job(queue="upkeep", every=600, timeout=60, idempotent="wipes only what has run out")
def forget_webhook_secrets() -> dict[str, int]:
    """A secret that was renewed is wiped when its day is over; it stopped signing by then."""
    done = db.system_connection().execute(
        "update webhook set secret_before = null, secret_before_until = null "
        "where secret_before_until <= now()")
    return {"forgotten": done.rowcount}
