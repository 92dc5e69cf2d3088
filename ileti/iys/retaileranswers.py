"""İYS's answers about retailers and their access to consents (İYS API §7), read strictly.

Why this module exists: a retailer's number, once ours, decides whose consents are whose; a list
that lost rows on its way would read as "not registered". So a retailer without a number of eight
digits is ``Unreadable``. İYS shows identity numbers of the person in charge; they are read
to find the same dealer here, and never printed. Pure: no network, no database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ileti.iys.accountanswers import parse_page, whole
from ileti.iys.answers import Added, parse_added
from ileti.iys.faults import Unreadable, read_json

LONGEST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRetailer:
    """A retailer to register (§7.1). ``city`` and ``town`` are (code, name) of İYS's lists (§10);
    optional fields are left out when empty, never sent empty (§1)."""

    title: str
    name: str = field(repr=False)
    tckn: str = field(repr=False)
    tin: str = field(repr=False)
    city: tuple[str, str]
    town: tuple[str, str]
    mersis: str | None = None
    alias: str | None = None
    mobile: str | None = field(default=None, repr=False)
    status: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """The documented keys, none of them empty."""
        body: dict[str, Any] = {
            "title": self.title, "name": self.name, "tckn": self.tckn, "tin": self.tin,
            "city": {"code": self.city[0], "name": self.city[1]},
            "town": {"code": self.town[0], "name": self.town[1]},
        }
        optional = {"mersis": self.mersis, "alias": self.alias, "mobile": self.mobile,
                    "status": self.status}
        return body | {name: text for name, text in optional.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredRetailer:
    """A retailer as İYS holds it; ``consents`` is how many consents it may use, where said.

    ``city`` and ``town`` are codes without a leading zero; what İYS did not say is empty.
    """

    code: int
    title: str
    name: str = field(default="", repr=False)
    tckn: str = field(default="", repr=False)
    tin: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    alias: str = ""
    mersis: str = ""
    status: str = ""
    city: str = ""
    town: str = ""
    consents: int | None = None


def parse_retailer_code(body: bytes | str | None) -> int:
    """The number of a retailer just added (§7.1)."""
    answer = read_json(body)
    return _code(answer if isinstance(answer, Mapping) else {})


def parse_retailers(body: bytes | str | None) -> tuple[list[RegisteredRetailer], int]:
    """A page of retailers and how many there are (§7.2, §7.5)."""
    rows, total = parse_page(body)
    return [_retailer(row) for row in rows], total


def parse_retailer(body: bytes | str | None) -> RegisteredRetailer | None:
    """One retailer; None for İYS's empty answer about a number it does not know (§7.3)."""
    if not (body or b"").strip():
        return None
    answer = read_json(body)
    if answer is None or answer in ({}, []):
        return None
    if not isinstance(answer, Mapping):
        raise Unreadable("the answer is not an object")
    inner = answer.get("list")  # some examples wrap it like the list
    if isinstance(inner, list):
        return _retailer(inner[0]) if inner else None
    return _retailer(answer)


def parse_deleted(body: bytes | str | None) -> None:
    """Text in any words (judgement 16); ``Unreadable`` for a page of somebody before İYS."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""
    if "<" in text or len(text) > 200:
        raise Unreadable("not İYS's answer")


def parse_access(body: bytes | str | None) -> Added:
    """The receipt of a retailer's access to one consent (§7.5)."""
    return parse_added(body)


def _retailer(row: Any) -> RegisteredRetailer:
    if not isinstance(row, Mapping):
        raise Unreadable("a retailer that is no object")
    return RegisteredRetailer(
        code=_code(row), consents=whole(row.get("retailerAccessCount")),
        city=_place(row.get("city")), town=_place(row.get("town")),
        **{name: _text(row.get(name)) for name in (
            "title", "alias", "mersis", "status", "name", "tckn", "tin", "mobile")},
    )


def _code(row: Mapping[str, Any]) -> int:
    code = whole(row.get("retailerCode"))
    if code is None or not 0 < code <= 99_999_999:
        raise Unreadable("retailerCode: missing")
    return code


def _place(value: Any) -> str:
    """The code of a city or town, without a leading zero; examples print numbers and text."""
    code = whole(value.get("code")) if isinstance(value, Mapping) else None
    return "" if code is None else str(code)


def _text(value: Any) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""

