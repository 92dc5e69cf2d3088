"""İYS's daily movement file, read as fast as it must be and as strictly as pull (İYS API §8.4).

Why this module exists: a brand's day may have a million rows, and nothing may be done per row but
reading and hashing. Rows of the documented form are taken apart a block at a time; any other row
(quoted, other order of columns, a word we do not know) goes through the very function that reads
pull's movements, and what that does not understand is counted, never guessed. Quoting, encoding and
header are not documented: a mark at the beginning, a missing header, another order and quotes are
all taken. No address leaves this module in clear, except for those rows that a repair asks for.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core.secrets import secrets
from ileti.iys.wire import (
    FILE_COLUMNS,
    Movement,
    WireError,
    from_movement,
    spelled_here,
    to_iys_time,
)

BLOCK: Final = 1 << 20
COPY: Final = (
    "copy iys_day_row (provider_id, brand_id, day, line, transaction_id, creation_date, "
    "consent_date, addr_hash, recipient_type, channel, status, source) from stdin"
)
_TIME: Final = r"\d{4}-[01]\d-[0-3]\d (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_ROW: Final = re.compile(
    rf"^({_TIME}),([0-9A-Za-z-]{{1,64}}),([^,\s\"\\]{{6,265}}),"
    r"(?!BIREYSEL,[A-Z]+,ONAY,,)(BIREYSEL|TACIR),"
    rf"(ARAMA|MESAJ|EPOSTA),(ONAY|RET),({_TIME}|),([A-Z0-9_]{{0,40}})\r?$", re.ASCII | re.MULTILINE)
_USUAL_MOBILE: Final = re.compile(r"\+905[0-9]{9}", re.ASCII).fullmatch
_KINDS: Final = {one.name: str(int(one)) for one in RecipientType}
_CHANNELS: Final = {one.name: str(int(one)) for one in Channel}
_STATUSES: Final = {one.name: str(int(one)) for one in Status}
_SOURCES: Final = {one.name: str(int(one)) for one in Source}


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the file as lines for ``COPY`` (session in Istanbul time)."""

    rows: int
    unreadable: int
    text: bytes


def blocks(provider_id: int, brand_id: int, day: dt.date,
           pieces: Iterable[bytes]) -> Iterator[Block]:
    """The file's rows, addresses as keyed hashes."""
    reader = _Reader(f"{provider_id}\t{brand_id}\t{day}\t", provider_id)
    for first, text in _whole_lines(pieces):
        yield reader.block(first, text)


class Lines:
    """The file's single lines, for a repair: gone through once and forwards, a block at a time."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._blocks = _whole_lines(pieces)
        self._first, self._text, self._count = 1, "", 0
        self._columns: tuple[str, ...] = FILE_COLUMNS

    def at(self, wanted: Iterable[int]) -> dict[int, Movement]:
        """The movements on these lines (counted from 1, the header included), which lie behind all
        that were asked for before; without those that are not understood."""
        found: dict[int, Movement] = {}
        lines: list[str] = []
        for number in sorted(set(wanted)):
            if number < self._first:
                continue
            while number >= self._first + self._count:
                lines = []
                if not self._turn():
                    return found
            lines = lines or self._text.split("\n")
            movement = _movement(lines[number - self._first], self._columns)
            if movement is not None:
                found[number] = movement
        return found

    def _turn(self) -> bool:
        """The next block; False at the file's end."""
        block = next(self._blocks, None)
        if block is None:
            return False
        self._first, self._text = block
        self._count = self._text.count("\n")
        if self._first == 1:
            self._columns = _columns(self._text.partition("\n")[0]) or FILE_COLUMNS
        return True


def rows_of(pieces: Iterable[bytes], numbers: Container[str]
            ) -> dict[str, list[tuple[int, Movement, str]]]:
    """The rows of these transaction numbers, for a proof: line (from 1, the header included), what
    it says, and the row as it stands there. The file is gone through once."""
    found: dict[str, list[tuple[int, Movement, str]]] = {}
    columns: tuple[str, ...] = FILE_COLUMNS
    for first, text in _whole_lines(pieces):
        lines = text.removesuffix("\n").split("\n")
        if first == 1:
            columns = _columns(lines[0]) or FILE_COLUMNS
        at = columns.index("transactionId")
        for number, line in enumerate(lines, first):
            fields = line.split(",")
            if len(fields) <= at or fields[at].strip('"') not in numbers:
                continue
            movement = _movement(line, columns)
            if movement is not None and movement.transaction_id in numbers:
                found.setdefault(movement.transaction_id, []).append(
                    (number, movement, line.rstrip("\r")))
    return found


class _Reader:
    def __init__(self, prefix: str, provider_id: int) -> None:
        self._prefix, self._provider = prefix, provider_id
        self._columns: tuple[str, ...] = FILE_COLUMNS

    def block(self, first: int, text: str) -> Block:
        """A block whose first line has this number."""
        if first == 1:
            head, _, rest = text.partition("\n")
            if columns := _columns(head):
                self._columns = columns
                first, text = 2, rest
        if not text:
            return Block(0, 0, b"")
        found = _ROW.findall(text) if self._columns == FILE_COLUMNS else []
        if len(found) != text.count("\n") or not _all_days_exist(found):
            return self._one_by_one(first, text)
        hashes = secrets().addresses.of_many(self._provider, [_spelled(row[2]) for row in found])
        prefix, kinds, channels, statuses = self._prefix, _KINDS, _CHANNELS, _STATUSES
        lines = [
            f"{prefix}{number}\t{row[1]}\t{row[0]}\t{row[6] or _NULL}\t{_BYTES}{digest.hex()}\t"
            f"{kinds[row[3]]}\t{channels[row[4]]}\t{statuses[row[5]]}\t"
            f"{_SOURCES.get(row[7]) or _source(row[7])}\n"
            for number, (row, digest) in enumerate(zip(found, hashes, strict=True), first)
        ]
        return Block(len(lines), 0, "".join(lines).encode())

    def _one_by_one(self, first: int, text: str) -> Block:
        lines, unreadable = [], 0
        for number, line in enumerate(text.removesuffix("\n").split("\n"), first):
            movement = _movement(line, self._columns)
            if movement is None:
                unreadable += bool(line.strip())
                continue
            digest = secrets().addresses.of(self._provider, spelled_here(movement.recipient))
            date = movement.consent_date
            lines.append(
                f"{self._prefix}{number}\t{_escaped(movement.transaction_id[:64])}\t"
                f"{to_iys_time(movement.creation_date)}\t"
                f"{to_iys_time(date) if date else _NULL}\t{_BYTES}{digest.hex()}\t"
                f"{int(movement.recipient_type)}\t{int(movement.channel)}\t"
                f"{int(movement.status)}\t{int(movement.source)}\n")
        return Block(len(lines), unreadable, "".join(lines).encode())


_NULL: Final = r"\N"
_BYTES: Final = r"\\x"


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """The text in blocks of whole lines, each ending with a line feed, with the number of its first
    line; bytes that are no UTF-8 become marks that no field takes."""
    rest, number = b"", 1
    for piece in _joined(pieces):
        end = piece.rfind(b"\n") + 1
        data, rest = rest + piece[:end], (piece[end:] if end else rest + piece)
        if end:
            yield number, _decoded(data, number)
            number += data.count(b"\n")
    if rest:
        yield number, _decoded(rest + b"\n", number)


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= BLOCK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _decoded(data: bytes, number: int) -> str:
    text = data.decode("utf-8", "replace")
    return text.removeprefix("\ufeff") if number == 1 else text


def _columns(line: str) -> tuple[str, ...] | None:
    """The header's columns, or None when the line is none."""
    names = tuple(one.strip().strip('"') for one in line.split(","))
    return names if set(FILE_COLUMNS) <= set(names) else None


def _movement(line: str, columns: tuple[str, ...]) -> Movement | None:
    try:
        fields = next(csv.reader([line.rstrip("\r")], strict=True), [])
        if len(fields) != len(columns):
            return None
        return from_movement(dict(zip(columns, fields, strict=True)))
    except (csv.Error, WireError):
        return None


def _all_days_exist(found: list[tuple[str, ...]]) -> bool:
    """Whether the calendar has every date named; a block with another one is read row by row."""
    try:
        for day in {row[0][:10] for row in found} | {row[6][:10] for row in found if row[6]}:
            dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _spelled(recipient: str) -> str:
    return recipient if _USUAL_MOBILE(recipient) else spelled_here(recipient.lower())


def _source(word: str) -> str:
    """A source younger than our list is İYS's, unless it says HS (as in :mod:`ileti.iys.wire`)."""
    unknown = Source.NONE if not word or word.startswith("HS") else Source.IYS_BILINMEYEN
    return str(int(unknown))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", " ")
