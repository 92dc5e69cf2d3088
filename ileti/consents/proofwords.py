"""The evidence of a record as rows a judge reads: every name and every word of ours in Turkish.

Why apart from :mod:`ileti.consents.prooftold`: evidence is written by many rooms for machines, with
names like ``flow`` and values like ``preferences``, and a page of proof must show neither (R-23,
R-48). What has no form that can be read is counted and left to the JSON file of the record, which
holds all of it. What people typed stands as they typed it, and so does a name that is none of ours
(another system's), as long as its value is plain. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from ileti.consents.vocabulary import Channel
from ileti.core.clock import to_istanbul
from ileti.evidence.paper import drawable

Row = tuple[str, str]
LONGEST: Final = 1_000
OTHERS: Final = "Başka bilgiler"

#: parts of the evidence as people read them, in the order in which they are told
_NAMES: Final = {
    "place": "Yer", "page": "Sayfa", "origin": "Köken", "shownAt": "Metnin gösterildiği an",
    "receipt": "Makbuz", "kind": "Arayüz", "by": "Giriş", "flow": "Yol",
    "proof": "Kişi nasıl tanındı", "number": "Yazdığı numara",
    "sentAt": "Operatöre göre yazıldığı an", "receivedAt": "Bize geldiği an",
    "gateway": "Ağ geçidi", "message": "Ağ geçidindeki numarası", "word": "Anlaşılan sözcük",
    "firstMessage": "Onay mesajının numarası", "firstSentAt": "Onay mesajının yazıldığı an",
    "mail": "E-postanın bizdeki numarası", "sha256": "E-postanın SHA-256 özeti",
    "extract": "E-postadan saklanan bölümün SHA-256 özeti",
    "marked": "Bizim iletimize yanıt", "everything": "Her şeyin durdurulması istendi",
    "call": "Görüşmenin numarası", "direction": "Görüşmenin yönü",
    "service": "Arama nedeni", "told": "Aydınlatma metni okundu", "script": "Çağrı metninin özeti",
    "recording": "Ses kaydının SHA-256 özeti", "recorded": "Görüşmenin kaydı", "name": "Ad, soyad",
    "key": "Erişim anahtarı", "pressedAt": "Tuşa basıldığı an",
    "heardSeconds": "Metnin okunduğu süre (saniye)",
    "order": "Arama görevi",
    "callMark": "Aramanın işareti", "recordingMark": "Ses kaydının işareti",
    "review": "Denetimin numarası", "faults": "Denetimde eksik bulunan", "attempt": "Arama",
    "list": "Arama listesi", "way": "Numaranın verilişi", "handedAt": "Numaranın verildiği an",
    "sheet": "Kâğıdın numarası", "signedOn": "Kâğıttaki tarih", "case": "Başvuru",
    "channels": "Kanallar", "privacy": "Aydınlatmanın gösterilişi", "fields": "Formdaki alanlar",
    "import": "İçe aktarma", "file": "Listenin dosyası", "fileSha256": "Dosyanın SHA-256 özeti",
    "apiAccount": "API hesabı", "undoOfImport": "Geri alınan içe aktarma", "note": "Not",
}
#: what the same name means in one flow alone
_NAMES_OF_FLOW: Final = {
    ("ivr", "number"): "Aradığı numara", ("call", "number"): "Numara nasıl alındı",
    ("ivr", "key"): "Bastığı tuş", ("call-key", "key"): "Bastığı tuş",
    ("mail", "by"): "Anlaşılan sözcük", ("mail-complaint", "message"): "Şikâyet edilen ileti",
    ("paper", "file"): "Taramanın SHA-256 özeti",
}
_ORDER: Final = {name: n for n, name in enumerate(_NAMES)}
#: told elsewhere on the page, or by the numbers of rows
_LEFT_OUT: Final = frozenset({"texts", "boxes", "policy", "vouch", "notice", "mapping", "v",
                              "submission", "verification", "form", "site", "formVersion",
                              "language", "sms", "offline"})
FLOWS: Final = {
    "preferences": "tercih merkezi", "call": "çağrı merkezi görüşmesi",
    "call-review": "görüşmenin denetimi", "call-key": "aramada basılan tuş",
    "call-list": "arama listesi", "ivr": "tuşlamalı hat", "paper": "imzalı kâğıt form",
    "sms": "kısa mesaj", "email": "e-postayla onay", "mail": "e-postayla ret",
    "mail-read": "bir kişinin okuduğu e-postayla ret",
    "mail-complaint": "e-posta sağlayıcısının ilettiği şikâyet", "refusal-link": "ret bağlantısı",
    "data-request": "ilgili kişi başvurusu", "desk-cagri": "telefonda, panelden",
    "desk-kagit": "kâğıt üzerinde, panelden", "desk-imza": "imzalı kâğıtla, panelden",
}
#: our own words as values, by the part they stand in
_WORDS: Final[dict[str, dict[str, str]]] = {
    "flow": FLOWS,
    "kind": {"api": "API", "iys-compat": "İYS ile uyumlu API"},
    "by": {"panel": "panel kullanıcısı", "agent": "çağrı merkezi çalışanı",
           "system": "telefon sistemi", "supervisor": "görüşmeyi denetleyen",
           "erasure": "kişisel verilerin silinmesi", "person": "postayı okuyan kişi"},
    "proof": {"code": "adresine gönderilen kodla", "link": "adresine gönderilen imzalı bağlantıyla",
              "mark": "kendisine gönderilen iletiyi yanıtlayarak",
              "dkim": "e-postanın DKIM imzasıyla", "dmarc": "e-postanın DMARC denetimiyle"},
    "direction": {"INBOUND": "kişi aradı", "OUTBOUND": "kişi arandı"},
    "number": {"system": "telefon sistemi bildirdi", "typed": "görüşmede yazıldı"},
    "recorded": {"confirmed": "kaydedildiği doğrulandı",
                 "not confirmed": "kaydedildiği doğrulanmadı"},
    "name": {"in the recording": "görüşme kaydında söylendi"},
    "way": {"PERSON": "ekranda, çalışana", "PROGRAM": "programa", "FILE": "dosyada"},
    "faults": {"notice": "aydınlatmanın okunması", "question": "sorunun yansızlığı",
               "answer": "yanıtın açıklığı"},
    "service": {"KULLANIM_BAKIM": "satılan ürünün kullanımı ve bakımı",
                "ABONELIK": "süren abonelik ya da üyelik",
                "TAHSILAT": "tahsilat ve borç hatırlatma",
                "BILGI_GUNCELLEME": "bilgi güncelleme",
                "SATIN_ALMA_TESLIMAT": "satın alma ve teslimat",
                "YASAL_BILGI": "mevzuatın istediği bildirim"},
    "channels": {one.name: one.tr for one in Channel},
}
_EXTENTS: Final = {"linked": "kısa bilgi ve bağlantı olarak gösterildi", "opened": "açıldı",
                   "to_the_end": "sonuna dek görüldü"}
_STATED: Final = {"ground": "dayanağı", "proof": "kanıtı", "notice": "aydınlatma"}
_LANGUAGES: Final = {"tr": "Türkçe", "en": "İngilizce"}
_TIMED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:+Z-]{1,16}", re.ASCII)


def moment(at: datetime) -> str:
    """``23.11.2026 12:00:07``, in Istanbul's time."""
    return f"{to_istanbul(at):%d.%m.%Y %H:%M:%S}"


def rows(evidence: Mapping[str, Any], told: set[str]) -> list[Row]:
    """What the evidence says, without what is ``told`` elsewhere on the page."""
    flow, others = evidence.get("flow"), 0
    found: list[Row] = [("Form", _form(evidence))]
    for name in sorted(evidence.keys() - _LEFT_OUT - told,
                       key=lambda one: (_ORDER.get(one, 99), one)):
        value = evidence[name]
        text = _words(name, value, str(flow))
        if text is None:
            others += bool(value)
        else:
            label = _NAMES_OF_FLOW.get((str(flow), name)) or _NAMES.get(name, name)
            found.append((label, text))
    found += _acknowledged(evidence.get("notice"))
    if others:
        found.append((OTHERS, f"{others} bilgi daha var; kaydın JSON dosyasında"))
    return [(drawable(label[:60]), value) for label, value in found]


def known_by(evidence: Mapping[str, Any]) -> str | None:
    """How the person at work was known, as an adverb; None where the evidence tells none."""
    proof = evidence.get("proof")
    return _WORDS["proof"].get(proof) if isinstance(proof, str) else None


def language_of(evidence: Mapping[str, Any]) -> str:
    """The form's language."""
    language = evidence.get("language")
    return _LANGUAGES.get(str(language), said(language))


def extent_of(notice: Any) -> str:
    """How far a form showed its notice."""
    return _EXTENTS.get(str(notice.get("extent")), "") if isinstance(notice, dict) else ""


def fields_of(evidence: Mapping[str, Any]) -> list[Row]:
    """Custom fields that are not personal, by the names that stood on the form, with what was said.
    """
    value = evidence.get("fields")
    names, values = ((value.get(one) for one in ("names", "said")) if isinstance(value, dict)
                     else (None, None))
    if not isinstance(names, dict) or not isinstance(values, dict):
        return []
    told = [(drawable(str(names.get(key, ""))[:60]), _flat(one)) for key, one in values.items()]
    return [(name, text) for name, text in told if name]


def _form(evidence: Mapping[str, Any]) -> str:
    version = evidence.get("formVersion")
    parts = [said(evidence.get("form") or evidence.get("site")),
             f"sürüm {said(version)}" if version else "",
             language_of(evidence)]
    return " · ".join(part for part in parts if part)


def _acknowledged(notice: Any) -> list[Row]:
    if not isinstance(notice, dict):
        return []
    return [("Aydınlatma metni", f"okundu · {said(notice.get('at'))}"),
            ("Aydınlatmanın özeti", said(notice.get("hash")))]


# -- values ----------------------------------------------------------------------------------------


def said(value: Any) -> str:
    """A plain value; what is long ends with a word about where the rest is, and what is no plain
    value says nothing."""
    if isinstance(value, bool):
        return "evet" if value else "hayır"
    if not isinstance(value, str | int | float) or value == "":
        return ""
    text = str(value)
    if (at := time_of(text)) is not None:
        return moment(at)
    rest = " … (tamamı kaydın JSON dosyasında)" if len(text) > LONGEST else ""
    return drawable(text[:LONGEST]) + rest


def time_of(text: str) -> datetime | None:
    """A moment with its zone, or None."""
    if not _TIMED.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo and to_istanbul(at) else None
    except (ValueError, OverflowError):
        return None


def _words(name: str, value: Any, flow: str) -> str | None:
    """The value in words; empty where it says nothing, None where it is for machines alone."""
    if value is None or value == "":
        return ""
    if isinstance(value, dict):
        read = _READ.get(name)
        return None if read is None else read(value)
    if isinstance(value, list):
        each = [_words(name, one, flow) for one in value if not isinstance(one, list | dict)]
        return " · ".join(one for one in each if one) if len(each) == len(value) else None
    known = _WORDS.get(name)
    if known is None or (flow, name) in _AS_TYPED:
        return said(value)
    return known.get(str(value)) or (said(value) if name in _ALSO_TYPED else None)


#: parts whose value is what a person or another system said, although others hold words of ours
_AS_TYPED: Final = frozenset({("mail", "by"), ("sms", "number"), ("ivr", "number")})
_ALSO_TYPED: Final = frozenset({"number", "name"})


def _privacy(value: dict[str, Any]) -> str:
    """How far the notice was shown, and how many explicit consents were asked for and ticked; each
    act by itself is a step of the story."""
    notice, texts, boxes = (value.get(name) for name in ("notice", "texts", "boxes"))
    extent = extent_of(notice)
    digest = said(notice.get("hash")) if isinstance(notice, dict) else ""
    parts = [extent or ("gösterildi" if isinstance(notice, dict) else ""),
             f"SHA-256 özeti {digest}" if digest else ""]
    if isinstance(texts, list) and texts:
        ticked = len(boxes) if isinstance(boxes, dict) else 0
        parts.append(f"açık rıza metni gösterildi: {len(texts)}, kutusu işaretlendi: {ticked}")
    return " · ".join(part for part in parts if part)


def _fields(value: dict[str, Any]) -> str | None:
    """The same as one line."""
    if not isinstance(value.get("names"), dict) or not isinstance(value.get("said"), dict):
        return None
    return " · ".join(f"{name}: {text}" for name, text in fields_of({"fields": value}) if text)


def _flat(value: Any) -> str:
    return ", ".join(said(one) for one in value) if isinstance(value, list) else said(value)


def _origin(value: dict[str, Any]) -> str:
    """What was stated of a list; where it comes from is a step of the story."""
    told = [(word, said(value.get(name))) for name, word in _STATED.items()]
    return " · ".join(f"{word}: {text}" for word, text in told if text)


def _part(key: str) -> Callable[[dict[str, Any]], str]:
    return lambda value: said(value.get(key))


_READ: Final[dict[str, Callable[[dict[str, Any]], str | None]]] = {
    "privacy": _privacy, "fields": _fields, "origin": _origin, "told": _part("at"),
    "script": _part("hash"), "recording": _part("sha256"), "file": _part("sha256"),
}
