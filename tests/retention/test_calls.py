"""A call of somebody whose period is over says nothing of them any more (R-64)."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.callcentre import calls
from ileti.consents.vocabulary import Status
from ileti.core import db
from ileti.evidence import vault
from ileti.retention import destroy
from tests.callcentre.house import recording
from tests.retention.old_house import ago, is_there, person, took


def test_a_destroyed_person_leaves_no_number_name_or_link_in_a_call(shop: Any, owner: Any) -> None:
    gone = person(took(owner, shop, "+905990000001", ago(11), Status.RET))
    stays = person(took(owner, shop, "+905990000002", ago(1), Status.RET))
    conn = db.system_connection()
    for recipient in (gone, stays):
        conn.execute(
            "insert into call (provider_id, brand_id, idem, direction, by_system, language, "
            "recipient_id, number, name, reference, recording_link) "
            "values (%s, %s, %s, 1, true, 'tr', %s, %s, %s, %s, %s)",
            (shop.provider_id, shop.brand_id, f"deneme:{recipient}", recipient,
             calls.sealed("+905990000001", calls.NUMBER), calls.sealed("Nazlı", calls.NAME),
             calls.sealed("S-1", calls.REFERENCE), calls.sealed("https://x", calls.LINK)))
    destroy.destroy_these(shop.provider_id, [gone, stays], None)
    left = conn.execute(
        "select recipient_id, num_nonnulls(number, name, reference, recording_link) from call "
        "where provider_id = %s order by recipient_id", (shop.provider_id,)).fetchall()
    assert (is_there(owner, gone), is_there(owner, stays)) == (False, True)
    assert [tuple(row) for row in left] == sorted([(gone, 0), (stays, 4)])


def voice(owner: Any, place: Any, recipient: int, years: float = 11) -> vault.Kept:
    """The recording of a call with somebody so long ago, hung on no record of the ledger, as that
    of a call in which explicit consents alone were asked for."""
    kept = recording(place)
    owner.execute("update evidence_file set created_at = %s where id = %s", (ago(years), kept.id))
    owner.execute(
        "insert into call (provider_id, brand_id, idem, direction, by_system, language, "
        "recipient_id, started_at, ended_at, recording_file, recording_sha256, recording_at) "
        "values (%s, %s, %s, 1, true, 'tr', %s, %s, %s, %s, %s, %s)",
        (place.provider_id, place.brand_id, f"ses:{kept.id}", recipient, ago(years), ago(years),
         kept.id, kept.sha256, ago(years)))
    return kept


def is_kept(kept: vault.Kept) -> bool:
    return bool(vault.describe(kept.provider_id, [kept.id]))


def test_r23_a_voice_is_kept_as_long_as_anything_of_the_person(shop: Any, owner: Any) -> None:
    gone = person(took(owner, shop, "+905990000001", ago(11), Status.RET))
    stays = person(took(owner, shop, "+905990000002", ago(11), Status.RET))
    took(owner, shop, "+905990000002", ago(2), Status.ONAY)
    past, living = voice(owner, shop, gone), voice(owner, shop, stays)
    destroy.run_now()
    assert (is_kept(past), is_kept(living)) == (False, True)
    assert (is_there(owner, gone), is_there(owner, stays)) == (False, True)


def test_r64_a_person_who_asks_takes_the_voice_along(shop: Any, owner: Any) -> None:
    gone = person(took(owner, shop, "+905990000001", ago(11), Status.RET))
    kept = voice(owner, shop, gone)
    destroy.destroy_these(shop.provider_id, [gone], None)
    assert (is_there(owner, gone), is_kept(kept)) == (False, False)


@pytest.mark.parametrize("years", [9.0, 9.9])
def test_r46_a_person_whose_voice_is_younger_stays_with_it(
        shop: Any, owner: Any, years: float) -> None:
    stays = person(took(owner, shop, "+905990000001", ago(11), Status.RET))
    kept = voice(owner, shop, stays, years)
    destroy.destroy_these(shop.provider_id, [stays], None)
    assert (is_there(owner, stays), is_kept(kept)) == (True, True)
