"""How values are kept: with a consent in its submission, with a recipient in rows of their own.

Why this module exists: what was said with a consent is part of its proof, so it lies in the
submission's evidence, or, where it is personal, in its sealed person; leaf and seal cover both
(docs/adr/0045). The evidence names which fields there were and how they were called on the form;
of a personal value that may be searched it has a keyed hash. What a provider knows of a recipient
is sealed under the keyring, bound to the address's hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.fields.reading import fold
from ileti.fields.vocabulary import Field

#: the member of a submission's evidence and of its person
MEMBER: Final = "fields"


class Parts(NamedTuple):
    """What goes into a submission's evidence and into its person; nothing of nobody."""

    evidence: dict[str, Any]
    person: dict[str, Any]


NOTHING: Final = Parts({}, {})


def parts(fields: Iterable[Field], values: Mapping[str, Any], provider_id: int,
          language: str = "tr") -> Parts:
    """A click's values as a submission keeps them."""
    if not values:
        return NOTHING
    said: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    marks, names = {}, {}
    for one in fields:
        if one.key not in values:
            continue
        value = values[one.key]
        names[one.key] = one.name(language)
        (sealed if one.personal else said)[one.key] = value
        if one.personal and one.searchable:
            marks[one.key] = mark(provider_id, one, value).hex()
    kept: dict[str, Any] = {"keys": sorted(names), "names": names, "said": said}
    if marks:
        kept["marks"] = marks
    return Parts({MEMBER: kept}, {MEMBER: sealed} if sealed else {})


def said_in(evidence: Any, person: Any) -> dict[str, Any]:
    """The values of a submission, by key; personal ones as far as its person was opened."""
    found: dict[str, Any] = {}
    for part in (_member(evidence).get("said"), _member(person)):
        if isinstance(part, dict):
            found |= part
    return found


def keys_in(evidence: Any) -> list[str]:
    """Which fields a submission has."""
    keys = _member(evidence).get("keys")
    return [one for one in keys if isinstance(one, str)] if isinstance(keys, list) else []


def _member(part: Any) -> dict[str, Any]:
    found = part.get(MEMBER) if isinstance(part, dict) else None
    return found if isinstance(found, dict) else {}


# -- finding ---------------------------------------------------------------------------------------


def mark(provider_id: int, field: Field, value: Any) -> bytes:
    """The keyed hash by which a personal value is found; of this field and provider alone."""
    text = fold(value) if isinstance(value, str) else json.dumps(value)
    return secrets().addresses.of(provider_id, f"field:{field.key}:{text}")


def wanted(field: Field, provider_id: int, value: Any) -> dict[str, Any]:
    """What a submission's evidence contains that has this value."""
    if field.personal:
        return {"marks": {field.key: mark(provider_id, field, value).hex()}}
    return {"said": {field.key: value}}


# -- of a recipient --------------------------------------------------------------------------------


class Sealed(NamedTuple):
    """A value as a row keeps it."""

    value: Any
    key_no: int | None
    cipher: bytes | None
    bound: bytes | None
    mark: bytes | None


def seal(field: Field, provider_id: int, addr_hash: bytes, value: Any) -> Sealed:
    """A value for its row: clear, or sealed and bound to the address."""
    if not field.personal:
        return Sealed(value, None, None, None, None)
    number, cipher = secrets().keyring.encrypt(
        json.dumps(value).encode(), bound_to(provider_id, field.id, addr_hash))
    return Sealed(None, number, cipher, addr_hash,
                  mark(provider_id, field, value) if field.searchable else None)


def unseal(provider_id: int, field_id: int, addr_hash: bytes | None, row: Sequence[Any]) -> Any:
    """Inverse of :func:`seal` for (value, key number, cipher); None when nobody can open it."""
    value, number, cipher = row
    if cipher is None:
        return value
    if addr_hash is None or number is None:
        return None
    try:
        return json.loads(secrets().keyring.decrypt(
            number, bytes(cipher), bound_to(provider_id, field_id, bytes(addr_hash))))
    except CannotDecrypt:
        return None


def bound_to(provider_id: int, field_id: int, addr_hash: bytes) -> bytes:
    """What the cipher of a value is bound to."""
    return f"field:{provider_id}:{field_id}:".encode() + addr_hash


_KNOWN: Final = """
select v.recipient_id, v.field_id, v.value, v.key_no, v.value_ct, r.addr_hash
  from recipient_value v join recipient r on r.provider_id = v.provider_id
   and r.id = v.recipient_id
 where v.provider_id = %s and v.recipient_id = any(%s::bigint[])"""


def of_recipients(conn: psycopg.Connection[Any], provider_id: int, recipient_ids: Iterable[int]
                  ) -> dict[int, dict[int, Any]]:
    """What is known of recipients, by recipient and field; of whom nothing is, nothing."""
    found: dict[int, dict[int, Any]] = {one: {} for one in recipient_ids}
    for recipient, field_id, *row, addr_hash in conn.execute(_KNOWN, (provider_id, list(found))):
        value = unseal(provider_id, field_id, addr_hash, row)
        if value is not None:
            found[recipient][field_id] = value
    return found


def of_recipient(conn: psycopg.Connection[Any], provider_id: int, recipient_id: int
                 ) -> dict[int, Any]:
    """What is known of a recipient, by field."""
    return of_recipients(conn, provider_id, [recipient_id])[recipient_id]


def know(conn: psycopg.Connection[Any], provider_id: int, recipient_id: int,
         fields: Iterable[Field], values: Mapping[str, Any]) -> list[str]:
    """Keep these values of a recipient, and forget the field whose value is None; the keys that
    changed. Fields that are not named stay. Nothing is kept of an erased person. Inside a
    transaction."""
    row = conn.execute(
        "select addr_hash from recipient where provider_id = %s and id = %s",
        (provider_id, recipient_id)).fetchone()
    if row is None or row[0] is None:
        return []
    conn.execute("select pin_persons(%s, %s)", (provider_id, [recipient_id]))
    before = of_recipient(conn, provider_id, recipient_id)
    changed = []
    for one in fields:
        if one.key not in values or values[one.key] == before.get(one.id):
            continue
        changed.append(one.key)
        if values[one.key] is None:
            conn.execute(
                "delete from recipient_value where provider_id = %s and recipient_id = %s "
                "and field_id = %s", (provider_id, recipient_id, one.id))
            continue
        kept = seal(one, provider_id, bytes(row[0]), values[one.key])
        conn.execute(_KEEP, (
            provider_id, recipient_id, one.id,
            None if kept.cipher is not None else json.dumps(kept.value), kept.key_no, kept.cipher,
            kept.bound, kept.mark))
    return changed


_KEEP: Final = """
insert into recipient_value (provider_id, recipient_id, field_id, value, key_no, value_ct, bound,
                             mark)
values (%s, %s, %s, %s::jsonb, %s, %s, %s, %s)
on conflict (provider_id, recipient_id, field_id) do update set value = excluded.value,
   key_no = excluded.key_no, value_ct = excluded.value_ct, bound = excluded.bound,
   mark = excluded.mark, at = now(), import_id = null"""


def forget(conn: psycopg.Connection[Any], provider_id: int, recipient_ids: Sequence[int]) -> int:
    """Remove everything that is known of recipients (R-64); how many values."""
    return conn.execute(
        "delete from recipient_value where provider_id = %s and recipient_id = any(%s)",
        (provider_id, list(recipient_ids))).rowcount
