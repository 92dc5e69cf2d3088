"""The breakable house of the fault tests: see faults_house.py."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "iys"))

from faults_house import (
    OPEN,
    ORIGIN,
    ROOT,
    SECRET,
    Crowd,
    Customer,
    Services,
    System,
    end_orphans,
    free_port,
    wait_until,
)
from iys_house import Registry, open_account

import config

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# Only root may mount the small disk that test_disk_full.py fills.
collect_ignore = [] if os.geteuid() == 0 else ["test_disk_full.py"]
VAR = ROOT / "var" / "test" / f"faults-{WORKER}"


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Services that only the fault tests use; a leftover of a run before is thrown away."""
    end_orphans(VAR)
    before = Services(VAR)
    before.stop()
    shutil.rmtree(VAR, ignore_errors=True)
    made = Services(VAR)
    made.start()
    config.make_secrets_file(VAR.parent)
    _migrate(made)
    yield made
    made.stop()
    shutil.rmtree(VAR, ignore_errors=True)


def _migrate(made: Services) -> None:
    from ileti.cli.setup import migrate

    migrate(config.load_settings(database_url=made.database_url, redis_url=made.valkey.url))


@pytest.fixture
def database(services: Services) -> Iterator[str]:
    """This process works in the breakable house for one test, and goes back afterwards."""
    from ileti.core import db
    from ileti.core.jobs import redis_client

    def move(values: dict[str, str | None]) -> dict[str, str | None]:
        before = {name: os.environ.get(name) for name in values}
        for name, value in values.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        config.settings.cache_clear()
        redis_client.cache_clear()
        db.forget_connections()
        return before

    before = move({"DATABASE_URL": services.database_url, "REDIS_URL": services.valkey.url})
    yield services.database_url
    move(before)


@pytest.fixture
def registry() -> Iterator[Registry]:
    """An İYS of one's own in a thread, without quota and without delay."""
    import threading

    from ileti.simulator.app import create_simulator
    from ileti.simulator.options import SimulatorOptions
    from ileti.simulator.server import SimulatorServer

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
    """The settings of this process: that İYS, no waits, no quota of our own."""
    for name, value in {
        "iys_base_url": registry.url, "iys_first_poll_seconds": 0.0,
        "iys_requests_per_second": 5000.0, "iys_token_requests_per_hour": 500,
        "iys_pull_seconds": 0.05,
    }.items():
        monkeypatch.setattr(config.settings(), name, value)
    return config.settings()


@pytest.fixture
def shop(given: Any, place: Any, registry: Registry) -> Any:
    """A provider whose account at İYS is open."""
    open_account(place, registry)
    return place


@pytest.fixture
def environment(services: Services, registry: Registry) -> dict[str, str]:
    """What every real process of this house is started with."""
    return os.environ | OPEN | {
        "ILETI_ENV": "test", "ILETI_VAR": str(VAR.parent), "PYTHONPATH": str(ROOT),
        "DATABASE_URL": services.database_url, "REDIS_URL": services.valkey.url,
        "IYS_BASE_URL": registry.url, "IYS_FIRST_POLL_SECONDS": "0.2",
        "IYS_REQUESTS_PER_SECOND": "5000", "IYS_TOKEN_REQUESTS_PER_HOUR": "500",
        "IYS_PULL_SECONDS": "1", "WEB_WORKERS": "1", "LOG_LEVEL": "warning",
    }


@pytest.fixture
def system(environment: dict[str, str], shop: Any, tmp_path: Path) -> Iterator[System]:
    """Web server, a worker per queue and the scheduler, ready to serve."""
    port = free_port()
    made = System(environment | {"PORT": str(port)}, tmp_path, port)
    made.run("web", "web")
    made.run("worker", "worker", "--queue", "iys")
    made.run("scheduler", "scheduler")
    try:
        assert wait_until(made.answers, 30), made.log("web")
        yield made
    finally:
        for name, one in made.processes.items():  # shown beside a failure
            print(name, one.poll(), made.log(name)[-3_000:])
        made.end()


@pytest.fixture
def customers(system: System, shop: Any) -> Callable[[int], Crowd]:
    """So many customers of a signed site of this shop."""
    from ileti.capture import forms, sites
    from ileti.core import db
    from ileti.core.secrets import secrets
    from ileti.documents.publish import publish_standard_texts

    publish_standard_texts(shop.provider_id, shop.brand_id)
    key = f"pk_{shop.provider_id:08d}"
    db.connection().execute(
        "insert into site (provider_id, brand_id, name, public_key, secret, origins, policy) "
        "values (%s, %s, 'Mağaza', %s, %s, %s, 'signed')",
        (shop.provider_id, shop.brand_id, key,
         secrets().keyring.encrypt_text(SECRET, "site-secret"), [ORIGIN]))
    site = sites.find_site(key)
    token = str(forms.show(site, "tr")["token"])
    return lambda count: Crowd([Customer(system.port, key, token, n) for n in range(count)])
