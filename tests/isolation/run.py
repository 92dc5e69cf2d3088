"""The whole of it: a company with two brands and two dealers, another company, everybody's walk.

``python -m tests.isolation.run filter`` (or ``wall``) prints what it came to as a line of JSON;
both together are ``make isolation``. ISOLATION_SHARE: see :func:`people`.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from ileti.consents.ledger import Place
from ileti.core import db
from ileti.tenancy import roles
from ileti.tenancy.roles import Level
from tests.isolation import addresses, programs
from tests.isolation.addresses import Ask
from tests.isolation.walk import (
    FOREIGN,
    OWN,
    Client,
    Report,
    Viewer,
    proven,
    proven_deeds,
    unfiltered,
    viewers,
    walk,
)
from tests.isolation.world import World, furnish
from tests.panel.people import dealer_of

ADMIN = Viewer("provider_admin", "provider")


@dataclass
class House:
    """One's own work space and the strangers', with the cases about each."""

    app: Any
    own: World
    strangers: dict[str, World]
    nobody: World
    pages: dict[str, list[Ask]]
    services: dict[str, list[Ask]]


def build(app: Any, new_place: Callable[[], Place], report: Report) -> House:
    """Furnish all, and find out which cases can find something."""
    nobody, spare = World.nobody(), furnish(app, World(new_place(), "provider"))
    own = furnish(app, World(new_place(), "provider"))
    strangers = {
        "provider": furnish(app, World(new_place(), "provider")),
        "brand": furnish(app, World(_second_brand(own.place), "brand")),
        "dealer": furnish(app, _second_dealer(own.place))}
    spare_calls = programs.Caller(spare.place, "provider", None, spare)
    calls = proven_deeds(spare_calls, spare, nobody, _calls(spare, nobody))
    keeper = Client(app, ADMIN, spare.place, None)
    deeds = proven_deeds(keeper, spare, nobody, addresses.asks(app, spare, nobody))
    first = strangers["provider"]
    admin = Client(app, ADMIN, first.place, None)
    found = proven(admin, first, nobody, addresses.asks(app, first, nobody), deeds, report, app=app)
    program = programs.Caller(first.place, "provider", None, first)
    told = proven(program, first, nobody, _calls(first, nobody), calls, report)
    kinds = {one.kind for one in (*found, *told)}
    pages = {"provider": found} | {level: of_kinds(
        kinds, addresses.asks(app, strangers[level], nobody)) for level in ("brand", "dealer")}
    services = {"provider": told} | {level: of_kinds(
        kinds, _calls(strangers[level], nobody)) for level in ("brand", "dealer")}
    return House(app, own, strangers, nobody, pages, services)


def of_kinds(kinds: set[str], cases: Iterable[Ask]) -> list[Ask]:
    """The cases of the kinds that were proven, where the world has such a row."""
    return [one for one in cases if one.kind in kinds and has_row(one)]


def has_row(one: Ask) -> bool:
    """Whether the world has what the address names; 0 stands for what it has not."""
    return not re.search(r"/0(?=[/.?]|$)", one.path)


def _calls(world: World, nobody: World) -> Iterable[Ask]:
    return (*programs.asks(world, nobody), *programs.iys_asks(world, nobody))


def _second_brand(place: Place) -> Place:
    code = place.brand_code + 700
    row = db.system_connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'x') returning id",
        (place.provider_id, code)).fetchone()
    assert row is not None
    return Place(place.provider_id, place.iys_code, row[0], code)


def _second_dealer(place: Place) -> World:
    made = World(place, "dealer")
    made.ids["dealer"] = dealer_of(place, made.mark)
    return made


def people(house: House, report: Report, some: Iterable[Viewer], *, filtered: bool,
           share: int = 1) -> None:
    """Each walks through what is not theirs. The first of a level asks everything its rights let it
    ask, the others each ``share``-th of it, another part each; of what a right refuses before any
    row is looked at (every role and route: ``tests/panel/test_walk_as_everybody.py``) a tenth."""
    for number, viewer in enumerate(some):
        client = Client(house.app, viewer, house.own.place, house.own.ids["dealer"])
        told: dict[str, tuple[int, str, str]] | None = {} if filtered else None
        for level in FOREIGN[viewer.level]:
            cases = [one for at, one in enumerate(house.pages[level])
                     if (at + number) % (_step(viewer, share) if may(viewer, one) else 10) == 0]
            walk(client, viewer, house.strangers[level], house.nobody, cases, report, told=told)


def _step(viewer: Viewer, share: int) -> int:
    return 1 if viewer.role in ("provider_admin", "brand_manager", "dealer_manager") else share


def may(viewer: Viewer, one: Ask) -> bool:
    """Whether the role's rights let the request come as far as a row."""
    held = (roles.CEILING[Level(viewer.level)] if viewer.role == OWN
            else roles.GRANTS.get(viewer.role, frozenset()))
    return not one.needs or one.needs in held


def accounts(house: House, report: Report, *, filtered: bool) -> None:
    """An account of each level calls for what is not its own."""
    for level in ("provider", "brand", "dealer"):
        caller = programs.Caller(house.own.place, level, house.own.ids["dealer"])
        told: dict[str, tuple[int, str, str]] | None = {} if filtered else None
        for strange in FOREIGN[level]:
            walk(caller, Viewer("program", level), house.strangers[strange], house.nobody,
                 house.services[strange], report, told=told)


def everything(app: Any, new_place: Callable[[], Place], *, filtered: bool,
               share: int = 1) -> Report:
    """All of it, with or without the application's own filter."""
    report = Report()
    house = build(app, new_place, report)
    with nullcontext() if filtered else unfiltered():
        people(house, report, viewers(), filtered=filtered, share=share)
        accounts(house, report, filtered=filtered)
    return report


def main(how: str) -> None:
    """One walk in a database of its own; a line of JSON."""
    from werkzeug.security import generate_password_hash

    from benchmarks.place import fresh_database, new_place
    from ileti.api import scoped
    from ileti.factory import create_app, setup_permissions
    from ileti.tenancy import accounts as people_of

    given, codes = fresh_database(f"isolation_{how}"), itertools.count(311_972_000, 1_000_000)
    given.api_requests_per_second = 100_000
    app = create_app(given, TESTING=True)
    setup_permissions(app)
    scoped.serve_with(lambda: app)
    people_of.hash_password = lambda password: generate_password_hash(  # type: ignore[assignment]
        password, method="scrypt:1024:8:1")

    def another() -> Place:
        code = next(codes)
        provider, brand = new_place(db.system_connection(), code)
        return Place(provider, code, brand, code)

    began = time.monotonic()
    report = everything(app, another, filtered=how == "filter",
                        share=int(os.environ.get("ISOLATION_SHARE", "1")))
    print(json.dumps({
        "cases": report.cases, "kinds": len(report.kinds), "leaks": report.leaks,
        "unproven": sorted(report.unproven), "seconds": round(time.monotonic() - began)}))


if __name__ == "__main__":
    main(sys.argv[1])
