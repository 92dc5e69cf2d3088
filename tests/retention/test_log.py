"""The log of destruction cannot be rewritten unseen."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

import config
from ileti.consents.audit import audit
from ileti.consents.vocabulary import Status
from ileti.core.crypto import Signer
from ileti.retention import destroy, export, log, witness  # noqa: F401
from ileti.retention.erase import erase_person
from tests.evidence.sealed_house import seal_all
from tests.retention.old_house import ago, took

MIGRATION: Final = config.ROOT / "ileti/migrations/sql/0220_retention.sql"
TAKEN_OVER: Final = re.compile(
    r"insert into destruction_part [^$]+?from recipient\n.*?end \$\$;", re.DOTALL)


@pytest.fixture
def logged(shop: Any, owner: Any) -> None:
    """Two persons destroyed: lines 1 to 3."""
    for n in (1, 2):
        took(owner, shop, f"+90599000000{n}", ago(11), Status.RET)
    seal_all()
    destroy.run_now()


def test_a_log_nobody_touched_verifies(logged: None) -> None:
    assert log.verify() == (3, [])
    assert audit().findings == []


ATTACKS = {
    "a count": "update destruction_log set count = 1 where id = 1",
    "a rule": "update destruction_log set rule = 'R-1' where id = 1",
    "the time": "update destruction_log set at = at - interval '1 year' where id = 2",
    "the signature": "update destruction_log set signature = (select signature from "
                     "destruction_log where id = 1) where id = 2",
    "a line taken out": "delete from destruction_part where log_id = 2; "
                        "delete from destruction_log where id = 2",
    "rows added to a line": "update destruction_part set ids = ids || 99::bigint where log_id = 2",
    "rows taken from a line": "delete from destruction_part where log_id = 1",
}


@pytest.mark.attack
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_log_is_named_and_vouches_for_nothing(
        logged: None, owner: Any, attack: str) -> None:
    owner.execute(ATTACKS[attack])
    assert log.verify()[1] != []
    assert "log_wrong" in [one.kind for one in audit().findings]


@pytest.mark.attack
def test_an_erasure_hidden_in_a_forged_part_is_named(shop: Any, owner: Any, logged: None) -> None:
    done = took(owner, shop, "+905990000009", ago(1))
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null "
                  "where id = %s", (done.items[0].recipient_id,))
    owner.execute("update destruction_part set ids = ids || %s::bigint, last_id = %s "
                  "where log_id = 2", (done.items[0].recipient_id, done.items[0].recipient_id))
    assert "erased_unlawfully" in [one.kind for one in audit().findings]


@pytest.mark.attack
def test_an_erasure_with_a_part_of_its_own_and_no_line_is_named(
        shop: Any, owner: Any) -> None:
    """Also before anything was ever destroyed."""
    done = took(owner, shop, "+905990000009", ago(1))
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    owner.execute("insert into destruction_part (kind, provider_id, first_id, last_id, ids) "
                  "select 1, provider_id, id, id, array[id] from recipient where id = %s",
                  (done.items[0].recipient_id,))
    assert [one.kind for one in audit().findings] == ["log_wrong", "erased_unlawfully"]


def test_who_was_erased_by_hand_before_there_was_a_log_is_believed_as_the_migration_left_it(
        shop: Any, owner: Any) -> None:
    took(owner, shop, "+905990000009", ago(1))
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    was = owner.execute("select pg_get_functiondef('parts_before_log'::regproc)").fetchone()[0]
    taken_over = TAKEN_OVER.search(MIGRATION.read_text())
    assert taken_over is not None
    owner.execute("drop function parts_before_log()")
    try:
        owner.execute(taken_over[0])
        assert audit().findings == []
        owner.execute("update destruction_part set ids = ids || 99::bigint")
        assert "log_wrong" in [one.kind for one in audit().findings]
    finally:
        owner.execute(was)


@pytest.mark.attack
def test_a_line_by_a_key_nobody_knows_is_named_and_an_earlier_key_is_known(
        logged: None, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Signer(b"9" * 32)
    for line in list(log.lines()):
        owner.execute("update destruction_log set key_id = %s, signature = %s where id = %s",
                      (other.key_id, other.sign(line.canonical()), line.id))
    number, faults = log.verify()
    assert len(faults) == number == 3
    assert "unknown key" in faults[0].en
    monkeypatch.setattr(config.settings(), "signing_keys_before", other.public)
    assert log.verify() == (3, [])
    owner.execute("update destruction_log set signature = (select signature from destruction_log "
                  "where id = 1) where id = 2")
    assert [one.line for one in log.verify()[1]] == [2]


@pytest.mark.attack
def test_a_case_number_is_no_formula_in_a_spreadsheet(shop: Any, owner: Any) -> None:
    done = took(owner, shop, "+905990000001", ago(11), Status.RET)
    erase_person(shop.provider_id, [done.items[0].recipient_id], reason="Başvuru",
                 case='=HYPERLINK("http://kotu.ornek")', by=None)
    table = export.as_csv(log.lines(), "tr").decode("utf-8-sig")
    assert "'=HYPERLINK" in table
    assert ';"=HYPERLINK' not in table
    assert ";=HYPERLINK" not in table


def test_a_provider_reads_nothing_of_another_in_its_log(
        shop: Any, owner: Any, new_place: Any) -> None:
    other = new_place()
    took(owner, shop, "+905990000001", ago(11), Status.RET)
    took(owner, other, "+905990000002", ago(11), Status.RET)
    destroy.run_now()
    told = list(log.lines(shop.provider_id))
    assert {one.provider_id for one in told} == {shop.provider_id, None}
    assert [(one.kind, one.count) for one in told] == [(2, 1), (1, 1), (0, 0)]
