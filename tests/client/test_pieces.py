"""Pieces of the Python client that need no server: secrets, webhooks, patience, odd answers."""

from __future__ import annotations

import base64
import hmac
import io
import json
import logging
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import httpx
import pytest
from ileti_client import (
    BatchInterrupted,
    Client,
    ClientCredentials,
    Key,
    NotReached,
    NotUnderstood,
    Options,
    RuleBroken,
    ServerFault,
    Signature,
    TimedOut,
    TooMany,
    WebhookRefused,
    verify_webhook,
)
from ileti_client.answers import failure, file_name, retry_after
from ileti_client.bodies import Body, Once, body_of
from ileti_client.errors import IletiError
from ileti_client.retrying import Rounds

from ileti.webhooks import signing

ROOT = Path(__file__).resolve().parents[2]
KEY = "ilt_0123456789_" + "s" * 43
Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, credentials: Any = KEY, **options: Any) -> Client:
    return Client("https://izin.ornek.com.tr", credentials,
                  options=Options(**{"first_pause": 0.001, "total": 5.0} | options),
                  http=httpx.Client(transport=httpx.MockTransport(answer)))


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [Key(KEY), Signature(KEY), ClientCredentials("api-1", KEY)])
def test_no_secret_is_shown_logged_or_told_in_an_error(
        who: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("token"):
            return httpx.Response(200, json={"access_token": "tok" + "e" * 40, "expires_in": 900})
        raise httpx.ReadError("broken", request=request)

    one = client(broken, who, attempts=2)
    with caplog.at_level(logging.DEBUG), pytest.raises(NotReached) as told:
        one.consents.history(address="0599 213 41 17")
    shown = f"{one!r} {who!r} {told.value!r} {told.value.__cause__!r} {vars(one._transport)}"
    for hidden in ("s" * 43, "e" * 40, "213 41 17"):
        assert hidden not in shown + caplog.text
    assert "again in" in caplog.text
    assert "given up" in caplog.text


@pytest.mark.parametrize("base", ["http://izin.ornek.com.tr", "izin.ornek.com.tr", "ftp://x",
                                  "https://u:p@izin.ornek.com.tr", "http://127.0.0.1.evil.com"])
def test_a_key_is_not_sent_where_others_could_read_it(base: str) -> None:
    with pytest.raises(ValueError, match=r"https|user name"):
        Client(base, KEY)
    Client("http://127.0.0.1:8080", KEY).close()


def test_a_redirect_is_not_followed_with_the_key() -> None:
    seen: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.example/"})

    with pytest.raises(NotUnderstood):
        client(away).iys.state()
    assert seen == ["izin.ornek.com.tr"]


# -- webhooks --------------------------------------------------------------------------------------

EVENT = json.dumps({"id": "evt_1", "type": "privacy.withdrawn", "createdAt": "2026-11-30",
                    "provider": {"iysCode": 1}, "data": {"record": "IZN-1"}}).encode()


def standard(secret: bytes, at: int, body: bytes = EVENT) -> dict[str, str]:
    """Headers as the specification says them (standardwebhooks.com)."""
    mac = hmac.new(secret, f"msg_1.{at}.".encode() + body, sha256).digest()
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(at),
            "Webhook-Signature": f"v1a,other v1,{base64.b64encode(mac).decode()}"}


def test_what_our_server_signs_the_client_believes() -> None:
    made = int(time.time())
    for secret in ("whsec_" + base64.b64encode(b"k" * 32).decode(), "an-older-secret"):
        headers = signing.headers(secret, "evt_1", made, EVENT)
        assert verify_webhook(secret, headers, EVENT)["type"] == "privacy.withdrawn"
        with pytest.raises(WebhookRefused) as forged:
            verify_webhook(secret, headers, EVENT + b" ")
        assert forged.value.code == "wrong_signature"


def test_a_standard_webhook_is_believed_while_it_is_fresh_under_old_and_new_secret() -> None:
    old, new = (base64.b64encode(one * 24).decode() for one in (b"o", b"n"))
    headers = standard(b"o" * 24, 1_000)
    assert verify_webhook(["whsec_" + new, "whsec_" + old], headers, EVENT.decode(), now=1_200)
    for now in (1_301, 699):
        with pytest.raises(WebhookRefused) as late:
            verify_webhook("whsec_" + old, headers, EVENT, now=now)
        assert late.value.code == "too_old"
    with pytest.raises(WebhookRefused):
        verify_webhook("whsec_" + new, headers, EVENT, now=1_000)


@pytest.mark.parametrize(("change", "code"), [
    ({"Webhook-Signature": "v1,"}, "wrong_signature"), ({"Webhook-Id": "msg_2"}, "wrong_signature"),
    ({"Webhook-Timestamp": "soon"}, "headers_missing"), ({"Webhook-Id": ""}, "headers_missing"),
    ({"Webhook-Signature": "v1,şş"}, "wrong_signature")])
def test_a_call_that_was_changed_on_its_way_is_turned_away(
        change: dict[str, str], code: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        verify_webhook("an-older-secret", standard(b"an-older-secret", 1_000) | change, EVENT,
                       now=1_000)
    assert refused.value.code == code


def test_an_empty_secret_believes_nobody() -> None:
    for secret in ("", ["", "x"]):
        with pytest.raises(ValueError, match="empty"):
            verify_webhook(secret, standard(b"", 1_000), EVENT, now=1_000)
    with pytest.raises(WebhookRefused) as odd:
        verify_webhook("sss", standard(b"sss", 1_000, b"[1]"), b"[1]", now=1_000)
    assert odd.value.code == "unreadable"


# -- patience --------------------------------------------------------------------------------------


def refusal(status: int, code: str, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, headers=headers, json={
        "type": f"urn:ileti:problem:{code}", "title": "…", "detail": "…", "status": status,
        "code": code})


def test_pauses_grow_are_shortened_by_chance_and_never_outlast_the_call() -> None:
    now = [0.0]
    rounds = Rounds(Options(attempts=9, total=100, first_pause=1, longest_pause=8), lambda: now[0])
    pauses = []
    for _ in range(6):
        rounds.begin()
        pauses.append(rounds.pause(NotReached("x"), again=True))
    assert all(most / 2 <= (one or 0) <= most for one, most in zip(
        pauses, (1, 2, 4, 8, 8, 8), strict=True))
    now[0] = 90
    rounds.begin()
    now[0] = 150
    rounds.forgive()  # a file was on its way
    assert 9 < rounds.left < 11
    now[0] = 159.9
    assert rounds.pause(NotReached("x"), again=True) is None
    now[0] = 161
    with pytest.raises(TimedOut):
        _ = rounds.left


def test_what_may_not_be_sent_twice_is_sent_again_only_if_nothing_went_out() -> None:
    rounds = Rounds(Options())
    rounds.begin()
    assert rounds.pause(NotReached("x"), again=False) is None
    assert rounds.pause(NotReached("x", unsent=True), again=False) is not None
    seen: list[bytes] = []

    def broken(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        raise httpx.ReadError("broken", request=request)

    with pytest.raises(NotReached):
        client(broken).proofs.add(iter([b"a", b"b"]), record="IZN-1")
    assert seen == [b"ab"]
    seen.clear()
    with pytest.raises(NotReached):
        client(broken, attempts=3).proofs.add(io.BytesIO(b"abc"), record="IZN-1")
    assert seen == [b"abc"] * 3


@pytest.mark.parametrize(("status", "code", "calls"), [
    (500, "fault", 3), (429, "too_many", 3), (409, "upload_going_on", 3), (408, "too_slow", 3),
    (409, "conflict", 1), (422, "invalid_input", 1), (403, "not_allowed", 1), (401, "x", 1)])
def test_only_what_passes_is_asked_again(status: int, code: str, calls: int) -> None:
    seen: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(1)
        return refusal(status, code)(request)

    with pytest.raises(IletiError):
        client(answer, attempts=3).iys.state()
    assert len(seen) == calls


def test_an_answer_that_asks_for_more_time_than_there_is_is_told_at_once() -> None:
    begun = time.monotonic()
    with pytest.raises(TooMany) as told:
        client(refusal(429, "too_many", **{"Retry-After": "60"})).iys.state()
    assert told.value.retry_after == 60
    assert time.monotonic() - begun < 1
    assert retry_after({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None


# -- odd answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "raw"), [
    (502, b"<html>Bad Gateway</html>"), (200, b"<html>Hotel Wi-Fi</html>"), (200, b"[1]"),
    (404, b'{"detail": "nginx"}')])
def test_what_is_no_answer_of_ours_is_never_taken_for_one(status: int, raw: bytes) -> None:
    with pytest.raises(NotUnderstood) as odd:
        client(lambda _: httpx.Response(status, content=raw), attempts=2).iys.state()
    assert odd.value.status == status


def test_the_number_of_the_rule_in_the_way_is_told() -> None:
    found = failure(422, {}, json.dumps({
        "type": "urn:ileti:problem:rule_broken", "title": "…", "status": 422, "code": "rule_broken",
        "detail": "Satın alınmış veri aktarılmaz (R-61)."}).encode(), service="createImport")
    assert isinstance(found, RuleBroken)
    assert found.rule == "R-61"
    assert isinstance(failure(500, {}, b'{"code": "fault", "title": "x"}', service="x"),
                      ServerFault)


def test_an_error_goes_whole_to_another_process() -> None:
    with pytest.raises(TooMany) as told:
        client(refusal(429, "too_many", **{"Retry-After": "60"})).iys.state()
    again = pickle.loads(pickle.dumps(told.value))
    assert (type(again), str(again)) == (TooMany, str(told.value))
    assert (again.retry_after, again.code, again.service) == (60, "too_many", "iysState")


@pytest.mark.parametrize("odd", ["", ".", ".."])
def test_a_number_that_would_name_another_service_is_refused(odd: str) -> None:
    with pytest.raises(ValueError, match="record"):
        client(refusal(500, "fault")).consents.show(odd)


def test_a_list_with_a_faulty_line_of_its_own_loses_nothing_that_was_recorded() -> None:
    def taken(request: httpx.Request) -> httpx.Response:
        many = len(json.loads(request.content)["items"])
        return httpx.Response(200, json={"receipt": "MKB-1", "results": [
            {"index": n, "record": f"IZN-{n}"} for n in range(many)]})

    fine: Any = {"address": "0599", "channel": "MESAJ", "status": "RET"}
    naive = fine | {"consentDate": datetime(2026, 1, 1)}  # noqa: DTZ001
    with pytest.raises(BatchInterrupted, match="offset") as stopped:
        client(taken).consents.take_many([fine] * 1_000 + [naive])
    assert stopped.value.done.recorded == 1_000
    with pytest.raises(ValueError, match="offset"):
        client(taken).consents.take_many([naive])


def test_a_file_never_names_a_place_outside_its_folder() -> None:
    names = {'attachment; filename="../../etc/passwd"': "passwd", "attachment": "",
             "attachment; filename*=UTF-8''%2e%2e%2fk%C4%B1z.zip": "kız.zip",
             'attachment; filename=".."': ""}
    assert {said: file_name({"content-disposition": said}) for said in names} == names


def test_files_are_read_as_often_as_needed_wholly_and_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(bytes(range(250)) * 1_000)
    opened = path.open("rb")
    opened.seek(50)
    for source, skipped in ((path, 0), (path.read_bytes(), 0), (opened, 50)):
        body = body_of(source)
        assert isinstance(body, Body)
        whole = path.read_bytes()[skipped:]
        assert (body.size, body.sha256) == (len(whole), sha256(whole).digest())
        assert b"".join(body.pieces()) == whole
        assert b"".join(body.part(3, 100_000).pieces()) == whole[200_000:]
    opened.close()
    assert isinstance(body_of(iter([b"x"])), Once)
    with pytest.raises(TypeError, match="binary"):
        body_of(io.StringIO("x"))  # type: ignore[arg-type]


def test_a_moment_without_its_offset_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ValueError, match="offset"):
        client(refusal(500, "fault")).consents.take(
            address="0599", channel="MESAJ", status="ONAY", consentDate=datetime(2026, 1, 1))  # noqa: DTZ001


# -- installing ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_installs_from_its_folder_without_a_network(tmp_path: Path) -> None:
    copytree(ROOT / "client", tmp_path / "client", ignore=ignore_patterns(".*", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q",
           "--no-index", "--no-deps", "--no-build-isolation", "--no-compile"]
    done = subprocess.run([*pip, "--target", str(tmp_path / "site"), str(tmp_path / "client")],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    said = subprocess.run([sys.executable, "-c", (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import ileti_client; print(ileti_client.__file__, ileti_client.__version__)")],
        capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)
    assert said.stdout.split() == [str(tmp_path / "site" / "ileti_client" / "__init__.py"), "0.1.0"]
    assert (tmp_path / "site" / "ileti_client" / "py.typed").exists()
    assert (tmp_path / "site" / "ileti_client" / "_sync" / "client.py").exists()
