"""The poster with a dealer's code: one A4 page that says whose it is and what it is for.

Why this module exists: people decide in front of the poster whether they take out their phone, so
it says before the form does who asks, by which ways, and that nothing is needed (R-13, R-17). It is
set like all our papers, with its fonts inside; names come from a database and are never markup.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from ileti.capture import dealercodes
from ileti.capture.models import Kind, Site
from ileti.core import clock
from ileti.evidence.paper import drawable, typeset

TEMPLATE: Final = Path(__file__).with_name("poster.typ")
_WORDS: Final[dict[str, dict[str, str]]] = {
    "tr": {
        "title": "Sizi haberdar edelim mi?",
        "what": "{brand} kampanya ve duyurularını hangi yoldan almak istediğinizi siz seçin: "
                "kısa mesaj, arama ya da e-posta. Hiçbirini seçmek zorunda değilsiniz.",
        "how": "Telefonunuzun kamerasını koda tutun, açılan sayfada seçiminizi yapın.",
        "free": "Ücretsizdir. Seçtiğinizden her an, ücretsiz vazgeçebilirsiniz.",
        "code": "Numaranızın ya da e-postanızın size ait olduğu, gönderilen kodla doğrulanır.",
        "dealer": "{brand} adına izni alan: {dealer}", "by": "Hizmet sağlayıcı: {provider}",
        "notice": "Kişisel verilerin işlenmesine ilişkin aydınlatma metni açılan sayfadadır.",
        "number": "Kod no {number} · {day}", "alt": "Karekod: {url}",
        "type": "Kodu okutamıyorsanız:",
    },
    "en": {
        "title": "Shall we keep you posted?",
        "what": "Choose yourself how {brand} may tell you about offers and news: by text message, "
                "call or e-mail. You need not choose any.",
        "how": "Point your phone’s camera at the code and choose on the page that opens.",
        "free": "It is free of charge. You can withdraw at any time, free of charge.",
        "code": "A code is sent to verify that the number or e-mail address is yours.",
        "dealer": "Consent taken in the name of {brand} by {dealer}",
        "by": "Service provider: {provider}",
        "notice": "The privacy notice stands on the page that opens.",
        "number": "Code no. {number} · {day}", "alt": "QR code: {url}",
        "type": "If you cannot scan the code:",
    },
}


def poster(site: Site, language: str) -> bytes:
    """The PDF of a dealer's code; raises NotSet."""
    return typeset(TEMPLATE, content(site, language), clock.now())


def content(site: Site, language: str) -> dict[str, Any]:
    """What the template shows; a test reads it."""
    url = dealercodes.address_of(site)
    said = {
        "brand": drawable(site.brand.name), "dealer": drawable(str(site.dealer)),
        "provider": drawable(site.provider.title), "number": str(site.id), "url": url,
        "day": f"{clock.to_istanbul(site.created_at):%d.%m.%Y}"}
    words = {name: text.format(**said) for name, text in _WORDS[language].items()}
    if site.kind == Kind.EVENT:
        words["dealer"] = drawable(site.name)
    return {"lang": language, "brand": said["brand"], "url": url, "words": words,
            "accent": site.brand.accent or "#1D4C9C",
            "qr": dealercodes.picture(url)}
