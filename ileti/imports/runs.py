"""The life of an import: which step may follow which, and who asked for it.

    uploading → mapping → checking → checked → (approval →) applying ⇄ paused → applied
                   ↑__________________|                        |→ cancelled
                                                    applied → undoing → undone

Every step is one guarded UPDATE: whoever comes second, from a page that is old or from a worker
whose lease is over, changes nothing and is told so. Work itself is done by jobs, which hold a run
by a lease (``next_at``) under a fence. Nothing here commits but the single statements.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import psycopg

from ileti.consents.ledger import ActorKind, Place
from ileti.core import clock, db, jobs
from ileti.core.errors import CallerMistake, Conflict, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.imports import agreed, proofs, quota
from ileti.imports.files import PartedFile, remove_unfinished
from ileti.imports.mapping import Mapping
from ileti.imports.origin import Statement
from ileti.imports.quota import ATTEMPT
from ileti.imports.reading.reader import Layout
from ileti.imports.states import CHANGEABLE, RunState, Undo
from ileti.tenancy import deeds, foureyes

LEASE_SECONDS: Final = 60
STAGE_DAYS: Final = 7
LEFT_DAYS: Final = 30
PURPOSE: Final = "import-file"  # as the column EncryptedText declares it


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the work on it needs it."""

    id: int
    place: Place
    dealer_id: int | None
    state: RunState
    name: str
    size: int
    sha256: bytes | None
    layout: Layout
    mapping: Mapping
    origin: dict[str, Any]
    activation_date: dt.date | None
    created_by: int | None
    started_by: int | None
    fence: int
    stage: int | None
    chunk_lines: int
    staged: int
    checked_at: dt.datetime | None
    ask_iys: bool
    undo_kind: int | None
    undone_by: int | None
    path: str
    file_key: str = field(repr=False)
    account_id: int | None = None
    tries: int = 0

    @property
    def file(self) -> PartedFile:
        """The sealed file."""
        return PartedFile(self.path, base64.b64decode(
            secrets().keyring.decrypt_text(self.file_key, PURPOSE)))

    def actor(self, person: int | None) -> tuple[ActorKind, int | None]:
        """Who stands behind a step: the person, else the program that brought the list, else
        whoever has the command line."""
        if person is not None:
            return ActorKind.USER, person
        if self.account_id is not None:
            return ActorKind.API, self.account_id
        return ActorKind.SYSTEM, None

    @property
    def key(self) -> str:
        """The idempotency key of its chunks, before the chunk's number."""
        return f"import:{self.id}"


_READ: Final = """select r.id, p.id, p.iys_code, b.id, b.brand_code, r.dealer_id, r.state, r.name,
       r.size, r.sha256, r.layout, r.mapping, r.origin, p.activation_date, r.created_by,
       r.started_by, r.fence, r.stage, r.chunk_lines, r.staged, r.checked_at,
       r.ask_iys, r.undo_kind, r.undone_by, r.path, r.file_key, r.account_id, r.tries
  from import_run r join provider p on p.id = r.provider_id join brand b on b.id = r.brand_id
 where r.id = %s"""


@dataclass(frozen=True, slots=True)
class Order:
    """Whose import it is when a program brings it: the account, the key under which it asks, and
    what it said of the list (:meth:`ileti.imports.asked.Asked.as_json`)."""

    account_id: int
    idem: str
    asked: dict[str, Any]


def open_run(place: Place, name: str, layout: Layout, *, by: int | None = None,
             dealer_id: int | None = None, counted: bool = False) -> int:
    """Begin an import; its number. The file comes after (:class:`PartedFile`); ``counted``: over a
    line, so that it counts among the unfinished (:mod:`ileti.imports.quota`). Raises Conflict."""
    number = _open(place, name, layout, by, dealer_id, (None, None, {}), counted)
    assert number is not None
    return number


def open_ordered(place: Place, name: str, order: Order, dealer_id: int | None) -> int | None:
    """Begin an import for a program; None when it has one under this key already. Raises Conflict
    when too many are unfinished."""
    return _open(place, name, Layout(), None, dealer_id,
                 (order.account_id, order.idem, order.asked), True)


def _open(place: Place, name: str, layout: Layout, by: int | None, dealer_id: int | None,
          order: tuple[int | None, str | None, dict[str, Any]], counted: bool) -> int | None:
    with db.transaction() as conn:
        row = conn.execute(
            "insert into import_run (provider_id, brand_id, dealer_id, state, created_by, name, "
            "format, path, file_key, layout, account_id, idem, asked) values (%s, %s, %s, %s, %s, "
            "%s, %s, %s, %s, %s, %s, %s, %s) on conflict (account_id, idem) do nothing "
            "returning id",
            (place.provider_id, place.brand_id, dealer_id, RunState.UPLOADING, by,
             (name.strip() or "-")[:255], layout.format, *new_file(place),
             _json(layout.as_json()), order[0], order[1], _json(order[2]))).fetchone()
        if row is not None and counted:
            quota.admit(conn, place.provider_id)
    return None if row is None else int(row[0])


def new_file(place: Place, before: str = "") -> tuple[str, str]:
    """Folder and key of a file that will come, as they are kept; that of another attempt tells from
    its name which import it is of (``before``: its last folder)."""
    key = base64.b64encode(os.urandom(32)).decode()
    first = before.partition(ATTEMPT)[0] + ATTEMPT if before else f"{place.provider_id}/"
    return (f"{first}{os.urandom(12).hex()}",
            secrets().keyring.encrypt_text(key, PURPOSE))


def read_run(run_id: int) -> Run:
    """Raises NotFound."""
    row = db.connection().execute(_READ, [run_id]).fetchone()
    if row is None:
        raise NotFound()
    return Run(
        row[0], Place(*row[1:5]), row[5], RunState(row[6]), row[7], row[8], row[9],
        Layout.from_json(row[10]), Mapping.from_json(row[11]), row[12], *row[13:])


def map_columns(run_id: int, layout: Layout, mapping: Mapping) -> None:
    """How the file is read and what its columns mean; a dry run before it counts no more."""
    _step(run_id, CHANGEABLE, RunState.MAPPING,
          "format = %s, layout = %s, mapping = %s, checked_at = null, counts = '{}', "
          "problem = null",
          (layout.format, _json(layout.as_json()), _json(mapping.as_json())))


def state_origin(run_id: int, statement: Statement, *, by: int | None = None) -> None:
    """Where the data comes from (R-61), as that person says; else the program that brought it."""
    origin = _stated(read_run(run_id), statement, by)
    _step(run_id, CHANGEABLE, RunState.MAPPING,
          "origin = %s, checked_at = null, counts = '{}', problem = null",
          (_json(origin),))


def _stated(run: Run, statement: Statement, by: int | None) -> dict[str, Any]:
    """The statement for the evidence. That proofs are held without a file is somebody's word: it
    is kept with who gave it and when (R-09, R-46)."""
    if not statement.proof_attached:
        return statement.as_json()
    kind, number = run.actor(by)
    return statement.as_json() | {"declared": {
        "by": kind.name, "id": number, "at": clock.now().isoformat(timespec="seconds")}}


def ask_check(run_id: int, *, ask_iys: bool = False) -> None:
    """Ask for the dry run; with ``ask_iys`` İYS is asked about the addresses as well. What a
    program wished to follow an earlier one follows no more: a person has it in hand. Raises
    CallerMistake when mapping or origin are missing."""
    run = read_run(run_id)
    missing = run.mapping.problems()
    if missing:
        raise CallerMistake(missing[0].tr, missing[0].en, code="mapping_incomplete")
    if not run.origin:
        raise CallerMistake("Önce verinin kökenini yazın.", "State the origin of the data first.",
                            code="origin_missing")
    with db.transaction() as conn:
        # the files of the whole import are evidence from here on (ileti/imports/proofs.py)
        conn.execute("select from import_run where id = %s for no key update", [run_id])
        files = proofs.evidence_of(conn, run_id)
        _step(run_id, CHANGEABLE, RunState.CHECKING,
              "next_at = now(), tries = 0, problem = null, checked_at = null, rows = 0, "
              "bytes_read = 0, apply_most = null, ask_iys = %s, missing = null, "
              "origin = (origin - 'files') || %s::jsonb",
              (ask_iys, _json({"files": files} if files else {})))
    jobs.ring("imports.jobs.check")


def go(run_id: int, layout: Layout, mapping: Mapping, statement: Statement, *, ask_iys: bool,
       apply_most: int | None) -> bool:
    """All that stands between a program's file and its dry run, as one step: how it is read, what
    its columns mean, where it comes from. False when somebody has taken one of these before."""
    done = db.connection().execute(
        "update import_run set state = %s, fence = fence + 1, format = %s, layout = %s, "
        "mapping = %s, origin = %s, ask_iys = %s, apply_most = %s, next_at = now(), tries = 0, "
        "problem = null where id = %s and state = %s and mapping = '{}' and origin = '{}'",
        (RunState.CHECKING, layout.format, _json(layout.as_json()), _json(mapping.as_json()),
         _json(_stated(read_run(run_id), statement, None)), ask_iys, apply_most, run_id,
         RunState.MAPPING))
    jobs.ring("imports.jobs.check")
    return done.rowcount == 1


def ask_apply(run_id: int, *, by: int | None) -> RunState:
    """Ask to apply what the dry run showed; with many rows somebody else must approve: who asked
    for it never does, and a program is nobody. The state it is in then."""
    run = read_run(run_id)
    alone = by is None and run.account_id is None  # the command line
    waits = not alone and agreed.many("import", run.place.provider_id, run.staged)
    follows = RunState.APPROVAL if waits else RunState.APPLYING
    # As the system: whoever must agree gets a mail, and nobody's mails are open to who asks.
    with db.transaction(system=True) as conn:
        _step(run_id, (RunState.CHECKED,), follows, "started_by = %s, started_at = now(), "
              "next_at = now(), tries = 0, problem = null", (by,), conn=conn)
        if waits:
            foureyes.ask(agreed.apply_wish(run_id, _where(run), run.staged), by=by, conn=conn,
                         actor=_program(conn, run) if by is None else None)
    jobs.ring("imports.jobs.apply")
    return follows


def approve(run_id: int, *, by: int) -> None:
    """The second person's yes. Raises NotAllowed for the first, whatever their name."""
    run = read_run(run_id)
    asked = foureyes.of(f"import:{run_id}") if run.state is RunState.APPROVAL else None
    if asked is not None:
        foureyes.decide(asked.id, approved=True, by=foureyes.Here(by, frozenset({agreed.RIGHT})))
        return
    if run.state is RunState.APPROVAL and foureyes.same_person(run.started_by, by):
        raise NotAllowed("Onayı uygulamayı isteyenden başka biri verir.",
                         "Somebody else than who asked for it must approve.", code="four_eyes")
    let_go(run_id, by=by)


def let_go(run_id: int, *, by: int | None) -> None:
    """Let a run that waited for a second person be applied."""
    _step(run_id, (RunState.APPROVAL,), RunState.APPLYING, "approved_by = %s, next_at = now()",
          (by,))
    jobs.ring("imports.jobs.apply")


def _where(run: Run) -> tuple[int, int, int | None]:
    return run.place.provider_id, run.place.brand_id, run.dealer_id


def pause(run_id: int) -> None:
    """Stop after the chunks at hand."""
    _step(run_id, (RunState.APPLYING,), RunState.PAUSED, "problem = null")


def resume(run_id: int) -> None:
    """Go on where it stopped."""
    _step(run_id, (RunState.PAUSED,), RunState.APPLYING,
          "next_at = now(), tries = 0, problem = null")
    jobs.ring("imports.jobs.apply")


def cancel(run_id: int) -> None:
    """Give it up. Before anything was applied the file goes too; what is in the ledger stays."""
    run = read_run(run_id)
    _step(run_id, (RunState.UPLOADING, RunState.MAPPING, RunState.CHECKING, RunState.CHECKED,
                   RunState.APPROVAL, RunState.APPLYING, RunState.PAUSED, RunState.FAILED),
          RunState.CANCELLED, "ended_at = now()")
    with db.transaction() as conn:
        foureyes.close(conn, f"import:{run_id}", state=foureyes.State.WITHDRAWN)
    if run.stage is not None:
        drop_stage(run.stage)
        db.connection().execute("update import_run set stage = null where id = %s", [run_id])
    if not _begun(run_id):
        run.file.remove()


def ask_undo(run_id: int, kind: Undo, *, by: int | None) -> None:
    """Ask to take the import back (Undo.TAKE_BACK) or to refuse what it brought (Undo.COUNTER).
    Raises Waits when so many rows take a second person."""
    run = read_run(run_id)
    if not undoable(run):
        raise moved_on()
    if agreed.many("refusal", run.place.provider_id, run.staged):
        foureyes.needed(agreed.undo_wish(run_id, _where(run), run.staged, kind), by=by,
                        actor=_program(db.system_connection(), run) if by is None else None)
    _step(run_id, (RunState.APPLIED, RunState.CANCELLED), RunState.UNDOING,
          "undone_by = %s, undo_kind = %s, next_at = now(), tries = 0, problem = null, "
          "chunks_done = 0", (by, kind))
    jobs.ring("imports.jobs.undo")


def undoable(run: Run) -> bool:
    """Whether something of it stands in the ledger that can be undone: it was applied, or given up
    when a part of it had been."""
    if run.state is not RunState.CANCELLED:
        return run.state is RunState.APPLIED
    return _begun(run.id)


def _begun(run_id: int) -> bool:
    row = db.connection().execute(
        "select exists (select from import_chunk where import_id = %s)", [run_id]).fetchone()
    return bool(row and row[0])


def _program(conn: Any, run: Run) -> str | None:
    """The name of the program that brought the list."""
    row = conn.execute("select name from api_account where id = %s", (run.account_id,)).fetchone()
    return row[0] if row else None


def twin_of(run: Run) -> int | None:
    """The newest import of the same file that was applied for the same brand."""
    row = db.connection().execute(
        "select max(id) from import_run where provider_id = %s and brand_id = %s and sha256 = %s "
        "and id <> %s and state = any(%s)",
        (run.place.provider_id, run.place.brand_id, run.sha256, run.id,
         [int(RunState.APPLIED), int(RunState.APPLYING), int(RunState.PAUSED)])).fetchone()
    return row[0] if row else None


def claim(state: RunState, run_id: int | None = None) -> Run | None:
    """Take the run of that state that has waited longest, or the named one; None when none is
    due."""
    row = db.connection().execute(
        "update import_run set next_at = now() + make_interval(secs => %s), fence = fence + 1, "
        "tries = least(tries + 1, 30000) where id = (select id from import_run where state = %s "
        "and next_at <= now() and (%s::bigint is null or id = %s) "
        "order by next_at limit 1 for no key update skip locked) returning id",
        (LEASE_SECONDS, state, run_id, run_id)).fetchone()
    return None if row is None else read_run(row[0])


def note(run: Run, change: str, values: Sequence[Any] = ()) -> bool:
    """Write progress under the fence and prolong the lease; False when the run is no longer ours
    or no longer in the state it was claimed in."""
    done = db.connection().execute(
        f"update import_run set next_at = now() + make_interval(secs => %s), {change} "  # noqa: S608
        "where id = %s and fence = %s and state = %s",
        (LEASE_SECONDS, *values, run.id, run.fence, run.state))
    return done.rowcount == 1


def release(run: Run, after: float = 0.0) -> None:
    """Give the lease back, so that whoever comes next goes on at once, or ``after`` seconds."""
    db.connection().execute(
        "update import_run set next_at = now() + make_interval(secs => %s) "
        "where id = %s and fence = %s and state = %s", (after, run.id, run.fence, run.state))


def tell_trail(run: Run, deed: str, *, by: int | None) -> None:
    """What was done for a person stands in the trail in their name, when it is done; a program asks
    and looks for itself."""
    if by is None:
        return
    deeds.note(db.connection(), f"import:{deed}", f"import:{run.id}", user_id=by,
               provider_id=run.place.provider_id, brand_id=run.place.brand_id,
               dealer_id=run.dealer_id, detail={"records": run.staged})


def drop_stage(stage: int) -> None:
    """Remove the staged rows."""
    db.connection().execute("select import_stage_drop(%s)", [stage])


def _step(run_id: int, before: Sequence[RunState], after: RunState, change: str,
          values: Sequence[Any] = (), *, conn: psycopg.Connection[Any] | None = None) -> None:
    done = (conn or db.connection()).execute(
        f"update import_run set state = %s, fence = fence + 1, {change} "  # noqa: S608 (our words)
        "where id = %s and state = any(%s)",
        (after, *values, run_id, [int(one) for one in before]))
    if done.rowcount != 1:
        read_run(run_id)
        raise moved_on()


def moved_on() -> Conflict:
    """The sentence for whoever comes second, or from an old page."""
    return Conflict("Aktarma bu arada ilerledi; sayfayı yenileyin.",
                    "The import has moved on meanwhile; reload the page.", code="moved_on")


def _json(content: Any) -> str:
    return msgspec.json.encode(content).decode()


def sweep() -> dict[str, int]:
    """Drop staging tables a week after their run's end, and those no run names; give up lists
    nobody came back to for a month, and remove their files, unless a legal hold is on them (ADR
    0029). Staged rows are a copy of their list."""
    conn = db.connection()
    old = conn.execute(
        "select id, stage from import_run where stage is not null and state = any(%s) "
        "and coalesce(undone_at, ended_at, checked_at) < now() - %s * interval '1 day'",
        ([int(RunState.APPLIED), int(RunState.UNDONE), int(RunState.CANCELLED)],
         STAGE_DAYS)).fetchall()
    for run_id, stage in old:
        drop_stage(stage)
        conn.execute("update import_run set stage = null where id = %s and stage = %s",
                     (run_id, stage))
    orphans = conn.execute(
        "select substr(c.relname, 14)::bigint from pg_class c where c.relkind = 'r' "
        "and c.relname ~ '^import_stage_[0-9]+$' and not exists (select from import_run r "
        "where 'import_stage_' || r.stage = c.relname) and substr(c.relname, 14)::bigint < "
        "(select last_value from import_stage_no) - 100").fetchall()
    for (stage,) in orphans:
        drop_stage(stage)
    left = conn.execute(
        "select id from import_run where state = any(%s) and created_at < now() - %s * "
        "interval '1 day' and coalesce(checked_at, created_at) < now() - %s * interval '1 day' "
        "and not under_hold(provider_id, brand_id, null, created_at, now())",
        ([int(one) for one in (RunState.MAPPING, RunState.CHECKED, RunState.FAILED)],
         LEFT_DAYS, LEFT_DAYS)).fetchall()
    for (run_id,) in left:
        cancel(run_id)
    remove_unfinished()
    return {"stages": len(old) + len(orphans), "given_up": len(left)}
