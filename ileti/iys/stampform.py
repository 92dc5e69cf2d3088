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
from typing import Annotated, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimeStampResponse

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


def in_order(reply: bytes) -> bytes:
    """The reply with its certificates in the order of DER, which many authorities do not heed and
    both readers insist on. The order is signed by nobody; what has another form stays as it is."""
    try:
        signed = _inside(reply, 0, 1, 1, 0)
        parts = [part for part in _parts(reply, *signed) if part[0] in (0xA0, 0xA1)]
    except IndexError:
        return reply
    made = bytearray(reply)
    for _, begin, end in parts:
        made[begin:end] = b"".join(sorted(
            reply[first:last] for first, last in _wholes(reply, begin, end)))
    return bytes(made)


def _inside(data: bytes, *way: int) -> tuple[int, int]:
    """Begin and end of the content that the way (the how-manieth part at each level) leads to."""
    begin, end = 0, len(data)
    for place in way:
        _, begin, end = _parts(data, begin, end)[place]
    return begin, end


def _parts(data: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Tag, begin and end of the content of each part; IndexError when it is none of definite form.
    """
    found = []
    while begin < end:
        tag, size, begin = data[begin], data[begin + 1], begin + 2
        if size >= 0x80:
            count = size - 0x80
            if not 0 < count < 5:
                raise IndexError("no definite length")
            size, begin = int.from_bytes(data[begin:begin + count], "big"), begin + count
        if begin + size > end:
            raise IndexError("longer than its surroundings")
        found.append((tag, begin, begin + size))
        begin += size
    return found


def _wholes(data: bytes, begin: int, end: int) -> list[tuple[int, int]]:
    """Begin and end of each part with its head."""
    ends = [last for _, _, last in _parts(data, begin, end)]
    return list(zip([begin, *ends], ends, strict=False))


def signature_of(reply: TimeStampResponse) -> Signature:
    """The reply's one signature; raises ValueError when it is none we can read, NotSigned when what
    was signed is not this content or not by a certificate for time stamps."""
    signed = asn1.decode_der(_Token, reply.time_stamp_token()).signed
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
            first = _only(told, kind).parse(_Certificates).named[0]
            digest = first.parse(_NamedBy)
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
        found = str(part.parse(_Algorithm).oid.dotted_string)
    except ValueError:
        found = str(part.parse(_AlgorithmWith).oid.dotted_string)
    if found not in _SIGNATURES:
        raise ValueError("an unknown kind of signature")
    return found


@asn1.sequence
class _Algorithm:
    oid: x509.ObjectIdentifier
    nothing: asn1.Null | None


@asn1.sequence
class _AlgorithmWith:
    oid: x509.ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class _Attribute:
    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _SignedBy:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _Signer:
    version: int
    signed_by: _SignedBy
    digest: _Algorithm
    attributes: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(1)]


@asn1.sequence
class _Content:
    kind: x509.ObjectIdentifier
    octets: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[_Algorithm]
    content: _Content
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_Signer]


@asn1.sequence
class _Token:
    kind: x509.ObjectIdentifier
    signed: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _IssuerSerial:
    issuer: list[asn1.TLV]
    serial: int


@asn1.sequence
class _NamedBy:
    algorithm: _Algorithm | None
    digest: bytes
    issuer: _IssuerSerial | None


@asn1.sequence
class _Certificates:
    named: list[asn1.TLV]
    policies: list[asn1.TLV] | None
