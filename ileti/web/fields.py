"""How a form field is drawn, whatever widget Flask-AppBuilder gave it.

The stock widgets bring Bootstrap's classes, a placeholder instead of a label and pickers that need
jQuery. Here every WTForms field is sorted into one of a few kinds and drawn with a native control,
so that forms work without JavaScript, name their errors and accept a keyboard (look §6, §8).
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field, widgets
from wtforms import fields as wtf

_REQUIRED = "This field is required."  # WTForms' own words
_WIDGETS: dict[str, Any] = {
    "check": widgets.CheckboxInput(),
    "select": widgets.Select(),
    "area": widgets.TextArea(),
    "file": widgets.FileInput(),
    "password": widgets.PasswordInput(),
    "number": widgets.NumberInput(),
    "color": widgets.ColorInput(),
    "text": widgets.TextInput(),
}


def field_kind(field: Field) -> str:
    """hidden, check, checks, radios, select, area, file, password, date, datetime, number, text."""
    by_name = {"HiddenField": "hidden", "CSRFTokenField": "hidden", "RadioField": "radios"}
    if field.type in by_name:
        return by_name[field.type]
    if isinstance(field, wtf.BooleanField):
        return "check"
    if isinstance(field, wtf.SelectMultipleField) or "Multiple" in field.type:
        return "checks"
    widget_name = type(field.widget).__name__
    if "File" in field.type or "Image" in field.type:
        return "file"
    if "Select" in widget_name or isinstance(field, wtf.SelectField):
        return "select"
    if isinstance(field, wtf.PasswordField):
        return "password"
    if isinstance(field, wtf.DateField):  # a DateTimeField too, by descent
        return "date"
    if isinstance(field, wtf.DateTimeField):
        return "datetime"
    if "TextArea" in widget_name:
        return "area"
    return "text"


def field_choices(field: Field) -> list[tuple[str, Any, bool]]:
    """Every choice of a field with many answers as (value, label, chosen)."""
    return [(str(choice[0]), choice[1], bool(choice[2])) for choice in field.iter_choices()]


def _described_by(field: Field) -> str:
    parts = [f"{field.id}-ipucu"] if field.description else []
    return " ".join([*parts, f"{field.id}-hata"] if field.errors else parts)


def field_control(field: Field, **attrs: Any) -> Markup:
    """The control of one field, tied to its hint and its error for a screen reader."""
    kind = field_kind(field)
    merged: dict[str, Any] = {**(getattr(field, "render_kw", None) or {}), **attrs}
    merged.pop("placeholder", None)
    if described := _described_by(field):
        merged.setdefault("aria-describedby", described)
    if field.errors:
        merged["aria-invalid"] = "true"
    if kind == "password":
        merged.setdefault("autocomplete", "new-password")
    if kind == "select" and getattr(field, "blank_text", None) == "":
        field.blank_text = _("None")
    if kind in ("date", "datetime"):
        native = "date" if kind == "date" else "datetime-local"
        return Markup(widgets.TextInput()(field, type=native, step=1, **merged))  # noqa: S704
    if kind == "text":
        merged.setdefault("type", getattr(field.widget, "input_type", None) or "text")
    if isinstance(field, wtf.IntegerField):
        merged.setdefault("inputmode", "numeric")
    return Markup(_WIDGETS[kind](field, **merged))  # noqa: S704 - escaped by WTForms


def field_error(field: Field, error: Any) -> str:
    """What is wrong with a field; an empty one is told what to do instead of a rule (look §7)."""
    text = str(error)
    if text not in {field.gettext(_REQUIRED), _REQUIRED}:
        return str(_(text))
    kind = field_kind(field)
    if kind == "checks":
        return str(_("Choose at least one."))
    return str(_("Choose one.") if kind in ("select", "radios") else _("Fill this in."))


def form_errors(form: Any) -> list[tuple[str, Any, Any]]:
    """Every error of a failed submit as (field id, label, sentence), in the order of the form."""
    return [
        (field.id, field.label.text if field.label else "", field_error(field, error))
        for field in form
        for error in field.errors
    ]


def accept_native_dates() -> None:
    """Let the forms Flask-AppBuilder makes read what a browser's own date controls send.

    ``datetime-local`` sends ``2026-11-23T13:58``, which the stock field refuses.
    """
    from flask_appbuilder.forms import FieldConverter

    FieldConverter.conversion_table = tuple(
        (marker, wtf.DateTimeLocalField if field is wtf.DateTimeField else field, widget)
        for marker, field, widget in FieldConverter.conversion_table
    )
