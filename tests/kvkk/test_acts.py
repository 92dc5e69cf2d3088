"""Acts about personal data: entries of their own kind, written with the click they belong to."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from ileti.consents.ledger import ActorKind
from ileti.consents.vocabulary import Source, Standing
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict
from ileti.evidence.leaf import leaf
from ileti.kvkk import claims, ledger
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act, Extent
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from tests.kvkk.house import act, click, stands, text, version


def test_a_click_leaves_consents_and_acts_apart(place: Any, conn: Any) -> None:
    notice, rıza = text(place, "AYDINLATMA"), text(place)
    done, acts = record(click(place, consents=True),
                        [act(notice, Act.READ), act(rıza, Act.GIVEN)])
    assert len(done.items) == 1
    assert len(acts) == 2
    rows = conn.execute(
        "select id, recipient_id, act, extent, text_id, submission_id from kvkk_entry "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()
    person = done.items[0].recipient_id
    assert rows == [
        (acts[0].entry_id, person, 2, 1, notice.version, done.submission_id),
        (acts[1].entry_id, person, 3, 0, rıza.version, done.submission_id)]
    assert done.items[0].entry_id not in {one.entry_id for one in acts}


def test_a_notice_is_read_by_somebody_who_leaves_no_address(place: Any, conn: Any) -> None:
    done, acts = record(click(place), [act(text(place, "AYDINLATMA"), Act.READ, address=None)])
    assert done.items == ()
    assert acts[0].recipient_id is None
    assert conn.execute("select count(*) from kvkk_state where provider_id = %s",
                        (place.provider_id,)).fetchone() == (0,)


def test_acts_alone_make_the_person_known(place: Any, conn: Any) -> None:
    rıza = text(place)
    _, acts = record(click(place), [act(rıza, Act.GIVEN)])
    assert conn.execute("select count(*) from recipient where provider_id = %s and id = %s",
                        (place.provider_id, acts[0].recipient_id)).fetchone() == (1,)
    assert stands(place, rıza) == [(3, rıza.version, 1)]


@pytest.mark.parametrize("consents", [False, True])
def test_the_same_key_is_the_same_answer_and_another_body_a_conflict(
    place: Any, conn: Any, consents: bool
) -> None:
    rıza = text(place)
    first = record(click(place, key="same-key-1", consents=consents), [act(rıza, Act.GIVEN)])
    again = record(click(place, key="same-key-1", consents=consents), [act(rıza, Act.GIVEN)])
    assert again[0].replay
    assert again[1] == first[1]
    assert conn.execute("select count(*) from kvkk_entry where provider_id = %s",
                        (place.provider_id,)).fetchone() == (1,)
    with pytest.raises(Conflict):
        record(click(place, key="same-key-1", consents=not consents), [act(rıza, Act.GIVEN)])


def test_nothing_of_a_click_stands_when_its_acts_cannot(
    place: Any, conn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_refuse_senseless", lambda _new, _acts: None)
    twice = act(text(place), Act.GIVEN)
    with pytest.raises(psycopg.errors.CardinalityViolation):
        record(click(place, consents=True), [twice, twice])
    for table in ("submission", "consent_entry", "outbox", "kvkk_entry"):
        assert conn.execute(f"select count(*) from {table} where provider_id = %s",
                            (place.provider_id,)).fetchone() == (0,)


def test_a_leaf_commits_to_what_was_done(place: Any, conn: Any) -> None:
    _, acts = record(click(place), [act(text(place), Act.GIVEN)])
    with db.transaction() as inside:
        row = claims.read_these(inside, place.provider_id, [acts[0].entry_id])[0]
    said = row.said()
    assert said is not None
    assert (said["act"], said["recipient"], said["source"]) == ("GIVEN", "+905991112233", "HS_WEB")
    assert leaf(row.salt_key, row.id, claims.digest(said), row.captured_at) == acts[0].leaf
    assert row.fits


def test_r62_a_withdrawal_stands_at_once_whatever_the_clock_says(place: Any) -> None:
    rıza, other = text(place), text(place)
    ahead = 10 * 365 * 86_400
    _, acts = record(click(place), [act(rıza, Act.GIVEN, at=ahead), act(other, Act.GIVEN)])
    who = Withdrawer(place=place, recipient_id=acts[0].recipient_id or 0, address="+905991112233",
                     source=Source.HS_WEB, actor=ActorKind.VISITOR, key="page", evidence={})
    assert len(withdraw(who, [rıza.document])) == 1
    assert withdraw(who, [rıza.document]) == []
    assert stands(place, rıza) == [(4, rıza.version, 1)]
    assert stands(place, other) == [(3, other.version, 1)]


def test_r21_what_an_unproven_address_says_changes_nothing(place: Any) -> None:
    rıza = text(place)
    record(click(place), [act(rıza, Act.GIVEN)])
    record(click(place, standing=Standing.UNVERIFIED), [act(rıza, Act.WITHDRAWN, at=60)])
    assert stands(place, rıza) == [(3, rıza.version, 1)]


def test_r60_reading_is_not_undone_by_a_later_look_and_a_new_version_is_new(place: Any) -> None:
    notice = text(place, "AYDINLATMA")
    record(click(place), [act(notice, Act.READ)])
    record(click(place), [act(notice, Act.SHOWN, at=60, extent=Extent.OPENED)])
    assert stands(place, notice) == [(2, notice.version, 1)]
    new = version(place, notice.document, 2)
    record(click(place), [act(new, Act.SHOWN, at=120)])
    assert stands(place, notice) == [(1, new.version, 1)]


def test_many_at_once_on_one_person_end_with_the_last_act(place: Any) -> None:
    rıza, other = text(place), text(place)
    faults: list[Exception] = []

    def work(n: int) -> None:
        both = [act(rıza, Act.GIVEN if n % 2 else Act.WITHDRAWN, at=n),
                act(other, Act.GIVEN, at=n)]
        try:
            record(click(place, consents=True), both[::-1] if n % 3 else both)
        except Exception as error:  # told below, in the test's own thread
            faults.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(24)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []
    assert stands(place, rıza) == [(3, rıza.version, 1)]


def test_the_application_cannot_change_or_delete_an_act(place: Any, conn: Any) -> None:
    record(click(place), [act(text(place), Act.GIVEN)])
    for statement in ("update kvkk_entry set act = 4", "delete from kvkk_entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement)


def test_a_click_with_nothing_is_a_submission_and_nothing_more(place: Any, conn: Any) -> None:
    first, again = (record(click(place, key="nothing-at-all"), []) for _ in range(2))
    assert (first[0].items, first[1]) == ((), [])
    assert again[0].submission_id == first[0].submission_id
    assert conn.execute("select count(*) from kvkk_entry where provider_id = %s",
                        (place.provider_id,)).fetchone() == (0,)


def test_senseless_acts_are_a_mistake_of_the_caller(place: Any) -> None:
    rıza = text(place)
    with pytest.raises(ValueError, match="without acts"):
        record(click(place, consents=True), [])
    for acts, why in (([act(rıza, Act.GIVEN), act(rıza, Act.WITHDRAWN)], "two acts"),
                      ([act(rıza, Act.GIVEN, address=None)], "nobody")):
        with pytest.raises(ValueError, match=why):
            record(click(place), acts)
    with pytest.raises(CallerMistake):
        record(click(place, key="ş"), [act(rıza, Act.GIVEN)])
