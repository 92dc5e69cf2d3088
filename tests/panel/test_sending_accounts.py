"""Sending accounts and sender titles in the panel: opened, tried, decided, and nobody else's."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.channels import accounts, senders
from ileti.channels.accountmodels import SenderState
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.simulator.gateways.desk import TRIAL_PASSWORD, TRIAL_USER
from tests.channels.test_sms_gateways import House, house  # noqa: F401 (a fixture)
from tests.panel.people import dealer_of, sign_in, token_of, user_with

PAGE = "/gonderim-hesaplari"
TITLES = "/basliklar"
PAPER = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _titles_are_nobodys(conn: Any) -> None:
    """The simulated providers know two titles, and a title is one brand's at a time."""
    conn.execute("update sender set state = 4, ended_at = now() where state = 2 "
                 "and title in ('DEFNE EV', 'ILETI')")


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def post(client: Any, path: str, **fields: Any) -> Any:
    return client.post(path, data={"csrf_token": token_of(client), **fields},
                       follow_redirects=True)


def open_one(client: Any, url: str, kind: str = "netgsm", **more: Any) -> Any:
    return post(client, f"{PAGE}/yeni/{kind}", **{
        "name": "Ana hat", "brand": "", "commercial": "1", "exempt": "1", "rank": "1",
        "weight": "1", "per_second": "12,5", "k-user": TRIAL_USER, "k-password": TRIAL_PASSWORD,
        "k-url": f"{url}/gw/{kind}", **more})


@pytest.fixture
def account(admin: Any, place: Any, house: House) -> int:  # noqa: F811 (the fixture)
    assert open_one(admin, house.url).status_code == 200
    return int(db.connection().execute("select id from gateway_account where provider_id = %s",
                                       (place.provider_id,)).fetchone()[0])


def ask(client: Any, place: Any, account: int, title: str = "DEFNE EV", *,
        paper: bytes | None = PAPER) -> int:
    """Notes a title; its number."""
    more = {"dosya": (io.BytesIO(paper), "sicil.pdf")} if paper else {}
    page = client.post(f"{TITLES}/yeni", content_type="multipart/form-data", data={
        "csrf_token": token_of(client), "title": title, "brand": str(place.brand_id),
        "account": str(account), "said": "Başvuru 41", **more})
    assert page.status_code == 303, page.text
    return int(re.search(r"/basliklar/(\d+)", page.location)[1])  # type: ignore[index]


def approve(client: Any, sender: int, state: SenderState = SenderState.APPROVED,
            said: str = "Uygundur") -> str:
    return str(post(client, f"{TITLES}/{sender}/karar", state=str(int(state)), said=said).text)


def ways(place: Any) -> Any:
    return accounts.roads(place.provider_id, place.brand_id, Channel.MESAJ, commercial=True)


def trail(place: Any) -> list[tuple[str, str]]:
    return [(row[0], json.dumps(row[1])) for row in db.system_connection().execute(
        "select action, detail from audit_entry where provider_id = %s order by id",
        (place.provider_id,))]


def test_an_account_is_opened_and_its_secret_is_seen_nowhere(
        admin: Any, place: Any, account: int, caplog: Any, capsys: Any) -> None:
    sealed, = db.connection().execute("select sealed from gateway_account where id = %s",
                                      (account,)).fetchone()
    assert TRIAL_PASSWORD not in sealed
    assert accounts.opened(sealed)["password"] == TRIAL_PASSWORD
    for path in (PAGE + "/", f"{PAGE}/{account}", f"{PAGE}/{account}/degistir"):
        page = admin.get(path)
        assert page.status_code == 200
        assert f'"{TRIAL_PASSWORD}"' not in page.text
        assert f">{TRIAL_PASSWORD}<" not in page.text
    assert "12,5" in admin.get(f"{PAGE}/{account}").text
    assert ("gateway_account:add", True) in [(one, TRIAL_PASSWORD not in said)
                                             for one, said in trail(place)]
    assert TRIAL_PASSWORD not in caplog.text + capsys.readouterr().out.replace("deneme ", "")


def test_a_secret_left_empty_stays_and_another_is_told_without_its_words(
        admin: Any, place: Any, account: int, house: House) -> None:  # noqa: F811 (the fixture)
    path = f"{PAGE}/{account}/degistir"
    same = {"name": "Ana hat", "rank": "2", "weight": "5", "per_second": "20", "commercial": "1",
            "k-user": TRIAL_USER, "k-url": f"{house.url}/gw/netgsm"}
    assert post(admin, path, **same, **{"k-password": ""}).status_code == 200
    row = db.connection().execute("select sealed, rank, weight, exempt from gateway_account "
                                  "where id = %s", (account,)).fetchone()
    assert accounts.opened(row[0])["password"] == TRIAL_PASSWORD
    assert row[1:] == (2, 5, False)
    post(admin, path, **same, **{"k-password": "yepyeni-sifre"})
    said = [one for one in trail(place) if one[0] == "gateway_account:change"]
    assert len(said) == 2
    assert "yepyeni" not in json.dumps(said)


@pytest.mark.parametrize(("field", "value"), [
    ("name", ""), ("k-user", ""), ("k-password", ""), ("rank", "0"), ("rank", "x"),
    ("weight", "101"), ("per_second", "0"), ("per_second", "nan"), ("brand", "999999999"),
    ("k-url", "https://10.0.0.1/"), ("k-url", "http://sms.ornek.com.tr/"), ("k-url", "x")])
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
        admin: Any, place: Any, house: House, field: str, value: str) -> None:  # noqa: F811
    page = open_one(admin, house.url, **{"name": "Yedek hat", field: value})
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text
    assert field == "name" or 'value="Yedek hat"' in page.text
    assert db.connection().execute("select count(*) from gateway_account where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (0,)


def test_an_account_without_a_purpose_or_with_a_name_that_is_taken_is_refused(
        admin: Any, account: int, house: House) -> None:  # noqa: F811 (the fixture)
    assert open_one(admin, house.url).status_code == 422
    page = admin.post(f"{PAGE}/yeni/netgsm", data={
        "csrf_token": token_of(admin), "name": "Öteki", "rank": "1", "weight": "1",
        "per_second": "1", "k-user": "1", "k-password": "2"})
    assert page.status_code == 422
    assert 'href="#commercial"' in page.text
    assert admin.get(f"{PAGE}/yeni/baska").status_code == 404


def test_a_title_is_used_once_it_is_approved_with_a_document(
        admin: Any, place: Any, account: int, house: House) -> None:  # noqa: F811 (the fixture)
    """R-54: asked for is not approved, and without a document it cannot be."""
    bare = ask(admin, place, account, "DEFNE", paper=None)
    assert "belgeyi ekleyin" in approve(admin, bare)
    sender = ask(admin, place, account)
    assert ways(place) == []
    assert "Kaydedildi" in approve(admin, sender)
    assert [one.sender for one in ways(place)] == ["DEFNE EV"]
    assert "zaten" in approve(admin, sender)
    page = admin.get(f"{TITLES}/{sender}").text
    assert ("Başvuru 41" in page, "Uygundur" in page, "Ada Yıldız" in page) == (True, True, True)
    approve(admin, sender, SenderState.CLOSED, "Kapattık")
    assert ways(place) == []
    assert admin.get(f"{TITLES}/{sender}/belge.al").data == PAPER
    assert {"sender:open", "sender:change"} <= {one for one, _ in trail(place)}


@pytest.mark.parametrize("title", ["INFO", "firma.com", "ŞİRKET", "AB", "123456", " X Y"])
def test_a_title_an_operator_would_refuse_is_refused_while_it_is_typed(
        admin: Any, place: Any, account: int, title: str) -> None:
    page = post(admin, f"{TITLES}/yeni", title=title.strip() if title != " X Y" else "X  YZ",
                brand=str(place.brand_id), account=str(account))
    assert page.status_code == 422
    assert 'href="#title"' in page.text


def test_a_title_is_one_brands_at_a_time_and_a_past_day_resolves_to_it(
        app: Any, admin: Any, place: Any, place_b: Any, account: int,
        house: House) -> None:  # noqa: F811 (the fixture)
    title = f"DEFNE {place.provider_id % 100000}"
    mine = ask(admin, place, account, title)
    other = sign_in(app, user_with(app, "provider_admin", place_b))
    open_one(other, house.url)
    theirs = ask(other, place_b, db.connection().execute(
        "select id from gateway_account where provider_id = %s",
        (place_b.provider_id,)).fetchone()[0], title.lower())
    approve(admin, mine)
    assert "başka bir marka" in approve(other, theirs)
    approve(admin, mine, SenderState.CLOSED)
    assert "Kaydedildi" in approve(other, theirs)
    db.connection().execute("update sender set approved_at = now() - interval '9 days', "
                            "ended_at = now() - interval '2 days' where id = %s", (mine,))
    db.connection().execute("update sender set approved_at = now() - interval '2 days' "
                            "where id = %s", (theirs,))
    for days, brand in ((5, place.brand_id), (1, place_b.brand_id), (10, None)):
        found = senders.holders(title, clock.now() - timedelta(days=days))
        assert [one.brand_id for one in found] == ([brand] if brand else [])
    day = f"{clock.to_istanbul(clock.now() - timedelta(days=5)):%Y-%m-%dT%H:%M}"
    assert "kullanıyordu" in admin.get(f"{TITLES}/?baslik={title}&an={day}").text
    assert "kullanıyordu" not in other.get(f"{TITLES}/?baslik={title}&an={day}").text


def test_a_test_message_arrives_over_the_account(
        admin: Any, place: Any, account: int, house: House) -> None:  # noqa: F811 (the fixture)
    path = f"{PAGE}/{account}/dene"
    assert "onaylı bir başlığı yok" in post(admin, path, to="0599 213 41 18").text
    approve(admin, ask(admin, place, account))
    assert "sağlayıcı aldı" in post(admin, path, to="0599 213 41 18").text
    assert "deneme" in house.phones.phones["+905992134118"][-1].text
    wrong = post(admin, path, to="12")
    assert (wrong.status_code, 'value="12"' in wrong.text) == (422, True)
    assert "905992134118" not in json.dumps(trail(place))


def test_titles_are_compared_with_the_providers(admin: Any, place: Any, account: int) -> None:
    approve(admin, ask(admin, place, account))
    approve(admin, ask(admin, place, account, f"DFN{place.provider_id % 10000}"))
    page = post(admin, f"{PAGE}/{account}/karsilastir").text
    assert re.search(r"Yalnız sağlayıcıda</dt><dd>ILETI", page)
    assert re.search(r"Yalnız burada</dt><dd>DFN", page)


def test_an_account_is_switched_off_and_a_rest_is_ended(admin: Any, place: Any, account: int
                                                        ) -> None:
    approve(admin, ask(admin, place, account))
    post(admin, f"{PAGE}/{account}/kapat")
    assert ways(place) == []
    post(admin, f"{PAGE}/{account}/ac")
    accounts.refused(account, "Netgsm (30)")
    page = admin.get(f"{PAGE}/{account}").text
    assert ("dinleniyor" in page, "Netgsm (30)" in page) == (True, True)
    post(admin, f"{PAGE}/{account}/uyandir")
    assert len(ways(place)) == 1
    assert admin.post(f"{PAGE}/{account}/baska",
                      data={"csrf_token": token_of(admin)}).status_code == 404


def test_the_address_for_reports_is_shown_where_reports_are_pushed_and_can_be_changed(
        admin: Any, place: Any, house: House) -> None:  # noqa: F811 (the fixture)
    open_one(admin, house.url, "verimor")
    number, hook = db.connection().execute(
        "select id, hook_hash from gateway_account where provider_id = %s",
        (place.provider_id,)).fetchone()
    shown = re.search(r"/gw/v1/([\w-]{43})", admin.get(f"{PAGE}/{number}").text)
    assert shown is not None
    post(admin, f"{PAGE}/{number}/adres")
    again = re.search(r"/gw/v1/([\w-]{43})", admin.get(f"{PAGE}/{number}").text)
    assert again is not None
    assert again[1] != shown[1]
    assert shown[1] not in json.dumps(trail(place)) + bytes(hook).hex()


@pytest.mark.parametrize("who", ["provider_admin", "marketer", "brand_manager", "dealer_manager"])
def test_nobody_else_sees_or_changes_them(
        app: Any, admin: Any, place: Any, place_b: Any, account: int, who: str) -> None:
    """Another company, and those of this one who have no right to it."""
    sender = ask(admin, place, account)
    where = place_b if who == "provider_admin" else place
    client = sign_in(app, user_with(
        app, who, where, level="brand" if who == "brand_manager" else "provider",
        dealer_id=dealer_of(place) if who == "dealer_manager" else None))
    for path in (f"{PAGE}/{account}", f"{TITLES}/{sender}", f"{TITLES}/{sender}/belge.al",
                 f"{PAGE}/{account}/degistir"):
        assert client.get(path).status_code in (302, 403, 404)
    for path in (f"{PAGE}/{account}/kapat", f"{PAGE}/{account}/dene", f"{TITLES}/{sender}/karar"):
        answer = client.post(path, data={"csrf_token": token_of(client), "state": "4"})
        assert answer.status_code in (302, 403, 404)
    for path in (PAGE + "/", TITLES + "/"):
        assert "Ana hat" not in client.get(path, follow_redirects=True).text
    assert db.system_connection().execute(
        "select a.active, s.state from gateway_account a join sender s on s.account_id = a.id "
        "where a.id = %s", (account,)).fetchone() == (True, 1)


def test_a_compliance_officer_reads_and_changes_nothing(app: Any, admin: Any, place: Any,
                                                        account: int) -> None:
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    page = officer.get(f"{PAGE}/{account}").text
    assert ("Ana hat" in page, "/gw/v1/" in page, "/degistir" in page) == (True, False, False)
    assert officer.post(f"{PAGE}/{account}/kapat", data={
        "csrf_token": token_of(officer)}).status_code in (302, 403)
    assert db.connection().execute("select active from gateway_account where id = %s",
                                   (account,)).fetchone() == (True,)


def test_a_message_says_what_became_of_it_where_it_is_listed(app: Any) -> None:
    from ileti.channels import deliverywords
    from ileti.channels.send import DOUBT

    with app.test_request_context():
        assert deliverywords.fate(True, 2, None, None) == "teslim edildi"
        assert deliverywords.fate(True, 4, "EXPIRED", None) == "teslim edilemedi (EXPIRED)"
        assert deliverywords.fate(True, None, None, None) == ""
        assert "belirsiz" in deliverywords.fate(False, None, None, f"{DOUBT}: ReadTimeout")
        assert deliverywords.fate(False, None, None, "refused") == "gönderilmedi"


def test_doctor_names_accounts_that_rest(admin: Any, place: Any, account: int) -> None:
    from config import settings
    from ileti.cli import doctor

    accounts.refused(account, "Netgsm (30)")
    found = [one for one in doctor._accounts(settings()) if "Netgsm (30)" in one.what]
    assert found
    assert not found[-1].good
    assert "rests" in found[-1].what
