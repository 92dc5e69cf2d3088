"""Texts in the panel: who may write and publish, what is kept, what stays another's."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from ileti.core import db
from ileti.documents.publish import publish, publish_standard_texts
from tests.documents.golden_texts import WHOLE
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

TEXT = "{unvan} tarafından gönderilecek kampanyaları,\n\n**kısa mesajla** almayı kabul ediyorum."


def document(place: Any, *, brand: bool = True, kind: str = "ETK_ONAYI",
             channel: int | None = 2) -> int:
    row = db.connection().execute(
        "insert into document (provider_id, brand_id, kind, channel, name) values "
        "(%s, %s, %s, %s, 'Deneme metni') returning id",
        (place.provider_id, place.brand_id if brand else None, kind, channel)).fetchone()
    return int(row[0])  # type: ignore[index]


def person(app: Any, place: Any, role: str = "provider_admin", level: str = "provider",
           **more: Any) -> Any:
    return sign_in(app, user_with(app, role, place, level=level, **more))


def save(client: Any, number: int, body: str = TEXT, *, revision: int = 0, wish: str = "save",
         language: str = "tr") -> Any:
    return client.post(f"/metinler/{number}/taslak/{language}", data={
        "csrf_token": token_of(client), "title": "Ticari elektronik ileti", "body": body,
        "revision": str(revision), "wish": wish})


def release(client: Any, number: int, revision: int, **more: str) -> Any:
    return client.post(f"/metinler/{number}/taslak/tr/yayinla", data={
        "csrf_token": token_of(client), "revision": str(revision), **more})


def versions(number: int) -> list[Any]:
    return db.connection().execute(
        "select version, body, source, renewal, renewal_reason from document_version "
        "where document_id = %s order by version", (number,)).fetchall()


def test_a_draft_is_published_with_its_fields_filled_in_and_goes(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place)
    save(client, number)
    assert release(client, number, 1).status_code == 302
    (version, body, source, renewal, _reason), = versions(number)
    assert (version, renewal) == (1, "NONE")
    assert body.startswith("Defne Ev Tekstili San. ve Tic. A.Ş. tarafından")
    assert source["fields"] == {"unvan": "Defne Ev Tekstili San. ve Tic. A.Ş."}
    assert source["body"] == TEXT
    assert release(client, number, 1).status_code == 404  # pressed twice: nothing new
    assert len(versions(number)) == 1
    audited = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = "
        "'document:publish'", (place.provider_id,)).fetchone()
    assert audited == (1,)


def test_two_people_do_not_overwrite_each_other(app: Any, place: Any) -> None:
    first, second, number = person(app, place), person(app, place), document(place)
    save(first, number)
    save(first, number, TEXT + " Bir.", revision=1)
    answer = save(second, number, TEXT + " İki.", revision=1)
    assert answer.status_code == 409
    assert "almayı kabul ediyorum. İki." in answer.text  # what was typed stands there still
    assert "bu arada değişti" in answer.text
    kept = db.connection().execute("select body, revision from document_draft where "
                                   "document_id = %s", (number,)).fetchone()
    assert kept == (TEXT + " Bir.", 2)
    assert release(second, number, 1).status_code == 409
    assert versions(number) == []


def test_what_the_linter_forbids_is_not_published_by_hand(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place)
    save(client, number, TEXT.replace("almayı", "almayı ve kişisel verilerimi vermeyi"))
    page = client.get(f"/metinler/{number}/taslak/tr/inceleme").text
    assert "Hatalı metin yayına alınamaz" in page
    answer = release(client, number, 1)
    assert answer.status_code == 422
    assert "R-58" in answer.text
    assert versions(number) == []


def test_four_eyes_whoever_wrote_it_may_not_publish_it(app: Any, place: Any) -> None:
    db.connection().execute("update provider set four_eyes = true where id = %s",
                            (place.provider_id,))
    writer, other, number = person(app, place), person(app, place), document(place)
    save(writer, number)
    assert release(other, number, 1).status_code == 403  # nobody sent it for review
    save(writer, number, revision=1, wish="review")
    assert release(writer, number, 2).status_code == 403
    assert "başka biri" in writer.get(f"/metinler/{number}/taslak/tr/inceleme").text
    assert versions(number) == []
    assert release(other, number, 2).status_code == 302
    assert len(versions(number)) == 1


def test_a_reviewer_sends_it_back_with_a_note(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place)
    save(client, number, wish="review")
    client.post(f"/metinler/{number}/taslak/tr/geri", data={
        "csrf_token": token_of(client), "note": "Kampanya yerine tanıtım yazın."})
    assert "Kampanya yerine tanıtım yazın." in client.get(f"/metinler/{number}/taslak/tr").text


def test_who_writes_may_not_publish_without_the_right(app: Any, place: Any) -> None:
    client, number = person(app, place, "marketer", "brand"), document(place)
    assert save(client, number).status_code == 302
    assert release(client, number, 1).status_code == 403
    assert versions(number) == []


def test_a_brand_reads_the_providers_text_and_does_not_change_it(app: Any, place: Any) -> None:
    number = document(place, brand=False)
    publish(number, "tr", "Onay", TEXT)
    client = person(app, place, "compliance_officer", "brand")
    assert "Deneme metni" in client.get(f"/metinler/show/{number}").text
    assert save(client, number).status_code == 403
    for path, data in (("kaldir", {"reason": "Olmasın"}), ("formlara", {}),
                       ("amaclar", {"purpose": "1"})):
        answer = client.post(f"/metinler/{number}/{path}",
                             data={"csrf_token": token_of(client), **data})
        assert answer.status_code == 403
    assert db.connection().execute("select count(*) from document_event where document_id = %s",
                                   (number,)).fetchone() == (0,)


def test_another_brands_draft_is_not_there(app: Any, place: Any) -> None:
    number = document(place)
    save(person(app, place), number)
    second = db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'İkinci') "
        "returning id", (place.provider_id, place.brand_code + 300)).fetchone()[0]
    elsewhere = type(place)(place.provider_id, place.iys_code, second, place.brand_code + 300)
    client = person(app, elsewhere, "brand_manager", "brand")
    for path in (f"/metinler/show/{number}", f"/metinler/{number}/taslak/tr",
                 f"/metinler/{number}/taslak/tr/inceleme", f"/metinler/{number}/onizleme/tr"):
        assert client.get(path).status_code == 404, path


def test_a_dealer_reads_what_stands_on_its_forms_and_no_draft(app: Any, place: Any) -> None:
    made = publish_standard_texts(place.provider_id, place.brand_id)
    save(person(app, place), made["MESAJ"], TEXT.replace("kampanyaları", "gizli planları"))
    client = person(app, place, "dealer_manager", "dealer", dealer_id=dealer_of(place))
    page = client.get(f"/metinler/show/{made['MESAJ']}").text
    assert "kısa mesajla" in page
    for path in ("taslak/tr", "taslak/tr/inceleme"):
        assert client.get(f"/metinler/{made['MESAJ']}/{path}").status_code in (403, 404)
    assert "gizli planları" not in client.get(f"/metinler/{made['MESAJ']}/onizleme/tr").text


def test_r61_a_changed_notice_is_told_anew_unless_a_reason_is_kept(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place, kind="AYDINLATMA", channel=None)
    publish(number, "tr", "Aydınlatma", WHOLE)
    save(client, number, WHOLE.replace("kargo şirketine", "Hızlı Kargo A.Ş.’ye"))
    assert release(client, number, 1, renewal="NONE").status_code == 422
    assert release(client, number, 1, renewal="NONE",
                   reason="Şirketin unvanı düzeltildi, alıcı aynı.").status_code == 302
    assert versions(number)[1][3:] == ("NONE", "Şirketin unvanı düzeltildi, alıcı aynı.")


def version_of(number: int) -> tuple[int, str]:
    row = db.connection().execute(
        "select id, content_hash from document_version where document_id = %s and language = 'tr' "
        "order by version", (number,)).fetchone()
    return row[0], bytes(row[1]).hex()  # type: ignore[index]


def test_who_has_seen_it_in_numbers_and_a_list(app: Any, place: Any, place_b: Any) -> None:
    made = publish_standard_texts(place.provider_id, place.brand_id)
    text, notice = version_of(made["MESAJ"]), version_of(made["AYDINLATMA"])
    take(place, "+905991112233", text=text, notice=notice[0])
    take(place_b, "+905991112244", text=text)  # another provider's hand in its own ledger
    client = person(app, place)
    save(client, made["MESAJ"])
    release(client, made["MESAJ"], 1)
    page = client.get(f"/metinler/gorenler/{text[0]}").text
    assert "1 kişi hâlâ bu sürüme dayanıyor." in page
    assert page.count("+90 5•• ••• 22 33") == 1
    assert "22 44" not in page
    newer = max(row[0] for row in db.connection().execute(
        "select id from document_version where document_id = %s", (made["MESAJ"],)))
    assert "Yeniden bildirilecek" not in client.get(f"/metinler/gorenler/{newer}").text
    stranger = person(app, _another())
    assert stranger.get(f"/metinler/gorenler/{text[0]}").status_code == 404


def test_r61_who_read_the_new_notice_is_not_told_anew(app: Any, place: Any) -> None:
    made = publish_standard_texts(place.provider_id, place.brand_id)["AYDINLATMA"]
    old = version_of(made)[0]
    take(place, "+905991112255", notice=old)
    take(place, "+905991112266", notice=old)
    newer = publish(made, "tr", "Aydınlatma metni", WHOLE)
    client = person(app, place)
    assert "2 kişi hâlâ" in client.get(f"/metinler/gorenler/{old}").text
    take(place, "+905991112255", notice=newer.id)
    assert "1 kişi hâlâ" in client.get(f"/metinler/gorenler/{old}").text


def test_a_dealer_counts_what_it_took_itself(app: Any, place: Any) -> None:
    text = version_of(publish_standard_texts(place.provider_id, place.brand_id)["MESAJ"])
    mine = dealer_of(place)
    take(place, "+905991112277", text=text, dealer_id=mine)
    take(place, "+905991112288", text=text)
    client = person(app, place, "dealer_user", "dealer", dealer_id=mine)
    page = client.get(f"/metinler/gorenler/{text[0]}").text
    assert "22 77" in page
    assert "22 88" not in page


def _another() -> Any:
    from tests.conftest import _new_place

    return _new_place(db.connection())


def test_what_was_on_show_at_a_moment(app: Any, place: Any) -> None:
    publish_standard_texts(place.provider_id, place.brand_id)
    client = person(app, place)
    now = client.get(f"/metinler/o-an/?marka={place.brand_id}").text
    assert "8 metin gösterimdeydi." in now
    then = client.get(f"/metinler/o-an/?marka={place.brand_id}&an=2020-05-03T10:00").text
    assert "Gösterimde metin yoktu" in then
    assert "Tarih ve saat yazın" in client.get("/metinler/o-an/?an=dün").text
    assert client.get(f"/metinler/o-an/?marka={_another().brand_id}").status_code == 404


def test_a_version_shows_what_it_changed_in_words(app: Any, place: Any) -> None:
    number = document(place)
    publish(number, "tr", "Onay", TEXT)
    newer = publish(number, "tr", "Onay", TEXT.replace("kampanyaları", "haberleri"))
    page = person(app, place).get(f"/metinler/surum/{newer.id}").text
    assert '<del><span class="sr">çıkarıldı: </span>kampanyaları</del>' in page
    assert '<ins><span class="sr">eklendi: </span>haberleri</ins>' in page


def test_the_check_answers_marks_and_remarks_and_needs_a_token(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place, kind="AYDINLATMA", channel=None)
    path = f"/metinler/{number}/taslak/tr/denetle"
    body = WHOLE + "\n\nKabul ediyorum <b>"
    said = client.post(path, data={"csrf_token": token_of(client), "title": "x", "body": body})
    start, end, level, _n = said.json["marks"][0]
    assert (body[start:end], level) == ("Kabul ediyorum", "error")
    assert "R-58" in said.json["html"]
    assert client.post(path, data={"title": "x", "body": body}).status_code == 400


def test_a_preview_takes_no_consent_and_escapes(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place)
    page = client.post(f"/metinler/{number}/onizleme/tr", data={
        "csrf_token": token_of(client), "title": "<script>x", "body": TEXT.replace(
            "kampanyaları", "<img src=x onerror=alert(1)>")})
    assert "<script>x" not in page.text
    assert "<img src=x" not in page.text
    assert 'name="token" value=""' in page.text
    assert "checked" not in page.text
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("kind", ["ACIK_RIZA", "YURT_DISI"])
def test_r57_an_explicit_consent_is_previewed_as_the_box_people_will_see(
    app: Any, place: Any, kind: str
) -> None:
    publish_standard_texts(place.provider_id, place.brand_id)
    client, number = person(app, place), document(place, kind=kind, channel=None)
    page = client.post(f"/metinler/{number}/onizleme/tr", data={
        "csrf_token": token_of(client), "title": "Kişiye özel öneri",
        "body": "{unvan} önerisine rıza veriyorum.\n\nRızamı her an geri alabilirim."}).text
    assert "Kişisel verileriniz için açık rıza" in page
    box = page[page.index(f'name="privacy" value="{number}"'):]
    assert box.index("A.Ş. önerisine rıza veriyorum.") < box.index("Rızamı her an geri alabilirim.")
    assert "checked" not in page
    assert 'name="token" value=""' in page


def test_where_no_consent_text_is_on_show_the_statement_is_drawn_as_a_page(
    app: Any, place: Any
) -> None:
    client, number = person(app, place), document(place, kind="ACIK_RIZA", channel=None)
    page = client.get(f"/metinler/{number}/onizleme/tr")
    assert (page.status_code, 'name="privacy"' in page.text) == (200, False)


def purpose(client: Any, place: Any, **more: Any) -> Any:
    return client.post("/amaclar/add", data={
        "csrf_token": token_of(client), "provider": str(place.provider_id), "name": "Teslimat",
        "ground": "5/2-c", "data": ["kimlik", "iletisim"], "subjects": ["musteri"],
        "recipients": "=Kargo A.Ş.", "period": "10 yıl"} | more)


def test_the_inventory_is_exported_for_verbis_without_formulas(app: Any, place: Any) -> None:
    client = person(app, place)
    assert purpose(client, place).status_code == 302
    answer = client.get("/amaclar/verbis.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][0] == "Veri kategorisi"
    assert [row[0] for row in rows[1:]] == ["Kimlik", "İletişim"]
    assert rows[1][5] == "'=Kargo A.Ş."
    assert len(rows) == 3  # nothing of another provider


def test_r59_a_purpose_that_was_switched_off_is_exported_while_a_notice_on_show_names_it(
    app: Any, place: Any
) -> None:
    client = person(app, place)
    purpose(client, place)
    wanted = db.connection().execute("select id from purpose where provider_id = %s",
                                     (place.provider_id,)).fetchone()[0]
    number = document(place, kind="AYDINLATMA", channel=None)
    client.post(f"/metinler/{number}/amaclar",
                data={"csrf_token": token_of(client), "purpose": [str(wanted)]})
    publish(number, "tr", "Aydınlatma", WHOLE)
    off = {"csrf_token": token_of(client), "name": "Teslimat", "ground": "5/2-c",
           "data": ["kimlik"], "subjects": ["musteri"], "period": "10 yıl"}
    assert client.post(f"/amaclar/edit/{wanted}", data=off).status_code == 302
    assert db.connection().execute("select active from purpose where id = %s",
                                   (wanted,)).fetchone() == (False,)
    assert "Teslimat" in client.get("/amaclar/verbis.csv").text
    client.post(f"/metinler/{number}/amaclar", data={"csrf_token": token_of(client)})
    assert "Teslimat" in client.get("/amaclar/verbis.csv").text  # the version still names it
    publish(number, "tr", "Aydınlatma", WHOLE.replace("kargo", "hızlı kargo"))
    assert "Teslimat" not in client.get("/amaclar/verbis.csv").text


@pytest.mark.parametrize("wrong", [
    {"data": ["saglik"]}, {"abroad": "y"}, {"ground": "yok"}, {"period": ""}])
def test_what_the_law_rules_out_is_not_kept(app: Any, place: Any, wrong: Any) -> None:
    client = person(app, place)
    assert purpose(client, place, **wrong).status_code == 200
    assert db.connection().execute("select count(*) from purpose where provider_id = %s",
                                   (place.provider_id,)).fetchone() == (0,)


def test_r57_a_consent_for_a_purpose_with_another_ground_is_not_published(
    app: Any, place: Any
) -> None:
    client = person(app, place)
    purpose(client, place)
    number = document(place, kind="ACIK_RIZA", channel=None)
    wanted = db.connection().execute("select id from purpose where provider_id = %s",
                                     (place.provider_id,)).fetchone()[0]
    client.post(f"/metinler/{number}/amaclar",
                data={"csrf_token": token_of(client), "purpose": [str(wanted), "999999"]})
    save(client, number, "{unvan} tarafından adresimin işlenmesine açık rıza veriyorum. Rızamı "
                         "geri alabilirim.")
    answer = release(client, number, 1)
    assert answer.status_code == 422
    assert "rıza sorulmaz" in answer.text
    client.post(f"/amaclar/edit/{wanted}", data={
        "csrf_token": token_of(client), "name": "Teslimat", "ground": "RIZA", "data": ["kimlik"],
        "subjects": ["musteri"], "period": "1 yıl", "active": "y"})
    assert release(client, number, 1).status_code == 302
    kept = db.connection().execute("select purposes from document_version where document_id = %s",
                                   (number,)).fetchone()[0]
    assert [one["ground"] for one in kept] == ["RIZA"]
    again = client.post(f"/amaclar/edit/{wanted}", data={  # a box is on show for it
        "csrf_token": token_of(client), "name": "Teslimat", "ground": "5/2-c", "data": ["kimlik"],
        "subjects": ["musteri"], "period": "1 yıl", "active": "y"})
    assert "Önce o metni kaldırın" in again.text
    # the form asks by the version's own purposes: unlinking takes no box off
    client.post(f"/metinler/{number}/amaclar", data={"csrf_token": token_of(client)})
    unlinked = client.post(f"/amaclar/edit/{wanted}", data={
        "csrf_token": token_of(client), "name": "Teslimat", "ground": "5/2-c", "data": ["kimlik"],
        "subjects": ["musteri"], "period": "1 yıl", "active": "y"})
    assert "Önce o metni kaldırın" in unlinked.text
    assert db.connection().execute("select ground from purpose where id = %s",
                                   (wanted,)).fetchone() == ("RIZA",)
    client.post(f"/metinler/{number}/kaldir",
                data={"csrf_token": token_of(client), "reason": "Artık sorulmuyor"})
    client.post(f"/amaclar/edit/{wanted}", data={
        "csrf_token": token_of(client), "name": "Teslimat", "ground": "5/2-c", "data": ["kimlik"],
        "subjects": ["musteri"], "period": "1 yıl", "active": "y"})
    assert db.connection().execute("select ground from purpose where id = %s",
                                   (wanted,)).fetchone() == ("5/2-c",)


def test_a_text_is_renamed_by_whoever_may_change_it(app: Any, place: Any) -> None:
    number, common = document(place), document(place, brand=False)
    client = person(app, place, "compliance_officer", "brand")
    for one, name in ((number, "Yeni ad"), (common, "Deneme metni")):
        client.post(f"/metinler/edit/{one}", data={
            "csrf_token": token_of(client), "name": "Yeni ad", "in_contract": "y"})
        assert db.connection().execute("select name from document where id = %s",
                                       (one,)).fetchone() == (name,)


def test_a_planned_version_is_nobodys_yet(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place, kind="AYDINLATMA", channel=None)
    save(client, number, WHOLE)
    assert release(client, number, 1, effective_from="2031-01-01T00:00").status_code == 422
    ahead = db.connection().execute("select to_char(now() + interval '3 days', "
                                    "'YYYY-MM-DD\"T\"HH24:MI')").fetchone()[0]
    assert release(client, number, 1, effective_from=ahead).status_code == 302
    made = db.connection().execute("select id from document_version where document_id = %s",
                                   (number,)).fetchone()[0]
    assert app.test_client().get(f"/n/{made}").status_code == 404
    assert "Planlandı" in client.get(f"/metinler/show/{number}").text


def test_a_retired_notice_stays_readable_and_says_so(app: Any, place: Any) -> None:
    client, number = person(app, place), document(place, kind="AYDINLATMA", channel=None)
    made = publish(number, "tr", "Aydınlatma", WHOLE)
    client.post(f"/metinler/{number}/kaldir",
                data={"csrf_token": token_of(client), "reason": "Yeni form açıldı"})
    page = app.test_client().get(f"/n/{made.id}").text
    assert "yayından kaldırıldı" in page
    assert "Kemalpaşa" in page
    assert "Arşivde" in client.get("/metinler/list/?durum=arsiv").text


def test_a_brands_officer_changes_its_own_purposes_and_not_the_providers(
    app: Any, place: Any
) -> None:
    purpose(person(app, place), place)
    common = db.connection().execute("select id from purpose where provider_id = %s",
                                     (place.provider_id,)).fetchone()[0]
    client, number = person(app, place, "compliance_officer", "brand"), document(place)
    assert "Teslimat" in client.get("/amaclar/list/").text
    answer = client.post(f"/amaclar/edit/{common}", data={
        "csrf_token": token_of(client), "name": "Ele geçti", "ground": "RIZA", "data": ["kimlik"],
        "subjects": ["musteri"], "period": "1 yıl", "active": "y"})
    assert answer.status_code in (200, 404)
    assert db.connection().execute("select name from purpose where id = %s",
                                   (common,)).fetchone() == ("Teslimat",)
    for wanted in ([str(common)], []):
        client.post(f"/metinler/{number}/amaclar",
                    data={"csrf_token": token_of(client), "purpose": wanted})
        linked = db.connection().execute("select purpose_id from document_purpose where "
                                         "document_id = %s", (number,)).fetchall()
        assert linked == [(int(one),) for one in wanted]
    db.connection().execute("insert into document_purpose (document_id, purpose_id, provider_id) "
                            "values (%s, %s, %s)", (document(place, brand=False), common,
                                                    place.provider_id))
    assert person(app, _another()).get(f"/amaclar/show/{common}").status_code == 404
    dealer = person(app, place, "dealer_manager", "dealer", dealer_id=dealer_of(place))
    assert dealer.get("/amaclar/list/").status_code == 403
