"""The page that checks a bundle offline says what the program says, on every attack we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ileti.evidence import export
from ileti.evidence import verifier as judge
from ileti.simulator.authority import authority
from tests.evidence.conftest import (  # noqa: F401 - fixtures
    authority_url,
    empty_ledger,
    ledger,
    owner,
    shop,
)
from tests.evidence.test_bundle import ATTACKS, Files, entries, pack, packed, unpack  # noqa: F401
from tools.verify_page import PAGE

pytestmark = pytest.mark.browser

Line = tuple[bool, str, str, bool]
Check = Callable[..., tuple[int, list[Line]]]
_kept: dict[str, bytes] = {}


@pytest.fixture
def genuine(request: Any, tmp_path: Path) -> Path:
    """A bundle of the ledger, made once for all tests of this file; with a copy of its seals."""
    if not _kept:
        _kept["zip"] = request.getfixturevalue("packed").read_bytes()
        _kept["copy"] = export.write(tmp_path, 1, 3).read_bytes()
    path = tmp_path / "genuine.zip"
    path.write_bytes(_kept["zip"])
    return path


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """The page from its file, without a network."""
    context = chromium.new_context(offline=True, locale="tr-TR", reduced_motion="reduce")
    opened = context.new_page()
    opened.asked, opened.faults = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on("console", lambda line: opened.faults.append(line.text)
              if line.type == "error" else None)
    opened.goto(PAGE.as_uri())
    yield opened
    assert opened.faults == []
    assert all(url.startswith("file:") for url in opened.asked)
    context.close()


def give(page: Any, kind: str, content: bytes, name: str = "x") -> None:
    page.set_input_files(f"#{kind}", {"name": name, "mimeType": "", "buffer": content})


@pytest.fixture
def check(page: Any) -> Check:
    """Outcome and lines of the page, in English, as the program gives them."""

    def run(bundle: bytes, *, ca: bytes | None = None, against: bytes | None = None,
            language: str = "en") -> tuple[int, list[Line]]:
        page.goto("about:blank")
        page.goto(PAGE.as_uri() + ("#en" if language == "en" else ""))
        for kind, content in (("ca", ca), ("against", against)):
            if content is not None:
                give(page, kind, content)
                page.wait_for_function("kind => given[kind] !== null", arg=kind)
        give(page, "bundle", bundle, "kanit.zip")
        page.wait_for_selector("#result[data-outcome]")
        return int(page.get_attribute("#result", "data-outcome")), [
            (good, about, text, outside) for good, about, text, outside in page.evaluate(
                "Array.from(document.querySelectorAll('#checks li'), one => [one.dataset.good === "
                "'true', one.dataset.about, one.querySelector('.told').textContent, "
                "one.dataset.outside === 'true'])")]

    return run


def program(path: Path, language: str = "en", **more: Any) -> tuple[int, list[Line]]:
    """What the program says, in the same form."""
    try:
        said = judge.verify(str(path), **more)
    except judge.NoBundle:
        return 2, []
    return judge.outcome(said), [
        (one.good, one.about, one.tr if language == "tr" else one.en, one.outside) for one in said]


def alike(lines: list[Line]) -> list[Line]:
    """What is left to openssl's own words on one side, and to options on the other, is left out."""
    told = []
    for good, about, text, outside in lines:
        for begin in ("the stamp's signature does not hold", "damganın imzası geçerli değil"):
            text = begin if text.startswith(begin) else text
        told.append((good, about, text.removesuffix(" (--ca)"), outside))
    return told


def test_it_says_what_the_program_says_of_a_genuine_bundle(genuine: Path, check: Check) -> None:
    ca, other = (authority(*name).bundle.encode() for name in ((), ("Yabancı Zaman Damgası",)))
    for language in ("en", "tr"):
        for given, outcome in (({"ca": ca}, 0), ({"ca": other}, 1), ({}, 3),
                               ({"against": _kept["copy"]}, 0)):
            code, lines = check(_kept["zip"], language=language, **given)
            assert (code, alike(lines)) == (
                outcome, alike(program(genuine, language, **given)[1]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_finds_and_names_every_attack(genuine: Path, check: Check, attack: str) -> None:
    forge, expected = ATTACKS[attack]
    files = unpack(genuine)
    forge(files)
    forged = pack(files, genuine)
    ca = authority().bundle.encode()
    code, lines = check(forged.read_bytes(), ca=ca)
    assert (code, alike(lines)) == (1, alike(program(forged, ca=ca)[1]))
    assert any(not good and expected in text for good, _, text, _ in lines)


@pytest.mark.parametrize("name", ["entries/0001.json", "seals/chain.jsonl", "README.txt",
                                  "stamps/000000001.tsr", "verify.html"])
def test_any_changed_byte_is_told(genuine: Path, check: Check, name: str) -> None:
    files = unpack(genuine)
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    files[name] = bytes(content)
    forged = pack(files, genuine, listed=False)
    code, lines = check(forged.read_bytes())
    assert (False, name, "the file was changed", False) in lines or code == 2
    assert (code, alike(lines)) == (program(forged)[0], alike(program(forged)[1]))
