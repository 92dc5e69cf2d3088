"""The signed part of a time stamp (CMS, RFC 5652 and 5816), read by its declared form.

Why this module exists: whether a stamp was signed by the key in the certificate it carries must be
known even where nobody has named the authorities to trust, and libraries for time stamps ask for
those first. The form is declared, DER is read by ``cryptography`` and nothing is guessed; what
cannot be read is a ``ValueError``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from hashlib import sha1, sha256, sha384, sha512
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimeStampResponse

from ileti.evidence.cms import Algorithm, AlgorithmWith, Certificates, NamedBy, Token

HASHES: Final[dict[str, Any]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(), "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_PSS: Final = "1.2.840.113549.1.1.10"
_SIGNATURES: Final = {_PSS, *(f"1.2.840.113549.1.1.{n}" for n in (1, 11, 12, 13)),
                      *(f"1.2.840.10045.4.3.{n}" for n in (2, 3, 4))}
_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
# RFC 2634 names the certificate by SHA-1, RFC 5035 by SHA-256 unless it says otherwise.
_SIGNED_BY: Final = {"1.2.840.113549.1.9.16.2.12": "1.3.14.3.2.26",
                     "1.2.840.113549.1.9.16.2.47": "2.16.840.1.101.3.4.2.1"}
_DIGESTS: Final[dict[str, Any]] = {
    "1.3.14.3.2.26": sha1, "2.16.840.1.101.3.4.2.1": sha256, "2.16.840.1.101.3.4.2.2": sha384,
    "2.16.840.1.101.3.4.2.3": sha512,
}


class NotSigned(Exception):
    """The certificate in the token does not vouch for what the token says."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What was signed, by which certificate."""

    certificate: x509.Certificate
    _signed: bytes
    _hash: Any
    _pss: bool
    _value: bytes

    def check(self, moment: dt.datetime) -> None:
        """Raises NotSigned unless the certificate was valid at that moment and its key made the
        signature, and ValueError for a key of a kind that signs no time stamps."""
        if not (self.certificate.not_valid_before_utc <= moment
                <= self.certificate.not_valid_after_utc):
            raise NotSigned("the certificate was not valid then")
        key = self.certificate.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                form = (padding.PSS(padding.MGF1(self._hash), padding.PSS.AUTO) if self._pss
                        else padding.PKCS1v15())
                key.verify(self._value, self._signed, form, self._hash)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self._value, self._signed, ec.ECDSA(self._hash))
            else:
                raise ValueError("neither RSA nor an elliptic curve")
        except InvalidSignature:
            raise NotSigned("another key or other content") from None
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from None


def signature_of(reply: TimeStampResponse) -> Signature:
    """The reply's one signature; raises ValueError when it is none we can read, NotSigned when what
    was signed is not this content or not by a certificate for time stamps."""
    signed = asn1.decode_der(Token, reply.time_stamp_token()).signed
    signers = signed.signers.as_list()
    if len(signers) != 1 or signed.content.kind.dotted_string != _TST_INFO:
        raise ValueError("not one signature over a time stamp")
    signer = signers[0]
    digest = signer.digest.oid.dotted_string
    if digest not in HASHES or signer.attributes is None:
        raise ValueError("digest or signed attributes are missing or of an unknown kind")
    told = {one.kind.dotted_string: one.values.as_list() for one in signer.attributes.as_list()}
    certificate = _certificate(reply)
    _may_stamp(certificate)
    _names(certificate, told)
    if _only(told, _CONTENT_TYPE).parse(x509.ObjectIdentifier).dotted_string != _TST_INFO:
        raise NotSigned("the content is signed as something else")
    content = _DIGESTS[digest](signed.content.octets).digest()
    if _only(told, _MESSAGE_DIGEST).parse(bytes) != content:
        raise NotSigned("other content was signed")
    return Signature(certificate, asn1.encode_der(signer.attributes), HASHES[digest],
                     _algorithm(signer.algorithm) == _PSS, signer.signature)


def _certificate(reply: TimeStampResponse) -> x509.Certificate:
    """The one that the signer's issuer and number name."""
    signers = list(reply.signed_data.signer_infos)
    for der in reply.signed_data.certificates:
        found = x509.load_der_x509_certificate(bytes(der))
        if any((found.issuer, found.serial_number) == (one.issuer, one.serial_number)
               for one in signers):
            return found
    raise NotSigned("the signer's certificate is not in the token")


def _may_stamp(certificate: x509.Certificate) -> None:
    """RFC 3161 §2.3: for time stamps and nothing else, and that is critical."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        raise NotSigned("the certificate is not for time stamps") from None
    if not found.critical or list(found.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise NotSigned("the certificate is not for time stamps alone")


def _names(certificate: x509.Certificate, told: dict[str, list[Any]]) -> None:
    """The signed attributes name the certificate, so that no other one can be put in its place."""
    der = certificate.public_bytes(Encoding.DER)
    for kind, usual in _SIGNED_BY.items():
        if kind in told:
            first = _only(told, kind).parse(Certificates).named[0]
            digest = first.parse(NamedBy)
            by = digest.algorithm.oid.dotted_string if digest.algorithm is not None else usual
            if by not in _DIGESTS:
                raise ValueError("the certificate is named by an unknown digest")
            if digest.digest != _DIGESTS[by](der, usedforsecurity=False).digest():
                raise NotSigned("another certificate was meant")
            return
    raise NotSigned("no certificate is named")


def _only(told: dict[str, list[Any]], kind: str) -> Any:
    values = told.get(kind, [])
    if len(values) != 1:
        raise ValueError(f"{kind} is missing or there twice")
    return values[0]


def _algorithm(part: Any) -> str:
    try:
        found = str(part.parse(Algorithm).oid.dotted_string)
    except ValueError:
        found = str(part.parse(AlgorithmWith).oid.dotted_string)
    if found not in _SIGNATURES:
        raise ValueError("an unknown kind of signature")
    return found
