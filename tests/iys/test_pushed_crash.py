"""The receiver dies in the middle of what İYS pushes: the repeat has the one effect (row 28)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from iys_house import how_many, phones, state, take
from test_pushed import now, post, ready, record

from ileti.core import db

ROOT = Path(__file__).resolve().parents[2]
PUSH = """
import json, os, sys
from ileti.iys import pushed
from ileti.iys.pushlogin import check
body = sys.stdin.buffer.read()
print(pushed.take(check(os.environ["USER_NAME"], os.environ["PASS_WORD"]), body))
"""


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's: each request gets a ``g`` of its own."""


def movements(place: Any) -> int:
    row = db.connection().execute("select count(*) from iys_movement where provider_id = %s",
                                  (place.provider_id,)).fetchone()
    return int(row[0])  # type: ignore[index]


@pytest.mark.parametrize(("where", "kept"), [("push.recorded", 0), ("push.taken", 2)])
def test_a_receiver_killed_before_or_after_its_commit(
        place: Any, given: Any, where: str, kept: int) -> None:
    numbers, pair = phones(2), ready(place)
    take(place, numbers, at=now())
    rows = [record(place, one, "RET", now()) for one in numbers]
    died = subprocess.run(
        [sys.executable, "-c", PUSH], input=json.dumps({"list": rows}).encode(), cwd=ROOT,
        env=os.environ | {"ILETI_FAILPOINT": where, "USER_NAME": pair[0], "PASS_WORD": pair[1],
                          "PYTHONPATH": str(ROOT)},
        capture_output=True, check=False)
    assert died.returncode == 137, died.stderr
    assert movements(place) == kept
    for _ in range(2):
        assert post(rows, pair) == 200
    assert movements(place) == 2
    assert {state(place, one)["status"] for one in numbers} == {"RET"}
    assert how_many(place, "receipts") == 2
