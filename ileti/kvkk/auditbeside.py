"""States and files of acts about personal data, compared with the acts by the audit of the ledger.

Why this module exists: as for consents (:mod:`ileti.consents.auditbeside`). An act has no link to
its scan or recording; the click's evidence names the file by number and digest, and the act's leaf
covers it. Who exchanges row and object of the file in the vault is found by that digest.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

from ileti.consents.audit import Finding, compares
from ileti.consents.numbers import record_number

_MOST: Final = 1_000
_STATES: Final = """
select coalesce(x.id, s.entry_id), coalesce(x.captured_at, s.entry_at), x.id is null
  from kvkk_state s
  left join kvkk_entry k on k.provider_id = s.provider_id and k.id = s.entry_id
  left join lateral (
       select n.id, n.captured_at from kvkk_entry n
        where n.provider_id = s.provider_id and n.recipient_id = s.recipient_id
          and n.document_id = s.document_id and n.act <> s.act and n.captured_at > s.entry_at
          and kvkk_replaces(s.act, s.standing, s.act_at, s.text_id, s.extent, n.act, n.standing,
                            n.act_at, n.text_id, n.extent)
        order by n.id desc limit 1) x on true
 where x.id is not null or k.id is null
    or (k.recipient_id, k.document_id, k.brand_id, k.text_id, k.act, k.extent, k.source, k.standing,
        k.act_at) is distinct from (s.recipient_id, s.document_id, s.brand_id, s.text_id, s.act,
        s.extent, s.source, s.standing, s.act_at)
 order by 1 limit %s"""
_FILES: Final = """
with named as materialized (
    select s.provider_id, s.id, s.captured_at, s.evidence -> 'file' ->> 'sha256' as digest,
           f.id is null as missing, encode(f.sha256, 'hex') as kept, f.erased_at is not null as gone
      from submission s
      left join evidence_file f on f.provider_id = s.provider_id
           and f.id = case when s.evidence -> 'file' ->> 'id' ~ '^[0-9]{1,18}$'
                           then (s.evidence -> 'file' ->> 'id')::bigint end
     where jsonb_typeof(s.evidence -> 'file') = 'object' and s.evidence -> 'file' ? 'id'
       and s.evidence -> 'file' ? 'sha256' and s.erased_at is null)
select count(*) over (), k.id, n.captured_at, n.missing,
       not n.gone and (n.missing or n.kept is distinct from n.digest)
  from named n left join lateral (
       select id from kvkk_entry k where k.provider_id = n.provider_id and k.submission_id = n.id
        order by id limit 1) k on true
 order by 5 desc, k.id limit %s"""


@compares("act_states")
def states(conn: psycopg.Connection[Any]) -> tuple[int, list[Finding]]:
    """What stands for each person and text against the acts."""
    row = conn.execute("select count(*) from kvkk_state").fetchone()
    return row[0] if row else 0, [
        Finding("act_state_differs", 0, at, record_number(number),
                f"{record_number(number)} numaralı KVKK kaydına dayanan geçerli durum, kayıtların "
                "söylediği değil.", f"The state that stands on KVKK record {record_number(number)} "
                "is not what the records say.") if standing else
        Finding("act_state_behind", 0, at, record_number(number),
                f"{record_number(number)} numaralı KVKK kaydı geçerli durum olmalıydı; durum daha "
                "eskisinde duruyor.", f"KVKK record {record_number(number)} should be the state; "
                "the state stands on an older one.")
        for number, at, standing in conn.execute(_STATES, (_MOST,)).fetchall()]


@compares("act_files")
def files(conn: psycopg.Connection[Any]) -> tuple[int, list[Finding]]:
    """Files that clicks name against the digest that they name."""
    rows = conn.execute(_FILES, (_MOST,)).fetchall()
    found = []
    for _, number, at, missing, wrong in rows:
        if wrong:
            record = record_number(number) if number is not None else "?"
            found.append(Finding(
                "act_file_missing" if missing else "act_file_changed", 0, at, record,
                f"{record} numaralı kaydın kanıt dosyası " + (
                    "kasada yok." if missing else "kaydın andığı değil."),
                f"The proof file of record {record} is " + (
                    "not in the vault." if missing else "not the one the record names.")))
    return rows[0][0] if rows else 0, found
