"""Child processes that turn blocks of bytes into other blocks, in order.

Why this module exists: what a large file costs is Python (opening addresses, numbers, words), the
machine has several cores, and a job is one process. A child gets its task once, then blocks over
its standard input, and answers each; it ends when its input ends, so that a worker that is killed
leaves nobody behind. Blocks come back in the order in which they went, and no more of them are
under way than the crew has hands for, so that memory stays flat.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from queue import SimpleQueue
from typing import IO, Any, Final

_LENGTH: Final = struct.Struct(">I")
Turn = Callable[[bytes], bytes]


class CrewLost(RuntimeError):
    """A child has ended before its work, or could not do it."""


def in_order(blocks: Iterable[bytes], maker: str, task: Any, hands: int) -> Iterator[bytes]:
    """What becomes of each block, in order. ``maker`` (``package.module:name``) makes of ``task``,
    which can be pickled, what turns a block; with no hands it is done here. Raises CrewLost when a
    child dies, and what ``blocks`` raises."""
    if hands < 1:
        yield from map(_made(maker, task), blocks)
        return
    crew = [_Hand(maker, task) for _ in range(hands)]
    free: SimpleQueue[_Hand] = SimpleQueue()
    for one in crew:
        free.put(one)
    under_way: deque[Future[bytes]] = deque()

    def turn(block: bytes) -> bytes:
        hand = free.get()
        try:
            return hand.turn(block)
        finally:
            free.put(hand)

    threads = ThreadPoolExecutor(hands)
    try:
        for block in blocks:
            under_way.append(threads.submit(turn, block))
            while len(under_way) > hands + 1 or (under_way and under_way[0].done()):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
        for one in crew:
            one.end()
        threads.shutdown()


class _Hand:
    """One child and the pipes to it."""

    def __init__(self, maker: str, task: Any) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", "from ileti.core.crew import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        self._lock = threading.Lock()
        self._send(pickle.dumps((maker, task), protocol=5))

    def turn(self, block: bytes) -> bytes:
        """The block's answer."""
        with self._lock:
            self._send(block)
            try:
                return _receive(self._child.stdout)
            except EOFError:
                raise CrewLost("a child has ended") from None

    def end(self) -> None:
        """Let it come to its end."""
        if self._child.stdin:
            with suppress(BrokenPipeError):
                self._child.stdin.close()
        if self._child.stdout:
            self._child.stdout.close()
        self._child.wait()

    def _send(self, body: bytes) -> None:
        try:
            _send(self._child.stdin, body)
        except BrokenPipeError:
            raise CrewLost("a child has ended") from None


def _made(maker: str, task: Any) -> Turn:
    module, _colon, name = maker.partition(":")
    made: Turn = getattr(import_module(module), name)(task)
    return made


def _send(pipe: IO[bytes] | None, body: bytes) -> None:
    assert pipe is not None
    pipe.write(_LENGTH.pack(len(body)))
    pipe.write(body)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> bytes:
    assert pipe is not None
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(head)
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return body


def main() -> None:
    """The child: a task, then blocks, until the input ends."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        maker, task = pickle.loads(_receive(sys.stdin.buffer))  # noqa: S301 (our own parent's)
        turn = _made(maker, task)
        while True:
            _send(answers, turn(_receive(sys.stdin.buffer)))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return
