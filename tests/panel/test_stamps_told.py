"""Seal and stamp on the pages of the panel: in the colour of proof, and called by what they are in
law (R-68)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from ileti.consents.numbers import record_number
from ileti.evidence import stamping
from ileti.evidence.stamping import Stamp
from ileti.evidence.stamps import Verdict
from ileti.kvkk.vocabulary import Act
from tests.evidence.sealed_house import seal_all
from tests.kvkk.house import text
from tests.panel.people import sign_in, take, user_with
from tests.panel.test_kvkk_pages import ADDRESS, did
from tests.panel.test_moment_page import link_of, seen

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CASES = [(Verdict.VALID, "Zaman damgası"), (Verdict.SIGNED, "Deneme damgası")]


@pytest.fixture
def admin(app: Any, place: Any) -> Any:
    return sign_in(app, user_with(app, "provider_admin", place))


def stamped(monkeypatch: Any, verdict: Verdict | None) -> None:
    """Every seal is covered by one stamp of this worth; by none for None."""
    monkeypatch.setattr(stamping, "stamps_over", lambda numbers: {} if verdict is None else {
        number: Stamp(1, number, AT, AT, int(verdict), "Deneme Makamı") for number in numbers})


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(("verdict", "name"), CASES)
def test_r68_an_act_s_page_shows_its_stamp_by_its_true_name(
    admin: Any, place: Any, monkeypatch: Any, verdict: Verdict, name: str
) -> None:
    number = record_number(did(place, text(place), Act.GIVEN))
    seal_all()
    stamped(monkeypatch, verdict)
    page = admin.get(f"/kvkk/kayit/{number}").text
    assert f"{name} 23.11.2026 12:30 · Deneme Makamı" in words(page)
    other = next(word for _, word in CASES if word != name)
    assert other not in page
    assert page.count('class="step-icon seal"') == 2


def test_an_act_whose_seal_nobody_stamped_says_so(
    admin: Any, place: Any, monkeypatch: Any
) -> None:
    number = record_number(did(place, text(place), Act.GIVEN))
    seal_all()
    stamped(monkeypatch, None)
    page = admin.get(f"/kvkk/kayit/{number}").text
    assert "Zaman damgası henüz değil" in words(page)
    assert page.count('class="step-icon seal"') == 1


def test_the_seal_of_a_consent_is_told_in_the_colour_of_proof_alone(
    admin: Any, place: Any, monkeypatch: Any
) -> None:
    number = record_number(take(place, ADDRESS).items[0].entry_id)
    seal_all()
    stamped(monkeypatch, Verdict.SIGNED)
    page = admin.get(f"/izinler/{number}").text
    assert page.count('class="step-icon seal"') == 2
    assert "Deneme damgası" in page


@pytest.mark.parametrize(("verdict", "name"), CASES)
def test_r68_the_state_of_a_moment_names_the_stamp_by_what_it_is(
    admin: Any, place: Any, monkeypatch: Any, verdict: Verdict, name: str
) -> None:
    take(place, ADDRESS)
    seal_all()
    stamped(monkeypatch, verdict)
    page = seen(admin, link_of(admin, ADDRESS))
    assert f"{name} 23.11.2026 12:30" in words(page)
    other = next(word for _, word in CASES if word != name)
    assert other not in words(page)

