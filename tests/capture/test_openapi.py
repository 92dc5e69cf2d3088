"""The API's document says what the application does: every example, every status, every address."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from config import settings
from ileti.capture import api_pages, sites
from ileti.capture.api_document import OPERATIONS, document, every_operation
from ileti.capture.api_schemas import EXAMPLES
from ileti.capture.receipts import check_receipt
from ileti.core import clock

from .answers import SCENES, World
from .conftest import Browser

DOCUMENT = document("tr", "http://localhost")
CASES = [(one.name, int(status)) for one in OPERATIONS
         for status in DOCUMENT["paths"][one.path][one.method]["responses"]]


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


def check(value: Any, schema: Any) -> None:
    whole = closed(copy.deepcopy(schema)) | {"components": closed(DOCUMENT["components"])}
    formats = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(whole, format_checker=formats).validate(value)


@pytest.fixture
def world(app: Any, place: Any, new_site: Callable[..., str], browser: Browser,
          monkeypatch: pytest.MonkeyPatch, code_of: Callable[[str], str]) -> Iterator[World]:
    """Everything a scene needs to make the application answer."""
    yield World(app.test_client(), browser, place, new_site, code_of, monkeypatch)
    sites.forget_sites()


@pytest.mark.parametrize(("name", "status"), CASES)
def test_every_documented_status_is_really_answered(world: World, name: str, status: int) -> None:
    answer = SCENES[name, status](world)
    assert answer.status == status
    one = next(one for one in OPERATIONS if one.name == name)
    said = DOCUMENT["paths"][one.path][one.method]["responses"][str(status)]["content"]
    (kind, content), = said.items()
    assert answer.kind.partition(";")[0] == kind
    if "schema" in content:
        check(answer.body, content["schema"])


def test_no_scene_is_left_over() -> None:
    assert set(SCENES) == set(CASES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_example_is_what_its_schema_says(name: str) -> None:
    check(EXAMPLES[name], {"$ref": f"#/components/schemas/{name}"})


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_document_is_openapi_3_1_in_both_languages(language: str) -> None:
    made = document(language, "http://localhost")
    for schema in made["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert made["openapi"] == "3.1.0"
    references = set(re.findall(r"#/components/schemas/(\w+)", str(made)))
    assert references <= set(made["components"]["schemas"])
    ids = [one["operationId"] for path in made["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) == len(every_operation())


def test_every_public_address_of_the_application_is_documented(app: Any) -> None:
    own = {"/api", "/api/openapi.json"}
    served = {(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
              for rule in app.url_map.iter_rules() if rule.endpoint.startswith("public.")
              for method in rule.methods & {"GET", "POST"} if rule.rule not in own}
    known = {(one.path, one.method) for one in OPERATIONS if not one.path.startswith("/w/")}
    renamed = {"{site_key}": "{siteKey}", "{version_id}": "{id}"}
    for here, there in renamed.items():
        served = {(path.replace(here, there), method) for path, method in served}
    assert served == known


def test_every_call_in_front_of_flask_is_documented() -> None:
    from ileti.capture.endpoints import _WAYS

    known = {one.path.rpartition("/")[2]: one.method.upper() for one in OPERATIONS
             if one.path.startswith("/w/")}
    assert known == {action: way[0] for action, way in _WAYS.items()}


@pytest.mark.parametrize(("query", "word"), [("", "İşaretlenenleri gönder"),
                                             ("?lang=en", "Send what was ticked")])
def test_the_page_reads_in_both_languages_and_asks_nobody(app: Any, query: str, word: str) -> None:
    page = app.test_client().get(f"/api{query}")
    assert page.status_code == 200
    assert word in page.text
    assert "<script" not in page.text
    assert not re.search(r'(?:src|href)="https?:', page.text)


def test_the_document_is_served_with_the_address_people_use(app: Any) -> None:
    answer = app.test_client().get("/api/openapi.json")
    assert answer.json["servers"] == [{"url": "http://localhost"}]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json["paths"].keys() == document("tr", "")["paths"].keys()
    assert answer.json["paths"].keys() >= DOCUMENT["paths"].keys()


def test_a_receipt_is_checked_with_the_published_key_alone(app: Any, browser: Browser) -> None:
    receipt = browser.submit("MESAJ").body
    published = app.test_client().get(api_pages.KEYS).json
    key = {one["keyId"]: one["publicKey"] for one in published["keys"]}[receipt["keyId"]]
    check_receipt(receipt, key)


def test_an_earlier_key_stays_published(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ileti.core.crypto import Signer

    old = Signer(b"an earlier seed of thirty-two by")
    monkeypatch.setattr(settings(), "signing_keys_before", old.public)
    published = app.test_client().get(api_pages.KEYS).json
    assert {"keyId": old.key_id, "publicKey": old.public} in published["keys"]
    assert published["current"] != old.key_id


def test_a_form_of_the_document_expires_when_it_says(browser: Browser) -> None:
    form = browser.form()
    with clock.freeze(clock.now() + timedelta(seconds=form["expiresIn"] + 2)):
        assert browser.submit("MESAJ", token=form["token"]).status == 410
