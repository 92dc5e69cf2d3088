"""Custom fields in a list: which column is which, what a row says, and where it is kept.

Why this module exists: a list has more than İYS asks, and the provider has fields for it. A value
that will not do never holds a consent up: it is left out and told, with the field's name, how often
and where first; a field that is required of lists lets a consent wait for it, and a refusal never
(R-42). Values are staged beside the rows, sealed where they are personal, and brought when the rows
are in the ledger. What a row said with a consent is covered by its leaf through the list's SHA-256,
which stands in the evidence with the columns' meaning (docs/adr/0045).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ileti.core import db
from ileti.core.crypto import AddressHash
from ileti.fields import catalogue, kept, reading
from ileti.fields.vocabulary import Field, Where
from ileti.imports.runs import Run
from ileti.imports.words import fold

#: before a field's key, where a column's meaning is named
PREFIX: Final = "field."
_LINES: Final = 20_000
_COLUMNS: Final = ("line", "field_id", "value", "key_no", "value_ct", "mark", "addr_hash")
#: a field's id, its number of a column, or the code of a fault with its first line and how often
Value = tuple[int, int, Any, int | None, bytes | None, bytes | None, bytes]
Faults = dict[tuple[str, str], list[int]]


def of_run(run: Run) -> list[Field]:
    """The fields a list may fill."""
    return [one for one in catalogue.fields_of(run.place.provider_id) if not one.retired]


def recognised(heads: Sequence[str] | None, taken: Iterable[int], fields: Iterable[Field]
               ) -> dict[str, int]:
    """Columns by field, told by key or name in either language; what means something else already
    is left alone."""
    free = {fold(head): n for n, head in reversed(list(enumerate(heads or ())))
            if n not in set(taken) and head.strip()}
    found: dict[str, int] = {}
    for one in fields:
        at = next((free[word] for word in map(fold, (one.key, one.tr, one.en)) if word in free),
                  None)
        if at is not None and at not in found.values():
            found[one.key] = at
    return found


class Columns:
    """Reads the fields of rows under one set of terms."""

    def __init__(self, provider_id: int, fields: Sequence[tuple[Field, int]],
                 hashes: AddressHash) -> None:
        self._provider, self._fields, self._hashes = provider_id, fields, hashes
        self.width = max((n for _one, n in fields), default=-1) + 1

    def __bool__(self) -> bool:
        return bool(self._fields)

    def read(self, cells: Sequence[str], line: int, faults: Faults
             ) -> tuple[list[tuple[Field, Any]], bool]:
        """A row's values, and whether a field that lists must have is missing or will not do."""
        values, lacks = [], False
        for one, n in self._fields:
            must = Where.IMPORT in one.required
            try:
                value = reading.of_text(one, cells[n] if 0 <= n < len(cells) else "")
                if value is None and must:
                    raise reading.MISSING
            except reading.Refused as refused:
                seen = faults.setdefault((one.key, refused.code), [line, 0])
                seen[0], seen[1] = min(seen[0], line), seen[1] + 1
                lacks = lacks or must
                continue
            if value is not None:
                values.append((one, value))
        return values, lacks

    def rows(self, values: Sequence[tuple[Field, Any]], line: int, addresses: Iterable[str]
             ) -> list[Value]:
        """The values as they are staged, for each address of the row."""
        made: list[Value] = []
        for address in addresses:
            digest = self._hashes.of(self._provider, address)
            for one, value in values:
                sealed = kept.seal(one, self._provider, digest, value)
                made.append((line, one.id,
                             None if sealed.cipher is not None else json.dumps(sealed.value),
                             sealed.key_no, sealed.cipher, sealed.mark, digest))
        return made


def told(one: Field, cell: str) -> str | None:
    """The code of what is wrong with a cell; None for nothing."""
    try:
        if reading.of_text(one, cell) is None and Where.IMPORT in one.required:
            return reading.MISSING.code
    except reading.Refused as refused:
        return refused.code
    return None


def sentences(fields: Iterable[tuple[Field, int]], cells: Sequence[str], language: str
              ) -> list[str]:
    """What is wrong with a row's fields, by their names."""
    found = []
    for one, n in fields:
        code = told(one, cells[n] if 0 <= n < len(cells) else "")
        if code is not None:
            found.append(f"{one.name(language)}: {said(code, language)}")
    return found


def said(code: str, language: str) -> str:
    """A fault in words, without a value's bounds."""
    return reading.SENTENCES[code][language == "en"]


def asked(run: Run) -> list[tuple[Field, int]]:
    """The run's fields with their columns, and those that lists must have and this one has not
    (-1). A field that was retired meanwhile is none."""
    known = catalogue.by_key(of_run(run))
    found = {key: n for key, n in run.mapping.fields.items() if key in known}
    lacking = [one for key, one in known.items()
               if Where.IMPORT in one.required and key not in found]
    return [*((known[key], n) for key, n in found.items()), *((one, -1) for one in lacking)]


# -- staged, and brought ---------------------------------------------------------------------------


def copy_statement(stage: int) -> str:
    """For the staged values of one run."""
    return f"copy import_value_{int(stage)} ({','.join(_COLUMNS)}) from stdin"


def open_stage(stage: int) -> None:
    """Where values are staged, beside the rows of the same number."""
    db.connection().execute("select import_values_open(%s)", [stage])


def ready(stage: int) -> None:
    """Let staged values be found by their lines."""
    db.connection().execute("select import_values_ready(%s)", [stage])


def bring(run: Run) -> int:
    """Bring the values of all rows that are in the ledger; again the same changes nothing."""
    if run.stage is None or not run.mapping.fields:
        return 0
    row = db.connection().execute(
        f"select coalesce(max(line), 0) from import_value_{int(run.stage)}").fetchone()  # noqa: S608
    last, done = (row[0] if row else 0), 0
    for first in range(0, last + 1, _LINES):
        with db.transaction() as conn:
            conn.execute("set local statement_timeout = '5min'")
            found = conn.execute(
                "select import_values(%s::bigint, %s::bigint, %s::int, %s::int, %s::text, "
                "%s::int, %s::int)",
                (run.stage, run.id, run.place.provider_id, run.place.brand_id, run.key, first,
                 first + _LINES - 1)).fetchone()
            done += found[0] if found else 0
    return done


def take_back(run: Run) -> None:
    """Forget of recipients what the list said of them and nobody changed since."""
    db.connection().execute(
        "delete from recipient_value where provider_id = %s and import_id = %s",
        (run.place.provider_id, run.id))
