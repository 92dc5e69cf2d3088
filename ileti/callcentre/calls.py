"""A call as its deeds see it: read whole, by three statements however many, whoever asks.

Why this module exists: screen, API, sweeper and proof need the same: who is on the line as far as
anybody knows, which versions are read, what has happened. :func:`load` and :func:`load_many` are
the only ways to a call for people and programs and look through the wall, so a call of another
place does not exist, and neither does one that is over and kept for the law alone, but for who may
see that (R-64).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import psycopg

from ileti.callcentre.vocabulary import LONGEST_HOURS, Direction, Said, Step
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, reach
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import ETK, NOTICE, ONE_PURPOSE, SCRIPT

NUMBER: Final = "call-number"
NAME: Final = "call-name"
REFERENCE: Final = "call-reference"
LINK: Final = "call-recording"


class StepRow(NamedTuple):
    """One step as it is kept; ``address`` is an e-mail that was spelled out."""

    id: int
    place: int
    kind: Step
    said: Said | None
    channel: Channel | None
    text_id: int | None
    word: str | None
    address: str | None
    recipient_id: int | None
    verification_id: int | None
    at: datetime
    settled_at: datetime | None
    submission_id: int | None
    entry_id: int | None
    verified_at: datetime | None
    verified_entry: int | None
    told_at: datetime | None
    by_user: int | None


@dataclass(frozen=True)
class Read:
    """A version that is read aloud in a call; ``hash`` is hex."""

    id: int
    document_id: int
    kind: str
    channel: Channel | None
    title: str
    body: str
    hash: str
    version: int

    @property
    def asks(self) -> bool:
        """Whether it is a question of its own."""
        return self.kind == ETK or self.kind in ONE_PURPOSE


@dataclass(frozen=True, kw_only=True)
class CallNow:
    """A call with its steps in order and its texts. ``number`` is canonical and there while the
    call is open, as ``name`` is. ``recording``: when it came. ``activation_date``: the
    provider's."""

    id: int
    place: Place
    brand_name: str
    dealer_id: int | None
    agent_id: int | None
    account_id: int | None
    direction: Direction
    by_system: bool
    language: str
    recipient_id: int | None
    number: str | None = field(repr=False)
    name: str | None = field(repr=False)
    service: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: int | None
    recording_file: int | None
    recording_sha256: bytes | None
    recording_at: datetime | None
    activation_date: date | None
    texts: tuple[Read, ...]
    steps: tuple[StepRow, ...]

    def text(self, kind: str) -> Read | None:
        """The first text of a kind."""
        return next((one for one in self.texts if one.kind == kind), None)

    @property
    def notice(self) -> Read | None:
        """What is heard before anything is asked."""
        return self.text(NOTICE)

    @property
    def script(self) -> Read | None:
        """What the agent says."""
        return self.text(SCRIPT)

    @property
    def questions(self) -> tuple[Read, ...]:
        """The questions in the order in which they are asked: SMS, call, e-mail, then the explicit
        consents."""
        order = {Channel.MESAJ: 0, Channel.ARAMA: 1, Channel.EPOSTA: 2, None: 3}
        return tuple(sorted((one for one in self.texts if one.asks),
                            key=lambda one: (order[one.channel], one.document_id)))

    def did(self, *kinds: Step) -> tuple[StepRow, ...]:
        """The steps of these kinds, in order."""
        return tuple(one for one in self.steps if one.kind in kinds)

    def answer(self, text_id: int) -> StepRow | None:
        """The last answer to a question: people may think again while they speak."""
        found = [one for one in self.did(Step.ANSWER) if one.text_id == text_id]
        return found[-1] if found else None

    @property
    def by_machine(self) -> bool:
        """Whether nobody of ours took part: the person pressed keys."""
        return self.agent_id is None and self.account_id is None

    @property
    def too_old(self) -> bool:
        """Whether it takes no more answers."""
        return clock.now() - self.started_at > timedelta(hours=LONGEST_HOURS)

    def code_of(self, recipient_id: int | None) -> StepRow | None:
        """The step by which a spoken code proved an address of this call."""
        return next((one for one in self.did(Step.CODE_RIGHT)
                     if one.recipient_id == recipient_id and recipient_id is not None), None)

    def proven(self, recipient_id: int | None) -> bool:
        """Whether an address is the person's own: the number the telephone system saw, never one
        that somebody typed, or one to which a code was sent and read back (R-20 … R-22)."""
        if recipient_id is None:
            return False
        return (self.by_system and recipient_id == self.recipient_id) or (
            self.code_of(recipient_id) is not None)


_CALL: Final = """
select c.id, c.provider_id, p.iys_code, c.brand_id, b.brand_code, b.name, c.dealer_id, c.agent_id,
       c.account_id, c.direction, c.by_system, c.language, c.recipient_id, c.number, c.name,
       c.service, c.started_at, c.ended_at, c.outcome, c.recording_file, c.recording_sha256,
       c.recording_at, p.activation_date, c.texts
  from call c join brand b on b.id = c.brand_id join provider p on p.id = c.provider_id
 where c.id = any(%(ids)s::bigint[]) and (%(system)s or (c.provider_id = %(provider)s
   and (%(brand)s::int is null or c.brand_id = %(brand)s)
   and (%(dealer)s::int is null or c.dealer_id = %(dealer)s)))"""
#: what is kept for the law alone; an open call is somebody on the line, who may want to refuse
_UNRESTRICTED: Final = (
    " and (c.ended_at is null or c.recipient_id is null "
    "or not is_restricted(c.provider_id, c.recipient_id, c.started_at))")
_STEPS: Final = """
select provider_id, call_id, id, place, kind, said, channel, text_id, word, address, recipient_id,
       verification_id, at, settled_at, submission_id, entry_id, verified_at, verified_entry,
       told_at, by_user
  from call_step where provider_id = any(%s) and call_id = any(%s::bigint[])
 order by call_id, place"""
_TEXTS: Final = """
select v.provider_id, v.id, d.id, d.kind, d.channel, v.title, v.body,
       encode(v.content_hash, 'hex'), v.version
  from document_version v join document d on d.id = v.document_id
 where v.provider_id = any(%s) and v.id = any(%s)"""
_LARGEST: Final = 2**62


def load(call_id: int, conn: psycopg.Connection[Any] | None = None, *,
         restricted: bool = False) -> CallNow:
    """A call that whoever is at work may see; any, when the system names its connection.
    ``restricted``: also what is kept for the law alone. Raises NotFound."""
    found = _read([call_id], conn or db.connection(), system=conn is not None,
                  restricted=restricted)
    if not found:
        raise NotFound("Böyle bir çağrı yok.", "There is no such call.", code="no_such_call")
    return found[0]


def load_many(call_ids: Iterable[int], *, restricted: bool = False) -> list[CallNow]:
    """Those of these calls that whoever is at work may see, in this order, in as many statements
    for many as for one; ``restricted``: also what is kept for the law alone."""
    return _read(list(call_ids), db.connection(), system=False, restricted=restricted)


def load_any(call_id: int) -> CallNow:
    """The same for the system: jobs, and deeds whose call was loaded before."""
    return load(call_id, db.system_connection())


def _read(ids: list[int], conn: psycopg.Connection[Any], *, system: bool, restricted: bool
          ) -> list[CallNow]:
    here = reach.current()  # where the wall is missing the filter stands alone (ADR 0039)
    asked = _CALL if system or restricted else _CALL + _UNRESTRICTED
    rows = conn.execute(asked, {
        "ids": [min(one, _LARGEST) for one in ids], "system": system or here is None,
        "provider": here and here.provider_id, "brand": here and here.brand_id,
        "dealer": here and here.dealer_id}).fetchall()
    if not rows:
        return []
    owners = list({row[1] for row in rows})
    named = list({one for row in rows for one in row[23]})
    texts = {(one[0], one[1]): _text(one[1:]) for one in conn.execute(
        _TEXTS, (owners, named)).fetchall()} if named else {}
    steps: dict[tuple[int, int], list[StepRow]] = {}
    for provider, call, *step in conn.execute(_STEPS, (owners, [row[0] for row in rows])):
        steps.setdefault((provider, call), []).append(_step(step))
    found = {row[0]: _call(row, [texts[row[1], one] for one in dict.fromkeys(row[23])
                                 if (row[1], one) in texts], steps.get((row[1], row[0]), []))
             for row in rows}
    return [found[one] for one in ids if one in found]


def _call(row: Any, texts: Iterable[Read], steps: Iterable[StepRow]) -> CallNow:
    return CallNow(
        id=row[0], place=Place(row[1], row[2], row[3], row[4]), brand_name=row[5],
        dealer_id=row[6], agent_id=row[7], account_id=row[8], direction=Direction(row[9]),
        by_system=row[10], language=row[11], recipient_id=row[12],
        number=opened(row[13], NUMBER), name=opened(row[14], NAME), service=row[15],
        started_at=row[16], ended_at=row[17], outcome=row[18], recording_file=row[19],
        recording_sha256=None if row[20] is None else bytes(row[20]), recording_at=row[21],
        activation_date=row[22], texts=tuple(texts), steps=tuple(steps))


def _text(row: Sequence[Any]) -> Read:
    number, document, kind, channel, *words = row
    return Read(number, document, kind, None if channel is None else Channel(channel), *words)


def _step(row: Sequence[Any]) -> StepRow:
    values = list(row)
    values[2] = Step(values[2])
    values[3] = None if values[3] is None else Said(values[3])
    values[4] = None if values[4] is None else Channel(values[4])
    values[7] = opened(values[7], NUMBER)
    return StepRow(*values)


def sealed(text: str | None, purpose: str) -> str | None:
    """A word of the call as it is kept."""
    return secrets().keyring.encrypt_text(text, purpose) if text else None


def opened(kept: str | None, purpose: str) -> str | None:
    """Inverse of :func:`sealed`."""
    return secrets().keyring.decrypt_text(kept, purpose) if kept else None


def number_of(call: CallNow) -> str | None:
    """The caller's number: as it came, or, when the call is over, of whom it made a recipient."""
    return numbers_of([call])[call.id]


def numbers_of(calls: Sequence[CallNow]) -> dict[int, str | None]:
    """The same of many calls of one provider, by call."""
    over = [one.recipient_id for one in calls if not one.number and one.recipient_id is not None]
    known = addresses_of(calls[0].place.provider_id, over) if over else {}
    return {one.id: one.number or known.get(one.recipient_id or 0) for one in calls}


def address_of(provider_id: int, recipient_id: int | None) -> str | None:
    """A recipient's address in clear; None for nobody, and for somebody who was erased."""
    if recipient_id is None:
        return None
    return addresses_of(provider_id, [recipient_id]).get(recipient_id)


def addresses_of(provider_id: int, recipient_ids: Iterable[int]) -> dict[int, str]:
    """Addresses in clear by recipient; who was erased is missing."""
    box = secrets().keyring
    return {number: box.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
            for number, key_no, cipher, digest in db.system_connection().execute(
                "select id, key_no, addr_ct, addr_hash from recipient where provider_id = %s "
                "and id = any(%s::bigint[]) and addr_ct is not null and addr_hash is not null",
                (provider_id, list(recipient_ids)))}


def recipient_of(provider_id: int, address: str) -> int | None:
    """Who has an address, as far as the provider knows."""
    row = db.system_connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return None if row is None else int(row[0])
