"""Texts in the panel: the list, a text with its versions, and what may be done with it.

A version is never changed; the pages show its hash, which is in the evidence of every consent
taken on it (R-17, R-58). Writing is in :mod:`ileti.documents.editor`.
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, delete, exists, select
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, Optional

from ileti.core import orm
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.documents import pages, showing
from ileti.documents.models import (
    Document,
    DocumentDraft,
    DocumentEvent,
    DocumentPurpose,
    DocumentVersion,
    Purpose,
)
from ileti.documents.pages import CHANNEL_NAMES, LANGUAGES, emphasised, language_name
from ileti.documents.vocabulary import GROUNDS, KINDS, WITH_CHANNEL
from ileti.tenancy import asked, audit, scope
from ileti.tenancy import offered as offers
from ileti.tenancy.crud import Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

__all__ = ["DocumentView", "emphasised", "language_name"]

PAGE: Final = 50
STATES: Final = {"yayinda": _l("Published"), "incelemede": _l("In review"), "taslak": _l("Draft"),
                 "arsiv": _l("Archived")}


class DocumentView(RecordView):
    """Documents and their versions."""

    datamodel = Records(Document)
    route_base = "/metinler"
    class_permission_name = "document"
    method_permission_name = RecordView.method_permission_name | {
        "retire": "publish", "put_on_forms": "publish", "link_purposes": "write"}
    list_title, add_title, show_title = _l("Texts"), _l("Add a text"), _l("Text")
    edit_title = _l("Change the text’s record")
    label_columns = COMMON_LABELS | {"kind": _l("Kind"), "channel": _l("Channel")}
    list_columns = ["name", "kind", "channel", "brand"]
    order_columns = ["name"]
    search_columns = ["name"]
    add_columns = ["provider", "brand", "name", "kind", "channel", "in_contract"]
    description_columns = {
        "brand": _l("Empty: every brand of the provider shows it that has none of its own.")}
    add_form_extra_fields = {
        "kind": SelectField(_l("Kind"), [InputRequired()],
                            choices=lambda: [(key, say(word)) for key, word in KINDS.items()]),
        "channel": SelectField(
            _l("Channel"), [Optional()], coerce=lambda v: int(v) if str(v).isdigit() else None,
            choices=[("", _l("All")), (2, _l("SMS")), (1, _l("Call")), (3, _l("E-mail"))],
            description=_l("Of commercial consents only: one text per channel.")),
        "in_contract": BooleanField(
            _l("Stands inside a contract"),
            description=_l("Then its heading, the way to refuse and 12 point are checked too.")),
    }
    edit_columns = ["name", "in_contract"]
    edit_form_extra_fields = {"in_contract": add_form_extra_fields["in_contract"]}
    show_columns = ["name"]

    def pre_add(self, item: Any) -> None:
        """Whose it is must be said, and a consent says its channel (R-58)."""
        here = scope.current()
        if item.brand is not None:
            item.provider_id = item.brand.provider_id
            item.provider = item.brand.provider
        elif here.brand_id is not None:
            raise Told(_("Choose a brand."))
        elif item.provider is None:
            raise Told(_("Choose a provider."))
        if (item.kind in WITH_CHANNEL) != (item.channel is not None):
            raise Told(_("Choose a channel for a commercial consent, and none for other texts."))

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        """All texts, by kind, brand and state; a query nobody's link has leads to the plain list.
        """
        if not self._query_fits():
            return redirect(request.path)
        place = request.args.get("sayfa", 0, type=int)
        place = place if 0 <= place < 10_000 else 0
        chosen = {name: request.args.get(name, "") for name in ("tur", "marka", "durum")}
        found = orm.db.session.scalars(_wanted(chosen).order_by(
            Document.brand_id.nulls_first(), Document.kind, Document.channel, Document.id
        ).limit(PAGE + 1).offset(place * PAGE)).unique().all()
        return self.render_template(
            "panel/documents/list.html", title=self.list_title, rows=_rows(found[:PAGE]),
            filters=_filters(chosen), kept=[(k, v) for k, v in chosen.items() if v],
            before=_at(chosen, place - 1) if place else None,
            after=_at(chosen, place + 1) if len(found) > PAGE else None,
            may_add=self.appbuilder.sm.has_access("can_write", "document"))

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """A text: what is on show, what is being written, every version, its purposes."""
        return self._page(pages.find(pk))

    @expose("/<int:pk>/kaldir", methods=["POST"])
    @has_access
    def retire(self, pk: int) -> ResponseReturnValue:
        """Take the text off from now on."""
        document = pages.find(pk)
        pages.refuse_foreign(document, "document:publish")
        orm.db.session.rollback()  # the event is written on a connection of its own
        try:
            done = showing.retire(pk, user_id=current_user.id,
                                  reason=request.form.get("reason", ""))
        except IletiError as error:
            flash(say(error.errors[0] if error.errors else error), "danger")
        else:
            flash(_("The text is taken off.") if done
                  else _("Nothing of this text is on show."), "success" if done else "warning")
        return redirect(url_for("DocumentView.show", pk=pk))

    @expose("/<int:pk>/formlara", methods=["POST"])
    @has_access
    def put_on_forms(self, pk: int) -> ResponseReturnValue:
        """Let forms show this text instead of another of its kind."""
        document = pages.find(pk)
        pages.refuse_foreign(document, "document:publish")
        orm.db.session.rollback()
        if showing.put_on_forms(pk, user_id=current_user.id):
            flash(_("Forms show this text within seconds."), "success")
        else:
            flash(_("Nothing of this text is on show."), "warning")
        return redirect(url_for("DocumentView.show", pk=pk))

    @expose("/<int:pk>/amaclar", methods=["POST"])
    @has_access
    def link_purposes(self, pk: int) -> ResponseReturnValue:
        """Say which purposes the text speaks of; the next version keeps them as they are then."""
        document = pages.find(pk)
        pages.refuse_foreign(document)
        offered = {one.id: one for one in _purposes(document)}
        wanted = {int(v) for v in request.form.getlist("purpose") if v.isascii() and v.isdigit()}
        orm.db.session.execute(delete(DocumentPurpose).where(
            DocumentPurpose.document_id == document.id).execution_options(
            synchronize_session=False))
        for number in sorted(wanted & set(offered)):
            orm.db.session.add(DocumentPurpose(document_id=document.id, purpose_id=number,
                                               provider_id=document.provider_id))
        audit.record("document:purposes", f"document:{document.id}",
                     {"count": len(wanted & set(offered))}, provider_id=document.provider_id)
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("DocumentView.show", pk=pk, _anchor="amaclar"))

    def _page(self, document: Document) -> ResponseReturnValue:
        versions = pages.versions_of([document.id])
        retired = pages.retirements_of([document.id])
        states = pages.states_of(versions, retired)
        drafts = {one.language: one for one in pages.drafts_of([document.id])}
        linked = set(orm.db.session.scalars(select(DocumentPurpose.purpose_id).where(
            DocumentPurpose.document_id == document.id)))
        may_write = pages.may_change(document)
        may_publish = pages.may_change(document, "document:publish")
        shown = [one for one in versions if states[one.id] == "published"]
        return self.render_template(
            "panel/documents/show.html", document=document, line=pages.heading(document),
            crumbs=pages.crumbs(document), emphasised=emphasised,
            actions=[{"label": _("Change the record"), "icon": "pencil",
                      "url": url_for("DocumentView.edit", pk=document.id)}] if may_write else [],
            languages=[_language(document, code, name, shown, drafts.get(code), may_write)
                       for code, name in LANGUAGES],
            shown=shown, language_name=language_name,
            rows=[pages.version_row(one, states[one.id]) for one in versions],
            purposes=[{"id": one.id, "name": one.name, "ground": say(GROUNDS[one.ground]),
                       "chosen": one.id in linked} for one in _purposes(document)],
            events=_events(document), may_write=may_write, may_publish=may_publish,
            several=may_publish and bool(shown) and _has_rival(document))


def _wanted(chosen: dict[str, str]) -> Select[tuple[Document]]:
    rows = select(Document)
    if chosen["tur"] in KINDS:
        rows = rows.where(Document.kind == chosen["tur"])
    if chosen["marka"] == "ortak":
        rows = rows.where(Document.brand_id.is_(None))
    elif chosen["marka"].isascii() and chosen["marka"].isdigit() and len(chosen["marka"]) < 10:
        rows = rows.where(Document.brand_id == int(chosen["marka"]))
    where = _state(chosen["durum"])
    return rows if where is None else rows.where(where)


def _state(key: str) -> ColumnElement[bool] | None:
    """The list's filter of state as SQL; None for no filter."""
    def drafts(state: str) -> ColumnElement[bool]:
        return exists().where(DocumentDraft.document_id == Document.id,
                              DocumentDraft.state == state)

    any_version = exists().where(DocumentVersion.document_id == Document.id)
    live = pages.on_show_now()
    return {"yayinda": live, "incelemede": drafts("REVIEW"), "taslak": drafts("DRAFT"),
            "arsiv": any_version & ~live}.get(key)


def _rows(documents: Any) -> list[dict[str, Any]]:
    ids = [one.id for one in documents]
    versions, retired = pages.versions_of(ids), pages.retirements_of(ids)
    states = pages.states_of(versions, retired)
    drafts = pages.drafts_of(ids)
    rows = []
    for one in documents:
        shown = [v for v in versions if v.document_id == one.id and states[v.id] == "published"]
        rows.append({
            "name": one.name, "url": url_for("DocumentView.show", pk=one.id),
            "kind": pages.kind_name(one.kind), "owner": pages.owner_name(one),
            "channel": str(CHANNEL_NAMES.get(one.channel, "")),
            "since": max((v.effective_from for v in shown), default=None),
            "badges": [*(("published", f"{v.language} · {v.version}") for v in shown),
                       *(("in_review" if d.state == "REVIEW" else "draft", d.language)
                         for d in drafts if d.document_id == one.id),
                       *([("archived", "")] if not shown and any(
                           v.document_id == one.id for v in versions) else [])],
        })
    return rows


def _filters(chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        asked.one_of("tur", _("Kind"), [(key, say(word)) for key, word in KINDS.items()], chosen),
        asked.one_of("marka", _("Brand"), asked.brand_or_all(
            offers.brands(), _("All brands")), chosen),
        asked.one_of("durum", _("State"), [(key, str(word)) for key, word in STATES.items()],
                     chosen),
    ]


def _at(chosen: dict[str, str], place: int) -> str:
    kept: dict[str, Any] = {k: v for k, v in chosen.items() if v}
    return url_for("DocumentView.list", sayfa=place, **kept)


def _language(document: Document, code: str, name: str, shown: list[DocumentVersion],
              draft: DocumentDraft | None, may_write: bool) -> dict[str, Any]:
    now = next((one for one in shown if one.language == code), None)
    link = url_for("DraftView.edit", pk=document.id, language=code)
    return {"code": code, "name": name, "version": now, "draft": draft,
            "version_url": url_for("VersionView.show", pk=now.id) if now else None,
            "edit_url": link if may_write else None,
            "review_url": url_for("DraftView.review", pk=document.id, language=code)
            if draft is not None else None}


def _purposes(document: Document) -> list[Purpose]:
    """Purposes a document may speak of: the provider's, and its brand's own."""
    where: ColumnElement[bool] = Purpose.brand_id.is_(None)
    if document.brand_id is not None:
        where = where | (Purpose.brand_id == document.brand_id)
    return list(orm.db.session.scalars(select(Purpose).where(
        Purpose.provider_id == document.provider_id, Purpose.active, where).order_by(
        Purpose.name)))


def _events(document: Document) -> list[dict[str, Any]]:
    found = orm.db.session.scalars(select(DocumentEvent).where(
        DocumentEvent.document_id == document.id).order_by(DocumentEvent.id))
    words = {"RETIRED": ("archive", _("Taken off")), "ON_FORMS": ("globe", _("Put on forms"))}
    return [{"icon": words[one.kind][0], "title": words[one.kind][1], "at": one.at,
             "facts": one.reason, "tone": "mute"} for one in found]


def _has_rival(document: Document) -> bool:
    """Whether the same place has another text of this kind, so that one must be on forms."""
    return orm.db.session.scalar(select(exists().where(
        Document.provider_id == document.provider_id, Document.kind == document.kind,
        Document.brand_id.is_not_distinct_from(document.brand_id),
        Document.channel.is_not_distinct_from(document.channel),
        Document.id != document.id))) is True


name_things("document", Document, "DocumentView.show", "document:read")
