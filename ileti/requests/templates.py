"""Reply paragraphs of a provider: every version kept, the newest in use, the house's own below.

Why this module exists: an answer must show later which words it was made of, so a template is never
changed, only followed by a version; and two who save at once are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ileti.core.errors import CallerMistake, Conflict, NotFound
from ileti.requests import cases
from ileti.requests.texts import FIELDS, KEYS, standard

LONGEST: Final = 6_000
_FIELD: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Template:
    """A paragraph in use; version 0 is the house's own."""

    key: str
    language: str
    version: int
    body: str


def read(conn: cases.Connection, provider_id: int, key: str, language: str) -> Template:
    """The paragraph in use. Raises NotFound for no key or language of ours."""
    if key not in KEYS or language not in ("tr", "en"):
        raise NotFound()
    row = conn.execute(
        "select version, body from data_request_template where provider_id = %s and key = %s "
        "and language = %s order by version desc limit 1", (provider_id, key, language)).fetchone()
    return Template(key, language, *(row or (0, standard(key, language))))


def read_all(conn: cases.Connection, provider_id: int) -> dict[tuple[str, str], Template]:
    """All paragraphs in use, by key and language."""
    own = {(key, language): Template(key, language, version, body)
           for key, language, version, body in conn.execute(
               "select distinct on (key, language) key, language, version, body "
               "from data_request_template where provider_id = %s "
               "order by key, language, version desc", (provider_id,))}
    return {(key, language): own.get((key, language))
            or Template(key, language, 0, standard(key, language))
            for key in KEYS for language in ("tr", "en")}


def write(conn: cases.Connection, provider_id: int, key: str, language: str, body: str, *,
          after: int, by: int) -> int:
    """Add a version after the one that was read. Raises CallerMistake (empty, too long, unknown
    field), Conflict when somebody saved meanwhile."""
    text = body.replace("\r\n", "\n").strip()
    if not 10 <= len(text) <= LONGEST:
        raise CallerMistake(f"Metin 10–{LONGEST} harf olmalı.",
                            f"The text must have 10 to {LONGEST} characters.", code="length")
    strange = sorted({one for one in _FIELD.findall(text) if one not in FIELDS})
    if strange:
        raise CallerMistake(f"Böyle bir alan yok: {{{strange[0][:40]}}}",
                            f"There is no such field: {{{strange[0][:40]}}}", code="field")
    if read(conn, provider_id, key, language).version != after:
        raise Conflict(*_MEANWHILE, code="stale")
    row = conn.execute(
        "insert into data_request_template (provider_id, key, language, version, body, made_by) "
        "values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning version",
        (provider_id, key, language, after + 1, text, by)).fetchone()
    if row is None:
        raise Conflict(*_MEANWHILE, code="stale")
    return int(row[0])


_MEANWHILE: Final = ("Metin bu arada değiştirildi; sayfayı yenileyip yeniden yazın.",
                     "The text was changed meanwhile; reload the page and write again.")


def fill(body: str, values: dict[str, str]) -> str:
    """A paragraph with its fields filled in; what has no value stays as it is, to be seen."""
    return _FIELD.sub(lambda found: values.get(found[1], found[0]), body).strip()
