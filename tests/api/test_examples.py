"""The programs of the API's page, as they stand there, against a live server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.api.chapters import SAMPLES, sample
from ileti.core import db

from .api_house import Server, account

RUN = {"curl": ("curl", ["bash", "-euo", "pipefail"]), "Python": (sys.executable, [sys.executable]),
       "JavaScript (Node)": ("node", ["node"]), "PHP": ("php", ["php"]),
       "C#": ("dotnet", ["dotnet", "run"])}


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("web"))
    made.start()
    yield made
    made.stop()


def test_every_example_has_its_language_here() -> None:
    assert set(RUN) == set(SAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_an_example_does_what_it_says(name: str, server: Server, place: Any,
                                      tmp_path: Path) -> None:
    needed, command = RUN[name]
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not on this machine: {name} was read by eye alone")
    _name, key = account(place, brings=False, scopes=["consents:write", "consents:ask",
                                                      "consents:list"])
    said = run(name, command, server, key, tmp_path)
    assert ("10 recorded" if name == "Python" else "RECORDED") in said
    count = db.connection().execute("select count(*) from consent_entry where provider_id = %s",
                                    [place.provider_id]).fetchone()[0]
    assert count == (10 if name == "Python" else 1)


def run(name: str, command: list[str], server: Server, key: str, folder: Path) -> str:
    """One program as it stands on the page."""
    file = folder / SAMPLES[name].removesuffix(".txt")
    file.write_text(sample(SAMPLES[name]))
    done = subprocess.run([*command, str(file)], cwd=folder, text=True, capture_output=True,
                          timeout=120, check=False,
                          env=os.environ | {"ILETI": server.base, "ILETI_KEY": key})
    assert done.returncode == 0, f"{name}: {done.stderr}{done.stdout}"
    return done.stdout


@pytest.mark.parametrize(("query", "word"), [("", "Örnekler"), ("?lang=en", "Examples")])
def test_the_page_shows_them_with_every_service_and_asks_nobody_else(
        app: Any, query: str, word: str) -> None:
    answer = app.test_client().get(f"/api{query}")
    assert answer.status_code == 200
    assert word in answer.text
    assert all(f"<summary>{name.replace('#', '#')}</summary>" in answer.text for name in SAMPLES)
    assert 'id="takeConsents"' in answer.text
    assert "consents:write" in answer.text
    assert 'src="http' not in answer.text
    assert " style=" not in answer.text
