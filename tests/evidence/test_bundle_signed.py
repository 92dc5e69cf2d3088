"""What stands under no seal is signed, and nothing that is forged in it passes for proof."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256, sha384
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ileti.consents import consentreceipt
from ileti.core import clock
from ileti.core.secrets import receipt_keys, secrets
from ileti.evidence import seal, stamping
from ileti.evidence import verifier as judge
from ileti.simulator.authority import authority
from ileti.simulator.stamp import stamp
from tests.evidence.sealed_house import seal_all, take
from tests.evidence.test_bundle import (  # noqa: F401
    Files,
    _set,
    _without,
    bundle_of,
    ca,
    entries,
    packed,
    unpack,
    verdict,
)
from tests.evidence.test_bundle_persons import (  # noqa: F401
    GIVEN,
    WITHDRAWN,
    _in,
    _kept,
    known,
    whole,
)

#: what a forger does, with the list of digests put right
FORGERIES: dict[str, Callable[[Files], Any]] = {
    "another record's number": _in(GIVEN, _set("record", "RIZ-0000-0000-0000")),
    "captured in another year": _in(GIVEN, _set("captured", "1999-01-01T00:00:00Z")),
    "another version of the text": _in(GIVEN, _set("textVersion.version", 9)),
    "a text published earlier": _in(GIVEN, _set("textVersion.published", "1999-01-01T00:00:00Z")),
    "nobody": _in(GIVEN, _set("person", None)),
    "a person taken out": _in(GIVEN, lambda parts: parts.pop("person")),
    "the pages": lambda files: files.update({"kanit.pdf": b"%PDF-1.7 another"}),
    "the pages taken out": _without("kanit.pdf"),
    "an answer of İYS": lambda files: files.update({"iys/RIZ-0000-0000-0000.json": (
        b'{"days":[],"movements":[],"receipts":[{"accepted":true}]}')}),
    "what holds": lambda files: files.update({"person.json": files["person.json"].replace(
        b'"holds": false', b'"holds": true').replace(b"WITHDRAWN", b"GIVEN")}),
    "what holds taken out": _without("person.json"),
    "a message": lambda files: files.update({"messages/0009.json": b'{"sealed":false}'}),
    "the receipt": lambda files: files.update({"receipt.jsonld": b"{}"}),
    "the scan taken out": lambda files: [files.pop(name) for name in list(files)
                                         if name.startswith("files/")],
    "a form's text taken out": lambda files: [files.pop(name) for name in list(files)
                                              if name.startswith("texts/")],
    "another program to check with": lambda files: files.update({"verify.html": b"<p>OK"}),
}


def _strip(index: dict[str, Any]) -> None:
    index.pop("signature")


def _strip_all(index: dict[str, Any]) -> None:
    """As bundles were before."""
    index.pop("signature")
    index.pop("left")


def _by_another(index: dict[str, Any]) -> None:
    """Signed well, by a key of the forger's own."""
    index.pop("signature")
    key = Ed25519PrivateKey.generate()
    index["signature"] = {
        "value": base64.b64encode(key.sign(judge.canonical(index))).decode(),
        "key": base64.b64encode(key.public_key().public_bytes_raw()).decode()}


def _named_so(index: dict[str, Any]) -> None:
    """The company's key beside another's signature."""
    _by_another(index)
    index["signature"]["key"] = secrets().receipts.public


SIGNING: dict[str, Callable[[dict[str, Any]], None]] = {
    "kept": lambda index: None, "taken out": _strip, "as before": _strip_all,
    "no object": lambda index: index.update(signature="x"),
    "empty": lambda index: index.update(signature={}),
    "another's": _by_another, "another's under its name": _named_so,
    "explained": lambda index: index["left"].update(dict.fromkeys(("0" * 64,), "size")),
}


def written(files: Files, path: Path, sign: Callable[[dict[str, Any]], None]) -> Path:
    """Zipped again, with digests that fit and the signature done to."""
    index = json.loads(files["bundle.json"])
    index["files"] = {name: sha256(content).hexdigest() for name, content in files.items()
                      if name != "bundle.json"}
    sign(index)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (files | {"bundle.json": json.dumps(index).encode()}).items():
            archive.writestr(name, content)
    return path


def forged(genuine: Path, deed: str, how: str) -> Path:
    """A forgery of a bundle, its signature done to in one of these ways."""
    files = unpack(genuine)
    FORGERIES[deed](files)
    return written(files, genuine.with_name("forged.zip"), SIGNING[how])


def published() -> bytes:
    """The installation's keys as they are published."""
    return json.dumps({"keys": [{"keyId": name, "publicKey": one}
                                for name, one in receipt_keys().items()]}).encode()


def sealed_key() -> str:
    return sha256(base64.b64decode(secrets().receipts.public)).hexdigest()


def test_a_bundle_is_signed_by_the_key_that_its_seals_name(packed: Path, ca: Path) -> None:  # noqa: F811
    code, said = verdict(packed, "--ca", str(ca))
    assert code == 0
    assert f"signed by the key that the records' seals name ({sealed_key()})" in said
    files = unpack(packed)
    assert {json.loads(line)["signer"] for line in files["seals/chain.jsonl"].splitlines()} == {
        sealed_key()}
    assert "under no seal, the signer's word: the records' numbers" in said


@pytest.mark.attack
@pytest.mark.parametrize("how", SIGNING)
@pytest.mark.parametrize("deed", FORGERIES)
def test_no_forgery_beside_the_seals_passes_for_proof(
    whole: Path, ca: Path, deed: str, how: str  # noqa: F811
) -> None:
    path = forged(whole, deed, how)
    said = judge.verify(str(path), ca=ca.read_bytes())
    assert judge.outcome(said) in ((1, 4) if how == "another's" else (1,)), said
    assert judge.outcome(judge.verify(str(path), ca=ca.read_bytes(), keys=published())) == 1


@pytest.mark.attack
def test_a_key_that_nobody_named_is_told_and_proves_nothing(whole: Path, ca: Path) -> None:  # noqa: F811
    code, said = verdict(forged(whole, "the pages", "another's"), "--ca", str(ca))
    assert code == 4
    assert said.splitlines()[-1] == "What the seals cover holds; what is marked “?” is NOT proven."
    assert next(line for line in said.splitlines() if line.startswith("?")).startswith(
        "? signature: the key that signed (")


@pytest.mark.parametrize("keys", [b"", b"{}", b'{"keys":[]}', b'{"keys":[{"publicKey":"x"}]}'])
def test_a_file_of_keys_that_cannot_be_read_is_told(packed: Path, keys: bytes) -> None:  # noqa: F811
    said = judge.verify(str(packed), keys=keys)
    assert (said[-1].good, said[-1].en) == (False, "the keys cannot be read")


@pytest.fixture
def old(shop: Any, authority_url: str, tmp_path: Path, monkeypatch: Any) -> Path:
    """A bundle as it was made before seals named a key and bundles were signed."""
    monkeypatch.setattr(seal, "_signer", lambda: None)
    ids = [item.entry_id for item in take(shop, 1)[0].items]
    seal_all()
    assert stamping.stamp_due() == {"stamped": 1}
    path = tmp_path / "old.zip"
    path.write_bytes(bundle_of(shop, ids))
    return path


def test_an_unsigned_bundle_of_before_is_told_as_such(old: Path, ca: Path) -> None:  # noqa: F811
    path = written(unpack(old), old.with_name("before.zip"), _strip_all)
    code, said = verdict(path, "--ca", str(ca))
    assert code == 4, said
    assert "? signature: the bundle is not signed, as older ones were; not proven:" in said
    assert "2 records are as they were sealed" in said
    assert verdict(path)[0] == 3


def test_records_of_before_need_the_key_from_elsewhere(old: Path, ca: Path, tmp_path: Path  # noqa: F811
                                                       ) -> None:
    assert verdict(old, "--ca", str(ca))[0] == 4
    keys = tmp_path / "keys.json"
    keys.write_bytes(published())
    code, said = verdict(old, "--ca", str(ca), "--keys", str(keys))
    assert code == 0, said
    assert "signed by a key you named" in said


@pytest.mark.attack
def test_records_beyond_a_copy_are_not_vouched_for_by_it(packed: Path, tmp_path: Path) -> None:  # noqa: F811
    """A made-up stretch beside a genuine one: the copy knows the first alone."""
    from tests.evidence.test_bundle import _kept as kept

    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(b"".join(kept["copy"].splitlines(keepends=True)[:1]))
    code, said = verdict(packed, "--against", str(copy))
    assert code == 4, said
    assert "? seals/chain.jsonl: seal 2 is beyond the copy" in said


def test_a_copy_vouches_for_the_key_too(packed: Path, tmp_path: Path) -> None:  # noqa: F811
    from tests.evidence.test_bundle import _kept as kept

    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(kept["copy"])
    code, said = verdict(packed, "--against", str(copy))
    assert code == 0
    assert "signed by the key that the records' seals name" in said


# -- what İYS stamped ------------------------------------------------------------------------------

_DAY, _JSON = "iys/2026-11-23-700001.tsr", "iys/IZN-0000-0000-0000.json"


def _of_day(files: Files, change: Callable[[dict[str, Any]], None]) -> None:
    said = json.loads(files[_JSON])
    change(said["days"][0])
    files[_JSON] = json.dumps(said).encode()


def _stamped(content: bytes, how: str = "ok") -> bytes:
    return stamp(sha384(content).digest(), clock.now(), how)


IYS_ATTACKS: dict[str, tuple[Callable[[Files], Any], str]] = {
    "a stamp over another file": (
        lambda files: files.update({_DAY: _stamped(b"another")}), "over another daily file"),
    "another file's digest": (
        lambda files: _of_day(files, _set("file.sha384", "00" * 48)), "over another daily file"),
    "a stamp that is none": (lambda files: files.update({_DAY: b"x"}), "cannot be read"),
    "a stamp over a seal": (
        lambda files: files.update({_DAY: files["stamps/000000001.tsr"]}), "cannot be read"),
    "a stamp taken out": (_without(_DAY), "time stamp is missing"),
    "a stamp nobody names": (
        lambda files: files.update({"iys/2026-11-24-700001.tsr": files[_DAY]}), "no answer of İYS"),
    "an answer that is none": (lambda files: files.update({_JSON: b"[]"}), "answer of İYS cannot"),
}


@pytest.fixture
def with_iys(packed: Path) -> Callable[..., Path]:  # noqa: F811
    """Makes a bundle with a day of İYS's, signed by the installation, an attack carried out in it:
    a lie of the company's own is found as well."""
    def sign(index: dict[str, Any]) -> None:
        index.pop("signature")
        index["signature"] = consentreceipt.sign(index) | {"key": secrets().receipts.public}

    def make(attack: str | None = None) -> Path:
        files = unpack(packed) | {_DAY: _stamped(b"the day's file")}
        files[_JSON] = json.dumps({"receipts": [], "movements": [], "days": [{
            "day": "2026-11-23", "file": {"sha384": sha384(b"the day's file").hexdigest()},
            "stamp": {"file": _DAY, "verdict": "SIGNED", "signer": "x"}}]}).encode()
        if attack:
            IYS_ATTACKS[attack][0](files)
        return written(files, packed.with_name("iys.zip"), sign)

    return make


def test_what_iys_stamped_is_said(with_iys: Callable[..., Path], ca: Path) -> None:  # noqa: F811
    code, said = verdict(with_iys(), "--ca", str(ca))
    assert code == 0, said
    assert "1 stamps of İYS are over the daily files named" in said


@pytest.mark.attack
@pytest.mark.parametrize("attack", IYS_ATTACKS)
def test_a_stamp_of_iys_over_something_else_is_found(
    with_iys: Callable[..., Path], ca: Path, attack: str  # noqa: F811
) -> None:
    code, said = verdict(with_iys(attack), "--ca", str(ca))
    assert code == 1, said
    assert any(line.startswith("✗") and IYS_ATTACKS[attack][1] in line
               for line in said.splitlines()), said


def test_the_verifiers_ed25519_is_that_of_others() -> None:
    for n in range(20):
        key, message = Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32), bytes(n * 11)
        public, signature = key.public_key().public_bytes_raw(), key.sign(message)
        assert judge.signed(public, message, signature)
        assert not judge.signed(public, message + b"x", signature)
        for place in range(0, 64, 7):
            made = bytearray(signature)
            made[place] ^= 1 << n % 8
            assert not judge.signed(public, message, bytes(made))
    assert not judge.signed(b"\xff" * 32, b"", bytes(64))
    assert authority().bundle
