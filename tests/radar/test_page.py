"""The radar's page: who has to act, what the button does, and nobody sees another's records."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from ileti.cli.doctor import _calendar
from ileti.core import clock, db
from ileti.iys.errors import MEANINGS
from ileti.radar.causes import PLACES
from ileti.radar.counts import next_midnight
from tests.panel.people import dealer_of, sign_in, take, user_with
from tests.panel.test_today import BIG, heard
from tests.radar.waiting import connected, waiting

MOST_STATEMENTS = {"provider_admin": 26, "dealer_manager": 24}
H180 = "Bayi kodu İYS’de kayıtlı değil. Bayiyi eşleyince kayıt yeniden iletilir."


def tonight() -> Any:
    return next_midnight() - timedelta(seconds=1)


def text_of(page: str) -> str:
    """What stands on a page, without its marks."""
    body = re.sub(r"(?s)<(script|style|svg).*?</\1>|<[^>]+>", " ", page)
    return re.sub(r"\s+", " ", body)


def seen(app: Any, place: Any, path: str = "/sureler/", role: str = "provider_admin",
         **more: Any) -> str:
    answer = sign_in(app, user_with(app, role, place, **more)).get(path)
    assert answer.status_code == 200
    return text_of(answer.text)


def test_what_runs_out_tonight_and_who_acts_stand_on_top_r33(app: Any, place: Any) -> None:
    connected(place)
    waiting(place, tonight(), 2)
    waiting(place, tonight(), 3, stopped=H180, code=180)
    page = seen(app, place)
    assert "5 kaydın süresi bu gece 23:59’da doluyor. 3 kayıt sizi bekliyor." in page
    assert "3 sizi bekliyor · 2 kendiliğinden" in page
    assert re.search(r"3 Bayi kodu İYS’de kayıtlı değil.*H180.*Düzeltecek kişi: Siz.*Bayiyi eşle",
                     page)


def test_whoever_may_not_mend_it_is_told_who_may(app: Any, place: Any) -> None:
    connected(place)
    dealer = dealer_of(place)
    waiting(place, tonight(), 1, stopped=H180, code=180, dealer_id=dealer)
    page = seen(app, place, role="dealer_user", dealer_id=dealer)
    assert "Düzeltecek kişi: Hizmet sağlayıcı yöneticisi, Marka yöneticisi" in page
    assert "1 kayıt düzeltme bekliyor." in page
    assert "Sizi bekle" not in page
    assert "Bayiyi eşle" not in page


def test_before_the_activation_date_the_page_says_what_holds_until_then_r40(
    app: Any, place: Any
) -> None:
    assert "etkinleştirme tarihi" not in seen(app, place)
    db.connection().execute("update provider set activation_date = '2099-11-30' where id = %s",
                            (place.provider_id,))
    assert ("Defne Ev: İYS etkinleştirme tarihi 30.11.2099. O güne kadar eski tarihli izinler de "
            "alınır, sonra 3 iş günü kuralı işler.") in seen(app, place)


def test_a_records_button_leads_to_its_own_dealer_h180(app: Any, place: Any) -> None:
    connected(place)
    dealer = dealer_of(place)
    waiting(place, tonight(), 1, stopped=H180, code=180, dealer_id=dealer)
    page = sign_in(app, user_with(app, "provider_admin", place)).get("/sureler/").text
    assert f'href="/bayiler/edit/{dealer}"' in page


def test_the_list_shows_masked_addresses_only(app: Any, place: Any) -> None:
    connected(place)
    waiting(place, tonight(), 2, stopped=H180, code=180)
    page = sign_in(app, user_with(app, "provider_admin", place)).get("/sureler/").text
    assert "+90 5•• •••" in page
    assert "5990" not in page


def test_while_the_provider_is_not_connected_everything_waits_for_a_person(
    app: Any, place: Any
) -> None:
    waiting(place, tonight(), 4)
    page = seen(app, place)
    assert "4 Defne Ev henüz İYS’e bağlı değil" in page
    assert "Bağlantıyı onar" in page


def test_late_consents_are_void_and_late_refusals_hold_with_the_way_out_r33_r11(
    app: Any, place: Any
) -> None:
    connected(place)
    yesterday = clock.now() - timedelta(days=1)
    waiting(place, yesterday, 2)
    waiting(place, yesterday, 1, refusal=True)
    page = seen(app, place)
    assert "2 onay geçersiz Kullanılamaz ve yeniden iletilmez. Çıkış yolu" in page
    assert "1 ret gecikti, yine de geçerli İlk saniyeden beri bizde gönderimi engelliyor" in page


def test_the_most_urgent_record_comes_first_with_its_time_left(app: Any, place: Any) -> None:
    connected(place)
    now = clock.now()
    for hours in (50, -1, 30):
        waiting(place, now + timedelta(hours=hours, seconds=30))
    page = seen(app, place, "/sureler/?liste=hepsi")
    assert re.findall(r"\d+ gün \d+ sa|0 sa 59 dk gecikti|1 sa 0 dk gecikti", page.rpartition(
        "Neden bekliyor?")[2])[:3] == ["0 sa 59 dk gecikti", "1 gün 6 sa", "2 gün 2 sa"]


def test_filters_of_the_query_string_narrow_list_and_numbers(app: Any, place: Any) -> None:
    connected(place)
    dealer = dealer_of(place, "Bornova Akasya")
    waiting(place, tonight(), 2, dealer_id=dealer)
    waiting(place, tonight() + timedelta(days=3), 3)
    both = seen(app, place, "/sureler/?liste=hepsi")
    one = seen(app, place, f"/sureler/?liste=hepsi&bayi={dealer}&gore=bayi")
    late = seen(app, place, "/sureler/?liste=hepsi&sure=gecikti")
    assert "5 kayıt" in both
    assert "2 kayıt" in one
    assert "Bu süzgeçlerle kayıt yok" in late


@pytest.mark.parametrize("query", ["bayi=x&sure=y&neden=H&sayfa=-4", "gore=nope&liste=nope",
                                   "marka=99999999999&sayfa=999999999", "neden=H99999999"])
def test_odd_words_in_the_query_string_narrow_nothing(app: Any, place: Any, query: str) -> None:
    assert "Süre radarı" in seen(app, place, f"/sureler/?{query}")


def test_a_dealer_sees_its_own_records_only_r45(app: Any, place: Any) -> None:
    connected(place)
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    waiting(place, tonight(), 2, dealer_id=mine)
    waiting(place, tonight(), 7, dealer_id=other)
    page = seen(app, place, f"/sureler/?liste=hepsi&bayi={other}&gore=bayi",
                role="dealer_manager", dealer_id=mine)
    assert "Karşıyaka" not in page
    assert "1–" not in page
    page = seen(app, place, "/sureler/?liste=hepsi", role="dealer_manager", dealer_id=mine)
    assert "2 kaydın süresi bu gece" in page
    assert "2 kayıt" in page


@pytest.mark.parametrize("role", ["marketer", "call_centre_agent", "report_viewer"])
def test_who_has_no_right_finds_neither_page_nor_entry(app: Any, place: Any, role: str) -> None:
    client = sign_in(app, user_with(app, role, place))
    assert client.get("/sureler/").status_code in (302, 403)
    assert "/sureler/" not in client.get("/").text


@pytest.mark.parametrize("role", list(MOST_STATEMENTS))
def test_the_page_asks_few_statements_and_none_without_a_scope(
    app: Any, place: Any, role: str
) -> None:
    dealer = dealer_of(place) if role.startswith("dealer") else None
    waiting(place, tonight(), 9, dealer_id=dealer, stopped=H180, code=180)
    client = sign_in(app, user_with(app, role, place, dealer_id=dealer))
    with heard(app) as statements:
        assert client.get("/sureler/?gore=kaynak").status_code == 200
    assert len(statements) <= MOST_STATEMENTS[role], [sql for sql, _values in statements]
    unscoped = [sql for sql, _values in statements
                if any(re.search(rf"(from|join) {one}\b", sql, re.I)
                       for one in (*BIG, "deadline_count"))
                and "provider_id = %(" not in sql and "provider_id IN (%(" not in sql]
    assert unscoped == []


def test_the_page_speaks_english_too(app: Any, place: Any) -> None:
    connected(place)
    waiting(place, tonight(), 1, stopped=H180, code=180)
    page = seen(app, place, "/sureler/?_l_=en")
    assert "1 record must reach İYS by 23:59 tonight. 1 waits for you." in page
    assert "Match the dealer" in page


def test_a_year_without_feasts_is_warned_of_on_the_page(app: Any, place: Any) -> None:
    with clock.freeze(datetime(2032, 12, 20, 12, tzinfo=clock.ISTANBUL)):
        client = sign_in(app, user_with(app, "provider_admin", place))
        assert "2033 yılının bayramları henüz belli değil." in text_of(
            client.get("/sureler/").text)
        calendar = text_of(client.get("/sureler/takvim").text)
    assert "Bu yılın bayramları yalnız tahmin ediliyor." in calendar
    assert "Cumhuriyet Bayramı" in calendar


def test_doctor_warns_of_a_year_without_feasts_and_says_what_to_do() -> None:
    assert _calendar().good
    with clock.freeze(datetime(2032, 12, 20, 12, tzinfo=clock.ISTANBUL)):
        found = _calendar()
    assert "2033" in found.what
    assert "HOLIDAY_CHANGES" in found.remedy


def test_the_menu_counts_in_red_what_runs_out_today(app: Any, place: Any) -> None:
    waiting(place, tonight(), 3)
    waiting(place, tonight() + timedelta(days=2), 2)
    page = sign_in(app, user_with(app, "provider_admin", place)).get("/").text
    entry = re.search(r'(?s)href="/sureler/".*?</a>', page)
    assert entry is not None
    assert re.search(r'class="[^"]*urgent[^"]*"[^>]*>\s*3\s*<', entry.group())


def test_every_button_that_leads_elsewhere_is_one_of_the_errors_table() -> None:
    assert set(PLACES) <= {one.next_en for one in MEANINGS.values()}


def test_merchants_without_a_deadline_stay_in_the_consent_list(app: Any, place: Any) -> None:
    """İYS judgement 18: no deadline is not the same as late."""
    waiting(place, None, 2)
    take(place, "+905992046111")
    client = sign_in(app, user_with(app, "provider_admin", place))
    assert "3 kayıt" in text_of(client.get("/izinler/?iys=queued").text)
    assert "Bu süzgeçlerle" in text_of(client.get("/izinler/?iys=overdue").text)
