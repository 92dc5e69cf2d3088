"""What every service of the registry works with: the desk, a call, an answer.

The desk brings together clock, registry, quotas, faults and settings of one simulator. A call is
a request with what its path said; an answer is status and bytes. Services know nothing else of
HTTP.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ileti.simulator.clock import SimulatorClock
from ileti.simulator.codes import refuse
from ileti.simulator.entries import Frame
from ileti.simulator.faults import Faults
from ileti.simulator.observer import Observer
from ileti.simulator.options import SimulatorOptions
from ileti.simulator.quotas import Gatekeeper
from ileti.simulator.records import Brand, Partner, Provider
from ileti.simulator.registry import Registry
from ileti.simulator.whitelist import Whitelist
from ileti.simulator.workdays import oldest_consent_date

if TYPE_CHECKING:
    from ileti.simulator.gateways.phones import Phones
    from ileti.simulator.mail.boxes import Mailboxes
    from ileti.simulator.push import Pusher

JSON = "application/json; charset=utf-8"


class Answer(NamedTuple):
    """Status, body and content type of an answer; an empty type means no body."""

    status: int
    body: bytes = b""
    content_type: str = ""


@dataclass(slots=True)
class Call:
    """One request: `caller` is the address it came from, `args` what stands after `?`. `partner` is
    whose token it carries, when that is a business partner's."""

    method: str
    path: str
    caller: str
    args: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = ""
    bearer: str = ""
    authorization: str = ""
    named: dict[str, str] = field(default_factory=dict)
    partner: Partner | None = None
    origin: str = ""

    def json(self, otherwise: str) -> Any:
        """The body as JSON; raises `Refused` with the code `otherwise`."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise refuse(otherwise) from None

    def object(self, otherwise: str) -> dict[str, Any]:
        """The body as a JSON object; raises `Refused` with the code `otherwise`."""
        value = self.json(otherwise)
        if not isinstance(value, dict):
            raise refuse(otherwise)
        return value


@dataclass(slots=True)
class Desk:
    """All parts of one simulator."""

    options: SimulatorOptions
    clock: SimulatorClock
    registry: Registry
    gatekeeper: Gatekeeper
    faults: Faults
    observer: Observer
    whitelist: Whitelist
    pusher: Pusher
    phones: Phones = field(init=False)
    mailboxes: Mailboxes = field(init=False)

    def frame(self, provider: Provider) -> Frame:
        """What a provider's consents are checked against at this moment (H162, H467).

        The three-business-day rule begins on the day after the provider's activation date.
        """
        now, rules = self.clock.now(), self.options.rules
        today = now.date().isoformat()
        oldest = None
        if rules.business_days and not (
            provider.activation_date is not None and today <= provider.activation_date
        ):
            oldest = oldest_consent_date(
                now,
                business_days=rules.business_days,
                half_day_counts=rules.half_day_is_business_day,
                to_the_hour=rules.business_days_to_the_hour,
            )
        return Frame(
            now.strftime("%Y-%m-%d %H:%M:%S"), oldest, rules.business_days_for, rules.test_numbers,
            rules.old_plan,
        )

    def provider_of(self, brand: Brand) -> Provider:
        """The provider that a brand belongs to."""
        return self.registry.providers[brand.iys_code]

    def new_request_id(self) -> str:
        """A request number as the multi status query gives one."""
        return str(uuid.uuid4())


def as_json(value: Any) -> bytes:
    """Compact UTF-8 JSON; text that UTF-8 cannot hold is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def answer(value: Any, status: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(status, as_json(value), JSON)


def error_answer(status: int, errors: list[dict[str, Any]]) -> Answer:
    """The standard error body (İYS API §1.3 no. 1)."""
    return answer({"errors": errors}, status)
