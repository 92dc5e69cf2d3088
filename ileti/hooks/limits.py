"""Calls into other people's code that cannot hold up ours.

Why this module exists: a plug-in may hang, raise anything, or ask to exit. Each has a small crew of
threads of its own: who waits for it waits a bounded time, a call that hangs keeps one thread of
that plug-in busy and nobody else's, and when all are busy the next call fails when its time is up.
Threads carry no scope, so that through the session a plug-in sees nothing by default.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Any, Final

from ileti.core.errors import TryLater
from ileti.core.logs import get_logger

log = get_logger("ileti.plugins")

#: threads of one plug-in in one process
CREW: Final = 8


class PluginFailed(TryLater):
    """A plug-in did not do what it was asked; who asked decides what that means."""

    code = "plugin_failed"

    def __init__(self, plugin: str, reason: str) -> None:
        self.plugin, self.reason = plugin, reason
        super().__init__(f"“{plugin}” eklentisi çalışmadı.", f"The plug-in “{plugin}” failed.",
                         detail={"plugin": plugin})


class _Task:
    """One call, and what came of it."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


class _Crew:
    """The threads of one plug-in."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.free = threading.Semaphore(CREW)
        self.tasks: SimpleQueue[_Task] = SimpleQueue()
        self.idle = 0
        self.lock = threading.Lock()

    def run(self, function: Callable[[], Any], seconds: float) -> _Task | None:
        """The finished call; None when the time is up."""
        until = time.monotonic() + seconds
        if not self.free.acquire(timeout=seconds):
            return None
        task = _Task(function)
        with self.lock:
            fresh = self.idle == 0
            self.idle -= not fresh
        self.tasks.put(task)
        if fresh:
            threading.Thread(target=self._work, name=f"plugin-{self.name}", daemon=True).start()
        return task if task.done.wait(max(0.0, until - time.monotonic())) else None

    def _work(self) -> None:
        while True:
            task = self.tasks.get()
            try:
                task.value = task.function()
            except BaseException as error:  # SystemExit too: a plug-in ends nothing of ours
                task.error = error
            with self.lock:
                self.idle += 1
            self.free.release()
            task.done.set()


_crews: dict[str, _Crew] = {}
_lock = threading.Lock()


def _forget() -> None:
    """After a fork no thread of the parent is there."""
    global _lock
    _lock = threading.Lock()
    _crews.clear()


os.register_at_fork(after_in_child=_forget)


def run(plugin: str, what: str, function: Callable[[], Any], seconds: float) -> Any:
    """What ``function`` of a plug-in answers, within so many seconds. Raises PluginFailed."""
    with _lock:
        crew = _crews.setdefault(plugin, _Crew(plugin))
    task = crew.run(function, seconds)
    if task is None:
        log.error("plugin_too_slow", plugin=plugin, hook=what, seconds=seconds)
        raise PluginFailed(plugin, f"no answer within {seconds:g} s")
    if task.error is not None:
        log.error("plugin_broke", plugin=plugin, hook=what, error=told(task.error))
        raise PluginFailed(plugin, type(task.error).__name__)
    return task.value


def stream(plugin: str, what: str, pieces: Callable[[], Iterable[bytes]],
           seconds: float) -> Iterator[bytes]:
    """What a plug-in gives piece by piece, each within so many seconds. Raises PluginFailed."""
    going: Iterator[bytes] = run(plugin, what, lambda: iter(pieces()), seconds)
    while True:
        piece = run(plugin, what, lambda: next(going, None), seconds)
        if piece is None:
            return
        if not isinstance(piece, bytes):
            raise PluginFailed(plugin, f"gave {type(piece).__name__} instead of bytes")
        yield piece


def told(error: BaseException) -> str:
    """An error's kind and the place it came from; not its words, which may hold an address."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = os.path.basename(trace.tb_frame.f_code.co_filename)
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"
