"""Clicks of one moment go into the ledger together, and none waits for another that may not come.

Why this module exists: a click by itself costs the database four times a bare insert, most of it
the start of statements and walks through indexes; eight in one call cost little more than a bare
insert each (docs/adr/0017). Whoever finds nobody writing writes at once; whoever comes meanwhile
queues, and the first of the queue takes all of it along when the writer has done. So a quiet site
has no delay and a busy one writes in groups as large as its load.

Every thread writes on its own connection and is answered before its request ends; nothing is kept
that was not committed. What cannot go along (a known person, a replay, another writer's race)
is recorded by its own thread as ever. A call that fails decides nothing: each click is recorded
by itself then, and if the lost call had been committed after all, that is a replay.
"""

from __future__ import annotations

import threading
from collections import deque

import psycopg

from ileti.consents.ledger import (
    NewSubmission,
    Recorded,
    record_packed,
    record_together,
    refuse_malformed_key,
)
from ileti.consents.ledger import record as record_alone
from ileti.consents.packing import Packed, pack
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger

log = get_logger("ileti.consents")

MOST = 32
PATIENCE_SECONDS = 0.05


class _Waiting:
    """A click in the queue; ``turn`` is released when it is answered, or has to lead ``group``."""

    __slots__ = ("answer", "group", "packed", "turn")

    def __init__(self, packed: Packed) -> None:
        self.packed = packed
        self.turn = threading.Lock()
        self.turn.acquire()
        self.group: list[_Waiting] | None = None
        self.answer: Recorded | None = None


class Queue:
    """The clicks of one process that wait for the writer before them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._writers = 0

    def record(self, new: NewSubmission) -> Recorded:
        """Like :func:`ledger.record`, in company when there is some."""
        if not new.items:
            return record_alone(new)
        refuse_malformed_key(new.idem)
        return self.record_packed(pack(new))

    def record_packed(self, packed: Packed) -> Recorded:
        """Like :func:`ledger.record_packed`, for a click with at least one item."""
        me = _Waiting(packed)
        with self._lock:
            if self._writers:
                self._waiting.append(me)
            else:
                self._writers = 1
                me.group = [me]
        if me.group is None:
            self._wait(me)
        if me.group is not None:
            self._lead(me, me.group)
        return me.answer or record_packed(me.packed)

    def _wait(self, me: _Waiting) -> None:
        """Until answered or called to lead; a writer that hangs (on a lock, on the disk) holds
        nobody up for longer than PATIENCE_SECONDS: then the queue goes on beside it."""
        if me.turn.acquire(timeout=PATIENCE_SECONDS):
            return
        with self._lock:
            if me in self._waiting:
                self._waiting.remove(me)
                self._waiting.appendleft(me)
                me.group = self._take()
                self._writers += 1
                return
        me.turn.acquire()

    def _take(self) -> list[_Waiting]:
        """The next group; called with the lock held. Who shares a key or an address with another
        keeps its place in the queue."""
        group: list[_Waiting] = []
        names: set[bytes] = set()
        later: list[_Waiting] = []
        while self._waiting and len(group) < MOST:
            one = self._waiting.popleft()
            if names.isdisjoint(one.packed.names):
                names |= one.packed.names
                group.append(one)
            else:
                later.append(one)
        self._waiting.extendleft(reversed(later))
        return group

    def _lead(self, me: _Waiting, group: list[_Waiting]) -> None:
        """Write the group, call the next to lead, answer the others."""
        try:
            if len(group) == 1:
                me.answer = record_packed(me.packed)
            else:
                _write(group)
        finally:
            with self._lock:
                following = self._take()
                if following:
                    following[0].group = following
                else:
                    self._writers -= 1
            if following:
                following[0].turn.release()
            for one in group:
                if one is not me:
                    one.turn.release()


def _write(group: list[_Waiting]) -> None:
    try:
        answers = record_together([one.packed for one in group])
    except (psycopg.Error, StorageAway) as error:
        log.warning("written_one_by_one", clicks=len(group), reason=type(error).__name__)
        return
    for one, answer in zip(group, answers, strict=True):
        one.answer = answer


_queue = Queue()
record = _queue.record
record_with_acts = _queue.record_packed
