"""Dealers from a list: judged by the rules of the form, told apart from those that are there.

Why this module exists: three hundred dealers are typed once, in a spreadsheet, and the next year's
list holds the same ones with twenty changes. So the same file again adds nothing. A dealer is known
by its number at İYS, else by person in charge and tax number together at its brand (R-45). An empty
cell leaves what is there. All is judged before anything is written, and written in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import and_, bindparam, func, insert, or_, select, update

from ileti.core import orm
from ileti.rosters.sheet import Line, fold
from ileti.rosters.verdict import Fate, Verdict, refused
from ileti.tenancy import audit, limits, places
from ileti.tenancy.dealers import STATES, read_mobile
from ileti.tenancy.identifiers import IdentifierError, parse_mersis, parse_tckn, parse_tin
from ileti.tenancy.models import Brand, Dealer

_LOCK: Final = 607_005
_LONGEST: Final = {"title": 255, "name": 255, "alias": 255}
_COMPARED: Final = ("retailer_code", "title", "name", "alias", "tckn", "tin", "mersis", "mobile",
                    "town_code", "status")
_STATE_WORDS: Final = {"etkin": "active", "pasif": "passive", "askıda": "suspended",
                       **{key: key for key in STATES}}


@dataclass(frozen=True)
class Deed:
    """The row as a dealer: ``id`` of the one it changes, and the columns to write."""

    id: int | None
    values: dict[str, Any]


@dataclass
class _Known:
    """The dealers in sight, by what names them."""

    by_code: dict[tuple[int, int], Dealer]
    by_numbers: dict[tuple[int, str, str], list[Dealer]]
    brands: dict[str, list[Brand]]
    only: Brand | None


def judge(lines: Sequence[Line]) -> list[Verdict]:
    """The fate of each row; nothing is written."""
    known, seen = _known(lines), dict[Any, int]()
    return [_judged(one, known, seen) for one in lines]


def apply(lines: Sequence[Line]) -> list[Verdict]:
    """Add and change what the rows say, all or nothing; judged anew, one list at a time. Commits.

    Raises Conflict when a limit of the provider is reached.
    """
    with limits.told(), orm.unit_of_work() as session:
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        verdicts = judge(lines)
        new = [one for one in verdicts if one.fate is Fate.NEW]
        changed = [one for one in verdicts if one.fate is Fate.CHANGED]
        if new:
            made = session.execute(
                insert(Dealer).returning(Dealer.id, Dealer.provider_id),
                [one.deed.values for one in new],
                execution_options={audit.NOTED: True}).all()
            audit.record_many("dealer:add", [(f"dealer:{one.id}", {}, one.provider_id)
                                             for one in made])
        if changed:
            for names, some in _alike(changed).items():
                session.execute(
                    update(Dealer.__table__)  # type: ignore[arg-type]
                    .where(Dealer.__table__.c.id == bindparam("of"))
                    .values({name: bindparam(f"to_{name}") for name in names}),
                    [{"of": one.deed.id, **{f"to_{name}": one.deed.values[name] for name in names}}
                     for one in some], execution_options={audit.NOTED: True})
            audit.record_many("dealer:change", [
                (f"dealer:{one.deed.id}", {"columns": sorted(one.changes)},
                 one.deed.values["provider_id"]) for one in changed])
        if new or changed:
            audit.record("dealer:list", "dealer", {"count": len(new) + len(changed)})
    return verdicts


def _alike(changed: Sequence[Verdict]) -> dict[tuple[str, ...], list[Verdict]]:
    """The changes by the columns they write; the city goes with the town."""
    found: dict[tuple[str, ...], list[Verdict]] = {}
    for one in changed:
        city = ("city_code",) if "town_code" in one.changes else ()
        found.setdefault((*one.changes, *city), []).append(one)
    return found


# -- what is there ---------------------------------------------------------------------------------


def _known(lines: Sequence[Line]) -> _Known:
    """Brands by name and number, and the dealers of those that the list names."""
    session = orm.db.session
    brands = list(session.scalars(select(Brand)))
    said, only = {fold(one["brand"]) for one in lines}, brands[0] if len(brands) == 1 else None
    wanted = {one.id for one in brands if one is only
              or {fold(one.name), str(one.brand_code)} & said}
    providers = {one.provider_id for one in brands if one.id in wanted}
    codes = [int(one["retailer_code"]) for one in lines if _is_code(one["retailer_code"])]
    dealers = list(session.scalars(select(Dealer).where(or_(
        Dealer.brand_id.in_(wanted),
        and_(Dealer.provider_id.in_(providers), Dealer.retailer_code.in_(codes))))))
    by_numbers: dict[tuple[int, str, str], list[Dealer]] = {}
    for one in dealers:
        by_numbers.setdefault((one.brand_id, one.tckn, one.tin), []).append(one)
    named: dict[str, list[Brand]] = {}
    for brand in brands:
        for name in {fold(brand.name), str(brand.brand_code)}:
            named.setdefault(name, []).append(brand)
    return _Known({(one.provider_id, one.retailer_code): one for one in dealers
                   if one.retailer_code is not None}, by_numbers, named, only)


# -- a row -----------------------------------------------------------------------------------------


def _judged(line: Line, known: _Known, seen: dict[Any, int]) -> Verdict:
    name = line["alias"] or line["title"] or line["name"] or "—"
    faults: list[tuple[str, str]] = []
    brand = _brand(line, known, faults)
    values = _values(line, faults)
    if faults or brand is None:
        return refused(line.number, name, *faults)
    key = (brand.id, values["tckn"], values["tin"])
    code = values.get("retailer_code")
    earlier = seen.get(key) or (seen.get((brand.provider_id, code)) if code else None)
    if earlier:
        return refused(line.number, name, (f"Aynı bayi {earlier}. satırda da var.",
                                           f"The same dealer stands in row {earlier}."))
    seen[key] = line.number
    if code:
        seen[brand.provider_id, code] = line.number
    return _compared(line, name, brand, values, known)


def _compared(line: Line, name: str, brand: Brand, values: dict[str, Any],
              known: _Known) -> Verdict:
    """Beside the dealer that is there."""
    code, same = values.get("retailer_code"), known.by_numbers.get(
        (brand.id, values["tckn"], values["tin"]), [])
    found = known.by_code.get((brand.provider_id, code)) if code else None
    if found is None and len(same) > 1:
        return refused(line.number, name, (
            "Bu numaralarla birden çok bayi var; İYS bayi numarasını yazın.",
            "Several dealers have these numbers; write the retailer number at İYS."))
    found = found or (same[0] if same else None)
    if found is not None and found.brand_id != brand.id:
        return refused(line.number, name, ("Bu İYS bayi numarası başka bir markanın bayisinde.",
                                           "A dealer of another brand has this retailer number."))
    if found is None:
        return Verdict(line.number, name, Fate.NEW, deed=Deed(None, {
            "provider_id": brand.provider_id, "brand_id": brand.id, "alias": None, "mersis": None,
            "mobile": None, "status": "active", "retailer_code": None, **values}))
    if code and found.retailer_code not in (None, code):
        return refused(line.number, name, ("Bayinin İYS numarası başka; elle değiştirin.",
                                           "The dealer has another number at İYS; change it by "
                                           "hand."))
    changes = tuple(one for one in _COMPARED
                    if one in values and getattr(found, one) != values[one])
    return Verdict(line.number, name, Fate.CHANGED if changes else Fate.SAME, changes=changes,
                   deed=Deed(found.id, {"provider_id": found.provider_id, **values}))


def _brand(line: Line, known: _Known, faults: list[tuple[str, str]]) -> Brand | None:
    said = line["brand"]
    if not said:
        if known.only is None:
            faults.append(("Marka yazılmamış.", "The brand is missing."))
        return known.only
    found = known.brands.get(fold(said), [])
    if len(found) == 1:
        return found[0]
    faults.append(("Bu adla birden çok marka var; marka numarasını yazın.",
                   "Several brands have this name; write the brand’s number.") if found else
                  ("Böyle bir marka yok.", "There is no such brand."))
    return None


def _values(line: Line, faults: list[tuple[str, str]]) -> dict[str, Any]:
    """The columns that are filled, read as the form reads them."""
    values: dict[str, Any] = {}
    for key, longest in _LONGEST.items():
        text = line[key]
        if len(text) > longest:
            faults.append((f"“{text[:20]}…” çok uzun; en çok {longest} karakter.",
                           f"“{text[:20]}…” is too long; {longest} characters at most."))
        elif text:
            values[key] = text
    for key, tr, en in (("title", "Unvan yazılmamış.", "The company title is missing."),
                        ("name", "Ad yazılmamış.", "The name is missing.")):
        if not line[key]:
            faults.append((tr, en))
    readers: tuple[tuple[str, Callable[[str], str], bool], ...] = (
        ("tckn", parse_tckn, True), ("tin", parse_tin, True), ("mersis", parse_mersis, False),
        ("mobile", read_mobile, False))
    for key, parse, needed in readers:
        _parsed(line[key], key, parse, needed, values, faults)
    _place(line, values, faults)
    _state_and_code(line, values, faults)
    return values


def _parsed(text: str, key: str, parse: Callable[[str], str], needed: bool,
            values: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    if not text and not needed:
        return
    try:
        values[key] = parse(text)
    except IdentifierError as error:
        faults.append((error.tr, error.en))
    except ValueError:
        faults.append(("Cep telefonu okunamadı; 0599 123 45 67 gibi yazın.",
                       "The mobile number cannot be read; write it like 0599 123 45 67."))


def _place(line: Line, values: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    city = _city(line["city"])
    if city is None:
        faults.append(("İl bulunamadı; adını ya da plaka kodunu yazın.",
                       "The city is not known; write its name or plate code."))
        return
    town = _town(city.code, line["town"])
    if town is None or town.code is None:
        faults.append((f"{city.name} ilinde böyle bir ilçe yok.",
                       f"There is no such town in {city.name}."))
        return
    values["city_code"], values["town_code"] = city.code, town.code


@lru_cache(maxsize=2_000)
def _town(city_code: str, said: str) -> places.Town | None:
    found = places.town_in(city_code, said) or places.town(said)
    return found if found is not None and found.city_code == city_code else None


@lru_cache(maxsize=500)
def _city(said: str) -> places.City | None:
    if said.isascii() and said.isdigit():
        return places.city(said.rjust(2, "0"))
    return next((one for one in places.cities() if fold(one.name) == fold(said)), None)


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 8


def _state_and_code(line: Line, values: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    if line["status"]:
        state = _STATE_WORDS.get(places.lower_tr(line["status"]))
        if state is None:
            faults.append(("Durum Etkin, Pasif ya da Askıda olabilir.",
                           "The state is active, passive or suspended."))
        else:
            values["status"] = state
    code = line["retailer_code"]
    if code:
        if _is_code(code):
            values["retailer_code"] = int(code)
        else:
            faults.append(("İYS bayi numarası 8 hanelidir.",
                           "A retailer number at İYS has 8 digits."))
