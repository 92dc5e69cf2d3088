"""A program that speaks İYS's protocol to us, spoken by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from werkzeug.test import Client

from ileti.compat.endpoints import application
from ileti.core import clock, db
from ileti.iys.wire import to_iys_time
from ileti.programs import accounts, keys

PHONE = "+905992134117"


def account(place: Any, *, brand: bool = False, dealer: int | None = None,
            numbers: bool = False) -> tuple[str, str]:
    """User name and secret of a new account of this place."""
    name = accounts.new_username()
    row = db.connection().execute(
        "insert into api_account (provider_id, brand_id, dealer_id, name, username, scopes) "
        "values (%s, %s, %s, 'Deneme', %s, %s) returning id",
        (place.provider_id, place.brand_id if brand or dealer else None, dealer, name,
         ["compat", *(["dealers:numbers"] if numbers else [])])).fetchone()
    assert row is not None
    return name, keys.make(db.connection(), place.provider_id, row[0]).text


def dealer(place: Any, code: int | None, title: str = "Örnek Bayi") -> int:
    from ileti.core.secrets import secrets

    seal = secrets().keyring.encrypt_text
    row = db.connection().execute(
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, "
        "city_code, town_code) values (%s, %s, %s, %s, 'Ayşe Örnek', %s, %s, '34', '449') "
        "returning id",
        (place.provider_id, place.brand_id, code, title, seal("10000000146", "dealer-tckn"),
         seal("1234567890", "dealer-tin"))).fetchone()
    return int(row[0])  # type: ignore[index]


def second_brand(place: Any, code: int) -> Any:
    from ileti.consents.ledger import Place

    row = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Alt Marka') "
        "returning id", (place.provider_id, code)).fetchone()
    return Place(place.provider_id, place.iys_code, row[0], code)  # type: ignore[index]


def consent(**changes: Any) -> dict[str, Any]:
    """A faultless consent of a minute ago; a value of ``...`` leaves the field out."""
    body = {
        "recipient": PHONE, "type": "MESAJ", "source": "HS_WEB", "status": "ONAY",
        "consentDate": to_iys_time(clock.now() - timedelta(minutes=1)),
        "recipientType": "BIREYSEL", **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def at(seconds: float) -> str:
    """So many seconds ago, as İYS writes it."""
    return to_iys_time(clock.now() - timedelta(seconds=seconds))


class Program:
    """Speaks to ``/iys-compat/`` for one account."""

    def __init__(self, place: Any, login: tuple[str, str] | None = None) -> None:
        self.place = place
        self.login = login or account(place)
        self.http: Any = Client(application)
        self.token = ""

    def give(self, **more: Any) -> Any:
        body = {"grant_type": "password", "username": self.login[0], "password": self.login[1]}
        return self.http.post("/iys-compat/oauth2/token", json=body | more)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if not self.token:
            self.token = self.give().json["access_token"]
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.http.open(f"/iys-compat{path}", method=method, data=data, headers=headers,
                              **more)

    def under(self, method: str, path: str, body: Any = None, *, v: str = "",
              brand: int | None = None, **more: Any) -> Any:
        code = self.place.brand_code if brand is None else brand
        return self.ask(method, f"{v}/sps/{self.place.iys_code}/brands/{code}{path}", body, **more)

    def add(self, *, v: str = "", **changes: Any) -> Any:
        return self.under("POST", "/consents", consent(**changes), v=v)

    def send(self, items: Any, *, v: str = "") -> Any:
        return self.under("POST", "/consents/request", items, v=v)

    def result(self, request_id: str, *, v: str = "") -> Any:
        return self.under("GET", f"/consents/request/{request_id}", v=v).json

    def status(self, recipient: str = PHONE, **changes: Any) -> Any:
        body = {"recipient": recipient, "recipientType": "BIREYSEL", "type": "MESAJ", **changes}
        return self.under("POST", "/consents/status", body)

    def approved(self, *recipients: str) -> list[str]:
        answer = self.under("POST", "/consents/BIREYSEL/status/MESAJ",
                            {"recipients": list(recipients)})
        assert answer.status_code == 200, answer.text
        return answer.json["list"]

    def history(self, recipient: str = PHONE, **args: Any) -> Any:
        body = {"recipient": recipient, "recipientType": "BIREYSEL", "type": "MESAJ"}
        return self.under("POST", "/consents/history", body, query_string=args)

    def pull(self, **args: Any) -> Any:
        return self.under("GET", "/consents/changes", query_string=args)


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.json["errors"]]


def entries(place: Any) -> int:
    row = db.connection().execute("select count(*) from consent_entry where provider_id = %s",
                                  (place.provider_id,)).fetchone()
    return int(row[0])  # type: ignore[index]
