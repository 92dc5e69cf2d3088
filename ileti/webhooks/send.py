"""Telling: claim, sign, call, close; what fails comes back with a doubling delay, and what stays
hopeless for days is parked with its last answer, for a person to send again.

The other side may act and its answer get lost: it is told again then, under the same id, which the
receiver takes once. Nothing of its answer is kept but the number.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import httpx

from ileti.core import clock, db, target
from ileti.core.crypto import CannotDecrypt
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.outbox import relay
from ileti.webhooks.events import TOPIC
from ileti.webhooks.signing import headers

log = get_logger("ileti.webhooks")

LEASE_SECONDS: Final = 90
CLAIMED_AT_ONCE: Final = 4
FIRST_DELAY: Final = 5.0
LONGEST_DELAY: Final = 7_200.0
# With delays that double up to two hours this is three days: a weekend's outage loses nothing.
MOST_TRIES: Final = 46
SECONDS: Final = 10.0
#: how long what is told waits while the provider does not have the module
HELD_SECONDS: Final = 21_600.0

_BESIDE = """
select t.provider_id, t.ref_id, t.fence, t.tries, d.sent_at, d.event_id, d.body, w.url, w.secret,
       case when w.secret_before_until > now() then w.secret_before end, w.active, p.data_management
  from taken t join provider p on p.id = t.provider_id
  left join webhook_delivery d on d.id = t.ref_id
  left join webhook w on w.id = d.webhook_id"""


@dataclass(frozen=True)
class Claimed:
    """One delivery in our hands."""

    provider_id: int
    id: int
    fence: int
    tries: int
    sent_at: datetime | None
    event_id: str | None
    body: str | None
    url: str | None
    secret: str | None
    secret_before: str | None
    active: bool | None
    offered: bool


@dataclass(frozen=True)
class Heard:
    """What came back: an HTTP status, or why there is none."""

    status: int | None
    problem: str | None = None


def send_deliveries(limit: int = 200) -> dict[str, int]:
    """Send what waits, at most ``limit``; answers counts by ``sent``, ``retry``, ``parked``."""
    return dict(relay.drain(_claim, _send_one, limit=limit))


def _claim() -> list[Claimed]:
    return [Claimed(*row) for row in relay.claim_oldest(
        db.connection(), _BESIDE, topic=TOPIC, limit=CLAIMED_AT_ONCE, lease=LEASE_SECONDS)]


def _send_one(one: Claimed) -> str:
    if one.sent_at is not None or one.body is None:
        _close(one)
        return "sent"
    if not one.offered:
        return _hold(one)
    if not one.active or not one.secret or not one.url:
        return _park(one, Heard(None, "The webhook is switched off or has no secret."))
    try:
        opened = [secrets().keyring.decrypt_text(one.secret, "webhook-secret")]
    except (CannotDecrypt, ValueError):
        return _park(one, Heard(None, "The secret cannot be opened; make a new one."))
    if one.secret_before:
        with suppress(CannotDecrypt, ValueError):  # the present one signs all the same
            opened.append(secrets().keyring.decrypt_text(one.secret_before, "webhook-secret"))
    heard = call(one.url, *opened, event_id=one.event_id or "", body=one.body.encode())
    if heard.problem is None:
        with db.transaction() as conn:
            _note(conn, one, heard, "sent_at = now(), ")
            _close(one)
        return "sent"
    if heard.status == 410 or one.tries >= MOST_TRIES:
        return _park(one, heard)
    with db.transaction() as conn:
        _note(conn, one, heard)
        relay.release(conn, topic=TOPIC, provider_id=one.provider_id, counted=False,
                      rows=[(one.id, one.fence)], reason=heard.problem,
                      delay=relay.delay_after(one.tries - 1, first=FIRST_DELAY,
                                              longest=LONGEST_DELAY))
    log.warning("webhook_delayed", delivery=one.id, tries=one.tries, reason=heard.problem)
    return "retry"


def _hold(one: Claimed) -> str:
    """Keep it for the day on which the provider has the module again."""
    relay.release(db.connection(), topic=TOPIC, provider_id=one.provider_id, counted=False,
                  rows=[(one.id, one.fence)], delay=HELD_SECONDS,
                  reason="The provider does not have data management.")
    return "retry"


def call(url: str, secret: str, before: str | None = None, *, event_id: str, body: bytes) -> Heard:
    """One try: look up the name, refuse what is not public, post, read the number of the answer.
    ``before``: the secret that is being replaced, which signs too."""
    try:
        there = target.parse(url)
        number = target.open_address(there)
    except target.WrongAddress as error:
        return Heard(None, error.en)
    except target.Closed as error:
        return Heard(None, str(error))
    host = f"[{number}]" if ":" in number else number
    client = OutgoingClient(f"https://{host}:{there.port}", read=SECONDS,
                            transport=httpx.HTTPTransport(verify=trust()))
    at = int(clock.now().timestamp())
    try:
        status = client.knock(there.path, content=body, name=there.host, seconds=SECONDS, headers={
            "Host": there.authority, **headers(secret, event_id, at, body, before=before)},
            note="webhook")
    except NoAnswer as error:
        return Heard(None, f"No answer ({error.reason}).")
    finally:
        client.close()
    if 200 <= status < 300:
        return Heard(status)
    if 300 <= status < 400:
        return Heard(status, f"HTTP {status}: redirects are not followed.")
    return Heard(status, f"HTTP {status}")


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """Whose certificates are believed: httpx's own choice; read once, it is a file of all of them.
    """
    return httpx.create_ssl_context()


def _note(conn: Any, one: Claimed, heard: Heard, more: str = "") -> None:
    conn.execute(
        f"update webhook_delivery set {more}tried_at = now(), tries = %s, status = %s, "  # noqa: S608
        "problem = %s where id = %s", (one.tries, heard.status, heard.problem, one.id))


def _park(one: Claimed, heard: Heard) -> str:
    with db.transaction() as conn:
        _note(conn, one, heard, "dead = true, ")
        relay.park(conn, topic=TOPIC, provider_id=one.provider_id, rows=[(one.id, one.fence)],
                   reason=heard.problem or "")
    log.error("webhook_parked", delivery=one.id, tries=one.tries, reason=heard.problem)
    return "parked"


def _close(one: Claimed) -> None:
    relay.close(db.connection(), topic=TOPIC, provider_id=one.provider_id,
                rows=[(one.id, one.fence)])


def send_again(provider_id: int, delivery_id: int) -> bool:
    """Let a delivery that is done with go once more under its own id, from its first delay: one
    that was given up, or one that arrived and is wanted again. Whether there was one."""
    with db.transaction() as conn:
        waits = relay.revive(conn, topic=TOPIC, provider_id=provider_id, ref_ids=[delivery_id])
        done = conn.execute(
            "update webhook_delivery set dead = false, sent_at = null where id = %s "
            "and provider_id = %s and (dead or sent_at is not null)",
            (delivery_id, provider_id)).rowcount
        if done and not waits:
            conn.execute(
                "insert into outbox (provider_id, topic, ref_id, ref_at, order_key, brand_id) "
                "select provider_id, %s, id, created_at, webhook_id, 0 from webhook_delivery "
                "where id = %s on conflict do nothing", (TOPIC, delivery_id))
    return done > 0


def send_all_again(provider_id: int, webhook_id: int, most: int = 1_000) -> int:
    """The same for all of an address that were given up; how many."""
    with db.transaction() as conn:
        ids = [row[0] for row in conn.execute(
            "update webhook_delivery set dead = false where id in (select id from "
            "webhook_delivery where provider_id = %s and webhook_id = %s and dead "
            "order by id limit %s) returning id", (provider_id, webhook_id, most))]
        relay.revive(conn, topic=TOPIC, provider_id=provider_id, ref_ids=ids)
    return len(ids)
