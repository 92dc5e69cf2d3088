"""The filter bar of a Flask-AppBuilder list, as plain forms whose state is the query string.

The stock list builds its filters with jQuery from a choice of ten operators. Here each column has
one honest question: a text contains, a choice is, a date lies between. The link of a filtered list
can be sent to a colleague, and it works before any script runs (look §6 "Filter bar").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from ileti.web.fields import field_choices, field_kind

_EQUALS = ("FilterRelationOneToManyEqual", "FilterRelationManyToManyEqual", "FilterEqual")


@dataclass
class ListFilter:
    """One button of the bar.

    ``kind`` is ``text`` (one field), ``choices`` (links to each value) or ``range`` (from, to);
    ``params`` are its names in the query string; ``value`` is what stands on the button.
    """

    column: str
    label: str
    kind: str
    params: list[str]
    values: list[str]
    value: str = ""
    choices: list[tuple[str, str, Any, bool]] = field(default_factory=list)
    input_type: str = "text"

    @property
    def active(self) -> bool:
        """Whether the list is narrowed by it."""
        return any(self.values)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Everything else in the query string, so that filters add up; pages start anew."""
        return kept_arguments(without=self.params)


def kept_arguments(*, without: list[str]) -> list[tuple[str, str]]:
    """The query string as pairs, less the given names and any page number."""
    return [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in without and not name.startswith("page_") and value
    ]


def list_filters(form: Any, filters: Any, columns: list[str]) -> list[ListFilter]:
    """The filters that a list's search form offers, in the order of its columns."""
    operators = filters.get_search_filters()
    made = [_one(form[column], column, operators.get(column) or []) for column in columns]
    return [found for found in made if found is not None]


def _one(field_: Any, column: str, operators: list[Any]) -> ListFilter | None:
    names = [type(operator).__name__ for operator in operators]
    if not names:
        return None
    label = str(field_.label.text)
    kind = field_kind(field_)
    if kind == "check" and "FilterNotEqual" in names:
        return _yes_no(column, label, names)
    if kind in ("date", "datetime") and {"FilterGreater", "FilterSmaller"} <= set(names):
        params = [f"_flt_{names.index(n)}_{column}" for n in ("FilterGreater", "FilterSmaller")]
        values = [request.args.get(param, "") for param in params]
        return ListFilter(
            column,
            label,
            "range",
            params,
            values,
            " – ".join(v for v in values if v),
            input_type="date",
        )
    if kind in ("select", "checks", "radios"):
        return _choice(field_, column, label, names)
    index = names.index("FilterContains") if "FilterContains" in names else 0
    param = f"_flt_{index}_{column}"
    value = request.args.get(param, "")
    return ListFilter(column, label, "text", [param], [value], value)


def _choice(field_: Any, column: str, label: str, names: list[str]) -> ListFilter:
    index = next((names.index(name) for name in _EQUALS if name in names), 0)
    param = f"_flt_{index}_{column}"
    chosen = request.args.get(param, "")
    choices = [
        (param, value, text, value == chosen)
        for value, text, _selected in field_choices(field_)
        if value not in ("", "__None")
    ]
    shown = next((str(text) for _p, value, text, on in choices if on), chosen)
    return ListFilter(column, label, "choices", [param], [chosen], shown, choices)


def _yes_no(column: str, label: str, names: list[str]) -> ListFilter:
    yes, no = (f"_flt_{names.index(n)}_{column}" for n in ("FilterEqual", "FilterNotEqual"))
    values = [request.args.get(yes, ""), request.args.get(no, "")]
    choices = [(yes, "y", _("Yes"), bool(values[0])), (no, "y", _("No"), bool(values[1]))]
    shown = next((text for _p, _v, text, on in choices if on), "")
    return ListFilter(column, label, "choices", [yes, no], values, shown, choices)
