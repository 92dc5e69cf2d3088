"""An İYS of one's own for each test, and a provider whose account is open there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from iys_house import WORKER, Registry, open_account, take

from ileti.core import db
from ileti.simulator.app import create_simulator
from ileti.simulator.options import SimulatorOptions
from ileti.simulator.server import SimulatorServer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def registry() -> Iterator[Registry]:
    options = SimulatorOptions()
    options.delays.batch_seconds = 0
    options.delays.pull_seconds = 0
    options.quotas.per_second = None
    simulator = create_simulator(options=options)
    server = SimulatorServer("127.0.0.1", 0, simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield Registry(f"http://127.0.0.1:{server.server_address[1]}")
    simulator.close()
    server.shutdown()
    server.server_close()


@pytest.fixture
def given(database: str, registry: Registry, monkeypatch: Any) -> Any:
    """The settings, pointing at the simulator, with short waits and no quota of our own."""
    from config import settings
    from ileti.core.jobs import redis_client

    redis_client.cache_clear()
    # A block stands by address, and the simulator's port may have been another test's.
    db.connection().execute("delete from iys_block")
    for name, value in {
        "iys_base_url": registry.url, "iys_first_poll_seconds": 0.0,
        "iys_requests_per_second": 5000.0, "iys_token_requests_per_hour": 50,
        "iys_pull_seconds": 0.05,
    }.items():
        monkeypatch.setattr(settings(), name, value)
    return settings()


@pytest.fixture
def shop(given: Any, place: Any, place_b: Any, registry: Registry) -> Any:
    """A place with an open account; another provider's rows wait beside it."""
    open_account(place, registry)
    take(place_b, ["+905990000001"])
    return place


@pytest.fixture
def worker(given: Any) -> Callable[..., subprocess.Popen[str]]:
    """Start a real worker process; ``failpoint`` kills it there."""

    def start(what: str, place: Any, *, failpoint: str = "", seconds: float = 20.0,
              archive: Path | None = None, at: str = "") -> subprocess.Popen[str]:
        env = os.environ | {
            "IYS_BASE_URL": given.iys_base_url, "IYS_FIRST_POLL_SECONDS": "0",
            "IYS_REQUESTS_PER_SECOND": "5000", "ILETI_FAILPOINT": failpoint,
            "IYS_TOKEN_REQUESTS_PER_HOUR": "50", "PYTHONPATH": str(ROOT), "TEST_CLOCK": at,
            "ARCHIVE_DIR": str(archive or ""),
        }
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, what, str(place.provider_id), str(seconds)],
            env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)

    return start
