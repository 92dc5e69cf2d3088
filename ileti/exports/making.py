"""A job makes the files that were asked for, in the name of whoever asked.

Why this module exists: a file of a million rows takes longer than a page may, and must be the one
its asker would have got: their right, their row rules, one moment of the database. It is written
sealed, piece by piece, so that memory stays flat and nothing lies on the disk in clear. A worker
that is killed leaves a file nobody has the key of; the next one begins anew.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from typing import Any, Final

from config import settings
from ileti.core import crew, csvfile, failpoints, orm, reach, sheets
from ileti.core.errors import NotFound
from ileti.core.jobs import JobTimeout
from ileti.core.logs import get_logger
from ileti.core.sealedfile import SealedWriter
from ileti.exports import runs, who
from ileti.exports.kinds import Form, Some, Table
from ileti.exports.runs import Run
from ileti.exports.states import State
from ileti.tenancy import scope, wall

log = get_logger("ileti.exports")
TELL_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 20.0
_house: list[Callable[[], AbstractContextManager[Any]]] = [nullcontext]


class NotOurs(Exception):
    """The run was cancelled, or another worker has it."""


def house_is(house: Callable[[], AbstractContextManager[Any]]) -> None:
    """Name who gives the panel's application, inside which lists are asked for."""
    _house[:] = [house]


def make_due(until: float) -> Counter[str]:
    """Make what waits until ``until`` (of the monotonic clock); the last one is made whole."""
    done: Counter[str] = Counter()
    while time.monotonic() < until:
        run = runs.claim()
        if run is None:
            break
        with _house[0]():
            done[_made(run)] += 1
    return done


def _made(run: Run) -> str:
    try:
        return make(run)
    except NotOurs:
        return "given_up"
    except JobTimeout:
        raise
    except NotFound:
        runs.end(run, State.FAILED)
        return "failed"
    except Exception as error:  # whatever it is, it waits and is tried again, at most MOST_TRIES
        log.exception("export_failed", run=run.id, reason=type(error).__name__)
        runs.try_later(run, AGAIN_SECONDS)
        return "failed"
    finally:
        orm.db.session.rollback()


def make(run: Run) -> str:
    """Make one file, which the worker holds; what became of it. Raises what the database raises."""
    seen = who.judged(run)
    orm.db.session.rollback()
    if seen is None or run.of is None:
        runs.end(run, State.REFUSED)
        return "refused"
    with scope.within(seen), reach.within(wall.reach_of(seen)):
        # one moment of the database, whatever is recorded meanwhile
        orm.db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        table = run.of.table(run.asked, run.full, run.language)
        begun = runs.begin(run, restricted=seen.restricted, expected=table.count())
        if begun is None:
            raise NotOurs
        _write(begun, table)
    return "made"


def _write(run: Run, table: Table) -> None:
    run.place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    writer = SealedWriter(run.place, run.key(), run.bound_to)
    try:
        progress = _Progress(run, writer)
        for piece in _pieces(run, table, progress):
            writer.write_all((piece,))
            progress.tell()
        writer.close()
    except BaseException:
        writer.give_up()
        run.place.unlink(missing_ok=True)
        raise
    failpoints.reach("export.written")
    if not runs.finish(run, progress.rows, writer.size):
        run.place.unlink(missing_ok=True)
        raise NotOurs


class _Progress:
    """Counts rows and tells of them, at most once a second."""

    def __init__(self, run: Run, writer: SealedWriter) -> None:
        self._run, self._writer, self.rows = run, writer, 0
        self._told = time.monotonic()

    def counted(self, blocks: Iterator[Some]) -> Iterator[bytes]:
        """The blocks' lines."""
        for block in blocks:
            self.rows += block.rows
            yield block.lines

    def tell(self) -> None:
        """Keep the lease, unless the run is no longer ours: then NotOurs."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return
        self._told = time.monotonic()
        failpoints.reach("export.underway")
        if not runs.go_on(self._run, self.rows, self._writer.size):
            raise NotOurs


def _pieces(run: Run, table: Table, progress: _Progress) -> Iterator[bytes]:
    return (_csv if run.form is Form.CSV else partial(_xlsx, run))(table, progress)


def _csv(table: Table, progress: _Progress) -> Iterator[bytes]:
    yield (csvfile.MARK + csvfile.line(table.heads)).encode("utf-8", "replace")
    yield from crew.in_order(progress.counted(table.blocks()), table.csv, table.task,
                             settings().export_processes)


def _xlsx(run: Run, table: Table, progress: _Progress) -> Iterator[bytes]:
    turn = table.cells(table.task)
    rows = chain.from_iterable(turn(block) for block in progress.counted(table.blocks()))
    title = run.of.title[run.language == "en"] if run.of else "-"
    return sheets.workbook(table.heads, rows, name=title[:25], widths=table.widths)
