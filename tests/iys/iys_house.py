"""What the tests of forwarding say often: take consents, run a drain, look at both sides."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

PASSWORD = "deneme-" + os.urandom(6).hex()
WORKER = """
import os, sys, time
from contextlib import nullcontext
from datetime import datetime
from ileti.core import clock
from ileti.iys import days, forward, pull, receipts, repairs
what, provider, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
until = time.monotonic() + seconds
drain = {"forward": forward.forward_due, "settle": receipts.settle_due, "pull": pull.pull_due,
         "days": days.days_due, "repairs": repairs.repairs_due}[what]
at = os.environ.get("TEST_CLOCK")
with clock.freeze(datetime.fromisoformat(at)) if at else nullcontext():
    print(dict(drain(until, provider)))
"""


class Registry:
    """The simulator over HTTP, with its control calls at hand."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_control/{path}") as answer:
            return json.load(answer)

    def tell(self, control: str, /, **wish: Any) -> Any:
        request = urllib.request.Request(
            f"{self.url}/_control/{control}", json.dumps(wish).encode(), method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def counters(self) -> dict[str, Any]:
        return self.ask("state")["counters"]

    def calls(self, ending: str) -> int:
        return sum(n for path, n in self.counters()["by_path"].items() if path.endswith(ending))

    def tally(self) -> dict[str, Any]:
        return self.ask("state")["registry"]

    def holds(self, recipient: str) -> dict[str, Any]:
        found = self.ask(f"consents?recipient={recipient.replace('+', '%2B')}")["list"]
        return found[0] if found else {}


def open_account(place: Any, registry: Registry, retailers: Sequence[int] = ()) -> None:
    from ileti.core import db
    from ileti.core.secrets import secrets

    registry.tell("provider", iysCode=place.iys_code, username=f"api-{place.iys_code}",
                  password=PASSWORD,
                  brands=[{"brandCode": place.brand_code, "name": "Defne Ev", "master": True}],
                  retailers=[{"retailerCode": one, "title": "Örnek Bayi"} for one in retailers])
    db.connection().execute(
        "update provider set iys_username = %s, iys_password = %s where id = %s",
        (f"api-{place.iys_code}", secrets().keyring.encrypt_text(PASSWORD, "iys-password"),
         place.provider_id))


def take(place: Any, phones: list[str], *, status: str = "ONAY", at: datetime | None = None,
         due: datetime | None = None, source: str = "HS_WEB", dealer_id: int | None = None,
         channel: str = "MESAJ", key: str | None = None) -> list[int]:
    """Record consents (or refusals) in one chunk; their entry ids in the order given."""
    from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record_chunk
    from ileti.consents.vocabulary import Channel, Source, Standing, Status
    from ileti.core import clock, db

    moment = clock.whole_second(at or clock.now() - timedelta(seconds=2))
    items = [NewConsent(address=p, channel=Channel[channel], status=Status[status],
                        consent_date=moment, due_at=due, dealer_id=dealer_id) for p in phones]
    key = key or "t:" + os.urandom(8).hex()
    with db.transaction() as conn:
        made = record_chunk(conn, NewSubmission(
            place=place, idem=key, body_hash=hash_body(key), source=Source[source],
            standing=Standing.VERIFIED, items=items))
    return [item.entry_id for item in made.items]


def reconciled_day(registry: Registry) -> Any:
    """Let the simulator's midnight pass; the day that is over then."""
    import datetime as dt

    day = dt.date.fromisoformat(registry.ask("state")["now"][:10])
    registry.tell("clock", set=f"{day + dt.timedelta(days=1)} 00:30:00")
    return day


def unmatched_dealer(place: Any) -> int:
    """A dealer whose code İYS does not know (H180)."""
    from ileti.core import db
    from ileti.core.secrets import secrets

    row = db.connection().execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code) values (%s, %s, 12345678, 'Ornek Bayi', 'Ayse Ornek', %s, %s, "
        "'34', '400') returning id",
        (place.provider_id, place.brand_id,
         secrets().keyring.encrypt_text("10000000146", "dealer-tckn"),
         secrets().keyring.encrypt_text("1234567890", "dealer-tin"))).fetchone()
    return int(row[0])  # type: ignore[index]


def phones(count: int, first: int = 0) -> list[str]:
    return [f"+90599{7_000_000 + first + n}" for n in range(count)]


def state(place: Any, phone: str) -> dict[str, Any]:
    from ileti.consents.vocabulary import IysStatus, Source, Status
    from ileti.core import db
    from ileti.core.secrets import secrets

    row = db.connection().execute(
        "select s.status, s.iys_status, s.iys_code, s.pending_id, s.source, s.consent_date "
        "from consent_state s join recipient r on r.provider_id = s.provider_id "
        "and r.id = s.recipient_id where s.provider_id = %s and r.addr_hash = %s",
        (place.provider_id, secrets().addresses.of(place.provider_id, phone))).fetchone()
    if row is None:
        return {}
    return {"status": Status(row[0]).name, "iys": IysStatus(row[1]).name, "code": row[2],
            "pending": row[3], "source": Source(row[4]).name, "date": row[5]}


def how_many(place: Any, what: str) -> int:
    """Rows of this place: ``outbox``, ``dead``, ``receipts``, ``registered`` or ``open``."""
    from ileti.core import db

    sql = {
        "outbox": "select count(*) from outbox where topic = 1 and dead_at is null "
                  "and provider_id = %s",
        "dead": "select count(*) from outbox where topic = 1 and dead_at is not null "
                "and provider_id = %s",
        "receipts": "select count(*) from iys_receipt where provider_id = %s",
        "registered": "select count(*) from consent_state where iys_status = 3 "
                      "and provider_id = %s",
        "open": "select count(*) from iys_batch where state in (1, 2) and provider_id = %s",
    }[what]
    return db.connection().execute(sql, (place.provider_id,)).fetchone()[0]


def due_now(place: Any) -> None:
    """Let the time of every lease and delay of this place pass."""
    from ileti.core import db

    for table in ("outbox", "iys_batch", "iys_cursor"):
        db.connection().execute(
            f"update {table} set next_at = now() - interval '1 second' where provider_id = %s",
            (place.provider_id,))


def forward(place: Any, seconds: float = 20.0) -> dict[str, int]:
    from ileti.iys.forward import forward_due

    return dict(forward_due(time.monotonic() + seconds, place.provider_id))


def settle(place: Any, seconds: float = 20.0) -> dict[str, int]:
    from ileti.iys.receipts import settle_due

    return dict(settle_due(time.monotonic() + seconds, place.provider_id))


def pull(place: Any) -> dict[str, int]:
    """Pull this place's brand once, to the end of İYS's list."""
    from ileti.iys import pull as pulling

    pulling._add_cursors()
    due_now(place)
    brand = pulling._take_brand(place.provider_id)
    assert brand is not None
    return dict(pulling.pull_brand(brand, time.monotonic() + 20))


def no_redis() -> Any:
    """A client of a Redis that is not there, and says so at once."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))


TITLE = "Bornova Akasya Ltd. Şti."


def tckn(number: int) -> str:
    """A TCKN with its check digits for a made-up number."""
    digits = [int(c) for c in f"{100_000_000 + number}"]
    tenth = (sum(digits[::2]) * 7 - sum(digits[1::2])) % 10
    return "".join(map(str, [*digits, tenth, (sum(digits) + tenth) % 10]))


def bayi(number: int, **changes: Any) -> Any:
    """A retailer as it is added at İYS."""
    from ileti.iys.retaileranswers import NewRetailer

    return NewRetailer(**{
        "title": TITLE, "name": "Ayşe Yılmaz", "tckn": tckn(number), "tin": tckn(number),
        "city": ("35", "İzmir"), "town": ("480", "Konak"), **changes})


def ours(shop: Any, number: int = 1, **columns: Any) -> int:
    """A dealer here that is the same as ``bayi(number)``."""
    from ileti.core import db
    from ileti.core.secrets import secrets

    row = {"provider_id": shop.provider_id, "brand_id": shop.brand_id, "title": TITLE,
           "name": "Ayşe Yılmaz", "tckn": tckn(number), "tin": tckn(number), "city_code": "35",
           "town_code": "480", **columns}
    for name in ("tckn", "tin"):
        row[name] = secrets().keyring.encrypt_text(row[name], f"dealer-{name}")
    found = db.connection().execute(
        f"insert into dealer ({', '.join(row)}) values ({', '.join(['%s'] * len(row))}) "
        "returning id", list(row.values())).fetchone()
    return int(found[0])
