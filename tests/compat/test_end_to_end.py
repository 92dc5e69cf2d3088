"""The whole way: a program's list → ledger → forwarder → İYS → the result with İYS's number; and
our own İYS client, which knows nothing of all this, with its base URL pointed at us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from iys_house import Registry, due_now, forward, open_account, phones, pull, settle, state

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import clock
from ileti.core.http import OutgoingClient
from ileti.iys.answers import ItemState
from ileti.iys.budget import RequestBudget
from ileti.iys.client import Account, IysClient, IysTrouble
from ileti.iys.wire import to_iys_time

from .house import PHONE, Program, account, at, codes, consent, dealer, entries

RETAILER = 60_710_001
SMS, PERSON = Channel.MESAJ, RecipientType.BIREYSEL


def client_at(door: str, place: Any) -> IysClient:
    """Our own client, as if we were İYS."""
    name, secret = account(place)
    return IysClient(Account(place.provider_id, place.iys_code, name, secret, door),
                     http=OutgoingClient(door), budget=RequestBudget(door, 1000))


def test_a_list_reaches_iys_and_its_result_carries_iys_own_number(
        shop: Any, registry: Registry, program: Program) -> None:
    numbers = phones(30)
    answer = program.send([consent(recipient=one) for one in numbers])
    assert answer.status_code == 202
    request = answer.json["requestId"]
    assert [row["recipient"] for row in answer.json["subRequests"]] == numbers
    assert {row["status"] for row in program.result(request)} == {"enqueue"}
    assert program.status(numbers[0]).status_code == 404, "no consent counts before İYS has it"
    forward(shop)
    due_now(shop)
    settle(shop)
    rows = program.result(request)
    assert [row["index"] for row in rows] == list(range(30))
    assert {row["status"] for row in rows} == {"success"}
    for number, row, sub in zip(numbers, rows, answer.json["subRequests"], strict=True):
        assert row["transactionId"] == registry.holds(number)["transactionId"]
        assert row["subRequestId"] == sub["subRequestId"]
    told = program.status(numbers[3]).json
    assert (told["status"], told["transactionId"]) == ("ONAY", rows[3]["transactionId"])
    assert program.approved(*numbers, PHONE) == numbers


def test_what_iys_refuses_later_stands_in_the_result(shop: Any, program: Program) -> None:
    first = program.send([consent(recipient=PHONE, status="RET"),
                          consent(recipient="+905992134118", source="HS_KARAR", status="RET")])
    forward(shop)
    rows = program.result(first.json["requestId"])
    assert [row["error"]["code"] for row in rows] == ["H175", "H175"]
    assert program.status().json["status"] == "RET", "the refusal is kept and blocks (R-42)"
    assert program.approved(PHONE) == []


def test_a_used_up_package_shows_in_the_result(shop: Any, registry: Registry,
                                               program: Program) -> None:
    registry.tell("subscription", iysCode=shop.iys_code, state="limit_reached")
    sent = program.send([consent()])
    forward(shop)
    assert program.result(sent.json["requestId"])[0]["status"] == "enqueue"
    registry.tell("subscription", iysCode=shop.iys_code, state="ACTIVE")
    due_now(shop)
    forward(shop)
    assert program.result(sent.json["requestId"])[0]["status"] == "success"


def test_retailer_and_access_travel_to_iys(shop: Any, registry: Registry,
                                           program: Program) -> None:
    added = program.under("POST", "/retailers", {
        "title": "Örnek Bayi", "name": "Ayşe Örnek", "tckn": "10000000146", "tin": "10000000146",
        "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "449", "name": "Kadıköy"}})
    assert added.status_code == 201, added.text
    code = added.json["retailerCode"]
    other = program.under("POST", "/retailers", {
        "title": "Öteki Bayi", "name": "Can Örnek", "tckn": "12345678950", "tin": "1234567890",
        "city": {"code": "34", "name": "İstanbul"}, "town": {"code": "449", "name": "Kadıköy"}})
    seen = [code, other.json["retailerCode"]]
    assert program.add(retailerCode=code, retailerAccess=seen).status_code == 200
    forward(shop)
    told = program.status().json
    assert (told["retailerCode"], told["retailerTitle"]) == (code, "Örnek Bayi")
    path = "/consent/retailers/access/list"
    key = {"recipient": PHONE, "recipientType": "BIREYSEL", "type": "MESAJ"}
    listed = program.under("POST", path, key).json
    assert sorted(row["retailerCode"] for row in listed["list"]) == sorted(seen)
    many = {"recipients": [PHONE], "recipientType": "BIREYSEL", "type": "MESAJ"}
    taken = program.under("POST", "/consents/retailers/access/remove",
                          many | {"retailerAccess": [code]})
    assert (taken.status_code, taken.data) == (202, b"")
    assert [row["retailerCode"] for row in program.under("POST", path, key).json["list"]] == [
        seen[1]]
    for one in seen:  # the first is linked here, the second at İYS only
        kept = program.under("DELETE", f"/retailers/{one}")
        assert (kept.status_code, codes(kept)) == (500, ["H061"])


def test_our_own_client_takes_us_for_iys(shop: Any, door: str, registry: Registry) -> None:
    client = client_at(door, shop)
    assert [brand.brand_code for brand in client.brands()] == [shop.brand_code]
    added = client.add(shop.brand_code, consent(recipient="+905992134199"))
    assert len(added.transaction_id or "") == 64
    numbers = phones(25)
    accepted = client.add_batch(shop.brand_code, [consent(recipient=one) for one in numbers])
    assert sorted(accepted.ids) == list(range(25))
    assert {row.state for row in client.batch_result(shop.brand_code, accepted.request_id)} == {
        ItemState.ENQUEUE}
    forward(shop)
    due_now(shop)
    settle(shop)
    results = client.batch_result(shop.brand_code, accepted.request_id)
    assert {row.state for row in results} == {ItemState.SUCCESS}
    held = client.status(shop.brand_code, numbers[0], PERSON, SMS)
    assert held is not None
    assert held.transaction_id == registry.holds(numbers[0])["transactionId"]
    assert client.status(shop.brand_code, "+905992134000", PERSON, SMS) is None
    assert client.approved(shop.brand_code, PERSON, SMS, [*numbers[:3], PHONE]) == set(numbers[:3])
    story = client.history(shop.brand_code, numbers[0], PERSON, SMS)
    assert (story.total, story.movements[0].recipient) == (1, numbers[0])
    assert client.retailers(shop.brand_code) == []
    with pytest.raises(IysTrouble) as trouble:
        client.add(shop.brand_code, consent(source="IYS_WEB"))
    assert (trouble.value.code, trouble.value.http_status) == ("H119", 422)


def test_our_own_client_pulls_what_citizens_changed(
        shop: Any, door: str, registry: Registry, monkeypatch: Any) -> None:
    from ileti.compat import changes

    monkeypatch.setattr(changes, "UNSETTLED", timedelta(0))
    client, numbers = client_at(door, shop), phones(5, first=500)
    assert client.pull(shop.brand_code, None).movements == ()
    for one in numbers:
        registry.tell("citizen", recipient=one, type="MESAJ", recipientType="BIREYSEL",
                      status="ONAY", brandCode=shop.brand_code)
    pull(shop)
    page = client.pull(shop.brand_code, None, limit=2)
    assert [one.recipient for one in page.movements] == numbers[:2]
    rest = client.pull(shop.brand_code, page.after)
    assert [one.recipient for one in rest.movements] == numbers[2:]
    assert client.pull(shop.brand_code, rest.after).movements == ()
    registry.tell("citizen", recipient=numbers[0], type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    pull(shop)
    later = client.pull(shop.brand_code, rest.after).movements
    assert [(one.recipient, one.status.name) for one in later] == [(numbers[0], "RET")]
    assert later[0].transaction_id == registry.holds(numbers[0])["transactionId"]
    assert client.approved(shop.brand_code, PERSON, SMS, numbers) == set(numbers[1:])


def test_iys_away_takes_nothing_from_the_caller(shop: Any, registry: Registry,
                                                program: Program) -> None:
    registry.tell("fault", kind="503", path="*", count=None)
    answer = program.add()
    assert answer.status_code == 200
    sent = program.send([consent(recipient=one) for one in phones(3)])
    assert sent.status_code == 202
    assert program.status("+905992134000").status_code == 503
    assert program.approved(PHONE, "+905992134000") == []
    forward(shop, seconds=3)
    registry.tell("fault", clear=True)
    due_now(shop)
    forward(shop)
    assert registry.holds(PHONE)["status"] == "ONAY"
    assert {row["status"] for row in program.result(sent.json["requestId"])} == {"success"}


def test_a_key_only_iys_knows_is_asked_there(shop: Any, registry: Registry,
                                             program: Program) -> None:
    number = "+905992134555"
    registry.tell("citizen", recipient=number, type="MESAJ", recipientType="BIREYSEL",
                  status="ONAY", brandCode=shop.brand_code)
    assert program.status(number).json["source"].startswith("IYS_")
    assert program.history(number).json["pagination"]["totalCount"] == 1
    assert program.approved(number, PHONE) == [number]
    assert entries(shop) == 0, "a question writes nothing"


def test_the_hour_of_questions_is_shared_and_said(shop: Any, given: Any, program: Program,
                                                  monkeypatch: Any) -> None:
    monkeypatch.setattr(given, "iys_history_requests_per_hour", 1)
    assert program.history().status_code == 200
    answer = program.history("+905992134001")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (429, "H089")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_merchants_update_needs_source_and_date_in_a_list_too(
        shop: Any, program: Program) -> None:
    assert program.add(recipientType="TACIR", source=..., consentDate=...).status_code == 200
    rows = [consent(recipientType="TACIR", source=..., consentDate=...),
            consent(recipient="+905992134119")]
    sent = program.send(rows)
    assert sent.status_code == 202
    forward(shop)
    told = program.result(sent.json["requestId"])
    assert told[0]["error"]["code"] == "H463"
    assert told[1]["status"] == "success"
    again = program.send(rows)
    assert again.json["requestId"] == sent.json["requestId"]


def test_own_changes_can_be_pulled_too(shop: Any, program: Program, monkeypatch: Any) -> None:
    from ileti.compat import changes

    monkeypatch.setattr(changes, "LAST_HOUR", timedelta(seconds=-5))
    program.add()
    forward(shop)
    page = program.pull(source="HS").json
    assert [(row["recipient"], row["source"]) for row in page["list"]] == [(PHONE, "HS_WEB")]
    assert program.pull(source="HS", after=page["after"]).status_code == 204
    assert program.pull().status_code == 204


def test_that_addresses_were_told_page_by_page_is_kept_once_an_hour(
        shop: Any, program: Program, monkeypatch: Any) -> None:
    from ileti.compat import changes
    from ileti.core import db

    def kept() -> list[Any]:
        return db.connection().execute(
            "select a.username, e.detail ->> 'program' from audit_entry e join api_account a "
            "on e.subject = 'api_account:' || a.id where e.action = 'api:addresses' "
            "and e.provider_id = %s", (shop.provider_id,)).fetchall()

    monkeypatch.setattr(changes, "LAST_HOUR", timedelta(seconds=-5))
    assert program.pull(source="HS").status_code == 204
    assert kept() == []
    program.add()
    forward(shop)
    for _ in range(3):
        assert program.pull(source="HS").json["list"]
    assert [name for name, _program in kept()] == [program.login[0]]


def test_the_ledger_says_who_brought_it(shop: Any, program: Program) -> None:
    from ileti.core import db

    program.add()
    kind, actor, evidence = db.connection().execute(
        "select actor_kind, actor_id, evidence from submission where provider_id = %s",
        (shop.provider_id,)).fetchone()
    assert (kind, evidence["kind"]) == (3, "iys-compat")
    name = db.connection().execute("select username from api_account where id = %s",
                                   (actor,)).fetchone()
    assert name == (program.login[0],)
    assert PHONE not in str(evidence)


def test_state_and_deadline_are_those_of_any_other_consent(shop: Any, program: Program) -> None:
    program.add(consentDate=at(60))
    program.add(status="RET", consentDate=at(30))
    assert state(shop, PHONE)["status"] == "RET"
    assert program.status().json["consentDate"] <= to_iys_time(clock.now())


def test_a_dealers_account_takes_for_itself(shop: Any, registry: Registry) -> None:
    from ileti.core import db

    own = dealer(shop, 20000001)
    program = Program(shop, account(shop, dealer=own))
    assert program.add().status_code == 200
    taken = db.connection().execute(
        "select dealer_id from consent_entry where provider_id = %s", (shop.provider_id,))
    assert taken.fetchall() == [(own,)]


def test_while_changes_are_unheard_iys_itself_is_asked(shop: Any, registry: Registry,
                                                       program: Program) -> None:
    """R-44: a consent of ours may have been refused there meanwhile."""
    from ileti.core import db

    program.add()
    forward(shop)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    assert program.status().json["status"] == "ONAY", "heard a moment ago"
    db.connection().execute("update iys_cursor set pulled_at = now() - interval '6 days' "
                            "where provider_id = %s", (shop.provider_id,))
    assert program.status().json["status"] == "RET"
    assert program.approved(PHONE) == []
    registry.tell("fault", kind="503", path="*", count=None)
    assert program.status().status_code == 503


@pytest.mark.parametrize("kind", ["merchants that lack source and date", "late ones repeated"])
def test_a_long_list_costs_no_statement_per_item(
        shop: Any, program: Program, monkeypatch: Any, kind: str) -> None:
    import psycopg

    asked: list[str] = []
    real = psycopg.Connection.execute

    def heard(conn: Any, sql: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(sql))
        return real(conn, sql, *more, **named)

    def counted(number: int) -> int:
        bare = kind.startswith("merchants")
        rows = [consent(recipient=phone, **(
            {"recipientType": "TACIR", "source": ..., "consentDate": ...} if bare
            else {"consentDate": at(20 * 86_400)})) for phone in phones(number)]
        del asked[:]
        assert program.send(rows, v="" if bare else "/v2").status_code in (202, 422)
        return len(asked)

    monkeypatch.setattr(psycopg.Connection, "execute", heard)
    assert counted(200) < 20


def test_the_result_of_a_list_of_repeats_is_read_at_once(
        shop: Any, program: Program, monkeypatch: Any) -> None:
    import psycopg

    rows = [consent(recipient=phone, consentDate=at(60)) for phone in phones(60)]
    first = program.send(rows[:50], v="/v2").json["requestId"]
    again = program.send(rows, v="/v2").json["requestId"]
    asked: list[str] = []
    real = psycopg.Connection.execute
    monkeypatch.setattr(psycopg.Connection, "execute", lambda conn, sql, *more, **named: (
        asked.append(str(sql)), real(conn, sql, *more, **named))[1])
    told = program.result(again, v="/v2")
    assert len(asked) < 10
    named = [one.get("originalRequestInformation", {}).get("requestId") for one in told]
    assert named == [first] * 50 + [None] * 10
    assert told[7]["originalRequestInformation"]["subRequestId"].endswith("0007")


def test_what_a_program_says_of_access_decides_what_a_dealers_program_sees(
    shop: Any, registry: Registry, program: Program
) -> None:
    open_account(shop, registry, [RETAILER, RETAILER + 1])
    mine, taker = dealer(shop, RETAILER), dealer(shop, RETAILER + 1)
    program.add(retailerCode=RETAILER + 1)
    forward(shop)
    dealers = Program(shop, account(shop, dealer=mine))
    assert dealers.status().status_code == 404
    key = {"recipientType": "BIREYSEL", "type": "MESAJ"}
    path, access = "/consents/retailers/access", {"retailerAccess": [RETAILER]}
    assert program.under("POST", path, key | access | {"recipient": PHONE}).status_code == 200
    seen = dealers.status()
    assert (seen.status_code, seen.json["status"]) == (200, "ONAY")
    assert "retailerCode" not in seen.json, "who took it is not told"
    assert dealers.approved(PHONE) == [PHONE]
    assert dealers.history().json["list"]
    many = key | {"recipients": [PHONE]}
    assert program.under("PUT", path, many | {"retailerAccess": [RETAILER + 1]}
                         ).status_code == 202
    assert dealers.status().status_code == 404
    assert Program(shop, account(shop, dealer=taker)).status().status_code == 200
    assert program.under("PUT", path, many | access).status_code == 202
    program.add(status="RET", consentDate=at(0))
    assert dealers.status().json["status"] == "RET", "a refusal reaches who has access (R-31)"
    assert program.under("POST", path + "/remove/all", many).status_code == 202
    assert dealers.status().status_code == 404
