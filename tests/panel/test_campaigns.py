"""A marketer writes a campaign, sees who gets it and who does not, and somebody else lets it go."""

from __future__ import annotations

import re
import time
from datetime import date
from io import BytesIO
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from config import settings
from ileti.campaigns import plan, prepare, termslink
from ileti.campaigns.vocabulary import State
from ileti.channels import accounts
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db, orm
from ileti.core.http import NoAnswer
from ileti.core.secrets import secrets
from ileti.templates import lifecycle
from ileti.templates.written import Content
from tests.campaigns.campaign_house import Phones, carried_by, consent, hand_over, phone
from tests.evidence.signers import NOW, Authority, signed

from .people import sign_in, token_of, user_with

PAGES = "/kampanyalar/"


@pytest.fixture(autouse=True)
def conditions(monkeypatch: Any) -> Any:
    """The pages of conditions, as they answer: nobody is called."""
    answers: list[Any] = []

    def answer(_address: str) -> int:
        db.refuse_open_transaction()
        assert not orm.db.session().in_transaction()
        said = answers.pop() if answers else 200
        if isinstance(said, Exception):
            raise said
        return int(said)

    monkeypatch.setattr(termslink, "status_of", answer)
    return answers


@pytest.fixture
def shop(place: Any) -> Any:
    """A provider whose record has all that messages need, with people."""
    db.connection().execute(
        "update provider set mersis = '0291045678900017', refusal_number = '3338', "
        "service_number = '08501112233' where id = %s", [place.provider_id])
    consent(place, *range(20))
    consent(place, 20, 21, status=Status.RET)
    return place


def template(shop: Any, body: str = "Nevresimde %30 indirim başladı.") -> int:
    number = lifecycle.create(
        shop.provider_id, None, Channel.MESAJ, "Kış", user_id=None, draft=Content(
            Channel.MESAJ, body=body, terms="https://defneev.com.tr/kk", ends=date(2030, 12, 5)))
    return lifecycle.publish(number, 0, user_id=None)


def typed(shop: Any, version: int, **more: str) -> dict[str, str]:
    return {"ad": "Kara Kış", "marka": str(shop.brand_id), "sablon": str(version),
            "tur": "bireysel", "yuzde": "100", "tatil": "1"} | more


def post(client: Any, path: str, **said: str) -> Any:
    return client.post(path, data=said | {"csrf_token": token_of(client)})


def written(client: Any, shop: Any) -> int:
    """A campaign that is ready; its number."""
    answer = post(client, PAGES + "yeni", **typed(shop, template(shop)))
    assert answer.status_code == 303, answer.text
    number = int(answer.location.rstrip("/").rpartition("/")[2])
    post(client, f"{PAGES}{number}/hazirla")
    prepare.prepare(shop.provider_id, number, until=time.monotonic() + 20)
    return number


def state(shop: Any, number: int) -> State:
    return plan.read(shop.provider_id, number, db.system_connection()).state


def test_pre_flight_tells_who_gets_it_who_does_not_and_what_the_law_adds(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    with carried_by(Phones()):
        page = marketer.get(f"{PAGES}{written(marketer, shop)}/").text
    assert "<dd>20</dd>" in page
    assert "Ret vermiş" in page
    assert "Mersis:0291045678900017" in page
    assert "3338" in page
    assert "+9059921" not in page


def test_it_goes_when_it_is_released_and_the_list_tells_of_everybody_masked(app, shop):
    marketer, phones = sign_in(app, user_with(app, "marketer", shop)), Phones()
    with carried_by(phones):
        number = written(marketer, shop)
        post(marketer, f"{PAGES}{number}/yayinla")
        hand_over(plan.read(shop.provider_id, number))
    rows = post(marketer, f"{PAGES}{number}/kisiler.csv").text.splitlines()
    assert phones.got == sorted(phone(n) for n in range(20))
    assert state(shop, number) is State.DONE
    assert len(rows) == 23
    assert not any(phone(n) in row for n in range(22) for row in rows)


def test_a_page_of_conditions_that_is_not_there_keeps_it_r27(app, shop, conditions):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    with carried_by(Phones()):
        number = written(marketer, shop)
        conditions.append(404)
        post(marketer, f"{PAGES}{number}/yayinla")
        assert "Koşulların sayfası yok" in marketer.get(f"{PAGES}{number}/").text
        assert state(shop, number) is State.READY
        conditions.append(NoAnswer("ConnectTimeout", arrived=False))
        post(marketer, f"{PAGES}{number}/yayinla")
    assert "sayfası yanıt vermedi" in marketer.get(f"{PAGES}{number}/").text
    assert state(shop, number) is State.RUNNING
    plan.cancel(plan.read(shop.provider_id, number), by=None)


def test_where_a_provider_wants_two_people_nothing_goes_before_the_second_agrees(app, shop):
    db.connection().execute("update provider set approvals = '{campaign}' where id = %s",
                            [shop.provider_id])
    marketer = sign_in(app, user_with(app, "marketer", shop))
    second = sign_in(app, user_with(app, "provider_admin", shop))
    with carried_by(Phones()):
        number = written(marketer, shop)
        post(marketer, f"{PAGES}{number}/yayinla")
        assert state(shop, number) is State.READY
        asked = db.connection().execute(
            "select id, encode(digest, 'hex') from approval where subject = %s",
            [f"campaign:{number}"]).fetchone()
        page = second.get(f"/onaylar/{asked[0]}").text
        assert "Kara Kış" in page
        answer = post(second, f"/onaylar/{asked[0]}/karar", karar="onay", ozet=asked[1])
    assert answer.status_code in (302, 303), answer.text
    assert state(shop, number) is State.RUNNING
    plan.cancel(plan.read(shop.provider_id, number), by=None)


@pytest.fixture
def signs(shop: Any, tmp_path: Path, monkeypatch: Any) -> Any:
    """A provider whose people sign before messages go (R-51), and somebody's certificate."""
    made, path = Authority("Makam"), tmp_path / "roots.pem"
    path.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setattr(settings(), "esign_ca_file", path)
    monkeypatch.setattr(settings(), "vault_dir", tmp_path / "kasa")
    db.connection().execute("update provider set step_up = 'esign' where id = %s",
                            [shop.provider_id])
    days = (clock.now() - NOW).days
    return made.person("Ada Yıldız", days=(days - 9, days + 9))


def sign(client: Any, number: int, person: Any) -> Any:
    """The button on the campaign's page, the text it gives, and the signature over that text."""
    asked = re.search(r'name="belge" value="([^"]+)"', client.get(f"{PAGES}{number}/").text)
    assert asked is not None
    text = post(client, "/imza/metin", belge=asked[1]).data
    return client.post("/imza/kanitla", data={
        "csrf_token": token_of(client), "belge": asked[1], "yol": "esign",
        "imza": (BytesIO(signed(text, person)), "a.p7s")})


def test_nothing_goes_without_the_signature_a_provider_asks_for_and_it_goes_with_it_r51(
        app, shop, signs):
    marketer, phones = sign_in(app, user_with(app, "marketer", shop)), Phones()
    with carried_by(phones):
        number = written(marketer, shop)
        refused = post(marketer, f"{PAGES}{number}/yayinla")
        assert "elektronik imzanızla" in marketer.get(refused.location).text
        assert state(shop, number) is State.READY
        assert sign(marketer, number, signs).status_code == 303
        post(marketer, f"{PAGES}{number}/yayinla")
        hand_over(plan.read(shop.provider_id, number))
    assert state(shop, number) is State.DONE
    assert len(phones.got) == 20
    kept = db.connection().execute(
        "select s.user_id = c.released_by and s.digest = c.digest from campaign c "
        "join step_up s on s.id = c.step_up_id where c.id = %s", [number]).fetchone()
    assert kept == (True,)


def test_anothers_signature_releases_nothing_r51(app, shop, signs):
    first, second = (sign_in(app, user_with(app, "marketer", shop)) for _ in range(2))
    with carried_by(Phones()):
        number = written(first, shop)
        sign(first, number, signs)
        post(second, f"{PAGES}{number}/yayinla")
    assert state(shop, number) is State.READY


def test_one_changed_letter_makes_the_signature_void_r51(app, shop, signs):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    with carried_by(Phones()):
        number = written(marketer, shop)
        sign(marketer, number, signs)
        other = template(shop, "Nevresimde %30 indirim başladi.")
        post(marketer, f"{PAGES}{number}/degistir", **typed(shop, other))
        post(marketer, f"{PAGES}{number}/hazirla")
        prepare.prepare(shop.provider_id, number, until=time.monotonic() + 20)
        assert state(shop, number) is State.READY
        refused = post(marketer, f"{PAGES}{number}/yayinla")
        assert "elektronik imzanızla" in marketer.get(refused.location).text
    assert state(shop, number) is State.READY


def test_a_text_changed_after_the_agreement_was_asked_voids_it(app, shop):
    db.connection().execute("update provider set approvals = '{campaign}' where id = %s",
                            [shop.provider_id])
    marketer = sign_in(app, user_with(app, "marketer", shop))
    with carried_by(Phones()):
        number = written(marketer, shop)
        post(marketer, f"{PAGES}{number}/yayinla")
        other = template(shop, "Battaniyede %40 indirim başladı.")
        post(marketer, f"{PAGES}{number}/degistir", **typed(shop, other))
    assert state(shop, number) is State.DRAFT


def test_faults_stand_beside_their_fields_and_nothing_is_lost(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    answer = post(marketer, PAGES + "yeni", **typed(shop, template(shop), ad="", yuzde="0",
                                                    bas="dün"))
    assert answer.status_code == 422
    assert 'id="ad-hata"' in answer.text
    assert 'id="yuzde-hata"' in answer.text
    assert 'id="bas-hata"' in answer.text
    assert not db.connection().execute("select 1 from campaign where provider_id = %s",
                                       [shop.provider_id]).fetchone()


def test_a_record_that_lacks_the_refusal_number_makes_no_campaign_r29(app, shop):
    version = template(shop)
    db.connection().execute("update provider set refusal_number = null where id = %s",
                            [shop.provider_id])
    marketer = sign_in(app, user_with(app, "marketer", shop))
    answer = post(marketer, PAGES + "yeni", **typed(shop, version))
    assert answer.status_code == 422
    assert "ücretsiz ret numarası" in answer.text


def test_nobody_opens_or_releases_anothers_campaign(app, shop, place_b):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    viewer = sign_in(app, user_with(app, "report_viewer", shop))
    with carried_by(Phones()):
        number = written(marketer, shop)
        assert stranger.get(f"{PAGES}{number}/").status_code == 404
        assert post(stranger, f"{PAGES}{number}/yayinla").status_code == 404
        assert viewer.get(f"{PAGES}{number}/").status_code in (302, 403, 404)
    assert state(shop, number) is State.READY


def test_a_list_keeps_whom_we_know_and_nothing_of_the_others(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    lines = ["Ad;Telefon", *(f"Kişi;{phone(n)}" for n in range(3)), "Kişi;0599 999 88 77", "Boş;"]
    answer = marketer.post("/kampanya-listeleri/ekle", data={
        "ad": "Kasadan", "marka": str(shop.brand_id), "kanal": "MESAJ",
        "csrf_token": token_of(marketer), "dosya": (BytesIO("\n".join(lines).encode()), "k.csv")})
    assert answer.status_code == 303, answer.text
    row = db.connection().execute(
        "select id, members, strangers, unreadable from campaign_list where provider_id = %s",
        [shop.provider_id]).fetchone()
    assert row[1:3] == (3, 1)
    phones = Phones()
    with carried_by(phones):
        made = post(marketer, PAGES + "yeni", **typed(shop, template(shop), liste=str(row[0])))
        number = int(made.location.rstrip("/").rpartition("/")[2])
        post(marketer, f"{PAGES}{number}/hazirla")
        prepare.prepare(shop.provider_id, number, until=time.monotonic() + 20)
        post(marketer, f"{PAGES}{number}/yayinla")
        hand_over(plan.read(shop.provider_id, number))
    assert phones.got == sorted(phone(n) for n in range(3))


def sender(shop: Any, title: str, channel: Channel = Channel.MESAJ, state: int = 2,
           brand_id: int | None = None) -> None:
    """A title at an account of its own, with a document."""
    conn, digest, keyring = db.connection(), token_bytes(32), secrets().keyring
    file_id = conn.execute(
        "insert into evidence_file (provider_id, size, sha256, media_type, name, file_key, store, "
        "place) values (%s, 1, %s, 'application/pdf', '', '', 1, %s) returning id",
        [shop.provider_id, digest, digest.hex()]).fetchone()[0]
    account = conn.execute(
        "insert into gateway_account (provider_id, channel, kind, name, hook, hook_hash, sealed) "
        "values (%s, %s, 'demo', %s, %s, %s, %s) returning id",
        [shop.provider_id, int(channel), title, keyring.encrypt_text("x", "gateway-hook"), digest,
         keyring.encrypt_text("{}", accounts.SEALED)]).fetchone()[0]
    conn.execute(
        "insert into sender (provider_id, brand_id, account_id, channel, title, state, file_id, "
        "approved_at) values (%s, %s, %s, %s, %s, %s, %s, now())",
        [shop.provider_id, brand_id or shop.brand_id, account, int(channel), title, state,
         file_id])


def another_brand(shop: Any) -> int:
    return int(db.connection().execute(
        "insert into brand (provider_id, name, brand_code) select provider_id, 'Öteki', "
        "brand_code + 1 from brand where id = %s returning id", [shop.brand_id]).fetchone()[0])


def test_a_sender_that_cannot_be_had_is_told_and_no_other_one_goes_r54(app, shop):
    other = another_brand(shop)
    sender(shop, "DEFNE EV")
    sender(shop, "KAPANAN", state=4)
    sender(shop, "OTEKI", brand_id=other)
    sender(shop, "08501112233", Channel.ARAMA)
    version = template(shop)
    marketer = sign_in(app, user_with(app, "marketer", shop))
    for wrong in ("KAPANAN", "OTEKI", "08501112233", "YOK"):
        answer = post(marketer, PAGES + "yeni", **typed(shop, version, baslik=wrong))
        assert answer.status_code == 422, wrong
        assert 'id="baslik-hata"' in answer.text
    made = post(marketer, PAGES + "yeni", **typed(shop, version, baslik="DEFNE EV"))
    assert made.status_code == 303
    db.connection().execute("update sender set state = 4, ended_at = now() where provider_id = %s "
                            "and title = 'DEFNE EV'", [shop.provider_id])
    page = marketer.get(made.location + "degistir").text
    assert '<option value="DEFNE EV" selected>' in page
    assert '<option value="KAPANAN"' not in page


def test_a_template_of_another_brand_is_neither_offered_nor_taken_r17(app, shop):
    other = another_brand(shop)
    marketer = sign_in(app, user_with(app, "marketer", shop))
    own = template(shop)
    number = lifecycle.create(shop.provider_id, other, Channel.MESAJ, "Ötekinin", user_id=None,
                              draft=Content(Channel.MESAJ, body="Yeni mağazamız açıldı."))
    version = lifecycle.publish(number, 0, user_id=None)
    answer = post(marketer, PAGES + "yeni", **typed(shop, version))
    assert answer.status_code == 422
    assert "başka bir markanın" in answer.text
    assert "Ötekinin · Öteki" in answer.text
    made = post(marketer, PAGES + "yeni", **typed(shop, own))
    assert "Ötekinin" not in marketer.get(made.location + "degistir").text


@pytest.mark.parametrize(("field", "said"), [
    ("baslama", "0001-01-01T00:00"), ("baslama", "9999-12-31T23:59"),
    ("baslama", "2020-01-01T00:00"), ("son", "9999-12-31"), ("bas", "0001-01-01"),
    ("en-cok", "00000000199999"), ("hiz", "0000000019999999999"), ("yuzde", "00000000199999"),
    ("hiz", "9" * 5_000)])
def test_what_nobody_can_mean_stands_beside_its_field(app, shop, field, said):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    answer = post(marketer, PAGES + "yeni", **typed(shop, template(shop), **{
        "gun": "7", "en-cok": "1", field: said}))
    assert answer.status_code == 422
    assert f'id="{field}-hata"' in answer.text
    assert marketer.get(PAGES).status_code == 200


def test_numbers_too_long_for_a_list_are_no_fault_of_the_page(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    answer = post(marketer, PAGES + "yeni", **typed(shop, template(shop), ad="",
                                                    liste="9" * 5_000))
    assert answer.status_code == 422


def test_a_change_that_cannot_be_kept_loses_nothing_that_was_typed(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    version = template(shop)
    made = post(marketer, PAGES + "yeni", **typed(shop, version))
    answer = post(marketer, made.location + "degistir", **typed(
        shop, version, ad="Yeni ad", baslama="2020-01-01T00:00"))
    assert answer.status_code == 422
    assert 'value="Yeni ad"' in answer.text


def test_a_draft_that_could_not_be_prepared_says_so(app, shop):
    marketer = sign_in(app, user_with(app, "marketer", shop))
    made = post(marketer, PAGES + "yeni", **typed(shop, template(shop)))
    db.connection().execute("update campaign set problem = 'not_prepared' where provider_id = %s",
                            [shop.provider_id])
    assert "Hazırlanamadı" in marketer.get(made.location).text
