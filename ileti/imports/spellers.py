"""The processes that spell one import's rows, and the pipe to them.

Why this module exists: spelling is Python and the machine has several cores, while a job is one
process. A speller is a child that reads blocks from its standard input, writes its rows into the
staging table itself, and answers with what it counted. It ends when its input ends, so that a
worker that is killed leaves nobody behind who could still write.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Queue
from typing import IO, Any, Final

from ileti.core import db
from ileti.core.errors import IletiError
from ileti.core.memory import spare_collections
from ileti.core.secrets import secrets
from ileti.imports import ownfields
from ileti.imports.ownfields import Faults
from ileti.imports.reading.reader import Block, rows_of
from ileti.imports.sealing import COLUMNS
from ileti.imports.spelling import MOST_MISSING, Sample, Speller
from ileti.imports.terms import Terms

_LENGTH: Final = struct.Struct(">I")


@dataclass
class Tally:
    """What was counted: rows of the file, staged consents, repairs by kind and shape, and the files
    that rows name which are not here (at most MOST_MISSING); of custom fields the faults by key and
    code, with the first line and how often."""

    rows: int = 0
    staged: int = 0
    position: int = 0
    repairs: Counter[tuple[int, str]] = field(default_factory=Counter)
    samples: dict[tuple[int, str], Sample] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    faults: Faults = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Count on; the earliest example of a shape is kept."""
        self.rows += other.rows
        self.staged += other.staged
        self.position = max(self.position, other.position)
        self.repairs.update(other.repairs)
        for shape, sample in other.samples.items():
            if shape not in self.samples or sample.line < self.samples[shape].line:
                self.samples[shape] = sample
        for name, line in other.missing.items():
            if len(self.missing) < MOST_MISSING or name in self.missing:
                self.missing[name] = min(line, self.missing.get(name, line))
        for key, (line, count) in other.faults.items():
            first, so_far = self.faults.get(key, (line, 0))
            self.faults[key] = [min(first, line), so_far + count]


@dataclass(frozen=True)
class Task:
    """What a speller is told first."""

    terms: Terms
    stage: int
    chunk_lines: int
    delimiter: str


class Spelling:
    """Spells blocks in this process."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._speller = Speller(task.terms, secrets().keyring, secrets().addresses,
                                task.chunk_lines)
        columns = ",".join(COLUMNS)
        self._copy = (f"copy import_stage_{int(task.stage)} ({columns}) "
                      "from stdin (format binary)")
        self._copy_values = ownfields.copy_statement(task.stage)

    def take(self, block: Block) -> Tally:
        """Stage one block, in a transaction of its own."""
        done = self._speller.spell(rows_of(block, self._task.delimiter))
        with db.connection().cursor().copy(self._copy) as copy:  # type: ignore[arg-type]
            copy.write(done.copy)
        if done.values:
            with db.connection().cursor().copy(
                    self._copy_values) as copy:  # type: ignore[arg-type]
                for value in done.values:
                    copy.write_row(value)
        return Tally(done.rows, done.staged, block.position, done.repairs, done.samples,
                     done.missing, done.faults)


def spell_here(task: Task, blocks: Iterable[Block]) -> Iterator[Tally]:
    """One block after the other; for files that are not worth a process."""
    spelling = Spelling(task)
    return map(spelling.take, blocks)


def spell_in_processes(task: Task, blocks: Iterable[Block], processes: int) -> Iterator[Tally]:
    """Blocks spread over children; what each block counted, in no order. Raises RuntimeError when
    a child dies, IletiError what the reading of blocks raises."""
    waiting: Queue[Block | None] = Queue(maxsize=processes)
    done: Queue[Tally | BaseException | None] = Queue()

    def drive() -> None:
        try:
            with _child(task) as child:
                while (block := waiting.get()) is not None:
                    _send(child.stdin, block)
                    done.put(_receive(child.stdout))
        except BaseException as error:
            done.put(error)
            while waiting.get() is not None:  # let the reader come to its end
                pass
        finally:
            done.put(None)

    def feed() -> None:
        try:
            for block in blocks:
                waiting.put(block)
        except BaseException as error:
            done.put(error)
        finally:
            for _ in range(processes):
                waiting.put(None)

    with ThreadPoolExecutor(processes + 1) as threads:
        threads.submit(feed)
        for _ in range(processes):
            threads.submit(drive)
        running, fault = processes, None
        while running:
            one = done.get()
            if one is None:
                running -= 1
            elif isinstance(one, BaseException):
                fault = fault or one
            elif fault is None:
                yield one
    if fault is not None:
        raise fault


@contextmanager
def _child(task: Task) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-c", "from ileti.imports.spellers import main; main()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        _send(child.stdin, task)
        yield child
    finally:
        if child.stdin:
            child.stdin.close()
        if child.stdout:
            child.stdout.close()
        child.wait()


def _send(pipe: IO[bytes] | None, what: Any) -> None:
    assert pipe is not None
    body = pickle.dumps(what, protocol=5)
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> Any:
    assert pipe is not None
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise RuntimeError("a speller has ended")
    answer = pickle.loads(pipe.read(_LENGTH.unpack(head)[0]))  # noqa: S301 (our own child's)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def main() -> None:
    """The child: a task, then blocks, until the input ends."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    try:
        spelling = Spelling(_receive(sys.stdin.buffer))
        spare_collections()
        while True:
            block = _receive(sys.stdin.buffer)
            try:
                answer: Any = spelling.take(block)
            except IletiError as error:
                answer = error
            _send(answers, answer)
    except (RuntimeError, BrokenPipeError, KeyboardInterrupt):
        return

