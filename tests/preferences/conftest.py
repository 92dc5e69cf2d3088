"""A provider with a centre, a person who is known there, and that person's browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from random import randint
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

import ileti.requests.owncopy  # noqa: F401 (makes own copies)
from config import settings
from ileti.capture import pages as capture_pages
from ileti.channels.messages import open_content
from ileti.channels.preference_link import preference_url
from ileti.consents.ledger import ActorKind, NewConsent, NewSubmission, hash_body, record
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.preferences import pages
from tests.capture.conftest import (  # noqa: F401 (fixtures)
    at_once,
    browser,
    fresh_counters,
    new_mail,
    new_phone,
    new_site,
    signed,
)

__all__ = ["Visitor", "known", "new_mail", "new_phone"]


def known(place: Any, address: str, channel: Channel = Channel.MESAJ,
          status: Status = Status.ONAY, *, name: str = "Nazlı Kırşehirli",
          standing: Standing = Standing.VERIFIED, source: Source = Source.HS_WEB,
          ago: int = 60) -> int:
    """A choice recorded ``ago`` seconds ago; answers the recipient."""
    at = clock.whole_second(clock.now() - timedelta(seconds=ago))
    done = record(NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(address), source=source,
        standing=standing, actor=ActorKind.VISITOR, evidence={"place": "Mağaza"},
        person={"name": name, "ip": "198.51.100.7", "agent": "Test/1"},
        items=[NewConsent(address, channel, status, at, due_at=at + timedelta(days=3))]))
    return done.items[0].recipient_id


@dataclass
class Visitor:
    """A browser without script at one provider's centre."""

    client: Any
    place: Any
    tail: str = ""
    last: Any = field(default=None)

    @property
    def path(self) -> str:
        return f"/t/{self.place.iys_code}"

    def get(self, tail: str = "", **more: Any) -> Any:
        self.last = self.client.get(f"{self.path}{tail}", **more)
        return self.last

    def post(self, tail: str, data: Any, **more: Any) -> Any:
        self.last = self.client.post(f"{self.path}{tail}", data=data, **more)
        return self.last

    def ask(self, address: str) -> Any:
        return self.post("/code", {"address": address})

    def type_in(self, code: str, **more: Any) -> Any:
        waiting = hidden(self.last.text)["waiting"]
        return self.post("/enter", {"waiting": waiting, "code": code}, **more)

    def by_link(self, recipient: int, provider: int | None = None) -> Any:
        """In by the link of a mail and its button; the page it leads to."""
        return self.open_link(link_of(provider or self.place.provider_id, recipient),
                              follow_redirects=True)

    def open_link(self, link: str, **more: Any) -> Any:
        """Press the button of a link's page."""
        return self.post("/link", {"link": link.removeprefix("/t/l/")}, **more)

    def buttons(self) -> dict[str, list[str]]:
        """Tokens on the page just seen, by what they are labelled with."""
        found: dict[str, list[str]] = {}
        for token, label in re.findall(r'name="act" value="([^"]+)"[^>]*>(.*?)</button>',
                                       self.last.text, re.S):
            words = re.sub(r"<[^>]+>", "", label).strip()
            found.setdefault(unescape(words), []).append(token)
        return found

    def press(self, label: str, *, name: str = "", **more: Any) -> Any:
        """Press the first button of that label and follow to the page it leads to."""
        token = self.buttons()[label][0]
        self.post("/act", {"act": token, "name": name}, **more)
        return self.get(self.last.headers["Location"].removeprefix(self.path))


def link_of(provider: int, recipient: int) -> str:
    """The path of the link that stands in a mail."""
    return preference_url(provider, recipient, "tr").removeprefix(settings().base_url)


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))


@pytest.fixture
def public(database: str) -> Flask:
    """The public pages alone."""
    made = Flask("public")
    made.register_blueprint(capture_pages.blueprint)
    made.register_blueprint(pages.blueprint)
    return made


@pytest.fixture
def centre(place: Any, new_site: Callable[..., str]) -> str:  # noqa: F811
    """A site by which the place's centre sends; its key."""
    return new_site(place)


@pytest.fixture
def visitor(public: Flask, place: Any, centre: str) -> Visitor:
    """Somebody at the place's centre, at a network address of their own."""
    client = public.test_client()
    client.environ_base["REMOTE_ADDR"] = f"10.{randint(1, 250)}.{randint(1, 250)}.7"
    return Visitor(client, place)


@pytest.fixture
def code_to(conn: Any, place: Any) -> Callable[[], str]:
    """The newest code that is on its way at the place."""
    def read() -> str:
        row = conn.execute(
            "select recipient_id, content_key, content_ct from message where provider_id = %s "
            "and kind = 1 order by id desc limit 1", (place.provider_id,)).fetchone()
        return str(open_content(place.provider_id, row[0], 1, row[1], bytes(row[2]))["code"])
    return read


@pytest.fixture
def ledger(place: Any) -> Callable[[], list[tuple[int, ...]]]:
    """The place's ledger: (channel, status, source, outcome) in order."""
    def read() -> list[tuple[int, ...]]:
        return db.connection().execute(
            "select channel, status, source, outcome from consent_entry "
            "where provider_id = %s order by id", (place.provider_id,)).fetchall()
    return read
