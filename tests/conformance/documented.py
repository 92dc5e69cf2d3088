"""İYS's table of codes as its documents print it, and which of them are nobody's business here.

``codes_of_iys.txt`` holds the table of İYS API §15 without ViA: code, HTTP status, where the
documents show it.
"""

from __future__ import annotations

from pathlib import Path

ELSEWHERE = {
    "H100": "saving for recovery, inside İYS",
    "H197": "search of İYS's web pages", "H404": "search of İYS's web pages",
    "H450": "a recipient's own consent by code", "H452": "a recipient's own consent by code",
    "H453": "a recipient's own consent by code", "H454": "a recipient's own consent by code",
    "H455": "a recipient's own consent by code", "H456": "a recipient's own consent by code",
    "H459": "a recipient's own consent by code", "H460": "a recipient's own consent by code",
    "H465": "a recipient's own consent by code",
}
"""Codes of services that are none of §§4 to 8 and 10: no operation of the API shows them."""


def documented() -> dict[str, int]:
    """Code → HTTP status, of everything that concerns §§4 to 8 and 10."""
    lines = (Path(__file__).parent / "codes_of_iys.txt").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return {code: int(http) for code, http, _ in rows if code not in ELSEWHERE}


_OWN = "a failure inside İYS"
_TABLE_ONLY = "stands in the table only: no operation shows it"

NO_REQUEST = {
    **dict.fromkeys(("H015", "H060", "H062", "H101", "H102", "H103", "H105", "H106", "H107",
                     "H179", "H181", "H192", "H412", "H470", "H476", "H195", "H196"), _OWN),
    "H001": "an unknown iysCode is not the caller's: H353 comes first",
    "H018": "an unknown brandCode is not the caller's: H353 comes first",
    "H031": "a token whose user is gone is H351", "H129": "an unknown partner number is H353",
    "H067": "all 90 million codes would have to be given", "H082": "a list that İYS cannot make",
    "H083": "the same as H124, which is given", "H123": "İYS is busy",
    "H095": _TABLE_ONLY, "H176": _TABLE_ONLY, "H402": _TABLE_ONLY, "H403": _TABLE_ONLY,
    "H405": _TABLE_ONLY, "H355": "a missing right is H353, as the operations show",
    "H250": "tokens carry the identity; a missing one is H351",
    "H251": "tokens carry the identity; a wrong one is H351",
    "H252": "tokens carry the identity; a missing one is H351",
    "H486": "a first HS_KARAR is H175 (judgement 8), another source H119",
    "H503": "the old pages' code; the present ones have H116",
}
"""Codes that no documented request causes here, with the reason; the fault ``code`` gives them."""
