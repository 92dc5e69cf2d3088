"""A mail that somebody read becomes a request in one step, with the mail in it (KVKK 13, R-63)."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from ileti.core import db
from ileti.evidence import vault
from ileti.mailroom import intake
from ileti.requests import cases
from ileti.requests.numbers import case_of
from ileti.requests.vocabulary import FileRole, Identity, Way
from tests.mailroom.conftest import Person, person  # noqa: F401
from tests.mailroom.mails import written
from tests.panel.people import sign_in, token_of, user_with

WORDS = "Hakkımda hangi verileri tuttuğunuzu bildirin."
SENDER = "nazli@ornek.test"


@pytest.fixture
def mail(person: Person) -> int:  # noqa: F811
    """A mail nobody understood, of a person who asks what is known of them; its number."""
    intake.take(person.box, written(WORDS, sender=SENDER))
    return int(db.system_connection().execute(
        "select max(id) from returned_mail where provider_id = %s",
        (person.place.provider_id,)).fetchone()[0])  # type: ignore[index]


@pytest.fixture
def officer(app: Any, person: Person) -> Any:  # noqa: F811
    return sign_in(app, user_with(app, "compliance_officer", person.place))


def form(client: Any, mail: int) -> dict[str, Any]:
    """The request's form as the mail fills it in."""
    page = client.post(f"/basvurular/posta/{mail}", data={"csrf_token": token_of(client)})
    assert page.status_code == 200, page.text
    said = {name: html.unescape(value) for name, value in re.findall(
        r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page.text)}
    wish = re.search(r'<textarea id="wish"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    chosen = re.findall(r'<option value="(\d+)" selected', page.text)
    return {key: said[key] for key in ("csrf_token", "key", "posta", "received_at", "name", "email")
            } | {"wish": html.unescape(wish[1]) if wish else "", "brand": chosen[0],
                 "way": chosen[1], "right": ["A"]}


def case_in(answer: Any) -> cases.Case:
    number = re.search(r"BSV-[\w-]{14}", answer.headers["Location"])
    return cases.read_case(db.system_connection(), case_of(number[0]))  # type: ignore[index,arg-type]


def requests_of(place: Any) -> int:
    row = db.system_connection().execute(
        "select count(*) from data_request where provider_id = %s", (place.provider_id,)).fetchone()
    return int(row[0])  # type: ignore[index]


def test_what_stands_in_the_mail_is_filled_in_and_the_case_holds_it(
        officer: Any, person: Person, mail: int) -> None:  # noqa: F811
    assert f"/basvurular/posta/{mail}" in officer.get(f"/eposta/okunacak/{mail}").text
    data = form(officer, mail)
    assert (data["email"], data["name"]) == (SENDER, "Ayşe Yılmaz")
    assert WORDS in data["wish"]
    case = case_in(officer.post("/basvurular/yeni", data=data))
    assert (case.way, case.identity, case.person.email) == (Way.EMAIL, Identity.PENDING, SENDER)
    file, role = db.system_connection().execute(
        "select file_id, role from data_request_file where request_id = %s",
        (case.id,)).fetchone()  # type: ignore[misc]
    with vault.opened(case.provider_id, file) as pieces:
        kept = b"".join(pieces).decode()
    assert (role, WORDS in kept) == (FileRole.APPLICATION, True)


def test_the_mail_waits_no_more_its_words_go_and_its_page_leads_to_the_case(
        officer: Any, person: Person, mail: int) -> None:  # noqa: F811
    answer = officer.post("/basvurular/yeni", data=form(officer, mail))
    assert f"/eposta/okunacak/{mail}" not in officer.get("/eposta/").text
    page = officer.get(f"/eposta/okunacak/{mail}").text
    assert answer.headers["Location"] in page
    assert WORDS not in page
    assert db.system_connection().execute(
        "select text_ct is null, outcome from returned_mail where id = %s", (mail,)
    ).fetchone() == (True, int(intake.Outcome.REQUEST))


@pytest.mark.attack
def test_a_doubled_form_is_one_case_and_whoever_comes_second_is_told(
        app: Any, officer: Any, person: Person, mail: int) -> None:  # noqa: F811
    other = sign_in(app, user_with(app, "provider_admin", person.place))
    first, second = form(officer, mail), form(other, mail)
    assert "BSV-" in officer.post("/basvurular/yeni", data=first).headers["Location"]
    for client, data in ((officer, first), (other, second)):
        assert client.post("/basvurular/yeni", data=data).headers["Location"].endswith(
            f"/eposta/okunacak/{mail}")
    assert requests_of(person.place) == 1


@pytest.mark.attack
def test_nobody_takes_a_mail_that_is_not_theirs_to_decide_on(
        app: Any, officer: Any, person: Person, place_b: Any, mail: int) -> None:  # noqa: F811
    data = form(officer, mail)
    for role, place in (("provider_admin", place_b), ("call_centre_agent", person.place)):
        client = sign_in(app, user_with(app, role, place))
        token = {"csrf_token": token_of(client)}
        for path in (f"/basvurular/posta/{mail}", "/basvurular/yeni"):
            answer = client.post(path, data=data | token)
            assert WORDS not in answer.text
            assert "BSV-" not in answer.headers.get("Location", "")
    assert (requests_of(person.place), requests_of(place_b)) == (0, 0)


@pytest.mark.attack
def test_a_mail_makes_no_case_of_another_provider(
        officer: Any, person: Person, place_b: Any, mail: int) -> None:  # noqa: F811
    answer = officer.post("/basvurular/yeni",
                          data=form(officer, mail) | {"brand": str(place_b.brand_id)})
    assert answer.status_code == 422
    assert f'name="posta" value="{mail}"' in answer.text  # what it is about is not lost
    assert requests_of(place_b) == 0


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 30, "²"])
def test_a_number_no_mail_has_is_no_page(officer: Any, mail: int, wrong: str) -> None:
    assert officer.post("/basvurular/yeni", data=form(officer, mail) | {"posta": wrong}
                        ).status_code == 404


def test_a_mail_that_was_decided_on_opens_no_form(
        officer: Any, person: Person, mail: int) -> None:  # noqa: F811
    token = {"csrf_token": token_of(officer)}
    officer.post(f"/eposta/okunacak/{mail}/karar", data=token | {"karar": "yok"})
    answer = officer.post(f"/basvurular/posta/{mail}", data=token)
    assert answer.status_code == 303
