"""Many criteria of the ORM as one option of a statement, whose shape is looked at once.

Why this module exists: the row rules of :mod:`ileti.tenancy.scope` stand on every statement, one
for each of some seventy tables. SQLAlchemy walks through every option of a statement each time it
looks for the compiled form, bound values and all: two to three thousandths of a second, more than
most statements of a page take in the database. The rules of one scope never change, so the walk
is done once here and its result handed out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy.orm import LoaderCriteriaOption
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.sql.cache_key import NO_CACHE, anon_map

# A shape is everything of the criteria but their bound values; as many as there are kinds of scope.
_shapes: Final[dict[tuple[Any, ...], int]] = {}
_numbers: Final = itertools.count()


class Criteria(CriteriaOption):
    """The options ``rules`` as one. Statements with criteria of the same shape share one compiled
    form, each with its own bound values; raises ValueError for a rule that cannot be cached."""

    inherit_cache = True
    propagate_to_loaders = True

    def __init__(self, rules: Sequence[LoaderCriteriaOption]) -> None:
        self.rules = tuple(rules)
        seen, values = anon_map(), list[Any]()
        shape = tuple(rule._gen_cache_key(seen, values) for rule in self.rules)
        if NO_CACHE in seen:
            raise ValueError("a row rule has no shape to be known by")
        self._values = tuple(values)
        # Of two threads with one new shape both take the same number; no number is given twice.
        self._shape = _shapes.setdefault(shape, next(_numbers))

    def _gen_cache_key(self, anon_map: Any, bindparams: list[Any]) -> tuple[Any, ...]:
        place, stands_already = anon_map.get_anon(self)
        if stands_already:
            return (Criteria, place)
        bindparams.extend(self._values)
        return (Criteria, place, self._shape)

    def process_compile_state(self, compile_state: Any) -> None:
        """As each of the rules would be."""
        for rule in self.rules:
            rule.process_compile_state(compile_state)

    def process_compile_state_replaced_entities(
        self, compile_state: Any, mapper_entities: Iterable[Any]
    ) -> None:
        """As each of the rules would be."""
        for rule in self.rules:
            rule.process_compile_state_replaced_entities(compile_state, mapper_entities)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        """As each of the rules would be; for updates and deletes."""
        for rule in self.rules:
            rule.get_global_criteria(attributes)
