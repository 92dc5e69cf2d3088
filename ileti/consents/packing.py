"""A click or a chunk in the form PostgreSQL takes it: sealed, hashed, digested, in binary.

All that Python has to do for an entry is done here, before the one call of
:mod:`ileti.consents.ledger`. Addresses come sorted by hash, because writers that lock in different
orders kill each other (facts §5).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from ileti.consents.vocabulary import AddressKind
from ileti.core.secrets import secrets
from ileti.core.statement import (
    pack_array,
    pack_int2,
    pack_int4,
    pack_int8,
    pack_jsonb,
    pack_time,
)
from ileti.evidence.leaf import Claim, canonical_digest, canonical_json, claim_digest

if TYPE_CHECKING:
    from ileti.consents.ledger import NewConsent, NewSubmission


_CLICK = ("int4", "int4", "text", "bytea", "int2", "int4", "int4", "int2", "int8", "int2", "jsonb",
          "int2", "bytea")
_ADDRESS = ("int2", "int2", "bytea", "bytea", "bytea")
_ACT = ("int2", "int4", "int4", "int2", "int2", "timestamptz", "bytea")
_ITEM = ("int2", "int2", "int2", "int2", "timestamptz", "timestamptz", "int4", "bytea")


def _many(*kinds: str) -> tuple[str, ...]:
    return tuple(f"{kind}[]" for kind in kinds)


#: Types of :func:`parameters` and of :func:`parameters_of_many`, and of both with acts.
KINDS = (*_CLICK, *_many(*_ADDRESS, *_ITEM))
KINDS_OF_MANY = _many(*_CLICK, "int2", "int2", "int2", *_ADDRESS, "int2", *_ITEM)
KINDS_WITH_ACTS = (*KINDS, *_many(*_ACT))
KINDS_OF_MANY_WITH_ACTS = (*KINDS_OF_MANY, *_many("int2", *_ACT))


class Packed(NamedTuple):
    """A click in PostgreSQL's binary form: nothing is left to do but to send it.

    ``shared``: the first thirteen parameters of ``record_consents``. ``addresses``, sorted by hash
    (facts §5): kind, key number, hash, cipher, leaf key. ``items``: the place of its address,
    counted from 1, then the other parameters of an item. ``names``: what no other click of the
    same call may share, its key and its addresses within the provider. ``places``: an address's
    place, from 1. ``evidence`` and ``person``: the digests that every claim of the click names.
    ``acts``: what else was done with the click (:mod:`ileti.kvkk`), as ``items``; place 0 is
    nobody known.
    """

    shared: tuple[bytes | None, ...]
    addresses: list[tuple[bytes, bytes, bytes, bytes, bytes]]
    items: list[tuple[int, *tuple[bytes | None, ...]]]
    names: frozenset[bytes]
    places: dict[str, int]
    evidence: str
    person: str
    acts: Sequence[tuple[int, *tuple[bytes, ...]]] = ()


def pack(new: NewSubmission, also: Iterable[str] = ()) -> Packed:
    """All that Python has to do for a click; ``also`` are addresses that no item names."""
    box, provider, items = secrets(), new.place.provider_id, new.items
    sorted_hashes = sorted((box.addresses.of(provider, address), address)
                           for address in {item.address for item in items}.union(also))
    place_of = {address: n for n, (_, address) in enumerate(sorted_hashes, 1)}
    said = canonical_json(new.evidence)
    evidence = sha256(said).hexdigest()
    person_key, person_ct, person = seal_person(new)
    packed_provider = pack_int4(provider)
    addresses = []
    for digest, address in sorted_hashes:
        key, cipher = box.keyring.encrypt(address.encode(), digest)
        addresses.append((pack_int2(kind_of(address)), pack_int2(key), digest, cipher,
                          os.urandom(32)))
    return Packed(
        (packed_provider, pack_int4(new.place.brand_id), new.idem.encode(), new.body_hash,
         pack_int2(new.source), _maybe(pack_int4, new.dealer_id), _maybe(pack_int4, new.site_id),
         pack_int2(new.actor), _maybe(pack_int8, new.actor_id), pack_int2(new.standing),
         pack_jsonb(said), pack_int2(person_key), person_ct),
        addresses,
        [(place_of[i.address], pack_int2(i.recipient_type), pack_int2(i.channel),
          pack_int2(i.status), pack_time(i.consent_date), _maybe(pack_time, i.due_at),
          _maybe(pack_int4, i.text_id), _digest(new, i, evidence, person)) for i in items],
        frozenset((packed_provider + new.idem.encode(),
                   *(packed_provider + digest for digest, _ in sorted_hashes))),
        place_of, evidence, person,
    )


def parameters(click: Packed) -> list[bytes | None]:
    """The parameters of ``record_consents``, or of ``record_acts`` when the click has acts or
    nothing at all."""
    places, *others = zip(*click.items, strict=True) if click.items else [()] * len(_ITEM)
    addresses = zip(*click.addresses, strict=True) if click.addresses else [()] * len(_ADDRESS)
    columns = (*addresses, [pack_int2(n) for n in places], *others)
    if click.items and not click.acts:
        return [*click.shared, *map(pack_array, KINDS[len(_CLICK):], columns)]
    at, *said = zip(*click.acts, strict=True) if click.acts else [()] * len(_ACT)
    return [*click.shared, *map(pack_array, KINDS_WITH_ACTS[len(_CLICK):],
                                (*columns, [pack_int2(n) for n in at], *said))]


def parameters_of_many(clicks: Sequence[Packed]) -> list[bytes | None]:
    """The parameters of ``record_clicks``, or ``record_clicks_acts`` when one of them has acts;
    every click has at least one item."""
    bounds, address_of, item_of, places = [], [], [], []
    addresses: list[tuple[bytes, ...]] = []
    items: list[tuple[Any, ...]] = []
    acts: list[tuple[bytes, ...]] = []
    for n, click in enumerate(clicks, 1):
        number, before = pack_int2(n), len(addresses)
        bounds.append((pack_int2(len(items) + 1), pack_int2(len(items) + len(click.items))))
        address_of += [number] * len(click.addresses)
        item_of += [number] * len(click.items)
        places += [pack_int2(before + item[0]) for item in click.items]
        acts += [(number, pack_int2(before + act[0]), *act[1:]) for act in click.acts]
        addresses += click.addresses
        items += click.items
    columns = (
        *zip(*(click.shared for click in clicks), strict=True), *zip(*bounds, strict=True),
        address_of, *zip(*addresses, strict=True),
        item_of, places, *list(zip(*items, strict=True))[1:], *zip(*acts, strict=True),
    )
    return [*map(pack_array, KINDS_OF_MANY_WITH_ACTS if acts else KINDS_OF_MANY, columns)]


def _digest(new: NewSubmission, item: NewConsent, evidence: str, person: str) -> bytes:
    return claim_digest(Claim(
        brand=new.place.brand_code, channel=item.channel.name, consent_date=item.consent_date,
        dealer=item.dealer_id if item.dealer_id is not None else new.dealer_id,
        evidence=evidence, idem=new.idem, person=person, provider=new.place.iys_code,
        recipient=item.address, recipient_type=item.recipient_type.name,
        source=(new.source if item.source is None else item.source).name,
        standing=(new.standing if item.standing is None else item.standing).name,
        status=item.status.name, text=item.text_hash,
    ))


def seal_person(new: NewSubmission) -> tuple[int, bytes, str]:
    """Key number, cipher and digest of name, network address and browser (personal data).

    A random value is always among them: without it, whoever has the database but not its keys
    could find the address behind a leaf by trying all numbers (docs/adr/0005).
    """
    clear = canonical_json((new.person or {}) | {"blind": os.urandom(16).hex()})
    number, cipher = secrets().keyring.encrypt(clear, new.idem.encode())
    return number, cipher, sha256(clear).hexdigest()


def open_person(idem: str, key: int | None, cipher: Any) -> dict[str, Any]:
    """Inverse of :func:`seal_person`: what was kept under a submission's ``idem``; empty where it
    has none. Raises CannotDecrypt."""
    if key is None or cipher is None:
        return {}
    return dict(json.loads(secrets().keyring.decrypt(key, bytes(cipher), idem.encode())))


def _maybe(pack: Callable[[Any], bytes], value: Any) -> bytes | None:
    return None if value is None else pack(value)


def kind_of(address: str) -> AddressKind:
    """Phone or e-mail, of an address in its one spelling."""
    return AddressKind.PHONE if address.startswith("+") else AddressKind.EMAIL


def chunk_lines(new: NewSubmission, person: str) -> Iterator[tuple[Any, ...]]:
    box = secrets()
    evidence = canonical_digest(new.evidence)
    for ordinal, item in enumerate(new.items, 1):
        digest = box.addresses.of(new.place.provider_id, item.address)
        key_no, cipher = box.keyring.encrypt(item.address.encode(), digest)
        yield (
            ordinal, int(kind_of(item.address)), key_no, digest, cipher, int(item.recipient_type),
            int(item.channel), int(item.status),
            int(new.source if item.source is None else item.source),
            int(new.standing if item.standing is None else item.standing),
            item.consent_date, item.due_at,
            item.dealer_id if item.dealer_id is not None else new.dealer_id,
            item.text_id, _digest(new, item, evidence, person),
        )
