"""RET, ONAY, RET of one citizen in one second, torn over two pages of İYS's list.

Why this module exists: movements of one second share a number (İYS API §5 no. 11), so the first
and the last of the three are alike in all they say. On one page the last place counts; but when the
page ends in between, the last RET looks like one that was taken already, and the consent before it
would stay: the gate would say yes to somebody who has refused. So what a page tells last of a key
is taken once more when the key stands, at just that second, on the other status. Only pulled pages
have İYS's order; pushes and repeats of pushes have none, and bring nothing a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ileti.consents.ledger import Place
from ileti.core.secrets import secrets
from ileti.iys.wire import Movement, spelled_here
from ileti.outbox.relay import Connection

_ELSEWHERE = """
select g.n, s.entry_id
  from unnest(%(hashes)s::bytea[], %(types)s::smallint[], %(channels)s::smallint[],
              %(statuses)s::smallint[], %(dates)s::timestamptz[])
       with ordinality g(hash, type, channel, status, date, n)
  join recipient r on r.provider_id = %(provider)s and r.addr_hash = g.hash
  join consent_state s on s.provider_id = r.provider_id and s.brand_id = %(brand)s
       and s.recipient_id = r.id and s.recipient_type = g.type and s.channel = g.channel
 where s.source >= 31 and s.consent_date = g.date and s.status <> g.status order by g.n"""


def again(conn: Connection, place: Place, by_mark: Mapping[bytes, Movement],
          new: Collection[bytes]) -> list[tuple[Movement, int]]:
    """Of the movements that were taken before, those that must be taken once more after the new
    ones, with the number of the entry (or 0: a new one of this page) that they follow."""
    if len(new) == len(by_mark):
        return []
    last = {_key(one): mark for mark, one in by_mark.items()}
    told = [by_mark[mark] for mark in last.values() if mark not in new]
    fresh = {(_key(one), one.holds_from, one.status) for mark, one in by_mark.items()
             if mark in new}
    after_new = {_key(one) for one in told for key, date, status in fresh
                 if key == _key(one) and date == one.holds_from and status is not one.status}
    rest = [one for one in told if _key(one) not in after_new]
    rows = conn.execute(_ELSEWHERE, {
        "provider": place.provider_id, "brand": place.brand_id,
        "hashes": [secrets().addresses.of(place.provider_id, spelled_here(one.recipient))
                   for one in rest],
        "types": [int(one.recipient_type) for one in rest],
        "channels": [int(one.channel) for one in rest],
        "statuses": [int(one.status) for one in rest],
        "dates": [one.holds_from for one in rest],
    }).fetchall() if rest else []
    return ([(one, 0) for one in told if _key(one) in after_new]
            + [(rest[n - 1], entry) for n, entry in rows])


def _key(one: Movement) -> tuple[str, int, int]:
    return spelled_here(one.recipient), one.recipient_type, one.channel
