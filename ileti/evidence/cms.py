"""The parts of a signed message (CMS, RFC 5652) as far as time stamps have them (RFC 3161, 5816).

Why this module exists: the form is declared here and read by ``cryptography``, so that nothing is
taken apart by hand but what DER leaves to be put right: the order of the certificates.
"""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1


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


@asn1.sequence
class Algorithm:
    """An algorithm without parameters, or with none (NULL)."""

    oid: x509.ObjectIdentifier
    nothing: asn1.Null | None


@asn1.sequence
class AlgorithmWith:
    """An algorithm with parameters, such as RSA-PSS."""

    oid: x509.ObjectIdentifier
    parameters: asn1.TLV


@asn1.sequence
class Attribute:
    """A signed or unsigned attribute."""

    kind: x509.ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class SignedBy:
    """Which certificate signed: its issuer and number."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class Signer:
    """One signature."""

    version: int
    signed_by: SignedBy
    digest: Algorithm
    attributes: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(1)]


@asn1.sequence
class Content:
    """What is signed, and what kind of thing it is."""

    kind: x509.ObjectIdentifier
    octets: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class SignedData:
    """Content with its signatures and certificates."""

    version: int
    digests: asn1.SetOf[Algorithm]
    content: Content
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[Signer]


@asn1.sequence
class Token:
    """The whole."""

    kind: x509.ObjectIdentifier
    signed: Annotated[SignedData, asn1.Explicit(0)]


@asn1.sequence
class IssuerSerial:
    """Another way to name a certificate."""

    issuer: list[asn1.TLV]
    serial: int


@asn1.sequence
class NamedBy:
    """A certificate named by its digest (ESSCertID and ESSCertIDv2)."""

    algorithm: Algorithm | None
    digest: bytes
    issuer: IssuerSerial | None


@asn1.sequence
class Certificates:
    """The signed attribute that names the signer’s certificate first."""

    named: list[asn1.TLV]
    policies: list[asn1.TLV] | None
