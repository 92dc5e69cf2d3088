"""Who may do what at the registry: providers, partners, retailers, logins, addresses for push.

The half of `Registry` that knows no consent. What changes here goes through the journal in the same
call, and is played back through the `_keep_…` methods.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any

from ileti.simulator.journal import Journal
from ileti.simulator.records import Brand, Partner, Provider, PushConnection, Session


class Accounts:
    """Providers, partners, brands, sessions and push connections of a registry."""

    lock: threading.RLock
    journal: Journal
    providers: dict[int, Provider]
    partners: dict[int, Partner]
    brands: dict[int, Brand]
    connections: list[PushConnection]
    access: dict[str, Session]
    refresh: dict[str, Session]

    def accounts(self) -> list[Provider | Partner]:
        """Everybody who can get a token."""
        return [*self.providers.values(), *self.partners.values()]

    def put_provider(self, provider: Provider, brands: list[Brand]) -> None:
        """Add a provider or change the one with this number; its records stay."""
        with self.lock:
            head = {"provider": asdict(provider), "brands": [_brand_head(b) for b in brands]}
            self.journal.append(("provider", head, None))
            self._keep_provider(provider, brands)

    def put_partner(self, partner: Partner) -> None:
        """Add a business partner or change the one with this number."""
        with self.lock:
            self.journal.append(("partner", asdict(partner), None))
            self.partners[partner.code] = partner

    def set_subscription(
        self, iys_code: int, state: str, limit: int | None, exceed: bool | None = None
    ) -> None:
        """Put the subscription of a provider or partner into `state`; a `limit` changes what a
        provider may hold, `exceed` whether it may go beyond."""
        with self.lock:
            head = {"iys_code": iys_code, "state": state, "limit": limit, "exceed": exceed}
            self.journal.append(("subscription", head, None))
            self._keep_subscription(iys_code, state, limit, exceed)

    def put_connection(self, connection: PushConnection) -> None:
        """Register an address for push, in place of the same one of the same type."""
        with self.lock:
            head = asdict(connection) | {"next_at": 0.0}
            self.journal.append(("push", head, None))
            self._keep_connection(connection)

    def drop_connection(self, connection: PushConnection) -> None:
        """Take an address from push."""
        with self.lock:
            head = {"brand": connection.brand, "url": connection.url, "type": connection.type}
            self.journal.append(("push_gone", head, None))
            self._drop_connection(connection.brand, connection.url, connection.type)

    def put_retailer(self, brand: Brand, retailer: dict[str, Any]) -> None:
        """Add a retailer to a brand."""
        with self.lock:
            self.journal.append(("retailer", {"brand": brand.code, "retailer": retailer}, None))
            brand.retailers[retailer["retailerCode"]] = retailer

    def drop_retailer(self, brand: Brand, code: int) -> None:
        """Remove a retailer from a brand."""
        with self.lock:
            self.journal.append(("retailer_gone", {"brand": brand.code, "code": code}, None))
            brand.retailers.pop(code, None)

    def open_session(self, session: Session, access: str, refresh: str, spent: str | None) -> None:
        """Keep a login under the digests of its two tokens; `spent` is the refresh it used up."""
        with self.lock:
            head = {
                "session": asdict(session), "access": access, "refresh": refresh, "spent": spent,
            }  # fmt: skip
            self.journal.append(("session", head, None))
            self._keep_session(session, access, refresh, spent)

    def _keep_provider(self, provider: Provider, brands: list[Brand]) -> None:
        known = self.providers.get(provider.iys_code)
        if known is not None and known is not provider:
            provider.used = known.used
            provider.subscription = known.subscription
            provider.brands = known.brands + [b for b in provider.brands if b not in known.brands]
        self.providers[provider.iys_code] = provider
        for brand in brands:
            present = self.brands.get(brand.code)
            if present is None:
                self.brands[brand.code] = brand
            else:
                present.name, present.master = brand.name, brand.master
                present.retailers.update(brand.retailers)

    def _keep_subscription(
        self, iys_code: int, state: str, limit: int | None, exceed: bool | None = None
    ) -> None:
        if iys_code in self.partners:
            self.partners[iys_code].subscription = state
            return
        provider = self.providers[iys_code]
        provider.subscription = state
        if limit is not None:
            provider.consent_limit = limit
        if exceed is not None:
            provider.limit_exceed = exceed

    def _keep_connection(self, new: PushConnection) -> None:
        self._drop_connection(new.brand, new.url, new.type)
        self.connections = [*self.connections, new]

    def _drop_connection(self, brand: int, url: str, type: str) -> None:
        self.connections = [one for one in self.connections
                            if (one.brand, one.url, one.type) != (brand, url, type)]

    def _keep_session(
        self, session: Session, access: str, refresh: str, spent: str | None
    ) -> None:
        if spent is not None:
            self.refresh.pop(spent, None)
        self.access[access] = self.refresh[refresh] = session


def _brand_head(brand: Brand) -> dict[str, Any]:
    return {
        "code": brand.code, "name": brand.name, "master": brand.master,
        "iys_code": brand.iys_code, "retailers": list(brand.retailers.values()),
    }  # fmt: skip
