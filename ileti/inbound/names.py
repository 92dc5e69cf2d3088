"""Whether words are a person's name: only where something says so (R-09, R-12).

Why this module exists: a name completes a consent, so a sentence taken for a name makes a consent
nobody gave. Words are no name until they look like one: written with capitals as names are, with no
word among them that is said in sentences; or, in small letters, each of them a common Turkish name
(``names.txt``). Capitals throughout are how some people write everything: there one of the words
has to be a common name too. Everything else is read by a person. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from ileti.channels.replies import fold

LONGEST: Final = 80
_WORDS: Final = range(2, 6)
#: before a name these add nothing
_BEFORE: Final = frozenset({"adim", "isim", "ismim", "ad", "soyad", "adi", "soyadi", "soyadim",
                            "ben", "benim", "merhaba", "selam", "my", "name", "is"})
#: said in sentences, and no name; common names of the list that are said too are not in it
_SAID: Final = frozenset({
    "var", "yok", "verdi", "lazim", "acil", "para", "kod", "code", "ay", "yil",
    "alabilir", "sonra", "once", "bir", "icin", "daha", "neden", "bugun", "yarin", "dun", "cok",
    "urun", "kotu", "guzel", "iyi", "ama", "fakat", "sen", "siz", "biz", "bu", "su", "o", "ile",
    "gibi", "kadar", "olur", "olmaz", "tamam", "evet", "hayir", "lutfen", "nerede", "nerde",
    "hala", "saat", "ne", "mi", "mu", "sms", "dursun", "kalsin", "sayin", "gunaydin", "yeter",
    "uygun", "dogru", "zaten", "simdi", "hic", "her", "sey", "ben", "bana", "sana", "size", "bize",
    "onu", "sizi", "sizin", "kendi", "geri", "son", "yeni", "eski", "artik", "gec", "erken",
    "ki", "de", "da", "ve", "veya", "ya", "diye", "cunku", "eger", "rica", "peki", "hadi", "haydi",
    "degil", "et", "ol", "al", "ver", "gel", "git", "yap", "yaz", "ara", "oku", "bak", "sil", "gir",
    "alo", "test", "deneme", "abi", "abla", "hocam", "bey", "hanim", "not", "the", "you", "who",
    "what", "please", "thanks", "wrong", "number", "mistake", "call", "me", "later", "changed",
    "mind", "my", "this", "was", "sorry", "it",
})
#: beginnings of words about firms, codes, parcels, bills and slips, with whatever ends them
_BEGINS: Final = (
    "yanlis", "hata", "fikr", "fikir", "karar", "bosver", "vazgec", "istem", "istiyor", "iste",
    "onay", "izin", "izn", "riza", "mesaj", "kampany", "indirim", "firma", "sirket", "marka",
    "magaza", "numara", "telefon", "hesab", "hesap", "siparis", "kargo", "fatura", "sifre",
    "kredi", "odeme", "adres", "fiyat", "urun", "tesekk", "kodu", "beni", "hangi", "nasil", "niye",
    "kimsin", "kimden", "kimse", "sizden", "sizin", "degis", "gelm", "geldi", "gelsi", "gitsi",
    "bekl", "gonder", "yolla", "arama", "arayi", "yazma", "yazin", "verme", "verdi", "vermi",
    "veriy", "alma", "almi", "olma", "olmu", "oldu", "etme", "etti", "edi", "dolandir", "spam",
    "sikayet", "mahkeme", "savci", "avukat", "bilgi", "haber", "sorun", "soru", "cevap", "yardim",
    "musteri", "temsilci", "uye", "abone", "iade", "iptal", "randevu", "alaka", "anlam", "anlad",
    "hanim", "beye", "beyi", "birak", "degil", "hukuk", "yasal", "ihlal", "islem", "kisisel",
    "veri", "hayirl", "rahat", "musait", "tarif", "gerek", "kvkk", "reklam", "ucret",
    "nere", "nedir", "neyin", "tarih", "gunu", "aksam", "sabah", "lutf", "tekrar", "baska",
)
#: how verbs and what belongs to somebody end; a common name that ends so is a name all the same
_ENDS: Final = (
    "yorum", "yoruz", "yorsun", "yorsunuz", "iyor", "uyor", "yorlar",
    *(f"{t}{v}{who}" for t in "dt" for v in "iu"
      for who in ("", "m", "k", "n", "niz", "nuz", "ler", "lar")),
    *(f"m{v}s{who}" for v in "iu" for who in ("", "im", "um", "sin", "sun", "tim", "tum", "ti",
                                              "tu", "siniz", "sunuz", "ler", "lar")),
    "ecek", "acak", "ecegim", "acagim", "ecegiz", "acagiz", "eceksiniz", "acaksiniz",
    "sin", "sun", "sinler", "sunlar", "siniz", "sunuz", "meyin", "mayin", "ayin", "eyin", "erin",
    "meyiniz", "mayiniz", "iniz", "unuz", "mek", "mak", "mem", "mam", "mez", "maz", "meden",
    "madan", "meyin", "elim", "alim", "eyim", "ayim", "ince", "unca", "erek", "arak", "sene",
    "sana", "bilir", "bilirim", "bilirsiniz", "irim", "urum", "erim", "arim", "irsin", "arsin",
    "ersin", "misin", "musun", "misiniz", "musunuz", "den", "dan", "ten", "tan", "imi", "umu",
    "inizi", "unuzu", "lari", "leri", "lik", "luk", "siz", "suz", "medi", "madi",
)
_FEW: Final = 3


def name_in(words: Sequence[str]) -> str:
    """A person's name and surname; nothing where the words could be something else."""
    left = list(words)
    while left and fold(left[0]) in _BEFORE:
        left.pop(0)
    name = " ".join(left)
    if len(left) not in _WORDS or len(name) > LONGEST or not all(
            len(one) > 1 and one.isalpha() and not _no_name(one) for one in left):
        return ""
    return name if _capitals(left) or _common(left) else ""


def perhaps(words: Sequence[str]) -> bool:
    """Whether somebody may have tried to write a name that is not taken for one."""
    return 0 < len(words) <= _FEW and not any(map(_no_name, words))


def _no_name(word: str) -> bool:
    """Whether it is a word of sentences."""
    folded = fold(word)
    if folded in _SAID:
        return True
    return not _known(word) and (folded.startswith(_BEGINS) or folded[2:].endswith(_ENDS))


def _capitals(words: Sequence[str]) -> bool:
    """Written as names are: each word with a capital; all in capitals, a common name among them."""
    if not all(one[0].isupper() and (one[1:].islower() or one.isupper()) for one in words):
        return False
    return any(not one.isupper() for one in words) or any(map(_known, words))


def _common(words: Sequence[str]) -> bool:
    """Each a common name, the first a first name; a longer row of small words is a sentence."""
    return len(words) <= _FEW and fold(words[0]) in _lists()[0] and all(map(_known, words))


def known_name(word: str) -> bool:
    """Whether people are called so: a common first name or surname."""
    return _known(word)


def _known(word: str) -> bool:
    return any(fold(word) in one for one in _lists())


@lru_cache(maxsize=1)
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """First names and surnames, folded."""
    text = Path(__file__).with_name("names.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    first, _, last = "\n".join(lines).partition("\n\n")
    return frozenset(map(fold, first.split())), frozenset(map(fold, last.split()))
