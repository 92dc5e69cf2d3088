"""A person asks to be erased: nothing is sent any more, nobody but the compliance officer sees what
the law still wants, and when its time is over it is gone (R-30, R-42, R-46, R-64)."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ileti.consents import bundle, gate, ledger
from ileti.consents.audit import audit
from ileti.consents.lists import record_list
from ileti.consents.packing import pack
from ileti.consents.vocabulary import Channel, Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, NotFound
from ileti.evidence import stamping
from ileti.retention import destroy, holds, witness  # noqa: F401
from ileti.retention.erase import erase_person, plan_erasure
from ileti.simulator.authority import authority
from tests.evidence.sealed_house import seal_all
from tests.retention.old_house import aged, ago, in_force, is_there, person, took

ADDRESS = "+905990000001"
VERIFIER = Path(__file__).resolve().parents[2] / "ileti" / "evidence" / "verifier.py"


def given_again(place: Any, when: Any, source: Source = Source.HS_WEB,
                channel: Channel = Channel.MESAJ) -> ledger.RecordedItem:
    item = ledger.NewConsent(address=ADDRESS, channel=channel, status=Status.ONAY,
                             consent_date=clock.whole_second(when), due_at=when)
    with db.transaction() as conn:
        done = ledger.record_chunk(conn, ledger.NewSubmission(
            place=place, idem=f"yine:{when:%Y%m%d%H%M%S}:{channel}", body_hash=b"0" * 16,
            source=source, standing=Standing.VERIFIED, items=[_whole(item, source)]))
    return done.items[0]


def _whole(item: ledger.NewConsent, source: Source) -> ledger.NewConsent:
    from dataclasses import replace

    return replace(item, source=source, standing=Standing.VERIFIED)


def may_send(place: Any, channel: Channel = Channel.MESAJ) -> gate.Denial | None:
    return gate.may_send_now(place.provider_id, place.brand_id, ADDRESS, channel).denial


@pytest.fixture
def customer(shop: Any, owner: Any) -> int:
    """A consent of two years ago, in force."""
    done = took(owner, shop, ADDRESS, ago(2))
    in_force(owner, done)
    assert may_send(shop) is None
    return person(done)


def erase(place: Any, recipient_id: int, **more: Any) -> Any:
    return erase_person(place.provider_id, [recipient_id], reason="Başvuru", case="B-1", by=None,
                        **more).persons[0]


def test_a_plan_says_what_would_be_and_does_nothing(shop: Any, owner: Any, customer: int) -> None:
    planned = erase(shop, customer, dry_run=True)
    assert (planned.consents, planned.records, planned.goes_now) == (1, 1, False)
    assert abs(planned.until - clock.now() - timedelta(days=3652)) < timedelta(days=2)
    assert "6563" in planned.tr
    assert "10 years" in planned.en
    assert may_send(shop) is None
    assert owner.execute("select count(*) from restriction").fetchone()[0] == 0


def test_a_customer_is_refused_at_once_told_to_iys_and_restricted(
        shop: Any, owner: Any, customer: int) -> None:
    done = erase(shop, customer)
    assert (done.restricted, done.erased, done.consents) == (True, False, 0)
    assert may_send(shop) is gate.Denial.REFUSED
    assert may_send(shop, Channel.ARAMA) is gate.Denial.REFUSED  # never asked for, blocked too
    [(topic, source)] = owner.execute(
        "select o.topic, e.source from outbox o join consent_entry e on e.id = o.ref_id").fetchall()
    assert (topic, source) == (1, Source.HS_KARAR)


def test_again_is_once(shop: Any, owner: Any, customer: int) -> None:
    first, second = erase(shop, customer), erase(shop, customer)
    assert first == second
    assert owner.execute("select count(*) from restriction").fetchone()[0] == 1
    assert owner.execute("select count(*) from consent_entry").fetchone()[0] == 2


def test_who_is_due_already_is_erased_at_once_and_logged_under_the_case(
        shop: Any, owner: Any) -> None:
    rid = person(took(owner, shop, ADDRESS, ago(11), Status.RET))
    done = erase(shop, rid)
    assert done.erased
    assert not is_there(owner, rid)
    assert owner.execute("select kind, case_number from destruction_log order by id"
                         ).fetchall() == [(2, "B-1"), (1, "B-1")]
    # the name, the network address and the browser go with them, not with the next periodic run
    assert owner.execute(
        "select person_ct, person_key, evidence, erased_at is not null from submission "
        "where provider_id = %s", (shop.provider_id,)).fetchall() == [(None, None, {}, True)]


def test_a_click_that_somebody_else_s_record_needs_keeps_its_name(shop: Any, owner: Any) -> None:
    when = ago(11)
    both = ledger.record(ledger.NewSubmission(
        place=shop, idem="iki-adres", body_hash=b"b" * 32, source=Source.HS_WEB,
        standing=Standing.VERIFIED, person={"name": "Nazlı K."}, items=[
            ledger.NewConsent(address=address, channel=Channel.MESAJ, status=Status.RET,
                              consent_date=when) for address in (ADDRESS, "+905990000002")]))
    for item in both.items:
        aged(owner, shop, item.entry_id, when)
    mine, other = (item.recipient_id for item in both.items)
    holds.place(shop.provider_id, "Dava", by=None, recipient_id=other)
    assert erase(shop, mine).erased
    assert owner.execute("select person_ct is not null, erased_at from submission").fetchall() == [
        (True, None)]


def test_who_is_held_is_restricted_and_told_so(shop: Any, owner: Any) -> None:
    rid = person(took(owner, shop, ADDRESS, ago(11), Status.RET))
    number = holds.place(shop.provider_id, "Dava", by=None, recipient_id=rid)
    done = erase(shop, rid)
    assert (done.erased, done.restricted, done.holds) == (False, True, (number,))
    assert "legal hold" in done.en


@pytest.mark.parametrize("channel", [Channel.MESAJ, Channel.ARAMA])
def test_an_old_list_does_not_open_a_restricted_address(
        shop: Any, owner: Any, customer: int, channel: Channel) -> None:
    erase(shop, customer)
    listed = given_again(shop, ago(1), Source.HS_FIZIKSEL_ORTAM, channel)
    assert listed.outcome is Outcome.OUTDATED
    assert may_send(shop, channel) is gate.Denial.REFUSED


def test_an_old_list_does_not_open_an_erased_address(shop: Any, owner: Any) -> None:
    erase(shop, person(took(owner, shop, ADDRESS, ago(11), Status.RET)))
    listed = given_again(shop, ago(10.5), Source.HS_FIZIKSEL_ORTAM)
    assert listed.outcome is Outcome.OUTDATED
    assert may_send(shop) is gate.Denial.REFUSED


def test_what_iys_held_before_does_not_open_it_and_what_it_says_later_does(
        shop: Any, owner: Any) -> None:
    erase(shop, person(took(owner, shop, ADDRESS, ago(10.2), Status.RET)))
    owner.execute("update suppression set since = %s", (ago(1),))
    assert given_again(shop, ago(10.3), Source.IYS_WEB).outcome is Outcome.OUTDATED
    assert may_send(shop) is gate.Denial.REFUSED
    assert given_again(shop, ago(0.1), Source.IYS_WEB).outcome is Outcome.RECORDED


def test_a_consent_the_person_gives_anew_counts(shop: Any, owner: Any, customer: int) -> None:
    erase(shop, customer)
    again = given_again(shop, clock.now() + timedelta(seconds=2))
    assert again.outcome is Outcome.RECORDED
    in_force(owner, ledger.Recorded(0, clock.now(), False, (again,)))
    assert may_send(shop) is None


def test_a_brand_that_is_added_later_is_closed_to_them_too(
        shop: Any, owner: Any, customer: int) -> None:
    erase(shop, customer)
    brand = new_brand(shop)
    states = owner.execute("select channel, status from consent_state where brand_id = %s "
                           "order by 1, recipient_type", (brand,)).fetchall()
    assert states == [(1, 2), (1, 2), (2, 2), (2, 2)]


def new_brand(place: Any) -> int:
    return int(db.connection().execute(
        "insert into brand (provider_id, brand_code, name) values (%s, %s, 'Yeni') returning id",
        (place.provider_id, place.brand_code + 1)).fetchone()[0])  # type: ignore[index]


def test_an_erased_address_that_came_again_is_closed_in_a_later_brand_and_there_alone(
        shop: Any, owner: Any, new_place: Any) -> None:
    gone = person(took(owner, shop, ADDRESS, ago(11), Status.RET))
    erase(shop, gone)
    again = given_again(shop, ago(1), Source.HS_FIZIKSEL_ORTAM).recipient_id
    owner.execute("delete from consent_state where channel = 1")  # nobody's business here
    brand, strange = new_brand(shop), new_brand(new_place())
    of = "select distinct brand_id, recipient_id, status from consent_state where channel = 1"
    assert owner.execute(of).fetchall() == [(brand, again, 2)]
    assert owner.execute("select from consent_state where brand_id = %s or recipient_id = %s",
                         (strange, gone)).fetchall() == []


def test_the_proof_of_a_restricted_person_still_verifies(
        shop: Any, owner: Any, customer: int, authority_url: str, tmp_path: Path) -> None:
    erase(shop, customer)
    seal_all()
    assert stamping.stamp_due() == {"stamped": 1}
    ids = [row[0] for row in owner.execute("select id from consent_entry order by id")]
    path, makers = tmp_path / "kanit.zip", tmp_path / "makam.pem"
    makers.write_text(authority().bundle)
    with path.open("wb") as file:
        bundle.write(bundle.build(shop.provider_id, ids), file)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(path), "--ca", str(makers)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    # two years old, and sealed today: all of it holds but the moment
    doubts = [one for one in done.stdout.splitlines() if one.startswith("?")]
    assert ["at the latest" in one for one in doubts] == [True]
    assert audit().findings == []


def test_a_restricted_person_goes_when_the_time_is_over(
        shop: Any, owner: Any, customer: int) -> None:
    erase(shop, customer)
    from tests.retention.old_house import aged

    for row in owner.execute("select id from consent_entry order by id").fetchall():
        aged(owner, shop, row[0], ago(10.1))
    owner.execute("update consent_entry set consent_date = %s", (ago(10.1),))
    destroy.run_now()
    assert not is_there(owner, customer)
    assert owner.execute("select count(*) from suppression").fetchone()[0] == 1


@pytest.mark.attack
def test_somebody_elses_person_is_not_found(shop: Any, customer: int, new_place: Any) -> None:
    with pytest.raises(NotFound):
        plan_erasure(new_place().provider_id, [customer])


@pytest.mark.parametrize("bad", [{"reason": ""}, {"reason": "x" * 501}, {"case": "x" * 81},
                                 {"recipient_ids": []}])
def test_a_wish_that_says_nothing_is_refused(shop: Any, customer: int, bad: dict[str, Any]) -> None:
    wish: dict[str, Any] = {"recipient_ids": [customer], "reason": "Başvuru", "case": None,
                            "by": None} | bad
    with pytest.raises(CallerMistake):
        erase_person(shop.provider_id, wish.pop("recipient_ids"), **wish)


def test_clicks_of_one_moment_meet_the_suppression_too(shop: Any, owner: Any) -> None:
    erase(shop, person(took(owner, shop, ADDRESS, ago(11), Status.RET)))
    late = [ledger.NewConsent(address, Channel.MESAJ, Status.ONAY, ago(1)) for address in
            (ADDRESS, "+905990000002")]
    clicks = [pack(ledger.NewSubmission(
        place=shop, idem=f"birlikte:{n}", body_hash=b"0" * 16, source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=[item], evidence={"n": n}, person={"name": "K."}))
        for n, item in enumerate(late)]
    first, second = ledger.record_together(clicks)
    assert first is None  # it is recorded by itself, and judged
    assert second is not None
    assert ledger.record_packed(clicks[0]).items[0].outcome is Outcome.OUTDATED
    assert may_send(shop) is gate.Denial.REFUSED


def test_a_list_in_one_call_meets_the_suppression_too(shop: Any, owner: Any) -> None:
    erase(shop, person(took(owner, shop, ADDRESS, ago(11), Status.RET)))
    items = [ledger.NewConsent(address, Channel.MESAJ, Status.ONAY, ago(1), source=Source.HS_WEB,
                               standing=Standing.VERIFIED)
             for address in ("+905990000003", ADDRESS)]
    done = record_list(ledger.NewSubmission(
        place=shop, idem="liste:1234", body_hash=b"0" * 16, source=Source.HS_WEB,
        standing=Standing.VERIFIED, items=items, evidence={}))
    assert [one.outcome for one in done.items] == [Outcome.RECORDED, Outcome.OUTDATED]
    assert may_send(shop) is gate.Denial.REFUSED
