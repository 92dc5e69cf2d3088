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
from io import StringIO
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


def load(file: Path, brand_code: int, iys_code: int | None = None) -> LoadReport:
    """Record the file's good rows for the brand; raises NotFound for an unknown brand and
    CallerMistake for a file that is no text or a brand number that two providers have."""
    place, activation = _place(brand_code, iys_code)
    raw = file.read_bytes()
    digest, text = sha256(raw).hexdigest()[:32], _text(raw)
    report = LoadReport()
    rows = _good_rows(text, report, activation)
    number = 0
    while chunk := list(islice(rows, CHUNK)):
        number += 1
        _count(report, _record(place, f"load:{brand_code}:{digest}:{number}", digest, chunk))
    return report


def _place(brand_code: int, iys_code: int | None) -> tuple[Place, date | None]:
    rows = db.connection().execute(
        "select p.id, p.iys_code, b.id, b.brand_code, p.activation_date from brand b "
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
    return Place(*rows[0][:4]), rows[0][4]


def _text(raw: bytes) -> str:
    """The whole file, read before its first row is recorded; CallerMistake says what to do."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CallerMistake(
            f"Dosya UTF-8 değil (satır {line}). Excel’de “CSV UTF-8 (virgülle ayrılmış)” olarak "
            "kaydedin ya da dönüştürün: iconv -f windows-1254 -t utf-8. Hiçbir satır alınmadı.",
            f"The file is not UTF-8 (line {line}). Save it in Excel as “CSV UTF-8 (comma "
            "delimited)” or convert it: iconv -f windows-1254 -t utf-8. No row was taken.",
            code="unreadable_file") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    for mark, tr, en in ((";", "noktalı virgül", "semicolons"), ("\t", "sekme", "tabs")):
        if "," not in first and first.count(mark) == COLUMNS - 1:
            raise CallerMistake(
                f"Sütunlar {tr} ile ayrılmış; İYS’nin dosyasında virgülle ayrılır. Virgülle "
                "kaydedin. Hiçbir satır alınmadı.",
                f"The columns are separated by {en}; İYS's file separates them by commas. Save it "
                "with commas. No row was taken.", code="unreadable_file")
    return text


def _good_rows(text: str, report: LoadReport, activation: date | None) -> Iterator[NewConsent]:
    now = clock.now()
    for number, line in enumerate(StringIO(text, newline=None), 1):
        if not line.strip():
            continue
        try:
            item = _read(_cells(line))
        except _Refusal as refusal:
            report.refused.append(RefusedRow(number, *refusal.args))
            continue
        found = [v for v in rules.check_item(
            _as_rule_item(item), now=now, activation_date=activation,
            three_day_rule=bound_types(),
        ) if v.refused]
        if found:
            first = found[0]
            report.refused.append(RefusedRow(number, first.tr, first.en, first.code))
            continue
        assert item.consent_date is not None, "every row of the file has a date"
        yield replace(item, due_at=deadline(
            item.consent_date, now=now, activation_date=activation,
            source=item.source or Source.NONE, recipient_type=item.recipient_type))


def _cells(line: str) -> list[str]:
    """The columns of one line. No column of İYS's has a line break, so that a quotation mark
    nobody closed costs its own line and not the rest of the file."""
    try:
        return next(csv.reader([line], strict=True))
    except (csv.Error, StopIteration):
        raise _Refusal("Satır okunamadı: tırnak kapanmamış ya da sütun çok uzun.",
                       "The line cannot be read: a quotation mark is not closed, or a column is "
                       "too long.", "UNREADABLE") from None


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
