"""Every service of İYS's §§4 to 8 and 10, called by our client: what goes out is what the documents
ask for, and what comes back is understood."""

from __future__ import annotations

import datetime as dt
import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys import client as iys_client
from ileti.iys.client import IysClient, account_of
from ileti.iys.pushcalls import PushTarget
from ileti.iys.retaileranswers import NewRetailer
from ileti.iys.wire import to_iys_time

KIND, SMS = RecipientType.BIREYSEL, Channel.MESAJ
PHONE, PARTNER, PASSWORD = "+905997000001", 900_001, "ortak-parolasi"
TARGET = PushTarget(url="https://127.0.0.1:1/", channel=SMS, username="a", password="b")
BAYI = NewRetailer(title="Örnek Bayi", name="Ayşe Örnek", tckn="10000000146", tin="10000000146",
                   city=("34", "İstanbul"), town=("449", "Kadıköy"))


@dataclass
class Stage:
    """A client at a simulator that holds one consent, with a retailer and a partner."""

    client: IysClient
    registry: Any
    brand: int
    retailer: int = 0

    def item(self, phone: str = PHONE) -> dict[str, Any]:
        return {"recipient": phone, "recipientType": "BIREYSEL", "type": "MESAJ",
                "status": "ONAY", "source": "HS_WEB", "consentDate": to_iys_time(clock.now())}

    def partner(self) -> IysClient:
        self.registry.tell("partner", integratorCode=PARTNER, username="ortak", password=PASSWORD,
                           rights=[{"brandCode": self.brand, "MESAJ": "write"}])
        return IysClient(replace(self.client.account, username="ortak", password=PASSWORD))

    def yesterday(self) -> dt.date:
        """The day the consent was recorded on, once it is over."""
        day = clock.to_istanbul(clock.now()).date()
        self.registry.tell("clock", advance_seconds=24 * 3600)
        return day


@pytest.fixture
def stage(shop: Any, registry: Any) -> Stage:
    redis_client().flushdb()
    iys_client._client.cache_clear()
    made = Stage(IysClient(account_of(shop.provider_id)), registry, shop.brand_code)
    made.client.add(made.brand, made.item())
    made.retailer = made.client.add_retailer(made.brand, BAYI)
    made.client.give_access(made.brand, PHONE, KIND, SMS, [made.retailer])
    return made


def posted(stage: Stage, path: str, body: Any) -> Any:
    """A V1 call, which our client never makes: the simulator alone is asked."""
    token = stage.client._token()
    request = urllib.request.Request(
        f"{stage.client.account.base_url}/sps/{stage.client.account.iys_code}/brands/"
        f"{stage.brand}{path}", None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def refresh(stage: Stage) -> bool:
    """The refresh token brings another pair."""
    before = stage.client._token()
    return stage.client._tokens.renew(before) != before


def batch(stage: Stage) -> bool:
    """A list, and its result with İYS's numbers."""
    accepted = stage.client.add_batch(stage.brand, [stage.item("+905997000002")])
    (result,) = stage.client.batch_result(stage.brand, accepted.request_id)
    return bool(result.transaction_id) and result.sub_request_id in accepted.ids.values()


def batch_v1(stage: Stage) -> bool:
    """The old forms of list and result."""
    answer = posted(stage, "/consents/request", [stage.item("+905997000003")])
    (result,) = posted(stage, f"/consents/request/{answer['requestId']}", None)
    return bool(result["status"] == "success")


def pull(stage: Stage) -> bool:
    """What a citizen did comes by pull."""
    stage.registry.tell("citizen", recipient=PHONE, type="MESAJ", status="RET")
    page = stage.client.pull(stage.brand, None)
    return [one.recipient for one in page.movements] == [PHONE]


def push_refused(stage: Stage) -> bool:
    """Registration of an address that is not there is H530, and listed as not made."""
    with pytest.raises(iys_client.IysTrouble, match="H530"):
        stage.client.register_push(stage.brand, [TARGET])
    return [one.made for one in stage.client.push_connections(stage.brand)] == [False]


def push_removed(stage: Stage) -> bool:
    """What was registered is taken away."""
    push_refused(stage)
    stage.client.unregister_push(stage.brand, TARGET)
    return stage.client.push_connections(stage.brand) == []


def deleted(stage: Stage) -> bool:
    """A retailer that never had a consent goes for good."""
    code = stage.client.add_retailer(
        stage.brand, replace(BAYI, tckn="10000000078", tin="10000000078"))
    stage.client.delete_retailer(stage.brand, code)
    return stage.client.retailer(stage.brand, code) is None


def access(change: Callable[[Stage], None], left: int) -> Callable[[Stage], bool]:
    """How many retailers may use the consent after a change."""
    def look(stage: Stage) -> bool:
        change(stage)
        return len(stage.client.access(stage.brand, PHONE, KIND, SMS)) == left
    return look


def day_file(stage: Stage) -> bool:
    """The day's file, piece by piece."""
    pieces: list[bytes] = []
    found = stage.client.day_file(stage.brand, stage.yesterday(), pieces.extend)
    return found and PHONE.encode() in b"".join(pieces)


SERVICES: dict[str, Callable[[Stage], Any]] = {
    "4 token by password": lambda s: s.client.prove_log_in() is None,
    "4 token by refresh": refresh,
    "5.1 brands": lambda s: s.client.brands()[0].brand_code == s.brand,
    "5.2 partner's brands": lambda s: s.partner().partner_rights(PARTNER, everybody=True),
    "5.2 partner's brands at one provider": lambda s: s.partner().partner_rights(PARTNER),
    "5.3 subscription": lambda s: s.client.subscription().used == 1,
    "5.4 partner's subscription": lambda s: s.partner().partner_subscription(PARTNER).number,
    "6.1 add": lambda s: posted(s, "/consents", s.item("+905997000004"))["transactionId"],
    "6.2 add V2": lambda s: s.client.add(s.brand, s.item("+905997000005")).transaction_id,
    "6.3 and 6.5 list and result": batch_v1,
    "6.4 list V2": batch, "6.6 result V2": batch,
    "6.7 status": lambda s: s.client.status(s.brand, PHONE, KIND, SMS),
    "6.8 status of many": lambda s: s.client.approved(s.brand, KIND, SMS, [PHONE]) == {PHONE},
    "6.9 history": lambda s: s.client.history(s.brand, PHONE, KIND, SMS).total == 1,
    "6.10 pull": pull,
    "6.11 push registration": push_refused,
    "6.11 push list": lambda s: s.client.push_connections(s.brand) == [],
    "6.11 push removal": push_removed,
    "7.1 add retailer": lambda s: s.retailer,
    "7.2 list retailers": lambda s: [r.code for r in s.client.retailers(s.brand)] == [s.retailer],
    "7.3 show retailer": lambda s: s.client.retailer(s.brand, s.retailer),
    "7.4 delete retailer": deleted,
    "7.5 give access": access(lambda s: None, 1),
    "7.5 replace access": access(
        lambda s: s.client.replace_access(s.brand, [PHONE], KIND, SMS, [s.retailer]), 1),
    "7.5 list access": access(lambda s: None, 1),
    "7.5 take access": access(
        lambda s: s.client.take_access(s.brand, [PHONE], KIND, SMS, [s.retailer]), 0),
    "7.5 take all access": access(
        lambda s: s.client.take_all_access(s.brand, [PHONE], KIND, SMS), 0),
    "8.1 summary of a day": lambda s: s.client.day_summary(s.brand, s.yesterday(), KIND)[0],
    "8.2 hash of a day": lambda s: s.client.day_hash(s.brand, s.yesterday()).value,
    "8.3 agreement": lambda s: s.client.agree(s.brand, s.yesterday()),
    "8.4 file of a day": day_file,
    "8.5 time stamp of a day": lambda s: s.client.day_stamp(s.brand, s.yesterday()),
    "10 cities": lambda s: len(s.client.cities()) == 81,
    "10 one city": lambda s: s.client.city(34).name == "İstanbul" and not s.client.city(99),
    "10 towns": lambda s: {t.city_code for t in s.client.towns()} == set(range(1, 82)),
    "10 one town": lambda s: s.client.town(1).city_code == 1 and not s.client.town(5000),
}


@pytest.mark.iys_service
@pytest.mark.parametrize("service", SERVICES)
def test_service(service: str, stage: Stage) -> None:
    db.refuse_open_transaction()
    call = SERVICES[service]
    try:
        assert call(stage)
    except AttributeError as missing:
        if missing.obj is not stage.client:
            raise
        pytest.skip("the client does not have this service yet")
    except iys_client.IysTrouble as trouble:
        if trouble.code != "HTTP_404":
            raise
        pytest.skip("the simulator does not have this service yet")
