"""Many criteria as one option: one compiled form for one shape, each with its own values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.orm import with_loader_criteria

from ileti.core import db, orm
from ileti.core.criteria import Criteria
from ileti.tenancy.models import Brand
from ileti.tenancy.scope import system_scope


@dataclass
class Rows:
    """Three brands: two of ``mine``, one of ``yours``; the first two of the kind ``x``."""

    mine: int
    yours: int
    numbers: list[int]

    def of(self, provider: int) -> Criteria:
        return Criteria([with_loader_criteria(Brand, Brand.provider_id == provider)])

    def named(self, name: str) -> Criteria:
        return Criteria([with_loader_criteria(Brand, Brand.name == name)])

    def seen(self, *options: Criteria) -> list[int]:
        """Places in ``numbers`` of the rows a statement with these options finds."""
        found = orm.db.session.scalars(select(Brand.id).where(Brand.id.in_(self.numbers))
                                       .options(*options).order_by(Brand.id))
        return [self.numbers.index(number) for number in found]


@pytest.fixture
def rows(app: Any, place: Any, place_b: Any) -> Iterator[Rows]:
    conn = db.connection()
    conn.execute("update brand set name = 'x' where id = any(%s)",
                 ([place.brand_id, place_b.brand_id],))
    third = conn.execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'y') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0]
    with app.app_context(), system_scope():
        yield Rows(place.provider_id, place_b.provider_id,
                   [place.brand_id, place_b.brand_id, third])
        orm.db.session.rollback()


def key(*options: Criteria) -> Any:
    return select(Brand).options(*options)._generate_cache_key()


def test_one_shape_has_one_key_and_every_statement_its_own_values(rows: Rows) -> None:
    keys = [key(rows.of(number)) for number in (1, 2)]
    assert keys[0].key == keys[1].key
    assert [[bind.value for bind in one.bindparams] for one in keys] == [[1], [2]]
    assert [rows.seen(rows.of(number)) for number in (rows.mine, rows.yours, rows.mine, 0)] == [
        [0, 2], [1], [0, 2], []]


def test_criteria_of_another_shape_have_another_key(rows: Rows) -> None:
    mine, x = rows.of(rows.mine), rows.named("x")
    assert len({key(*some).key for some in ((mine,), (x,), (mine, x), (x, mine), ())}) == 5
    assert rows.seen(mine) == [0, 2]
    assert rows.seen(x) == [0, 1]
    assert rows.seen(mine, rows.named("y")) == [2]


def test_the_same_criteria_twice_and_two_alike_are_not_one_statement(rows: Rows) -> None:
    mine, yours = rows.of(rows.mine), rows.of(rows.yours)
    assert key(mine, mine).key != key(mine, yours).key
    assert rows.seen(mine, mine) == [0, 2]
    assert rows.seen(mine, yours) == []
    assert rows.seen(yours, mine) == []


def test_updates_and_deletes_are_narrowed_too(rows: Rows) -> None:
    session, ours = orm.db.session, Brand.id.in_(rows.numbers)
    quietly = {"synchronize_session": False}
    session.execute(update(Brand).where(ours).values(name="z").options(rows.of(rows.yours))
                    .execution_options(**quietly))
    assert rows.seen(rows.named("z")) == [1]
    session.execute(delete(Brand).where(ours).options(rows.named("y"))
                    .execution_options(**quietly))
    assert rows.seen() == [0, 1]


def test_a_statement_is_compiled_once_for_one_shape(rows: Rows) -> None:
    compiled: list[int] = []

    def look(*about: Any) -> None:
        if "FROM brand" in about[2]:
            compiled.append(id(about[4].compiled))

    engine = orm.db.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        for number in (rows.mine, rows.yours, 7):
            rows.seen(rows.of(number))
    finally:
        event.remove(engine, "before_cursor_execute", look)
    assert len(compiled) == 3
    assert len(set(compiled)) == 1
