"""What mail servers said of a person's address, as part of the answer to *what do you have of me*.

This room registers by being imported (ileti/factory.py), as the rooms above and beside do.
"""

from __future__ import annotations

from typing import Final

from ileti.consents.trouble import Kind
from ileti.requests.holdings import Row, holds, moment

_WORDS: Final = {
    Kind.HARD: ("Adres yok dendi", "Said not to exist"),
    Kind.SOFT: ("Geçici olarak teslim edilemedi", "Not delivered for a time"),
    Kind.COMPLAINT: ("İstenmeyen posta bildirildi", "Reported as unwanted"),
}


@holds("troubles", """
select recipient_id, kind, status, first_at, last_at, times, cleared_at from address_trouble
 where provider_id = %(provider)s and recipient_id = any(%(ids)s) order by recipient_id, kind""")
def troubles(r: Row) -> Row:
    """One kind of trouble of one address."""
    kind = Kind(r["kind"])
    tr, en = _WORDS[kind]
    return {"recipient": r["recipient_id"], "kind": {"code": kind.name, "tr": tr, "en": en},
            "status": r["status"], "firstAt": moment(r["first_at"]), "lastAt": moment(r["last_at"]),
            "times": r["times"], "clearedAt": moment(r["cleared_at"]) if r["cleared_at"] else None}
