"""One search field: addresses, record, receipt and İYS numbers; and nothing of somebody else's."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest

from ileti.consents import ledger
from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with
from tests.panel.test_time_travel import answer

NOTHING = "Bu numarayla kayıt yok."


def search(client: Any, typed: str) -> Any:
    """What the field answers, redirects followed."""
    return client.post("/izinler/ara", follow_redirects=True,
                       data={"csrf_token": token_of(client), "q": typed})


@pytest.fixture
def taken(place: Any) -> Any:
    """One consent that İYS has accepted."""
    done = take(place, "+905992045566")
    answer(place, done.items[0].entry_id)
    return done


@pytest.fixture
def client(app: Any, place: Any) -> Any:
    """Signed in as somebody of the provider."""
    return sign_in(app, user_with(app, "provider_admin", place))


def test_by_record_number_as_people_type_it(client: Any, taken: Any) -> None:
    number = record_number(taken.items[0].entry_id)
    for typed in (number, number.lower(), number.replace("-", " ")):
        page = search(client, typed)
        assert page.request.path == f"/izinler/{number}"


def test_by_receipt_number(client: Any, taken: Any) -> None:
    page = search(client, receipt_number(taken.submission_id))
    assert page.request.path == f"/izinler/{record_number(taken.items[0].entry_id)}"
    assert receipt_number(taken.submission_id) in page.text


def test_by_iys_transaction_number(client: Any, taken: Any) -> None:
    entry = taken.items[0].entry_id
    db.connection().execute("insert into iys_receipt (provider_id, entry_id, accepted, "
                            "transaction_id) select provider_id, id, true, %s from consent_entry "
                            "where id = %s", (f"5c0e81f29a{entry}", entry))
    assert search(client, f"5c0e81f29a{entry}").request.path == f"/izinler/{record_number(entry)}"


def test_a_receipt_with_several_consents_opens_the_list_of_them(client: Any, place: Any) -> None:
    moment = clock.whole_second(clock.now())
    items = [ledger.NewConsent(address="+905992045567", channel=channel, status=Status.ONAY,
                               consent_date=moment) for channel in (Channel.ARAMA, Channel.MESAJ)]
    done = ledger.record(ledger.NewSubmission(
        place=place, idem="makbuz:iki-kanal", body_hash=b"2" * 16, source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=items))
    page = search(client, receipt_number(done.submission_id)).text
    assert all(record_number(one.entry_id) in page for one in done.items)


def test_what_was_searched_stands_in_no_url(client: Any, taken: Any) -> None:
    for typed in ("+90 599 204 55 66", receipt_number(taken.submission_id)):
        found = client.post("/izinler/ara", data={"csrf_token": token_of(client), "q": typed})
        assert "599" not in found.headers["Location"].partition("bul=")[0]
        assert "MKB" not in found.headers["Location"]


@pytest.mark.parametrize("typed", [
    "IZN-0000-0000-0001", "IZN-1", "MKB-ABCD-ABCD-ABCD", "MKB-", "5c0e81f2-yok-9a", "IZN-" * 90,
])
def test_a_number_that_is_nobodys_is_said_so(client: Any, typed: str) -> None:
    assert NOTHING in search(client, typed).text


@pytest.mark.parametrize("path", ["/izinler/{id}", "/izinler/{provider}/{id}", "/izinler/IZN-{id}",
                                  "/izinler/{id:012d}", "/izinler/MKB-{id:012d}"])
def test_a_bare_id_in_the_address_is_not_found(
    client: Any, place: Any, taken: Any, path: str
) -> None:
    address = path.format(id=taken.items[0].entry_id, provider=place.provider_id)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("kind", ["record", "receipt", "iys", "address"])
def test_a_dealer_searching_anothers_finds_nothing(app: Any, place: Any, kind: str) -> None:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    done = take(place, "+905992045599", dealer_id=other)
    entry = done.items[0].entry_id
    answer(place, entry)
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    typed = {"record": record_number(entry), "receipt": receipt_number(done.submission_id),
             "iys": f"işlem-{entry}", "address": "+905992045599"}[kind]
    page = search(client, typed).text
    assert not re.search(r'href="/izinler/IZN-', page)
    assert "Karşıyaka" not in page


def test_a_reference_is_good_for_its_searcher_alone(app: Any, place: Any, taken: Any) -> None:
    first, second = (sign_in(app, user_with(app, "provider_admin", place)) for _ in range(2))
    found = first.post("/izinler/ara", data={"csrf_token": token_of(first),
                                             "q": "+905992045566"}).headers["Location"]
    assert first.get(found).status_code == 200
    assert second.get(found).status_code == 404
    assert second.get(found + "x").status_code in (403, 404, 410)


def test_a_transaction_number_asks_an_index(database: str, place: Any) -> None:
    with psycopg.connect(database) as owner:  # who may analyze, so that the plan knows the rows
        owner.execute(
            "insert into iys_receipt (provider_id, entry_id, accepted, transaction_id) "
            "select %s, n, true, 'n' || n from generate_series(1, 3000) n", (place.provider_id,))
        owner.execute("analyze iys_receipt")
        owner.execute("set local enable_seqscan = off")  # a test's table is small
        plan = json.dumps(owner.execute(
            "explain (format json) select 1 from iys_receipt where provider_id = %s "
            "and transaction_id = %s", (place.provider_id, "x")).fetchone()[0])
        owner.rollback()
    assert "ix_iys_receipt_transaction" in plan
