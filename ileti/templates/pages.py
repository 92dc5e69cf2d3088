"""What the pages of templates have in common: finding one, what was typed, names of things.

Whose a template is and who may change it is :mod:`ileti.templates.owners`. A template outside the
user's sight is not there.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.consents.vocabulary import Channel
from ileti.core import clock, db, orm
from ileti.core.errors import NotFound
from ileti.fields.catalogue import about, fields_of
from ileti.fields.vocabulary import Field, Subject
from ileti.templates import design, lifecycle, owners, people, previewing, senders
from ileti.templates.designmjml import mjml
from ileti.templates.judging import Remark, judge
from ileti.templates.models import MessageTemplate, MessageTemplateVersion
from ileti.templates.picturenames import PATH, named
from ileti.templates.pictures import Place, missing, weight
from ileti.templates.pictureworded import HEAVY, gone, heavy
from ileti.templates.previewing import Preview
from ileti.templates.vocabulary import MessageClass, Occasion
from ileti.templates.written import Content, read
from ileti.tenancy import scope
from ileti.tenancy.models import Brand
from ileti.tenancy.trail import name_things

LARGEST: Final = 2**31 - 1
CHANNELS: Final = {Channel.MESAJ: _l("SMS"), Channel.EPOSTA: _l("E-mail"),
                   Channel.ARAMA: _l("Call")}
OCCASIONS: Final = {Occasion.GREETING: _l("Greeting or wish"), Occasion.SURVEY: _l("Survey")}


def find(pk: int) -> MessageTemplate:
    """The template in the user's sight; raises NotFound."""
    found = orm.db.session.scalars(select(MessageTemplate).where(
        MessageTemplate.id == min(pk, LARGEST))).first()
    if found is None:
        raise NotFound()
    return found


def versions_of(ids: list[int]) -> list[MessageTemplateVersion]:
    """All versions of some templates, the newest first."""
    return list(orm.db.session.scalars(select(MessageTemplateVersion).where(
        MessageTemplateVersion.template_id.in_(ids)).order_by(
        MessageTemplateVersion.version.desc())))


def heading(template: MessageTemplate) -> str:
    """One line below its name: channel and owner."""
    return f"{CHANNELS[Channel(template.channel)]} · {owners.name(template)}"


def crumbs(template: MessageTemplate, *more: str) -> list[tuple[str, str | None]]:
    """The way to a page of a template; the last is the page itself."""
    first: list[tuple[str, str | None]] = [(_("Templates"), url_for("TemplateView.list"))]
    if not more:
        return [*first, (template.name, None)]
    return [*first, (template.name, url_for("TemplateView.show", pk=template.id)),
            *((one, None) for one in more)]


def class_choices() -> list[tuple[str, MessageClass]]:
    """The classes in their order, by the word programs use."""
    return [(one.code, one) for one in MessageClass]


def typed(channel: Channel) -> Content:
    """What stands in the editor's form."""
    form = request.form
    names = ("subject", "preheader", "body", "html", "class", "occasion", "reason", "reference",
             "terms", "ends", "tags")
    said: dict[str, Any] = {name: form.get(name, "") for name in names}
    if channel is Channel.EPOSTA and form.get("made") == "blocks":
        return designed(read(channel, said), design.typed(form))
    return read(channel, said)


def designed(content: Content, made: design.Design | None) -> Content:
    """A mail made of these blocks; None: of none, its MJML stays as it is."""
    if made is None:
        return replace(content, design=None)
    return replace(content, design=made, html=mjml(made))


def brand_of(template: MessageTemplate) -> Brand | None:
    """The brand a preview speaks for: its own, else the first in sight."""
    return template.brand or orm.db.session.scalars(select(Brand).where(
        Brand.provider_id == template.provider_id).order_by(Brand.id)).first()


def custom_fields(template: MessageTemplate) -> list[Field]:
    """The provider's fields of recipients that are in use."""
    return about(fields_of(template.provider_id, db.connection()), Subject.RECIPIENT)


def judged(template: MessageTemplate, content: Content) -> list[Remark]:
    """What is found of a content here and today."""
    found = judge(content, today=clock.to_istanbul(clock.now()).date(),
                  custom=lifecycle.custom_keys(template.provider_id))
    if missing(db.system_connection(), place_of(template), content.html):
        found.insert(0, gone("html"))
    size = weight(named(content.html))
    return [*found, heavy(size)] if size > HEAVY else found


def place_of(template: MessageTemplate) -> Place:
    """Whose its pictures are."""
    return Place(template.provider_id, template.brand_id, template.dealer_id)


def previewed(template: MessageTemplate, content: Content, values: dict[str, str] | None = None
              ) -> Preview:
    """The content as somebody gets it, its pictures by their path here; ``values`` None: somebody
    who does not exist."""
    brand, fields = brand_of(template), custom_fields(template)
    given = people.specimen(fields) if values is None else values
    sent = senders.sending(template.provider_id, brand.id if brand else None, content.channel,
                           dealer_id=template.dealer_id or scope.current().dealer_id)
    made = previewing.preview(content, sent, given, price=price_of(template.provider_id),
                              custom={one.key for one in fields}, pictures_at=PATH)
    return replace(made, picture_bytes=weight(made.pictures))


def price_of(provider_id: int) -> Decimal | None:
    """What a segment costs the provider, in liras; None when nobody said."""
    row = db.system_connection().execute("select segment_price from provider where id = %s",
                                         (provider_id,)).fetchone()
    return row[0] if row else None


name_things("message_template", MessageTemplate, "TemplateView.show", "template:read")
