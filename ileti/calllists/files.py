"""Numbers that leave as a file, and results that come back as one.

Why this module exists: a call centre without a program of ours takes a file. Each line of it is a
handing out like any other: the gate was asked for that number a moment before, the number is out
for the file's time and comes back by itself, and the attempt's number in the line is what a result
refers to. Nothing is kept of the file itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ileti.calllists.handing import Handed, Holder, Seen, next_for
from ileti.calllists.results import Outcome, finish
from ileti.calllists.vocabulary import FILE_LASTS, MOST_IN_A_FILE, Result, Way
from ileti.core import clock, csvfile
from ileti.core.errors import CallerMistake, FieldError, InvalidInput, TryLater
from ileti.core.whole import whole

LARGEST: Final = 2_000_000
_SHOWN_FAULTS: Final = 20
_HEADS: Final = {
    "tr": ("arama", "telefon", "liste", "deneme", "son saat", "sonuç", "yeniden arama"),
    "en": ("call", "phone", "list", "try", "until", "result", "call again at")}
_WORDS: Final = {
    "ulaşıldı": Result.REACHED, "reached": Result.REACHED,
    "ulaşılamadı": Result.NOT_REACHED, "not reached": Result.NOT_REACHED,
    "yeniden ara": Result.CALL_AGAIN, "call again": Result.CALL_AGAIN,
    "ret": Result.REFUSED, "refused": Result.REFUSED,
    "yanlış numara": Result.WRONG_NUMBER, "wrong number": Result.WRONG_NUMBER}
_MOMENTS: Final = ("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")


def take_out(seen: Seen, user_id: int, *, most: int = MOST_IN_A_FILE) -> list[Handed]:
    """Hand numbers out until the list gives none or ``most`` are out. Raises TryLater when the gate
    cannot be asked and not one is out yet."""
    found: list[Handed] = []
    while len(found) < most:
        try:
            one = next_for(seen, Holder(user_id=user_id, way=Way.FILE), lease=FILE_LASTS)
        except TryLater:
            if found:
                break
            raise
        if one is None:
            break
        found.append(one)
    return found


def as_csv(handed: list[Handed], language: str) -> bytes:
    """The file, with two empty columns for results."""
    lines = [(one.attempt_id, one.address, one.list_name, one.tries,
              f"{clock.to_istanbul(one.until):%d.%m.%Y %H:%M}", "", "") for one in handed]
    return csvfile.table([_HEADS["en" if language == "en" else "tr"], *lines])


@dataclass
class Taken:
    """What became of a file of results: how many were new, said before, empty; what was wrong by
    line number, as (line, sentence in Turkish, in English)."""

    new: int = 0
    repeated: int = 0
    empty: int = 0
    wrong: int = 0
    faults: list[tuple[int, str, str]] = field(default_factory=list)

    def fault(self, line: int, tr: str, en: str) -> None:
        """Count a faulty line; the first ones are told."""
        self.wrong += 1
        if len(self.faults) < _SHOWN_FAULTS:
            self.faults.append((line, tr, en))


def take_in(provider_id: int, raw: bytes, *, user_id: int, brand_id: int | None = None,
            dealer_id: int | None = None) -> Taken:
    """Take a file of results; each line by itself, the same file again changes nothing.

    Raises InvalidInput (``file``) for what is no such file, StorageAway in the middle: sent again
    it goes on.
    """
    taken = Taken()
    for number, call, word, again in _rows(raw):
        if not word:
            taken.empty += 1
            continue
        result = _WORDS.get(_folded(word))
        attempt = whole(call)
        if result is None or attempt is None:
            taken.fault(number, "Sonuç ya da arama numarası anlaşılmadı.",
                        "The result or the call’s number is not understood.")
            continue
        try:
            done = finish(provider_id, attempt, Outcome(
                result=result, again_at=_moment(again), user_id=user_id),
                brand_id=brand_id, dealer_id=dealer_id)
        except CallerMistake as error:
            first = error.errors[0] if isinstance(error, InvalidInput) and error.errors else error
            taken.fault(number, first.tr, first.en)
            continue
        if done.replay:
            taken.repeated += 1
        else:
            taken.new += 1
    return taken


def _rows(raw: bytes) -> Iterator[tuple[int, str, str, str]]:
    """Line number, call, result and moment of each line, by the names in the heading."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1254", "replace")
    head, _, _ = text.partition("\n")
    lines = csv.reader(io.StringIO(text), delimiter=";" if ";" in head else ",")
    try:
        names = [_folded(name) for name in next(lines, [])]
        places = [next((names.index(_folded(heads[n])) for heads in _HEADS.values()
                        if _folded(heads[n]) in names), -1) for n in (0, 5, 6)]
        if min(places[:2]) < 0:
            raise InvalidInput(errors=(FieldError(
                "file", "no_heading", "Dosyada “arama” ve “sonuç” sütunları olmalı.",
                "The file needs the columns “call” and “result”."),))
        for number, cells in enumerate(lines, 2):
            if any(cell.strip() for cell in cells):
                call, word, again = (cells[at].strip() if 0 <= at < len(cells) else ""
                                     for at in places)
                yield number, call.lstrip("'"), word, again
    except csv.Error as error:
        raise InvalidInput(errors=(FieldError(
            "file", "unreadable", "Dosya CSV olarak okunamıyor.",
            "The file cannot be read as CSV."),)) from error


def _folded(text: str) -> str:
    return text.strip().replace("I", "ı").replace("İ", "i").lower() if not text.isascii() else (
        text.strip().lower())


def _moment(text: str) -> datetime | None:
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=clock.ISTANBUL)
        except ValueError:
            continue
    return None
