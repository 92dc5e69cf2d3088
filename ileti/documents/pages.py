"""What the pages of texts have in common: finding one, who may change it, how things are called.

A brand's people read the provider's texts, because their forms show them, and change only their
own; a text outside the user's sight is not there at all (R-15).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Select, exists, func, select

from ileti.core import clock, orm
from ileti.core.errors import NotAllowed, NotFound
from ileti.core.formats import say
from ileti.documents.models import Document, DocumentDraft, DocumentEvent, DocumentVersion
from ileti.documents.vocabulary import KINDS
from ileti.tenancy import scope, security

LANGUAGES: Final = (("tr", "Türkçe"), ("en", "English"))
CHANNEL_NAMES: Final = {2: _l("SMS"), 1: _l("Call"), 3: _l("E-mail")}
LARGEST: Final = 2**31 - 1


def find(pk: int) -> Document:
    """The document in the user's sight; raises NotFound."""
    found = orm.db.session.scalars(select(Document).where(
        Document.id == min(pk, LARGEST))).first()
    if found is None:
        raise NotFound()
    return found


def find_version(pk: int) -> DocumentVersion:
    """The version in the user's sight; raises NotFound."""
    found = orm.db.session.scalars(select(DocumentVersion).where(
        DocumentVersion.id == min(pk, LARGEST))).first()
    if found is None:
        raise NotFound()
    return found


def may_change(document: Document, permission: str = "document:write") -> bool:
    """Whether this request's user may change the document: the right, and the place."""
    here = scope.current()
    return security.may(permission) and here.dealer_id is None and (
        here.brand_id is None or document.brand_id == here.brand_id)


def refuse_foreign(document: Document, permission: str = "document:write") -> None:
    """Raises NotAllowed for the provider's text at a brand."""
    if not may_change(document, permission):
        raise NotAllowed(
            "Bu metin sağlayıcınındır; markanız için kendi metninizi ekleyin.",
            "This text is the provider’s; add one of your own for your brand.")


def language_of(code: str) -> str:
    """A language we have texts in; raises NotFound."""
    if code not in dict(LANGUAGES):
        raise NotFound()
    return code


def language_name(code: str) -> str:
    """A language in its own words; the code of one we have no name for."""
    return dict(LANGUAGES).get(code, code)


def kind_name(kind: str) -> str:
    """A kind of text as people call it."""
    return say(KINDS[kind]) if kind in KINDS else kind


def owner_name(document: Document) -> str:
    """Whose text it is."""
    if document.brand is None:
        return _("all brands of %(name)s", name=str(document.provider))
    return str(document.brand)


def heading(document: Document) -> str:
    """One line below a document's name: kind, channel, owner."""
    parts = [kind_name(document.kind)]
    if document.channel in CHANNEL_NAMES:
        parts.append(str(CHANNEL_NAMES[document.channel]))
    return " · ".join([*parts, owner_name(document)])


def crumbs(document: Document, *more: str) -> list[tuple[str, str | None]]:
    """The way to a page of a document; the last is the page itself."""
    first: list[tuple[str, str | None]] = [(_("Texts"), url_for("DocumentView.list"))]
    if not more:
        return [*first, (document.name, None)]
    return [*first, (document.name, url_for("DocumentView.show", pk=document.id)),
            *((one, None) for one in more)]


def versions_of(ids: Iterable[int]) -> list[DocumentVersion]:
    """All versions of some documents, the newest first."""
    return list(orm.db.session.scalars(select(DocumentVersion).where(
        DocumentVersion.document_id.in_(list(ids))).order_by(
        DocumentVersion.version.desc(), DocumentVersion.language.desc())))


def drafts_of(ids: Iterable[int]) -> list[DocumentDraft]:
    """What is being written in some documents."""
    return list(orm.db.session.scalars(select(DocumentDraft).where(
        DocumentDraft.document_id.in_(list(ids))).order_by(DocumentDraft.language.desc())))


def retirements_of(ids: Iterable[int]) -> dict[int, datetime]:
    """When a document was last retired."""
    rows = orm.db.session.scalars(select(DocumentEvent).where(
        DocumentEvent.document_id.in_(list(ids)), DocumentEvent.kind == "RETIRED").order_by(
        DocumentEvent.at))
    return {one.document_id: one.at for one in rows}


def states_of(versions: list[DocumentVersion],
              retired: dict[int, datetime]) -> dict[int, str]:
    """``published``, ``planned`` or ``archived`` by version; the same rule as the database's
    ``texts_on_show``, for versions given newest first."""
    now, taken, states = clock.now(), set(), {}
    for one in versions:
        place, end = (one.document_id, one.language), retired.get(one.document_id)
        if end is not None and end >= one.published_at:
            states[one.id] = "archived"
        elif one.effective_from > now:
            states[one.id] = "planned"
        else:
            states[one.id] = "archived" if place in taken else "published"
            taken.add(place)
    return states


def on_show_now() -> ColumnElement[bool]:
    """That a document has a version on show, as SQL beside ``document``."""
    return exists().where(DocumentVersion.document_id == Document.id,
                          DocumentVersion.effective_from <= func.now(), ~_retired())


def versions_on_show() -> Select[tuple[DocumentVersion]]:
    """The version in force of each text and language, of what was not retired since."""
    return select(DocumentVersion).distinct(
        DocumentVersion.document_id, DocumentVersion.language).where(
        DocumentVersion.effective_from <= func.now(), ~_retired()).order_by(
        DocumentVersion.document_id, DocumentVersion.language, DocumentVersion.version.desc())


def versions_planned() -> Select[tuple[DocumentVersion]]:
    """Versions that will come into force, of what was not retired since."""
    return select(DocumentVersion).where(DocumentVersion.effective_from > func.now(), ~_retired())


def _retired() -> ColumnElement[bool]:
    """That the text was taken off since the version was published, beside ``document_version``."""
    return exists().where(DocumentEvent.document_id == DocumentVersion.document_id,
                          DocumentEvent.kind == "RETIRED",
                          DocumentEvent.at >= DocumentVersion.published_at)


def emphasised(text: str) -> Markup:
    """A text as it was shown: ``**words**`` stand out, blank lines part paragraphs and ``## ``
    opens a heading (as on the public page of a notice); everything else is plain."""
    joined = re.sub(r",\n\n(?!## )", ", ", text.replace("\r\n", "\n"))  # one sentence in two parts
    blocks = [one.strip() for one in joined.split("\n\n") if one.strip()]
    if len(blocks) < 2:
        return _strong(joined)
    return Markup("").join(
        Markup("<h3>{}</h3>").format(_strong(one[3:])) if one.startswith("## ")
        else Markup("<p>{}</p>").format(_strong(one)) for one in blocks)


def _strong(text: str) -> Markup:
    marked = str(escape(text))  # escaped first; only our own tag is added
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", marked))  # noqa: S704


def version_row(one: DocumentVersion, state: str) -> dict[str, Any]:
    """A version as tables show it."""
    return {"id": one.id, "url": url_for("VersionView.show", pk=one.id), "version": one.version,
            "language": language_name(one.language), "title": one.title, "state": state,
            "since": one.effective_from, "renewal": one.renewal,
            "hash": one.content_hash.hex()[:12] + "…"}
