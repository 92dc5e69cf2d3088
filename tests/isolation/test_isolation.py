"""A share of ``make isolation``: nothing of a stranger's shows, with the filter or by the wall
alone (fault row 47, threat model §6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask_appbuilder import Model

from ileti.core import db
from ileti.tenancy import wall
from tests.isolation import addresses, forms, programs, run
from tests.isolation.run import House
from tests.isolation.unproven import REASONS, named
from tests.isolation.walk import FOREIGN, Client, Report, Viewer, unfiltered, viewers, walk
from tests.isolation.world import UNFURNISHED, World, furnish

LEADERS = (Viewer("provider_admin", "provider"), Viewer("brand_manager", "brand"),
           Viewer("dealer_manager", "dealer"))
SHARE = 9


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[House]:
    """Own and strangers' work spaces; the proof that each case can find something is left to
    ``make isolation``."""
    import config
    from ileti.api import scoped
    from tests.conftest import _new_place

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config.settings(), "api_requests_per_second", 10_000)
        scoped.serve_with(lambda: app)
        nobody = World.nobody()
        own = furnish(app, World(_new_place(db.system_connection()), "provider"))
        strangers = {
            "provider": furnish(app, World(_new_place(db.system_connection()), "provider")),
            "brand": furnish(app, World(run._second_brand(own.place), "brand")),
            "dealer": furnish(app, run._second_dealer(own.place))}
        pages = {one: list(addresses.asks(app, world, nobody)) for one, world in strangers.items()}
        calls = {one: [call for call in run._calls(world, nobody) if run.has_row(call)]
                 for one, world in strangers.items()}
        yield House(app, own, strangers, nobody, pages, calls)


def share(cases: list[Any], number: int) -> list[Any]:
    return cases[number % SHARE::SHARE]


def test_every_table_behind_the_wall_has_a_row_of_the_stranger(house: House) -> None:
    world = house.strangers["provider"]
    for (table,) in db.system_connection().execute("select distinct table_name from wall_rule"):
        column = "id" if table in ("provider", "ab_user") else "provider_id"
        if table in UNFURNISHED or column not in Model.metadata.tables[table].c:
            continue
        found = db.connection().execute(
            f"select 1 from {table} where {column} = %s limit 1",
            (world.ids["ab_user" if table == "ab_user" else "provider"],)).fetchone()
        assert found, f"furnish {table}, or say in UNFURNISHED why not"


@pytest.mark.parametrize("number", range(len(LEADERS)), ids=lambda n: LEADERS[n].name)
def test_nothing_of_a_stranger_is_shown_told_or_changed(house: House, number: int) -> None:
    viewer, report, told = LEADERS[number], Report(), {}
    client = Client(house.app, viewer, house.own.place, house.own.ids["dealer"])
    for level in FOREIGN[viewer.level]:
        cases = [one for one in house.pages[level] if run.may(viewer, one)]
        walk(client, viewer, house.strangers[level], house.nobody, share(cases, number + 1), report,
             told=told)
    assert report.cases > 20
    assert report.leaks == []


@pytest.mark.parametrize("number", range(len(LEADERS)), ids=lambda n: LEADERS[n].name)
def test_without_the_filter_the_wall_lets_nothing_through(house: House, number: int) -> None:
    viewer, report = LEADERS[number], Report()
    client = Client(house.app, viewer, house.own.place, house.own.ids["dealer"])
    with unfiltered():
        for level in FOREIGN[viewer.level]:
            cases = [one for one in house.pages[level] if run.may(viewer, one)]
            walk(client, viewer, house.strangers[level], house.nobody, share(cases, number + 4),
                 report, told=None)
    assert report.cases > 20
    assert report.leaks == []


@pytest.mark.parametrize("filtered", [True, False], ids=["filtered", "wall alone"])
def test_no_program_hears_of_a_stranger(house: House, filtered: bool) -> None:
    report = Report()
    some = House(house.app, house.own, house.strangers, house.nobody, {}, {
        level: cases[filtered::3] for level, cases in house.services.items()})
    if filtered:
        run.accounts(some, report, filtered=True)
    else:
        with unfiltered():
            run.accounts(some, report, filtered=False)
    assert report.cases > 50
    assert report.leaks == []


def test_without_filter_and_wall_the_walk_finds_leaks(house: House, monkeypatch: Any) -> None:
    viewer, report = LEADERS[0], Report()
    monkeypatch.setattr(wall, "reach_of", lambda _scope: None)
    client = Client(house.app, viewer, house.own.place, None)
    lists = [one for one in house.pages["provider"] if one.kind in (
        "GET all /markalar/list/", "GET all /siteler/list/", "GET one /markalar/show/<pk>",
        "GET one /metinler/show/<int:pk>", "GET order /bayiler/list/ title asc",
        "GET one /siteler/show/<pk>", "GET one /bayiler/show/<pk>")]
    with unfiltered():
        walk(client, viewer, house.strangers["provider"], house.nobody, lists, report, told=None)
    assert len(report.leaks) >= 4, report.leaks


def test_everybody_is_among_the_viewers_and_every_service_among_the_calls(house: House) -> None:
    from ileti.api.endpoints import OPEN, ROUTES
    from ileti.tenancy import roles

    assert {one.role for one in viewers()} == {
        role.key for role in roles.ROLES} - {"platform_admin"} | {"nobody", "own"}
    asked = {one.kind for one in programs.asks(house.own, house.nobody)}
    for route in ROUTES:
        short = route.path.removeprefix("/api/v1")
        assert route.scope == OPEN or any(kind.endswith(f"api {short}") for kind in asked), short


@pytest.mark.parametrize("own", ["provider", "brand", "dealer"])
def test_a_composed_role_holds_all_its_level_may_and_sees_nothing_of_a_stranger(
        house: House, own: str) -> None:
    viewer, report, told = Viewer("own", own), Report(), {}
    client = Client(house.app, viewer, house.own.place, house.own.ids["dealer"])
    for level in FOREIGN[own]:
        cases = [one for one in house.pages[level] if run.may(viewer, one)]
        walk(client, viewer, house.strangers[level], house.nobody, share(cases, 7), report,
             told=told)
    assert report.cases > 20
    assert report.leaks == []


def test_somebody_without_a_membership_walks_too_and_sees_nothing(house: House) -> None:
    client, report = Client(house.app, Viewer("nobody", "nowhere"), house.own.place, None), Report()
    walk(client, Viewer("nobody", "nowhere"), house.strangers["provider"], house.nobody,
         share(house.pages["provider"], 3), report, told={})
    assert report.cases > 20
    assert report.leaks == []


def test_what_proves_nothing_is_a_case_that_is_asked_and_has_one_reason(house: House) -> None:
    calls = run._calls(house.strangers["provider"], house.nobody)
    asked = {one.kind for cases in (*house.pages.values(), calls) for one in cases}
    assert named() <= asked, named() - asked
    assert sum(map(len, REASONS.values())) == len(named())


def test_a_pages_own_forms_are_asked_option_by_option() -> None:
    page = '''<form method="get" action="/liste/#x"><input type="hidden" name="durum" value="a">
        <select name="kim"><option value="">-</option><option value="41">Ada</option></select>
        <input name="q"></form><form method="post"><input name="gizli"></form>'''
    assert list(forms.asked(page, "/baska/", {"q": "7"}, "+90599")) == [
        ("kim", "/liste/?durum=a&kim=41"), ("q", "/liste/?durum=a&q=%2B90599"),
        ("q", "/liste/?durum=a&q=7")]
