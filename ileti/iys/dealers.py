"""Dealers here and retailers at İYS: which is which, how they differ, and what can be done.

Why this module exists: İYS has no call that changes a retailer (İYS API §7), gives a new number
each time one is added, and deletes only one that never had a consent. So a dealer is looked for
before it is added, by its number, then by TCKN, MERSİS and tax number, each only where it names
exactly one on both sides; what differs is taken over from İYS or changed by hand in İYS Web (R-45).
No transaction is open during a call; only rows in sight are read (:mod:`ileti.tenancy.scope`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from ileti.consents.models import ConsentEntry
from ileti.core import orm
from ileti.core.errors import CallerMistake
from ileti.iys.client import IysTrouble, client_for
from ileti.iys.retaileranswers import NewRetailer, RegisteredRetailer
from ileti.tenancy import audit, places
from ileti.tenancy.crud import Records
from ileti.tenancy.identifiers import IdentifierError, parse_tckn, parse_tin
from ileti.tenancy.models import Brand, Dealer, DealerStatus

COMPARED: Final = ("retailer_code", "title", "name", "alias", "tckn", "tin", "mersis", "mobile",
                   "town_code", "status")
PERSONAL: Final = frozenset({"tckn", "tin"})
_ADOPTED: Final = tuple(name for name in COMPARED if name not in PERSONAL)
_NOT_SAID: Final = frozenset({"", None})
# Where İYS does not show a field, nothing is known of it; a mark it does not hold is a difference.
_SHOWN_EMPTY: Final = frozenset({"alias", "mersis"})
_GONE: Final = "H058"
_TWICE: Final = ("H230", "H231", "H253")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same on both sides."""

    name: str
    here: Any = field(repr=False)
    there: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """A dealer and its record at İYS; one of them may be missing."""

    dealer: Dealer | None
    retailer: RegisteredRetailer | None
    differences: tuple[Difference, ...] = ()


def compare(brand: Brand) -> list[Pair]:
    """Every dealer of a brand beside İYS's record of it; a call per hundred. Raises IysTrouble."""
    brand_id, provider_id, code = brand.id, brand.provider_id, brand.brand_code
    orm.db.session.rollback()  # no transaction stays open during a call to somebody else
    there = client_for(provider_id).retailers(code)
    ours = orm.db.session.scalars(
        select(Dealer).where(Dealer.brand_id == brand_id).order_by(Dealer.title, Dealer.id))
    return match(list(ours), there)


def match(dealers: Sequence[Dealer], retailers: Sequence[RegisteredRetailer]) -> list[Pair]:
    """Who is who: by İYS's number first, then by what names one on both sides and no other."""
    left = {id(one): one for one in dealers}
    free = {id(one): one for one in retailers}
    found: list[Pair] = []
    for mine, theirs in (("retailer_code", "code"), ("tckn", "tckn"), ("mersis", "mersis"),
                         ("tin", "tin")):
        known = _named(list(left.values()), mine)
        for key, retailer in _named(list(free.values()), theirs).items():
            dealer = known.get(key)
            if dealer is not None:
                del left[id(dealer)], free[id(retailer)]
                found.append(Pair(dealer, retailer, differences(dealer, retailer)))
    return [*found, *(Pair(one, None) for one in left.values()),
            *(Pair(None, one) for one in free.values())]


def differences(dealer: Dealer, retailer: RegisteredRetailer) -> tuple[Difference, ...]:
    """Fields İYS showed that are not what stands here."""
    theirs = as_ours(retailer)
    return tuple(
        Difference(name, getattr(dealer, name), theirs[name]) for name in COMPARED
        if (theirs[name] not in _NOT_SAID or name in _SHOWN_EMPTY)
        and (getattr(dealer, name) or "") != (theirs[name] or ""))


def as_ours(retailer: RegisteredRetailer) -> dict[str, Any]:
    """A retailer in the words of our own table; None for what İYS did not say."""
    town = places.town(retailer.town)
    return {
        "retailer_code": retailer.code, "title": retailer.title, "name": retailer.name or None,
        "alias": retailer.alias or None, "tckn": retailer.tckn or None, "tin": retailer.tin or None,
        "mersis": retailer.mersis or None, "mobile": retailer.mobile or None,
        "town_code": town.code if town else None,
        "status": retailer.status if retailer.status in set(DealerStatus) else None,
    }


def lacking(retailer: RegisteredRetailer) -> list[str]:
    """Fields without which no dealer can be made of it here, by our own names."""
    told = as_ours(retailer)
    missing = [name for name in ("title", "name", "town_code") if not told[name]]
    for name, parse in (("tckn", parse_tckn), ("tin", parse_tin)):
        try:
            parse(told[name] or "")
        except IdentifierError:
            missing.append(name)
    return missing


def take_over(brand: Brand, wanted: Iterable[RegisteredRetailer]) -> int:
    """Make dealers of retailers that are only at İYS; how many. Commits one by one, and raises Told
    at a number that another brand's dealer has here."""
    records, made = Records(Dealer, orm.db.session), 0
    provider_id, brand_id = brand.provider_id, brand.id
    for one in wanted:
        if lacking(one):
            continue
        told = {name: text for name, text in as_ours(one).items() if text is not None}
        town = places.town(told["town_code"])
        assert town is not None, "lacking() asked for it"
        records.add(Dealer(provider_id=provider_id, brand_id=brand_id, city_code=town.city_code,
                           **told))
        made += 1
    return made


def adopt(dealer: Dealer, retailer: RegisteredRetailer) -> None:
    """Make the dealer what İYS says it is; a person's numbers stay ours. Commits; raises Told."""
    told = as_ours(retailer)
    for one in differences(dealer, retailer):
        if one.name in _ADOPTED:
            setattr(dealer, one.name, told[one.name])
    town = places.town(dealer.town_code)
    if town is not None:
        dealer.city_code = town.city_code
    Records(Dealer, orm.db.session).edit(dealer)


def register(dealer: Dealer) -> int:
    """Add the dealer at İYS and keep its number, or find it there when it is added already or the
    answer was lost. Raises IysTrouble. Commits."""
    if dealer.retailer_code is not None:
        return dealer.retailer_code
    brand, wanted, dealer_id = dealer.brand.brand_code, _to_wire(dealer), dealer.id
    client = client_for(dealer.provider_id)
    orm.db.session.rollback()
    try:
        code = client.add_retailer(brand, wanted)
    except IysTrouble as trouble:
        codes = {trouble.code, *(one.code for one in trouble.faults)}
        if not trouble.in_doubt and codes.isdisjoint(_TWICE):
            raise
        same = [one for one in client.retailers(brand) if one.tckn == wanted.tckn]
        if len(same) != 1:
            raise
        code = same[0].code
    kept = orm.db.session.get_one(Dealer, dealer_id)
    kept.retailer_code = code
    audit.record("dealer:register", f"dealer:{dealer_id}", provider_id=kept.provider_id)
    orm.db.session.commit()
    return code


def unregister(dealer: Dealer) -> bool:
    """Make the dealer passive and delete it at İYS when it never took a consent; whether İYS
    deleted it. Raises IysTrouble, and then nothing is changed. Commits."""
    dealer_id, code, brand = dealer.id, dealer.retailer_code, dealer.brand.brand_code
    deletable = code is not None and not has_consents(dealer)
    if deletable:
        assert code is not None
        client = client_for(dealer.provider_id)
        orm.db.session.rollback()
        try:
            client.delete_retailer(brand, code)
        except IysTrouble as trouble:
            codes = {trouble.code, *(one.code for one in trouble.faults)}
            if "H061" in codes:  # a consent that was taken elsewhere
                deletable = False
            elif _GONE not in codes:
                raise
    kept = orm.db.session.get_one(Dealer, dealer_id)
    kept.status = DealerStatus.PASSIVE
    if deletable:
        kept.retailer_code = None
        audit.record("dealer:unregister", f"dealer:{dealer_id}", provider_id=kept.provider_id)
    orm.db.session.commit()
    return deletable


def has_consents(dealer: Dealer) -> bool:
    """Whether the dealer ever took a consent here; İYS keeps it then (§7.4)."""
    found = orm.db.session.scalars(select(ConsentEntry.id).where(
        ConsentEntry.provider_id == dealer.provider_id,
        ConsentEntry.dealer_id == dealer.id).limit(1)).first()
    return found is not None


def _named(rows: Sequence[Any], name: str) -> dict[Any, Any]:
    """Rows by a field that names exactly one of them."""
    keys = Counter(getattr(row, name) for row in rows)
    return {key: row for row in rows
            if (key := getattr(row, name)) not in _NOT_SAID and keys[key] == 1}


def _to_wire(dealer: Dealer) -> NewRetailer:
    town = places.town(dealer.town_code)
    city = places.city(dealer.city_code)
    if town is None or city is None or town.code is None:
        raise CallerMistake()
    return NewRetailer(
        title=dealer.title, name=dealer.name, tckn=dealer.tckn, tin=dealer.tin,
        city=(city.code, city.name), town=(town.code, town.name), mersis=dealer.mersis,
        alias=dealer.alias, mobile=dealer.mobile, status=dealer.status)
