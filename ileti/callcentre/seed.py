"""The invented company's call script, and that the people of the first start are trained.

Only for the first start: without a script on show and a training in date the agent's screen takes
refusals alone (R-22, R-28), and nobody new would see the rest of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from config import Settings
from ileti.callcentre import training
from ileti.core import clock, db
from ileti.documents.publish import publish
from ileti.documents.vocabulary import SCRIPT

_NAME: Final = "Onay sorma metni"
_TEXTS: Final = {
    "tr": (_NAME, "İyi günler, {unvan} adına konuşuyorum. Görüşmemiz kaydedilir; aydınlatma "
           "metnimizi limankahve.ornek.com.tr/aydinlatma sayfasında bulursunuz.\n\nÜrün ve "
           "kampanyalarımızı size kısa mesajla duyurmamızı ister misiniz? Evet ya da hayır "
           "diyebilirsiniz; hayır derseniz hizmetimiz değişmez.\n\nTeşekkür ederim. Fikrinizi "
           "dilediğiniz an değiştirebilirsiniz."),
    "en": ("Asking for consent", "Good day, I am calling on behalf of {unvan}. Our call is "
           "recorded; our privacy notice is on the page limankahve.ornek.com.tr/aydinlatma.\n\n"
           "May we tell you of our products and campaigns by SMS? You can say yes or no; if you "
           "say no, nothing changes in our service.\n\nThank you. You can change your mind at any "
           "time."),
}


def seed_calls(settings: Settings, seeded: dict[str, Any], people: Iterable[int]) -> None:
    """Publish the script of each brand once; note a training of today for whoever has none in date.
    Nothing in production or without the company."""
    if settings.production or not seeded:
        return
    provider = seeded["provider"]
    for brand in seeded["brands"].values():
        _script(provider, brand)
    for user in people:
        if not training.holds(training.last(provider, user)):
            training.note(provider, user, clock.today(), by=None)


def _script(provider: int, brand: int) -> None:
    """A brand that has a script, whosever words, keeps it."""
    with db.transaction() as conn:
        if conn.execute("select 1 from document where provider_id = %s and brand_id = %s "
                        "and kind = %s", (provider, brand, SCRIPT)).fetchone():
            return
        row = conn.execute(
            "insert into document (provider_id, brand_id, kind, name) values (%s, %s, %s, %s) "
            "returning id", (provider, brand, SCRIPT, _NAME)).fetchone()
        assert row is not None
    for language, (title, body) in _TEXTS.items():
        publish(row[0], language, title, body)
