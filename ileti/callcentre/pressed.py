"""A consent that a key gave in a call nobody of ours took part in, on the road of all others.

Why this module exists: keys spell no name, and a recording is the exchange's word until it is here
(R-09, R-20, R-23). So such a call is a call like an agent's: its consent is unverified until the
recording has come and somebody has written down the name that is said in it
(:mod:`ileti.callcentre.naming`). It is kept over already, its steps settled by the door that wrote
them into the ledger. This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from ileti.callcentre import calls, settle, steps
from ileti.callcentre.vocabulary import Direction, Outcome, Said, Step
from ileti.channels.ivr import Heard, completes
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.failpoints import reach


@completes
def keep(heard: Heard) -> None:
    """Keep the call with its two steps; the same again is the same, and tells the person where that
    was not done (R-10)."""
    settle.confirm(_kept(heard))


def _kept(heard: Heard) -> int:
    """The call's number, whether it was kept now or before."""
    idem = f"key:{heard.mark}"
    with db.transaction(system=True) as conn:
        row = conn.execute(
            "insert into call (provider_id, brand_id, idem, direction, by_system, language, "
            "recipient_id, reference, reference_mark, texts, started_at, ended_at, outcome) "
            "values (%s, %s, %s, %s, true, 'tr', %s, %s, %s, %s, %s, now(), %s) "
            "on conflict (provider_id, idem) do nothing returning id",
            (heard.place.provider_id, heard.place.brand_id, idem, int(Direction.INBOUND),
             heard.recipient_id, calls.sealed(heard.call, calls.REFERENCE),
             steps.mark_of(heard.place.provider_id, heard.call),
             [heard.notice_id, heard.text_id], heard.shown_at, int(Outcome.DONE))).fetchone()
        if row is None:
            return _number(heard.place.provider_id, idem)
        for place, kind, said, text_id, at, entry in (
                (1, Step.NOTICE, None, heard.notice_id, heard.shown_at, None),
                (2, Step.ANSWER, Said.YES, heard.text_id, heard.at, heard.entry_id)):
            conn.execute(
                "insert into call_step (provider_id, call_id, place, kind, said, channel, text_id, "
                "recipient_id, at, settled_at, submission_id, entry_id) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, now(), %s, %s)",
                (heard.place.provider_id, row[0], place, int(kind), said,
                 int(Channel.ARAMA) if entry is not None else None, text_id, heard.recipient_id,
                 at, heard.submission_id, entry))
    reach("call.pressed")
    return int(row[0])


def _number(provider_id: int, idem: str) -> int:
    row = db.system_connection().execute(
        "select id from call where provider_id = %s and idem = %s", (provider_id, idem)).fetchone()
    assert row is not None
    return int(row[0])
