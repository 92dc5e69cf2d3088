"""Killed at the worst moments, told again by the gateway: one record, one answer (fault row 1)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ileti.core import db
from ileti.core.failpoints import EXIT_STATUS, VARIABLE
from ileti.inbound.intake import treat_waiting
from tests.inbound.house import House, new_phone

ROOT = Path(__file__).resolve().parents[2]
_CALL = """
import io, sys
from ileti.inbound.endpoints import PREFIX, application
token, body = sys.argv[1], sys.argv[2].encode()
said = []
application({"REQUEST_METHOD": "POST", "PATH_INFO": PREFIX + token, "QUERY_STRING": "",
             "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
             "wsgi.input": io.BytesIO(body)}, lambda status, headers: said.append(status))
print(said[0][:3])
"""


def told(house: House, phone: str, failpoint: str = "") -> int:
    """A gateway tells a consent to a process of its own; its exit code."""
    body = json.dumps({"id": "tek-mesaj", "from": phone, "text": "ONAY Ali Can"})
    return subprocess.run([sys.executable, "-c", _CALL, house.token, body], cwd=ROOT, check=False,
                          env=os.environ | {VARIABLE: failpoint}, capture_output=True).returncode


@pytest.mark.parametrize("moment", ["inbound.kept", "inbound.treated", "inbound.answered"])
def test_a_process_killed_anywhere_leaves_one_record_and_one_answer(
        place: Any, moment: str) -> None:
    house, phone = House(place), new_phone()
    assert told(house, phone, moment) == EXIT_STATUS
    assert house.entries() in (0, 1)
    assert told(house, phone) == 0  # the gateway heard nothing and tells it again
    db.system_connection().execute(
        "update inbound_message set received_at = now() - interval '1 minute' "
        "where provider_id = %s and deed is null", (place.provider_id,))
    treat_waiting()
    assert house.states(phone) == {2: (1, 8)}
    assert house.entries() == 1
    assert len(house.answers()) == 1
