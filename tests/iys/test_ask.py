"""The status query: one address or a list, at İYS and here (İYS API §6.7 to §6.9, §1.1)."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from iys_house import Registry, forward, phones, state, take

from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.core.jobs import redis_client
from ileti.iys.ask import There, Verdict, compare
from ileti.tenancy import roles
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.panel.test_today import heard

PHONE = "+905997000000"
MASKED = "+90 5•• ••• 00 00"
MOST_STATEMENTS = 22


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


@pytest.fixture(autouse=True)
def fresh_redis(given: Any) -> None:
    redis_client().flushdb()


@pytest.fixture
def officer(app: Any, shop: Any) -> Any:
    return sign_in(app, user_with(app, "compliance_officer", shop))


def ask(client: Any, typed: str = "", **more: Any) -> Any:
    """What the page answers."""
    return client.post("/durum-sorgusu/sor",
                       data={"csrf_token": token_of(client), "adres": typed, **more})


def main(answer: Any) -> str:
    return html.unescape(str(answer.text.partition("<main")[2]))


def sides(page: str, channel: str) -> list[list[str]]:
    """The side-by-side table of a channel as text: label, İYS, here."""
    part = page.partition(f'id="kanal-{channel}"')[2].partition("</table>")[0]
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
             for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
            for row in re.findall(r"<tr>(.*?)</tr>", part, re.S)]


def verdicts(page: str) -> list[str]:
    """The comparison badges in the order shown."""
    return re.findall(r"(?:</svg>)<span>(Aynı|Farklı|Yolda|İYS yanıt vermedi|"
                      r"İki tarafta da kayıt yok)</span>", page)


def history(page: str) -> list[list[str]]:
    part = page.partition('class="table cards history"')[2].partition("</table>")[0]
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip()
             for cell in re.findall(r"<t[hd] role=\"(?:rowheader|cell)\"[^>]*>(.*?)</t[hd]>",
                                    row, re.S)]
            for row in re.findall(r'<tr role="row">(.*?)</tr>', part, re.S)][1:]


# -- one address ---------------------------------------------------------------------------------


def test_one_address_stands_side_by_side_with_iys_own_transaction_number(
    shop: Any, registry: Registry, officer: Any
) -> None:
    take(shop, [PHONE])
    forward(shop)
    page = main(ask(officer, "0599 700 00 00", kanal="MESAJ"))
    number = registry.holds(PHONE)["transactionId"]
    assert f'data-copy="{number}"' in page
    rows = {row[0]: row[1:] for row in sides(page, "MESAJ")[1:]}
    assert rows["Seçim"] == ["Onay", "Onay Onayladı İYS onayladı"]
    assert rows["Kaynak"] == ["Web sitesi", "Web sitesi"]
    assert rows["İzin tarihi"][0] == rows["İzin tarihi"][1]
    assert rows["İYS işlem numarası"][0] == rows["İYS işlem numarası"][1]
    assert verdicts(page) == ["Aynı"]


def test_the_history_is_that_of_both_matched_by_transaction_number(
    shop: Any, officer: Any
) -> None:
    first = take(shop, [PHONE], at=clock.now() - timedelta(minutes=3))[0]
    forward(shop)
    second = take(shop, [PHONE], status="RET", at=clock.now() - timedelta(minutes=1))[0]
    forward(shop)
    lines = history(main(ask(officer, PHONE, kanal="MESAJ")))
    assert [(line[1], line[4]) for line in lines] == [
        ("Ret", record_number(second)), ("Onay", record_number(first))]
    assert all("…" in line[3] for line in lines)


def test_what_iys_never_got_and_what_we_never_saw_are_both_told(
    shop: Any, registry: Registry, officer: Any
) -> None:
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
    forward(shop)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    mine = take(shop, [PHONE], at=clock.now() + timedelta(seconds=5))[0]
    lines = history(main(ask(officer, PHONE, kanal="MESAJ")))
    assert [(line[3], line[4]) for line in lines if "yok" in " ".join(line)] == [
        ("İYS’de yok", record_number(mine)),
        (next(line[3] for line in lines if line[4] == "Bizde yok"), "Bizde yok")]


def test_an_address_nobody_knows_has_no_record_on_either_side(shop: Any, officer: Any) -> None:
    page = main(ask(officer, "kimse@ornek.com.tr"))
    assert verdicts(page) == ["İki tarafta da kayıt yok"]
    assert sides(page, "EPOSTA")[1] == ["Seçim", "Kayıt yok", "Kayıt yok"]


def test_all_channels_of_an_address_are_asked_unless_one_is_chosen(
    shop: Any, registry: Registry, officer: Any
) -> None:
    page = main(ask(officer, PHONE))
    assert re.findall(r'id="kanal-(\w+)"', page) == ["MESAJ", "ARAMA"]
    assert registry.calls("/consents/status") == registry.calls("/consents/history") == 2


def test_the_address_stands_masked_outside_the_field_it_was_typed_into(
    shop: Any, officer: Any
) -> None:
    take(shop, [PHONE])
    page = main(ask(officer, PHONE))
    field = page.partition("<textarea")[2].partition("</textarea>")[0]
    assert PHONE in field
    rest = page.replace(field, "")
    assert MASKED in rest
    assert "7000000" not in rest.replace(" ", "")


def test_a_record_is_asked_about_by_its_number_and_stays_masked(
    shop: Any, officer: Any
) -> None:
    entry = take(shop, [PHONE])[0]
    forward(shop)
    link = officer.get(f"/izinler/{record_number(entry)}").text
    assert f'name="ref" value="{record_number(entry)}"' in link
    page = main(ask(officer, ref=record_number(entry)))
    assert verdicts(page) == ["Aynı"]
    assert "7000000" not in page.replace(" ", "")


# -- the hour's limits ---------------------------------------------------------------------------


def test_when_the_single_queries_are_used_up_the_list_query_and_the_ledger_answer(
    shop: Any, registry: Registry, officer: Any, given: Any, monkeypatch: Any
) -> None:
    take(shop, [PHONE])
    forward(shop)
    monkeypatch.setattr(given, "iys_status_requests_per_hour", 1)  # a fifth of one is none
    assert "tekil sorgu hakkı doldu" not in main(ask(officer, PHONE, kanal="MESAJ"))
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert "Bu saatin tekil sorgu hakkı doldu." in page
    assert "dakika sonra yeniden açılır" in page
    assert 'href="/hata-kitabi/H086"' in page
    assert registry.calls("/consents/status") == 1
    assert registry.calls("/status/MESAJ") == 1
    rows = {row[0]: row[1:] for row in sides(page, "MESAJ")[1:]}
    assert rows["Seçim"][0] == "Onay"
    assert rows["İYS işlem numarası"][0] == "—"
    assert "…" in rows["İYS işlem numarası"][1]
    assert verdicts(page) == ["Aynı"]
    assert "0 / 1" in page


def test_when_the_histories_are_used_up_the_ledger_tells_the_story(
    shop: Any, registry: Registry, officer: Any, given: Any, monkeypatch: Any
) -> None:
    entry = take(shop, [PHONE])[0]
    forward(shop)
    monkeypatch.setattr(given, "iys_history_requests_per_hour", 1)
    ask(officer, PHONE, kanal="MESAJ")
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert "Bu saatin geçmiş sorgusu hakkı doldu." in page
    assert "Yalnız bizim defterimiz" in page
    assert history(page)[0][4] == record_number(entry)
    assert "…" in history(page)[0][3]
    assert registry.calls("/consents/history") == 1


def test_people_leave_a_fifth_of_the_questions_to_the_forwarder(
    shop: Any, registry: Registry, officer: Any, given: Any, monkeypatch: Any
) -> None:
    from ileti.iys.client import client_for

    monkeypatch.setattr(given, "iys_status_requests_per_hour", 5)
    for n in range(6):
        ask(officer, phones(1, first=n)[0], kanal="MESAJ")
    assert registry.calls("/consents/status") == 4
    from ileti.consents.vocabulary import Channel, RecipientType

    client_for(shop.provider_id).status(shop.brand_code, PHONE, RecipientType.BIREYSEL,
                                        Channel.MESAJ)
    assert registry.calls("/consents/status") == 5


@pytest.mark.parametrize(("fault", "words"), [
    ("503", "İYS’e sorulamadı."), ("html", "İYS’e sorulamadı.")])
def test_when_iys_does_not_answer_what_is_here_still_stands(
    shop: Any, registry: Registry, officer: Any, fault: str, words: str
) -> None:
    take(shop, [PHONE])
    forward(shop)
    registry.tell("fault", kind=fault, path="*/consents/status", count=None)
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert words in page
    assert verdicts(page) == ["İYS yanıt vermedi"]
    assert sides(page, "MESAJ")[1][2].startswith("Onay")


def test_a_history_that_fails_leaves_the_status(
    shop: Any, registry: Registry, officer: Any
) -> None:
    take(shop, [PHONE])
    forward(shop)
    registry.tell("fault", kind="503", path="*/consents/history", count=None)
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert "İYS geçmişi vermedi." in page
    assert verdicts(page) == ["Aynı"]


def test_a_provider_without_an_account_is_told_so(app: Any, given: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "provider_admin", place))
    take(place, [PHONE])
    page = main(ask(client, PHONE, kanal="MESAJ"))
    assert "İYS’e sorulamadı." in page
    assert "giriş vermiyor" in page


# -- a list --------------------------------------------------------------------------------------


def test_a_list_is_answered_by_the_list_query_and_the_different_come_first(
    shop: Any, registry: Registry, officer: Any
) -> None:
    three = phones(3)
    take(shop, three, at=clock.now() - timedelta(minutes=9))
    forward(shop)
    registry.tell("citizen", recipient=three[2], type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    page = main(ask(officer, "\n".join(three), kanal="MESAJ"))
    assert registry.calls("/consents/status") == 0
    assert verdicts(page) == ["Farklı", "Aynı", "Aynı"]
    assert "1 farklı, 2 aynı" in page
    assert len(re.findall(r"data-copy=\"[0-9a-f]{64}\"", page)) == 3


def test_a_thousand_lines_are_asked_in_one_call_a_channel_and_a_thousand_and_one_in_none(
    shop: Any, registry: Registry, officer: Any
) -> None:
    page = main(ask(officer, "\n".join(phones(1_000)), kanal="MESAJ"))
    assert registry.calls("/status/MESAJ") == 1
    assert len(verdicts(page)) == 1_000
    refused = ask(officer, "\n".join(phones(1_001)), kanal="MESAJ")
    assert refused.status_code == 422
    assert "1001 adres yazdınız" in main(refused)
    assert phones(1_001)[-1] in refused.text
    assert registry.calls("/status/MESAJ") == 1


def test_bad_lines_are_named_with_their_number_and_the_good_ones_asked(
    shop: Any, officer: Any
) -> None:
    typed = f"{PHONE}\n\n0599\nçiğdem@ornek.com.tr\nbiri@ornek.com.tr; {PHONE}"
    page = main(ask(officer, typed, kanal="MESAJ"))
    assert "3 satır sorulmadı." in page
    assert "3. satır: Numara eksik." in page
    assert "4. satır: E-posta adresinde Türkçe harf" in page
    assert "5. satır: E-posta, Mesaj kanalına uymaz." in page
    assert verdicts(page) == ["İki tarafta da kayıt yok"]
    assert typed.replace("\r", "") in html.unescape(page.replace("\r", ""))


def test_an_address_iys_does_not_take_is_set_aside_and_the_others_answered(
    shop: Any, registry: Registry, officer: Any, monkeypatch: Any
) -> None:
    """H464 refuses the whole list and names the place (§6.8; fault row 21)."""
    registry.tell("rules", test_numbers=False)
    good, bad = ["+905321234567", "+905321234568"], "+905997000000"
    page = main(ask(officer, "\n".join([good[0], bad, good[1]]), kanal="MESAJ"))
    assert registry.calls("/status/MESAJ") == 2
    assert verdicts(page) == ["İYS yanıt vermedi", "Aynı", "Aynı"]
    assert 'href="/hata-kitabi/H464"' in page


@pytest.mark.parametrize("typed", ["", "  \n ; ,", "x", "0599", "yok\nhiç\nbiri"])
def test_without_an_address_nothing_is_asked_and_the_field_says_why(
    shop: Any, registry: Registry, officer: Any, typed: str
) -> None:
    answer = ask(officer, typed)
    assert answer.status_code == 422
    page = main(answer)
    assert 'aria-invalid="true"' in page
    assert 'role="alert"' in page
    assert typed.strip() in page
    assert registry.calls("/oauth2/token") == 0


def test_of_several_brands_one_must_be_chosen_and_only_ones_own(
    app: Any, shop: Any, place_b: Any, registry: Registry
) -> None:
    db.connection().execute("insert into brand (provider_id, brand_code, name) values "
                            "(%s, %s, 'İkinci')", (shop.provider_id, shop.brand_code + 1))
    client = sign_in(app, user_with(app, "provider_admin", shop))
    for brand in ("", str(place_b.brand_id), "x"):
        answer = ask(client, PHONE, marka=brand)
        assert answer.status_code == 422
        assert "İzinlerini sorduğunuz markayı seçin." in main(answer)
        assert PHONE in answer.text
    assert registry.calls("/oauth2/token") == 0
    assert ask(client, PHONE, marka=str(shop.brand_id)).status_code == 200


# -- who asks, and what is kept ------------------------------------------------------------------


def test_who_asked_about_whom_is_written_down_without_an_address(
    shop: Any, officer: Any
) -> None:
    take(shop, [PHONE])
    ask(officer, f"{PHONE}\nkimse@ornek.com.tr")
    action, subject, detail = db.connection().execute(
        "select action, subject, detail from audit_entry where provider_id = %s "
        "order by id desc limit 1", (shop.provider_id,)).fetchone()
    assert (action, subject) == ("iys:ask", f"brand:{shop.brand_id}")
    assert detail["count"] == 2
    assert len(detail["known"]) == 1
    assert "599" not in str(detail).replace(str(detail["known"]), "")
    assert "ornek" not in str(detail)


def test_the_question_is_noted_even_when_iys_does_not_answer(
    shop: Any, registry: Registry, officer: Any
) -> None:
    registry.tell("fault", kind="503", path="*", count=None)
    ask(officer, PHONE)
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'iys:ask'",
        (shop.provider_id,)).fetchone()[0] == 1


def test_a_dealer_asks_nothing_not_even_about_its_own(app: Any, shop: Any) -> None:
    """R-45: İYS's answer is about the brand, whoever took the consent; R-31: what a dealer must
    learn stands on its own record."""
    dealer = dealer_of(shop)
    entry = take(shop, [PHONE], dealer_id=dealer)[0]
    for role in ("dealer_manager", "dealer_user"):
        assert "iys:ask" not in roles.GRANTS[role]
        client = sign_in(app, user_with(app, role, shop, dealer_id=dealer))
        assert client.get("/durum-sorgusu/").status_code == 403
        assert ask(client, PHONE).status_code == 403
        assert "/durum-sorgusu" not in client.get(f"/izinler/{record_number(entry)}").text


def test_the_record_of_another_provider_cannot_be_asked_about(
    app: Any, shop: Any, place_b: Any, registry: Registry
) -> None:
    strange = take(place_b, ["+905990000002"])[0]
    client = sign_in(app, user_with(app, "provider_admin", shop))
    for path in ("sor", "al"):
        answer = client.post(f"/durum-sorgusu/{path}", data={
            "csrf_token": token_of(client), "ref": record_number(strange)})
        assert answer.status_code == 404
    assert registry.calls("/oauth2/token") == 0


def test_few_statements_for_a_long_list(app: Any, shop: Any, officer: Any) -> None:
    many = phones(200)
    take(shop, many)
    with heard(app) as statements:
        assert ask(officer, "\n".join(many)).status_code == 200
    assert len(statements) <= MOST_STATEMENTS, [sql for sql, _values in statements]


# -- the one repair ------------------------------------------------------------------------------


def test_a_refusal_that_only_iys_has_can_be_taken_and_works_at_once(
    shop: Any, registry: Registry, officer: Any
) -> None:
    """R-34: İYS is the truth for the status."""
    entry = take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))[0]
    forward(shop)
    registry.tell("citizen", recipient=PHONE, type="MESAJ", recipientType="BIREYSEL",
                  status="RET", brandCode=shop.brand_code)
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert verdicts(page) == ["Farklı"]
    assert 'action="/durum-sorgusu/al"' in page
    officer.post("/durum-sorgusu/al", data={
        "csrf_token": token_of(officer), "ref": record_number(entry)})
    assert state(shop, PHONE)["status"] == "RET"
    assert state(shop, PHONE)["iys"] == "CHANGED_THERE"
    assert verdicts(main(ask(officer, PHONE, kanal="MESAJ"))) == ["Aynı"]


def test_nothing_is_taken_when_iys_holds_no_refusal(
    shop: Any, officer: Any
) -> None:
    entry = take(shop, [PHONE])[0]
    forward(shop)
    assert 'action="/durum-sorgusu/al"' not in main(ask(officer, PHONE))
    page = officer.post("/durum-sorgusu/al", follow_redirects=True, data={
        "csrf_token": token_of(officer), "ref": record_number(entry)}).text
    assert "hiçbir şey değişmedi" in page
    assert state(shop, PHONE)["status"] == "ONAY"


def test_a_consent_at_iys_never_takes_the_place_of_a_refusal_here(
    shop: Any, registry: Registry, officer: Any
) -> None:
    """R-42: a refusal here blocks, whatever İYS holds."""
    take(shop, [PHONE], at=clock.now() - timedelta(minutes=9))
    forward(shop)
    entry = take(shop, [PHONE], status="RET")[0]
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    assert verdicts(page) == ["Yolda"]
    assert 'action="/durum-sorgusu/al"' not in page
    officer.post("/durum-sorgusu/al", data={
        "csrf_token": token_of(officer), "ref": record_number(entry)})
    assert state(shop, PHONE)["status"] == "RET"


# -- the comparison ------------------------------------------------------------------------------


class State:
    """What :func:`compare` reads of a state."""

    def __init__(self, status: int, iys_status: int, standing: int = 1) -> None:
        self.status, self.iys_status, self.standing = status, iys_status, standing


ONAY, RET, NONE = There(True, surely=True), There(False, object(), True), There(False, surely=True)  # type: ignore[arg-type]
LIST_NO = There(False)


@pytest.mark.parametrize(("there", "state", "verdict"), [
    (None, None, Verdict.NOT_TOLD), (There(None, code="H464"), State(1, 3), Verdict.NOT_TOLD),
    (NONE, None, Verdict.NOWHERE), (LIST_NO, None, Verdict.SAME), (ONAY, None, Verdict.DIFFERS),
    (RET, None, Verdict.DIFFERS), (ONAY, State(1, 3), Verdict.SAME),
    (RET, State(1, 3), Verdict.DIFFERS), (LIST_NO, State(1, 3), Verdict.DIFFERS),
    (NONE, State(1, 7), Verdict.DIFFERS), (LIST_NO, State(2, 3), Verdict.SAME),
    (ONAY, State(2, 3), Verdict.DIFFERS), (ONAY, State(2, 6), Verdict.DIFFERS),
    (NONE, State(2, 6), Verdict.SAME), (NONE, State(1, 1), Verdict.UNDER_WAY),
    (ONAY, State(2, 1), Verdict.UNDER_WAY), (ONAY, State(1, 2), Verdict.UNDER_WAY),
    (RET, State(1, 4), Verdict.SAME), (ONAY, State(1, 5), Verdict.DIFFERS),
    (NONE, State(1, 0, 0), Verdict.SAME), (ONAY, State(1, 0, 0), Verdict.DIFFERS),
])
def test_two_sides_are_the_same_when_they_lead_to_the_same_answer(
    there: Any, state: Any, verdict: Verdict
) -> None:
    assert compare(there, state) is verdict


def test_everything_is_said_in_english_too(
    shop: Any, registry: Registry, officer: Any
) -> None:
    take(shop, [PHONE])
    forward(shop)
    registry.tell("fault", kind="503", path="*/consents/history", count=None)
    officer.get("/lang/en")
    page = main(ask(officer, PHONE, kanal="MESAJ"))
    for words in ("Status query", "At İYS", "Here", "Both sides lead to the same answer.",
                  "İYS gave no history.", "Single queries left this hour", "İYS transaction"):
        assert words in page
    text = re.sub(r"<[^>]+>", " ", page)
    assert not re.search(r"[ğşıĞŞ]", text.replace("Defne Ev", "")), text
