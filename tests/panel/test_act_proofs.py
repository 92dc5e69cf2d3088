"""Proof of acts and of people in the panel: who takes which bundle, and what stood at a moment."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence.verifier import outcome, verify
from ileti.kvkk.vocabulary import Act
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import text
from tests.panel.people import dealer_of, restrict, sign_in, take, token_of, user_with
from tests.panel.test_kvkk_pages import ADDRESS, did
from tests.panel.test_moment_page import link_of, seen


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


@pytest.fixture
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles without their PDF, which takes a second each."""
    monkeypatch.setattr("ileti.consents.bundle._pages", lambda _made: {})


def deeds(place: Any) -> list[tuple[str, str]]:
    return db.connection().execute(
        "select action, subject from audit_entry where provider_id = %s and action = "
        "'consent:prove' order by id", (place.provider_id,)).fetchall()


def prove(client: Any, act: int) -> Any:
    return client.post(f"/kvkk/kayit/{record_number(act)}/kanit-paketi",
                       data={"csrf_token": token_of(client)})


def whole(client: Any, reference: str) -> Any:
    return client.post("/iletiler/kisi-paketi", data={
        "csrf_token": token_of(client), "bul": reference})


def reference_of(link: str) -> str:
    return link.partition("bul=")[2]


def holds(answer: Any, folder: Any) -> list[str]:
    """The records of a bundle that fits itself."""
    assert answer.mimetype == "application/zip", answer.text
    path = folder / "kanit.zip"
    path.write_bytes(answer.data)
    assert outcome(verify(str(path))) == 3
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return list(json.loads(archive.read("bundle.json"))["records"])


def test_an_acts_page_gives_its_bundle_and_that_is_written_down(
    admin: Any, place: Any, no_pages: None, tmp_path: Any
) -> None:
    given = did(place, text(place), Act.GIVEN)
    seal_all()
    page = admin.get(f"/kvkk/kayit/{record_number(given)}").text
    assert f"/kvkk/kayit/{record_number(given)}/kanit-paketi" in page
    assert "/izinler/o-an/?bul=" in page
    assert holds(prove(admin, given), tmp_path) == [record_number(given)]
    assert deeds(place) == [("consent:prove", f"kvkk:{record_number(given)}")]


def test_the_page_of_a_moment_gives_everything_of_the_person(
    admin: Any, place: Any, no_pages: None, tmp_path: Any
) -> None:
    consent = take(place, ADDRESS).items[0]
    notice = did(place, text(place, "AYDINLATMA"), Act.READ)
    given = did(place, text(place), Act.GIVEN)
    did(place, text(place), Act.GIVEN, address="+905997654321")
    seal_all()
    link = link_of(admin, ADDRESS)
    assert "/iletiler/kisi-paketi" in seen(admin, link)
    assert holds(whole(admin, reference_of(link)), tmp_path) == [
        record_number(one) for one in (consent.entry_id, notice, given)]
    assert deeds(place) == [("consent:prove", f"recipient:{consent.recipient_id}")]


def test_what_waits_for_its_seal_is_said_on_the_page_it_was_asked_from(
    admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = did(place, text(place), Act.GIVEN)
    monkeypatch.setattr("ileti.evidence.seal.seals_of", lambda places: [None] * len(places))
    answer = admin.post(f"/kvkk/kayit/{record_number(given)}/kanit-paketi",
                        data={"csrf_token": token_of(admin)}, follow_redirects=True)
    assert "henüz mühürlenmedi" in answer.text


def test_a_moment_tells_whether_one_was_informed_and_the_consent_held(
    admin: Any, place: Any
) -> None:
    take(place, ADDRESS)
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    did(place, notice, Act.READ, ago=50)
    given = did(place, rıza, Act.GIVEN, ago=40)
    between = clock.now()
    withdrawn = did(place, rıza, Act.WITHDRAWN, ago=30)
    link = link_of(admin, ADDRESS)
    then, now = seen(admin, link, between), seen(admin, link)
    assert "Kişi bilgilendirilmişti" in then
    assert "Açık rıza geçerliydi" in then
    assert record_number(given) in then
    assert "Açık rıza geçerli değildi" in now
    assert record_number(withdrawn) in now
    assert re.search(r"href=./n/\d+", then)


def test_somebody_with_acts_alone_has_a_page_of_the_moment_too(admin: Any, place: Any) -> None:
    given = did(place, text(place), Act.GIVEN)
    found = admin.get(f"/kvkk/kayit/{record_number(given)}").text
    page = seen(admin, re.findall(r'href="(/izinler/o-an/\?bul=[^"&]+)', found)[0])
    assert "45 67" in page
    assert "Açık rıza geçerliydi" in page
    assert "O anda henüz kayıt yoktu" not in page
    listed = admin.post("/kvkk/ara", data={"q": ADDRESS, "csrf_token": token_of(admin)},
                        follow_redirects=True).text
    assert "/izinler/o-an/?bul=" in listed


def test_of_somebody_without_an_address_there_is_no_person_to_show(
    admin: Any, place: Any
) -> None:
    shown = did(place, text(place, "AYDINLATMA"), Act.SHOWN, address=None)
    page = admin.get(f"/kvkk/kayit/{record_number(shown)}").text
    assert "/izinler/o-an/?bul=" not in page
    assert f"/kvkk/kayit/{record_number(shown)}/kanit-paketi" in page


# -- others ----------------------------------------------------------------------------------------


@pytest.mark.attack
def test_nobody_else_takes_either_bundle(
    app: Any, admin: Any, place: Any, place_b: Any
) -> None:
    mine = dealer_of(place)
    take(place, ADDRESS, dealer_id=mine)
    given = did(place, text(place), Act.GIVEN, dealer=mine)
    seal_all()
    reference = reference_of(link_of(admin, ADDRESS))
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    dealer = sign_in(app, user_with(app, "dealer_manager", place, level="dealer", dealer_id=mine))
    agent = sign_in(app, user_with(app, "call_centre_agent", place))
    assert prove(stranger, given).status_code == 404
    assert whole(stranger, reference).status_code == 404
    for client in (dealer, agent):  # they see the record, and have no right to take its proof
        assert client.get(f"/kvkk/kayit/{record_number(given)}").status_code == 200
        assert "kanit-paketi" not in client.get(f"/kvkk/kayit/{record_number(given)}").text
        for answer in (prove(client, given), whole(client, reference_of(link_of(client, ADDRESS)))):
            assert answer.mimetype != "application/zip"
    assert deeds(place) == []
    assert whole(admin, "x.y").status_code in (403, 404)


def test_a_dealer_is_told_of_a_withdrawal_and_not_by_whom(app: Any, place: Any) -> None:
    mine = dealer_of(place)
    take(place, ADDRESS, dealer_id=mine)
    rıza = text(place)
    did(place, rıza, Act.GIVEN, dealer=mine, ago=40)
    withdrawn = did(place, rıza, Act.WITHDRAWN, ago=30)
    client = sign_in(app, user_with(app, "dealer_manager", place, level="dealer", dealer_id=mine))
    page = seen(client, link_of(client, ADDRESS))
    assert "Açık rıza geçerli değildi" in page
    assert record_number(withdrawn) not in page


def test_of_whom_is_kept_for_the_law_alone_nothing_is_given(
    app: Any, admin: Any, place: Any, no_pages: None, tmp_path: Any
) -> None:
    consent = take(place, ADDRESS).items[0]
    given = did(place, text(place), Act.GIVEN)
    seal_all()
    reference = reference_of(link_of(admin, ADDRESS))
    restrict(place, consent.recipient_id)
    assert prove(admin, given).status_code == 404
    assert whole(admin, reference).mimetype != "application/zip"
    assert "45 67" not in seen(admin, f"/izinler/o-an/?bul={reference}")
    officer = sign_in(app, user_with(app, "compliance_officer", place))
    assert holds(prove(officer, given), tmp_path) == [record_number(given)]
