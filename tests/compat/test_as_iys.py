"""The same request to the simulator and to us: same HTTP status, same codes, same places, and for
what is taken the same keys in the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from iys_house import Registry, open_account
from werkzeug.test import Client

from ileti.compat.endpoints import application
from ileti.core import clock
from tests.conformance.causes import ACCESS, BAYI, CAUSES, KEY, LIST, TWO
from tests.simulator.caller import IYS, RETAILER, SUB_BRAND, Caller, consent, many

from .house import account, dealer, second_brand

NOON = datetime.fromisoformat("2026-11-23T12:00:00+03:00")
# Codes of services that are not spoken here, and those whose cause is a state of İYS itself; the
# limits have tests of their own (test_hostile.py).
NOT_HERE = {
    "push": {"H093", "H530", "H531"},
    "reconciliation": {"H501", "H502", "H512"},
    "partners": {"H245", "H268", "H363", "H522"},
    "cities and towns": {"H241"},
    "the subscription at İYS": {"H437", "H520", "H521", "H524", "H525", "H586"},
    "limits": {"H084", "H086", "H089", "H124"},
}
ELSEWHERE = set().union(*NOT_HERE.values())


class Twin(Caller):
    """The simulator's caller, speaking to us: its provider's numbers become those of a place."""

    def __init__(self, place: Any) -> None:
        self.place, self.http, self.token = place, Client(application), None
        self.login = account(place, numbers=True)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if self.token is None:
            answer = self.http.post("/iys-compat/oauth2/token", data={
                "grant_type": "password", "username": self.login[0], "password": self.login[1]})
            self.token = answer.json["access_token"]
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return self.http.open(
            self.here(path), method=method, data=data,
            headers={"Authorization": f"Bearer {self.token}"}, **more)

    def here(self, path: str) -> str:
        return "/iys-compat" + path.replace(str(SUB_BRAND), str(self.place.brand_code + 1)).replace(
            str(IYS), str(self.place.iys_code))


@pytest.fixture
def twin(given: Any, place: Any, registry: Registry) -> Iterator[Twin]:
    open_account(place, registry, retailers=[RETAILER])
    dealer(place, RETAILER)
    second_brand(place, place.brand_code + 1)
    with clock.freeze(NOON):
        yield Twin(place)


def faults(answer: Any) -> list[tuple[Any, ...]]:
    if answer.status_code < 400:
        return []
    return sorted((one["code"], json.dumps(one.get("location")), one.get("index", -1))
                  for one in answer.json["errors"])


def test_every_code_is_compared_or_has_a_reason_why_not() -> None:
    assert set(CAUSES) >= ELSEWHERE
    assert len(set(CAUSES) - ELSEWHERE) > 90


@pytest.mark.parametrize("code", sorted(set(CAUSES) - ELSEWHERE))
def test_code(code: str, twin: Twin) -> None:
    if code == "H351":
        theirs = Caller().http.get(f"/sps/{IYS}/brands")
        ours = twin.http.get(twin.here(f"/sps/{IYS}/brands"))
    else:
        theirs, ours = CAUSES[code](Caller()), CAUSES[code](twin)
    assert code in {one["code"] for one in theirs.json["errors"]}
    assert (ours.status_code, faults(ours)) == (theirs.status_code, faults(theirs))
    assert all(one["message"] for one in ours.json["errors"])


RET = {"status": "RET"}
LATER = {"consentDate": "2026-11-23 10:30:00"}
LATEST = {"consentDate": "2026-11-23 11:00:00"}
MERCHANT = {"recipientType": "TACIR"}
BARE = {"recipientType": "TACIR", "source": ..., "consentDate": ...}
MAIL = {"type": "EPOSTA", "recipient": "Nazli.Ornek@Ornek.com.tr"}
TALES: dict[str, list[Callable[[Caller], Any]]] = {
    "one": [lambda c: c.add()],
    "one again": [lambda c: c.add(), lambda c: c.add()],
    "one again by V2": [lambda c: c.add(v="/v2"), lambda c: c.add(v="/v2")],
    "V1, then V2": [lambda c: c.add(), lambda c: c.add(v="/v2")],
    "renewed": [lambda c: c.add(), lambda c: c.add(**LATER)],
    "refused after consent": [lambda c: c.add(), lambda c: c.add(**RET, **LATER)],
    "refused, again the same": [
        lambda c: c.add(), lambda c: c.add(**RET, **LATER), lambda c: c.add(**RET, **LATER)],
    "refused, again the same by V2": [
        lambda c: c.add(), lambda c: c.add(**RET, **LATER, v="/v2"),
        lambda c: c.add(**RET, **LATER, v="/v2")],
    "refused twice": [
        lambda c: c.add(), lambda c: c.add(**RET, **LATER), lambda c: c.add(**RET, **LATEST)],
    "there and back": [
        lambda c: c.add(), lambda c: c.add(**RET, **LATER), lambda c: c.add(**LATEST)],
    "first refusal": [lambda c: c.add(**RET), lambda c: c.add(**RET)],
    "first refusal by V2": [lambda c: c.add(**RET, v="/v2"), lambda c: c.add(**RET, v="/v2")],
    "first by decision": [lambda c: c.add(**RET, source="HS_KARAR")],
    "decision after consent": [lambda c: c.add(), lambda c: c.add(
        **RET, **LATER, source="HS_KARAR")],
    "older": [lambda c: c.add(**LATER), lambda c: c.add()],
    "older by V2": [lambda c: c.add(**LATER, v="/v2"), lambda c: c.add(v="/v2")],
    "late refusal": [lambda c: c.add(**RET, consentDate="2026-11-10 10:00:00")],
    "merchant, bare": [lambda c: c.add(**BARE)],
    "merchant, bare again": [lambda c: c.add(**BARE), lambda c: c.add(**BARE)],
    "merchant renewed": [lambda c: c.add(**MERCHANT), lambda c: c.add(**MERCHANT, **LATER)],
    "merchant, old": [lambda c: c.add(**MERCHANT, consentDate="2020-03-02 10:00:00")],
    "both types": [lambda c: c.add(), lambda c: c.add(**MERCHANT)],
    "mail": [lambda c: c.add(**MAIL), lambda c: c.add(**MAIL, v="/v2")],
    "call": [lambda c: c.add(type="ARAMA", recipient="+902121230000")],
    "abroad": [lambda c: c.add(recipient="+4915112345678")],
    "with a retailer": [lambda c: c.add(retailerCode=RETAILER, retailerAccess=[RETAILER])],
    "brands": [lambda c: c.ask("GET", f"/sps/{IYS}/brands")],
    "a list": [lambda c: c.send(many(3))],
    "a list of a thousand": [lambda c: c.send(many(1000))],
    "a list by V2": [lambda c: c.send(many(3), v="/v2")],
    "result of nobody": [lambda c: c.under("GET", "/consents/request/no-1")],
    "status of nobody": [lambda c: c.status()],
    "status list of nobody": [lambda c: c.under(
        "POST", "/consents/BIREYSEL/status/MESAJ", LIST)],
    "history of nobody": [lambda c: c.under("POST", "/consents/history", KEY)],
    "nothing moved": [lambda c: c.pull(), lambda c: c.pull(source="HS", limit=5)],
    "no limit": [lambda c: c.pull(limit=0)],
    "retailers": [lambda c: c.under("GET", "/retailers")],
    "retailers, short": [lambda c: c.under("GET", "/retailers?short=true&all=true")],
    "retailer of nobody": [lambda c: c.under("GET", "/retailers/11111111")],
    "new retailer": [lambda c: c.under("POST", "/retailers", BAYI)],
    "foreign brand": [lambda c: c.under("GET", "/retailers", brand=900_000_009)],
    "foreign provider": [lambda c: c.ask("GET", "/sps/900000009/brands/900000009/retailers")],
    "access replaced": [lambda c: c.under("PUT", ACCESS, LIST | {"retailerAccess": [RETAILER]})],
    "access taken": [lambda c: c.under("POST", ACCESS + "/remove", LIST | {
        "retailerAccess": [RETAILER]})],
    "access taken, old spelling": [lambda c: c.under(
        "POST", "/consents/retailer/access/remove", LIST | {"retailerAccess": [RETAILER]})],
    "all access taken": [lambda c: c.under("POST", ACCESS + "/remove/all", LIST)],
    "access of nobody": [lambda c: c.under("POST", "/consent/retailers/access/list", KEY)],
}
WRONG = {
    "number in blanks": {"recipient": "+90 599 213 41 17"},
    "national number": {"recipient": "05992134117"},
    "zero after the country": {"recipient": "+9005992134117"},
    "too short": {"recipient": "+90599213"},
    "number as a number": {"recipient": 905992134117},
    "no number": {"recipient": None},
    "a list for a number": {"recipient": ["+905992134117"]},
    "mail for a number": {"recipient": "nazli@ornek.com.tr"},
    "number for a mail": {"type": "EPOSTA"},
    "mail with a Turkish letter": {"type": "EPOSTA", "recipient": "nazlı@ornek.com.tr"},
    "mail with a blank": {"type": "EPOSTA", "recipient": "nazli @ornek.com.tr"},
    "short mail": {"type": "EPOSTA", "recipient": "a@b.c"},
    "empty type": {"type": ""},
    "type in small letters": {"type": "mesaj"},
    "type as an object": {"type": {"a": 1}},
    "empty recipientType": {"recipientType": ""},
    "null recipientType": {"recipientType": None},
    "no recipientType": {"recipientType": ...},
    "null source": {"source": None},
    "merchant with an empty source": {"recipientType": "TACIR", "source": ""},
    "merchant with an empty date": {"recipientType": "TACIR", "consentDate": ""},
    "a removed source": {"source": "HS_TACIR"},
    "date with a T": {"consentDate": "2026-11-23T10:00:00"},
    "date without a time": {"consentDate": "2026-11-23"},
    "thirteenth month": {"consentDate": "2026-13-01 10:00:00"},
    "date as a number": {"consentDate": 1763884800},
    "just too old": {"consentDate": "2026-11-17 10:00:00"},
    "just in time": {"consentDate": "2026-11-18 10:00:00"},
    "retailer as text": {"retailerCode": str(RETAILER)},
    "retailer null": {"retailerCode": None},
    "access twice": {"retailerAccess": [RETAILER, RETAILER]},
    "access of strangers": {"retailerAccess": [RETAILER, 11111111, "x"]},
    "access as text": {"retailerAccess": "x"},
    "everything": {"recipient": "x", "type": "x", "status": "x", "source": "x",
                   "consentDate": "x", "recipientType": "x", "ad": 1},
    "nothing": dict.fromkeys(
        ("recipient", "type", "status", "source", "consentDate", "recipientType"), ...),
}
TALES |= {f"add: {name}": [lambda c, w=what: c.add(**w)] for name, what in WRONG.items()}
TALES |= {f"list: {name}": [lambda c, w=what: c.send(
    [*many(2), consent(**w), consent(**w)])] for name, what in WRONG.items()}
TALES |= {
    "list of no items": [lambda c: c.send([]), lambda c: c.send([1, None, "x"]),
                         lambda c: c.send("x"), lambda c: c.send(None)],
    "list with doubles": [lambda c: c.send([TWO[0], TWO[1], TWO[0]])],
    "bodies": [lambda c, b=body: c.under("POST", "/consents", b)
               for body in (b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 5000)],
    "questions": [lambda c, k=key: c.under("POST", "/consents/status", k) for key in (
        {}, KEY | {"type": 1}, KEY | {"recipient": ""}, KEY | {"recipientType": "X"},
        KEY | {"type": "EPOSTA"}, [])],
    "lists asked": [lambda c, k=given: c.under("POST", "/consents/BIREYSEL/status/MESAJ", k)
                    for given in ({}, {"recipients": []}, {"recipients": [1]}, [], {
                        "recipients": ["+905992134117", "05992134117"]})],
}


@pytest.mark.parametrize("tale", sorted(TALES))
def test_tale(tale: str, twin: Twin) -> None:
    theirs = Caller()
    for step in TALES[tale]:
        said, ours = step(theirs), step(twin)
        assert (ours.status_code, faults(ours)) == (said.status_code, faults(said)), ours.text
        if said.status_code < 300:
            assert shape(ours) == shape(said)


LEFT_OUT = {"retailerAccessCount"}  # counted by İYS alone
ONLY_OURS = {"name", "mobile", "city", "town"}  # the simulator keeps what it was given
NUMBERS = {"tckn", "tin"}  # its own retailers, before a test's, have none


def shape(answer: Any) -> Any:
    """The keys of an answer, all the way down, and whether it has a body."""
    if not answer.data or not answer.content_type.startswith("application/json"):
        return (answer.content_type or "").partition(";")[0], bool(answer.data)
    return _keys(answer.json)


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _keys(one) for name, one in value.items()
                if name not in LEFT_OUT | ONLY_OURS | NUMBERS}
    return [_keys(one) for one in value] if isinstance(value, list) else None


def test_a_repeat_by_v2_gets_its_first_number(twin: Twin) -> None:
    first = twin.add()
    assert twin.add(v="/v2").json == first.json
    listed = twin.send([consent(recipient="+905992134118")])
    again = twin.add(v="/v2", recipient="+905992134118")
    assert again.status_code == 200
    assert twin.send([consent(recipient="+905992134118")]).json == listed.json
