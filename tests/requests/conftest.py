"""A brand with a form, an applicant's browser, and cases as the desk knows them."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ileti.capture.limits import counters
from ileti.channels.base import Answer
from ileti.channels.registry import carry
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.requests import cases, erasing
from ileti.requests.numbers import form_path
from ileti.requests.people import Person
from ileti.requests.sealing import MAIL_PURPOSE, unseal
from ileti.requests.vocabulary import Way
from tests.channels.test_send import Gateway

TCKN = "10000000146"


def new_mail() -> str:
    """An invented address nobody else uses."""
    return f"k{uuid.uuid4().hex[:12]}@ornek.com.tr"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """No test inherits another's counts."""
    counters._total.clear()
    counters._untold.clear()


@pytest.fixture(autouse=True)
def no_eraser() -> Iterator[None]:
    """Nobody erases unless a test says so."""
    erasing.register(None)
    yield
    erasing.register(None)


@dataclass
class Applicant:
    """A person at the form of a brand, without a script."""

    app: Any
    place: Any
    mail: str = field(default_factory=new_mail)
    lang: str = "tr"

    def __post_init__(self) -> None:
        self.path = form_path(self.place.brand_id)
        self.client = self.app.test_client(use_cookies=False)
        self.address = f"10.{random.randint(1, 250)}.{random.randint(1, 250)}.7"

    def at(self, path: str = "", **query: str) -> str:
        more = "&".join(f"{k}={v}" for k, v in (
            ({"lang": "en"} if self.lang == "en" else {}) | query).items())
        return f"{self.path}{path}{'?' + more if more else ''}"

    def get(self, path: str = "", **query: str) -> Any:
        return self.client.get(self.at(path, **query),
                               environ_base={"REMOTE_ADDR": self.address})

    def post(self, path: str, data: Any, **query: str) -> Any:
        return self.client.post(self.at(path, **query), data=data,
                                environ_base={"REMOTE_ADDR": self.address})

    def filled(self, *rights: str, **more: Any) -> dict[str, Any]:
        token = re.search(r'name="token" value="([^"]+)"', self.get().text)
        assert token
        return {"token": token[1], "right": list(rights or ("B",)), "name": "Nazlı Kırşehirli",
                "tckn": TCKN, "postal": "Akasya Sok. 5, İzmir", "email": self.mail,
                "website": ""} | more

    def send(self, *rights: str, **more: Any) -> Any:
        """The form; remembers the handle of the code page."""
        answer = self.post("", self.filled(*rights, **more))
        found = re.search(r'name="handle" value="([^"]+)"', answer.text)
        self.handle = found[1] if found else ""
        return answer

    def code(self) -> str:
        """The newest code on its way to this applicant's brand."""
        row = db.connection().execute(
            "select content from data_request_mail where provider_id = %s and kind = 1 "
            "order by id desc limit 1", (self.place.provider_id,)).fetchone()
        return str(json.loads(unseal(row[0], MAIL_PURPOSE))["code"])

    def confirm(self, code: str | None = None, to: str = "email") -> Any:
        return self.post("/kod", {"handle": self.handle, f"code.{to}": code or self.code()})

    def apply(self, *rights: str, **more: Any) -> str:
        """Form and code; the number of the case."""
        self.send(*rights, **more)
        found = re.search(r"BSV-\w{4}-\w{4}-\w{4}", self.confirm().text)
        assert found
        return found[0]


@pytest.fixture
def applicant(app: Any, place: Any, place_b: Any) -> Applicant:
    """Somebody at the place's form."""
    return Applicant(app, place)


@pytest.fixture
def new_case(conn: Any, place: Any) -> Callable[..., cases.Case]:
    """A case opened by hand, as on paper, for a place."""
    def make(at: Any = None, **more: Any) -> cases.Case:
        where = at or place
        given: dict[str, Any] = {
            "provider_id": where.provider_id, "brand_id": where.brand_id,
            "idem": f"deneme:{uuid.uuid4().hex}", "way": Way.PAPER, "received_at": clock.now(),
            "person": Person(name="Nazlı Kırşehirli", tckn=TCKN, postal="Akasya Sok. 5, İzmir",
                             email=new_mail()),
            "wish": "Bilgi istiyorum.", "rights": ["B"]} | more
        with db.transaction() as tx:
            number, _fresh = cases.open_case(tx, cases.NewCase(**given))
        return cases.read_case(conn, number)

    return make


@pytest.fixture
def post(database: str) -> Iterator[Callable[..., Gateway]]:
    """A gateway for mail that answers as told; what other tests left waiting is away."""
    db.connection().execute("update outbox set next_at = now() + interval '1 day' where topic = 6")

    def use(*answers: Answer) -> Gateway:
        gateway = Gateway(*answers)
        carry(Channel.EPOSTA, gateway)
        return gateway

    yield use
    carry(Channel.EPOSTA, None)


def kinds_of(number: int) -> list[str]:
    """A case's history by its words."""
    return [row[0] for row in db.connection().execute(
        "select kind from data_request_event where request_id = %s order by id", (number,))]


def verified(case: cases.Case, *recipients: int) -> cases.Case:
    """A case whose identity was verified, matched with these recipients."""
    from ileti.requests import matching

    with db.transaction() as conn:
        conn.execute("update data_request set identity = 1 where id = %s", (case.id,))
        for one in recipients:
            matching.attach(conn, case.id, case.provider_id, case.brand_id, one, 3)
    return cases.read_case(db.connection(), case.id)
