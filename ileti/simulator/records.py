"""What the registry keeps: movements, batches, brands, providers. Plain data, no rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ileti.simulator.entries import Entry


class Movement(NamedTuple):
    """One line of the registry's log; the last one of an address is its consent.

    `created` is İYS's clock, `date` the consent's own; both as İYS writes moments. `request`
    and `place` name the batch and the 0-based place in it that brought the movement.
    """

    brand: int
    recipient: str
    recipient_type: str
    type: str
    status: str
    source: str | None
    date: str | None
    created: str
    transaction: str
    retailer: int | None = None
    access: tuple[int, ...] = ()
    citizen_name: str | None = None
    request: str | None = None
    place: int | None = None


class ConsentKey(NamedTuple):
    """What a consent is known by: brand, recipient type, channel, address."""

    brand: int
    recipient_type: str
    type: str
    recipient: str


class Repeat(NamedTuple):
    """A batch item that V2 found recorded already: the movement's numbers are given again."""

    transaction: str
    created: str
    request: str | None
    place: int | None


BatchResult = str | Repeat
"""A transaction number, an error code (starts with `H`), or a repeat."""


@dataclass(slots=True)
class Batch:
    """A list taken by the batch call; `entries` empties once `results` are there."""

    number: str
    brand: int
    v2: bool
    sent: str
    due: str
    size: int
    entries: list[Entry] = field(default_factory=list)
    results: list[BatchResult] = field(default_factory=list)
    settled: str | None = None

    def sub_request(self, place: int) -> str:
        """The number of one item: the batch's own, its last four digits replaced by the place."""
        return f"{self.number[:-4]}{place:04x}"


@dataclass(slots=True)
class Brand:
    """A brand with its retailers and the counts that the brand list shows.

    `linked` counts the consents that a retailer may use; a retailer that was linked once stays in
    it with 0.
    """

    code: int
    name: str
    master: bool
    iys_code: int
    retailers: dict[int, dict[str, Any]] = field(default_factory=dict)
    linked: Counter[int] = field(default_factory=Counter)
    approval: int = 0
    rejection: int = 0


@dataclass(slots=True)
class Provider:
    """A service provider with its account, brands and subscription."""

    iys_code: int
    title: str
    username: str
    secret: str
    role: str = "API_USER"
    activation_date: str | None = None
    brands: list[int] = field(default_factory=list)
    subscription: str = "ACTIVE"
    consent_limit: int = 1_000_000
    used: int = 0
    limit_exceed: bool = False


@dataclass(slots=True)
class Partner:
    """A business partner (integrator) with the rights that providers gave it, one object per brand:
    `iysCode`, `brandCode`, per channel `write`, `read` or nothing, `agreementControl`, `viaControl`
    (İYS API §5.2)."""

    code: int
    title: str
    username: str
    secret: str
    role: str = "API_USER"
    rights: list[dict[str, Any]] = field(default_factory=list)
    subscription: str = "ACTIVE"

    def right(self, brand: int) -> dict[str, Any] | None:
        """What the partner may do for a brand, or `None`."""
        return next((one for one in self.rights if one["brandCode"] == brand), None)


@dataclass(slots=True)
class PushConnection:
    """An address that movements of one brand and type go to. `first` and `sent` are places in the
    brand's log: where it began, how far it is; `tries` and `next_at` (monotonic) are of this
    process."""

    brand: int
    url: str
    type: str
    username: str
    password: str
    made: bool
    at: str
    first: int
    sent: int = -1
    tries: int = 0
    next_at: float = 0.0

    def __post_init__(self) -> None:
        self.sent = max(self.sent, self.first)


@dataclass(slots=True)
class Session:
    """One login: what the newest access and refresh token open, and until when. `iys_code` is the
    number of the provider, or of the partner when `partner` says so."""

    iys_code: int
    access_until: str
    refresh_until: str
    partner: bool = False
