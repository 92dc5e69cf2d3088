"""A small hand-written caller of the simulator; it shares nothing with our own İYS client."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import Client

from ileti.simulator.app import Simulator, create_simulator
from ileti.simulator.options import Delays, Quotas, SimulatorOptions

IYS = 700001
SUB_BRAND = 700002
RETAILER = 66438915
NOON = "2026-11-23 12:00:00"  # a Monday
LOGIN = {"grant_type": "password", "username": "ornek-api", "password": "deneme-parolasi"}

PROVIDER: dict[str, Any] = {
    "iysCode": IYS,
    "title": "Örnek Ticaret A.Ş.",
    "username": LOGIN["username"],
    "password": LOGIN["password"],
    "brands": [
        {"brandCode": IYS, "name": "Örnek Marka", "master": True},
        {"brandCode": SUB_BRAND, "name": "Alt Marka", "master": False},
    ],
    "retailers": [{"retailerCode": RETAILER, "title": "Örnek Bayi"}],
}

CONSENT: dict[str, Any] = {
    "recipient": "+905992134117",
    "type": "MESAJ",
    "source": "HS_WEB",
    "status": "ONAY",
    "consentDate": "2026-11-23 10:00:00",
    "recipientType": "BIREYSEL",
}


def consent(**changes: Any) -> dict[str, Any]:
    """A faultless consent with changes; a value of `...` leaves the field out."""
    body = {**CONSENT, **changes}
    return {name: value for name, value in body.items() if value is not ...}


def many(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Faultless consents of different recipients."""
    return [consent(recipient=f"+90599{i:07d}", **changes) for i in range(count)]


def settings(**changes: Any) -> SimulatorOptions:
    """A provider, a standing clock at a Monday noon, no delays and no quotas."""
    usual: dict[str, Any] = {
        "providers": [PROVIDER],
        "clock": NOON,
        "frozen": True,
        "quotas": Quotas(None, None, None, None),
        "delays": Delays(batch_seconds=0, pull_seconds=0),
    }
    return SimulatorOptions(**{**usual, **changes})


class Caller:
    """Speaks İYS's paths to a simulator in this process."""

    def __init__(self, simulator: Simulator | None = None, **changes: Any) -> None:
        self.simulator = simulator or create_simulator(options=settings(**changes))
        self.http: Any = Client(self.simulator)
        self.token: str | None = None

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """One call with the token, `body` as JSON unless it is bytes."""
        if self.token is None:
            self.token = self.http.post("/oauth2/token", json=LOGIN).json["access_token"]
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.http.open(path, method=method, data=data, headers=headers, **more)

    def under(self, method: str, path: str, body: Any = None, *, v: str = "", brand: int = IYS,
              **more: Any) -> Any:
        """One call below a brand."""
        return self.ask(method, f"{v}/sps/{IYS}/brands/{brand}{path}", body, **more)

    def add(self, *, v: str = "", **changes: Any) -> Any:
        """Single add of the usual consent with changes."""
        return self.under("POST", "/consents", consent(**changes), v=v)

    def send(self, items: Any, *, v: str = "") -> Any:
        """Batch add."""
        return self.under("POST", "/consents/request", items, v=v)

    def result(self, request_id: str, *, v: str = "") -> Any:
        """Batch result."""
        return self.under("GET", f"/consents/request/{request_id}", v=v).json

    def status(self, **changes: Any) -> Any:
        """Single status query of the usual recipient with changes."""
        usual = {"recipient": CONSENT["recipient"], "recipientType": "BIREYSEL", "type": "MESAJ"}
        body = {k: x for k, x in {**usual, **changes}.items() if x is not ...}
        return self.under("POST", "/consents/status", body)

    def pull(self, **args: Any) -> Any:
        """One page of pull."""
        return self.under("GET", "/consents/changes", query_string=args)

    def control(self, path: str, /, **wish: Any) -> Any:
        """A control call; its JSON answer."""
        return self.http.post(f"/_control/{path}", json=wish).json

    def state(self) -> Any:
        """Counters and settings."""
        return self.http.get("/_control/state").json


def codes(answer: Any) -> list[str]:
    """The error codes of an answer, in order."""
    return [error["code"] for error in answer.json["errors"]]
