"""The pack that answers a complaint: an address, a time, and what was sent and allowed then (R-49).

Why this module exists: a complaint at the authority names a number, a date and hour, and the
sender's title. The answer is the messages near that time as they were sent, what held for the
address at that moment with İYS's word, and the proof of every record up to then. That nothing was
sent by İleti is an answer too. A summary in Turkish comes beside the files for programs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from ileti.channels import messagepack, othersent
from ileti.channels.messagepack import Row
from ileti.channels.othersent import Told
from ileti.consents import bundle, moments, past
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Reach, Standing
from ileti.consents.momenttold import iso, told
from ileti.consents.numbers import record_number
from ileti.consents.places import readable
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Status
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.errors import NotFound
from ileti.documents.fold import fold

NEAR: Final = timedelta(hours=24)
MOST_MESSAGES: Final = 50
LONGEST_TITLE: Final = 120


class Near(NamedTuple):
    """Messages near a moment, the nearest first; ``more``: there are others within a day of it."""

    rows: list[Row]
    more: bool


_NEAR: Final = """
select id from message
 where provider_id = %(provider)s and recipient_id = %(recipient)s
   and coalesce(sent_at, created_at) between %(since)s and %(until)s
   and (%(brand)s::int is null or brand_id = %(brand)s)
   and (%(restricted)s or not is_restricted(provider_id, recipient_id, created_at))
 order by abs(extract(epoch from coalesce(sent_at, created_at) - %(at)s)), id
 limit %(most)s + 1"""


def near(reach: Reach, recipient_id: int, moment: datetime) -> Near:
    """Messages to a recipient within a day of the moment, whatever they were written for: a code of
    the preference centre belongs to no record."""
    ids = [row[0] for row in db.connection().execute(_NEAR, {
        "provider": reach.provider_id, "recipient": recipient_id, "brand": reach.brand_id,
        "restricted": reach.restricted, "since": moment - NEAR, "until": moment + NEAR,
        "at": moment, "most": MOST_MESSAGES})]
    rows = {row.id: row for row in messagepack.rows_of(reach, ids[:MOST_MESSAGES])}
    return Near([rows[one] for one in ids if one in rows], len(ids) > MOST_MESSAGES)


def build(reach: Reach, recipient_id: int, moment: datetime, title: str = "") -> Bundle:
    """The pack of one complaint. Raises NotFound when nothing was recorded of the address by then,
    and as :func:`ileti.consents.bundle.build`."""
    rows, more = near(reach, recipient_id, moment)
    others = othersent.near(reach, recipient_id, moment, moment - NEAR, moment + NEAR,
                            MOST_MESSAGES)
    standings = moments.at_moment(reach, recipient_id, moment)
    files, stood_on = messagepack.files_of(reach, rows)
    for n, one in enumerate(others, len(rows) + 1):
        files[f"messages/{n:04}.json"] = readable(one.parts)
    stood_on = sorted({*stood_on, *(one.entry_id for one in others if one.entry_id)})
    last = max([moment, *(one.moment for one in rows), *(one.at for one in others)])
    entries = sorted({*stood_on, *_entries(reach, recipient_id, last)})
    if not entries:
        raise NotFound("O ana kadar bu adres hakkında kayıt yok.",
                       "Nothing was recorded of this address by that moment.", code="no_record")
    title = " ".join(title.split())[:LONGEST_TITLE]
    files["complaint.json"] = readable({
        "at": iso(moment), "title": title or None, "hoursAround": NEAR // timedelta(hours=1),
        "messages": [*(_short(one, title) for one in rows),
                     *(_told(one, title) for one in others)], "moreMessages": more,
        "states": [told(one) for one in standings]})
    files["sikayet.txt"] = _summary(Near(rows, more), others, standings, moment, title).encode()
    return bundle.build(reach.provider_id, entries, files)


def _entries(reach: Reach, recipient_id: int, until: datetime) -> list[int]:
    return [row[0] for row in db.connection().execute(
        "select id from consent_entry where provider_id = %s and recipient_id = %s "
        "and captured_at <= %s and (%s::int is null or brand_id = %s) "
        "and (%s or not is_restricted(provider_id, recipient_id, captured_at)) order by id",
        (reach.provider_id, recipient_id, until, reach.brand_id, reach.brand_id,
         reach.restricted))]


def _short(one: Row, title: str) -> dict[str, Any]:
    return {"message": messagepack.number_of(one.id), "at": iso(one.moment),
            "channel": Channel(one.channel).name, "sent": one.sent_at is not None,
            "titleFits": _fits(one, title) if title else None}


def _told(one: Told, title: str) -> dict[str, Any]:
    return {"message": one.number, "at": iso(one.at), "channel": Channel(one.channel).name,
            "sent": True, "titleFits": any(_same_name(title, name) for name in one.titles)
            if title else None}


def _fits(one: Row, title: str) -> bool:
    """Whether the sender's title of a complaint is that of the message's brand or company."""
    return any(_same_name(title, name) for name in (one.brand, one.title))


def _same_name(title: str, name: str) -> bool:
    """Whether all words of one stand in the other; words of one or two letters, which would stand
    anywhere, count in a name that has no longer one."""
    asked, words = _words(title), _words(name)
    if not (asked and words):
        return fold(title).text == fold(name).text
    return asked <= words or words <= asked


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", fold(text).text))


def _summary(found: Near, others: Sequence[Told], standings: Sequence[Standing],
             moment: datetime, title: str) -> str:
    """The same for whoever reads: Turkish, as the authority does."""
    lines = ["ŞİKÂYETE YANIT PAKETİ", "", f"Sorulan an: {_said(moment)}"]
    if title:
        lines.append(f"Şikâyetteki başlık: {title}")
    lines += ["", "O AN GEÇERLİ OLAN"]
    lines += [_standing(one) for one in standings] or ["Bu adresin o anda kaydı yoktu."]
    lines += ["", f"ÖNCESİNDEKİ VE SONRASINDAKİ {NEAR // timedelta(hours=1)} SAATTE GİDEN İLETİLER"]
    sent = [f"{_said(one.moment)}  {messagepack.number_of(one.id)}  "
            f"{Channel(one.channel).tr}, {one.brand}"
            + ("" if one.sent_at else " (gönderilmedi)") for one in found.rows]
    sent += [f"{_said(one.at)}  {one.number}  {Channel(one.channel).tr}, {one.brand}"
             + (f", dayandığı kayıt {record_number(one.entry_id)}" if one.entry_id else "")
             for one in others]
    lines += sorted(sent) or [
        "İleti bu adrese bu sürede ileti göndermedi. Başka yollarla gönderilenler burada görünmez."]
    if found.more:
        lines.append(f"Bu sürede başka iletiler de gitti; sorulan ana en yakın {MOST_MESSAGES} "
                     "ileti bu pakettedir.")
    if any(one.held.cut for one in standings):
        lines.append(f"Her kanalın yalnız en yeni {past.MOST} kaydına bakıldı.")
    return "\n".join([*lines, "", "Ayrıntı: complaint.json, messages/; kayıtların kanıtı: "
                      "entries/, seals/, stamps/, kanit.pdf.", ""])


def _standing(one: Standing) -> str:
    allowed = "ileti gönderilebilirdi" if one.denial is None else "ileti gönderilemezdi"
    record = f", kayıt {record_number(one.record.entry_id)}" if one.record else ""
    return (f"{one.brand}, {Channel(one.key.channel).tr}, "
            f"{RecipientType(one.key.recipient_type).tr}: {Status(one.held.status).tr}, "
            f"İYS: {IysStatus(one.held.iys_status).tr}; {allowed}{record}")


def _said(moment: datetime) -> str:
    return f"{to_istanbul(moment):%d.%m.%Y %H:%M:%S}"
