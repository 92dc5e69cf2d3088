"""What our record pages have in common, on top of Flask-AppBuilder's.

Rights are named ``resource:action`` (read, write), nothing is deleted through the panel (a dealer
becomes passive, a user is switched off: the ledger names them for ten years), and what the database
refuses is said in a sentence above the form, with everything typed still in it. Flask-AppBuilder
would send people back to the list instead, takes field values and sort columns from the query
string, and keeps the filters of a list in one object for all threads; none of that here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import ModelView, expose, has_access
from flask_appbuilder.exceptions import ApplyFilterException, DatabaseException
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from wtforms import BooleanField, TextAreaField, ValidationError

from ileti.core.errors import CallerMistake, IletiError
from ileti.core.formats import say
from ileti.tenancy import limits, viewpages

LARGEST_PAGE = 100
#: what the database refuses, by PostgreSQL's code (unique_violation, restrict_violation)
_SENTENCES = {
    "23505": _l("A record with this number or name already exists."),
    "23001": _l("This number stands in the proof of records already taken and can no longer "
                "change."),
}


class Told(Exception):
    """Its text is shown to the user as it is."""


class Records(SQLAInterface):
    """Rows of one model; refusals come out as :class:`Told`, a number that cannot be one as None.
    """

    def get(self, id: Any, filters: Any = None, select_columns: Any = None) -> Any:
        """The row, inside the user's scope."""
        largest = 2**63 - 1 if isinstance(self.obj.__table__.c.id.type, BigInteger) else 2**31 - 1
        text = str(id)
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= largest):
            return None
        return super().get(int(text), filters, select_columns)

    def add(self, item: Any, commit: bool = True) -> None:
        """Add one row."""
        self._told(lambda: super(Records, self).add(item, commit))

    def edit(self, item: Any, commit: bool = True) -> None:
        """Change one row."""
        def change() -> None:
            try:
                super(Records, self).edit(item, commit)
            except DatabaseException as error:  # what the database said is behind it
                raise error.__cause__ or error from error

        self._told(change)

    def _told(self, act: Callable[[], None]) -> None:
        try:
            with limits.told():
                act()
        except CallerMistake as error:
            self.session.rollback()
            raise Told(say(error)) from error
        except IntegrityError as error:
            self.session.rollback()
            sentence = _SENTENCES.get(getattr(error.orig, "sqlstate", ""))
            if sentence is None:
                raise
            raise Told(str(sentence)) from error


class RecordView(ModelView):
    """List, show, add and change; never delete."""

    method_permission_name = {
        "list": "read", "show": "read", "add": "write", "edit": "write",
    }
    exclude_route_methods = {"delete", "download", "action", "action_post"}
    page_size = 25
    add_row_message = _l("Added.")
    edit_row_message = _l("Saved.")

    # -- start ----------------------------------------------------------------------------------

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

    @property
    def _filters(self) -> Any:
        """The filters of this request; those of the start outside one."""
        if not has_request_context():
            return self._first_filters
        name = f"filters of {self.endpoint}"
        if name not in g:
            setattr(g, name, self.datamodel.get_filters(self.search_columns))
        return getattr(g, name)

    @_filters.setter
    def _filters(self, made: Any) -> None:
        self._first_filters = made

    # -- pages ----------------------------------------------------------------------------------

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        """The list; a query string nobody's link has leads to the plain list."""
        if not self._query_fits():
            return redirect(request.path)
        if (first := viewpages.first(self.endpoint)) is not None:
            return redirect(first)
        try:
            widgets = self._list()
        except (ApplyFilterException, DataError, ProgrammingError):
            self.datamodel.session.rollback()
            if not request.args:
                raise
            return redirect(request.path)
        columns = [(name, self.label_columns.get(name, name)) for name in self.list_columns[1:]]
        shown = viewpages.chosen(columns) or [name for name, _label in columns]
        return self.render_template(
            self.list_template, title=self.list_title, widgets=widgets,
            columns=[self.list_columns[0], *shown],
            views=viewpages.context(self.endpoint, columns, shown))

    def _query_fits(self) -> bool:
        """Page numbers that are numbers, page sizes we offer, order by columns we offer."""
        for name, value in request.args.items(multi=True):
            if name.startswith(("page_", "psize_")):
                most = LARGEST_PAGE if name.startswith("psize_") else 10**6
                if not (value.isascii() and value.isdigit() and len(value) < 8
                        and int(value) <= most):
                    return False
            if name.startswith("_oc_") and value not in self.order_columns:
                return False
            if "\0" in value:
                return False
        return True

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        """The empty form, or the new record's page."""
        form = self.add_form.refresh()
        if request.method == "POST" and form.validate():
            item = self.datamodel.obj()
            if self._kept(form, item, self.pre_add, self.datamodel.add):
                flash(self.add_row_message, "success")
                return redirect(self.record_url(item))
        return self._form_page(self.add_template, "add", self.add_title, form, self.home_url())

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> ResponseReturnValue:
        """The filled form, or the changed record's page."""
        item = self.datamodel.get(pk)
        if item is None:
            abort(404)
        back = self.record_url(item)
        if request.method == "POST":
            form = self.edit_form.refresh(request.form)
            form._id = item.id  # the record may keep its own number
            if form.validate() and self._kept(form, item, self.pre_update, self.datamodel.edit):
                flash(self.edit_row_message, "success")
                return redirect(back)
            item = self.datamodel.get(pk) or item
        else:
            form = self.edit_form.refresh(obj=item)
            self.prefill_form(form, item.id)
        return self._form_page(self.edit_template, "edit", self.edit_title, form, back,
                               record=str(item), record_url=back)

    def _kept(self, form: Any, item: Any, prepare: Callable[[Any], None],
              keep: Callable[[Any], None]) -> bool:
        """Whether the record was kept; why not is said above the form."""
        try:
            with self.datamodel.session.no_autoflush:
                form.populate_obj(item)
                prepare(item)
            keep(item)
        except (Told, IletiError) as error:
            self.datamodel.session.rollback()
            flash(str(error) if isinstance(error, Told) else say(error), "danger")
            return False
        return True

    def _form_page(self, template: str, kind: str, title: Any, form: Any, back: str,
                   **more: Any) -> ResponseReturnValue:
        make = self._get_add_widget if kind == "add" else self._get_edit_widget
        return self.render_template(template, title=title, back_url=back,
                                    widgets=make(form=form, exclude_cols=[]), **more)

    def record_url(self, item: Any) -> str:
        """The page of one record."""
        return url_for(f"{self.endpoint}.show", pk=item.id)

    def home_url(self) -> str:
        """Where one goes back to from a new record."""
        return url_for(f"{self.endpoint}.list")

    def render_template(self, template: str, **context: Any) -> str:
        """Pages know their list and how adding is called."""
        return super().render_template(
            template, list_title=self.list_title, add_title=self.add_title,
            edit_title=self.edit_title, list_url=self.home_url(), **context)


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
