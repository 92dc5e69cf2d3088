"""What a key holds of its account: fewer scopes, one brand or dealer, nearer networks.

Why this module exists: a company gives its shop system, its night job and its report tool a key
each. One that is lost should open no more than its program needed, and nobody should have to open
an account per program for it. A key never holds more than its account: what is kept here is taken
together with the account's at each call (:mod:`ileti.programs.accounts`), so that narrowing the
account narrows its keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import Conflict
from ileti.programs.models import ApiAccount, ApiKey
from ileti.programs.scopes import BY_KEY, SCOPES
from ileti.tenancy.models import Brand, Dealer

MOST_NETWORKS: Final = 50
LONGEST_LABEL: Final = 60


class WrongNetwork(ValueError):
    """A line that is no network."""


@dataclass(frozen=True)
class Narrow:
    """What a key is to hold; ``scopes`` None and empty ``networks``: as the account."""

    label: str = ""
    scopes: tuple[str, ...] | None = None
    brand: Brand | None = None
    dealer: Dealer | None = None
    networks: tuple[str, ...] = ()


def networks_of(lines: Iterable[str], most: int = MOST_NETWORKS) -> tuple[str, ...]:
    """Networks in their one spelling. Raises WrongNetwork, also for more than ``most``."""
    try:
        found = tuple(dict.fromkeys(
            str(ip_network(line.strip(), strict=False)) for line in lines if line.strip()))
    except ValueError:
        raise WrongNetwork from None
    if len(found) > most:
        raise WrongNetwork
    return found


def held(account: ApiAccount, key: ApiKey | None) -> list[str]:
    """The scopes that calls with the key have, in table order."""
    fewer = None if key is None else key.scopes
    return [one.key for one in SCOPES
            if one.key in account.scopes and (fewer is None or one.key in fewer)]


def chosen(account: ApiAccount, key: ApiKey | None, ticked: Iterable[str], may: frozenset[str]
           ) -> tuple[str, ...] | None:
    """The scopes after somebody with the rights ``may`` ticked some: what they may not give stays
    as it was, and is in no new key. None when the key holds all of its account's."""
    wanted, before = set(ticked), set(held(account, key)) if key is not None else set()
    found = tuple(one.key for one in SCOPES if one.key in account.scopes
                  and one.key in (wanted if one.permission in may else before))
    return None if set(found) == set(account.scopes) & BY_KEY.keys() else found


def place(account: ApiAccount, text: str) -> tuple[Brand | None, Dealer | None]:
    """The brand or dealer a form names (``b12``, ``d7``, "" for the account's own reach). Raises
    Conflict for one that is not within the account, or not in sight."""
    if not text:
        return None, None
    for value, _, brand, dealer in places(account):
        if value == text:
            return brand, dealer
    raise Conflict("Bu anahtar o yere uzanamaz: hesabın yeri daha dar.",
                   "This key cannot reach there: its account reaches less far.", code="beyond")


def places(account: ApiAccount) -> list[tuple[str, str, Brand, Dealer | None]]:
    """What a key can be narrowed to: brands and dealers below the account that are in sight."""
    if account.dealer_id is not None:
        return []
    brands = select(Brand).where(Brand.provider_id == account.provider_id).order_by(Brand.name)
    dealers = select(Dealer).where(Dealer.provider_id == account.provider_id,
                                   Dealer.status == "active").order_by(Dealer.name)
    if account.brand_id is not None:
        brands = brands.where(Brand.id == account.brand_id)
        dealers = dealers.where(Dealer.brand_id == account.brand_id)
    found: list[tuple[str, str, Brand, Dealer | None]] = []
    known = {one.id: one for one in orm.db.session.scalars(brands)}
    if account.brand_id is None:
        found += [(f"b{one.id}", one.name, one, None) for one in known.values()]
    found += [(f"d{one.id}", f"{known[one.brand_id].name} · {one.name}", known[one.brand_id], one)
              for one in orm.db.session.scalars(dealers.limit(500)) if one.brand_id in known]
    return found


def settle(key: ApiKey, wish: Narrow) -> dict[str, Any]:
    """Let a key hold what is wished; what changed, for the trail."""
    before = told(key)
    key.label, key.scopes = wish.label[:LONGEST_LABEL], _listed(wish.scopes)
    key.networks = list(wish.networks)
    key.only_brand_id = wish.brand.id if wish.brand else None
    key.only_dealer_id = wish.dealer.id if wish.dealer else None
    after = told(key)
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def told(key: ApiKey) -> dict[str, Any]:
    """What a key holds, as the trail keeps it."""
    return {"label": key.label or "", "scopes": key.scopes, "brand": key.only_brand_id,
            "dealer": key.only_dealer_id, "networks": list(key.networks or [])}


def _listed(scopes: Sequence[str] | None) -> list[str] | None:
    return None if scopes is None else list(scopes)
