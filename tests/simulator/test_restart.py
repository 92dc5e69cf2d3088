"""What a simulator with a file remembers, and what many threads at once leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ileti.simulator.app import create_simulator

from .caller import IYS, RETAILER, Caller, consent, many, settings


def started(path: Path, **changes: Any) -> Caller:
    return Caller(create_simulator(database=str(path), options=settings(**changes)))


def lasting(state: Any) -> Any:
    """What must not change by a restart (`repeats_answered` counts since the start)."""
    return {**state["registry"], "repeats_answered": 0, "providers": state["providers"]}


def test_a_restart_finds_everything_again(tmp_path: Path) -> None:
    before = started(tmp_path / "iys.db")
    before.add(retailerCode=RETAILER, retailerAccess=[RETAILER])
    first = before.send(many(3), v="/v2").json["requestId"]
    again = before.send([*many(2), consent(status="RET")], v="/v2").json["requestId"]
    before.control("citizen", recipient="+905990000001", type="MESAJ", status="RET")
    before.control("subscription", state="EXPIRED", iysCode=IYS)
    before.control("subscription", state="ACTIVE", consentLimit=5000)
    before.simulator.close()
    after = started(tmp_path / "iys.db", providers=[])
    after.token = before.token

    assert lasting(after.state()) == lasting(before.state())
    for number in (first, again):
        assert after.result(number, v="/v2") == before.result(number, v="/v2")
    assert after.status().json == before.status().json
    assert after.pull().json == before.pull().json


def test_a_list_that_was_waiting_is_worked_off_after_the_restart(tmp_path: Path) -> None:
    before = started(tmp_path / "iys.db")
    before.control("delay", batch=60)
    request_id = before.send(many(2)).json["requestId"]
    before.simulator.close()
    after = started(tmp_path / "iys.db", providers=[])
    after.token = before.token
    after.control("clock", advance_seconds=60)

    assert [row["status"] for row in after.result(request_id)] == ["success", "success"]


def test_a_restart_never_falls_behind_what_is_written(tmp_path: Path) -> None:
    before = started(tmp_path / "iys.db")
    before.control("clock", advance_seconds=86400)
    before.token = None
    before.add(consentDate="2026-11-24 10:00:00")
    before.simulator.close()

    after = started(tmp_path / "iys.db")
    assert after.state()["now"] >= "2026-11-24 12:00:00"


def test_reset_forgets_consents_and_keeps_providers_also_in_the_file(tmp_path: Path) -> None:
    before = started(tmp_path / "iys.db")
    before.send(many(3))
    before.control("reset")
    before.simulator.close()
    after = started(tmp_path / "iys.db", providers=[])

    assert after.state()["registry"]["movements"] == 0
    assert after.ask("GET", f"/sps/{IYS}/brands").status_code == 200


def test_kill_9_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    script = (
        "import os, sys; from simulator.test_restart import started; from pathlib import Path;"
        "from simulator.caller import many; c = started(Path(sys.argv[1]));"
        "assert c.send(many(50)).status_code == 202; os.kill(os.getpid(), 9)"
    )
    tests = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "iys.db")],
        env={**os.environ, "PYTHONPATH": f"{tests.parent}{os.pathsep}{tests}"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL

    assert started(tmp_path / "iys.db").state()["registry"]["consents"] == 50


def test_two_threads_sending_the_same_leave_each_consent_once(caller: Caller) -> None:
    caller.ask("GET", f"/sps/{IYS}/brands")

    def send(place: int) -> list[str]:
        request_id = caller.send(many(200), v="/v2").json["requestId"]
        caller.add(v="/v2", recipient=f"+90599{place % 50:07d}")
        return [row["transactionId"] for row in caller.result(request_id, v="/v2")]

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(send, range(32)))

    assert all(row == numbers[0] for row in numbers)
    state = caller.state()["registry"]
    assert (state["consents"], state["movements"], state["keys_moved_twice"]) == (200, 200, 0)


def test_threads_in_opposite_order_keep_counts_and_log_whole(caller: Caller) -> None:
    caller.ask("GET", f"/sps/{IYS}/brands")
    batches = [many(100), many(100)[::-1]] * 8
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(caller.send, batches))

    state = caller.state()["registry"]
    assert state["approval"] == state["consents"] == state["movements"] == 100
    assert len(caller.pull(source="HS").json["list"]) == 100


def test_the_program_starts_serves_and_stops_on_sigterm(tmp_path: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-u", "-m", "ileti.simulator", "--port", "0",
         "--database", str(tmp_path / "iys.db"), "--quota", "off", "--delay", "batch=0,pull=0",
         "--fault", "kind=500,path=*/token", "--clock", "2026-11-23 12:00:00"],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert program.stdout is not None
    url = program.stdout.readline().split(": ", 1)[1].strip()
    with urllib.request.urlopen(f"{url}_health", timeout=5) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{url}_control/state", timeout=5) as answer:
        assert b'"now":"2026-11-23 12:0' in answer.read()
    program.terminate()

    assert program.wait(5) == 0


def root_after_start(database: Path) -> tuple[bytes, str]:
    """The root that a simulator of its own process gives out, and how it is to be kept."""
    program = subprocess.Popen(
        [sys.executable, "-u", "-m", "ileti.simulator", "--port", "0", "--database", str(database)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert program.stdout is not None
    url = program.stdout.readline().split(": ", 1)[1].strip()
    with urllib.request.urlopen(f"{url}deneme-zaman-damgasi-koku.pem", timeout=5) as answer:
        told = answer.read(), answer.headers["Content-Disposition"]
    program.terminate()
    assert program.wait(5) == 0
    return told


def test_the_root_of_its_time_stamps_outlives_it_and_is_called_a_trial(tmp_path: Path) -> None:
    root, how = root_after_start(tmp_path / "iys.sqlite")
    assert root_after_start(tmp_path / "iys.sqlite")[0] == root
    assert root.startswith("# DENEME: Bu kök, İYS simülatörünün".encode())
    assert root.count(b"-----BEGIN CERTIFICATE-----") == 1
    assert how == 'attachment; filename="deneme-zaman-damgasi-koku.pem"'
    kept = tmp_path / "iys.authority.pem"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.half"))
    kept.unlink()
    assert root_after_start(tmp_path / "iys.sqlite")[0] != root


def test_two_that_begin_at_once_have_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(root_after_start, [tmp_path / "iys.sqlite"] * 2)
    assert one == other


def test_the_program_says_in_a_sentence_what_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ileti.simulator", "--clock", "dün"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.startswith("The simulator cannot start:")
    assert "Traceback" not in done.stderr
