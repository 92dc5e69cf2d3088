"""What a dealer's code opens: the poster's form at once, the kiosk's welcome between two people.

Why this module exists: a printed code outlives what it leads to. So its address is not the form's:
it opens the form while that is the dealer's own, and else says that the code was replaced, and
where people see and change their choices all the same. On a kiosk it is the page everything
returns to: it holds nothing of anybody (``static/js/kiosk.js`` keeps one entry in the browser's
history and comes back by itself). The forms behind are those of ``pages``.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ileti.capture import dealercodes, pages
from ileti.capture.limits import counters
from ileti.capture.models import Kind
from ileti.capture.page import (
    asked_language,
    draw,
    in_language,
    other_language,
    show_error,
    visitor,
)
from ileti.capture.sites import find_site
from ileti.channels.preference_link import centre_path
from ileti.core.errors import IletiError

blueprint = Blueprint("dealer_page", __name__)
blueprint.register_error_handler(IletiError, show_error)

_ENDED: Final = {
    "tr": ("Bu kod artık kullanılmıyor", "Bayi yeni bir kod aldı. İzin vermek isterseniz bayideki "
           "yeni kodu okutun."),
    "en": ("This code is no longer in use", "The dealer has a new code. If you want to give "
           "consent, scan the new one at the dealer’s."),
}
_OVER: Final = {
    "tr": ("Bu etkinlik bitti", "Bu kodla artık izin verilemez."),
    "en": ("This event is over", "No consent can be given by this code any more."),
}
_CLOSED: Final = {
    "tr": ("Bu bayi şu anda izin almıyor", "Hiçbir şey kaydedilmedi."),
    "en": ("This dealer takes no consents at the moment", "Nothing was recorded."),
}


@blueprint.get("/q/<token>")
def open_code(token: str) -> ResponseReturnValue:
    """The form behind a printed code, the kiosk's welcome, or why there is none any more."""
    counters.check("f", 0, visitor().address, share=8)
    found, language = dealercodes.behind(token), asked_language()
    if found.ended or found.closed:
        told = _OVER if found.kind is Kind.EVENT else _ENDED if found.ended else _CLOSED
        title, message = told[language]
        return draw("dealer_over.html", language, found.brand_name, 410, brand_id=found.brand_id,
                    title=title, message=message,
                    courier=f"/q/{token}" if found.kind is Kind.KIOSK else None,
                    centre_url=in_language(centre_path(found.iys_code), language))
    site, path = find_site(found.key), f"/q/{token}"
    if found.kind is Kind.KIOSK:
        return draw("kiosk.html", language, found.brand_name, brand_id=found.brand_id,
                    dealer=site.dealer_name, kiosk=path, provider=site.provider_title,
                    form_url=in_language(f"/f/{site.key}", language),
                    other=other_language(path, language))
    return pages.form(found.key)
