"""İYS's cities and towns, by which a retailer's place is named (İYS API §10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ileti.iys.accountanswers import whole
from ileti.iys.answers import Unreadable, read_json
from ileti.iys.calls import Calls


@dataclass(frozen=True, slots=True)
class Place:
    """A city, or a town with the code of its city."""

    code: int
    name: str
    city_code: int | None = None


class PlaceCalls(Calls):
    """Cities and towns."""

    def cities(self) -> list[Place]:
        """All 81 cities by traffic code."""
        return self._read(parse_places, self._call("GET", "/info/city", "cities"))

    def towns(self) -> list[Place]:
        """All towns, by one number that runs over the country."""
        return self._read(parse_places, self._call("GET", "/info/town", "towns"))

    def city(self, code: int) -> Place | None:
        """One city; None for a code nobody has."""
        return self._one(f"/info/city/{code}", "city")

    def town(self, code: int) -> Place | None:
        """One town; None for a code nobody has."""
        return self._one(f"/info/town/{code}", "town")

    def _one(self, path: str, note: str) -> Place | None:
        answer = self._call("GET", path, note)
        return None if answer.status_code == 204 else self._read(parse_place, answer)


def parse_places(body: bytes | str | None) -> list[Place]:
    """The list; ``Unreadable`` for none or an empty one, which no country has."""
    answer = read_json(body)
    if not isinstance(answer, list) or not answer:
        raise Unreadable("the answer is not a list")
    return [_place(one) for one in answer]


def parse_place(body: bytes | str | None) -> Place:
    """One place."""
    return _place(read_json(body))


def _place(raw: object) -> Place:
    """``city_code`` in the examples, ``cityCode`` in the schema (judgement 15)."""
    found = raw if isinstance(raw, Mapping) else {}
    code, name = whole(found.get("code")), found.get("name")
    if code is None or not isinstance(name, str) or not name:
        raise Unreadable("code: missing")
    return Place(code, name, whole(found.get("city_code", found.get("cityCode"))))
