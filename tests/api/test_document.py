"""What the document tells of imports is what the application does: routes, statuses, fields."""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import psycopg
import pytest

import config
from ileti.api import document as chapter
from ileti.api.chapters import CHAPTERS
from ileti.api.endpoints import ROUTES
from ileti.capture.api_document import add_chapter, document
from ileti.core import db
from ileti.imports import arriving, remap, runs
from ileti.imports.asked import FIELDS
from tests.imports.import_house import STATEMENT

from .api_house import Program, account, digest, ndjson, work

for _chapter in CHAPTERS:  # all, and in their order: whoever is loaded later writes types from it
    add_chapter(_chapter)
DOCUMENT = document("en", "http://localhost")
CASES = [(one.name, int(status)) for one in chapter.OPERATIONS
         for status in DOCUMENT["paths"][one.path][one.method]["responses"]]
BY_NAME = {one.name: one for one in chapter.OPERATIONS}
Scene = Callable[[Program, pytest.MonkeyPatch], Any]
SCENES: dict[tuple[str, int], Scene] = {}


def closed(schema: Any) -> Any:
    """The same schema taking no field it does not name: what we answer must all be documented."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    if made.get("type") == "object" and "properties" in made:
        made["additionalProperties"] = False
    return made


def check(value: Any, schema: Any, *, opened: bool = False) -> None:
    kept = DOCUMENT["components"] if opened else closed(DOCUMENT["components"])
    whole = copy.deepcopy(schema) | {"components": kept}
    jsonschema.Draft202012Validator(
        whole, format_checker=jsonschema.FormatChecker()).validate(value)


def test_every_route_is_documented_and_no_other() -> None:
    assert {(method.lower(), path) for method, path, *_ in ROUTES} == {
        (one.method, one.path) for told in CHAPTERS for one in told.operations}


def test_every_field_of_a_description_is_documented() -> None:
    assert set(chapter.FIELDS) == {*FIELDS, "brand"}
    assert set(chapter.MAPPING_FIELDS) == set(remap.FIELDS)


@pytest.mark.parametrize("name", sorted(chapter.EXAMPLES))
def test_every_example_is_what_its_schema_says(name: str) -> None:
    check(chapter.EXAMPLES[name], {"$ref": f"#/components/schemas/{name}"})


def test_the_documented_description_is_taken(program: Program) -> None:
    example = chapter.EXAMPLES["ImportIn"] | {"brand": program.place.brand_code}
    assert program.describe(**example).status_code == 201


@pytest.mark.parametrize(("query", "word"), [("", "Liste getir"), ("?lang=en", "Bring a list")])
def test_the_page_tells_of_it_in_both_languages(app: Any, query: str, word: str) -> None:
    page = app.test_client().get(f"/api{query}").text
    assert word in page
    assert 'id="createImport"' in page
    assert 'id="ImportIn"' in page
    assert all(f"<code>{name}</code>" in page for name in chapter.FIELDS)


# -- every status ----------------------------------------------------------------------------------


def path_of(name: str, run: int) -> str:
    return BY_NAME[name].path.removeprefix("/api/v1/imports").replace("{id}", str(run)).replace(
        "{n}", "1")


def ask(program: Program, name: str, run: int = 1, **more: Any) -> Any:
    method = BY_NAME[name].method.upper()
    if name == "createImport":
        return program.bring(more.pop("data", ndjson(1)), **more)
    if method != "GET":
        more.setdefault("data", b'{"kind": "take_back"}' if name == "undoImport" else (
            ndjson(1) if name == "putPart" else b""))
    return program.call(method, path_of(name, run), **more)


def fresh(program: Program, name: str) -> int:
    """An import in a state in which the call is fine."""
    if name in ("listParts", "putPart", "completeImport"):
        run = int(program.describe(apply="none").json["id"])
        program.put(run, 1, ndjson(3))
        return run
    run = int(program.bring(ndjson(3)).json["id"])
    work(run)
    if name in ("pauseImport", "resumeImport"):
        runs.ask_apply(run, by=None)
    if name == "resumeImport":
        runs.pause(run)
    if name in ("previewUndo", "undoImport"):
        runs.ask_apply(run, by=None)
        work(run)
    return run


def scene(name: str, status: int) -> Callable[[Scene], Scene]:
    def keep(act: Scene) -> Scene:
        SCENES[name, status] = act
        return act
    return keep


def _every(name: str) -> None:
    """What each call answers in the same way."""

    @scene(name, 401)
    def stranger(program: Program, _: Any) -> Any:
        return ask(program, name, headers={"Authorization": "Bearer x"})

    @scene(name, 403)
    def no_right(program: Program, _: Any) -> Any:
        return ask(Program(program.place, account(program.place, brings=False)), name)

    @scene(name, 404)
    def not_there(program: Program, _: Any) -> Any:
        more = {"brand": 1} if name == "createImport" else {}
        return ask(program, name, 2**40, **more)

    @scene(name, 429)
    def too_often(program: Program, patch: pytest.MonkeyPatch) -> Any:
        patch.setattr(config.settings(), "api_requests_per_second", 0)
        return ask(program, name)

    @scene(name, 500)
    def fault(program: Program, patch: pytest.MonkeyPatch) -> Any:
        patch.setattr("ileti.api.desk.pace.count", fail(RuntimeError()))
        return ask(program, name)

    @scene(name, 503)
    def away(program: Program, patch: pytest.MonkeyPatch) -> Any:
        patch.setattr("ileti.api.desk.pace.count", fail(psycopg.OperationalError()))
        return ask(program, name)

    @scene(name, 200)
    def good(program: Program, _: Any) -> Any:
        more = {"data": ndjson(3)} if name == "createImport" else {}
        return ask(program, name, fresh(program, name), **more)


def fail(error: Exception) -> Any:
    def act(*_: Any, **__: Any) -> None:
        raise error
    return act


for _name in BY_NAME:
    _every(_name)


@scene("createImport", 201)
def _made(program: Program, _: Any) -> Any:
    return program.bring(ndjson(1))


@scene("createImport", 202)
def _unconfirmed(program: Program, _: Any) -> Any:
    return program.call("POST", query=STATEMENT, stream=io.BytesIO(ndjson(1)),
                        headers={"Idempotency-Key": "k"})


@scene("createImport", 400)
def _no_list(program: Program, _: Any) -> Any:
    return program.bring(b"%PDF")


@scene("createImport", 408)
def _slow(program: Program, patch: pytest.MonkeyPatch) -> Any:
    patch.setattr(arriving, "receive", fail(__import__(
        "ileti.api.receiving", fromlist=["TooSlow"]).TooSlow()))
    return program.bring(ndjson(1))


@scene("createImport", 409)
def _other(program: Program, _: Any) -> Any:
    program.bring(ndjson(1))
    return program.bring(ndjson(2))


@scene("createImport", 413)
def _large(program: Program, _: Any) -> Any:
    return program.call("POST", query=STATEMENT, stream=io.BytesIO(), length=10**12,
                        headers={"Idempotency-Key": "k"})


@scene("createImport", 422)
def _wrong(program: Program, _: Any) -> Any:
    return program.bring(ndjson(1), origin="friends")


@scene("listImports", 422)
def _wrong_page(program: Program, _: Any) -> Any:
    return program.call("GET", query={"limit": 0})


@scene("putPart", 400)
def _no_number(program: Program, _: Any) -> Any:
    run = fresh(program, "putPart")
    return program.call("PUT", f"/{run}/parts/0", data=b"x")


@scene("putPart", 408)
def _slow_part(program: Program, patch: pytest.MonkeyPatch) -> Any:
    from ileti.api.receiving import TooSlow

    patch.setattr(arriving, "add_part", fail(TooSlow()))
    return ask(program, "putPart", fresh(program, "putPart"))


@scene("putPart", 409)
def _late_part(program: Program, _: Any) -> Any:
    return ask(program, "putPart", program.bring(ndjson(1)).json["id"])


@scene("putPart", 413)
def _large_part(program: Program, _: Any) -> Any:
    return program.put(fresh(program, "putPart"), 1, b"x" * (8_388_608 + 1))


@scene("putPart", 422)
def _other_part(program: Program, _: Any) -> Any:
    return program.put(fresh(program, "putPart"), 1, b"x", **{"Content-Digest": digest(b"y")})


@scene("completeImport", 400)
def _no_parts(program: Program, _: Any) -> Any:
    return program.do(program.describe().json["id"], "complete")


@scene("completeImport", 409)
def _half(program: Program, _: Any) -> Any:
    return program.do(fresh(program, "completeImport"), "complete", json={"size": 7})


@scene("completeImport", 422)
def _odd(program: Program, _: Any) -> Any:
    return program.do(fresh(program, "completeImport"), "complete", json={"size": "7"})


@scene("showMapping", 409)
def _no_file(program: Program, _: Any) -> Any:
    return ask(program, "showMapping", program.describe().json["id"])


@scene("putMapping", 400)
def _no_table(program: Program, _: Any) -> Any:
    run = program.bring(b"%PDF").json["import"]
    return program.call("PUT", f"/{run}/mapping", json={})


@scene("putMapping", 409)
def _past(program: Program, _: Any) -> Any:
    run = program.bring(ndjson(1)).json["id"]
    return program.call("PUT", f"/{run}/mapping", json={"status": "RET"})


@scene("putMapping", 412)
def _seen_before(program: Program, _: Any) -> Any:
    return program.call("PUT", f"/{fresh(program, 'putMapping')}/mapping", json={},
                        headers={"If-Match": '"eski"'})


@scene("putMapping", 413)
def _long_mapping(program: Program, _: Any) -> Any:
    return program.call("PUT", f"/{fresh(program, 'putMapping')}/mapping", data=b" " * 70_000)


@scene("putMapping", 422)
def _no_column(program: Program, _: Any) -> Any:
    return program.call("PUT", f"/{fresh(program, 'putMapping')}/mapping",
                        json={"columns": {"phone": "yok"}})


@scene("importReport", 409)
def _untried(program: Program, _: Any) -> Any:
    return ask(program, "importReport", program.bring(ndjson(1)).json["id"])


@scene("importReport", 410)
def _gone(program: Program, _: Any) -> Any:
    run = fresh(program, "importReport")
    db.connection().execute("update import_run set stage = null where id = %s", [run])
    return ask(program, "importReport", run)


@scene("importReport", 422)
def _odd_rows(program: Program, _: Any) -> Any:
    return ask(program, "importReport", fresh(program, "importReport"), query={"rows": "x"})


@scene("undoImport", 422)
def _no_way(program: Program, _: Any) -> Any:
    return program.do(fresh(program, "undoImport"), "undo", json={})


def _too_early(name: str) -> None:
    @scene(name, 409)
    def early(program: Program, _: Any) -> Any:
        run = program.bring(ndjson(1)).json["id"]
        if name == "cancelImport":
            db.connection().execute("update import_run set state = 11 where id = %s", [run])
        return ask(program, name, run)


for _name in ("applyImport", "pauseImport", "resumeImport", "cancelImport", "previewUndo",
              "undoImport"):
    _too_early(_name)


@pytest.mark.parametrize(("name", "status"), CASES)
def test_every_documented_status_is_really_answered(
        program: Program, monkeypatch: pytest.MonkeyPatch, name: str, status: int) -> None:
    answer = SCENES[name, status](program, monkeypatch)
    assert answer.status_code == status, answer.text
    said = DOCUMENT["paths"][BY_NAME[name].path][BY_NAME[name].method]["responses"][str(status)]
    assert answer.mimetype in said["content"]
    content = said["content"][answer.mimetype]
    if "schema" in content:
        check(json.loads(answer.data), content["schema"], opened=status >= 400)
    if status >= 400:
        codes = set(re.findall(r"`(\w+)`", said["description"]))
        assert answer.json["code"] in codes, "the document names the code"
    answer.close()  # a report's place is given back then, as the server does


def test_every_code_that_can_be_raised_is_documented() -> None:
    """Codes stand in the sources as words; each must be told of, or be somebody else's."""
    told = {code for words in chapter.FAULTS.values() for code in re.findall(r"`(\w+)`", words[1])}
    told |= {"wrong_method", "no_such_address"}  # no status of an operation
    raised: set[str] = set()
    for name in ("api/imports.py", "api/mapping.py", "api/desk.py", "api/receiving.py",
                 "api/slots.py", "imports/arriving.py", "imports/asked.py", "imports/quota.py"):
        text = (config.ROOT / "ileti" / name).read_text()
        raised |= set(re.findall(r'\bcode\s*=\s*"(\w+)"', text))
    assert raised <= told
