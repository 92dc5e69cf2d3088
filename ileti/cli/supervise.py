"""One parent for all processes of ``ileti up``.

Why our own hundred lines: the known supervisors either end everything when one child ends, or
bring a message broker along. A child that dies is started again with a growing pause; a stop goes
to all children at once, politely first, and the parent ends when the last one has. A parent that is
killed cannot say goodbye: every child holds the end of a pipe that closes with the parent, and then
ends itself, so that nobody's orphans keep the ports.

Through the same pipe comes a word: where the database and Redis answer. So a child can load what it
needs while those are still starting, and waits for the word when it has (:class:`Lifeline`).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO

import config
from config import WrongSetting

PATIENCE = 20.0
LIFELINE = "ILETI_LIFELINE"
_NO_ADDRESS = (socket.EAI_NONAME, socket.EAI_AGAIN, errno.EADDRNOTAVAIL)


class Stopped(Exception):
    """Somebody wants everything to end while it is still starting."""


class Lifeline:
    """This process's end of the pipe to the supervisor that started it."""

    def __init__(self) -> None:
        self._word: dict[str, str] = {}
        self._said = threading.Event()
        threading.Thread(target=self._listen, daemon=True, name="lifeline").start()

    def await_word(self) -> None:
        """Return when the supervisor has said where the services are, with that as settings."""
        self._said.wait()
        os.environ.update(self._word)
        config.settings.cache_clear()

    def _listen(self) -> None:
        """Take the word, the first line; end this process politely when the pipe ends."""
        heard = b""
        with contextlib.suppress(OSError):
            while part := os.read(0, 65_536):
                heard += part
                if not self._said.is_set() and b"\n" in heard:
                    self._word = json.loads(heard.partition(b"\n")[0])
                    self._said.set()
        _end()


def follow_parent() -> Lifeline | None:
    """Hang on the supervisor that started this process; None, and nothing happens, when somebody
    else did."""
    return Lifeline() if os.environ.pop(LIFELINE, None) else None


def end_without_parent() -> None:
    """The same for a web server's own workers, which hold no pipe: they look once a second."""
    parent = os.getppid()
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True, name="lifeline").start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
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
            if isinstance(error, OSError) and error.errno in _NO_ADDRESS:
                raise WrongSetting(
                    f"HOST: {host} is no address of this machine ({error.strerror}); take "
                    "127.0.0.1, or 0.0.0.0 for all of them."
                ) from None
            reason = getattr(error, "strerror", None) or "a port is at most 65535"
            raise WrongSetting(
                f"Port {port} on {host} is in use or not allowed ({reason}); stop what listens "
                f"there or choose another with {setting}=…"
            ) from None


def launch(*arguments: str, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
    """Start ``ileti <arguments>`` hanging on this process; it may wait for its word."""
    return subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, "-m", "ileti", *arguments],
        env={**os.environ, "PYTHONUNBUFFERED": "1", LIFELINE: "stdin"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
        start_new_session=True,
    )


def tell(process: subprocess.Popen[str], word: dict[str, str]) -> None:
    """Give a process its word; that it has died meanwhile is another's business."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(word) + "\n")
        process.stdin.flush()


def end(processes: list[subprocess.Popen[str]]) -> None:
    """Ask all politely at once, wait, then insist."""
    alive = [one for one in processes if one.poll() is None]
    for process in alive:
        _signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    for process in alive:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait(5)


@dataclass
class Child:
    """One process to be kept alive."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[str] | None = None
    failures: int = 0
    started: float = 0.0
    again_at: float = 0.0


class Supervisor:
    """Starts children, passes their output on with a name before each line, keeps them alive."""

    def __init__(self, log: IO[str], *, show: bool = True) -> None:
        self._children: list[Child] = []
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._word: dict[str, str] | None = None
        self._log, self._show = log, show
        self._speakers: list[threading.Thread] = []
        self._keeper = threading.Thread(target=self._watch, daemon=True)
        self._keeper.start()

    def add(self, name: str, *arguments: str) -> None:
        """Start ``ileti <arguments>`` as a child and keep it alive."""
        child = Child(name, arguments)
        self._start(child)
        self._children.append(child)

    def tell(self, **word: str) -> None:
        """The word for all children, those that are started later too."""
        with self._starting:
            self._word = word
            for process in [child.process for child in self._children]:
                if process is not None:
                    tell(process, word)

    def _start(self, child: Child) -> None:
        with self._starting:
            child.started = time.monotonic()
            child.process = launch(*child.arguments)
            if self._word is not None:
                tell(child.process, self._word)
        speaker = threading.Thread(target=self._pass_on, args=(child, child.process), daemon=True)
        speaker.start()
        self._speakers = [one for one in self._speakers if one.is_alive()] + [speaker]

    def _pass_on(self, child: Child, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            text = f"{child.name:<10} {line.rstrip()}\n"
            self._log.write(text)
            self._log.flush()
            if self._show:
                sys.stdout.write(text)

    def _watch(self) -> None:
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
        """End all children; none is started again, and their last words are in the log."""
        self._stopping.set()
        self._keeper.join()
        end([child.process for child in self._children if child.process is not None])
        for speaker in self._speakers:
            speaker.join(1)


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Signal only the leader for a polite stop; the whole group when insisting."""
    try:
        if number == signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except ProcessLookupError:
        pass
