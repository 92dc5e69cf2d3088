"""Acts about personal data in the panel: seen, opened, withdrawn, exported, and by whom."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Source
from ileti.core import clock, db
from ileti.kvkk import integrity, standing
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import Text, click, stands, text, version
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

ADDRESS = "+905991234567"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def did(place: Any, of: Text, what: Act, *, dealer: int | None = None,
        address: str | None = ADDRESS, ago: int = 60) -> int:
    """An act of a minute ago; its entry's id."""
    at = clock.whole_second(clock.now() - timedelta(seconds=ago))
    extent = Extent.OPENED if what.of_notice else Extent.UNKNOWN
    _, acts = record(click(place, dealer=dealer), [
        NewAct(of.document, of.version, of.hash, what, at, extent, address)])
    return acts[0].entry_id


def renewing(place: Any, document: int, number: int, renewal: str) -> Text:
    """A later version that tells or asks anew; put there by the owner's hand."""
    row = db.connection().execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, renewal) values (%s, %s, %s, 'tr', 'Yeni', 'Metin', sha256(%s), %s) "
        "returning id, content_hash", (place.provider_id, document, number,
                                       f"{document}:{number}".encode(), renewal)).fetchone()
    return Text(document, row[0], bytes(row[1]).hex())


def test_the_list_shows_masked_addresses_and_filters_by_act(
    admin: Any, place: Any, place_b: Any
) -> None:
    did(place, text(place, "AYDINLATMA"), Act.READ)
    did(place, text(place), Act.GIVEN)
    did(place, text(place, "AYDINLATMA"), Act.SHOWN, address=None)
    did(place_b, text(place_b), Act.GIVEN, address="+905997654321")
    page = admin.get("/kvkk/").text
    assert page.count('role="rowheader"') == 3
    assert "45 67" in page
    assert "adres bırakmadı" in page
    assert "123 45 67" not in page
    assert "43 21" not in page
    only = admin.get("/kvkk/?islem=3").text
    assert only.count('role="rowheader"') == 1
    odd = "/kvkk/?islem=x&metin=99999999999&once=IZN-zzz&tarih_from=9"
    assert admin.get(odd).status_code == 200


def test_pages_of_the_list_go_by_their_last_row(admin: Any, place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    for n in range(53):
        did(place, notice, Act.SHOWN, address=f"+9059900000{n:02d}")
    first = admin.get("/kvkk/").text
    assert first.count('role="rowheader"') == 50
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = admin.get(older).text
    assert second.count('role="rowheader"') == 3
    assert 'rel="prev"' in second


def test_one_act_shows_its_text_and_opening_the_address_is_audited(
    admin: Any, place: Any
) -> None:
    number = record_number(did(place, text(place), Act.GIVEN))
    page = admin.get(f"/kvkk/kayit/{number}").text
    assert "Rıza verildi" in page
    assert "Başlık, sürüm 1" in page
    assert "+90 599 123 45 67" not in page
    opened = admin.post(f"/kvkk/kayit/{number}/adres", data={"csrf_token": token_of(admin)}).text
    assert "+90 599 123 45 67" in opened
    assert ("consent:reveal",) in db.connection().execute(
        "select action from audit_entry where provider_id = %s", (place.provider_id,)).fetchall()


def test_r62_a_withdrawal_is_one_press_and_a_doubled_one_is_one_withdrawal(
    admin: Any, place: Any
) -> None:
    rıza = text(place)
    number = record_number(did(place, rıza, Act.GIVEN))
    path, data = f"/kvkk/kayit/{number}/geri-al", {
        "csrf_token": token_of(admin), "source": "HS_CAGRI_MERKEZI"}
    assert "Geri almayı kaydet" in admin.get(f"/kvkk/kayit/{number}").text
    assert "Geri alma kaydedildi" in admin.post(path, data=data, follow_redirects=True).text
    assert "kalmadı" in admin.post(path, data=data, follow_redirects=True).text
    assert stands(place, rıza) == [(4, rıza.version, 1)]
    assert admin.post(path, data=data | {"source": "IYS_WEB"}).status_code == 400
    assert db.connection().execute(
        "select source, standing from kvkk_entry where provider_id = %s and act = 4",
        (place.provider_id,)).fetchall() == [(int(Source.HS_CAGRI_MERKEZI), 1)]


@pytest.mark.parametrize(("language", "words"), [
    ("tr", ["Bize nasıl ulaştı?", "Telefonda", "Mektupla ya da yüz yüze", "E-postayla"]),
    ("en", ["How did it reach us?", "On the phone", "By letter or in person", "By e-mail"])])
def test_r43_the_page_asks_how_a_withdrawal_came_and_chooses_nothing(
    admin: Any, place: Any, language: str, words: list[str]
) -> None:
    number = record_number(did(place, text(place), Act.GIVEN))
    admin.get(f"/lang/{language}")
    page = admin.get(f"/kvkk/kayit/{number}").text
    assert all(word in page for word in words)
    ways = re.findall(r'<input type="radio" name="source"[^>]*>', page)
    assert len(ways) == 3
    assert all("required" in way and "checked" not in way for way in ways)


@pytest.mark.parametrize("way", ["HS_CAGRI_MERKEZI", "HS_FIZIKSEL_ORTAM", "HS_EPOSTA"])
def test_r43_a_withdrawal_is_recorded_by_the_way_it_came(
    admin: Any, place: Any, way: str
) -> None:
    path = f"/kvkk/kayit/{record_number(did(place, text(place), Act.GIVEN))}/geri-al"
    data = {"csrf_token": token_of(admin)}
    assert "nasıl ulaştığını seçin" in admin.post(path, data=data, follow_redirects=True).text
    assert "Geri alma kaydedildi" in admin.post(
        path, data=data | {"source": way}, follow_redirects=True).text
    assert db.connection().execute(
        "select source from kvkk_entry where provider_id = %s and act = 4",
        (place.provider_id,)).fetchall() == [(int(Source[way]),)]


def test_another_company_s_act_is_no_act(app: Any, admin: Any, place: Any, place_b: Any) -> None:
    number = record_number(did(place_b, text(place_b), Act.GIVEN))
    token = token_of(admin)
    for way in ("", "/adres", "/geri-al"):
        answer = (admin.post(f"/kvkk/kayit/{number}{way}", data={"csrf_token": token}) if way
                  else admin.get(f"/kvkk/kayit/{number}"))
        assert answer.status_code == 404
    assert admin.get("/kvkk/kayit/1").status_code == 404


def test_a_dealer_sees_and_withdraws_what_it_took_alone(app: Any, place: Any) -> None:
    own, other = dealer_of(place), dealer_of(place, "Karşıyaka")
    dealer = sign_in(app, user_with(app, "dealer_user", place, dealer_id=own))
    mine = record_number(did(place, text(place), Act.GIVEN, dealer=own))
    theirs = record_number(did(place, text(place), Act.GIVEN, dealer=other,
                               address="+905997654321"))
    page = dealer.get("/kvkk/").text
    assert "45 67" in page
    assert "43 21" not in page
    assert dealer.get(f"/kvkk/kayit/{mine}").status_code == 200
    assert dealer.get(f"/kvkk/kayit/{theirs}").status_code == 404
    assert dealer.post(f"/kvkk/kayit/{theirs}/geri-al", data={
        "csrf_token": token_of(dealer), "source": "HS_CAGRI_MERKEZI"}).status_code == 404


def test_a_consent_s_page_tells_the_same_person_s_acts(admin: Any, place: Any) -> None:
    did(place, text(place, "AYDINLATMA"), Act.READ)
    entry = take(place, ADDRESS).items[0].entry_id
    page = admin.get(f"/izinler/{record_number(entry)}").text
    assert "Aydınlatma metni okundu, anlaşıldı" in page


def test_r61_who_rests_on_an_older_version_is_listed_by_what_it_needs(
    admin: Any, place: Any, place_b: Any
) -> None:
    notice, rıza, plain = text(place, "AYDINLATMA"), text(place), text(place)
    did(place, notice, Act.READ)
    did(place, rıza, Act.GIVEN)
    did(place, plain, Act.GIVEN)
    did(place_b, text(place_b), Act.GIVEN)
    assert "Yeniden bilgilendirilecek kimse yok" in admin.get("/kvkk/yenilenecekler").text
    renewing(place, notice.document, 2, "INFORM")
    asks = renewing(place, rıza.document, 2, "ASK")
    version(place, plain.document, 2)
    whose = standing.Whose(place.provider_id)
    assert {(one.document_id, one.renewal) for one in standing.due(db.connection(), whose)} == {
        (notice.document, "INFORM"), (rıza.document, "ASK")}
    assert standing.renewed(db.connection(), [rıza.version, plain.version]) == {
        rıza.version: asks.version}
    page = admin.get("/kvkk/yenilenecekler").text
    assert page.count('role="rowheader"') == 2
    assert admin.get(f"/kvkk/yenilenecekler?metin={rıza.document}").text.count(
        'role="rowheader"') == 1
    did(place, asks, Act.GIVEN, ago=5)
    assert [one.document_id for one in standing.due(db.connection(), whose)] == [notice.document]


def test_who_withdrew_is_asked_nothing(place: Any) -> None:
    rıza = text(place)
    did(place, rıza, Act.WITHDRAWN)
    renewing(place, rıza.document, 2, "ASK")
    assert standing.due(db.connection(), standing.Whose(place.provider_id)) == []


def test_the_export_is_masked_unless_one_may_open_addresses(
    app: Any, admin: Any, place: Any
) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, notice, Act.READ)
    renewing(place, notice.document, 2, "INFORM")
    path, token = "/kvkk/yenilenecekler.csv", token_of(admin)
    masked = admin.post(path, data={"csrf_token": token}).text
    assert "599 123" not in masked
    assert "Yeni, sürüm 2" in masked
    full = admin.post(path, data={"csrf_token": token, "adres": "acik"}).text
    assert "+90 599 123 45 67" in full
    dealer = sign_in(app, user_with(app, "dealer_user", place, dealer_id=dealer_of(place)))
    assert "599" not in dealer.post(path, data={"csrf_token": token_of(dealer)}).text
    assert dealer.post(path, data={"csrf_token": token_of(dealer), "adres": "acik"}
                       ).status_code == 404


def _untold(place: Any) -> list[bool]:
    since = clock.now() - timedelta(days=1)
    return [one.explicit for one in integrity.untold(
        db.connection(), since=since, provider_id=place.provider_id)]


def test_r60_a_consent_without_an_earlier_notice_fails_the_check(
    admin: Any, place: Any
) -> None:
    assert _untold(place) == []
    assert "Her onayın aydınlatması var" in admin.get("/kvkk/denetim").text
    did(place, text(place), Act.GIVEN, ago=60)
    assert _untold(place) == [True]
    notice = text(place, "AYDINLATMA")
    did(place, notice, Act.SHOWN, ago=30)  # too late
    assert _untold(place) == [True]
    assert "1 kayıttan önce aydınlatma yok" in admin.get("/kvkk/denetim").text
    did(place, notice, Act.SHOWN, ago=90)
    assert _untold(place) == []


def test_r60_a_notice_of_somebody_else_or_another_company_does_not_count(
    place: Any, place_b: Any
) -> None:
    did(place, text(place), Act.GIVEN)
    did(place, text(place, "AYDINLATMA"), Act.SHOWN, ago=90, address="+905997654321")
    did(place_b, text(place_b, "AYDINLATMA"), Act.SHOWN, ago=90)
    assert _untold(place) == [True]


def test_the_numbers_of_a_version_know_acts_and_old_acknowledgements(
    admin: Any, place: Any
) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, notice, Act.READ)
    take(place, "+905997654321", notice=notice.version)
    later = renewing(place, notice.document, 2, "INFORM")
    page = admin.get(f"/metinler/gorenler/{notice.version}").text
    numbers = re.findall(r'tile-number">([^<]+)<', page)
    assert numbers == ["1", "0", "2", "2"]
    did(place, later, Act.READ, ago=5)
    page = admin.get(f"/metinler/gorenler/{notice.version}").text
    assert re.findall(r'tile-number">([^<]+)<', page)[-1] == "1"
