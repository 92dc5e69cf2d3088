"""Files of a consent in the panel: who may see them, how they come in and how they go out."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest

from config import settings
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.evidence import vault
from tests.evidence.samples import REFUSED, pdf, wav
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with


@pytest.fixture
def admin(app: Any, place: Any, folder: Path) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def consent(place: Any, dealer_id: int | None = None, *, number: int = 1) -> str:
    done = take(place, f"+90599410{number:04}", dealer_id=dealer_id)
    return record_number(done.items[0].entry_id)


def add(client: Any, number: str, data: bytes, name: str = "form.pdf", *,
        json: bool = False, **more: str) -> Any:
    return client.post(f"/izinler/{number}/kanit", data={
        "csrf_token": token_of(client), "dosya": (io.BytesIO(data), name), **more},
        content_type="multipart/form-data",
        headers={"Accept": "application/json"} if json else {})


def link_of(client: Any, number: str) -> str:
    found = re.search(rf"/izinler/{number}/kanit/\d+", client.get(f"/izinler/{number}").text)
    assert found is not None
    return found.group(0)


def test_a_signed_form_is_added_shown_and_given_out_as_it_came(admin: Any, place: Any) -> None:
    number = consent(place)
    assert "İmzalı form, ses kaydı" in admin.get(f"/izinler/{number}").text
    assert add(admin, number, pdf(), "Ayşe Kaya formu.pdf").status_code == 303
    page = admin.get(f"/izinler/{number}").text
    for said in ("Ayşe Kaya formu.pdf", "İmzalı form", "sonradan eklendi", "Ada Yıldız",
                 "Dosya kasada saklandı"):
        assert said in page
    answer = admin.get(link_of(admin, number))
    assert answer.data == pdf()
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''Ay%C5%9Fe%20Kaya%20formu.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in answer.headers["Cache-Control"]


def test_who_added_and_who_opened_stands_in_the_audit_trail(admin: Any, place: Any) -> None:
    number = consent(place)
    add(admin, number, pdf())
    admin.get(link_of(admin, number))
    deeds = db.connection().execute(
        "select action, user_id is not null, detail::text from audit_entry where provider_id = %s "
        "and subject = %s order by id", [place.provider_id, f"consent:{number}"]).fetchall()
    assert [one[:2] for one in deeds] == [("proof:add", True), ("proof:open", True)]
    assert "form.pdf" not in str(deeds)


def test_the_same_file_twice_is_one_link_and_a_second_role_another(admin: Any, place: Any) -> None:
    number = consent(place)
    for role in ("", "", "4"):
        add(admin, number, pdf(), rol=role)
    assert db.connection().execute(
        "select count(*), count(distinct file_id) from entry_file where provider_id = %s",
        [place.provider_id]).fetchone() == (2, 1)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_said_and_nothing_is_kept(
        name: str, admin: Any, place: Any, folder: Path) -> None:
    answer = add(admin, consent(place), REFUSED[name], name, json=True)
    assert answer.status_code == 400
    assert "Dosya alınmadı" in answer.json["say"]
    assert vault.used(place.provider_id)[0] == 0
    assert not [one for one in folder.rglob("*") if one.is_file()]


def test_a_recording_is_no_signed_form(admin: Any, place: Any) -> None:
    answer = add(admin, consent(place), wav(), "kayit.wav", json=True, rol="1")
    assert (answer.status_code, answer.json["code"]) == (400, "wrong_role")


def test_a_hostile_name_breaks_no_header_and_no_page(admin: Any, place: Any) -> None:
    number = consent(place)
    add(admin, number, pdf(), '../../"><script>alert(1)</script>\u202efdp.exe')
    page = admin.get(f"/izinler/{number}").text
    assert "<script>alert" not in page
    header = admin.get(link_of(admin, number)).headers["Content-Disposition"]
    assert re.fullmatch(r"attachment; filename=\"[^\"\\/]*\.pdf\"; filename\*=UTF-8''[^/\"<>]*",
                        header)


def test_a_file_larger_than_the_panels_bodies_goes_in_and_beyond_the_longest_not(
        admin: Any, place: Any, folder: Path, monkeypatch: Any) -> None:
    number = consent(place)
    assert add(admin, number, pdf() + bytes(5_000_000), json=True).json == {"count": 1}
    monkeypatch.setattr(settings(), "vault_longest_mb", 3)
    assert add(admin, number, pdf() + bytes(3_100_000), json=True).status_code == 413
    assert add(admin, number, pdf() + bytes(9_000_000), json=True).status_code == 413
    assert len([one for one in folder.rglob("*") if one.is_file()]) == 1


def test_several_files_at_once_each_stand_for_themselves(admin: Any, place: Any) -> None:
    number = consent(place)
    answer = admin.post(f"/izinler/{number}/kanit", data={
        "csrf_token": token_of(admin), "dosya": [
            (io.BytesIO(pdf("a")), "a.pdf"), (io.BytesIO(b"MZ" + bytes(9)), "b.exe"),
            (io.BytesIO(pdf("c")), "c.pdf")]}, content_type="multipart/form-data")
    assert answer.status_code == 303
    page = admin.get(f"/izinler/{number}").text
    assert "bir program" in page
    assert "a.pdf" in page
    assert "c.pdf" in page


def test_a_form_without_a_file_says_so(admin: Any, place: Any) -> None:
    number = consent(place)
    answer = admin.post(f"/izinler/{number}/kanit", data={"csrf_token": token_of(admin)})
    assert answer.status_code == 303
    assert "Dosya seçin" in admin.get(f"/izinler/{number}").text


def test_a_form_that_breaks_off_is_told_and_leaves_nothing(
        admin: Any, place: Any, folder: Path) -> None:
    number = consent(place)
    body = (b'--b\r\nContent-Disposition: form-data; name="dosya"; filename="k.pdf"\r\n\r\n'
            + pdf() + bytes(900_000))
    answer = admin.post(f"/izinler/{number}/kanit", data=body, headers={
        "Accept": "application/json", "X-CSRFToken": token_of(admin)},
        content_type="multipart/form-data; boundary=b")
    assert (answer.status_code, answer.json["code"]) == (400, "cut_short")
    assert not [one for one in folder.rglob("*") if one.is_file()]


def test_with_a_moment_chosen_only_what_was_here_then_is_shown(admin: Any, place: Any) -> None:
    number = consent(place)
    add(admin, number, pdf(), "sonra.pdf")
    page = admin.get(f"/izinler/{number}?at=2026-01-01T10:00").text
    assert "sonra.pdf" not in page
    assert "Dosya ekle" not in page


def test_a_damaged_file_is_a_page_and_no_byte_of_it(
        admin: Any, place: Any, folder: Path) -> None:
    number = consent(place)
    add(admin, number, pdf())
    [path] = [one for one in folder.rglob("*") if one.is_file()]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    answer = admin.get(link_of(admin, number))
    assert answer.status_code == 500
    assert "bozulmuş" in answer.text
    assert b"%PDF" not in answer.data


def test_to_a_person_who_was_erased_nothing_is_added(admin: Any, place: Any) -> None:
    import os

    import psycopg

    number = consent(place)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute("update recipient set leaf_key = null, addr_ct = null, addr_hash = null "
                      "where provider_id = %s", [place.provider_id])
    answer = add(admin, number, pdf(), json=True)
    assert (answer.status_code, answer.json["code"]) == (400, "erased")


# -- others ---------------------------------------------------------------------------------------


def test_nobody_of_another_provider_brand_or_dealer_sees_adds_or_opens(
        app: Any, admin: Any, place: Any, place_b: Any, folder: Path) -> None:
    mine, other = dealer_of(place), dealer_of(place)
    number = consent(place, mine)
    add(admin, number, pdf(), "gizli.pdf")
    link = link_of(admin, number)
    strangers = [sign_in(app, user_with(app, "provider_admin", place_b)),
                 sign_in(app, user_with(app, "dealer_manager", place, dealer_id=other))]
    for client in strangers:
        assert client.get(link).status_code == 404
        assert add(client, number, pdf("x"), json=True).status_code == 404
    own = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=mine))
    assert own.get(link).data == pdf()
    assert "gizli.pdf" in own.get(f"/izinler/{number}").text
    assert add(own, number, pdf("bayi"), json=True).json == {"count": 1}
    assert db.connection().execute(
        "select count(*) from entry_file where provider_id = %s and dealer_id = %s",
        [place.provider_id, mine]).fetchone() == (2,)


def test_access_to_anothers_consent_opens_none_of_its_files(
        app: Any, admin: Any, place: Any) -> None:
    from ileti.consents.vocabulary import Channel, RecipientType
    from ileti.iys import granted
    from ileti.iys.granted import Act, Group

    taker, shared = dealer_of(place), dealer_of(place)
    number = consent(place, taker, number=77)
    recipient = db.connection().execute(
        "select recipient_id from consent_entry where provider_id = %s and dealer_id = %s",
        [place.provider_id, taker]).fetchone()[0]  # type: ignore[index]
    with db.transaction() as conn:
        granted.apply(conn, Group(place.provider_id, place.brand_id, RecipientType.BIREYSEL,
                                  Channel.MESAJ, Act.GIVE, (shared,)), [recipient])
    add(admin, number, pdf(), "gizli.pdf")
    link = link_of(admin, number)
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=shared))
    page = client.get(f"/izinler/{number}")
    assert page.status_code == 200
    assert "gizli.pdf" not in page.text
    assert "Kanıt dosyaları" not in page.text
    assert client.get(link).status_code == 404
    assert add(client, number, pdf("x"), json=True).status_code == 404


def test_who_may_not_see_files_gets_neither_the_section_nor_a_file(
        app: Any, admin: Any, place: Any) -> None:
    number = consent(place)
    add(admin, number, pdf())
    link = link_of(admin, number)
    client = sign_in(app, user_with(app, "marketer", place))
    assert "Kanıt dosyaları" not in client.get(f"/izinler/{number}").text
    assert client.get(link).status_code in (302, 403)
    assert add(client, number, pdf("x")).status_code in (302, 403, 413)
    assert vault.used(place.provider_id)[0] == len(pdf())


def test_a_link_of_another_consent_is_not_found_under_this_one(admin: Any, place: Any) -> None:
    number, other = consent(place, number=1), consent(place, number=2)
    add(admin, number, pdf())
    link = link_of(admin, number).rpartition("/")[2]
    assert admin.get(f"/izinler/{other}/kanit/{link}").status_code == 404
    assert admin.get(f"/izinler/{number}/kanit/{2**70}").status_code == 404


def test_a_large_body_is_nobodys_without_the_right(app: Any, place: Any, folder: Path) -> None:
    number = consent(place)
    client = sign_in(app, user_with(app, "report_viewer", place))
    assert add(client, number, pdf() + bytes(4_000_000)).status_code in (302, 403, 413)
    assert not folder.exists() or not [one for one in folder.rglob("*") if one.is_file()]


def test_postgresql_hides_a_dealers_neighbours_files_too(
        app: Any, admin: Any, place: Any) -> None:
    from sqlalchemy import text

    from ileti.core import orm
    from ileti.tenancy.scope import Scope, within

    mine, other = dealer_of(place), dealer_of(place)
    add(admin, consent(place, mine, number=1), pdf("a"))
    add(admin, consent(place, other, number=2), pdf("b"))
    with app.app_context(), within(Scope(provider_id=place.provider_id, brand_id=place.brand_id,
                                         dealer_id=mine)):
        for table in ("entry_file", "evidence_file"):
            found = orm.db.session.execute(text(f"select count(*) from {table}")).scalar()
            assert found == 1, table
        orm.db.session.rollback()
