"""Whoever tampers with the ledger is found, and the first wrong record is named (R-23, R-69)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ileti.consents import auditbeside  # noqa: F401 (it compares what clicks list)
from ileti.consents.audit import Report, audit, read_export
from ileti.consents.claims import Claims, read_entries
from ileti.consents.numbers import record_number
from ileti.core import db
from ileti.evidence import export, links, seal, stamping, vault
from ileti.evidence.kinds import Role
from ileti.evidence.leaf import claim_digest, leaf
from ileti.retention import witness  # noqa: F401 (it says what was lawfully erased)
from ileti.simulator.stamp import stamp as forged_stamp
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import click, record_chunk, seal_all, take, tell_of_erasure


@pytest.fixture
def sealed(shop: Any, owner: Any, authority_url: str) -> list[int]:
    """Three stamped seals over clicks and a chunk; the entries' ids, two per click."""
    for n in range(3):
        take(shop, 2, first=2 * n)
        with db.transaction() as conn:
            record_chunk(conn, click(shop, 100 + n))
        seal_all()
        assert stamping.stamp_due() == {"stamped": 1}
    return [row[0] for row in owner.execute("select id from consent_entry order by xid, id")]


def kinds(report: Report) -> list[tuple[str, int]]:
    """What was found of the leaves; states that differ from a changed record come on top."""
    return [(one.kind, one.seal) for one in report.findings if one.kind != "state_differs"]


def commit_anew(owner: Any, number: int) -> None:
    """The leaf of an entry as it is now, by somebody who has the keys."""
    with db.transaction() as conn:
        claims = Claims(conn)
        (entry,) = (one for one in read_entries(
            conn, 0, seal.START, seal.Position(2**62, 1, 0), most=99) if one.id == number)
        claims.prepare([entry])
        made = leaf(entry.leaf_key, entry.id, claim_digest(claims.claim(entry)), entry.captured_at)
    owner.execute("update consent_entry set leaf = %s where id = %s", (made, number))


def test_a_ledger_nobody_touched_is_as_it_was_sealed(sealed: list[int]) -> None:
    report = audit()
    assert report.findings == []
    assert (report.seals, report.entries, report.stamps) == (3, 18, 3)
    assert (report.stamped_upto, report.unsealed, report.erased) == (3, False, 0)


CHANGES = {
    "status": "status = 3 - status", "source": "source = 2", "channel": "channel = 1",
    "consent date": "consent_date = consent_date + interval '1 second'",
    "capture": "captured_at = captured_at - interval '1 microsecond'",
    "type": "recipient_type = 3 - recipient_type", "dealer": "dealer_id = 7",
    "standing": "standing = 0", "leaf": "leaf = sha256(leaf)", "an unknown word": "source = 99",
}


@pytest.mark.attack
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_entry_is_named(sealed: list[int], owner: Any, change: str) -> None:
    owner.execute(f"update consent_entry set {CHANGES[change]} where id = %s", (sealed[8],))
    report = audit()
    more = {"leaf": [("root_differs", 2)], "capture": [("entry_lost", 0)]}  # the click's is another
    assert kinds(report) == [("entry_changed", 2), *more.get(change, [])]
    assert report.findings[0].record == record_number(sealed[8])


@pytest.mark.attack
def test_a_crude_change_does_not_hide_a_neat_one_below_the_same_seal(
        sealed: list[int], owner: Any) -> None:
    owner.execute("update consent_entry set status = 3 - status where id = %s", (sealed[8],))
    owner.execute("update consent_entry set status = 3 - status where id = %s", (sealed[9],))
    commit_anew(owner, sealed[9])
    report = audit()
    assert kinds(report) == [("entry_changed", 2), ("root_differs", 2)]
    assert "başka bir kayıt taahhüdüyle" in report.findings[1].tr


@pytest.mark.attack
def test_an_entry_that_is_dated_back_before_its_seal_is_named(
        sealed: list[int], shop: Any, owner: Any) -> None:
    with db.transaction() as conn:
        record_chunk(conn, click(shop, 200))
    [(number, at)] = owner.execute("select id, captured_at from consent_entry "
                                   "order by xid desc, id desc limit 1").fetchall()
    dated = at - timedelta(days=900)
    owner.execute("update submission set captured_at = %s where id = (select submission_id from "
                  "consent_entry where id = %s)", (dated, number))
    owner.execute("update consent_entry set captured_at = %s where id = %s", (dated, number))
    commit_anew(owner, number)
    owner.execute("update consent_state set entry_at = %s where entry_id = %s", (dated, number))
    seal_all()
    report = audit()
    assert (report.findings[0].kind, report.findings[0].record) == (
        "misdated", record_number(number))


@pytest.mark.attack
def test_a_refusal_that_is_taken_away_before_its_seal_is_missed(
        sealed: list[int], shop: Any, owner: Any) -> None:
    take(shop, 1, first=40)
    [(number,)] = owner.execute("select id from consent_entry order by xid desc, id desc limit 1"
                                ).fetchall()
    owner.execute("delete from consent_state where entry_id = %s", (number,))
    owner.execute("delete from consent_entry where id = %s", (number,))
    seal_all()
    report = audit()
    assert ("entry_lost", 0) in kinds(report)
    assert record_number(number) in {one.record for one in report.findings}


BESIDE = {
    "evidence": "update submission set evidence = '{\"site\": \"other\"}' where id = %s",
    "key": "update submission set idem = idem || '1' where id = %s",
    "person": "update submission set person_ct = set_byte(person_ct, 20, 1) where id = %s",
    "person gone": "update submission set person_ct = null where id = %s",
    "submission gone": "delete from submission where id = %s",
}


@pytest.mark.attack
@pytest.mark.parametrize("what", BESIDE)
def test_a_change_of_what_belongs_to_entries_is_found(
        sealed: list[int], owner: Any, what: str) -> None:
    owner.execute(BESIDE[what], owner.execute(
        "select submission_id from consent_entry where id = %s", (sealed[6],)).fetchone())
    report = audit()
    assert kinds(report) == [("entry_changed", 2)] * 2
    assert report.findings[0].record == record_number(sealed[6])


@pytest.mark.attack
@pytest.mark.parametrize("change", [
    "addr_ct = set_byte(addr_ct, 14, 1)", "leaf_key = sha256(leaf_key)", "leaf_key = null",
    "addr_hash = substr(sha256(addr_hash), 1, 16)",
])
def test_a_changed_recipient_is_found(sealed: list[int], owner: Any, change: str) -> None:
    owner.execute(f"update recipient set {change} where id = (select recipient_id "
                  "from consent_entry where id = %s)", (sealed[0],))
    assert kinds(audit()) == [("entry_changed", 1)]


@pytest.mark.attack
def test_a_deleted_entry_is_missed_in_its_seal(sealed: list[int], owner: Any) -> None:
    owner.execute("delete from consent_entry where id = %s", (sealed[7],))
    report = audit()
    assert kinds(report) == [("entries_missing", 2), ("entry_lost", 2)]
    assert report.findings[1].record == record_number(sealed[7])


@pytest.mark.attack
def test_an_inserted_entry_is_found_in_its_seal(sealed: list[int], owner: Any) -> None:
    owner.execute(
        "insert into consent_entry select (jsonb_populate_record(e, jsonb_build_object("
        "'id', 900000000, 'status', 3 - e.status))).* from consent_entry e where id = %s",
        (sealed[7],))
    report = audit()
    assert set(kinds(report)) == {
        ("entry_changed", 2), ("entries_added", 2), ("entry_slipped_in", 2)}
    assert {one.record for one in report.findings} == {record_number(900000000), None}


@pytest.mark.attack
def test_an_entry_moved_to_another_place_is_found(sealed: list[int], owner: Any) -> None:
    owner.execute("update consent_entry set xid = (select xid from consent_entry where id = %s) "
                  "where id = %s", (sealed[17], sealed[0]))
    assert kinds(audit()) == [("entries_missing", 1), ("entries_added", 3)]


@pytest.mark.attack
def test_an_entry_and_its_leaf_rewritten_together_change_the_root(
        sealed: list[int], owner: Any) -> None:
    """Whoever has the keys can make a whole entry anew; the seal stands on the old one."""
    owner.execute("update consent_entry set status = 3 - status where id = %s", (sealed[6],))
    commit_anew(owner, sealed[6])
    assert kinds(audit()) == [("root_differs", 2)]


@pytest.mark.attack
def test_leaves_changed_within_an_erased_person_are_found_by_the_root(
        sealed: list[int], owner: Any) -> None:
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null "
                  "where id = (select recipient_id from consent_entry where id = %s)",
                  (sealed[0],))
    assert kinds(audit()) == [("erased_unlawfully", 1)]
    tell_of_erasure(owner)
    report = audit()
    assert (report.findings, report.erased) == ([], 1)
    owner.execute("update consent_entry set leaf = sha256(leaf) where id = %s", (sealed[0],))
    assert kinds(audit()) == [("root_differs", 1)]


@pytest.mark.attack
def test_a_seal_that_was_changed_or_taken_out_is_named(sealed: list[int], owner: Any) -> None:
    owner.execute("update seal set root = sha256(root) where number = 2")
    assert kinds(audit())[0] == ("seal_changed", 2)
    owner.execute("delete from seal_stamp where number = 2")
    owner.execute("delete from seal where number = 2")
    found = kinds(audit())
    assert found[0] == ("seal_missing", 2)
    assert ("entries_added", 3) in found


@pytest.mark.attack
def test_a_stamp_exchanged_for_another_seals_is_found(sealed: list[int], owner: Any) -> None:
    owner.execute("update seal_stamp set token = (select token from seal_stamp where number = 1) "
                  "where number = 3")
    assert kinds(audit()) == [("stamp_bad", 3)]


@pytest.mark.attack
@pytest.mark.parametrize("how", ["imprint", "signature", "content", "late", "broken"])
def test_a_forged_stamp_is_found(sealed: list[int], owner: Any, how: str) -> None:
    owner.execute("update seal_stamp set token = %s where number = 2",
                  (forged_stamp(b"x" * 48, audit().newest.sealed_at, how),))
    assert kinds(audit()) == [("stamp_bad", 2)]


@pytest.fixture
def carried_out(sealed: list[int], tmp_path: Path) -> Path:
    return export.write(tmp_path, 1, 3)


def told(path: Path) -> dict[int, str]:
    with path.open("rb") as file:
        return {n: digest for n, digest in read_export(file).items() if n}


def test_what_was_exported_is_what_is_here(carried_out: Path) -> None:
    assert audit(exported=told(carried_out)).findings == []
    assert sorted(told(carried_out)) == [1, 2, 3]


@pytest.mark.attack
def test_a_restored_old_backup_is_found(carried_out: Path, owner: Any) -> None:
    owner.execute("delete from seal_stamp where number = 3")
    owner.execute("delete from consent_entry where (xid, id) > (select upto_xid::text::xid8, "
                  "upto_id from seal where number = 2)")
    owner.execute("delete from seal where number = 3")
    owner.execute("delete from submission s where not exists (select from consent_entry e "
                  "where e.submission_id = s.id)")
    assert kinds(audit()) == []
    assert kinds(audit(exported=told(carried_out))) == [("behind_export", 3)]


@pytest.mark.attack
def test_a_ledger_rewritten_with_seals_of_its_own_is_found_by_the_export(
        carried_out: Path, owner: Any, shop: Any) -> None:
    """Without stamps and exports the owner could make everything anew."""
    for table in ("seal_stamp", "seal", "consent_entry", "submission"):
        owner.execute(f"delete from {table}")
    for n in range(3):
        take(shop, 1, first=700 + n)
        seal_all()
    assert kinds(audit()) == []
    assert kinds(audit(exported=told(carried_out))) == [("export_differs", n) for n in (1, 2, 3)]


def test_findings_end_where_there_are_enough(sealed: list[int], owner: Any) -> None:
    owner.execute("update consent_entry set status = 3 - status")
    assert len(audit(most=4).findings) == 4


def test_a_part_of_the_ledger_can_be_audited_alone(sealed: list[int], owner: Any) -> None:
    owner.execute("update consent_entry set status = 3 - status where id in (%s, %s)",
                  (sealed[0], sealed[17]))
    assert kinds(audit(first=2, last=2)) == []
    assert kinds(audit(first=2)) == [("entry_changed", 3)]


def test_what_waits_for_a_seal_is_told(sealed: list[int], shop: Any) -> None:
    take(shop, 1, first=9)
    assert audit().unsealed


def test_a_file_is_written_once_a_day_and_whole(
        sealed: list[int], tmp_path: Path, monkeypatch: Any) -> None:
    import config
    from ileti.core import clock

    monkeypatch.setattr(config.settings(), "seal_export_dir", tmp_path / "out")
    assert export.export_due() == {"files": 1}
    assert export.export_due() == {}
    seal_all()
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert export.export_due() == {"files": 0}
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "seals-000000001-000000003.jsonl"
    assert path.stat().st_mode & 0o222 == 0


@pytest.mark.parametrize("line", [b"{}", b"no json", b'{"number":1}', b"[1]", b'{"v": 1}',
                                  b'{"root":"00","number":1,"v":1}'])
def test_a_line_that_is_no_seal_is_named(line: bytes) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_export([b"", line])


@pytest.fixture
def linked(shop: Any, owner: Any, folder: Path) -> int:
    """An entry with a scan that was added later, both sealed; the entry."""
    entry = take(shop)[0].items[0].entry_id
    seal_all()
    links.link(entry, vault.put(shop.provider_id, [pdf()], "form.pdf"), Role.SIGNED_FORM,
               "form.pdf", by=1)
    seal_all()
    return entry


def test_a_file_that_was_linked_later_is_sealed_and_audited(linked: int) -> None:
    report = audit()
    assert (report.findings, report.entries, report.files, report.seals) == ([], 2, 1, 2)


@pytest.mark.attack
@pytest.mark.parametrize("deed", [
    "update entry_file set role = 2", "update entry_file set added_by = 2",
    "update entry_file set added_at = added_at - interval '1 day'",
    "update entry_file set leaf = sha256(leaf)", "update evidence_file set sha256 = sha256('x')",
])
def test_a_changed_link_is_named_by_its_record(linked: int, owner: Any, deed: str) -> None:
    owner.execute(deed)
    report = audit()
    assert report.findings[0].record == record_number(linked)
    assert set(kinds(report)) - {("misdated", 2), ("root_differs", 2)} == {("file_changed", 2)}


@pytest.mark.attack
def test_a_link_taken_away_is_missed_in_its_seal(linked: int, owner: Any) -> None:
    owner.execute("delete from entry_file")
    assert kinds(audit()) == [("entries_missing", 2)]
