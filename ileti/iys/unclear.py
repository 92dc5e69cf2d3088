"""A change at İYS that we cannot read is asked about, instead of being forgotten.

Why this module exists: İYS's list of changes moves on, and a movement in a form we do not know may
be a refusal (R-34). What it names can still be asked: whoever İYS does not hold as ONAY now has
refused there, whatever the movement said. The question is the one for many addresses, which has no
hourly limit (İYS API §1.1, §6.8), since a new form at İYS makes a whole page unreadable at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, db
from ileti.core.logs import get_logger
from ileti.iys.answers import PullPage
from ileti.iys.client import IysClient, IysTrouble
from ileti.iys.errors import Kind
from ileti.iys.wire import MOST_RECIPIENTS, Movement, key_of

log = get_logger("ileti.iys")


def ask_about_unreadable(client: IysClient, brand_code: int, page: PullPage) -> PullPage:
    """The page with a refusal of now for everybody it names unreadably whom İYS does not hold as
    ONAY. What names nobody, or somebody İYS holds as ONAY, stays unreadable.

    Raises IysTrouble when İYS cannot be asked now: then the page must be read again.
    """
    named: dict[tuple[RecipientType, Channel], dict[str, dict[str, Any]]] = defaultdict(dict)
    rest: list[dict[str, Any]] = []
    for raw in page.unreadable:
        key = key_of(raw)
        if key is None or not key.recipient or key.recipient_type not in RecipientType.__members__ \
                or key.type not in Channel.__members__:
            rest.append(raw)
            continue
        group = named[RecipientType[key.recipient_type], Channel[key.type]]
        if key.recipient in group:
            rest.append(group[key.recipient])
        group[key.recipient] = raw
    refusals: list[Movement] = []
    for (kind, channel), group in named.items():
        approved = _approved(client, brand_code, kind, channel, list(group))
        for recipient, raw in group.items():
            if approved is None or recipient in approved:
                rest.append(raw)
            else:
                refusals.append(_refusal(raw, recipient, kind, channel))
    if refusals:
        log.warning("iys_refusals_asked_for", count=len(refusals))
    return replace(page, movements=(*page.movements, *refusals), unreadable=tuple(rest))


def _approved(client: IysClient, brand_code: int, kind: RecipientType, channel: Channel,
              recipients: list[str]) -> frozenset[str] | None:
    """Whom İYS holds as ONAY; None when it does not take the question."""
    found: frozenset[str] = frozenset()
    for first in range(0, len(recipients), MOST_RECIPIENTS):
        try:
            found |= client.approved(brand_code, kind, channel,
                                     recipients[first:first + MOST_RECIPIENTS])
        except IysTrouble as trouble:
            if trouble.kind in (Kind.ITEM, Kind.BATCH):
                return None
            raise
    return found


def _refusal(raw: Mapping[str, Any], recipient: str, kind: RecipientType,
             channel: Channel) -> Movement:
    number, word = raw.get("transactionId"), raw.get("source")
    return Movement(
        recipient=recipient, recipient_type=kind, channel=channel, status=Status.RET,
        source=Source.IYS_BILINMEYEN, source_word=word if isinstance(word, str) else "",
        consent_date=None, creation_date=clock.whole_second(db.database_time()),
        transaction_id=number if isinstance(number, str) else "",
    )
