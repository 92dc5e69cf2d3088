"""PostgreSQL's disk is full: no false receipt, nothing half written, and all well afterwards.

The disk is a small tmpfs of this test's own. Only root may mount one: without that right the test
does not exist.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults_house import Customer, Services, wait_until

import config

SIZE = 160  # MB; a fresh cluster with its first WAL takes about half


@pytest.fixture
def services() -> Iterator[Services]:
    """A house on a disk of its own."""
    from ileti.cli.setup import migrate
    from ileti.core import embedded

    folder = Path(tempfile.mkdtemp(prefix="ileti-disk-"))
    folder.chmod(0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=755", "tmpfs", str(folder)],
                   check=True)
    least, embedded.LEAST_FREE_BYTES = embedded.LEAST_FREE_BYTES, 0
    small = embedded.POSTGRES_SETTINGS | {"max_wal_size": "64MB", "shared_buffers": "32MB"}
    usual, embedded.POSTGRES_SETTINGS = embedded.POSTGRES_SETTINGS, small
    made = Services(folder)
    try:
        made.start()
        migrate(config.load_settings(database_url=made.database_url, redis_url=made.valkey.url))
        yield made
    finally:
        (folder / "ballast").unlink(missing_ok=True)
        made.stop()
        embedded.LEAST_FREE_BYTES, embedded.POSTGRES_SETTINGS = least, usual
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path) -> None:
    """Leave not a byte."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65_536)
        except OSError:
            pass
    assert shutil.disk_usage(folder).free < 65_536


def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    services: Services, system: Any, shop: Any, customers: Any
) -> None:
    customer: Customer = customers(1).customers[0]
    for number in range(5):
        customer.post(f"+90599800{number:04d}")
    fill(services.var)
    refused = 0
    for number in range(400):
        body = customer._body(f"+90599801{number:04d}")
        status = customer.send(body)
        assert status in (201, 503), customer.problems[-1]
        if status == 201:
            customer.accepted.append(body["key"])
        refused += status == 503
        if refused >= 3:
            break
    assert refused >= 3, "the disk never became full"
    assert all(len(problem["title"]) > 20 for problem in customer.problems)
    (services.var / "ballast").unlink()
    if not services.postgres.runs:
        services.postgres.start()  # as `ileti up` does within a second
    assert wait_until(system.answers, 15), system.log("web")
    customer.send(body)
    customer.post("+905998020000")
    with services.owner() as conn:
        told = [row[0].rpartition(":")[2] for row in conn.execute("select idem from submission")]
        loose = conn.execute("select count(*) from consent_entry e where not exists (select from "
                             "submission s where s.id = e.submission_id)").fetchone()[0]
        waiting = conn.execute("select count(*) from consent_entry").fetchone()[0]
    assert set(told) >= set(customer.accepted)
    assert len(told) == len(set(told)) == len(customer.accepted) + 1 == waiting
    assert loose == 0
