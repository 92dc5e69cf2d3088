"""What the hot path must know about a site, read once every few seconds instead of per request.

One :class:`Site` holds the place in the ledger, the origins, the policy and the published texts in
both languages. A change in the panel is seen by every web process within ``FRESH_SECONDS``; a site
that is switched off stops within the same time. Bare SQL: this is asked in front of Flask, without
a user, so there is no scope to apply; the public key is the name of exactly one site.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import psycopg

from ileti.consents.ledger import Place
from ileti.consents.rules import SOURCE_OF_FLOW, Flow
from ileti.consents.vocabulary import Channel, Source
from ileti.core import db
from ileti.core.errors import NotFound, StorageAway
from ileti.core.secrets import secrets
from ileti.fields import catalogue
from ileti.fields.vocabulary import Field, Subject

FRESH_SECONDS: Final = 3.0
_MOST_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Text:
    """A published wording as it may be on show; ``hash`` is hex, ``document`` the text it is a
    version of."""

    id: int
    version: int
    title: str
    body: str
    hash: str
    document: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """A site with all that a capture needs.

    ``secrets``: the one its server signs with, and the one before while that still holds.
    ``explicit_consents``: ids of the texts it asks an explicit consent for, in its order; ``asked``
    those of them that are on show, by language. ``kind``: a widget's site, or a dealer's own page.
    ``fields``: what else the form asks, in its order.
    """

    id: int
    key: str
    name: str
    place: Place
    provider_title: str
    brand_name: str
    dealer_id: int | None
    dealer_name: str | None
    secrets: tuple[str, ...] = field(repr=False)
    origins: frozenset[str]
    policy: str
    channels: tuple[Channel, ...]
    form_version: int
    explicit_consents: tuple[int, ...] = ()
    kind: str = "widget"
    fields: tuple[Field, ...] = ()
    consents: dict[tuple[str, Channel], Text] = field(default_factory=dict)
    notices: dict[str, Text] = field(default_factory=dict)
    asked: dict[tuple[str, int], Text] = field(default_factory=dict)
    in_force: dict[tuple[str, int], tuple[Channel | None, Text]] = field(default_factory=dict)

    @property
    def flow(self) -> Flow:
        """How consents come here; their source follows (R-43). A form of ours is the web, also
        when a printed code led to it; on a dealer's own device it is an electronic medium, and
        behind an event's code the event."""
        return {"kiosk": Flow.ELECTRONIC, "event": Flow.EVENT}.get(self.kind, Flow.WEB)

    @property
    def source(self) -> Source:
        """What İYS is told of where a consent was taken."""
        return SOURCE_OF_FLOW[self.flow]

    def offered(self, language: str) -> list[tuple[Channel, Text]]:
        """Channels with a published text, in the order of the site."""
        return [(c, self.consents[language, c]) for c in self.channels
                if (language, c) in self.consents]

    def asks(self, language: str) -> list[Text]:
        """Texts whose explicit consent is asked for, in the order of the site (R-57, R-58)."""
        return [self.asked[language, one] for one in self.explicit_consents
                if (language, one) in self.asked]


_kept: dict[str, tuple[float, Site | None]] = {}

_SITE = f"""
select s.id, s.public_key, s.name, s.provider_id, p.iys_code, s.brand_id, b.brand_code, p.title,
       b.name, s.dealer_id, coalesce(d.alias, d.title), s.secret,
       case when s.secret_before_until > now() then s.secret_before end, s.origins, s.policy,
       s.channels, s.form_version, s.explicit_consents, s.kind,
       (select json_agg({catalogue.AS_JSON} order by array_position(s.fields, f.id))
          from custom_field f where f.provider_id = s.provider_id and f.id = any(s.fields)
           and f.subject = {int(Subject.CONSENT)} and f.retired_at is null)
  from site s join provider p on p.id = s.provider_id join brand b on b.id = s.brand_id
  left join dealer d on d.id = s.dealer_id"""  # noqa: S608
# whoever began before an event ended still types the code that came
_TAKES = """(s.kind = 'widget' or (s.kind <> 'event' or s.ends_at > now() - interval '15 minutes')
   and (s.kind = 'event' and s.dealer_id is null or d.status = 'active'
        and not 'page' = any(dealer_closed(s.provider_id, s.brand_id, s.dealer_id))))"""
_OPEN = f"{_SITE} where s.public_key = %s and s.active and p.data_management and {_TAKES}"
_EVEN_CLOSED = f"""{_SITE} where s.id = %s and p.data_management"""
_CLOSING = f"""
select s.ended_at, (s.active or s.ended_at is not null) and {_TAKES}
  from site s left join dealer d on d.id = s.dealer_id where s.id = %s"""  # noqa: S608

_TEXTS = """
select kind, channel, language, version_id, version, title, body, content_hash, document_id
  from texts_on_show(%s, %s, now())
 where kind in ('ETK_ONAYI', 'AYDINLATMA')
    or (document_id = any(%s) and asks_consent(kind, purposes))"""


def find_site(public_key: str) -> Site:
    """The active site of a public key; raises NotFound, also where its provider no longer has the
    module that forms belong to (:mod:`ileti.tenancy.modules`), and StorageAway."""
    kept = _kept.get(public_key)
    if kept is None or kept[0] < time.monotonic():
        site = _read(public_key)
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[public_key] = (time.monotonic() + FRESH_SECONDS, site)
    if kept[1] is None:
        raise NotFound("Böyle bir form yok.", "There is no such form.", code="no_such_site")
    return kept[1]


def forget_sites() -> None:
    """Read every site anew at its next use (tests, and the panel after a change)."""
    _kept.clear()
    _old_text.cache_clear()


def text_shown(site: Site, language: str, version_id: int) -> Text | None:
    """A wording of this brand by its id, in force or older; None when it is not the brand's."""
    now = site.in_force.get((language, version_id))
    if now is not None:
        return now[1]
    return _old_text(site.place.provider_id, site.place.brand_id, language, version_id)


@lru_cache(maxsize=512)
def _old_text(provider_id: int, brand_id: int, language: str, version_id: int) -> Text | None:
    row = db.connection().execute(
        "select v.id, v.version, v.title, v.body, v.content_hash, d.id "
        "from document_version v "
        "join document d on d.id = v.document_id where v.id = %s and v.language = %s "
        "and d.provider_id = %s and (d.brand_id = %s or d.brand_id is null)",
        (version_id, language, provider_id, brand_id),
    ).fetchone()
    return _text(row) if row else None


def _read(public_key: str) -> Site | None:
    if not public_key.isascii() or len(public_key) > 40 or "\0" in public_key:
        return None
    return _whole(_OPEN, public_key)


def site_even_closed(site_id: int) -> tuple[Site, datetime | None, bool]:
    """A page by its number, also one that ended: what was taken there without network comes later.
    With it when it ended and whether anything is taken now, of an ended one whether its dealer
    takes any. Raises NotFound, StorageAway."""
    site = _whole(_EVEN_CLOSED, site_id)
    row = db.connection().execute(_CLOSING, (site_id,)).fetchone()
    if site is None or row is None:
        raise NotFound("Böyle bir form yok.", "There is no such form.", code="no_such_site")
    return site, row[0], bool(row[1])


def _whole(statement: str, name: str | int) -> Site | None:
    try:
        conn = db.connection()
        row = conn.execute(statement, (name,)).fetchone()
        if row is None:
            return None
        site = _site(row)
        for kind, channel, language, *text in conn.execute(
            _TEXTS, (site.place.provider_id, site.place.brand_id, list(site.explicit_consents))
        ):
            _put(site, kind, channel, language, _text(text))
        _notice_in_every_language(site)
        return site
    except psycopg.OperationalError as error:
        raise StorageAway() from error


def _put(site: Site, kind: str, channel: int | None, language: str, shown: Text) -> None:
    if channel is not None:
        site.consents[language, Channel(channel)] = shown
    elif kind == "AYDINLATMA":
        site.notices[language] = shown
    else:
        site.asked[language, shown.document] = shown
    site.in_force[language, shown.id] = (Channel(channel) if channel else None, shown)


def _notice_in_every_language(site: Site) -> None:
    """R-60: where the notice is written in Turkish alone, whoever reads the form in another
    language is shown that one, since nobody is asked without a notice."""
    notice = site.notices.get("tr")
    if notice is not None:
        for language in {one for one, _ in (*site.consents, *site.asked)} - site.notices.keys():
            site.notices[language] = notice
            site.in_force[language, notice.id] = (None, notice)


def _site(row: Any) -> Site:
    return Site(
        id=row[0], key=row[1], name=row[2], place=Place(row[3], row[4], row[5], row[6]),
        provider_title=row[7], brand_name=row[8], dealer_id=row[9], dealer_name=row[10],
        secrets=tuple(secrets().keyring.decrypt_text(sealed, "site-secret")
                      for sealed in row[11:13] if sealed),
        origins=frozenset(row[13]), policy=row[14],
        channels=tuple(Channel(c) for c in row[15]), form_version=row[16],
        explicit_consents=tuple(row[17]), kind=row[18],
        fields=tuple(catalogue.of_row(one) for one in row[19] or ()),
    )


def _text(row: Any) -> Text:
    return Text(row[0], row[1], row[2], row[3], bytes(row[4]).hex(), row[5])
