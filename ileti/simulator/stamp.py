"""A specimen of the `.tsr` that İYS hands out with a day: an RFC 3161 reply over the file's digest.

It has the shape of a real one (`openssl ts -reply -text` reads it) and names the SHA-384 of the
file, so that a client can be tried on it; but nobody signed it, which its policy number (of the
arc for examples) and the empty list of signers say. It proves nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_SHA_384 = "2.16.840.1.101.3.4.2.2"
_NO_POLICY = "2.999.1"


def stamp(digest: bytes, at: datetime) -> bytes:
    """The reply, DER, over a SHA-384 digest as of the moment `at`."""
    algorithm = _part(0x30, _oid(_SHA_384))
    info = _part(
        0x30,
        _number(1) + _oid(_NO_POLICY)
        + _part(0x30, algorithm + _part(0x04, digest))
        + _number(int.from_bytes(digest[:8], "big") >> 1)
        + _part(0x18, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
    )  # fmt: skip
    content = _part(0x30, _oid(_TST_INFO) + _part(0xA0, _part(0x04, info)))
    signed = _part(0x30, _number(3) + _part(0x31, algorithm) + content + _part(0x31, b""))
    token = _part(0x30, _oid(_SIGNED_DATA) + _part(0xA0, signed))
    return _part(0x30, _part(0x30, _number(0)) + token)


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
