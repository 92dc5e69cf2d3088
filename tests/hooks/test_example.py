"""The example plug-in, installed as anybody would and run in a fresh process. Its own tests stand
beside it and are run with ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "ileti-plugin-ornek"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder it was installed into, without network."""
    there = tmp_path_factory.mktemp("plugin")
    copy = shutil.copytree(EXAMPLE, there / "source")
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", "-q", "--offline", "--no-deps",
                    "--no-build-isolation", "--target", str(there / "site"), str(copy)],
                   check=True, capture_output=True, timeout=120)
    return there / "site"


@pytest.fixture(scope="module")
def said(database: str, installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.hooks.example_run"], capture_output=True, text=True,
        timeout=240, cwd=ROOT, env=os.environ | {
            "PYTHONPATH": os.pathsep.join((str(installed), str(ROOT))),
            "ORNEK_FOLDER": str(tmp_path_factory.mktemp("ornek"))})
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])


NOTHING = {"gateway": "demo", "allowed": [True, True], "why": "Şu anda gönderilebilir.",
           "lint": [], "column": False, "source": False, "page": 404, "shown": False, "menu": False}


def test_it_is_found_by_its_entry_point(said: Any) -> None:
    assert (said["version"], said["problem"], said["trouble"]) == ("1.0.0", "", [])
    assert len(said["hooks"]) == 7
    assert said["listed"]


def test_where_it_is_on_everything_of_it_is_there(said: Any) -> None:
    assert said["switched"] == 302
    assert said["on"] == {
        "gateway": "ornek", "allowed": [True, False],
        "why": "Bu kişi şirketin durdurma listesinde.", "lint": ["ornek:kazanc", "ornek:bedava"],
        "column": True, "source": True, "page": 200, "shown": True, "menu": True}
    assert said["english"]


@pytest.mark.parametrize("when", ["before", "off", "after"])
def test_where_it_is_off_nothing_of_it_is_there(said: Any, when: str) -> None:
    assert said[when] == NOTHING


def test_its_gateway_carries_and_its_list_comes_in(said: Any) -> None:
    assert said["sent"] == ["+905994300001"]
    assert said["sent_by_other"] == 1  # still the one of before
    assert said["fetched"] == ["/ice-aktarma/1/esleme", "HS_FIZIKSEL_ORTAM"]


def test_the_command_lists_it(said: Any) -> None:
    assert "ready   ornek 1.0.0: gateway, gateway_kinds, gate_check" in said["command"]
