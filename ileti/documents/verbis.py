"""The processing inventory as a table for VERBİS: one line per purpose and category of data.

VERBİS is filled in by hand, category by category, so the table has its order: category first, then
whose data, purpose, ground, recipients, period, transfer abroad (R-59). Semicolons and a mark of
UTF-8, because that is what spreadsheets in Turkey open; a cell that a spreadsheet could take for a
formula is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from ileti.core import csvfile
from ileti.documents.vocabulary import DATA, GROUNDS, SUBJECTS, Word

HEADS: Final = {
    "tr": ("Veri kategorisi", "Veri konusu kişi grubu", "İşleme amacı", "Hukuki sebep",
           "Dayanak", "Alıcı grupları", "Saklama süresi", "Yurt dışına aktarım",
           "Aktarılan ülke ve dayanak", "Marka", "Yayımlanmış metinler"),
    "en": ("Category of data", "Data subjects", "Purpose", "Legal ground", "Rule", "Recipients",
           "Period", "Transfer abroad", "Country and basis", "Brand", "Published texts"),
}
_YES_NO: Final = {"tr": ("Evet", "Hayır", "Tümü", "Yok"), "en": ("Yes", "No", "All", "None")}


#: who names more categories of data that are held: from a language to their names. Custom fields
#: that are personal say so here; their purposes are for the provider to name.
also: list[Callable[[str], list[str]]] = []
_OWN: Final = {"tr": "Özel alan", "en": "Custom field"}


def table(purposes: Iterable[Any], told: dict[int, list[str]], language: str) -> bytes:
    """The table as a file; ``told`` are the names of texts by purpose id."""
    yes, no, everyone, nobody = _YES_NO[language]
    lines = [(category, one) for one in purposes for category in one.data]
    lines.sort(key=lambda pair: list(DATA).index(pair[0]) if pair[0] in DATA else 99)
    return csvfile.table([HEADS[language], *((
        _say(DATA, category, language),
        ", ".join(_say(SUBJECTS, key, language) for key in one.subjects), one.name,
        _say(GROUNDS, one.ground, language), one.ground_note or "",
        ", ".join(one.recipients) or nobody, one.period, yes if one.abroad else no,
        one.abroad_note or "", str(one.brand) if one.brand is not None else everyone,
        ", ".join(told.get(one.id, [])) or nobody) for category, one in lines), *(
        (f"{_OWN[language]}: {name}", *[""] * (len(HEADS[language]) - 1))
        for names in also for name in names(language))])


def _say(words: dict[str, Word], key: str, language: str) -> str:
    return words[key].say(language) if key in words else key
