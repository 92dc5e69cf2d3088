"""What a provider lacks at İYS, in sentences: the answers of its account judged, and nothing else.

Why this module exists: İYS has one code (H353) for a wrong number, a brand that was never granted
and a channel a partner may not use, and says nothing of a package that is nearly used up. The same
sentences stand on the provider's page and in ``ileti doctor``; they are made here from what
:mod:`ileti.iys.connection` heard. Pure: no network, no database. Sources: İYS API §1.1, §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.iys.accountanswers import BrandRight, Subscription, SubscriptionState
from ileti.iys.answers import RegisteredBrand
from ileti.iys.client import IysTrouble
from ileti.iys.errors import Kind

NEAR: Final = 0.9
SOON: Final = timedelta(days=30)


class Level(StrEnum):
    """How bad a finding is: nothing, something to think of, something that stops records."""

    GOOD = "good"
    NOTE = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, in both languages; ``code`` is İYS's, where it said one."""

    level: Level
    about: str
    tr: str
    en: str
    code: str = ""

    def say(self, language: str = "tr") -> str:
        """The sentence in one language."""
        return self.en if language == "en" else self.tr


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything that was found, the worst last known first."""

    findings: tuple[Finding, ...]

    @property
    def works(self) -> bool:
        """Whether nothing is missing that stops records."""
        return not any(one.level is Level.MISSING for one in self.findings)

    @property
    def open_points(self) -> tuple[Finding, ...]:
        """What is missing or should be thought of."""
        return tuple(one for one in self.findings if one.level is not Level.GOOD)

    def problem(self, language: str = "tr") -> str | None:
        """What stops records, in one text; None when nothing does."""
        missing = [one.say(language) for one in self.findings if one.level is Level.MISSING]
        return " ".join(missing) or None


@dataclass(slots=True, kw_only=True)
class Heard:
    """What İYS answered, as far as it was asked; ``trouble`` ended the questions at ``step``."""

    has_login: bool = True
    step: str = ""
    trouble: IysTrouble | None = None
    subscription: Subscription | None = None
    partner: Subscription | None = None
    brands: Sequence[RegisteredBrand] | None = None
    rights: Sequence[BrandRight] | None = None


@dataclass(frozen=True, slots=True)
class OurBrand:
    """A brand as it stands here."""

    code: int
    name: str = field(compare=False)


def judge(heard: Heard, ours: Sequence[OurBrand], now: datetime) -> Connection:
    """What follows from İYS's answers for the brands as they stand here."""
    if not heard.has_login:
        return Connection((Finding(
            Level.MISSING, "login", "İYS kullanıcı adı ve şifresi girilmemiş.",
            "İYS’s user name and password are not entered."),))
    found: list[Finding] = []
    if heard.step != "login":
        found.append(Finding(Level.GOOD, "login", "İYS’e giriş yapılıyor.",
                             "The log-in at İYS works."))
    if heard.subscription is not None:
        found += _subscription(heard.subscription, now)
    if heard.partner is not None:
        found += _partner(heard.partner)
    if heard.brands is not None:
        found += _brands(heard.brands, ours, heard.rights)
    if heard.trouble is not None:
        found.append(_trouble(heard.step, heard.trouble))
    return Connection(tuple(found))


_STATES: Final = {
    SubscriptionState.PAUSED: ("duraklatılmış", "is paused"),
    SubscriptionState.EXPIRED: ("sona ermiş", "has expired"),
    SubscriptionState.CLOSED: ("kapatılmış", "is closed"),
}


def _subscription(held: Subscription, now: datetime) -> list[Finding]:
    if held.state is not SubscriptionState.ACTIVE:
        tr, en = _STATES[held.state]
        return [Finding(
            Level.MISSING, "subscription",
            f"İYS aboneliği {tr}. Açılana kadar kayıtlar sırada bekler.",
            f"The İYS subscription {en}. Records wait in the queue until it is open again.",
            "H521" if held.state is SubscriptionState.CLOSED else "H520")]
    found = [Finding(Level.GOOD, "subscription", "İYS aboneliği açık.",
                     "The İYS subscription is open.")]
    if held.expires_at is not None and held.expires_at - now < SOON:
        day = f"{clock.to_istanbul(held.expires_at):%d.%m.%Y}"
        found.append(Finding(Level.NOTE, "subscription", f"İYS aboneliği {day} günü sona eriyor.",
                             f"The İYS subscription ends on {day}."))
    if held.limit is not None and held.used is not None:
        found += _quota(held.limit, held.used, held.may_exceed)
    return found


def _quota(limit: int, used: int, may_exceed: bool) -> list[Finding]:
    if used >= limit and not may_exceed:
        return [Finding(
            Level.MISSING, "quota",
            f"İYS paketindeki {_number(limit)} iznin tamamı kullanılmış; yeni alıcı eklenemez. "
            "Paketi yükseltin.",
            f"All {limit:,} consents of the İYS package are used; no new recipient can be added. "
            "Take a larger package.", "H525")]
    if used >= NEAR * limit:
        return [Finding(
            Level.NOTE, "quota",
            f"İYS paketinin sınırına az kaldı: {_number(limit)} izinden {_number(used)} "
            "kullanılmış.",
            f"The İYS package is nearly used up: {used:,} of {limit:,} consents.")]
    return []


def _partner(held: Subscription) -> list[Finding]:
    if held.state is SubscriptionState.ACTIVE:
        return []
    tr, en = _STATES[held.state]
    return [Finding(Level.MISSING, "partner", f"İş ortağının İYS aboneliği {tr}.",
                    f"The business partner’s İYS subscription {en}.", "H520")]


def _brands(held: Sequence[RegisteredBrand], ours: Sequence[OurBrand],
            rights: Sequence[BrandRight] | None) -> list[Finding]:
    if not ours:  # nothing is held up: there are no records either
        return [Finding(Level.NOTE, "brand", "Burada henüz marka yok. Markaları İYS’den alın.",
                        "No brand is entered here yet. Fetch the brands from İYS.")]
    known = {one.brand_code for one in held}
    granted = None if rights is None else {one.brand_code: one for one in rights}
    found: list[Finding] = []
    for brand in ours:
        who = f"{brand.name} ({brand.code})"
        if brand.code not in known or (granted is not None and brand.code not in granted):
            found.append(Finding(
                Level.MISSING, "brand",
                f"{who}: İYS hesabının bu marka için yetkisi yok. Numarayı denetleyin ya da İYS "
                "Web’de yetki verin.",
                f"{who}: the İYS account has no right for this brand. Check the number, or grant "
                "the right in İYS Web.", "H353"))
        elif granted is not None:
            found += _channels(who, granted[brand.code])
    strange = [one for one in held if one.brand_code not in {our.code for our in ours}]
    if strange:
        names = ", ".join(f"{one.name} ({one.brand_code})" for one in strange[:5])
        found.append(Finding(Level.NOTE, "brand", f"İYS’de olup burada olmayan markalar: {names}.",
                             f"Brands İYS has and this installation has not: {names}."))
    return found or [Finding(Level.GOOD, "brand", "Bütün markalar İYS’de tanımlı.",
                             "İYS knows all brands.")]


_CHANNELS: Final = {Channel.ARAMA: ("arama", "calls"), Channel.MESAJ: ("mesaj", "SMS"),
                    Channel.EPOSTA: ("e-posta", "e-mail")}


def _channels(who: str, right: BrandRight) -> list[Finding]:
    lacking = [one for one in Channel if one not in right.writes]
    if not lacking:
        return []
    tr = ", ".join(_CHANNELS[one][0] for one in lacking)
    en = ", ".join(_CHANNELS[one][1] for one in lacking)
    return [Finding(
        Level.MISSING, "channel",
        f"{who}: iş ortağına şu kanallarda yazma yetkisi verilmemiş: {tr}. Yetkiyi hizmet "
        "sağlayıcı İYS Web’de verir.",
        f"{who}: the business partner was not granted to write these channels: {en}. The provider "
        "grants it in İYS Web.", "H353")]


def _trouble(step: str, trouble: IysTrouble) -> Finding:
    """What the call that failed says; H353 means another thing in each step."""
    special = {
        ("login", "invalid_request"): (
            "İYS bu kullanıcı adı ve şifreyle giriş vermiyor.",
            "İYS does not let this user name and password in."),
        ("subscription", "H353"): (
            "İYS hesabı bu İYS numarasına bağlı değil. Numarayı denetleyin; iş ortağı hesabıysa "
            "hizmet sağlayıcıdan yetki isteyin.",
            "The İYS account does not belong to this İYS number. Check the number; with a business "
            "partner’s account, ask the provider for the right."),
        ("partner", "H353"): (
            "İş ortağı numarası bu hesaba ait değil ya da hizmet sağlayıcı ona yetki vermemiş.",
            "The partner number is not this account’s, or the provider granted it nothing."),
        ("partner", "H363"): (
            "Bu hesap bir iş ortağı hesabı değil. İş ortağı numarasını silin.",
            "This is no business partner’s account. Take the partner number away."),
    }
    special["partner", "H522"] = special["partner", "H363"]
    special["partner", "H245"] = special["partner", "H353"]
    if trouble.kind in (Kind.RETRY, Kind.AUTH) or (
            trouble.kind is Kind.RATE and trouble.code != "H084"):
        return Finding(
            Level.MISSING, step, "İYS şu anda yanıt vermiyor. Biraz sonra yeniden deneyin.",
            "İYS does not answer right now. Try again in a little while.", trouble.code)
    if trouble.code == "HTTP_403":
        return Finding(
            Level.MISSING, step,
            "İYS bu sunucunun adresini kabul etmiyor. IP adresinin İYS’nin listesinde olup "
            "olmadığını sorun.",
            "İYS does not accept this server’s address. Ask whether the IP address is on İYS’s "
            "list.", trouble.code)
    tr, en = special.get((step, trouble.code), (trouble.tr, trouble.en))
    return Finding(Level.MISSING, step, tr, en, trouble.code)


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")
