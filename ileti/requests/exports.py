"""The copy of all data of a person: asked for, made by a job, taken as one archive (KVKK 11/1-b).

Why this module exists: a copy is both for programs (JSON, docs/requests.md) and for people (PDF/A),
it is personal data as nothing else is, and the house must be able to show later what it gave out.
So both files lie sealed in the vault from the moment they are made; the archive with its list of
SHA-256 is put together when somebody takes it, the same bytes each time. The person's own link
opens for a while, is signed, and answers a press of a button alone, since mail scanners follow
links. Making is claimed by moving ``next_at`` and raising ``fence``; a job that died is one lease
late, and what it kept twice is one file in the vault.
"""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from config import settings
from ileti.core import clock, db
from ileti.core.errors import Conflict, Gone, IletiError, NotFound
from ileti.core.failpoints import reach
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence import vault
from ileti.evidence.paper import typeset
from ileti.evidence.vault import Kept
from ileti.requests import cases, exportpage, holdings
from ileti.requests import heldattempts as _heldattempts  # noqa: F401 (each registers its part)
from ileti.requests import heldbeside as _heldbeside  # noqa: F401
from ileti.requests import heldcalls as _heldcalls  # noqa: F401
from ileti.requests import heldmessages as _heldmessages  # noqa: F401
from ileti.requests.matching import attached
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Deed, Identity
from ileti.retention.destroy import destroy_copies

log = get_logger("ileti.requests")

LEASE_SECONDS: Final = 300
MOST_TRIES: Final = 5
VERSION: Final = "ileti-copy-1"
TEMPLATE: Final = Path(__file__).with_name("export.typ")
JSON_NAME, PDF_NAME, LIST_NAME = "verilerim.json", "verilerim.pdf", "SHA256SUMS.txt"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


def ask_for(conn: cases.Connection, case: cases.Case, *, by: int) -> int:
    """Ask for a copy; one that is being made already is that one. Raises Conflict before the
    identity is verified: a copy for the wrong person is a breach (KVKK 12)."""
    _refuse_unverified(case)
    row = conn.execute("select id from data_request_export where request_id = %s "
                       "and done_at is null and problem is null", (case.id,)).fetchone()
    if row is not None:
        return int(row[0])
    made = conn.execute(
        "insert into data_request_export (provider_id, brand_id, request_id, asked_by) "
        "values (%s, %s, %s, %s) returning id",
        (case.provider_id, case.brand_id, case.id, by)).fetchone()
    assert made is not None
    cases.note(conn, case, Deed.EXPORT, by=by, export=int(made[0]))
    return int(made[0])


def _refuse_unverified(case: cases.Case) -> None:
    if case.identity != Identity.VERIFIED:
        raise Conflict("Önce kimliği doğrulayın: veriler başkasına verilemez.",
                       "Verify the identity first: data are not given to somebody else.",
                       code="identity")


_CLAIM = """
update data_request_export x set next_at = now() + make_interval(secs => %s), fence = fence + 1,
       tries = tries + 1
 where id = (select id from data_request_export where done_at is null and problem is null
                and next_at <= now() order by next_at limit 1 for update skip locked)
returning id, request_id, fence, tries"""


def make_waiting(limit: int = 20) -> dict[str, int]:
    """Make the copies that wait; answers how many were made and how many failed."""
    counts = {"made": 0, "failed": 0}
    for _ in range(limit):
        row = db.connection().execute(_CLAIM, (LEASE_SECONDS,)).fetchone()
        if row is None:
            break
        counts["made" if _make(*row) else "failed"] += 1
    return counts


def _make(export_id: int, request_id: int, fence: int, tries: int) -> bool:
    if tries > MOST_TRIES:  # killed each time, so that nobody was left to say so
        _give_up(export_id, request_id, fence, "killed")
        return False
    try:
        case, people, kept, counts = _prepare(request_id)
        reach("requests.exported")
    except Exception as error:  # whatever it is, it must not be tried for ever
        _failed(export_id, request_id, fence, tries, error)
        return False
    with db.transaction() as conn:
        done = conn.execute(
            "update data_request_export set done_at = now(), until = now() + "
            "make_interval(days => %s), json_file = %s, pdf_file = %s, recipients = %s, "
            "counts = %s::jsonb where id = %s and fence = %s and done_at is null",
            (settings().request_link_days, kept[0].id, kept[1].id, people, json.dumps(counts),
             export_id, fence)).rowcount
        if done:
            cases.note(conn, case, Deed.EXPORTED, mark=f"export:{export_id}", export=export_id,
                       json=kept[0].sha256.hex(), pdf=kept[1].sha256.hex())
    return bool(done)


def _prepare(request_id: int) -> tuple[cases.Case, list[int], list[Kept], dict[str, int]]:
    """The case, whose data they are, both files in the vault, and how many rows each part has.
    Raises Conflict when the identity is not verified any more, NotSet, and what the vault raises.
    """
    with db.transaction() as conn:
        conn.execute("set transaction isolation level repeatable read, read only")
        case = cases.read_case(conn, request_id)
        _refuse_unverified(case)
        people = [one.recipient_id for one in attached(conn, case.id)]
        held = holdings.gather(conn, case.provider_id, people)
        provider = provider_of(conn, case.provider_id, case.brand_id)
    made = clock.now()
    about = exportpage.About.of_case(case)
    kept = [vault.put(case.provider_id, [data], name) for name, data in (
        (f"{about.number}.json", as_json(about, held, provider, made)),
        (f"{about.number}-veri.pdf", as_pdf(about, held, provider, made)))]
    return case, people, kept, holdings.counted(held)


def _failed(export_id: int, request_id: int, fence: int, tries: int, error: Exception) -> None:
    reason = error.code if isinstance(error, IletiError) else type(error).__name__
    log.warning("request_export_failed", export=export_id, tries=tries, reason=reason)
    if tries >= MOST_TRIES:
        _give_up(export_id, request_id, fence, reason)
        return
    db.connection().execute("update data_request_export set next_at = now() + "
                            "make_interval(secs => %s) where id = %s and fence = %s",
                            (30 * 2 ** tries, export_id, fence))


def _give_up(export_id: int, request_id: int, fence: int, reason: str) -> None:
    """Not tried any more: the officer sees it and may ask for another."""
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id, lock=True)
        if conn.execute("update data_request_export set problem = %s where id = %s and fence = %s "
                        "and done_at is null", (reason, export_id, fence)).rowcount:
            cases.note(conn, case, Deed.EXPORT_FAILED, export=export_id, reason=reason)


def provider_of(conn: cases.Connection, provider_id: int, brand_id: int) -> dict[str, Any]:
    """The controller as a copy names it."""
    row = conn.execute(
        "select p.title, p.mersis, p.address, p.kep, p.contact, b.name from provider p "
        "join brand b on b.id = %s where p.id = %s", (brand_id, provider_id)).fetchone()
    assert row is not None
    return dict(zip(("title", "mersis", "address", "kep", "contact", "brand"), row, strict=True))


def as_json(about: exportpage.About, held: dict[str, list[Any]], provider: dict[str, Any],
            made: datetime, **more: Any) -> bytes:
    """The copy for programs; docs/requests.md describes it. ``more``: further members."""
    return json.dumps({
        "format": VERSION, "case": about.number or None, "madeAt": made.isoformat(),
        "controller": {"title": provider["title"], "mersis": provider["mersis"],
                       "address": provider["address"], "kep": provider["kep"]},
        "person": about.person, "held": held, **more,
    }, ensure_ascii=False, indent=1, default=str).encode()


def as_pdf(about: exportpage.About, held: dict[str, list[Any]], provider: dict[str, Any],
           made: datetime) -> bytes:
    """The copy for people: PDF/A. Raises NotSet."""
    return typeset(TEMPLATE, exportpage.content(about, held, provider, made), made)


# -- taking it ------------------------------------------------------------------------------------


def archive(provider_id: int, export_id: int) -> tuple[str, bytes]:
    """File name and bytes of a made copy's archive. Raises NotFound, FileDamaged."""
    row = db.connection().execute(
        "select request_id, json_file, pdf_file from data_request_export "
        "where provider_id = %s and id = %s and done_at is not null and removed_at is null",
        (provider_id, export_id)).fetchone()
    if row is None:
        raise NotFound()
    files = {JSON_NAME: _bytes(provider_id, row[1]), PDF_NAME: _bytes(provider_id, row[2])}
    files[LIST_NAME] = "".join(
        f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name, data in files.items():
            into.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return f"{case_number(row[0])}-verilerim.zip", packed.getvalue()


def _bytes(provider_id: int, file_id: int) -> bytes:
    with vault.opened(provider_id, file_id) as pieces:
        return b"".join(pieces)


_LINKED: Final = """
select x.provider_id, x.request_id, x.until from data_request_export x
  join data_request r on r.id = x.request_id
 where x.id = %s and x.done_at is not null and x.removed_at is null and x.until > %s
   and r.identity = %s"""


def _linked(export_id: int) -> tuple[int, int, datetime] | None:
    """Provider, case and end of a copy that its person's link opens now."""
    row: Any = db.connection().execute(
        _LINKED, (export_id, clock.now(), int(Identity.VERIFIED))).fetchone()
    return row


def open_until(export_id: int) -> datetime | None:
    """Until when a copy's link opens; None when it does not (any more)."""
    row = _linked(export_id)
    return row[2] if row else None


def link(export_id: int, language: str) -> str:
    """The person's own link; the number alone, signed."""
    token = secrets().tokens("request-copy").make({"x": export_id, "l": language}, seconds=None)
    return f"{settings().base_url}/kvkk/veri/{token}"


def opened_link(token: str) -> tuple[int, int, int, str]:
    """Provider, export, case and language of a link. Raises NotAllowed for a forged one, Gone when
    its time is over."""
    said = secrets().tokens("request-copy").read(token)
    row = _linked(said["x"])
    if row is None:
        raise Gone("Bağlantının süresi doldu. Yeni bir örnek için yeniden başvurabilirsiniz.",
                   "The link has expired. You may apply again for a new copy.", code="copy_expired")
    return row[0], said["x"], row[1], "en" if said.get("l") == "en" else "tr"


# -- the end of it --------------------------------------------------------------------------------

_DUE: Final = """
select provider_id, request_id, array_agg(id order by id) from data_request_export x
 where done_at is not null and removed_at is null and copy_due(x)
 group by provider_id, request_id order by request_id limit 100"""


def remove_due() -> int:
    """Remove the copies whose time is over or whose person was erased (R-64); answers of how many
    cases. The database judges each; one that fails does not keep the others."""
    count = 0
    for provider_id, request_id, ids in db.connection().execute(_DUE).fetchall():
        try:
            destroy_copies(provider_id, ids, case_number(request_id))
            count += 1
        except Exception:
            log.exception("request_copy_stays", case=request_id)
    return count
