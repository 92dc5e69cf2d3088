"""İYS's calls about the account: subscription, a partner's rights (İYS API §5.2 to §5.4)."""

from __future__ import annotations

from ileti.iys.accountanswers import (
    BrandRight,
    Subscription,
    parse_rights,
    parse_subscription,
)
from ileti.iys.calls import MOST_IN_PART, Calls


class AccountCalls(Calls):
    """What the account is worth at İYS."""

    def subscription(self) -> Subscription:
        """The provider's subscription; the one call that answers while it is paused (§5.3)."""
        path = f"/sps/{self.account.iys_code}/subscription"
        return self._read(parse_subscription, self._call("GET", path, "subscription"))

    def partner_subscription(self, partner_code: int) -> Subscription:
        """The business partner's own subscription; partners only (§5.4)."""
        path = f"/integrator/{partner_code}/subscription"
        return self._read(parse_subscription, self._call("GET", path, "partner_subscription"))

    def partner_rights(self, partner_code: int, *, everybody: bool = False) -> list[BrandRight]:
        """What providers granted the partner: this account's provider, or ``everybody`` (§5.2)."""
        path = f"/integrator/{partner_code}/sps"
        if not everybody:
            path += f"/{self.account.iys_code}"
        found: list[BrandRight] = []
        while True:
            answer = self._call("GET", path, "partner_rights",
                                params={"offset": len(found), "limit": MOST_IN_PART})
            rows, total = self._read(parse_rights, answer)
            found += rows
            if not rows or len(found) >= total:
                return found
