"""Sender titles of SMS: which may be asked for, before an operator refuses it (R-54).

Why this module exists: a title that belongs to nobody in particular, or to somebody else, is how
people are deceived; operators refuse it after days. What can be known beforehand is told at once.
The link to the company (trade registry, trademark, permission of the brand) is shown by a document
and judged by people; that is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ileti.documents.fold import fold

SHORTEST, LONGEST = 3, 11
_LETTERS: Final = re.compile(r"[A-Za-z0-9 .&'_-]+", re.ASCII)
_ADDRESS: Final = re.compile(r"(www\.|\.(com|net|org|tr|io|co|info|biz|shop)\b)")
_GENERIC: Final = frozenset({
    "info", "bilgi", "sms", "mesaj", "kampanya", "indirim", "firsat", "reklam", "duyuru", "haber",
    "banka", "kargo", "destek", "musteri", "musteriler", "magaza", "market", "test", "deneme",
    "onay", "kod", "sifre", "admin", "servis", "service", "alert", "notice", "verify", "bildirim",
    "hatirlatma", "randevu", "fatura", "odeme", "polis", "jandarma", "saglik", "devlet", "edevlet",
    "bakanlik", "belediye", "ptt", "iys", "btk", "kvkk", "emniyet", "mahkeme", "icra",
})


@dataclass(frozen=True)
class Fault:
    """Why a title will be refused."""

    code: str
    tr: str
    en: str


_FAULTS: Final = {one.code: one for one in (
    Fault("length", f"Başlık {SHORTEST} ile {LONGEST} karakter arasında olur.",
          f"A title has {SHORTEST} to {LONGEST} characters."),
    Fault("letters", "Başlıkta Türkçe harf ve özel işaret olmaz; harf, rakam, boşluk, nokta, tire, "
          "alt çizgi, & ve ' kullanılır.",
          "A title has no Turkish letters and no other signs than letters, digits, blank, dot, "
          "dash, underscore, & and '."),
    Fault("digits", "Başlık yalnız rakamdan oluşamaz; numara gibi görünür.",
          "A title of digits alone looks like a number."),
    Fault("address", "Başlık web adresi olamaz.", "A title is no web address."),
    Fault("generic", "Bu başlık kimseye ait değil: firmanızın ya da markanızın adını yazın.",
          "This title belongs to nobody: write your company’s or brand’s name."),
    Fault("blanks", "Başlığın başında, sonunda ya da art arda boşluk olmaz.",
          "A title has no blanks at its ends, and no two together."),
)}


def faults_of(title: str) -> list[Fault]:
    """Everything an operator would refuse; empty when a title may be asked for (R-54)."""
    folded = fold(title).text
    bare = re.sub(r"[ .&'_-]", "", folded)
    found = [
        ("length", not SHORTEST <= len(title) <= LONGEST),
        ("letters", bool(title) and not _LETTERS.fullmatch(title)),
        ("blanks", title != " ".join(title.split())),
        ("digits", title.replace(" ", "").isdigit()),
        ("address", bool(_ADDRESS.search(folded))),
        ("generic", bare in _GENERIC),
    ]
    return [_FAULTS[code] for code, wrong in found if wrong]
