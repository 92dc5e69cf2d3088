"""The row rule: nothing by default, one's own inside, and no model forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask_appbuilder import Model
from sqlalchemy import func, select
from sqlalchemy.orm import Mapper

import ileti.models
from ileti.consents.models import ConsentEntry, ConsentState, Submission
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.outbox.models import OutboxRow
from ileti.recipients.models import Recipient
from ileti.tenancy import scope
from ileti.tenancy.models import Brand, Dealer, Provider
from ileti.tenancy.scope import EVERYTHING, NOTHING, Scope, condition_for, tenant_mappers, within
from tests.panel.people import dealer_of, take

assert ileti.models.metadata is Model.metadata
def _by_name(mappers: Any) -> list[Mapper[Any]]:
    return sorted(mappers, key=lambda mapper: mapper.class_.__name__)


MAPPERS = _by_name(Model.registry.mappers)


@pytest.fixture
def session(app: Any) -> Iterator[Any]:
    with app.app_context():
        yield orm.db.session
        orm.db.session.rollback()


@pytest.mark.parametrize("mapper", MAPPERS, ids=lambda m: m.class_.__name__)
def test_every_model_with_a_tenant_column_is_scoped(mapper: Mapper[Any]) -> None:
    columns = set(mapper.local_table.c.keys()) & set(scope.TENANT_COLUMNS)
    if not columns:
        return
    assert mapper in tenant_mappers()
    rule = str(condition_for(mapper.local_table, Scope(provider_id=7)))  # type: ignore[arg-type]
    assert "provider_id" in rule or mapper.local_table.name == "provider"  # type: ignore[attr-defined]


@pytest.mark.parametrize("mapper", _by_name(tenant_mappers()), ids=lambda m: m.class_.__name__)
def test_without_a_scope_no_table_shows_a_row(mapper: Mapper[Any], session: Any) -> None:
    with within(NOTHING):
        assert session.execute(select(mapper.class_).limit(1)).first() is None


@pytest.mark.parametrize("mapper", _by_name(tenant_mappers()), ids=lambda m: m.class_.__name__)
def test_each_rule_is_a_statement_postgresql_takes(mapper: Mapper[Any], session: Any) -> None:
    for narrow in (Scope(provider_id=1), Scope(provider_id=1, brand_id=1),
                   Scope(provider_id=1, brand_id=1, dealer_id=1)):
        with within(narrow):
            count = session.scalar(select(func.count()).select_from(mapper.class_))
            assert isinstance(count, int)


def test_a_provider_sees_itself_and_no_other(session: Any, place: Any, place_b: Any) -> None:
    with within(Scope(provider_id=place.provider_id)):
        assert session.scalars(select(Provider.id)).all() == [place.provider_id]
        assert session.scalars(select(Brand.id)).all() == [place.brand_id]
        assert session.get(Brand, place_b.brand_id) is None


def test_a_count_over_a_subquery_is_narrowed_too(session: Any, place: Any, place_b: Any) -> None:
    take(place, "+905991000001")
    take(place_b, "+905991000002")
    with within(Scope(provider_id=place.provider_id)):
        inside = select(OutboxRow.ref_id).limit(100).subquery()
        assert session.scalar(select(func.count()).select_from(inside)) == 1
        assert session.query(ConsentEntry).count() == 1


def test_a_dealer_sees_its_own_entries_and_what_hangs_on_them(session: Any, place: Any) -> None:
    mine, other = dealer_of(place), dealer_of(place)
    take(place, "+905991000003", dealer_id=mine)
    take(place, "+905991000004", dealer_id=other)
    take(place, "+905991000005")
    with within(Scope(provider_id=place.provider_id, brand_id=place.brand_id, dealer_id=mine)):
        for model in (ConsentEntry, ConsentState, Recipient, Submission, OutboxRow):
            assert session.scalar(select(func.count()).select_from(model)) == 1, model
        assert session.scalars(select(Dealer.id)).all() == [mine]


def test_a_dealer_still_sees_the_state_that_somebody_else_changed(session: Any, place: Any) -> None:
    mine = dealer_of(place)
    take(place, "+905991000006", dealer_id=mine)
    take(place, "+905991000006", refusal=True)
    with within(Scope(provider_id=place.provider_id, brand_id=place.brand_id, dealer_id=mine)):
        assert session.scalars(select(ConsentState.status)).all() == [2]
        assert session.scalar(select(func.count()).select_from(ConsentEntry)) == 1


def test_writing_outside_the_scope_is_refused(session: Any, place: Any, place_b: Any) -> None:
    with within(Scope(provider_id=place.provider_id)):
        session.add(Brand(provider_id=place_b.provider_id, brand_code=999_999, name="Yabancı"))
        with pytest.raises(NotFound):
            session.flush()
        session.rollback()


def test_a_row_may_not_name_a_brand_of_somebody_else(session: Any, place: Any,
                                                     place_b: Any) -> None:
    with within(Scope(provider_id=place.provider_id)):
        session.add(Dealer(provider_id=place.provider_id, brand_id=place_b.brand_id, title="X",
                           name="X", tckn="10000000146", tin="1234567890", city_code="35",
                           town_code="400"))
        with pytest.raises(NotFound):
            session.flush()
        session.rollback()


def test_a_bulk_update_reaches_only_the_scope(session: Any, place: Any, place_b: Any) -> None:
    from sqlalchemy import update

    with within(Scope(provider_id=place.provider_id)):
        session.execute(update(Brand).values(name="Yeni").execution_options(
            synchronize_session=False))
    with within(EVERYTHING):
        names = dict(session.execute(select(Brand.id, Brand.name).where(
            Brand.id.in_([place.brand_id, place_b.brand_id]))).all())
    assert names == {place.brand_id: "Yeni", place_b.brand_id: "Defne Ev"}


def test_the_system_scope_ends_with_its_block() -> None:
    with scope.system_scope():
        assert scope.current() is EVERYTHING
    assert scope.current() is NOTHING
