"""Every change stands in the trail: who, from where, before and after; no secret, nobody's data
(R-58)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, insert, update

from ileti.core import db, doer, orm
from ileti.tenancy import audit, deeds, scope, watching
from ileti.tenancy.deeds import plain
from ileti.tenancy.models import Brand, Dealer, Provider
from tests.panel.people import dealer_of, user_with


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@contextmanager
def work(app: Any, who: doer.Doer | None = doer.Doer(name="cli:ada")) -> Iterator[Any]:
    """A unit of work outside any request, in somebody's name."""
    with app.app_context(), scope.system_scope(), doer.working_as(who), \
            orm.unit_of_work() as session:
        yield session


def lines(place: Any) -> list[tuple[Any, ...]]:
    return db.connection().execute(
        "select action, subject, detail, actor, brand_id from audit_entry where provider_id = %s "
        "order by id", (place.provider_id,)).fetchall()


def test_a_change_tells_before_and_after_and_where(app: Any, place: Any) -> None:
    with work(app) as session:
        session.get(Brand, place.brand_id).name = "Yeni Ev"
    assert lines(place) == [("brand:change", f"brand:{place.brand_id}", {
        "columns": ["name"], "before": {"name": "Defne Ev"}, "after": {"name": "Yeni Ev"}},
        "cli:ada", place.brand_id)]


def test_what_was_added_and_removed_is_told(app: Any, place: Any) -> None:
    number = dealer_of(place)
    with work(app) as session:
        session.add(Brand(provider_id=place.provider_id, brand_code=place.iys_code + 1, name="B"))
        session.delete(session.get(Dealer, number))
    (added, removed) = lines(place)
    assert added[0] == "brand:add"
    assert added[2]["after"] | {"name": "B"} == added[2]["after"]
    assert removed[:2] == ("dealer:remove", f"dealer:{number}")
    assert removed[2]["before"]["title"] == "Bornova Akasya"
    assert not {"tckn", "tin"} & removed[2]["before"].keys()


def test_of_secrets_and_personal_data_stands_only_that_they_changed(
        app: Any, place: Any) -> None:
    name = user_with(app, "provider_admin", place)
    with work(app) as session:
        session.get(Provider, place.provider_id).iys_password = "cok-gizli-parola"
        user = session.query(User).filter_by(username=name).one()
        number, user.email, user.last_name = user.id, "yeni@ornek.test", "Kaya"
    assert lines(place)[-1][2] == {"columns": ["iys_password"]}
    row = db.connection().execute("select detail from audit_entry where action = 'ab_user:change' "
                                  "and subject = %s", (f"ab_user:{number}",)).fetchone()
    assert row == ({"columns": ["email", "last_name"]},)


def test_an_address_somebody_wrote_into_a_text_is_hidden(app: Any, place: Any) -> None:
    with work(app) as session:
        session.get(Provider, place.provider_id).contact = "Arayın: 0532 123 45 67, a@ornek.test"
    deeds.note(db.connection(), "legal_hold:add", "legal_hold:1", provider_id=place.provider_id,
               detail={"reason": "10000000146 a@ornek.test istedi", "hash": "1" * 64})
    said = str(lines(place))
    assert "ornek" not in said
    assert "532" not in said
    assert "10000000146" not in said
    assert "1" * 64 in said


@pytest.mark.parametrize("table", [Brand, Brand.__table__])
def test_a_statement_that_passes_the_flush_by_is_told_row_by_row(
        app: Any, place: Any, table: Any) -> None:
    column = (table.__table__ if table is Brand else table).c
    with work(app) as session:
        session.execute(update(table).where(column.id == place.brand_id).values(name="X")
                        .execution_options(synchronize_session=False))
    assert [(line[0], line[1], line[2], line[4]) for line in lines(place)] == [
        ("brand:change", f"brand:{place.brand_id}", {
            "columns": ["name"], "before": {"name": "Defne Ev"}, "after": {"name": "X"}},
         place.brand_id)]


def test_a_statement_that_removes_or_adds_rows_is_told(app: Any, place: Any) -> None:
    number = dealer_of(place)
    with work(app) as session:
        session.execute(delete(Dealer).where(Dealer.id == number)
                        .execution_options(synchronize_session=False))
    with app.app_context(), scope.within(scope.Scope(provider_id=place.provider_id)), \
            doer.working_as(doer.Doer(name="CRM")), orm.unit_of_work() as session:
        session.execute(insert(Brand).values(provider_id=place.provider_id, name="Y",
                                             brand_code=place.iys_code + 2))
    assert [line[:2] for line in lines(place)] == [
        ("dealer:remove", f"dealer:{number}"), ("brand:add", "brand:*")]


def test_a_statement_that_changes_nothing_is_no_deed(app: Any, place: Any) -> None:
    with work(app) as session:
        session.execute(update(Brand).where(Brand.id == place.brand_id).values(name="Defne Ev")
                        .execution_options(synchronize_session=False))
        session.get(Brand, place.brand_id).name = "Defne Ev"
    assert lines(place) == []


def test_of_many_rows_at_once_the_number_is_told(app: Any, place: Any) -> None:
    for _ in range(3):
        dealer_of(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "_SINGLY", 2)
        with app.app_context(), scope.within(scope.Scope(provider_id=place.provider_id)), \
                doer.working_as(doer.Doer(name="CRM")), orm.unit_of_work() as session:
            session.execute(update(Dealer).values(alias="Toplu")
                            .execution_options(synchronize_session=False))
    assert [line[:3] for line in lines(place)] == [
        ("dealer:change", "dealer:*", {"count": 3, "program": "CRM"})]


def test_where_the_installation_works_for_itself_nothing_is_noted(app: Any, place: Any) -> None:
    with work(app, None) as session:
        session.get(Brand, place.brand_id).name = "Kendiliğinden"
    assert lines(place) == []


def test_a_command_names_its_operator(app: Any, place: Any,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.cli import main

    monkeypatch.setenv("SUDO_USER", "ayse")
    done = CliRunner().invoke(main, ["vault", "quota", str(place.iys_code), "70"])
    assert done.exit_code == 0, done.output
    assert lines(place) == [("provider:change", f"provider:{place.provider_id}", {
        "columns": ["vault_quota_mb"], "before": {"vault_quota_mb": None},
        "after": {"vault_quota_mb": 70}}, "cli:ayse", None)]
    assert doer.current() is None


def test_values_are_short_and_plain() -> None:
    assert plain("x" * 999) == "x" * 300 + "…"
    assert plain({"a": (1, True, None), "b": {"c": "d"}}) == {"a": [1, True, None], "b": {"c": "d"}}
    assert watching.watched("brand")
    assert not watching.watched("consent_entry")
