"""Which dealers may use a consent: wishes on their way to İYS, a hundred a call (İYS API §7.5).

Why this module exists: İYS knows an access only for a consent it holds, and a selection may be a
hundred thousand of them; so a wish is a row, told by a job once the consent is there. Wishes about
one consent keep their order. A list İYS refuses is told one by one, so that one address does not
take the others with it. Providers take turns, a list each. A wish may be told twice: it says how
things shall be. What İYS has taken is written down with the wish's end (``granted``). A refusal
needs no access: it holds for the brand and all its dealers (R-31).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Status
from ileti.core import db
from ileti.core.secrets import secrets
from ileti.iys.calls import MOST_IN_PART
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.granted import Act, Group, apply
from ileti.outbox.relay import LONGEST_DELAY, delay_after

LEASE_SECONDS: Final = 120
NOT_THERE_YET_SECONDS: Final = 30
LARGEST_SELECTION: Final = 100_000


@dataclass(frozen=True, slots=True)
class Wish:
    """One open wish; ``address`` None when the person was erased, ``there`` İYS's state of it."""

    id: int
    recipient_id: int
    tries: int
    address: str | None = field(repr=False)
    there: IysStatus | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Consents in force at İYS: those one dealer took (0: the provider itself), on one channel."""

    provider_id: int
    brand_id: int
    dealer_id: int
    channel: Channel


_OPEN_FIRST = """t.done_at is null and t.next_at <= now() and not exists (
    select from iys_access_task p where p.provider_id = t.provider_id and p.brand_id = t.brand_id
       and p.recipient_id = t.recipient_id and p.recipient_type = t.recipient_type
       and p.channel = t.channel and p.id < t.id and p.done_at is null)"""
_PROVIDERS = """select distinct provider_id from iys_access_task
 where done_at is null and next_at <= now() and (%(only)s::int is null or provider_id = %(only)s)"""
_GROUP = f"""select t.provider_id, t.brand_id, t.recipient_type, t.channel, t.act, t.dealer_ids
  from iys_access_task t where t.provider_id = %s and {_OPEN_FIRST}
 order by t.next_at, t.id limit 1"""  # noqa: S608 (our own words)
_CLAIM = f"""update iys_access_task o
   set next_at = now() + make_interval(secs => {LEASE_SECONDS}), tries = least(o.tries + 1, 30000)
  from (select t.id from iys_access_task t
         where t.provider_id = %s and t.brand_id = %s and t.recipient_type = %s and t.channel = %s
           and t.act = %s and t.dealer_ids = %s::int[] and {_OPEN_FIRST}
         order by t.id limit {MOST_IN_PART} for update of t skip locked) mine
 where o.id = mine.id
returning o.id, o.tries"""  # noqa: S608
_WISHES = """select t.id, t.recipient_id, t.tries, r.key_no, r.addr_hash, r.addr_ct, s.iys_status
  from iys_access_task t
  join recipient r on r.provider_id = t.provider_id and r.id = t.recipient_id
  left join consent_state s on s.provider_id = t.provider_id and s.brand_id = t.brand_id
       and s.recipient_id = t.recipient_id and s.recipient_type = t.recipient_type
       and s.channel = t.channel
 where t.id = any(%s) order by t.id"""
_SELECTED = """from consent_state s
  join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id
                      and e.captured_at = s.entry_at
 where s.provider_id = %(provider)s and s.brand_id = %(brand)s and s.channel = %(channel)s
   and s.status = %(onay)s and s.iys_status = any(%(there)s)
   and e.dealer_id is not distinct from nullif(%(dealer)s, 0)"""
_WISH = """insert into iys_access_task (provider_id, brand_id, recipient_id, recipient_type,
       channel, act, dealer_ids)
select s.provider_id, s.brand_id, s.recipient_id, s.recipient_type, s.channel, %(act)s, %(dealers)s
"""


def said(act: str, dealers: str) -> str:
    """SQL: the newest wish about the consent ``s`` says the same and is not told yet (a button
    pressed twice); the arguments are the placeholders of what is wished."""
    return f"""exists (
    select from iys_access_task o
     where o.provider_id = s.provider_id and o.brand_id = s.brand_id
       and o.recipient_id = s.recipient_id and o.recipient_type = s.recipient_type
       and o.channel = s.channel and o.done_at is null and o.act = {act}
       and o.dealer_ids = cast({dealers} as int[]) and not exists (
         select from iys_access_task l
          where l.provider_id = o.provider_id and l.brand_id = o.brand_id
            and l.recipient_id = o.recipient_id and l.recipient_type = o.recipient_type
            and l.channel = o.channel and l.id > o.id))"""  # noqa: S608 (placeholders)


_SAID = said("%(act)s", "%(dealers)s")


def wish(group: Group, recipient_id: int) -> None:
    """Ask for one consent's access; a transaction of its own. The same again changes nothing."""
    with db.transaction() as conn:
        conn.execute(
            f"{_WISH} from (select %(provider)s::int as provider_id, %(brand)s::int as brand_id, "
            "%(recipient)s::bigint as recipient_id, %(kind)s::smallint as recipient_type, "
            f"%(channel)s::smallint as channel) s where not {_SAID}",
            {"provider": group.provider_id, "brand": group.brand_id, "recipient": recipient_id,
             "kind": int(group.recipient_type), "channel": int(group.channel),
             "act": int(group.act), "dealers": list(group.dealer_ids)})


def count(selection: Selection) -> int:
    """How many consents a selection holds, up to one more than may be wished for at once."""
    row = db.connection().execute(
        f"select count(*) from (select 1 {_SELECTED} limit {LARGEST_SELECTION + 1}) x",  # noqa: S608
        _named(selection)).fetchone()
    return int(row[0]) if row else 0


def wish_for(selection: Selection, act: Act, dealer_ids: Sequence[int]) -> int:
    """Ask for the access of a whole selection; how many wishes. A transaction of its own. The same
    again changes nothing."""
    with db.transaction() as conn:
        return conn.execute(
            f"{_WISH} {_SELECTED} and not {_SAID} limit {LARGEST_SELECTION}",
            _named(selection) | {"act": int(act), "dealers": list(dealer_ids)}).rowcount


def access_due(until: float, provider_id: int | None = None) -> Counter[str]:
    """Tell what is due until ``until`` (monotonic), providers in turn; counts by outcome."""
    total: Counter[str] = Counter()
    while time.monotonic() < until:
        due = [one for one, in db.connection().execute(_PROVIDERS, {"only": provider_id})]
        told = [_one_list(one) for one in due if time.monotonic() < until]
        if not any(told):
            break
        total += sum(told, Counter())
    return total


def _one_list(provider_id: int) -> Counter[str]:
    """The next list of one provider."""
    conn = db.connection()
    row = conn.execute(_GROUP, (provider_id,)).fetchone()
    if row is None:
        return Counter()
    group = Group(row[0], row[1], RecipientType(row[2]), Channel(row[3]), Act(row[4]),
                  tuple(row[5]))
    ids = [one for one, _tries in conn.execute(_CLAIM, (
        group.provider_id, group.brand_id, int(group.recipient_type), int(group.channel),
        int(group.act), list(group.dealer_ids)))]
    wishes = [_wish(one) for one in conn.execute(_WISHES, (ids,))]
    ready = _set_aside(group, wishes)
    codes = [code for code, in conn.execute(
        "select retailer_code from dealer where brand_id = %s and id = any(%s)",
        (group.brand_id, list(group.dealer_ids))) if code is not None]
    if len(codes) != len(group.dealer_ids):
        _end(group, ready, "Bayilerden birinin İYS numarası yok. H180")
    elif ready:
        _tell(group, ready, sorted(codes))
    return Counter(told=len(ids))


def _wish(row: Any) -> Wish:
    number, recipient, tries, key_no, digest, cipher, there = row
    clear = None
    if cipher is not None and digest is not None:
        clear = secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode()
    return Wish(number, recipient, tries, clear, None if there is None else IysStatus(there))


def _set_aside(group: Group, wishes: Sequence[Wish]) -> list[Wish]:
    """Those İYS can be told now; the others wait for their consent, or end with a reason. What is
    to be taken there is nobody's at İYS, and so it ends here as well."""
    coming = (IysStatus.QUEUED, IysStatus.WAITING)
    _later([one for one in wishes if one.address and one.there in coming], NOT_THERE_YET_SECONDS,
           "İzin henüz İYS’de değil; kaydedilince iletilir.")
    taken = group.act is Act.TAKE
    _end(group, [one for one in wishes if not one.address], "Kişi silinmiş.", applied=taken)
    _end(group, [one for one in wishes if one.address and one.there not in coming
                 and not (one.there and one.there.in_force)], "İYS’de böyle bir izin yok.",
         applied=taken)
    return [one for one in wishes if one.address and one.there and one.there.in_force]


def _tell(group: Group, wishes: Sequence[Wish], codes: list[int]) -> None:
    """Call İYS for these wishes, outside any transaction, and write down what came of it."""
    try:
        client = client_for(group.provider_id)
        brand = _brand_code(group.brand_id)
        if group.act is Act.GIVE:  # İYS takes one consent a call here
            for one in wishes:
                _call_one(client, brand, group, one, codes)
            return
        _call(client, brand, group, [one.address or "" for one in wishes], codes)
    except IysTrouble as trouble:
        _after(trouble, group, wishes, codes)
        return
    _end(group, wishes, None, applied=True)


def _after(trouble: IysTrouble, group: Group, wishes: Sequence[Wish], codes: list[int]) -> None:
    """Later when time or a person may help; one by one when one of a list may be the cause."""
    if trouble.kind.sent_again or trouble.kind.needs_somebody:
        longest = LONGEST_DELAY if trouble.kind.needs_somebody else 0.0
        tries = max(one.tries for one in wishes)
        _later(wishes, max(trouble.wait or 0.0, longest, delay_after(tries)), trouble.tr)
        return
    if len(wishes) == 1:
        _end(group, wishes, f"{trouble.tr} {trouble.code}")
        return
    for one in wishes:
        _tell(group, [one], codes)


def _call_one(client: IysClient, brand: int, group: Group, one: Wish, codes: list[int]) -> None:
    try:
        client.give_access(brand, one.address or "", group.recipient_type, group.channel, codes)
    except IysTrouble as trouble:
        _after(trouble, group, [one], codes)
        return
    _end(group, [one], None, applied=True)


def _call(client: IysClient, brand: int, group: Group, addresses: list[str],
          codes: list[int]) -> None:
    act = client.replace_access if group.act is Act.REPLACE else client.take_access
    act(brand, addresses, group.recipient_type, group.channel, codes)


def _end(group: Group, wishes: Sequence[Wish], problem: str | None, *,
         applied: bool = False) -> None:
    """Close these wishes; ``applied``: İYS has taken them, so who may use the consents changes in
    the same transaction. One that another worker closed meanwhile is left alone."""
    if not wishes:
        return
    with db.transaction() as conn:
        closed = {one for one, in conn.execute(
            "update iys_access_task set done_at = now(), problem = %s where id = any(%s) "
            "and done_at is null returning id", (problem, [one.id for one in wishes]))}
        if applied:
            apply(conn, group, [one.recipient_id for one in wishes if one.id in closed])


def _later(wishes: Sequence[Wish], seconds: float, reason: str) -> None:
    if wishes:
        db.connection().execute(
            "update iys_access_task set next_at = now() + make_interval(secs => %s), problem = %s "
            "where id = any(%s) and done_at is null",
            (seconds, reason, [one.id for one in wishes]))


def _brand_code(brand_id: int) -> int:
    row = db.connection().execute("select brand_code from brand where id = %s",
                                  (brand_id,)).fetchone()
    assert row is not None, "a wish names a brand that is there"
    return int(row[0])


def _named(selection: Selection) -> dict[str, Any]:
    return {"provider": selection.provider_id, "brand": selection.brand_id,
            "dealer": selection.dealer_id, "channel": int(selection.channel),
            "onay": int(Status.ONAY),
            "there": [int(one) for one in IysStatus if one.in_force]}
