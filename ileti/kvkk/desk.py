"""Notices and explicit consents taken on the phone and on paper, by somebody of the company.

Why this module exists: what was said aloud or signed is an act like a click, with the same texts
and the same ledger, and the source follows from the way it was taken, never from a choice (R-43).
The notice comes first in every way (R-60): without it nothing is taken. The answer of a person who
says nothing is no (R-57). An address that somebody typed is proven by what is kept of the person
alone: the recording of the call, the scan of the signature (R-20, R-21). The company's own fields
are asked with a consent as on every form and become part of its proof (docs/adr/0045).

A withdrawal needs nothing but the word (R-62). The word is recorded as it came, whether anything
stands or not, so that nobody learns at the desk who gave what. It works at once where it is proven,
where the company's own people took it, and for what the dealer at work took itself; a dealer's word
about what others took is the company's to carry out, on the page of that record.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.consents.ledger import ActorKind, NewSubmission, Place
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock
from ileti.core.errors import Conflict, FieldError, InvalidInput
from ileti.core.secrets import secrets
from ileti.documents.vocabulary import NOTICE, ONE_PURPOSE
from ileti.fields import kept
from ileti.kvkk.ledger import NewAct, record
from ileti.kvkk.vocabulary import Act, Extent
from ileti.kvkk.withdrawal import Withdrawer, withdraw


class Way(StrEnum):
    """How the person is met: a call, a paper without and one with a signature."""

    CALL = "cagri"
    PAPER = "kagit"
    SIGNED = "imza"


SOURCES: Final = {Way.CALL: Source.HS_CAGRI_MERKEZI, Way.PAPER: Source.HS_FIZIKSEL_ORTAM,
                  Way.SIGNED: Source.HS_ISLAK_IMZA}
EXTENTS: Final = {Way.CALL: Extent.ALOUD, Way.PAPER: Extent.ON_PAPER, Way.SIGNED: Extent.ON_PAPER}


@dataclass(frozen=True)
class Text:
    """A version on show: ``hash`` is hex."""

    document_id: int
    id: int
    kind: str
    title: str
    body: str
    hash: str


_TEXTS: Final = """
select distinct on (kind, document_id)
       document_id, version_id, kind, title, body, encode(content_hash, 'hex')
  from texts_on_show(%s, %s, now())
 where kind in ('AYDINLATMA', 'CAGRI_METNI') or asks_consent(kind, purposes)
 order by kind, document_id, language = %s desc, language desc"""


def texts(conn: psycopg.Connection[Any], place: Place, language: str) -> list[Text]:
    """Notice, explicit consents and call script of a brand as they are on show, in this language
    where there is one."""
    rows = conn.execute(_TEXTS, (place.provider_id, place.brand_id, language)).fetchall()
    return [Text(*row) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was taken. ``address`` is canonical; ``told``: the notice was read aloud or handed over;
    ``answers`` by document: True given, False withdrawn (of texts that are no consent on show
    nothing is taken); ``shown`` the ids of the versions that stood on the desk's page; ``file``
    what proves it, kept in the vault (its id and SHA-256 hex).
    ``said``: custom fields, kept with a consent alone. ``key`` is the page's own: the same once
    more changes nothing."""

    place: Place
    way: Way
    address: str
    name: str
    told: bool
    answers: Mapping[int, bool]
    shown: Sequence[int]
    key: str
    by: int
    dealer_id: int | None = None
    file: dict[str, Any] | None = None
    said: kept.Parts = kept.NOTHING


def take(conn: psycopg.Connection[Any], taken: Taken, language: str) -> int:
    """Record it; how many things were said, whatever stood before. Raises InvalidInput naming what
    is missing, Conflict when a text has changed meanwhile, and what the ledger raises."""
    known = {one.document_id: one for one in texts(conn, taken.place, language)}
    if not {one.id for one in known.values()} <= set(taken.shown):
        raise Conflict("Bu arada bir metin değişti. Yeni metni okuyup yeniden sorun.",
                       "A text has changed meanwhile. Read the new one and ask again.",
                       code="text_changed")
    notice = next((one for one in known.values() if one.kind == NOTICE), None)
    answered = {number: yes for number, yes in taken.answers.items()
                if number in known and known[number].kind in ONE_PURPOSE}
    withdrawn = [number for number, yes in answered.items() if not yes]
    _refuse_missing(taken, notice, any(answered.values()), bool(withdrawn))
    at = clock.whole_second(clock.now())
    acts = [_act(taken, known[number], Act.GIVEN if yes else Act.WITHDRAWN, at)
            for number, yes in answered.items()]
    if notice is not None and taken.told:
        acts.insert(0, _act(taken, notice, Act.SHOWN, at, EXTENTS[taken.way]))
    if not acts:
        return 0
    recorded, said = record(_submission(taken, known.values(), answered), acts)
    if withdrawn:
        _carry_out(conn, taken, withdrawn, recorded.captured_at)
    return len(said)


def _act(taken: Taken, of: Text, act: Act, at: datetime, extent: Extent = Extent.UNKNOWN) -> NewAct:
    return NewAct(of.document_id, of.id, of.hash, act, at, extent, taken.address)


def _refuse_missing(taken: Taken, notice: Text | None, given: bool, withdrawn: bool) -> None:
    faults = []
    if given and notice is None:
        faults.append(FieldError("told", "no_notice", "Yayında aydınlatma metni yok; önce onu "
                                 "yayımlayın (R-60).", "No privacy notice is published; publish "
                                 "it first (R-60)."))
    elif not taken.told and not withdrawn:
        faults.append(FieldError("told", "not_told", "Önce aydınlatma metnini okuyun ya da verin "
                                 "(R-60).", "Read the notice aloud or hand it over first (R-60)."))
    elif given and not taken.told:
        faults.append(FieldError("told", "not_told", "Rızadan önce aydınlatma metnini okuyun ya "
                                 "da verin (R-60).", "Read the notice aloud or hand it over before "
                                 "a consent (R-60)."))
    if given and not any(one.isalpha() for one in taken.name):
        faults.append(FieldError("name", "missing", "Rıza verenin adını ve soyadını yazın.",
                                 "Write the full name of whoever consents."))
    if given and taken.way is Way.SIGNED and taken.file is None:
        faults.append(FieldError("file", "missing", "İmzalı kâğıdın taramasını ekleyin.",
                                 "Add a scan of the signed paper."))
    if faults:
        raise InvalidInput(errors=tuple(faults))


def _proven(taken: Taken) -> bool:
    """R-20, R-21: the number of a call whose recording is kept, the address above a signature that
    is kept; digits that an agent typed prove nothing."""
    if taken.file is None:
        return False
    return taken.way is Way.SIGNED or (taken.way is Way.CALL and taken.address.startswith("+"))


def _submission(taken: Taken, known: Iterable[Text], answered: Mapping[int, bool]) -> NewSubmission:
    said = taken.said if any(answered.values()) else kept.NOTHING
    return NewSubmission(
        place=taken.place, idem=f"desk:{taken.by}:{taken.key}",
        body_hash=_print(taken, answered),
        source=SOURCES[taken.way],
        standing=Standing.VERIFIED if _proven(taken) else Standing.UNVERIFIED,
        items=(), actor=ActorKind.USER, actor_id=taken.by, dealer_id=taken.dealer_id,
        evidence={"flow": f"desk-{taken.way}", "by": "panel", "file": taken.file,
                  "texts": [{"document": one.document_id, "id": one.id, "hash": one.hash}
                            for one in known]} | said.evidence,
        person=({"name": taken.name.strip()} if taken.name.strip() else {}) | said.person or None)


def _print(taken: Taken, answered: Mapping[int, bool]) -> bytes:
    """What tells this body from another under the same key; keyed, since address and name could be
    guessed from a plain hash."""
    said = repr((taken.address, taken.name, taken.way, taken.told, sorted(answered.items()))
                + ((taken.said,) if taken.said != kept.NOTHING else ()))
    return hmac.new(secrets().key_for("desk-body"), said.encode(), sha256).digest()[:16]


def _carry_out(conn: psycopg.Connection[Any], taken: Taken, documents: Sequence[int],
               until: datetime) -> None:
    """Let the word hold for what had been given until then; sent twice it takes back nothing that
    was given in between."""
    digest = secrets().addresses.of(taken.place.provider_id, taken.address)
    row = conn.execute("select id from recipient where provider_id = %s and addr_hash = %s",
                       (taken.place.provider_id, digest)).fetchone()
    if row is None:
        return
    withdraw(Withdrawer(
        place=taken.place, recipient_id=row[0], address=taken.address, source=SOURCES[taken.way],
        actor=ActorKind.USER, actor_id=taken.by, dealer_id=taken.dealer_id,
        taken_by=None if _proven(taken) else taken.dealer_id, given_by=until,
        key=f"desk{taken.by}", evidence={"flow": f"desk-{taken.way}", "by": "panel",
                                         "file": taken.file}), documents)
