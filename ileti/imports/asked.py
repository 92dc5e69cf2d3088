"""What a program says of a list beforehand: everything a person would fill in on the pages.

Why this module exists: a program gives its description once, with the list or before it; it must be
whole and right before a byte of the list is taken, each fault named by its field, in both
languages. What only the list itself can tell (whether a column of that name exists) is asked of it
afterwards by :func:`go_on`, one step for which no person is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from collections.abc import Mapping as Given
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import db
from ileti.core.errors import CallerMistake, FieldError, InvalidInput, NotFound
from ileti.imports import ownfields, runs, table
from ileti.imports.dates import read_date
from ileti.imports.mapping import Fixed, Mapping, Role
from ileti.imports.origin import Statement, state
from ileti.imports.ownfields import PREFIX
from ileti.imports.reading.lines import ENCODINGS
from ileti.imports.runs import Run
from ileti.imports.states import RunState
from ileti.imports.words import fold

MOST: Final = 2**31 - 1
MOST_SKIPPED: Final = 1_000
_LONGEST: Final = 255
_STATEMENT: Final = {"origin": "origin", "ground": "ground", "proof": "proof",
                     "notice": "notice", "proofAttached": "proof_attached"}
#: Every field a description may have, beside ``brand``, which is the door's to find.
FIELDS: Final = (
    "name", *_STATEMENT, "columns", "status", "source", "date", "recipientType", "retailerCode",
    "basis", "channels", "delimiter", "encoding", "sheet", "header", "skip", "askIys", "apply",
    "mostRefused")


@dataclass(frozen=True)
class Asked:
    """A description that is well-formed. ``columns``: role, or ``field.`` and the key
    of a custom field → heading, or number from 1; ``reading``
    corrects how the file is read; ``apply_most``: how many consents may be refused or wait if the
    rest is to be applied by itself, None for a dry run alone."""

    name: str
    statement: Statement
    columns: dict[Role | str, str | int] = field(default_factory=dict)
    fixed: Fixed = field(default_factory=Fixed)
    reading: dict[str, Any] = field(default_factory=dict)
    ask_iys: bool = False
    apply_most: int | None = None

    def as_json(self) -> dict[str, Any]:
        """For the database; equal for equal descriptions."""
        return {"name": self.name, "statement": self.statement.as_json(),
                "columns": {str(role): where for role, where in self.columns.items()},
                "fixed": Mapping({}, self.fixed).as_json()["fixed"], "reading": self.reading,
                "ask_iys": self.ask_iys, "apply_most": self.apply_most}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Asked:
        """Inverse of :meth:`as_json`."""
        return cls(
            kept["name"], state(kept["statement"]),
            {named_role(role): where for role, where in kept["columns"].items()},
            Mapping.from_json({"fixed": kept["fixed"]}).fixed, kept["reading"], kept["ask_iys"],
            kept["apply_most"])


class Reader:
    """Takes a description of these fields apart and gathers what is wrong with it."""

    def __init__(self, given: Given[str, Any], fields: Collection[str] = FIELDS) -> None:
        self.given = given
        self.faults = [fault(name, "unknown_field", "Böyle bir alan yok.",
                              "There is no such field.")
                       for name in given if name not in fields]

    def note(self, name: str, tr: str, en: str, code: str = "invalid") -> None:
        self.faults.append(fault(name, code, tr, en))

    def text(self, name: str, most: int = _LONGEST) -> str:
        value = self.given.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most or "\0" in value:
            self.note(name, f"En çok {most} karakterlik bir metin yazın.",
                      f"Write a text of at most {most} characters.")
            return ""
        return value.strip()

    def word(self, name: str, words: Collection[str]) -> str | None:
        value = self.given.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str) or value not in words:
            self.note(name, f"Şunlardan biri olmalı: {', '.join(words)}.",
                      f"Must be one of: {', '.join(words)}.")
            return None
        return value

    def yes(self, name: str) -> bool | None:
        value = self.given.get(name)
        if value is None or isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        self.note(name, "true ya da false yazın.", "Write true or false.")
        return None

    def whole(self, name: str, most: int = MOST) -> int | None:
        value = self.given.get(name)
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
            value = int(value)
        if type(value) is not int or not 0 <= value <= most:
            self.note(name, f"0 ile {most} arasında bir tam sayı yazın.",
                      f"Write a whole number from 0 to {most}.")
            return None
        return value


def read(given: Given[str, Any], dealer_of: Callable[[int], int | None]) -> Asked:
    """A description as a program gave it, in JSON or as the parts of a query (numbers and truth
    values as text). ``dealer_of`` finds the caller's dealer by its number at İYS. Raises
    InvalidInput naming every faulty field, RuleBroken for bought data (R-61), NotFound for a dealer
    that is not the caller's."""
    found = Reader(given)
    statement = _statement(found)
    columns, reading = columns_of(found), reading_of(found)
    fixed = fixed_of(found, dealer_of)
    name, ask_iys = found.text("name"), found.yes("askIys") or False
    apply = found.word("apply", ("none", "all"))
    most = found.whole("mostRefused")
    if most is not None and apply != "all":
        found.note("mostRefused", "Yalnız apply=all ile yazılır.", "Goes with apply=all only.")
    if found.faults or statement is None:
        raise InvalidInput(errors=tuple(found.faults))
    return Asked(name or "-", statement, columns, fixed, reading, ask_iys,
                 (most or 0) if apply == "all" else None)


def _statement(found: Reader) -> Statement | None:
    texts = {ours: found.given.get(theirs) for theirs, ours in _STATEMENT.items()}
    texts["proof_attached"] = found.yes("proofAttached") or False
    for name in ("origin", "ground", "proof", "notice"):
        if texts[name] is not None and not isinstance(texts[name], str):
            texts[name] = ""
    try:
        return state(texts)
    except InvalidInput as error:
        found.faults += error.errors
        return None


def named_role(name: str) -> Role | str:
    """A role, or the name of a custom field as it stands."""
    return name if name.startswith(PREFIX) else Role(name)


def columns_of(found: Reader) -> dict[Role | str, str | int]:
    """Role or custom field → heading, or number from 1."""
    given = found.given.get("columns")
    if given is None:
        return {}
    if not isinstance(given, dict):
        found.note("columns", "Rolleri sütunlara bağlayan bir nesne yazın.",
                   "Write an object of roles and their columns.")
        return {}
    columns: dict[Role | str, str | int] = {}
    for role, where in given.items():
        if role not in set(Role) and not (role.startswith(PREFIX) and len(role) < 50):
            found.note(f"columns.{role}"[:80], f"Roller: {', '.join(Role)}.",
                       f"The roles are: {', '.join(Role)}.", "unknown_field")
        elif (type(where) is int and 1 <= where <= 1_000) or (
                isinstance(where, str) and where.strip() and len(where) <= _LONGEST):
            columns[named_role(role)] = where
        else:
            found.note(f"columns.{role}",
                       "Sütunun başlığını ya da 1’den başlayan numarasını yazın.",
                       "Write the column’s heading, or its number from 1.")
    return columns


def reading_of(found: Reader) -> dict[str, Any]:
    """What is said of how the file is read, as fields of its layout."""
    reading: dict[str, Any] = {}
    delimiter = found.given.get("delimiter")
    if delimiter is not None:
        if isinstance(delimiter, str) and len(delimiter) == 1 and delimiter not in '"\r\n\0':
            reading["delimiter"] = delimiter
        else:
            found.note("delimiter", "Tek bir karakter yazın.", "Write a single character.")
    if encoding := found.word("encoding", ENCODINGS):
        reading["encoding"] = encoding
    if sheet := found.text("sheet"):
        reading["sheet"] = sheet
    header, skip = found.yes("header"), found.whole("skip", MOST_SKIPPED)
    if skip is not None:
        reading["skip"] = skip
    return reading if header is None else reading | {"header": header}


def fixed_of(found: Reader, dealer_of: Callable[[int], int | None]) -> Fixed:
    """What holds for all rows that do not say it. Raises NotFound for another's dealer."""
    status = found.word("status", [one.name for one in Status])
    source = found.word("source", [one.name for one in Source if one.is_hs])
    kind = found.word("recipientType", [one.name for one in RecipientType])
    date = found.text("date", 40)
    if date and read_date(date) is None:
        found.note("date", "Tarih okunamadı. Örnek: 2026-11-23 14:05:00",
                   "The date cannot be read. Example: 2026-11-23 14:05:00")
    code, dealer = found.whole("retailerCode"), None
    if code is not None:
        dealer = dealer_of(code)
        if dealer is None:
            raise NotFound(f"{code} numaralı bayi yok.", f"There is no retailer {code}.",
                           code="no_such_retailer")
    return Fixed(
        status=Status[status] if status else None, source=Source[source] if source else None,
        date=date or None, recipient_type=RecipientType[kind or "BIREYSEL"], dealer_id=dealer,
        basis=found.text("basis", 120) or None, channels=_channels(found))


def _channels(found: Reader) -> tuple[Channel, ...]:
    given = found.given.get("channels")
    if isinstance(given, str):
        given = [one.strip() for one in given.split(",") if one.strip()]
    known = [one.name for one in Channel]
    if given is None:
        return ()
    if not isinstance(given, list) or not all(one in known for one in given if isinstance(
            one, str)) or not all(isinstance(one, str) for one in given):
        found.note("channels", f"Şunlardan seçin: {', '.join(known)}.",
                   f"Choose of {', '.join(known)}.")
        return ()
    return tuple(one for one in Channel if one.name in given)


def fault(name: str, code: str, tr: str, en: str) -> FieldError:
    """One wrong field; its name may be the caller's own, of any length."""
    return FieldError(name[:80], code, tr, en)


# -- once the file is here -------------------------------------------------------------------------


def go_on(run: Run) -> None:
    """Let a file that has come go on to its dry run, as was asked. A run that has got further, or
    that a person has in hand, is left alone. Raises CallerMistake when the file cannot be read as
    was said; then the run waits with that sentence for a person to map it, or to be given up."""
    row = db.connection().execute(
        "select asked from import_run where id = %s and state = %s and mapping = '{}' "
        "and origin = '{}'", (run.id, RunState.MAPPING)).fetchone()
    if row is None:
        return
    asked = Asked.from_json(row[0])
    try:
        layout, seen = table.examined(run, **asked.reading)
        if seen.trouble is not None:
            raise seen.trouble
        places = places_of(asked.columns, seen)
        mapping = table.proposal(seen, run).named(
            roles_of(places), asked.fixed, fields_of(places, run))
        if problems := mapping.problems():
            raise InvalidInput(
                "Sütunlar tanınamadı; eksik olanları yazın.",
                "The columns were not recognised; name what is missing.",
                code="mapping_incomplete", errors=tuple(problems), detail=headings_of(seen))
    except CallerMistake as error:
        db.connection().execute(
            "update import_run set problem = %s where id = %s and state = %s and mapping = '{}'",
            (f"{error.tr}\n{error.en}", run.id, RunState.MAPPING))
        raise
    runs.go(run.id, layout, mapping, asked.statement, ask_iys=asked.ask_iys,
            apply_most=asked.apply_most)


def roles_of(places: Given[Role | str, int]) -> dict[Role, int]:
    """Columns of roles."""
    return {role: n for role, n in places.items() if isinstance(role, Role)}


def fields_of(places: Given[Role | str, int], run: Run) -> dict[str, int]:
    """Columns of custom fields, by their keys. Raises InvalidInput for a field there is not."""
    own = {str(name).removeprefix(PREFIX): n for name, n in places.items()
           if not isinstance(name, Role)}
    known = {one.key for one in ownfields.of_run(run)} if own else set()
    faults = [fault(f"columns.{PREFIX}{key}", "unknown_field", "Böyle bir özel alan yok.",
                    "There is no such custom field.") for key in own if key not in known]
    if faults:
        raise InvalidInput(errors=tuple(faults), code="mapping_incomplete")
    return own


def places_of(columns: Given[Role | str, str | int], seen: table.Table
              ) -> dict[Role | str, int]:
    """Where the named columns stand, from 0. Raises InvalidInput for one the file does not have."""
    heads = [head.strip() for head in seen.heads or ()]
    places: dict[Role | str, int] = {}
    faults = []
    for role, where in columns.items():
        at = where - 1 if isinstance(where, int) else _head(where, heads)
        if at is None or at >= seen.width:
            faults.append(fault(f"columns.{role}", "no_such_column",
                                 f"Dosyada böyle bir sütun yok: {where}",
                                 f"The file has no such column: {where}"))
        else:
            places[role] = at
    if faults:
        raise InvalidInput(errors=tuple(faults), code="mapping_incomplete",
                           detail=headings_of(seen))
    return places


def _head(wanted: str, heads: list[str]) -> int | None:
    """The column of that heading: as it stands, else as people would read it, if only one is so."""
    for alike in (str.strip, fold):
        found = [n for n, head in enumerate(heads) if alike(head) == alike(wanted)]
        if len(found) == 1:
            return found[0]
    return None


def headings_of(seen: table.Table) -> dict[str, Any]:
    """The columns' headings, for whoever has to name them."""
    return {"columns": (seen.heads or [])[:seen.width]}


def same(kept: dict[str, Any], asked: Asked) -> bool:
    """Whether what was kept of an earlier call says the same."""
    return {name: value for name, value in kept.items() if name != "decided"} == asked.as_json()
