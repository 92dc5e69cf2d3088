"""What a kiosk takes along into the time without network: texts, notice, key and a signed moment.

Why this module exists: without network the page must show the very versions that were published
when it last heard from us, and be able to prove it. So the pack holds the forms in both languages
with tokens that name their versions, the whole notices, the public key for what is taken, our time
with its signature, and how much and how long the device may keep (R-33, R-60).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from ileti.capture import forms, formtoken, kioskseal, privacy
from ileti.capture.kioskwords import WORDS
from ileti.capture.sites import Site
from ileti.core import clock
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets

FORM_PURPOSE: Final = "kiosk-form"
TIME_PURPOSE: Final = "kiosk-time"
#: so many choices a device keeps before it takes no more
MOST_WAITING: Final = 200
#: of the oldest waiting choice: from then on the page warns; from then on it takes none. The three
#: business days end at the earliest 72 hours after the day of the consent began to be over (R-40).
WARN_HOURS: Final = 24
STOP_HOURS: Final = 48
#: how old what is on show may be
PACK_HOURS: Final = 168
#: so long a device may be away with what it took: its tokens outlive the pack until then, and what
#: comes later opens nothing
AWAY_DAYS: Final = 90
_TOKEN_SECONDS: Final = AWAY_DAYS * 86_400


def pack(site: Site, path: str) -> dict[str, Any]:
    """Everything at once, as JSON; raises NotFound where no text is published."""
    shown = {}
    for language in ("tr", "en"):
        with suppress(NotFound):
            shown[language] = forms.show(site, language) | {
                "token": formtoken.lasting_token(site, language, FORM_PURPOSE, _TOKEN_SECONDS),
                "noticeText": privacy.reading_words(site, language)}
    if not shown:
        raise NotFound("Bu formun metni henüz yayımlanmadı.",
                       "The text of this form is not published yet.", code="no_text")
    number = kioskseal.key_number(clock.now())
    return {
        "site": site.id, "path": path, "dealer": site.dealer_name, "forms": shown, "words": WORDS,
        "key": {"number": number, "public": kioskseal.public_key(number)},
        "limits": {"items": MOST_WAITING, "warnHours": WARN_HOURS, "stopHours": STOP_HOURS,
                   "packHours": PACK_HOURS},
    } | contact(site)


def contact(site: Site) -> dict[str, Any]:
    """Our time, in milliseconds, and the same signed: the first of the two provable bounds."""
    now = int(clock.now().timestamp() * 1_000)
    token = secrets().tokens(TIME_PURPOSE).make({"s": site.id, "i": now}, seconds=_TOKEN_SECONDS)
    return {"now": now, "time": token}


def contact_of(site: Site, token: str) -> datetime:
    """When we signed a time token; raises NotAllowed (forged, another page's) and Gone."""
    said = secrets().tokens(TIME_PURPOSE).read(token)
    return formtoken.moment_of(site, said)


def shown_of(site: Site, token: str) -> tuple[formtoken.Shown, datetime, dict[str, Any]]:
    """What a pack's form showed, when we handed it out, and the token's own content."""
    said = secrets().tokens(FORM_PURPOSE).read(token)
    return formtoken.shown_by(site, said), formtoken.moment_of(site, said), said
