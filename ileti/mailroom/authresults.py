"""What our own mail server found about the domain a mail says it is from (RFC 8601).

Why this module exists: a consent by mail hangs on this one line, and most of what stands in it the
sender chose: MAIL FROM, comments, quoted words. So it is read by its grammar and never searched.
Comments and quoted words are taken out; what is left falls into parts by ``;``; the first is the
name of the server, each other one says ``method=result`` and after it properties. One part that is
not of this form, or a property told twice, and the whole line proves nothing. Pure.
"""

from __future__ import annotations

import re
from typing import Final

_RESULT: Final = re.compile(r"([a-z][a-z0-9-]*)(?:/\d+)?=([a-z]+)", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"([a-z0-9_.-]+)=(\S+)", re.IGNORECASE)
#: where each method tells the domain it looked at
_DOMAINS: Final = {"dkim": ("header.d", "header.i"), "dmarc": ("header.from",)}


def passed(results: str, domain: str, server: str) -> str:
    """``dkim`` or ``dmarc`` where that was passed by exactly this domain, as ``server`` says it;
    "" otherwise. ``results``: the topmost line as it stands, since any below may have come with the
    mail."""
    bare = _bare(results)
    if bare is None or not server or not domain:
        return ""
    named, *parts = bare.split(";")
    if named.lower().split()[:1] != [server.lower()]:
        return ""
    found = [_read(part) for part in parts if part.strip()]
    if any(one is None for one in found):
        return ""
    return next((method for method, result, told in filter(None, found)
                 if result == "pass" and any(
                     told.get(name) == domain.lower() for name in _DOMAINS.get(method, ()))), "")


def _read(part: str) -> tuple[str, str, dict[str, str]] | None:
    """Method, result and properties of a part; None where it has another form."""
    first, *more = part.split()
    if first.lower() == "none" and not more:
        return "none", "", {}
    said = _RESULT.fullmatch(first)
    if said is None:
        return None
    told: dict[str, str] = {}
    for one in more:
        pair = _PROPERTY.fullmatch(one)
        if pair is None or pair[1].lower() in told:
            return None
        told[pair[1].lower()] = _domain(pair[2])
    return said[1].lower(), said[2].lower(), told


def _domain(value: str) -> str:
    """The domain of ``b.test``, ``@b.test`` or ``somebody@b.test``."""
    return value.rpartition("@")[2].lower().rstrip(".")


def _bare(text: str) -> str | None:
    """Without comments, and a single quotation mark for whatever was quoted; None where one of them
    does not end."""
    kept: list[str] = []
    depth, quoted, letters = 0, False, iter(text)
    for one in letters:
        if one == "\\" and (quoted or depth):
            next(letters, "")
        elif quoted:
            quoted = one != '"'
        elif one == "(":
            depth += 1
            kept.append(" ")
        elif depth:
            depth -= one == ")"
        else:
            quoted = one == '"'
            kept.append(one)
    return None if quoted or depth else "".join(kept)
