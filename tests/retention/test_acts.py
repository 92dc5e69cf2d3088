"""What proves an explicit consent is kept as long as it, and no longer (R-46, R-57, R-64)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ileti.consents.ledger import ActorKind, NewSubmission, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core.errors import StorageAway
from ileti.evidence import vault
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act
from ileti.requests import holdings
from ileti.retention import destroy, holds
from ileti.retention.erase import plan_erasure
from tests.callcentre.house import recording
from tests.kvkk.house import NOON, Text, text
from tests.retention.old_house import ago, is_there
from tests.retention.test_meanwhile import destroying_file

ADDRESS, OTHER = "+905990000001", "+905990000002"


@pytest.fixture
def rıza(shop: Any) -> Text:
    return text(shop)


@pytest.fixture
def kept(shop: Any, owner: Any, folder: Any) -> vault.Kept:
    """A recording that came twelve years ago."""
    made = recording(shop)
    owner.execute("update evidence_file set created_at = %s where id = %s", (ago(14.5), made.id))
    return made


def said(owner: Any, place: Any, rıza: Text, file: vault.Kept, act: Act, years: float,
         address: str = ADDRESS) -> int:
    """What somebody said at the desk so many years ago; the recipient."""
    done, acts = record(NewSubmission(
        place=place, idem=f"desk:{uuid4()}", body_hash=hash_body(years),
        source=Source.HS_CAGRI_MERKEZI, standing=Standing.VERIFIED, items=(),
        actor=ActorKind.USER, actor_id=1, person={"name": "Nazlı K."},
        evidence={"flow": "desk-cagri", "file": {
            "id": file.id, "sha256": file.sha256.hex(), "size": file.size}}),
        [NewAct(rıza.document, rıza.version, rıza.hash, act, NOON, address=address)])
    when, person = ago(years), acts[0].recipient_id
    owner.execute("update kvkk_entry set captured_at = %s, act_at = %s where id = %s",
                  (when, when, acts[0].entry_id))
    owner.execute("update submission set captured_at = %s where id = %s",
                  (when, done.submission_id))
    owner.execute("update recipient set created_at = least(created_at, %s) where id = %s",
                  (when, person))
    assert person is not None
    return person


def is_kept(file: vault.Kept) -> bool:
    return bool(vault.describe(file.provider_id, [file.id]))


def test_the_recording_of_a_consent_that_stands_is_kept_however_old(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    person = said(owner, shop, rıza, kept, Act.GIVEN, 14)
    destroy.run_now()
    assert (is_kept(kept), is_there(owner, person)) == (True, True)


@pytest.mark.parametrize(("withdrawn", "stays"), [(10.1, False), (9.9, True)])
def test_after_a_withdrawal_it_goes_with_what_it_proved(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept, folder: Any, withdrawn: float,
        stays: bool) -> None:
    person = said(owner, shop, rıza, kept, Act.GIVEN, 14)
    word = recording(shop)
    owner.execute("update evidence_file set created_at = %s where id = %s",
                  (ago(withdrawn), word.id))
    said(owner, shop, rıza, word, Act.WITHDRAWN, withdrawn)
    destroy.run_now()
    # the consent itself ended long ago; that it ended is told as long as the law wants it
    assert (is_kept(kept), is_kept(word), is_there(owner, person)) == (False, stays, stays)


def ended(owner: Any, place: Any, rıza: Text, file: vault.Kept, address: str = ADDRESS) -> int:
    """Given fourteen and withdrawn eleven years ago, both in one recording."""
    said(owner, place, rıza, file, Act.GIVEN, 14, address)
    return said(owner, place, rıza, file, Act.WITHDRAWN, 11, address)


def test_a_hold_on_the_person_keeps_it_and_one_on_somebody_else_does_not(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    person, second = ended(owner, shop, rıza, kept), recording(shop)
    owner.execute("update evidence_file set created_at = %s where id = %s", (ago(14), second.id))
    ended(owner, shop, rıza, second, OTHER)
    holds.place(shop.provider_id, reason="Dava 2026/1", recipient_id=person, by=None)
    destroy.run_now()
    assert (is_kept(kept), is_kept(second)) == (True, False)


def test_one_recording_of_two_people_stays_until_both_are_due(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    gone = ended(owner, shop, rıza, kept)
    said(owner, shop, rıza, kept, Act.GIVEN, 9, OTHER)
    destroy.run_now()
    assert (is_kept(kept), is_there(owner, gone)) == (True, False)


def test_whose_click_went_before_is_still_asked_for_a_hold(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    person = ended(owner, shop, rıza, kept)
    owner.execute("update evidence_file set created_at = now() where id = %s", (kept.id,))
    destroy.run_now()  # the click goes, its file came too late
    assert owner.execute("select distinct evidence from submission").fetchall() == [
        ({"file": {"id": kept.id}},)]
    owner.execute("update evidence_file set created_at = %s where id = %s", (ago(11), kept.id))
    holds.place(shop.provider_id, reason="Dava 2026/1", recipient_id=person, by=None)
    destroy.run_now()
    assert is_kept(kept)


def test_a_person_who_asks_takes_it_along(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    person = ended(owner, shop, rıza, kept)
    assert plan_erasure(shop.provider_id, [person]).persons[0].files == 1
    destroy.destroy_these(shop.provider_id, [person], None)
    assert (is_there(owner, person), is_kept(kept)) == (False, False)


@pytest.mark.attack
def test_nothing_is_said_over_a_file_that_is_being_destroyed(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    with owner.transaction():
        assert destroying_file(owner, shop, kept.id) == [kept.id]
    with pytest.raises(StorageAway):
        said(owner, shop, rıza, kept, Act.GIVEN, 0)
    assert owner.execute("select count(*) from kvkk_entry").fetchone() == (0,)


def test_r63_the_copy_of_a_persons_data_names_it(
        shop: Any, owner: Any, rıza: Text, kept: vault.Kept) -> None:
    person = said(owner, shop, rıza, kept, Act.GIVEN, 1)
    noise = recording(shop)
    said(owner, shop, rıza, noise, Act.GIVEN, 1, OTHER)
    held = holdings.gather(owner, shop.provider_id, [person])
    assert [(one["role"]["code"], one["sha256"]) for one in held["files"]] == [
        ("RECORDING", kept.sha256.hex())]
