"""Who has seen a version: also who only read it, gave an explicit consent or came by the desk."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import String, cast, func

from ileti.consents.numbers import record_number
from ileti.core import clock
from ileti.kvkk import seen
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from tests.kvkk.house import Text, click, text, version
from tests.panel.people import dealer_of, sign_in, take, user_with

ADDRESS = "+905991234567"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def did(place: Any, *acts: tuple[Text, Act], address: str | None = ADDRESS,
        dealer: int | None = None) -> list[str]:
    """A click with these acts; their record numbers."""
    at = clock.whole_second(clock.now() - timedelta(seconds=30))
    _, made = record(click(place, dealer=dealer), [
        NewAct(of.document, of.version, of.hash, what, at,
               Extent.OPENED if what.of_notice else Extent.UNKNOWN, address)
        for of, what in acts])
    return [record_number(one.entry_id) for one in made]


def page_of(client: Any, of: Text) -> str:
    return client.get(f"/metinler/gorenler/{of.version}").text


def lines(page: str) -> list[list[str]]:
    """Cells of the table, without their tags."""
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(
        r"<t[dh] role=\"(?:cell|rowheader)\"[^>]*>(.*?)</t[dh]>", row, re.S)]
        for row in re.findall(r"<tr role=\"row\">(.*?)</tr>", page, re.S)][1:]


def test_who_only_read_the_notice_stands_there_masked_and_linked(admin: Any, place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    number, = did(place, (notice, Act.READ))
    page = page_of(admin, notice)
    (_when, _source, people, told), = lines(page)
    assert "+90 5•• ••• 45 67 Okundu, anlaşıldı" in people
    assert "1234567" not in page
    assert f'href="/kvkk/kayit/{number}"' in page
    assert told == "okudu"


def test_who_gave_an_explicit_consent_alone_stands_on_its_page(admin: Any, place: Any) -> None:
    notice, asks = text(place, "AYDINLATMA"), text(place)
    did(place, (notice, Act.SHOWN), (asks, Act.GIVEN))
    (_when, _source, people, told), = lines(page_of(admin, asks))
    assert "45 67 Rıza verildi" in people
    assert told == "gösterildi · Başlık, sürüm 1"


def test_whoever_left_no_address_is_called_so(admin: Any, place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, (notice, Act.SHOWN), address=None)
    (_when, _source, people, told), = lines(page_of(admin, notice))
    assert people == "adres bırakmadı Gösterildi"
    assert told == "gösterildi"


def test_another_version_that_was_read_is_named_and_not_taken_for_this_one(
    admin: Any, place: Any
) -> None:
    notice, asks = text(place, "AYDINLATMA"), text(place)
    later = version(place, notice.document, 2)
    take(place, ADDRESS, text=(asks.version, asks.hash), notice=notice.version)
    take(place, "+905991234599", notice=later.version)
    did(place, (later, Act.READ), (asks, Act.GIVEN))
    told = [row[3] for row in lines(page_of(admin, asks))]
    assert told == ["okudu · Başlık, sürüm 2", "okudu · Başlık, sürüm 1"]
    assert [row[3] for row in lines(page_of(admin, later))] == ["okudu", "okudu"]
    assert [row[3] for row in lines(page_of(admin, notice))] == ["okudu"]


def test_the_numbers_say_that_people_at_work_show_it_too(admin: Any, place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, (notice, Act.SHOWN))
    page = page_of(admin, notice)
    assert "ziyaretçilerin ve çalışanların" in page
    assert "ziyaretçinin gönderdiği" not in page


def test_a_dealer_sees_the_people_it_told_itself(app: Any, place: Any) -> None:
    notice, mine = text(place, "AYDINLATMA"), dealer_of(place)
    did(place, (notice, Act.READ), dealer=mine)
    did(place, (notice, Act.READ), address="+905991234588")
    dealer = sign_in(app, user_with(app, "dealer_user", place, dealer_id=mine))
    page = page_of(dealer, notice)
    assert "45 67" in page
    assert "45 88" not in page


def test_a_ledger_too_long_to_go_through_leaves_the_numbers_open_and_the_page_stands(
    admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = text(place, "AYDINLATMA")
    did(place, (notice, Act.READ))
    monkeypatch.setattr(seen, "SECONDS", 0.3)
    monkeypatch.setattr(seen, "_shown", lambda of: func.coalesce(
        cast(func.pg_sleep(5), String), "x") == "y")
    answer = admin.get(f"/metinler/gorenler/{notice.version}")
    assert answer.status_code == 200
    assert "şimdi sayılmadı" in answer.text
    assert "Kayıtlar zamanında taranamadı" in answer.text
    assert '<span class="tile-number">—</span>' in answer.text
