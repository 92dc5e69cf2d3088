"""The invented company's mailbox, into which the simulated mail server pushes what people answer.

Only for the first start. The secret in the address is made anew at each start, since it is kept
nowhere, and told to the simulator.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import json

from config import Settings
from ileti.core import db
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.mailroom import kept
from ileti.mailroom.endpoints import PATH, new_door

log = get_logger("ileti.seed")

ADDRESS: Final = "yanit@limankahve.ornek.test"


def seed_mailbox(settings: Settings, seeded: dict[str, Any]) -> str | None:
    """Make the mailbox once, and a fresh address for pushed mails; answers the address. Nothing in
    production, without the company or beside a real İYS."""
    if settings.production or settings.iys_base_url or not seeded:
        return None
    secret, digest = new_door()
    provider = seeded["provider"]
    with db.transaction() as conn:
        row = conn.execute("select id from mailbox where provider_id = %s and address = %s",
                           (provider, ADDRESS)).fetchone()
        number = int(row[0]) if row else kept.add_mailbox(
            conn, provider, {"address": ADDRESS}, set())
        kept.set_door(conn, provider, number, digest)
    url = f"http://127.0.0.1:{settings.port}{PATH}{secret}"
    _tell_simulator(settings, url)
    return url


def _tell_simulator(settings: Settings, url: str) -> None:
    client = OutgoingClient(settings.iys_url, read=5.0)
    try:
        answer = client.send("POST", "/_control/mail", content=json.encode({"door": url}),
                             headers={"Content-Type": "application/json"}, note="simulator")
        if answer.status_code != 200:
            log.warning("simulator_refused", status=answer.status_code)
    except NoAnswer:
        log.warning("simulator_away", url=settings.iys_url)
    finally:
        client.close()
