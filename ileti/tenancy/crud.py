"""What our record pages have in common, on top of Flask-AppBuilder's.

Rights are named ``resource:action`` (read, write), nothing is deleted through the panel (a dealer
becomes passive, a user is switched off: the ledger names them for ten years), and what the database
refuses is said in a sentence instead of SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from wtforms import BooleanField, TextAreaField, ValidationError

from ileti.core.errors import IletiError


class Told(Exception):
    """Its text is shown to the user as it is."""


def say(error: Any) -> str:
    """The sentence of an error of ours in the page's language."""
    locale = get_locale()
    return str(error.en if locale is not None and locale.language == "en" else error.tr)


class Records(SQLAInterface):
    """Rows of one model; refusals come out as :class:`Told`."""

    def add(self, item: Any, commit: bool = True) -> None:
        """Add one row."""
        self._told(lambda: super(Records, self).add(item, commit))

    def edit(self, item: Any, commit: bool = True) -> None:
        """Change one row."""
        self._told(lambda: super(Records, self).edit(item, commit))

    def _told(self, act: Callable[[], None]) -> None:
        try:
            act()
        except IletiError as error:
            self.session.rollback()
            raise Told(say(error)) from error
        except SQLAlchemyError as error:
            self.session.rollback()
            raise Told(_("A record with this number or name already exists.")) from error


class RecordView(ModelView):
    """List, show, add and change; never delete."""

    method_permission_name = {
        "list": "read", "show": "read", "add": "write", "edit": "write",
    }
    exclude_route_methods = {"delete", "download", "action", "action_post"}
    page_size = 25
    add_row_message = ""
    edit_row_message = ""

    def _init_forms(self) -> None:
        """Forms whose yes-or-no fields may stay empty, in the order of their columns.

        Flask-AppBuilder asks for every column that cannot be null, so that "no" could not be
        said; and it puts fields of our own before its own, so that faults were listed out of turn.
        """
        for kind in ("add", "edit"):
            columns = getattr(self, f"{kind}_columns")
            own = dict(getattr(self, f"{kind}_form_extra_fields") or {})
            own |= {name: BooleanField(self.label_columns.get(name)) for name in columns
                    if name not in own and self.datamodel.is_boolean(name)}
            setattr(self, f"{kind}_form_extra_fields", own)
        super()._init_forms()
        _put_in_order(self.add_form, self.add_columns)
        _put_in_order(self.edit_form, self.edit_columns)

    def _init_titles(self) -> None:
        super()._init_titles()
        from flask_babel import lazy_gettext as _l

        self.add_row_message = _l("Added.")
        self.edit_row_message = _l("Saved.")
        self.database_error_message = _l("Nothing was saved: this is outside your work space or "
                                         "already exists.")


def _put_in_order(form: Any, columns: list[str]) -> None:
    """Let WTForms make, check and list the fields of ``form`` as ``columns`` names them."""
    fields = [(name, getattr(form, name)) for name in dir(form) if not name.startswith("_")]
    fields = [(name, one) for name, one in fields if hasattr(one, "_formfield")]
    places = {name: place for place, name in enumerate(columns)}
    form._unbound_fields = sorted(
        fields, key=lambda pair: (places.get(pair[0], len(places)), pair[1].creation_counter))


class Checked:
    """A WTForms validator from a parser that raises an error with ``tr`` and ``en``."""

    def __init__(self, parse: Callable[[str], Any], *, optional: bool = False) -> None:
        self.parse = parse
        self.optional = optional
        self.field_flags = {} if optional else {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Replace the typed text by its one spelling, or say what is wrong."""
        typed = (field.data or "").strip()
        if not typed and self.optional:
            field.data = None
            return
        try:
            field.data = self.parse(typed)
        except ValueError as error:
            raise ValidationError(say(error) if hasattr(error, "tr") else str(error)) from error


class LinesField(TextAreaField):
    """One value per line."""

    def _value(self) -> str:
        return "\n".join(self.data or [])

    def process_formdata(self, valuelist: list[str]) -> None:
        """Lines without blanks and doubles, in order."""
        lines = (valuelist[0] if valuelist else "").splitlines()
        self.data = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
