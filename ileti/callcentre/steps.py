"""Beginning a call and writing its steps, one at a time and each once.

Why this module exists: two agents may have the same call open, a key may be pressed twice, and a
process may die between an answer and the end. So a step is written under the call's lock at the
place its screen expected, checked against what stands there, and only then carried into the ledgers
(:mod:`ileti.callcentre.settle`), which a sweeper does as well. The source of what is said follows
from the call, never from a choice (R-43).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import psycopg

from ileti.callcentre import calls, rules, settle, training
from ileti.callcentre.calls import CallNow, StepRow
from ileti.callcentre.vocabulary import Direction, Outcome, Reach, Said, Service, Step
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import NOTICE, SCRIPT

LONGEST_NAME: Final = 120
LONGEST_REFERENCE: Final = 120


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who works on a call: a user of the panel, or an API account (the telephone system)."""

    user_id: int | None = None
    account_id: int | None = None
    dealer_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """A call that begins. ``number`` is canonical; ``by_system``: the telephone system saw it;
    ``key`` is the caller's own, so that the same press is the same call."""

    place: Place
    number: str
    direction: Direction
    by_system: bool
    language: str
    key: str
    reference: str | None = None


# -- beginning -------------------------------------------------------------------------------------

_TEXTS: Final = """
select distinct on (kind, document_id) version_id, kind
  from texts_on_show(%s, %s, now())
 where kind in ('AYDINLATMA', 'CAGRI_METNI', 'ETK_ONAYI') or asks_consent(kind, purposes)
 order by kind, document_id, language = %s desc, language desc"""


def start(new: NewCall, who: Who) -> tuple[int, bool]:
    """Begin a call; its number, and whether it is there already (the same key before).

    A call that comes in begins always: whoever is on the line may want to refuse (R-28). What it
    lacks is said when something is asked. Raises Conflict for a key that began another call; for an
    outbound call also without a published script or notice, and NotAllowed where the provider did
    not allow them (R-20) and for somebody whose training is out of date (R-22).
    """
    provider = new.place.provider_id
    if new.direction is Direction.OUTBOUND:
        _refuse_outbound(provider, who)
    texts = _texts(new)
    by = f"user:{who.user_id}" if who.user_id is not None else f"api:{who.account_id}"
    idem = f"{by}:{new.key}"[:140]
    row = db.system_connection().execute(
        "insert into call (provider_id, brand_id, dealer_id, agent_id, account_id, idem, "
        "direction, by_system, language, recipient_id, number, reference, reference_mark, texts) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (provider_id, idem) do nothing returning id",
        (provider, new.place.brand_id, who.dealer_id, who.user_id, who.account_id, idem,
         int(new.direction), new.by_system, new.language,
         calls.recipient_of(provider, new.number), calls.sealed(new.number, calls.NUMBER),
         calls.sealed(new.reference, calls.REFERENCE),
         mark_of(provider, new.reference) if new.reference else None, texts)).fetchone()
    if row is not None:
        return int(row[0]), False
    return _known(new, idem), True


def _refuse_outbound(provider: int, who: Who) -> None:
    if who.user_id is not None:
        training.needed(provider, who.user_id)
    if not outbound_rule(provider)[0]:
        raise NotAllowed(
            "Giden çağrılarda izin sorulmuyor. Hizmet sağlayıcı yöneticisi gerekçesiyle açabilir "
            "(R-20).", "Outbound calls ask for no consent. A provider admin can allow it with a "
            "reason (R-20).", code="outbound_off")


def _texts(new: NewCall) -> list[int]:
    rows = db.system_connection().execute(
        _TEXTS, (new.place.provider_id, new.place.brand_id, new.language)).fetchall()
    kinds = {kind for _id, kind in rows}
    lacking = rules.lacks(script=SCRIPT in kinds, notice=NOTICE in kinds)
    if lacking is not None and new.direction is Direction.OUTBOUND:
        raise lacking
    return [row[0] for row in rows]


def _known(new: NewCall, idem: str) -> int:
    row = db.system_connection().execute(
        "select id, brand_id, direction, number from call where provider_id = %s and idem = %s",
        (new.place.provider_id, idem)).fetchone()
    assert row is not None
    number = calls.opened(row[3], calls.NUMBER)
    if (row[1], row[2]) != (new.place.brand_id, int(new.direction)) or number not in (
            None, new.number):
        raise Conflict("Bu anahtarla başka bir çağrı başlatılmış.",
                       "This key began another call.", code="key_reused")
    return int(row[0])


def mark_of(provider_id: int, reference: str) -> bytes:
    """By what a call is found again by the telephone system's own number for it."""
    return secrets().addresses.of(provider_id, f"call:{reference}")


def outbound_rule(provider_id: int) -> tuple[bool, list[str]]:
    """Whether outbound calls may ask at this provider, and on which grounds."""
    row = db.system_connection().execute(
        "select outbound, grounds from call_rule where provider_id = %s", (provider_id,)).fetchone()
    return (bool(row[0]), list(row[1])) if row else (False, [])


# -- what happens in it ----------------------------------------------------------------------------


def choose_service(call: CallNow, place: int, service: Service, who: Who) -> CallNow:
    """Why an outbound call serves the person. Raises InvalidInput for a ground that the provider
    did not allow."""
    if service.value not in outbound_rule(call.place.provider_id)[1]:
        raise InvalidInput(errors=(FieldError(
            "service", "not_allowed", "Bu neden, giden çağrılar için açılmamış.",
            "This reason is not allowed for outbound calls."),))
    return _write(call, place, Step.SERVICE, who, word=service.value)


def hear_notice(call: CallNow, place: int, who: Who) -> CallNow:
    """The person has heard the notice (R-60)."""
    return _write(call, place, Step.NOTICE, who, text_id=call.notice.id if call.notice else None)


def name_person(call: CallNow, place: int, name: str, who: Who) -> CallNow:
    """The person’s name, as it was said (R-09). Raises InvalidInput for what is no name."""
    return _write(call, place, Step.NAME, who, name=clean_name(name))


def clean_name(name: str) -> str:
    """A name as it is kept. Raises InvalidInput for what is none."""
    said = " ".join(name.split())
    if not any(one.isalpha() for one in said) or len(said) > LONGEST_NAME or not said.isprintable():
        raise InvalidInput(errors=(FieldError(
            "name", "missing", "Kişinin adını ve soyadını yazın; en çok 120 karakter.",
            "Write the person’s full name, 120 characters at most."),))
    return said


def answer(call: CallNow, place: int, text_id: int, said: Said, who: Who,
           email: str | None = None) -> CallNow:
    """What the person said to one question; ``email`` is canonical and only for mails. Raises
    InvalidInput, and Conflict when somebody else went on in the call."""
    question = next((one for one in call.questions if one.id == text_id), None)
    if question is not None and rules.asks_address(question) and said is Said.YES and not email:
        raise InvalidInput(errors=(FieldError(
            "email", "missing", "Kişinin söylediği e-posta adresini yazın.",
            "Write the e-mail address the person spelled out."),))
    mail = email if question is not None and rules.asks_address(question) else None
    return _write(call, place, Step.ANSWER, who, said=said, text_id=text_id, address=mail,
                  channel=question.channel if question else None)


def refuse(call: CallNow, place: int, how_far: Reach, who: Who) -> CallNow:
    """The person refuses, in words at any moment: calls alone, one channel, or all (R-30). Raises
    InvalidInput for e-mails where no address of the person is known."""
    if how_far is Reach.MAILS and call.ended_at is None and not settle.mails_of(call):
        raise InvalidInput(errors=(FieldError(
            "reach", "no_mail", "Bu kişinin e-posta adresi bilinmiyor; reddedilecek adres yok. "
            "Başka ileti istemiyorsa “Hiçbir şey istemiyor”u seçin.",
            "No e-mail address of this person is known, so there is none to refuse for. If they "
            "want nothing else either, choose “Nothing at all”."),))
    channel = None if how_far is Reach.ALL else Channel[how_far.value]
    return _write(call, place, Step.REFUSAL, who, channel=channel, word=how_far.value)


def _write(call: CallNow, place: int, kind: Step, who: Who, *, name: str | None = None,
           **more: Any) -> CallNow:
    """Write a step, then carry it out; the call as it is now."""
    with db.transaction(system=True) as conn:
        now = locked(conn, call)
        if not repeats(now, place, kind, more):
            if who.user_id is not None and kind is not Step.REFUSAL:
                training.needed(now.place.provider_id, who.user_id)
            rules.refuse_wrong(now, kind, said=more.get("said"), text_id=more.get("text_id"))
            add(conn, now, kind, who, **more)
            if name is not None:
                conn.execute("update call set name = %s where id = %s",
                             (calls.sealed(name, calls.NAME), now.id))
            if kind is Step.SERVICE:
                conn.execute("update call set service = %s where id = %s", (more["word"], now.id))
    reach("call.step")
    settle.settle(call.id)
    return calls.load_any(call.id)


def locked(conn: psycopg.Connection[Any], call: CallNow) -> CallNow:
    """The call as it is now, with nobody else at it until the transaction ends."""
    conn.execute("select from call where id = %s for update", (call.id,))
    return calls.load(call.id, conn)


def repeats(call: CallNow, place: int, kind: Step, more: dict[str, Any]) -> bool:
    """Whether this step stands there already. Raises Conflict when another one does, or when the
    screen is behind."""
    if place == len(call.steps) + 1:
        return False
    there: StepRow | None = next((one for one in call.steps if one.place == place), None)
    if there is not None and there.kind is kind and all(
            getattr(there, key) == value for key, value in more.items()):
        return True
    raise Conflict("Bu çağrıda bu arada başka bir adım atıldı. Ekran yenilendi; oradan sürdürün.",
                   "Another step was taken in this call meanwhile. The screen is fresh; go on from "
                   "there.", code="moved_on")


def add(conn: psycopg.Connection[Any], call: CallNow, kind: Step, who: Who, *,
        address: str | None = None, takes: bool = True, **more: Any) -> None:
    """Append a step inside the caller's transaction. Codes, names and reasons are settled as they
    stand. ``takes``: a call that has nobody yet is theirs from now on."""
    done = kind not in (Step.NOTICE, Step.ANSWER, Step.REFUSAL)
    now = clock.whole_second(clock.now())
    conn.execute(
        "insert into call_step (provider_id, call_id, place, kind, said, channel, text_id, word, "
        "address, recipient_id, verification_id, at, by_user, settled_at) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (call.place.provider_id, call.id, len(call.steps) + 1, int(kind), more.get("said"),
         more.get("channel"), more.get("text_id"), more.get("word"),
         calls.sealed(address, calls.NUMBER), more.get("recipient_id"),
         more.get("verification_id"), now, who.user_id, now if done else None))
    conn.execute("update call set touched_at = now(), agent_id = coalesce(agent_id, %s) "
                 "where id = %s", (who.user_id if takes else None, call.id))


def end(call: CallNow, outcome: Outcome, who: Who) -> CallNow:
    """The call is over: number and name go, what was consented to is confirmed the same day (R-10).
    Ended twice is once."""
    settle.settle(call.id)
    settle.confirm(call.id)
    db.system_connection().execute(
        "update call set ended_at = now(), touched_at = now(), outcome = %s, number = null, "
        "name = null, agent_id = coalesce(agent_id, %s), "
        "reference = case when recipient_id is null then null else reference end "
        "where id = %s and ended_at is null", (int(outcome), who.user_id, call.id))
    db.system_connection().execute(
        "update call_step set address = null where call_id = %s and settled_at is not null "
        "and address is not null", (call.id,))
    settle.verify(call.id)
    return calls.load_any(call.id)
