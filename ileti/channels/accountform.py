"""What somebody types about an account: read, checked, and as it is kept.

Why apart from the page: each kind has fields of its own, a secret that is left empty stays what it
was, and everything that is wrong is said at once, beside its field.
"""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select

from ileti.channels import accounts, gatewaykinds
from ileti.channels.accountmodels import GatewayAccount
from ileti.channels.gatewaykinds import Known
from ileti.channels.pushed import hash_of
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import FieldError
from ileti.hooks.kinds import KindField, Unfit
from ileti.hooks.limits import PluginFailed
from ileti.tenancy.models import Brand, Provider

LONGEST_NAME: Final = 80
LONGEST_VALUE: Final = 4_000


@dataclass
class Typed:
    """An account as it stands in the form; ``values`` by the kind's keys, ``kept`` the keys of
    secrets that stay when they are left empty."""

    name: str = ""
    brand: str = ""
    commercial: bool = True
    exempt: bool = True
    rank: str = "1"
    weight: str = "1"
    per_second: str = "10"
    values: dict[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


def typed_from(form: Mapping[str, str], known: Known, before: GatewayAccount | None) -> Typed:
    """What a form brought; fields of the kind are named ``k-<key>``."""
    return Typed(
        name=form.get("name", "").strip(), brand=form.get("brand", ""),
        commercial="commercial" in form, exempt="exempt" in form,
        rank=form.get("rank", "").strip(), weight=form.get("weight", "").strip(),
        per_second=form.get("per_second", "").strip(),
        values={one.key: form.get(f"k-{one.key}", "").strip()[:LONGEST_VALUE]
                for one in known.kind.fields},
        kept=_kept(known, before))


def typed_of(row: GatewayAccount, known: Known) -> Typed:
    """An account as its form shows it: secrets stay empty."""
    values = details_of(row)
    rate = f"{row.per_second:g}".replace(".", ",")
    return Typed(
        name=row.name, brand=str(row.brand_id or ""), commercial=row.commercial, exempt=row.exempt,
        rank=str(row.rank), weight=str(row.weight), per_second=rate,
        values={one.key: "" if one.secret else values.get(one.key, "")
                for one in known.kind.fields},
        kept=_kept(known, row))


def details_of(row: GatewayAccount) -> dict[str, str]:
    """An account's details; none when they cannot be read."""
    try:
        return accounts.read(row.sealed)
    except (CannotDecrypt, ValueError):
        return {}


def _kept(known: Known, before: GatewayAccount | None) -> frozenset[str]:
    values = details_of(before) if before is not None else {}
    return frozenset(one.key for one in known.kind.fields if one.secret and values.get(one.key))


def keep(typed: Typed, known: Known, provider: Provider, before: GatewayAccount | None
         ) -> tuple[GatewayAccount | None, list[FieldError]]:
    """The account to be kept, in the session, or everything that is wrong."""
    faults: list[FieldError] = []
    brand_id = _brand(typed, provider, faults)
    columns = {
        "name": _name(typed, provider, before, faults), "brand_id": brand_id,
        "commercial": typed.commercial, "exempt": typed.exempt,
        "rank": _whole(typed.rank, "rank", 99, faults),
        "weight": _whole(typed.weight, "weight", 100, faults),
        "per_second": _rate(typed.per_second, faults)}
    if not (typed.commercial or typed.exempt):
        faults.append(FieldError("commercial", "purpose", "En az bir amaç seçin.",
                                 "Choose at least one purpose."))
    values = _values(typed, known, details_of(before) if before is not None else {}, faults)
    if faults:
        return None, faults
    if before is None:
        secret = chance.token_urlsafe(32)
        row = GatewayAccount(provider_id=provider.id, kind=known.kind.key, hook=secret,
                             hook_hash=hash_of(secret), channel=int(Channel[known.kind.channel]),
                             sealed=json.dumps(values, ensure_ascii=False), **columns)
        orm.db.session.add(row)
        return row, []
    for name, value in columns.items():
        setattr(before, name, value)
    if values != details_of(before):
        before.sealed = json.dumps(values, ensure_ascii=False)
        before.rests_until, before.refusals = None, 0  # what was mended is tried at once
    return before, []


def _brand(typed: Typed, provider: Provider, faults: list[FieldError]) -> int | None:
    if not typed.brand:
        return None
    row = orm.db.session.get(Brand, int(typed.brand)) if typed.brand.isdecimal() and len(
        typed.brand) < 10 else None
    if row is None or row.provider_id != provider.id:
        faults.append(FieldError("brand", "brand", "Bir marka seçin.", "Choose a brand."))
        return None
    return int(row.id)


def _name(typed: Typed, provider: Provider, before: GatewayAccount | None,
          faults: list[FieldError]) -> str:
    if not 1 <= len(typed.name) <= LONGEST_NAME:
        faults.append(FieldError("name", "length", f"1–{LONGEST_NAME} karakterlik bir ad yazın.",
                                 f"Write a name of 1–{LONGEST_NAME} characters."))
    elif orm.db.session.scalars(select(GatewayAccount.id).where(
            GatewayAccount.provider_id == provider.id, GatewayAccount.name == typed.name,
            GatewayAccount.id != (before.id if before is not None else 0))).first():
        faults.append(FieldError("name", "taken", "Bu adda bir hesap var.",
                                 "There is an account of this name."))
    return typed.name


def _whole(text: str, name: str, most: int, faults: list[FieldError]) -> int:
    if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= most:
        return int(text)
    faults.append(FieldError(name, "number", f"1 ile {most} arasında bir sayı yazın.",
                             f"Write a number from 1 to {most}."))
    return 1


def _rate(text: str, faults: list[FieldError]) -> float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        found = 0.0
    if not 0.1 <= found <= 10_000:
        faults.append(FieldError("per_second", "number", "0,1 ile 10.000 arasında bir sayı yazın.",
                                 "Write a number from 0.1 to 10,000."))
        return 1.0
    return found


def _values(typed: Typed, known: Known, before: dict[str, str], faults: list[FieldError]
            ) -> dict[str, str]:
    values = {}
    for one in known.kind.fields:
        text = typed.values.get(one.key, "")
        if not text and one.secret and one.key in typed.kept:
            text = before.get(one.key, "")
        if not text:
            if one.required:
                faults.append(FieldError(f"k-{one.key}", "missing", f"{one.title.tr} eksik.",
                                         f"{one.title.en} is missing."))
            continue
        values[one.key] = _checked(one, text, faults)
    if not any(fault.field.startswith("k-") for fault in faults):
        _try(known, values, faults)
    return values


def _checked(one: KindField, text: str, faults: list[FieldError]) -> str:
    try:
        return one.check(text) if one.check is not None else text
    except ValueError as error:
        faults.append(_fault(f"k-{one.key}", error))
        return text


def _try(known: Known, values: dict[str, str], faults: list[FieldError]) -> None:
    """Whether a gateway can be made of them; nothing is called."""
    try:
        gatewaykinds.make(known, values)
    except Unfit as error:
        faults.append(_fault(f"k-{error.field}", error))
    except (KeyError, ValueError, PluginFailed):
        first: Any = known.kind.fields[0].key if known.kind.fields else "name"
        faults.append(FieldError(f"k-{first}", "unfit", "Bu bilgilerle bağlantı kurulamıyor.",
                                 "No connection can be made with these details."))


def _fault(name: str, error: ValueError) -> FieldError:
    turkish = getattr(error, "tr", "Bu değer kullanılamaz.")
    return FieldError(name, "value", turkish, getattr(error, "en", "This value cannot be used."))
