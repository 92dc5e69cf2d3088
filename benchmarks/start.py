"""`ileti up` on an installation that is there already; `make bench-start`.

    second_start_s          until the web server's first 200, the least of several (reach 4)
    second_start_ready_s    until everything answers and the addresses are printed (5)
    second_start_cpu_s      CPU seconds of all processes by then; the machine may be shared
    second_start_vs_import  second_start_s to what loading the panel alone takes, in turn, least of
                            each (2.5)
    first_start_s           the first start, once: makes the cluster, its tables, the demo

``START_TIMES`` sets how often (default 5). The installation lies below ``var/bench/start``.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil

from config import ROOT

TIMES = int(os.environ.get("START_TIMES", "5"))
READY = "Ctrl-C stops everything"


@dataclass
class Start:
    """One start: seconds to the first 200 of the login page and to the last line; CPU seconds."""

    answered: float
    ready: float
    cpu: float


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the login page is there."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/login/")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def start(var: Path, port: int, simulator: int) -> Start:
    """Start, measure, stop."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "ileti", "up"], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        env=kept | {"ILETI_VAR": str(var), "PORT": str(port), "LANG": "C.UTF-8",
                    "IYS_SIMULATOR_PORT": str(simulator)})
    answered: list[float] = []
    asked = Thread(target=lambda: answered.append(_first_answer(port, process)))
    asked.start()
    assert process.stdout is not None
    said = ""
    while READY not in said:
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"It did not start:\n{said}")
        said += line
    ready, cpu = time.monotonic() - began, _cpu(process.pid)
    asked.join()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return Start(answered[0] - began, ready, cpu)


def _first_answer(port: int, process: subprocess.Popen[str]) -> float:
    while process.poll() is None and not answers(port):
        time.sleep(0.05)
    return time.monotonic()


def _cpu(pid: int) -> float:
    parent = psutil.Process(pid)
    total = 0.0
    for one in [parent, *parent.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system
    total += parent.cpu_times().children_user + parent.cpu_times().children_system
    return total


def load() -> float:
    """Seconds one process takes to load the panel."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import ileti.factory"], cwd=ROOT, check=True,
                   env=os.environ | {"PYTHONPATH": str(ROOT)})
    return time.monotonic() - began


def main() -> None:
    """Once from nothing, then again and again, in turn with a bare import."""
    var = ROOT / "var" / "bench" / "start"
    shutil.rmtree(var, ignore_errors=True)
    var.mkdir(parents=True)
    ports = free_port(), free_port()
    first = start(var, *ports)
    seconds, imports = [], []
    for _ in range(TIMES):
        seconds.append(start(var, *ports))
        imports.append(load())
    print(f"second_start_s {min(one.answered for one in seconds):.2f}")
    print(f"second_start_ready_s {min(one.ready for one in seconds):.2f}")
    print(f"second_start_cpu_s {min(one.cpu for one in seconds):.2f}")
    print(f"second_start_vs_import {min(one.answered for one in seconds) / min(imports):.2f}")
    print(f"first_start_s {first.ready:.2f}")


if __name__ == "__main__":
    main()
