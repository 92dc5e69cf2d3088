"""Whom a campaign is for: a choice among the states of one brand, channel and kind of recipient.

Why this module exists: everybody whose state the brand holds is a candidate, those who refused as
well: the gate says who gets it, and pre-flight tells how many do not and why. A choice narrows the
candidates and can never widen what the gate lets. It is one SELECT over the states, in the order of
their key, so that a million people are taken in pieces and a killed worker goes on where it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import sql

from ileti.core.errors import InvalidInput

MOST_LISTS: Final = 10
MOST_VALUES: Final = 50


class Audience(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A choice. ``sources`` İYS's source numbers, ``dealers`` those that took the consent,
    ``since``/``until`` bounds of its moment, ``fields`` field number → accepted values (plain ones
    only), ``lists`` any of these brings a person in, ``without_lists`` and ``without_campaigns``
    take people out, ``sample`` how many of a hundred, drawn evenly and the same each time."""

    sources: tuple[int, ...] = ()
    dealers: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    fields: dict[str, tuple[Any, ...]] = {}
    lists: tuple[int, ...] = ()
    without_lists: tuple[int, ...] = ()
    without_campaigns: tuple[int, ...] = ()
    sample: int = 100


def read(kept: Any) -> Audience:
    """A choice as it was kept or sent. Raises InvalidInput."""
    try:
        found = msgspec.convert(kept, Audience)
    except msgspec.ValidationError as error:
        raise InvalidInput("Kitle okunamadı.", f"The audience cannot be read: {error}",
                           code="audience") from error
    lists = (*found.lists, *found.without_lists, *found.without_campaigns)
    if len(lists) > MOST_LISTS or sum(map(len, found.fields.values())) > MOST_VALUES:
        raise InvalidInput("Kitlede çok fazla koşul var.", "The audience has too many conditions.",
                           code="audience")
    if not 1 <= found.sample <= 100:
        raise InvalidInput("Örneklem yüzdesi 1 ile 100 arasında olur.",
                           "The sample is 1 to 100 percent.", code="sample")
    if found.since and found.until and found.since >= found.until:
        raise InvalidInput("Başlangıç bitişten önce olmalı.",
                           "The beginning must be before the end.", code="dates")
    return found


def kept(audience: Audience) -> dict[str, Any]:
    """It as JSON to be kept."""
    made: dict[str, Any] = msgspec.to_builtins(audience)
    return made


_CANDIDATES: Final = """
select s.recipient_id from consent_state s
 where s.provider_id = %(provider)s and s.brand_id = %(brand)s
   and s.recipient_type = %(type)s and s.channel = %(channel)s and s.recipient_id > %(after)s"""
_FROM_LISTS: Final = """
select distinct s.recipient_id from campaign_list_member s
  join campaign_list l on l.provider_id = s.provider_id and l.id = s.list_id
                      and l.brand_id = %(brand)s and l.channel = %(channel)s
 where s.provider_id = %(provider)s and s.list_id = any(%(lists)s) and s.recipient_id > %(after)s"""
# a dealer's campaign is for people it has to do with, whoever else the brand knows
_DEALERS_OWN: Final = ("(%(dealer)s::int is null or campaign_dealer_knows(s.provider_id, "
                       "%(brand)s, s.recipient_id, %(channel)s::smallint, %(dealer)s))")
_CONDITIONS: Final = {
    "sources": "s.source = any(%(sources)s)",
    "since": "s.consent_date >= %(since)s",
    "until": "s.consent_date < %(until)s",
    "dealers": "exists (select from consent_entry e where e.provider_id = s.provider_id "
               "and e.id = s.entry_id and e.captured_at = s.entry_at "
               "and e.dealer_id = any(%(dealers)s))",
}
_WITHOUT: Final = {
    "without_lists": "not exists (select from campaign_list_member x where "
                     "x.provider_id = s.provider_id and x.list_id = any(%(without_lists)s) "
                     "and x.recipient_id = s.recipient_id)",
    "without_campaigns": "not exists (select from campaign_message x where "
                         "x.provider_id = s.provider_id and x.recipient_id = s.recipient_id "
                         "and x.campaign_id = any(%(without_campaigns)s) and (x.state = 4 or "
                         "x.state = 3 and exists (select from campaign_batch b "
                         "where b.provider_id = x.provider_id and b.campaign_id = x.campaign_id "
                         "and b.no = x.batch_no and b.state in (1, 2, 5))))",
}
_FIELD: Final = ("exists (select from recipient_value v where v.provider_id = s.provider_id "
                 "and v.recipient_id = s.recipient_id and v.field_id = %({name}_id)s "
                 "and v.value = any(%({name})s::jsonb[]))")
# the same people every time, and no others in the next percent
_SAMPLE: Final = "(hashint8(s.recipient_id) & 2147483647) %% 100 < %(sample)s"


def people(audience: Audience) -> tuple[sql.Composed, dict[str, Any]]:
    """The SELECT of recipient ids above ``%(after)s`` in their order, and its parameters; beside
    them it wants ``provider``, ``brand``, ``dealer``, ``type``, ``channel``, ``after`` and
    ``most``."""
    asked: dict[str, Any] = {name: list(getattr(audience, name)) for name in (
        "sources", "dealers", "lists", "without_lists", "without_campaigns")}
    asked |= {"since": audience.since, "until": audience.until, "sample": audience.sample}
    narrow = [text for name, text in _CONDITIONS.items() if getattr(audience, name)]
    out = [text for name, text in _WITHOUT.items() if getattr(audience, name)]
    for number, (field, values) in enumerate(sorted(audience.fields.items())):
        asked[f"f{number}"] = [msgspec.json.encode(one).decode() for one in values]
        asked[f"f{number}_id"] = int(field)
        out.append(_FIELD.format(name=f"f{number}"))
    if audience.sample < 100:
        out.append(_SAMPLE)
    if audience.lists and narrow:
        raise InvalidInput(
            "Listeyle birlikte kaynak, bayi ya da tarih seçilemez: kayıtlardan ya da listeden "
            "seçin.",
            "A list does not go with source, dealer or date: choose from records or from a list.")
    begin = _FROM_LISTS if audience.lists else _CANDIDATES
    whole = " and ".join([begin, _DEALERS_OWN, *narrow, *out])
    whole += " order by s.recipient_id limit %(most)s"
    return sql.SQL(whole).format(), asked  # type: ignore[arg-type]  # only texts of this module
