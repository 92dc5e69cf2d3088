"""The demo company's templates: every sample, as a draft that nobody has declared yet, and one SMS
and one mail that are published, so that a campaign or a single message can be tried at once."""

from __future__ import annotations

from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.templates import lifecycle, samples
from ileti.templates.design import Block, Colour, Design, Kind
from ileti.templates.designmjml import mjml
from ileti.templates.written import Content

_MAIL: Final = Design((
    Block(Kind.HEADING, "Yeni şubemiz açıldı"),
    Block(Kind.TEXT, "Sayın {ad|değerli müşterimiz},\n\nAlsancak’taki yeni şubemizde **taze "
          "kavrulmuş** çekirdeklerimizle sizi bekliyoruz."),
    Block(Kind.COLUMNS, "**Hafta içi**\n08:00–22:00", text2="**Hafta sonu**\n09:00–23:00"),
    Block(Kind.BUTTON, label="Yol tarifi", href="https://limankahve.ornek.com.tr/subeler"),
), Colour.BROWN)
_PUBLISHED: Final = {
    "Yeni şube (SMS)": Content(
        Channel.MESAJ, body="Sayin {ad|musterimiz}, Alsancak'taki yeni subemiz acildi, bekleriz."),
    "Yeni şube (e-posta)": Content(
        Channel.EPOSTA, subject="Yeni şubemiz açıldı", preheader="Alsancak’ta sizi bekliyoruz",
        html=mjml(_MAIL), design=_MAIL),
}


def seed_templates(provider_id: int) -> int:
    """Put each sample into a provider that has no template; how many."""
    there = db.system_connection().execute(
        "select from message_template where provider_id = %s limit 1", (provider_id,)).fetchone()
    if there is not None:
        return 0
    for one in samples.SAMPLES:
        lifecycle.create(provider_id, None, one.content.channel, one.tr, user_id=None,
                         draft=one.content, sample=True)
    return len(samples.SAMPLES)


def seed_published(provider_id: int, *, user_id: int) -> None:
    """Publish the demo's own two in a user's name, once each, whatever became of them since."""
    there = {row[0] for row in db.system_connection().execute(
        "select name from message_template where provider_id = %s", (provider_id,))}
    for name, draft in _PUBLISHED.items():
        if name not in there:
            number = lifecycle.create(provider_id, None, draft.channel, name, user_id=user_id,
                                      draft=draft)
            lifecycle.publish(number, 0, user_id=user_id)
