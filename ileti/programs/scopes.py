"""What an API account may do: one table, beside that of people's rights.

Why this module exists: whoever gives a program a right must have it, else making an account would
be a way around the role table (:mod:`ileti.tenancy.roles`). So each scope names the panel's right
behind it. The keys are stored and asked for in tokens: never rename, only append.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ileti.tenancy import dealerrights, modules


@dataclass(frozen=True)
class Scope:
    """One scope: its key, the right of a person that may give it, and what people read."""

    key: str
    permission: str
    tr: str
    en: str

    def say(self, language: str) -> str:
        """The label in ``tr`` or ``en``."""
        return self.en if language == "en" else self.tr


SCOPES: Final[tuple[Scope, ...]] = (
    Scope("compat", "import:run", "İYS’nin dilinden konuşur: izin kaydeder ve sorar",
          "Speaks İYS’s protocol: records and asks about consents"),
    Scope("consents:write", "import:run", "İzin ve ret kaydeder", "Records consents and refusals"),
    Scope("consents:ask", "consent:read", "Adresiyle sorar: şimdi ve geçmişte ne geçerli",
          "Asks by address: what holds now, what held at a moment"),
    Scope("consents:list", "consent:read", "İzinleri listeler, adresler maskeli",
          "Lists consents, addresses masked"),
    Scope("addresses:read", "consent:reveal", "Listelerde adresleri açık görür; her kez yazılır",
          "Sees addresses in full in lists; each time is kept"),
    Scope("proofs:read", "consent:prove", "Kanıt paketlerini indirir", "Downloads proof bundles"),
    Scope("proofs:write", "proof:write", "Kanıt dosyası ekler", "Adds proof files"),
    Scope("imports:write", "import:run", "Müşteri listesi aktarır", "Imports customer lists"),
    Scope("acts:read", "consent:read", "Aydınlatma ve açık rıza kayıtlarını listeler",
          "Lists notices and explicit consents"),
    Scope("acts:write", "consent:take", "Aydınlatma ve açık rıza kaydeder",
          "Records notices and explicit consents"),
    Scope("calls:read", "call:take", "Çağrıları listeler, numaralar maskeli",
          "Lists calls, numbers masked"),
    Scope("calls:write", "call:take", "Çağrı başlatır, bitirir, ses kaydını ekler",
          "Begins and ends calls, adds their recordings"),
    Scope("documents:read", "document:read", "Metinleri okur", "Reads texts"),
    Scope("brands:read", "brand:read", "Markaları listeler", "Lists brands"),
    Scope("dealers:read", "dealer:read", "Bayileri listeler", "Lists dealers"),
    Scope("dealers:write", "dealer:write", "Bayi ekler ve değiştirir", "Adds and changes dealers"),
    Scope("dealers:numbers", "dealer:reveal", "Bayilerin kimlik ve vergi numaralarını okur",
          "Reads dealers’ identity and tax numbers"),
    Scope("users:read", "user:read", "Kullanıcıları listeler", "Lists users"),
    Scope("messages:read", "consent:read", "Gönderilen iletileri listeler", "Lists messages sent"),
    Scope("iys:read", "reconciliation:read", "İYS’ye iletim ve mutabakat durumunu okur",
          "Reads the state at İYS and the reconciliation"),
    Scope("requests:read", "request:read", "Veri sahibi başvurularını listeler",
          "Lists data subjects’ requests"),
    Scope("requests:write", "request:write", "Veri sahibi başvurusu ekler",
          "Adds data subjects’ requests"),
    Scope("reports:read", "report:read", "Raporları okur", "Reads reports"),
    Scope("iys:run", "reconciliation:run", "Mutabakat ister", "Asks for a reconciliation"),
    Scope("fields:read", "field:read", "Özel alanları okur", "Reads custom fields"),
    Scope("recipients:read", "consent:reveal", "Alıcılar için bilinenleri okur; her kez yazılır",
          "Reads what is known of recipients; each time is kept"),
    Scope("recipients:write", "field:fill", "Alıcılar için bilinenleri yazar",
          "Writes what is known of recipients"),
    Scope("calllists:read", "call:read", "Arama listelerini okur", "Reads call lists"),
    Scope("calllists:work", "call:work", "Aranacak numaraları alır, sonuçları yazar",
          "Takes numbers to call and writes results"),
    Scope("templates:read", "template:read", "İleti şablonlarını okur ve doldurulmuş görür",
          "Reads templates of messages and sees them filled in"),
    Scope("messages:send", "single:send", "Tek ileti gönderir: sipariş bildirimi gibi",
          "Sends single messages, as order notices"),
    Scope("campaigns:read", "campaign:read", "Kampanyaları ve iletilerini listeler, adresler "
          "maskeli", "Lists campaigns and their messages, addresses masked"),
    Scope("campaigns:pause", "campaign:write", "Yayındaki kampanyayı durdurur",
          "Pauses running campaigns"),
)
BY_KEY: Final[dict[str, Scope]] = {one.key: one for one in SCOPES}


def open_at_dealer(held: Iterable[str], closed_rights: Iterable[str]) -> frozenset[str]:
    """What of an account's scopes its dealer may use, where the brand did not give it all
    (:mod:`ileti.tenancy.dealerrights`)."""
    closed = dealerrights.permissions_of(closed_rights)
    return frozenset(key for key in held if key not in BY_KEY
                     or BY_KEY[key].permission not in closed) if closed else frozenset(held)


def offered(may: frozenset[str], *, management: bool = True) -> list[Scope]:
    """What somebody with the rights ``may`` gives or takes, at a provider that has the second
    module or not."""
    return [one for one in SCOPES if one.permission in may and (
        management or modules.of("scope", one.key) is not modules.Module.MANAGEMENT)]


def granted(wanted: Iterable[str], before: Iterable[str], may: frozenset[str], *,
            management: bool = True) -> list[str]:
    """What an account has after somebody with the rights ``may`` wished it ``wanted``: only what
    they have themselves is given or taken; what else it had ``before`` stays. In table order."""
    asked, had = set(wanted), set(before)
    theirs = offered(may, management=management)
    return [one.key for one in SCOPES if one.key in (asked if one in theirs else had)]
