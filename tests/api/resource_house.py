"""What tests of the API's resources share: an account that may everything, answers checked."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import jsonschema

from ileti.api import chapters
from ileti.capture.api_document import add_chapter, document
from ileti.programs.scopes import SCOPES

from .api_house import Program
from .test_document import closed

for _chapter in chapters.CHAPTERS:
    add_chapter(_chapter)
DOCUMENT = document("en", "http://localhost")
PHONE = "+905992013345"
EVERY = [one.key for one in SCOPES]
V1 = "/api/v1"


def get(program: Program, path: str, **query: Any) -> Any:
    answer = program.call("GET", V1 + path, query=query)
    if answer.status_code == 200 and answer.mimetype == "application/json":
        check("get", path, answer)
    return answer


def post(program: Program, path: str, body: Any, key: str = "k1", method: str = "POST",
         **headers: str) -> Any:
    answer = program.call(method, V1 + path, json=body, headers={"Idempotency-Key": key} | headers)
    if answer.status_code < 300:
        check(method.lower(), path, answer)
    return answer


def check(method: str, path: str, answer: Any) -> None:
    """The answer is what its document says, with nothing undocumented in it."""
    known = next(one for one in DOCUMENT["paths"] if one.startswith(V1) and method in
                 DOCUMENT["paths"][one] and re.fullmatch(
                     re.sub(r"\{\w+\}", "[^/]+", one), V1 + path))
    said = DOCUMENT["paths"][known][method]["responses"][str(answer.status_code)]
    schema = said["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(
        copy.deepcopy(schema) | {"components": closed(DOCUMENT["components"])},
        format_checker=jsonschema.FormatChecker()).validate(json.loads(answer.data))
