"""All that is kept about a person's addresses, made for the moment of reading and kept nowhere.

KVKK 11 gives everybody the right to learn what is processed about them. A code proves an address,
not a person: a number may have had another owner, a colleague may read a mailbox. So this tells
everything about the address itself and leaves what was typed beside it (a name) veiled, and the
network address and browser of a form out; the whole of it is had by an application (KVKK 13), where
the person is identified. Made in one look at the database, newest first, at most ``MOST`` records:
whoever has more is told so and applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from ileti.channels.base import MessageKind
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import (
    Channel,
    IysStatus,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
)
from ileti.core import clock, db
from ileti.evidence.leaf import iso_utc
from ileti.kvkk.vocabulary import Act, Extent
from ileti.preferences import history
from ileti.preferences.centre import Centre
from ileti.preferences.persons import veiled
from ileti.preferences.session import Address
from ileti.preferences.standing import known_name

FORMAT: Final = 1
MOST: Final = 2_000
Records = tuple[list[history.Line], int | None]

_SINCE: Final = "select id, created_at from recipient where provider_id = %s and id = any(%s)"
_STATES: Final = """
select s.recipient_id, b.name, s.channel, s.recipient_type, s.status, s.standing, s.source,
       s.consent_date, s.iys_status
  from consent_state s join brand b on b.id = s.brand_id
 where s.provider_id = %s and s.recipient_id = any(%s)
 order by b.name, b.id, s.recipient_id, s.channel, s.recipient_type"""
_ACTS: Final = """
select s.recipient_id, v.title, v.version, s.act, s.extent, s.act_at, s.standing, s.source,
       encode(v.content_hash, 'hex')
  from kvkk_state s join document_version v on v.id = s.text_id
 where s.provider_id = %s and s.recipient_id = any(%s) order by s.document_id, s.recipient_id"""
_MESSAGES: Final = """
select recipient_id, channel, kind, created_at, sent_at from message
 where provider_id = %s and recipient_id = any(%s)
 order by id desc limit 500"""
_SHARED: Final = """
select a.recipient_id, b.name, a.channel, coalesce(d.alias, d.title), a.given_at
  from consent_access a join brand b on b.id = a.brand_id join dealer d on d.id = a.dealer_id
 where a.provider_id = %s and a.recipient_id = any(%s) order by a.given_at desc limit 500"""


def records(centre: Centre, people: Sequence[Address]) -> Records:
    """The newest records of these addresses, and the number the next older one begins at."""
    return history.lines(centre, people, most=MOST)


def own_data(centre: Centre, people: Sequence[Address], read: Records | None = None
             ) -> dict[str, Any]:
    """Everything about these addresses of one provider, as JSON: words as İYS and the ledger
    spell them, moments in UTC. ``read``: their records, where a page has them already."""
    numbers = [one.recipient_id for one in people]
    found, more = read or records(centre, people)
    clear = {one.recipient_id: one.clear for one in people}
    conn, key = db.connection(), (centre.provider_id, numbers)
    since = dict(conn.execute(_SINCE, key).fetchall())
    return {
        "format": FORMAT, "madeAt": iso_utc(clock.whole_second(clock.now())),
        "provider": {"title": centre.title, "iysCode": centre.iys_code},
        "addresses": [{"address": one.clear, "knownSince": _at(since.get(one.recipient_id)),
                       "name": veiled(known_name(centre.provider_id, [one.recipient_id])) or None}
                      for one in people],
        "consents": [_state(clear, row) for row in conn.execute(_STATES, key).fetchall()],
        "personalData": [_act(clear, row) for row in conn.execute(_ACTS, key).fetchall()],
        "records": [_record(clear, line) for line in found], "moreRecords": more is not None,
        "messages": [
            {"address": clear[row[0]], "channel": Channel(row[1]).name,
             "kind": MessageKind(row[2]).name, "writtenAt": _at(row[3]), "sentAt": _at(row[4])}
            for row in conn.execute(_MESSAGES, key).fetchall()],
        "usedBy": [
            {"address": clear[row[0]], "brand": row[1], "channel": Channel(row[2]).name,
             "dealer": row[3], "since": _at(row[4])}
            for row in conn.execute(_SHARED, key).fetchall()],
        "notHere": ["name in full", "network address and browser of a form"],
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else iso_utc(moment)


def _state(clear: dict[int, str], row: Any) -> dict[str, Any]:
    recipient, brand, channel, kind, status, standing, source, date, iys = row
    return {"address": clear[recipient], "brand": brand, "channel": Channel(channel).name,
            "recipientType": RecipientType(kind).name, "status": Status(status).name,
            "standing": Standing(standing).name, "source": Source(source).name,
            "consentDate": _at(date), "iys": IysStatus(iys).name}


def _act(clear: dict[int, str], row: Any) -> dict[str, Any]:
    recipient, title, version, act, extent, at, standing, source, digest = row
    return {"address": clear[recipient], "text": title, "version": version, "act": Act(act).name,
            "extent": Extent(extent).name, "at": _at(at), "standing": Standing(standing).name,
            "source": Source(source).name, "sha256": digest}


def _record(clear: dict[int, str], line: history.Line) -> dict[str, Any]:
    said: dict[str, Any] = {"act": Act(line.act).name} if line.act is not None else {
        "channel": Channel(line.channel or 0).name, "status": Status(line.status or 0).name,
        "outcome": Outcome(line.outcome or 0).name}
    return said | {
        "record": record_number(line.id), "address": clear[line.recipient_id],
        "at": _at(line.at), "recordedAt": _at(line.captured_at), "brand": line.brand,
        "dealer": line.dealer, "source": Source(line.source).name,
        "standing": Standing(line.standing).name,
        "text": None if line.version_id is None else {
            "title": line.text_title, "version": line.text_version},
        "iys": None if line.iys_at is None else {
            "accepted": line.iys_accepted, "code": line.iys_code, "at": _at(line.iys_at)}}
