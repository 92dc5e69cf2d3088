"""Who sees what of a restricted person: the pages' rule and the database's are one."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ileti.consents.audit import audit
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.vocabulary import Status
from ileti.core import db, orm
from ileti.evidence import seal
from ileti.recipients.models import Recipient
from ileti.retention import destroy, witness  # noqa: F401
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.evidence.sealed_house import seal_all
from tests.panel.people import take
from tests.retention.old_house import ago, is_there, person, took

ADDRESS = "+905990000001"


def restrict(place: Any, recipient_id: int, since: Any) -> None:
    db.connection().execute(
        "insert into restriction (provider_id, recipient_id, since, reason) values (%s, %s, %s, "
        "'Başvuru')", (place.provider_id, recipient_id, since))


def told(place: Any, recipient_id: int) -> set[int]:
    """The recipient's entries that the database's function does not call restricted."""
    return {row[0] for row in db.connection().execute(
        "select id from consent_entry where provider_id = %s and recipient_id = %s "
        "and not is_restricted(provider_id, recipient_id, captured_at)",
        (place.provider_id, recipient_id)).fetchall()}


def seen(app: Any, place: Any, recipient_id: int, *, restricted: bool = False) -> set[int]:
    """Those a session sees."""
    with app.app_context(), scope.within(
            Scope(provider_id=place.provider_id, restricted=restricted)):
        return set(orm.db.session.scalars(select(ConsentEntry.id).where(
            ConsentEntry.provider_id == place.provider_id,
            ConsentEntry.recipient_id == recipient_id)))


HISTORIES = {
    "nothing since": (),
    "a refusal since": (Status.RET,),
    "a consent since": (Status.ONAY,),
    "a consent and a refusal since": (Status.ONAY, Status.RET),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_both_say_the_same(app: Any, place: Any, history: str) -> None:
    first = take(place, ADDRESS)
    rid = person(first)
    restrict(place, rid, first.captured_at)
    for status in HISTORIES[history]:
        db.connection().execute("update consent_state set consent_date = consent_date - interval "
                                "'1 hour' where recipient_id = %s", (rid,))
        take(place, ADDRESS, refusal=status is Status.RET)
    stands = HISTORIES[history][-1:] == (Status.ONAY,)
    assert seen(app, place, rid) == told(place, rid)
    assert len(seen(app, place, rid)) == (1 if stands else 0)
    assert len(seen(app, place, rid, restricted=True)) == 1 + len(HISTORIES[history])
    with app.app_context(), scope.within(Scope(provider_id=place.provider_id)):
        rows = orm.db.session.scalars(select(Recipient).where(Recipient.id == rid)).all()
        held = orm.db.session.scalars(select(ConsentState).where(
            ConsentState.recipient_id == rid)).all()
    assert (bool(rows), bool(held)) == (stands, stands)


def test_the_rule_is_asked_for_the_row_at_hand(app: Any, place: Any) -> None:
    """Neither the ledger nor the restrictions are read through for a page."""
    with app.app_context(), scope.within(Scope(provider_id=place.provider_id)):
        rule = scope.condition_for(ConsentEntry.__table__, scope.current())
        asked = str(select(ConsentEntry.id).where(rule))
    assert asked.count("FROM consent_entry") == 1
    assert "restriction" in asked


@pytest.mark.attack
def test_a_consent_that_comes_while_the_person_is_being_destroyed_is_not_lost(
        shop: Any, owner: Any) -> None:
    rid = person(took(owner, shop, ADDRESS, ago(11), Status.RET))
    seal_all()
    begun, done = threading.Event(), threading.Event()

    def consent() -> None:
        from tests.retention.test_erase import given_again

        conn = db.connection()
        conn.execute("select 1")
        with conn.transaction():
            conn.execute("lock table submission in row exclusive mode")  # as its first insert does
            begun.set()
            time.sleep(1.5)
        given_again(shop, ago(0) - timedelta(seconds=2))
        done.set()

    thread = threading.Thread(target=consent)
    thread.start()
    begun.wait()
    destroyed = destroy.destroy_these(shop.provider_id, [rid], None)
    thread.join()
    assert done.is_set()
    entry = owner.execute("select recipient_id from consent_entry order by id desc limit 1"
                          ).fetchone()[0]
    assert is_there(owner, entry)  # the old row kept, or a new one: never an emptied one
    assert (entry == rid) is (destroyed == [])
    seal_all()
    assert audit().findings == []
    assert seal.newest() is not None
