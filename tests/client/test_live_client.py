"""The Python client against a running server: both halves, through faults, never twice."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ileti_client import (
    AsyncClient,
    BatchInterrupted,
    Changed,
    Client,
    ClientCredentials,
    Conflict,
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFound,
    NotReached,
    Options,
    Signature,
    StorageAway,
    TokenRefused,
    about,
)

from ileti.core import clock, db
from ileti.imports import runs
from ileti.imports.files import PART_BYTES
from ileti.programs import accounts
from ileti.programs.scopes import SCOPES
from ileti.webhooks import signing
from tests.api.api_house import Server, account, ndjson, work
from tests.evidence.sealed_house import seal_all
from tests.fields.house import define
from tests.imports.import_house import STATEMENT
from tests.reports.house import counted

from .client_house import QUICK, Line, Speaker, run_apart
from .conftest import PER_SECOND

CLIENT = Path(__file__).resolve().parents[2] / "client"
EVERY = [one.key for one in SCOPES]
Speakers = Callable[..., Speaker]
# One half is written from the other: both are tried where waiting differs, else one of them.
BOTH = pytest.mark.parametrize("kind", ["sync", "async"])
SYNC = pytest.mark.parametrize("kind", ["sync"])
ASYNC = pytest.mark.parametrize("kind", ["async"])


def key_of(place: Any, **more: Any) -> str:
    return account(place, scopes=EVERY, brings=False, **more)[1]


def choice(n: int = 0, **more: Any) -> dict[str, Any]:
    return {"address": f"0599 {n // 10_000:03} {n // 100 % 100:02} {n % 100:02}",
            "channel": "MESAJ", "status": "ONAY", "source": "HS_WEB",
            "consentDate": clock.now() - timedelta(minutes=1)} | more


def count(place: Any) -> int:
    row = db.connection().execute("select count(*) from consent_entry where provider_id = %s",
                                  [place.provider_id]).fetchone()
    assert row is not None
    return int(row[0])


# -- recorded once ---------------------------------------------------------------------------------


@BOTH
def test_a_choice_is_recorded_and_the_same_key_tells_the_same_again(
        server: Server, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, server.base, key_of(place))
    consent = choice()
    first = say(lambda c: c.consents.take(idempotency_key="k-1", **consent))
    again = say(lambda c: c.consents.take(idempotency_key="k-1", **consent))
    assert first["outcome"] == "RECORDED"
    assert first == again
    assert (about(first).replayed, about(again).replayed) == (False, True)
    assert about(first).rate_limit.limit == PER_SECOND
    shown = say(lambda c: c.consents.show(first["record"], addresses="full"))
    assert (shown["address"], shown["status"]) == ("+905990000000", "ONAY")
    assert count(place) == 1


@BOTH
@pytest.mark.parametrize("fault", ["lose", "cut"])
def test_a_line_that_breaks_after_the_deed_gives_the_same_receipt_and_one_entry(
        line: Line, server: Server, place: Any, speaker: Speakers, kind: str, fault: str) -> None:
    line.faults.extend([fault, fault])
    key = key_of(place)
    consent = choice()
    done = speaker(kind, line.base, key)(lambda c: c.consents.take(**consent))
    assert len({headers["Idempotency-Key"] for _, _, headers in line.seen}) == 1
    assert (about(done).attempts, about(done).replayed) == (3, True)
    mine = about(done).idempotency_key
    straight = speaker(kind, server.base, key)(
        lambda c: c.consents.take(idempotency_key=mine, **consent))
    assert straight["receipt"] == done["receipt"]
    assert count(place) == 1


@ASYNC
def test_a_long_list_goes_in_calls_of_a_thousand_and_each_item_is_told(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    line.faults.extend(["lose", None, 503])
    items = [choice(n) for n in range(1_020)]
    items[3]["address"] = "0599"
    items[1_010]["channel"] = "EPOSTA"
    say = speaker(kind, line.base, key_of(place))
    done = say(lambda c: c.consents.take_many(items, brand=place.brand_code))
    assert (done.recorded, len(done.receipts), done.count) == (1_018, 2, 1_020)
    assert [(one.index, one.errors[0].field) for one in done.refused] == [
        (3, "address"), (1_010, "address")]
    assert [one.index for one in done.results] == list(range(1_020))
    assert done.replayed
    assert count(place) == 1_018


@SYNC
def test_a_list_that_stopped_tells_where_and_goes_on_without_recording_twice(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    items = [choice(n) for n in range(1_010)]
    line.faults.extend([None, 503, 503, 503, 503, 503])
    say = speaker(kind, line.base, key_of(place))
    with pytest.raises(BatchInterrupted) as stopped:
        say(lambda c: c.consents.take_many(items, idempotency_key="night"))
    told = stopped.value
    assert isinstance(told.reason, StorageAway)
    assert (told.index, told.done.recorded, told.idempotency_key) == (1_000, 1_000, "night")
    found = say(lambda c: c.consents.take_each(items, idempotency_key="night"))
    assert sum(one.recorded for one in found) == 1_010
    assert count(place) == 1_010


# -- faults ----------------------------------------------------------------------------------------


@BOTH
def test_whoever_calls_too_often_waits_as_the_server_says_and_loses_nothing(
        server: Server, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, server.base, key_of(place))
    pages: list[Any] = []

    async def at_once(client: Any) -> list[Any]:
        return await asyncio.gather(*(client.brands.list().first()
                                      for _ in range(PER_SECOND + 10)))

    if kind == "async":
        pages = say(at_once)
    else:
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: say.client.brands.list().first(),
                                  range(PER_SECOND + 10)))
    assert [one.items[0]["brand"] for one in pages] == [place.brand_code] * (PER_SECOND + 10)


@BOTH
def test_a_server_that_is_away_is_asked_again_within_the_time_of_the_call_only(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    key = key_of(place)
    line.faults.extend([503, 503])
    assert about(speaker(kind, line.base, key)(lambda c: c.iys.state())).attempts == 3
    line.faults.append(503)
    line.retry_after = "30"
    with pytest.raises(StorageAway) as away:
        speaker(kind, line.base, key)(lambda c: c.iys.state())
    assert away.value.retry_after == 30
    assert line.paths("/iys/state") == 4


@ASYNC
def test_what_is_wrong_is_told_as_one_tree_in_the_callers_language(
        server: Server, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, server.base, key_of(place))
    with pytest.raises(InvalidInput) as wrong:
        say(lambda c: c.consents.take(**choice(address="0599", status="BELKI")))
    assert wrong.value.code == "invalid_input"
    assert {one.field for one in wrong.value.errors} == {"address", "status"}
    assert wrong.value.service == "takeConsent"
    first = choice(1)
    say(lambda c: c.consents.take(idempotency_key="k", **first))
    with pytest.raises(KeyReused):
        say(lambda c: c.consents.take(idempotency_key="k", **choice(2)))
    with pytest.raises(NotFound) as missing:
        say(lambda c: c.with_options(language="tr").dealers.show(2_000_000_000))
    assert missing.value.detail == "Böyle bir bayi yok."
    with pytest.raises(NotAllowed) as lacking:
        speaker(kind, server.base, account(place)[1])(lambda c: c.brands.list())
    assert lacking.value.extra["scope"] == "brands:read"


@SYNC
def test_a_dealer_is_changed_only_in_the_state_that_was_read(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, line.base, key_of(place), Options(
        language="en", first_pause=0.01, etags=10))
    made = say(lambda c: c.dealers.add(
        title="Akasya Ltd.", name="Ayşe Örnek", tckn="10000000146", tin="1234567890",
        townCode="400", retailerCode=20_000_001))
    read = [say(lambda c: c.dealers.show(made["id"])) for _ in range(2)]
    assert [about(one).status for one in read] == [200, 304]
    assert read[0] == read[1]
    etag = about(read[0]).etag
    now = say(lambda c: c.dealers.change(made["id"], if_match=etag, status="passive"))
    assert now["status"] == "passive"
    with pytest.raises(Changed):
        say(lambda c: c.dealers.change(made["id"], if_match=etag, status="active"))
    assert say(lambda c: c.dealers.show(made["id"]))["status"] == "passive"
    with pytest.raises(Conflict) as there:
        say(lambda c: c.dealers.add(
            title="B Ltd.", name="B", tckn="10000000146", tin="1234567890", townCode="400",
            retailerCode=20_000_001))
    assert there.value.code == "dealer_exists"


# -- who calls -------------------------------------------------------------------------------------


@BOTH
def test_one_token_serves_all_who_wait_for_it_and_an_ended_one_is_renewed_once(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    login = account(place, scopes=EVERY, brings=False)
    say = speaker(kind, line.base, ClientCredentials(*login, scopes=("brands:read",)))

    def many() -> None:
        async def at_once(client: Any) -> Any:
            return await asyncio.gather(*(client.brands.list().first() for _ in range(6)))

        if kind == "async":
            say(at_once)
        else:
            with ThreadPoolExecutor(6) as pool:
                list(pool.map(lambda _: say.client.brands.list().first(), range(6)))

    many()
    assert line.paths("/oauth2/token") == 1
    say.client._transport._tokens.text = ended(login)
    many()
    assert line.paths("/oauth2/token") == 2
    with pytest.raises(TokenRefused) as refused:
        speaker(kind, line.base, ClientCredentials(login[0], "ilt_wrong"))(lambda c: c.iys.state())
    assert refused.value.code == "invalid_client"


def ended(login: tuple[str, str]) -> str:
    """A token of this account whose fifteen minutes are over."""
    caller = accounts.caller_by_key(login[1])
    assert caller is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "BEARER_SECONDS", -60)
        return accounts.bearer(caller, caller.scopes)


@SYNC
def test_a_key_that_stays_at_home_signs_each_attempt_anew(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    key = key_of(place)
    db.connection().execute("update api_account set signs = true where provider_id = %s",
                            [place.provider_id])
    say = speaker(kind, line.base, Signature(key))
    line.faults.append("lose")
    done = say(lambda c: c.consents.take(**choice(7)))
    assert (about(done).attempts, count(place)) == (2, 1)
    found = say(lambda c: c.consents.list(channel=["MESAJ", "EPOSTA"], since=clock.today()))
    assert [one["record"] for one in found] == [done["record"]]
    said = [headers["Authorization"] for _, _, headers in line.seen]
    assert len(set(said)) == 3
    assert not any(key[15:] in one for one in said)
    with pytest.raises(NotAllowed, match="signature_needed"):
        speaker(kind, line.base, key)(lambda c: c.iys.state())


# -- many at a time --------------------------------------------------------------------------------


def test_threads_share_a_client_and_each_gets_its_own_answer(server: Server, place: Any) -> None:
    with Client(server.base, key_of(place), options=QUICK) as client:
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda n: client.consents.take(**choice(n)), range(12)))
        found = client.consents.status(addresses=[choice(n)["address"] for n in range(12)])
    assert len({one["receipt"] for one in made}) == 12
    assert [one["index"] for one in found["results"]] == list(range(12))
    assert count(place) == 12


def test_tasks_share_a_client_and_each_gets_its_own_answer(server: Server, place: Any) -> None:
    async def all_of_it() -> list[Any]:
        async with AsyncClient(server.base, key_of(place), options=QUICK) as client:
            return await asyncio.gather(*(client.consents.take(**choice(n)) for n in range(12)))

    made = run_apart(all_of_it())
    assert len({one["record"] for one in made}) == 12
    assert count(place) == 12


# -- lists and files -------------------------------------------------------------------------------


@SYNC
def test_a_list_is_read_to_its_end_over_many_pages(
        line: Line, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, line.base, key_of(place))
    say(lambda c: c.consents.take_many([choice(n) for n in range(7)]))
    found = say(lambda c: c.consents.list(limit=3, brand=place.brand_code))
    assert len({one["record"] for one in found}) == 7
    pages = [path for _, path, _ in line.seen if path.startswith("/api/v1/consents?")]
    assert len(pages) == 3
    assert all(one["address"].startswith("+90 5") or "•" in one["address"] for one in found)


def test_a_file_proves_a_record_and_its_bundle_comes_whole_or_not_at_all(
        line: Line, place: Any, speaker: Speakers, tmp_path: Path) -> None:
    says = [speaker(kind, line.base, key_of(place)) for kind in ("sync", "async")]
    done = says[0](lambda c: c.consents.take(**choice(9)))
    form = tmp_path / "form.txt"
    form.write_text("Onay veriyorum.")
    for say in says:
        kept = say(lambda c: c.proofs.add(form, record=done["record"], role="DOCUMENT",
                                          media_type="text/plain"))
        assert (kept["records"], kept["file"]["size"]) == ([done["record"]], 15)
        with pytest.raises(Conflict) as waits:
            say(lambda c: c.consents.proof(done["record"]).read())
        assert waits.value.code == "not_sealed_yet"
    seal_all()
    form.unlink()
    line.faults.extend(["cut"])
    with pytest.raises(NotReached):
        says[0](lambda c: c.consents.proof(done["record"]).save(tmp_path))
    assert list(tmp_path.iterdir()) == []
    path = says[1](lambda c: c.consents.proof(done["record"]).save(tmp_path))
    assert "verify.py" in " ".join(zipfile.ZipFile(path).namelist())


@SYNC
def test_a_list_is_brought_followed_reported_and_applied(
        line: Line, place: Any, speaker: Speakers, kind: str, tmp_path: Path) -> None:
    say = speaker(kind, line.base, key_of(place))
    file = tmp_path / "crm.ndjson"
    file.write_bytes(ndjson(5))
    line.faults.append("lose")
    made = say(lambda c: c.imports.upload(file, brand=place.brand_code, **STATEMENT))
    assert (made["name"], made["state"]) == ("crm.ndjson", "checking")
    work(made["id"])
    seen = say(lambda c: c.imports.wait(made["id"], every=0.05, total=10))
    assert (seen["state"], seen["counts"]["taken"]) == ("checked", 5)
    line.faults.append("cut")
    with pytest.raises(NotReached):
        say(lambda c: c.imports.report(made["id"], form="ndjson").save(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["crm.ndjson"]
    path = say(lambda c: c.imports.report(made["id"], form="ndjson").save(tmp_path))
    assert path.name == f"import-{made['id']}.ndjson"
    assert len([json.loads(one) for one in path.read_text().splitlines()]) == 5
    say(lambda c: c.imports.apply(made["id"]))
    work(made["id"])
    assert [one["state"] for one in say(lambda c: c.imports.list(limit=1))] == ["applied"]
    assert count(place) == 5


@ASYNC
def test_a_long_list_goes_in_parts_and_goes_on_where_it_broke(
        line: Line, place: Any, speaker: Speakers, kind: str, monkeypatch: pytest.MonkeyPatch
        ) -> None:
    monkeypatch.setattr(f"ileti_client._{kind}.imports.WHOLE", 1_000)
    data = ndjson(1_000)
    data += b" " * (PART_BYTES - len(data)) + ndjson(10)
    say = speaker(kind, line.base, key_of(place))
    asked = {"brand": place.brand_code, "name": "crm", "idempotency_key": "gece", **STATEMENT}
    made = say(lambda c: c.imports.describe(**asked))
    say(lambda c: c.imports.put_part(made["id"], 1, data[:PART_BYTES]))
    line.faults.extend([None, None, "lose"])
    done = say(lambda c: c.imports.upload(data, **asked))
    assert (done["id"], done["state"], done["size"]) == (made["id"], "checking", len(data))
    assert [path.rpartition("/")[2] for verb, path, _ in line.seen if verb == "PUT"] == [
        "1", "2", "2"]
    runs.cancel(made["id"])


@BOTH
def test_pieces_that_come_once_are_sent_once_and_wait_to_be_confirmed(
        server: Server, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, server.base, key_of(place))
    made = say(lambda c: c.imports.create(iter([ndjson(2), ndjson(1, first=2)]),
                                          brand=place.brand_code, name="akış", **STATEMENT))
    assert (made["state"], about(made).status) == ("uploading", 202)
    done = say(lambda c: c.imports.complete(made["id"], sha256=made["sha256"]))
    assert (done["state"], done["size"]) == ("checking", len(ndjson(3)))
    runs.cancel(made["id"])


# -- the rest of it --------------------------------------------------------------------------------


@ASYNC
def test_every_room_answers(server: Server, place: Any, speaker: Speakers, kind: str) -> None:
    say = speaker(kind, server.base, key_of(place))
    address = choice(3)["address"]
    say(lambda c: c.consents.take(**choice(3)))
    assert len(say(lambda c: c.consents.history(address=address))["records"]) == 1
    states = say(lambda c: c.consents.at(address=address, at=clock.now()))["states"]
    assert [one["status"] for one in states] == ["ONAY"]
    request = say(lambda c: c.requests.add(
        way="EMAIL", receivedAt=clock.now() - timedelta(hours=1), rights=["LEARN"],
        wish="Hangi verilerim var?", person={"name": "Ayşe Örnek", "email": "ayse@ornek.com"}))
    assert say(lambda c: c.requests.show(request["number"])) == request
    for room in ("requests", "users", "dealers", "messages", "acts"):
        assert isinstance(say(lambda c, room=room: getattr(c, room).list()), list)
    assert say(lambda c: c.documents.on_show(at=clock.now())) == {"items": []}
    assert say(lambda c: c.iys.days(since="2026-01-01")) == []
    counted()
    assert say(lambda c: c.reports.consents(by="channel"))["consents"] == 1
    assert say(lambda c: c.iys.differences(place.brand_code, clock.today())) == []


def programs_of(name: str) -> list[str]:
    found = re.findall(r"```python\n(.*?)```", (CLIENT / name).read_text("utf-8"), re.S)
    assert len(found) == 8
    return found


@pytest.mark.slow
def test_the_examples_of_the_readme_do_what_they_say(
        server: Server, place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ILETI", server.base)
    monkeypatch.setenv("ILETI_KEY", key_of(place))
    Path("musteri.ndjson").write_bytes(ndjson(3))
    define(db.connection(), place, "customer_no", subject=1, searchable=True)
    known: dict[str, Any] = {}
    for program in programs_of("README.md"):
        if "consents.proof" in program:
            seal_all()
        with (worker(place) if "imports.wait" in program else nullcontext(),
              ThreadPoolExecutor(1) as apart):
            apart.submit(exec, compile(program, "README.md", "exec"), known).result()
    said = capsys.readouterr().out
    assert "MKB-" in said
    assert "9 were recorded" in said
    assert "NUMARA_EKSIK" in said
    assert "{'customer_no': 'TR-4711'}" in said
    assert count(place) == 1 + 9 + 3 + 3
    assert [one.suffix for one in tmp_path.iterdir() if one.name != "musteri.ndjson"] == [".xlsx"]
    headers = signing.headers("secret", "evt_1", int(time.time()), b'{"type":"x","data":{}}')
    assert known["receive"](headers, b'{"type":"x","data":{}}', "secret") == (204, "")
    assert known["receive"](headers, b'{"type":"y","data":{}}', "secret") == (
        400, "wrong_signature")


def test_the_turkish_readme_shows_the_same_programs() -> None:
    for english, turkish in zip(map(shape, programs_of("README.md")),
                                map(shape, programs_of("README.tr.md")), strict=True):
        assert english == turkish


def shape(program: str) -> str:
    """A program without its own names and words."""
    tree = ast.parse(program)
    for one in ast.walk(tree):
        if isinstance(one, ast.Name | ast.arg | ast.FunctionDef | ast.ExceptHandler):
            for field in ("id", "arg", "name"):
                if hasattr(one, field):
                    setattr(one, field, "own")
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and not re.fullmatch(
                r"[A-Z_]+|[a-z]{3,}", one.value):
            one.value = "words"
    return ast.dump(tree)


@contextmanager
def worker(place: Any) -> Iterator[None]:
    """What the workers do in the background for the imports of this place."""
    over = threading.Event()

    def drive() -> None:
        while not over.wait(0.1):
            once()
        db.connection().close()

    def once() -> None:
        for run, in db.connection().execute(
                "select id from import_run where provider_id = %s", [place.provider_id]).fetchall():
            work(run)

    thread = threading.Thread(target=drive)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        once()
