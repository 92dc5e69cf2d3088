"""What a supervisor hears in a call, and what follows when it does not prove what it should.

Why this module exists: a consent whose notice was skipped, whose question pushed, or whose answer
nobody understands is none (R-12, R-22, R-60). The company takes it back by a counter-entry with its
reason, as its own decision (``HS_KARAR``), and tells the person; nothing is deleted. What the
person gave since by another way stays. A call is judged once, and by nobody who took part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ileti.callcentre import calls
from ileti.callcentre.calls import CallNow, StepRow
from ileti.callcentre.settle import PLACE
from ileti.callcentre.vocabulary import Said, Step
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, end_of_day, enqueue
from ileti.channels.render import istanbul_text
from ileti.consents.ledger import ActorKind
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.vocabulary import Channel, Source
from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed
from ileti.core.failpoints import reach
from ileti.documents.vocabulary import ETK
from ileti.kvkk.withdrawal import Withdrawer, withdraw

NOTE: Final = "call-review"
LONGEST_NOTE: Final = 1_000


@dataclass(frozen=True)
class Verdict:
    """Was the notice read before anything was asked, was the question neutral, the answer clear?"""

    notice_read: bool
    neutral: bool
    clear: bool
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the call proves its consents."""
        return self.notice_read and self.neutral and self.clear


def judge(call: CallNow, verdict: Verdict, *, by: int) -> int:
    """Keep the verdict and, when it is no, take the call's consents back; the review's number.

    Raises InvalidInput (a no without a note), NotAllowed (one's own call), Conflict (judged, still
    open). Sent twice it is one verdict; killed in between, :func:`take_back` goes on.
    """
    if call.ended_at is None:
        raise Conflict("Çağrı sürüyor; bitince dinlenir.", "The call is open; hear it when it is "
                       "over.", code="call_open")
    if by in {call.agent_id, *(one.by_user for one in call.steps)}:
        raise NotAllowed("Kendi çağrınızı değerlendiremezsiniz.",
                         "You cannot judge a call of your own.", code="own_call")
    note = " ".join(verdict.note.split())[:LONGEST_NOTE]
    if not verdict.passed and len(note) < 3:
        raise InvalidInput(errors=(FieldError(
            "note", "missing", "Neyin yanlış olduğunu yazın; karşı kaydın gerekçesi budur.",
            "Write what was wrong; it is the reason of the counter-entry."),))
    row = db.system_connection().execute(
        "insert into call_review (provider_id, call_id, notice_read, neutral, clear, note, "
        "by_user) values (%s, %s, %s, %s, %s, %s, %s) on conflict (provider_id, call_id) "
        "do nothing returning id",
        (call.place.provider_id, call.id, verdict.notice_read, verdict.neutral, verdict.clear,
         calls.sealed(note, NOTE), by)).fetchone()
    if row is None:
        raise Conflict("Bu çağrı değerlendirilmiş.", "This call is judged already.",
                       code="judged")
    reach("call.judged")
    if not verdict.passed:
        take_back(call.id)
    return int(row[0])


def take_back(call_id: int) -> int:
    """Take back what stands by a call whose verdict is no; how many consents. Done twice it does
    nothing more."""
    row = db.system_connection().execute(
        "select id, by_user, notice_read, neutral, clear from call_review where call_id = %s "
        "and taken_back_at is null and not (notice_read and neutral and clear)",
        (call_id,)).fetchone()
    if row is None:
        return 0
    call = calls.load_any(call_id)
    told: dict[int, list[tuple[Channel, int]]] = {}
    count = 0
    for step in call.did(Step.ANSWER):
        if step.said is not Said.YES or step.recipient_id is None:
            continue
        address = calls.address_of(call.place.provider_id, step.recipient_id)
        made = None if step.channel is None else _taken_back(call, step, row[0])
        if made is None and address is not None and _stands(call, step):
            count += 1
            made = _counter(call, step, address, row)
        if made is not None and step.channel is not None:
            told.setdefault(step.recipient_id, []).append((step.channel, made))
    reach("call.taken_back")
    with db.transaction(system=True) as conn:
        done = conn.execute("update call_review set taken_back_at = now() where id = %s "
                            "and taken_back_at is null", (row[0],))
        if done.rowcount:
            enqueue(conn, [_message(call, recipient, group)
                           for recipient, group in sorted(told.items())
                           if call.proven(recipient)])
    return count


def _stands(call: CallNow, step: StepRow) -> bool:
    """Whether what holds now is what this call brought, and nothing later."""
    numbers = [one for one in (step.entry_id, step.verified_entry) if one is not None]
    table = "consent_state" if step.channel is not None else "kvkk_state"
    brand = " and brand_id = %s" if step.channel is not None else ""
    values: list[Any] = [call.place.provider_id, step.recipient_id, numbers]
    return db.system_connection().execute(
        f"select from {table} where provider_id = %s and recipient_id = %s "
        f"and entry_id = any(%s){brand}",
        values + ([call.place.brand_id] if brand else [])).fetchone() is not None


_TAKEN_BACK: Final = """
select m.id from consent_entry e
  join submission m on m.provider_id = e.provider_id and m.captured_at = e.captured_at
       and m.id = e.submission_id
 where e.provider_id = %s and e.brand_id = %s and e.recipient_id = %s and e.channel = %s
   and e.status = 2 and m.evidence ->> 'flow' = 'call-review' and m.evidence ->> 'review' = %s
 order by m.id limit 1"""


def _taken_back(call: CallNow, step: StepRow, review_id: int) -> int | None:
    """The submission by which a review took a consent back before, by a process that may have died
    before the person was told."""
    row = db.system_connection().execute(_TAKEN_BACK, (
        call.place.provider_id, call.place.brand_id, step.recipient_id, step.channel,
        str(review_id))).fetchone()
    return None if row is None else int(row[0])


def _counter(call: CallNow, step: StepRow, address: str, review: Any) -> int | None:
    """Record it; the submission of a consent's counter-entry."""
    reasons = [word for word, good in zip(("notice", "question", "answer"), review[2:], strict=True)
               if not good]
    said = {"flow": "call-review", "by": "supervisor", "call": call.id, "review": review[0],
            "faults": reasons}
    text = next((one for one in call.texts if one.id == step.text_id), None)
    if text is not None and text.kind != ETK:
        withdraw(Withdrawer(
            place=call.place, recipient_id=step.recipient_id or 0, address=address,
            source=Source.HS_CAGRI_MERKEZI, actor=ActorKind.USER, actor_id=review[1],
            key=f"review{review[0]}", evidence=said), [text.document_id])
        return None
    return refuse_now(Refuser(
        place=call.place, recipient_id=step.recipient_id or 0, address=address,
        channels=[step.channel or Channel.MESAJ], source=Source.HS_KARAR, actor=ActorKind.USER,
        actor_id=review[1], key=f"review{review[0]}", evidence=said)).submission_id


def _message(call: CallNow, recipient: int, group: list[tuple[Channel, int]]) -> NewMessage:
    mail = group[0][0] is Channel.EPOSTA
    return NewMessage(
        provider_id=call.place.provider_id, brand_id=call.place.brand_id, recipient_id=recipient,
        submission_id=group[0][1], kind=MessageKind.TAKEN_BACK,
        channel=Channel.EPOSTA if mail else Channel.MESAJ, due_at=end_of_day(clock.now()),
        content={"lang": call.language, "channels": [channel.name for channel, _made in group],
                 "at": istanbul_text(call.started_at), "place": PLACE[call.language]})
