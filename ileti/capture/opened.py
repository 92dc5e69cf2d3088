"""A submission looked at again: what was ticked on it, and what became of that.

Why apart from ``verify``: the code step, the receipt and the pages ask the same questions of a
submission, consents and acts about personal data alike, and none of them changes anything here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ileti.capture.sites import Site
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import NewConsent
from ileti.consents.packing import open_person
from ileti.consents.vocabulary import Channel, Outcome, Standing, Status
from ileti.core import db
from ileti.core.errors import Gone
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act, Extent
from ileti.recipients.address import AddressKind

TO: Final = {AddressKind.PHONE: "phone", AddressKind.EMAIL: "email"}


@dataclass(frozen=True)
class Opened:
    """What a handle names."""

    submission_id: int
    captured_at: datetime
    language: str


# -- what was said ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class First:
    """What was said for one address before it was proven."""

    items: list[NewConsent]
    acts: list[NewAct]
    person: dict[str, Any]
    evidence: dict[str, Any]


_TICKED: Final = """
select e.channel, e.status, e.consent_date, e.text_id, encode(t.content_hash, 'hex'),
       r.key_no, r.addr_hash, r.addr_ct, s.idem, s.person_key, s.person_ct, s.evidence
  from submission s join consent_entry e on e.provider_id = s.provider_id
   and e.id = any(s.entry_ids) and e.captured_at = s.captured_at
  join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
  left join document_version t on t.id = e.text_id
 where s.provider_id = %s and s.id = %s and e.recipient_id = %s order by e.id"""
_ACTED: Final = """
select k.act, k.extent, k.act_at, k.document_id, k.text_id, encode(t.content_hash, 'hex'),
       r.key_no, r.addr_hash, r.addr_ct, s.idem, s.person_key, s.person_ct, s.evidence
  from submission s join kvkk_entry k on k.provider_id = s.provider_id and k.submission_id = s.id
  join recipient r on r.provider_id = k.provider_id and r.id = k.recipient_id
  join document_version t on t.id = k.text_id
 where s.provider_id = %s and s.id = %s and k.recipient_id = %s order by k.id"""


def first_said(site: Site, opened: Opened, recipient_id: int) -> First | None:
    """What was ticked and shown for this address; None when nothing was, or the person is gone."""
    conn, key = db.connection(), (site.place.provider_id, opened.submission_id, recipient_id)
    ticked = conn.execute(_TICKED, key).fetchall()
    acted = conn.execute(_ACTED, key).fetchall()
    row = ticked[0][5:] if ticked else acted[0][6:] if acted else None
    if row is None or row[2] is None:
        return None
    key_no, digest, cipher, idem, person_key, person_ct, evidence = row
    address = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    return First(
        [NewConsent(address=address, channel=Channel(channel), status=Status(status),
                    consent_date=date, due_at=due_at(date), text_id=text_id, text_hash=text_hash)
         for channel, status, date, text_id, text_hash, *_ in ticked],
        [NewAct(document, text_id, text_hash, Act(act), at, Extent(extent), address)
         for act, extent, at, document, text_id, text_hash, *_ in acted],
        open_person(idem, person_key, person_ct), evidence)


# -- what stands now -------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActLine:
    """An act of the submission: which text in which version, and whose (None: nobody's)."""

    act: Act
    document_id: int
    text_id: int
    leaf: bytes
    to: str | None


@dataclass(frozen=True)
class Standings:
    """A submission as it stands: one line per item and per act, the addresses still to be verified,
    and until when the codes live that were sent to some of them. ``notice``: declared as read."""

    brand_id: int
    issued_at: datetime
    lines: list[tuple[Channel, Status, Outcome, bytes]]
    acts: list[ActLine]
    waiting: dict[str, str]
    notice: bool
    captured_at: datetime
    sent: dict[str, datetime]


_HEAD: Final = """
select brand_id, captured_at, entry_ids,
       evidence->'notice' is not null and jsonb_typeof(evidence->'notice') = 'object'
  from submission where provider_id = %s and id = %s"""
_LINES: Final = """
select e.channel, e.status, coalesce(c.outcome, e.outcome), coalesce(c.leaf, e.leaf),
       c.captured_at, e.standing, r.kind, r.key_no, r.addr_hash, r.addr_ct
  from consent_entry e
  join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
  left join submission s on s.provider_id = e.provider_id
       and s.idem = 'confirm:' || e.submission_id || ':' || e.recipient_id
  left join consent_entry c on c.provider_id = s.provider_id and c.id = any(s.entry_ids)
       and c.captured_at = s.captured_at and c.channel = e.channel
 where e.provider_id = %(provider)s and e.captured_at = %(at)s and e.id = any(%(ids)s)
   and (%(people)s::bigint[] is null or e.recipient_id = any(%(people)s))
 order by array_position(%(ids)s, e.id)"""
_ACTS: Final = """
select k.act, k.document_id, k.text_id, coalesce(c.leaf, k.leaf),
       c.captured_at, k.standing, r.kind, r.key_no, r.addr_hash, r.addr_ct
  from kvkk_entry k
  left join recipient r on r.provider_id = k.provider_id and r.id = k.recipient_id
  left join submission s on s.provider_id = k.provider_id
       and s.idem = 'confirm:' || k.submission_id || ':' || k.recipient_id
  left join kvkk_entry c on c.provider_id = s.provider_id and c.submission_id = s.id
       and c.document_id = k.document_id
 where k.provider_id = %(provider)s and k.submission_id = %(submission)s
   and (%(people)s::bigint[] is null or k.recipient_id = any(%(people)s))
 order by k.id"""


def standings(site: Site, opened: Opened) -> Standings:
    """What became of a submission's items and acts, with the entries its codes led to; raises
    Gone."""
    return standings_of(site.place.provider_id, opened.submission_id)


def standings_of(provider: int, submission_id: int, people: Sequence[int] | None = None
                 ) -> Standings:
    """The same for a provider's submission; of these recipients alone where some are named. Raises
    Gone."""
    conn = db.connection()
    head = conn.execute(_HEAD, (provider, submission_id)).fetchone()
    if head is None:
        raise Gone(code="handle_expired")
    brand_id, captured_at, ids, notice = head
    key = {"provider": provider, "submission": submission_id, "at": captured_at, "ids": ids,
           "people": None if people is None else list(people)}
    rows = conn.execute(_LINES, key).fetchall()
    acts = conn.execute(_ACTS, key).fetchall()
    waiting = _waiting([*rows, *acts])
    codes = conn.execute(
        "select r.kind, v.expires_at from verification v join recipient r on r.id = v.recipient_id "
        "and r.provider_id = v.provider_id where v.provider_id = %s and v.submission_id = %s "
        "and v.replaced_at is null and v.verified_at is null order by v.id",
        (provider, submission_id),
    ).fetchall() if waiting else []
    return Standings(
        brand_id=brand_id,
        sent={TO[AddressKind(kind)]: until for kind, until in codes},
        issued_at=max([captured_at, *(row[4] for row in (*rows, *acts) if row[4])]),
        lines=[(Channel(r[0]), Status(r[1]), Outcome(r[2]), bytes(r[3])) for r in rows],
        acts=[ActLine(Act(r[0]), r[1], r[2], bytes(r[3]),
                      TO[AddressKind(r[6])] if r[6] is not None else None) for r in acts],
        waiting=waiting, notice=bool(notice), captured_at=captured_at,
    )


def _waiting(rows: Iterable[Any]) -> dict[str, str]:
    """The addresses of lines that no code has proven yet, by field."""
    waiting: dict[str, str] = {}
    for *_, confirmed, standing, kind, key_no, digest, cipher in rows:
        if confirmed is None and standing == int(Standing.UNVERIFIED) and cipher is not None:
            address = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
            waiting[TO[AddressKind(kind)]] = address
    return waiting
