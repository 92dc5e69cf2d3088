"""Templates: writing, publishing for ever, taking off; and what a campaign freezes of one.

Why this module exists: whether a consent is needed hangs on what somebody declared a text to be
(R-04). So publishing is the declaration: who publishes answers for the class, at that moment, for
exactly these words. Where an exempt text promotes, a second person says why it does not, or it is
not published (R-03); the database keeps greetings and surveys commercial whatever anybody declares
(R-01). A version is never changed: its hash stands with every message made of it.

Functions here own their transactions and ask as the system with the template named; whoever calls
them has checked that the user sees it and may change it.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any, Final

import psycopg

from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound, RuleBroken
from ileti.core.failpoints import reach
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Subject
from ileti.templates import mailbuild, pictures
from ileti.templates.content import promotions
from ileti.templates.judging import Remark, asks_second, judge, stops
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content, drafted, hashed, kept, read
from ileti.tenancy import deeds, foureyes
from ileti.tenancy.foureyes import Carrier, Decider, Request, State, Waits, Wish

__all__ = ["Content", "content", "create", "custom_keys", "latest", "publish", "retire", "save"]

DEED: Final = "template"
RIGHT: Final = "template:approve"
LONGEST_NAME: Final = 120
_COLUMNS: Final = (
    "v.id, v.channel, v.declared, v.subject, v.body, v.html, v.occasion, v.reference, v.terms, "
    "v.ends, v.tags, v.declared_by, v.declared_at, v.reason, v.preheader, v.approved_by, "
    "v.approval, v.content_hash")


def content(version_id: int, *, provider_id: int | None = None) -> Content:
    """A published version, frozen: exactly what was declared, by whom and when. Raises NotFound;
    ``provider_id``: also for another provider's. A version whose template was taken off is still
    read: messages were made of it."""
    row = db.system_connection().execute(
        f"select {_COLUMNS} from message_template_version v where v.id = %(id)s "  # noqa: S608
        "and (%(provider)s::int is null or v.provider_id = %(provider)s)",
        {"id": version_id, "provider": provider_id}).fetchone()
    if row is None:
        raise NotFound()
    return _content(row)


def whose(version_id: int) -> tuple[int | None, int | None]:
    """Brand and dealer a version's template belongs to; None for the provider's own, and for what
    a brand keeps for all its dealers. Raises NotFound."""
    row = db.system_connection().execute(
        "select t.brand_id, t.dealer_id from message_template_version v "
        "join message_template t on t.id = v.template_id where v.id = %s",
        (version_id,)).fetchone()
    if row is None:
        raise NotFound()
    return row[0], row[1]


def latest(template_id: int) -> Content | None:
    """The version in use; None when nothing is published or the template was taken off."""
    row = db.system_connection().execute(
        f"select {_COLUMNS} from message_template t "  # noqa: S608
        "join message_template_version v on v.template_id = t.id "
        "where t.id = %s and t.retired_at is null order by v.version desc limit 1",
        (template_id,)).fetchone()
    return None if row is None else _content(row)


def _content(row: Any) -> Content:
    (number, channel, declared, subject, body, html, occasion, reference, terms, ends, tags,
     declared_by, declared_at, reason, preheader, approved_by, approval, digest) = row
    return Content(
        Channel(channel), MessageClass(declared), subject, body, html,
        Occasion(occasion) if occasion else None, reference, terms, ends, tuple(tags), declared_by,
        declared_at, reason, preheader, approved_by, approval, number, bytes(digest))


def custom_keys(provider_id: int) -> frozenset[str]:
    """Keys of the provider's fields of recipients, which a text may name as ``alan.KEY``."""
    return frozenset(one.key for one in about(
        fields_of(provider_id, db.system_connection()), Subject.RECIPIENT))


# -- writing --------------------------------------------------------------------------------------


def create(provider_id: int, brand_id: int | None, channel: Channel, name: str, *,
           user_id: int | None, draft: Content | None = None, sample: bool = False,
           dealer_id: int | None = None) -> int:
    """A new template; its number. ``dealer_id``: a dealer's own. Raises InvalidInput."""
    name = _name(name)
    with db.transaction(system=True) as conn:
        row = conn.execute(
            "insert into message_template (provider_id, brand_id, dealer_id, channel, name, "
            "sample, draft, authors) values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
            (provider_id, brand_id, dealer_id, channel.value, name, sample,
             json.dumps(drafted(draft)) if draft is not None else "{}",
             [user_id] if user_id is not None else [])).fetchone()
        assert row is not None
        deeds.note(conn, "template:add", f"message_template:{row[0]}", provider_id=provider_id,
                   brand_id=brand_id, dealer_id=dealer_id, user_id=user_id)
        return int(row[0])


def save(template_id: int, revision: int, draft: Content, *, user_id: int | None,
         name: str | None = None) -> int:
    """Keep a draft where nobody else wrote since; the new revision. What waited for a second person
    about an earlier state is void. Raises Conflict, NotFound, InvalidInput."""
    name = None if name is None else _name(name)
    with db.transaction(system=True) as conn:
        place = _locked(conn, template_id, revision)
        conn.execute(
            "update message_template set draft = %s, revision = revision + 1, saved_at = now(), "
            "sample = false, name = coalesce(%s, name), authors = (select array_agg(distinct a) "
            "from unnest(authors || %s::int[]) a) where id = %s",
            (json.dumps(drafted(draft)), name, [user_id] if user_id is not None else [],
             template_id))
        foureyes.close(conn, _subject(template_id), state=State.VOID)
        if draft != place.draft:
            deeds.note(conn, "template:write", _subject(template_id),
                       provider_id=place.provider_id, brand_id=place.brand_id,
                       dealer_id=place.dealer_id, user_id=user_id)
        return place.revision + 1


def retire(template_id: int, *, user_id: int | None) -> bool:
    """Take a template off: no new message is made of it. False when it was already."""
    with db.transaction(system=True) as conn:
        row = conn.execute(
            "update message_template set retired_at = now(), retired_by = %s where id = %s "
            "and retired_at is null returning provider_id, brand_id, dealer_id",
            (user_id, template_id)).fetchone()
        if row is None:
            return False
        foureyes.close(conn, _subject(template_id), state=State.VOID)
        deeds.note(conn, "template:retire", _subject(template_id), provider_id=row[0],
                   brand_id=row[1], dealer_id=row[2], user_id=user_id)
        return True


class _Place:
    """A template's row while it is locked."""

    def __init__(self, row: Any) -> None:
        (self.provider_id, self.brand_id, self.dealer_id, channel, self.revision, said,
         self.retired) = row
        self.draft = read(Channel(channel), said)

    @property
    def dealers_exemption(self) -> bool:
        """Whether a dealer says that no consent is needed: the brand answers for the class (R-04),
        so somebody of the brand says so too."""
        return self.dealer_id is not None and self.draft.declared.exempt


def _locked(conn: psycopg.Connection[Any], template_id: int, revision: int) -> _Place:
    row = conn.execute(
        "select provider_id, brand_id, dealer_id, channel, revision, draft, "
        "retired_at is not null "
        "from message_template where id = %s for update", (template_id,)).fetchone()
    if row is None:
        raise NotFound()
    place = _Place(row)
    if place.revision != revision or place.retired:
        raise Conflict("Bu şablon bu arada değişti. Yazdıklarınız aşağıda duruyor; son hâlini "
                       "açıp yeniden kaydedin.",
                       "This template has changed meanwhile. What you typed stands below; open the "
                       "newest state and save again.", code="changed_meanwhile")
    return place


def _name(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(errors=(FieldError(
            "name", "empty_or_long", f"Bir ad yazın; en çok {LONGEST_NAME} karakter.",
            f"Write a name of at most {LONGEST_NAME} characters."),))
    return name


# -- publishing -----------------------------------------------------------------------------------


def publish(template_id: int, revision: int, *, user_id: int | None) -> int:
    """Publish the draft for ever: the number of its version, the same one's when these very words
    are published already.

    Raises RuleBroken (errors of :mod:`ileti.templates.judging`), Waits (an exempt text promotes,
    or is a dealer's: a second person was asked), Conflict, NotFound.
    """
    waits = False
    with db.transaction(system=True) as conn:
        place = _locked(conn, template_id, revision)
        remarks = _judged(place)
        if asks_second(remarks) or place.dealers_exemption:
            waits = True
            foureyes.ask(_wish(template_id, place), by=user_id, conn=conn)
        else:
            number = _insert(conn, template_id, place, by=user_id, at=clock.now())
    if waits:
        raise Waits()
    reach("template.published")
    return number


def _today() -> date:
    """The day people in Turkey have."""
    return clock.to_istanbul(clock.now()).date()


def _judged(place: _Place) -> list[Remark]:
    remarks = judge(place.draft, today=_today(), custom=custom_keys(place.provider_id))
    wrong = stops(remarks)
    if wrong:
        raise RuleBroken(wrong[0].tr, wrong[0].en, code=wrong[0].code, errors=tuple(
            FieldError(one.field, one.code, one.tr, one.en) for one in wrong))
    return remarks


def _insert(conn: psycopg.Connection[Any], template_id: int, place: _Place, *, by: int | None,
            at: datetime, approved_by: int | None = None, approval: str = "") -> int:
    said = place.draft
    if said.html and not said.body:  # the plain part is frozen too, as it was read off
        said = read(said.channel, kept(said) | {"body": mailbuild.built(said.html).text})
    pictures.refuse_missing(conn, pictures.Place(
        place.provider_id, place.brand_id, place.dealer_id), said.html)
    digest = hashed(said)
    row = conn.execute(
        "select id, version, content_hash from message_template_version where template_id = %s "
        "order by version desc limit 1", (template_id,)).fetchone()
    if row is not None and bytes(row[2]) == digest:
        return int(row[0])
    made = conn.execute(
        "insert into message_template_version (provider_id, template_id, version, channel, "
        "declared, subject, preheader, body, html, occasion, reference, terms, ends, tags, "
        "declared_by, declared_at, approved_by, approval, reason, content_hash) values (%s, %s, "
        "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (place.provider_id, template_id, (row[1] if row else 0) + 1, said.channel.value,
         said.declared.value, said.subject, said.preheader, said.body, said.html,
         said.occasion.value if said.occasion else None, said.reference, said.terms, said.ends,
         list(said.tags), by, at, approved_by, approval, said.reason, digest)).fetchone()
    assert made is not None
    conn.execute("update message_template set authors = '{}', sample = false where id = %s",
                 (template_id,))
    deeds.note(conn, "template:publish", _subject(template_id), provider_id=place.provider_id,
               brand_id=place.brand_id, dealer_id=place.dealer_id, user_id=by,
               detail={"version": (row[1] if row else 0) + 1, "class": said.declared.code,
                       "hash": digest.hex()[:16]})
    return int(made[0])


# -- the second person (R-03) ---------------------------------------------------------------------


def _subject(template_id: int) -> str:
    return f"message_template:{template_id}"


def _wish(template_id: int, place: _Place) -> Wish:
    return Wish("template", DEED, _subject(template_id), RIGHT,
                {"template": template_id, "revision": place.revision}, place.provider_id,
                place.brand_id, place.dealer_id)


def _mark(wish: Wish) -> str:
    """The state of the draft: written on, or taken off, it is another one."""
    row = db.system_connection().execute(
        "select revision::text || ':' || md5(draft::text) from message_template "
        "where id = %s and retired_at is null", (wish.act["template"],)).fetchone()
    return str(row[0]) if row else ""


def _publish_agreed(request: Request) -> None:
    """Done again it finds the version that these words have already."""
    act = request.wish.act
    if not (request.reason or "").strip():
        raise InvalidInput("Neden özendirmediğini yazın.", "Write why it does not promote.",
                           code="reason")
    with db.transaction(system=True) as conn:
        place = _locked(conn, act["template"], act["revision"])
        _judged(place)
        _insert(conn, act["template"], place, by=request.asked_by, at=request.asked_at,
                approved_by=request.decided_by, approval=(request.reason or "").strip())


def _refuse_authors(request: Request, decider: Decider) -> None:
    """Whoever wrote in it since it was last published is no second person, whoever asked."""
    row = db.system_connection().execute(
        "select authors from message_template where id = %s",
        (request.wish.act["template"],)).fetchone()
    if any(foureyes.same_person(one, decider.user_id) for one in (row[0] if row else ())):
        raise NotAllowed("Metni yazan kişi ikinci kişi olamaz; başka biri baksın (R-03).",
                         "Whoever wrote a text is not its second person; let somebody else look "
                         "(R-03).", code="own_text")


def _about(request: Request, language: str) -> list[tuple[str, str]]:
    row = db.system_connection().execute(
        "select channel, draft from message_template where id = %s",
        (request.wish.act["template"],)).fetchone()
    if row is None:
        return []
    said = read(Channel(row[0]), row[1])
    english = language == "en"
    text = said.body or (mailbuild.built(said.html).text if said.html else "")
    words = [f"«{part[start:end]}»" for part in (said.subject, text)
             for start, end in promotions(part)]
    told = [("Class" if english else "Sınıf", said.declared.en if english else said.declared.tr),
            ("Why exempt" if english else "Neden istisna", said.reason),
            ("Subject line" if english else "Konu satırı", said.subject),
            ("Text" if english else "Metin", text),
            ("Words that promote" if english else "Özendiren sözler", ", ".join(words))]
    return [(name, value) for name, value in told if value]


foureyes.carries_out(DEED, Carrier(
    "template", _publish_agreed, _mark, _about,
    "words that are published already are published once", check=_refuse_authors,
    needs_reason=True))
