"""One published version, what it changed, and which text was on show at a moment.

A court asks "what did she read on 3 May at ten?"; the page answers with the wording, its version
and its hash, which stand in the evidence of the consent (R-17).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _

from ileti.core import clock
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.documents import pages, showing
from ileti.documents.diff import Row, side_by_side
from ileti.documents.merge import FIELDS
from ileti.documents.models import DocumentVersion
from ileti.documents.pages import CHANNEL_NAMES
from ileti.documents.renewal import RENEWALS
from ileti.documents.vocabulary import GROUNDS, KINDS
from ileti.tenancy import offered, security
from ileti.tenancy.models import Brand
from ileti.tenancy.trail import person

ISTANBUL: Final = ZoneInfo("Europe/Istanbul")


def compared(before: str, after: str) -> list[Row]:
    """Two wordings side by side; empty when there is nothing to compare with."""
    return side_by_side(before, after) if before else []


class VersionView(BaseView):
    """A published version."""

    route_base = "/metinler/surum"
    class_permission_name = "document"
    default_view = "show"
    method_permission_name = {"show": "read"}

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The wording, and what it changed against another version of the same language."""
        version = pages.find_version(pk)
        document = version.document
        same = [one for one in pages.versions_of([document.id])
                if one.language == version.language]
        states = pages.states_of(same, pages.retirements_of([document.id]))
        other = _other(same, version)
        facts = [
            (_("State"), {"published": _("on show"), "planned": _("planned"),
                          "archived": _("no longer on show")}[states[version.id]]),
            (_("Published"), _by(version)),
            (_("Fields filled in"), ", ".join(
                f"{say(FIELDS[key])}: {value}" for key, value in version.source.get(
                    "fields", {}).items() if key in FIELDS) or "—"),
            (_("Purposes"), "; ".join(
                f"{one['name']} ({say(GROUNDS[one['ground']])})" for one in version.purposes
                if one.get("ground") in GROUNDS) or "—"),
            (_("People are told"), say(RENEWALS[version.renewal])
             + (f" · {version.renewal_reason}" if version.renewal_reason else "")),
            *([(_("Topics"), ", ".join(version.topics))] if version.topics else []),
        ]
        return self.render_template(
            "panel/documents/version.html", version=version, document=document, facts=facts,
            state=states[version.id], line=pages.heading(document), other=other,
            crumbs=pages.crumbs(document, _("Version %(n)s", n=version.version)),
            language_name=pages.language_name(version.language),
            emphasised=pages.emphasised, rows=compared(other.body, version.body) if other else [],
            others=[{"n": one.version, "url": url_for(
                "VersionView.show", pk=pk, once=one.id), "current": other is not None
                and one.id == other.id} for one in same if one.id != version.id][:30],
            public_url=f"/n/{version.id}" if states[version.id] != "planned" else None,
            seen_url=url_for("SeenView.show", pk=pk) if security.may("consent:read") else None)


def _other(same: list[DocumentVersion], version: DocumentVersion) -> DocumentVersion | None:
    """The version asked for, else the one before."""
    wanted = request.args.get("once", 0, type=int)
    chosen = next((one for one in same if one.id == wanted and one.id != version.id), None)
    return chosen or next((one for one in same if one.version < version.version), None)


def _by(version: DocumentVersion) -> str:
    from ileti.core import formats

    at = formats.moment(version.published_at, seconds=True)
    return at if version.published_by is None else f"{at} · {person(version.published_by)}"


class OnShowView(BaseView):
    """Which texts were on show for a brand at a moment."""

    route_base = "/metinler/o-an"
    class_permission_name = "document"
    default_view = "index"
    method_permission_name = {"index": "read"}

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        """The form, and the answer for its brand and moment; now when none is given."""
        brands = offered.brands()
        at, typed, problem = _moment()
        brand = _brand(list(brands))
        rows = showing.on_show(brand.provider_id, brand.id, at) if brand and at else []
        return self.render_template(
            "panel/documents/on_show.html", brands=brands, brand=brand, at=at, typed=typed,
            problem=problem, crumbs=[(_("Texts"), url_for("DocumentView.list")),
                                     (_("On show at a moment"), None)],
            rows=[_row(one) for one in rows], emphasised=pages.emphasised)


def _brand(brands: list[Brand]) -> Brand | None:
    wanted = request.args.get("marka", 0, type=int)
    if not wanted:
        return brands[0] if brands else None
    found = next((one for one in brands if one.id == wanted), None)
    if found is None:
        raise NotFound()
    return found


def _moment() -> tuple[datetime | None, str, str]:
    """The moment asked for, what was typed, and what is wrong with it."""
    typed = request.args.get("an", "").strip()[:40]
    if not typed:
        now = clock.to_istanbul(clock.now())
        return now, now.strftime("%Y-%m-%dT%H:%M"), ""
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return None, typed, _("Write a date and a time, like 2026-05-03T10:00.")
    at = at if at.tzinfo else at.replace(tzinfo=ISTANBUL)
    if not 2000 <= at.year <= 2200:
        return None, typed, _("Write a date and a time, like 2026-05-03T10:00.")
    return at, at.astimezone(ISTANBUL).strftime("%Y-%m-%dT%H:%M"), ""


def _row(one: showing.OnShow) -> dict[str, Any]:
    return {"name": one.name, "kind": say(KINDS[one.kind]), "inherited": one.inherited,
            "channel": str(CHANNEL_NAMES.get(one.channel or 0, "")), "title": one.title,
            "language": pages.language_name(one.language), "version": one.version,
            "url": url_for("VersionView.show", pk=one.version_id), "body": one.body,
            "since": one.effective_from, "hash": one.content_hash.hex()}
