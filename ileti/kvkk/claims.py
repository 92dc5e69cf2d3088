"""What an act's leaf commits to, and how it is put together again from the database.

Why this module exists: as for consents (:mod:`ileti.evidence.leaf`, :mod:`ileti.consents.claims`):
who changes a part of what was said no longer gets the leaf. The claim is RFC 8785 text; its member
``act`` tells it from a consent's. An act of nobody known is salted by its id alone: the random
value in ``person`` keeps it from being guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

import psycopg

from ileti.consents.audit import Sealed, audits
from ileti.consents.claims import Gone
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Source, Standing
from ileti.core.crypto import CannotDecrypt
from ileti.core.secrets import secrets
from ileti.evidence.leaf import canonical_digest, canonical_json, iso_utc, leaf
from ileti.evidence.seal import Position, bound, by_index
from ileti.kvkk.vocabulary import Act

KIND: Final = 3
FORMAT: Final = 1
NOBODY: Final = b""

_ROWS: Final = """
    select k.xid::text::bigint, k.id, k.leaf, k.captured_at, k.provider_id, k.recipient_id,
           k.act_at, k.dealer_id, k.act, k.extent, k.source, k.standing, k.epoch,
           p.iys_code, b.brand_code, v.content_hash, s.idem, s.evidence, s.person_key, s.person_ct,
           r.key_no, r.addr_hash, r.addr_ct, r.leaf_key, k.submission_id,
           s.erased_at is not null, k.text_id, k.brand_id
      from kvkk_entry k
      left join provider p on p.id = k.provider_id
      left join brand b on b.id = k.brand_id
      left join document_version v on v.id = k.text_id
      left join submission s on s.provider_id = k.provider_id and s.id = k.submission_id
      left join recipient r on r.provider_id = k.provider_id and r.id = k.recipient_id
     where {where}
     order by k.xid, k.id"""


def claim(*, act: Act, at: datetime, brand: int, dealer: int | None, evidence: str, extent: int,
          idem: str, person: str | None, provider: int, recipient: str | None, source: Source,
          standing: Standing, text: str) -> dict[str, Any]:
    """An act's claim. ``brand`` and ``provider`` are İYS's numbers, ``evidence``, ``person`` and
    ``text`` SHA-256 in hex as in a consent's claim, ``recipient`` the address or None."""
    return {"act": act.name, "at": iso_utc(at), "brand": brand, "dealer": dealer,
            "evidence": evidence, "extent": int(extent), "idem": idem, "person": person,
            "provider": provider, "recipient": recipient, "source": source.name,
            "standing": standing.name, "text": text, "v": FORMAT}


def digest(said: dict[str, Any]) -> bytes:
    """SHA-256 of the canonical claim."""
    return sha256(canonical_json(said)).digest()


class Row(NamedTuple):
    """An act with all that its claim is made of, as it is kept."""

    xid: int
    id: int
    leaf: bytes
    captured_at: datetime
    provider_id: int
    recipient_id: int | None
    act_at: datetime
    dealer_id: int | None
    act: int
    extent: int
    source: int
    standing: int
    epoch: int
    iys_code: int | None
    brand_code: int | None
    text: bytes | None
    idem: str | None
    evidence: Any
    person_key: int | None
    person_ct: bytes | None
    key_no: int | None
    addr_hash: bytes | None
    addr_ct: bytes | None
    leaf_key: bytes | None
    submission_id: int
    click_erased: bool | None
    text_id: int
    brand_id: int

    @property
    def at(self) -> Position:
        """Its place in the order of leaves."""
        return Position(self.xid, KIND, self.id)

    @property
    def salt_key(self) -> bytes:
        """What its leaf is salted by."""
        return self.leaf_key if self.recipient_id is not None and self.leaf_key else NOBODY

    @property
    def erased(self) -> bool:
        """Whether the person is erased, so that nobody can put the claim together."""
        return self.recipient_id is not None and (
            self.addr_hash is None and self.addr_ct is None and self.leaf_key is None)

    @property
    def gone(self) -> Gone | None:
        """What of it is erased."""
        if self.erased:
            return Gone("person", self.provider_id, self.recipient_id or 0)
        return (Gone("submission", self.provider_id, self.submission_id) if self.click_erased
                else None)

    def said(self) -> dict[str, Any] | None:
        """The claim; None when a part is gone, unreadable or of no known word."""
        if not (self.iys_code and self.brand_code and self.text and self.idem):
            return None
        try:
            person = self.person()
            recipient = None if self.recipient_id is None else secrets().keyring.decrypt(
                self.key_no or 0, self.addr_ct or b"", self.addr_hash or b"").decode()
            return claim(
                act=Act(self.act), at=self.act_at, brand=self.brand_code, dealer=self.dealer_id,
                evidence=canonical_digest(self.evidence), extent=self.extent, idem=self.idem,
                person=sha256(person).hexdigest(), provider=self.iys_code, recipient=recipient,
                source=Source(self.source), standing=Standing(self.standing),
                text=self.text.hex())
        except (CannotDecrypt, ValueError):  # gone, of another key, or a number no word has
            return None

    def person(self) -> bytes:
        """The canonical JSON of name, network address and browser; raises CannotDecrypt."""
        return secrets().keyring.decrypt(self.person_key or 0, self.person_ct or b"",
                                         (self.idem or "").encode())

    @property
    def fits(self) -> bool:
        """Whether its leaf is that of its claim."""
        said = self.said()
        return said is not None and leaf(self.salt_key, self.id, digest(said),
                                         self.captured_at) == self.leaf

    def wrong(self) -> tuple[str, str, str]:
        """What an audit says of it when it does not fit: its number, Turkish, English."""
        number = record_number(self.id)
        return (number, f"{number} numaralı KVKK kaydı mühürlendiği gibi değil.",
                f"KVKK record {number} is not as it was sealed.")


def read(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position) -> list[Row]:
    """Acts in the sealer's order, behind one place up to another. Inside a transaction."""
    by_index(conn)
    rows = conn.execute(
        _ROWS.format(where="k.epoch = %s and (k.xid, k.id) > (%s::text::xid8, %s) "
                     "and (k.xid, k.id) <= (%s::text::xid8, %s)"),
        (epoch, after.xid, bound(after, KIND), upto.xid, bound(upto, KIND)),
        binary=True).fetchall()
    return [Row(*row) for row in rows]


def read_of(conn: psycopg.Connection[Any], provider_id: int, submissions: Sequence[int],
            recipients: Sequence[int], until: datetime, *, brand_id: int | None = None,
            dealer_id: int | None = None) -> list[Row]:
    """The acts of these clicks, and what of notices these people were shown or read up to a moment,
    in the sealer's order; of one brand or dealer alone where it is named."""
    rows = conn.execute(
        _ROWS.format(where="k.provider_id = %(provider)s and (k.submission_id = any(%(clicks)s) "
                     "or k.recipient_id = any(%(people)s) and k.act <= %(read)s "
                     "and k.captured_at <= %(until)s) "
                     "and (%(brand)s::int is null or k.brand_id = %(brand)s) "
                     "and (%(dealer)s::int is null or k.dealer_id = %(dealer)s)"),
        {"provider": provider_id, "clicks": list(submissions), "people": list(recipients),
         "read": int(Act.READ), "until": until, "brand": brand_id, "dealer": dealer_id},
        binary=True).fetchall()
    return [Row(*row) for row in rows]


def read_these(conn: psycopg.Connection[Any], provider_id: int, ids: Sequence[int]) -> list[Row]:
    """A provider's acts by their ids, in the sealer's order."""
    rows = conn.execute(_ROWS.format(where="k.provider_id = %s and k.id = any(%s)"),
                        (provider_id, list(ids)), binary=True).fetchall()
    return [Row(*row) for row in rows]


@audits(KIND)
def sealed(conn: psycopg.Connection[Any], epoch: int, after: Position, upto: Position
           ) -> Sequence[Sealed]:
    """For the audit of the whole ledger."""
    return read(conn, epoch, after, upto)
