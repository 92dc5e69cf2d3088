"""Writing a text: the editor with its linter, the review, publishing and giving a draft up.

Works by plain forms; the script only shortens the way (look §1.10). Whoever saves says on which
state of the draft they wrote (``revision``): two people never overwrite each other, and what was
typed stays on the page. Publishing is :mod:`ileti.documents.publish`, which judges anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import delete, func, select, update

from ileti.core import db, orm
from ileti.core.errors import FieldError, IletiError, InvalidInput, NotFound
from ileti.core.formats import language as page_language
from ileti.core.formats import say
from ileti.documents import pages, reviews
from ileti.documents.facts import Facts, facts_of, judge, written
from ileti.documents.lint import Finding, parts
from ileti.documents.merge import FIELDS
from ileti.documents.models import Document, DocumentDraft, DocumentVersion
from ileti.documents.publish import LONGEST_BODY, Plan, changed_meanwhile, publish_draft
from ileti.documents.remarks import marked, remarks_of
from ileti.documents.renewal import RENEWALS, Shown, required
from ileti.documents.samples import Sample, samples_for
from ileti.documents.versionviews import compared
from ileti.tenancy import audit, foureyes

ISTANBUL: Final = ZoneInfo("Europe/Istanbul")


class DraftView(BaseView):
    """The draft of a text in one language."""

    route_base = "/metinler"
    class_permission_name = "document"
    default_view = "edit"
    method_permission_name = {
        "edit": "write", "save": "write", "check": "write", "discard": "write",
        "review": "read", "publish": "publish", "send_back": "publish"}

    @expose("/<int:pk>/taslak/<language>", methods=["GET"])
    @has_access
    def edit(self, pk: int, language: str) -> ResponseReturnValue:
        """The editor: the draft, else the newest version or a sample as a beginning."""
        document, draft = _opened(pk, language)
        pages.refuse_foreign(document)
        title, body = _beginning(document, language, draft)
        return self._editor(document, language, draft, title, body)

    @expose("/<int:pk>/taslak/<language>", methods=["POST"])
    @has_access
    def save(self, pk: int, language: str) -> ResponseReturnValue:
        """Keep what was typed, apply a proposal to it, or send it for review as well."""
        document, draft = _opened(pk, language)
        pages.refuse_foreign(document)
        title, body = _typed()
        wish = request.form.get("wish", "save")
        if wish.startswith("apply:"):
            body = _applied(document, language, title, body, wish.removeprefix("apply:"))
            return self._editor(document, language, draft, title, body)
        try:
            _refuse_too_long(title, body)
            _keep(document, language, draft, title, body, review=wish == "review")
        except IletiError as error:
            orm.db.session.rollback()
            said = say(error.errors[0] if error.errors else error)
            return self._editor(document, language, draft, title, body, said), error.status
        orm.db.session.commit()
        if wish == "review":
            reviews.ask(document, language, by=current_user.id)
            flash(_("Sent for review."), "success")
            return redirect(url_for("DraftView.review", pk=pk, language=language))
        reviews.end(document, language, foureyes.State.VOID)
        flash(_("The draft is saved."), "success")
        return redirect(url_for("DraftView.edit", pk=pk, language=language))

    @expose("/<int:pk>/taslak/<language>/denetle", methods=["POST"])
    @has_access
    def check(self, pk: int, language: str) -> ResponseReturnValue:
        """What the linter says of the typed text: the aside as HTML, the marks as numbers."""
        document, _draft = _opened(pk, language)
        title, body = _typed()
        if len(body) > LONGEST_BODY:
            raise InvalidInput()
        said = _remarks(facts_of(db.connection(), document.id), language, title, body)
        return jsonify(html=self.render_template("panel/documents/_remarks.html", **said),
                       marks=[[one["start"], one["end"], one["level"], one["n"]]
                              for one in said["remarks"] if one["end"]])

    @expose("/<int:pk>/taslak/<language>/sil", methods=["POST"])
    @has_access
    def discard(self, pk: int, language: str) -> ResponseReturnValue:
        """Give the draft up; what is published stays."""
        document, draft = _opened(pk, language)
        pages.refuse_foreign(document)
        if draft is not None:
            orm.db.session.execute(delete(DocumentDraft).where(DocumentDraft.id == draft.id))
            audit.record("document:discard", f"document:{document.id}",
                         provider_id=document.provider_id)
            orm.db.session.commit()
            reviews.end(document, language, foureyes.State.WITHDRAWN)
            flash(_("The draft is thrown away."), "success")
        return redirect(url_for("DocumentView.show", pk=pk))

    @expose("/<int:pk>/taslak/<language>/inceleme", methods=["GET"])
    @has_access
    def review(self, pk: int, language: str) -> ResponseReturnValue:
        """What the draft changes, what the linter says, and what publishing it will mean."""
        return self._review(*_opened(pk, language))

    @expose("/<int:pk>/taslak/<language>/yayinla", methods=["POST"])
    @has_access
    def publish(self, pk: int, language: str) -> ResponseReturnValue:
        """Publish the draft for ever."""
        document, draft = _opened(pk, language)
        pages.refuse_foreign(document, "document:publish")
        if draft is None:
            raise NotFound()
        number, shown = draft.id, request.form.get("revision", 0, type=int)
        orm.db.session.rollback()  # publishing is a transaction of its own
        try:
            made = publish_draft(number, shown, user_id=current_user.id, plan=_plan())
        except IletiError as error:
            if isinstance(error, NotFound):
                raise
            said = [say(one) for one in error.errors] or [say(error)]
            return self._review(*_opened(pk, language), said), error.status
        flash(_("Version %(n)s is published.", n=made.version), "success")
        return redirect(url_for("DocumentView.show", pk=pk))

    @expose("/<int:pk>/taslak/<language>/geri", methods=["POST"])
    @has_access
    def send_back(self, pk: int, language: str) -> ResponseReturnValue:
        """Give the draft back to whoever writes it, with a note."""
        document, draft = _opened(pk, language)
        pages.refuse_foreign(document, "document:publish")
        note = request.form.get("note", "").strip()[:400]
        if draft is None or not note:
            flash(_("Write what is to be changed."), "danger")
            return redirect(url_for("DraftView.review", pk=pk, language=language))
        orm.db.session.execute(update(DocumentDraft).where(DocumentDraft.id == draft.id).values(
            state="DRAFT", note=note, revision=DocumentDraft.revision + 1))
        audit.record("document:return", f"document:{document.id}",
                     provider_id=document.provider_id)
        orm.db.session.commit()
        reviews.end(document, language, foureyes.State.REFUSED, by=current_user.id,
                    reason=note)
        flash(_("The draft went back with your note."), "success")
        return redirect(url_for("DocumentView.show", pk=pk))

    # -- pages ----------------------------------------------------------------------------------

    def _editor(self, document: Document, language: str, draft: DocumentDraft | None, title: str,
                body: str, problem: str = "") -> str:
        facts = facts_of(db.connection(), document.id)
        latest = _latest(document, language)
        page: str = self.render_template(
            "panel/documents/editor.html", document=document, language=language, draft=draft,
            typed_title=title, typed_body=body, problem=problem, latest=latest,
            line=pages.heading(document), language_name=pages.language_name(language),
            crumbs=pages.crumbs(document, pages.language_name(language)),
            fields=[(key, say(field), facts.values.get(key)) for key, field in FIELDS.items()],
            samples=[{"label": say(one), "url": url_for(
                "DraftView.edit", pk=document.id, language=language, ornek=one.key)}
                for one in _samples(facts, language)] if draft is None else [],
            revision=draft.revision if draft else 0, longest=LONGEST_BODY,
            **_remarks(facts, language, title, body))
        return page

    def _review(self, document: Document, draft: DocumentDraft | None,
                problems: list[str] | None = None) -> str:
        if draft is None:
            raise NotFound()
        facts = facts_of(db.connection(), document.id)
        latest = _latest(document, draft.language)
        judged = judge(facts, draft.language, draft.title, draft.body)
        rule = required(facts.kind, _shown(latest), Shown(draft.title, draft.body, facts.purposes,
                                                          judged.used))
        page: str = self.render_template(
            "panel/documents/review.html", document=document, draft=draft, latest=latest,
            line=pages.heading(document), language_name=pages.language_name(draft.language),
            crumbs=pages.crumbs(document, _("Review")), problems=problems or [],
            rows=compared(latest.body if latest else "", judged.body),
            new_title=judged.title, rule=say(RENEWALS[rule]),
            renewals=[(key, say(word), key == rule) for key, word in RENEWALS.items()
                      if key in _choices(facts.kind)],
            topics=None if facts.kind != "ETK_ONAYI" else ", ".join(
                latest.topics if latest else ()),
            own=current_user.id in draft.authors, four_eyes=facts.four_eyes,
            may_publish=pages.may_change(document, "document:publish"),
            may_write=pages.may_change(document), authors=_names(draft.authors),
            **_remarks(facts, draft.language, draft.title, draft.body))
        return page


def _opened(pk: int, language: str) -> tuple[Document, DocumentDraft | None]:
    document = pages.find(pk)
    draft = orm.db.session.scalars(select(DocumentDraft).where(
        DocumentDraft.document_id == document.id,
        DocumentDraft.language == pages.language_of(language))).first()
    return document, draft


def _typed() -> tuple[str, str]:
    form = request.form
    return form.get("title", "")[:400], form.get("body", "").replace("\r\n", "\n")


def _refuse_too_long(title: str, body: str) -> None:
    if len(body) > LONGEST_BODY or len(title) > 255 or "\0" in title + body:
        raise InvalidInput(errors=(FieldError(
            "body", "too_long", "Başlık en çok 255, metin en çok 60.000 karakter olabilir.",
            "A title has at most 255 and a text at most 60,000 characters."),))


def _beginning(document: Document, language: str,
               draft: DocumentDraft | None) -> tuple[str, str]:
    """The draft; else a sample that was asked for, else the newest version as it was written."""
    if draft is not None:
        return draft.title, draft.body
    facts = facts_of(db.connection(), document.id)
    wanted = request.args.get("ornek", "")
    sample = next((one for one in _samples(facts, language) if one.key == wanted), None)
    if sample is not None:
        return sample.title, sample.body
    latest = _latest(document, language)
    if latest is None:
        return "", ""
    return latest.source.get("title", latest.title), latest.source.get("body", latest.body)


def _samples(facts: Facts, language: str) -> list[Sample]:
    return samples_for(facts.kind, facts.channel) if language == "tr" else []


def _latest(document: Document, language: str) -> DocumentVersion | None:
    return orm.db.session.scalars(select(DocumentVersion).where(
        DocumentVersion.document_id == document.id, DocumentVersion.language == language)
        .order_by(DocumentVersion.version.desc()).limit(1)).first()


def _shown(latest: DocumentVersion | None) -> Shown | None:
    if latest is None:
        return None
    said = latest.source
    return Shown(said.get("title", latest.title), said.get("body", latest.body), latest.purposes,
                 said.get("fields", {}))


def _keep(document: Document, language: str, draft: DocumentDraft | None, title: str, body: str,
          *, review: bool) -> None:
    """Write the draft where nobody else wrote since; raises Conflict."""
    revision, state = request.form.get("revision", 0, type=int), "REVIEW" if review else "DRAFT"
    if draft is None:
        if revision:
            raise changed_meanwhile()
        made = orm.db.session.execute(_insert(document, language, title, body, state)).rowcount
    else:
        made = orm.db.session.execute(update(DocumentDraft).where(
            DocumentDraft.id == draft.id, DocumentDraft.revision == revision).values(
            title=title, body=body, state=state, revision=DocumentDraft.revision + 1, note=None,
            saved_at=func.now(), authors=sorted({*draft.authors, current_user.id})).
            execution_options(synchronize_session=False)).rowcount
    if not made:
        raise changed_meanwhile()
    if review:
        audit.record("document:review", f"document:{document.id}",
                     provider_id=document.provider_id)


def _insert(document: Document, language: str, title: str, body: str, state: str) -> Any:
    from sqlalchemy.dialects.postgresql import insert

    return insert(DocumentDraft).values(
        provider_id=document.provider_id, brand_id=document.brand_id, document_id=document.id,
        language=language, title=title, body=body, state=state, authors=[current_user.id],
    ).on_conflict_do_nothing(index_elements=["document_id", "language"])


def _remarks(facts: Facts, language: str, title: str, body: str) -> dict[str, Any]:
    """Context of the aside: remarks numbered in the order of the page, the parts of a notice."""
    judged = judge(facts, language, title, body)
    shown = remarks_of(judged, body, facts.kind, page_language())
    return {
        "remarks": shown, "marked": marked(body, shown),
        "errors": sum(one["level"] == "error" for one in shown),
        "hints": sum(one["level"] == "hint" for one in shown),
        "parts": [{"name": one.say(page_language()), "state": one.state}
                  for one in parts(written(facts, language, title, body))],
    }


def _applied(document: Document, language: str, title: str, body: str, which: str) -> str:
    """The body with one proposal put in; unchanged when it does not fit any more."""
    found: list[Finding] = judge(facts_of(db.connection(), document.id), language, title,
                                 body).findings
    code, _colon, place = which.partition(":")
    for one in found:
        if one.code == code and str(one.start) == place and one.proposal:
            if one.end:
                return body[:one.start] + one.proposal + body[one.end:]
            return f"{body.rstrip()}\n\n{one.proposal}"
    return body


def _choices(kind: str) -> set[str]:
    if kind in ("ETK_ONAYI", "ACIK_RIZA", "YURT_DISI"):
        return {"NONE", "ASK"}
    return {"NONE", "INFORM"} if kind in ("AYDINLATMA", "CEREZ") else {"NONE"}


def _names(users: list[int]) -> str:
    from ileti.tenancy.trail import person

    return ", ".join(person(one) for one in users) or "—"


def _plan() -> Plan:
    """How to publish, from the form; raises InvalidInput for a date that is none."""
    typed = request.form.get("effective_from", "").strip()
    at = None
    if typed:
        try:
            at = datetime.fromisoformat(typed)
        except ValueError as error:
            raise InvalidInput(errors=(FieldError(
                "effective_from", "unreadable", "Yürürlük tarihi okunamadı.",
                "The effective date cannot be read."),)) from error
        at = at if at.tzinfo else at.replace(tzinfo=ISTANBUL)
    return Plan(at, request.form.get("renewal") or None, request.form.get("reason") or None,
                tuple(request.form.get("topics", "").split(",")))


