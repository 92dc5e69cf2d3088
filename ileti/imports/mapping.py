"""Which column means what, and what holds for every row: from a table to the consents it states.

Why this module exists: customer lists come in two shapes. Either a row is one consent (İYS's own:
type, recipient, status), or a row is a person with a phone, an e-mail and a choice per channel. A
:class:`Mapping` describes both: columns by role, values fixed for all rows. :func:`recognise`
proposes one from the heading (Turkish or English) and from what stands in the columns; a person
corrects it. A mapping is kept as JSON with the import and as a named template.

Pure: knows no file and no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from ileti.consents.vocabulary import AddressKind, Channel, RecipientType, Source, Status
from ileti.core.errors import FieldError
from ileti.imports.facts import is_date, is_email, is_phone
from ileti.imports.words import CHANNELS, RECIPIENT_TYPES, SOURCES, STATUSES, fold


class Role(StrEnum):
    """What a column means. ``RECIPIENT`` holds either kind of address."""

    RECIPIENT = "recipient"
    PHONE = "phone"
    EMAIL = "email"
    CHANNEL = "channel"
    STATUS = "status"
    STATUS_CALL = "status_call"
    STATUS_SMS = "status_sms"
    STATUS_EMAIL = "status_email"
    SOURCE = "source"
    DATE = "date"
    RECIPIENT_TYPE = "recipient_type"
    DEALER = "dealer"
    NAME = "name"
    BASIS = "basis"
    PROOF = "proof"
    VERIFIED = "verified"


STATUS_OF: Final = {Channel.ARAMA: Role.STATUS_CALL, Channel.MESAJ: Role.STATUS_SMS,
                    Channel.EPOSTA: Role.STATUS_EMAIL}


@dataclass(frozen=True)
class Fixed:
    """What holds for all rows that do not say it themselves. ``channels`` are those a phone or an
    e-mail stands for when no column names one; ``date`` as text in any spelling rows may have."""

    status: Status | None = None
    source: Source | None = None
    date: str | None = None
    recipient_type: RecipientType = RecipientType.BIREYSEL
    dealer_id: int | None = None
    basis: str | None = None
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """Columns (counted from 0) by role, the fixed values, and columns by the key of a custom field.
    """

    columns: dict[Role, int]
    fixed: Fixed = field(default_factory=Fixed)
    fields: dict[str, int] = field(default_factory=dict)

    def named(self, columns: dict[Role, int], fixed: Fixed, fields: dict[str, int] | None = None
              ) -> Mapping:
        """With what somebody says outright, which goes before what was recognised."""
        own = fields or {}
        taken = {*columns.values(), *own.values()}
        kept = {role: n for role, n in self.columns.items()
                if n not in taken and role not in columns}
        others = {key: n for key, n in self.fields.items() if n not in taken and key not in own}
        return Mapping(kept | columns, fixed, others | own)

    def problems(self) -> list[FieldError]:
        """What is missing before rows can be read, by field: ``address``, ``channel``, ``status``,
        ``source``, ``date``; empty when complete."""
        has = self.columns
        found: list[FieldError] = []

        def missing(field: str, tr: str, en: str) -> None:
            found.append(FieldError(field, "missing", tr, en))

        if not {Role.RECIPIENT, Role.PHONE, Role.EMAIL} & set(has):
            missing("address", "Telefon ya da e-posta sütununu seçin.",
                    "Choose the column with phones or e-mail addresses.")
        if not self.parts():
            missing("channel", "Kanalı seçin: sütun ya da bütün satırlar için sabit değer.",
                    "Choose the channel: a column, or fixed for all rows.")
        if not ({Role.STATUS, *STATUS_OF.values()} & set(has)) and self.fixed.status is None:
            missing("status", "Onay mı ret mi? Bir sütun ya da sabit değer seçin.",
                    "Consent or refusal? Choose a column, or a fixed value.")
        individual = (self.fixed.recipient_type is RecipientType.BIREYSEL
                      or Role.RECIPIENT_TYPE in has)
        if individual and Role.SOURCE not in has and self.fixed.source is None:
            missing("source", "İzin kaynağını seçin (R-43).", "Choose the source (R-43).")
        if individual and Role.DATE not in has and self.fixed.date is None:
            missing("date", "İzin tarihini seçin (R-39).", "Choose the consent date (R-39).")
        return found

    def parts(self) -> list[Part]:
        """The consents one row can state."""
        has, fixed = self.columns, self.fixed
        if Role.CHANNEL in has:
            named = [role for role in (Role.RECIPIENT, Role.PHONE, Role.EMAIL) if role in has]
            if named == [Role.PHONE, Role.EMAIL]:  # the channel says which of them is meant
                return [Part(has[role], None, self._status(None), kind=kind) for role, kind in (
                    (Role.PHONE, AddressKind.PHONE), (Role.EMAIL, AddressKind.EMAIL))]
            return [Part(has[role], None, self._status(None)) for role in named[:1]]
        found = []
        for channel in (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA):
            own = Role.EMAIL if channel is Channel.EPOSTA else Role.PHONE
            address = own if own in has else Role.RECIPIENT
            if address in has and (STATUS_OF[channel] in has or channel in fixed.channels):
                found.append(Part(has[address], channel, self._status(channel),
                                  only_fitting=address is Role.RECIPIENT))
        return found

    def _status(self, channel: Channel | None) -> int | None:
        own = self.columns.get(STATUS_OF[channel]) if channel is not None else None
        return own if own is not None else self.columns.get(Role.STATUS)

    def as_json(self) -> dict[str, Any]:
        """For the database and templates."""
        fixed = {name: value.name if isinstance(value, (Status, Source, RecipientType)) else value
                 for name, value in asdict(self.fixed).items()}
        fixed["channels"] = [one.name for one in self.fixed.channels]
        return {"columns": {role.value: n for role, n in self.columns.items()}, "fixed": fixed} | (
            {"fields": self.fields} if self.fields else {})

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Mapping:
        """Inverse of :meth:`as_json`; KeyError or ValueError for what it never wrote."""
        fixed = kept.get("fixed", {})
        return cls(
            {Role(role): int(n) for role, n in kept.get("columns", {}).items()},
            Fixed(
                status=Status[fixed["status"]] if fixed.get("status") else None,
                source=Source[fixed["source"]] if fixed.get("source") else None,
                date=fixed.get("date") or None,
                recipient_type=RecipientType[fixed.get("recipient_type") or "BIREYSEL"],
                dealer_id=fixed.get("dealer_id"), basis=fixed.get("basis") or None,
                channels=tuple(Channel[one] for one in fixed.get("channels", ())),
            ), {str(key): int(n) for key, n in kept.get("fields", {}).items()})


@dataclass(frozen=True, slots=True)
class Part:
    """One consent a row can state: the address's column, the channel (None: the row names it), the
    status's column (None: fixed). ``only_fitting``: the column holds phones and e-mails, and the
    part concerns one kind. ``kind``: it is for rows whose channel takes such an address."""

    address: int
    channel: Channel | None
    status: int | None
    only_fitting: bool = False
    kind: AddressKind | None = None


_HEADS: Final[dict[Role, str]] = {
    Role.RECIPIENT: "alıcı|alici|recipient|adres|iletişim|contact|iletişim bilgisi|alıcı adresi",
    Role.PHONE: "telefon|telefon no|telefon numarası|cep|cep tel|cep telefonu|cep no|gsm|gsm no|"
                "gsm numarası|mobil|mobil telefon|phone|phone number|mobile|mobile phone|tel|"
                "msisdn",
    Role.EMAIL: "e-posta|eposta|e-posta adresi|email|e-mail|mail|mail adresi|email address",
    Role.CHANNEL: "izin türü|izin turu|kanal|tür|tip|type|channel|izin tipi|ileti türü",
    Role.STATUS: "onay(1)-ret(0)|onay|durum|izin durumu|status|seçim|izin|onay durumu|consent|"
                 "onay/ret|permission",
    Role.STATUS_CALL: "arama onayı|arama izni|arama|call permission|call consent|telefon izni|"
                      "arama onay",
    Role.STATUS_SMS: "sms onayı|sms izni|mesaj onayı|mesaj izni|sms|mesaj|sms permission|"
                     "sms consent|sms onay",
    Role.STATUS_EMAIL: "e-posta onayı|eposta onayı|e-posta izni|eposta izni|mail izni|mail onayı|"
                       "email izni|email permission|email consent|eposta onay",
    Role.SOURCE: "izin kaynağı|izin kaynagi|kaynak|source|onay kaynağı",
    Role.DATE: "izin tarihi|tarih|onay tarihi|consentdate|consent date|date|izin tarih|"
               "kayıt tarihi|izin zamanı|created at|oluşturma tarihi",
    Role.RECIPIENT_TYPE: "alıcı tipi|alıcı türü|recipienttype|recipient type|müşteri tipi|"
                         "müşteri türü|customer type",
    Role.DEALER: "iznin alındığı bayi kodu|bayi|bayi kodu|retailercode|retailer code|dealer|"
                 "dealer code|mağaza kodu|şube kodu",
    Role.NAME: "ad soyad|adı soyadı|isim|ad|name|full name|müşteri adı|unvan",
    Role.BASIS: "vkn|vergi no|vergi kimlik no|vergi numarası|mersis|mersis no|tacir dayanağı|"
                "tax number|oda kaydı|basis",
    Role.VERIFIED: "doğrulandı|doğrulanmış|adres doğrulandı|verified",
    Role.PROOF: "kanıt|kanıt dosyası|dosya|form dosyası|proof|proof file|evrak|belge",
}
_ROLE_OF: Final = {fold(word): role for role, words in _HEADS.items() for word in words.split("|")}
_WORDY: Final = ((Role.CHANNEL, CHANNELS), (Role.SOURCE, SOURCES),
                 (Role.RECIPIENT_TYPE, RECIPIENT_TYPES), (Role.STATUS, STATUSES))


_CHOICE: Final = re.compile(
    r"(?P<call>arama|cagri|call|telefon|phone)|(?P<sms>sms|kisamesaj|mesaj|message)|"
    r"(?P<email>eposta|email|mail)")
_CHOSEN: Final = re.compile(
    r"(onayret|onaydurumu|izindurumu|onayi|izni|onay|izin|permission|consent|optin|tercihi)+")


def role_of(head: str) -> Role | None:
    """The role that a heading names, or None. The choice of one channel has as many names as there
    are lists: a channel's word before a word for consent, whatever stands between them."""
    folded = fold(head)
    role = _ROLE_OF.get(folded)
    if role is not None:
        return role
    channel = _CHOICE.match(folded)
    if channel is None or not _CHOSEN.fullmatch(folded[channel.end():]):
        return None
    return Role[f"STATUS_{str(channel.lastgroup).upper()}"]


def recognise(heads: Sequence[str] | None, rows: Iterable[Sequence[str]]) -> Mapping:
    """Propose a mapping from the heading, and for what it does not tell from the first rows.

    A column with both kinds of address becomes RECIPIENT. Nothing is fixed but the channels that
    follow from having no channel and no choice per channel: those a person must confirm.
    """
    sample = list(rows)
    width = max([len(heads or ()), *(len(row) for row in sample)], default=0)
    columns: dict[Role, int] = {}
    for n, head in enumerate(heads or ()):
        role = role_of(head)
        if role is not None and role not in columns:
            columns[role] = n
    for n in range(width):
        if n in columns.values():
            continue
        role = _by_content([row[n].strip() for row in sample if n < len(row) and row[n].strip()])
        known = heads and n < len(heads) and heads[n].strip()
        if role is not None and role not in columns and (
                not known or role in (Role.PHONE, Role.EMAIL, Role.RECIPIENT, Role.CHANNEL)):
            columns[role] = n
    if Role.RECIPIENT in columns and not _mixed(sample, columns[Role.RECIPIENT]):
        kind = _by_content([row[columns[Role.RECIPIENT]].strip() for row in sample
                            if columns[Role.RECIPIENT] < len(row)])
        if kind in (Role.PHONE, Role.EMAIL) and Role.CHANNEL not in columns \
                and kind not in columns:
            columns[kind] = columns.pop(Role.RECIPIENT)
    return Mapping(columns)


def _by_content(values: Sequence[str]) -> Role | None:
    """What nearly all values are; None when they are nothing we know."""
    if not values:
        return None
    need = max(1, round(len(values) * 0.8))
    phones = sum(map(is_phone, values))
    mails = sum(map(is_email, values))
    if max(phones, mails) >= need:
        return Role.PHONE if phones >= mails else Role.EMAIL
    if phones + mails >= need:
        return Role.RECIPIENT
    if sum(map(is_date, values)) >= need:
        return Role.DATE
    for role, words in _WORDY:
        if sum(fold(one) in words for one in values) >= need:
            return role
    return None


def _mixed(rows: Sequence[Sequence[str]], n: int) -> bool:
    values = [row[n] for row in rows if n < len(row) and row[n].strip()]
    return any("@" in one for one in values) and not all("@" in one for one in values)
