"""A withdrawal said at the desk: heeded, and telling nobody what had stood (R-62)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ileti.consents.ledger import Place, hash_body
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.documents.publish import publish_standard_texts
from ileti.evidence import giving
from ileti.kvkk import desk
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from tests.kvkk.house import Text, act, asked, click, stands, text
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.panel.test_kvkk_desk import PNG, page_of

ADDRESS = "baskasi@ornek.com.tr"


@pytest.fixture
def rıza(conn: Any, place: Any) -> Text:
    """An explicit consent on show, with a notice."""
    publish_standard_texts(place.provider_id, place.brand_id)
    document = asked(conn, place)
    row = conn.execute("select id, encode(content_hash, 'hex') from document_version "
                       "where document_id = %s", (document,)).fetchone()
    return Text(document, *row)


@pytest.fixture
def own(place: Any) -> int:
    return dealer_of(place)


@pytest.fixture
def dealer(app: Any, place: Any, own: int) -> Any:
    return sign_in(app, user_with(app, "dealer_user", place, dealer_id=own))


def says(client: Any, of: Text, way: str = "kagit", **more: Any) -> Any:
    """The person's word, on paper; the page that follows."""
    data = page_of(client, way) | {"name": "", "address": ADDRESS, f"answer-{of.document}":
                                   "withdrawn"} | more
    return client.post("/kvkk/masa/", data=data, follow_redirects=True,
                       content_type="multipart/form-data")


def withdrawals(place: Any) -> list[tuple[int, ...]]:
    return [tuple(row) for row in db.connection().execute(
        "select standing, recipient_id is not null from kvkk_entry where provider_id = %s "
        "and act = 4 order by id", (place.provider_id,)).fetchall()]


def flashed(page: Any) -> bool:
    return "Söylenen kaydedildi." in page.text and page.status_code == 200


def test_a_dealer_is_told_the_same_whether_somebody_consented_or_not(
    dealer: Any, place: Any, rıza: Text
) -> None:
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS)])
    known, unknown = says(dealer, rıza), says(dealer, rıza, address="hickimse@ornek.com.tr")
    assert flashed(known)
    assert flashed(unknown)
    assert withdrawals(place) == [(0, True), (0, True)]  # both words are kept, unproven
    assert stands(place, rıza)[0] == (Act.GIVEN, rıza.version, 1)  # another's: not undone by paper
    audited = db.connection().execute(
        "select distinct detail ->> 'acts' from audit_entry where provider_id = %s "
        "and action = 'consent:take'", (place.provider_id,)).fetchall()
    assert audited == [("1",)]


def test_a_dealer_s_word_about_others_is_the_company_s_to_carry_out(
    app: Any, dealer: Any, place: Any, rıza: Text
) -> None:
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS)])
    says(dealer, rıza)
    word = db.connection().execute("select id from kvkk_entry where provider_id = %s and act = 4",
                                   (place.provider_id,)).fetchone()
    assert word is not None
    path = f"/kvkk/kayit/{record_number(word[0])}"
    assert "Geri almayı kaydet" not in dealer.get(path).text  # it would tell what stands
    admin = sign_in(app, user_with(app, "provider_admin", place))
    assert "Geri almayı kaydet" in admin.get(path).text
    admin.post(f"{path}/geri-al", data={"csrf_token": token_of(admin),
                                        "source": "HS_FIZIKSEL_ORTAM"})
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_a_dealer_s_own_consent_ends_at_once(
    dealer: Any, own: int, place: Any, rıza: Text
) -> None:
    record(click(place, dealer=own), [act(rıza, Act.GIVEN, address=ADDRESS)])
    assert flashed(says(dealer, rıza))
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_a_proven_word_ends_what_anybody_took(dealer: Any, place: Any, rıza: Text) -> None:
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS)])
    says(dealer, rıza, "imza", **{giving.FIELD: (io.BytesIO(PNG), "form.png")})
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_r62_the_company_s_own_people_heed_the_word_at_once(
    app: Any, place: Any, rıza: Text
) -> None:
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS)])
    says(agent, rıza, "cagri")
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_the_same_form_sent_twice_takes_back_nothing_given_in_between(
    app: Any, place: Any, rıza: Text
) -> None:
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS)])
    form = page_of(agent) | {"address": ADDRESS, f"answer-{rıza.document}": "withdrawn"}
    agent.post("/kvkk/masa/", data=form)
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS, at=10**8)])
    agent.post("/kvkk/masa/", data=form)
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]


def test_r17_what_the_desk_does_not_show_is_not_taken_there(
    conn: Any, dealer: Any, place: Any, rıza: Text
) -> None:
    brand = conn.execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Kumru') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    other = Place(place.provider_id, place.iys_code, brand, place.brand_code + 1)
    foreign = text(other)
    record(click(other), [act(foreign, Act.GIVEN, address=ADDRESS)])
    says(dealer, foreign)
    assert stands(other, foreign) == [(Act.GIVEN, foreign.version, 1)]
    assert withdrawals(place) == []


def test_r58_a_notice_or_a_script_is_no_consent(conn: Any, dealer: Any, place: Any, rıza: Text
                                                ) -> None:
    script = text(place, "CAGRI_METNI")
    notice = next(one for one in desk.texts(conn, place, "tr") if one.kind == "AYDINLATMA")
    for number in (notice.document_id, script.document):
        data = page_of(dealer) | {"told": "1", f"answer-{number}": "given"}
        assert dealer.post("/kvkk/masa/", data=data).status_code == 303
    assert [row[0] for row in conn.execute(
        "select act from kvkk_entry where provider_id = %s", (place.provider_id,)).fetchall()
            ] == [1, 1]


def test_a_dealer_s_old_record_is_no_way_to_somebody_else_s_consent(
    dealer: Any, own: int, place: Any, rıza: Text
) -> None:
    _, acts = record(click(place, dealer=own), [act(rıza, Act.GIVEN, address=ADDRESS)])
    record(click(place), [act(rıza, Act.GIVEN, address=ADDRESS, at=60)])
    number = record_number(acts[0].entry_id)
    page = dealer.post(f"/kvkk/kayit/{number}/geri-al", follow_redirects=True, data={
        "csrf_token": token_of(dealer), "source": "HS_CAGRI_MERKEZI"})
    assert "kalmadı" in page.text
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]


def test_no_plain_hash_of_address_or_name_is_kept(
    conn: Any, dealer: Any, place: Any, rıza: Text
) -> None:
    says(dealer, rıza)
    kept = bytes(conn.execute("select body_hash from submission where provider_id = %s",
                              (place.provider_id,)).fetchone()[0])
    answers = [(rıza.document, False)]
    assert kept not in (hash_body(ADDRESS, "", desk.Way.PAPER, False, answers),
                        hash_body(ADDRESS, "", "kagit", False, answers))
