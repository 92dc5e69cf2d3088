"""What a list's address says: filters as they come in, and as the template draws them.

Why this module exists: the lists of consents, of acts about personal data and of the audit trail
narrow alike, and what cannot be read in an address is left out in all of them, never a fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from flask import request
from flask_babel import ngettext

#: characters of one chosen value that a filter's button still shows
SHORT: Final = 24
#: where a page begins, by keyset: what a filter that changes throws away
PLACES: Final = ("once", "sonra", "ilk")


def numbers(name: str) -> list[int]:
    """The whole numbers a filter was given."""
    return [int(one) for one in request.args.getlist(name)
            if one.isascii() and one.isdigit() and len(one) < 10]


def day(name: str) -> date | None:
    """The day a filter was given."""
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def place(text: str | None) -> int | None:
    """Where a page of numbered lines begins."""
    known = text is not None and text.isascii() and text.isdigit() and len(text) < 19
    return int(text) if known and text else None


def kept(keys: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Per filter the rest of the query string, so that filters add up."""
    pairs = [(n, v) for n, v in request.args.items(multi=True) if n not in PLACES]
    return {key: [(n, v) for n, v in pairs if n.removesuffix("_from").removesuffix("_to") != key]
            for key in keys}


def choices(key: str, label: str, all_: Iterable[tuple[Any, str]], chosen: Iterable[Any]
            ) -> dict[str, Any]:
    """A filter of several choices, as ``panel/macros.html`` draws it; values are compared as text.
    """
    pairs = [(str(value), text) for value, text in all_]
    picked = {str(one) for one in chosen}
    names = [text for value, text in pairs if value in picked]
    said = names[0] if len(names) == 1 and len(names[0]) <= SHORT else ngettext(
        "%(num)s chosen", "%(num)s chosen", len(names)) if names else None
    return {"key": key, "label": label, "kind": "choices", "multiple": True, "value": said,
            "choices": [{"value": v, "label": t, "selected": v in picked} for v, t in pairs]}


def one_of(key: str, label: str, all_: Iterable[tuple[str, str]], chosen: dict[str, str]
           ) -> dict[str, Any]:
    """A filter of one choice, as ``panel/macros.html`` draws it; ``chosen`` is what stands in the
    address by key, and what the other filters keep."""
    pairs = list(all_)
    return {"key": key, "label": label, "kind": "choices", "multiple": False,
            "value": dict(pairs).get(chosen[key]),
            "choices": [{"value": v, "label": t, "selected": v == chosen[key]} for v, t in pairs],
            "kept": [(k, v) for k, v in chosen.items() if v and k != key]}


def brand_or_all(brands: Iterable[Any], everybody: str) -> list[tuple[str, str]]:
    """The choices of a filter by brand, what belongs to all first."""
    return [("ortak", everybody), *((str(one.id), one.name) for one in brands)]
