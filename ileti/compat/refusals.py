"""İYS's errors as we give them: code, place, value, sentence, and the HTTP status of each code.

Why this module exists: software written for İYS tells cases apart by HTTP status and code, so ours
must be İYS's to the letter (İYS API §1.3, §15, judgements §9), for every call and every fault. The
sentences are those of the error book; what has no code of İYS (an unknown path) has the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ileti.iys.errors import MEANINGS

Fault = dict[str, Any]
Place = list[str | int]

_BY_STATUS: Final = {
    400: "H014 H016 H017 H085 H090 H092 H097 H098 H123 H171 H172 H173 H174 H175 H178 H201 H214 "
         "H215 H216 H217 H218 H219 H220 H221 H222 H224 H225 H226 H227 H228 H229 H230 H231 H243 "
         "H244 H253 H266 H267 H288 H401 H462 H463 H486",
    401: "H351",
    403: "H180 H353 H524",
    404: "H058",
    413: "HTTP_413",
    422: "H091 H110 H111 H112 H113 H114 H115 H116 H117 H118 H119 H120 H121 H122 H125 H126 H127 "
         "H155 H156 H157 H158 H160 H162 H163 H164 H166 H168 H169 H170 H182 H183 H184 H185 H186 "
         "H187 H190 H191 H193 H194 H198 H199 H400 H408 H464 H467 H478 H506 H507",
    429: "H084 H086 H089 H124",
    500: "H015 H061",
    503: "H192",
}
STATUS: Final = {code: status for status, codes in _BY_STATUS.items() for code in codes.split()}
_OURS: Final = {
    "HTTP_404": "Bu adreste bir servis yok.",
    "HTTP_405": "Bu adres bu yöntemle çağrılmaz.",
    "HTTP_413": "İstek gövdesi çok büyük.",
    "HTTP_403": "Bu adres yalnız https ile çağrılır.",
}
_NOTHING: Final = object()


class Refused(Exception):
    """The answer is an error: an HTTP status and one or more coded faults."""

    def __init__(self, faults: Sequence[Fault], status: int | None = None, *,
                 retry_after: float | None = None) -> None:
        self.faults = list(faults)
        first = str(self.faults[0]["code"])
        self.status = status or STATUS.get(first) or int(first.removeprefix("HTTP_"))
        self.retry_after = retry_after
        super().__init__(", ".join(str(one["code"]) for one in self.faults))


def fault(code: str, place: Place | None = None, value: Any = _NOTHING,
          index: int | None = None, *, message: str | None = None) -> Fault:
    """One fault of İYS's list. ``place`` names the field (and the place in its list), ``value`` is
    what was sent, ``index`` the place in a batch from 0; what is not known is left out (§1.3)."""
    body: Fault = {}
    if index is not None:
        body["index"] = index
    body["code"] = code
    if place is not None:
        body["location"] = place
    if value is not _NOTHING:
        body["value"] = value
    body["message"] = message or sentence(code)
    return body


def refuse(code: str, place: Place | None = None, value: Any = _NOTHING) -> Refused:
    """A refusal with a single fault, to be raised."""
    return Refused([fault(code, place, value)])


def sentence(code: str) -> str:
    """What a code says by itself, in Turkish, as İYS's messages are."""
    known = MEANINGS.get(code)
    return known.what() if known is not None else _OURS.get(code, code)
