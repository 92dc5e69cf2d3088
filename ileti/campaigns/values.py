"""What is filled in for a batch of people: their fields and the link by which each refuses.

Why this module exists: a batch of a thousand messages must not ask a thousand questions. Fields
come from :mod:`ileti.templates.people`; the link of refusal is the person's own (R-29) and is made
here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ileti.channels.render import refuse_url
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.templates.compose import REFUSE
from ileti.templates.people import values_of


def of_people(provider_id: int, brand_id: int, channel: Channel, ids: Sequence[int],
              wanted: AbstractSet[str], known: Mapping[int, dict[str, str]] | None = None
              ) -> list[dict[str, str]]:
    """The values of these fields for each of these recipients, in their order; ``known``: what was
    read, and judged, already."""
    found = {one: dict(known[one]) for one in ids} if known is not None else values_of(
        db.system_connection(), provider_id, ids, wanted - {REFUSE})
    if REFUSE in wanted:
        for one, said in found.items():
            said[REFUSE] = refuse_url(provider_id, brand_id, one, [channel.name], "tr")
    return [found[one] for one in ids]
