"""The processing inventory: why data are processed, on what ground, and its export for VERBİS.

A purpose is one line (R-57, R-59). One whose ground is not explicit consent never shows a box: the
linter refuses a statement of consent linked to it, and forms offer none. Purposes are not deleted,
because versions name them; one that ended is switched off, and stays in the table of VERBİS until
the last text on show that names it is taken off or published anew.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import or_, select
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from ileti.core import clock, orm
from ileti.core.formats import language, say
from ileti.documents import pages
from ileti.documents.models import Document, DocumentPurpose, DocumentVersion, Purpose
from ileti.documents.verbis import table
from ileti.documents.vocabulary import ASKS, DATA, GROUNDS, ONE_PURPOSE, SPECIAL, SUBJECTS
from ileti.tenancy import audit, scope
from ileti.tenancy.crud import LinesField, Records, RecordView, Told
from ileti.tenancy.trail import name_things
from ileti.tenancy.views import COMMON_LABELS

_OF_ARTICLE_5 = frozenset(key for key in GROUNDS if key.startswith("5/"))


def _names(words: dict[str, Any]) -> Any:
    return lambda keys: ", ".join(say(words[key]) for key in keys or [] if key in words) or "—"


def _offered(words: dict[str, Any]) -> list[tuple[str, str]]:
    """Choices in the page's language; asked anew by every form."""
    return [(key, say(word)) for key, word in words.items()]


class PurposeView(RecordView):
    """Purposes of processing."""

    datamodel = Records(Purpose)
    route_base = "/amaclar"
    class_permission_name = "purpose"
    method_permission_name = RecordView.method_permission_name | {"export": "read"}
    list_title, add_title = _l("Processing inventory"), _l("Add a purpose")
    edit_title, show_title = _l("Change the purpose"), _l("Purpose")
    label_columns = COMMON_LABELS | {
        "name": _l("Purpose"), "ground": _l("Legal ground"), "ground_note": _l("Which rule"),
        "data": _l("Categories of data"), "subjects": _l("Whose data"),
        "recipients": _l("Recipients"), "period": _l("Kept for"),
        "abroad": _l("Transferred abroad"), "abroad_note": _l("To where, on what basis"),
        "brand": _l("Brand")}
    list_columns = ["name", "ground", "brand", "period", "abroad", "active"]
    show_columns = ["name", "provider", "brand", "ground", "ground_note", "data", "subjects",
                    "recipients", "period", "abroad", "abroad_note", "active"]
    order_columns = ["name", "ground"]
    search_columns = ["name"]
    base_order = ("name", "asc")
    formatters_columns = {
        "ground": lambda key: say(GROUNDS[key]) if key in GROUNDS else key,
        "data": _names(DATA), "subjects": _names(SUBJECTS),
        "recipients": lambda lines: ", ".join(lines or []) or "—"}
    add_columns = ["provider", "brand", "name", "ground", "ground_note", "data", "subjects",
                   "recipients", "period", "abroad", "abroad_note"]
    edit_columns = [*add_columns[2:], "active"]
    description_columns = {"brand": _l("Empty: it is the provider’s, for all its brands.")}
    add_form_extra_fields = {
        "name": StringField(_l("Purpose"), [DataRequired(), Length(max=160)],
                            description=_l("One purpose per line of the inventory.")),
        "ground": SelectField(_l("Legal ground"), [InputRequired()],
                              choices=lambda: _offered(GROUNDS),
                              description=_l("Explicit consent only where no other holds; only "
                                             "then a form shows a box.")),
        "ground_note": StringField(_l("Which rule"), [Optional(), Length(max=255)],
                                   description=_l("The law or contract it rests on.")),
        "data": SelectMultipleField(_l("Categories of data"), [DataRequired()],
                                    choices=lambda: _offered(DATA)),
        "subjects": SelectMultipleField(
            _l("Whose data"), [DataRequired()],
            choices=lambda: _offered(SUBJECTS)),
        "recipients": LinesField(_l("Recipients"), [Optional()],
                                 description=_l("One per line, by name; empty: nobody.")),
        "period": StringField(_l("Kept for"), [DataRequired(), Length(max=160)]),
        "abroad": BooleanField(_l("Transferred abroad")),
        "abroad_note": StringField(_l("To where, on what basis"), [Optional(), Length(max=255)]),
    }
    edit_form_extra_fields = add_form_extra_fields
    list_template = "panel/documents/purposes.html"

    def pre_add(self, item: Any) -> None:
        """Whose it is must be said; then as for a change."""
        if item.brand is not None:
            item.provider_id, item.provider = item.brand.provider_id, item.brand.provider
        elif scope.current().brand_id is not None:
            raise Told(_("Choose a brand."))
        elif item.provider is None:
            raise Told(_("Choose a provider."))
        self.pre_update(item)

    def pre_update(self, item: Any) -> None:
        """What the law rules out is said before it is kept (KVKK 6, 9); a purpose whose consent is
        being asked for goes on resting on consent (R-57)."""
        if item.id is not None and (item.ground != ASKS or not item.active):
            asking = _asking(item)
            if asking is not None:
                raise Told(_("“%(name)s” asks for consent to this purpose. Take that text off "
                             "first.", name=asking.name))
        if SPECIAL & set(item.data or []) and item.ground in _OF_ARTICLE_5:
            raise Told(_("Special categories of data rest on article 6 or on explicit consent, "
                         "not on article 5."))
        if item.abroad and not (item.abroad_note or "").strip():
            raise Told(_("Say to where and on what basis data go abroad (article 9)."))
        if any(len(line) > 160 for line in item.recipients or []):
            raise Told(_("A recipient has at most 160 characters."))

    @expose("/verbis.csv", methods=["GET"])
    @has_access
    def export(self) -> ResponseReturnValue:
        """The inventory as a table for VERBİS, with the texts that tell people of it. A purpose
        that was switched off stands in it as long as a text on show names it: the two must agree
        (R-59)."""
        purposes = list(orm.db.session.scalars(select(Purpose).where(
            or_(Purpose.active, Purpose.id.in_(_named_on_show()))).order_by(
            Purpose.provider_id, Purpose.brand_id.nulls_first(), Purpose.name)))
        body = table(purposes, _told_in(purposes), "en" if request.args.get("dil") == "en"
                     else "tr" if request.args.get("dil") == "tr" else language())
        audit.record("purpose:export", f"ab_user:{current_user.id}", {"count": len(purposes)})
        orm.db.session.commit()
        day = clock.today().isoformat()
        return Response(body, content_type="text/csv; charset=utf-8", headers={
            "Content-Disposition": f'attachment; filename="isleme-envanteri-{day}.csv"'})


def _asking(purpose: Purpose) -> Document | None:
    """A statement of consent on show or planned for the purpose, as its versions keep it: forms
    ask by these, and a link may be gone since (R-57)."""
    kept = (version for asked in (pages.versions_on_show(), pages.versions_planned())
            for version in orm.db.session.scalars(asked.join(Document).where(
                Document.kind.in_(ONE_PURPOSE))))
    return next((version.document for version in kept
                 if any(one.get("id") == purpose.id for one in version.purposes)), None)


def _named_on_show() -> set[int]:
    """Purposes that texts on show name, as their versions keep them: a link may be gone since."""
    kept = orm.db.session.scalars(pages.versions_on_show())
    return {one["id"] for version in kept for one in version.purposes if one.get("id", 0) > 0}


def _told_in(purposes: list[Purpose]) -> dict[int, list[str]]:
    """Names of the texts with a published version, by purpose."""
    ids = [one.id for one in purposes]
    rows = orm.db.session.execute(
        select(DocumentPurpose.purpose_id, DocumentVersion).join(
            DocumentVersion, DocumentVersion.document_id == DocumentPurpose.document_id).where(
            DocumentPurpose.purpose_id.in_(ids))).all()
    told: dict[int, list[str]] = {}
    for purpose_id, version in rows:
        kept = any(one.get("id") == purpose_id for one in version.purposes)
        if kept and version.document.name not in told.setdefault(purpose_id, []):
            told[purpose_id].append(version.document.name)
    return told


name_things("purpose", Purpose, "PurposeView.show", "purpose:read")
