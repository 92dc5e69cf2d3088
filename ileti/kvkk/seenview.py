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
from ileti.core import formats, orm
from ileti.core.formats import say
from ileti.documents import pages
from ileti.documents.models import DocumentVersion
from ileti.documents.renewal import NONE, RENEWALS
from ileti.kvkk import seen
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
        """Numbers of the version and the submissions that showed it."""
        version = pages.find_version(pk)
        document = version.document
        renewing = _renewing(version)
        before = request.args.get("once", 0, type=int)
        found, older = seen.rows(version, before if 0 < before < 2**62 else None)
        counted = seen.numbers(version, renewing)
        return self.render_template(
            "panel/documents/seen.html", version=version, document=document,
            line=f"{pages.heading(document)} · {pages.language_name(version.language)}",
            crumbs=pages.crumbs(document, _("Who has seen version %(n)s", n=version.version)),
            tiles=_tiles(counted, bool(renewing)),
            rule=say(RENEWALS[renewing[0].renewal]) if renewing else "",
            renewing=renewing, to_renew=_number(counted.to_renew), rows=_rows(found),
            older=url_for("SeenView.show", pk=pk, once=older) if older else None)


def _renewing(version: DocumentVersion) -> list[DocumentVersion]:
    """Later versions of the language, the newest first, back to the first that is to be told or
    asked anew; empty when there is none."""
    later = [one for one in pages.versions_of([version.document_id])
             if one.language == version.language and one.version > version.version]
    first = min((one.version for one in later if one.renewal != NONE), default=None)
    return [] if first is None else [one for one in later if one.version >= first]


def _number(count: int) -> str:
    text = formats.number(count)
    return _("more than %(n)s", n=text) if count >= seen.COUNTED else text


def _tiles(counted: seen.Numbers, renewing: bool) -> list[dict[str, Any]]:
    tiles = [
        {"icon": "eye", "label": _("Forms that showed it"), "number": counted.shown,
         "note": _("sent by a visitor")},
        {"icon": "circle-check", "label": _("Consents given on it"), "number": counted.given,
         "note": _("also those not verified")},
        {"icon": "book-open", "label": _("Read and understood"),
         "number": counted.acknowledged, "note": _("acknowledged as a notice")},
    ]
    if renewing:
        tiles.append({"icon": "bell", "label": _("To be told anew"), "tone": "wait",
                      "number": counted.to_renew, "note": _("rest on this version still")})
    return tiles


def _rows(found: list[Submission]) -> list[dict[str, Any]]:
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
    return [{"at": one.captured_at, "source": say(Source(one.source)),
             "choices": by_click.get(one.id, []),
             "read": bool(one.evidence.get("notice"))} for one in found]
