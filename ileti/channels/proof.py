"""The confirmation of the same day, for the pages of a proof (R-10, R-23).

This room registers by being imported (ileti/factory.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ileti.channels.base import MessageKind
from ileti.consents.bundled import Proven
from ileti.consents.recount import Told, recounts
from ileti.consents.vocabulary import Channel
from ileti.core import db


@recounts
def confirmations(provider_id: int, proven: Sequence[Proven]) -> Iterator[Told]:
    """When the person was told of the consent, with a way to refuse."""
    entries: dict[tuple[int, int], list[int]] = defaultdict(list)
    for one in proven:
        entries[one.entry.submission_id, one.entry.recipient_id].append(one.entry.id)
    for submission, recipient, channel, at, gateway, outside in db.connection().execute(
            "select submission_id, recipient_id, channel, sent_at, gateway, outside_id "
            "from message where provider_id = %s and submission_id = any(%s) and kind = %s "
            "and sent_at is not null order by sent_at, id",
            (provider_id, list({submission for submission, _ in entries}),
             int(MessageKind.CONFIRMATION))).fetchall():
        way = f"{Channel(channel).tr}, ret yolu içinde" + (f" · {gateway}" if gateway else "")
        for entry_id in entries.get((submission, recipient), ()):
            yield Told(entry_id, at, "Onayın alındığı kişiye bildirildi", way, "ok",
                       outside or "", "confirmed")
