"""A program's key that will end is told of in time, once, to who can make the next one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.programs import keys
from ileti.signin import expiry
from ileti.signin.letters import KINDS, words
from tests.api.api_house import account
from tests.panel.people import user_with

from .people import user_id


def a_key(place: Any, days: float, by: int | None = None, **where: Any) -> int:
    name, _key = account(place, brings=False, **where)
    number = db.connection().execute("select id from api_account where username = %s",
                                     [name]).fetchone()[0]
    return keys.make(db.connection(), place.provider_id, number, by=by,
                     expires_at=clock.now() + timedelta(days=days)).id


def told(name: str) -> list[Any]:
    expiry.warn()
    return [json.loads(secrets().keyring.decrypt_text(row[0], "account-mail"))
            for row in db.connection().execute(
                "select content from account_mail where user_id = %s and kind = %s order by id",
                (user_id(name), KINDS.index("key_expires")))]


@pytest.fixture
def admin(app: Any, place: Any) -> str:
    return user_with(app, "provider_admin", place)


def test_who_made_a_key_is_told_two_weeks_and_three_days_before(
        app: Any, place: Any, admin: str) -> None:
    other = user_with(app, "provider_admin", place)
    number = a_key(place, 13, by=user_id(admin))
    [first] = told(admin)
    assert first["program"] == "CRM"
    assert first["link"].endswith("#anahtar")
    assert len(told(admin)) == 1, "once"
    db.connection().execute("update api_key set expires_at = now() + interval '2 days' "
                            "where id = %s", [number])
    assert len(told(admin)) == 2
    assert told(other) == []


def test_when_the_maker_is_gone_the_companys_keepers_are_told(
        app: Any, place: Any, place_b: Any, admin: str) -> None:
    marketer, strange = user_with(app, "marketer", place), user_with(app, "provider_admin", place_b)
    a_key(place, 2, by=10**6)
    assert [len(told(name)) for name in (admin, marketer, strange)] == [1, 0, 0]


def test_what_has_ended_or_never_ends_is_not_told_of(place: Any, admin: str) -> None:
    ended, a_year = a_key(place, 2, by=user_id(admin)), a_key(place, 365, by=user_id(admin))
    keys.end(db.connection(), ended)
    assert told(admin) == []
    assert a_year > ended


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_letter_names_program_key_and_day(language: str) -> None:
    said = words("key_expires", {"program": "Kasa", "key": "ilt_ab…", "label": "Gece",
                                 "until": "1 Aralık 2026"}, language)
    assert "Kasa" in said.title
    assert "ilt_ab… · Gece" in said.paragraphs[0]
