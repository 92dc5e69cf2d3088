"""What every test stands on: a real PostgreSQL and Redis of its own, migrated once per process.

Without ``TEST_DATABASE_URL`` and ``TEST_REDIS_URL`` both are started below ``var/test``. Nothing is
cleaned between tests: every test works for a provider of its own, so that the rows of all the
others are the noise in which a filter bug cannot hide.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
VAR = ROOT / "var" / "test"

os.environ["ILETI_ENV"] = "test"
os.environ["ILETI_VAR"] = str(VAR)
# Tests are quicker than people; those of the minimum time set it themselves.
os.environ["FORM_LEAST_SECONDS"] = "0"
for _name in ("PUBLIC_URL", "SMTP_URL", "IYS_BASE_URL", "DATABASE_OWNER_URL"):
    os.environ.pop(_name, None)

import config  # noqa: E402

config.make_secrets_file(VAR)

# Far apart, so that a brand number a test makes by adding to one is never another test's.
_numbers = itertools.count(random.randint(100_000, 500_000) * 1_000, 1_000)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """A password's hash is slow on purpose; a suite that signs in two thousand times need not be.
    What the product itself makes is looked at in tests/signin."""
    from werkzeug.security import generate_password_hash

    from ileti.tenancy import accounts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "hash_password",
                      lambda password: generate_password_hash(password, method="scrypt:1024:8:1"))
        yield


@pytest.fixture(scope="session")
def services() -> Any:
    """PostgreSQL and Redis, shared by all test processes on this machine."""
    import fcntl

    from ileti.core.embedded import EmbeddedServices

    VAR.mkdir(parents=True, exist_ok=True)
    embedded = EmbeddedServices(
        VAR,
        database_url=os.environ.get("TEST_DATABASE_URL", ""),
        redis_url=os.environ.get("TEST_REDIS_URL", ""),
    )
    with (VAR / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return embedded.start(f"test_{WORKER}")


@pytest.fixture(scope="session")
def redis_url(services: Any) -> str:
    """A Redis database of this test process."""
    number = 0 if WORKER == "main" else int(WORKER.removeprefix("gw")) % 15 + 1
    return f"{services.redis_url}?db={number}"


@pytest.fixture(scope="session")
def database(services: Any, redis_url: str) -> Iterator[str]:
    """A freshly migrated database; ``config.settings()`` points at it."""
    import psycopg

    from ileti.cli.setup import migrate
    from ileti.core import db

    name = services.database_url.partition("?")[0].rpartition("/")[2]
    admin = services.database_url.replace(f"/{name}", "/postgres", 1)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"drop database if exists {name} with (force)")
        conn.execute(f"create database {name} template template0 encoding 'UTF8'")
    os.environ["DATABASE_URL"] = services.database_url
    os.environ["REDIS_URL"] = redis_url
    config.settings.cache_clear()
    migrate(config.settings())
    yield services.database_url
    db.forget_connections()


def _new_place(conn: Any) -> Any:
    from ileti.consents.ledger import Place

    code = next(_numbers) % 900_000_000 + 100_000
    provider = conn.execute(
        "insert into provider (title, short_name, iys_code, activation_date) "
        "values ('Defne Ev Tekstili San. ve Tic. A.Ş.', 'Defne Ev', %s, '2021-01-01') "
        "returning id", [code],
    ).fetchone()[0]
    brand = conn.execute(
        "insert into brand (provider_id, brand_code, name, master) "
        "values (%s, %s, 'Defne Ev', true) returning id", [provider, code],
    ).fetchone()[0]
    conn.execute("insert into iys_cursor (provider_id, brand_id, pulled_at) "
                 "values (%s, %s, now())", [provider, brand])
    return Place(provider, code, brand, code)


@pytest.fixture
def conn(database: str) -> Any:
    """This thread's bare connection, in the application's role."""
    from ileti.core import db

    return db.connection()


@pytest.fixture
def place(conn: Any) -> Any:
    """A provider with one brand that no other test knows."""
    return _new_place(conn)


@pytest.fixture
def place_b(conn: Any) -> Any:
    """Another provider: noise that must never show."""
    return _new_place(conn)


@pytest.fixture
def new_place(conn: Any) -> Callable[[], Any]:
    """As many providers as a test wants."""
    return lambda: _new_place(conn)


@pytest.fixture(scope="session")
def app(database: str) -> Any:
    """The whole Flask application with its permissions created."""
    from ileti.factory import create_app, setup_permissions

    made = create_app(config.settings())
    made.config.update(TESTING=True)
    setup_permissions(made)
    return made


CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One headless Chromium per test process (Playwright allows one loop at a time);
    ``ILETI_CHROMIUM`` names another one."""
    import shutil

    from playwright.sync_api import sync_playwright

    found = os.environ.get("ILETI_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
