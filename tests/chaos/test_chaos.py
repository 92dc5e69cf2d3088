"""A short run of ``make chaos``, and that its judge counts what is wrong.

``ILETI_CHAOS_SEED`` and ``ILETI_CHAOS_SECONDS`` choose another run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / place) for place in ("tests/chaos", "tests/faults", "tests/iys")]

from chaos_book import CITIZEN, FAULTY, UNVERIFIED, US, Book, Word  # noqa: E402
from chaos_faults import FAILPOINTS, STRIKES, WEB_FAILPOINTS, Ours, Theirs  # noqa: E402
from chaos_judge import Entry, Seen, Verdict, judge  # noqa: E402
from chaos_people import STORIES  # noqa: E402
from chaos_push import WAYS  # noqa: E402
from chaos_rows import ROWS, ROWS_ASKED  # noqa: E402

SEED = os.environ.get("ILETI_CHAOS_SEED", "5")
SECONDS = os.environ.get("ILETI_CHAOS_SECONDS", "20")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
NOON = datetime(2026, 11, 27, 9, tzinfo=UTC)
WHO = ("+905990000001", "MESAJ")


def figures(text: str) -> dict[str, int]:
    """The lines ``chaos_… n``; of a name told twice, the last."""
    return {line.split()[0].removeprefix("chaos_"): int(line.split()[1])
            for line in text.splitlines() if line.startswith("chaos_")}


def test_a_short_run_loses_doubles_and_allows_nothing_and_counts_what_is_planted() -> None:
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("DATABASE_", "REDIS_", "IYS_", "ILETI_"))}
    ended = subprocess.run(
        [sys.executable, "tests/chaos/chaos_run.py", "--seed", SEED, "--seconds", SECONDS,
         "--var", f"var/test/chaos-{WORKER}", "--plant"],
        cwd=ROOT, env=env, text=True, capture_output=True, timeout=420, check=False)
    said = ended.stdout + ended.stderr[-4000:]
    first, _, planted = ended.stdout.partition("# planted")
    assert ended.returncode == 0, said
    found = figures(first)
    assert found.pop("faults") > 20, said
    assert found == dict.fromkeys(
        ("lost", "doubled", "wrong_yes", "ungiven", "leaves_wrong", "hung"), 0), said
    assert "0 without an answer" in first, said
    assert "settled never" not in first, said
    counted = figures(planted)
    for name in ("lost", "doubled", "wrong_yes", "ungiven", "leaves_wrong"):
        assert counted[name] >= 1, said


def test_every_row_of_the_matrix_that_was_asked_for_is_played_by_something_a_run_does() -> None:
    nobody: Any = None
    known = {
        *Ours(nobody, Book(), 1).ways, *Theirs(nobody, Book(), 1).ways, *FAILPOINTS,
        *WEB_FAILPOINTS, *WAYS, *(f"İYS {kind}" for kind in STRIKES),
        *(", ".join(story) for story in STORIES), "doubled request",
    }
    assert set(ROWS) == set(ROWS_ASKED)
    assert all(row.played_by for row in ROWS.values())
    assert {name for row in ROWS.values() for name in row.played_by} <= known
    proofs = {row.not_shown.rpartition(": ")[2] for row in ROWS.values() if row.not_shown}
    assert all((ROOT / proof).is_file() for proof in proofs)


# -- the judge by itself ---------------------------------------------------------------------------


def said(status: str = "ONAY", by: str = US, minute: int = 0, key: str = "k1") -> Word:
    at = NOON + timedelta(minutes=minute)
    return Word(WHO[0], WHO[1], status, by, at, f"2026-11-27 12:{minute:02}:00",
                key if status == "ONAY" and by != CITIZEN else "", at)


def moved(status: str = "ONAY", source: str = "HS_WEB", minute: int = 0) -> dict[str, Any]:
    when = f"2026-11-27 12:{minute:02}:00"
    return {"status": status, "source": source, "consentDate": when, "creationDate": when}


def entry(status: str = "ONAY", minute: int = 0, key: str = "k1") -> Entry:
    return Entry(key, WHO, status, "HS_WEB", NOON + timedelta(minutes=minute))


def verdict(words: list[Word], movements: list[dict[str, Any]], *, yes: bool = False,
            entries: list[Entry] | None = None, receipts: tuple[str, ...] = ("R1",),
            **seen: Any) -> dict[str, int]:
    book = Book()
    book.say(*words)
    for word in words:
        if word.key:
            book.receipts[word.key] |= set(receipts)
    found = judge(book, Seen(**({
        "entries": [entry()] if entries is None else entries,
        "submissions": Counter(["k1"]), "registry": {WHO: movements} if movements else {},
        "allowed": {WHO} if yes else set(), "movements": len(movements)} | seen)))
    return {name: len(value) for name, value in vars(found).items() if value}


def test_a_consent_that_is_everywhere_once_is_no_finding() -> None:
    assert verdict([said()], [moved()], yes=True) == {}


@pytest.mark.parametrize(("found", "case"), [
    ({"lost": 1}, {"entries": [], "yes": True}),  # a receipt without a line in the ledger
    ({"doubled": 1}, {"entries": [entry(), entry()], "yes": True}),
    ({"doubled": 1}, {"receipts": ("R1", "R2"), "yes": True}),
    ({"doubled": 1}, {"submissions": Counter(["k1", "k1"]), "yes": True}),
    ({"doubled": 1}, {"at_iys": [moved(), moved()], "yes": True}),
    ({"lost": 1}, {"at_iys": []}),  # İYS was never told
    ({"lost": 1}, {"parked": ["H180"], "yes": True}),
    ({"wrong_yes": 1, "lost": 1}, {"at_iys": [], "yes": True}),  # before İYS has it
    ({"lost": 1}, {"yes": False}),  # at İYS, and the gate does not know
    ({"ungiven": 1}, {"at_iys": [moved(), moved(minute=3)], "yes": True}),
    ({"leaves_wrong": 1}, {"wrong_leaves": ["entry 1"], "yes": True}),
])
def test_each_way_of_going_wrong_with_a_consent_is_counted(
    found: dict[str, int], case: dict[str, Any]
) -> None:
    assert verdict([said()], case.get("at_iys", [moved()]),
                   **{name: value for name, value in case.items() if name != "at_iys"}) == found


REFUSED = [said(), said("RET", minute=2)]
LEDGER = [entry(), entry("RET", 2, "")]


@pytest.mark.parametrize(("found", "words", "movements", "yes"), [
    ({}, REFUSED, [moved(), moved("RET", minute=2)], False),
    ({}, REFUSED, [], False),  # İYS never heard of the consent
    ({"wrong_yes": 1}, REFUSED, [moved(), moved("RET", minute=2)], True),
    ({"lost": 1}, REFUSED, [moved()], False),
    ({"doubled": 1}, REFUSED, [moved(), moved("RET", minute=2), moved("RET", minute=3)], False),
    ({}, [said(), said("RET", CITIZEN, 1)], [moved(), moved("RET", "IYS_WEB", 1)], False),
    ({"wrong_yes": 1}, [said(), said("RET", CITIZEN, 1)],
     [moved(), moved("RET", "IYS_WEB", 1)], True),
    ({"lost": 1, "doubled": 1}, [said(), said("RET", CITIZEN, 1)],
     [moved(), moved("RET", "IYS_WEB", 1), moved()], False),  # our stale consent went after it
    ({"wrong_yes": 1}, [said(by=UNVERIFIED)], [], True),
    ({"ungiven": 1}, [said(by=UNVERIFIED)], [moved()], False),
    ({"ungiven": 1, "lost": 1}, [said(by=FAULTY)], [moved()], False),
    ({"wrong_yes": 1, "lost": 1}, [said(by=FAULTY)], [], True),
])
def test_refusals_citizens_and_unproven_addresses_are_judged_by_the_last_word(
    found: dict[str, int], words: list[Word], movements: list[dict[str, Any]], yes: bool
) -> None:
    assert verdict(words, movements, yes=yes, entries=LEDGER) == found


def test_what_iys_never_takes_must_be_set_aside_with_its_code() -> None:
    assert verdict([said(by=FAULTY)], [], refused={WHO: "H121"}) == {}
    assert verdict([said(by=FAULTY)], [], refused={WHO: "H470"}) == {"lost": 1}
    assert verdict([said()], [moved()], yes=True, refused={WHO: "H121"}) == {"lost": 1}


def test_a_push_of_strangers_that_is_not_turned_away_is_counted() -> None:
    book = Book()
    book.forged.append("a push with wrong credentials was answered 200")
    assert len(judge(book, Seen()).ungiven) == 1


def test_what_nobody_spoke_of_must_be_nowhere() -> None:
    stranger = ("+905990000009", "ARAMA")
    found = judge(Book(), Seen(registry={stranger: [moved()]}, allowed={stranger}, movements=1))
    assert isinstance(found, Verdict)
    assert (len(found.ungiven), len(found.wrong_yes)) == (1, 1)
    assert judge(Book(), Seen(movements=1)).doubled, "İYS counted more than it shows"
