"""Mails that are pushed come in by a secret, once, and tell nobody anything."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.core.errors import StorageAway
from ileti.mailroom import endpoints, intake
from tests.mailroom.conftest import Person, mailbox
from tests.mailroom.mails import bounce, written


@pytest.fixture
def door(conn: Any, person: Person, app: Any) -> Any:
    """Pushes a mail to a mailbox of the person's company."""
    secret, kept = endpoints.new_door()
    mailbox(conn, person.place, door_hash=kept)

    def push(raw: bytes, to: str = secret) -> Any:
        return app.test_client().post(f"/posta/gelen/{to}", data=raw,
                                      content_type="message/rfc822")
    return push


def test_a_mail_is_taken_by_its_secret_address_once(door: Any, person: Person) -> None:
    assert [door(bounce(person.mark)).status_code for _ in range(2)] == [204, 204]
    assert [row[2] for row in person.troubles()] == [1]
    answer = door(written("RET", person.mark))
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(person.entries()) == 2


def test_a_wrong_address_takes_nothing(door: Any, person: Person, conn: Any) -> None:
    for wrong in ("x", "a" * 43, "ü" * 43):
        assert door(bounce(person.mark), wrong).status_code == 404
    conn.execute("update mailbox set active = false where provider_id = %s",
                 (person.place.provider_id,))
    assert door(bounce(person.mark)).status_code == 404
    assert person.troubles() == []


def test_a_secret_that_travels_in_clear_is_not_taken(
        door: Any, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "is_private", lambda environ: environ[
        "wsgi.url_scheme"] == "https")
    assert door(bounce(person.mark)).status_code == 403
    assert person.troubles() == []


def test_an_empty_or_huge_body_is_refused(door: Any) -> None:
    assert door(b"").status_code == 400
    assert door(b"x" * 2_050_000).status_code == 413


def test_what_cannot_be_recorded_now_is_to_be_pushed_again(
        door: Any, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> Any:
        raise StorageAway()

    monkeypatch.setattr(intake, "take", away)
    assert door(bounce(person.mark)).status_code == 503


def test_opening_the_address_changes_nothing(app: Any) -> None:
    assert app.test_client().get("/posta/gelen/" + "a" * 43).status_code in (404, 405)
