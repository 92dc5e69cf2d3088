"""``make fuzz-api``: schemathesis asks everything the document allows, and much that it does not.

Starts a database and a web server of its own, makes a company with an account that may everything,
takes the document from the server and lets schemathesis run over ``/api/v1/`` with all its checks.
Prints ``api_fuzz_cases`` and ``api_fuzz_failures``; ends with 1 when there is a failure.

One check is told more than its default: a value may fit its schema and break the law or name what
is not there (an address that is none, a day in the future, a key used before, a file of another
kind), so 400, 409, 412 and 422 count as understood beside 2xx, 401, 403 and 404. And guessing grows
slow on purpose, which would answer the check of wrong credentials with 429: what was counted
against this machine is forgotten again and again while it runs.

``FUZZ_EXAMPLES`` sets how many examples an operation gets (default 25), ``FUZZ_SEED`` where chance
begins (default 1), ``FUZZ_ONLY`` a regular expression of paths, ``FUZZ_PHASES`` which of
schemathesis' phases run (all four; the last calls operations one after the other, with what those
before answered).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.capture import free_port
from benchmarks.place import fresh_database, new_place

ROOT = Path(__file__).resolve().parents[1]
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "400", "409", "412", "422"]

# a faulty item is told with its place in the list and stops no other, so the call is understood
[[operations]]
include-name = "POST /api/v1/consents/batch"
[operations.checks]
negative_data_rejection.enabled = false
"""
START_SECONDS = 120
PHASES = "examples,coverage,fuzzing,stateful"


def main() -> int:
    """0 when nothing failed."""
    given = fresh_database("fuzz")
    with psycopg.connect(given.database_url, autocommit=True) as conn:
        provider, _brand = new_place(conn)
    key, port = _account(provider), free_port()
    threading.Thread(target=_forgive, args=(given.database_url,), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        server = _serve(port, Path(folder) / "web.log")
        try:
            _wait(port)
            return _fuzz(Path(folder), f"http://127.0.0.1:{port}", key)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


def _forgive(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as conn:
        while True:
            conn.execute("delete from login_limit")
            time.sleep(0.02)


def _account(provider: int) -> str:
    from ileti.core import db
    from ileti.programs import accounts, keys
    from ileti.programs.scopes import SCOPES

    row = db.connection().execute(
        "insert into api_account (provider_id, name, username, scopes) "
        "values (%s, 'Fuzz', %s, %s) returning id",
        (provider, accounts.new_username(), [one.key for one in SCOPES])).fetchone()
    return keys.make(db.connection(), provider, row[0]).text  # type: ignore[index]


def _serve(port: int, log: Path) -> subprocess.Popen[bytes]:
    environment = dict(os.environ) | {
        "PORT": str(port), "WEB_WORKERS": "1", "API_REQUESTS_PER_SECOND": "1000000",
        "LOG_LEVEL": "error", "PYTHONPATH": str(ROOT)}
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "ileti", "web"], cwd=ROOT, env=environment,
            stdout=file, stderr=file, start_new_session=True)


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/saglik", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the web server does not start")


def _fuzz(folder: Path, base: str, key: str) -> int:
    spec, report = folder / "openapi.json", folder / "report.json"
    with urllib.request.urlopen(f"{base}/api/openapi.json?lang=en", timeout=30) as answer:  # noqa: S310
        document: dict[str, Any] = json.load(answer)
    only = re.compile(os.environ.get("FUZZ_ONLY", "."))
    document["paths"] = {path: one for path, one in document["paths"].items()
                         if path.startswith("/api/v1/") and only.search(path)}
    document["servers"] = [{"url": base}]
    spec.write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(CONFIG)
    done = subprocess.run(  # noqa: S603 (our own arguments)
        [str(Path(sys.executable).with_name("schemathesis")), "--config-file",
         str(folder / "schemathesis.toml"), "run", str(spec), "--url", base, "--checks", "all",
         "--phases", os.environ.get("FUZZ_PHASES", PHASES), "--continue-on-failure", "--no-color",
         "--max-examples", os.environ.get("FUZZ_EXAMPLES", "25"),
         "--seed", os.environ.get("FUZZ_SEED", "1"), "--request-timeout", "60",
         "--suppress-health-check", "all", "--generation-database", "none",
         "-H", f"Authorization: Bearer {key}", "--report-json-path", str(report)],
        cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout.replace(key, "ilt_…")
    cases = re.search(r"(\d+) generated", said)
    failures = re.search(r"(\d+) unique failures?", said)
    found = int(failures[1]) if failures else 0
    if found or done.returncode:
        print(said)
        print(done.stderr.replace(key, "ilt_…"), file=sys.stderr)
    print(f"api_fuzz_cases {cases[1] if cases else 0}")
    print(f"api_fuzz_failures {found}")
    return int(bool(found or done.returncode or not cases))


if __name__ == "__main__":
    sys.exit(main())
