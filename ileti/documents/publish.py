"""Publishing a text, because a consent is worth what was shown when it was given.

A published version is never changed (the application's role may only INSERT): its SHA-256 over the
RFC 8785 form of ``{kind, channel, language, title, body}`` goes into the evidence of every consent
taken on it; ``title`` and ``body`` are those people see, merge fields resolved. What the linter
calls an error cannot be published at all (R-09 to R-14, R-57 to R-62). A version counts from its
effective date, which is never in the past: what was on show yesterday stays what it was.

Form of a commercial text: the first paragraph is the introduction shared by the boxes, the last one
the sentence of the box, with the way of contact between ``**`` marks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import psycopg
import rfc8785
from psycopg import errors as pg

from ileti.core import db
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound, RuleBroken
from ileti.documents import renewal
from ileti.documents.facts import CHANNELS, Facts, Judged, facts_of, judge
from ileti.documents.lint import errors
from ileti.documents.standard import consent_text, notice_text
from ileti.tenancy import deeds, foureyes

__all__ = ["CHANNELS", "LANGUAGES", "Plan", "Version", "content_hash", "publish", "publish_draft",
           "publish_standard_texts"]

LANGUAGES: Final = ("tr", "en")
LONGEST_BODY: Final = 60_000
FURTHEST_DAYS: Final = 366
MOST_TOPICS: Final = 20
LONGEST_TOPIC: Final = 40


@dataclass(frozen=True)
class Version:
    """A published wording; ``content_hash`` is 32 bytes."""

    id: int
    document_id: int
    version: int
    language: str
    content_hash: bytes


@dataclass(frozen=True)
class Plan:
    """How a wording is to be published: from when (None: at once), and what people are to be told
    (None: what the rule says), with the reason where that is less than the rule. ``topics``: what
    advertising a commercial text asks consent for; none: all of the brand's (R-17)."""

    effective_from: datetime | None = None
    renewal: str | None = None
    reason: str | None = None
    topics: tuple[str, ...] = ()


def content_hash(kind: str, channel: str | None, language: str, title: str, body: str) -> bytes:
    """SHA-256 of the RFC 8785 form; ``channel`` is İYS's word, None for a notice."""
    return sha256(rfc8785.dumps({
        "kind": kind, "channel": channel, "language": language, "title": title, "body": body,
    })).digest()


def publish(
    document_id: int, language: str, title: str, body: str, *, published_by: int | None = None
) -> Version:
    """Publish a wording for ever; the same wording again answers the version in force, unless its
    purposes changed or its title moved to another company meanwhile.

    The document must be committed. Raises NotFound, InvalidInput (empty, too long, language,
    merge fields) and RuleBroken with the R-number as code.
    """
    with db.transaction() as conn:
        return _publish(conn, facts_of(conn, document_id), language, title, body, published_by,
                        Plan())[0]


def publish_draft(draft_id: int, revision: int, *, user_id: int | None, plan: Plan) -> Version:
    """Publish what a draft says and let it go, with the audit entry, all or nothing.

    A doubled request publishes once: the second finds no draft (NotFound). Raises Conflict when
    somebody wrote in it since ``revision``, NotAllowed when four eyes are wanted and the user is
    among its authors or nobody has asked for review, and what :func:`publish` raises.
    """
    with db.transaction() as conn:
        row = conn.execute(
            "select document_id, language, title, body, revision, state, authors "
            "from document_draft where id = %s for update", (draft_id,)).fetchone()
        if row is None:
            raise NotFound()
        document_id, language, title, body, now, state, authors = row
        if now != revision:
            raise changed_meanwhile()
        facts = facts_of(conn, document_id)
        _refuse_own_work(facts, state, authors, user_id)
        made, fresh = _publish(conn, facts, language, title, body, user_id, plan)
        conn.execute("delete from document_draft where id = %s", (draft_id,))
        foureyes.close(conn, f"document:{document_id}", state=foureyes.State.DONE, by=user_id,
                       act={"language": language})
        if not fresh:  # the same words again: there is no new text, and the deed is told
            note(conn, facts.provider_id, user_id, "document:publish",
                 f"document_version:{made.id}", {"hash": made.content_hash.hex()})
        return made


def changed_meanwhile() -> Conflict:
    """What is said to whoever works on an older state of a draft."""
    return Conflict("Taslak bu arada değişti. Sayfayı yenileyip son halini görün.",
                    "The draft has changed meanwhile. Reload the page to see it as it is now.",
                    code="draft_changed")


def note(conn: psycopg.Connection[Any], provider_id: int, user_id: int | None, action: str,
         subject: str, detail: dict[str, Any]) -> None:
    """One line of the audit trail in the transaction of the deed itself."""
    deeds.note(conn, action, subject, provider_id=provider_id, user_id=user_id, detail=detail)


def _refuse_own_work(facts: Facts, state: str, authors: list[int], user_id: int | None) -> None:
    if not facts.four_eyes:
        return
    if state != "REVIEW":
        raise NotAllowed("Bu metin önce incelemeye gönderilmeli.",
                         "This text must be sent for review first.", code="not_reviewed")
    if any(foureyes.same_person(one, user_id) for one in authors):
        raise NotAllowed("Metni yazan kişi onu yayına alamaz; başka biri incelesin.",
                         "Whoever wrote a text may not publish it; let somebody else review it.",
                         code="own_text")


def _publish(conn: psycopg.Connection[Any], facts: Facts, language: str, title: str, body: str,
             user_id: int | None, plan: Plan) -> tuple[Version, bool]:
    """The version, and whether it is a new one; the trail's line holds what it commits to."""
    title, body = title.strip(), body.replace("\r\n", "\n").strip()
    refuse_unreadable(language, title, body)
    judged = judge(facts, language, title, body)
    refuse_faulty(judged)
    conn.execute("select pg_advisory_xact_lock(170, %s)", (facts.document_id,))
    digest = content_hash(facts.kind, facts.channel, language, judged.title, judged.body)
    kept, shown = _latest(conn, facts.document_id, language)
    rule = renewal.required(facts.kind, shown, renewal.Shown(title, body, facts.purposes,
                                                             judged.used))
    if (kept is not None and kept.content_hash == digest and plan == Plan()
            and rule == renewal.NONE):
        return kept, False
    told, reason = renewal.decide(facts.kind, rule, plan.renewal, plan.reason)
    published, effective = _effective(conn, plan.effective_from)
    return _insert(conn, facts, language, judged, digest, user_id, {
        "version": kept.version + 1 if kept else 1, "published": published, "at": effective,
        "source": {"title": title, "body": body, "fields": judged.used},
        "renewal": told, "reason": reason, "topics": _topics(facts.kind, plan.topics)}), True


def _topics(kind: str, wished: tuple[str, ...]) -> list[str]:
    """Topics in small letters, each once, where the text asks for consent to messages."""
    if kind != "ETK_ONAYI":
        return []
    found = list(dict.fromkeys(" ".join(one.casefold().split()) for one in wished))
    found = [one for one in found if one]
    if len(found) > MOST_TOPICS or any(len(one) > LONGEST_TOPIC for one in found):
        raise InvalidInput(errors=(FieldError(
            "topics", "too_many", f"En çok {MOST_TOPICS} konu, her biri {LONGEST_TOPIC} harf.",
            f"At most {MOST_TOPICS} topics of {LONGEST_TOPIC} letters."),))
    return found


def refuse_unreadable(language: str, title: str, body: str) -> None:
    """Raises InvalidInput for a wording nobody could read, whatever the law says."""
    if language not in LANGUAGES:
        raise InvalidInput(errors=(FieldError(
            "language", "unknown", "Dil tr ya da en olmalı.", "The language is tr or en."),))
    if (not title or not body or len(title) > 255 or len(body) > LONGEST_BODY
            or "\0" in title + body):
        raise InvalidInput(errors=(FieldError(
            "body", "empty_or_long", "Başlık ve metin yazın; metin en çok 60.000 karakter.",
            "Write a title and a text of at most 60,000 characters."),))


def refuse_faulty(judged: Judged) -> None:
    """Raises InvalidInput for merge fields, RuleBroken for the linter's errors; all at once."""
    if judged.faults:
        raise InvalidInput(errors=judged.faults)
    if len(judged.body) > LONGEST_BODY or len(judged.title) > 255:
        raise InvalidInput(errors=(FieldError(
            "body", "empty_or_long", "Metin, alanları dolunca fazla uzun oldu.",
            "The text is too long once its fields are filled in."),))
    found = errors(judged.findings)
    if found:
        first = found[0]
        raise RuleBroken(
            f"{first.tr}. {first.why_tr} ({first.rule})",
            f"{first.en}. {first.why_en} ({first.rule})", code=first.rule.partition(" ")[0],
            rule=first.rule.partition(" ")[0],
            errors=tuple(FieldError("body", one.code, f"{one.tr}. {one.why_tr} ({one.rule})",
                                    f"{one.en}. {one.why_en} ({one.rule})",
                                    one.rule.partition(" ")[0]) for one in found))


def _effective(conn: psycopg.Connection[Any], wished: datetime | None
               ) -> tuple[datetime, datetime]:
    """The moment a version is published, and the one it counts from: the same, or a later one
    within a year. It is this moment, not the transaction's: a retirement that was waited for came
    before."""
    row = conn.execute(
        "select t, greatest(t, %(at)s::timestamptz), coalesce(%(at)s::timestamptz "
        "between t - interval '5 minutes' and t + make_interval(days => %(most)s), true) "
        "from clock_timestamp() t", {"at": wished, "most": FURTHEST_DAYS}).fetchone()
    assert row is not None
    if not row[2]:
        raise InvalidInput(errors=(FieldError(
            "effective_from", "out_of_range",
            "Yürürlük tarihi geçmişte olamaz ve en çok bir yıl sonrası olabilir.",
            "The effective date is not in the past and at most a year ahead."),))
    return row[0], row[1]


def publish_standard_texts(provider_id: int, brand_id: int) -> dict[str, int]:
    """The standard documents of a new brand in both languages; idempotent.

    Where anything was published already, also something else or something since retired, nothing
    is: the standard wording never takes the place of the brand's own. Answers the document ids by
    name (``MESAJ``, ``ARAMA``, ``EPOSTA``, ``AYDINLATMA``).
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
        for language in _unpublished(made[word]):
            publish(made[word], language, *consent_text(language, word, provider))
    made["AYDINLATMA"] = _document(provider_id, brand_id, "AYDINLATMA", None, "Aydınlatma metni")
    for language in _unpublished(made["AYDINLATMA"]):
        publish(made["AYDINLATMA"], language,
                *notice_text(language, provider, brand, contact or ""))
    return made


def _unpublished(document_id: int) -> list[str]:
    """Languages in which a document never had a version."""
    rows = db.connection().execute(
        "select distinct language from document_version where document_id = %s", (document_id,))
    there = {row[0] for row in rows}
    return [language for language in LANGUAGES if language not in there]


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


def _latest(conn: psycopg.Connection[Any], document_id: int,
            language: str) -> tuple[Version | None, renewal.Shown | None]:
    """The highest version, and what of it the rule of renewal compares with. The version comes
    back as retired (hash empty) when the text was retired after it."""
    row = conn.execute(
        "select v.id, v.document_id, v.version, v.language, v.content_hash, "
        "coalesce(v.source ->> 'title', v.title), coalesce(v.source ->> 'body', v.body), "
        "v.purposes, coalesce(v.source -> 'fields', '{}'), exists (select from document_event e "
        "where e.document_id = v.document_id and e.kind = 'RETIRED' and e.at >= v.published_at) "
        "from document_version v where v.document_id = %s and v.language = %s "
        "order by v.version desc limit 1", (document_id, language),
    ).fetchone()
    if row is None:
        return None, None
    digest = b"" if row[9] else bytes(row[4])
    return Version(row[0], row[1], row[2], row[3], digest), renewal.Shown(*row[5:9])


def _insert(conn: psycopg.Connection[Any], facts: Facts, language: str, judged: Judged,
            digest: bytes, user_id: int | None, said: dict[str, Any]) -> Version:
    try:
        row = conn.execute(
            "insert into document_version (provider_id, document_id, version, language, title, "
            "body, content_hash, published_by, published_at, effective_from, source, purposes, "
            "renewal, renewal_reason, topics) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "returning id, text_digest(document_version)",
            (facts.provider_id, facts.document_id, said["version"], language, judged.title,
             judged.body, digest, user_id, said["published"], said["at"],
             json.dumps(said["source"]), json.dumps(facts.purposes), said["renewal"],
             said["reason"], said["topics"]),
        ).fetchone()
    except pg.UniqueViolation as error:  # a hand in the table: the lock is ours
        raise changed_meanwhile() from error
    assert row is not None
    note(conn, facts.provider_id, user_id, "document:publish", f"document_version:{row[0]}",
         {"hash": digest.hex(), "digest": row[1]})
    return Version(row[0], facts.document_id, said["version"], language, digest)
