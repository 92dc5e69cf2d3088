"""Erasing one person: what can go goes, what the law still wants is restricted (R-64).

Why this module exists: whoever asks to be erased has a right to it (KVKK art. 7 and 11), and who
kept their consent has the duty to be able to show it for ten years (R-46, R-47). So nothing is sent
any more, in all brands and channels, whatever list the address comes with again; what stays is seen
by the compliance officer alone; and when its time is over, the periodic destruction takes it. The
refusal is written into the ledger as the provider's own decision (``HS_KARAR``, R-30) and so
reaches İYS and the gate as every other; where there was no record yet, a state without one stands
in the way. Only a consent the person gives later opens the address again (docs/adr/0029).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ileti.consents.ledger import ActorKind, Place
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.vocabulary import Channel, Source, Status
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, NotFound
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.evidence.vault import NAMED_BY_CLICK
from ileti.exports import runs
from ileti.fields import kept
from ileti.kvkk.vocabulary import Act
from ileti.kvkk.withdrawal import Withdrawer, withdraw
from ileti.retention import destroy, holds
from ileti.retention.rules import EVENT_YEARS, years_later

LONGEST_CASE: Final = 80
_LAW: Final = ("6563 s. Kanun m. 11/3 (10 yıl) ve Yönetmelik m. 13 (onayın bitiminden 3 yıl)",
               "Law 6563 art. 11/3 (10 years) and regulation art. 13 (3 years after consent ends)")


@dataclass(frozen=True, slots=True)
class Person:
    """What becomes of one recipient. ``until``: restricted until then, None when it can go at once
    or is gone; ``consents`` are those given, which are refused; ``holds`` keep it beyond
    ``until``."""

    recipient_id: int
    records: int
    consents: int
    messages: int
    files: int
    erased: bool
    restricted: bool
    until: datetime | None
    holds: tuple[int, ...]

    @property
    def goes_now(self) -> bool:
        """Whether nothing is to be kept any longer."""
        return not self.erased and self.until is None and not self.holds

    @property
    def tr(self) -> str:
        """What becomes of it and why, in Turkish."""
        if self.erased:
            return "Silinmiş."
        if self.goes_now:
            return "Saklama süresi doldu; şimdi silinir."
        return f"Kısıtlanır: {self._why_tr()}"

    @property
    def en(self) -> str:
        """The same in English."""
        if self.erased:
            return "Erased."
        if self.goes_now:
            return "Its period is over; it is erased now."
        return f"Restricted: {self._why_en()}"

    def _why_tr(self) -> str:
        parts = []
        if self.until is not None:
            parts.append(f"{_LAW[0]} gereği {clock.to_istanbul(self.until):%d.%m.%Y} tarihine "
                         "kadar saklanır.")
        if self.holds:
            parts.append("Hukuki bekletme altında; kaldırılana dek silinmez.")
        return " ".join(parts)

    def _why_en(self) -> str:
        parts = []
        if self.until is not None:
            parts.append(f"{_LAW[1]} keep it until {clock.to_istanbul(self.until):%d.%m.%Y}.")
        if self.holds:
            parts.append("It is under a legal hold and not erased before that ends.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Erasure:
    """The plan, or what was done: of each recipient what became of it."""

    provider_id: int
    persons: tuple[Person, ...]
    done: bool = False


def plan_erasure(provider_id: int, recipient_ids: Sequence[int]) -> Erasure:
    """What :func:`erase_person` would do now. Raises NotFound for a recipient of somebody else."""
    return Erasure(provider_id, tuple(_person(provider_id, one) for one in _sorted(recipient_ids)))


def erase_person(provider_id: int, recipient_ids: Sequence[int], *, reason: str,
                 case: str | None, by: int | None, dry_run: bool = False) -> Erasure:
    """Erase a person's recipients, or restrict what must be kept; what became of them.

    ``case`` is the request's number and stands in the signed log, ``by`` the user's id. Refuses
    consents first, so that a kill in between stops messages at least; again the same ends the same.
    Raises NotFound, CallerMistake, StorageAway.
    """
    said, number = _said(reason), _case(case)
    planned = plan_erasure(provider_id, recipient_ids)
    if dry_run:
        return planned
    living = [one for one in planned.persons if not one.erased]
    for one in living:
        _refuse_all(provider_id, one.recipient_id, by)
        _withdraw_all(provider_id, one.recipient_id, by)
    reach("erase.refused")
    # who goes at once is restricted too: the suppression is as late as the wish
    _restrict(provider_id, [one.recipient_id for one in living], said, number, by)
    reach("erase.restricted")
    # what the provider knew of the person beside the proof has no duty that keeps it
    with db.transaction() as conn:
        kept.forget(conn, provider_id, [one.recipient_id for one in living])
    ready = [one.recipient_id for one in living if one.goes_now]
    if ready:
        destroy.destroy_these(provider_id, ready, number)
    return Erasure(provider_id, tuple(_person(provider_id, one.recipient_id)
                                      for one in planned.persons), done=True)


def _sorted(recipient_ids: Sequence[int]) -> list[int]:
    if not recipient_ids:
        raise CallerMistake("Silinecek kişi belirtilmedi.", "Nobody to erase was named.",
                            code="nobody")
    return sorted(set(recipient_ids))


def _said(reason: str) -> str:
    said = " ".join(reason.split())
    if not said or len(said) > holds.LONGEST_REASON:
        raise CallerMistake(f"1–{holds.LONGEST_REASON} karakterlik bir gerekçe yazın.",
                            f"Give a reason of 1 to {holds.LONGEST_REASON} characters.",
                            code="reason")
    return said


def _case(case: str | None) -> str | None:
    if case is not None and len(case) > LONGEST_CASE:
        raise CallerMistake(f"Başvuru numarası en çok {LONGEST_CASE} karakter olabilir.",
                            f"A case number has at most {LONGEST_CASE} characters.", code="case")
    return case or None


_PERSON: Final = f"""
with d as materialized (
    select * from consent_due where provider_id = %(provider)s and recipient_id = %(id)s
     union all
    select * from act_due where provider_id = %(provider)s and recipient_id = %(id)s)
select r.addr_hash is null,
       (select count(*) from d),
       (select count(*) from consent_state s join brand b on b.id = s.brand_id
           and b.provider_id = s.provider_id
         where s.provider_id = r.provider_id and s.recipient_id = r.id and s.status = 1),
       (select count(*) from sent_message m where m.provider_id = r.provider_id
           and m.recipient_id = r.id),
       (select count(*) from d join entry_file l on l.provider_id = d.provider_id
           and l.entry_id = d.id)
       + (select count(distinct f.id) from kvkk_entry k
            join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
            join evidence_file f on {NAMED_BY_CLICK}
           where k.provider_id = r.provider_id and k.recipient_id = r.id
             and not exists (select from entry_file l where l.provider_id = f.provider_id
                                and l.file_id = f.id)),
       exists (select from restriction x where x.provider_id = r.provider_id
           and x.recipient_id = r.id),
       exists (select from kvkk_state k where k.provider_id = r.provider_id
                     and k.recipient_id = r.id and k.act = 3),
       greatest((select max(due) from d), r.created_at + interval '10 years',
                (select max(coalesce(m.sent_at, m.created_at)) + interval '10 years'
                   from sent_message m
                  where m.provider_id = r.provider_id and m.recipient_id = r.id),
                (select max(w.received_at) + interval '10 years' from inbound_message w
                  where w.provider_id = r.provider_id and w.recipient_id = r.id),
                (select max(x.at) + interval '10 years' from d join iys_receipt x
                     on x.provider_id = d.provider_id and x.entry_id = d.id),
                (select max(l.added_at) + interval '10 years' from d join entry_file l
                     on l.provider_id = d.provider_id and l.entry_id = d.id)),
       now()
  from recipient r where r.provider_id = %(provider)s and r.id = %(id)s"""  # noqa: S608 (a constant of the vault)


def _person(provider_id: int, recipient_id: int) -> Person:
    row = db.system_connection().execute(
        _PERSON, {"provider": provider_id, "id": recipient_id}).fetchone()
    if row is None:
        raise NotFound()
    erased, records, consents, messages, files, restricted, given, due, now = row
    if (consents or given) and not erased:  # the refusal to be written is kept for ten years too
        due = max(due, years_later(now, EVENT_YEARS))
    return Person(recipient_id, records, consents, messages, files, erased, restricted,
                  None if erased or due <= now else due,
                  () if erased else tuple(holds.matching(provider_id, recipient_id)))


_GIVEN: Final = """
select p.iys_code, b.id, b.brand_code, array_agg(distinct s.channel order by s.channel)
  from consent_state s
  join brand b on b.id = s.brand_id and b.provider_id = s.provider_id
  join provider p on p.id = s.provider_id
 where s.provider_id = %s and s.recipient_id = %s and s.status = %s
   and s.brand_id in (select id from brand where provider_id = %s)
 group by p.iys_code, b.id, b.brand_code order by b.id"""


def _refuse_all(provider_id: int, recipient_id: int, by: int | None) -> None:
    """Every consent of the recipient, in force or not, in all brands."""
    rows = db.system_connection().execute(
        _GIVEN, (provider_id, recipient_id, int(Status.ONAY), provider_id)).fetchall()
    if not rows:
        return
    address = _address(provider_id, recipient_id)
    for iys_code, brand_id, brand_code, channels in rows:
        refuse_now(Refuser(
            place=Place(provider_id, iys_code, brand_id, brand_code), recipient_id=recipient_id,
            address=address, channels=[Channel(one) for one in channels], source=Source.HS_KARAR,
            actor=ActorKind.USER if by is not None else ActorKind.SYSTEM, actor_id=by,
            key="erasure", evidence={"by": "erasure"}))


_STANDS: Final = """
select p.iys_code, b.id, b.brand_code, array_agg(s.document_id order by s.document_id)
  from kvkk_state s
  join brand b on b.id = s.brand_id and b.provider_id = s.provider_id
  join provider p on p.id = s.provider_id
 where s.provider_id = %s and s.recipient_id = %s and s.act = %s
 group by p.iys_code, b.id, b.brand_code order by b.id"""


def _withdraw_all(provider_id: int, recipient_id: int, by: int | None) -> None:
    """Every explicit consent of the recipient (R-62): who asks to be erased withdraws them."""
    rows = db.system_connection().execute(
        _STANDS, (provider_id, recipient_id, int(Act.GIVEN))).fetchall()
    for iys_code, brand_id, brand_code, documents in rows:
        withdraw(Withdrawer(
            place=Place(provider_id, iys_code, brand_id, brand_code), recipient_id=recipient_id,
            address=_address(provider_id, recipient_id), source=Source.HS_KARAR,
            actor=ActorKind.USER if by is not None else ActorKind.SYSTEM, actor_id=by,
            key="erasure", evidence={"by": "erasure"}), documents)


def _address(provider_id: int, recipient_id: int) -> str:
    row = db.system_connection().execute(
        "select key_no, addr_ct, addr_hash from recipient where provider_id = %s and id = %s",
        (provider_id, recipient_id)).fetchone()
    if row is None or row[1] is None or row[2] is None:
        raise Conflict("Kişi bu sırada silindi.", "The person was erased meanwhile.", code="erased")
    return secrets().keyring.decrypt(row[0], bytes(row[1]), bytes(row[2])).decode()


def _restrict(provider_id: int, recipient_ids: Sequence[int], reason: str, case: str | None,
              by: int | None) -> None:
    """Hide the records there are, and let nothing but a later consent open the address."""
    if not recipient_ids:
        return
    with db.transaction(system=True) as conn:
        rows: list[Any] = conn.execute(
            'insert into restriction (provider_id, recipient_id, since, "by", reason, case_number) '
            "select %s, w, now(), %s, %s, %s from unnest(%s::bigint[]) w where not exists ("
            "select from restriction x where x.provider_id = %s and x.recipient_id = w "
            "and not exists (select from consent_entry e where e.provider_id = x.provider_id "
            "and e.recipient_id = w and e.captured_at > x.since)) returning recipient_id, since",
            (provider_id, by, reason, case, list(recipient_ids), provider_id)).fetchall()
        runs.end_all(conn, provider_id)
        reach("erase.restricting")
        conn.execute("select suppress_states(%s, %s::bigint[], %s::timestamptz[])",
                     (provider_id, [row[0] for row in rows], [row[1] for row in rows]))
