"""The page judges a stamp's signature as openssl does, or says that it does not judge it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ileti.evidence import verifier as judge
from tests.browser.tsa import (
    HEADER,
    STAMPING,
    Issued,
    by_openssl,
    hand_made,
    issue,
    key_of,
)
from tools.verify_page import PAGE

pytestmark = pytest.mark.browser

Case = tuple[bytes, bytes]
_RUN = """async ([token, header, pem]) => {
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const at = stampSays(bytes(token)).at;
  try {
    await checkSignature(bytes(token), bytes(header), bytes(pem), at);
    return "holds";
  } catch (error) {
    return error instanceof Unchecked ? "unchecked" : error instanceof Wrong ? "wrong" : `${error}`;
  }
}"""


@pytest.fixture(scope="module")
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(offline=True)
    opened = context.new_page()
    opened.goto(PAGE.as_uri())
    yield opened
    context.close()


def _root(**how: Any) -> Issued:
    return issue("Kök", ca=True, **how)


def _made(folder: Path, *, key: str = "rsa", root: dict[str, Any] | None = None,
          signer: dict[str, Any] | None = None, **how: Any) -> Case:
    above = _root(**root or {})
    one = issue("Damga", above, key=key_of(key), **signer or {})
    return by_openssl(folder, one, **how), above.pem


def _between(folder: Path, *, trust: str = "root", chain: bool = True, root: Any = None,
             **how: Any) -> Case:
    top = _root(**root or {})
    middle = issue("Ara", top, ca=True, **how)
    signer = issue("Damga", middle)
    token = by_openssl(folder, signer, *([middle] if chain else []), whole=chain)
    return token, {"root": top.pem, "middle": middle.pem, "both": top.pem + middle.pem}[trust]


def _hand(*, at: datetime | None = None, root: Any = None, **how: Any) -> Callable[[Path], Case]:
    def make(_folder: Path) -> Case:
        top = _root(**root or {})
        signer = issue("Damga", top, **how)
        return hand_made(signer, **({"at": at} if at else {})), top.pem

    return make


def _other_root(folder: Path) -> Case:
    token, _ = _made(folder)
    return token, _root().pem


def _exchanged(folder: Path) -> Case:
    """The same name, number and key: only the digest in the attributes tells them apart."""
    top = _root()
    one = issue("Damga", top)
    other = (
        x509.CertificateBuilder().subject_name(one.certificate.subject)
        .issuer_name(top.certificate.subject).public_key(one.key.public_key())
        .serial_number(one.certificate.serial_number)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2059, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(one.key.public_key()),
                       critical=False)
        .add_extension(x509.ExtendedKeyUsage([STAMPING]), critical=True)
        .sign(top.key, hashes.SHA256()))
    token = hand_made(one)
    old, new = (cert.public_bytes(Encoding.DER) for cert in (one.certificate, other))
    assert len(old) == len(new)
    assert old != new
    return token.replace(old, new), top.pem


_CODE = ExtendedKeyUsageOID.CODE_SIGNING
_NAMES = x509.NameConstraints([x509.DNSName("ornek.com.tr")], None)
CASES: dict[str, tuple[Callable[[Path], Case], str]] = {
    "RSA": (_made, "holds"),
    "RSA, SHA-384": (lambda f: _made(f, digest="sha384"), "holds"),
    "RSA, SHA-512": (lambda f: _made(f, digest="sha512"), "holds"),
    "certificate named by SHA-1": (lambda f: _made(f, ess="sha1"), "holds"),
    "certificate named by SHA-512": (lambda f: _made(f, ess="sha512"), "holds"),
    "authority named": (lambda f: _made(f, named=True), "holds"),
    "P-256": (lambda f: _made(f, key="p256"), "holds"),
    "P-384, SHA-384": (lambda f: _made(f, key="p384", digest="sha384"), "holds"),
    "P-521, SHA-512": (lambda f: _made(f, key="p521", digest="sha512"), "holds"),
    "root with a curve": (lambda f: _made(f, root={"key": key_of("p384")}), "holds"),
    "certificate signed with SHA-512": (
        lambda f: _made(f, signer={"digest": hashes.SHA512()}), "holds"),
    "an unknown curve": (lambda f: _made(f, key="k256"), "unchecked"),
    "an authority between": (_between, "holds"),
    "an authority between, from the trusted": (
        lambda f: _between(f, chain=False, trust="both"), "holds"),
    "an authority between is missing": (lambda f: _between(f, chain=False), "wrong"),
    "only the one between is trusted": (lambda f: _between(f, trust="middle"), "wrong"),
    "one between that may not": (lambda f: _between(f, root={"most": 0}), "wrong"),
    "one between that signs no certificates": (lambda f: _between(f, may_sign=False), "wrong"),
    "one between that had ended": (lambda f: _between(f, years=(2020, 2021)), "wrong"),
    "a condition on names": (lambda f: _between(f, extra=(_NAMES,)), "unchecked"),
    "another root of the same name": (_other_root, "wrong"),
    "no certificate for stamps": (_hand(uses=()), "wrong"),
    "for code": (_hand(uses=(_CODE,)), "wrong"),
    "for stamps and code": (_hand(uses=(STAMPING, _CODE)), "wrong"),
    "for stamps, not critical": (_hand(critical=False), "wrong"),
    "ended since, valid then": (
        _hand(years=(2020, 2023), root={"years": (2018, 2024)},
              at=datetime(2022, 5, 5, tzinfo=UTC)), "holds"),
    "ended before": (_hand(years=(2020, 2021), at=datetime(2022, 5, 5, tzinfo=UTC)), "wrong"),
    "not yet valid": (_hand(years=(2025, 2060), at=datetime(2022, 5, 5, tzinfo=UTC)), "wrong"),
    "the root had ended": (
        _hand(root={"years": (2018, 2021)}, at=datetime(2022, 5, 5, tzinfo=UTC)), "wrong"),
    "certificates exchanged": (_exchanged, "wrong"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_judges_as_openssl_does(page: Any, tmp_path: Path, case: str) -> None:
    make, expected = CASES[case]
    token, pem = make(tmp_path / "tsa")
    _, at = judge.stamp_says(token)
    told = page.evaluate(_RUN, [base64.b64encode(one).decode() for one in (token, HEADER, pem)])
    assert told == expected
    if expected != "unchecked":
        assert (judge.check_signature(token, HEADER, pem, at) is None) == (expected == "holds")


def test_a_changed_byte_anywhere_never_makes_it_hold_where_openssl_does_not(
        page: Any, tmp_path: Path) -> None:
    token, pem = _made(tmp_path / "tsa")
    _, at = judge.stamp_says(token)
    said = []
    for place in range(7, len(token), 29):
        changed = bytearray(token)
        changed[place] ^= 0x04
        try:
            judge.stamp_says(bytes(changed))
        except ValueError:
            continue
        told = page.evaluate(_RUN, [base64.b64encode(one).decode()
                                    for one in (bytes(changed), HEADER, pem)])
        said.append(told)
        if told == "holds":
            assert judge.check_signature(bytes(changed), HEADER, pem, at) is None, place
    assert said.count("wrong") > 20
