"""A campaign as a form: read without a script, every fault beside its field.

Why this module exists: the template decides the channel, so nobody can choose a mail text for an
SMS; what the form offers is what the user sees, and a number that is not among it is no choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from ileti.campaigns import wording
from ileti.campaigns.audience import Audience
from ileti.campaigns.panel import visible
from ileti.campaigns.plan import LONGEST_NAME, Campaign, Draft
from ileti.channels import quiet
from ileti.consents.vocabulary import Channel, RecipientType, Source
from ileti.core import clock
from ileti.core.errors import IletiError
from ileti.core.formats import say
from ileti.fields.vocabulary import Field, Kind
from ileti.templates.blocks import CannotCompose
from ileti.templates.vocabulary import BY_CODE
from ileti.templates.written import sensible
from ileti.tenancy import scope

#: sources a person can have taken a consent by, in İYS's order
SOURCES: Final = tuple(one for one in Source if one.name.startswith("HS_"))
_MOST_SECONDS: Final = 5_000
_LONGEST_NUMBER: Final = 9
#: beside which field stands what the room says of a draft, by the code of its sentence
_BESIDE: Final = {"begin": "baslama", "ended": "baslama", "dates": "son", "sample": "yuzde",
                  "audience": "liste", "no_text": "sablon"}


class Form:
    """What was typed, with what is wrong. ``errors``: by field."""

    def __init__(self, typed: MultiDict[str, str], brands: list[Any],
                 kept: Mapping[str, Any] | None = None) -> None:
        self.typed, self.errors, self._kept = typed, dict[str, str](), kept or {}
        self._brands = {one.id: one for one in brands}

    # -- reading --------------------------------------------------------------------------------

    def draft(self) -> tuple[tuple[int, int, int | None], Draft] | None:
        """Place and draft; None with :attr:`errors` filled."""
        here = scope.current()
        brand = self._brands.get(self._number("marka") or 0)
        if brand is None:
            self.errors["marka"] = _("Choose a brand.")
        name = " ".join(self.typed.get("ad", "").split())
        if not name or len(name) > LONGEST_NAME:
            self.errors["ad"] = _("Name the campaign (at most %(n)s characters).", n=LONGEST_NAME)
        offer = next((one for one in visible.templates()
                      if one.version_id == self._number("sablon")), None)
        if offer is None:
            self.errors["sablon"] = _("Choose a published template.")
        elif brand is not None and offer.brand_id not in (None, brand.id):
            self.errors["sablon"] = _("This template is of another brand.")
        elif brand is not None:
            self._check_sender(brand.id, offer.channel)
        audience, times = self._audience(), self._times()
        if brand is None or offer is None or self.errors:
            return None
        place = (brand.provider_id, brand.id, here.dealer_id)
        channel = Channel(offer.channel)
        try:
            content = wording.freeze(place, offer.version_id, channel)
        except CannotCompose as error:
            self.errors["sablon"] = " ".join(say(one) for one in error.lacks)
            return None
        return place, Draft(
            name=name, channel=channel, content=content, audience=audience,
            recipient_type=RecipientType.TACIR if self.typed.get("tur") == "tacir" else (
                RecipientType.BIREYSEL),
            declared=BY_CODE[content["class"]], topics=tuple(content["tags"]),
            sender=self.typed.get("baslik") or None, **times)

    def _audience(self) -> Audience:
        sources = [one for one in SOURCES if one.name in self.typed.getlist("kaynak")]
        chosen: dict[str, tuple[Any, ...]] = {}
        for field in visible.fields():
            said = self.typed.get(f"alan-{field.id}", "")
            if said:
                chosen[str(field.id)] = (self._value(field, said),)
        known = {one.id for one in visible.lists()} | set(self._kept.get("lists", ())) | set(
            self._kept.get("without_lists", ()))
        before = {one.id for one in visible.earlier()} | set(
            self._kept.get("without_campaigns", ()))
        for name, some in (("liste", known), ("listesiz", known), ("kampanyasiz", before)):
            if self._numbers(name) - some:  # left out silently it would widen the audience
                self.errors[name] = _("One of what was chosen is not there any more.")
        return Audience(
            sources=tuple(int(one) for one in sources), fields=chosen,
            since=self._day("bas", end=False), until=self._day("son", end=True),
            lists=tuple(self._numbers("liste") & known),
            without_lists=tuple(self._numbers("listesiz") & known),
            without_campaigns=tuple(self._numbers("kampanyasiz") & before),
            sample=self._between("yuzde", 1, 100, 100))

    def _times(self) -> dict[str, Any]:
        begin = self._moment("baslama")
        silent = self._clock("sessiz-bas"), self._clock("sessiz-son")
        if (silent[0] is None) != (silent[1] is None):
            self.errors["sessiz-bas"] = _("Write both hours, or neither.")
        most, days = self._between("en-cok", 0, 100, 0), self._between("gun", 0, 366, 0)
        if bool(most) != bool(days):
            self.errors["en-cok"] = _("Write both numbers, or neither.")
        rate = self._between("hiz", 0, _MOST_SECONDS, 0)
        return {"begin_at": begin, "on_holidays": self.typed.get("tatil") == "1",
                "quiet": None if None in silent else silent, "per_second": rate or None,
                "cap": (most, days) if most and days else None}

    def _check_sender(self, brand_id: int, channel: int) -> None:
        """What was chosen and cannot be had is told, and no other title is taken for it (R-54)."""
        said = self.typed.get("baslik", "")
        if said and said not in {one.title for one in visible.senders(brand_id, channel)}:
            self.errors["baslik"] = _(
                "This sender is not approved for the brand on this channel; choose another one.")

    def _value(self, field: Field, said: str) -> Any:
        if field.kind is Kind.YES_NO:
            return said == "1"
        if said not in {one.key for one in field.offered}:
            self.errors[f"alan-{field.id}"] = _("One of what was chosen is not there any more.")
        return said

    # -- pieces ---------------------------------------------------------------------------------

    def _number(self, name: str) -> int | None:
        text = self.typed.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 19 else None

    def _numbers(self, name: str) -> set[int]:
        return {int(one) for one in self.typed.getlist(name)
                if one.isdecimal() and len(one) < 19}

    def _between(self, name: str, least: int, most: int, otherwise: int) -> int:
        text = self.typed.get(name, "").strip()
        if not text:
            return otherwise
        if not text.isdecimal() or len(text) > _LONGEST_NUMBER or not least <= int(text) <= most:
            self.errors[name] = _("Write a number from %(a)s to %(b)s.", a=least, b=most)
            return otherwise
        return int(text)

    def _day(self, name: str, *, end: bool) -> datetime | None:
        text = self.typed.get(name, "").strip()
        if not text:
            return None
        try:
            day = datetime.fromisoformat(text).date()
        except ValueError:
            day = None
        if day is None or not sensible(day):
            self.errors[name] = _("Write a date.")
            return None
        begin = datetime.combine(day, time(), clock.ISTANBUL)
        return begin + timedelta(days=1) if end else begin

    def _moment(self, name: str) -> datetime | None:
        text = self.typed.get(name, "").strip()
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or not sensible(found.date()):
            self.errors[name] = _("Write a date and a time.")
            return None
        return found.replace(tzinfo=clock.ISTANBUL) if found.tzinfo is None else found

    def _clock(self, name: str) -> int | None:
        text = self.typed.get(name, "").strip()
        if not text:
            return None
        try:
            found = time.fromisoformat(text)
        except ValueError:
            self.errors[name] = _("Write a time.")
            return None
        return found.hour * 60 + found.minute


def fault(error: IletiError) -> dict[str, str]:
    """What the room says of a draft, beside its field."""
    return {_BESIDE.get(error.code, "ad"): say(error)}


def empty() -> MultiDict[str, str]:
    """What a new form begins with: quiet hours as usual, and everybody."""
    begin, end = quiet.USUAL
    return MultiDict({"sessiz-bas": _hour(begin), "sessiz-son": _hour(end), "yuzde": "100"})


def of(campaign: Campaign) -> MultiDict[str, str]:
    """A campaign as it was typed."""
    chosen: Mapping[str, Any] = campaign.audience
    typed: MultiDict[str, str] = MultiDict({
        "ad": campaign.name, "marka": str(campaign.brand_id),
        "sablon": str(campaign.content.get("version", "")),
        "tur": "tacir" if campaign.recipient_type is RecipientType.TACIR else "bireysel",
        "baslik": campaign.sender or "", "yuzde": str(chosen.get("sample", 100)),
        "bas": _day(chosen.get("since")), "son": _day(chosen.get("until"), back=1),
        "tatil": "1" if campaign.on_holidays else "",
        "hiz": str(campaign.per_second or ""),
        "baslama": f"{clock.to_istanbul(campaign.begin_at):%Y-%m-%dT%H:%M}"
        if campaign.begin_at else ""})
    if campaign.quiet:
        typed["sessiz-bas"], typed["sessiz-son"] = map(_hour, campaign.quiet)
    if campaign.cap:
        typed["en-cok"], typed["gun"] = map(str, campaign.cap)
    typed.setlist("kaynak", [Source(one).name for one in chosen.get("sources", ())])
    for name, key in (("liste", "lists"), ("listesiz", "without_lists"),
                      ("kampanyasiz", "without_campaigns")):
        typed.setlist(name, [str(one) for one in chosen.get(key, ())])
    for number, values in chosen.get("fields", {}).items():
        value = values[0]
        typed[f"alan-{number}"] = str(int(value)) if isinstance(value, bool) else str(value)
    return typed


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _day(said: str | None, back: int = 0) -> str:
    if not said:
        return ""
    return f"{clock.to_istanbul(datetime.fromisoformat(said)) - timedelta(days=back):%Y-%m-%d}"
