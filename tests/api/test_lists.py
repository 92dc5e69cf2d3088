"""A list in one call: judged as its items would be by themselves, recorded as a chunk would be."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ileti.api.item import Frame, check
from ileti.api.judging import Judge
from ileti.consents import claims
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body, record, record_chunk
from ileti.consents.lists import record_list
from ileti.consents.vocabulary import Channel, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.core.errors import CallerMistake, Conflict

NOW = datetime(2026, 11, 30, 9, 0, 0, 500_000, tzinfo=UTC)
FRAME = Frame(NOW, None, None, {10_000_001: 7}, {3: "ab" * 32})
ODD = st.sampled_from([None, True, 1, 1.0, "", [], {}, "?"])
DATES = st.sampled_from([
    "2026-11-30T12:00:00+03:00", "2026-11-30T09:00:00.9Z", "2026-11-30T12:00:01+03:00",
    "2026-11-27T00:00:00+03:00", "2026-11-26T23:59:59.999999+03:00", "2026-11-20T10:00:00Z",
    "2015-05-01T00:00:00+03:00", "2015-04-30T23:59:59+03:00", "2026-11-30T10:00:00",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00", "2026-11-27"])
ITEMS = st.fixed_dictionaries(
    {}, optional={
        "address": st.sampled_from(["+905992134117", "0599 213 41 17", "a@ornek.com.tr", "x@y",
                                    " A@ornek.com.tr"]) | ODD,
        "channel": st.sampled_from(["MESAJ", "EPOSTA", "ARAMA"]) | ODD,
        "status": st.sampled_from(["ONAY", "RET"]) | ODD,
        "source": st.sampled_from(["HS_WEB", "HS_2015", "HS_KARAR"]) | ODD,
        "consentDate": DATES | ODD,
        "recipientType": st.sampled_from(["BIREYSEL", "TACIR"]) | ODD,
        "merchantBasis": st.sampled_from(["sözleşme", "  ", "x" * 121]) | ODD,
        "retailerCode": st.sampled_from([10_000_001, 10_000_002]) | ODD,
        "textId": st.sampled_from([3, 4, 3.0]) | ODD, "x": st.just(1)})


@settings(max_examples=150, deadline=None)
@given(st.lists(ITEMS | ODD, min_size=1, max_size=25))
def test_a_list_is_judged_as_its_items_by_themselves(items: list[Any]) -> None:
    judge = Judge(FRAME)
    for item in (*items, *items):
        assert judge.of(item) == check(item, FRAME), item


GOOD = st.fixed_dictionaries({
    "address": st.sampled_from(["+905992134117", "0599 213 41 17", "a@ornek.com.tr"]),
    "channel": st.sampled_from(["MESAJ", "EPOSTA"]), "status": st.sampled_from(["ONAY", "RET"]),
    "source": st.sampled_from(["HS_WEB", "HS_2015"]), "consentDate": DATES},
    optional={"recipientType": st.sampled_from(["BIREYSEL", "TACIR", ""]),
              "merchantBasis": st.sampled_from(["sözleşme", " "]),
              "retailerCode": st.sampled_from([10_000_001, True, 1]), "textId": st.just(3)})


@settings(max_examples=150, deadline=None)
@given(st.lists(GOOD, min_size=1, max_size=40))
def test_what_is_nearly_always_good_is_judged_alike_too(items: list[Any]) -> None:
    judge = Judge(FRAME)
    assert [judge.of(one) for one in items] == [check(one, FRAME) for one in items]


# -- recording -------------------------------------------------------------------------------------


def one(number: int, status: Status = Status.ONAY, channel: Channel = Channel.MESAJ,
        **more: Any) -> NewConsent:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    base = NewConsent(f"+90599{number:07d}", channel, status, at, due_at=at + timedelta(days=3),
                      source=Source.HS_WEB, standing=Standing.VERIFIED)
    return replace(base, **more)


def listed(place: Any, *items: NewConsent, idem: str = "") -> NewSubmission:
    return NewSubmission(place=place, idem=idem or f"api:{uuid4()}", body_hash=hash_body(items),
                         source=Source.NONE, standing=Standing.VERIFIED, items=items,
                         evidence={"kind": "api"})


#: what a list may do to people who are known, and to people who are not
MOVES = [one(1, Status.RET), one(2), one(3, Status.RET), one(4, channel=Channel.ARAMA),
         one(5, dealer_id=3), one(5, Status.RET, Channel.ARAMA, source=Source.HS_CAGRI_MERKEZI),
         one(6, recipient_type=RecipientType.TACIR, due_at=None),
         one(7, standing=Standing.UNVERIFIED), one(8, source=Source.IYS_WEB),
         one(1, consent_date=datetime(2026, 1, 1, tzinfo=UTC), channel=Channel.EPOSTA,
             address="a@ornek.com.tr")]


def stand(place: Any) -> list[Any]:
    return db.connection().execute(
        "select r.kind, s.recipient_type, s.channel, s.status, s.source, s.standing, s.iys_status, "
        "s.consent_date, s.iys_due_at, s.pending_id is null, e.outcome, e.dealer_id, o.hint, "
        "o.next_at, o.after_id is null from consent_state s "
        "join recipient r on r.provider_id = s.provider_id and r.id = s.recipient_id "
        "join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id "
        "left join outbox o on o.provider_id = s.provider_id and o.ref_id = s.entry_id "
        "where s.provider_id = %s order by s.entry_id", [place.provider_id]).fetchall()


@pytest.mark.parametrize("known", [False, True], ids=["nobody known", "some known"])
def test_a_list_does_what_a_chunk_does(place: Any, place_b: Any, known: bool) -> None:
    outcomes = []
    earlier = [replace(each, consent_date=each.consent_date - timedelta(hours=1))
               for each in (one(1), one(2, Status.RET), one(7), one(9))]
    for where, way in ((place, record_list), (place_b, _as_chunk)):
        if known:
            for before in earlier:
                record(listed(where, before))
        outcomes.append([item.outcome for item in way(listed(where, *MOVES)).items])
    assert outcomes[0] == outcomes[1]
    assert stand(place) == stand(place_b)
    assert len(stand(place)) == len(MOVES) + (1 if known else 0)


def _as_chunk(new: NewSubmission) -> Any:
    with db.transaction() as conn:
        return record_chunk(conn, new)


@pytest.mark.parametrize("known", [False, True], ids=["nobody known", "some known"])
def test_every_line_commits_to_its_claim(place: Any, known: bool) -> None:
    if known:
        record(listed(place, one(1), one(2)))
    done = record_list(listed(place, *MOVES))
    reader = claims.Claims(db.connection())
    found = claims.read_these(db.connection(), place.provider_id,
                              [item.entry_id for item in done.items])
    reader.prepare(found)
    assert all(reader.fits(entry) for entry in found)
    assert [item.entry_id for item in done.items] == sorted(entry.id for entry in found)
    assert {entry.id: bytes(entry.leaf) for entry in found} == {
        item.entry_id: item.leaf for item in done.items}


def test_a_list_again_is_the_first_time_and_another_is_refused(place: Any) -> None:
    record(listed(place, one(2)))
    new = listed(place, one(1), one(2, Status.RET), one(3, channel=Channel.ARAMA))
    first, again = record_list(new), record_list(new)
    assert again.replay
    assert replace(again, replay=False) == first
    with pytest.raises(Conflict):
        record_list(replace(new, body_hash=b"x" * 16))


def test_the_providers_own_decision_is_never_a_consent_in_a_list_h408(place: Any) -> None:
    for _ in range(2):
        with pytest.raises(CallerMistake, match="H408"):
            record_list(listed(place, one(1), one(2, source=Source.HS_KARAR)))
        assert len(stand(place)) in (0, 2)
        record(listed(place, one(2), one(3)))


def test_lists_that_meet_in_another_order_are_both_recorded(place: Any) -> None:
    orders = [[one(n) for n in numbers] for numbers in (range(200), range(199, -1, -1))]
    done: list[Any] = []
    threads = [threading.Thread(target=lambda some=some: done.append(
        record_list(listed(place, *some)))) for some in orders * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    assert len(stand(place)) == 200
