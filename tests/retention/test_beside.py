"""What hangs on a person beside the consents: acts under KVKK, proof files, lists, İYS's files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import config
from ileti.consents import traillines  # noqa: F401 (and lines of the trail)
from ileti.consents.audit import audit
from ileti.consents.vocabulary import Status
from ileti.core import clock, db
from ileti.evidence import links, vault
from ileti.evidence.kinds import Role
from ileti.iys import archive
from ileti.kvkk import claims as _acts  # noqa: F401 (an audit reads acts by it)
from ileti.kvkk import ledger as acts
from ileti.kvkk.vocabulary import Act
from ileti.retention import destroy, log, witness  # noqa: F401
from ileti.retention.erase import erase_person
from tests.evidence.samples import pdf
from tests.evidence.sealed_house import seal_all, tell_of_erasure
from tests.imports import import_house as lists
from tests.kvkk.house import act, click, stands, text
from tests.retention.old_house import ago, in_force, is_there, person, took

ADDRESS = "+905990000001"
OF_THE_ACT = "+905991112233"  # tests/kvkk/house.py


def kinds() -> list[tuple[int, int]]:
    return [(line.kind, line.count) for line in log.lines()]


def recipient(address_owner: Any) -> int:
    return int(address_owner.execute("select recipient_id from kvkk_entry").fetchone()[0])


def older(owner: Any, years: int) -> None:
    """Everything of the acts happened so many years earlier; the leaves no longer fit."""
    owner.execute("update kvkk_entry set captured_at = captured_at - make_interval(years => %s), "
                  "act_at = act_at - make_interval(years => %s)", (years, years))
    owner.execute("update submission set captured_at = captured_at - make_interval(years => %s)",
                  (years,))
    owner.execute("update recipient set created_at = created_at - make_interval(years => %s)",
                  (years,))


ACTS = {
    "a notice of long ago": ((Act.READ,), 11, True),
    "a notice of nine years": ((Act.READ,), 9, False),
    "an explicit consent that stands": ((Act.GIVEN,), 11, False),
    "one that was withdrawn": ((Act.GIVEN, Act.WITHDRAWN), 11, True),
}


@pytest.mark.parametrize("case", ACTS)
def test_acts_are_kept_as_the_law_wants(shop: Any, owner: Any, case: str) -> None:
    done, years, goes = ACTS[case]
    of = text(shop, "AYDINLATMA" if done[0] is Act.READ else "ACIK_RIZA")
    for place, one in enumerate(done):
        acts.record(click(shop), [act(of, one, at=10 * place)])
    rid = recipient(owner)
    older(owner, years)
    destroy.run_now()
    assert is_there(owner, rid) is not goes
    assert bool(stands(shop, of)) is not goes


def test_what_somebody_with_a_consent_in_force_was_shown_is_kept(shop: Any, owner: Any) -> None:
    acts.record(click(shop), [act(text(shop, "AYDINLATMA"), Act.READ)])
    older(owner, 11)
    done = took(owner, shop, OF_THE_ACT, ago(11))
    in_force(owner, done)
    destroy.run_now()
    assert kinds() == [(0, 0)]


def test_who_asks_to_be_erased_withdraws_every_explicit_consent(shop: Any, owner: Any) -> None:
    of = text(shop)
    acts.record(click(shop), [act(of, Act.GIVEN)])
    done = erase_person(shop.provider_id, [recipient(owner)], reason="Başvuru", case="B", by=None)
    assert done.persons[0].restricted
    assert [row[0] for row in stands(shop, of)] == [Act.WITHDRAWN]
    assert owner.execute("select count(*) from kvkk_entry").fetchone()[0] == 2


def test_an_erased_act_is_vouched_for_by_the_log_and_named_without_it(
        shop: Any, owner: Any) -> None:
    acts.record(click(shop), [act(text(shop), Act.GIVEN)])
    seal_all()
    owner.execute("update recipient set addr_hash = null, addr_ct = null, leaf_key = null")
    assert [one.kind for one in audit().findings] == ["erased_unlawfully"]
    tell_of_erasure(owner)
    assert audit().findings == []


def test_a_proof_file_goes_with_what_it_proves(
        shop: Any, owner: Any, folder: Path) -> None:
    done = took(owner, shop, ADDRESS, ago(11), Status.RET)
    kept = vault.put(shop.provider_id, [pdf("form")], "form.pdf")
    links.link(done.items[0].entry_id, kept, Role.SIGNED_FORM, "Nazlı form.pdf", by=None)
    seal_all()
    destroy.run_now()
    assert is_there(owner, person(done))  # the file was added a moment ago
    assert vault.describe(shop.provider_id, [kept.id])
    owner.execute("update entry_file set added_at = %s", (ago(11),))
    owner.execute("update evidence_file set created_at = %s", (ago(11),))
    destroy.run_now()
    assert (3, 1) in kinds()
    assert vault.describe(shop.provider_id, [kept.id]) == {}
    assert owner.execute("select name, file_key, place from evidence_file").fetchall() == [
        ("", "", "")]
    vault.sweep()
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert log.verify()[1] == []


def test_a_list_and_its_file_go_after_ten_years_with_their_records(
        shop: Any, owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "import_dir", tmp_path)
    run = lists.listed(shop, lists.row(ADDRESS))
    parts = [path for path in tmp_path.rglob("part-*") if path.is_file()]
    assert parts
    owner.execute("update import_run set ended_at = ended_at - interval '11 years', "
                  "created_at = created_at - interval '11 years'")
    destroy.run_now()
    assert all(path.exists() for path in parts)  # its records are of today
    for column, table in (("captured_at", "consent_entry"), ("captured_at", "submission"),
                          ("consent_date", "consent_entry"), ("created_at", "recipient")):
        owner.execute(f"update {table} set {column} = {column} - interval '11 years'")
    owner.execute("update consent_state set iys_status = 4")
    destroy.run_now()
    assert kinds()[1:] == [(2, 1), (4, 1), (1, 1), (0, 0)]
    assert not any(path.exists() for path in parts)
    assert db.connection().execute("select path from import_run where id = %s", (run,)
                                   ).fetchone() == ("",)


def test_a_list_is_kept_with_its_own_chunks_and_nothing_of_like_name(
        shop: Any, owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "import_dir", tmp_path)
    run = lists.listed(shop, lists.row(ADDRESS))
    owner.execute("update import_run set ended_at = ended_at - interval '11 years'")
    kept = "select import_due(%s)"
    [(chunk,)] = owner.execute("select n from import_chunk where import_id = %s", (run,)).fetchall()
    with owner.transaction(force_rollback=True):
        assert owner.execute(kept, (run,)).fetchone() == (False,)
        owner.execute("update submission set erased_at = now()")
        # by equality: how a range of keys sorts is another matter in each database
        for key, due in ((f"import:{run}:zzz", True), (f"import:{run}0:1", True),
                         (f"import:{run}:{chunk}:undo", False)):
            owner.execute("update submission set idem = %s, erased_at = null", (key,))
            assert owner.execute(kept, (run,)).fetchone() == (due,), key


def test_an_old_list_is_told_beforehand_that_an_erased_address_stays_refused(
        shop: Any, owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "import_dir", tmp_path)
    rid = person(took(owner, shop, ADDRESS, ago(11), Status.RET))
    erase_person(shop.provider_id, [rid], reason="Başvuru", case="B", by=None)
    assert not is_there(owner, rid)
    old = lists.row(ADDRESS, date=lists.when(days=1))
    fresh = lists.row("+905990000002")
    owner.execute("update suppression set since = now() - interval '2 hours'")
    run = lists.begin(shop, lists.HEAD, old, fresh)
    told = lists.check(run)
    assert told == {"ALINACAK": 1, "BIZDEKI_YENI": 1}
    state, written, _left = lists.put_in(run)
    assert written == 1
    assert state
    assert owner.execute("select status from consent_state where status = 1").fetchall() == [(1,)]


def test_iyss_daily_files_lose_their_key_and_then_the_file(
        shop: Any, owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(config.settings(), "archive_dir", tmp_path)
    day = clock.today() - timedelta(days=3)
    kept = archive.keep(shop, day, archive.Kind.FILE, b"+905990000001;ONAY")
    destroy.run_now()
    assert (tmp_path / kept.path).exists()
    owner.execute("update iys_archive set fetched_at = fetched_at - interval '11 years', "
                  "day = day - 4018")
    destroy.run_now()
    assert kinds()[-2:] == [(10, 1), (0, 0)]
    assert not (tmp_path / kept.path).exists()


@pytest.mark.attack
def test_a_hold_on_one_person_keeps_the_files_that_may_name_them(
        shop: Any, owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    from ileti.retention import holds

    monkeypatch.setattr(config.settings(), "archive_dir", tmp_path)
    rid = person(took(owner, shop, ADDRESS, ago(1)))
    kept = archive.keep(shop, clock.today() - timedelta(days=3), archive.Kind.FILE, b"x")
    owner.execute("update iys_archive set fetched_at = fetched_at - interval '11 years'")
    holds.place(shop.provider_id, "Dava", by=None, recipient_id=rid)
    destroy.run_now()
    assert (tmp_path / kept.path).exists()
