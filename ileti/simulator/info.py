"""Cities and towns as İYS numbers them (İYS API §10).

Cities by traffic code, towns by one number that runs over the country; a name that several cities
have carries its city. A code nobody has is answered with 204; one that is no number is H241, which
is a judgement. The names come from public lists, see `places.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from ileti.simulator.codes import refuse
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.identity import account_of


def list_cities(desk: Desk, call: Call) -> Answer:
    """`GET /info/city`: `[{code, name}]`."""
    account_of(desk, call)
    return answer(list(_places()[0].values()))


def show_city(desk: Desk, call: Call) -> Answer:
    """`GET /info/city/{code}`: one, or 204."""
    return _one(desk, call, _places()[0])


def list_towns(desk: Desk, call: Call) -> Answer:
    """`GET /info/town`: `[{name, code, city_code}]`."""
    account_of(desk, call)
    return answer(list(_places()[1].values()))


def show_town(desk: Desk, call: Call) -> Answer:
    """`GET /info/town/{code}`: one, or 204."""
    return _one(desk, call, _places()[1])


def _one(desk: Desk, call: Call, known: dict[int, dict[str, Any]]) -> Answer:
    account_of(desk, call)
    text = call.named["code"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise refuse("H241", ["code"], text)
    found = known.get(int(text))
    return answer(found) if found else Answer(204)


@lru_cache(maxsize=1)
def _places() -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Cities and towns by their numbers."""
    found = json.loads((Path(__file__).parent / "places.json").read_text("utf-8"))
    often = Counter(town for city in found["cities"] for town in city["towns"])
    cities: dict[int, dict[str, Any]] = {}
    towns: dict[int, dict[str, Any]] = {}
    for city in found["cities"]:
        number = int(city["code"])
        cities[number] = {"code": number, "name": city["name"]}
        for town in city["towns"]:
            code = len(towns) + 1
            name = town if often[town] == 1 else f"{town} / {city['name']}"
            towns[code] = {"name": name, "code": code, "city_code": number}
    return cities, towns
