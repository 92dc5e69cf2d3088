"""A clock put wrong from outside, and that production has only its machine's."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import WrongSetting, _refuse_weakness, load_settings
from ileti.core import clock

ASK = "from ileti.core import clock; import time; print(clock.now().timestamp() - time.time())"


def wrong_by(file: Path, **environment: str) -> float:
    """By how many seconds a fresh process's clock is wrong."""
    said = subprocess.run([sys.executable, "-c", ASK], text=True, capture_output=True, check=True,
                          env={"PATH": "", "ILETI_CLOCK_FILE": str(file), **environment})
    return float(said.stdout)


def test_a_running_process_follows_the_file_forward_back_and_to_nothing(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    read = clock._stepped_time(file)
    for text, seconds in (("", 0), ("3600", 3_600), ("-7200", -7_200), ("half", 0), ("0", 0)):
        file.write_text(text)
        assert abs(read().timestamp() - time.time() - seconds) < 1


def test_a_process_begins_with_the_files_clock_but_never_in_production(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("86400")
    assert abs(wrong_by(file) - 86_400) < 1
    assert abs(wrong_by(file, ILETI_ENV="Production")) < 1


def test_production_does_not_start_with_a_clock_file(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load_settings()
    monkeypatch.setenv("ILETI_CLOCK_FILE", "/tmp/clock")
    monkeypatch.setattr(given, "ileti_env", "production")
    with pytest.raises(WrongSetting, match="ILETI_CLOCK_FILE"):
        _refuse_weakness(given)
