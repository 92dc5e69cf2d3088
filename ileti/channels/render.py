"""Templates of mails, SMS and public pages, rendered without Flask.

The capture endpoints and the jobs run without a request, so the environment with its languages is
made here once: the templates under ``ileti/web/templates`` and the catalogues under
``translations``. A missing catalogue shows the English source words instead of failing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import css_inline
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, select_autoescape

from config import ROOT, settings
from ileti.channels.base import Envelope, MessageKind
from ileti.channels.mail import Mark, Series
from ileti.channels.preference_link import preference_url
from ileti.consents.vocabulary import Channel
from ileti.core import db
from ileti.core.clock import to_istanbul
from ileti.core.colour import accent
from ileti.core.secrets import secrets

TEMPLATES = ROOT / "ileti" / "web" / "templates"
TRANSLATIONS = ROOT / "translations"
#: kinds whose words stand in their content as they go out
_WRITTEN = frozenset({MessageKind.ANSWER, MessageKind.SINGLE})
#: kinds that lead to all choices, with their templates
_WITH_CENTRE = {MessageKind.TAKEN_BACK: "taken_back", MessageKind.ACTS: "acts"}


@lru_cache(maxsize=2)
def environment(language: str) -> Environment:
    """The template environment of a language, ``tr`` or ``en``."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(),
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = Translations.load(str(TRANSLATIONS), [language])
    made.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return made


def render(template: str, language: str, **context: Any) -> str:
    """One template in one language."""
    return environment(language).get_template(template).render(context | {"lang": language})


def brand_accent(brand_id: int) -> dict[str, str] | None:
    """The brand's colours for pages and mails, always readable; None for İleti's own."""
    row = db.connection().execute("select accent from brand where id = %s", (brand_id,)).fetchone()
    pair = accent(row[0]) if row else None
    return pair._asdict() if pair else None


def initials(name: str) -> str:
    """Two letters for the mark of a brand."""
    words = name.split()
    return "".join(word[0] for word in words[:2]) or "·"


def refuse_url(
    provider_id: int, brand_id: int, recipient_id: int, channels: list[str], language: str
) -> str:
    """The link that refuses without a login (R-28, R-29): it never expires, shows no address."""
    numbers = [int(Channel[word]) for word in channels]
    token = secrets().tokens("refuse").make(
        {"p": provider_id, "b": brand_id, "r": recipient_id, "c": numbers, "l": language},
        seconds=None,
    )
    return f"{settings().base_url}/r/{token}"


def receipt_url(provider_id: int, submission_id: int, recipient_id: int) -> str:
    """The link to the receipt other software understands; as long-lived as the proof (R-46)."""
    token = secrets().tokens("receipt").make(
        {"p": provider_id, "s": submission_id, "r": recipient_id}, seconds=None)
    return f"{settings().base_url}/m/{token}"


def envelope(
    *, message_id: int, provider_id: int, brand_id: int, recipient_id: int, kind: MessageKind,
    channel: Channel, to: str, brand: dict[str, Any], content: dict[str, Any],
    submission_id: int | None = None, inline: bool = True,
) -> Envelope:
    """The message as its recipient reads it.

    ``inline`` False leaves the mail's styles in its head alone: for showing it on a page of ours,
    whose policy allows no inline style.
    """
    mark = Mark(provider_id, brand_id, recipient_id, message_id, Series.SINGLE if
                kind is MessageKind.SINGLE else Series.MESSAGE)
    if kind in _WRITTEN:  # when it was decided: nothing of it is rendered anew
        return Envelope(message_id, channel, to, content.get("subject", ""), content["text"],
                        content.get("html") or None, content.get("refuse") or None, mark=mark,
                        sender_name=brand["name"])
    language = "en" if content.get("lang") == "en" else "tr"
    context: dict[str, Any] = {"brand": brand} | content
    notice = content.get("notice")
    context["notice_url"] = f"{settings().base_url}/n/{notice}" if notice else settings().base_url
    refuse = None
    if kind is MessageKind.CONFIRMATION:
        refuse = refuse_url(provider_id, brand_id, recipient_id, content["channels"], language)
        context |= {"refuse_url": refuse, "address": to,
                    "preferences_url": preference_url(provider_id, recipient_id, language)}
        if submission_id is not None and channel is Channel.EPOSTA:
            context["receipt_url"] = receipt_url(provider_id, submission_id, recipient_id)
    if kind in _WITH_CENTRE:
        context["preferences_url"] = preference_url(provider_id, recipient_id, language)
    name = _WITH_CENTRE.get(kind, "confirmation")
    if kind is MessageKind.CODE:
        name = "link" if content.get("link") else "code"
    if channel is Channel.EPOSTA and (colours := brand_accent(brand_id)):
        context["accent"] = colours
    if channel is not Channel.EPOSTA:
        text = render(f"mail/{name}.sms.txt", language, **context)
        return Envelope(message_id, channel, to, "", text.strip(), None, refuse)
    return Envelope(
        message_id, channel, to,
        subject=render(f"mail/{name}.subject.txt", language, **context).strip(),
        text=render(f"mail/{name}.txt", language, **context).strip() + "\n",
        html=inlined(render(f"mail/{name}.html", language, **context), inline=inline),
        refuse_url=refuse, mark=mark, sender_name=brand["name"],
    )


def inlined(html: str, *, inline: bool = True) -> str:
    """A mail with its styles in the elements too, because some readers drop the head."""
    return css_inline.inline(html, keep_style_tags=True) if inline else html


def istanbul_text(moment: Any) -> str:
    """``23.11.2026 13:58`` on an Istanbul clock."""
    return to_istanbul(moment).strftime("%d.%m.%Y %H:%M")
