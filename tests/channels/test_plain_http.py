"""A provider that is described, not programmed: its call, the escapes, what an answer means."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ileti.channels.gateways.plainhttp import JSON, Description, PlainHttp
from ileti.channels.sms import Batch, InDoubt, Later, Never, Sms, Taken
from ileti.consents.vocabulary import RecipientType

NASTY = 'Ş "alıntı" & text=x\n{to} %26 </msg>'


class Provider:
    """A provider that answers what it is told, and keeps what it heard."""

    def __init__(self, url: str) -> None:
        self.url, self.answer, self.heard = url, (200, "OK 4711"), []  # type: ignore[var-annotated]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            made.heard.append((self.path, body, dict(self.headers)))
            status, text = made.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def batch(text: str = NASTY, kind: RecipientType | None = None) -> Batch:
    return Batch("b-1", "ILETI", kind, [Sms(7, "+905992134117", text)])


def test_an_address_holds_what_was_said_and_nothing_more(provider: Provider) -> None:
    gateway = PlainHttp(Description(
        f"{provider.url}/send?no={{plain_to}}&text={{text}}&from={{sender}}",
        taken=r"OK (\d+)"), trial=True)
    assert gateway.send(batch()) == Taken("4711")
    path, body, _ = provider.heard[-1]
    assert parse_qs(urlsplit(path).query) == {
        "no": ["905992134117"], "text": [NASTY], "from": ["ILETI"]}
    assert body == ""


def test_a_json_body_cannot_be_broken_out_of(provider: Provider) -> None:
    gateway = PlainHttp(Description(
        f"{provider.url}/v1", '{"to": "{to}", "msg": "{text}", "iys": "{kind}", "ref": "{id}"}',
        JSON, {"X-Key": "k"}, taken="OK"), trial=True)
    assert gateway.send(batch(kind=RecipientType.TACIR)) == Taken("")
    _, body, headers = provider.heard[-1]
    assert json.loads(body) == {"to": "+905992134117", "msg": NASTY, "iys": "TACIR", "ref": "7"}
    assert (headers["X-Key"], headers["Content-Type"]) == ("k", JSON)


@pytest.mark.parametrize(("status", "text", "told", "account"), [
    (200, "HATA 12", InDoubt, False), (200, "NO CREDIT", Never, True), (401, "", Never, True),
    (400, "bad", Never, False), (429, "", Later, False), (503, "", Later, False),
    (500, "", InDoubt, False), (204, "", InDoubt, False)])
def test_an_answer_means_what_was_described_or_is_in_doubt(
        provider: Provider, status: int, text: str, told: type, account: bool) -> None:
    provider.answer = (status, text)
    try:
        said = PlainHttp(Description(f"{provider.url}/s?to={{to}}&m={{text}}", taken="^OK",
                                     no_more="CREDIT"), trial=True).send(batch())
    finally:
        provider.answer = (200, "OK 4711")
    assert isinstance(said, told)
    assert getattr(said, "account", False) is account


@pytest.mark.parametrize(("described", "fault"), [
    (Description("http://ornek.test/?t={text}&to={to}"), "https"),
    (Description("https://ornek.test/?to={to}"), "{text}"),
    (Description("https://ornek.test/?t={text}"), "{to}"),
    (Description("https://ornek.test/", '{"t": {text}, "to": "{to}"', JSON), "JSON"),
    (Description("https://ornek.test/?t={text}&to={to}", taken="("), "pattern"),
    (Description("https://ornek.test/?t={text}&to={to}", taken=r"(a)\1"), "pattern"),
    (Description("https://ornek.test/?t={text}&to={to}", no_more="(?=OK)"), "pattern"),
    (Description("https://ornek.test/?t={text}&to={to}", content_type="text/xml"), "form or JSON"),
])
def test_a_faulty_description_is_told(described: Description, fault: str) -> None:
    assert any(fault in one for one in described.faults())
    with pytest.raises(ValueError, match=r"\."):
        PlainHttp(described)


def test_where_nobody_listens_nothing_arrived() -> None:
    gateway = PlainHttp(Description("http://127.0.0.1:9/?t={text}&to={to}"), trial=True)
    assert isinstance(gateway.send(batch()), Later)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)+$", "^(.*a){20}$", "(a?){900}(a){900}$"])
def test_no_pattern_holds_up_the_worker_that_serves_everybody(
        provider: Provider, pattern: str) -> None:
    """Matched by backtracking the first of these takes until the job's alarm."""
    gateway = PlainHttp(Description(f"{provider.url}/s?to={{to}}&m={{text}}", taken=pattern,
                                    no_more=pattern), trial=True)
    provider.answer = (200, "a" * 900 + "b")
    began = time.monotonic()
    try:
        assert isinstance(gateway.send(batch()), InDoubt)
    finally:
        provider.answer = (200, "OK 4711")
    assert time.monotonic() - began < 2


def test_the_line_break_at_the_end_of_an_answer_does_not_hide_its_end(provider: Provider) -> None:
    gateway = PlainHttp(Description(f"{provider.url}/s?to={{to}}&m={{text}}",
                                    taken=r"^OK (\d+)$"), trial=True)
    provider.answer = (200, "OK 12\r\n")
    try:
        assert gateway.send(batch()) == Taken("12")
    finally:
        provider.answer = (200, "OK 4711")


def test_an_account_abroad_is_never_asked_to_carry_a_link_r52(provider: Provider) -> None:
    gateway = PlainHttp(Description(f"{provider.url}/s?to={{to}}&m={{text}}", taken="OK"),
                        abroad=True, trial=True)
    before = len(provider.heard)
    said = gateway.send(batch("Ret: https://ornek.com/r/x"))
    assert isinstance(said, Never)
    assert not said.account
    assert len(provider.heard) == before
    assert gateway.send(batch("Merhaba")) == Taken("")
