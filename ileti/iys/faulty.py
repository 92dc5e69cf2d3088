"""Which records of a list İYS's errors speak about.

Why this module exists: one faulty record refuses a whole list (İYS API §6.3), and what is named
faulty is refused for good. So a place is believed only as far as the error shows that record's own
value; whatever else is said speaks about the list (fault rows 20, 21).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ileti.iys.answers import IysError


def split_faults(
    errors: Sequence[IysError], size: int, sent: Sequence[Mapping[str, Any]] | None = None
) -> tuple[dict[int, list[IysError]], list[IysError]]:
    """Errors of single items by their place in a list of ``size``, and those of the whole list.

    The items named are set aside, the others are sent again at once (fault row 21). An index
    outside the list speaks about the whole; so does one whose value is not what stands there in
    what was ``sent``, since a record must not end refused for another's fault (row 20).
    """
    by_item: dict[int, list[IysError]] = {}
    whole: list[IysError] = []
    for error in errors:
        here = error.index is not None and 0 <= error.index < size
        if here and (sent is None or _fits(error, sent[error.index or 0])):
            assert error.index is not None  # as ``here`` says
            by_item.setdefault(error.index, []).append(error)
        else:
            whole.append(error)
    return by_item, whole


def _fits(error: IysError, item: Mapping[str, Any]) -> bool:
    """Whether the refused value is the item's own, as far as the error shows one."""
    if error.value is None or len(error.location) != 1:
        return True
    own = item.get(str(error.location[0]))
    return own is None or str(own).casefold() == str(error.value).casefold()
