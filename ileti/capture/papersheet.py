"""The printed form: one sheet of paper per person, its words on the front, the notice on the back.

Why this module exists: what somebody signs must be the published text and nothing else, with a yes
and a no beside it, under its own heading, in twelve points at least and above the signature (R-09,
R-12, R-14); and the notice is handed over with it, not behind a link (R-60). Each sheet has its
number in letters and as a code that opens it at the desk. Set like all our papers, fonts inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import segno

from config import settings
from ileti.capture.forms import parts_of
from ileti.capture.paper import Batch
from ileti.core import clock
from ileti.evidence.paper import drawable, typeset

TEMPLATE: Final = Path(__file__).with_name("papersheet.typ")
PATH: Final = "/kagit-formlar/giris"
_WORDS: Final[dict[str, dict[str, str]]] = {
    "tr": {
        "heading": "Ticari elektronik ileti", "yes": "Evet", "no": "Hayır",
        "free": "Hiçbir kutuyu işaretlemek zorunda değilsiniz. Onayınızdan her an, ücretsiz "
                "vazgeçebilirsiniz.",
        "name": "Ad soyad", "phone": "Cep telefonu", "email": "E-posta", "date": "Tarih",
        "sign": "İmza", "back": "Aydınlatma metni arka sayfadadır.", "sheet": "Kâğıt no",
        "alt": "Karekod: {number}", "title": "Ticari elektronik ileti formu",
    },
    "en": {
        "heading": "Ticari elektronik ileti (commercial electronic messages)", "yes": "Yes",
        "no": "No",
        "free": "You need not mark any box. You can withdraw your consent at any time, free of "
                "charge.",
        "name": "Full name", "phone": "Mobile phone", "email": "E-mail", "date": "Date",
        "sign": "Signature", "back": "The privacy notice is on the back.", "sheet": "Sheet no.",
        "alt": "QR code: {number}", "title": "Form for commercial electronic messages",
    },
}


def sheets(batch: Batch, brand: str, dealer: str, accent: str) -> bytes:
    """The PDF of a printing, every sheet with front and back; raises NotSet."""
    return typeset(TEMPLATE, content(batch, brand, dealer, accent), clock.now())


def content(batch: Batch, brand: str, dealer: str, accent: str) -> dict[str, Any]:
    """What the template shows; a test reads it."""
    lines = []
    for one in batch.texts:
        intro, strong, rest = parts_of(one.body)
        lines.append({"text": drawable(f"{intro} {strong}{rest if rest[:1] in '.,' else f' {rest}'}"
                                       .strip())})
    needs_mail = any(one.channel and one.channel.name == "EPOSTA" for one in batch.texts)
    return {
        "lang": batch.language, "words": _WORDS[batch.language], "brand": drawable(brand),
        "dealer": drawable(" · ".join(one for one in (dealer, batch.spot) if one)),
        "accent": accent or "#1D4C9C", "lines": lines, "mail": needs_mail,
        "versions": " · ".join(one.hash[:12] for one in (*batch.texts, batch.notice)),
        "notice": {"title": drawable(batch.notice.title), "parts": _paragraphs(batch.notice.body)},
        "sheets": [{"number": batch.number(n), "qr": _code(batch.number(n))}
                   for n in range(1, batch.copies + 1)]}


def _paragraphs(body: str) -> list[dict[str, Any]]:
    plain = body.replace("**", "").replace("\r\n", "\n")
    return [{"head": part.startswith("## "), "text": drawable(part.removeprefix("## "))}
            for one in plain.split("\n\n") if (part := one.strip())]


def _code(number: str) -> str:
    code = segno.make(f"{settings().base_url}{PATH}?no={number}", error="m", micro=False)
    return str(code.svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True))
