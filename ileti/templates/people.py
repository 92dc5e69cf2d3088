"""What fields say of recipients: names from the proof of their consent, and what is known of them.

Why this module exists: preview and dispatch must fill alike. A name is what the person wrote with
the newest click that has one; its last word is the surname. Custom fields are those of recipients
(:mod:`ileti.fields`); what nobody said is absent, and the text says its default. Nothing is kept:
values live as long as the message that is being made.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

import psycopg

from ileti.consents.packing import open_person
from ileti.core.crypto import CannotDecrypt
from ileti.fields import kept
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Field, Kind, Subject
from ileti.templates.merge import CUSTOM

_NAMES: Final = """
select distinct on (e.recipient_id) e.recipient_id, s.idem, s.person_key, s.person_ct
  from consent_entry e
  join submission s on s.provider_id = e.provider_id and s.id = e.submission_id
 where e.provider_id = %(provider)s and e.recipient_id = any(%(ids)s) and s.person_ct is not null
 order by e.recipient_id, e.id desc"""
_KNOWN: Final = """
select v.recipient_id, v.field_id, v.value, v.key_no, v.value_ct, r.addr_hash
  from recipient_value v
  join recipient r on r.provider_id = v.provider_id and r.id = v.recipient_id
 where v.provider_id = %(provider)s and v.recipient_id = any(%(ids)s)
   and v.field_id = any(%(fields)s)"""


def values_of(conn: psycopg.Connection[Any], provider_id: int, recipient_ids: Sequence[int],
              wanted: AbstractSet[str], *, language: str = "tr",
              personal: bool = True) -> dict[int, dict[str, str]]:
    """Values of the wanted fields by recipient, in two statements for any number of them.
    ``personal`` False: only what is nobody's secret, for who may not open an address."""
    found: dict[int, dict[str, str]] = {one: {} for one in recipient_ids}
    asked: dict[str, Any] = {"provider": provider_id, "ids": list(recipient_ids)}
    if personal and wanted & {"ad", "soyad"}:
        for number, idem, key, cipher in conn.execute(_NAMES, asked):
            found[number] |= _named(idem, key, cipher)
    fields = {one.id: one for one in about(fields_of(provider_id, conn), Subject.RECIPIENT)
              if CUSTOM + one.key in wanted and (personal or not one.personal)}
    if fields:
        asked["fields"] = list(fields)
        for number, field_id, value, key, cipher, addr in conn.execute(_KNOWN, asked):
            opened = kept.unseal(provider_id, field_id, addr, (value, key, cipher))
            if opened is not None:
                field = fields[field_id]
                found[number][CUSTOM + field.key] = field.said(opened, language)
    return found


def _named(idem: str, key: int | None, cipher: Any) -> dict[str, str]:
    try:
        name = open_person(idem, key, cipher).get("name")
    except CannotDecrypt:
        return {}
    return parted(name) if isinstance(name, str) else {}


def parted(name: str) -> dict[str, str]:
    """A name as the fields ``ad`` and ``soyad``: the last of several words is the surname."""
    words = name.split()
    if len(words) < 2:
        return {"ad": words[0]} if words else {}
    return {"ad": " ".join(words[:-1]), "soyad": words[-1]}


def specimen(fields: Sequence[Field], language: str = "tr") -> dict[str, str]:
    """Somebody who does not exist, so that a text can be looked at."""
    found = {"ad": "Ayşe", "soyad": "Yılmaz"}
    for one in fields:
        examples: dict[Kind, Any] = {Kind.NUMBER: "42", Kind.DATE: "2026-11-23", Kind.YES_NO: True}
        offered = one.offered[0].key if one.offered else ""
        value = offered if one.choices else examples.get(one.kind, one.name(language))
        found[CUSTOM + one.key] = one.said(value, language)
    return found
