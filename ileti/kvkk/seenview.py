"""The page of who has seen a version of a text: numbers, a list, and who must be told anew.

It stands above both ledgers, because documents lie floors below and know no consent.
"""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from ileti.consents.detail import record_url
from ileti.consents.listing import recipients_of
from ileti.consents.models import ConsentEntry, Submission
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Source
from ileti.core import db, formats, orm
from ileti.core.formats import say
from ileti.documents import pages
from ileti.documents.models import DocumentVersion
from ileti.documents.renewal import RENEWALS
from ileti.kvkk import pages as acting
from ileti.kvkk import seen, standing
from ileti.kvkk.listing import addresses
from ileti.kvkk.models import KvkkEntry
from ileti.kvkk.vocabulary import Act
from ileti.recipients.address import mask


class SeenView(BaseView):
    """Who has seen a version."""

    route_base = "/metinler/gorenler"
    class_permission_name = "consent"
    default_view = "show"
    method_permission_name = {"show": "read"}

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """Numbers of the version and the records that showed it, with their people."""
        version = pages.find_version(pk)
        document = version.document
        renewing, asks = _renewing(version)
        before = request.args.get("once", 0, type=int)
        found, older = seen.rows(version, before if 0 < before < 2**62 else None)
        counted = seen.numbers(version, renewing)
        return self.render_template(
            "panel/documents/seen.html", version=version, document=document,
            line=f"{pages.heading(document)} · {pages.language_name(version.language)}",
            crumbs=pages.crumbs(document, _("Who has seen version %(n)s", n=version.version)),
            tiles=_tiles(counted, bool(renewing)),
            rule=say(RENEWALS[asks]) if asks else "", renewing=renewing,
            to_renew=_number(counted.to_renew), late=found is None,
            rows=_rows(found or [], version),
            older=url_for("SeenView.show", pk=pk, once=older) if older else None)


def _renewing(version: DocumentVersion) -> tuple[list[DocumentVersion], str | None]:
    """Later versions, the newest first, back to the first that is to be told or asked anew, and
    which of both; none and None when there is none."""
    ids, asks = standing.since(db.connection(), version.id, provider_id=version.provider_id)
    later = {one.id: one for one in pages.versions_of([version.document_id])}
    return [later[one] for one in ids if one in later], asks


def _number(count: int | None) -> str:
    if count is None:
        return ""
    text = formats.number(count)
    return _("more than %(n)s", n=text) if count >= seen.COUNTED else text


def _tiles(counted: seen.Numbers, renewing: bool) -> list[dict[str, Any]]:
    tiles: list[dict[str, Any]] = [
        {"icon": "eye", "label": _("Records that showed it"), "number": counted.shown,
         "note": _("by visitors and by people at work")},
        {"icon": "circle-check", "label": _("Consents given on it"), "number": counted.given,
         "note": _("also those not verified")},
        {"icon": "book-open", "label": _("Read and understood"),
         "number": counted.acknowledged, "note": _("acknowledged as a notice")},
    ]
    if renewing:
        tiles.append({"icon": "bell", "label": _("To be told anew"), "tone": "wait",
                      "number": counted.to_renew, "note": _("rest on this version still")})
    for one in tiles:
        if one["number"] is None:
            one["note"] = _("not counted now")
    return tiles


def _rows(found: list[Submission], version: DocumentVersion) -> list[dict[str, Any]]:
    """Each click with its people: who chose, and who was shown something, read it or gave a consent
    (a click may have no commercial choice at all)."""
    choices, acts = _choices(found), _acts(found)
    texts = acting.versions([
        *(act.text_id for some in acts.values() for act in some),
        *(number for one in found if (number := _acknowledged(one)) is not None), version.id])
    clear = addresses((act.provider_id, act.recipient_id) for some in acts.values()
                      for act in some if act.recipient_id is not None)

    def line(act: KvkkEntry) -> dict[str, Any]:
        word, other = say(Act(act.act)), act.text_id != version.id
        return {"icon": acting.ICONS[Act(act.act)][0], "url": acting.url_of(act),
                "word": f"{word} · {acting.text_name(texts.get(act.text_id))}" if other else word,
                "address": acting.shown_address(
                    clear.get((act.provider_id, act.recipient_id or 0)),
                    nobody=act.recipient_id is None)}

    return [{"at": one.captured_at, "source": say(Source(one.source)),
             "choices": choices.get(one.id, []),
             "acts": [line(act) for act in acts.get(one.id, [])],
             "notice": _notice(one, acts.get(one.id, []), version, texts)} for one in found]


def _choices(found: list[Submission]) -> dict[int, list[dict[str, Any]]]:
    """Commercial choices by click."""
    keys = [(one.provider_id, number) for one in found for number in one.entry_ids]
    entries = list(orm.db.session.scalars(select(ConsentEntry).where(tuple_(
        ConsentEntry.provider_id, ConsentEntry.id).in_(keys)).order_by(ConsentEntry.id))) \
        if keys else []
    people = recipients_of((entry, None) for entry in entries)
    by_click: dict[int, list[dict[str, Any]]] = {}
    for entry in entries:
        address = address_of(people.get((entry.provider_id, entry.recipient_id)))
        by_click.setdefault(entry.submission_id, []).append({
            "address": mask(address) if address else _("erased"), "url": record_url(entry),
            "channel": Channel(entry.channel).name})
    return by_click


def _acts(found: list[Submission]) -> dict[int, list[KvkkEntry]]:
    """Acts by click, of those the user may see."""
    by_click: dict[int, list[KvkkEntry]] = {}
    for one in orm.db.session.scalars(select(KvkkEntry).where(tuple_(
            KvkkEntry.provider_id, KvkkEntry.submission_id).in_(
            [(one.provider_id, one.id) for one in found])).order_by(KvkkEntry.id)):
        by_click.setdefault(one.submission_id, []).append(one)
    return by_click


def _acknowledged(click: Submission) -> int | None:
    """The version of the notice a click declared as read, as its evidence keeps it."""
    said = click.evidence.get("notice")
    number = said.get("version") if isinstance(said, dict) else None
    return number if isinstance(number, int) else None


def _notice(click: Submission, acts: list[KvkkEntry], version: DocumentVersion,
            texts: dict[int, DocumentVersion]) -> str:
    """What became of the notice in the click: this very version's first, another one by its name;
    nothing where none was shown."""
    seen_here = sorted((act for act in acts if Act(act.act).of_notice), reverse=True,
                       key=lambda act: (act.text_id == version.id, act.act))
    kept = _acknowledged(click)
    if seen_here:
        number, read = seen_here[0].text_id, seen_here[0].act == Act.READ
    elif kept is not None:
        number, read = kept, True
    else:
        return ""
    word = _("read") if read else _("shown")
    return word if number == version.id else f"{word} · {acting.text_name(texts.get(number))}"
