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

import hypothesis  # noqa: E402

import config  # noqa: E402

config.make_secrets_file(VAR)
# The first letters it draws are read from a table of all there are; on a busy machine that is slow.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("house")

# Far apart, so that a brand number a test makes by adding to one is never another test's.
_numbers = itertools.count(random.randint(100_000, 500_000) * 1_000, 1_000)

# The files that take longest, longest first: begun last, one would run while the others rest.
LONGEST = (
    "panel/test_walk_as_everybody", "cli/test_up", "browser/test_verify_page",
    "faults/test_services_fail", "browser/test_record_pages", "cli/test_second_start",
    "browser/test_document_pages", "browser/test_import_pages", "iys/test_pages_by_axe",
    "channels/test_packs", "widget/test_widget", "faults/test_workers_fail", "browser/test_wizard",
    "browser/test_request_pages", "browser/test_preferences", "chaos/test_chaos",
    "browser/test_plugin_pages", "browser/test_account_pages", "cli/test_readiness",
    "imports/test_excel", "isolation/test_isolation", "browser/test_dealer_work",
    "browser/test_single_pages", "browser/test_proof_story", "browser/test_panel_pages",
    "browser/test_sending_pages", "api/test_live", "browser/test_field_pages",
    "browser/test_main_job", "browser/test_kiosk_offline", "widget/test_notice",
    "panel/test_reconciliation", "cli/test_evidence_commands", "browser/test_call_centre_pages",
    "browser/test_template_pages", "browser/test_inbound_pages", "signin/test_passkeys",
    "browser/test_api_account_pages", "browser/test_call_pages", "evidence/test_audit",
    "panel/test_sending_accounts", "imports/test_import_pages", "iys/test_forward_faults",
    "widget/test_pages_in_browser",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest files first; within a file everything stays as it stands there."""
    rank = {ROOT / "tests" / f"{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage again and again took a fifth of
    the suite's time in Python."""
    from ileti.core.memory import spare_collections

    spare_collections()


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
        found = embedded.start(f"test_{WORKER}")
        if embedded.postgres is not None:
            _hurry(found.database_url)
        return found


def _hurry(url: str) -> None:
    """A commit waits for no disk in a cluster that is only ever used by tests and never crashed by
    one. Those of durability (faults, chaos, cli) have clusters of their own, set as in production.
    """
    import psycopg

    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("alter system set synchronous_commit = off")
        conn.execute("select pg_reload_conf()")


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
