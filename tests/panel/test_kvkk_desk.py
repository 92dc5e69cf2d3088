"""Notices and explicit consents on the phone and on paper: the notice first, no answer is no."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Source
from ileti.core import db
from ileti.documents.publish import publish_standard_texts
from ileti.evidence import giving
from tests.fields.house import define
from tests.kvkk.house import asked, stands, text
from tests.panel.people import dealer_of, sign_in, token_of, user_with

CALL, SIGNED = Source.HS_CAGRI_MERKEZI, Source.HS_ISLAK_IMZA
WAV = b"RIFF" + (36).to_bytes(4, "little") + b"WAVEfmt " + bytes(
    [16, 0, 0, 0, 1, 0, 1, 0, 64, 31, 0, 0, 128, 62, 0, 0, 2, 0, 16, 0]) + b"data" + bytes(4)
PNG = (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
       b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00"
       b"\x00\x00IEND\xaeB`\x82")


@pytest.fixture
def document(conn: Any, place: Any) -> int:
    publish_standard_texts(place.provider_id, place.brand_id)
    return asked(conn, place)


@pytest.fixture
def agent(app: Any, place: Any, document: int) -> Any:
    return sign_in(app, user_with(app, "call_centre_agent", place))


def page_of(client: Any, way: str = "cagri") -> dict[str, Any]:
    """The hidden fields of the desk's form, and the person's."""
    html = client.get(f"/kvkk/masa/?yol={way}").text
    assert re.findall(r'checkbox" name="told"[^>]*checked', html) == []
    assert re.findall(r'value="given"[^>]*checked', html) == []
    return {"csrf_token": token_of(client), "yol": way,
            "key": re.search(r'name="key" value="([^"]+)"', html)[1],  # type: ignore[index]
            "shown": re.findall(r'name="shown" value="(\d+)"', html),
            "address": "0599 123 45 67", "name": "Nazlı Kırşehirli"}


def kept(place: Any) -> list[tuple[int, ...]]:
    return [tuple(row) for row in db.connection().execute(
        "select act, extent, source, standing from kvkk_entry where provider_id = %s order by id",
        (place.provider_id,)).fetchall()]


def recording() -> dict[str, Any]:
    """The field of a call's recording."""
    return {giving.FIELD: (io.BytesIO(WAV), "gorusme.wav")}


def test_r60_the_notice_is_read_aloud_before_a_consent_and_the_source_follows_from_the_way(
    agent: Any, place: Any, document: int
) -> None:
    data = page_of(agent) | {f"answer-{document}": "given"}
    refused = agent.post("/kvkk/masa/", data=data)
    assert (refused.status_code, kept(place)) == (422, [])
    assert "Rızadan önce" in refused.text or "Önce aydınlatma" in refused.text
    answer = agent.post("/kvkk/masa/", data=data | {"told": "1", "source": "HS_WEB"})
    assert answer.status_code == 303
    assert kept(place) == [(1, 4, int(CALL), 0), (3, 0, int(CALL), 0)]
    agent.post("/kvkk/masa/", data=data | {"told": "1"})  # pressed twice
    assert len(kept(place)) == 2


def test_no_answer_is_no(agent: Any, place: Any, document: int) -> None:
    agent.post("/kvkk/masa/", data=page_of(agent) | {"told": "1", f"answer-{document}": ""})
    assert [row[0] for row in kept(place)] == [1]


def test_r62_a_withdrawal_needs_nothing_but_the_word(
    agent: Any, place: Any, document: int
) -> None:
    agent.post("/kvkk/masa/", data=page_of(agent) | {"told": "1", f"answer-{document}": "given"})
    answer = agent.post("/kvkk/masa/", data=page_of(agent) | {
        "name": "", f"answer-{document}": "withdrawn"})
    assert answer.status_code == 303
    assert [row[0] for row in kept(place)] == [1, 3, 4]


def test_a_signed_paper_needs_its_scan_whose_hash_is_in_the_evidence(
    agent: Any, place: Any, document: int
) -> None:
    data = page_of(agent, "imza") | {"told": "1", f"answer-{document}": "given"}
    assert agent.post("/kvkk/masa/", data=data).status_code == 422
    answer = agent.post("/kvkk/masa/", content_type="multipart/form-data", data=data | {
        giving.FIELD: (io.BytesIO(PNG), "form.png")})
    assert answer.status_code == 303, answer.text
    assert {row[1:] for row in kept(place)} == {(5, int(SIGNED), 1), (0, int(SIGNED), 1)}
    file = db.connection().execute(
        "select s.evidence->'file'->>'sha256', encode(f.sha256, 'hex') from submission s "
        "join evidence_file f on f.provider_id = s.provider_id "
        "and f.id = (s.evidence->'file'->>'id')::bigint where s.provider_id = %s",
        (place.provider_id,)).fetchone()
    assert file is not None
    assert file[0] == file[1]


def signed_by(client: Any, document: int) -> str:
    """The address of the file of a consent that was signed at the desk."""
    client.post("/kvkk/masa/", content_type="multipart/form-data", data=page_of(client, "imza") | {
        "told": "1", f"answer-{document}": "given", giving.FIELD: (io.BytesIO(PNG), "form.png")})
    row = db.connection().execute("select max(id) from kvkk_entry").fetchone()
    return f"/kvkk/kayit/{record_number(row[0])}/dosya"  # type: ignore[index]


def test_the_scan_stands_on_the_page_of_the_act_and_opening_it_is_written_down(
    app: Any, place: Any, document: int
) -> None:
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    path = signed_by(officer, document)
    page = officer.get(path.removesuffix("/dosya")).text
    assert ("İmzalı form" in page, path in page) == (True, True)
    opened = officer.get(path)
    assert (opened.status_code, opened.data) == (200, PNG)
    assert ("proof:open",) in db.connection().execute(
        "select action from audit_entry where provider_id = %s", (place.provider_id,)).fetchall()


def test_nobody_opens_the_scan_who_may_see_no_proofs_or_is_another_dealer(
    app: Any, place: Any, place_b: Any, document: int
) -> None:
    path = signed_by(sign_in(app, user_with(
        app, "dealer_user", place, dealer_id=dealer_of(place))), document)
    others = [sign_in(app, user_with(app, "dealer_manager", place, dealer_id=dealer_of(place))),
              sign_in(app, user_with(app, "compliance_officer", place_b)),
              sign_in(app, user_with(app, "marketer", place))]
    assert [one.get(path).status_code for one in others] == [404, 404, 404]
    assert sign_in(app, user_with(app, "compliance_officer", place)).get(path).status_code == 200


def test_r21_a_paper_without_a_signature_proves_no_address(
    agent: Any, place: Any, document: int
) -> None:
    agent.post("/kvkk/masa/", data=page_of(agent, "kagit") | {
        "told": "1", f"answer-{document}": "given"})
    assert {row[3] for row in kept(place)} == {0}


def test_r20_digits_that_an_agent_typed_prove_nothing_a_kept_recording_does(
    agent: Any, place: Any, document: int
) -> None:
    page = agent.get("/kvkk/masa/?yol=cagri").text
    assert "Ses kaydı olmadan numara doğrulanmamış sayılır" in page
    data = page_of(agent) | {"told": "1", f"answer-{document}": "given"}
    wrong = agent.post("/kvkk/masa/", content_type="multipart/form-data", data=data | {
        giving.FIELD: (io.BytesIO(PNG), "form.png")})
    assert (wrong.status_code, kept(place)) == (422, [])
    answer = agent.post("/kvkk/masa/", content_type="multipart/form-data",
                        data=data | recording())
    assert answer.status_code == 303, answer.text
    assert {row[3] for row in kept(place)} == {1}
    mail = page_of(agent) | {"told": "1", f"answer-{document}": "given",
                             "address": "nazli@ornek.com.tr"}
    agent.post("/kvkk/masa/", content_type="multipart/form-data", data=mail | recording())
    assert {row[3] for row in kept(place)[2:]} == {0}  # a call proves no e-mail address


def test_a_text_that_changed_meanwhile_is_asked_anew(
    agent: Any, place: Any, document: int
) -> None:
    data = page_of(agent) | {"told": "1", f"answer-{document}": "given", "shown": ["1"]}
    answer = agent.post("/kvkk/masa/", data=data)
    assert (answer.status_code, kept(place)) == (422, [])
    assert "bir metin değişti" in answer.text


def test_hostile_posts_leave_nothing(
    agent: Any, place: Any, place_b: Any, document: int
) -> None:
    foreign = text(place_b)
    good = page_of(agent) | {"told": "1"}
    for more, status in (({"address": "x"}, 422), ({"key": "../x"}, 422), ({"yol": "web"}, 400),
                         ({"marka": str(place_b.brand_id)}, 404)):
        assert agent.post("/kvkk/masa/", data=good | more).status_code == status
    assert kept(place) == []
    agent.post("/kvkk/masa/", data=good | {f"answer-{foreign.document}": "given"})
    assert stands(place_b, foreign) == []
    assert [row[0] for row in kept(place)] == [1]


def test_a_dealer_takes_as_itself_and_a_marketer_not_at_all(
    app: Any, place: Any, document: int
) -> None:
    own = dealer_of(place)
    dealer = sign_in(app, user_with(app, "dealer_user", place, dealer_id=own))
    dealer.post("/kvkk/masa/", data=page_of(dealer) | {"told": "1", f"answer-{document}": "given"})
    assert db.connection().execute("select distinct dealer_id from kvkk_entry where provider_id = "
                                   "%s", (place.provider_id,)).fetchall() == [(own,)]
    marketer = sign_in(app, user_with(app, "marketer", place))
    assert marketer.get("/kvkk/masa/").status_code in (302, 403)


def said_of(place: Any) -> list[Any]:
    return [row[0] for row in db.connection().execute(
        "select evidence->'fields' from submission where provider_id = %s order by id",
        (place.provider_id,)).fetchall()]


def test_the_companys_fields_are_asked_with_a_consent_and_become_part_of_its_proof(
    agent: Any, place: Any, conn: Any, document: int
) -> None:
    define(conn, place, "store", kind="choice", personal=False, choices=("izmir", "bursa"))
    define(conn, place, "card", searchable=True)
    html = agent.get("/kvkk/masa/").text
    assert 'name="fields.store"' in html
    assert re.findall(r"<option[^>]*selected", html.split('name="fields.store"')[1]) == []
    answer = agent.post("/kvkk/masa/", data=page_of(agent) | {
        "told": "1", f"answer-{document}": "given", "fields.store": "izmir",
        "fields.card": "TR-4711"})
    assert answer.status_code == 303, answer.text
    (said,) = said_of(place)
    assert (said["said"], said["keys"]) == ({"store": "izmir"}, ["card", "store"])
    assert "TR-4711" not in str(said)


def test_a_required_field_is_asked_of_a_consent_and_of_nothing_else_and_what_was_typed_stays(
    agent: Any, place: Any, conn: Any, document: int
) -> None:
    define(conn, place, "store", required=("panel",), personal=False)
    define(conn, place, "branch", personal=False)
    data = page_of(agent) | {"told": "1", f"answer-{document}": "given",
                             "fields.branch": "Alsancak"}
    refused = agent.post("/kvkk/masa/", data=data)
    assert (refused.status_code, kept(place)) == (422, [])
    assert "Alsancak" in refused.text
    agent.post("/kvkk/masa/", data=page_of(agent) | {
        "told": "1", f"answer-{document}": "withdrawn"})
    assert said_of(place) == [None]
