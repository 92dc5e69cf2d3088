"""What can be set on a simulator before it starts, in one place.

The registry's documents leave several points open and its delays are far too long for a demo or
a test; so everything that is a matter of time, quantity or judgement is a setting with the
documented value as its default (İYS API 3.2.0 §GİRİŞ; delays of a batch are the exception, see
`Delays`). The text forms (`batch=2,pull=0`) serve the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

BeforeReady = Literal["empty", "enqueue", "mixed"]
UnknownStatus = Literal["404", "400", "200", "204"]
NumberingPlan = Literal["8.12.47", "installed"]


class SettingError(ValueError):
    """A setting that cannot be used; its text is a sentence for a person."""


@dataclass(slots=True)
class Quotas:
    """Limits per caller address; `None` or 0 switches one off (İYS API §1.1).

    `per_second` is counted in a sliding second of real time, the three hourly ones on the
    simulator's clock, so that advancing the clock lifts them.
    """

    per_second: int | None = 10
    token_per_hour: int | None = 100
    status_per_hour: int | None = 1000
    history_per_hour: int | None = 100


@dataclass(slots=True)
class Delays:
    """Seconds until something shows; batch and pull run on the simulator's clock.

    `batch_seconds` until the result of a batch is complete (İYS asks to wait 300),
    `pull_seconds` until a movement is in pull (İYS: 3 600), `reconcile_seconds` after midnight
    until a day's hash and file are ready (İYS does not say), `latency_seconds` real seconds added
    to every call. `before_ready` is what a batch query answers before the result is
    there: nothing, `enqueue` items, or nothing in the first half and `enqueue` in the second.
    """

    batch_seconds: float = 2.0
    pull_seconds: float = 3600.0
    reconcile_seconds: float = 0.0
    latency_seconds: float = 0.0
    before_ready: BeforeReady = "mixed"


@dataclass(slots=True)
class Rules:
    """Points on which İYS's documents are silent, as switches.

    `business_days_for` names the recipient types that the three-business-day rule (H467)
    covers; `half_day_is_business_day` counts the eve of a holiday as a business day, since its
    morning is worked; `business_days_to_the_hour` ends the term at the hour of the consent and not
    with the day; `v2_repeats_at_any_age` lets V2 answer a repeat that H467 would refuse as a new
    consent; `numbering_plan` is libphonenumber's of the version İYS names, or the one installed;
    `unknown_status` is the answer of the single status query for an address
    without a record; `test_numbers` takes +90 599 as valid although no numbering plan has it,
    so that no living person's number is ever needed. `success_requests`, `success_percent` and
    `success_grace_hours` are the rule of the success share (`whitelist.py`; 0 requests: off).
    `push_over_http` lets push go to loopback addresses without TLS, for tests.
    """

    business_days: int = 3
    business_days_for: tuple[str, ...] = ("BIREYSEL",)
    half_day_is_business_day: bool = True
    business_days_to_the_hour: bool = False
    v2_repeats_at_any_age: bool = True
    numbering_plan: NumberingPlan = "8.12.47"
    unknown_status: UnknownStatus = "404"
    test_numbers: bool = True
    success_requests: int = 20_000
    success_percent: int = 70
    success_grace_hours: int = 96
    push_over_http: bool = False

    @property
    def old_plan(self) -> bool:
        """Whether Turkish numbers are judged by the plan that İYS names."""
        return self.numbering_plan == "8.12.47"

    def phones(self) -> dict[str, bool]:
        """The switches that `is_phone` asks for."""
        return {"test_numbers": self.test_numbers, "old_plan": self.old_plan}


@dataclass(slots=True)
class SimulatorOptions:
    """Everything that `create_simulator` can be told.

    `providers` are objects of the form that `POST /_control/provider` takes; `clock` is the
    Istanbul time to start at (`YYYY-MM-DD HH:mm:ss`, default the real time) and runs on unless
    `frozen`. `faults` are objects of the form that `POST /_control/fault` takes.
    """

    providers: list[dict[str, Any]] = field(default_factory=list)
    clock: str | None = None
    frozen: bool = False
    quotas: Quotas = field(default_factory=Quotas)
    delays: Delays = field(default_factory=Delays)
    rules: Rules = field(default_factory=Rules)
    faults: list[dict[str, Any]] = field(default_factory=list)
    keep_requests: int = 200


_SWITCHES = (
    "half_day_is_business_day", "business_days_to_the_hour", "v2_repeats_at_any_age",
    "test_numbers", "push_over_http",
)  # fmt: skip
_WHOLE_NUMBERS = (
    "business_days", "success_requests", "success_percent", "success_grace_hours",
)  # fmt: skip
QUOTA_NAMES = {f.name for f in fields(Quotas)}
DELAY_NAMES = {
    "batch": "batch_seconds",
    "pull": "pull_seconds",
    "reconcile": "reconcile_seconds",
    "latency": "latency_seconds",
    "before_ready": "before_ready",
}


def change_quotas(quotas: Quotas, wanted: Mapping[str, Any]) -> None:
    """Set the named quotas; raises `SettingError` and changes nothing when one is not usable."""
    checked: dict[str, int | None] = {}
    for name, value in wanted.items():
        if name not in QUOTA_NAMES:
            raise SettingError(f"Unknown quota {name}; known are {', '.join(sorted(QUOTA_NAMES))}.")
        if value in (None, "", "off", "0", 0):
            checked[name] = None
        else:
            checked[name] = _whole(name, value)
    for name, number in checked.items():
        setattr(quotas, name, number)


def change_delays(delays: Delays, wanted: Mapping[str, Any]) -> None:
    """Set the named delays (short or long names); raises `SettingError`, all or nothing."""
    checked: dict[str, float | str] = {}
    for name, value in wanted.items():
        target = DELAY_NAMES.get(name, name)
        if target == "before_ready":
            if value not in ("empty", "enqueue", "mixed"):
                raise SettingError("before_ready is one of empty, enqueue, mixed.")
            checked[target] = value
        elif target in DELAY_NAMES.values():
            checked[target] = _seconds(name, value)
        else:
            raise SettingError(f"Unknown delay {name}; known are {', '.join(DELAY_NAMES)}.")
    for target, number in checked.items():
        setattr(delays, target, number)


def change_rules(rules: Rules, wanted: Mapping[str, Any]) -> None:
    """Set the named rule switches; raises `SettingError`, all or nothing."""
    checked: dict[str, Any] = {}
    for name, value in wanted.items():
        if name in _WHOLE_NUMBERS:
            checked[name] = _whole(name, value)
        elif name == "business_days_for":
            if not isinstance(value, list | tuple) or set(value) - {"BIREYSEL", "TACIR"}:
                raise SettingError("business_days_for is a list of BIREYSEL and TACIR.")
            checked[name] = tuple(value)
        elif name == "unknown_status":
            if value not in ("404", "400", "200", "204"):
                raise SettingError("unknown_status is one of 404, 400, 200, 204.")
            checked[name] = value
        elif name == "numbering_plan":
            if value not in ("8.12.47", "installed"):
                raise SettingError("numbering_plan is one of 8.12.47, installed.")
            checked[name] = value
        elif name in _SWITCHES:
            if not isinstance(value, bool):
                raise SettingError(f"{name} is true or false.")
            checked[name] = value
        else:
            raise SettingError(f"Unknown rule {name}.")
    for name, value in checked.items():
        setattr(rules, name, value)


def read_pairs(text: str) -> dict[str, str]:
    """`"batch=2,pull=0"` as a mapping; raises `SettingError` on a part without `=`."""
    pairs = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals:
            raise SettingError(f"“{part}” needs the form name=value.")
        pairs[name.strip().replace("-", "_")] = value.strip()
    return pairs


def _whole(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise SettingError(f"{name} is a whole number, not {value!r}.") from None
    if number < 0:
        raise SettingError(f"{name} is not below zero.")
    return number


def _seconds(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise SettingError(f"{name} is a number of seconds, not {value!r}.") from None
    if not 0 <= number < 1e9:
        raise SettingError(f"{name} is not a usable number of seconds.")
    return number
