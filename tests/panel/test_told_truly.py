"""What pages say of a record's way is what is true of it, and no page cries without need."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.documents.publish import publish
from ileti.documents.views import emphasised
from tests.documents.golden_texts import WHOLE
from tests.panel.people import sign_in, take, token_of, user_with
from tests.panel.test_time_travel import answer, shown

PHONE = "+905992013399"


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def carried(place: Any, entry_id: int, *, state: int, tries: int = 0,
            problem: str | None = None) -> None:
    """Put an entry into a submission, as the worker does; the next try is in an hour."""
    with db.transaction() as conn:
        number = conn.execute(
            "insert into iys_batch (provider_id, brand_id, state, size, open_rows, tries, problem, "
            "next_at, entry_ids) values (%s, %s, %s, 1, 1, %s, %s, %s, %s) returning id",
            (place.provider_id, place.brand_id, state, tries, problem,
             clock.now() + timedelta(hours=1), [entry_id])).fetchone()
        conn.execute("update outbox set batch_id = %s where provider_id = %s and ref_id = %s",
                     (number[0], place.provider_id, entry_id))


def test_what_iys_did_not_take_is_tried_again_and_not_waiting_for_iys(admin: Any,
                                                                     place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    carried(place, entry, state=1, tries=3,
            problem="İYS şu anda yanıt veremiyor. Kayıt sırada, yeniden denenecek.")
    page = admin.get("/iletim/").text
    main = page.partition("<main")[2]
    again = clock.to_istanbul(clock.now() + timedelta(hours=1)).strftime("%H:")
    assert "Bekleniyor" not in main
    assert "Yeniden denenecek" in main
    assert "3 deneme yapıldı" in main
    assert re.search(
        rf"İYS yanıt vermiyor\.</strong> 1 kayıt sırada; sıradaki deneme {again}", main)


def test_what_iys_is_working_on_waits_for_iys_without_an_alarm(admin: Any, place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    carried(place, entry, state=2)
    main = admin.get("/iletim/").text.partition("<main")[2]
    assert "Bekleniyor" in main
    assert "yanıt vermiyor" not in main


def test_to_record_a_refusal_is_nothing_red(admin: Any, place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    page = shown(admin, entry)
    assert "Ret kaydedilsin mi?" in page
    assert "danger" not in page


@pytest.mark.parametrize(("case", "tone"), [("refused", "no"), ("rejected", "bad"),
                                            ("waiting", "wait"), ("registered", "ok")])
def test_plum_is_the_persons_no_and_red_what_iys_rejected(admin: Any, place: Any, case: str,
                                                         tone: str) -> None:
    entry = take(place, PHONE).items[0].entry_id
    if case != "waiting":
        rejected = case == "rejected"
        answer(place, entry, accepted=not rejected, code="H120" if rejected else None)
    if case == "refused":
        entry = take(place, PHONE, refusal=True).items[0].entry_id
    assert re.search(r'class="answer (\w+)"', shown(admin, entry)).group(1) == tone  # type: ignore


@pytest.mark.parametrize(("channel", "address", "words"), [
    (Channel.MESAJ, PHONE, "Şu anda mesaj gönderilebilir"),
    (Channel.ARAMA, PHONE, "Bu alıcı şu anda aranabilir"),
    (Channel.EPOSTA, "nazli.k@ornek.com.tr", "Şu anda e-posta gönderilebilir")])
def test_the_gate_speaks_of_the_records_own_channel(admin: Any, place: Any, channel: Channel,
                                                   address: str, words: str) -> None:
    entry = take(place, address, channel=channel).items[0].entry_id
    answer(place, entry)
    assert words in shown(admin, entry)


def test_before_the_first_record_the_story_says_that_there_was_none(admin: Any,
                                                                   place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    page = shown(admin, entry, clock.now() - timedelta(days=3))
    assert "O anda henüz kayıt yoktu" in page


def test_a_search_that_finds_nothing_speaks_of_the_search_and_not_of_filters(
    admin: Any, place: Any
) -> None:
    take(place, PHONE)
    found = admin.post("/izinler/ara", data={"csrf_token": token_of(admin), "q": "+905990009988"},
                       follow_redirects=True).text
    assert "Aradığınız kayıt bulunamadı" in found
    assert "süzgeç" not in found.partition('class="empty"')[2].partition("</section>")[0]


def test_a_list_on_one_page_has_a_count_and_no_page_buttons(admin: Any, place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    page = admin.get("/izinler/").text
    assert record_number(entry) in page
    assert '<p class="pager-text">1 kayıt' in page
    assert "pager-buttons" not in page


def test_an_empty_field_is_told_what_to_do(admin: Any) -> None:
    page = admin.post("/kullanicilar/add", data={"csrf_token": token_of(admin)}).text
    assert "zorunlu" not in page
    assert "Bu alanı doldurun." in page
    assert "Birini seçin." in page


def test_home_says_that_iys_is_silent_and_that_nothing_runs_out(admin: Any, place: Any) -> None:
    entry = take(place, PHONE).items[0].entry_id
    assert "yanıt vermiyor" not in admin.get("/").text.partition("<main")[2]
    carried(place, entry, state=1, tries=1, problem="İYS yoğun.")
    page = admin.get("/").text.partition("<main")[2]
    assert "İYS yanıt vermiyor." in page
    assert "Bu gece süresi dolan yok." in page


def test_a_text_of_many_paragraphs_keeps_them_and_shows_no_marks(admin: Any, place: Any) -> None:
    made = db.connection().execute(
        "insert into document (provider_id, brand_id, kind, name) values (%s, %s, 'AYDINLATMA', "
        "'Aydınlatma metni') returning id", (place.provider_id, place.brand_id)).fetchone()
    publish(made[0], "tr", "Aydınlatma metni", WHOLE + "\n\nDefne <Ev>\n\n**Her an** yazın.")
    page = admin.get(f"/metinler/show/{made[0]}").text
    assert "<h3>Veri sorumlusu</h3><p>Defne Ev Tekstili" in page
    assert "<p>Defne &lt;Ev&gt;</p>" in page
    assert "<strong>Her an</strong>" in page
    assert "Sürüm 1 · Türkçe" in page


def test_a_sentence_in_two_parts_stays_one_sentence() -> None:
    text = "Defne Ev’in tanıtımlarını,\n\n**kısa mesajla** almayı kabul ediyorum."
    assert emphasised(text) == ("Defne Ev’in tanıtımlarını, <strong>kısa mesajla</strong> almayı "
                                "kabul ediyorum.")


def test_the_list_names_the_brand_where_there_are_several(admin: Any, place: Any) -> None:
    take(place, PHONE)
    assert "Marka ve bayi" not in admin.get("/izinler/").text
    admin.post("/markalar/add", data={
        "csrf_token": token_of(admin), "provider": str(place.provider_id), "name": "İkinci",
        "brand_code": str(place.brand_code + 700)})
    page = admin.get("/izinler/").text
    name = db.connection().execute("select name from brand where id = %s",
                                   (place.brand_id,)).fetchone()[0]
    assert "Marka ve bayi" in page
    assert f'<td role="cell" class="wide-cell">{name}' in page
