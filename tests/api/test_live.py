"""A real web server: long bodies in little memory, refusals before the body, kill -9 in between."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from config import settings
from ileti.core import clock, db
from ileti.imports import runs
from ileti.imports.arriving import LEASE_SECONDS
from ileti.imports.files import PART_BYTES
from ileti.programs import keys
from tests.imports.import_house import STATEMENT

from .api_house import Program, Server, account, basic, ndjson, work

MB = 1_000_000


@pytest.fixture(scope="module")
def one_server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("web"))
    yield made
    made.stop()


@pytest.fixture
def server(one_server: Server) -> Server:
    """It runs, whatever a test before did to it."""
    if one_server.process is None or one_server.process.poll() is not None:
        one_server.start(**OPEN)
    return one_server


#: a test calls as often as it likes
OPEN = {"API_REQUESTS_PER_SECOND": "10000"}


class Http:
    """One connection of a program to the live server."""

    def __init__(self, server: Server, login: tuple[str, str]) -> None:
        self.server, self.login = server, login

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            line.request(method, f"/api/v1/imports{path}", body, {
                "Authorization": basic(self.login), **{
                    name.replace("_", "-"): value for name, value in headers.items()}})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        except (BrokenPipeError, ConnectionResetError):
            return 0, {"code": "refused_unread"}  # it was answered before all was sent
        finally:
            line.close()


def asked(place: Any, **more: Any) -> str:
    return "?" + urlencode({"brand": place.brand_code, **STATEMENT, **more})


def pieces(total: int) -> Iterator[bytes]:
    """Bytes of a list, as a program reads them off its database."""
    block = ndjson(8_000)
    for _ in range(total // len(block)):
        yield block


class Memory:
    """The most memory the answering processes had while it was watched, above what they had."""

    def __init__(self, server: Server) -> None:
        self._workers = list(server.workers())

    def __enter__(self) -> Memory:
        self._over = threading.Event()
        self._before = self._now()
        self.most = 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _now(self) -> int:
        return sum(one.memory_info().rss for one in self._workers)

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, self._now() - self._before)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.slow
def test_two_hundred_megabytes_come_in_little_memory_and_never_in_clear(
        server: Server, place: Any) -> None:
    program = Http(server, account(place))
    assert program.call("POST", asked(place), ndjson(10), Idempotency_Key="warm")[0] == 201
    size = sum(len(piece) for piece in pieces(200 * MB))
    with Memory(server) as memory:
        status, made = program.call("POST", asked(place), pieces(200 * MB),
                                    Idempotency_Key="gece")
    assert (status, made["state"], made["size"]) == (202, "uploading", size)
    assert memory.most < 60 * MB, memory.most
    status, done = program.call("POST", f"/{made['id']}/complete",
                                json.dumps({"size": size, "sha256": made["sha256"]}))
    assert (status, done["state"], done["size"]) == (200, "checking", size)
    folder = settings().import_folder / runs.read_run(made["id"]).path
    for part in list(folder.iterdir())[:3]:
        assert b"+90599" not in part.read_bytes()
    runs.cancel(made["id"])


def test_a_wrong_login_costs_the_server_no_body(server: Server, place: Any) -> None:
    for headers in ("", "Authorization: Bearer x\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
            line.sendall(f"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\n{headers}"
                         "Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n".encode())
            said = line.recv(4096)
        assert said.startswith(b"HTTP/1.1 401 "), "no 100 Continue: nothing is asked for"


def begun(server: Server, login: tuple[str, str], place: Any, data: bytes,
          sent: int) -> socket.socket:
    """An upload of which so many bytes are on their way; more never come."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    line.sendall((f"POST /api/v1/imports{asked(place, apply='all')} HTTP/1.1\r\nHost: x\r\n"
                  f"Authorization: {basic(login)}\r\nIdempotency-Key: gece\r\n"
                  f"Content-Length: {len(data)}\r\n\r\n").encode())
    line.sendall(data[:sent])
    return line


def wait_for_parts(run: int, count: int) -> None:
    until = time.monotonic() + 20
    while len(runs.read_run(run).file.parts()) < count and time.monotonic() < until:
        time.sleep(0.05)
    assert len(runs.read_run(run).file.parts()) == count


def run_of(place: Any) -> int:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        row = db.connection().execute("select id from import_run where provider_id = %s",
                                      [place.provider_id]).fetchone()
        if row:
            return int(row[0])
        time.sleep(0.05)
    raise AssertionError("no import was begun")


def let_the_lease_run_out(run: int) -> None:
    """The dead sender's place is kept for less than half a minute; the test lets that pass at once.
    """
    row = db.connection().execute(
        "select next_at <= now() + make_interval(secs => %s) from import_run where id = %s",
        (LEASE_SECONDS, run)).fetchone()
    assert row == (True,)
    db.connection().execute("update import_run set next_at = now() where id = %s", [run])


@pytest.mark.slow
@pytest.mark.parametrize("way", ["parts", "again"])
def test_kill_9_in_the_middle_of_an_upload_and_on_it_goes(server: Server, place: Any,
                                                          way: str) -> None:
    login, data = account(place), ndjson(150_000)
    assert 2 * PART_BYTES + 500_000 < len(data) < 3 * PART_BYTES
    line = begun(server, login, place, data, 2 * PART_BYTES + 500_000)
    run = run_of(place)
    wait_for_parts(run, 2)
    server.kill()
    line.close()
    server.start(**OPEN)
    program = Http(server, login)
    assert program.call("GET", f"/{run}")[1]["state"] == "uploading"

    def persistently(*call: Any, **headers: str) -> Any:
        """As a program does: it waits as long as it is told to."""
        for _ in range(20):
            status, body = program.call(*call, **headers)
            if body.get("code") not in ("upload_going_on", "refused_unread"):
                return status, body
            let_the_lease_run_out(run)
            time.sleep(0.1)
        raise AssertionError("the dead sender's place was never given up")

    if way == "again":
        status, done = persistently("POST", asked(place, apply="all"), data,
                                    Idempotency_Key="gece")
    else:
        here = program.call("GET", f"/{run}/parts")[1]
        assert here == {"partBytes": PART_BYTES, "parts": [
            {"number": 1, "size": PART_BYTES}, {"number": 2, "size": PART_BYTES}]}
        assert persistently("PUT", f"/{run}/parts/3", data[2 * PART_BYTES:])[0] == 200
        status, done = program.call("POST", f"/{run}/complete", json.dumps({"size": len(data)}))
    assert (status, done["id"], done["state"]) == (200, run, "checking")
    assert b"".join(runs.read_run(run).file.read()) == data
    runs.cancel(run)


def test_two_sendings_at_once_under_one_key_are_one_import(server: Server, place: Any) -> None:
    login, data = account(place), ndjson(30_000)
    answers: list[tuple[int, Any]] = []

    def send() -> None:
        program = Http(server, login)
        for _ in range(30):
            found = program.call("POST", asked(place, apply="all"), data, Idempotency_Key="gece")
            if found[0] not in (0, 409):
                answers.append(found)
                return
            time.sleep(0.2)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {status for status, _ in answers} <= {200, 201}
    assert len(answers) == 2
    run, = {body["id"] for _, body in answers}
    assert b"".join(runs.read_run(run).file.read()) == data
    work(run)
    row = db.connection().execute(
        "select count(*) from consent_entry where provider_id = %s", [place.provider_id]).fetchone()
    assert row is not None
    assert row[0] == 30_000


def test_a_broken_connection_leaves_whole_parts_and_frees_its_place(server: Server,
                                                                    place: Any) -> None:
    login, data = account(place), ndjson(1_000)
    for _ in range(5):
        begun(server, login, place, data, 1_000).close()
    program, until = Http(server, login), time.monotonic() + 20
    while time.monotonic() < until:
        status, done = program.call("POST", asked(place, apply="all"), data,
                                    Idempotency_Key="gece")
        if status == 200:
            break
        time.sleep(0.2)
    assert (status, done["state"]) == (200, "checking")


@pytest.mark.slow
def test_a_report_is_sent_in_little_memory_and_may_be_broken_off(server: Server,
                                                                 place: Any) -> None:
    login = account(place)
    run = Program(place, login).bring(ndjson(20_000)).json["id"]
    work(run)
    program = Http(server, login)
    assert program.call("GET", "")[0] == 200
    with Memory(server) as memory:
        for _ in range(4):  # more than there are places
            line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            line.request("GET", f"/api/v1/imports/{run}/report", headers={
                "Authorization": basic(login), "Accept": "application/x-ndjson"})
            answer = line.getresponse()
            assert answer.status == 200, answer.read()
            answer.read(1_000)
            line.close()
            time.sleep(0.5)
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        line.request("GET", f"/api/v1/imports/{run}/report", headers={
            "Authorization": basic(login), "Accept": "application/x-ndjson"})
        whole = line.getresponse().read()
    assert len(whole.splitlines()) == 20_000
    assert memory.most < 60 * MB, memory.most


def test_a_key_is_rotated_under_load_without_a_failed_call(server: Server, place: Any) -> None:
    """Make the new one, move the program, end the old one: as the account's page says."""
    name, first = account(place, brings=False, scopes=["consents:write"])
    number = db.connection().execute(
        "select id from api_account where username = %s", [name]).fetchone()[0]
    using, ended = [first], threading.Event()
    answers: list[tuple[str, int, int]] = []

    def work_on(worker: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        count = 0
        while not ended.is_set():
            count += 1
            key = using[-1]
            line.request("POST", "/api/v1/consents", json.dumps({
                "address": f"+90599{worker:03d}{count:04d}", "channel": "MESAJ", "status": "RET",
                "source": "HS_WEB", "consentDate": clock.now().isoformat()}), {
                "Authorization": f"Bearer {key}", "Idempotency-Key": f"{worker}-{count}"})
            answer = line.getresponse()
            answer.read()
            answers.append((key, answer.status, worker))
        line.close()

    def until_all_use(key: str) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end and len(
                {worker for one, _, worker in answers if one == key}) < len(workers):
            time.sleep(0.02)

    workers = [threading.Thread(target=work_on, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    until_all_use(first)
    for _ in range(3):
        using.append(keys.make(db.connection(), place.provider_id, number).text)
        until_all_use(using[-1])
        old = keys.prefix_of(using[-2])
        keys.end(db.connection(), db.connection().execute(
            "select id from api_key where prefix = %s", [old]).fetchone()[0])
    until_all_use(using[-1])
    ended.set()
    for worker in workers:
        worker.join(30)
    assert {status for _, status, _ in answers} == {201}
    assert {key for key, _, _ in answers} == set(using)
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request("GET", "/api/v1/imports", headers={"Authorization": f"Bearer {first}"})
    assert line.getresponse().status == 401, "the old one opens nothing"
