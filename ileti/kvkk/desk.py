"""Notices and explicit consents taken on the phone and on paper, by somebody of the company.

Why this module exists: what was said aloud or signed is an act like a click, with the same texts
and the same ledger, and the source follows from the way it was taken, never from a choice (R-43).
The notice comes first in every way (R-60): without it nothing is taken. The answer of a person who
says nothing is no (R-57); a withdrawal needs nothing but the word (R-62).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import psycopg

from ileti.consents.ledger import ActorKind, NewSubmission, Place, hash_body
from ileti.consents.vocabulary import Source, Standing
from ileti.core import clock
from ileti.core.errors import Conflict, FieldError, InvalidInput
from ileti.core.secrets import secrets
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
 where kind in ('AYDINLATMA', 'CAGRI_METNI')
    or (kind in ('ACIK_RIZA', 'YURT_DISI') and jsonb_array_length(purposes) = 1
        and purposes -> 0 ->> 'ground' = 'RIZA')
 order by kind, document_id, language = %s desc, language desc"""


def texts(conn: psycopg.Connection[Any], place: Place, language: str) -> list[Text]:
    """Notice, explicit consents and call script of a brand as they are on show, in this language
    where there is one."""
    rows = conn.execute(_TEXTS, (place.provider_id, place.brand_id, language)).fetchall()
    return [Text(*row) for row in rows]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was taken. ``address`` is canonical; ``told``: the notice was read aloud or handed over;
    ``answers`` by document: True given, False withdrawn; ``shown`` the ids of the versions that
    stood on the desk's page; ``file`` what proves it, kept in the vault (its id and SHA-256 hex).
    ``key`` is the page's own: the same once more changes nothing."""

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


def take(conn: psycopg.Connection[Any], taken: Taken, language: str) -> int:
    """Record it; how many acts were recorded. Raises InvalidInput naming what is missing, Conflict
    when a text has changed meanwhile, and what the ledger raises."""
    known = {one.document_id: one for one in texts(conn, taken.place, language)}
    if not {one.id for one in known.values()} <= set(taken.shown):
        raise Conflict("Bu arada bir metin değişti. Yeni metni okuyup yeniden sorun.",
                       "A text has changed meanwhile. Read the new one and ask again.",
                       code="text_changed")
    notice = next((one for one in known.values() if one.kind == "AYDINLATMA"), None)
    given = [known[number] for number, yes in taken.answers.items() if yes and number in known]
    withdrawn = [number for number, yes in taken.answers.items() if not yes]
    _refuse_missing(taken, notice, bool(given), bool(withdrawn))
    at = clock.whole_second(clock.now())
    acts = [NewAct(one.document_id, one.id, one.hash, Act.GIVEN, at, address=taken.address)
            for one in given]
    if notice is not None and taken.told:
        acts.insert(0, NewAct(notice.document_id, notice.id, notice.hash, Act.SHOWN, at,
                              EXTENTS[taken.way], taken.address))
    number = len(record(_submission(taken, known.values()), acts)[1]) if acts else 0
    return number + (_withdraw(conn, taken, withdrawn) if withdrawn else 0)


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
    """R-21: the number that was called, or the address above a signature that is kept."""
    if taken.way is Way.CALL:
        return taken.address.startswith("+")
    return taken.way is Way.SIGNED and taken.file is not None


def _submission(taken: Taken, known: Any) -> NewSubmission:
    return NewSubmission(
        place=taken.place, idem=f"desk:{taken.by}:{taken.key}",
        body_hash=hash_body(taken.address, taken.name, taken.way, taken.told,
                            sorted(taken.answers.items())),
        source=SOURCES[taken.way],
        standing=Standing.VERIFIED if _proven(taken) else Standing.UNVERIFIED,
        items=(), actor=ActorKind.USER, actor_id=taken.by, dealer_id=taken.dealer_id,
        evidence={"flow": f"desk-{taken.way}", "by": "panel", "file": taken.file,
                  "texts": [{"document": one.document_id, "id": one.id, "hash": one.hash}
                            for one in known]},
        person={"name": taken.name.strip()} if taken.name.strip() else None)


def _withdraw(conn: psycopg.Connection[Any], taken: Taken, documents: Sequence[int]) -> int:
    digest = secrets().addresses.of(taken.place.provider_id, taken.address)
    row = conn.execute("select id from recipient where provider_id = %s and addr_hash = %s",
                       (taken.place.provider_id, digest)).fetchone()
    if row is None:
        return 0
    return len(withdraw(Withdrawer(
        place=taken.place, recipient_id=row[0], address=taken.address, source=SOURCES[taken.way],
        actor=ActorKind.USER, actor_id=taken.by, dealer_id=taken.dealer_id,
        key=f"desk{taken.by}", evidence={"flow": f"desk-{taken.way}", "by": "panel",
                                         "file": taken.file}), documents))
