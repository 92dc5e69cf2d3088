"""The code that proved an address, for the pages of a proof (R-21, R-23).

This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ileti.consents.bundled import Proven
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
            yield Told(one.entry.id, created, "Adrese kod gönderildi", "", "mute", "", "code")
            if verified is not None:
                yield Told(one.entry.id, verified, "Adres doğrulandı",
                           "Kod yalnız adresin kişiye ait olduğunu gösterir; izin sayılmaz.", "ok",
                           "", "verified")
