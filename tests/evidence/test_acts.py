"""Acts about personal data are sealed with the ledger, and a changed one is named."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.audit import audit
from ileti.consents.numbers import record_number
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from ileti.retention import witness  # noqa: F401 (it says what was lawfully erased)
from tests.evidence.sealed_house import seal_all, take, tell_of_erasure
from tests.kvkk.house import act, click, text


@pytest.fixture
def sealed(shop: Any) -> list[int]:
    """Acts between consents, in one seal; the acts' ids."""
    take(shop, 2)
    notice, rıza = text(shop, "AYDINLATMA"), text(shop)
    ids = [one.entry_id for n in range(2) for one in record(
        click(shop, consents=True), [act(notice, Act.READ, at=n), act(rıza, Act.GIVEN, at=n)])[1]]
    ids.append(record(click(shop), [act(notice, Act.READ, address=None)])[1][0].entry_id)
    take(shop, 1, first=9)
    seal_all()
    return ids


def test_an_audit_reads_acts_too(sealed: list[int]) -> None:
    report = audit()
    assert report.findings == []
    assert (report.entries, report.acts) == (8, 5)


CHANGES = {"act": "act = 4", "extent": "extent = 3", "moment": "act_at = act_at + interval '1 s'",
           "source": "source = 2", "standing": "standing = 0", "dealer": "dealer_id = 7",
           "text": "text_id = text_id - 1", "leaf": "leaf = sha256(leaf)",
           "an unknown word": "source = 99", "person": "recipient_id = null",
           "capture": "captured_at = captured_at - interval '1 us'"}


@pytest.mark.attack
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_act_is_named(sealed: list[int], owner: Any, change: str) -> None:
    owner.execute(f"update kvkk_entry set {CHANGES[change]} where id = %s", (sealed[1],))
    found = audit().findings
    assert [(one.kind, one.record) for one in found] == [
        ("act_changed", record_number(sealed[1])),
        *([("root_differs", None)] if change == "leaf" else [])]


@pytest.mark.attack
def test_a_deleted_act_is_missed(sealed: list[int], owner: Any) -> None:
    owner.execute("delete from kvkk_entry where id = %s", (sealed[2],))
    found = [(one.kind, one.record) for one in audit().findings]
    assert found[0] == ("entries_missing", None)
    # where states are compared too, the act that is gone is named
    assert set(found[1:]) <= {("act_state_differs", record_number(sealed[2]))}


def test_of_an_erased_person_seal_and_log_vouch(sealed: list[int], owner: Any) -> None:
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null "
                  "where id in (select recipient_id from kvkk_entry)")
    assert {one.kind for one in audit().findings} == {"erased_unlawfully"}
    tell_of_erasure(owner)
    assert audit().findings == []
