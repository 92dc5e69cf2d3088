"""Whoever begins with the demo can take a call: a script is on show, and they are trained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from config import settings
from ileti.callcentre import training
from ileti.callcentre.seed import seed_calls
from ileti.capture.seed import seed_demo
from ileti.core import clock
from tests.panel.people import user_with


def test_scripts_and_trainings_are_there_once(database: str, conn: Any, app: Any) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    seeded = seed_demo(given)
    name = user_with(app, "platform_admin")
    user = conn.execute("select id from ab_user where username = %s", (name,)).fetchone()[0]
    for _ in range(2):
        seed_calls(given, seeded, [user])
    assert conn.execute(
        "select count(distinct d.id), count(distinct v.id) from document d join document_version v "
        "on v.document_id = d.id where d.provider_id = %s and d.kind = 'CAGRI_METNI'",
        (seeded["provider"],)).fetchone() == (2, 4)
    assert training.holds(training.last(seeded["provider"], user))
    assert conn.execute("select count(*) from call_training where user_id = %s",
                        (user,)).fetchone() == (1,)


def test_a_training_out_of_date_is_noted_anew(database: str, conn: Any, app: Any) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    seeded = seed_demo(given)
    name = user_with(app, "platform_admin")
    user = conn.execute("select id from ab_user where username = %s", (name,)).fetchone()[0]
    training.note(seeded["provider"], user, clock.today() - timedelta(days=800), by=None)
    seed_calls(given, seeded, [user])
    assert training.last(seeded["provider"], user) == clock.today()
