"""From steps of a call to the ledgers: what was said is recorded, and proven when proof is here.

Why this module exists: a step is written first and carried out after, so a killed process leaves
work and no contradiction; each function here can run twice, because every key in the ledgers names
its step. A yes is recorded at once and opens nothing (R-21). It becomes a consent that counts when
two things are here: the recording (R-20, R-23) and a proven address, and only while İYS would still
take it (R-33, R-40). A refusal works from the moment it is said (R-30).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ileti.callcentre import calls, rules
from ileti.callcentre.calls import CallNow, Read, StepRow, load_any
from ileti.callcentre.vocabulary import Said, Step
from ileti.channels.confirm import confirmation, write_once
from ileti.consents.beside import Wish, wishes
from ileti.consents.deadlines import deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Recorded,
    hash_body,
    record,
)
from ileti.consents.numbers import receipt_number
from ileti.consents.packing import open_person
from ileti.consents.refusal import Refuser, refuse_said
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.failpoints import reach
from ileti.documents.vocabulary import ETK
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.ledger import record as record_acts
from ileti.kvkk.vocabulary import Act, Extent
from ileti.kvkk.withdrawal import Withdrawer, withdraw

SOURCE: Final = Source.HS_CAGRI_MERKEZI
PLACE: Final = {"tr": "Çağrı merkezi", "en": "Call centre"}


def settle(call_id: int) -> int:
    """Carry out what the steps of a call ask for and nobody has carried out; how many."""
    call = load_any(call_id)
    count = 0
    for step in call.steps:
        if step.settled_at is None:
            _one(call, step)
            count += 1
            call = load_any(call_id)  # the notice makes the caller somebody
    return count


def _one(call: CallNow, step: StepRow) -> None:
    if step.kind is Step.NOTICE:
        _notice(call, step)
    elif step.kind is Step.REFUSAL:
        _refusal(call, step)
    elif step.said is Said.YES:
        _yes(call, step)
    else:
        _no(call, step)


# -- evidence --------------------------------------------------------------------------------------


def evidence(call: CallNow, *texts: Read) -> dict[str, Any]:
    """What of a call goes into the evidence, and so into the leaf: which texts were read, whether
    the telephone system saw the number, that the notice came first. Nobody's number or name."""
    told = call.did(Step.NOTICE)
    said: dict[str, Any] = {
        "flow": "call", "by": "agent" if call.agent_id is not None else "system",
        "call": call.id, "direction": call.direction.name,
        "number": "system" if call.by_system else "typed", "language": call.language,
        "place": PLACE[call.language],
        "texts": [{"document": one.document_id, "id": one.id, "hash": one.hash} for one in texts]}
    if call.script is not None:
        said["script"] = {"id": call.script.id, "hash": call.script.hash}
    if told:
        said["told"] = {"id": told[0].text_id, "at": clock.to_istanbul(told[0].at).isoformat()}
    if call.service:
        said["service"] = call.service
    return said


def _submission(call: CallNow, step: StepRow, name: str, *, standing: Standing,
                items: Sequence[NewConsent] = (), more: dict[str, Any] | None = None,
                texts: Sequence[Read] = (), person: dict[str, Any] | None = None) -> NewSubmission:
    if person is None and call.name:
        person = {"name": call.name}
    return NewSubmission(
        place=call.place, idem=f"call:{call.id}:{step.place}:{name}",
        body_hash=hash_body("call", call.id, step.place, name), source=SOURCE, standing=standing,
        items=items, actor=_actor(call), actor_id=call.agent_id or call.account_id,
        dealer_id=call.dealer_id, evidence=evidence(call, *texts) | (more or {}), person=person)


def _actor(call: CallNow) -> ActorKind:
    """Who took it: an agent, a program, or, where a machine asked, the caller alone."""
    if call.agent_id is not None:
        return ActorKind.USER
    return ActorKind.API if call.account_id is not None else ActorKind.VISITOR


def _done(step: StepRow, *, submission: int | None = None, entry: int | None = None,
          recipient: int | None = None) -> None:
    db.system_connection().execute(
        "update call_step set settled_at = now(), submission_id = %s, entry_id = %s, "
        "recipient_id = coalesce(%s, recipient_id) where id = %s",
        (submission, entry, recipient, step.id))


# -- what was said ---------------------------------------------------------------------------------


def _notice(call: CallNow, step: StepRow) -> None:
    notice, number = call.notice, calls.number_of(call)
    if notice is None or number is None:
        _done(step)
        return
    done, acts = record_acts(
        _submission(call, step, "told", standing=Standing.UNVERIFIED, texts=[notice]),
        [NewAct(notice.document_id, notice.id, notice.hash, Act.SHOWN, step.at, Extent.ALOUD,
                number)])
    db.system_connection().execute(
        "update call set recipient_id = %s where id = %s", (acts[0].recipient_id, call.id))
    _done(step, submission=done.submission_id, recipient=acts[0].recipient_id)


def _asked(call: CallNow, step: StepRow) -> Read | None:
    return next((one for one in call.texts if one.id == step.text_id), None)


def _address(call: CallNow, step: StepRow) -> str | None:
    """Of whom an answer is: the e-mail that was spelled out, else the caller."""
    if step.channel is Channel.EPOSTA:
        return step.address or calls.address_of(call.place.provider_id, step.recipient_id)
    return calls.number_of(call)


def _item(call: CallNow, step: StepRow, text: Read, address: str) -> NewConsent:
    assert text.channel is not None
    return NewConsent(
        address=address, channel=text.channel, status=Status.ONAY, consent_date=step.at,
        due_at=due_of(call, step.at), text_id=text.id, text_hash=text.hash)


def due_of(call: CallNow, said_at: datetime) -> datetime | None:
    """Until when a consent of this call must have its proof and be at İYS (R-33, R-40)."""
    return deadline(said_at, now=clock.now(), source=SOURCE,
                    activation_date=call.activation_date)


def _yes(call: CallNow, step: StepRow) -> None:
    """A yes is written down as it was said; nothing may be sent on it before it is proven."""
    text, address = _asked(call, step), _address(call, step)
    if text is None or address is None:
        _done(step)
        return
    submission, entry, recipient = _record_yes(call, step, text, address, Standing.UNVERIFIED,
                                               "said", {}, None)
    _done(step, submission=submission, entry=entry, recipient=recipient)


def _record_yes(call: CallNow, step: StepRow, text: Read, address: str, standing: Standing,
                name: str, more: dict[str, Any], person: dict[str, Any] | None
                ) -> tuple[int, int, int | None]:
    """Consent or explicit consent; submission, entry and recipient."""
    if text.kind == ETK:
        recorded = record(_submission(call, step, name, standing=standing, more=more, texts=[text],
                                      items=[_item(call, step, text, address)], person=person))
        first = recorded.items[0]
        return recorded.submission_id, first.entry_id, first.recipient_id
    done, acts = record_acts(
        _submission(call, step, name, standing=standing, more=more, texts=[text], person=person),
        [NewAct(text.document_id, text.id, text.hash, Act.GIVEN, step.at, address=address)])
    return done.submission_id, acts[0].entry_id, acts[0].recipient_id


def _no(call: CallNow, step: StepRow) -> None:
    """No is no consent. Where one stands, no takes it back: who says no does not want it (R-30,
    R-62)."""
    text, address = _asked(call, step), _address(call, step)
    recipient = None if address is None else calls.recipient_of(call.place.provider_id, address)
    submission = entry = None
    if text is None or address is None or recipient is None:
        pass
    elif text.kind != ETK:
        withdraw(Withdrawer(
            place=call.place, recipient_id=recipient, address=address, source=SOURCE,
            actor=_actor(call), actor_id=call.agent_id, dealer_id=call.dealer_id,
            taken_by=None if call.proven(recipient) else call.dealer_id,
            key=f"call{call.id}", evidence=evidence(call, text)), [text.document_id])
    elif text.channel is not None and _consented(call, recipient, text.channel):
        recorded = _refuse(call, step, address, recipient, [text.channel])
        submission, entry = recorded.submission_id, recorded.items[0].entry_id
    _done(step, submission=submission, entry=entry, recipient=recipient)


def _consented(call: CallNow, recipient_id: int, channel: Channel) -> bool:
    return db.system_connection().execute(
        "select from consent_state where provider_id = %s and brand_id = %s and recipient_id = %s "
        "and channel = %s and status = 1", (call.place.provider_id, call.place.brand_id,
                                            recipient_id, int(channel))).fetchone() is not None


def _refusal(call: CallNow, step: StepRow) -> None:
    """Calls alone, one channel, or all of them (R-30): also those of addresses named in the call
    or given beside the number before."""
    number, told = calls.number_of(call), step.channel
    others = _others(call) if told in (None, Channel.EPOSTA) else []
    made: Recorded | None = None
    if number is not None and told is not Channel.EPOSTA:
        made = _refuse(call, step, number, calls.recipient_of(call.place.provider_id, number),
                       [Channel.ARAMA, Channel.MESAJ] if told is None else [told])
        db.system_connection().execute("update call set recipient_id = %s where id = %s",
                                       (made.items[0].recipient_id, call.id))
    for one in others:
        if told is None or told in one.channels:
            made = _refuse(call, step, one.address, one.recipient_id, one.channels)
    _done(step, submission=made.submission_id if made else None,
          entry=made.items[0].entry_id if made else None,
          recipient=made.items[0].recipient_id if made else None)


def mails_of(call: CallNow) -> list[str]:
    """E-mails of the person: spelled out in the call, or given in one form with the caller's number
    before."""
    return [one.address for one in _others(call) if Channel.EPOSTA in one.channels]


def _others(call: CallNow) -> list[Wish]:
    """All addresses of the person but the caller's number, with what is refused of them: named in
    the call, or given in one form with the number or with such a name before."""
    conn, number = db.system_connection(), calls.number_of(call)
    spoke = [(calls.recipient_of(call.place.provider_id, number) if number else None, number)]
    spoke += [(one.recipient_id, _address(call, one)) for one in call.did(Step.ANSWER)
              if one.channel is Channel.EPOSTA and one.recipient_id is not None]
    found = {one.recipient_id: one for recipient, address in spoke if address is not None
             for one in wishes(conn, call.place, recipient, address, (), everything=True)}
    return [one for _, one in sorted(found.items()) if one.address != number]


def _refuse(call: CallNow, step: StepRow, address: str, recipient: int | None,
            channels: Sequence[Channel]) -> Recorded:
    """Also of somebody nobody knew: it is kept and blocks all the same (R-42). Said at the step,
    however late it is carried out."""
    person = "" if address == calls.number_of(call) else f"-m{recipient}"
    return refuse_said(Refuser(
        place=call.place, recipient_id=recipient or 0, address=address, channels=channels,
        source=SOURCE, actor=_actor(call), key=f"call{call.id}-{step.place}{person}",
        actor_id=call.agent_id or call.account_id, dealer_id=call.dealer_id,
        evidence=evidence(call)), step.at)


# -- what becomes of a yes -------------------------------------------------------------------------


def verify(call_id: int) -> int:
    """Record once more, as proven, each yes whose recording, address and name (R-09) are here in
    time; how many now count. Nothing of an older yes that was followed by a no."""
    call = load_any(call_id)
    if call.recording_at is None or failed(call):
        return 0
    count = 0
    for step in call.did(Step.ANSWER):
        text, address = _asked(call, step), _address(call, step)
        if (step.said is not Said.YES or step.verified_at is not None or step.settled_at is None
                or text is None or address is None or not call.proven(step.recipient_id)
                or call.answer(text.id) != step or rules.refused(call, text)
                or late(call, step)):
            continue
        person = _person(call, step)
        if not person.get("name"):
            continue
        more: dict[str, Any] = {
            "submission": step.submission_id, "recording": _recording(call),
            "receipt": receipt_number(step.submission_id or 0)}
        code = call.code_of(step.recipient_id)
        if code is not None:
            more["verification"] = code.verification_id
        if call.name and call.ended_at is not None:
            more["name"] = "noted from the recording"
        _submission_id, entry, _recipient = _record_yes(
            call, step, text, address, Standing.VERIFIED, "proven", more, person)
        reach("call.proven")
        with db.transaction(system=True) as conn:
            conn.execute("update call_step set verified_at = now(), verified_entry = %s "
                         "where id = %s", (entry, step.id))
            conn.execute("update call set name = null where id = %s and ended_at is not null "
                         "and name is not null", (call.id,))
        count += 1
    return count


def failed(call: CallNow) -> bool:
    """Whether a supervisor heard that the call proves nothing (ileti/callcentre/judging.py)."""
    return db.system_connection().execute(
        "select from call_review where provider_id = %s and call_id = %s "
        "and not (notice_read and neutral and clear)",
        (call.place.provider_id, call.id)).fetchone() is not None


def late(call: CallNow, step: StepRow) -> bool:
    """Whether a yes can no longer become a consent that counts (R-33)."""
    due = due_of(call, step.at)
    return due is not None and clock.now() > due


def _recording(call: CallNow) -> dict[str, Any]:
    assert call.recording_sha256 is not None
    return {"sha256": call.recording_sha256.hex(),
            "kept": "vault" if call.recording_file is not None else "link"}


def _person(call: CallNow, step: StepRow) -> dict[str, Any]:
    """The name as it was sealed with the yes; the call itself forgets it at its end. Of a call that
    a machine took it lies in the call until the yes is proven with it."""
    row = db.system_connection().execute(
        "select idem, person_key, person_ct from submission where provider_id = %s and id = %s",
        (call.place.provider_id, step.submission_id)).fetchone()
    found = open_person(*row) if row else {}
    return found if found.get("name") or not call.name else found | {"name": call.name}


def confirm(call_id: int) -> int:
    """Tell the person the same day what was taken, with a way to refuse (R-10); to proven addresses
    alone, since nobody else is to get messages, and nothing of what was refused meanwhile. How many
    messages were written. Told again, it writes none: whoever was killed is followed by another."""
    call = load_any(call_id)
    told: dict[int, list[StepRow]] = {}
    for step in call.did(Step.ANSWER):
        if (step.said is Said.YES and step.channel is not None and step.told_at is None
                and step.recipient_id is not None and step.submission_id is not None
                and call.proven(step.recipient_id) and call.answer(step.text_id or 0) == step
                and _was_taken(call, step) and not _refused_since(call, step)):
            told.setdefault(step.recipient_id, []).append(step)
    for recipient, group in told.items():
        _confirm(call, recipient, group)
    return len(told)


def _was_taken(call: CallNow, step: StepRow) -> bool:
    """Keys spell no name (R-09): what a machine heard is told once it is proven, or where an admin
    confirmed that the number's calls are recorded."""
    if not call.by_machine or step.verified_at is not None:
        return True
    return db.system_connection().execute(
        "select from submission where provider_id = %s and id = %s "
        "and evidence ->> 'recorded' = 'confirmed'",
        (call.place.provider_id, step.submission_id)).fetchone() is not None


def _refused_since(call: CallNow, step: StepRow) -> bool:
    """Whether a refusal of the call covers what was said, or one that counts came after it."""
    text = _asked(call, step)
    if text is not None and rules.refused(call, text):
        return True
    return db.system_connection().execute(
        "select from consent_state where provider_id = %s and brand_id = %s and recipient_id = %s "
        "and channel = %s and status = 2 and standing = 1 and consent_date >= %s",
        (call.place.provider_id, call.place.brand_id, step.recipient_id, step.channel,
         step.at)).fetchone() is not None


def _confirm(call: CallNow, recipient: int, group: Sequence[StepRow]) -> None:
    first = group[0]
    assert first.submission_id is not None
    write_once(confirmation(
        provider_id=call.place.provider_id, brand_id=call.place.brand_id, recipient_id=recipient,
        submission_id=first.submission_id, at=first.at,
        channels=[one.channel for one in group if one.channel is not None],
        language=call.language, person=str(_person(call, first).get("name", "")),
        place=PLACE[call.language], receipt=receipt_number(first.submission_id)))
    db.system_connection().execute("update call_step set told_at = now() where id = any(%s)",
                                   ([one.id for one in group],))


