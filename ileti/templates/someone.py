"""A recipient somebody chose to look at a message as.

Why this module exists: a preview for a real person shows what is known of a person. Only of those
the user sees, the address masked, nothing personal for who may not open addresses, and each look is
noted. What was typed never stands in an address of a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from ileti.consents.models import ConsentEntry
from ileti.consents.search import look_up
from ileti.consents.timeline import address_of
from ileti.core import db, orm
from ileti.recipients.address import AddressError, mask
from ileti.recipients.models import Recipient
from ileti.templates import people
from ileti.templates.models import MessageTemplate
from ileti.templates.written import Content
from ileti.tenancy import audit, scope, security

_KEYS: Final = re.compile(r"\{\s*((?:alan\.)?[a-z][a-z0-9_]{0,39})\b")


@dataclass(frozen=True)
class Someone:
    """The masked address, and what the text's fields say of them."""

    label: str
    values: dict[str, str]


def someone(template: MessageTemplate, content: Content, typed: str) -> Someone | None:
    """The recipient whose address or record number was typed; None for nobody in sight. Notes the
    look and commits."""
    if not typed.strip() or not security.may("consent:read"):
        return None
    try:
        found = look_up(typed)
    except AddressError:
        return None
    pairs = found.recipients or _of_entries(found.entries or [])
    number = next((one for provider, one in pairs if provider == template.provider_id), None)
    row = orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == template.provider_id, Recipient.id == number)).first()
    if number is None or row is None:
        return None
    wanted = frozenset(_KEYS.findall(" ".join(
        (content.subject, content.preheader, content.body, content.html))))
    if scope.current().dealer_id is not None:  # what the provider knows of people is no dealer's
        wanted = frozenset()
    values = people.values_of(db.connection(), template.provider_id, [number], wanted,
                              personal=security.may("consent:reveal"))[number]
    address = address_of(row)
    audit.record("template:preview", f"recipient:{number}", {"fields": sorted(values)},
                 provider_id=template.provider_id)
    orm.db.session.commit()
    return Someone(mask(address) if address else "•••••", values)


def _of_entries(entries: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(one.provider_id, one.recipient_id) for provider, number in entries[:1]
            for one in orm.db.session.scalars(select(ConsentEntry).where(
                ConsentEntry.provider_id == provider, ConsentEntry.id == number))]
