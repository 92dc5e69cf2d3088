"""Whoever sends proves themselves first, over exactly what will be sent (R-51)."""

from __future__ import annotations

import datetime as dt
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives import serialization

from config import settings
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, NotAllowed, NotFound
from ileti.evidence import (
    esign,  # noqa: F401 (registers itself)
    stepup,
)
from ileti.evidence.stepup import Asked, Person, Proof, Proven
from tests.evidence.signers import NOW, Authority, signed

DIGEST = sha256(b"campaign 5").digest()
ADA = Person(7, "Ada Işık")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Nitelikli Makam")


@pytest.fixture
def house(authority: Authority, folder: Path, place: Any, tmp_path: Path,
          monkeypatch: pytest.MonkeyPatch) -> Any:
    """A provider that asks for electronic signatures; an authority is named."""
    path = tmp_path / "roots.pem"
    path.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setattr(settings(), "esign_ca_file", path)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    db.connection().execute("update provider set step_up = 'esign' where id = %s",
                            (place.provider_id,))
    return place


def asked(place: Any, person: Person = ADA, subject: str = "campaign:5") -> Asked:
    return stepup.ask(place.provider_id, person, subject, DIGEST)


def proved(place: Any, authority: Authority, wish: Asked | None = None) -> Proof:
    wish = wish or asked(place)
    return stepup.prove(wish, signed(wish.statement.encode(), authority.person("ADA IŞIK")))


def test_a_signature_is_kept_and_counts_for_that_content_alone(
        house: Any, authority: Authority) -> None:
    proof = proved(house, authority)
    there = (house.provider_id, "campaign:5")
    assert stepup.valid(*there, DIGEST, user_id=7) == proof
    assert stepup.valid(*there, sha256(b"campaign 5, a letter more").digest()) is None
    assert stepup.valid(house.provider_id, "campaign:6", DIGEST) is None
    assert stepup.valid(*there, DIGEST, user_id=8) is None
    assert proof.signer == "ADA IŞIK"
    assert DIGEST.hex() in proof.statement


def test_it_ends_after_some_hours(house: Any, authority: Authority,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    proof = proved(house, authority)
    monkeypatch.setattr(clock, "now", lambda: proof.until + dt.timedelta(seconds=1))
    assert stepup.valid(house.provider_id, "campaign:5", DIGEST) is None


def test_it_can_be_judged_again_from_the_vault(house: Any, authority: Authority,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    proof = proved(house, authority)
    monkeypatch.setattr(clock, "now", lambda: NOW + dt.timedelta(days=3_000))
    assert stepup.verify(house.provider_id, proof.id) == Proven(proof.signer, proof.mark)
    with pytest.raises(NotFound):
        stepup.verify(house.provider_id + 1, proof.id)


@pytest.mark.attack
def test_a_record_that_tells_of_another_signature_is_named(
        house: Any, authority: Authority, database: str) -> None:
    proof = proved(house, authority)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("update step_up set signer = 'Başkan' where id = %s", (proof.id,))
    with pytest.raises(CallerMistake):
        stepup.verify(house.provider_id, proof.id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.connection().execute("update step_up set until = now()")


@pytest.mark.attack
def test_a_borrowed_card_another_text_and_a_second_use_count_for_nothing(
        house: Any, authority: Authority) -> None:
    wish, other = asked(house), asked(house, subject="campaign:6")
    borrowed = signed(wish.statement.encode(), authority.person("Cem Kaya"))
    for answer in (borrowed, signed(other.statement.encode(), authority.person("Ada Işık")), b""):
        with pytest.raises(CallerMistake):
            stepup.prove(wish, answer)
    proved(house, authority, wish)
    with pytest.raises(Conflict):
        proved(house, authority, wish)
    assert len(stepup.of(7)) >= 1


@pytest.mark.attack
def test_what_is_asked_of_one_is_nobody_elses_and_cannot_be_made_up(house: Any) -> None:
    wish = asked(house)
    assert stepup.asked(wish.token, 7) == wish
    with pytest.raises(NotFound):
        stepup.asked(wish.token, 8)
    with pytest.raises(NotAllowed):
        stepup.asked(wish.token[:-3] + "abc", 7)


def test_without_an_authority_there_is_no_such_method(
        house: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "esign_ca_file", None)
    assert "esign" not in stepup.methods()
    with pytest.raises(InvalidInput):
        proved(house, authority)


def test_in_production_the_certificate_is_a_qualified_one(
        house: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "ileti_env", "production")
    with pytest.raises(CallerMistake) as found:
        proved(house, authority)
    assert found.value.code == "not_qualified"


def test_another_way_is_plugged_in(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spoken:
        """A word."""

        tr = en = "A word"
        label, file_name = "WORD", "soz"

        def ready(self) -> bool:
            return True

        def judge(self, statement: bytes, answer: bytes, person: Person | None,
                  at: dt.datetime) -> Proven:
            if answer != sha256(statement).digest():
                raise CallerMistake("Yanlış.", "Wrong.")
            return Proven("Ada", "word")

    monkeypatch.setitem(stepup.VERIFIERS, "word", Spoken())
    wish = asked(house)
    proof = stepup.prove(wish, sha256(wish.statement.encode()).digest(), method="word")
    assert (proof.method, stepup.verify(house.provider_id, proof.id).mark) == ("word", "word")
    assert stepup.wanted(house.provider_id) == "esign"
