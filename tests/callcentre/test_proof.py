"""The call in a consent's proof, in a person's own copy, and after their destruction."""

from __future__ import annotations

from typing import Any

import pytest

from ileti.callcentre import recordings
from ileti.core import db
from ileti.requests import exports, holdings
from tests.callcentre.house import agent, begun, ended, published, recording, says, told

assert exports.holdings is holdings  # registers every room's part


@pytest.fixture
def call(app: Any, place: Any) -> Any:
    """A call whose yes counts."""
    who = agent(published(place))
    made = ended(says(told(begun(place, who), who), who), who)
    return recordings.attach_file(made, recording(place), by=who.user_id)


def test_r23_the_bundle_tells_notice_question_answer_and_recording(call: Any) -> None:
    from ileti.callcentre.proof import calls as told_of
    from ileti.consents.claims import read_these

    provider = call.place.provider_id
    with db.transaction(system=True) as conn:
        entries = read_these(conn, provider, [call.steps[-1].verified_entry])
    said = db.system_connection().execute(
        "select evidence from submission where provider_id = %s and id = %s",
        (provider, entries[0].submission_id)).fetchone()

    class One:
        entry = entries[0]
        parts = {"evidence": said[0]}  # type: ignore[index]

    titles = [one.title for one in told_of(provider, [One()])]  # type: ignore[list-item]
    assert titles == [f"Çağrı {call.id} başladı", "Aydınlatma metni sesli okundu",
                      "Ad ve soyad soruldu", "Kişi evet dedi", "Görüşmenin ses kaydı geldi"]
    assert list(told_of(provider + 1, [One()])) == []  # type: ignore[list-item]


def test_kvkk_11_the_person_s_copy_holds_the_call(call: Any) -> None:
    provider = call.place.provider_id
    with db.transaction(system=True) as conn:
        held = holdings.gather(conn, provider, [call.recipient_id])["calls"]
        nobody = holdings.gather(conn, provider, [call.recipient_id + 1])["calls"]
    assert [one["said"] for one in held[0]["answers"]] == ["YES"]
    assert (held[0]["call"], held[0]["recording"]["sha256"], nobody) == (
        call.id, call.recording_sha256.hex(), [])
