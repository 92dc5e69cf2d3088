"""Nothing under a legal hold is destroyed, by nobody, until a person ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ileti.consents.vocabulary import Status
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, NotFound
from ileti.imports import runs
from ileti.retention import destroy, holds
from tests.retention.old_house import ago, is_there, message, person, took

ADDRESS, OTHER = "+905990000001", "+905990000002"


@pytest.fixture
def two(shop: Any, owner: Any) -> tuple[int, int]:
    """Two persons of eleven years ago, both due."""
    return (person(took(owner, shop, ADDRESS, ago(11), Status.RET)),
            person(took(owner, shop, OTHER, ago(12), Status.RET)))


HELD = {  # what narrows the hold → whether it holds the first and the second person
    "all of the provider": (lambda _shop, _rid: {}, (True, True)),
    "its brand": (lambda shop, _rid: {"brand_id": shop.brand_id}, (True, True)),
    "one person": (lambda _shop, rid: {"recipient_id": rid}, (True, False)),
    "a range of time": (lambda _shop, _rid: {"from_at": ago(11.5)}, (True, False)),
    "a range that ended before": (lambda _shop, _rid: {"to_at": ago(11.5)}, (False, True)),
    "a range between": (lambda _shop, _rid: {"from_at": ago(11.8), "to_at": ago(11.4)},
                        (False, False)),
}


@pytest.mark.parametrize("what", HELD)
def test_what_a_hold_matches_stays(shop: Any, owner: Any, two: tuple[int, int], what: str) -> None:
    narrowed, expected = HELD[what]
    holds.place(shop.provider_id, "Dava 2026/12", by=None, **narrowed(shop, two[0]))
    destroy.run_now()
    assert tuple(is_there(owner, one) for one in two) == expected
    kept = owner.execute("select count(*) from submission where erased_at is null").fetchone()[0]
    assert kept == sum(expected)


def test_what_was_held_goes_with_the_next_run_after_its_end(
        shop: Any, owner: Any, two: tuple[int, int]) -> None:
    number = holds.place(shop.provider_id, "Dava", by=None)
    destroy.run_now()
    holds.end(shop.provider_id, number, "Dava bitti", by=7)
    holds.end(shop.provider_id, number, "yine", by=8)
    destroy.run_now()
    assert not any(is_there(owner, one) for one in two)
    [one] = holds.holds_of(shop.provider_id)
    assert (one.ended_by, one.end_reason) == (7, "Dava bitti")


def test_a_hold_of_another_provider_holds_nothing(
        shop: Any, owner: Any, two: tuple[int, int], new_place: Any) -> None:
    holds.place(new_place().provider_id, "Dava", by=None)
    destroy.run_now()
    assert not any(is_there(owner, one) for one in two)


def test_messages_and_the_trail_are_held_too(shop: Any, owner: Any) -> None:
    done = took(owner, shop, ADDRESS, ago(2))
    message(owner, shop, done, ago(11))
    owner.execute("insert into audit_entry (at, provider_id, action, subject) values "
                  "(%s, %s, 'x', 'y')", (ago(11), shop.provider_id))
    holds.place(shop.provider_id, "İnceleme", by=None)
    assert destroy.run_now()[1] == 0


def test_a_hold_keeps_an_import_that_was_left_lying(shop: Any, owner: Any) -> None:
    for _ in range(2):
        owner.execute(
            "insert into import_run (provider_id, brand_id, state, name, format, path, file_key, "
            "created_at) values (%s, %s, 2, 'liste.csv', 'csv', %s, 'x', %s)",
            (shop.provider_id, shop.brand_id, f"yok-{shop.provider_id}", ago(1)))
    number = holds.place(shop.provider_id, "Dava", by=None)
    assert runs.sweep()["given_up"] == 0
    holds.end(shop.provider_id, number, "Bitti", by=None)
    owner.execute("update import_run set file_key = %s", (_key(),))
    assert runs.sweep()["given_up"] == 2


def _key() -> str:
    from ileti.core.secrets import secrets
    from ileti.imports.runs import PURPOSE

    return secrets().keyring.encrypt_text("AAAA", PURPOSE)


@pytest.mark.attack
def test_a_hold_cannot_name_what_is_somebody_elses(shop: Any, owner: Any, new_place: Any) -> None:
    other = new_place()
    foreign = person(took(owner, other, ADDRESS, ago(1)))
    for narrowed in ({"brand_id": other.brand_id}, {"recipient_id": foreign}):
        with pytest.raises(NotFound):
            holds.place(shop.provider_id, "Dava", by=None, **narrowed)
    number = holds.place(other.provider_id, "Dava", by=None)
    with pytest.raises(NotFound):
        holds.end(shop.provider_id, number, "Bitti", by=None)
    with pytest.raises(NotFound):
        holds.hold(shop.provider_id, number)


@pytest.mark.parametrize("bad", [
    {"reason": "  "}, {"reason": "x" * 501}, {"reason": "x", "from_at": ago(1), "to_at": ago(2)}])
def test_a_hold_that_says_nothing_is_refused(shop: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(CallerMistake):
        holds.place(shop.provider_id, bad.pop("reason"), by=None, **bad)


def test_a_hold_of_a_year_is_to_be_reviewed(shop: Any, owner: Any) -> None:
    old = holds.place(shop.provider_id, "Dava", by=None)
    holds.place(shop.provider_id, "Yeni dava", by=None)
    owner.execute("update legal_hold set since = %s where id = %s",
                  (clock.now() - timedelta(days=366), old))
    assert [one.id for one in holds.to_review()] == [old]


def test_the_holds_of_a_person_are_told(shop: Any, owner: Any, two: tuple[int, int]) -> None:
    first = holds.place(shop.provider_id, "a", by=None, recipient_id=two[0])
    both = holds.place(shop.provider_id, "b", by=None, brand_id=shop.brand_id)
    assert holds.matching(shop.provider_id, two[0]) == [first, both]
    assert holds.matching(shop.provider_id, two[1]) == [both]
    assert db.connection().execute("select count(*) from legal_hold").fetchone() == (2,)
