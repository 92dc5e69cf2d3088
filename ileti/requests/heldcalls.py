"""The calls of a person, for their copy (KVKK 11): when, who called whom, what was said, recorded.

Why apart from ``holdings``: calls are a room of their own (:mod:`ileti.callcentre`), below this,
and cannot register themselves. What a supervisor noted is about the agent's work and stays out.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.callcentre.vocabulary import Direction, Outcome, Said
from ileti.requests.holdings import holds, moment, word

Row = dict[str, Any]
_CALLS: Final = """
select c.id, c.direction, c.started_at, c.ended_at, c.outcome, b.name as brand,
       encode(c.recording_sha256, 'hex') as hash, c.recording_file is not null as kept,
       (select json_agg(json_build_object('title', v.title, 'said', s.said, 'at', s.at)
                        order by s.place)
          from call_step s left join document_version v on v.id = s.text_id
         where s.provider_id = c.provider_id and s.call_id = c.id and s.kind = 6) as said
  from call c join brand b on b.id = c.brand_id
 where c.provider_id = %(provider)s and (c.recipient_id = any(%(ids)s) or exists (
       select from call_step s where s.provider_id = c.provider_id and s.call_id = c.id
          and s.recipient_id = any(%(ids)s)))
 order by c.id"""


@holds("calls", _CALLS)
def calls(r: Row) -> Row:
    """Calls in which the person was asked, with what they said to each question."""
    return {
        "call": r["id"], "brand": r["brand"], "direction": Direction(r["direction"]).name,
        "startedAt": moment(r["started_at"]), "endedAt": moment(r["ended_at"]),
        "outcome": word(Outcome(r["outcome"])) if r["outcome"] else None,
        "answers": [{"text": one["title"], "said": Said(one["said"]).name, "at": one["at"]}
                    for one in r["said"] or []],
        "recording": {"sha256": r["hash"], "kept": "vault" if r["kept"] else "link"}
        if r["hash"] else None}
