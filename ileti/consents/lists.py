"""A list of up to a thousand consents goes into the ledger in one call, set by set.

Why this module exists: a program that brings a thousand choices at once should not pay a thousand
times for what they share (docs/adr/0036). Hashes and ciphers are made for all addresses at once,
what items have in common is packed once, and ``record_list`` in the database writes them in its own
transaction. :func:`ileti.consents.ledger.record_chunk` stays for who has a transaction open, or
several movements of one key.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg
from psycopg import errors as pg

from ileti.consents.ledger import (
    NewConsent,
    NewSubmission,
    Recorded,
    call_of,
    read_answer,
    refuse_malformed_key,
)
from ileti.consents.packing import kind_of, seal_person
from ileti.core import db
from ileti.core.errors import CallerMistake, StorageAway
from ileti.core.secrets import secrets
from ileti.core.statement import (
    element,
    join_array,
    pack_array,
    pack_int2,
    pack_int4,
    pack_int8,
    pack_jsonb,
    pack_time,
)
from ileti.evidence.leaf import Claim, canonical_json, claim_parts, iso_utc

_TRIES = 4
_SHARED = ("int4", "int4", "text", "bytea", "int2", "int4", "int2", "int8", "jsonb", "int2",
           "bytea", "int2")
_ADDRESS = ("int2[]", "bytea[]", "bytea[]", "bytea[]")
_ITEM = ("int2[]", "int2[]", "int2[]", "int2[]", "int2[]", "int2[]", "timestamptz[]",
         "timestamptz[]", "int4[]", "int4[]", "bytea[]")
_RECORD = call_of("record_list", (*_SHARED, *_ADDRESS, *_ITEM))


class _Kind(NamedTuple):
    """What items share: their columns as elements of arrays, and the text around what differs in
    their claims."""

    columns: tuple[bytes, ...]
    head: bytes
    middle: bytes
    tail: bytes


def record_list(new: NewSubmission) -> Recorded:
    """Record a list in its own transaction; its items name source and standing themselves, and no
    two of them share address, recipient type and channel. Answers and raises like
    :func:`ileti.consents.ledger.record`; writers that met another's order are repeated."""
    refuse_malformed_key(new.idem)
    parameters = _pack(new)
    for attempt in range(1, _TRIES + 1):
        try:
            return read_answer(_RECORD.value(db.system_connection(), parameters), len(new.items))
        except (pg.DeadlockDetected, pg.SerializationFailure):
            if attempt == _TRIES:
                raise
        except pg.InvalidParameterValue as error:
            raise CallerMistake(
                "HS_KARAR yalnız ret için kullanılır.", "HS_KARAR is for refusals only.",
                code="H408") from error
        except psycopg.OperationalError as error:
            if db.is_storage_away(error):
                raise StorageAway() from error
            raise
    raise AssertionError("unreachable")


def _pack(new: NewSubmission) -> list[bytes | None]:
    """The parameters of the function in the database."""
    box, provider, items = secrets(), new.place.provider_id, new.items
    said = canonical_json(new.evidence)
    person_key, person_ct, person = seal_person(new)
    addresses = list(dict.fromkeys([item.address for item in items]))
    hashed = sorted(zip(box.addresses.of_many(provider, addresses), addresses, strict=True))
    hashes, clear = [one for one, _ in hashed], [address for _, address in hashed]
    keys = os.urandom(32 * len(hashes))
    place_of = {address: element(pack_int2(n)) for n, address in enumerate(clear, 1)}
    shared: list[bytes | None] = [
        pack_int4(provider), pack_int4(new.place.brand_id), new.idem.encode(), new.body_hash,
        pack_int2(new.source), None if new.dealer_id is None else pack_int4(new.dealer_id),
        pack_int2(new.actor), None if new.actor_id is None else pack_int8(new.actor_id),
        pack_jsonb(said), pack_int2(person_key), person_ct, pack_int2(box.keyring.newest)]
    return [
        *shared,
        pack_array("int2[]", [pack_int2(kind_of(one)) for one in clear]),
        pack_array("bytea[]", hashes),
        pack_array("bytea[]", box.keyring.encrypt_many([one.encode() for one in clear], hashes)),
        pack_array("bytea[]", [keys[n:n + 32] for n in range(0, len(keys), 32)]),
        *_columns(new, place_of, sha256(said).hexdigest(), person),
    ]


def _columns(new: NewSubmission, place_of: dict[str, bytes], evidence: str, person: str
             ) -> list[bytes]:
    """The arrays of the items."""
    kinds: dict[tuple[Any, ...], _Kind] = {}
    moments: dict[Any, tuple[bytes, bytes]] = {}
    columns, places, dates, claims = [], [], [], []
    size = pack_int4(32)
    for item in new.items:
        address, at = item.address, item.consent_date
        key = (item.channel, item.status, item.recipient_type, item.source, item.standing,
               item.due_at, item.dealer_id, item.text_id)
        kind = kinds.get(key) or kinds.setdefault(key, _kind_of(new, item, evidence, person))
        moment = moments.get(at) or moments.setdefault(
            at, (element(pack_time(at)), iso_utc(at).encode()))
        columns.append(kind.columns)
        places.append(place_of[address])
        dates.append(moment[0])
        claims.append(size + sha256(b"".join(
            (kind.head, moment[1], kind.middle, address.encode(), kind.tail))).digest())
    rtype, channels, statuses, sources, standings, dues, dealers, texts = (
        zip(*columns, strict=True) if columns else [()] * 8)
    arrays = (places, rtype, channels, statuses, sources, standings, dates, dues, dealers, texts,
              claims)
    return [join_array(name, array, nulls=True) for name, array in zip(_ITEM, arrays, strict=True)]


def _kind_of(new: NewSubmission, item: NewConsent, evidence: str, person: str) -> _Kind:
    source = new.source if item.source is None else item.source
    standing = new.standing if item.standing is None else item.standing
    dealer = item.dealer_id if item.dealer_id is not None else new.dealer_id
    head, middle, tail = claim_parts(Claim(
        brand=new.place.brand_code, channel=item.channel.name, consent_date=item.consent_date,
        dealer=dealer, evidence=evidence, idem=new.idem, person=person,
        provider=new.place.iys_code, recipient=item.address,
        recipient_type=item.recipient_type.name, source=source.name, standing=standing.name,
        status=item.status.name, text=item.text_hash))
    packed = (
        *(pack_int2(one) for one in (item.recipient_type, item.channel, item.status, source,
                                     standing)),
        None if item.due_at is None else pack_time(item.due_at),
        None if dealer is None else pack_int4(dealer),
        None if item.text_id is None else pack_int4(item.text_id))
    return _Kind(tuple(element(one) for one in packed), head.encode(), middle.encode(),
                 tail.encode())
