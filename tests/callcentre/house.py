"""A brand with a script, agents with their training, and calls that went as far as a test needs."""

from __future__ import annotations

import itertools
import random
from typing import Any

from ileti.callcentre import calls, steps, training
from ileti.callcentre.calls import CallNow
from ileti.callcentre.steps import NewCall, Who
from ileti.callcentre.vocabulary import Direction, Outcome, Said
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.documents.publish import publish_standard_texts
from ileti.evidence import vault
from tests.kvkk.house import text

WAV = b"RIFF" + (36).to_bytes(4, "little") + b"WAVEfmt " + bytes(
    [16, 0, 0, 0, 1, 0, 1, 0, 64, 31, 0, 0, 128, 62, 0, 0, 2, 0, 16, 0]) + b"data" + bytes(4)
_numbers = itertools.count(random.randint(1_000_000, 4_000_000))


def number() -> str:
    """A caller nobody knows."""
    return f"+90599{next(_numbers):07d}"


def published(place: Any) -> Any:
    """The place with its texts on show: notice, consents of three channels, script."""
    publish_standard_texts(place.provider_id, place.brand_id)
    text(place, "CAGRI_METNI")
    return place


def agent(place: Any, *, trained: bool = True) -> Who:
    """Somebody who takes calls."""
    row = db.system_connection().execute(
        "insert into ab_user (id, first_name, last_name, username, email, active) "
        "values (nextval('ab_user_id_seq'), 'Ada', 'Yıldız', %s, %s, true) returning id",
        (f"cagri-{next(_numbers)}", f"cagri-{next(_numbers)}@ornek.test")).fetchone()
    assert row is not None
    if trained:
        training.note(place.provider_id, row[0], clock.today(), by=None)
    return Who(user_id=row[0])


def begun(place: Any, who: Who, *, phone: str | None = None, by_system: bool = True,
          direction: Direction = Direction.INBOUND) -> CallNow:
    """A call that just began."""
    made, _again = steps.start(NewCall(
        place=place, number=phone or number(), direction=direction, by_system=by_system,
        language="tr", key=f"deneme:{next(_numbers)}"), who)
    return calls.load(made)


def told(call: CallNow, who: Who) -> CallNow:
    """The notice was heard and the name is known."""
    call = steps.hear_notice(call, 1, who)
    return steps.name_person(call, 2, "Nazlı Kırşehirli", who)


def question(call: CallNow, channel: Channel = Channel.MESAJ) -> int:
    """The question about a channel."""
    return next(one.id for one in call.questions if one.channel is channel)


def says(call: CallNow, who: Who, said: Said = Said.YES, channel: Channel = Channel.MESAJ
         ) -> CallNow:
    """One answer more."""
    return steps.answer(call, len(call.steps) + 1, question(call, channel), said, who)


def ended(call: CallNow, who: Who) -> CallNow:
    """The call is over."""
    return steps.end(call, Outcome.DONE, who)


def recording(place: Any, name: str = "gorusme.wav") -> vault.Kept:
    """A recording in the vault, unlike any other."""
    return vault.put(place.provider_id, [WAV + str(next(_numbers)).encode()], name)


def entries(place: Any) -> list[tuple[int, ...]]:
    """Channel, status, source, standing and outcome of the provider's entries, in order."""
    return [tuple(row) for row in db.system_connection().execute(
        "select channel, status, source, standing, outcome from consent_entry "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()]


def standing(place: Any) -> list[tuple[int, int, int]]:
    """Channel, status and standing of what holds."""
    return [tuple(row) for row in db.system_connection().execute(
        "select channel, status, standing from consent_state where provider_id = %s "
        "order by channel", (place.provider_id,)).fetchall()]
