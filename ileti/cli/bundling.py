"""`ileti bundle`: whose records (of either ledger), everything of an address, which message, or
which complaint; the file is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import ileti.factory  # noqa: F401 (every room tells its part of a proof)
from ileti.channels import complaint, messagepack, personpack
from ileti.channels.messagepack import message_of
from ileti.consents import bundle, moments
from ileti.consents.bundled import Bundle
from ileti.consents.moments import Reach
from ileti.consents.numbers import entry_of, record_number
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, NotFound
from ileti.kvkk import proof
from ileti.recipients.address import AddressError, parse_address
from ileti.tenancy import deeds


def write_bundle(out: Path, records: Sequence[str]) -> int:
    """Write the bundle of these records, consents and acts about personal data; how many records
    are in it. Raises CallerMistake, NotFound."""
    provider_id, ids, acts = _of_records(records)
    made = (proof.build(Reach(provider_id, restricted=True), acts[0]) if acts and len(records) == 1
            else bundle.build(provider_id, ids, others=proof.these(provider_id, acts)
                              if acts else None))
    number = _keep(made, out)
    subject = f"consent:{record_number(ids[0])}" if ids else f"kvkk:{record_number(acts[0])}"
    _note("consent:prove", subject, provider_id, number)
    return number


def write_person(out: Path, address: str, provider: int | None) -> int:
    """Write the bundle of everything of an address at a provider; how many records are in it.
    Raises CallerMistake, NotFound."""
    spelled, found = _spelled(address), _provider(provider)
    recipient = moments.recipient_of(found, spelled)
    if recipient is None:
        raise _no_record()
    number = _keep(personpack.build(Reach(found, restricted=True), recipient), out)
    _note("consent:prove", f"recipient:{recipient}", found, number)
    return number


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
    number = _keep(messagepack.build(Reach(row[0], restricted=True), found), out)
    _note("message:prove", f"message:{found}", row[0], number)
    return number


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
    number = _keep(complaint.build(Reach(found, restricted=True), recipient, moment, title), out)
    _note("consent:complaint", f"recipient:{recipient}", found, number)
    return number


def _note(action: str, subject: str, provider_id: int, records: int) -> None:
    """Into the audit trail, in the operator's name: the file holds addresses in full."""
    deeds.note(db.connection(), action, subject, provider_id=provider_id,
               detail={"records": records})


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
    return len(made.records)


_WHOSE: Final = """
select p.id, array(select e.id from consent_entry e where e.provider_id = p.id
                      and e.id = any(%(ids)s) order by e.id),
       array(select k.id from kvkk_entry k where k.provider_id = p.id
                and k.id = any(%(ids)s) order by k.id)
  from provider p"""


def _of_records(records: Sequence[str]) -> tuple[int, list[int], list[int]]:
    """The provider of these records, and which are consents and which acts."""
    ids = []
    for record in records:
        entry = entry_of(record)
        if entry is None:
            raise CallerMistake(f"{record} bir kayıt numarası değil.",
                                f"{record} is no record number.", code="no_record")
        ids.append(entry)
    rows = [row for row in db.connection().execute(_WHOSE, {"ids": ids}) if row[1] or row[2]]
    if not rows or (len(rows) == 1 and len(rows[0][1]) + len(rows[0][2]) < len(set(ids))):
        raise NotFound()
    if len(rows) > 1:
        raise CallerMistake("Kayıtlar birden çok hizmet sağlayıcının; her birine ayrı paket alın.",
                            "The records belong to several providers; take a bundle for each.",
                            code="several_providers")
    return rows[0]


def _spelled(address: str) -> str:
    try:
        return parse_address(address).value
    except AddressError as error:
        raise CallerMistake(error.tr, error.en, code=error.code) from error


def _provider(provider: int | None) -> int:
    rows = db.connection().execute(
        "select id, iys_code from provider where sandbox_of is null and %s::int is null "
        "or iys_code = %s order by id",
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
