"""Users, dealers and consents for the panel's tests."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

from ileti.consents import ledger
from ileti.consents.deadlines import due_at
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.tenancy import accounts

PASSWORD = "dogru-at-pil-zimba"
_numbers = itertools.count(random.randint(1, 9_000) * 100_000)


def dealer_of(place: Any, title: str = "Bornova Akasya") -> int:
    """A new dealer of the place's brand."""
    tckn = secrets().keyring.encrypt_text("10000000146", "dealer-tckn")
    tin = secrets().keyring.encrypt_text("1234567890", "dealer-tin")
    row = db.connection().execute(
        "insert into dealer (provider_id, brand_id, title, name, tckn, tin, city_code, town_code) "
        "values (%s, %s, %s, %s, %s, %s, '35', '400') returning id",
        (place.provider_id, place.brand_id, title, title, tckn, tin)).fetchone()
    return int(row[0])  # type: ignore[index]


def take(place: Any, address: str, *, dealer_id: int | None = None, refusal: bool = False,
         channel: Channel = Channel.MESAJ, text: tuple[int, str] | None = None,
         notice: int | None = None) -> ledger.Recorded:
    """One consent (or refusal) by web form; ``text``: id and hash of the version it was given on,
    ``notice``: the version of the notice that was acknowledged with it."""
    moment = clock.whole_second(clock.now())
    item = ledger.NewConsent(
        address=address, channel=channel, status=Status.RET if refusal else Status.ONAY,
        consent_date=moment, due_at=due_at(moment), text_id=text[0] if text else None,
        text_hash=text[1] if text else None)
    seen = {"texts": [{"id": text[0]}]} if text else {}
    read = {"notice": {"version": notice}} if notice else {}
    return ledger.record(ledger.NewSubmission(
        place=place, idem=f"deneme:{next(_numbers)}", body_hash=b"0" * 16, source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=[item], actor=ledger.ActorKind.VISITOR,
        dealer_id=dealer_id, evidence={"page": "https://www.ornek.com.tr"} | seen | read))


def restrict(place: Any, recipient_id: int) -> None:
    """The person asked to be erased; what came until now is kept for the law alone (R-64)."""
    db.connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) "
        "values (%s, %s, %s, 'Başvuru')", (place.provider_id, recipient_id, clock.now()))


def user_with(app: Any, role: str, place: Any = None, *, level: str = "provider",
              dealer_id: int | None = None) -> str:
    """A user in one role at a place; the user name."""
    name = f"kisi-{next(_numbers)}"
    with app.app_context():
        user = accounts.create_user(name, PASSWORD, email=f"{name}@ornek.test", first_name="Ada",
                                    last_name="Yıldız")
        accounts.give_membership(
            user, role, provider_id=place.provider_id if place else None,
            brand_id=place.brand_id if place and (level == "brand" or dealer_id) else None,
            dealer_id=dealer_id)
    return name


def sign_in(app: Any, name: str, password: str = PASSWORD) -> Any:
    """A client with a session of this user."""
    client = app.test_client()
    answer = client.post("/login/", data={
        "username": name, "password": password, "csrf_token": token_of(client, "/login/")})
    assert answer.status_code == 302, answer.text
    return client


def token_of(client: Any, path: str = "/hesabim/") -> str:
    """A CSRF token from a page of this session."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found.group(1)
