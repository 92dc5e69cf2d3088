"""What a form showed, in a token of our making: which versions, and since when.

Why this module exists: a consent is worth the words it was given on and the moment it was given.
Both are said by a stranger's page; what it cannot say is that it showed other versions than we
handed out (R-17, R-23), or that somebody ticked before we handed them out (R-08). So the token
names the versions and the moment, and a form that is renewed because its token ran out takes the
first moment along, as long as it shows the same: the ticks on it are as old as they are.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from config import settings
from ileti.capture.sites import Site, Text, text_shown
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import Gone, NotAllowed
from ileti.core.secrets import secrets

OLDEST_CLICK: Final = timedelta(hours=24)


def lasting_token(site: Site, language: str, purpose: str, seconds: int) -> str:
    """What a form's own token says, for forms that stay on a device without network."""
    texts = [text for _, text in site.offered(language)]
    return make(site, language, texts, site.asks(language), purpose, seconds)


def make(site: Site, language: str, texts: list[Text], asked: list[Text],
         purpose: str = "form", seconds: int | None = None, after: str = "") -> str:
    """A token for these texts and the site's notice; ``after``: that of the form it renews."""
    notice = site.notices.get(language)
    said = {"s": site.id, "f": site.form_version, "l": language, "t": [t.id for t in texts],
            "n": notice.id if notice else None, "x": [t.id for t in asked],
            "r": random.token_urlsafe(6), "i": int(clock.now().timestamp() * 1000)}
    begun = _begun(said, after)
    return secrets().tokens(purpose).make(
        said | ({} if begun is None else {"b": begun}),
        seconds=settings().form_token_minutes * 60 if seconds is None else seconds)


def _begun(said: dict[str, Any], after: str) -> int | None:
    """When a form that is being renewed was first handed out (ms), if it showed just the same;
    None for any other, also for one longer ago than a tick may be."""
    if not after:
        return None
    try:
        before = secrets().tokens("form").read(after, old=True)
    except NotAllowed:
        return None
    begun = int(before.get("b", before["i"]))
    same = all(before.get(name) == said[name] for name in ("s", "f", "l", "t", "n", "x"))
    return begun if same and said["i"] - begun <= OLDEST_CLICK / timedelta(milliseconds=1) else None


@dataclass(frozen=True)
class Shown:
    """What a token says was on show; ``asked`` are the explicit consents by their document,
    ``age`` in seconds since it was handed out, ``since`` when that first happened."""

    language: str
    consents: dict[Channel, Text]
    asked: dict[int, Text]
    notice: Text | None
    age: float
    since: datetime


def open_token(site: Site, token: str) -> Shown:
    """What was on show; raises NotAllowed (forged, another site's) and Gone (old, form changed)."""
    said = secrets().tokens("form").read(token)
    shown = shown_by(site, said)
    if said.get("f") != site.form_version:
        raise Gone("Form değişti. Yazdıklarınız duruyor; form yenileniyor.",
                   "The form has changed. What you typed is kept; the form is being renewed.",
                   code="form_changed")
    return replace(shown, consents={channel: text for channel, text in shown.consents.items()
                                    if channel in site.channels})


def shown_by(site: Site, said: dict[str, Any]) -> Shown:
    """What the content of an opened token says was on show, whatever the form asks by now; raises
    NotAllowed for another site's."""
    if said.get("s") != site.id:
        raise NotAllowed("Bu form başka bir sitenin formu.", "This form is another site's.",
                         code="foreign_token")
    language = "en" if said.get("l") == "en" else "tr"
    consents: dict[Channel, Text] = {}
    for version_id in said["t"]:
        text = _own(site, language, version_id)
        now = site.in_force.get((language, version_id))
        channel = now[0] if now else _channel_of(site, version_id)
        if channel is not None:
            consents[channel] = text
    asked = {text.document: text for text in
             (_own(site, language, version_id) for version_id in said.get("x", ()))}
    notice = text_shown(site, language, said["n"]) if said.get("n") else None
    return Shown(language, consents, asked, notice, clock.now().timestamp() - said["i"] / 1000,
                 datetime.fromtimestamp(said.get("b", said["i"]) / 1000, UTC))


def moment_of(site: Site, said: dict[str, Any]) -> datetime:
    """When a token of this site was made; raises NotAllowed for another's."""
    if said.get("s") != site.id:
        raise NotAllowed(code="foreign_token")
    return datetime.fromtimestamp(said["i"] / 1000, UTC)


def _own(site: Site, language: str, version_id: int) -> Text:
    text = text_shown(site, language, version_id)
    if text is None:
        raise NotAllowed(code="foreign_text")
    return text


def _channel_of(site: Site, version_id: int) -> Channel | None:
    row = db.connection().execute(
        "select d.channel from document_version v join document d on d.id = v.document_id "
        "where v.id = %s and d.provider_id = %s", (version_id, site.place.provider_id),
    ).fetchone()
    return Channel(row[0]) if row and row[0] else None
