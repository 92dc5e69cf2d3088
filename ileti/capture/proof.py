"""The code that proved an address, and how the moment of a choice without network is known, for
the pages of a proof (R-21, R-23).

This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ileti.consents.bundled import Proven
from ileti.consents.proofwords import moment
from ileti.consents.recount import Told, recounts
from ileti.core import db


@recounts
def codes(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """When the code went out and when it was typed; the record's evidence names it."""
    entries: dict[int, list[Proven]] = defaultdict(list)
    for one in proven:
        said = one.parts["evidence"]
        number = said.get("verification") if isinstance(said, dict) else None
        if isinstance(number, int):
            entries[number].append(one)
    for number, recipient, created, verified in db.connection().execute(
            "select id, recipient_id, created_at, verified_at from verification "
            "where provider_id = %s and id = any(%s) order by id",
            (provider_id, list(entries))).fetchall() if entries else ():
        for one in entries[number]:
            if one.entry.recipient_id != recipient:
                continue
            what = "Bağlantı" if _offline(one) else "Kod"
            yield Told(one.entry.id, created, f"Adrese {what.lower()} gönderildi", "", "mute", "",
                       "code")
            if verified is not None:
                yield Told(one.entry.id, verified, "Adres doğrulandı",
                           f"{what} yalnız adresin kişiye ait olduğunu gösterir; izin sayılmaz.",
                           "ok", "", "verified")


@recounts
def moments(_provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """What bounds the moment of a choice that a device kept without network: our signed time before
    it, its arrival after it, and what the device's clock did in between (R-33, R-40)."""
    for one in proven:
        said = _offline(one)
        try:
            contact, arrived, claimed = (datetime.fromisoformat(str(said[name])) for name in (
                "contact", "arrived", "claimed"))
        except (KeyError, ValueError):
            continue
        facts = f"Cihaza göre verildiği an {moment(claimed)}, kanıtlanan aralık {moment(contact)}" \
                f" – {moment(arrived)}."
        if said.get("clockChanged"):
            facts += " Cihazın saati bu arada değiştirilmiş; olabilecek en erken an esas alındı."
        if said.get("decided"):
            facts += " An kanıtlanamadığı için bir yetkilinin kararıyla kaydedildi."
        yield Told(one.entry.id, arrived, "Ağ yokken kioskta alınan seçim geldi", facts, "mute")


def _offline(one: Proven) -> dict[str, Any]:
    said = one.parts["evidence"]
    kept = said.get("offline") if isinstance(said, dict) else None
    return kept if isinstance(kept, dict) else {}
