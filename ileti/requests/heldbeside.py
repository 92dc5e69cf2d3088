"""What is held of a person beside records and messages: lists, restrictions, what İYS held then,
and the files of their applications (KVKK 11/1-b).

Why this module exists: a copy is complete or it is a wrong answer. These tables belong to rooms
above this one or to nobody's page of their own, so they are read here by their names; a guard test
holds every table that has a recipient against the parts that are registered.
"""

from __future__ import annotations

from typing import Final

from ileti.calllists.vocabulary import EntryState
from ileti.consents.vocabulary import Channel, Source, Status
from ileti.evidence.vault import NAME_PURPOSE
from ileti.requests.holdings import Row, holds, moment, word
from ileti.requests.numbers import case_number
from ileti.requests.sealing import unseal
from ileti.requests.vocabulary import FileRole

_STATES: Final = {
    EntryState.WAITING: ("Aranmayı bekliyor", "Waits to be called"),
    EntryState.OUT: ("Aranmak üzere verildi", "Handed out to be called"),
    EntryState.DONE: ("Bitti", "Done"),
    EntryState.TAKEN_AWAY: ("Çıkarıldı; izin yok", "Taken off; there is no consent"),
}


@holds("callLists", """
select e.added_at, e.state, e.tries, l.name as list, b.name as brand, d.title as dealer
  from call_list_entry e join call_list l on l.id = e.list_id join brand b on b.id = e.brand_id
  left join dealer d on d.id = e.dealer_id
 where e.provider_id = %(provider)s and e.recipient_id = any(%(ids)s) order by e.id""")
def call_lists(r: Row) -> Row:
    """Lists of people to be called in which the person stands."""
    state = EntryState(r["state"])
    tr, en = _STATES[state]
    return {"list": r["list"], "brand": r["brand"], "dealer": r["dealer"],
            "addedAt": moment(r["added_at"]), "tries": r["tries"],
            "state": {"code": state.name, "tr": tr, "en": en}}


@holds("campaignLists", """
select l.name as list, l.created_at, l.channel, b.name as brand, d.title as dealer
  from campaign_list_member m
  join campaign_list l on l.provider_id = m.provider_id and l.id = m.list_id
  join brand b on b.id = l.brand_id left join dealer d on d.id = l.dealer_id
 where m.provider_id = %(provider)s and m.recipient_id = any(%(ids)s)
 order by l.id, m.recipient_id""")
def campaign_lists(r: Row) -> Row:
    """Lists that were brought for a campaign and in which the person stands."""
    return {"list": r["list"], "brand": r["brand"], "dealer": r["dealer"],
            "channel": word(Channel(r["channel"])), "at": moment(r["created_at"])}


@holds("restrictions", """
select since, reason, case_number from restriction
 where provider_id = %(provider)s and recipient_id = any(%(ids)s) order by id""")
def restrictions(r: Row) -> Row:
    """Since when and why the person's records are kept for the law alone (R-64)."""
    return {"since": moment(r["since"]), "reason": r["reason"], "case": r["case_number"]}


@holds("differences", """
select f.day, f.channel, f.their_status, f.their_source, f.their_date, f.our_status, f.our_source,
       f.our_date, f.found_at, f.repaired_at, b.name as brand
  from iys_difference f join brand b on b.id = f.brand_id
 where f.provider_id = %(provider)s and f.recipient_id = any(%(ids)s) order by f.id""")
def differences(r: Row) -> Row:
    """Where İYS said otherwise than our records, and when that was mended (R-44)."""
    return {"brand": r["brand"], "day": r["day"].isoformat(),
            "channel": word(Channel(r["channel"])),
            "iys": _said(r, "their"), "ours": _said(r, "our"), "foundAt": moment(r["found_at"]),
            "repairedAt": moment(r["repaired_at"])}


def _said(r: Row, whose: str) -> Row | None:
    """A status with its source and date; None where that side had none."""
    if r[f"{whose}_status"] is None:
        return None
    source = r[f"{whose}_source"]
    return {"status": word(Status(r[f"{whose}_status"])), "date": moment(r[f"{whose}_date"]),
            "source": word(Source(source)) if source is not None else None}


@holds("applicationFiles", """
select f.request_id, f.role, f.added_at, f.name, v.size, v.media_type,
       encode(v.sha256, 'hex') as hash
  from data_request_file f
  join data_request q on q.id = f.request_id and q.identity = 1
  join evidence_file v on v.provider_id = f.provider_id and v.id = f.file_id
   and v.erased_at is null
 where f.provider_id = %(provider)s and f.request_id in (
     select request_id from data_request_recipient
      where provider_id = %(provider)s and recipient_id = any(%(ids)s)) order by f.id""")
def files_of_applications(r: Row) -> Row:
    """Files of the person's applications: what came with them and what was sent. Only of those
    whose applicant was identified: others may be somebody else's."""
    return {"case": case_number(r["request_id"]), "role": word(FileRole(r["role"])),
            "name": unseal(r["name"], NAME_PURPOSE), "size": r["size"],
            "mediaType": r["media_type"], "addedAt": moment(r["added_at"]), "sha256": r["hash"]}
