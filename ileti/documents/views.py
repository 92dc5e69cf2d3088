"""Texts in the panel: every version ever published, and publishing a new one.

A version is never changed; the page shows its hash, which is in the evidence of every consent
taken on it (R-17, R-58).
"""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from sqlalchemy import select
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from ileti.core import orm
from ileti.core.errors import IletiError, NotAllowed, NotFound
from ileti.core.formats import say
from ileti.documents.models import Document, DocumentVersion
from ileti.documents.publish import publish
from ileti.tenancy import audit, security
from ileti.tenancy.crud import Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

KINDS = {"ETK_ONAYI": _l("Consent text"), "AYDINLATMA": _l("Privacy notice"),
         "ACIK_RIZA": _l("Explicit consent (KVKK)")}
CHANNELS = {None: _l("All"), 2: _l("SMS"), 1: _l("Call"), 3: _l("E-mail")}


LANGUAGES = (("tr", "Türkçe"), ("en", "English"))


class VersionForm(FlaskForm):
    """A wording to publish."""

    language = SelectField(_l("Language"), [InputRequired()],
                           choices=list(LANGUAGES))
    title = StringField(_l("Title"), [InputRequired(), Length(max=255)])
    body = TextAreaField(_l("Text"), [InputRequired(), Length(max=60_000)])


class DocumentView(RecordView):
    """Documents and their versions."""

    datamodel = Records(Document)
    route_base = "/metinler"
    class_permission_name = "document"
    method_permission_name = RecordView.method_permission_name | {
        "add": "publish", "publish": "publish"}
    exclude_route_methods = RecordView.exclude_route_methods | {"edit"}
    list_title, add_title, show_title = _l("Texts"), _l("Add a text"), _l("Text")
    label_columns = COMMON_LABELS | {"kind": _l("Kind"), "channel": _l("Channel")}
    list_columns = ["name", "kind", "channel", "brand"]
    formatters_columns = {"kind": lambda value: KINDS.get(value, value),
                          "channel": lambda value: CHANNELS.get(value, value)}
    search_columns = ["name"]
    add_columns = ["brand", "name", "kind", "channel"]
    add_form_extra_fields = {
        "kind": SelectField(_l("Kind"), [InputRequired()], choices=list(KINDS.items())),
        "channel": SelectField(
            _l("Channel"), [Optional()], coerce=lambda v: int(v) if str(v).isdigit() else None,
            choices=[("", _l("All")), (2, _l("SMS")), (1, _l("Call")), (3, _l("E-mail"))]),
    }
    show_columns = ["name"]

    def pre_add(self, item: Any) -> None:
        """The provider follows from the brand."""
        if item.brand is None:
            raise Told(_("Choose a brand."))
        item.provider_id = item.brand.provider_id

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """All versions, the newest first, and the form for the next."""
        return self._page(self._document(pk), VersionForm(formdata=None))

    @expose("/<int:pk>/yayinla", methods=["POST"])
    @has_access
    def publish(self, pk: int) -> ResponseReturnValue:
        """Publish a wording for ever."""
        document, form = self._document(pk), VersionForm()
        if document.provider.four_eyes:
            raise NotAllowed("Metin önce taslak olarak incelemeye gönderilmeli.",
                             "The text must go through a draft and a review first.")
        if form.validate_on_submit():
            orm.db.session.rollback()  # publish works on a connection of its own
            try:
                made = publish(document.id, form.language.data, form.title.data, form.body.data,
                               published_by=current_user.id)
            except IletiError as error:
                form.body.errors = [say(error.errors[0] if error.errors else error)]
            else:
                audit.record("document:publish", f"document_version:{made.id}",
                             {"hash": made.content_hash.hex()}, provider_id=document.provider_id)
                orm.db.session.commit()
                flash(_("Version %(n)s is published.", n=made.version), "success")
                return redirect(url_for("DocumentView.show", pk=pk))
        return self._page(document, form)

    def _document(self, pk: int) -> Document:
        document = self.datamodel.get(pk)
        if document is None:
            raise NotFound()
        return document

    def _page(self, document: Document, form: VersionForm) -> ResponseReturnValue:
        versions = orm.db.session.scalars(
            select(DocumentVersion).where(DocumentVersion.document_id == document.id)
            .order_by(DocumentVersion.version.desc(), DocumentVersion.language.desc())).all()
        return self.render_template(
            "panel/document.html", document=document, versions=versions, form=form,
            kind=KINDS.get(document.kind, document.kind), emphasised=emphasised,
            language_name=language_name,
            may_publish=security.may("document:publish"))


name_things("document", Document, "DocumentView.show", "document:read")


def language_name(code: str) -> str:
    """A language in its own words; the code of one we have no name for."""
    return dict(LANGUAGES).get(code, code)


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
