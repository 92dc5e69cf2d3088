"""``ileti import``: a customer list from the command line, with the same steps as in the panel.

Why this module exists: who moves millions of rows scripts it. The steps are those of
:mod:`ileti.imports.runs`, the work is done here unless a worker takes it first, progress goes to
the error stream, and the result can be read by a program (``--json``). Exit codes: 0 every row was
taken or is already so, 1 some rows were not, 2 the call or the file has to be mended first.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ileti.consents.ledger import Place
from ileti.core import db
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.evidence import vault
from ileti.evidence.kinds import Role as FileRole
from ileti.imports import apply, arriving, ownfields, pace, plugged, proofs, report, runs, staging
from ileti.imports import jobs as _jobs  # noqa: F401 (registers the bells)
from ileti.imports.files import PART_BYTES
from ileti.imports.mapping import Fixed, Mapping, Role, recognise
from ileti.imports.origin import state
from ileti.imports.reading import sources
from ileti.imports.reading.reader import Layout
from ileti.imports.states import RunState
from ileti.imports.verdicts import REASONS, sums
from ileti.tenancy import deeds

LONG: Final = 10 ** 9
TELL_SECONDS: Final = 2.0
_DONE: Final = (RunState.CHECKED, RunState.FAILED, RunState.APPLIED, RunState.CANCELLED,
                RunState.PAUSED, RunState.APPROVAL)


@dataclass(frozen=True)
class Source:
    """What is imported: a file, a query on somebody's database, or what a plug-in fetches."""

    name: str
    pieces: Callable[[], Iterator[bytes]]
    layout: Layout | None  # None: told by its content, when it is here
    plugin: plugged.Offered | None = None


def file_source(file: Path, corrections: dict[str, Any]) -> Source:
    """A file, told by its content; ``corrections`` are what the command line says of it."""
    layout = replace(sources.examine(file.name, file, count=1).layout, **corrections)
    return Source(file.name, lambda: _parts(file), layout)


def query_source(url: str, query: str, seconds: int) -> Source:
    """A query that may take so long; what it answers is kept as the import's file."""
    from ileti.imports.reading.sql import COPY_LAYOUT, sql_pieces

    pieces = sql_pieces(url, query, seconds=seconds)
    return Source("query.ndjson", lambda: pieces, COPY_LAYOUT)


def plugin_source(key: str, since: date | None, *, brand: int, provider: int | None) -> Source:
    """A place that a plug-in of the brand's provider fetches lists from (``plug-in:source``)."""
    found = plugged.find(_place(brand, provider).provider_id, key)
    return Source(found.source.file_name, lambda: found.pieces(since), None, found)


def run_import(source: Source, *, brand: int, provider: int | None, columns: Columns,
               fixed: Fixed, origin: dict[str, Any], dry_run: bool, language: str, as_json: bool,
               report_to: Path | None, ask_iys: bool, proof_files: Sequence[Path] = (),
               proof_role: str = "document", proof_dir: Path | None = None,
               dealer: int | None = None) -> int:
    """Import one list; the exit code. ``proof_files`` prove all of it, the files of ``proof_dir``
    the rows that name them."""
    where = _place(brand, provider)
    fixed = replace(fixed, dealer_id=_dealer(where, dealer))
    run_id = runs.open_run(where, source.name, source.layout or Layout())
    _note("open", run_id, where)
    try:
        for number, piece in enumerate(_in_parts(source.pieces()), 1):
            runs.read_run(run_id).file.add(number, [piece])
        run = arriving.finish(run_id)
        layout = source.layout or sources.examine(source.name, run.file.read(), count=1).layout
        if source.plugin is not None:
            fixed = source.plugin.fixed(fixed)
        mapping = _mapping(run, layout, columns, fixed)
        runs.map_columns(run_id, layout, mapping)
        runs.state_origin(run_id, state(origin))
        _tell_twin(run, language)
        _prove(run, proof_files, FileRole[proof_role.upper()], proof_dir, language)
        runs.ask_check(run_id, ask_iys=ask_iys)
        _work(run_id, staging.check_due, language)
        cut_short = None
    except BaseException:
        _give_up(run_id)
        raise
    result = _result(run_id)
    if report_to is not None and result["state"] == RunState.CHECKED.name:
        with report_to.open("wb") as out:
            out.writelines(report.stream(runs.read_run(run_id), language,
                                         form=form_of(report_to)))
    if result["state"] == RunState.FAILED.name:
        _give_up(run_id)
        raise CallerMistake(*result["problem"].split("\n"), code="unreadable_file")
    if dry_run:
        _give_up(run_id)
    elif result["taken"]:
        follows = runs.ask_apply(run_id, by=None)
        _note("apply", run_id, where, count=result["taken"])
        if follows is RunState.APPLYING:
            _work(run_id, apply.apply_due, language)
        result = _result(run_id) | {"dryRun": False}
        if result["state"] not in (RunState.APPLIED.name, RunState.APPROVAL.name):
            cut_short = _cut_short(result)
    else:
        _give_up(run_id)
    click.echo(json.dumps(result, ensure_ascii=False) if as_json
               else "\n".join(_sentences(result, language, dry_run)))
    if cut_short is not None:
        raise cut_short
    return 0 if not (result["refused"] or result["waits"] or result["leftOut"]) else 1


def _cut_short(result: dict[str, Any]) -> CallerMistake:
    """Somebody paused or gave up what was being applied, or it could not go on."""
    tr, _, en = str(result["problem"] or "\n").partition("\n")
    n, number = result["written"], result["import"]
    return CallerMistake(
        f"{tr} Aktarma {number} sonuna kadar uygulanmadı: {n} izin yazıldı, gerisi yazılmadı. "
        "Panelde sürdürülür ya da geri alınır.".strip(),
        f"{en} Import {number} was not applied to its end: {n} consents are written, the rest is "
        "not. Go on with it or undo it in the panel.".strip(), code="cut_short")


def _dealer(where: Place, retailer_code: int | None) -> int | None:
    """The brand's dealer of that code. Raises NotFound."""
    if retailer_code is None:
        return None
    row = db.connection().execute(
        "select id from dealer where provider_id = %s and brand_id = %s and retailer_code = %s",
        (where.provider_id, where.brand_id, retailer_code)).fetchone()
    if row is None:
        raise NotFound(f"Bu markanın {retailer_code} kodlu bayisi yok.",
                       f"The brand has no dealer with the code {retailer_code}.")
    return int(row[0])


def _prove(run: runs.Run, whole: Sequence[Path], role: FileRole, folder: Path | None,
           language: str) -> None:
    """Bring files into the vault and to the run. One that cannot be taken stops the import when it
    is named, and is said when it only lies in the folder: its rows wait then."""
    for path in whole:
        _attach(run, path, whole=True, role=role)
    for path in sorted(folder.iterdir()) if folder is not None else ():
        if path.is_file() and not path.name.startswith("."):
            try:
                _attach(run, path, whole=False)
            except CallerMistake as mistake:
                click.echo(f"{path.name}: {mistake.say(language)}", err=True)


def _attach(run: runs.Run, path: Path, *, whole: bool, role: FileRole | None = None) -> None:
    kept = vault.put(run.place.provider_id, _parts(path), path.name)
    proofs.attach(run.id, kept, path.name, whole=whole, role=role)


def form_of(file: Path) -> report.Form:
    """The report's form by how its file's name ends; CSV when that says nothing."""
    end = file.suffix.lower().removeprefix(".")
    return report.Form(end) if end in set(report.Form) else report.Form.CSV


def _parts(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PART_BYTES):
            yield piece


def _in_parts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= PART_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _place(brand_code: int, iys_code: int | None) -> Place:
    rows = db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code from brand b "
        "join provider p on p.id = b.provider_id where b.brand_code = %s "
        "and (%s::int is null or p.iys_code = %s) order by p.iys_code",
        [brand_code, iys_code, iys_code],
    ).fetchall()
    if not rows:
        raise NotFound(f"{brand_code} numaralı marka yok.", f"There is no brand {brand_code}.")
    if len(rows) > 1:
        codes = ", ".join(str(row[1]) for row in rows)
        raise CallerMistake(
            f"{brand_code} numaralı marka birden çok hizmet sağlayıcıda var: {codes}. Hangisi "
            "olduğunu --provider ile söyleyin.",
            f"More than one provider has brand {brand_code}: {codes}. Say which with --provider.",
            code="which_provider")
    return Place(*rows[0])


def _mapping(run: runs.Run, layout: Layout, columns: Columns, fixed: Fixed) -> Mapping:
    """What was named on the command line goes before what is recognised."""
    heads, rows = sources.heading_and_sample(run.file.read(), layout)
    found, fields = recognise(heads, rows), ownfields.of_run(run)
    unknown = set(columns.fields) - {one.key for one in fields}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise CallerMistake(f"Özel alan yok: {names}", f"There is no custom field: {names}",
                            code="usage")
    found = replace(found, fields=ownfields.recognised(heads, found.columns.values(), fields))
    mapping = found.named(columns.roles, fixed, columns.fields)
    problems = mapping.problems()
    if problems:
        shown = ", ".join(f"{n}: {head}" for n, head in enumerate(heads or (), 1))
        raise CallerMistake(
            " ".join(one.tr for one in problems) + f" Sütunlar: {shown or '-'}",
            " ".join(one.en for one in problems) + f" Columns: {shown or '-'}",
            code="mapping_incomplete")
    return mapping


def _tell_twin(run: runs.Run, language: str) -> None:
    twin = runs.twin_of(run)
    if twin is not None:
        click.echo(f"This file was applied before, as import {twin}." if language == "en"
                   else f"Bu dosya daha önce uygulandı (aktarma {twin}).", err=True)


def _work(run_id: int, drain: Any, language: str) -> None:
    """Do it here, or watch the worker that took it; how far it is goes to the error stream."""
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(run_id, ended, language), daemon=True)
    if sys.stderr.isatty():
        teller.start()
    try:
        while runs.read_run(run_id).state not in _DONE:
            drain(time.monotonic() + LONG, run_id)
            if runs.read_run(run_id).state not in _DONE:
                time.sleep(0.5)
    finally:
        ended.set()


def _tell(run_id: int, ended: threading.Event, language: str) -> None:
    while not ended.wait(TELL_SECONDS):
        row = db.connection().execute(
            "select state, rows, bytes_read, size, written + left_out, counts, started_at "
            "from import_run where id = %s", [run_id]).fetchone()
        if row is not None:
            click.echo(_so_far(row, run_id, language), err=True)
    db.forget_connections()


def _so_far(row: Any, run_id: int, language: str) -> str:
    """A line such as ``1.240.000 / 4.990.000 (41.300/s, 91 s)``."""
    state, rows, read, size, done, counts, started = row
    english = language == "en"
    sep = _numbers(english)
    if state != RunState.APPLYING:
        share = f" ({100 * read // size} %)" if size else ""
        return f"{sep(rows)} " + ("rows read" if english else "satır okundu") + share
    total, rate = pace.takeable(counts), pace.per_second(run_id, started)
    left = f", {sep(round((total - done) / rate))} s" if rate else ""
    return (f"{sep(min(done, total))} / {sep(total)} " + ("written" if english else "yazıldı")
            + (f" ({sep(round(rate))}/s{left})" if rate else ""))


def _numbers(english: bool) -> Callable[[int], str]:
    return (lambda n: f"{n:,}") if english else (lambda n: f"{n:,}".replace(",", "."))


def _note(deed: str, run_id: int, where: Place, **detail: Any) -> None:
    """Into the audit trail, in the operator's name."""
    deeds.note(db.connection(), f"import:{deed}", f"import:{run_id}", detail=detail,
               provider_id=where.provider_id, brand_id=where.brand_id)


def _give_up(run_id: int) -> None:
    try:
        runs.cancel(run_id)
    except IletiError:
        return


def _result(run_id: int) -> dict[str, Any]:
    row = db.connection().execute(
        "select state, rows, staged, counts, samples, seconds, written, left_out, problem, sha256, "
        "provider_id from import_run where id = %s", [run_id]).fetchone()
    assert row is not None
    counts = row[3].get("reason", {})
    found = sums(counts)
    sending = pace.sending_seconds(row[10], pace.takeable(row[3]))
    return {
        "import": run_id, "state": RunState(row[0]).name, "rows": row[1], "consents": row[2],
        "taken": found.taken, "repaired": row[3].get("repaired", {}).get("yes", 0),
        "waits": found.waits, "already": found.already, "refused": found.refused,
        "reasons": {REASONS[int(number)].code: n for number, n in counts.items()},
        "lines": {REASONS[int(number)].code: lines
                  for number, lines in row[3].get("lines", {}).items()},
        "totals": report.totals(row[3]),
        "due": row[3].get("due", {}), "sendingSeconds": round(sending),
        "pastDue": pace.past_due(row[3], sending), "iys": row[3].get("iys"),
        "seconds": row[5], "written": row[6], "leftOut": row[7],
        "problem": row[8], "sha256": (row[9] or b"").hex(), "dryRun": True,
    }



def _sentences(result: dict[str, Any], language: str, dry_run: bool) -> Iterator[str]:
    english = language == "en"
    sep = _numbers(english)
    for code, n in sorted(result["reasons"].items(), key=lambda one: -one[1]):
        reason = next(one for one in REASONS.values() if one.code == code)
        if reason.number:
            first = result["lines"][code][0]
            yield (f"{sep(n):>12}  {reason.say(language)} [{code}, {reason.rule}], "
                   + (f"first in line {first}" if english else f"ilk satır {first}"))
    yield from _at_iys(result["iys"], sep, english)
    taken, rows = sep(result["taken"]), sep(result["rows"])
    if dry_run:
        yield (f"Dry run: {taken} consents of {rows} rows would be taken. Nothing was written."
               if english else
               f"Deneme: {rows} satırdan {taken} izin alınabilir. Hiçbir kayıt değişmedi.")
    elif result["state"] == RunState.APPROVAL.name:
        yield ("It waits for the approval of a second person in the panel." if english else
               "İkinci kişinin panelde onaylamasını bekliyor.")
    elif not result["taken"]:
        yield ("Nothing new: no consent was written." if english
               else "Yeni bir şey yok: hiçbir izin yazılmadı.")
    else:
        yield (f"{sep(result['written'])} consents written and queued for İYS." if english
               else f"{sep(result['written'])} izin yazıldı ve İYS’e iletilmek üzere sıraya girdi.")
        if result["leftOut"]:
            left = sep(result["leftOut"])
            yield (f"{left} were left out while applying: something newer had come meanwhile."
                   if english else
                   f"{left} izin uygulanırken dışarıda kaldı: bu arada daha yenisi gelmişti.")
    if dry_run and result["taken"]:
        yield from _by_then(result, sep, english)


def _by_then(result: dict[str, Any], sep: Callable[[int], str], english: bool) -> Iterator[str]:
    """How long İYS will take, and what is past its three business days by then (R-33)."""
    minutes = max(1, -(-result["sendingSeconds"] // 60))
    yield (f"İYS would take about {sep(minutes)} minutes at its limit of requests." if english else
           f"İYS’ye iletim, istek sınırıyla yaklaşık {sep(minutes)} dakika sürer.")
    if result["pastDue"]:
        late = sep(result["pastDue"])
        yield (f"{late} consents would be past their three business days by then." if english else
               f"{late} izin o ana kadar üç iş gününü geçmiş olur.")


def _at_iys(found: dict[str, Any] | None, sep: Callable[[int], str],
            english: bool) -> Iterator[str]:
    """How much of the list İYS holds as ONAY, when it was asked."""
    if not found:
        return
    if "problem" in found:
        yield found["problem"][english]
    here, ret = found["ONAY"], found["RET"]
    yield ((f"At İYS now: ONAY for {sep(here['there'])} of the list's consents and "
            f"{sep(ret['there'])} of its refusals; the others refused there or are unknown.")
           if english else
           (f"Şu anda İYS’de: listedeki onayların {sep(here['there'])} tanesi, retlerin "
            f"{sep(ret['there'])} tanesi ONAY; ötekiler orada ret ya da kayıtlı değil."))


def fixed_of(status: str | None, source: str | None, day: str | None, kind: str,
             dealer: int | None, basis: str | None, channels: tuple[str, ...]) -> Fixed:
    """The fixed values as the command line names them."""
    kept = {"status": status, "source": source, "date": day, "recipient_type": kind,
            "dealer_id": dealer, "basis": basis, "channels": list(channels)}
    return Mapping.from_json({"fixed": msgspec.to_builtins(kept)}).fixed


@dataclass(frozen=True)
class Columns:
    """What the command line says of columns (counted from 0): by role, by a custom field's key."""

    roles: dict[Role, int]
    fields: dict[str, int]


def columns_of(pairs: tuple[str, ...]) -> Columns:
    """``--column phone=3``, ``--column field.city=7``, columns counted from 1."""
    found = Columns({}, {})
    for pair in pairs:
        role, _, number = pair.partition("=")
        try:
            if int(number) < 1:
                raise ValueError
            if role.strip().startswith(ownfields.PREFIX):
                found.fields[role.strip().removeprefix(ownfields.PREFIX)] = int(number) - 1
            else:
                found.roles[Role(role.strip())] = int(number) - 1
        except ValueError:
            roles = ", ".join(role.value for role in Role)
            raise CallerMistake(f"--column ROL=SÜTUN biçiminde yazın; roller: {roles}",
                                f"Write --column ROLE=NUMBER; roles: {roles}",
                                code="usage") from None
    return found

