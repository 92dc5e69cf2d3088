"""The five mandatory parts of a privacy notice, looked for in its words (KVKK 10, R-59).

Why apart from the other rules: the editor shows them as a list that fills up while one writes, and
a part can be there, be there in half (a heading without its content) or be missing. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ileti.documents.fold import Folded
from ileti.documents.lintrules import ERROR, NOTICES, Rule

if TYPE_CHECKING:
    from ileti.documents.lint import Written

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True)
class Part:
    """A mandatory part: ``state`` is ``there``, ``half`` or ``missing``."""

    key: str
    state: str
    tr: str
    en: str
    rule: Rule | None

    @property
    def there(self) -> bool:
        """Whether nothing is said against it."""
        return self.state == "there"

    def say(self, language: str) -> str:
        """The part's name."""
        return self.en if language == "en" else self.tr


def _p(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in alternatives))


_PURPOSE: Final = _p(
    r"\bamac\w*", r"\b(?:icin|uzere|neden\w*)\b[^.\n]{0,80}\bisle\w*", r"\bisle\w*[^.\n]{0,80}"
    r"\b(?:icin|uzere)\b", r"\bpurpose\w*", r"\bwhy\b",
    r"\bto\s+(?:send|deliver|answer|perform)\w*")
_RECIPIENTS: Final = _p(
    r"\baktar\w*", r"\bpaylas\w*", r"\balici\s+grup\w*", r"\btransfer\w*",
    r"\bshare\b", r"\brecipients?\b", r"\bdisclos\w*")
_METHOD: Final = _p(
    r"\b(?:elektronik|otomatik|form|sozlu|yazili|fizik|cagri\s+merkez|internet\s+site|web\s+site|"
    r"mobil\s+uygulama|magaza|telefonla|kamera|cerez)\w*[^.\n]{0,120}\b(?:topla|topluyor|elde|"
    r"aliri|aliyor|alin|isle|isliyor|kayd|temin|edin|derle)\w*",
    r"\b(?:topla|topluyor|elde\s+ed|aliyor|alin|temin\s+ed|edin)\w*[^.\n]{0,120}"
    r"\b(?:elektronik|otomatik|"
    r"form|sozlu|yazili|fizik|internet|web|mobil|magaza|telefon|kamera|cerez)\w*",
    r"\bnasil\s+topl\w*[^#]{0,200}(?:elektronik|form|sozlu|yazili|fizik|telefon)",
    r"\b(?:collect|obtain)\w*[^.]{0,160}(?:electronic|form|automatic|phone|writing|website|store)")
_METHOD_HALF: Final = _p(r"\byontem\w*", r"\btopla\w*", r"\btopluyor\w*", r"\btemin\s+ed\w*",
                         r"\bcollect\w*", r"\belde\s+ed\w*")
_GROUND: Final = _p(
    r"\b5\s*/\s*(?:1|2)\b", r"\bm(?:adde)?\W{0,2}\s*(?:5|6|9)\s*/", r"\b(?:5|6)\W{0,3}(?:inci|nci)?"
    r"\s*madde\w*\s*\(?(?:\w+\s+){0,2}2\W", r"\bsozlesme\w*\s+(?:\w+\s+){0,4}(?:kurul|ifa)\w*",
    r"\bhukuki\s+(?:yukumluluk|yukumlulug)\w*", r"\bmesru\s+menfaat\w*", r"\bacik\s+riza\w*",
    r"\bkanun\w*\s+acikca\s+ongor\w*", r"\bhakkin?\s+(?:tesisi|korunmasi)\w*",
    r"\b(?:legitimate\s+interest|legal\s+obligation|performance\s+of\s+(?:a|the)\s+contract|"
    r"explicit\s+consent|art(?:icle|\.)?\s*5\s*/)")
_GROUND_HALF: Final = _p(r"\bhukuki\s+sebe\w*", r"\bdayana\w*", r"\blegal\s+ground\w*",
                         r"\bmadde\w*", r"\bmevzuat\w*")
_RIGHTS: Final = _p(
    r"\b11\W{0,3}(?:inci|nci|uncu)?\s*madde\w*", r"\bmadde\s*11\b", r"\bm\.\s*11\b",
    r"\bart(?:icle|\.)?\s*11\b")
_RIGHTS_HALF: Final = _p(r"\bhak(?:lar|ki)\w*", r"\brights?\b")


def _rule(code: str, tr: str, en: str, why_tr: str, why_en: str, proposal_tr: str | None = None,
          proposal_en: str | None = None, level: str = ERROR) -> Rule:
    return Rule(code, level, "R-59 · KVKK m. 10", NOTICES, _NOTHING, tr, en, why_tr, why_en,
                proposal_tr, proposal_en)


_IDENTITY = _rule(
    "no_identity", "Veri sorumlusunun kimliği yok", "The controller is not named",
    "Metin, verileri kimin işlediğini unvanıyla söyler.",
    "The notice says by its full title who processes the data.",
    "Veri sorumlusu: {unvan}, MERSİS {mersis}, {adres}", "Data controller: {unvan}, {adres}")
# key, words of the whole part, of half of it, its name, what is said when it is not there
_PARTS: Final = (
    ("purposes", _PURPOSE, None, "Veriler ve amaçlar", "Data and purposes", _rule(
        "no_purposes", "İşleme amacı yazmıyor", "The purposes are missing",
        "Hangi verinin ne için işlendiği amaç amaç yazılır.",
        "It must say, purpose by purpose, what the data are processed for.")),
    ("recipients", _RECIPIENTS, None, "Aktarılanlar ve amacı", "Recipients and why", _rule(
        "no_recipients", "Kime aktarıldığı yazmıyor", "The recipients are missing",
        "Kime, hangi amaçla aktarıldığı yazılır; aktarım yoksa o da yazılır.",
        "It says to whom and why data are passed on, or that they are not.",
        "Verilerinizi kimseye aktarmayız.", "We pass your data on to nobody.")),
    ("method", _METHOD, _METHOD_HALF, "Yöntem", "Method of collection", _rule(
        "no_method", "Toplama yöntemi yazmıyor", "The method of collection is missing",
        "Verinin hangi yolla toplandığı yazılır: form, telefon, çerez gibi.",
        "It says by which way data are collected: form, phone, cookies.",
        "Bu formu doldurduğunuzda, elektronik yolla ve otomatik olarak toplarız.",
        "We collect them electronically when you fill in this form.")),
    ("ground", _GROUND, _GROUND_HALF, "Hukuki sebep", "Legal ground", _rule(
        "no_ground", "Hukuki sebep yazmıyor", "The legal ground is missing",
        "Her amacın dayandığı şart yazılır (m. 5/2-a…f, açık rıza).",
        "The condition each purpose rests on is written (art. 5/2-a…f, consent).",
        "sözleşmenin kurulması ve ifası (m. 5/2-c)",
        "making and performing the contract (art. 5/2-c)")),
    ("rights", _RIGHTS, _RIGHTS_HALF, "11. madde hakları", "Rights of article 11", _rule(
        "no_rights", "11. madde hakları yazmıyor", "The rights of article 11 are missing",
        "KVKK m. 11’e genel bir atıf yeter; başvuru yolu da yazılır.",
        "A general reference to article 11 is enough, with where to apply.",
        "KVKK’nın 11. maddesindeki haklarınız için {basvuru}",
        "For your rights under article 11 of Law 6698: {basvuru}")),
)


def parts(text: Written, body: Folded) -> list[Part]:
    """The parts of a notice in the order of the article; empty for other kinds."""
    if text.kind not in NOTICES:
        return []
    named = body.names(text.names)
    found = [Part("identity", "there" if named else "missing", "Veri sorumlusunun kimliği",
                  "Who the controller is", None if named else _IDENTITY)]
    for key, full, half, tr, en, rule in _PARTS:
        state = ("there" if full.search(body.text)
                 else "half" if half is not None and half.search(body.text) else "missing")
        found.append(Part(key, state, tr, en, None if state == "there" else rule))
    return found

