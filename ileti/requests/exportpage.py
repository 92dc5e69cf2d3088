"""``verilerim.pdf``: the copy of a person's data as pages somebody reads at a kitchen table.

Why this module exists: JSON is complete and says nothing to most people. The pages tell the same in
tables with our words, in the language of the application; what strangers typed is only ever shown
(:func:`ileti.evidence.paper.drawable`). They prove nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ileti.channels.render import istanbul_text
from ileti.core.clock import to_istanbul
from ileti.evidence.paper import drawable
from ileti.fields.kept import MEMBER, said_in
from ileti.recipients.address import pretty
from ileti.requests.cases import Case
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Right

Row = dict[str, Any]
Cells = Callable[[Row, str], list[str]]
MOST: Final = 2_000


@dataclass(frozen=True)
class About:
    """What the copy answers: an application, or a press of the person's own (``own``)."""

    language: str
    number: str = ""
    received: datetime | None = None
    person: dict[str, str] = field(default_factory=dict, repr=False)
    own: bool = False

    @classmethod
    def of_case(cls, case: Case) -> About:
        """An application."""
        return cls(case.language, case_number(case.id), case.received_at,
                   {k: v for k, v in case.person.parts().items() if v})


def content(about: About, held: dict[str, list[Row]], provider: Row, made: datetime) -> Row:
    """What stands on the pages, for ``export.typ``: texts, already harmless to show."""
    language = about.language
    sections = [section(name, rows, language) for name, rows in held.items() if rows]
    empty = [_TITLES[name][0 if language == "tr" else 1] for name, rows in held.items()
             if not rows and name in _TITLES]
    return {
        "lang": language, "made": istanbul_text(made), "number": about.number,
        "received": istanbul_text(about.received)[:10] if about.received else "",
        "provider": {"title": drawable(provider["title"]), "mersis": provider["mersis"] or "",
                     "address": drawable(provider["address"] or provider["contact"] or ""),
                     "kep": provider["kep"] or ""},
        "person": drawable(about.person.get("name", "")), "sections": sections,
        "empty": ", ".join(empty),
        "words": _WORDS[language] | (_OWN_WORDS[language] if about.own else {}),
    }


_WORDS: Final = {
    "tr": {"title": "Kişisel verilerinizin örneği", "law": "6698 sayılı Kanun m. 11/1-a, b, c, ç",
           "controller": "Veri sorumlusu", "address": "Adres", "number": "Başvuru numarası",
           "person": "İlgili kişi", "received": "Başvuru tarihi", "made": "Hazırlandı",
           "empty": "Şu türlerde kaydınız yoktur", "more": "Tamamı verilerim.json dosyasındadır.",
           "end": "Bu sayfalar verilerim.json dosyasındaki verileri anlatır; iki dosyanın "
                  "özetleri (SHA-256) SHA256SUMS.txt dosyasındadır. Saatler İstanbul saatidir."},
    "en": {"title": "The copy of your personal data", "law": "Law 6698, article 11/1-a, b, c, ç",
           "controller": "Controller", "address": "Address", "number": "Number of the application",
           "person": "Data subject", "received": "Date of the application", "made": "Made",
           "empty": "There is nothing of these kinds", "more": "All of it is in verilerim.json.",
           "end": "These pages tell what is in verilerim.json; the digests (SHA-256) of both "
                  "files are in SHA256SUMS.txt. All times are Istanbul time."},
}


_OWN_WORDS: Final = {
    "tr": {"more": "Daha fazlası için başvurabilirsiniz.",
           "end": "Bu sayfalar, adresinizi doğruladığınız için hazırlandı. Kod adresi kanıtlar, "
                  "kişiyi değil: adlar, formların ağ adresi ve tarayıcısı, ileti ve cevapların "
                  "metinleri ile dosya adları burada yoktur; başvuruyla hepsini alırsınız. Saatler "
                  "İstanbul saatidir."},
    "en": {"more": "Apply to get all of them.",
           "end": "These pages were made because you verified your address. A code proves the "
                  "address, not the person: names, network address and browser of forms, words of "
                  "messages and answers, and names of files are left out; by an application you "
                  "get everything. All times are Istanbul time."},
}


def section(name: str, rows: list[Row], language: str) -> Row:
    """One part as a table: title, heads, rows of cells, and whether there are more."""
    heads, cells = _TABLES.get(name, (None, None))
    place = 0 if language == "tr" else 1
    title = _TITLES[name][place] if name in _TITLES else name
    if heads is None or cells is None:
        heads, cells = (("Kayıt", "Record"),), _whole
    return {
        "title": drawable(title), "heads": [one[place] for one in heads],
        "rows": [[drawable(str(cell)) for cell in cells(row, language)] for row in rows[:MOST]],
        "more": len(rows) > MOST,
    }


def _at(text: str | None) -> str:
    return istanbul_text(datetime.fromisoformat(text)) if text else "–"


def _day(text: str | None) -> str:
    return to_istanbul(datetime.fromisoformat(text)).strftime("%d.%m.%Y") if text else "–"


def _whole(row: Row, language: str) -> list[str]:
    """A part nobody made a table for: its names and values, one per line."""
    return ["\n".join(f"{key}: {_plain(value, language)}" for key, value in row.items())]


def _plain(value: Any, language: str) -> str:
    if isinstance(value, dict):
        return str(value.get(language) or ", ".join(
            f"{key}: {_plain(one, language)}" for key, one in value.items()))
    if isinstance(value, list):
        return ", ".join(_plain(one, language) for one in value)
    return "–" if value is None else str(value)


def _clicked(row: Row, language: str) -> list[str]:
    person = row["person"] or {}
    seen = row["evidence"] or {}
    names = (seen.get(MEMBER) or {}).get("names", {})
    said = {names.get(key, key): _plain(value, language)
            for key, value in said_in(seen, person).items()}
    told = {key: value for key, value in person.items() if key != MEMBER} | said
    return [row["submission"], _at(row["at"]), row["source"][language],
            "\n".join(f"{key}: {value}" for key, value in told.items()) or "–",
            str(seen.get("page") or seen.get("origin") or seen.get("form") or "–")]


def _passed(row: Row, language: str) -> list[str]:
    if "record" not in row:
        return [row["to"], row["brand"], _at(row["at"])]
    said = f"{row['channel'][language]} · {row['status'][language]}"
    return [row["to"], f"{said}\n{row['record']}", _at(row["at"])]


_TITLES: Final[dict[str, tuple[str, str]]] = {
    "addresses": ("Adresler", "Addresses"),
    "consents": ("Geçerli seçimler", "Choices in force now"),
    "history": ("Bütün kayıtlar", "All records"),
    "submissions": ("Kayıtların alındığı form ve görüşmeler", "Forms and calls they came with"),
    "fields": ("Özel alanlar", "Custom fields"),
    "notices": ("Okundu olarak işaretlenen aydınlatma metinleri",
                "Privacy notices marked as read"),
    "lists": ("Müşteri listeleri", "Customer lists"),
    "calls": ("Görüşmeler", "Calls"),
    "messages": ("Gönderilen kod ve bildirimler", "Codes and confirmations sent"),
    "callAttempts": ("Aranmak üzere verilme", "Handed out to be called"),
    "campaigns": ("Kampanya iletileri", "Messages of campaigns"),
    "written": ("Yazdığınız kısa mesajlar", "SMS you wrote"),
    "mailed": ("Yazdığınız ve bir kişinin okuduğu e-postalar",
               "Mails you wrote that somebody read"),
    "late": ("Geç gelen ve karar bekleyen seçimler", "Choices that came late and wait"),
    "files": ("Kayıtların kanıt dosyaları", "Proof files of the records"),
    "troubles": ("Posta sunucularının adres için bildirdikleri",
                 "What mail servers said of an address"),
    "passedOn": ("Verilerin aktarıldığı yerler", "To whom data were passed on"),
    "corrections": ("Düzeltmeler", "Corrections"),
    "requests": ("Başvurular", "Applications"),
    "answers": ("Başvurulara verilen cevaplar", "Answers to them"),
    "purposes": ("Verilerin işlenme amaçları", "Why data are processed"),
    "callLists": ("Arama listeleri", "Lists of people to call"),
    "campaignLists": ("Kampanya listeleri", "Lists of campaigns"),
    "restrictions": ("Kayıtların kısıtlanması", "Restriction of the records"),
    "differences": ("İYS’nin farklı bildirdikleri", "Where İYS said otherwise"),
    "applicationFiles": ("Başvuruların dosyaları", "Files of the applications"),
    "acknowledgements": ("KVKK onay ve bildirim kayıtları", "KVKK acknowledgements and consents"),
}
_SAID: Final = {"YES": {"tr": "evet", "en": "yes"}, "NO": {"tr": "hayır", "en": "no"}}
_TABLES: Final[dict[str, tuple[tuple[tuple[str, str], ...], Cells]]] = {
    "addresses": ((("Adres", "Address"), ("Kayıt tarihi", "Since")), lambda r, _: [
        pretty(r["address"]) if r["address"] else "–", _at(r["since"])]),
    "consents": ((("Marka", "Brand"), ("Kanal", "Channel"), ("Seçim", "Choice"),
                  ("Kaynak", "Source"), ("Tarih", "Date"), ("İYS", "İYS")), lambda r, lang: [
        r["brand"], r["channel"][lang], r["status"][lang], r["source"][lang], _at(r["date"]),
        r["iys"][lang]]),
    "history": ((("Kayıt", "Record"), ("Kanal ve seçim", "Channel and choice"),
                 ("Kaynak", "Source"), ("Metin", "Text"), ("Tarih", "Date")), lambda r, lang: [
        f"{r['record']}\n{r['brand']}" + (f" · {r['dealer']}" if r["dealer"] else ""),
        f"{r['channel'][lang]} · {r['status'][lang]}\n{r['outcome'][lang]}", r["source"][lang],
        f"{r['text']['title']} ({r['text']['version']})" if r["text"] else "–", _at(r["date"])]),
    "submissions": ((("Makbuz", "Receipt"), ("Tarih", "Date"), ("Kaynak", "Source"),
                     ("Kişi bilgileri", "Person’s details"), ("Yer", "Place")), _clicked),
    "fields": ((("Alan", "Field"), ("Değer", "Value"), ("Kayıt", "Record"), ("Tarih", "Date")),
               lambda r, lang: [r["name"][lang], _plain(r["value"], lang), r["record"] or "–",
                                _at(r["at"])]),
    "notices": ((("Metin", "Text"), ("Sürüm", "Version"), ("Tarih", "Date")), lambda r, _: [
        r["title"], str(r["version"]), _at(r["at"])]),
    "acknowledgements": ((("Metin", "Text"), ("Ne", "What"), ("Kaynak", "Source"),
                          ("Tarih", "Date")), lambda r, lang: [
        f"{r['title']} ({r['version']})\n{r['record']}",
        f"{r['act'][lang]}\n{r['extent'][lang]}", r["source"][lang], _at(r["at"])]),
    "lists": ((("Liste", "List"), ("Marka", "Brand"), ("Kayıt", "Records"), ("Tarih", "Date")),
              lambda r, _: [r["file"], r["brand"], str(r["records"]), _at(r["at"])]),
    "calls": ((("Görüşme", "Call"), ("Marka", "Brand"), ("Söylenen", "What was said"),
               ("Ses kaydı", "Recording")), lambda r, lang: [
        _at(r["startedAt"]), r["brand"], "\n".join(
            f"{one['text']}: {_SAID[one['said']][lang]}" for one in r["answers"]) or "–",
        f"{r['recording']['sha256'][:12]}…" if r["recording"] else "–"]),
    "messages": ((("Tür", "Kind"), ("Kanal ve marka", "Channel and brand"),
                  ("Gönderildi", "Sent"), ("Metin", "Words")), lambda r, lang: [
        r["kind"][lang], f"{r['channel'][lang]}\n{r['brand']}", _at(r["sentAt"]),
        "\n".join(one for one in (r["subject"], r["text"]) if one) or "–"]),
    "callAttempts": ((("Marka", "Brand"), ("Liste", "List"), ("Tarih", "Date"),
                      ("Sonuç", "Result")), lambda r, lang: [
        r["brand"], r["list"], _at(r["at"]), r["result"][lang] if r["result"] else "–"]),
    "campaigns": ((("Kampanya", "Campaign"), ("Kanal ve marka", "Channel and brand"),
                   ("Gönderildi", "Sent"), ("Metin", "Words")), lambda r, lang: [
        r["campaign"], f"{r['channel'][lang]}\n{r['brand']}", _at(r["handedOverAt"]),
        "\n".join(one for one in (r["subject"], r["text"]) if one) or "–"]),
    "written": ((("Numara", "Number"), ("Yazıldı", "Written"), ("Metin", "Words"),
                 ("Yapılan", "Done")), lambda r, lang: [
        pretty(r["to"]), _at(r["at"]), r.get("text") or "–",
        r["done"][lang] if r["done"] else "–"]),
    "mailed": ((("Adres", "Address"), ("Geldi", "Arrived"), ("Konu", "Subject"),
                ("Metin", "Words"), ("Ret sayıldı", "Taken as a refusal")), lambda r, lang: [
        r["to"], _at(r["at"]), r.get("subject") or "–", r.get("text") or "–",
        {"tr": "Evet", "en": "Yes"}[lang] if r["refused"] else "–"]),
    "late": ((("Verildi", "Given"), ("Geldi", "Arrived"), ("Marka", "Brand"),
              ("Söylenen", "What was said")), lambda r, _: [
        _at(r["givenAt"]), _at(r["arrivedAt"]), r["brand"],
        ", ".join(str(one) for one in (*r["said"]["boxes"], r["said"]["name"] or "") if one)
        or "–"]),
    "answers": ((("Başvuru", "Application"), ("Tarih", "Date"), ("Metin", "Words")),
                lambda r, _: [r["case"], _at(r["at"]), r["text"]]),
    "files": ((("Dosya", "File"), ("Tür", "Kind"), ("Kayıt", "Record"), ("Eklendi", "Added")),
              lambda r, lang: [r["name"], r["role"][lang], r["record"], _at(r["addedAt"])]),
    "troubles": ((("Ne", "What"), ("Kaç kez", "Times"), ("Son", "Last")), lambda r, lang: [
        r["kind"][lang] + (f" ({r['status']})" if r["status"] else ""), str(r["times"]),
        _at(r["lastAt"])]),
    "passedOn": ((("Kime", "To"), ("Ne", "What"), ("Ne zaman", "When")), _passed),
    "corrections": ((("Alan", "Field"), ("Eski", "Before"), ("Yeni", "After"), ("Tarih", "Date")),
                    lambda r, _: [r["field"], r["before"] or "–", r["after"] or "–",
                                  _at(r["at"])]),
    "requests": ((("Numara", "Number"), ("Alındı", "Received"), ("Kapandı", "Closed"),
                  ("Talepler", "Asked for"), ("Yazdıklarınız", "What you wrote")),
                 lambda r, lang: [
        r["case"], _day(r["receivedAt"]), _day(r["closedAt"]),
        ", ".join(Right(one).letter for one in r["rights"]),
        "\n".join([*(r["person"] or {}).values(), *([r["wish"]] if r["wish"] else [])]) or "–"]),
    "callLists": ((("Liste", "List"), ("Marka", "Brand"), ("Eklendi", "Added"),
                   ("Durum", "State")), lambda r, lang: [
        r["list"] or "–", r["brand"] + (f" · {r['dealer']}" if r["dealer"] else ""),
        _at(r["addedAt"]), r["state"][lang]]),
    "campaignLists": ((("Liste", "List"), ("Kanal ve marka", "Channel and brand"),
                       ("Tarih", "Date")), lambda r, lang: [
        r["list"] or "–", f"{r['channel'][lang]}\n{r['brand']}"
        + (f" · {r['dealer']}" if r["dealer"] else ""), _at(r["at"])]),
    "restrictions": ((("Ne zamandan beri", "Since"), ("Neden", "Why"),
                      ("Başvuru", "Application")), lambda r, _: [
        _at(r["since"]), r["reason"] or "–", r["case"] or "–"]),
    "differences": ((("Gün", "Day"), ("Kanal ve marka", "Channel and brand"), ("İYS", "İYS"),
                     ("Biz", "We"), ("Düzeltildi", "Mended")), lambda r, lang: [
        r["day"], f"{r['channel'][lang]}\n{r['brand']}",
        *(f"{one['status'][lang]}\n{_at(one['date'])}" if one else "–"
          for one in (r["iys"], r["ours"])), _at(r["repairedAt"])]),
    "applicationFiles": ((("Başvuru", "Application"), ("Dosya", "File"), ("Tür", "Kind"),
                          ("Eklendi", "Added")), lambda r, lang: [
        r["case"], r["name"] or "–", r["role"][lang], _at(r["addedAt"])]),
    "purposes": ((("Amaç", "Purpose"), ("Dayanak", "Ground"), ("Veriler", "Data"),
                  ("Alıcılar", "Recipients"), ("Süre", "Period")), lambda r, lang: [
        r["purpose"], r["ground"][lang], ", ".join(one[lang] for one in r["data"]),
        ", ".join(r["recipients"]) or "–", r["period"]]),
}
