"""Withdrawing an explicit consent: each is taken back once, for all addresses of its click."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.consents.ledger import ActorKind, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core.errors import StorageAway
from ileti.kvkk import withdrawal
from ileti.kvkk.ledger import record
from ileti.kvkk.vocabulary import Act
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from tests.kvkk.house import act, click, stands, text

PHONE, MAIL = "+905991112233", "nazli.k@ornek.com.tr"


def who(place: Any, recipient: int, address: str, **more: Any) -> Withdrawer:
    return Withdrawer(place=place, recipient_id=recipient, address=address, source=Source.HS_WEB,
                      actor=ActorKind.VISITOR, key="preferences", evidence={}, **more)


def given(place: Any, of: Any, address: str = PHONE, *, at: int = 0, **more: Any) -> int:
    return record(click(place, **more), [act(of, Act.GIVEN, at=at, address=address)]
                  )[1][0].recipient_id or 0


def test_r62_what_was_given_anew_is_withdrawn_anew_within_the_same_minute(place: Any) -> None:
    rıza = text(place)
    person = given(place, rıza)
    assert len(withdraw(who(place, person, PHONE), [rıza.document])) == 1
    assert withdraw(who(place, person, PHONE), [rıza.document]) == []  # a double click
    given(place, rıza, at=10**8)
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)]
    assert len(withdraw(who(place, person, PHONE), [rıza.document])) == 1
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)]


def test_two_who_saw_the_same_record_one(place: Any, monkeypatch: Any, conn: Any) -> None:
    rıza = text(place)
    person = given(place, rıza)
    seen = withdrawal._given(who(place, person, PHONE), [rıza.document])
    withdrawal._record(who(place, person, PHONE), seen)
    withdrawal._record(who(place, person, PHONE), seen)
    assert conn.execute("select count(*) from kvkk_entry where provider_id = %s and act = 4",
                        (place.provider_id,)).fetchone() == (1,)


def test_nobody_is_told_withdrawn_while_it_stands(place: Any, monkeypatch: Any) -> None:
    rıza = text(place)
    person = given(place, rıza)
    seen = withdrawal._given(who(place, person, PHONE), [rıza.document])
    monkeypatch.setattr(withdrawal, "_given", lambda *_: seen)
    with pytest.raises(StorageAway):
        withdraw(who(place, person, PHONE), [rıza.document])


def test_the_key_holds_no_hash_of_an_address(place: Any, conn: Any) -> None:
    rıza = text(place)
    person = given(place, rıza)
    withdraw(who(place, person, PHONE), [rıza.document])
    idem, body = conn.execute("select idem, body_hash from submission where provider_id = %s "
                              "order by id desc limit 1", (place.provider_id,)).fetchone()
    assert hash_body([rıza.document], PHONE).hex() not in idem
    assert bytes(body) != hash_body([rıza.document], PHONE)
    entry = conn.execute("select id from kvkk_entry where provider_id = %s and act = 3",
                         (place.provider_id,)).fetchone()[0]
    assert bytes(body) == hash_body(f"withdraw:preferences:{person}", [entry])


def test_r62_one_click_takes_back_what_one_click_gave_for_both_addresses(place: Any) -> None:
    rıza = text(place)
    _, acts = record(click(place), [act(rıza, Act.GIVEN, address=one) for one in (PHONE, MAIL)])
    mine = withdraw(who(place, acts[1].recipient_id or 0, MAIL), [rıza.document])
    assert [one.recipient_id for one in mine] == [acts[1].recipient_id]
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)] * 2


def test_r62_also_where_codes_made_records_of_their_own_of_it(place: Any) -> None:
    rıza = text(place)
    first, acts = record(click(place, standing=Standing.UNVERIFIED),
                         [act(rıza, Act.GIVEN, address=one) for one in (PHONE, MAIL)])
    for one, address in zip(acts, (PHONE, MAIL), strict=True):
        record(click(place, key=f"confirm:{first.submission_id}:{one.recipient_id}"),
               [act(rıza, Act.GIVEN, address=address)])
    assert stands(place, rıza) == [(Act.GIVEN, rıza.version, 1)] * 2
    withdraw(who(place, acts[0].recipient_id or 0, PHONE), [rıza.document])
    assert stands(place, rıza) == [(Act.WITHDRAWN, rıza.version, 1)] * 2


def test_what_the_other_address_gave_by_another_click_stays(place: Any) -> None:
    rıza = text(place)
    _, acts = record(click(place), [act(rıza, Act.GIVEN, address=one) for one in (PHONE, MAIL)])
    given(place, rıza, MAIL, at=60)
    withdraw(who(place, acts[0].recipient_id or 0, PHONE), [rıza.document])
    assert sorted(stands(place, rıza)) == [(Act.GIVEN, rıza.version, 1),
                                           (Act.WITHDRAWN, rıza.version, 1)]
