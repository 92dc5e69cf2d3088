"""The codes the document names are those the application answers, and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.api.chapters import CHAPTERS
from ileti.capture.api_document import document
from ileti.core import clock

from .api_house import Program, account

ROOT = Path(__file__).resolve().parents[2]
#: where an answer of ``/api/v1/`` may fail: the door's own rooms, and what they ask below
DOOR = [*sorted((ROOT / "ileti" / "api").glob("*.py")),
        *(ROOT / "ileti" / name for name in ("core/errors.py", "programs/signature.py",
                                             "consents/places.py", "consents/bundle.py"))]
#: codes of the tree that no service of the API is answered with by themselves: each has a child
#: that says more, or is a page's
ELSEWHERE = {"bad_request", "rule_broken", "not_allowed", "try_later", "outside_retryable",
             "outside_final"}
#: answered before a service is found, so no service documents them
BEFORE = {"wrong_method", "no_such_address"}
NAMED = re.compile(r"`([a-z_]{4,})`")


def raised(path: Path) -> Iterator[str]:
    """Codes that stand in a file: ``code="…"`` of a call, ``code = "…"`` of a class, OAuth's."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            for one in node.keywords:
                if one.arg == "code" and isinstance(one.value, ast.Constant):
                    yield str(one.value.value)
            name = getattr(node.func, "id", "")
            if name in ("_Refused", "_failed") and path.name == "identity.py":
                yield from (one.value for one in node.args if isinstance(one, ast.Constant)
                            and isinstance(one.value, str) and re.fullmatch("[a-z_]+", one.value))
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(
                        line.targets[0], "id", "") == "code" and isinstance(
                        line.value, ast.Constant):
                    yield str(line.value.value)


def told(number: int) -> set[str]:
    return {word for chapter in CHAPTERS for pair in chapter.faults.values()
            for word in NAMED.findall(pair[number])}


def test_every_code_the_door_can_answer_is_in_the_document() -> None:
    answered = {code for path in DOOR for code in raised(path)}
    assert "not_sealed_yet" in answered
    assert answered - ELSEWHERE - BEFORE - told(0) == set()


def test_the_document_names_no_code_that_nothing_answers() -> None:
    known = {code for path in (ROOT / "ileti").rglob("*.py") if "migrations" not in path.parts
             for code in raised(path)}
    granted = {"asking_not_granted", "imports_not_granted", "proofs_not_granted"}
    fields = {"errors", "scope", "columns", "import"}
    assert told(0) - known - granted - fields == set()


def test_both_languages_name_the_same_codes() -> None:
    assert told(0) == told(1)


def test_the_problem_schema_has_the_code_and_the_rule() -> None:
    problem = document("en", "http://localhost")["components"]["schemas"]["Problem"]
    assert "code" in problem["required"]
    assert set(problem["properties"]) >= {"code", "rule", "errors"}
    assert "rule" in problem["properties"]["errors"]["items"]["properties"]


def test_the_items_of_a_list_are_described(app: Any) -> None:
    schemas = document("en", "http://localhost")["components"]["schemas"]
    assert schemas["ConsentsIn"]["properties"]["items"]["items"] == {
        "$ref": "#/components/schemas/ConsentItem"}


@pytest.fixture
def shop(place: Any) -> Program:
    return Program(place, account(place, brings=False, scopes=["consents:write"]))


ITEM = {"address": "0599 213 41 17", "channel": "MESAJ", "status": "ONAY", "source": "HS_WEB"}


def take(program: Program, path: str, body: Any) -> Any:
    return program.call("POST", f"/api/v1/consents{path}", headers={"Idempotency-Key": "k"},
                        json=body)


def test_a_refused_consent_names_the_rule_that_refuses_it(shop: Program) -> None:
    future = "2999-01-01T00:00:00+03:00"
    answer = take(shop, "", ITEM | {"consentDate": future}).json
    assert [(one["field"], one["rule"]) for one in answer["errors"]] == [("consentDate", "R-39")]
    assert take(shop, "", ITEM | {"address": "0599"}).json["errors"][0]["rule"] == "R-38"


def test_a_faulty_item_of_a_list_is_told_by_itself_with_its_rule(shop: Program) -> None:
    now = clock.now().isoformat()
    answer = take(shop, "/batch", {"items": [
        ITEM | {"consentDate": now}, ITEM | {"consentDate": now, "address": "0599"},
        {"nothing": 1}]})
    assert answer.status_code == 200
    first, second, third = answer.json["results"]
    assert "errors" not in first
    assert second["errors"][0]["rule"] == "R-38"
    assert "rule" not in third["errors"][0]
