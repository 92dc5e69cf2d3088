"""``make chaos SEED=n SECONDS=n``: everything breaks under load, then calm, then the judgement.

Prints one ``name value`` line each: ``chaos_lost`` (accepted and not kept, or not at İYS as said),
``chaos_doubled``, ``chaos_wrong_yes`` (the gate, during and after), ``chaos_ungiven`` (İYS holds
what nobody gave), ``chaos_leaves_wrong``, ``chaos_hung`` (requests without an answer in 20 s); what
happened stands in lines that begin with #. Ends with 1 when one of the figures is not 0.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/faults"), str(ROOT / "tests/iys")]

from chaos_book import Book  # noqa: E402
from chaos_faults import Ours, Theirs  # noqa: E402
from chaos_judge import Verdict, judge, read  # noqa: E402
from chaos_people import Client, Watcher  # noqa: E402
from chaos_plant import plant  # noqa: E402
from chaos_world import World  # noqa: E402
from faults_house import wait_until  # noqa: E402

CROWD, STORIES = 6, 14
SHOWN = 12


def rage(world: World, book: Book, seed: int, seconds: float) -> None:
    """Load and faults at once for so long; then everybody says what they had begun to say."""
    over, calm = threading.Event(), threading.Event()
    clients = [Client(world, book, n, seed, stories=n >= CROWD) for n in range(CROWD + STORIES)]
    hurt = [threading.Thread(target=one.live, args=(over,), daemon=True, name=type(one).__name__)
            for one in (Ours(world, book, seed), Theirs(world, book, seed))]
    people = [threading.Thread(target=one.live, args=(over,), daemon=True) for one in clients]
    gate = threading.Thread(target=Watcher(world, book, seed).live, args=(calm,), daemon=True)
    world.road.raging = True
    for thread in (*people, *hurt, gate):
        thread.start()
    time.sleep(seconds)
    over.set()
    for thread in hurt:
        thread.join(60)
    world.calm()
    for thread in people:
        thread.join(200)
    calm.set()
    gate.join(30)


def settle(world: World) -> str:
    """Wait until nothing waits any more; how much help that took."""
    quiet = datetime.now(UTC)

    def done() -> bool:
        return world.settled() and world.pulled_since(quiet)

    for name, help_, patience in (
        ("by itself", lambda: None, 8), ("when delays had passed", world.due_now, 20),
        ("after an hour", world.let_an_hour_pass, 40),
        ("after two hours", world.let_an_hour_pass, 60),
    ):
        help_()
        if wait_until(done, patience, 0.2):
            # İYS's last changes: once more to the end, after the last of ours was told.
            quiet = datetime.now(UTC)
            world.due_now()
            wait_until(done, 20, 0.2)
            return name
        for why, count in world.waits():
            print(f"# not settled {name}: {count} × {why}", flush=True)
    return "never"


def tell(verdict: Verdict, book: Book) -> int:
    """Print the figures; how many are not 0."""
    wrong = 0
    for one in fields(verdict):
        found = getattr(verdict, one.name)
        for sentence in found[:SHOWN]:
            print(f"# {one.name}: {sentence}")
        print(f"chaos_{one.name} {len(found)}")
        wrong += bool(found)
    hung = book.odd_answers["no answer in time"]
    print(f"chaos_hung {hung}", flush=True)
    return wrong + bool(hung)


def report(book: Book, world: World, settled: str) -> None:
    """What happened, in comment lines."""
    struck = world.registry.counters()["by_fault"]
    book.faults.update({f"İYS {kind}": count for kind, count in struck.items()})
    for name, count in sorted(book.faults.items()):
        print(f"# {count:5} {name}")
    words = [word for said in book.words.values() for word in said]
    print(f"# {len(words)} words of {len(book.words)} people and channels; "
          f"{sum(w.acked is None for w in words)} without an answer; slowest {book.slowest:.1f} s")
    print(f"# {world.registry.tally()} settled {settled}; citizens' changes learned "
          f"{world.learned()}")
    for answer, count in book.odd_answers.most_common(SHOWN):
        print(f"# odd answer {count} × {answer}")
    print(f"chaos_faults {sum(book.faults.values())}")


def main() -> int:
    """Run once; 1 when something was lost, doubled or wrongly allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="0 draws one")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "chaos")
    parser.add_argument("--plant", action="store_true",
                        help="afterwards plant one fault of each kind and judge again")
    given = parser.parse_args()
    seed = given.seed or random.SystemRandom().randrange(1, 10**6)
    print(f"# seed {seed}, {given.seconds:g} seconds", flush=True)
    from ileti.core import db

    world, book = World(given.var), Book()
    try:
        world.start(book, seed)
        rage(world, book, seed, given.seconds)
        settled = settle(world)
        report(book, world, settled)
        db.forget_connections()  # those of before the last crash
        wrong = tell(judge(book, read(world, book)), book)
        if given.plant:
            plant(world, book)
            print("# planted: a loss, a double, a wrong yes, a consent nobody gave, a changed line")
            tell(judge(book, read(world, book)), book)
        return int(bool(wrong))
    finally:
        world.end()


if __name__ == "__main__":
    sys.exit(main())
