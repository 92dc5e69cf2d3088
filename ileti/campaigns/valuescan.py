"""The values a campaign will fill in, judged before it is released (R-03).

Why this module exists: whoever releases an exempt campaign of a million people has not read a
million values. What differs is asked of the database, field by field and piece by piece, and judged
once each; of a field that says something else of nearly everybody (an order's number) no more than
:data:`MOST_VALUES` are read. Sealed values and names are opened for nobody here. Both, and whatever
changes after this look, is judged when the message goes (:mod:`ileti.campaigns.dispatch`), where
what promotes and was not agreed to is not sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ileti.campaigns import wording
from ileti.campaigns.plan import Campaign
from ileti.core import db
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Field, Subject
from ileti.templates.merge import CUSTOM

#: different values of one field that are read before a release
MOST_VALUES: Final = 20_000
#: values that promote and are shown to a second person; with more it is an advertisement
MOST_SHOWN: Final = 50
#: the members of a pre-flight
FOUND, MORE, UNREAD = "promoting", "promotingMore", "unread"

_DIFFERENT: Final = """
select distinct v.value from campaign_message m
  join recipient_value v on v.provider_id = m.provider_id and v.recipient_id = m.recipient_id
   and v.field_id = %s
 where m.provider_id = %s and m.campaign_id = %s and m.no between %s and %s
   and v.value is not null limit %s"""


def look(campaign: Campaign, piece: int, alive: Callable[[], Any]) -> dict[str, Any]:
    """What of the values promotes, as a part of the pre-flight: ``promoting`` pairs of field and
    value, whether there are more than are shown, and fields of which not all was read. ``piece``:
    people asked about at once; ``alive`` is called after each."""
    if not campaign.declared.exempt:
        return {}
    judge = wording.of(campaign.content).judge(
        agreed=campaign.content.get("approvedBy") is not None)
    found: list[list[str]] = []
    unread: list[str] = []
    for one in about(fields_of(campaign.provider_id, db.system_connection()), Subject.RECIPIENT):
        if CUSTOM + one.key not in judge.fields or one.personal:
            continue
        seen: set[str] = set()
        for first in range(1, campaign.total + 1, piece):
            new = _different(campaign, one, first, first + piece - 1) - seen
            found += [[CUSTOM + one.key, value] for value in sorted(new)
                      if judge.promotes({CUSTOM + one.key: value})]
            seen |= new
            alive()
            if len(seen) > MOST_VALUES or len(found) > MOST_SHOWN:
                break
        if len(seen) > MOST_VALUES:
            unread.append(CUSTOM + one.key)
    said: dict[str, Any] = {FOUND: found[:MOST_SHOWN], MORE: len(found) > MOST_SHOWN,
                            UNREAD: unread}
    return {key: value for key, value in said.items() if value}


def _different(campaign: Campaign, field: Field, first: int, last: int) -> set[str]:
    rows = db.system_connection().execute(_DIFFERENT, (
        field.id, campaign.provider_id, campaign.id, first, last, MOST_VALUES + 1)).fetchall()
    return {field.said(row[0], "tr") for row in rows}


def agreed(preflight: Mapping[str, Any] | None) -> frozenset[tuple[str, str]]:
    """The values that promote and stood in a pre-flight: no campaign that has any is released
    without a second person's reason."""
    return frozenset((key, value) for key, value in (preflight or {}).get(FOUND, ()))
