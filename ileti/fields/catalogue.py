"""The fields of a provider, as jobs, programs and the capture path read them.

Why this module exists: forms are asked for without a user and in front of Flask, so fields come
from bare SQL here, in the order people gave them; pages use the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg

from ileti.core import db
from ileti.fields.vocabulary import Choice, Field, Kind, Subject

#: a field as one JSON object, for statements that bring fields along with something else
AS_JSON: Final = (
    "json_build_object('id', f.id, 'subject', f.subject, 'key', f.key, 'kind', f.kind, "
    "'name_tr', f.name_tr, 'name_en', f.name_en, 'hint_tr', f.hint_tr, 'hint_en', f.hint_en, "
    "'required', f.required, 'personal', f.personal, 'searchable', f.searchable, 'mask', f.mask, "
    "'least', f.least, 'most', f.most, 'decimals', f.decimals, 'choices', f.choices, "
    "'retired', f.retired_at is not null)")
_OF: Final = (f"select {AS_JSON} from custom_field f where f.provider_id = %s "  # noqa: S608
              "order by f.retired_at is not null, f.position, f.id")


def fields_of(provider_id: int, conn: psycopg.Connection[Any] | None = None) -> list[Field]:
    """All fields of a provider, those in use first. Raises StorageAway."""
    rows = (conn or db.connection()).execute(_OF, (provider_id,)).fetchall()
    return [of_row(row[0]) for row in rows]


#: seconds that the fields of consents are kept per process, as a site's are
FRESH_SECONDS: Final = 3.0
_MOST_KEPT: Final = 2_000
_kept: dict[int, tuple[float, list[Field]]] = {}


def of_consents(provider_id: int) -> list[Field]:
    """The fields of consents that are in use, asked anew every few seconds: for services that are
    called a thousand times in between."""
    found = _kept.get(provider_id)
    if found is None or found[0] < time.monotonic():
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        found = _kept[provider_id] = (
            time.monotonic() + FRESH_SECONDS, about(fields_of(provider_id), Subject.CONSENT))
    return found[1]


def forget() -> None:
    """Ask anew at the next use (tests, and the panel after a change)."""
    _kept.clear()


def of_row(row: dict[str, Any]) -> Field:
    """A field from its object or its row's columns by name."""
    return Field(
        id=row["id"], subject=Subject(row["subject"]), key=row["key"], kind=Kind(row["kind"]),
        tr=row["name_tr"], en=row["name_en"], hint_tr=row["hint_tr"], hint_en=row["hint_en"],
        required=frozenset(row["required"]), personal=row["personal"],
        searchable=row["searchable"], mask=row["mask"], least=row["least"], most=row["most"],
        decimals=row["decimals"], choices=choices_of(row["choices"]), retired=row["retired"])


def choices_of(rows: Iterable[dict[str, Any]]) -> tuple[Choice, ...]:
    """Answers from their JSON."""
    return tuple(Choice(one["key"], one["tr"], one["en"], bool(one.get("retired")))
                 for one in rows)


def about(fields: Iterable[Field], subject: Subject) -> list[Field]:
    """Those in use that tell of a subject."""
    return [one for one in fields if one.subject is subject and not one.retired]


def by_key(fields: Sequence[Field]) -> dict[str, Field]:
    """Fields by their keys."""
    return {one.key: one for one in fields}
