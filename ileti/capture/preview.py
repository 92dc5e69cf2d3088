"""A text as visitors will see it, drawn by the very templates that draw it for them.

Why here: the public pages belong to this floor, and a preview by other code would sooner or later
show something else. So what is asked with a box is drawn on the form of the brand: a commercial
consent and each statement of explicit consent (R-57, R-58). A preview takes no consent: its token
names a text that does not exist, so that even a copied form is refused, and its form posts nowhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select

from ileti.capture import forms
from ileti.capture.page import draw
from ileti.capture.sites import Site, Text
from ileti.channels.render import istanbul_text
from ileti.consents.ledger import Place
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, orm
from ileti.core.errors import NotFound
from ileti.documents import pages, showing
from ileti.documents.facts import Judged, facts_of, judge
from ileti.documents.models import Document, DocumentDraft
from ileti.documents.publish import LONGEST_BODY
from ileti.documents.vocabulary import ETK, NOTICE, ONE_PURPOSE
from ileti.tenancy.models import Brand, Provider


class PreviewView(BaseView):
    """The preview of a draft."""

    route_base = "/metinler"
    class_permission_name = "document"
    default_view = "show"
    method_permission_name = {"show": "read", "typed": "read"}

    @expose("/<int:pk>/onizleme/<language>", methods=["GET"])
    @has_access
    def show(self, pk: int, language: str) -> ResponseReturnValue:
        """The draft as it is kept; without one, what is on show."""
        document = pages.find(pk)
        draft = orm.db.session.scalars(select(DocumentDraft).where(
            DocumentDraft.document_id == document.id,
            DocumentDraft.language == pages.language_of(language))).first()
        if draft is not None:
            return _drawn(document, language, draft.title, draft.body)
        newest = next((one for one in pages.versions_of([document.id])
                       if one.language == language), None)
        if newest is None:
            return _drawn(document, language, "", "")
        return _drawn(document, language, newest.title, newest.body)

    @expose("/<int:pk>/onizleme/<language>", methods=["POST"])
    @has_access
    def typed(self, pk: int, language: str) -> ResponseReturnValue:
        """What stands in the editor now, kept or not."""
        document = pages.find(pk)
        body = request.form.get("body", "").replace("\r\n", "\n")[:LONGEST_BODY]
        return _drawn(document, pages.language_of(language), request.form.get("title", "")[:255],
                      body)


def _drawn(document: Document, language: str, title: str, body: str) -> ResponseReturnValue:
    judged = judge(facts_of(db.connection(), document.id), language, title, body.strip())
    brand = document.brand or orm.db.session.scalars(select(Brand).where(
        Brand.provider_id == document.provider_id).order_by(Brand.id)).first()
    provider = orm.db.session.get(Provider, document.provider_id)
    if provider is None or brand is None:
        raise NotFound()
    if (document.kind == ETK and document.channel) or document.kind in ONE_PURPOSE:
        site = _with(document, _shown(provider, brand), language, judged)
        if site.offered(language):
            return _form(site, brand, language)
    return draw("notice.html", language, brand.name, brand_id=brand.id, notice={
        "title": judged.title or document.name, "version": "–",
        "published_at": istanbul_text(clock.now()), "hash": "–",
        "body": judged.body.replace("**", ""), "current": True, "retired_at": None})


def _form(site: Site, brand: Brand, language: str) -> ResponseReturnValue:
    shown: dict[str, Any] = forms.show(site, language)
    return draw("form.html", language, brand.name, brand_id=brand.id, form=shown, token="",
                key="", shown_at="", action="#", other=None)


def _shown(provider: Provider, brand: Brand) -> Site:
    """The consent form of the brand with what is on show."""
    site = _site(provider, brand)
    for one in showing.on_show(provider.id, brand.id, clock.now()):
        text = Text(0, one.version, one.title, one.body, "")
        if one.kind == ETK and one.channel:
            site.consents[one.language, Channel(one.channel)] = text
        elif one.kind == NOTICE:
            site.notices[one.language] = replace(text, id=one.version_id)
    return site


def _with(document: Document, site: Site, language: str, judged: Judged) -> Site:
    """The form with this text in its place: a statement of explicit consent is the only one it
    asks for."""
    text = Text(0, 0, judged.title, judged.body, "", document.id)
    if document.kind == ETK:
        site.consents[language, Channel(document.channel or 0)] = text
        return site
    site.asked[language, document.id] = text
    return replace(site, explicit_consents=(document.id,))


def _site(provider: Provider, brand: Brand) -> Site:
    """A site that exists nowhere; no key leads to it."""
    return Site(
        id=0, key="onizleme", name="", place=Place(provider.id, provider.iys_code, brand.id,
                                                   brand.brand_code),
        provider_title=provider.title, brand_name=brand.name, dealer_id=None, dealer_name=None,
        secrets=(), origins=frozenset(), policy="code",
        channels=(Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA), form_version=0)
