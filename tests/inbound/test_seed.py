"""The demo company's number: made once, its address anew at each start."""

from __future__ import annotations

from typing import Any

from config import settings
from ileti.capture.seed import seed_demo
from ileti.core import db
from ileti.inbound import numbers
from ileti.inbound.formats import Arrived
from ileti.inbound.intake import receive
from ileti.inbound.seed import NUMBER, seed_number
from tests.inbound.house import new_phone


def test_each_start_makes_another_address_of_the_same_number(database: Any) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    seeded = seed_demo(given)
    first, second = seed_number(given, seeded), seed_number(given, seeded)
    assert first != second
    conn = db.system_connection()
    found = numbers.find(conn, str(second).rpartition("/")[2])
    assert found is not None
    assert found.number == NUMBER
    assert numbers.find(conn, str(first).rpartition("/")[2]) is None
    assert {one.line.brand for one in numbers.lines(conn, found)} == {"Liman Kahve", "Liman Fırın"}
    assert receive(found, [Arrived(new_phone(), new_phone(), "", "FIRIN Ali Can", None)]) == 1
    deed, = conn.execute("select deed from inbound_message where number_id = %s order by id desc "
                         "limit 1", (found.id,)).fetchone()
    assert deed == 2


def test_production_has_none() -> None:
    live = settings().model_copy(update={"ileti_env": "production"})
    assert seed_number(live, {"provider": 1}) is None
