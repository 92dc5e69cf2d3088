"""The `.tsr` that İYS hands out with a day: a signed RFC 3161 reply over the file's digest.

It is whole (`openssl ts -verify` takes it) and written by hand, byte by byte, so that a client is
not tried on its own library; the simulator's authority signs it, so it proves nothing. By `how`
a reply is spoilt in one of the ways a client must notice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha384
from typing import Final

from ileti.simulator.authority import Authority, authority

SPOILT: Final = {
    "imprint": "over other bytes than the file's",
    "signature": "one byte of the signature is another",
    "content": "the digest was exchanged after signing",
    "stranger": "signed by an authority nobody vouches for",
    "early": "made before the day was over",
    "late": "made in the year to come",
    "refused": "the authority refused",
    "broken": "not a reply at all",
}
"""Way to spoil a reply → what is wrong with it."""

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SHA_256 = "2.16.840.1.101.3.4.2.1"
_SHA_384 = "2.16.840.1.101.3.4.2.2"
_RSA = "1.2.840.113549.1.1.1"
_EXAMPLE_POLICY = "2.999.1"
_REJECTION = 2


def stamp(digest: bytes, at: datetime, how: str | None = None) -> bytes:
    """The reply, DER, over a SHA-384 digest as of the moment `at`; `how` is a word of `SPOILT`."""
    if how == "broken":
        return b"0\x82\x01\x00" + b"no reply at all " * 16
    if how == "refused":
        return _part(0x30, _part(0x30, _number(_REJECTION) + _part(
            0x30, _part(0x0C, b"the service is closed for maintenance, please come back later"))))
    signer = authority("Yabancı Zaman Damgası") if how == "stranger" else authority()
    moment = at - timedelta(days=1) if how == "early" else (
        at + timedelta(days=365) if how == "late" else at)
    info = _info(sha384(b"other bytes").digest() if how == "imprint" else digest, moment)
    told = _info(sha384(b"exchanged").digest(), moment) if how == "content" else info
    return _granted(_token(signer, info, told, broken=how == "signature"))


def answer_query(query: bytes, at: datetime) -> bytes:
    """The reply to a TimeStampReq (RFC 3161 §2.4.1) as of the moment `at`; a rejection when it
    cannot be read."""
    try:
        parts = _read(_read(query)[0][1])
        (_, algorithm), (_, digest) = _read(parts[1][1])
        # policy (OBJECT IDENTIFIER), nonce (INTEGER), certReq (BOOLEAN), each may be missing
        nonce = next((content for tag, content in parts[2:] if tag == 0x02), None)
    except (IndexError, ValueError):
        return stamp(b"", at, "refused")
    info = _info(digest, at, algorithm=algorithm,
                 nonce=b"" if nonce is None else _part(0x02, nonce))
    return _granted(_token(authority(), info, info, broken=False))


def _granted(token: bytes) -> bytes:
    return _part(0x30, _part(0x30, _number(0)) + token)


def _read(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of each part; IndexError when it is no DER of definite form."""
    found, begin = [], 0
    while begin < len(data):
        tag, size, begin = data[begin], data[begin + 1], begin + 2
        if size & 0x80:
            count = size & 0x7F
            if not 0 < count < 4:
                raise ValueError("no definite length")
            size, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
        if begin + size > len(data):
            raise ValueError("longer than its surroundings")
        found.append((tag, data[begin : begin + size]))
        begin += size
    return found


def _info(digest: bytes, at: datetime, *, algorithm: bytes = b"", nonce: bytes = b"") -> bytes:
    """TSTInfo: whose digest, when, under which number."""
    named = algorithm or _oid(_SHA_384) + _part(0x05, b"")
    imprint = _part(0x30, _part(0x30, named) + _part(0x04, digest))
    return _part(
        0x30,
        _number(1) + _oid(_EXAMPLE_POLICY) + imprint
        + _number(int.from_bytes(digest[:8], "big") >> 1)
        + _part(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()) + nonce,
    )  # fmt: skip


def _token(signer: Authority, info: bytes, told: bytes, *, broken: bool) -> bytes:
    """The signed content; `told` stands in it, `info` was signed."""
    algorithm = _part(0x30, _oid(_SHA_256) + _part(0x05, b""))
    certificate = _part(0x30, _part(0x30, _part(0x04, sha256(signer.stamper_der).digest())))
    attributes = b"".join(sorted((  # DER: a set is in the order of its bytes
        _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
        _attribute(_MESSAGE_DIGEST, _part(0x04, sha256(info).digest())),
        _attribute(_SIGNING_CERTIFICATE_V2, _part(0x30, certificate)),
    )))
    signature = bytearray(signer.sign(_part(0x31, attributes)))
    signature[-1] ^= broken
    issuer = signer.stamper.issuer.public_bytes()
    signed_by = _part(
        0x30,
        _number(1) + _part(0x30, issuer + _number(signer.stamper.serial_number)) + algorithm
        + _part(0xA0, attributes) + _part(0x30, _oid(_RSA) + _part(0x05, b""))
        + _part(0x04, bytes(signature)),
    )  # fmt: skip
    content = _part(0x30, _oid(_TST_INFO) + _part(0xA0, _part(0x04, told)))
    signed = _part(0x30, _number(3) + _part(0x31, algorithm) + content
                   + _part(0xA0, signer.stamper_der) + _part(0x31, signed_by))
    return _part(0x30, _oid(_SIGNED_DATA) + _part(0xA0, signed))


def _attribute(oid: str, value: bytes) -> bytes:
    return _part(0x30, _oid(oid) + _part(0x31, value))


def _part(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _number(value: int) -> bytes:
    return _part(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(dotted: str) -> bytes:
    first, second, *rest = (int(one) for one in dotted.split("."))
    return _part(0x06, b"".join(_base128(one) for one in (first * 40 + second, *rest)))


def _base128(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
