"""Publishing a text, because a consent is worth what was shown when it was given.

A published version is never changed (the application's role may only INSERT): its SHA-256 over the
RFC 8785 form of ``{kind, channel, language, title, body}`` goes into the evidence of every consent
taken on it. Wording that the Board has called unlawful cannot be published at all: acceptance words
under a privacy notice, or KVKK consent inside a commercial consent (R-58), or a consent that does
not name the provider (R-15).

Form of a commercial text: the first paragraph is the introduction shared by the boxes, the last one
the sentence of the box, with the way of contact between ``**`` marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import psycopg
import rfc8785
from psycopg import errors as pg

from ileti.core import db
from ileti.core.errors import FieldError, InvalidInput, NotFound, RuleBroken
from ileti.documents.standard import consent_text, notice_text

LANGUAGES: Final = ("tr", "en")
# İYS's words and the names people read; the vocabulary itself lives a floor above.
CHANNELS: Final = {2: ("MESAJ", "Mesaj"), 1: ("ARAMA", "Arama"), 3: ("EPOSTA", "E-posta")}
LONGEST_BODY: Final = 60_000
_ACCEPTANCE: Final = re.compile(
    r"kabul\s+ediyor|onayl[ıi]yor|onay\s+veriyor|muvafakat|rıza\s+(?:gösteriyor|veriyor)"
    r"|\bI\s+(?:hereby\s+)?(?:accept|agree|consent)\b", re.IGNORECASE,
)
_KVKK_CONSENT: Final = re.compile(
    r"açık\s+rıza|explicit\s+consent|kişisel\s+veri|personal\s+data", re.IGNORECASE
)
_CHANNEL_SENTENCE: Final = re.compile(r"\*\*[^*\n]+\*\*[^\n]*\Z")


@dataclass(frozen=True)
class Version:
    """A published wording; ``content_hash`` is 32 bytes."""

    id: int
    document_id: int
    version: int
    language: str
    content_hash: bytes


def content_hash(kind: str, channel: str | None, language: str, title: str, body: str) -> bytes:
    """SHA-256 of the RFC 8785 form; ``channel`` is İYS's word, None for a notice."""
    return sha256(rfc8785.dumps({
        "kind": kind, "channel": channel, "language": language, "title": title, "body": body,
    })).digest()


def publish(
    document_id: int, language: str, title: str, body: str, *, published_by: int | None = None
) -> Version:
    """Publish a wording for ever; the same wording again answers the version in force.

    The document must be committed. Raises NotFound, InvalidInput (empty, too long, language) and
    RuleBroken with the R-number as code.
    """
    title, body = title.strip(), body.replace("\r\n", "\n").strip()
    conn = db.connection()
    document = conn.execute(
        "select d.provider_id, d.kind, d.channel, p.title, p.short_name from document d "
        "join provider p on p.id = d.provider_id where d.id = %s", (document_id,),
    ).fetchone()
    if document is None:
        raise NotFound()
    provider_id, kind, channel, provider_title, short_name = document
    _refuse_unreadable(language, title, body)
    refuse_wrong_wording(kind, body, names=(provider_title, short_name))
    word = CHANNELS[channel][0] if channel else None
    digest = content_hash(kind, word, language, title, body)
    for attempt in (1, 2, 3):
        kept = _latest(conn, document_id, language)
        if kept is not None and kept.content_hash == digest:
            return kept
        try:
            return _insert(conn, provider_id, document_id, kept.version + 1 if kept else 1,
                           language, title, body, digest, published_by)
        except pg.UniqueViolation:
            if attempt == 3:
                raise
    raise AssertionError


def refuse_wrong_wording(kind: str, body: str, *, names: tuple[str, ...]) -> None:
    """R-58 and R-15 on one wording; raises RuleBroken."""
    if kind == "AYDINLATMA" and _ACCEPTANCE.search(body):
        raise RuleBroken(
            "Aydınlatma metni “kabul ediyorum” ya da “onaylıyorum” diyemez; “okudum, anladım” "
            "ile biter (R-58).",
            "A privacy notice may not say “I accept” or “I agree” (R-58).", code="R-58",
        )
    if kind != "ETK_ONAYI":
        return
    if _KVKK_CONSENT.search(body):
        raise RuleBroken(
            "Ticari elektronik ileti onayı ile kişisel veri rızası ayrı metinlerdir (R-58).",
            "Commercial consent and consent to data processing are separate texts (R-58).",
            code="R-58",
        )
    if not any(name and name in body for name in names):
        raise RuleBroken(
            "Onay metni onayı alan şirketin adını taşımalı (R-15).",
            "A consent text names the company it is given to (R-15).", code="R-15",
        )
    if not _CHANNEL_SENTENCE.search(body):
        raise RuleBroken(
            "Metnin son paragrafı kutunun cümlesidir; kanalı ** işaretleri arasına alın.",
            "The last paragraph is the sentence of the box, its channel between ** marks.",
            code="no_channel_sentence",
        )


def publish_standard_texts(provider_id: int, brand_id: int) -> dict[str, int]:
    """The standard documents of a new brand in both languages; idempotent.

    Answers the document ids by name (``MESAJ``, ``ARAMA``, ``EPOSTA``, ``AYDINLATMA``).
    """
    row = db.connection().execute(
        "select p.title, p.contact, b.name from provider p join brand b on b.provider_id = p.id "
        "where p.id = %s and b.id = %s", (provider_id, brand_id),
    ).fetchone()
    if row is None:
        raise NotFound()
    provider, contact, brand = row
    made: dict[str, int] = {}
    for channel, (word, label) in CHANNELS.items():
        name = f"Ticari elektronik ileti onayı: {label}"
        made[word] = _document(provider_id, brand_id, "ETK_ONAYI", channel, name)
        for language in LANGUAGES:
            publish(made[word], language, *consent_text(language, word, provider))
    made["AYDINLATMA"] = _document(provider_id, brand_id, "AYDINLATMA", None, "Aydınlatma metni")
    for language in LANGUAGES:
        publish(made["AYDINLATMA"], language,
                *notice_text(language, provider, brand, contact or ""))
    return made


def _document(
    provider_id: int, brand_id: int, kind: str, channel: int | None, name: str
) -> int:
    conn = db.connection()
    row = conn.execute(
        "select id from document where provider_id = %s and brand_id = %s and kind = %s "
        "and channel is not distinct from %s order by id limit 1",
        (provider_id, brand_id, kind, channel),
    ).fetchone() or conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, %s, %s, %s) returning id", (provider_id, brand_id, kind, channel, name),
    ).fetchone()
    return int(row[0]) if row else 0


def _refuse_unreadable(language: str, title: str, body: str) -> None:
    if language not in LANGUAGES:
        raise InvalidInput(errors=(FieldError(
            "language", "unknown", "Dil tr ya da en olmalı.", "The language is tr or en."),))
    if not title or not body or len(title) > 255 or len(body) > LONGEST_BODY or "\0" in body:
        raise InvalidInput(errors=(FieldError(
            "body", "empty_or_long", "Başlık ve metin yazın; metin en çok 60.000 karakter.",
            "Write a title and a text of at most 60,000 characters."),))


def _latest(conn: psycopg.Connection[Any], document_id: int, language: str) -> Version | None:
    row = conn.execute(
        "select id, document_id, version, language, content_hash from document_version "
        "where document_id = %s and language = %s order by version desc limit 1",
        (document_id, language),
    ).fetchone()
    return Version(row[0], row[1], row[2], row[3], bytes(row[4])) if row else None


def _insert(conn: psycopg.Connection[Any], provider_id: int, *values: Any) -> Version:
    document_id, version, language, _, _, digest, _ = values
    row = conn.execute(
        "insert into document_version (provider_id, document_id, version, language, title, body, "
        "content_hash, published_by) values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (provider_id, *values),
    ).fetchone()
    return Version(row[0] if row else 0, document_id, version, language, digest)
