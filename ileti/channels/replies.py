"""What a person means who writes to a brand's number or mailbox (R-20, R-28, R-30).

Why this module exists: a consent is only what was clearly said, a refusal is whatever can be
understood as one (R-28: refusing is easy). So the two are read with different eyes. A consent is
the brand's own word, alone or among words that add nothing; one slip of the finger is forgiven in a
word long enough that it cannot be another. A refusal is found anywhere in the text, in Turkish or
English, with or without the right letters; who says *nothing any more, in no way*, refuses every
channel, and who names channels refuses these (R-30): «bir daha aramayın» is about calls. «Mesaj» is
any message and names none. A negated word says the opposite, and what says both is no consent. What
is not understood changes nothing and gets an answer that says how.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ileti.consents.vocabulary import Channel

LONGEST: Final = 2_000
_FORGIVEN_FROM: Final = 4  # letters: a slip in RET could be NET


class Meaning(StrEnum):
    """What was understood."""

    CONSENT = "consent"
    REFUSAL = "refusal"
    STOP_EVERYTHING = "stop-everything"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Understood:
    """A meaning and the word or words it was read from, as they were folded; for the record.
    ``channels``: those a refusal names and is limited to; empty: the one it was written in."""

    meaning: Meaning
    by: str = ""
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Words:
    """What counts at one number of one brand: its words of consent and of refusal beside the common
    ones, and names that may stand beside them (the brand's own). ``alone``: words of refusal that
    are names too, so that they refuse only as the whole text."""

    consent: tuple[str, ...] = ("ONAY",)
    refusal: tuple[str, ...] = ("RET",)
    names: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


def words_at(consent: tuple[str, ...], refusal: tuple[str, ...], brand: str,
             printed: tuple[str, ...], *, is_name: Callable[[str], bool] | None = None) -> Words:
    """The words that count for a brand at a number: RET, its own, and those ``printed`` in the SMS
    of its provider. ``is_name``: whether people are called so."""
    alone = tuple(one for one in printed if fold(one) in fold(brand).split()
                  or (is_name is not None and is_name(one)))
    others = tuple(one for one in printed if one not in alone)
    return Words(consent, ("RET", *others, *refusal), (brand,), alone)


# Folded: without marks, lower case. A word ending in * is a stem.
_REFUSALS: Final = (
    "ret", "red", "iptal", "cik", "cikar*", "cikis", "cikmak", "dur", "durdur*", "stop", "hayir",
    "istemiyo*", "istemyor*", "istemem", "istemez*", "reddediyo*", "reddettim", "reddet",
    "ret ediyo*",
    "ret et", "red et", "unsubscribe", "cancel", "remove", "optout", "opt out", "vazgec*",
    "silin", "silinsin", "numarami sil*", "bilgilerimi sil*", "gondermeyin*", "gonderme",
    "atmayin*", "yollamayin*", "yollama", "aramayin*", "rahatsiz etmeyin*", "rahatsiz etme",
    "beni arama", "mesaj atma",
    "kaldir*", "engelle*", "mesaj almak istemiyor*", "end", "quit",
    *(f"{what} geri {done}" for what in ("onay*", "izn*", "izin*", "riza*", "muvafakat*")
      for done in ("cekiyorum", "cekiyom", "cekiyoruz", "cektim", "cekmek", "aliyorum", "aliyom",
                   "aliyoruz", "aldim", "almak")),
    *(f"{said}{who}" for said in ("onaylami", "kabul etmi", "izin vermi", "onay vermi",
                                  "onayim yok", "iznim yok", "rizam yok")
      for who in (("",) if said.endswith("yok") else ("yorum", "yom", "yoruz", "yoz"))),
    *(f"{doing} {end}" for doing in ("gondermeyi", "gondermegi", "atmayi", "yollamayi", "aramayi",
                                     "mesajlari", "mesajlarinizi", "smsleri", "sms leri",
                                     "reklamlari", "reklamlarinizi", "aramalari")
      for end in ("kes", "kesin", "kesiniz", "keser", "birak", "birakin", "birakiniz")),
)
#: Refusals only as the whole text: in Turkish "no" is a number.
_ALONE: Final = ("no", "arama", "sil", "atma")
#: in no way, by nothing: whatever channel is named beside it
_EVERYTHING: Final = (
    "hic bir sekil*", "hicbir sekil*", "hic bir yol*", "hicbir yol*", "hicbir kanal*",
    "hic bir kanal*", "her sey*", "hersey*", "her turlu", "ne arayin ne", "ne ara ne",
    "bana ulasmayin*", "iletisime gecmeyin*", "verilerimi sil*", "bilgilerimi sil*",
    "numarami sil*", "kvkk", "everything",
)
#: no more, none at all: of what is named, or of everything where nothing is
_NO_MORE: Final = (
    "hic bir*", "hicbir*", "hepsi*", "tumu*", "tum", "butun", "tamamen", "bir daha", "birdaha",
    "asla", "all", "never", "any more",
)
_CHANNELS: Final = (
    (Channel.ARAMA, ("arama*", "aranmak*", "telefonla", "call", "calls", "calling")),
    (Channel.MESAJ, ("sms*", "kisa mesaj*", "kisamesaj*", "text message*")),
    (Channel.EPOSTA, ("e posta*", "eposta*", "e mail*", "email*", "mail*")),
)
#: beside a word that refuses alone these add nothing
_POLITE: Final = frozenset({"lutfen", "merhaba", "selam", "iyi", "gunler", "tesekkurler",
                            "tesekkur", "ederim", "please", "thanks"})
#: «vermek» and «vermiştim» deny nothing, and are not among them.
_NEGATIONS: Final = ("vermiyo*", "verme", "vermem*", "vermed*", "vermey*", "vermez*", "almadan",
                     "olmadan", "yanlis*", "yok", "degil", "etmiyo*", "etmem", "istemiyo*",
                     "istemem", "not", "geri", "iptal", "kaldir*", "cek*")
#: Beside a word of consent these add nothing.
_FILLERS: Final = frozenset(
    {"evet", "ve", "ben", "bu", "benim", "icin", "veriyorum", "verdim", "ediyorum", "kabul",
     "tamam", "ok", "okey", "olur", "tesekkurler", "tesekkur", "ederim", "lutfen", "mesaj",
     "sms", "iyi", "gunler", "merhaba", "selam", "efendim", "please", "yes", "thanks", "i"})
#: Words and names one letter away from ONAY: no slip, and no consent.
_OTHERS: Final = frozenset({"sonay", "olay", "onar", "onat", "ozay", "anay"})
_DOUBT: Final = ("nedir", "neden", "niye", "nasil", "mi", "mu", "ne", "kim", "kimsiniz", "what",
                 "why", "how", "who")


def understand(text: str, words: Words = Words()) -> Understood:
    """Read one message; never raises, whatever was sent."""
    tokens = fold(text[:LONGEST]).split()
    if not tokens:
        return Understood(Meaning.UNCLEAR)
    refused = _refusal_in(tokens, words)
    said = _consent_word(tokens, words)
    if said is not None:
        negation = _found(tokens, _NEGATIONS)
        if negation is not None or refused is not None:
            by = negation or refused or ""
            return _refused(tokens, f"{said} {by}", words)
        return _consent(text, tokens, said, words)
    if refused is None:
        return Understood(Meaning.UNCLEAR)
    if _denied(tokens, refused):
        return Understood(Meaning.UNCLEAR, refused)
    return _refused(tokens, refused, words)


def beside_consent(text: str, words: Words = Words()) -> tuple[str, tuple[str, ...]] | None:
    """The word of consent, and what stands beside it and is no filler, as it was written: perhaps a
    name. None where the text has no word of consent, or refuses, doubts or denies too."""
    tokens = fold(text[:LONGEST]).split()
    said = _consent_word(tokens, words)
    if said is None or "?" in text or any(
            found is not None for found in (_refusal_in(tokens, words),
                                            _found(tokens, _NEGATIONS), _found(tokens, _DOUBT))):
        return None
    passed = {*said.split(), *_FILLERS}.union(*(fold(name).split() for name in words.names))
    return said, tuple(one for one in spelled(text) if not passed.issuperset(fold(one).split()))


def spelled(text: str) -> list[str]:
    """The words of a text as they were written, less what stands between them."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text[:LONGEST]))


def _refused(tokens: list[str], by: str, words: Words) -> Understood:
    """Of everything, of the channels that are named, or of the one it was written in. The number's
    own word of refusal is about that one, whatever stands beside it."""
    everything = _found(tokens, _EVERYTHING)
    no_more = everything or _found(tokens, _NO_MORE)
    named = tuple(channel for channel, stems in _CHANNELS if _found(tokens, stems) is not None)
    limited = bool(named) and len(named) < len(_CHANNELS) and _own_refusal(tokens, words) is None
    by = f"{by}, {no_more}" if no_more else by
    if everything is not None or (no_more is not None and not limited):
        return Understood(Meaning.STOP_EVERYTHING, by)
    return Understood(Meaning.REFUSAL, by, named if limited else ())


def _consent(text: str, tokens: list[str], said: str, words: Words) -> Understood:
    """The brand's word, and nothing beside it that could say something else (R-09, R-22)."""
    allowed = _FILLERS.union(*(fold(name).split() for name in words.names))
    own = set(said.split())
    others = [one for one in tokens if one not in own and one not in allowed]
    if others or "?" in text or _found(tokens, _DOUBT) is not None:
        return Understood(Meaning.UNCLEAR, said)
    return Understood(Meaning.CONSENT, said)


def _consent_word(tokens: list[str], words: Words) -> str | None:
    """What stands in the text and is a word of consent, or nearly one."""
    for word in map(fold, words.consent):
        parts = word.split()
        for at in range(len(tokens) - len(parts) + 1):
            said = tokens[at:at + len(parts)]
            if all(token == part or (len(part) >= _FORGIVEN_FROM and _near(token, part))
                   for token, part in zip(said, parts, strict=True)):
                return " ".join(said)
    return None


def _refusal_in(tokens: list[str], words: Words) -> str | None:
    if len(tokens) == 1 and tokens[0] in _ALONE:
        return tokens[0]
    exact = _found(tokens, (*map(fold, words.refusal), *_REFUSALS))
    return exact if exact is not None else _own_refusal(tokens, words)


def _own_refusal(tokens: list[str], words: Words) -> str | None:
    """The number's own word of refusal, also with a slip of the finger."""
    own = tuple(map(fold, words.refusal))
    exact = _found(tokens, own)
    if exact is not None:
        return exact
    for token in tokens:
        if any(_slipped(token, word) for word in own):
            return token
    left = [one for one in tokens if one not in _POLITE]
    for word in map(fold, words.alone):
        if " ".join(left) == word or (len(left) == 1 and _slipped(left[0], word)):
            return " ".join(left)
    return None


def _slipped(token: str, word: str) -> bool:
    return (len(word) >= _FORGIVEN_FROM and _near(token, word)) or _stretched(token, word)


def _denied(tokens: list[str], refusal: str) -> bool:
    """«Ret etmiyorum» refuses nothing."""
    after = tokens[tokens.index(refusal.split()[-1]) + 1:] if refusal in tokens else []
    return bool(after) and _is_one(after[0], ("etmiyo*", "etmem", "degil", "vermiyo*"))


def _found(tokens: list[str], phrases: Iterable[str]) -> str | None:
    """The first phrase that stands in the text, word by word."""
    for phrase in phrases:
        parts = phrase.split()
        for at in range(len(tokens) - len(parts) + 1):
            if all(_is_one(tokens[at + n], (part,)) for n, part in enumerate(parts)):
                return " ".join(tokens[at:at + len(parts)])
    return None


def _is_one(token: str, patterns: Iterable[str]) -> bool:
    return any(token.startswith(one[:-1]) if one.endswith("*") else token == one
               for one in patterns)


def _stretched(token: str, word: str) -> bool:
    """«rettt» is «ret»: a letter held too long."""
    return len(token) > len(word) and re.sub(r"(.)\1+", r"\1", token) == re.sub(
        r"(.)\1+", r"\1", word)


def _near(token: str, word: str) -> bool:
    """One letter too many, too few, wrong, or two changed places."""
    if token == word or token in _OTHERS or abs(len(token) - len(word)) > 1:
        return token == word
    if len(token) == len(word):
        wrong = [n for n, (a, b) in enumerate(zip(token, word, strict=True)) if a != b]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1 and (
            token[wrong[0]], token[wrong[1]]) == (word[wrong[1]], word[wrong[0]])
        return len(wrong) == 1 or swapped
    shorter, longer = sorted((token, word), key=len)
    return any(longer[:n] + longer[n + 1:] == shorter for n in range(len(longer)))


@lru_cache(maxsize=1024)
def fold(text: str) -> str:
    """Letters and digits in lower case without marks, words between single blanks: ``RET!``,
    ``ret`` and ``ʀet`` are one word, ``İPTAL`` and ``IPTAL`` too."""
    bare = text.replace("İ", "i").replace("I", "i").replace("ı", "i")
    split = unicodedata.normalize("NFKD", bare).casefold()
    kept = "".join(" " if not one.isalnum() else one for one in split
                   if not unicodedata.combining(one) and unicodedata.category(one) != "Cf")
    return " ".join(kept.split())
