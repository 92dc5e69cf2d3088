"""PostgreSQL hides from a dealer what the session's filter hides (ADR 0019)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, text

from ileti.consents.models import ConsentAccess, ConsentEntry, ConsentState, Submission
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core import db, orm
from ileti.iys import granted
from ileti.iys.granted import Act, Group
from ileti.iys.models import IysReceipt
from ileti.recipients.models import Recipient
from ileti.tenancy import wall
from ileti.tenancy.scope import NOTHING, Scope, system_scope, within
from tests.panel.people import dealer_of, take
from tests.panel.test_time_travel import answer

WALLED = (ConsentAccess, ConsentEntry, ConsentState, IysReceipt, Recipient, Submission)


@pytest.fixture
def session(app: Any) -> Iterator[Any]:
    with app.app_context():
        yield orm.db.session
        orm.db.session.rollback()


@pytest.fixture
def dealer(place: Any, place_b: Any) -> Scope:
    """A dealer that took one consent, has access to a second, and nothing to do with three."""
    mine, other = dealer_of(place), dealer_of(place)
    done = [take(place, f"+90599302000{n}", dealer_id=one)
            for n, one in enumerate((mine, other, other, None))]
    take(place_b, "+905993020001", dealer_id=dealer_of(place_b))
    for one in done:
        answer(place, one.items[0].entry_id)
    with db.transaction() as conn:
        for to, one in ((mine, done[1]), (other, done[3])):
            granted.apply(conn, Group(
                place.provider_id, place.brand_id, RecipientType.BIREYSEL, Channel.MESAJ, Act.GIVE,
                (to,)), [one.items[0].recipient_id])
    return Scope(provider_id=place.provider_id, brand_id=place.brand_id, dealer_id=mine)


def in_text(session: Any, model: Any) -> int:
    """How many rows a statement finds that no filter of ours reaches."""
    return int(session.execute(text(f"select count(*) from {model.__tablename__}")).scalar())


@pytest.mark.parametrize("model", WALLED, ids=lambda one: one.__name__)
def test_a_statement_as_text_finds_what_the_models_find_and_no_more(
    model: Any, session: Any, dealer: Scope
) -> None:
    with within(dealer):
        through_models = session.scalar(select(func.count()).select_from(model))
        assert in_text(session, model) == through_models
        assert through_models == (1 if model in (ConsentAccess, Submission) else 2)
    with within(replace(dealer, dealer_id=None)):
        assert in_text(session, model) > through_models


def test_every_transaction_of_a_dealer_stands_behind_it_and_nobody_elses(
    session: Any, dealer: Scope
) -> None:
    role = text("select current_user")
    for _ in range(2):
        with within(dealer):
            assert session.execute(role).scalar() == wall.DEALER_ROLE
            with within(replace(dealer, dealer_id=None)):
                assert session.execute(role).scalar() == wall.BRAND_ROLE
            with system_scope():
                assert session.execute(role).scalar() == "ileti_app"
            assert session.execute(role).scalar() == wall.DEALER_ROLE
            session.rollback()
            assert session.connection().execute(role).scalar() == wall.DEALER_ROLE
        session.rollback()
        with within(NOTHING):
            assert session.execute(role).scalar() == "ileti_app"
    assert db.connection().execute("select current_user").fetchone() == ("ileti_app",)


def test_behind_the_wall_without_a_dealer_there_is_nothing(database: str, dealer: Scope) -> None:
    import psycopg

    with psycopg.connect(database) as conn:
        conn.execute("set role ileti_dealer")
        for model in WALLED:
            assert conn.execute(f"select count(*) from {model.__tablename__}"
                                ).fetchone() == (0,), model


def test_for_the_application_the_wall_leaves_no_trace_in_a_plan(conn: Any, place: Any) -> None:
    for model in WALLED:
        plan = conn.execute(f"explain verbose select * from {model.__tablename__}").fetchall()
        assert "dealer_at_work" not in str(plan), model
        assert "Filter" not in str(plan), model
