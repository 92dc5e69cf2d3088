"""What goes into a log, and what must never."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ileti.core import logs

ROOT = Path(__file__).resolve().parents[2]
SECRET = "Yq3x-8Vw2kLmN0pR5tZb7cD9eF1gH4jK6lM8nP0qS2u"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """The lines written so far, as JSON objects."""
    logs.configure_logs("info")
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_traceback_shows_no_local_variable(lines: Any) -> None:
    def sign() -> None:
        secret = SECRET
        raise RuntimeError("imza atılamadı" if secret else "")

    try:
        sign()
    except RuntimeError:
        logs.get_logger("ileti.deneme").exception("vouch_broke", site=4)
    (line,) = lines()
    assert "imza atılamadı" in line["exception"]
    assert SECRET not in json.dumps(line)


@pytest.mark.parametrize("text", [
    "+90 599 213 41 17", "+905992134117", "05992134117", "0599 213 41 17",
    "ada.yildiz@ornek.com.tr", "10000000146", "code 482119 sent", SECRET,
    "5f2b8c0d4e6a7f1b3c5d7e9f0a2b4c6d8e0f1a3b", "postgresql://ileti:gizli@10.0.0.2/ileti",
])
def test_addresses_numbers_codes_and_keys_are_hidden_in_any_text(text: str, lines: Any) -> None:
    logs.get_logger("ileti.deneme").error("olmadı", reason=f"Key (x)=({text}) is there")
    (line,) = lines()
    assert logs.HIDDEN in line["reason"]
    assert not re.search(r"\d{6}|ornek\.com|gizli|Yq3x", line["reason"])


def test_what_is_named_a_secret_is_hidden_whatever_it_looks_like(lines: Any) -> None:
    logs.get_logger("ileti.deneme").info(
        "istek", password="kısa", token="abc", headers={"Authorization": "Bearer x"}, given=True)
    (line,) = lines()
    assert (line["password"], line["token"]) == (logs.HIDDEN, logs.HIDDEN)
    assert line["headers"] == {"Authorization": logs.HIDDEN}
    assert line["given"] is True


def test_what_an_operator_needs_stays_readable(lines: Any) -> None:
    logs.get_logger("ileti.iys").warning(
        "iys_batch_held", batch=812_004, code="H178", reason="HTTP 503 from /sps/607100/brands",
        reference="9f1c02ab77de", seconds=12.5)
    (line,) = lines()
    assert line["batch"] == 812_004
    assert line["code"] == "H178"
    assert line["reference"] == "9f1c02ab77de"
    assert line["reason"] == "HTTP 503 from /sps/607100/brands"
    assert line["level"] == "warning"


def test_a_librarys_line_takes_the_same_road(lines: Any) -> None:
    try:
        raise ValueError("duplicate key: (ada@ornek.com.tr)")
    except ValueError:
        logging.getLogger("some.library").exception("could not send to %s", "+905992134117")
    (line,) = lines()
    assert line["logger"] == "some.library"
    assert logs.HIDDEN in line["event"]
    assert "ornek" not in json.dumps(line)
    assert "599" not in line["event"]


def test_the_last_word_of_a_dying_process_is_masked_too() -> None:
    code = ("from ileti.core.logs import get_logger; get_logger('x'); "
            f"secret = '{SECRET}'; raise RuntimeError('no answer for ada@ornek.com.tr')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=False, timeout=60)
    assert done.returncode == 1
    assert json.loads(done.stdout)["event"] == "uncaught"
    assert "ornek" not in done.stdout + done.stderr


def test_a_librarys_chatter_stays_out(lines: Any) -> None:
    logging.getLogger("httpx").info("GET https://api.ornek.test/?recipient=x")
    assert lines() == []


def test_a_wrong_level_does_not_silence_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logs("verbose")
    logs.get_logger("ileti.deneme").info("burada")
    assert "burada" in capsys.readouterr().out


def test_every_module_takes_its_logger_from_here() -> None:
    wrong = [path.name for path in (ROOT / "ileti").rglob("*.py")
             if path.name != "logs.py" and "structlog" in path.read_text()]
    assert wrong == [], "take get_logger from ileti.core.logs: its lines hide what must be hidden"
