"""The commands of docs/imports.md, as they stand there, against a live server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import config
from ileti.core import db
from ileti.imports.reading.sources import examine
from tests.imports.import_house import states

from .api_house import Server, account, ndjson, work

TEXT = (config.ROOT / "docs" / "imports.md").read_text()
OVER_HTTP = TEXT[TEXT.index("## Over HTTP"):TEXT.index("## Settings")]
BLOCKS = re.findall(r"```sh\n(.*?)```", OVER_HTTP, re.DOTALL)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="the commands are curl's")
def test_every_command_of_the_documentation_does_what_it_says(
        database: str, place: Any, tmp_path: Path) -> None:
    db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, 731204, 'Belge')",
        [place.provider_id])
    (tmp_path / "musteri.ndjson").write_bytes(ndjson(40) + b'{"telefon": "0599 21"}\n')
    server, login = Server(tmp_path), account(place)
    server.start()
    try:
        said = [run(block, server, login, tmp_path, place) for block in BLOCKS]
    finally:
        server.stop()
    assert len(said) == 8
    assert [one["state"] for one in imports(place)] == ["applied", "checked", "undone"]
    assert '"decided":null' in said[1]
    assert len(states(place)) == 40
    assert (tmp_path / "nedenler.csv").read_text("utf-8-sig").count("\n") == 2
    assert examine("r", tmp_path / "nedenler.xlsx").layout.format == "xlsx"
    lines = (tmp_path / "nedenler.ndjson").read_text().splitlines()
    assert [json.loads(one)["line"] for one in lines] == list(range(1, 42))
    assert '"state":"checking"' in said[3]
    assert json.loads((tmp_path / "eslesme.json").read_text())["missing"] == []
    assert '"number":1' in said[5]
    assert '"kind":"take_back"' in said[7]


def run(block: str, server: Server, login: tuple[str, str], folder: Path, place: Any) -> str:
    """One block in a shell that remembers the variables of those before; then the workers work."""
    block = re.sub("ILETI=.*", f"ILETI={server.base}", block)
    block = re.sub("LOGIN=.*", f"LOGIN={':'.join(login)}", block)
    script = ("set -euo pipefail; query_the_crm() { cat musteri.ndjson; }; touch kept; . ./kept\n"
              f"{block}\nset +u; printf 'ILETI=%q\\nLOGIN=%q\\nKEY=%q\\nID=%q\\n' "
              '"$ILETI" "$LOGIN" "$KEY" "${ID:-}" > kept')
    done = subprocess.run(["bash", "-c", script], cwd=folder, text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "urn:ileti:problem" not in done.stdout, done.stdout
    for one in imports(place):
        work(one["id"])
    return done.stdout


def imports(place: Any) -> list[dict[str, Any]]:
    from ileti.imports.states import RunState

    return [{"id": number, "state": RunState(state).name.lower()}
            for number, state in db.connection().execute(
                "select id, state from import_run where provider_id = %s order by id",
                [place.provider_id])]
