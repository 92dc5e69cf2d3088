"""What tests of large exports share: a place with consents, a person who asks, a worker."""

from __future__ import annotations

import csv
import io
import re
import time
from typing import Any

from ileti.exports import making, runs
from tests.panel.people import token_of

ASK = "/izinler/disari.csv"
OWN = "/disa-aktarmalar/"


def ask(client: Any, query: str = "", **form: str) -> Any:
    return client.post(ASK + query, data={"csrf_token": token_of(client)} | form)


def work(app: Any) -> dict[str, int]:
    """What a worker does; others' runs are none of ours, so all that waits is made."""
    making.house_is(app.app_context)
    return dict(making.make_due(time.monotonic() + 20))


def links(client: Any) -> list[str]:
    return re.findall(r'href="(/disa-aktarmalar/\d+/dosya)"', client.get(OWN).text)


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def newest(user: int) -> runs.Run:
    from ileti.core import db

    (number,) = db.connection().execute(
        "select max(id) from export_run where user_id = %s", [user]).fetchone()  # type: ignore[misc]
    run = runs.read(number, user_id=user)
    assert run is not None
    return run


def files() -> set[str]:
    from config import settings

    folder = settings().export_folder
    return {str(one.relative_to(folder)) for one in folder.glob("*/*")}
