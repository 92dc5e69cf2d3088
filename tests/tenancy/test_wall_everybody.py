"""The wall stands around providers and brands too, by a rule for each table (ADR 0039)."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from ileti.core import db, reach
from ileti.core.reach import LEVELS, Reach
from ileti.tenancy.scope import TENANT_COLUMNS
from tests.isolation.run import _second_brand, _second_dealer
from tests.isolation.world import World, furnish

#: tables with a tenant's number that have no rule; the reasons stand in ADR 0039
OUTSIDE = {"iys_day_row"}
TABLES = """select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace
    and c.relkind in ('r', 'p') and not c.relispartition and c.relname !~ '^import_stage_'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = any(%s))"""


def unguarded(conn: Any) -> set[str]:
    """Tables with a tenant's number that have no policy for a level, or another than their rule."""
    found = set()
    for (table,) in conn.execute(TABLES, (list(TENANT_COLUMNS),)).fetchall():
        stands = {row[0] for row in conn.execute(
            "select policyname from pg_policies where tablename = %s and permissive = "
            "'RESTRICTIVE' and cmd = 'ALL' and with_check is not null", (table,))}
        if not stands >= set(LEVELS.values()):
            found.add(table)
    found |= {row[0] for row in conn.execute(
        "select table_name from wall_rule "
        "where built is distinct from rule || ' / ' || write_rule")}
    return found


def test_every_table_with_a_tenants_number_has_its_rule_for_each_level(conn: Any) -> None:
    assert unguarded(conn) == OUTSIDE


def test_a_new_table_without_a_rule_is_found_and_set_up_gives_it_one(database: str) -> None:
    with psycopg.connect(database) as owner:
        owner.execute("create table sonradan (id integer, provider_id integer)")
        assert unguarded(owner) == OUTSIDE | {"sonradan"}
        owner.execute("select build_dealer_wall()")
        assert unguarded(owner) == OUTSIDE
        rules = dict(owner.execute("select level, rule from wall_rule where table_name = "
                                   "'sonradan'").fetchall())
        assert rules == {"provider": "provider_id = (select provider_at_work())",
                         "brand": "false", "dealer": "false"}
        owner.rollback()


@pytest.fixture(scope="module")
def worlds(app: Any) -> dict[str, World]:
    """One's own provider with a second brand and dealer, and another provider."""
    from tests.conftest import _new_place

    own = furnish(app, World(_new_place(db.system_connection()), "provider"))
    return {"own": own,
            "provider": furnish(app, World(_new_place(db.system_connection()), "provider")),
            "brand": furnish(app, World(_second_brand(own.place), "brand")),
            "dealer": furnish(app, _second_dealer(own.place))}


def seen(conn: Any, table: str, world: World) -> int:
    """How many rows of the world a statement without any filter finds in a table."""
    key = "id = %s" if table in world.ids else None
    if key is None:
        columns = {row[0] for row in conn.execute(
            "select attname from pg_attribute where attrelid = %s::regclass", (table,))}
        if f"{world.level}_id" not in columns:
            return 0
        key = f"{world.level}_id = %s"
    value = world.ids[table] if table in world.ids else world.ids[world.level]
    return int(conn.execute(f"select count(*) from {table} where {key}", (value,)).fetchone()[0])


@pytest.mark.parametrize("level", ["provider", "brand", "dealer"])
def test_behind_the_wall_no_table_shows_a_row_of_a_stranger(worlds: dict[str, World],
                                                            level: str) -> None:
    own = worlds["own"]
    here = Reach(own.ids["provider"], own.ids["brand"] if level != "provider" else None,
                 own.ids["dealer"] if level == "dealer" else None)
    shown = {"provider": ("provider",), "brand": ("provider", "brand"),
             "dealer": ("provider", "brand", "dealer")}[level]
    tables = [row[0] for row in db.system_connection().execute(
        "select distinct table_name from wall_rule")]
    with reach.within(here):
        for strange in shown:
            world = worlds[strange]
            shared = {"provider": set(), "brand": {"provider"},
                      "dealer": {"provider", "brand"}}[strange]
            for table in set(tables) - shared:
                assert seen(db.connection(), table, world) == 0, (strange, table)
    assert sum(seen(db.system_connection(), table, worlds[one])
               for one in shown for table in tables) > 60  # there is something to be seen


def test_one_sees_and_changes_what_is_ones_own_and_nothing_else(worlds: dict[str, World]) -> None:
    own, other = worlds["own"], worlds["provider"]
    with reach.within(Reach(own.ids["provider"])):
        conn = db.connection()
        assert conn.execute("select id from provider").fetchall() == [(own.ids["provider"],)]
        assert conn.execute("update site set name = 'x' where id = any(%s)", (
            [own.ids["site"], other.ids["site"]],)).rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("insert into brand (provider_id, brand_code, name) values (%s, 1, 'x')",
                         (other.ids["provider"],))


@pytest.mark.parametrize("role", LEVELS)
def test_without_a_provider_at_work_there_is_nothing(database: str, worlds: dict[str, World],
                                                     role: str) -> None:
    with psycopg.connect(database) as conn:
        conn.execute(f"set role {role}")
        for table in ("provider", "brand", "dealer", "ab_user", "site", "consent_entry", "outbox"):
            assert conn.execute(f"select count(*) from {table}").fetchone() == (0,), table


def test_capture_gate_and_jobs_pay_nothing_their_plans_know_no_wall(conn: Any) -> None:
    for (table,) in conn.execute("select distinct table_name from wall_rule").fetchall():
        plan = str(conn.execute(f"explain verbose select * from {table}").fetchall())
        assert "at_work" not in plan, table
        assert "Filter" not in plan, table


LISTS = {
    "consents": "select * from consent_entry where provider_id = {p} and brand_id = {b} "
                "order by captured_at desc, id desc limit 51",
    "queue": "select * from outbox where provider_id = {p} and topic = 1 "
             "order by order_key limit 51",
    "states": "select * from consent_state where provider_id = {p} and brand_id = {b} "
              "and recipient_id = 5",
    "entries of one": "select * from consent_entry where provider_id = {p} and recipient_id = 5",
    "messages": "select * from message where provider_id = {p} and brand_id = {b} "
                "order by id desc limit 51",
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("level", ["provider", "brand"])
def test_a_list_behind_the_wall_is_read_as_before_it(worlds: dict[str, World], name: str,
                                                     level: str) -> None:
    own = worlds["own"].ids
    asked = "explain " + LISTS[name].format(p=own["provider"], b=own["brand"])
    before = access(db.system_connection(), asked)
    with reach.within(Reach(own["provider"], own["brand"] if level == "brand" else None)):
        assert access(db.connection(), asked) == before


def access(conn: Any, asked: str) -> list[str]:
    """How a plan comes to its rows: the ways of reading and their indexes."""
    plan = "\n".join(row[0] for row in conn.execute(asked).fetchall())
    return re.findall(r"((?:Index|Bitmap|Seq)[A-Za-z ]*Scan[A-Za-z ]*(?:using \w+ )?on \w+)", plan)


def test_a_thread_gives_capture_its_own_connection(worlds: dict[str, World]) -> None:
    role = "select current_user"
    with reach.within(Reach(worlds["own"].ids["provider"])):
        assert db.connection().execute(role).fetchone() == ("ileti_member",)
        assert db.system_connection().execute(role).fetchone() == ("ileti_app",)
        with db.transaction() as conn, reach.within(Reach(1, 1, 1)):
            assert db.connection() is conn  # the open transaction keeps its reach
            assert db.in_transaction()
    assert db.connection().execute(role).fetchone() == ("ileti_app",)


def test_an_owner_that_may_not_make_roles_is_told_so_in_a_sentence(database: str,
                                                                   capsys: Any) -> None:
    from sqlalchemy import create_engine, text

    from ileti.cli.setup import _build_wall

    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as owner:
        owner.execute(text("create or replace function wall_roles() returns boolean language sql "
                           "as 'select false'"))
        _build_wall(owner)
        owner.rollback()
    said = capsys.readouterr().err
    assert "docs/production.md" in said
    assert "ikinci duvar kurulmadı" in said


def test_where_the_roles_are_missing_the_filter_stands_alone(worlds: dict[str, World],
                                                             monkeypatch: Any) -> None:
    monkeypatch.setattr(db, "_standing", lambda _database: frozenset())
    with reach.within(Reach(worlds["own"].ids["provider"])):
        assert db.connection().execute("select current_user").fetchone() == ("ileti_app",)
    assert reach.told(["ileti_member"]) == {"ileti_member"}


def test_what_is_streamed_is_made_behind_the_wall_too() -> None:
    def pieces() -> Any:
        while True:
            yield reach.current()

    with reach.within(Reach(7)):
        carried = reach.Carried(pieces())
    assert reach.current() is None
    assert next(carried) == Reach(7)
    carried.close()
    with pytest.raises(StopIteration):
        next(carried)


def test_a_restricted_person_who_consented_again_at_another_brand_is_seen_by_each(
        app: Any, worlds: dict[str, World]) -> None:
    """ADR 0029: whoever sees one brand only comes to the same answer."""
    from sqlalchemy import func, select

    from ileti.consents.models import ConsentState
    from ileti.core import orm
    from ileti.tenancy.scope import Scope, within
    from tests.panel.people import restrict, take

    own, other = worlds["own"], worlds["brand"]
    phone = "+905993177001"
    first = take(own.place, phone)
    restrict(own.place, first.items[0].recipient_id)
    here = Scope(provider_id=own.ids["provider"], brand_id=own.ids["brand"])
    mine = select(func.count()).select_from(ConsentState).where(
        ConsentState.recipient_id == first.items[0].recipient_id)
    with app.app_context(), within(here):
        assert orm.db.session.scalar(mine) == 0
        orm.db.session.rollback()
    take(other.place, phone)
    take(own.place, phone, refusal=True)
    with app.app_context(), within(here):
        assert orm.db.session.scalar(mine) == 1
        orm.db.session.rollback()
