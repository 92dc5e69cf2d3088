"""The page that checks a bundle offline says what the program says, on every attack we know."""

from __future__ import annotations

import io
import json
import os
import random
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from ileti.consents import bundle as bundling
from ileti.consents.vocabulary import LABELS, Channel, RecipientType, Source, Standing, Status
from ileti.evidence import stamping
from ileti.evidence import verifier as judge
from ileti.kvkk.vocabulary import Act, Extent
from ileti.simulator.authority import authority
from tests.browser.axe import faults
from tests.evidence.conftest import (  # noqa: F401 - fixtures
    authority_url,
    empty_ledger,
    folder,
    ledger,
    owner,
    shop,
)
from tests.evidence.sealed_house import seal_all, take, wait_for_horizon
from tests.evidence.test_bundle import (  # noqa: F401
    ATTACKS,
    LINK_ATTACKS,
    Files,
    _kept,
    entries,
    pack,
    packed,
    scanned,
    unpack,
    with_scans,
)
from tests.evidence.test_bundle_dates import Made, dated  # noqa: F401
from tests.evidence.test_bundle_lists import of_a_list  # noqa: F401
from tests.evidence.test_bundle_persons import ACT_ATTACKS, known, whole  # noqa: F401
from tests.evidence.test_bundle_signed import (
    FORGERIES,
    IYS_ATTACKS,
    SIGNING,
    forged,
    published,
    with_iys,  # noqa: F401
)
from tools.verify_page import PAGE, fitting

pytestmark = pytest.mark.browser

Line = tuple[bool, str, str, bool]
Check = Callable[..., tuple[int, list[Line]]]
@pytest.fixture
def genuine(request: Any, tmp_path: Path) -> Path:
    """A bundle of the ledger, made once for all tests of this file; with a copy of its seals."""
    _kept["zip"] = request.getfixturevalue("packed").read_bytes()
    path = tmp_path / "genuine.zip"
    path.write_bytes(_kept["zip"])
    return path


@contextmanager
def opened(chromium: Any, address: str = PAGE.as_uri()) -> Iterator[Any]:
    """The page from its file, without a network."""
    context = chromium.new_context(offline=True, locale="tr-TR", reduced_motion="reduce")
    page = context.new_page()
    page.asked, page.faults = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda line: page.faults.append(line.text)
            if line.type == "error" else None)
    page.goto(address)
    try:
        yield page
    finally:
        context.close()


def is_quiet(page: Any) -> None:
    """No script failed, and nothing but the file was asked for."""
    assert page.faults == []
    assert all(url.startswith("file:") for url in page.asked)


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """The page, opened for one test."""
    with opened(chromium) as page:
        yield page
        is_quiet(page)


def give(page: Any, kind: str, content: bytes, name: str = "x") -> None:
    page.set_input_files(f"#{kind}", {"name": name, "mimeType": "", "buffer": content})


def lines_of(page: Any) -> tuple[int, list[Line]]:
    """The verdict and the lines that stand on the page."""
    return int(page.get_attribute("#result", "data-outcome")), [
        (good, about, text, outside) for good, about, text, outside in page.evaluate(
            "Array.from(document.querySelectorAll('#checks li'), one => [one.dataset.good === "
            "'true', one.dataset.about, one.querySelector('.told').textContent, "
            "one.dataset.outside === 'true'])")]


@pytest.fixture
def check(page: Any) -> Check:
    """Outcome and lines of the page, in English, as the program gives them."""

    def run(bundle: bytes, *, ca: bytes | None = None, against: bytes | None = None,
            keys: bytes | None = None, language: str = "en") -> tuple[int, list[Line]]:
        page.goto("about:blank")
        page.goto(PAGE.as_uri() + ("#en" if language == "en" else ""))
        for kind, content in (("ca", ca), ("against", against), ("keys", keys)):
            if content is not None:
                give(page, kind, content)
                page.wait_for_function("kind => given[kind] !== null", arg=kind)
        give(page, "bundle", bundle, "kanit.zip")
        page.wait_for_selector("#result[data-outcome]")
        return lines_of(page)

    return run


@pytest.fixture(scope="module")
def standing(chromium: Any) -> Iterator[dict[str, Any]]:
    """The page by language, opened once; in English with the authority given."""
    with opened(chromium) as turkish, opened(chromium, PAGE.as_uri() + "#en") as english:
        give(english, "ca", authority().bundle.encode())
        english.wait_for_function("given.ca !== null")
        yield {"tr": turkish, "en": english}


@pytest.fixture
def check_again(standing: dict[str, Any]) -> Iterator[Check]:
    """As ``check`` with the authority, or in Turkish without; on a page that has shown others."""

    def run(bundle: bytes, language: str = "en") -> tuple[int, list[Line]]:
        page = standing[language]
        page.evaluate("shown = null")
        give(page, "bundle", bundle, "kanit.zip")
        page.wait_for_function("size => shown && shown.bundle.digest === size",
                               arg=sha256(bundle).hexdigest())
        return lines_of(page)

    yield run
    for page in standing.values():
        is_quiet(page)


def program(path: Path, language: str = "en", **more: Any) -> tuple[int, list[Line]]:
    """What the program says, in the same form."""
    try:
        said = judge.verify(str(path), **more)
    except judge.NoBundle:
        return 2, []
    return judge.outcome(said), [
        (one.good, one.about, one.tr if language == "tr" else one.en, one.outside) for one in said]


def program_alike(path: Path, **more: Any) -> tuple[int, list[Line]]:
    """What the program says, as far as the page can say the same."""
    code, lines = program(path, **more)
    return code, alike(lines)


def alike(lines: list[Line]) -> list[Line]:
    """What is left to openssl's own words on one side, and to options on the other, is left out."""
    told = []
    for good, about, text, outside in lines:
        for begin in ("the stamp's signature does not hold", "damganın imzası geçerli değil"):
            text = begin if text.startswith(begin) else text
        told.append((good, about, text.removesuffix(" (--ca)"), outside))
    return told


def test_it_holds_a_persons_bundle_with_form_texts_and_files(
        whole: Path, check: Check) -> None:  # noqa: F811
    ca = authority().bundle.encode()
    code, lines = check(whole.read_bytes(), ca=ca)
    assert (code, alike(lines)) == (0, alike(program(whole, ca=ca)[1]))
    assert [text for _, about, text, _ in lines if about == "files"] == [
        "2 files and texts of forms are those that records name"]


@pytest.mark.parametrize("attack", ACT_ATTACKS)
def test_it_finds_and_names_every_attack_on_a_persons_bundle(
        whole: Path, check_again: Check, attack: str) -> None:  # noqa: F811
    forge, expected = ACT_ATTACKS[attack]
    files = unpack(whole)
    forge(files)
    forged = pack(files, whole)
    ca = authority().bundle.encode()
    code, lines = check_again(forged.read_bytes())
    assert (code, alike(lines)) == (1, alike(program(forged, ca=ca)[1]))
    assert any(not good and expected in text for good, _, text, _ in lines)


def test_it_says_what_the_program_says_of_a_genuine_bundle(genuine: Path, check: Check) -> None:
    assert unpack(genuine)["verify.html"] == PAGE.read_bytes()
    ca, other = (authority(*name).bundle.encode() for name in ((), ("Yabancı Zaman Damgası",)))
    for language in ("en", "tr"):
        for given, outcome in (({"ca": ca}, 0), ({"ca": other}, 1), ({}, 3),
                               ({"against": _kept["copy"]}, 0)):
            code, lines = check(_kept["zip"], language=language, **given)
            assert (code, alike(lines)) == (
                outcome, alike(program(genuine, language, **given)[1]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_finds_and_names_every_attack(
        genuine: Path, check_again: Check, attack: str) -> None:
    forge, expected = ATTACKS[attack]
    files = unpack(genuine)
    forge(files)
    forged = pack(files, genuine)
    ca = authority().bundle.encode()
    code, lines = check_again(forged.read_bytes())
    assert (code, alike(lines)) == (1, alike(program(forged, ca=ca)[1]))
    assert any(not good and expected in text for good, _, text, _ in lines)


@pytest.fixture
def with_files(request: Any, tmp_path: Path) -> Path:
    """A bundle with proof files, made once for all tests of this file."""
    path = tmp_path / "with-files.zip"
    path.write_bytes(request.getfixturevalue("with_scans").read_bytes())
    return path


def test_it_holds_with_proof_files(with_files: Path, check: Check) -> None:
    ca = authority().bundle.encode()
    code, lines = check(with_files.read_bytes(), ca=ca)
    assert (code, alike(lines)) == (0, alike(program(with_files, ca=ca)[1]))
    assert any("3 proof files" in text for _, _, text, _ in lines)


@pytest.mark.parametrize("attack", LINK_ATTACKS)
def test_it_finds_and_names_every_attack_on_proof_files(
        with_files: Path, check_again: Check, attack: str) -> None:
    forge, expected = LINK_ATTACKS[attack]
    files = unpack(with_files)
    forge(files)
    forged = pack(files, with_files)
    ca = authority().bundle.encode()
    code, lines = check_again(forged.read_bytes())
    assert (code, alike(lines)) == (1, alike(program(forged, ca=ca)[1]))
    assert any(not good and expected in text for good, _, text, _ in lines)


@pytest.mark.parametrize("how", ["kept", "as before", "another's"])
@pytest.mark.parametrize("deed", FORGERIES)
def test_no_forgery_beside_the_seals_passes_for_proof(
        whole: Path, check_again: Check, deed: str, how: str) -> None:  # noqa: F811
    path = forged(whole, deed, how)
    code, lines = check_again(path.read_bytes())
    assert (code, alike(lines)) == program_alike(path, ca=authority().bundle.encode())
    assert code in (1, 4)


@pytest.mark.parametrize("how", ["as it is", *SIGNING])
def test_it_compares_the_key_with_those_named(
        whole: Path, check: Check, how: str) -> None:  # noqa: F811
    path = whole if how == "as it is" else forged(whole, "the pages", how)
    given = {"ca": authority().bundle.encode(), "keys": published()}
    code, lines = check(path.read_bytes(), **given)
    assert (code, alike(lines)) == program_alike(path, **given)
    assert code == (0 if how == "as it is" else 1)


@pytest.mark.parametrize(("by", "outcome"), [(-900, 4), (-1.9, 0), (0.1, 1)])
def test_it_compares_when_a_record_was_taken_with_its_stamp(
        dated: Made, check_again: Check, by: float, outcome: int) -> None:  # noqa: F811
    path, _records = dated(timedelta(days=by))
    ca = authority().bundle.encode()
    code, lines = check_again(path.read_bytes())
    assert (code, alike(lines)) == program_alike(path, ca=ca)
    assert code == outcome


@pytest.mark.parametrize("attack", [None, *IYS_ATTACKS])
def test_it_asks_what_iys_stamped(
        with_iys: Callable[..., Path], check: Check, attack: str | None) -> None:  # noqa: F811
    path, ca = with_iys(attack), authority().bundle.encode()
    code, lines = check(path.read_bytes(), ca=ca)
    assert (code, alike(lines)) == program_alike(path, ca=ca)
    assert code == (1 if attack else 0)


def test_its_ed25519_is_that_of_the_program(page: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for n in range(12):
        key, message = Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), bytes(n * 9)
        signature, public = bytearray(key.sign(message)), key.public_key().public_bytes_raw()
        for spoil in (None, n, 32 + n, 63):
            made = bytearray(signature)
            if spoil is not None:
                made[spoil] ^= 1 << (n % 8)
            said = page.evaluate(
                "([key, text, sign]) => signedEd25519(...[key, text, sign].map(unhex))",
                [public.hex(), message.hex(), made.hex()])
            assert said is judge.signed(public, message, bytes(made)) is (spoil is None)


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


def _changed(value: Any, dice: random.Random) -> Any:
    """Another value in the place of one, of the kinds that readers fall over."""
    odd = [None, True, False, 0, -1, 1, 1.0, 2**63, 10**30, 1e300, 0.5, "", "x", "\u0000", "ı",
           "😀", [], {}, [value], {"a": value}, "00" * 32, -0.0, 2**53 + 1]
    return dice.choice(odd)


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in list(pairs):
        yield content, key
        if isinstance(value, dict | list):
            yield from _places(value)


def _fuzzed(files: Files, dice: random.Random) -> Files:
    """A bundle in which one thing of one file is another, is missing or is written otherwise."""
    made = dict(files)
    name = dice.choice([one for one in made if one.endswith((".json", ".jsonl"))])
    lines = made[name].splitlines() if name.endswith("l") else [made[name]]
    line = dice.randrange(len(lines))
    content = json.loads(lines[line])
    holder, key = dice.choice(list(_places(content)))
    if dice.random() < 0.2:
        del holder[key]
    else:
        holder[key] = _changed(holder[key], dice)
    text = judge.canonical(content) if dice.random() < 0.5 else json.dumps(content).encode()
    if dice.random() < 0.2:
        begin = dice.randrange(len(text))
        text = text[:begin] + dice.choice(
            [b"NaN", b"1e999", b"\xff", b"\\ud800", b" ", b"{", b'"', b"\xef\xbb\xbf", b"0"]
        ) + text[begin + dice.randrange(2):]
    lines[line] = text
    made[name] = b"\n".join(lines)
    return made


def test_it_agrees_with_the_program_on_whatever_stands_in_the_files(
        genuine: Path, page: Any, tmp_path: Path) -> None:
    """ILETI_FUZZ says how many, begun where the clock stands; otherwise the same few."""
    rounds = int(os.environ.get("ILETI_FUZZ", "120"))
    begin = time.time_ns() if "ILETI_FUZZ" in os.environ else 0
    files = unpack(genuine)
    for number in range(begin, begin + rounds):
        dice = random.Random(number)
        made = _fuzzed(files, dice)
        listed = dice.random() < 0.8
        try:
            forged = pack(made, genuine, listed=listed).read_bytes()
        except (ValueError, TypeError):
            continue  # the index itself cannot be read any more
        path = tmp_path / "fuzzed.zip"
        path.write_bytes(forged)
        give(page, "bundle", forged)
        page.wait_for_function("size => shown && shown.bundle.digest === size",
                               arg=sha256(forged).hexdigest())
        code, lines = page.evaluate("[shown.outcome, shown.said.map(one => "
                                    "[one.good, one.about, one.en, one.outside])]")
        wanted, others = program(path)
        assert (number, code) == (number, wanted)
        assert (number, set(alike(lines)) ^ set(alike(others))) == (number, set())
        page.evaluate("document.querySelectorAll('details.record').forEach(one => one.fill())")


def test_deflated_files_are_read(genuine: Path, check: Check, tmp_path: Path) -> None:
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in unpack(genuine).items():
            archive.writestr(name, content)
    code, lines = check(path.read_bytes(), ca=authority().bundle.encode())
    assert (code, lines) == program(path, ca=authority().bundle.encode())
    assert code == 0


def _zipped(files: list[tuple[str, bytes]], how: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def _bad_zips(files: Files) -> dict[str, bytes]:
    index = [("bundle.json", files["bundle.json"])]
    good = _zipped(index, zipfile.ZIP_DEFLATED)
    entry = good.index(b"PK\x01\x02")
    small = good[:entry + 24] + struct.pack("<I", 9) + good[entry + 28:]
    large = good[:entry + 24] + struct.pack("<I", 2**32 - 2) + good[entry + 28:]
    local = _zipped([*index, ("secret", b"x")]).replace(b"secret", b"public", 1)
    return {
        "nothing": b"", "no zip": b"no zip at all", "an empty zip": _zipped([]),
        "half a zip": good[:-30], "no index": _zipped([("a", b"")]),
        "a name twice": _zipped([*index, ("a", b"1"), ("a", b"2")]),
        "more than it says": small, "too much": large,
        "other bytes than the sum": _zipped(index).replace(b'"format":1', b'"format":2'),
        "another kind of packing": _zipped(index, zipfile.ZIP_LZMA),
        "not deflated": good[:40] + b"\xff" * 8 + good[48:],
        **{f"a name {name!r}": _zipped([*index, (name, b"")]) for name in (
            "../x", "/etc/x", "a\\b", "entries/../../x", ".hidden", "x/", "ş", "a b")},
        "a name twice in the index": _zipped([
            ("bundle.json", b'{"format":1,' + files["bundle.json"].lstrip(b"{"))]),
        "another format": _zipped([("bundle.json", b'{"format":2}')]),
        "no list of files": _zipped([("bundle.json", b'{"format":1}')]),
        "a deep index": _zipped([("bundle.json", b"[" * 100_000)]),
        "two names for one file": local,
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_no_bundle_is_said_so(
        genuine: Path, check_again: Check, standing: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    for name, content in _bad_zips(unpack(genuine)).items():
        path.write_bytes(content)
        assert (name, *check_again(content, language="tr")) == (name, 2, [])
        assert standing["tr"].text_content("#verdict") == "Bu bir kanıt paketi değil."
        if name != "another kind of packing":
            assert (name, program(path)) == (name, (2, []))


def test_two_thousand_records_are_checked_in_seconds(
        shop: Any, authority_url: str, check: Check, page: Any) -> None:  # noqa: F811
    ids = [item.entry_id for one in take(shop, 1_000) for item in one.items]
    wait_for_horizon()
    seal_all()
    assert stamping.stamp_due() == {"stamped": 1}
    file = io.BytesIO()
    bundling.write(bundling.build(shop.provider_id, ids), file)
    begin = time.monotonic()
    code, lines = check(file.getvalue(), ca=authority().bundle.encode())
    assert time.monotonic() - begin < 30
    assert code == 0
    assert (True, "entries", "2000 records are as they were sealed", False) in lines
    assert page.locator("details.record").count() == 50
    page.click("#records button:has-text('Show 50 more (1,950 left)')")
    assert page.locator("details.record").count() == 100
    assert page.evaluate("document.activeElement.closest('details') === "
                         "document.querySelectorAll('details.record')[50]")


def test_without_the_browsers_digests_it_says_the_same_and_checks_no_signature(
        genuine: Path, page: Any, check: Check) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    code, lines = check(_kept["zip"], ca=authority().bundle.encode())
    assert code == 3
    assert sum("this browser checks no signatures" in text for _, _, text, _ in lines) == 3
    assert "openssl ts -verify -data seal.json -in stamps/000000001.tsr" in (
        page.text_content("#checks pre"))
    sizes = [*range(150), 1_000, 65_536]
    assert page.evaluate("sizes => sizes.map(size => hex(sha256ByHand(new Uint8Array(size)"
                         ".map((_, n) => n * 7))))", sizes) == [
        sha256(bytes(n * 7 & 255 for n in range(size))).hexdigest() for size in sizes]


def test_canonical_form_is_that_of_rfc_8785(page: Any) -> None:
    contents = [
        {"\uffff": 1, "😀": 2, "a": 3, "": 4, "é": [True, None, False]},
        ["\x00\x1f\x7f\u2028\\/\""],
        [0.1, 1e21, 1e20, 1e-7, 1e-6, 5e-324, 123456789.125, -1.5, 100.0, -0.0, 2**53 - 1],
        {"b": {"d": 1, "c": {}}, "a": []}, "ığüşöçİ",
    ]
    for content in contents:
        expected = rfc8785.dumps(content)
        assert judge.canonical(json.loads(json.dumps(content))) == expected
        assert page.evaluate("text => canonicalText(parseJson(utf8(text)))",
                             json.dumps(content)) == expected.decode()


def test_words_are_those_of_the_vocabulary(page: Any) -> None:
    words = {word.name: list(LABELS[kind][word]) for kind in (
        Channel, RecipientType, Status, Standing, Source) for word in kind}
    words |= {word.name: [word.tr, word.en] for word in Act}
    assert page.evaluate("WORDS") == words
    assert page.evaluate("EXTENTS") == [[word.tr, word.en] for word in Extent]


def test_the_policy_fits_and_lets_nothing_in_or_out(page: Any) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert fitting(text) == text, "python -m tools.verify_page --write"
    assert "default-src 'none'" in text
    page.faults = []
    told = page.evaluate("""async () => {
      const blocked = [];
      document.addEventListener("securitypolicyviolation", e => blocked.push(e.effectiveDirective));
      await fetch("https://ornek.com.tr/").catch(() => {});
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = new Image();
      image.src = "https://ornek.com.tr/x.png";
      document.body.append(image);
      await new Promise(resolve => setTimeout(resolve, 50));
      return [blocked.sort(), window.ran === undefined];
    }""")
    page.faults.clear()
    page.asked[:] = [url for url in page.asked if url.startswith("file:")]
    assert told == [["connect-src", "img-src", "script-src-elem"], True]


_EVIL = "<img src=x onerror=alert(1)> \u202eters\u202c\u200b __proto__"


def test_what_a_stranger_wrote_is_text_and_hides_nothing(genuine: Path, page: Any, check: Check
                                                         ) -> None:
    files = unpack(genuine)
    parts = json.loads(files["entries/0001.json"])
    parts |= {"record": _EVIL, "text": {"title": _EVIL, "body": _EVIL, "__proto__": {"a": 1}}}
    parts["evidence"] = {"__proto__": _EVIL, "constructor": [_EVIL, {"x": None}], "n": 10**40}
    parts["claim"] |= {"status": _EVIL, "channel": {"a": 1}, "consentDate": "2026-13-45T00:00:00Z"}
    files["entries/0001.json"] = json.dumps(parts).encode()
    code, _ = check(pack(files, genuine).read_bytes(), language="tr")
    assert code == 1
    first = page.locator("details.record").first
    text = first.inner_text()
    assert page.locator("#records img").count() == 0
    assert "<img src=x onerror=alert(1)> ‹U+202E›ters‹U+202C›‹U+200B›" in text
    assert "\u202e" not in page.inner_text("body")
    assert "Aşağıda yazanlar kanıtlanmış değildir." in text
    assert str(10**40) in text


def test_a_file_of_no_use_is_refused_and_not_used(genuine: Path, page: Any) -> None:
    give(page, "ca", b"no certificate", "makam.pem")
    give(page, "against", b'{"number":1}\n', "kopya.jsonl")
    give(page, "bundle", _kept["zip"], "kanit.zip")
    page.wait_for_selector("#result[data-outcome='3']")
    assert "sertifika (PEM) yok" in page.text_content("#ca-name")
    assert "saklanmış mühür yok" in page.text_content("#against-name")
    status = page.text_content("[role=status]")
    assert "makam.pem: " in status
    assert "karşılaştırılmadı" in status
    give(page, "ca", authority().bundle.encode(), "makam.pem")
    page.wait_for_selector("#result[data-outcome='0']")
    assert "makam.pem · SHA-256" in page.text_content("#result")


def test_files_may_be_dropped_together_in_any_order(genuine: Path, page: Any) -> None:
    drop = """files => {
      const data = new DataTransfer();
      for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
      document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true}));
    }"""
    page.evaluate(drop, [["a", list(authority().bundle.encode())], ["b", list(_kept["copy"])],
                         ["c", list(_kept["zip"])]])
    page.wait_for_selector("#result[data-outcome='0']")
    assert [page.text_content(f"#{one}-name") for one in ("ca", "against", "bundle")] == [
        "a", "b", "c"]


def test_everything_is_reached_by_keyboard(genuine: Path, page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.text_content("h1") == "Check a proof bundle"
    page.keyboard.press("Tab")
    with page.expect_file_chooser(timeout=5_000) as chosen:
        page.keyboard.press("Space")
    chosen.value.set_files(str(genuine))
    page.wait_for_selector("#result[data-outcome='3']")
    assert page.text_content("[role=status]").startswith("The bundle's parts fit each other")
    page.focus("details.record summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("details.record[open] .body")
    assert page.locator("details.record[open] h4").first.text_content() == "What was chosen"


def test_a_print_holds_every_record_that_is_shown(genuine: Path, page: Any) -> None:
    give(page, "bundle", _kept["zip"])
    page.wait_for_selector("#result[data-outcome]")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.record[open] .body").count() == 6
    assert not page.is_visible("#files")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_axe_finds_nothing(genuine: Path, page: Any, check: Check) -> None:
    assert faults(page) == []
    files = unpack(genuine)
    ATTACKS["another choice"][0](files)
    forged = pack(files, genuine).read_bytes()
    ca = authority().bundle.encode()
    for bundle, more in ((_kept["zip"], {}), (_kept["zip"], {"ca": ca}), (forged, {"ca": ca}),
                         (b"x", {})):
        check(bundle, language="tr" if more else "en", **more)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert faults(page) == []


def test_it_knows_the_files_of_whole_lists_too(of_a_list: Path, check: Check) -> None:  # noqa: F811
    without = {name: content for name, content in unpack(of_a_list).items()
               if not name.startswith("proofs/")}
    ca = authority().bundle.encode()
    for path, outcome, told in ((of_a_list, 0, "1 files prove"),
                                (pack(without, of_a_list), 1, "a file that record")):
        code, lines = check(path.read_bytes(), ca=ca)
        assert (code, alike(lines)) == (outcome, alike(program(path, ca=ca)[1]))
        assert any(text.startswith(told) for _, _, text, _ in lines)
