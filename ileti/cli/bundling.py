"""`ileti bundle`: whose records, by number or by address; the file is whole or not there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import ileti.factory  # noqa: F401 (every room tells its part of a proof)
from ileti.consents import bundle
from ileti.consents.numbers import entry_of
from ileti.core import db
from ileti.core.errors import CallerMistake, NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_address


def write_bundle(out: Path, *, records: Sequence[str], address: str | None,
                 provider: int | None) -> int:
    """Write the bundle of these records, or of all of an address; their number. Raises
    CallerMistake."""
    provider_id, ids = (_of_address(address, provider) if address
                        else _of_records(records))
    made = bundle.build(provider_id, ids)
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
    return len(ids)


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


def _of_address(address: str, provider: int | None) -> tuple[int, list[int]]:
    try:
        spelled = parse_address(address).value
    except AddressError as error:
        raise CallerMistake(error.tr, error.en, code=error.code) from error
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
    found = rows[0][0]
    ids = [row[0] for row in db.connection().execute(
        "select e.id from recipient r join consent_entry e on e.provider_id = r.provider_id "
        "and e.recipient_id = r.id where r.provider_id = %s and r.addr_hash = %s order by e.id",
        (found, secrets().addresses.of(found, spelled)))]
    if not ids:
        raise CallerMistake("Bu adres hakkında kayıt yok.", "There is no record of this address.",
                            code="no_record")
    return found, ids
