"""What stands for a person's addresses at one provider: channels by brand, purposes, notices.

Everything is read with the recipients of the session, so nothing of anybody else can be in it. A
choice stands beside its button: whoever may stop may see where, and a consent's published text
stands where it is given (R-12, R-17). Nothing is ever ticked beforehand and refusing is a button as
large as consenting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from ileti.capture.forms import parts_of
from ileti.capture.privacy import layered
from ileti.channels.render import istanbul_text
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Source, Standing, Status
from ileti.core import db
from ileti.documents.vocabulary import ETK, NOTICE, ONE_PURPOSE
from ileti.kvkk.vocabulary import Act
from ileti.preferences import words
from ileti.preferences.anew import Anew
from ileti.preferences.centre import BrandOf, Centre
from ileti.preferences.persons import opened, veiled
from ileti.preferences.session import Address, Session, button
from ileti.preferences.words import in_words

ORDER: Final = (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA)

_STATES: Final = """
select s.brand_id, s.recipient_id, s.channel, s.recipient_type, s.status, s.standing, s.source,
       s.consent_date, s.iys_status, coalesce(d.alias, d.title), m.evidence ->> 'flow', e.text_id
  from consent_state s
  left join consent_entry e on e.provider_id = s.provider_id and e.id = s.entry_id
                           and e.captured_at = s.entry_at
  left join submission m on m.provider_id = e.provider_id and m.id = e.submission_id
  left join dealer d on d.id = e.dealer_id
 where s.provider_id = %s and s.recipient_id = any(%s)"""
_TEXTS: Final = """
select b.id, t.document_id, t.brand_id, t.kind, t.channel, t.language, t.version_id, t.version,
       t.title, t.body, t.effective_from
  from brand b, lateral texts_on_show(b.provider_id, b.id, now()) t
 where b.provider_id = %s and (t.kind <> all(%s) or asks_consent(t.kind, t.purposes))
 order by t.language = %s desc, b.master desc, b.name, b.id"""
_ACTS: Final = """
select s.document_id, s.recipient_id, s.act, s.act_at, s.standing, s.source, s.text_id, d.kind,
       d.brand_id, v.version, v.title, v.language
  from kvkk_state s join document d on d.id = s.document_id
  join document_version v on v.id = s.text_id
 where s.provider_id = %s and s.recipient_id = any(%s) order by s.document_id, s.recipient_id"""
# Notices acknowledged on forms before acts had entries of their own (docs/adr/0027).
_READ_BEFORE: Final = """
select v.document_id, v.id, v.version, min(m.captured_at)
  from (select distinct e.submission_id from (
            select submission_id from consent_entry
             where provider_id = %(p)s and recipient_id = any(%(r)s) and standing = 1
             order by id desc limit 500) e
       ) one
  join submission m on m.provider_id = %(p)s and m.id = one.submission_id
   and m.site_id is not null and jsonb_typeof(m.evidence -> 'notice') = 'object'
  join document_version v on v.provider_id = %(p)s
   and v.id = (m.evidence -> 'notice' ->> 'version')::integer
 group by v.document_id, v.id, v.version"""


def overview(centre: Centre, session: Session, people: Sequence[Address], language: str
             ) -> dict[str, Any]:
    """All that the page shows, in one language, every button with its token.

    ``people`` are the session's addresses; none at all is an empty overview.
    """
    numbers = [one.recipient_id for one in people]
    conn = db.connection()
    states: dict[tuple[int, int, int], dict[int, Any]] = defaultdict(dict)
    for brand, recipient, channel, kind, *rest in conn.execute(
            _STATES, (centre.provider_id, numbers)).fetchall():
        states[brand, recipient, channel][kind] = rest
    texts = conn.execute(_TEXTS, (centre.provider_id, list(ONE_PURPOSE), language)).fetchall()
    acts = conn.execute(_ACTS, (centre.provider_id, numbers)).fetchall()
    before = conn.execute(_READ_BEFORE, {"p": centre.provider_id, "r": numbers}).fetchall()
    anew = Anew(centre.provider_id, [
        *(held[-1] for of in states.values() for held in of.values()),
        *(act[6] for act in acts), *(one[1] for one in before)], texts)
    of = _Drawing(centre, session, people, language, anew)
    brands = [of.brand(brand, states, texts) for brand in centre.brands]
    purposes, notices = of.purposes(texts, acts), of.notices(texts, acts, before)
    return {
        "anew": sum(one["anew"] is not None for one in (
            *(row for brand in brands for row in brand["rows"]), *purposes, *notices)),
        "addresses": [{"id": one.recipient_id, "masked": one.masked,
                       "kind": "email" if "@" in one.clear else "phone"} for one in people],
        "brands": brands,
        "purposes": purposes, "notices": notices,
        "stop": button(session, "stop"),
    }


class _Drawing:
    """One person's overview in the making."""

    def __init__(self, centre: Centre, session: Session, people: Sequence[Address],
                 language: str, anew: Anew) -> None:
        self.centre, self.session, self.people, self.language = centre, session, people, language
        self.anew = anew
        self.names = {one.recipient_id: known_name(session.provider_id, [one.recipient_id])
                      for one in people}

    # -- channels ----------------------------------------------------------------------------------

    def brand(self, brand: BrandOf, states: dict[tuple[int, int, int], dict[int, Any]],
              texts: list[Any]) -> dict[str, Any]:
        """A brand with a row per channel and address."""
        rows = [self._row(brand, channel, one, states.get((brand.id, one.recipient_id, channel)),
                          self._text(brand, channel, texts), self._notice_of(brand, texts))
                for channel in ORDER for one in self.people if channel.address_kind == one.kind]
        return {"id": brand.id, "name": brand.name, "rows": rows,
                "known": any(row["state"] != "none" for row in rows)}

    def _text(self, brand: BrandOf, channel: Channel, texts: list[Any]) -> Any:
        return next((one for one in texts if one[0] == brand.id and one[3] == ETK
                     and one[4] == channel), None)

    def _notice_of(self, brand: BrandOf, texts: list[Any]) -> Any:
        """The notice that goes with the brand's consents: the number of its version (R-60)."""
        return next((one[6] for one in texts if one[0] == brand.id and one[3] == NOTICE), None)

    def _row(self, brand: BrandOf, channel: Channel, one: Address, held: dict[int, Any] | None,
             text: Any, notice: int | None) -> dict[str, Any]:
        mine = (held or {}).get(RecipientType.BIREYSEL) or next(iter((held or {}).values()), None)
        state = _state(mine)
        more = {"r": one.recipient_id, "b": brand.id, "c": int(channel)}
        holds = state in ("on", "coming")
        before = mine[-1] if holds and mine else None
        if holds:
            text = self.anew.text(before, brand.id)
        gives = text is not None and notice is not None and self.centre.site is not None
        asks = self._asks(before, "channel") if holds and gives else None
        name = self.names[one.recipient_id]
        stops = state != "off" or any(line[0] == Status.ONAY for line in (held or {}).values())
        return {
            "channel": channel.name, "label": in_words(words.CHANNELS[channel], self.language),
            "masked": one.masked, "state": state,
            "says": in_words(words.STATES[state], self.language),
            "facts": self._facts(mine), "merchant": self._merchant(held),
            "text": _sentence(text[9]) if gives else None, "anew": asks,
            "notice": layered(notice, self.language) if gives and notice else None,
            "consent": button(self.session, "consent", t=text[6], l=self.language, v=notice,
                              **more, **({"o": before} if asks else {})) if gives else None,
            "consent_label": in_words(words.GIVE_ANEW if asks else words.GIVE, self.language),
            "refuse": button(self.session, "refuse", **more, **({"t": text[6]} if asks else {}))
            if stops else None,
            "refuse_label": in_words(words.STOP["on" if holds else "other"], self.language),
            "needs_name": gives and not name,
            "name": veiled(name) if gives else "",
        }

    def _facts(self, mine: Any) -> list[str]:
        """Since when, by what, and what İYS says."""
        if mine is None:
            return []
        _, _, source, since, iys, dealer, flow, _ = mine
        where = words.THIS_PAGE if flow == "preferences" else (Source(source).tr, Source(source).en)
        return [part for part in (
            istanbul_text(since), in_words(where, self.language), dealer or "",
            in_words(words.IYS[IysStatus(iys)], self.language)) if part]

    def _asks(self, before: int | None, kind: str) -> dict[str, Any] | None:
        """What is said of a text that asks or tells anew; None where none does."""
        return None if before is None or self.anew.text(before) is None else self.anew.told(
            before, kind, self.language)

    def _merchant(self, held: dict[int, Any] | None) -> str:
        """The record as a merchant, where there is one beside the person's own (R-06)."""
        one = (held or {}).get(RecipientType.TACIR)
        if one is None:
            return ""
        kind, status = RecipientType.TACIR, Status(one[0])
        return f"{in_words((kind.tr, kind.en), self.language)}: " + in_words(
            (status.tr, status.en), self.language)

    # -- personal data -----------------------------------------------------------------------------

    def purposes(self, texts: list[Any], acts: list[Any]) -> list[dict[str, Any]]:
        """Explicit consents: those given or withdrawn first, then what may be given."""
        shown = _by_document(texts, ONE_PURPOSE)
        told = [self._purpose(shown.get(act[0]), act, texts) for act in acts
                if act[7] in ONE_PURPOSE]
        known = {act[0] for act in acts}
        return told + [self._purpose(text, None, texts) for document, text in shown.items()
                       if document not in known and self.people]

    def _purpose(self, text: Any, act: Any, texts: list[Any]) -> dict[str, Any]:
        given = act is not None and act[2] == Act.GIVEN and act[4] == Standing.VERIFIED
        document, brand = (act[0], act[8]) if act is not None else (text[1], text[2])
        recipient = act[1] if act is not None else self.people[0].recipient_id
        masked = next(one.masked for one in self.people if one.recipient_id == recipient)
        more = {"r": recipient, "d": document}
        said = Act(act[2]) if act is not None and act[4] == Standing.VERIFIED else None
        notice = self._notice_of(self.centre.brand(brand), texts)
        if given:
            text = self.anew.text(act[6])
        may_give = text is not None and notice is not None
        asks = self._asks(act[6], "purpose") if given and may_give else None
        return {
            "title": act[10] if text is None else text[8], "masked": masked, "anew": asks,
            "brand": self.centre.brand(brand).name if brand
            else in_words(words.ALL_BRANDS, self.language),
            "state": {Act.GIVEN: "on", Act.WITHDRAWN: "off"}.get(said, "none") if said else "none",
            "known": act is not None, "says": in_words(words.PURPOSE[said], self.language),
            "facts": [] if act is None else [
                istanbul_text(act[3]), in_words((Source(act[5]).tr, Source(act[5]).en),
                                                self.language),
                *([in_words(words.UNPROVEN, self.language)]
                  if act[4] != Standing.VERIFIED else [])],
            "text_url": f"/n/{act[6]}" if act is not None else None,
            "text": _paragraphs(text[9]) if may_give else None,
            "notice": layered(notice, self.language) if may_give else None,
            "give": button(self.session, "give", t=text[6], l=self.language, v=notice, **more,
                           **({"o": act[6]} if asks else {})) if may_give else None,
            "give_label": in_words(words.CONSENT_ANEW if asks else words.CONSENT, self.language),
            "withdraw": button(self.session, "withdraw", **more, **({"t": text[6]} if asks else {}))
            if act is not None and act[2] == Act.GIVEN else None,
            "withdraw_label": in_words(words.WITHDRAW, self.language),
        }

    def notices(self, texts: list[Any], acts: list[Any], before: list[Any]
                ) -> list[dict[str, Any]]:
        """Notices on show, with the version this person saw last, and one that an address of theirs
        has to be told anew."""
        seen: dict[int, tuple[int, int, datetime]] = {}
        due: dict[int, int] = {one[0]: one[1] for one in before if self.anew.text(one[1])}
        for document, text, version, at in before:
            seen[document] = max(seen.get(document, (0, 0, at)), (version, text, at))
        for act in acts:
            if Act(act[2]).of_notice and act[4] == Standing.VERIFIED:
                seen[act[0]] = max(seen.get(act[0], (0, 0, act[3])), (act[9], act[6], act[3]))
                due.pop(act[0], None)  # what was kept before acts were is older than any of them
        due |= {act[0]: act[6] for act in acts if Act(act[2]).of_notice
                and act[4] == Standing.VERIFIED and self.anew.text(act[6])}
        return [self._notice(text, seen.get(document), due.get(document))
                for document, text in _by_document(texts, (NOTICE,)).items()]

    def _notice(self, text: Any, seen: tuple[int, int, datetime] | None, due: int | None
                ) -> dict[str, Any]:
        text = text if due is None else self.anew.text(due)
        return {
            "anew": self._asks(due, "notice"),
            "read": button(self.session, "read", v=text[6], l=text[5], o=due)
            if due is not None else None,
            "read_label": in_words(words.READ, self.language),
            "title": text[8], "version": text[7], "url": f"/n/{text[6]}",
            "since": istanbul_text(text[10]),
            "brand": self.centre.brand(text[2]).name if text[2]
            else in_words(words.ALL_BRANDS, self.language),
            "seen_version": seen[0] if seen else None,
            "seen_at": istanbul_text(seen[2]) if seen else None,
            "seen_url": f"/n/{seen[1]}" if seen else None,
            "newer": seen is not None and seen[0] < text[7],
        }


def _state(mine: Any) -> str:
    """The word of a channel's state (:data:`ileti.preferences.words.STATES`)."""
    if mine is None:
        return "none"
    status, standing, _, _, iys, *_ = mine
    if status == Status.RET:
        return "off" if standing == Standing.VERIFIED else "unverified"
    if standing != Standing.VERIFIED:
        return "unverified"
    if IysStatus(iys).in_force:
        return "on"
    if iys in (IysStatus.REFUSED, IysStatus.OVERDUE, IysStatus.LOCAL_ONLY):
        return "unusable"
    return "coming"


def _sentence(body: str) -> dict[str, str]:
    """A consent's text in the one sentence that it is: before, within and behind its stress."""
    before, strong, rest = parts_of(body.replace("\r\n", "\n"))
    gap = "" if rest[:1] in ("", ".", ",") else " "
    return {"before": before, "strong": strong, "rest": f"{gap}{rest}"}


def _paragraphs(body: str) -> list[str]:
    """A longer text as paragraphs without marks."""
    plain = body.replace("\r\n", "\n").replace("**", "")
    return [part.strip().removeprefix("## ") for part in plain.split("\n\n") if part.strip()]


def _by_document(texts: list[Any], kinds: Collection[str]) -> dict[int, Any]:
    """The first wording of each document: in the page's language where there is one."""
    found: dict[int, Any] = {}
    for one in texts:
        if one[3] in kinds:
            found.setdefault(one[1], one)
    return found


_NAMED: Final = """
select m.idem, m.person_key, m.person_ct
  from (select submission_id from (
            select id, submission_id from consent_entry
             where provider_id = %(p)s and recipient_id = any(%(r)s) and standing = 1
             order by id desc limit 50) e
        union all
        select submission_id from (
            select id, submission_id from kvkk_entry
             where provider_id = %(p)s and recipient_id = any(%(r)s) and standing = 1
             order by id desc limit 50) k) one
  join submission m on m.provider_id = %(p)s and m.id = one.submission_id
   and m.actor_kind = 1 and m.person_ct is not null
 order by m.id desc limit 20"""


def known_name(provider_id: int, recipients: Sequence[int]) -> str:
    """The name this person last gave with a proven address, or nothing (R-09)."""
    rows = db.connection().execute(
        _NAMED, {"p": provider_id, "r": list(recipients)}).fetchall()
    for idem, key, cipher in rows:
        name = opened(idem, key, cipher).get("name", "")
        if name:
            return name
    return ""
