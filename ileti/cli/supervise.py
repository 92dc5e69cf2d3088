"""One parent for all processes of ``ileti up``.

Why our own hundred lines: the known supervisors either end everything when one child ends, or
bring a message broker along. A child that dies is started again with a growing pause; a stop goes
to all children at once, politely first, and the parent ends when the last one has. A parent that is
killed cannot say goodbye: every child holds the end of a pipe that closes with the parent, and then
ends itself, so that nobody's orphans keep the ports.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO

from config import WrongSetting

PATIENCE = 20.0
LIFELINE = "ILETI_LIFELINE"


def follow_parent() -> bool:
    """End this process politely once the supervisor that started it is gone; False, and nothing
    happens, when somebody else started it."""
    if not os.environ.pop(LIFELINE, None):
        return False
    threading.Thread(target=_wait_for_parents_end, daemon=True, name="lifeline").start()
    return True


def end_without_parent() -> None:
    """The same for a web server's own workers, which hold no pipe: they look once a second."""
    parent = os.getppid()
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True, name="lifeline").start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    _end()


def _wait_for_parents_end() -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    _end()


def _end() -> None:
    """Politely, then for good."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os._exit(1)


def refuse_taken_port(host: str, port: int, setting: str) -> None:
    """Raise WrongSetting when somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "a port is at most 65535"
            raise WrongSetting(
                f"Port {port} on {host} is in use or not allowed ({reason}); stop what listens "
                f"there or choose another with {setting}=…"
            ) from None


@dataclass
class Child:
    """One process to be kept alive."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    failures: int = 0
    started: float = 0.0
    again_at: float = 0.0


class Supervisor:
    """Starts children, passes their output on with a name before each line, keeps them alive."""

    def __init__(self, log: IO[str], *, show: bool = True) -> None:
        self._children: list[Child] = []
        self._stopping = threading.Event()
        self._log, self._show = log, show

    def add(self, name: str, *arguments: str, **environment: str) -> Child:
        """Start ``ileti <arguments>`` as a child."""
        child = Child(name, [sys.executable, "-m", "ileti", *arguments], environment)
        self._children.append(child)
        self._start(child)
        return child

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 - our own commands
            child.command,
            env={**os.environ, **child.environment, "PYTHONUNBUFFERED": "1", LIFELINE: "stdin"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._pass_on, args=(child, child.process), daemon=True).start()

    def _pass_on(self, child: Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            text = f"{child.name:<10} {line.rstrip()}\n"
            self._log.write(text)
            self._log.flush()
            if self._show:
                sys.stdout.write(text)

    def watch(self) -> None:
        """Keep everything alive until :meth:`stop`."""
        while not self._stopping.wait(0.2):
            for child in self._children:
                self._mind(child)

    def _mind(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                if now - child.started > 30:
                    child.failures = 0
                return
            child.process = None
            child.failures += 1
            pause = min(0.5 * 2 ** (child.failures - 1), 30.0)
            child.again_at = now + pause
            self._log.write(f"{child.name} ended ({code}); starting again in {pause:.1f} s\n")
        elif now >= child.again_at:
            self._start(child)

    def stop(self) -> None:
        """Ask every child to end, wait, then insist."""
        self._stopping.set()
        alive = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in alive:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait(5)


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Signal only the leader for a polite stop; the whole group when insisting."""
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass
