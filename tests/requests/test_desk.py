"""The desk: intake by hand, identity, matching, answers, who may, what stays another's."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from ileti.channels.base import Refused, Sent
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, orm
from ileti.core.clock import to_istanbul
from ileti.requests import cases, mails
from ileti.requests.desk import casepage
from ileti.requests.numbers import case_number, case_of
from ileti.requests.vocabulary import Deed, State
from tests.channels.test_send import Gateway
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with
from tests.requests.conftest import TCKN, kinds_of, new_mail, verified
from tests.requests.test_form import PDF

Case = cases.Case


def officer(app: Any, place: Any, role: str = "compliance_officer", **more: Any) -> Any:
    return sign_in(app, user_with(app, role, place, **more))


def do(client: Any, case: Case, deed: str, **data: Any) -> Any:
    return client.post(f"/basvurular/{case_number(case.id)}/{deed}",
                       data={"csrf_token": token_of(client)} | data)


def page(client: Any, case: Case) -> str:
    answer = client.get(f"/basvurular/{case_number(case.id)}")
    assert answer.status_code == 200
    return str(answer.text)


def now(case: Case) -> Case:
    return cases.read_case(db.connection(), case.id)


def test_a_paper_request_is_typed_with_its_scan_and_counts_from_its_own_day(
    app: Any, place: Any
) -> None:
    client = officer(app, place)
    day = to_istanbul(clock.now() - timedelta(days=9))
    answer = client.post("/basvurular/yeni", data={
        "csrf_token": token_of(client), "key": "k1", "brand": str(place.brand_id), "way": "3",
        "received_at": day.strftime("%Y-%m-%dT%H:%M"), "right": ["E"], "name": "Nazlı Kırşehirli",
        "dosya": [(io.BytesIO(PDF), "dilekce.pdf")]})
    number = re.search(r"BSV-[\w-]{14}", answer.headers["Location"])[0]
    case = cases.read_case(db.connection(), case_of(number))
    assert (to_istanbul(case.due_at).date() - day.date()).days == 30
    assert kinds_of(case.id) == ["received", "file"]
    text = page(client, case)
    assert "21 gün kaldı" in text
    assert "T.C. kimlik no" in text  # what the communiqué asks for is missing, and told
    assert "dilekce.pdf" in text


def test_the_same_form_twice_is_one_case(app: Any, place: Any) -> None:
    client = officer(app, place)
    data = {"csrf_token": token_of(client), "key": "iki", "brand": str(place.brand_id), "way": "5",
            "received_at": to_istanbul(clock.now()).strftime("%Y-%m-%dT%H:%M"), "right": ["A"],
            "name": "Ada"}
    places = {client.post("/basvurular/yeni", data=data).headers["Location"] for _ in range(2)}
    assert len(places) == 1


@pytest.mark.parametrize(("field", "value", "said"), [
    ("received_at", "2031-01-01T10:00", "gelecekte ya da çok eski"),
    ("way", "1", "nasıl geldiğini"),
    ("brand", "999999999", "Marka seçin"), ("right", [], "Talebi seçin"),
    ("tckn", "11111111111", "bu numara olamaz")])
def test_what_a_case_cannot_be_without_is_asked_for(
    app: Any, place: Any, field: str, value: Any, said: str
) -> None:
    client = officer(app, place)
    answer = client.post("/basvurular/yeni", data={
        "csrf_token": token_of(client), "brand": str(place.brand_id), "way": "3", "right": ["A"],
        "received_at": to_istanbul(clock.now()).strftime("%Y-%m-%dT%H:%M"), "name": "Ada"}
        | {field: value})
    assert answer.status_code == 422
    assert said in answer.text


def test_personal_details_are_masked_until_opened_and_that_is_written_down(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), new_case(wish="Gizli bir söz")
    text = page(client, case)
    assert TCKN not in text
    assert "Gizli bir söz" not in text
    opened = do(client, case, "goster").text
    assert TCKN in opened
    assert "Gizli bir söz" in opened
    assert "opened" in kinds_of(case.id)
    audited = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'request:reveal'",
        (place.provider_id,)).fetchone()
    assert audited == (1,)
    listed = client.get("/basvurular/?durum=").text
    assert case_number(case.id) in listed
    assert "Nazlı" not in listed


def asked_of(client: Any, app: Any, path: str) -> int:
    """How many statements a page asks of the session."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine = orm.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(asked)


def test_pages_ask_as_often_for_many_entries_as_for_few(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), new_case()
    path = f"/basvurular/{case_number(case.id)}"
    names = [user_with(app, "compliance_officer", place) for _ in range(4)]
    users = [row[0] for row in db.connection().execute(
        "select id from ab_user where username = any(%s)", (names,))]
    few = asked_of(client, app, path), asked_of(client, app, "/basvurular/")
    for n, user in enumerate(users):
        other = new_case()
        with db.transaction() as conn:
            cases.note(conn, case, Deed.NOTED, by=user, text=f"Not {n}")
            conn.execute("update data_request set assignee_id = %s where id = %s",
                         (user, other.id))
    many = asked_of(client, app, path), asked_of(client, app, "/basvurular/")
    assert len(users) == 4
    assert many[0] <= few[0] + 1  # the names, once
    assert many[1] <= few[1] + 1


def test_what_is_held_is_counted_and_opened_by_the_press_alone(
    app: Any, place: Any, new_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = new_mail()
    known = take(place, mail, channel=Channel.EPOSTA).items[0].recipient_id
    client, case = officer(app, place), verified(new_case(), known)
    monkeypatch.setattr(casepage, "SHOWN", 1)
    take(place, mail, channel=Channel.EPOSTA)
    with monkeypatch.context() as shut:
        shut.setattr(casepage.holdings, "gather", None)
        assert "Bütün kayıtlar · 2" in page(client, case)
    opened = do(client, case, "goster").text
    assert "Bütün kayıtlar · 2" in opened
    assert "İlk 1 kayıt gösteriliyor" in opened


def test_a_case_is_found_by_number_address_and_identity_number_and_not_by_name(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), new_case()
    new_case(place_b)  # the same identity number at another provider
    for typed in (case_number(case.id), case.person.email.upper(), TCKN):
        answer = client.post("/basvurular/ara", data={"csrf_token": token_of(client), "q": typed})
        assert answer.headers["Location"].endswith(case_number(case.id))
    for typed in ("Nazlı", "", "' or 1=1 --"):
        answer = client.post("/basvurular/ara", data={"csrf_token": token_of(client), "q": typed})
        assert answer.headers["Location"].endswith("/basvurular/")


def test_others_see_nothing_of_it(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    case = new_case()
    path = f"/basvurular/{case_number(case.id)}"
    stranger = officer(app, place_b)
    assert stranger.get(path).status_code == 404
    for deed in ("goster", "not", "kimlik", "kopya", "esle", "durdur", "sil/oner", "gonderildi"):
        assert do(stranger, case, deed, note="x" * 9).status_code == 404, deed
    dealer = officer(app, place, "dealer_manager", level="dealer", dealer_id=dealer_of(place))
    assert dealer.get(path).status_code == 403
    assert dealer.get("/basvurular/").status_code == 403
    assert officer(app, place, "marketer").get(path).status_code == 403
    assert kinds_of(case.id) == ["received"]


def test_a_file_of_another_case_is_not_found(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    client, case, other = officer(app, place), new_case(), new_case(place_b)
    theirs = officer(app, place_b)
    do(theirs, other, "dosya", dosya=[(io.BytesIO(PDF), "onlarin.pdf")])
    no = db.connection().execute("select id from data_request_file where request_id = %s",
                                 (other.id,)).fetchone()[0]
    assert client.get(f"/basvurular/{case_number(case.id)}/dosya/{no}").status_code == 404
    got = theirs.get(f"/basvurular/{case_number(other.id)}/dosya/{no}")
    assert got.data == PDF
    assert got.headers["Content-Disposition"].startswith("attachment")


def test_asking_for_more_does_not_stop_the_clock(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    gateway, client, case = post(), officer(app, place), new_case()
    do(client, case, "iste", wanted="Kimliğinizin doğrulanması için müşteri numaranız")
    assert now(case).state is State.ASKED
    assert now(case).due_at == case.due_at
    mails.send_mails()
    mail = next(one for one in gateway.got if one.to == case.person.email)
    assert "müşteri numaranız" in mail.text
    assert "süresi bu arada" in mail.text


def answered(client: Any, case: Case, **more: Any) -> Any:
    return do(client, case, "cevap", **({
        "key": "c1", "language": "tr", "decision": "1", "sending": "1", "used": "[]",
        "body": "Sayın başvuran, talebiniz yerine getirildi.\n\nSaygılarımızla."} | more))


def test_no_answer_shows_the_person_without_a_press_that_is_written_down(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    mail = new_mail()
    known = take(place, mail, channel=Channel.EPOSTA).items[0].recipient_id
    client, case = officer(app, place), verified(new_case(rights=["A"]), known)
    looked = client.get(f"/basvurular/{case_number(case.id)}/cevap?karar=1&dil=tr").text
    assert "Nazlı" not in looked
    assert mail not in looked
    assert "opened" not in kinds_of(case.id)
    for deed in ("cevap/metin", "cevap/onizleme"):
        assert client.get(f"/basvurular/{case_number(case.id)}/{deed}").status_code == 405
    begun = do(client, case, "cevap/metin", karar="1").text
    assert "Nazlı" in begun
    assert mail in begun
    do(client, case, "cevap/onizleme", decision="1", body="x" * 50)
    audited = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'request:reveal'",
        (place.provider_id,)).fetchone()
    assert audited == (2,)
    assert kinds_of(case.id).count("opened") == 2


def test_an_answer_by_mail_goes_out_with_its_letter_and_closes_the_case(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    gateway, client, case = post(Sent("m-1")), officer(app, place), verified(new_case())
    assert answered(client, case).status_code == 303
    assert now(case).state is State.SENDING
    mails.send_mails()
    mail, = (one for one in gateway.got if one.to == case.person.email)
    assert mail.attachments[0].data.startswith(b"%PDF-")
    assert "Kişisel Verileri Koruma Kuruluna" in mail.text
    assert now(case).state is State.CLOSED
    assert kinds_of(case.id)[-3:] == ["answered", "sent", "closed"]
    mails.send_mails()
    assert len(gateway.got) == 1


def test_an_answer_pressed_twice_is_one(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    gateway, client, case = post(), officer(app, place), verified(new_case())
    for _ in range(2):
        answered(client, case)
    mails.send_mails()
    assert len(gateway.got) == 1
    assert kinds_of(case.id).count("answered") == 1


def test_an_answer_nobody_got_opens_the_case_again(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    post(Refused("SMTP 550"))
    client, case = officer(app, place), verified(new_case())
    answered(client, case)
    mails.send_mails()
    assert now(case).state is State.OPEN
    assert kinds_of(case.id)[-1] == "send_failed"


def test_an_answer_by_post_closes_with_the_proof_of_sending_and_not_before(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), verified(new_case())
    answered(client, case, sending="2")
    do(client, case, "gonderildi")
    assert now(case).state is State.SENDING
    do(client, case, "gonderildi", dosya=[(io.BytesIO(PDF), "alindi.pdf")])
    assert now(case).state is State.CLOSED


@pytest.mark.parametrize(("more", "said"), [
    ({"decision": "3"}, "gerekçesiz ret olmaz"),
    ({"decision": "3", "reason": "LEGAL_DUTY", "why": "kısa"}, "cümleyle yazın"),
    ({"body": "Gerekçe: […] " + "x" * 60}, "doldurulmamış yer var"),
    ({"body": "Sayın {ad}, " + "x" * 60}, "doldurulmamış yer var"),
    ({"body": ""}, "Cevap metni eksik"), ({"sending": ""}, "nasıl gideceğini"),
    ({"body": "x" * 20_001}, "en çok 20000")])
def test_a_refusal_needs_a_reason_and_an_answer_a_text(
    app: Any, place: Any, new_case: Callable[..., Case], more: dict[str, str], said: str
) -> None:
    client, case = officer(app, place), verified(new_case())
    answer = answered(client, case, **more)
    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert now(case).state is State.OPEN


def test_nothing_is_granted_before_the_identity_is_verified(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), new_case()
    assert "Kimlik doğrulanmadan" in answered(client, case).text
    do(client, case, "kopya")
    assert "export" not in kinds_of(case.id)
    do(client, case, "kimlik", outcome="1", basis="Ehliyetini gördüm")
    do(client, case, "kopya")
    assert "export" in kinds_of(case.id)


def copy_of(case: Case) -> int:
    """A copy of the data of who is matched with a case."""
    from ileti.requests import exports

    db.connection().execute("update data_request_export set next_at = now() + interval '1 day' "
                            "where done_at is null")
    with db.transaction() as conn:
        number = exports.ask_for(conn, now(case), by=1)
    exports.make_waiting()
    return number


def test_no_answer_carries_a_copy_unless_the_identity_is_verified_and_the_people_are_the_same(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    gateway, client, case = post(), officer(app, place), verified(new_case())
    export = str(copy_of(case))
    refusal = {"decision": "3", "reason": "IDENTITY", "export": export,
               "why": "Kimliğiniz doğrulanamadı, bu yüzden veriler verilemez."}
    do(client, case, "kimlik", outcome="3", basis="İmza uymuyor")
    assert "Kimlik doğrulanmadan veri örneği" in answered(client, case, **refusal).text
    verified(case, take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id)
    assert "eşlenen kişiler değişti" in answered(client, case, export=export).text
    assert now(case).state is State.OPEN
    answered(client, case, export=str(copy_of(case)))
    mails.send_mails()
    assert "/kvkk/veri/" in gateway.got[0].text


def test_the_identity_is_looked_at_on_the_locked_case_when_the_letter_is_set(
    app: Any, place: Any, new_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ileti.requests import answering

    client, case = officer(app, place), verified(new_case())

    def doubted(name: str) -> None:
        assert name == "requests.letter_kept"
        db.connection().execute("update data_request set identity = 3 where id = %s", (case.id,))

    monkeypatch.setattr(answering, "reach", doubted)
    assert answered(client, case, export=str(copy_of(case))).status_code == 422
    assert "answered" not in kinds_of(case.id)


def test_a_closed_case_is_read_only(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    post()
    client, case = officer(app, place), verified(new_case())
    answered(client, case)
    mails.send_mails()
    before = kinds_of(case.id)
    for deed in ("not", "iste", "kimlik", "gorevli", "kopya", "durdur", "cevap", "dosya"):
        do(client, case, deed, note="yeni not", wanted="yeni", outcome="2", basis="yeni", user="",
           key="c2", decision="1", sending="1", body="y" * 60, dosya=[(io.BytesIO(PDF), "a.pdf")])
    assert kinds_of(case.id) == before
    text = page(client, case)
    assert "Kapandı." in text
    for button in ("Cevabı yaz", "Notu sakla", "Denetimi kaydet", "Veri örneği hazırla"):
        assert button not in text, button


def test_r30_stop_refuses_every_channel_for_every_brand(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    phone = f"+90599{place.brand_id % 10_000_000:07d}"
    taken = take(place, phone)
    client, case = officer(app, place), verified(new_case(), taken.items[0].recipient_id)
    do(client, case, "durdur")
    rows = db.connection().execute(
        "select channel, status, source from consent_state where provider_id = %s "
        "and recipient_id = %s order by channel",
        (place.provider_id, taken.items[0].recipient_id)).fetchall()
    assert rows == [(1, 2, 1), (2, 2, 1)]  # by paper: HS_FIZIKSEL_ORTAM


def test_only_exact_addresses_match_and_what_is_unproved_only_by_hand(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    mail, other = new_mail(), new_mail()
    ours = take(place, mail, channel=Channel.EPOSTA).items[0].recipient_id
    take(place_b, other, channel=Channel.EPOSTA)
    client, case = officer(app, place), new_case()
    do(client, case, "esle", address=other)
    do(client, case, "esle", recipient=str(ours))  # not named by the application
    assert "attached" not in kinds_of(case.id)
    do(client, case, "esle", address=mail)
    assert "attached" in kinds_of(case.id)


def test_a_wrong_address_is_refused_and_a_name_corrected_beside_the_ledger(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    taken = take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id
    client, case = officer(app, place), verified(new_case(), taken)
    do(client, case, "duzelt", recipient=str(taken), field="name", before="Nazli", after="Nazlı K.")
    do(client, case, "duzelt", recipient=str(taken), field="address", after="")
    rows = db.connection().execute("select field from data_request_correction where request_id = "
                                   "%s order by id", (case.id,)).fetchall()
    assert rows == [("name",), ("address",)]
    state = db.connection().execute("select status from consent_state where provider_id = %s "
                                    "and recipient_id = %s", (place.provider_id, taken)).fetchone()
    assert state == (2,)


def test_a_brands_officer_prepares_and_does_not_touch_other_brands(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place, level="brand"), verified(new_case())
    assert page(client, case)
    do(client, case, "not", note="Arandı")
    assert "noted" in kinds_of(case.id)
    for deed in ("kopya", "durdur", "esle", "sil/oner", "cevap"):
        assert do(client, case, deed, address="a@b.com.tr").status_code == 403, deed


def test_the_file_of_the_list_has_nothing_personal(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client, case = officer(app, place), new_case(wish="=cmd|' /C calc'!A0")
    text = client.get("/basvurular/liste.csv").data.decode("utf-8-sig")
    assert case_number(case.id) in text
    for word in ("Nazlı", TCKN, case.person.email, "=cmd"):
        assert word not in text


def test_hostile_words_are_text_on_the_page_and_in_the_letter(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    from ileti.requests.people import Person

    gateway, client = post(), officer(app, place)
    name = "<img src=x onerror=alert(1)> #eval(\"1\") \u202eters"
    case = verified(new_case(person=Person(name=name, email=new_mail(), tckn=TCKN, postal="x"),
                             wish="<script>alert(2)</script>"))
    opened = do(client, case, "goster").text
    assert "<img src=x" not in opened
    assert "<script>alert(2)" not in opened
    assert answered(client, case, body="#panic() $x$ <b>kalın</b> " * 4).status_code == 303
    mails.send_mails()
    mail, = gateway.got
    assert "<img src=x" not in mail.html
    assert "\r" not in mail.subject
    assert mail.attachments[0].data.startswith(b"%PDF-")


def test_a_reply_text_is_versioned_and_two_do_not_overwrite_each_other(
    app: Any, place: Any, new_case: Callable[..., Case]
) -> None:
    client = officer(app, place)
    path = "/basvurular/metinler/A.granted/tr"
    send = {"csrf_token": token_of(client), "body": "Sayın {ad}, işlenmektedir. {kayitlar}"}
    assert client.post(path, data=send | {"version": "0"}).status_code == 303
    assert client.post(path, data=send | {"version": "0"}).status_code == 409
    assert client.post(path, data=send | {"version": "1", "body": "{yok} " * 5}).status_code == 400
    case = new_case(rights=["A"])
    begun = do(client, case, "cevap/metin", karar="1").text
    assert "Sayın Nazlı Kırşehirli, işlenmektedir." in begun
    assert "&#34;A.granted&#34;, &#34;version&#34;: 1" in begun


def test_the_counts_are_ones_own(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    for days in (0, 22, 40):
        new_case(received_at=clock.now() - timedelta(days=days))
    text = officer(app, place_b).get("/basvurular/").text
    assert "Cevap bekleyen başvuru yok" in text
    assert not re.search(r'class="count">[1-9]', text)
    mine = officer(app, place).get("/basvurular/?durum=gecti").text
    assert len(set(re.findall(r"BSV-[\w-]{14}", mine))) == 1
    stranger = officer(app, place_b)
    for typed in (case_number(new_case().id), TCKN):
        answer = stranger.post("/basvurular/ara",
                               data={"csrf_token": token_of(stranger), "q": typed})
        assert answer.headers["Location"].endswith("/basvurular/")


def test_an_answer_never_carries_another_cases_copy(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case],
    post: Callable[..., Gateway]
) -> None:
    from ileti.requests import exports

    gateway, client, case = post(), officer(app, place), verified(new_case())
    theirs = verified(new_case(place_b))
    with db.transaction() as conn:
        number = exports.ask_for(conn, theirs, by=1)
    exports.make_waiting()
    answered(client, case, export=str(number))
    mails.send_mails()
    mail, = gateway.got
    assert "/kvkk/veri/" not in mail.text


def restricted(case: Case, place: Any) -> Case:
    """A case matched with somebody whom an erasure restricted since."""
    taken = take(place, new_mail(), channel=Channel.EPOSTA).items[0].recipient_id
    matched = verified(case, taken)
    db.connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) "
        "values (%s, %s, now(), 'Başvuru')", (place.provider_id, taken))
    return matched


def test_r64_a_case_of_a_restricted_person_is_open_to_who_may_see_restricted_records_only(
    app: Any, place: Any, place_b: Any, new_case: Callable[..., Case]
) -> None:
    case, other = new_case(received_at=clock.now() - timedelta(days=40)), new_case()
    officers = officer(app, place)
    do(officers, case, "dosya", dosya=[(io.BytesIO(PDF), "dilekce.pdf")])
    no = db.connection().execute("select id from data_request_file where request_id = %s",
                                 (case.id,)).fetchone()[0]
    restricted(case, place)
    paths = [f"/basvurular/{case_number(case.id)}{tail}" for tail in ("", f"/dosya/{no}")]
    admin = officer(app, place, "provider_admin")
    assert [admin.get(path).status_code for path in paths] == [404, 404]
    assert [officers.get(path).status_code for path in paths] == [200, 200]
    for deed in ("goster", "not", "kopya", "sil/oner", "cevap"):
        assert do(admin, case, deed, note="x" * 9).status_code == 404, deed
    for path in ("?durum=", "liste.csv?durum=", "?durum=gecti"):
        theirs, ours = (one.get(f"/basvurular/{path}").text for one in (admin, officers))
        assert case_number(case.id) not in theirs, path
        assert case_number(case.id) in ours, path
    assert case_number(other.id) in admin.get("/basvurular/?durum=").text
    found = admin.post("/basvurular/ara", data={"csrf_token": token_of(admin), "q":
                                                case_number(case.id)})
    assert found.headers["Location"].endswith("/basvurular/")
    assert "1 başvuru cevap bekliyor." in admin.get("/basvurular/").text


def test_r64_only_who_may_see_restricted_records_is_told_of_such_a_case_or_gets_it(
    app: Any, place: Any, new_case: Callable[..., Case], post: Callable[..., Gateway]
) -> None:
    from ileti.requests import alarms

    gateway = post()
    admin, told = (user_with(app, role, place) for role in (
        "provider_admin", "compliance_officer"))
    case = restricted(new_case(received_at=clock.now() - timedelta(days=22)), place)
    alarms.raise_alarms()
    mails.send_mails()
    got = {one.to.partition("@")[0] for one in gateway.got}
    assert told in got
    assert admin not in got
    text = page(sign_in(app, told), case)
    picks = re.search(r'<select id="user".*?</select>', text, re.S)[0]
    assert picks.count("<option") == 2  # nobody, and the officer
