"""Pictures of mails in the panel: brought, chosen for a block, looked at, removed."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ileti.core import db
from ileti.templates import pictures
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.panel.test_templates import added, person, record, versions, write
from tests.templates import drawn
from tests.templates.test_pictures import kept, of

LIBRARY = "/sablonlar/resimler"
MAIL = {"name": "Yaz", "class": "TICARI", "subject": "Yaz geldi", "made": "blocks",
        "terms": "https://defne.ornek.com.tr/k", "b1.kind": "image", "b1.src": "", "b1.alt": "",
        "b2.kind": "text", "b2.text": "Yeni çantalar geldi."}


def bring(client: Any, file: bytes, to: str = LIBRARY, name: str = "canta.jpg", **more: str) -> Any:
    return client.post(to, data={
        "csrf_token": token_of(client), "alt": "Yaz çantası", **more,
        "dosya": (io.BytesIO(file), name)}, content_type="multipart/form-data")


def count(place: Any) -> int:
    row = db.connection().execute("select count(*) from mail_picture where provider_id = %s",
                                  (place.provider_id,)).fetchone()
    return int(row[0]) if row else 0


def revision(number: int) -> int:
    row = db.connection().execute("select revision from message_template where id = %s",
                                  (number,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_marketer_uploads_one_for_a_block_and_publishes_the_mail(app: Any, place: Any) -> None:
    record(place)
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    answer = write(client, number, "picture:1", **MAIL)
    assert answer.status_code == 303
    chooser = answer.location
    assert "1. blok" in client.get(chooser).text
    answer = bring(client, drawn.jpeg(), f"/sablonlar/{number}/resim", blok="1", yan="",
                   revision=str(revision(number)))
    assert (answer.status_code, answer.location) == (303, f"/sablonlar/{number}/taslak#blok-1")
    page = client.get(f"/sablonlar/{number}/taslak").text
    found = re.search(r'name="b1.src" value="(resim:[a-z2-7]{32}-1200\.jpg)"', page)
    assert found
    assert 'value="Yaz çantası"' in page
    assert "Yeni çantalar geldi." in page
    assert "102 kB" in page
    assert write(client, number, "publish", revision(number), **(MAIL | {
        "b1.src": found[1], "b1.alt": "Yaz çantası"})).status_code == 303
    assert len(versions(number)) == 1
    frame = client.get(f"/sablonlar/{number}/eposta?gorunum=koyu")
    assert f'src="/resim/{found[1][6:]}"' in frame.text
    assert "img-src data: 'self';" in frame.headers["Content-Security-Policy"]
    assert "Yaz" in client.get(LIBRARY).text


def test_one_that_is_here_is_chosen_again_narrower_beside_words(app: Any, place: Any) -> None:
    one = kept(of(place))
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    columns = {**MAIL, "b1.kind": "columns", "b1.text": "Sol", "b1.text2": "Sağ"}
    place_ = write(client, number, "picture:1.2", **columns).location
    page = client.get(place_).text
    key = one.names[0][6:38]
    assert f'value="{key}"' in page
    answer = client.post(f"/sablonlar/{number}/resim", data={
        "csrf_token": token_of(client), "blok": "1", "yan": "2", "key": key,
        "revision": str(revision(number))})
    assert answer.status_code == 303
    page = client.get(f"/sablonlar/{number}/taslak").text
    assert f'name="b1.src2" value="{one.names[0]}"' in page
    bare = write(client, number, "block:bare:1.2", revision(number), **(
        columns | {"b1.src2": one.names[0]}))
    assert one.names[0] not in bare.text


def test_what_it_shows_is_asked_for(app: Any, place: Any) -> None:
    client = person(app, place)
    where = f"b{place.brand_id}"
    answer = bring(client, drawn.png(), alt=" ", place=where)
    assert answer.status_code == 422
    assert "yalnız süs" in answer.text
    assert bring(client, drawn.png(), alt="", sus="1", place=where).status_code == 303
    assert count(place) == 1
    assert "Yalnız süs" in client.get(LIBRARY).text


@pytest.mark.parametrize(("name", "file", "words"), [
    ("logo.png", b"<html><script>alert(1)</script>", "bir resim değil"),
    ("logo.svg", b"<svg onload=alert(1)>", "SVG alınmaz"),
    ("yarim.png", drawn.png()[:60], "bozuk"),
    ("film.gif", drawn.moving(101, 5), "100 kare"),
    ("", b"", "Bir resim dosyası seçin"),
])
def test_what_is_not_taken_is_told(app: Any, place: Any, name: str, file: bytes, words: str
                                   ) -> None:
    client = person(app, place)
    answer = bring(client, file, name=name, place=f"b{place.brand_id}")
    assert 400 <= answer.status_code < 500
    assert words in answer.text
    assert "<script>alert(1)" not in answer.text
    assert count(place) == 0


def test_a_file_larger_than_the_bound_is_told_and_a_form_beyond_it_cut(app: Any, place: Any
                                                                       ) -> None:
    client = person(app, place)
    answer = bring(client, bytes(10_100_000), place=f"b{place.brand_id}")
    assert (answer.status_code, "en çok 10 MB" in answer.text) == (400, True)
    assert bring(client, bytes(12_000_000), place=f"b{place.brand_id}").status_code == 413


def test_a_name_full_of_markup_stays_words(app: Any, place: Any) -> None:
    client = person(app, place)
    bring(client, drawn.png(), name='"><script>alert(2)</script>.png', place=f"b{place.brand_id}",
          alt='"><img src=x onerror=alert(3)>')
    page = client.get(LIBRARY).text
    assert "<script>alert(2)" not in page
    assert "<img src=x" not in page


def test_a_reader_brings_and_removes_nothing(app: Any, place: Any) -> None:
    one = kept(of(place))
    client = person(app, place, role="compliance_officer")
    page = client.get(LIBRARY)
    assert (page.status_code, 'type="file"' in page.text) == (200, False)
    assert bring(client, drawn.png(), place=f"b{place.brand_id}").status_code == 403
    assert client.post(f"{LIBRARY}/{one.id}/sil", data={
        "csrf_token": token_of(client)}).status_code == 403


def test_another_providers_picture_is_not_there(app: Any, place: Any, place_b: Any) -> None:
    foreign = kept(of(place_b), alt="Yabancı")
    client = person(app, place)
    assert "Yabancı" not in client.get(LIBRARY).text
    data = {"csrf_token": token_of(client)}
    assert client.post(f"{LIBRARY}/{foreign.id}/sil", data=data).status_code == 404
    number = added(client, place, channel="EPOSTA")
    write(client, number, "picture:1", **MAIL)
    answer = client.post(f"/sablonlar/{number}/resim", data=data | {
        "blok": "1", "key": foreign.names[0][6:38], "revision": str(revision(number))})
    assert answer.status_code == 404
    answer = write(client, number, "publish", revision(number), **(
        MAIL | {"b1.src": foreign.names[0], "b1.alt": "x"}))
    assert answer.status_code == 422
    assert "bu şablonun değil" in answer.text
    for where in (f"b{place_b.brand_id}", f"p{place_b.provider_id}"):
        assert bring(client, drawn.png(), place=where).status_code == 422


def test_a_dealer_sees_its_own_alone(app: Any, place: Any) -> None:
    dealer, other = dealer_of(place), dealer_of(place, "Öteki")
    for whose, alt in ((of(place, dealer), "Bayinin"), (of(place, other), "Ötekinin"),
                       (of(place), "Markanın"), (of(place, brand=False), "Sağlayıcının")):
        kept(whose, alt=alt)
    from tests.singles.house import let

    let(place)
    client = sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer))
    page = client.get(LIBRARY).text
    assert [one in page for one in ("Bayinin", "Ötekinin", "Markanın", "Sağlayıcının")] == [
        True, False, False, False]
    assert bring(client, drawn.png(), place=f"b{place.brand_id}").status_code == 422
    assert bring(client, drawn.png(), place=f"d{other}").status_code == 422


def test_a_brands_people_do_not_remove_the_providers(app: Any, place: Any) -> None:
    theirs, own = kept(of(place, brand=False)), kept(of(place))
    client = person(app, place, level="brand")
    data = {"csrf_token": token_of(client)}
    assert client.post(f"{LIBRARY}/{theirs.id}/sil", data=data).status_code == 403
    assert client.post(f"{LIBRARY}/{own.id}/sil", data=data).status_code == 303
    assert count(place) == 1


def test_what_is_shown_cannot_be_removed_and_says_where(app: Any, place: Any) -> None:
    record(place)
    one = kept(of(place))
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    write(client, number, "publish", **(MAIL | {"b1.src": one.names[0], "b1.alt": "x"}))
    page = client.get(LIBRARY).text
    assert f'href="/sablonlar/{number}"' in page
    assert f"{LIBRARY}/{one.id}/sil" not in page
    answer = client.post(f"{LIBRARY}/{one.id}/sil", data={"csrf_token": token_of(client)},
                         follow_redirects=True)
    assert "gönderilenlerde" in answer.text
    assert count(place) == 1


def test_a_block_that_is_no_picture_or_not_there_is_no_place(app: Any, place: Any) -> None:
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    write(client, number, "save", **MAIL)
    for block in ("0", "2", "9", "x", "99999999999"):
        assert client.get(f"/sablonlar/{number}/resim?blok={block}").status_code == 404
    assert client.get("/sablonlar/2147483647/resim?blok=1").status_code == 404


def test_nothing_is_put_over_what_another_wrote_meanwhile(app: Any, place: Any) -> None:
    one = kept(of(place))
    client = person(app, place)
    number = added(client, place, channel="EPOSTA")
    write(client, number, "save", **MAIL)
    answer = client.post(f"/sablonlar/{number}/resim", data={
        "csrf_token": token_of(client), "blok": "1", "key": one.names[0][6:38], "revision": "0"})
    assert answer.status_code == 409
    assert pictures.name_of(one.names[0][6:38], 600, "jpg") == one.names[0]
