"""`ileti bundle`: whose records, by number or by address, which message, or which complaint; the
file is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import ileti.factory  # noqa: F401 (every room tells its part of a proof)
from ileti.channels import complaint, messagepack
from ileti.channels.messagepack import message_of
from ileti.consents import bundle, moments
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Reach
from ileti.consents.numbers import entry_of
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_address


def write_bundle(out: Path, *, records: Sequence[str], address: str | None,
                 provider: int | None) -> int:
    """Write the bundle of these records, or of all of an address; their number. Raises
    CallerMistake."""
    provider_id, ids = (_of_address(address, provider) if address
                        else _of_records(records))
    return _keep(bundle.build(provider_id, ids), out)


def write_message(out: Path, message: str, provider: int | None) -> int:
    """Write the bundle of a message, by its number (``ILT-…``) or id; how many records are in it.
    Raises CallerMistake, NotFound."""
    found = message_of(message) if not message.isdigit() else int(message)
    row = None if found is None or found >= 1 << 63 else db.connection().execute(
        "select m.provider_id from message m join provider p on p.id = m.provider_id "
        "where m.id = %s and (%s::int is null or p.iys_code = %s)",
        (found, provider, provider)).fetchone()
    if row is None or found is None:
        raise CallerMistake(f"{message} numaralı ileti yok.", f"There is no message {message}.",
                            code="no_message")
    return _keep(messagepack.build(Reach(row[0], restricted=True), found), out)


def write_complaint(out: Path, address: str, at: str, title: str, provider: int | None) -> int:
    """Write the pack that answers a complaint; how many records are in it. Raises CallerMistake,
    NotFound."""
    try:
        moment = datetime.fromisoformat(at)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.ISTANBUL)
        late = moment > clock.now()
    except (ValueError, OverflowError):
        late = True
    if late:
        raise CallerMistake("--at için geçmiş bir an yazın: 2026-05-03T10:00.",
                            "Write a moment that has passed for --at: 2026-05-03T10:00.",
                            code="no_moment")
    spelled, found = _spelled(address), _provider(provider)
    recipient = moments.recipient_of(found, spelled)
    if recipient is None:
        raise _no_record()
    return _keep(complaint.build(Reach(found, restricted=True), recipient, moment, title), out)


def _keep(made: Bundle, out: Path) -> int:
    half = out.with_name(f"{out.name}.{os.getpid()}.half")
    try:
        with half.open("wb") as file:
            bundle.write(made, file)
        os.replace(half, out)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise CallerMistake(f"{out} yazılamıyor ({error.strerror}).",
                            f"{out} cannot be written ({error.strerror}).",
                            code="not_written") from error
    return len(made.proven)


def _of_records(records: Sequence[str]) -> tuple[int, list[int]]:
    ids = []
    for record in records:
        entry = entry_of(record)
        if entry is None:
            raise CallerMistake(f"{record} bir kayıt numarası değil.",
                                f"{record} is no record number.", code="no_record")
        ids.append(entry)
    rows = db.connection().execute(
        "select p.id from provider p where exists (select from consent_entry e "
        "where e.provider_id = p.id and e.id = any(%s))", (ids,)).fetchall()
    if not rows:
        raise NotFound()
    if len(rows) > 1:
        raise CallerMistake("Kayıtlar birden çok hizmet sağlayıcının; her birine ayrı paket alın.",
                            "The records belong to several providers; take a bundle for each.",
                            code="several_providers")
    return rows[0][0], ids


def _spelled(address: str) -> str:
    try:
        return parse_address(address).value
    except AddressError as error:
        raise CallerMistake(error.tr, error.en, code=error.code) from error


def _provider(provider: int | None) -> int:
    rows = db.connection().execute(
        "select id, iys_code from provider where %s::int is null or iys_code = %s order by id",
        (provider, provider)).fetchall()
    if len(rows) != 1:
        codes = ", ".join(str(code) for _, code in rows)
        raise CallerMistake(
            f"Hangi hizmet sağlayıcı? --provider ile söyleyin: {codes}" if rows else
            "Bu İYS numarasıyla hizmet sağlayıcı yok.",
            f"Which provider? Say it with --provider: {codes}" if rows else
            "There is no provider with this İYS number.", code="which_provider")
    return int(rows[0][0])


def _no_record() -> CallerMistake:
    return CallerMistake("Bu adres hakkında kayıt yok.", "There is no record of this address.",
                         code="no_record")


def _of_address(address: str, provider: int | None) -> tuple[int, list[int]]:
    spelled, found = _spelled(address), _provider(provider)
    ids = [row[0] for row in db.connection().execute(
        "select e.id from recipient r join consent_entry e on e.provider_id = r.provider_id "
        "and e.recipient_id = r.id where r.provider_id = %s and r.addr_hash = %s order by e.id",
        (found, secrets().addresses.of(found, spelled)))]
    if not ids:
        raise _no_record()
    return found, ids
