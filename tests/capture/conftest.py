"""A site with its texts, and a visitor's browser that speaks to the real WSGI application."""

from __future__ import annotations

import io
import json
import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ileti.capture import dealercodes, sites
from ileti.capture.endpoints import application
from ileti.capture.limits import counters
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.documents.publish import publish_standard_texts
from tests.panel.people import dealer_of

ORIGIN = "https://magaza.ornek.test"
SECRET = "a-secret-of-the-test-site"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Browser:
    """Posts as the widget does; ``address`` is its network address."""

    site_key: str
    origin: str | None = ORIGIN
    address: str = field(default_factory=lambda: f"10.{random.randint(1, 250)}."
                         f"{random.randint(1, 250)}.{random.randint(1, 250)}")

    def call(self, method: str, action: str, raw: bytes = b"", query: str = "",
             **more: str) -> Answer:
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            seen.update(status=int(status.split()[0]), headers=dict(headers))

        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": f"/w/v1/{self.site_key}/{action}",
            "QUERY_STRING": query, "REMOTE_ADDR": self.address, "HTTP_USER_AGENT": "Test/1",
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(raw)),
            "wsgi.input": io.BytesIO(raw), **more,
        }
        if self.origin is not None:
            environ["HTTP_ORIGIN"] = self.origin
        body = b"".join(application(environ, start))
        return Answer(seen["status"], seen["headers"], json.loads(body) if body else None)

    def post(self, action: str, body: Any) -> Answer:
        return self.call("POST", action, json.dumps(body).encode())

    def form(self, lang: str = "tr") -> Any:
        return self.call("GET", "form", query=f"lang={lang}").body

    def filled(self, *channels: str, **more: Any) -> dict[str, Any]:
        """A body as the widget composes it, with every named box ticked a second ago."""
        at = (clock.now() - timedelta(seconds=1)).isoformat()
        person = {}
        if channels:
            person["name"] = "Nazlı Kırşehirli"
        if {"MESAJ", "ARAMA"} & set(channels):
            person["phone"] = new_phone()
        if "EPOSTA" in channels:
            person["email"] = new_mail()
        return {
            "token": self.form()["token"], **person, "key": str(uuid.uuid4()),
            "choices": [{"channel": c, "status": "ONAY", "at": at} for c in channels],
            "notice": None, "website": "",
            "shownAt": (clock.now() - timedelta(seconds=3)).isoformat(), **more,
        }

    def submit(self, *channels: str, **more: Any) -> Answer:
        return self.post("submissions", self.filled(*channels, **more))


def new_phone() -> str:
    """An invented number nobody else uses."""
    return f"0599{random.randint(0, 9_999_999):07d}"


def new_mail() -> str:
    """An invented address nobody else uses."""
    return f"k{uuid.uuid4().hex[:12]}@ornek.com.tr"


@pytest.fixture
def new_site(conn: Any) -> Iterator[Callable[..., str]]:
    """Makes a site with texts for a place; answers its public key."""
    from ileti.documents.publish import publish_standard_texts

    sites.forget_sites()

    def make(place: Any, *, policy: str = "code", origins: tuple[str, ...] = (ORIGIN,),
             channels: tuple[int, ...] = (2, 1, 3), texts: bool = True,
             asks: tuple[int, ...] = ()) -> str:
        if texts:
            publish_standard_texts(place.provider_id, place.brand_id)
        key = f"pk_{uuid.uuid4().hex[:12]}"
        conn.execute(
            "insert into site (provider_id, brand_id, name, public_key, secret, origins, policy, "
            "channels, explicit_consents) values (%s, %s, 'Mağaza', %s, %s, %s, %s, %s, %s)",
            (place.provider_id, place.brand_id, key,
             secrets().keyring.encrypt_text(SECRET, "site-secret"), list(origins), policy,
             list(channels), list(asks)),
        )
        return key

    yield make
    sites.forget_sites()


@pytest.fixture
def browser(place: Any, new_site: Callable[..., str]) -> Browser:
    """A visitor of a site with policy ``code``."""
    return Browser(new_site(place))


@pytest.fixture
def signed(place: Any, new_site: Callable[..., str]) -> Browser:
    """A visitor of a site with policy ``signed``."""
    return Browser(new_site(place, policy="signed"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Confirmations are written at once instead of a tenth of a second later."""
    from ileti.channels.messages import enqueue_due
    from ileti.core import db

    monkeypatch.setattr("ileti.capture.submit.write_soon",
                        lambda due: enqueue_due(db.connection(), list(due)))


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """No test inherits another's counts."""
    counters._total.clear()
    counters._untold.clear()


@pytest.fixture
def code_of(conn: Any, place: Any) -> Callable[[str], str]:
    """The newest code on its way to ``phone`` or ``email`` of the place."""
    from ileti.channels.messages import open_content

    def read(to: str) -> str:
        row = conn.execute(
            "select recipient_id, content_key, content_ct from message where provider_id = %s "
            "and kind = 1 and channel = %s order by id desc limit 1",
            (place.provider_id, 3 if to == "email" else 2),
        ).fetchone()
        content = open_content(place.provider_id, row[0], 1, row[1], bytes(row[2]))
        return str(content["code"])

    return read


@pytest.fixture
def entries(conn: Any, place: Any) -> Callable[[], list[tuple[int, ...]]]:
    """The place's ledger: (channel, status, standing, outcome) in order."""
    def read() -> list[tuple[int, ...]]:
        rows = conn.execute(
            "select channel, status, standing, outcome from consent_entry "
            "where provider_id = %s order by id", (place.provider_id,),
        ).fetchall()
        return [tuple(row) for row in rows]

    return read


@pytest.fixture
def kiosk(place: Any, database: str) -> int:
    """A dealer's kiosk whose texts have been on show for twenty days."""
    publish_standard_texts(place.provider_id, place.brand_id)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "update document_version set effective_from = now() - interval '20 days', "
            "published_at = now() - interval '20 days' where document_id in "
            "(select id from document where provider_id = %s)", (place.provider_id,))
    dealer = dealer_of(place)
    row = db.connection().execute(
        "insert into site (provider_id, brand_id, dealer_id, name, kind, public_key) "
        "values (%s, %s, %s, 'Bornova Akasya · kiosk', 'kiosk', gen_random_uuid()) returning id",
        (place.provider_id, place.brand_id, dealer)).fetchone()
    sites.forget_sites()
    return int(row[0])


@pytest.fixture
def device(app: Any, kiosk: int) -> Any:
    """A tablet at the kiosk's counter that has just had contact."""
    from .kiosk_device import Device

    return Device(app.test_client(), dealercodes.path_of(kiosk)).load()
