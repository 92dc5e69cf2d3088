"""Dealers and users from a list: a trial that changes nothing, a deed that is done once."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from ileti.core import db
from ileti.rosters import sheet
from ileti.rosters.sheet import DEALERS, USERS
from tests.panel.people import dealer_of, sign_in, token_of, user_with

DEALER_HEADS = "Unvan;Ad;Yetkilinin T.C. kimlik no;Vergi no;İl;İlçe;Durum;Tabela adı"


def tckn(n: int) -> str:
    """The n-th number with the right check digits."""
    d = [int(one) for one in f"{100_000_000 + n}"]
    tenth = (sum(d[0:9:2]) * 7 - sum(d[1:8:2])) % 10
    return "".join(map(str, [*d, tenth, (sum(d) + tenth) % 10]))


def row(n: int, name: str = "Akasya", town: str = "Bornova", state: str = "") -> str:
    return f"{name} Ltd. Şti.;{name};{tckn(n)};{tckn(n)};İzmir;{town};{state};{name} {n}"


def dealers(*rows: str) -> bytes:
    return "\r\n".join([DEALER_HEADS, *rows]).encode("cp1254")


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture
def bring() -> Callable[..., Any]:
    """Try a list; with ``apply`` press the button of the trial, too."""
    def act(client: Any, kind: str, raw: bytes, *, apply: bool = False) -> Any:
        token = token_of(client)
        page = client.post(f"/{kind}/liste/deneme", data={
            "csrf_token": token, "file": (io.BytesIO(raw), "liste.csv")})
        if not apply:
            return page
        sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
        assert sealed, page.text
        return client.post(f"/{kind}/liste/uygula", data={
            "csrf_token": token, "sealed": sealed.group(1)})

    return act


def fates(page: Any) -> list[tuple[str, str]]:
    """The trial's rows: number and fate."""
    return re.findall(r'class="first">([\d.]+)</th>.*?<svg.*?</svg><span>([^<]+)</span>',
                      page.text, re.DOTALL)


def held(place: Any) -> list[Any]:
    return db.connection().execute(
        "select alias, status, town_code from dealer where provider_id = %s order by id",
        (place.provider_id,)).fetchall()


def test_a_trial_tells_each_row_and_changes_nothing(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    page = bring(admin, "bayiler", dealers(
        row(1), row(2, town="Yokilçe"), row(1), "Eksik;;123;456;Ankara;Çankaya;;"))
    assert page.status_code == 200, page.text
    assert fates(page) == [(row, "Alınmayacak") for row in "345"] + [("2", "Yeni")]
    for said in ("İzmir ilinde böyle bir ilçe yok.", "Aynı bayi 2. satırda da var.",
                 "T.C. kimlik numarası 11 hanelidir.", "Ad yazılmamış."):
        assert said in page.text
    assert held(place) == []


def test_the_same_file_again_adds_nothing_and_a_changed_row_changes_one(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    assert bring(admin, "bayiler", dealers(row(1), row(2)), apply=True).status_code == 302
    first = held(place)
    assert [one[0] for one in first] == ["Akasya 1", "Akasya 2"]
    again = bring(admin, "bayiler", dealers(row(1), row(2)))
    assert "Zaten öyle" in again.text
    assert "sealed" not in again.text
    changed = bring(admin, "bayiler", dealers(row(1), row(2, town="Konak", state="Pasif")),
                    apply=True)
    assert changed.status_code == 302
    assert held(place)[0] == first[0]
    assert held(place)[1][1] == "passive"
    assert held(place)[1][2] != first[1][2]
    deeds = db.connection().execute(
        "select action, count(*) from audit_entry where provider_id = %s and action like "
        "'dealer:%%' group by 1 order by 1", (place.provider_id,)).fetchall()
    assert deeds == [("dealer:add", 2), ("dealer:change", 1), ("dealer:list", 2)]


def test_five_thousand_dealers_take_seconds_and_come_once(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    raw = dealers(*(row(n) for n in range(5_000)))
    start = time.monotonic()
    assert bring(admin, "bayiler", raw, apply=True).status_code == 302
    assert time.monotonic() - start < 30
    assert len(held(place)) == 5_000


def test_a_limit_stops_the_whole_list_and_says_so(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    db.connection().execute("update provider set most_dealers = 1 where id = %s",
                            (place.provider_id,))
    page = bring(admin, "bayiler", dealers(row(1), row(2)))
    assert "Sınır yalnız 1 tane daha alıyor." in page.text
    assert "sealed" not in page.text
    assert bring(admin, "bayiler", dealers(row(1)), apply=True).status_code == 302
    assert len(held(place)) == 1


@pytest.mark.parametrize(("raw", "said"), [
    (b"", "Dosya seçin"), (b"a;b\r\n1;2\r\n", "Başlık satırı bulunamadı"),
    (b"Unvan;Ad\r\nA;B\r\n", "Şu sütunlar eksik"),
    (DEALER_HEADS.encode() + b"\r\n", "başlıktan başka satır yok"), (b"%PDF-1.7 x", "PDF"),
    (dealers(*["x"] * 5_001), "en çok 5.000 satır"),
])
def test_what_is_no_list_is_refused_in_words(
    admin: Any, bring: Callable[..., Any], raw: bytes, said: str
) -> None:
    page = bring(admin, "bayiler", raw)
    assert page.status_code == 422
    assert said in page.text


def test_a_trial_of_somebody_else_is_not_applied(
    app: Any, admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    page = bring(admin, "bayiler", dealers(row(1)))
    sealed = re.search(r'name="sealed" value="([^"]+)"', page.text)
    assert sealed
    other = sign_in(app, user_with(app, "provider_admin", place))
    for text in (sealed.group(1), "1.AAAA", ""):
        answer = other.post("/bayiler/liste/uygula", data={
            "csrf_token": token_of(other), "sealed": text})
        assert answer.status_code == 400
    assert held(place) == []


def test_templates_have_both_headings_and_are_read_again() -> None:
    for columns in (DEALERS, USERS):
        for language in ("tr", "en"):
            found = sheet.read("x.csv", sheet.template(columns, language), columns)
            assert found.unknown == []
            assert found.lines[0].cells == {one.key: one.example for one in columns}


def users(place: Any, *rows: str) -> bytes:
    return "\n".join(["E-posta,Ad,Soyad,Rol,Marka,Bayi", *rows]).encode()


def invited(place: Any) -> list[Any]:
    return db.connection().execute(
        "select email, role, dealer_id, revoked_at is not null from invitation "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()


def test_users_become_invitations_once_and_nobody_gives_what_they_lack(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    dealer = dealer_of(place)
    a, b, c = (f"{one}{dealer}@ornek.com.tr" for one in "abc")
    raw = users(place, f"{a},Ada,Ak,Bayi kullanıcısı,,Bornova Akasya",
                f"{b},Ece,,Rapor izleyicisi,,",
                f"{c},Can,,Platform yöneticisi,,", f"{c},Can,,Bayi yöneticisi,,", "x,Ad,,Yok,,")
    page = bring(admin, "kullanicilar", raw)
    assert [one for one, _fate in fates(page)] == ["4", "5", "6", "2", "3"]
    assert "Kendinizde olmayan bir yetkiyi veremezsiniz." in page.text
    assert bring(admin, "kullanicilar", raw, apply=True).status_code == 302
    assert invited(place) == [(a, "dealer_user", dealer, False), (b, "report_viewer", None, False)]
    assert "sealed" not in bring(admin, "kullanicilar", raw).text
    other = users(place, f"{b},Ece,,Pazarlama uzmanı,,")
    assert bring(admin, "kullanicilar", other, apply=True).status_code == 302
    assert invited(place)[1:] == [(b, "report_viewer", None, True), (b, "marketer", None, False)]
    mails = db.connection().execute(
        "select count(*) from outbox o join account_mail m on m.id = o.ref_id where o.topic = 7 "
        "and m.user_id is null").fetchone()
    assert mails[0] >= 3


def test_a_dealers_manager_brings_people_of_its_own_dealer_alone(
    app: Any, place: Any, bring: Callable[..., Any]
) -> None:
    mine, other = dealer_of(place), dealer_of(place, "Karşıyaka Lale")
    manager = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    mail = f"yeni{mine}@ornek.com.tr"
    page = bring(manager, "kullanicilar", users(
        place, f"x{mail},Ali,,Bayi kullanıcısı,,Karşıyaka Lale", f"{mail},Ece,,Bayi kullanıcısı,,"))
    assert "Böyle bir bayi yok." in page.text
    assert [one for one, _fate in fates(page)] == ["2", "3"]
    assert other


def test_a_limit_of_users_counts_the_invited_and_stops_all_of_a_list(
    admin: Any, place: Any, bring: Callable[..., Any]
) -> None:
    db.connection().execute("update provider set most_users = 2 where id = %s",
                            (place.provider_id,))
    raw = users(place, *(f"k{place.provider_id}{n}@ornek.com.tr,Ada,,Rapor izleyicisi,,"
                         for n in range(2)))
    page = bring(admin, "kullanicilar", raw, apply=True)
    assert (page.status_code, "en çok 2 kullanıcı olabilir" in page.text) == (409, True)
    assert invited(place) == []
