"""A detached electronic signature counts for what it signs, and for who signed (R-51)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs7

from ileti.evidence.detached import Fault, NotSigned, judge
from tests.evidence.signers import NOW, Authority, signed

TEXT = "Kampanya 5: şu metin, şu alıcılar.".encode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Elektronik Sertifika Hizmet Sağlayıcısı")


def fault_of(content: bytes, signature: bytes, authority: Authority, *,
             at: dt.datetime = NOW) -> Fault:
    with pytest.raises(NotSigned) as found:
        judge(content, signature, roots=[authority.certificate], at=at)
    return found.value.fault


@pytest.mark.parametrize("kind", ["rsa", "ec", "pss"])
def test_a_persons_signature_names_the_person(authority: Authority, kind: str) -> None:
    person = authority.person("Ada Yıldız", elliptic=kind == "ec", qualified=True)
    form = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if kind == "pss" else None
    found = judge(TEXT, signed(TEXT, person, form=form), roots=[authority.certificate], at=NOW)
    assert (found.name, found.qualified) == ("Ada Yıldız", True)
    assert found.issuer == "Elektronik Sertifika Hizmet Sağlayıcısı"
    assert len(found.fingerprint) == 64


def test_pem_and_an_authority_in_between_are_read(authority: Authority) -> None:
    between = authority.below("Ara Makam")
    person = between.person("Ada Yıldız")
    made = signed(TEXT, person, encoding=serialization.Encoding.PEM, more=[between.certificate])
    assert judge(TEXT, made, roots=[authority.certificate], at=NOW).name == "Ada Yıldız"
    alone = signed(TEXT, person)
    assert fault_of(TEXT, alone, authority) is Fault.STRANGER


@pytest.mark.attack
def test_what_was_changed_after_signing_is_not_signed(authority: Authority) -> None:
    made = signed(TEXT, authority.person("Ada"))
    assert fault_of(TEXT + b".", made, authority) is Fault.OTHER_CONTENT


@pytest.mark.attack
def test_another_authority_or_none_is_not_trusted(authority: Authority) -> None:
    other = Authority("Elektronik Sertifika Hizmet Sağlayıcısı")
    assert fault_of(TEXT, signed(TEXT, other.person("Ada")), authority) is Fault.STRANGER
    with pytest.raises(NotSigned):
        judge(TEXT, signed(TEXT, authority.person("Ada")), roots=[], at=NOW)


@pytest.mark.attack
def test_a_person_issues_no_certificates(authority: Authority) -> None:
    person = authority.person("Ada")
    forged = Authority("Ada", key=person[1], certificate=person[0]).person("Başkan")
    made = signed(TEXT, forged, more=[person[0]])
    assert fault_of(TEXT, made, authority) is Fault.STRANGER


@pytest.mark.parametrize(("more", "fault"), [
    ({"days": (-400, -30)}, Fault.NOT_VALID_NOW), ({"days": (5, 30)}, Fault.NOT_VALID_NOW),
    ({"signs": False}, Fault.NOT_FOR_SIGNING), ({"ca": True}, Fault.NOT_FOR_SIGNING),
])
def test_a_certificate_that_may_not_sign_now_counts_for_nothing(
        authority: Authority, more: dict[str, Any], fault: Fault) -> None:
    assert fault_of(TEXT, signed(TEXT, authority.person("Ada", **more)), authority) is fault


def test_a_signature_that_carries_its_content_is_not_detached(authority: Authority) -> None:
    made = signed(TEXT, authority.person("Ada"), options=[pkcs7.PKCS7Options.Binary])
    assert fault_of(TEXT, made, authority) is Fault.NOT_DETACHED


@pytest.mark.attack
def test_no_byte_of_a_signature_can_be_changed_unseen(authority: Authority) -> None:
    made = signed(TEXT, authority.person("Ada", elliptic=True))
    for place in range(0, len(made), 7):
        broken = made[:place] + bytes([made[place] ^ 1]) + made[place + 1:]
        try:
            found = judge(TEXT, broken, roots=[authority.certificate], at=NOW)
        except NotSigned:
            continue
        assert found.name == "Ada"  # a byte that nobody signs, such as an algorithm's NULL


@pytest.mark.parametrize("content", [b"", b"x", b"0" * 100, b"-----BEGIN X-----\n!\n-----END X",
                                     b"\x30\x80", b"\x30\x03\x02\x01\x05", b"a" * 70_000])
def test_what_is_no_signature_is_unreadable(authority: Authority, content: bytes) -> None:
    assert fault_of(TEXT, content, authority) is Fault.UNREADABLE
