"""The words of this room's mails: receipt, question, answer, alarm; in Turkish and English.

Why this module exists: they are said outside of any page, to people who have no account, so each
says by itself who writes, about which request, and what happens next. No promotion (R-01) and no
personal data beyond the number: what is answered lies in the letter that goes with it. Pure.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ileti.requests.vocabulary import Mail

Words = dict[str, Any]


class Facts(NamedTuple):
    """What a mail may speak of: the case's number, days as text, the brand, where pages are."""

    number: str
    received: str
    due: str
    brand: str
    person: str = ""
    wanted: str = ""
    level: int = 0
    left: int = 0
    page: str = ""
    link: str = ""
    link_until: str = ""


def words(kind: Mail, facts: Facts, language: str) -> Words:
    """What stands in a mail of a kind, for ``mail/request.*``."""
    en = language == "en"
    return {"number": facts.number, "hello": _hello(facts, en), "rows": _rows(facts, en),
            "button": None, "quiet": []} | {
        Mail.RECEIPT: _receipt, Mail.ASKED: _asked, Mail.ANSWER: _answer, Mail.ALARM: _alarm,
    }[kind](facts, en)


def _hello(facts: Facts, en: bool) -> str:
    if not facts.person:
        return ""
    return f"Dear {facts.person}," if en else f"Sayın {facts.person},"


def _rows(facts: Facts, en: bool) -> list[tuple[str, str]]:
    keys = (("Number", "Received", "Answered by") if en else
            ("Başvuru numarası", "Alındığı tarih", "En geç cevap tarihi"))
    return list(zip(keys, (facts.number, facts.received, facts.due), strict=True))


def _receipt(facts: Facts, en: bool) -> Words:
    if en:
        return {"title": "Your application was received", "paragraphs": [
            "We received your application about your personal data (Law 6698, articles 11 and 13). "
            "It is answered free of charge as soon as possible and within 30 days at the latest.",
            "If something is missing we ask you for it; that does not prolong the time."]}
    return {"title": "Başvurunuz alındı", "paragraphs": [
        "Kişisel verilerinizle ilgili başvurunuzu aldık (6698 sayılı Kanun m. 11 ve 13). Ücretsiz "
        "olarak, en kısa sürede ve en geç 30 gün içinde cevaplanır.",
        "Eksik bir şey varsa size sorarız; bu, süreyi uzatmaz."]}


def _asked(facts: Facts, en: bool) -> Words:
    if en:
        return {"title": "We need something more for your application", "paragraphs": [
            "To answer your application we need the following:", facts.wanted,
            "Reply by the way you applied, and name the number below. The time for our answer goes "
            "on meanwhile."]}
    return {"title": "Başvurunuz için bilgi gerekiyor", "paragraphs": [
        "Başvurunuzu cevaplayabilmek için şunlar gerekiyor:", facts.wanted,
        "Başvurduğunuz yolla, aşağıdaki numarayı yazarak iletebilirsiniz. Cevap süresi bu arada "
        "işlemeye devam eder."]}


def _answer(facts: Facts, en: bool) -> Words:
    said: Words = {"title": "The answer to your application", "paragraphs": [
        "The answer to your application is in the attached letter (PDF)."], "quiet": [
        "If you do not agree with the answer you may complain to the Personal Data Protection "
        "Board within 30 days of learning of it, and in any case within 60 days of applying (Law "
        "6698, article 14)."]} if en else {
        "title": "Başvurunuzun cevabı",
        "paragraphs": ["Başvurunuzun cevabı ekteki yazıdadır (PDF)."],
        "quiet": ["Cevabı yeterli bulmazsanız, öğrendiğiniz tarihten itibaren 30 gün ve her hâlde "
                  "başvuru tarihinden itibaren 60 gün içinde Kişisel Verileri Koruma Kuruluna "
                  "şikâyette bulunabilirsiniz (6698 sayılı Kanun m. 14)."]}
    if facts.link:
        said["button"] = {"label": "Get the copy of my data" if en else "Verilerimin örneğini al",
                          "url": facts.link}
        said["paragraphs"].append(
            f"The copy of your data can be downloaded until {facts.link_until}. Give this mail to "
            "nobody: whoever has the link can open it." if en else
            f"Verilerinizin örneği {facts.link_until} tarihine kadar indirilebilir. Bu e-postayı "
            "kimseye vermeyin: bağlantıyı bilen açabilir.")
    return said


def _alarm(facts: Facts, en: bool) -> Words:
    over = facts.left < 0
    if en:
        title = ("The time for a request is over" if over else
                 f"{facts.left} days are left for a request")
        text = ("The 30 days of Law 6698 article 13 are over and the request is not answered. "
                "Answer it now; the person may complain to the Board." if over else
                "A request about personal data is not answered yet. It has to be answered within "
                "30 days of its receipt (Law 6698, article 13).")
        label = "Open the request"
    else:
        title = ("Bir başvurunun süresi doldu" if over else
                 f"Bir başvurunun cevabı için {facts.left} gün kaldı")
        text = ("6698 sayılı Kanun m. 13’teki 30 gün doldu ve başvuru cevaplanmadı. Hemen "
                "cevaplayın; kişi Kurula şikâyet edebilir." if over else
                "Kişisel verilerle ilgili bir başvuru henüz cevaplanmadı. Alındığı günden itibaren "
                "30 gün içinde cevaplanmalı (6698 sayılı Kanun m. 13).")
        label = "Başvuruyu aç"
    return {"title": title, "paragraphs": [text], "hello": "",
            "button": {"label": label, "url": facts.page}}
