"""Four eyes: a deed that waits until a second person agrees, in one place for all rooms.

Why this module exists: some deeds cannot be taken back by who regrets them: a list of a million
consents, a refusal for all of them, a text people consent to, an admin's rights, a campaign. A
provider says which of them take two people. A request holds exactly what was asked and the state of
the thing it was asked about; whoever agrees agrees to that and to nothing else. The second person
has the right to decide in a work space that holds the place, is not who asked, and has not the same
mail address under another name. When the thing changed meanwhile the request is void.

Agreeing and doing are two steps, so that a process killed in between loses nothing and does nothing
twice: the agreement is committed first; whoever did not finish is followed by the job
(:func:`carry_out_due`). Every deed is therefore one that, done again, does nothing; rooms say why
when they register (:func:`carries_out`). Without Flask: jobs and rooms without pages use it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec
import psycopg

from ileti.core import db, doer
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, NotAllowed, NotFound
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.tenancy import deeds
from ileti.tenancy.approval import Carrier, Decider, Here, Request, State, Waits, Wish

__all__ = ["CARRIERS", "KINDS", "Carrier", "Decider", "Here", "Request", "State", "Waits", "Wish",
           "ask", "carries_out", "carry_out", "carry_out_due", "close", "closed", "decide",
           "house_is", "kinds", "needed", "of", "read", "same_person", "sees", "tells", "waiting",
           "wanted", "withdraw"]

log = get_logger("ileti.tenancy")

#: what a provider may ask a second person for; ``campaign`` is there once a room registers it
KINDS: Final = ("import", "refusal", "rights", "campaign")
WAITS: Final = timedelta(days=7)
LONGEST_REASON: Final = 500
LEASE_SECONDS: Final = 60


CARRIERS: Final[dict[str, Carrier]] = {}
_asked: list[Callable[[psycopg.Connection[Any], Request], None]] = []
_house: list[Callable[[], AbstractContextManager[Any]]] = []
_agreed: ContextVar[bytes | None] = ContextVar("ileti_agreed", default=None)


def carries_out(deed: str, carrier: Carrier) -> None:
    """Register a room's deed; once per process."""
    CARRIERS[deed] = carrier


def tells(teller: Callable[[psycopg.Connection[Any], Request], None]) -> None:
    """Let ``teller`` write the mails to those who may agree, in the transaction of the request."""
    if teller not in _asked:
        _asked.append(teller)


def house_is(opened: Callable[[], AbstractContextManager[Any]]) -> None:
    """Name what a job works in: the panel's application with all rooms."""
    _house[:] = [opened]


def kinds() -> list[str]:
    """The kinds somebody carries out, in their order; ``text`` has its own switch."""
    return [one for one in KINDS if any(c.kind == one for c in CARRIERS.values())]


def wanted(kind: str, provider_id: int | None) -> bool:
    """Whether a provider wants a second person for deeds of this kind."""
    if provider_id is None:
        return False
    row = db.system_connection().execute("select %s = any(approvals) from provider where id = %s",
                                  (kind, provider_id)).fetchone()
    return bool(row and row[0])


def needed(wish: Wish, *, by: int | None, actor: str | None = None) -> None:
    """Return when the deed may be done now; else ask for it and raise :class:`Waits`. The command
    line and the installation itself, which have neither number nor name (``actor``: a program's),
    ask nobody."""
    if (by is None and actor is None) or _agreed.get() == _content(wish) \
            or not wanted(wish.kind, wish.provider_id):
        return
    ask(wish, by=by, actor=actor)
    raise Waits()


def _content(wish: Wish) -> bytes:
    """What a wish says, without when and by whom."""
    return sha256(msgspec.json.encode({
        "act": dict(wish.act), "brand": wish.brand_id, "dealer": wish.dealer_id,
        "deed": wish.deed, "kind": wish.kind, "permission": wish.permission,
        "provider": wish.provider_id, "subject": wish.subject}, order="sorted")).digest()


def _digest(wish: Wish, mark: str) -> bytes:
    return sha256(_content(wish) + mark.encode()).digest()


# -- asking ---------------------------------------------------------------------------------------

_COLUMNS: Final = (
    "id, kind, deed, subject, permission, act, provider_id, brand_id, dealer_id, mark, digest, "
    "state, asked_by, actor, asked_at, expires_at, decided_by, reason")


def ask(wish: Wish, *, by: int | None, actor: str | None = None,
        conn: psycopg.Connection[Any] | None = None) -> int:
    """Write a request down and tell those who may agree; its number, the same one's when it waits
    already. ``conn``: inside the caller's transaction."""
    mark = CARRIERS[wish.deed].mark(wish)[:200]
    if conn is not None:
        return _ask(conn, wish, mark, by, actor)
    with db.transaction(system=True) as own:
        return _ask(own, wish, mark, by, actor)


def _ask(conn: psycopg.Connection[Any], wish: Wish, mark: str, by: int | None,
         actor: str | None) -> int:
    digest = _digest(wish, mark)
    conn.execute("update approval set state = %s, ended_at = now() where digest = %s "
                 "and state = %s and expires_at <= now()",
                 (State.LAPSED, digest, State.WAITING))
    row = conn.execute(
        "insert into approval (kind, deed, subject, permission, act, provider_id, brand_id, "
        "dealer_id, mark, digest, asked_by, actor, expires_at) values (%s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s, now() + %s) on conflict (digest) where state in (1, 2) do nothing "
        "returning id",
        (wish.kind, wish.deed, wish.subject, wish.permission,
         msgspec.json.encode(dict(wish.act)).decode(), wish.provider_id, wish.brand_id,
         wish.dealer_id, mark, digest, by, actor, WAITS)).fetchone()
    if row is None:
        found = conn.execute("select id from approval where digest = %s and state in (1, 2)",
                             (digest,)).fetchone()
        if found is None:  # it ended this very moment
            raise Conflict()
        return int(found[0])
    _note(conn, "ask", wish, row[0], by, actor=actor)
    for teller in _asked:
        teller(conn, read(row[0], conn))
    return int(row[0])


def _note(conn: psycopg.Connection[Any], deed: str, wish: Wish, number: int, by: int | None,
          **detail: Any) -> None:
    actor = detail.pop("actor", None)
    deeds.note(conn, f"approval:{deed}", wish.subject, provider_id=wish.provider_id,
               brand_id=wish.brand_id, dealer_id=wish.dealer_id, user_id=by, actor=actor,
               detail={"approval": number, "what": wish.deed, **detail})


def read(number: int, conn: psycopg.Connection[Any] | None = None, *, lock: bool = False
         ) -> Request:
    """A request; raises NotFound. Whoever shows it asks :func:`sees` first."""
    row = (conn or db.system_connection()).execute(
        f"select {_COLUMNS} from approval where id = %s" + (" for update" if lock else ""),  # noqa: S608
        (number,)).fetchone()
    if row is None:
        raise NotFound()
    return _request(row)


def _request(row: Any) -> Request:
    number, kind, deed, subject, permission, act, provider, brand, dealer, mark, digest, state, \
        *rest = row
    return Request(number, Wish(kind, deed, subject, permission, act, provider, brand, dealer),
                   mark, bytes(digest), State(state), *rest)


def waiting(decider: Decider, *, most: int = 50) -> list[Request]:
    """What waits in a work space for somebody who may decide it, the oldest first; and what they
    asked for themselves."""
    here = decider.scope
    rows = db.system_connection().execute(
        f"select {_COLUMNS} from approval where state = 1 and expires_at > now() "  # noqa: S608
        "and (%(all)s or provider_id = %(provider)s) "
        "and (%(brand)s::int is null or brand_id = %(brand)s) "
        "and (%(dealer)s::int is null or dealer_id = %(dealer)s) "
        "and (permission = any(%(rights)s) or asked_by = %(user)s) order by id limit %(most)s",
        {"all": here.everything, "provider": here.provider_id, "brand": here.brand_id,
         "dealer": here.dealer_id, "rights": sorted(decider.permissions),
         "user": decider.user_id, "most": most}).fetchall()
    return [_request(row) for row in rows]


def closed(decider: Decider, *, most: int = 50) -> list[Request]:
    """What was decided or ended in a work space, the newest first."""
    here = decider.scope
    rows = db.system_connection().execute(
        f"select {_COLUMNS} from approval where (state <> 1 or expires_at <= now()) "  # noqa: S608
        "and (%(all)s or provider_id = %(provider)s) "
        "and (%(brand)s::int is null or brand_id = %(brand)s) "
        "and (%(dealer)s::int is null or dealer_id = %(dealer)s) "
        "and (permission = any(%(rights)s) or asked_by = %(user)s) order by id desc limit %(most)s",
        {"all": here.everything, "provider": here.provider_id, "brand": here.brand_id,
         "dealer": here.dealer_id, "rights": sorted(decider.permissions),
         "user": decider.user_id, "most": most}).fetchall()
    return [_request(row) for row in rows]


def sees(request: Request, decider: Decider) -> bool:
    """Whether somebody may see a request: in their work space, with the right or their own."""
    here, wish = decider.scope, request.wish
    inside = here.everything or (
        here.provider_id is not None and here.provider_id == wish.provider_id
        and here.brand_id in (None, wish.brand_id) and here.dealer_id in (None, wish.dealer_id))
    own = decider.user_id is not None and request.asked_by == decider.user_id
    return inside and (wish.permission in decider.permissions or own)


# -- deciding -------------------------------------------------------------------------------------


def decide(number: int, *, by: Decider, approved: bool, reason: str = "",
           digest: bytes | None = None) -> None:
    """The second person's word; ``digest`` is of what they were shown. Agreed: it is done at once.

    Raises NotFound, NotAllowed (it is their own, under whatever name), Conflict (decided, lapsed or
    changed meanwhile), InvalidInput (a refusal without a reason).
    """
    reason = reason.strip()
    if len(reason) > LONGEST_REASON or (not approved and not reason):
        raise InvalidInput(f"Nedenini yazın (en çok {LONGEST_REASON} karakter).",
                           f"Write the reason (at most {LONGEST_REASON} characters).",
                           code="reason")
    void = False
    with db.transaction(system=True) as conn:
        request = read(number, conn, lock=True)
        if not sees(request, by) or by.user_id is None:
            raise NotFound()
        _refuse(conn, request, by, digest)
        if CARRIERS[request.wish.deed].needs_reason and not reason:
            raise InvalidInput("Neden onayladığınızı yazın.", "Write why you approve.",
                               code="reason")
        void = approved and CARRIERS[request.wish.deed].mark(request.wish)[:200] != request.mark
        if void:
            _end(conn, request, State.VOID, by.user_id, "changed")
        else:
            conn.execute(
                "update approval set state = %s, decided_by = %s, decided_at = now(), reason = %s, "
                "next_at = now(), ended_at = case when %s then null else now() end where id = %s",
                (State.APPROVED if approved else State.REFUSED, by.user_id, reason or None,
                 approved, number))
            _note(conn, "approve" if approved else "refuse", request.wish, number, by.user_id,
                  **({"reason": reason} if reason else {}))
    if void:
        raise _changed()
    reach("foureyes.decided")
    if approved:
        carry_out(number)


def _refuse(conn: psycopg.Connection[Any], request: Request, by: Decider,
            digest: bytes | None) -> None:
    if request.wish.permission not in by.permissions:
        raise NotAllowed()
    check = CARRIERS[request.wish.deed].check
    if check is not None:
        check(request, by)
    if _same_person(conn, request.asked_by, by.user_id):
        raise NotAllowed("Onayı isteyenden başka biri verir.",
                         "Somebody else than who asked for it must approve.", code="four_eyes")
    if request.state is not State.WAITING or request.lapsed:
        raise Conflict("Bu istek artık beklemiyor.", "This request waits no more.",
                       code="not_waiting")
    if request.digest != _digest(request.wish, request.mark) or digest not in (
            None, request.digest):
        raise _changed()


def _changed() -> Conflict:
    return Conflict("İstenen şey bu arada değişti; istek geçersiz. Yeniden istenebilir.",
                    "What was asked about has changed meanwhile; the request is void. It can be "
                    "asked again.", code="changed_meanwhile")


def same_person(first: int | None, second: int | None) -> bool:
    """Whether two accounts are one person's: the same, or of one mail address."""
    return _same_person(db.system_connection(), first, second)


def _same_person(conn: psycopg.Connection[Any], first: int | None, second: int | None) -> bool:
    if first is None or second is None:
        return False
    if first == second:
        return True
    row = conn.execute(
        r"select count(distinct lower(regexp_replace(trim(email), '\+[^@]*@', '@'))) "
        "from ab_user where id in (%s, %s)", (first, second)).fetchone()
    return bool(row and row[0] == 1)


def _end(conn: psycopg.Connection[Any], request: Request, state: State, by: int | None,
         problem: str) -> None:
    conn.execute("update approval set state = %s, ended_at = now(), problem = %s where id = %s",
                 (state, problem[:500] or None, request.id))
    _note(conn, state.name.lower(), request.wish, request.id, by,
          **({"reason": problem} if problem else {}))


def withdraw(number: int, *, by: int) -> None:
    """Whoever asked asks no more. Raises NotFound, Conflict."""
    with db.transaction(system=True) as conn:
        request = read(number, conn, lock=True)
        if request.asked_by != by:
            raise NotFound()
        if request.state is not State.WAITING:
            raise Conflict("Bu istek artık beklemiyor.", "This request waits no more.",
                           code="not_waiting")
        _end(conn, request, State.WITHDRAWN, by, "")


def of(subject: str) -> Request | None:
    """The oldest request that waits about a thing."""
    row = db.system_connection().execute(
        f"select {_COLUMNS} from approval where subject = %s and state = 1 "  # noqa: S608
        "and expires_at > now() order by id limit 1", (subject,)).fetchone()
    return None if row is None else _request(row)


def close(conn: psycopg.Connection[Any], subject: str, *, state: State, by: int | None = None,
          reason: str = "", act: Mapping[str, Any] | None = None) -> None:
    """End what waits about a thing (``act``: only what says this) in the transaction of its room's
    own deed: it was given up, or the second person did it there."""
    rows = conn.execute(f"select {_COLUMNS} from approval where subject = %s "  # noqa: S608
                        "and state = 1 and act @> %s::jsonb order by id for update",
                        (subject, msgspec.json.encode(dict(act or {})).decode())).fetchall()
    for row in rows:
        request = _request(row)
        if state in (State.DONE, State.REFUSED) and by != request.asked_by:
            conn.execute(
                "update approval set state = %s, decided_by = %s, decided_at = now(), reason = %s, "
                "ended_at = now() where id = %s", (state, by, reason or None, request.id))
            _note(conn, "approve" if state is State.DONE else "refuse", request.wish, request.id,
                  by, **({"reason": reason} if reason else {}))
        else:
            _end(conn, request, state, by, reason)


# -- doing ----------------------------------------------------------------------------------------

_CLAIM: Final = f"""
update approval set next_at = now() + make_interval(secs => {LEASE_SECONDS}), tries = tries + 1
 where id = (select id from approval where state = 2 and next_at <= now()
                and (%(id)s::bigint is null or id = %(id)s) order by next_at limit 1
                for no key update skip locked)
returning {_COLUMNS}"""  # noqa: S608


def carry_out(number: int | None = None) -> bool:
    """Do one deed that was agreed to, the named one or the one due longest; False: none is due.
    What cannot be done any more is void, and that is raised for a named one."""
    row = db.system_connection().execute(_CLAIM, {"id": number}).fetchone()
    if row is None:
        return False
    request = _request(row)
    carrier = CARRIERS[request.wish.deed]
    try:
        if request.digest != _digest(request.wish, request.mark):
            raise _changed()
        with _agreement(request):
            carrier.do(request)
    except CallerMistake as error:
        with db.transaction(system=True) as conn:
            _end(conn, request, State.VOID, request.decided_by, error.en)
        if number is not None:
            raise
        return True
    reach("foureyes.done")
    with db.transaction(system=True) as conn:
        conn.execute("update approval set state = %s, ended_at = now() "
                     "where id = %s and state = %s", (State.DONE, request.id, State.APPROVED))
    return True


@contextmanager
def _agreement(request: Request) -> Iterator[None]:
    """While an agreed deed is done its own gate lets it pass, and no other; the trail names who
    agreed."""
    token = _agreed.set(_content(request.wish))
    known = doer.current()
    named = doer.Doer(user_id=request.decided_by, address=known.address if known else None)
    try:
        with doer.working_as(named):
            yield
    finally:
        _agreed.reset(token)


def carry_out_due(limit: int = 50) -> dict[str, int]:
    """Do what was agreed to and not done, and end what nobody decided in time."""
    done = failed = 0
    due = db.system_connection().execute(
        "select from approval where state = 2 and next_at <= now() limit 1").fetchone()
    with _house[0]() if due is not None and _house else nullcontext():
        for _ in range(limit if due is not None else 0):
            try:
                if not carry_out():
                    break
                done += 1
            except Exception:
                failed += 1
                log.exception("approval_not_carried_out")
    lapsed = db.system_connection().execute(
        "update approval set state = %s, ended_at = now() where state = %s "
        "and expires_at <= now()", (State.LAPSED, State.WAITING)).rowcount
    return {"done": done, "failed": failed, "lapsed": lapsed}
