"""İYS's calls about retailers and which of them may use a consent (İYS API §7).

Why this module exists: the calls are of two kinds. Adding a retailer makes a new number each time,
so a call in doubt is followed by a look at the list, never by a second call; giving and taking
access says how things shall be, so it may be repeated. Lists go in parts of a hundred; when a part
fails, the parts before it hold, and sending the whole again does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ileti.consents.vocabulary import Channel, RecipientType
from ileti.iys.answers import Added
from ileti.iys.calls import MOST_IN_PART, Calls, in_parts
from ileti.iys.retaileranswers import (
    NewRetailer,
    RegisteredRetailer,
    parse_access,
    parse_deleted,
    parse_retailer,
    parse_retailer_code,
    parse_retailers,
)
from ileti.iys.wire import status_query


class RetailerCalls(Calls):
    """Retailers of a brand, and their access."""

    def add_retailer(self, brand_code: int, retailer: NewRetailer) -> int:
        """Register a retailer; its eight-digit number (§7.1). Not to be repeated when in doubt:
        İYS refuses the second by TCKN (H231), so look it up in :meth:`retailers`."""
        path = f"{self._brand(brand_code)}/retailers"
        answer = self._call("POST", path, "add_retailer", retailer.to_wire())
        return self._read(parse_retailer_code, answer)

    def retailers(self, brand_code: int) -> list[RegisteredRetailer]:
        """All retailers of a brand, read page by page (§7.2)."""
        return self._pages("GET", f"{self._brand(brand_code)}/retailers", "retailers", None)

    def retailer(self, brand_code: int, code: int) -> RegisteredRetailer | None:
        """One retailer, or None when İYS does not know the number (§7.3)."""
        path = f"{self._brand(brand_code)}/retailers/{code}"
        return self._read(parse_retailer, self._call("GET", path, "retailer"))

    def delete_retailer(self, brand_code: int, code: int) -> None:
        """Delete a retailer for good; İYS does it only for one that never had a consent (§7.4)."""
        path = f"{self._brand(brand_code)}/retailers/{code}"
        self._read(parse_deleted, self._call("DELETE", path, "delete_retailer"))

    def give_access(self, brand_code: int, recipient: str, kind: RecipientType, channel: Channel,
                    codes: Sequence[int]) -> list[Added]:
        """Let retailers use one consent, beside those that may already (§7.5); a receipt for
        each hundred retailers."""
        path = f"{self._brand(brand_code)}/consents/retailers/access"
        key = status_query(recipient, kind, channel)
        return [self._read(parse_access, self._call(
            "POST", path, "give_access", key | {"retailerAccess": list(part)}))
            for part in in_parts(codes)]

    def replace_access(self, brand_code: int, recipients: Sequence[str], kind: RecipientType,
                       channel: Channel, codes: Sequence[int]) -> None:
        """Let these retailers only use the consents; the one that took a consent loses it too
        (§7.5). At most a hundred retailers, since a second call would replace the first."""
        if not 0 < len(codes) <= MOST_IN_PART:
            raise ValueError("access is set for 1 to 100 retailers at once")
        self._change("PUT", brand_code, "", recipients, kind, channel, codes)

    def take_access(self, brand_code: int, recipients: Sequence[str], kind: RecipientType,
                    channel: Channel, codes: Sequence[int]) -> None:
        """Take these retailers off the consents (§7.5)."""
        for part in in_parts(codes):
            self._change("POST", brand_code, "/remove", recipients, kind, channel, part)

    def take_all_access(self, brand_code: int, recipients: Sequence[str], kind: RecipientType,
                        channel: Channel) -> None:
        """Take all retailers off the consents (§7.5)."""
        self._change("POST", brand_code, "/remove/all", recipients, kind, channel, None)

    def access(self, brand_code: int, recipient: str, kind: RecipientType,
               channel: Channel) -> list[RegisteredRetailer]:
        """The retailers that may use one consent (§7.5; the path says ``consent``, singular)."""
        return self._pages("POST", f"{self._brand(brand_code)}/consent/retailers/access/list",
                           "access", status_query(recipient, kind, channel))

    def _change(self, method: str, brand_code: int, what: str, recipients: Sequence[str],
                kind: RecipientType, channel: Channel, codes: Sequence[int] | None) -> None:
        path = f"{self._brand(brand_code)}/consents/retailers/access{what}"
        for part in in_parts(recipients):
            body: dict[str, Any] = {
                "recipients": list(part), "recipientType": kind.name, "type": channel.name,
            }
            if codes is not None:
                body["retailerAccess"] = list(codes)
            self._read(parse_deleted, self._call(method, path, "change_access", body))

    def _pages(self, method: str, path: str, note: str, body: Any) -> list[RegisteredRetailer]:
        found: dict[int, RegisteredRetailer] = {}
        offset = 0
        while True:
            answer = self._call(method, path, note, body,
                                {"offset": offset, "limit": MOST_IN_PART})
            rows, total = self._read(parse_retailers, answer)
            found.update({row.code: row for row in rows})
            offset += MOST_IN_PART
            if not rows or offset >= total:
                return list(found.values())
