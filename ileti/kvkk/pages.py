"""What the panel's pages of acts show: rows, filters, one act, its story beside the consents'.

Why apart from ``views``: the views are deeds with their rights, this is what stands on the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from ileti.consents import search
from ileti.consents.ledger import ActorKind
from ileti.consents.models import ConsentEntry, Submission
from ileti.consents.numbers import entry_of, receipt_number, record_number
from ileti.consents.sealed import seal_and_stamp, steps_of
from ileti.consents.search import referred
from ileti.consents.timeline import Step, tells
from ileti.consents.vocabulary import Source, Standing
from ileti.core import formats, orm
from ileti.core.formats import say
from ileti.documents.models import Document, DocumentVersion
from ileti.documents.views import emphasised, language_name
from ileti.documents.vocabulary import NOTICE, ONE_PURPOSE
from ileti.evidence.seal import Position
from ileti.kvkk import files, listing
from ileti.kvkk.claims import KIND
from ileti.kvkk.models import KvkkEntry, KvkkState
from ileti.kvkk.vocabulary import Act, Extent
from ileti.recipients.address import mask, pretty
from ileti.tenancy import asked, narrowing, security, viewpages
from ileti.tenancy.models import Brand, Dealer

_KEYS = ("islem", "kaynak", "metin", "marka", "tarih")
#: how a withdrawal reaches people at work; nothing is chosen for them
WAYS: Final = (Source.HS_CAGRI_MERKEZI, Source.HS_FIZIKSEL_ORTAM, Source.HS_EPOSTA)
ICONS = {Act.SHOWN: ("eye", "mute"), Act.READ: ("book-open", "accent"),
         Act.GIVEN: ("circle-check", "accent"), Act.WITHDRAWN: ("circle-minus", "ret")}


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages about acts."""
    pages = [("KvkkView.list", _("Records")), ("KvkkView.renew", _("To be told anew")),
             ("KvkkView.check", _("Without a notice"))]
    if security.may("consent:take"):
        pages.append(("DeskView.show", _("On the phone or on paper")))
    return [{"label": label, "url": url_for(name), "count": None,
             "current": name.endswith(f".{current}")} for name, label in pages]


def url_of(entry: KvkkEntry, page: str = "show") -> str:
    """The page of one act; its id never stands in an address."""
    return url_for(f"KvkkView.{page}", number=record_number(entry.id))


def shown_address(clear: str | None, *, nobody: bool = False, in_full: bool = False) -> str:
    """An address as a page may show it; somebody who left none has no address."""
    if nobody:
        return _("no address left")
    if clear is None:
        return _("erased")
    return pretty(clear) if in_full else mask(clear)


# -- the list --------------------------------------------------------------------------------------


def list_context() -> dict[str, Any]:
    """Context of ``panel/kvkk/list.html``."""
    wanted = _wanted()
    before, after = (entry_of(request.args.get(name, "")) for name in ("once", "sonra"))
    rows, more = listing.page(wanted, before=before, after=after)
    filters, active = _filters(wanted)
    columns = [("islem", _("Act")), ("metin", _("Text")), ("kaynak", _("Source")),
               ("bayi", _("Dealer")), ("an", _("When"))]
    shown = viewpages.chosen(columns) or [key for key, _label in columns]
    return {
        "views": viewpages.context("KvkkView", columns, shown, (*asked.PLACES, "bul")),
        "shown": shown,
        "title": _("Notices and explicit consents"), "tabs": tabs("list"),
        "search_url": url_for("KvkkView.search"), "filters": filters, "actions": _then(),
        "kept": asked.kept(_KEYS),
        "active_count": active, "clear_url": narrowing.bare("KvkkView.list"), "rows": _rows(rows),
        "pages": _pages(wanted, rows, more, before, after),
        "empty": "filter" if active or before or after else "first",
    }


def _then() -> list[dict[str, Any]]:
    """The way to an earlier moment, and to everything, of the address that was searched for."""
    reference = request.args.get("bul", "")
    return [_of_person(reference)] if referred(reference).recipients else []


def _of_person(reference: str) -> dict[str, Any]:
    return {"label": _("What was the state then?"), "icon": "history",
            "url": url_for("MomentView.show", bul=reference)}


def _actions(entry: KvkkEntry, clear: str | None) -> list[dict[str, Any]]:
    """The act's own bundle, and the page of the person."""
    found = [{"label": _("Proof bundle"), "icon": "file-down", "method": "post",
              "url": url_of(entry, "prove")}] if security.may("consent:prove") and (
                  clear is not None or entry.recipient_id is None) else []
    if clear is not None and entry.recipient_id is not None:
        found.append(_of_person(search.reference(search.Found(
            recipients=[(entry.provider_id, entry.recipient_id)]))))
    return found


def _wanted() -> listing.Wanted:
    found = referred(request.args.get("bul"))
    return listing.Wanted(
        acts=[one for one in asked.numbers("islem") if one in list(Act)],
        sources=asked.numbers("kaynak"),
        documents=asked.numbers("metin"), brands=asked.numbers("marka"),
        since=asked.day("tarih_from"), until=asked.day("tarih_to"),
        recipients=found.recipients)


def _filters(wanted: listing.Wanted) -> tuple[list[dict[str, Any]], int]:
    texts = orm.db.session.execute(select(Document.id, Document.name).where(
        Document.kind.in_((*ONE_PURPOSE, NOTICE))).order_by(Document.name).limit(200)).all()
    made = [
        asked.choices("islem", _("Act"), [(int(one), say(one)) for one in Act], wanted.acts),
        asked.choices("metin", _("Text"), [(key, name) for key, name in texts], wanted.documents),
        asked.choices("kaynak", _("Source"), [(int(s), say(s)) for s in Source if not s.is_iys],
                wanted.sources)]
    brands = orm.db.session.execute(
        select(Brand.id, Brand.name).order_by(Brand.name).limit(200)).all()
    if len(brands) > 1:
        made.append(asked.choices("marka", _("Brand"), [(key, name) for key, name in brands],
                            wanted.brands))
    span = " – ".join(formats.day(one) for one in (wanted.since, wanted.until) if one)
    made.append({"key": "tarih", "label": _("Date"), "kind": "dates", "value": span or None,
                 "since": wanted.since or "", "until": wanted.until or "", "choices": []})
    return made, sum(bool(one["value"]) for one in made) + (wanted.recipients is not None)


def _pages(wanted: listing.Wanted, rows: list[KvkkEntry], more: bool, before: int | None,
           after: int | None) -> dict[str, Any]:
    total = listing.count(wanted)
    older = more if after is None else bool(rows)
    newer = bool(before) or (after is not None and more)
    first = 1 if not (before or after) else max(1, request.args.get("ilk", 1, type=int))
    query: dict[str, Any] = {
        name: request.args.getlist(name) for name in request.args if name not in asked.PLACES}
    return {
        "first": first, "last": first + len(rows) - 1,
        "total": total if total <= listing.COUNTED else None,
        "older_url": url_for("KvkkView.list", **query, once=record_number(rows[-1].id),
                             ilk=first + len(rows)) if older and rows else None,
        "newer_url": url_for("KvkkView.list", **query, sonra=record_number(rows[0].id),
                             ilk=max(1, first - listing.PAGE)) if newer and rows else None}


def _rows(entries: list[KvkkEntry]) -> list[dict[str, Any]]:
    known = listing.addresses((one.provider_id, one.recipient_id) for one in entries
                              if one.recipient_id is not None)
    texts = versions(one.text_id for one in entries)
    dealers = {one.id: str(one) for one in orm.db.session.scalars(select(Dealer).where(
        Dealer.id.in_({one.dealer_id for one in entries if one.dealer_id})))}
    return [{
        "url": url_of(one), "at": one.act_at, "act": Act(one.act), "word": say(Act(one.act)),
        "icon": ICONS[Act(one.act)][0], "tone": ICONS[Act(one.act)][1],
        "extent": extent_words(one), "source": say(Source(one.source)),
        "address": shown_address(known.get((one.provider_id, one.recipient_id or 0)),
                                 nobody=one.recipient_id is None),
        "text": text_name(texts.get(one.text_id)), "dealer": dealers.get(one.dealer_id or 0),
        "unverified": one.recipient_id is not None and one.standing == Standing.UNVERIFIED,
    } for one in entries]


def versions(ids: Iterable[int]) -> dict[int, DocumentVersion]:
    """Versions by their ids."""
    return {one.id: one for one in orm.db.session.scalars(
        select(DocumentVersion).where(DocumentVersion.id.in_(set(ids))))}


def text_name(version: DocumentVersion | None) -> str:
    """A version as a list names it."""
    if version is None:
        return _("a text of another brand")
    return _("%(title)s, version %(n)s", title=version.title or version.document.name,
             n=version.version)


def extent_words(entry: KvkkEntry) -> str:
    """How far a notice was shown; nothing for a consent."""
    return say(Extent(entry.extent)) if Act(entry.act).of_notice and entry.extent else ""


# -- one act ---------------------------------------------------------------------------------------


def show_context(entry: KvkkEntry, *, in_full: bool = False) -> dict[str, Any]:
    """Context of ``panel/kvkk/show.html``."""
    person = (entry.provider_id, entry.recipient_id or 0)
    clear = listing.addresses([person]).get(person)
    version = versions([entry.text_id]).get(entry.text_id)
    others = listing.acts_of(entry.provider_id, entry.recipient_id)
    may_open = clear is not None and not in_full and security.may("consent:reveal")
    return {
        "code": record_number(entry.id), "word": say(Act(entry.act)),
        "address": shown_address(clear, nobody=entry.recipient_id is None, in_full=in_full),
        "line": f"{text_name(version)} · {orm.db.session.get(Brand, entry.brand_id) or ''}",
        "reveal": {"label": _("Show the address"), "icon": "eye", "method": "post",
                   "url": url_of(entry, "reveal")} if may_open else None,
        "actions": _actions(entry, clear),
        "withdrawal": _withdrawal(entry, clear), "facts": _facts(entry, version),
        "files": files.rows(entry),
        "version": version, "body": emphasised(version.body) if version else "",
        "language": language_name(version.language) if version else "",
        "steps": sorted([*steps(others or [entry], with_links=True), *steps_of([_place(entry)])],
                        key=lambda step: step["at"]),
    }


def stands_given(entry: KvkkEntry) -> bool:
    """Whether the consent of this act's text stands for the person."""
    state = orm.db.session.get(KvkkState, (
        entry.provider_id, entry.recipient_id or 0, entry.document_id))
    return state is not None and state.act == Act.GIVEN


def _withdrawal(entry: KvkkEntry, clear: str | None) -> dict[str, Any] | None:
    """The form of a withdrawal with the ways it may have come; None where none may be recorded."""
    if (clear is None or not security.may("consent:refuse") or Act(entry.act).of_notice
            or not stands_given(entry)):
        return None
    words = (_("On the phone"), _("By letter or in person"), _("By e-mail"))
    return {"url": url_of(entry, "withdraw"),
            "ways": [(way.name, word) for way, word in zip(WAYS, words, strict=True)]}


def _facts(entry: KvkkEntry, version: DocumentVersion | None) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [(_("Act"), say(Act(entry.act)))]
    if extent_words(entry):
        rows.append((_("How far it was shown"), extent_words(entry)))
    rows += [(_("Moment"), entry.act_at), (_("Recorded"), entry.captured_at),
             (_("Source"), say(Source(entry.source))),
             (_("Address"), say(Standing(entry.standing)))]
    click = orm.db.session.get(Submission, (entry.provider_id, entry.submission_id))
    if click is not None and click.actor_kind == ActorKind.VISITOR:
        rows.append((_("Receipt number"), receipt_number(entry.submission_id)))
    read = _read_at(click)
    if entry.act == Act.READ and read is not None:
        rows.append((_("Marked as read"), read))
    rows += [(_("Brand"), orm.db.session.get(Brand, entry.brand_id)),
             (_("Dealer"), orm.db.session.get(Dealer, entry.dealer_id)
              if entry.dealer_id else _("taken directly"))]
    if version is not None:
        rows.append((_("Text’s hash"), version.content_hash.hex()[:16] + "…"))
    return [*rows, (_("Commitment"), entry.leaf.hex()[:16] + "…"),
            *seal_and_stamp(_place(entry)), *_for_other_software(entry)]


def _for_other_software(entry: KvkkEntry) -> list[tuple[str, Any]]:
    """The receipt as ISO/IEC TS 27560 wishes it; there is none of an act of nobody known."""
    if entry.recipient_id is None or not security.may("consent:prove"):
        return []
    link = Markup("<a href='{0}' download>{1}</a>").format(url_of(entry, "receipt"), _("Download"))
    return [(_("Receipt (ISO/IEC TS 27560)"), link)]


def _place(entry: KvkkEntry) -> tuple[int, Position]:
    return entry.epoch, Position(int(entry.xid), KIND, entry.id)


def _read_at(click: Submission | None) -> datetime | None:
    """When the notice was marked as read: its act is dated by its showing (ADR 0031)."""
    said = (click.evidence.get("notice") if click is not None else None) or {}
    try:
        return datetime.fromisoformat(str(said.get("at")))
    except ValueError:
        return None


# -- the story -------------------------------------------------------------------------------------


def steps(entries: Iterable[KvkkEntry], *, with_links: bool = False) -> list[Step]:
    """Acts as steps of a timeline."""
    acts = list(entries)
    texts = versions(one.text_id for one in acts)
    made: list[Step] = []
    for one in acts:
        act = Act(one.act)
        parts = [text_name(texts.get(one.text_id)), extent_words(one), say(Source(one.source))]
        if one.recipient_id is not None and one.standing == Standing.UNVERIFIED:
            parts.append(say(Standing.UNVERIFIED))
        made.append({
            "icon": ICONS[act][0], "tone": ICONS[act][1], "at": one.act_at,
            "title": _title(act), "facts": " · ".join(part for part in parts if part),
            "code": "sha256 " + one.leaf.hex()[:12] + "…",
            "link": {"url": url_of(one), "label": record_number(one.id)} if with_links else None})
    return made


def _title(act: Act) -> str:
    return {Act.SHOWN: _("The privacy notice was shown"),
            Act.READ: _("The privacy notice was read and understood"),
            Act.GIVEN: _("An explicit consent was given"),
            Act.WITHDRAWN: _("An explicit consent was withdrawn")}[act]


@tells
def beside_consents(entries: list[ConsentEntry]) -> list[Step]:
    """The same person's acts with the brand, in the story of a consent (R-58, R-60)."""
    if not entries:
        return []
    one = entries[0]
    return steps(listing.acts_of(one.provider_id, one.recipient_id, one.brand_id),
                 with_links=True)
