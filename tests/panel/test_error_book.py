"""The error book: every code in plain words, true counts, honest deeds (İYS API §15; look §1.7)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.iys import book
from ileti.iys.errors import MEANINGS
from ileti.tenancy import scope
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with
from tests.panel.test_time_travel import answer
from tests.panel.test_today import heard

LIST_STATEMENTS, PAGE_STATEMENTS = 9, 18


def refused(place: Any, phone: str, code: str, *, stopped: bool = False,
            dealer: int | None = None, refusal: bool = False) -> int:
    """A record İYS gave this code; ``stopped`` when it waits in the queue for a person."""
    entry = take(place, phone, dealer_id=dealer, refusal=refusal).items[0].entry_id
    answer(place, entry, accepted=False, code=code)
    with db.transaction() as conn:
        if stopped:
            conn.execute("update outbox set dead_at = now(), reason = %s where provider_id = %s "
                         "and ref_id = %s", (MEANINGS[code].tr, place.provider_id, entry))
        else:
            conn.execute("delete from outbox where provider_id = %s and ref_id = %s",
                         (place.provider_id, entry))
    return entry


def held_up(place: Any, code: str, rows: int) -> None:
    """A list that waits as a whole, as ``forward`` writes it down."""
    with db.transaction() as conn:
        conn.execute("insert into iys_batch (provider_id, brand_id, state, size, open_rows, "
                     "next_at, problem) values (%s, %s, 1, %s, %s, now() + interval '1 hour', %s)",
                     (place.provider_id, place.brand_id, rows, rows,
                      f"{MEANINGS[code].tr} {code}"))


def counted(app: Any, **where: Any) -> dict[str, int]:
    with app.test_request_context(), scope.within(scope.Scope(**where)):
        return dict(book.counts())


def rows_of(page: str) -> dict[str, str]:
    """The book's table: code and number."""
    body = page.partition("<tbody")[2].partition("</tbody>")[0]
    found = re.findall(r"<tr.*?<code>(H\d+)</code>.*?class=\"num\">([^<]*)</td>", body, re.S)
    return {code: number.strip() for code, number in found}


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


# -- the list ------------------------------------------------------------------------------------


def test_every_code_of_the_registry_stands_in_the_book_once(admin: Any) -> None:
    shown = [code for tab in ("hepsi", "via")
             for code in re.findall(r"<code>(H\d+)</code>",
                                    admin.get(f"/hata-kitabi/?durum={tab}").text)]
    listed = [code for code in MEANINGS if code.startswith("H")]
    assert sorted(shown) == sorted(listed)


def test_counts_are_those_of_ones_own_records_now(app: Any, place: Any, place_b: Any) -> None:
    for n in range(3):
        refused(place, f"+90599231000{n}", "H180", stopped=True)
    refused(place, "+905992310010", "H178")
    refused(place_b, "+905992310011", "H178")
    held_up(place, "H520", 40)
    held_up(place_b, "H520", 7)
    assert counted(app, provider_id=place.provider_id) == {"H180": 3, "H178": 1, "H520": 40}


def test_a_record_that_has_moved_on_has_its_code_no_more(app: Any, place: Any) -> None:
    entry = refused(place, "+905992310020", "H178")
    answer(place, entry)
    assert counted(app, provider_id=place.provider_id) == {}


def test_a_dealer_counts_its_own_records_alone(app: Any, place: Any) -> None:
    mine, other = dealer_of(place, "Bornova Akasya"), dealer_of(place, "Karşıyaka Lale")
    refused(place, "+905992310030", "H180", stopped=True, dealer=mine)
    refused(place, "+905992310031", "H180", stopped=True, dealer=other)
    refused(place, "+905992310032", "H120")
    held_up(place, "H520", 5)
    where = {"provider_id": place.provider_id, "brand_id": place.brand_id, "dealer_id": mine}
    assert counted(app, **where) == {"H180": 1}
    client = sign_in(app, user_with(app, "dealer_user", place, dealer_id=mine))
    page = client.get("/hata-kitabi/H180").text
    assert len(re.findall(r'scope="row" class="first"><a href="/izinler/IZN', page)) == 1
    assert "/yeniden" not in page
    assert "/durum-sorgusu" not in page


def test_nothing_is_counted_without_a_scope(app: Any, place: Any) -> None:
    refused(place, "+905992310040", "H178")
    with app.test_request_context():
        assert book.counts() == {}
        assert book.numbers("H178") == book.Numbers(0, 0, 0)
        assert book.records("H178").rows == []
        assert book.stopped("H178") == []


def test_the_counts_are_one_statement_and_the_pages_ask_few(
    app: Any, place: Any, admin: Any
) -> None:
    for n in range(12):
        refused(place, f"+9059923101{n:02d}", "H180", stopped=True)
    with app.test_request_context(), scope.within(scope.Scope(provider_id=place.provider_id)), \
            heard(app) as statements:
        book.counts()
    assert len(statements) == 1
    for path, most in (("/hata-kitabi/", LIST_STATEMENTS), ("/hata-kitabi/H180", PAGE_STATEMENTS)):
        with heard(app) as statements:
            assert admin.get(path).status_code == 200
        assert len(statements) <= most, [sql for sql, _values in statements]


def test_codes_are_found_in_the_states_by_an_index(app: Any, place: Any) -> None:
    with db.transaction() as conn:
        conn.execute("set local enable_seqscan = off")
        plan = "\n".join(row[0] for row in conn.execute(
            "explain select iys_code, count(*) from consent_state where provider_id = %s "
            "and iys_code is not null group by 1", (place.provider_id,)))
    assert "ix_consent_state_code" in plan


@pytest.mark.parametrize(("typed", "found", "missing"), [
    ("H178", "H178", "H180"), ("h17", "H174", "H180"), ("bayi kodu", "H180", "H120"),
    ("İŞ GÜNÜ", "H467", "H120"), ("is gunu", None, "H467"), ("merchant", "H463", "H120"),
    ("kredi", "H1015", "H120"),
])
def test_a_code_is_found_by_itself_or_by_words_of_either_language(
    admin: Any, typed: str, found: str | None, missing: str
) -> None:
    page = admin.get("/hata-kitabi/", query_string={"durum": "hepsi", "q": typed}).text
    codes = rows_of(page)
    assert found is None or found in codes
    assert missing not in codes


def test_what_is_searched_and_chosen_stays(admin: Any) -> None:
    page = admin.get("/hata-kitabi/?durum=hepsi&q=adres&kim=address").text
    assert 'value="adres"' in page
    assert set(rows_of(page)) >= {"H120"}
    assert "H180" not in rows_of(page)
    assert "Uyan kod yok" in admin.get("/hata-kitabi/?durum=hepsi&q=%3Cscript%3E").text


def test_good_news_is_said_as_good_news(admin: Any) -> None:
    page = admin.get("/hata-kitabi/?durum=simdi").text
    assert "İYS kodu taşıyan kayıt yok" in page
    assert "H178" in rows_of(admin.get("/hata-kitabi/").text)  # then all codes are shown


# -- one code ------------------------------------------------------------------------------------


def test_a_page_says_what_whose_and_what_to_do_in_both_languages(admin: Any) -> None:
    page = admin.get("/hata-kitabi/H180").text
    for text in (MEANINGS["H180"].what_tr, MEANINGS["H180"].what_en, MEANINGS["H180"].advice.tr,
                 "Bayi", "Neden giderilene dek kayıtları bekletir."):
        assert text in page
    admin.get("/lang/en")
    page = admin.get("/hata-kitabi/H180").text
    assert MEANINGS["H180"].advice.en in page
    assert MEANINGS["H180"].what_tr in page


@pytest.mark.parametrize("code", ["H17", "h178", "H12345", "H1999", "178", "H178x", "%00", "x" * 9])
def test_what_is_no_code_is_not_found(admin: Any, code: str) -> None:
    assert admin.get(f"/hata-kitabi/{code}").status_code == 404


def test_a_code_younger_than_our_list_is_counted_and_has_a_page(
    app: Any, place: Any, admin: Any
) -> None:
    entry = take(place, "+905992310050").items[0].entry_id
    answer(place, entry, accepted=False, code="H999")
    assert rows_of(admin.get("/hata-kitabi/").text) == {"H999": "1"}
    page = admin.get("/hata-kitabi/H999").text
    assert "İYS’in listesinde henüz yok" in page
    assert record_number(entry) in page


@pytest.mark.parametrize("code", sorted({"H155", "H157", "H162", "H174", "H175", "H178", "H467"}))
def test_no_button_changes_a_persons_date_or_choice(place: Any, admin: Any, code: str) -> None:
    """look §1.7: sent again as it is, dropped, or İYS is asked; nothing else can be posted."""
    refused(place, "+905992310060", code, stopped=True)
    page = admin.get(f"/hata-kitabi/{code}").text.partition("<main")[2]
    targets = set(re.findall(r'\s(?:form)?action="([^"]+)"', page))
    assert targets <= {"/durum-sorgusu/sor", f"/iletim/duran/{code}/yeniden",
                       f"/iletim/duran/{code}/cikar"}
    assert not re.search(r'<input[^>]+type="(date|datetime-local|text)"', page)


def test_pages_of_records_go_on(place: Any, admin: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(book, "PAGE", 2)
    entries = [refused(place, f"+90599231007{n}", "H178") for n in range(5)]
    seen: list[str] = []
    path: str | None = "/hata-kitabi/H178"
    while path:
        page = admin.get(path).text
        seen += re.findall(r'class="first"><a href="/izinler/(IZN-[^"]+)"', page)
        after = re.search(r'rel="next" href="([^"]+)"', page)
        path = after.group(1).replace("&amp;", "&") if after else None
    assert seen == [record_number(one) for one in reversed(entries)]


def test_who_may_not_read_consents_sees_how_many_and_not_which(app: Any, place: Any) -> None:
    entry = refused(place, "+905992310080", "H178")
    viewer = sign_in(app, user_with(app, "report_viewer", place))
    assert rows_of(viewer.get("/hata-kitabi/").text) == {"H178": "1"}
    page = viewer.get("/hata-kitabi/H178").text
    assert "Kayıtlar size açık değil" in page
    assert record_number(entry) not in page


# -- deeds ---------------------------------------------------------------------------------------


def waiting(place: Any) -> set[int]:
    return {row[0] for row in db.connection().execute(
        "select ref_id from outbox where provider_id = %s and dead_at is null",
        (place.provider_id,))}


def stopped_rows(place: Any) -> set[int]:
    return {row[0] for row in db.connection().execute(
        "select ref_id from outbox where provider_id = %s and dead_at is not null",
        (place.provider_id,))}


def test_all_that_stopped_with_a_code_go_out_again_and_no_others(place: Any, admin: Any) -> None:
    mine = {refused(place, f"+90599231009{n}", "H180", stopped=True) for n in range(3)}
    other = refused(place, "+905992310099", "H353", stopped=True)
    answered = admin.post("/iletim/duran/H180/yeniden", data={"csrf_token": token_of(admin)})
    assert answered.headers["Location"] == "/hata-kitabi/H180"
    assert waiting(place) == mine
    assert stopped_rows(place) == {other}


def test_only_the_ticked_ones_go_out_again(place: Any, admin: Any) -> None:
    first, second = (refused(place, f"+90599231011{n}", "H180", stopped=True) for n in range(2))
    admin.post("/iletim/duran/H180/yeniden", data={
        "csrf_token": token_of(admin), "rowid": record_number(first)})
    assert (waiting(place), stopped_rows(place)) == ({first}, {second})


def test_a_dropped_consent_never_reaches_iys_and_its_story_says_so(
    place: Any, admin: Any
) -> None:
    entry = refused(place, "+905992310120", "H180", stopped=True)
    admin.post("/iletim/duran/H180/cikar", data={
        "csrf_token": token_of(admin), "rowid": record_number(entry)})
    assert waiting(place) == stopped_rows(place) == set()
    page = admin.get(f"/izinler/{record_number(entry)}").text
    assert "Kuyruktan çıkarıldı; bu izin kullanılamaz." in page
    assert "Mesaj gönderilemez" in page or "gönderilemez" in page
    note = db.connection().execute(
        "select action, detail from audit_entry where provider_id = %s order by id desc limit 1",
        (place.provider_id,)).fetchone()
    assert note == ("queue:drop", {"code": "H180", "refs": [entry]})


def test_a_refusal_is_never_dropped(place: Any, admin: Any) -> None:
    """R-33: İYS must be told of it, whatever it takes."""
    entry = refused(place, "+905992310130", "H180", stopped=True, refusal=True)
    page = admin.post("/iletim/duran/H180/cikar", follow_redirects=True, data={
        "csrf_token": token_of(admin), "rowid": record_number(entry)}).text
    assert stopped_rows(place) == {entry}
    assert "ret kuyrukta kalıyor" in page


def test_nobody_drops_or_sends_anothers_record(app: Any, place: Any, place_b: Any) -> None:
    strange = refused(place_b, "+905992310140", "H180", stopped=True)
    client = sign_in(app, user_with(app, "provider_admin", place))
    for deed in ("yeniden", "cikar"):
        answered = client.post(f"/iletim/duran/H180/{deed}", data={
            "csrf_token": token_of(client), "rowid": record_number(strange)})
        assert answered.status_code == 404
    client.post("/iletim/duran/H180/yeniden", data={"csrf_token": token_of(client)})
    assert stopped_rows(place_b) == {strange}


def test_nothing_ticked_drops_nothing(place: Any, admin: Any) -> None:
    entry = refused(place, "+905992310150", "H180", stopped=True)
    admin.post("/iletim/duran/H180/cikar", data={"csrf_token": token_of(admin)})
    assert stopped_rows(place) == {entry}


@pytest.mark.parametrize("role", ["marketer", "call_centre_agent", "brand_manager"])
def test_who_may_not_touch_the_queue_has_no_button_for_it(
    app: Any, place: Any, role: str
) -> None:
    refused(place, "+905992310160", "H180", stopped=True)
    level = "brand" if role == "brand_manager" else "provider"
    client = sign_in(app, user_with(app, role, place, level=level))
    page = client.get("/hata-kitabi/H180").text
    assert "/iletim/duran" not in page
    for deed in ("yeniden", "cikar"):
        answered = client.post(f"/iletim/duran/H180/{deed}",
                               data={"csrf_token": token_of(client)})
        assert answered.status_code == 403


# -- from everywhere a code is shown ------------------------------------------------------------


def test_every_place_that_shows_a_code_leads_to_its_page(place: Any, admin: Any) -> None:
    entry = refused(place, "+905992310170", "H180", stopped=True)
    for path in ("/izinler/", f"/izinler/{record_number(entry)}", "/iletim/?durum=duran", "/"):
        page = admin.get(path).text.partition("<main")[2]
        assert 'href="/hata-kitabi/H180"' in page, path
        bare = re.sub(r'<a [^>]*href="/hata-kitabi/H180".*?</a>', "", page, flags=re.S)
        assert not re.search(r"[·>]\s*H180\s*<", bare.replace('<button', "")), path


def test_a_held_list_names_its_code_in_the_queue(place: Any, admin: Any) -> None:
    held_up(place, "H521", 3)
    page = admin.get("/iletim/?durum=gonderim").text
    assert 'href="/hata-kitabi/H521"' in page


def test_a_visitor_without_a_session_gets_no_address_of_a_code(app: Any) -> None:
    with app.test_request_context():
        assert book.code_url("H180") is None
