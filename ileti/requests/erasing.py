"""Erasure on request: proposed by one person, approved by another, done by the room of retention.

Why this module exists: what must be erased and what the law makes the house keep (R-46, R-47, R-64)
is known where retention rules are; a request only asks, with provider and recipients, and tells the
person what came of it. That room registers an :class:`Eraser`; without one, the desk says plainly
that erasure is not available here, and the answer must not promise it. ``erase`` may be called
again after a crash and must then answer the same, so nothing here holds a transaction around it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Protocol

from ileti.core import db
from ileti.core.errors import Conflict, NotAllowed
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.requests import cases
from ileti.requests.matching import attached
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Deed, Identity
from ileti.tenancy import deeds

log = get_logger("ileti.requests")

LEASE_SECONDS: Final = 300
MOST_TRIES: Final = 8


@dataclass(frozen=True)
class Line:
    """What is, or would be, erased or kept of one kind: ``what`` a stable word, ``count`` records.
    Of what is kept: ``until`` the day it may go (None: while the reason lasts), ``rule`` the
    house's number (``R-46``), ``law`` the article. Words hold nothing personal."""

    what: str
    tr: str
    en: str
    count: int
    until: date | None = None
    rule: str = ""
    law: str = ""
    why_tr: str = ""
    why_en: str = ""


@dataclass(frozen=True)
class Outcome:
    """What goes, what ends although nothing is erased by it (a use), and what stays, restricted:
    seen by nobody but who must answer an authority."""

    erased: tuple[Line, ...] = ()
    kept: tuple[Line, ...] = ()
    ended: tuple[Line, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is kept beside the case."""
        return {"erased": [_plain(one) for one in self.erased],
                "kept": [_plain(one) for one in self.kept],
                "ended": [_plain(one) for one in self.ended]}


def _plain(one: Line) -> dict[str, Any]:
    return asdict(one) | {"until": one.until.isoformat() if one.until else None}


class Eraser(Protocol):
    """What the room of retention offers, for recipients of one provider."""

    def plan(self, provider_id: int, recipient_ids: Sequence[int]) -> Outcome:
        """What :meth:`erase` would do now; changes nothing."""
        ...

    def erase(self, provider_id: int, recipient_ids: Sequence[int], *, case: str,
              by: int) -> Outcome:
        """Erase what may go and restrict the rest; ``case`` is the request's number and names the
        occasion, ``by`` the user who approved. Called again for the same case
        it answers the same. Commits by itself."""
        ...


_registered: list[Eraser] = []


def register(eraser: Eraser | None) -> None:
    """Let ``eraser`` do it in this process; None: nobody does."""
    _registered[:] = [eraser] if eraser is not None else []


def available() -> bool:
    """Whether anybody erases here."""
    return bool(_registered)


def _eraser() -> Eraser:
    if not _registered:
        raise Conflict("Bu kurulumda silme kullanılamıyor: saklama kuralları kurulu değil.",
                       "Erasure is not available here: no retention rules are installed.",
                       code="no_eraser")
    return _registered[0]


def propose(conn: cases.Connection, case: cases.Case, *, by: int) -> int:
    """The first person's half; the plan is computed and kept. Raises Conflict: nobody erases here,
    the identity is not verified, nobody is matched, or a proposal is open."""
    eraser = _eraser()
    _refuse_unverified(case)
    ids = [one.recipient_id for one in attached(conn, case.id)]
    if not ids:
        raise Conflict("Önce kişiyi eşleyin: bu başvuruya bağlı kayıt yok.",
                       "Match the person first: no record is attached to this request.",
                       code="nobody")
    row = conn.execute(
        "insert into data_request_erasure (provider_id, brand_id, request_id, recipients, "
        "asked_by, plan) values (%s, %s, %s, %s, %s, %s::jsonb) on conflict (request_id) where "
        "done_at is null and declined_at is null do nothing returning id",
        (case.provider_id, case.brand_id, case.id, ids, by,
         json.dumps(eraser.plan(case.provider_id, ids).to_json(), ensure_ascii=False))).fetchone()
    if row is None:
        raise Conflict("Silme zaten önerilmiş.", "Erasure was proposed already.", code="open")
    cases.note(conn, case, Deed.ERASE_ASKED, by=by, erasure=int(row[0]), recipients=len(ids))
    return int(row[0])


def _refuse_unverified(case: cases.Case) -> None:
    if case.identity != Identity.VERIFIED:
        raise Conflict("Önce kimliği doğrulayın: başkasının verisi silinemez.",
                       "Verify the identity first: nobody’s data are erased for somebody else.",
                       code="identity")


def decide(conn: cases.Connection, case: cases.Case, erasure_id: int, *, by: int,
           approved: bool) -> None:
    """The second person's half, on the locked case. What was approved is not turned down any more,
    also when it failed: a part of it may be done. Raises NotAllowed for who proposed it, Conflict
    when the identity is not verified (any more), the people of the case changed since (the plan is
    another then) or it was decided."""
    row = conn.execute(
        "select asked_by, recipients from data_request_erasure where id = %s and request_id = %s "
        "and approved_at is null and declined_at is null for update",
        (erasure_id, case.id)).fetchone()
    if row is None:
        raise Conflict("Bu öneri bu arada sonuçlandı.", "This proposal was decided meanwhile.",
                       code="decided")
    if not approved:
        conn.execute("update data_request_erasure set declined_at = now() where id = %s",
                     (erasure_id,))
        cases.note(conn, case, Deed.ERASE_DECLINED, by=by, erasure=erasure_id)
        return
    if row[0] == by:
        raise NotAllowed("Silmeyi öneren onaylayamaz; ikinci bir kişi gerekir.",
                         "Who proposed an erasure may not approve it; a second person is needed.",
                         code="two_people")
    _refuse_unverified(case)
    now = [one.recipient_id for one in attached(conn, case.id)]
    if sorted(now) != sorted(row[1]):
        raise Conflict("Eşlenen kişiler öneriden sonra değişti; öneriyi geri çevirip yeniden "
                       "önerin.", "The matched people changed since the proposal; turn it down and "
                       "propose again.", code="changed")
    conn.execute("update data_request_erasure set approved_at = now(), approved_by = %s, "
                 "next_at = now() where id = %s", (by, erasure_id))
    cases.note(conn, case, Deed.ERASE_APPROVED, by=by, erasure=erasure_id)


_CLAIM = """
update data_request_erasure set next_at = now() + make_interval(secs => %s), tries = tries + 1
 where id = (select id from data_request_erasure where approved_at is not null and done_at is null
                and declined_at is null and problem is null and next_at <= now()
              order by next_at limit 1 for update skip locked)
returning id, request_id, provider_id, recipients, approved_by, tries"""


def erase_waiting(limit: int = 20) -> dict[str, int]:
    """Do the approved erasures; answers how many were done and how many failed."""
    counts = {"erased": 0, "failed": 0}
    for _ in range(limit if available() else 0):
        row = db.connection().execute(_CLAIM, (LEASE_SECONDS,)).fetchone()
        if row is None:
            break
        counts["erased" if _erase(*row) else "failed"] += 1
    return counts


def _erase(erasure_id: int, request_id: int, provider_id: int, recipients: list[int], by: int,
           tries: int) -> bool:
    db.refuse_open_transaction()
    if tries > MOST_TRIES:  # killed each time, so that nobody was left to say so
        _give_up(erasure_id, request_id, "killed")
        return False
    try:
        outcome = _eraser().erase(provider_id, recipients, case=case_number(request_id), by=by)
        reach("requests.erased")
    except Exception as error:
        log.exception("request_erasure_failed", erasure=erasure_id, tries=tries)
        if tries == MOST_TRIES:
            _give_up(erasure_id, request_id, type(error).__name__)
        return False
    with db.transaction() as conn:
        done = conn.execute(
            "update data_request_erasure set done_at = now(), outcome = %s::jsonb where id = %s "
            "and done_at is null",
            (json.dumps(outcome.to_json(), ensure_ascii=False), erasure_id)).rowcount
        if done:
            deeds.note(conn, "request:erased", f"data_request:{case_number(request_id)}",
                       provider_id=provider_id, user_id=by)
            cases.note(conn, cases.read_case(conn, request_id), Deed.ERASED,
                       mark=f"erased:{erasure_id}", erasure=erasure_id,
                       erased=sum(one.count for one in outcome.erased),
                       kept=sum(one.count for one in outcome.kept))
    return bool(done)


def _give_up(erasure_id: int, request_id: int, reason: str) -> None:
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id, lock=True)
        if conn.execute("update data_request_erasure set problem = %s where id = %s "
                        "and problem is null and done_at is null",
                        (reason, erasure_id)).rowcount:
            cases.note(conn, case, Deed.ERASE_FAILED, erasure=erasure_id, reason=reason)


def retry(conn: cases.Connection, case: cases.Case, erasure_id: int, *, by: int) -> None:
    """Let one that was given up be tried again. Raises Conflict when none was, or the identity is
    not verified any more."""
    _refuse_unverified(case)
    if not conn.execute(
            "update data_request_erasure set problem = null, tries = 0, next_at = now() "
            "where id = %s and request_id = %s and problem is not null and done_at is null",
            (erasure_id, case.id)).rowcount:
        raise Conflict("Yarım kalan bir silme yok.", "There is no erasure that failed.",
                       code="decided")
    cases.note(conn, case, Deed.ERASE_RETRIED, by=by, erasure=erasure_id)


def refuse_under_way(conn: cases.Connection, case: cases.Case) -> None:
    """Raises Conflict while an approved erasure is being done: what it rests on must not change."""
    if conn.execute("select from data_request_erasure where request_id = %s and done_at is null "
                    "and approved_at is not null and problem is null",
                    (case.id,)).fetchone() is not None:
        raise Conflict("Onaylanan silme sürüyor; bitince yeniden deneyin.",
                       "The approved erasure is being done; try again when it is finished.",
                       code="erasure_open")
