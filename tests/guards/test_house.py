"""Laws of the house that no reviewer should have to remember."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [p for p in sorted((ROOT / "ileti").rglob("*.py")) if "migrations" not in p.parts]
OURS = [p for p in SOURCES if "simulator" not in p.parts]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_every_module_says_why_it_exists(path):
    text = path.read_text()
    if not text.strip():
        return
    assert ast.get_docstring(ast.parse(text)), "no module docstring"


CLOCKS = re.compile(r"datetime\.now\(|datetime\.utcnow\(|date\.today\(|time\.time\(\)")
OWN_CLOCK = {"ileti/core/clock.py", "ileti/cli/doctor.py"}


@pytest.mark.parametrize("path", OURS, ids=relative)
def test_time_comes_from_one_clock(path):
    if relative(path) in OWN_CLOCK:
        return
    found = [line for line in path.read_text().splitlines() if CLOCKS.search(line)]
    assert found == []


HTTP = re.compile(r"httpx\.(Client|AsyncClient|get|post|put|request|stream)\(|"
                  r"import requests|urllib\.request")
OUTSIDE = {"ileti/core/http.py", "ileti/cli/up.py", "ileti/cli/doctor.py"}


@pytest.mark.parametrize("path", OURS, ids=relative)
def test_outgoing_http_has_one_door(path):
    if relative(path) in OUTSIDE:
        return
    assert HTTP.findall(path.read_text()) == []


def test_no_file_names_a_machine_or_a_registry():
    machine = re.compile(r"/(home|Users|work|root)/[a-z]")
    registry = re.compile(r"https?://[^\s\"']*(pypi\.org|npmjs|registry\.)")
    wrong = []
    for path in [*ROOT.glob("requirements/*"), *ROOT.glob("widgets/*.json"), *SOURCES,
                 *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md"), ROOT / "Makefile"]:
        text = path.read_text()
        wrong += [relative(path) for rule in (machine, registry) if rule.search(text)]
    assert wrong == []


def test_every_job_has_a_queue_a_worker_serves_and_says_why_it_may_run_twice():
    from ileti.cli.worker import load_jobs
    from ileti.core.jobs import JOBS, QUEUES

    load_jobs()
    assert len(JOBS) >= 5
    for kind in JOBS.values():
        assert kind.queue in QUEUES
        assert len(kind.idempotent) > 10
        assert kind.timeout > 0
        assert kind.every > 0


def test_the_worker_and_the_scheduler_know_the_jobs_of_every_room():
    from ileti.cli.worker import load_jobs
    from ileti.core.jobs import JOBS

    load_jobs()
    rooms = {p.parent.name for p in OURS if p.name == "jobs.py" and p.parent.name != "core"}
    assert rooms <= {name.partition(".")[0] for name in JOBS}


def test_every_queue_is_served_by_the_default_worker_and_by_up():
    from ileti.cli.commands import worker
    from ileti.core.jobs import QUEUES

    served = next(p for p in worker.params if p.name == "queues").default
    assert set(served) == set(QUEUES)
    text = (ROOT / "ileti/cli/up.py").read_text()
    assert all(f'"{queue}"' in text for queue in QUEUES)


# It goes into bundles and must run alone, as one file (ileti/evidence/verifier.py).
ONE_FILE = {"ileti/evidence/verifier.py": 900}


def test_no_own_file_has_outgrown_its_room():
    long = {relative(p): n for p in SOURCES
            if (n := len(p.read_text().splitlines())) > ONE_FILE.get(relative(p), 450)}
    assert long == {}


def test_the_files_begun_first_are_there():
    from tests.conftest import LONGEST

    assert [name for name in LONGEST if not (ROOT / f"tests/{name}.py").exists()] == []
