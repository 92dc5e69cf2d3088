"""Detached electronic signatures (CMS, RFC 5652) as signing tools make them, judged.

Why this module exists: the decision of BTK asks for a secure electronic signature before messages
are sent (R-51, Law 5070). Whoever signs does it with a tool and a card of their own; what comes
back is one file, and it is judged here: over these very bytes, by a certificate that a named
authority issued, for a person, valid at that moment. Revocation lists are not asked (no outside
requests); the certificate is kept with the proof, so that it can be asked later.

The form is declared, not taken apart by hand; what is verified is the DER of the signed attributes
as they stand in the file (RFC 5652 §5.4).
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from ileti.evidence.cms import Algorithm, AlgorithmWith, Signer, in_order

LARGEST: Final = 64 * 1024
LONGEST_CHAIN: Final = 6
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_DATA: Final = "1.2.840.113549.1.7.1"
_CONTENT_TYPE, _DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(), "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
_RSA: Final = {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12",
               "1.2.840.113549.1.1.13"}
_PSS: Final = "1.2.840.113549.1.1.10"
_ECDSA: Final = {"1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4"}
#: says of a certificate that it is a qualified one (ETSI EN 319 412-5, Law 5070 art. 9)
_QUALIFIED: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")


class Fault(StrEnum):
    """Why a signature does not count."""

    UNREADABLE = "unreadable"
    NOT_DETACHED = "not_detached"
    SEVERAL = "several"
    OTHER_CONTENT = "other_content"
    WEAK = "weak"
    BAD_SIGNATURE = "bad_signature"
    NO_CERTIFICATE = "no_certificate"
    STRANGER = "stranger"
    NOT_VALID_NOW = "not_valid_now"
    NOT_FOR_SIGNING = "not_for_signing"


class NotSigned(Exception):
    """The signature does not count; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that counts: who signed, by the certificate's own words."""

    certificate: x509.Certificate
    issuer: str
    qualified: bool

    @property
    def name(self) -> str:
        """The common name of whoever signed."""
        return _common_name(self.certificate.subject)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


@asn1.sequence
class _Elsewhere:
    """Content that stands elsewhere."""

    kind: x509.ObjectIdentifier
    octets: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[Algorithm]
    content: _Elsewhere
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[Signer]


@asn1.sequence
class _Message:
    kind: x509.ObjectIdentifier
    signed: Annotated[_SignedData, asn1.Explicit(0)]


def read(content: bytes) -> bytes:
    """The DER of a file as tools write it: DER, or PEM. Raises NotSigned."""
    if len(content) > LARGEST:
        raise NotSigned(Fault.UNREADABLE)
    if content.lstrip().startswith(b"-----BEGIN"):
        lines = content.strip().splitlines()
        try:
            return base64.b64decode(b"".join(lines[1:-1]), validate=True)
        except ValueError:
            raise NotSigned(Fault.UNREADABLE) from None
    return content


def judge(content: bytes, signature: bytes, *, roots: Sequence[x509.Certificate],
          at: dt.datetime) -> Signature:
    """Who signed ``content``, by a certificate that leads to one of ``roots`` and held ``at`` that
    moment. Raises NotSigned."""
    try:
        return _judged(content, in_order(read(signature)), roots, at)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension,
            x509.UnsupportedGeneralNameType):
        raise NotSigned(Fault.UNREADABLE) from None  # a certificate is read where it is asked


def _judged(content: bytes, der: bytes, roots: Sequence[x509.Certificate], at: dt.datetime
            ) -> Signature:
    message = asn1.decode_der(_Message, der)
    signed = message.signed
    if message.kind.dotted_string != _SIGNED_DATA:
        raise NotSigned(Fault.UNREADABLE)
    if signed.content.octets is not None:
        raise NotSigned(Fault.NOT_DETACHED)
    signers = signed.signers.as_list()
    if len(signers) != 1:
        raise NotSigned(Fault.SEVERAL)
    signer = signers[0]
    known = _certificates(signed)
    own = _own(signer, known)
    _judge_content(signer, content)
    _judge_key(signer, own)
    _judge_use(own)
    issuer = _judge_chain(own, known, roots, at)
    return Signature(own, _common_name(issuer.subject), _is_qualified(own))


def _certificates(signed: Any) -> list[x509.Certificate]:
    found = []
    for one in signed.certificates.as_list() if signed.certificates is not None else []:
        try:
            found.append(x509.load_der_x509_certificate(asn1.encode_der(one)))
        except ValueError:
            continue
    return found


def _own(signer: Any, known: Sequence[x509.Certificate]) -> x509.Certificate:
    issuer = asn1.encode_der(signer.signed_by.issuer)
    for one in known:
        if one.issuer.public_bytes() == issuer and one.serial_number == signer.signed_by.serial:
            return one
    raise NotSigned(Fault.NO_CERTIFICATE)


def _judge_content(signer: Any, content: bytes) -> None:
    """The signed attributes name this content's hash, once (RFC 5652 §11)."""
    if signer.digest.oid.dotted_string not in _HASHES:
        raise NotSigned(Fault.WEAK)
    if signer.attributes is None:
        raise NotSigned(Fault.UNREADABLE)
    told: dict[str, list[Any]] = {}
    for one in signer.attributes.as_list():
        told.setdefault(one.kind.dotted_string, []).extend(one.values.as_list())
    if any(len(told.get(kind, [])) != 1 for kind in (_CONTENT_TYPE, _DIGEST)):
        raise NotSigned(Fault.UNREADABLE)
    try:
        kind = told[_CONTENT_TYPE][0].parse(x509.ObjectIdentifier).dotted_string
        digest = told[_DIGEST][0].parse(bytes)
    except (ValueError, TypeError):
        raise NotSigned(Fault.UNREADABLE) from None
    if kind != _DATA or digest != _hash(_HASHES[signer.digest.oid.dotted_string], content):
        raise NotSigned(Fault.OTHER_CONTENT)


def _hash(kind: hashes.HashAlgorithm, content: bytes) -> bytes:
    made = hashes.Hash(kind)
    made.update(content)
    return made.finalize()


def _judge_key(signer: Any, own: x509.Certificate) -> None:
    key, digest = own.public_key(), _HASHES[signer.digest.oid.dotted_string]
    said = asn1.encode_der(signer.attributes)
    name = _algorithm(signer.algorithm)
    try:
        if isinstance(key, rsa.RSAPublicKey) and name in (_RSA | {_PSS}):
            if key.key_size < 2048:
                raise NotSigned(Fault.WEAK)
            form: Any = (padding.PSS(padding.MGF1(digest), padding.PSS.AUTO) if name == _PSS
                         else padding.PKCS1v15())
            key.verify(signer.signature, said, form, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and name in _ECDSA:
            key.verify(signer.signature, said, ec.ECDSA(digest))
        else:
            raise NotSigned(Fault.WEAK)
    except InvalidSignature:
        raise NotSigned(Fault.BAD_SIGNATURE) from None


def _algorithm(part: Any) -> str:
    for form in (Algorithm, AlgorithmWith):
        try:
            return str(part.parse(form).oid.dotted_string)
        except (ValueError, TypeError):
            continue
    raise NotSigned(Fault.UNREADABLE)


def _judge_use(own: x509.Certificate) -> None:
    """A certificate for signing by a person, not one that issues others."""
    try:
        if own.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise NotSigned(Fault.NOT_FOR_SIGNING)
    except x509.ExtensionNotFound:
        pass
    try:
        use = own.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        raise NotSigned(Fault.NOT_FOR_SIGNING) from None
    if not (use.content_commitment or use.digital_signature):
        raise NotSigned(Fault.NOT_FOR_SIGNING)


def _judge_chain(own: x509.Certificate, known: Sequence[x509.Certificate],
                 roots: Sequence[x509.Certificate], at: dt.datetime) -> x509.Certificate:
    """The named authority at the end of the chain; each link signed, valid and allowed to issue."""
    one = own
    for _ in range(LONGEST_CHAIN):
        if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
            raise NotSigned(Fault.NOT_VALID_NOW)
        above = next((root for root in roots if _issued(one, root)), None)
        if above is not None:
            if not above.not_valid_before_utc <= at <= above.not_valid_after_utc:
                raise NotSigned(Fault.NOT_VALID_NOW)
            return above
        found = next((other for other in known if other != one and _issued(one, other)), None)
        if found is None:
            break
        one = found
    raise NotSigned(Fault.STRANGER)


def _issued(one: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        if not by.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        one.verify_directly_issued_by(by)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature,
            UnsupportedAlgorithm):
        return False
    return True


def _is_qualified(own: x509.Certificate) -> bool:
    try:
        own.extensions.get_extension_for_oid(_QUALIFIED)
    except x509.ExtensionNotFound:
        return False
    return True


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
