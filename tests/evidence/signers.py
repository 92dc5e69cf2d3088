"""People with certificates, and the authorities that issue them."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

NOW = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
_serials = count(1_000)
_OPTIONS = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False, content_commitment=signs, key_encipherment=not signs,
        data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
        encipher_only=False, decipher_only=False)


class Authority:
    """One that issues certificates; a root unless it is given a certificate."""

    def __init__(self, name: str, key: Any = None, certificate: Any = None) -> None:
        self.name, self.key = name, key or ec.generate_private_key(ec.SECP256R1())
        self.certificate = certificate or self._issue(name, self.key.public_key(), ca=True)

    def _issue(self, name: str, key: Any, *, ca: bool = False, signs: bool = True,
               days: tuple[int, int] = (-300, 400), qualified: bool = False) -> x509.Certificate:
        made = x509.CertificateBuilder(
            _name(self.name), _name(name), key, next(_serials), NOW + dt.timedelta(days[0]),
            NOW + dt.timedelta(days[1])).add_extension(
            x509.BasicConstraints(ca, None), critical=True).add_extension(
            _usage(signs=signs, ca=ca), critical=True)
        if qualified:
            made = made.add_extension(x509.UnrecognizedExtension(
                x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3"), b"\x30\x00"), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def below(self, name: str) -> Authority:
        """Another that this one issues."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Authority(name, key, self._issue(name, key.public_key(), ca=True))

    def person(self, name: str, *, elliptic: bool = False, **more: Any
               ) -> tuple[x509.Certificate, Any]:
        """Certificate and key of a person."""
        key: Any = (ec.generate_private_key(ec.SECP256R1()) if elliptic
                    else rsa.generate_private_key(65537, 2048))
        return self._issue(name, key.public_key(), **more), key


def signed(content: bytes, person: tuple[x509.Certificate, Any], *, form: Any = None,
           encoding: Any = serialization.Encoding.DER, more: list[Any] | None = None,
           options: list[Any] | None = None) -> bytes:
    """A detached signature, as a signing tool makes it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(
        person[0], person[1], hashes.SHA256(), rsa_padding=form)
    for one in more or []:
        builder = builder.add_certificate(one)
    return builder.sign(encoding, _OPTIONS if options is None else options)
