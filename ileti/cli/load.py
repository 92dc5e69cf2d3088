"""``ileti consents load``: İYS's own sample CSV straight into the ledger.

The small sibling of the import feature: one brand, one file without header, columns
``type,source,recipient,status,consentDate,recipientType`` (iys-api §12). Every row is judged by
itself; bad ones are listed with line number and reason and hold up nobody. Chunks are keyed by the
file's content, so the same file again adds nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TypeVar

from ileti.consents import rules
from ileti.consents.deadlines import bound_types, deadline
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    record_chunk,
)
from ileti.consents.vocabulary import (
    Channel,
    Outcome,
    RecipientType,
    Source,
    Standing,
    Status,
    Word,
)
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, NotFound
from ileti.iys.wire import WireError, from_iys_time
from ileti.recipients.address import AddressError, parse_address

W = TypeVar("W", bound=Word)
CHUNK = 5_000
COLUMNS = 6


@dataclass(frozen=True)
class RefusedRow:
    """A row that was not recorded, with its line number (from 1)."""

    line: int
    tr: str
    en: str
    code: str

    def reason(self, language: str) -> str:
        """The sentence with its code."""
        return f"{self.en if language == 'en' else self.tr} [{self.code}]"


@dataclass
class LoadReport:
    """What became of the file."""

    recorded: int = 0
    kept: int = 0
    replayed: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    def summary(self, language: str) -> str:
        """One sentence for the end."""
        if language == "en":
            return (f"{self.recorded} recorded, {self.kept} kept without effect, "
                    f"{self.replayed} already loaded, {len(self.refused)} refused.")
        return (f"{self.recorded} kayıt eklendi, {self.kept} kayıt etkisiz saklandı, "
                f"{self.replayed} kayıt önceden yüklenmişti, {len(self.refused)} satır alınmadı.")


def load(file: Path, brand_code: int) -> LoadReport:
    """Record the file's good rows for the brand; raises NotFound for an unknown brand and
    CallerMistake for a file that is no text."""
    place, activation = _place(brand_code)
    digest = sha256(file.read_bytes()).hexdigest()[:32]
    report = LoadReport()
    rows = _good_rows(file, report, activation)
    number = 0
    while chunk := list(islice(rows, CHUNK)):
        number += 1
        _count(report, _record(place, f"load:{brand_code}:{digest}:{number}", digest, chunk))
    return report


def _place(brand_code: int) -> tuple[Place, date | None]:
    row = db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code, p.activation_date from brand b "
        "join provider p on p.id = b.provider_id where b.brand_code = %s", [brand_code],
    ).fetchone()
    if row is None:
        raise NotFound(f"{brand_code} numaralı marka yok.", f"There is no brand {brand_code}.")
    return Place(*row[:4]), row[4]


def _good_rows(file: Path, report: LoadReport, activation: date | None) -> Iterator[NewConsent]:
    now = clock.now()
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                try:
                    item = _read(cells)
                except _Refusal as refusal:
                    report.refused.append(RefusedRow(reader.line_num, *refusal.args))
                    continue
                found = [v for v in rules.check_item(
                    _as_rule_item(item), now=now, activation_date=activation,
                    three_day_rule=bound_types(),
                ) if v.refused]
                if found:
                    first = found[0]
                    report.refused.append(
                        RefusedRow(reader.line_num, first.tr, first.en, first.code))
                    continue
                assert item.consent_date is not None, "every row of the file has a date"
                yield replace(item, due_at=deadline(
                    item.consent_date, now=now, activation_date=activation,
                    source=item.source or Source.NONE, recipient_type=item.recipient_type))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CallerMistake(
            f"Dosya okunamadı: UTF-8 CSV bekleniyor ({error}).",
            f"The file cannot be read: UTF-8 CSV is expected ({error}).", code="unreadable_file",
        ) from error


class _Refusal(Exception):
    """Turkish sentence, English sentence, code."""


def _word(kind: type[W], text: str, column: str) -> W:
    try:
        return kind.from_word(text.strip())
    except KeyError:
        raise _Refusal(f"{column} sütununda bilinmeyen değer: {text[:40]!r}.",
                       f"Unknown value in column {column}: {text[:40]!r}.", "UNKNOWN") from None


def _read(cells: list[str]) -> NewConsent:
    if len(cells) != COLUMNS:
        raise _Refusal(f"{COLUMNS} sütun bekleniyor, {len(cells)} var.",
                       f"{COLUMNS} columns are expected, {len(cells)} found.", "COLUMNS")
    channel = _word(Channel, cells[0], "type")
    source = _word(Source, cells[1], "source")
    status = _word(Status, cells[3], "status")
    recipient_type = _word(RecipientType, cells[5], "recipientType")
    try:
        address = parse_address(cells[2])
        moment = from_iys_time(cells[4].strip())
    except AddressError as error:
        raise _Refusal(error.tr, error.en, error.code) from None
    except (WireError, ValueError) as error:
        raise _Refusal("Tarih YYYY-AA-GG SS:dd:ss biçiminde olmalı.",
                       "The date must look like YYYY-MM-DD HH:mm:ss.", "H158") from error
    return NewConsent(
        address.value, channel, status, moment, recipient_type, source=source,
        standing=Standing.VERIFIED,
    )


def _as_rule_item(item: NewConsent) -> rules.Item:
    from ileti.recipients.address import AddressKind

    return rules.Item(
        channel=item.channel, status=item.status, source=item.source or Source.NONE,
        consent_date=item.consent_date, flow=rules.Flow.IMPORT,
        address_kind=AddressKind.PHONE if item.address.startswith("+") else AddressKind.EMAIL,
        recipient_type=item.recipient_type, merchant_basis="declared in the loaded file",
    )


def _record(place: Place, idem: str, digest: str, items: list[NewConsent]) -> Recorded:
    new = NewSubmission(
        place=place, idem=idem, body_hash=bytes.fromhex(digest)[:16], source=Source.NONE,
        standing=Standing.VERIFIED, items=items, actor=ActorKind.SYSTEM,
        evidence={"kind": "csv", "file": digest},
    )
    with db.transaction() as conn:
        return record_chunk(conn, new)


def _count(report: LoadReport, done: Recorded) -> None:
    if done.replay:
        report.replayed += len(done.items)
        return
    effective = sum(i.outcome in (Outcome.RECORDED, Outcome.LOCAL_ONLY) for i in done.items)
    report.recorded += effective
    report.kept += len(done.items) - effective
