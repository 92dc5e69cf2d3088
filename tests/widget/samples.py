"""Sample contexts of the public templates: invented people and firms, figures that agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape

from .mock_server import TEXTS

TEMPLATES = Path(__file__).resolve().parents[2] / "ileti" / "web" / "templates"
NONCE = "c2FtcGxl"
ACCENT = {"light": "#7A3E12", "on_light": "#FFFFFF", "dark": "#E9A56B", "on_dark": "#211913"}
BRAND = {
    "name": "Liman Kahve",
    "initials": "LK",
    "title": "Liman Kahve Gıda Tic. A.Ş.",
    "mersis": "0608012345600014",
    "postal": "Rıhtım Cad. No: 8, 35220 Konak/İzmir",
    "phone": "0232 000 00 00",
}
FRAME: dict[str, Any] = {"lang": "tr", "brand": BRAND, "accent": ACCENT, "nonce": NONCE}
FORM = TEXTS["tr"] | {"fields": ["name", "phone", "email"], "policy": "code"}
CODES = [
    {"to": "phone", "masked": "+90 5•• ••• 41 17", "minutes": 5},
    {"to": "email", "masked": "n•••k@ornek.com.tr", "minutes": 5},
]
ROWS: list[dict[str, Any]] = [
    {"channel": "MESAJ", "status": "ONAY", "outcome": "RECORDED"},
    {"channel": "ARAMA", "status": None, "outcome": None},
    {"channel": "EPOSTA", "status": "ONAY", "outcome": "UNVERIFIED"},
]
NOTICE = {
    "title": "Aydınlatma metni",
    "version": 4,
    "published_at": "04.06.2026",
    "hash": "9f2c4d1ab07e53d88a11c6e2f4b97c3015d6ae84720bb3f19ce5d0487a6e2b31",
    "body": "## Veri sorumlusu\n\nLiman Kahve Gıda Tic. A.Ş., Rıhtım Cad. No: 8, İzmir.\n\n"
    "## Hangi verinizi, neden işliyoruz\n\nAdınızı, telefonunuzu ve e-postanızı, izin verdiğiniz "
    "kanallardan ürün ve kampanya tanıtımı göndermek için işliyoruz.",
}
CONSENT: dict[str, Any] = {
    "person": "Nazlı Kırşehirli",
    "channels": ["EPOSTA"],
    "at": "23.11.2026 13:58",
    "place": "limankahve.ornek.test/uye-ol",
    "address": "nazli.k@ornek.com.tr",
    "receipt": "IZN-0048-2917",
    "refuse_url": "https://izin.ornek.test/r/8Kc2",
    "links": [{"label": "Aydınlatma metni", "url": "https://izin.ornek.test/m/4"}],
}
SENT: dict[str, Any] = {"code": "482119", "minutes": 5, "notice_url": "https://izin.ornek.test/m/4"}
ERRORS = [
    {"field": "phone", "message": "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17"},
    {"field": "name", "message": "Onay için adınızı ve soyadınızı yazın."},
]
FILLED = {"phone": "0599 213 41", "email": "nazli.k@ornek.com.tr"}
POST: dict[str, Any] = {
    "form": FORM,
    "action": "/f/pk_demo",
    "token": "t",
    "key": "k",
    "shown_at": "s",
}
CODE_STEP: dict[str, Any] = {
    "codes": CODES,
    "handle": "h",
    "action": "/c",
    "resend_action": "/n",
    "later_url": "/l",
}
RECEIPT: dict[str, Any] = {
    "rows": ROWS,
    "notice": True,
    "receipt": "IZN-0048-2917",
    "issued_at": "23.11.2026 13:58",
}
WRONG = [{"field": "code.phone", "message": "Kod uymadı. 2 deneme hakkınız kaldı."}]
MESSAGES = [
    {
        "channel": "EPOSTA",
        "to": "nazli.k@ornek.com.tr",
        "at": "23.11.2026 13:59",
        "subject": "Bilgilendirme: E-posta izniniz kaydedildi",
        "body_text": "Merhaba Nazlı Kırşehirli,\n\nReddet: https://izin.ornek.test/r/8Kc2",
        "body_html_url": "/demo/mail/2",
    },
    {
        "channel": "MESAJ",
        "to": "+90 599 213 41 17",
        "at": "23.11.2026 13:58",
        "subject": "",
        "body_text": "Liman Kahve: 482119 kodu yalnız numaranın size ait olduğunu doğrular, ileti "
        "izni sayılmaz. 5 dakika geçerli. Aydınlatma metni: https://izin.ornek.test/m/4",
        "code": "482119",
    },
]
WIDGET: dict[str, Any] = {
    "site_key": "pk_demo",
    "widget_src": "/static/widgets/ileti.js",
    "widget_integrity": "",
}
LINKS = [
    {"url": "/demo/shop", "title": "Liman Kahve", "text": "Üye olun, izin verin ya da vermeyin."},
    {"url": "/demo/phone", "title": "Telefon ve posta kutusu", "text": "Kodlar buraya düşer."},
]

PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "form": ("public/form.html", POST | {"other": {"label": "English", "lang": "en", "url": "?"}}),
    "form-errors": ("public/form.html", POST | {"values": FILLED, "errors": ERRORS}),
    "code": ("public/code.html", CODE_STEP),
    "code-wrong": ("public/code.html", CODE_STEP | {"codes": CODES[:1], "errors": WRONG}),
    "receipt": ("public/receipt.html", RECEIPT | {"state": "recorded", "download_url": "/d"}),
    "receipt-none": (
        "public/receipt.html",
        {"state": "none", "rows": [row | {"status": None} for row in ROWS], "notice": False},
    ),
    "refuse": ("public/refuse.html", {"action": "/r", "token": "t", "channels": ["EPOSTA"]}),
    "refused": ("public/refused.html", {"channels": ["MESAJ"], "at": "23.11.2026 14:05"}),
    "notice": ("public/notice.html", {"notice": NOTICE, "current_url": "/m/5"}),
    "error": (
        "public/error.html",
        {
            "title": "Bu bağlantı artık geçerli değil",
            "message": "Bağlantının süresi doldu. Formu yeniden açın; yazdıklarınız saklanmadı.",
            "status": 410,
            "again_url": "/f",
        },
    ),
    "mail-confirmation": ("mail/confirmation.html", CONSENT),
    "mail-verify": (
        "mail/confirmation.html",
        CONSENT | {"verify_url": "https://izin.ornek.test/v"},
    ),
    "mail-code": ("mail/code.html", SENT | {"place": "limankahve.ornek.test/uye-ol"}),
    "demo-shop": ("demo/shop.html", WIDGET),
    "demo-phone": ("demo/phone.html", {"messages": MESSAGES}),
    "demo-index": ("demo/index.html", {"links": LINKS}),
}


def environment(catalogue: dict[str, str] | None = None) -> Environment:
    """Jinja as the application sets it up: autoescape for .html, new-style gettext."""
    known = catalogue or {}
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        extensions=["jinja2.ext.i18n"],
    )

    def plural(one: str, many: str, number: int) -> str:
        chosen = one if number == 1 else many
        return known.get(chosen, chosen)

    made.install_gettext_callables(lambda text: known.get(text, text), plural, newstyle=True)  # type: ignore[attr-defined]
    return made


def render(name: str, catalogue: dict[str, str] | None = None, **more: Any) -> str:
    """A template by its path with the common frame around `more`."""
    return environment(catalogue).get_template(name).render(**(FRAME | more))


def visible_text(html: str) -> str:
    """Text of a page without head, tags and attributes, on one line."""
    body = re.sub(r"(?s)<(style|script|title)\b.*?</\1>", " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())
