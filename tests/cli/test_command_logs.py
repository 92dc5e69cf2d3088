"""A command's standard output is its answer; what the program logs meanwhile is elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "LOG_LEVEL"}
    return subprocess.run([sys.executable, "-m", "ileti", *arguments], cwd=ROOT, text=True,
                          env=kept | {"LANG": "C.UTF-8", "ILETI_ENV": "test", **settings},
                          capture_output=True, timeout=120, check=False)


@pytest.fixture
def provider(conn: Any, place: Any) -> str:
    """The İYS number of a provider whose connection somebody might try."""
    from ileti.core.secrets import secrets

    conn.execute("update provider set iys_username = 'api', iys_password = %s where id = %s",
                 (secrets().keyring.encrypt_text("parola-1", "iys-password"), place.provider_id))
    return str(place.iys_code)


@pytest.fixture
def deaf() -> Iterator[str]:
    """An İYS that answers 404 to everything: each answer is a line in the log."""
    class Deaf(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Deaf)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def logged(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_what_goes_wrong_meanwhile_is_logged_on_the_error_stream(provider: str) -> None:
    done = run("push", "on", provider, IYS_BASE_URL="http://127.0.0.1:9")
    assert logged(done.stdout) == []
    assert {one["level"] for one in logged(done.stderr)} == {"warning"}


@pytest.mark.parametrize(("arguments", "settings", "levels"), [
    ((), {}, set()), ((), {"LOG_LEVEL": "info"}, {"info"}), (("-v",), {}, {"info"}),
    (("--verbose",), {"LOG_LEVEL": "error"}, set())])
def test_more_is_logged_when_it_is_asked_for_and_the_answer_stays_alone(
        provider: str, deaf: str, arguments: tuple[str, ...], settings: dict[str, str],
        levels: set[str]) -> None:
    done = run(*arguments, "push", "on", provider, IYS_BASE_URL=deaf, **settings)
    assert {one["level"] for one in logged(done.stderr)} == levels
    assert logged(done.stdout) == []


def test_a_command_that_fails_by_a_fault_of_ours_leaves_standard_output_empty(
        conn: Any, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ileti.cli.vault as v\ndef broken(): raise LookupError('kırık')\nv.rooms = broken\n")
    done = run("vault", "list", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = logged(done.stderr)
    assert (line["event"], line["level"]) == ("uncaught", "critical")
