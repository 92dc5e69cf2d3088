"""A destruction or an erasure that dies at any line leaves nothing half gone; the next ends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ileti.consents.audit import audit
from ileti.consents.vocabulary import Status
from ileti.retention import destroy, log, witness  # noqa: F401
from ileti.retention.erase import erase_person
from tests.evidence.sealed_house import seal_all
from tests.retention.old_house import ago, in_force, is_there, person, took

ROOT = Path(__file__).resolve().parents[2]
RUN = "from ileti.retention import destroy; destroy.CHUNK = 1; destroy.run_now()"
ERASE = """
import sys
from ileti.retention.erase import erase_person
erase_person(int(sys.argv[1]), [int(sys.argv[2])], reason="x", case="B-1", by=None)
"""


def killed(where: str, code: str, *arguments: object) -> None:
    died = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, capture_output=True,
        env=os.environ | {"ILETI_FAILPOINT": where, "PYTHONPATH": str(ROOT)}, check=False)
    assert died.returncode == 137, died.stderr


@pytest.mark.parametrize("where", ["retention.destroyed", "retention.logged"])
def test_a_run_that_is_killed_is_gone_on_with(shop: Any, owner: Any, where: str) -> None:
    people = [person(took(owner, shop, f"+90599000000{n}", ago(11), Status.RET)) for n in range(3)]
    seal_all()
    killed(where, RUN)
    assert log.verify() == (0, [])  # the chunk at hand is whole: not destroyed, not logged
    assert all(is_there(owner, one) for one in people)
    assert audit().findings == []
    assert destroy.run_now()[1] == 6
    assert owner.execute("select count(*) from destruction_run").fetchone()[0] == 1
    assert (log.verify()[1], audit().findings) == ([], [])


@pytest.mark.parametrize("where", ["erase.refused", "erase.restricting", "erase.restricted"])
def test_an_erasure_that_is_killed_has_stopped_messages_and_is_ended_by_another(
        shop: Any, owner: Any, where: str) -> None:
    done = took(owner, shop, "+905990000001", ago(2))
    in_force(owner, done)
    killed(where, ERASE, shop.provider_id, person(done))
    assert owner.execute("select distinct status from consent_state").fetchall() == [(2,)]
    again = erase_person(shop.provider_id, [person(done)], reason="x", case="B-1", by=None)
    assert again.persons[0].restricted
    assert owner.execute("select count(*) from consent_entry").fetchone()[0] == 2
