"""Every entry is sealed once, in an order nothing can slip behind, whoever is killed (R-69)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ileti.core import db
from ileti.evidence import merkle, seal
from tests.evidence.sealed_house import (
    click,
    leaves,
    place_of,
    record_chunk,
    seal_all,
    take,
    wait_for_horizon,
)

ROOT = Path(__file__).resolve().parents[2]


def test_a_seal_stands_over_all_entries_in_order(shop: Any, owner: Any) -> None:
    take(shop, 5)
    (only,) = seal_all()
    assert (only.number, only.leaves, only.previous) == (1, 10, None)
    assert only.root == merkle.root(leaves(owner))


def test_the_next_seal_holds_the_digest_of_the_one_before(shop: Any, owner: Any) -> None:
    take(shop, 2)
    (first,) = seal_all()
    take(shop, 1, first=2)
    (second,) = seal_all()
    assert (second.number, second.previous) == (2, first.digest)
    assert second.root == merkle.root(leaves(owner)[4:])


def test_nothing_new_makes_no_seal(shop: Any) -> None:
    take(shop)
    seal_all()
    assert seal.seal_due(time.monotonic() + 5) == {"seals": 0, "leaves": 0}


def test_the_path_of_each_entry_leads_to_its_seal(shop: Any, owner: Any) -> None:
    done = take(shop, 4)
    seal_all(most=3)
    for entry in (item.entry_id for one in done for item in one.items):
        at = place_of(owner, entry)
        found = seal.seal_of(at, 0)
        assert found is not None
        all_of_it = seal.leaves_of(found)
        place = [leaf.at for leaf in all_of_it].index(at)
        values = [leaf.value for leaf in all_of_it]
        assert merkle.holds(values[place], place, found.leaves, merkle.path(values, place),
                            found.root)


def test_an_entry_without_a_seal_has_none(shop: Any, owner: Any) -> None:
    done = take(shop)
    assert seal.seal_of(place_of(owner, done[0].items[0].entry_id), 0) is None
    assert seal.waiting().since == done[0].captured_at


def test_a_chunk_larger_than_a_seal_goes_into_several(shop: Any, owner: Any) -> None:
    with db.transaction() as conn:
        record_chunk(conn, click(shop))
    take(shop, 3, first=1)
    made = seal_all(most=3)
    assert [one.leaves for one in made] == [3, 3, 2]
    assert [merkle.root(leaves(owner)[n:n + 3]) for n in (0, 3, 6)] == [one.root for one in made]


def test_an_entry_whose_transaction_is_open_is_not_passed_over(shop: Any, owner: Any) -> None:
    """Its id and its transaction's number are lower than those of entries committed before it."""
    began, go_on, held = threading.Event(), threading.Event(), []

    def slow() -> None:
        with db.transaction() as conn:
            held.append(record_chunk(conn, click(shop)))
            began.set()
            go_on.wait(20)

    thread = threading.Thread(target=slow)
    thread.start()
    assert began.wait(20)
    quick = take(shop, 1, first=1)[0]
    seal.seal_due(time.monotonic() + 5)
    assert seal.newest() is None
    go_on.set()
    thread.join()
    (only,) = seal_all()
    assert only.leaves == 4
    slow_ids = [row[0] for row in owner.execute(
        "select id from consent_entry where submission_id <> %s", (quick.submission_id,))]
    assert [leaf.at.id for leaf in seal.leaves_of(only)][:2] == sorted(slow_ids)


def test_sealers_at_once_seal_each_entry_once(shop: Any, owner: Any) -> None:
    take(shop, 20)
    threads = [threading.Thread(target=seal_all, args=(3,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    made = list(seal.chain(1))
    assert sum(one.leaves for one in made) == 40
    assert [one.number for one in made] == list(range(1, len(made) + 1))
    assert [one.previous for one in made[1:]] == [one.digest for one in made[:-1]]


def test_a_sealer_that_is_killed_leaves_nothing_half_done(shop: Any, owner: Any) -> None:
    take(shop, 3)
    died = subprocess.run(
        [sys.executable, "-c", "import time\nfrom ileti.evidence import seal\n"
         "while True: seal.seal_due(time.monotonic() + 5); time.sleep(0.05)"],
        env=os.environ | {"ILETI_FAILPOINT": "seal.written", "PYTHONPATH": str(ROOT)},
        timeout=60, check=False)
    assert died.returncode == 137
    assert seal.newest() is None
    (only,) = seal_all()
    assert only.root == merkle.root(leaves(owner))


@pytest.mark.attack
@pytest.mark.parametrize("deed", [
    "update seal set leaves = 1", "delete from seal", "truncate seal cascade",
    "update seal_stamp set verdict = 1", "delete from seal_stamp",
    "insert into seal_epoch (epoch, system) values (9, 'x')", "update seal_epoch set system = 'x'",
])
def test_the_application_cannot_change_what_is_sealed(shop: Any, deed: str) -> None:
    take(shop)
    seal_all()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.connection().execute(deed)


@pytest.mark.attack
@pytest.mark.parametrize("change", ["leaves = leaves + 1", "root = sha256('x')", "upto_id = 1",
                                    "sealed_at = sealed_at + interval '1 second'",
                                    "previous = sha256('x')", "digest = sha256('x')"])
def test_a_seal_that_was_changed_is_named(shop: Any, owner: Any, change: str) -> None:
    for n in range(3):
        take(shop, 1, first=n)
        seal_all()
    owner.execute(f"update seal set {change} where number = 2")
    with pytest.raises(seal.Broken) as found:
        list(seal.chain(1))
    assert found.value.number == 2


def test_the_sealer_reads_by_its_index_and_sorts_nothing(shop: Any, monkeypatch: Any) -> None:
    take(shop, 3)
    wait_for_horizon()
    asked: list[str] = []
    with db.transaction() as conn:
        real = conn.execute

        def explained(query: Any, *rest: Any, **more: Any) -> Any:
            if "consent_entry" in query:
                asked.extend(row[0] for row in real(f"explain {query}", *rest))
            return real(query, *rest, **more)

        monkeypatch.setattr(conn, "execute", explained)
        assert seal.read_leaves(conn, 0, seal.START, most=3) == seal.read_leaves(
            conn, 0, seal.START, most=3, upto=seal.Position(2**62, 1, 0))
    plan = "\n".join(asked)
    assert "Sort  " not in plan
    assert "Seq Scan" not in plan
    assert plan.count("_xid_id_idx on") >= 4


def test_after_a_move_to_another_cluster_nothing_is_sealed_before_set_up(
        shop: Any, owner: Any) -> None:
    owner.execute("update seal_epoch set system = '1'")
    take(shop, 2)
    assert seal.seal_due(time.monotonic() + 5) == {"seals": 0, "leaves": 0}
    with pytest.raises(seal.AnotherCluster):
        seal.seal_once()


def test_after_set_up_the_old_epoch_is_closed_and_the_new_one_goes_on(
        shop: Any, owner: Any) -> None:
    """The new cluster's transaction numbers begin below those of the old one."""
    take(shop, 2)
    owner.execute("update consent_entry set xid = (xid::text::bigint + 1000000)::text::xid8")
    take(shop, 1, first=2)
    owner.execute("update consent_entry set xid = (xid::text::bigint + 2000000)::text::xid8 "
                  "where xid::text::bigint < 1000000")
    owner.execute("update seal_epoch set system = '1'")
    assert owner.execute("select begin_seal_epoch()").fetchone()[0] == 1
    assert owner.execute("select begin_seal_epoch()").fetchone()[0] is None
    take(shop, 2, first=3)
    old, new = seal_all()
    assert (old.epoch, old.system, old.leaves) == (0, "1", 6)
    assert (new.epoch, new.leaves, new.previous) == (1, 4, old.digest)
    assert [old.root, new.root] == [merkle.root(leaves(owner)[:6]), merkle.root(leaves(owner)[6:])]
    assert [one.at.id for one in seal.leaves_of(new)] == [row[0] for row in owner.execute(
        "select id from consent_entry where epoch = 1 order by id")]
