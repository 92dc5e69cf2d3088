"""A fault of ours inside a capture: what the log then holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ileti.capture import endpoints
from ileti.core.logs import configure_logs

from .conftest import SECRET, Browser


def test_a_fault_inside_a_capture_prints_no_secret_and_no_address(
    signed: Browser, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(site: Any, body: Any, visitor: Any, **_more: Any) -> Any:
        raise RuntimeError(f"{site!r} {body!r} {visitor!r}")

    configure_logs("info")
    body = signed.filled("MESAJ", "EPOSTA", vouch="1.abc")
    monkeypatch.setattr(endpoints, "submit", broken)
    assert signed.post("submissions", body).status == 500
    (line,) = [json.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert line["event"] == "capture_fault"
    for secret in (SECRET, body["phone"], body["email"], body["token"], body["name"]):
        assert secret not in json.dumps(line, ensure_ascii=False)
