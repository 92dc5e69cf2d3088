"""Workers die at any line, stall past their lease, and race each other: İYS hears each thing once.

A worker here is a real process. ``kill -9 at any line`` is taken at its word: the process counts
the lines it runs in our forwarding rooms and ends itself, without any clean-up, at the one it was
told; a fresh worker then finishes, and both sides are compared. ``ILETI_FAULT_LINES`` sets how many
lines of each story are tried (0 tries every one).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from faults_house import ROOT, wait_until
from iys_house import (
    due_now,
    forward,
    how_many,
    phones,
    settle,
    state,
    take,
    unmatched_dealer,
)

from ileti.core import clock

LINES = int(os.environ.get("ILETI_FAULT_LINES", "8"))
SEED = int(os.environ.get("ILETI_FAULT_SEED", "0")) or random.randrange(1, 10**6)

Drain = Callable[..., subprocess.Popen[str]]


def told_once(shop: Any, registry: Any, count: int) -> bool:
    """Whether İYS holds ``count`` consents of this shop, moved once each, and we know it."""
    tally = registry.tally()
    return (tally["consents"] == tally["movements"] == count
            and tally["keys_moved_twice"] == 0 and how_many(shop, "registered") == count
            and how_many(shop, "outbox") == how_many(shop, "open") == how_many(shop, "dead") == 0)


def finish(shop: Any) -> None:
    """Let the leases of the dead run out and a healthy worker do the rest."""
    for _ in range(8):
        due_now(shop)
        forward(shop)
        due_now(shop)
        settle(shop)
        if not how_many(shop, "outbox"):
            return


@pytest.fixture
def drain(environment: dict[str, str], shop: Any) -> Iterator[Drain]:
    """Start a real worker process on this shop."""
    started: list[subprocess.Popen[str]] = []
    code = (
        "import sys, time\n"
        "from ileti.iys import forward, receipts\n"
        "until = time.monotonic() + float(sys.argv[3])\n"
        "for what in sys.argv[1].split(','):\n"
        "    drain = {'forward': forward.forward_due, 'settle': receipts.settle_due}[what]\n"
        "    print(dict(drain(until, int(sys.argv[2]))))\n")

    def start(what: str, *, failpoint: str = "", seconds: float = 20) -> subprocess.Popen[str]:
        made = subprocess.Popen(
            [sys.executable, "-c", code, what, str(shop.provider_id), str(seconds)], cwd=ROOT,
            env=environment | {"ILETI_FAILPOINT": failpoint, "IYS_FIRST_POLL_SECONDS": "0"},
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        started.append(made)
        return made

    yield start
    for one in started:
        one.kill()
        one.wait(5)


def stopped(process: subprocess.Popen[str]) -> bool:
    """Whether the kernel holds the process still."""
    text = Path(f"/proc/{process.pid}/stat").read_text()
    return text.rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize(("story", "where", "count"), [
    ("forward", "forward.claimed", 60), ("forward", "forward.sent", 60),
    ("forward", "forward.sent", 3), ("settle", "receipts.read", 60),
])
def test_a_worker_that_stalls_past_its_lease_writes_nothing_when_it_wakes(
    shop: Any, registry: Any, drain: Drain, story: str, where: str, count: int
) -> None:
    take(shop, phones(count))
    if story == "settle":
        forward(shop)
    asleep = drain(story, failpoint=f"stop:{where}")
    assert wait_until(lambda: stopped(asleep), 15)
    finish(shop)
    assert told_once(shop, registry, count)
    receipts = how_many(shop, "receipts")
    asleep.send_signal(signal.SIGCONT)
    said, _ = asleep.communicate(timeout=15)
    assert asleep.returncode == 0, said
    assert "batch_taken_over" in said or said.endswith("{}\n")  # or it found nothing left to do
    assert how_many(shop, "receipts") == receipts
    assert told_once(shop, registry, count)


def test_four_workers_at_once_carry_five_thousand_consents_once_each(
    shop: Any, registry: Any, drain: Drain
) -> None:
    for first in range(0, 5_000, 1_000):
        take(shop, phones(1_000, first))
    workers = [drain("forward,settle,forward,settle", seconds=25) for _ in range(4)]
    said = [one.communicate(timeout=40)[0] for one in workers]
    assert [one.returncode for one in workers] == [0] * 4, said
    finish(shop)
    assert told_once(shop, registry, 5_000)
    assert registry.tally()["repeats_answered"] == 0
    assert how_many(shop, "receipts") == 5_000


@pytest.mark.parametrize(("old", "strangers"), [(1, 0), (500, 0), (250, 250)])
def test_of_a_thousand_the_good_ones_go_once_and_the_bad_ones_say_why(
    shop: Any, registry: Any, drain: Drain, old: int, strangers: int
) -> None:
    """Old ones İYS names in a 422 (H467), unknown dealers in a 403 (H180), both with an index."""
    from datetime import timedelta

    from ileti.core import clock, db

    dealer = unmatched_dealer(shop)
    good = 1_000 - old - strangers
    take(shop, phones(good))
    take(shop, phones(old, first=good), at=clock.now() - timedelta(days=20))
    if strangers:
        take(shop, phones(strangers, first=good + old), dealer_id=dealer)
    drain("forward,settle").communicate(timeout=40)
    finish(shop)
    tally = registry.tally()
    assert tally["consents"] == tally["movements"] == how_many(shop, "registered") == good
    assert tally["keys_moved_twice"] == 0
    assert (how_many(shop, "outbox"), how_many(shop, "dead")) == (0, strangers)
    assert state(shop, phones(1, first=good)[0])["code"] == 467
    reasons = {row[0] for row in db.connection().execute(
        "select distinct reason from outbox where provider_id = %s", (shop.provider_id,))}
    assert all("Bayi" in reason for reason in reasons)


# -- kill -9 at any line --------------------------------------------------------------------------

NURSERY = """
import os, sys, threading
from ileti.iys import asking, batches, forward, pull, receipts, settle
from ileti.outbox import relay
import ileti.core.http, time
ROOMS = tuple(m.__file__ for m in (
    asking, batches, forward, pull, receipts, settle, relay))
DRAINS = {"forward": forward.forward_due, "settle": receipts.settle_due, "pull": pull.pull_due}

def live(story, provider, line):
    seen = [0]
    def count(frame, event, arg):
        if frame.f_code.co_filename not in ROOMS:
            return None
        if event == "line":
            seen[0] += 1
            if seen[0] == line:
                os._exit(137)
        return count
    threading.settrace(count)
    sys.settrace(count)
    try:
        DRAINS[story](time.monotonic() + 20, provider)
    finally:
        sys.settrace(None)
    os.write(answer, f"{seen[0]}\\n".encode())
    os._exit(0)

answer = os.dup(1)
os.write(answer, b"ready\\n")
for order in sys.stdin:
    story, provider, line = order.split()
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        live(story, int(provider), int(line))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(answer, f"ended {status}\\n".encode())
"""


class Nursery:
    """Forks workers that die at a given line; knows how many lines a story has."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, story: str, provider: int, line: int) -> tuple[int, int]:
        """Exit code and, when it lived to the end, the lines it ran."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{story} {provider} {line}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().split()
        lines = 0
        if said[0] != "ended":
            lines, said = int(said[0]), self._process.stdout.readline().split()
        return int(said[1]), lines


@pytest.fixture
def nursery(environment: dict[str, str], shop: Any, tmp_path: Path) -> Iterator[Nursery]:
    with (tmp_path / "nursery.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", NURSERY], cwd=ROOT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=log,
            env=environment | {"IYS_FIRST_POLL_SECONDS": "0"})
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield Nursery(process)
    process.kill()
    process.wait(5)


@pytest.mark.parametrize(("story", "count"), [
    ("forward", 3), ("forward", 25), ("settle", 25), ("pull", 4),
])
def test_killed_at_any_line_nothing_is_lost_and_nothing_is_doubled(
    shop: Any, registry: Any, nursery: Nursery, story: str, count: int
) -> None:
    told = 0

    def prepare() -> list[str]:
        nonlocal told
        people = phones(count, first=told)
        told += count
        if story == "pull":
            for phone in people:
                registry.tell("citizen", recipient=phone, type="MESAJ", status="RET",
                              brandCode=shop.brand_code)
            return people
        take(shop, people)
        if story == "settle":
            forward(shop)
        return people

    prepare()
    due_now(shop)
    ended, lines = nursery.run(story, shop.provider_id, 0)
    assert ended == 0
    assert lines > 30
    picked = range(1, lines) if LINES == 0 else sorted(
        random.Random(SEED).sample(range(1, lines), LINES))
    for line in picked:
        people = prepare()
        due_now(shop)
        nursery.run(story, shop.provider_id, line)
        if story == "pull":
            due_now(shop)
            nursery.run(story, shop.provider_id, 0)
            assert {state(shop, phone)["iys"] for phone in people} == {"CHANGED_THERE"}
            continue
        finish(shop)
        assert told_once(shop, registry, told), f"line {line} of {lines}, seed {SEED}"
    if story == "pull":
        assert how_many(shop, "receipts") == told, f"seed {SEED}"


@pytest.mark.parametrize("count", [3, 25])
def test_killed_at_any_line_every_refusal_iys_can_take_reaches_it_once(
    shop: Any, registry: Any, nursery: Nursery, count: int
) -> None:
    """R-32, R-42: some refuse what İYS holds, some what it never heard of, some once more."""
    turn = 0

    def prepare() -> tuple[list[str], list[str]]:
        nonlocal turn
        known = phones(count, first=2 * count * turn)
        strangers = phones(count, first=2 * count * turn + count)
        turn += 1
        now = clock.now()
        take(shop, known, at=now - timedelta(minutes=9))
        finish(shop)
        take(shop, known, status="RET", at=now - timedelta(minutes=5))
        take(shop, strangers, status="RET", at=now - timedelta(minutes=5))
        take(shop, strangers[:2], status="RET", at=now - timedelta(minutes=4))
        return known, strangers

    prepare()
    due_now(shop)
    ended, lines = nursery.run("forward", shop.provider_id, 0)
    assert ended == 0
    for line in random.Random(SEED).sample(range(1, lines), min(lines - 1, LINES or lines)):
        known, strangers = prepare()
        due_now(shop)
        nursery.run("forward", shop.provider_id, line)
        finish(shop)
        note = f"line {line} of {lines}, seed {SEED}"
        for phone in known:
            moved = [one["status"] for one in registry.holds(phone)["movements"]]
            assert (moved, state(shop, phone)["iys"]) == (["ONAY", "RET"], "REGISTERED"), note
        for phone in strangers:
            assert (registry.holds(phone), state(shop, phone)["iys"]) == ({}, "LOCAL_ONLY"), note
        assert how_many(shop, "outbox") == how_many(shop, "dead") == 0, note
