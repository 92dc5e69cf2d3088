"""Rows of the consent list as they leave the house: from what the database tells to a file's lines.

Why this module exists: a million rows are opened, masked and written by children of a job
(:mod:`ileti.core.crew`), which load neither Flask nor SQLAlchemy. The database tells a row in as
few letters as it can (:mod:`ileti.consents.exportrows`); what many rows share is worded once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar

from ileti.consents.numbers import RECORDS
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import csvfile
from ileti.core.secrets import secrets
from ileti.recipients.address import mask

#: what stands between the parts of a row and between rows; neither may be in a part
PART, END = "\t", "\n"
#: what stands for them in a custom field's text
KEPT: Final = str.maketrans("\t\n\r", "\x1d\x1e\x1f")
_GIVEN_BACK: Final = str.maketrans("\x1d\x1e\x1f", "\t\n\r")
NOTHING: Final = "-"
#: the parts a row has from the database: number, key, hash, cipher, kind, two moments
PARTS: Final = 7
SECONDS: Final = 19  # of ``2026-11-30 10:00:00.123456``
HEADS: Final = {
    "tr": ("Kayıt", "Alıcı", "Alıcı tipi", "Kanal", "Durum", "Doğrulandı", "Geçerli", "İYS",
           "İYS kodu", "Kaynak", "Marka", "Bayi", "İzin tarihi", "Kaydedildi"),
    "en": ("Record", "Recipient", "Recipient type", "Channel", "Status", "Verified", "In force",
           "İYS", "İYS code", "Source", "Brand", "Dealer", "Consent date", "Recorded"),
}
_YES_NO: Final = {"tr": ("Hayır", "Evet"), "en": ("No", "Yes")}
Kind = TypeVar("Kind")
Cell = str | int | datetime


@dataclass(frozen=True)
class Told:
    """How rows are told: in full or masked, the language, names of brands and dealers by number,
    and the dealer whose file it is, which is told no other's name."""

    full: bool
    language: str
    brands: dict[int, str] = field(default_factory=dict)
    dealers: dict[int, str] = field(default_factory=dict)
    here: int | None = None


def csv_lines(told: Told) -> Callable[[bytes], bytes]:
    """What turns a block of rows into lines of a CSV."""
    rows = Rows(told, csvfile.joined)

    def turn(block: bytes) -> bytes:
        return "".join([
            f"{record};{csvfile.cell(address)};{kind};{given};{taken}{_more(own)}\r\n"
            for record, address, kind, given, taken, own in rows.of(block)
        ]).encode("utf-8", "replace")

    return turn


def row_cells(told: Told) -> Callable[[bytes], list[list[Cell]]]:
    """What turns a block of rows into cells of a workbook: moments are moments."""
    rows = Rows(told, list)

    def turn(block: bytes) -> list[list[Cell]]:
        return [[record, address, *kind, datetime.fromisoformat(given),
                 datetime.fromisoformat(taken), *(_given_back(one) for one in own)]
                for record, address, kind, given, taken, own in rows.of(block)]

    return turn


def _more(own: list[str]) -> str:
    return ";" + csvfile.joined([_given_back(one) for one in own]) if own else ""


def _given_back(text: str) -> str:
    return text.translate(_GIVEN_BACK)


class Rows(Generic[Kind]):
    """Reads blocks of rows; ``worded`` makes of what a kind says what is kept of it."""

    def __init__(self, told: Told, worded: Callable[[list[str]], Kind]) -> None:
        self._told, self._worded, self._number = told, worded, RECORDS.maker()
        self._decrypt = secrets().keyring.decrypt
        self._kinds: dict[str, Kind] = {}

    def of(self, block: bytes) -> Iterator[tuple[str, str, Kind, str, str, list[str]]]:
        """Record, address, what its kind says, both moments, own columns."""
        full, number, decrypt, known = self._told.full, self._number, self._decrypt, self._kinds
        from_hex = bytes.fromhex
        for line in block.decode().split(END):
            record, key, digest, cipher, kind, given, taken, *own = line.split(PART)
            address = ""
            if cipher != NOTHING and digest != NOTHING:
                address = decrypt(int(key), from_hex(cipher), from_hex(digest)).decode()
                if not full:
                    address = mask(address)
            words = known.get(kind)
            if words is None:
                words = known[kind] = self._worded(kind_words(kind, self._told))
            yield (number(int(record)), address, words, given[:SECONDS], taken[:SECONDS], own)


def kind_words(kind: str, told: Told) -> list[str]:
    """The cells that rows of one kind share."""
    (rtype, channel, status, standing, at_iys, code, origin, brand,
     dealer) = (int(one) for one in kind.split(","))
    english, answers = told.language == "en", _YES_NO[told.language]
    words = (RecipientType(rtype), Channel(channel), Status(status))
    verified, iys, source = standing == Standing.VERIFIED, IysStatus(at_iys), Source(origin)
    in_force = verified and status != Status.RET and iys.in_force
    return [
        *((one.en if english else one.tr) for one in words), answers[verified], answers[in_force],
        iys.en if english else iys.tr, f"H{code:03d}" if code else "",
        source.en if english else source.tr, told.brands.get(brand, ""),
        told.dealers.get(dealer, "") if told.here in (None, dealer) else ""]
