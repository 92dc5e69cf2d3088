"""What goes wrong between a client and a registry, on demand.

A fault is armed for calls whose path fits a pattern; it strikes a number of times, with a
probability, after letting some calls pass. Where it strikes decides what a client can know:
some faults strike before the call is worked off (nothing happened), some after it (it happened,
the answer is lost), some falsify the answer.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from ileti.simulator.codes import CODES
from ileti.simulator.options import SettingError, read_pairs

BEFORE = {
    "500": "answers 500 H470, nothing is done",
    "429": "answers 429 H124, nothing is done",
    "401": "answers 401 H351 although the token is good, nothing is done",
    "503": "answers 503 H192, nothing is done",
    "code": "answers the error of İYS's table that `code` names, nothing is done",
    "html": "answers 200 with an HTML page, nothing is done",
    "blackhole": "takes the request and says nothing for `seconds`, nothing is done",
}
AFTER = {
    "timeout_after_accept": "does it, then says nothing for `seconds` and closes the connection",
    "500_after_accept": "does it, then answers 500 H470",
    "half_answer": "does it, sends half of the answer and closes the connection",
    "broken_json": "does it, the answer is cut JSON that claims to be whole",
    "reorder": "does it, the items of the answer come in another order",
    "fewer": "does it, the last item of the answer is missing",
}
KINDS = {**BEFORE, **AFTER}


@dataclass(slots=True)
class Fault:
    """One armed fault; `count` `None` means until it is taken away.

    `path` is a shell pattern on the path (`*/consents/request`); `skip` lets that many fitting
    calls pass first; `probability` 0…1 is rolled for each call after that.
    """

    kind: str
    path: str = "*"
    method: str | None = None
    count: int | None = 1
    probability: float = 1.0
    seconds: float = 30.0
    skip: int = 0
    code: str | None = None
    struck: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether a call is one of those the fault is armed for."""
        return (self.method is None or self.method == method) and fnmatchcase(path, self.path)


class Faults:
    """The armed faults, in the order in which they were armed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []
        self.dice = random.Random(0)  # noqa: S311 (repeatable tests, no secret)

    def arm(self, fault: Fault) -> None:
        """Arm one more fault."""
        with self._lock:
            self._armed.append(fault)

    def disarm(self, kind: str | None = None) -> None:
        """Take away all faults, or those of one kind."""
        with self._lock:
            self._armed = [f for f in self._armed if kind is not None and f.kind != kind]

    def strike(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this call, or `None`; counts it."""
        if not self._armed:
            return None
        with self._lock:
            for fault in self._armed:
                if not fault.fits(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.probability < 1 and self.dice.random() >= fault.probability:
                    continue
                fault.struck += 1
                if fault.count is not None:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._armed.remove(fault)
                return fault
        return None

    def listed(self) -> list[dict[str, Any]]:
        """The armed faults as the control calls show them."""
        with self._lock:
            return [asdict(fault) for fault in self._armed]


def read_fault(wanted: Mapping[str, Any]) -> Fault:
    """A fault from its JSON form; raises `SettingError` with a sentence."""
    kind = str(wanted.get("kind", ""))
    if kind not in KINDS:
        raise SettingError(f"Unknown fault {kind!r}; known are {', '.join(KINDS)}.")
    unknown = set(wanted) - {
        "kind", "path", "method", "count", "probability", "seconds", "skip", "code",
    }  # fmt: skip
    if unknown:
        raise SettingError(f"Unknown field of a fault: {', '.join(sorted(unknown))}.")
    try:
        count = wanted.get("count", 1)
        fault = Fault(
            kind=kind,
            path=str(wanted.get("path") or "*"),
            method=str(wanted["method"]).upper() if wanted.get("method") else None,
            count=None if count in (None, "", "always", 0, "0") else int(count),
            probability=float(wanted.get("probability", 1.0)),
            seconds=float(wanted.get("seconds", 30.0)),
            skip=int(wanted.get("skip", 0)),
            code=str(wanted["code"]) if wanted.get("code") else None,
        )
    except (TypeError, ValueError):
        raise SettingError("count and skip are whole numbers, seconds and probability numbers.") \
            from None
    if (kind == "code") != (fault.code is not None) or fault.code not in (None, *CODES):
        raise SettingError("The kind code, and only it, names a code of İYS's table in `code`.")
    if not 0 < fault.probability <= 1 or fault.seconds < 0 or (fault.count or 1) < 0:
        raise SettingError("probability lies between 0 and 1; seconds and count are not negative.")
    return fault


def parse_fault(text: str) -> Fault:
    """A fault from the command line: `half_answer` or `kind=500,path=*/request,count=3`."""
    if "=" not in text:
        return read_fault({"kind": text.strip()})
    return read_fault(read_pairs(text))


def falsified(kind: str, body: bytes, dice: random.Random) -> bytes:
    """An answer's body after a fault of the falsifying kinds (`reorder`, `fewer`, `broken_json`).

    The list that is touched is the answer itself, or its `subRequests` or `list`.
    """
    if kind == "broken_json":
        return body[: max(1, len(body) // 2)]
    try:
        answer = json.loads(body)
    except ValueError:
        return body
    items = answer if isinstance(answer, list) else next(
        (answer[name] for name in ("subRequests", "list") if isinstance(answer.get(name), list)),
        None,
    )
    if items is None:
        return body
    if kind == "fewer":
        del items[-1:]
    elif len(items) > 1:
        before = list(items)
        dice.shuffle(items)
        if items == before:
            items.reverse()
    return json.dumps(answer, ensure_ascii=False).encode()
