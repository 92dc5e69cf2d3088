"""Custom fields in the panel: the list, one field's form, its end and its return.

Why this module exists: whoever defines a field decides what is kept of people, so the form says
what follows from each answer, and what is typed stays when something is wrong with it. A field is
retired and never deleted: it leaves forms, and what was said in it stays where it was said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, text

from ileti.core import db, formats, orm
from ileti.core.errors import FieldError, NotFound
from ileti.core.formats import say
from ileti.fields import catalogue, defining
from ileti.fields.defining import Typed
from ileti.fields.models import CustomField
from ileti.fields.vocabulary import MOST_FIELDS, Field, Kind, Subject, Where
from ileti.tenancy import scope, security
from ileti.tenancy.models import Provider
from ileti.tenancy.trail import name_things

KINDS = {
    Kind.TEXT: _l("Text"), Kind.NUMBER: _l("Number"), Kind.DATE: _l("Date"),
    Kind.YES_NO: _l("Yes or no"), Kind.CHOICE: _l("One of several"),
    Kind.CHOICES: _l("Any of several")}
SUBJECTS = {Subject.CONSENT: _l("Said with a consent"),
            Subject.RECIPIENT: _l("Known of a recipient")}
WHERES = {Where.FORM: _l("On forms"), Where.PANEL: _l("In the panel"), Where.API: _l("By programs"),
          Where.IMPORT: _l("In lists")}


class FieldView(BaseView):
    """Custom fields of a provider."""

    route_base = "/alanlar"
    class_permission_name = "field"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All fields, by whom they tell of."""
        provider = provider_at_work()
        fields = catalogue.fields_of(provider.id, db.connection())
        live = sum(not one.retired for one in fields)
        may = security.may("field:write")
        return self.render_template(
            "panel/fields/list.html", title=_("Custom fields"),
            line=_("%(provider)s · %(n)s of %(most)s in use", provider=str(provider),
                   n=formats.number(live), most=MOST_FIELDS),
            actions=[{"label": _("Define a field"), "icon": "plus", "kind": "primary",
                      "url": url_for("FieldView.add", saglayici=provider.id)}]
            if may and live < MOST_FIELDS else [],
            groups=[(SUBJECTS[kind], [_row(one, may) for one in fields
                                      if one.subject is kind and not one.retired])
                    for kind in SUBJECTS],
            retired=[_row(one, may) for one in fields if one.retired])

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """A new field."""
        provider = provider_at_work()
        if request.method == "GET":
            return self._form(provider, Typed(subject="2", kind="text", personal=True), [])
        typed = _typed()
        read = defining.read(typed, catalogue.fields_of(provider.id))
        if read.field is None:
            return self._form(provider, typed, read.faults), 422
        place = orm.db.session.scalar(select(func.max(CustomField.position)).where(
            CustomField.provider_id == provider.id)) or 0
        orm.db.session.add(CustomField(provider_id=provider.id, position=place + 1,
                                       **defining.columns(read.field)))
        orm.db.session.commit()
        flash(_("The field is defined. Put it on forms where you want it."), "success")
        return redirect(url_for("FieldView.list", saglayici=provider.id), code=303)

    @expose("/<int:pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def edit(self, pk: int) -> ResponseReturnValue:
        """A field with its rules."""
        row = _row_of(pk)
        provider = orm.db.session.get(Provider, row.provider_id)
        before, others = _split(row)
        held = defining.used(db.connection(), row.provider_id, row.id, row.key)
        if request.method == "GET":
            return self._form(provider, defining.as_typed(before), [], row, held)
        typed = _typed()
        read = defining.read(typed, others, before=before, used=held)
        if read.field is None:
            return self._form(provider, typed, read.faults, row, held), 422
        for name, value in defining.columns(read.field).items():
            setattr(row, name, value)
        _other_forms(row)
        orm.db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("FieldView.list", saglayici=row.provider_id), code=303)

    @expose("/<int:pk>/<wish>", methods=["POST"])
    @has_access
    @permission_name("write")
    def change(self, pk: int, wish: str) -> ResponseReturnValue:
        """Retire a field, take it back into use, or move it up."""
        row = _row_of(pk)
        if wish not in ("kaldir", "geri", "yukari"):
            raise NotFound()
        if wish == "yukari":
            _move_up(row)
        elif wish == "kaldir":
            row.retired_at = func.now()
            flash(_("The field has left forms. What was said in it is kept."), "success")
        elif sum(not one.retired for one in catalogue.fields_of(row.provider_id)) >= MOST_FIELDS:
            flash(_("At most %(n)s fields are in use.", n=MOST_FIELDS), "danger")
        else:
            row.retired_at = None
            flash(_("The field is in use again."), "success")
        _other_forms(row)
        orm.db.session.commit()
        return redirect(url_for("FieldView.list", saglayici=row.provider_id), code=303)

    def _form(self, provider: Any, typed: Typed, faults: Iterable[FieldError],
              row: CustomField | None = None, held: bool = False) -> str:
        title = formats.either(row.name_tr, row.name_en) if row is not None else _("A new field")
        errors: dict[str, str] = {}
        for one in faults:
            errors.setdefault(one.field, say(one))
        answer: str = self.render_template(
            "panel/fields/form.html", title=title, provider=provider, typed=typed, errors=errors,
            row=row, held=held, kinds=KINDS, subjects=SUBJECTS, wheres=WHERES,
            crumbs=[(_("Custom fields"), url_for("FieldView.list", saglayici=provider.id)),
                    (title, None)])
        return answer


def provider_at_work() -> Provider:
    """The work space's provider; of who sees all, the one asked for or the first."""
    asked = scope.current().provider_id or request.values.get("saglayici", type=int)
    found: Provider | None = orm.db.session.scalars(
        select(Provider).where(Provider.id == asked if asked else Provider.id > 0)
        .order_by(Provider.id)).first()
    if found is None:
        raise NotFound()
    return found


def _row_of(pk: int) -> CustomField:
    row: CustomField | None = orm.db.session.get(CustomField, min(pk, 2**31 - 1))
    if row is None:
        raise NotFound()
    return row


def _split(row: CustomField) -> tuple[Field, list[Field]]:
    fields = catalogue.fields_of(row.provider_id)
    return (next(one for one in fields if one.id == row.id),
            [one for one in fields if one.id != row.id])


def _typed() -> Typed:
    form = request.form
    texts = {name: form.get(name, "")[:4_000] for name in (
        "subject", "key", "kind", "tr", "en", "hint_tr", "hint_en", "mask", "least", "most",
        "decimals", "choices")}
    return Typed(**texts, required=tuple(form.getlist("required")), personal="personal" in form,
                 searchable="searchable" in form)


def _move_up(row: CustomField) -> None:
    """Before the one of the same kind that stands above it."""
    near = orm.db.session.scalars(select(CustomField).where(
        CustomField.provider_id == row.provider_id, CustomField.retired_at.is_(None)).order_by(
        CustomField.position, CustomField.id)).all()
    for place, one in enumerate(near):
        one.position = place
    above = [one for one in near if one.position < row.position and one.subject == row.subject]
    if above:
        above[-1].position, row.position = row.position, above[-1].position


def _other_forms(row: CustomField) -> None:
    """Forms that ask it are other forms than the ones people saw (R-17)."""
    orm.db.session.flush()
    catalogue.forget()
    orm.db.session.execute(
        text("update site set form_version = form_version + 1 "
             "where provider_id = :provider and :field = any(fields)"),
        {"provider": row.provider_id, "field": row.id})


def _row(one: Field, may: bool) -> dict[str, Any]:
    language = formats.language()
    marks = [_("personal")] if one.personal else []
    marks += [_("searchable")] if one.searchable else []
    return {
        "id": one.id, "name": one.name(language), "key": one.key, "kind": KINDS[one.kind],
        "marks": marks, "url": url_for("FieldView.edit", pk=one.id) if may else None,
        "required": [str(label) for key, label in WHERES.items() if key in one.required],
        "actions": _deeds(one) if may else []}


name_things("custom_field", CustomField, "FieldView.edit", "field:write")


def personal_names(language: str | None = None) -> list[str]:
    """Fields in use that are personal data, of the providers in sight: for the processing
    inventory."""
    found = orm.db.session.scalars(select(CustomField).where(
        CustomField.personal, CustomField.retired_at.is_(None)).order_by(
        CustomField.provider_id, CustomField.position, CustomField.id).limit(200))
    spoken = language or formats.language()
    return [one.name_en if spoken == "en" else one.name_tr for one in found]


def _deeds(one: Field) -> list[dict[str, Any]]:
    def post(wish: str, **more: Any) -> dict[str, Any]:
        return {"method": "post", "small": True,
                "url": url_for("FieldView.change", pk=one.id, wish=wish), **more}

    if one.retired:
        return [post("geri", label=_("Use again"))]
    return [post("yukari", label=_("Move up"), icon="arrow-up"), post(
        "kaldir", label=_("Retire"), id=f"kaldir-{one.id}", confirm={
            "title": _("Retire the field?"), "verb": _("Retire"),
            "text": _("It leaves forms, lists and the API. What was said in it is kept and still "
                      "shown.")})]
