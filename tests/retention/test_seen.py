"""Who sees what of a restricted person: the pages' rule and the database's are one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.vocabulary import Status
from ileti.core import db, orm
from ileti.recipients.models import Recipient
from ileti.retention import destroy, witness  # noqa: F401
from ileti.tenancy import scope
from ileti.tenancy.scope import Scope
from tests.panel.people import take
from tests.retention.old_house import person

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
