"""What a text is judged by and filled with, read once: its document, provider, brand, purposes.

Why apart: editor, preview, linter and publishing must see the same facts, or a text that was green
while one wrote would be refused. Bare SQL, because publishing has no session; the pages ask only
about documents their user may see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg

from ileti.core.errors import FieldError, NotFound
from ileti.documents import plugged
from ileti.documents.lint import ERROR, Finding, Written, check
from ileti.documents.merge import Merged, merge

# İYS's words and the names people read; the vocabulary itself lives a floor above.
CHANNELS: Final = {2: ("MESAJ", "Mesaj"), 1: ("ARAMA", "Arama"), 3: ("EPOSTA", "E-posta")}


@dataclass(frozen=True)
class Facts:
    """A document with everything around it. ``channel`` is İYS's word; ``values`` by merge field;
    ``purposes`` as a version keeps them."""

    document_id: int
    provider_id: int
    brand_id: int | None
    kind: str
    channel: str | None
    in_contract: bool
    four_eyes: bool
    names: tuple[str, ...]
    values: dict[str, str | None]
    purposes: list[dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """A wording, resolved and judged. ``findings`` are about the text as written."""

    title: str
    body: str
    used: dict[str, str]
    faults: tuple[FieldError, ...]
    findings: list[Finding]


_FACTS = """
select d.provider_id, d.brand_id, d.kind, d.channel, d.in_contract, p.four_eyes, p.title,
       p.short_name, b.name, p.mersis, p.address, p.kep, p.contact, p.application, p.verbis
  from document d join provider p on p.id = d.provider_id left join brand b on b.id = d.brand_id
 where d.id = %s"""
_PURPOSES = """
select u.id, u.name, u.ground, u.ground_note, u.data, u.subjects, u.recipients, u.period, u.abroad
  from document_purpose x join purpose u on u.id = x.purpose_id and u.provider_id = x.provider_id
 where x.document_id = %s order by u.id"""
_KEEPS = ("id", "name", "ground", "ground_note", "data", "subjects", "recipients", "period",
          "abroad")


def facts_of(conn: psycopg.Connection[Any], document_id: int) -> Facts:
    """The facts of a document as they are now; raises NotFound."""
    row = conn.execute(_FACTS, (document_id,)).fetchone()
    if row is None:
        raise NotFound()
    provider, brand, kind, channel, contract, four_eyes, title, short, brand_name, *record = row
    mersis, address, kep, contact, application, verbis = record
    return Facts(
        document_id, provider, brand, kind, CHANNELS[channel][0] if channel else None, contract,
        four_eyes, (title, short),
        {"unvan": title, "marka": brand_name or short, "mersis": mersis, "adres": address,
         "kep": kep, "iletisim": contact, "basvuru": application or contact, "verbis": verbis},
        [dict(zip(_KEEPS, line, strict=True)) for line in conn.execute(_PURPOSES, (document_id,))])


def judge(facts: Facts, language: str, title: str, body: str) -> Judged:
    """Resolve and judge a wording; findings point into ``body`` as it was written.

    The company's fields count as its name, so that ``{unvan}`` names the provider (R-15, R-59).
    People read the resolved text, so what a field brings in is judged too; it points at the field.
    """
    merged, headed = merge(body, facts.values), merge(title, facts.values, name="title")
    names = (*facts.names, "{unvan}") if facts.values["unvan"] else facts.names
    written = Written(facts.kind, language, title, body, facts.channel, names,
                      tuple(one["ground"] for one in facts.purposes), facts.in_contract)
    found = check(written)
    return Judged(headed.text.strip(), merged.text, headed.used | merged.used,
                  headed.faults + merged.faults,
                  sorted([*found, *_brought_in(check(replace(
                      written, title=headed.text, body=merged.text, names=facts.names)),
                      merged, {one.code for one in found}),
                      *plugged.findings(facts.provider_id, written)],
                         key=lambda one: one.level != ERROR))


def _brought_in(found: list[Finding], merged: Merged, known: set[str]) -> Iterator[Finding]:
    """Of what was found in the resolved text that which its fields brought in; without a proposal,
    for the words to mend stand in the record, not in the text."""
    for one in found:
        if not one.end:  # about the whole text: said already, unless the fields made it so
            if one.code not in known:
                yield replace(one, proposal=None)
            continue
        field = merged.written(one.start, one.end)
        if field is not None:
            yield replace(one, start=field.written_start, end=field.written_end, proposal=None,
                          tr=f"{one.tr} ({{{field.key}}} alanında)",
                          en=f"{one.en} (in the field {{{field.key}}})")


def written(facts: Facts, language: str, title: str, body: str) -> Written:
    """A wording for :func:`ileti.documents.lint.parts`."""
    return Written(facts.kind, language, title, body, facts.channel,
                   (*facts.names, "{unvan}"), tuple(one["ground"] for one in facts.purposes),
                   facts.in_contract)
