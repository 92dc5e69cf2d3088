"""Everything that is held of a person, gathered for their copy and for the desk (KVKK 11/1-a to ç).

Why this module exists: the answer to "what do you have of me" must be complete, and what is held
lies in many rooms. Each part is one statement over the recipients of a case, within one provider;
a room above or beside adds its own by :func:`holds`. Names and addresses are opened here, so what
comes out is personal data: it goes into a sealed file or onto an audited page, never into a log.
Moments are ISO 8601 in UTC; words are ours with both labels (docs/requests.md describes all).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.rows import dict_row

from ileti.consents.numbers import receipt_number, record_number
from ileti.consents.vocabulary import (
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import DATA, GROUNDS
from ileti.evidence.kinds import Role
from ileti.evidence.vault import NAME_PURPOSE, NAMED_BY_CLICK
from ileti.fields import kept
from ileti.kvkk.vocabulary import Act, Extent, proven_as
from ileti.recipients.address import AddressKind
from ileti.requests.numbers import case_number
from ileti.requests.sealing import (
    ANSWER_PURPOSE,
    CORRECTION_PURPOSE,
    PERSON_PURPOSE,
    WISH_PURPOSE,
    unseal,
)
from ileti.requests.vocabulary import Identity

Connection = psycopg.Connection[Any]
Row = dict[str, Any]
Tell = Callable[[Row], Row]


class _Part(NamedTuple):
    name: str
    statement: str
    tell: Tell


_parts: list[_Part] = []


def holds(name: str, statement: str) -> Callable[[Tell], Tell]:
    """Register what a room holds of recipients: a statement over ``%(provider)s`` and ``%(ids)s``,
    in order and without a limit, and how one of its rows is told, in what :mod:`json` can write. A
    name may have several. Nothing may be of another provider or person."""
    def keep(tell: Tell) -> Tell:
        _parts.append(_Part(name, statement, tell))
        return tell

    return keep


def gather(conn: Connection, provider_id: int, ids: list[int], *, most: int | None = None
           ) -> dict[str, list[Row]]:
    """All parts for recipients of one provider, by name, in the order they were registered; of
    each statement the first ``most`` rows."""
    found: dict[str, list[Row]] = {}
    with conn.cursor(row_factory=dict_row) as cursor:
        for part in _parts:
            rows = cursor.execute(
                part.statement + " limit %(most)s",  # type: ignore[arg-type]
                {"provider": provider_id, "ids": ids, "most": most}).fetchall()
            found.setdefault(part.name, []).extend(part.tell(row) for row in rows)
    return found


def count(conn: Connection, provider_id: int, ids: list[int]) -> dict[str, int]:
    """How many rows each part has, in one statement that opens nothing."""
    parts = ", ".join(f"(select count(*) from ({part.statement}) t)"  # noqa: S608 (our own)
                      for part in _parts)
    row = conn.execute(f"select {parts}",  # type: ignore[arg-type]
                       {"provider": provider_id, "ids": ids}).fetchone() or ()
    found: dict[str, int] = {}
    for part, number in zip(_parts, row, strict=True):
        found[part.name] = found.get(part.name, 0) + number
    return found


def counted(held: dict[str, list[Row]]) -> dict[str, int]:
    """How many rows each part has, of what was gathered."""
    return {name: len(rows) for name, rows in held.items()}


def word(value: Any) -> Row:
    """One of our words with its labels."""
    return {"code": value.name, "tr": value.tr, "en": value.en}


def moment(value: datetime | None) -> str | None:
    """ISO 8601, UTC."""
    return value.isoformat() if value else None


_ADDRESSES: Final = """
select id, kind, created_at, key_no, addr_hash, addr_ct from recipient
 where provider_id = %(provider)s and id = any(%(ids)s) order by id"""


@holds("addresses", _ADDRESSES)
def addresses(r: Row) -> Row:
    """The addresses themselves."""
    clear = None
    if r["addr_ct"] is not None and r["addr_hash"] is not None:
        clear = secrets().keyring.decrypt(
            r["key_no"], bytes(r["addr_ct"]), bytes(r["addr_hash"])).decode()
    return {"recipient": r["id"], "kind": AddressKind(r["kind"]).name, "address": clear,
            "since": moment(r["created_at"])}


_STATES: Final = """
select s.recipient_id, b.name as brand, s.recipient_type, s.channel, s.status, s.source,
       s.standing, s.consent_date, s.entry_at, s.entry_id, s.iys_status
  from consent_state s join brand b on b.id = s.brand_id
 where s.provider_id = %(provider)s and s.recipient_id = any(%(ids)s)
 order by s.recipient_id, b.name, s.channel"""


@holds("consents", _STATES)
def consents(r: Row) -> Row:
    """What holds now, per brand and channel."""
    return {
        "recipient": r["recipient_id"], "brand": r["brand"], "channel": word(Channel(r["channel"])),
        "recipientType": word(RecipientType(r["recipient_type"])),
        "status": word(Status(r["status"])), "source": word(Source(r["source"])),
        "standing": word(Standing(r["standing"])), "date": moment(r["consent_date"]),
        "record": record_number(r["entry_id"]), "iys": word(IysStatus(r["iys_status"])),
    }


_HISTORY: Final = """
select e.id, e.recipient_id, b.name as brand, d.title as dealer, e.channel, e.status, e.source,
       e.standing, e.outcome, e.consent_date, e.captured_at, e.submission_id, e.leaf,
       v.title as text_title, v.version as text_version
  from consent_entry e join brand b on b.id = e.brand_id
  left join dealer d on d.id = e.dealer_id left join document_version v on v.id = e.text_id
 where e.provider_id = %(provider)s and e.recipient_id = any(%(ids)s) order by e.id"""


@holds("history", _HISTORY)
def history(r: Row) -> Row:
    """Every record of the ledger."""
    return {
        "record": record_number(r["id"]), "recipient": r["recipient_id"], "brand": r["brand"],
        "dealer": r["dealer"], "channel": word(Channel(r["channel"])),
        "status": word(Status(r["status"])), "source": word(Source(r["source"])),
        "standing": word(Standing(r["standing"])), "outcome": word(Outcome(r["outcome"])),
        "date": moment(r["consent_date"]), "recordedAt": moment(r["captured_at"]),
        "text": {"title": r["text_title"], "version": r["text_version"]}
        if r["text_version"] else None,
        "submission": receipt_number(r["submission_id"]), "commitment": bytes(r["leaf"]).hex(),
    }


_CLICKS: Final = """
select s.id, s.captured_at, s.source, s.idem, s.person_key, s.person_ct, s.evidence, b.name as brand
  from submission s join brand b on b.id = s.brand_id
 where s.provider_id = %(provider)s and s.evidence->>'import' is null and s.id in (
     select submission_id from consent_entry
      where provider_id = %(provider)s and recipient_id = any(%(ids)s)
     union select submission_id from kvkk_entry
      where provider_id = %(provider)s and recipient_id = any(%(ids)s)) order by s.id"""


@holds("submissions", _CLICKS)
def submissions(r: Row) -> Row:
    """Forms and calls the records came with: name, network address, browser, what was shown."""
    return {
        "submission": receipt_number(r["id"]), "at": moment(r["captured_at"]), "brand": r["brand"],
        "source": word(Source(r["source"])), "person": _person(r), "evidence": r["evidence"],
    }


def _person(row: Row) -> Row | None:
    if row["person_ct"] is None or row["person_key"] is None:
        return None
    try:
        clear = secrets().keyring.decrypt(
            row["person_key"], bytes(row["person_ct"]), row["idem"].encode())
    except CannotDecrypt:
        return {"unreadable": True}
    found: Row = json.loads(clear)
    return {name: value for name, value in found.items() if name != "blind"} or None


_KNOWN: Final = """
select v.recipient_id, null::bigint as entry_id, v.field_id, v.provider_id, v.value, v.key_no,
       v.value_ct, v.bound, v.at, f.key, f.name_tr, f.name_en, r.addr_hash
  from recipient_value v join custom_field f on f.id = v.field_id
  join recipient r on r.provider_id = v.provider_id and r.id = v.recipient_id
 where v.provider_id = %(provider)s and v.recipient_id = any(%(ids)s)
 order by v.recipient_id, f.id"""
_IN_LISTS: Final = (_KNOWN.replace("null::bigint as entry_id", "v.entry_id")
                    .replace("recipient_value", "entry_value"))


@holds("fields", _KNOWN)
def known(r: Row) -> Row:
    """What the provider knows of a recipient in its own fields."""
    return {"recipient": r["recipient_id"], "field": r["key"],
            "name": {"tr": r["name_tr"], "en": r["name_en"]}, "at": moment(r["at"]),
            "record": record_number(r["entry_id"]) if r["entry_id"] else None,
            "value": kept.unseal(r["provider_id"], r["field_id"], r["addr_hash"],
                                 (r["value"], r["key_no"], r["value_ct"]))}


@holds("fields", _IN_LISTS)
def known_in_lists(r: Row) -> Row:
    """The same, of what a list's row said with a consent."""
    return known(r)


_NOTICES: Final = """
select s.captured_at, v.title, v.version, v.language, encode(v.content_hash, 'hex') as hash
  from submission s
  join document_version v on v.provider_id = s.provider_id
   and v.id = (s.evidence->'notice'->>'version')::int
 where s.provider_id = %(provider)s and jsonb_typeof(s.evidence->'notice') = 'object'
   and s.id in (select submission_id from consent_entry
                 where provider_id = %(provider)s and recipient_id = any(%(ids)s))
   and not exists (select from kvkk_entry k where k.provider_id = s.provider_id
                      and k.submission_id = s.id)
 order by s.id"""


@holds("notices", _NOTICES)
def notices(r: Row) -> Row:
    """Privacy notices marked as read before such acts were entries of their own (ADR 0027)."""
    return {"at": moment(r["captured_at"]), "title": r["title"], "version": r["version"],
             "language": r["language"], "sha256": r["hash"]}


_ACTS: Final = """
select k.id, k.recipient_id, k.act, k.extent, k.act_at, k.captured_at, k.source, k.submission_id,
       b.name as brand, v.title, v.version, v.language, d.kind,
       encode(v.content_hash, 'hex') as hash, encode(k.leaf, 'hex') as leaf
  from kvkk_entry k join brand b on b.id = k.brand_id
  join document_version v on v.id = k.text_id join document d on d.id = k.document_id
 where k.provider_id = %(provider)s and k.recipient_id = any(%(ids)s) order by k.id"""


@holds("acknowledgements", _ACTS)
def acknowledgements(r: Row) -> Row:
    """Privacy notices shown and read, explicit consents given and withdrawn (R-57 to R-62)."""
    return {"record": record_number(r["id"]), "recipient": r["recipient_id"], "brand": r["brand"],
             "act": word(Act(r["act"])), "extent": word(Extent(r["extent"])),
             "at": moment(r["act_at"]), "recordedAt": moment(r["captured_at"]),
             "source": word(Source(r["source"])), "kind": r["kind"], "title": r["title"],
             "version": r["version"], "language": r["language"], "sha256": r["hash"],
             "submission": receipt_number(r["submission_id"]), "commitment": r["leaf"]}


_LISTS: Final = """
select distinct i.id, i.name, i.created_at, i.origin, encode(i.sha256, 'hex') as hash,
       b.name as brand, count(*) as records
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
   and s.evidence->>'import' is not null
  join import_run i on i.provider_id = e.provider_id and i.id = (s.evidence->>'import')::bigint
  join brand b on b.id = i.brand_id
 where e.provider_id = %(provider)s and e.recipient_id = any(%(ids)s)
 group by i.id, b.name order by i.id"""


@holds("lists", _LISTS)
def lists(r: Row) -> Row:
    """Customer lists in which the person stood, with where they came from (R-61)."""
    return {"import": r["id"], "file": r["name"], "at": moment(r["created_at"]),
             "brand": r["brand"], "records": r["records"], "sha256": r["hash"],
             "origin": {k: v for k, v in (r["origin"] or {}).items()
                        if k in ("origin", "ground", "date", "proof", "notice")}}


_FILES: Final = """
select f.role, f.added_at, f.name, f.entry_id, v.size, v.media_type,
       encode(v.sha256, 'hex') as hash
  from entry_file f
  join evidence_file v on v.provider_id = f.provider_id and v.id = f.file_id
 where f.provider_id = %(provider)s and exists (
     select from consent_entry e where e.provider_id = f.provider_id and e.id = f.entry_id
        and e.captured_at = f.entry_at and e.recipient_id = any(%(ids)s)) order by f.id"""


@holds("files", _FILES)
def files(r: Row) -> Row:
    """Proof files of the person's records: signed forms, recordings, mails."""
    return {"record": record_number(r["entry_id"]), "role": word(Role(r["role"])),
             "name": unseal(r["name"], NAME_PURPOSE), "size": r["size"],
             "mediaType": r["media_type"], "addedAt": moment(r["added_at"]), "sha256": r["hash"]}


_OF_ACTS: Final = f"""
select distinct on (f.id) k.id as entry_id, k.source, k.captured_at as added_at, f.name, f.size,
       f.media_type, encode(f.sha256, 'hex') as hash
  from kvkk_entry k
  join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
  join evidence_file f on {NAMED_BY_CLICK} and f.erased_at is null
 where k.provider_id = %(provider)s and k.recipient_id = any(%(ids)s)
   and not exists (select from entry_file l where l.provider_id = f.provider_id
                      and l.file_id = f.id)
 order by f.id, k.id"""  # noqa: S608 (a constant of the vault)


@holds("files", _OF_ACTS)
def files_of_acts(r: Row) -> Row:
    """The same of explicit consents: the recording of the call, the scan of the paper."""
    return files(r | {"role": proven_as(r["media_type"], Source(r["source"]))})


_IYS: Final = """
select r.entry_id, r.at, r.accepted, r.creation_date, r.transaction_id, e.channel, e.status
  from iys_receipt r
  join consent_entry e on e.provider_id = r.provider_id and e.id = r.entry_id
   and e.recipient_id = any(%(ids)s)
 where r.provider_id = %(provider)s order by r.id"""
_ACCESS: Final = """
select distinct d.title, b.name as brand, min(a.given_at) as given_at
  from consent_access a join dealer d on d.id = a.dealer_id join brand b on b.id = a.brand_id
 where a.provider_id = %(provider)s and a.recipient_id = any(%(ids)s)
 group by d.title, b.name order by d.title"""


@holds("passedOn", _IYS)
def told_iys(r: Row) -> Row:
    """To whom data were passed on (KVKK 11/1-ç): the registry İYS."""
    return {"to": "İYS (İleti Yönetim Sistemi A.Ş.)", "record": record_number(r["entry_id"]),
            "channel": word(Channel(r["channel"])), "status": word(Status(r["status"])),
            "at": moment(r["at"]), "accepted": r["accepted"], "transaction": r["transaction_id"]}


@holds("passedOn", _ACCESS)
def told_dealers(r: Row) -> Row:
    """The same: dealers with access."""
    return {"to": r["title"], "brand": r["brand"], "at": moment(r["given_at"])}


_CORRECTIONS: Final = """
select request_id, recipient_id, at, field, before, after from data_request_correction
 where provider_id = %(provider)s and recipient_id = any(%(ids)s) order by id"""


@holds("corrections", _CORRECTIONS)
def corrections(r: Row) -> Row:
    """What was corrected by a request, beside the records that say otherwise."""
    return {"case": case_number(r["request_id"]), "recipient": r["recipient_id"],
             "at": moment(r["at"]), "field": r["field"],
             "before": unseal(r["before"], CORRECTION_PURPOSE),
             "after": unseal(r["after"], CORRECTION_PURPOSE)}


_REQUESTS: Final = """
select distinct q.id, q.received_at, q.closed_at, q.rights, q.person, q.wish, q.identity
  from data_request q
  join data_request_recipient x on x.request_id = q.id
 where q.provider_id = %(provider)s and x.recipient_id = any(%(ids)s) order by q.id"""


@holds("requests", _REQUESTS)
def requests(r: Row) -> Row:
    """The person's requests themselves. What the applicant said of themselves only where they were
    identified: an address may be written into an application by anybody."""
    own = r["identity"] == Identity.VERIFIED
    return {"case": case_number(r["id"]), "receivedAt": moment(r["received_at"]),
            "closedAt": moment(r["closed_at"]), "rights": r["rights"],
            "person": json.loads(unseal(r["person"], PERSON_PURPOSE) or "{}") if own else None,
            "wish": unseal(r["wish"], WISH_PURPOSE) if own else None}


_ANSWERS: Final = """
select distinct a.id, a.request_id, a.made_at, a.body from data_request_answer a
  join data_request_recipient x on x.request_id = a.request_id
 where a.provider_id = %(provider)s and x.recipient_id = any(%(ids)s) order by a.id"""


@holds("answers", _ANSWERS)
def answers(r: Row) -> Row:
    """The letters that answered them, in their words."""
    said = json.loads(unseal(r["body"], ANSWER_PURPOSE))
    return {"case": case_number(r["request_id"]), "at": moment(r["made_at"]),
            "text": said.get("text", "")}


_PURPOSES: Final = """
select p.name, p.ground, p.data, p.recipients, p.period, p.abroad, p.abroad_note, b.name as brand
  from purpose p left join brand b on b.id = p.brand_id
 where p.provider_id = %(provider)s and p.active and cardinality(%(ids)s::bigint[]) > 0
 order by p.id"""


@holds("purposes", _PURPOSES)
def purposes(r: Row) -> Row:
    """The lines of the processing inventory: why, on what ground, for how long (11/1-b, c, ç)."""
    return {"purpose": r["name"], "brand": r["brand"], "period": r["period"],
             "ground": {"code": r["ground"], "tr": GROUNDS[r["ground"]].tr,
                        "en": GROUNDS[r["ground"]].en},
             "data": [{"tr": DATA[k].tr, "en": DATA[k].en} for k in r["data"] if k in DATA],
             "recipients": r["recipients"], "abroad": r["abroad"], "abroadNote": r["abroad_note"]}
