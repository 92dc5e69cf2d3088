"""Preparing an installation on behalf of ``ileti up``, in a process of its own.

Why this module exists: preparing needs the migrations' library and all models, which the supervisor
would carry along for as long as it lives. So it has ``ileti setup`` do it, which may load while the
engines are starting, says when each of its parts is done, and ends.
"""

from __future__ import annotations

import subprocess
import threading
from queue import Empty, Queue
from typing import IO

from config import Settings, WrongSetting
from ileti.cli.supervise import Stopped, end, launch, tell


class Preparation:
    """One run of ``ileti setup``; in production without administrator and demo."""

    def __init__(self, settings: Settings, log: IO[str], stopped: threading.Event) -> None:
        first_run = () if settings.production else ("--first-run",)
        self._process = launch("setup", *first_run, stderr=subprocess.PIPE)
        self._log, self._stopped = log, stopped
        self._done: Queue[bool] = Queue()
        self._wrong: list[str] = []
        self._listeners = [threading.Thread(target=one, daemon=True)
                           for one in (self._hear, self._hear_wrong)]
        for one in self._listeners:
            one.start()

    def tell(self, word: dict[str, str]) -> None:
        """Where the services are: it begins."""
        tell(self._process, word)

    def await_part(self) -> None:
        """Return when its next part is done: the database, then the demo.

        Raises WrongSetting with what it said stands in the way, and Stopped.
        """
        while not self._stopped.is_set():
            try:
                done = self._done.get(timeout=0.1)
            except Empty:
                continue
            if done:
                return
            self._listeners[1].join(1)
            raise WrongSetting(self._sentence())
        raise Stopped

    def end(self) -> None:
        """End it, if it has not by itself."""
        end([self._process])

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for _line in self._process.stdout:
            self._done.put(True)
        self._done.put(False)

    def _hear_wrong(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._wrong.append(line)
            self._log.write(f"{'setup':<10} {line}")
            self._log.flush()

    def _sentence(self) -> str:
        """What it said itself, else where to look."""
        for line in self._wrong:
            if line.startswith("ileti: "):
                return line.removeprefix("ileti: ").strip()
        return "The installation could not be prepared; see ileti.log below ILETI_VAR."
