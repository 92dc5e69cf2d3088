"""One field finds a consent by what people have in hand: an address, a record number, a receipt
number or İYS's transaction number.

Rows come through the session and so through the row rules: what somebody may not see is not found,
with the same answer as for what does not exist. An address never stands in a URL (look §9), so what
was found travels as a signed, opaque reference that is good for the searcher alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_login import current_user
from sqlalchemy import select

from ileti.consents.models import ConsentEntry, Submission
from ileti.consents.numbers import RECEIPTS, RECORDS, entry_of, submission_of
from ileti.core import orm
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_address
from ileti.recipients.models import Recipient
from ileti.tenancy.models import Provider

REFERENCE_SECONDS = 8 * 3600
LONGEST = 320
_TRANSACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{7,63}", re.ASCII)

Pairs = list[tuple[int, int]]
Finder = Callable[[str], Pairs]
_finders: list[Finder] = []


@dataclass(frozen=True)
class Found:
    """(provider, recipient) or (provider, entry) pairs; ``number`` says that a number was typed."""

    recipients: Pairs | None = None
    entries: Pairs | None = None
    number: bool = False


def finds(finder: Finder) -> Finder:
    """Register who finds entries by a transaction number: from it to (provider, entry) pairs."""
    if finder not in _finders:
        _finders.append(finder)
    return finder


def look_up(typed: str) -> Found:
    """What the user may see of what was typed; raises AddressError when it is nothing known."""
    text = typed.strip()[:LONGEST]
    if RECORDS.starts(text):
        entry = entry_by_number(text)
        return Found(entries=[(entry.provider_id, entry.id)] if entry else [], number=True)
    if RECEIPTS.starts(text):
        return Found(entries=_by_receipt(submission_of(text)), number=True)
    try:
        return Found(recipients=_by_address(parse_address(text).value))
    except AddressError:
        if _TRANSACTION.fullmatch(text) is None or not any(one.isdigit() for one in text):
            raise
    return Found(entries=[pair for finder in _finders for pair in finder(text)], number=True)


def entry_by_number(number: str) -> ConsentEntry | None:
    """A visible entry by its record number. The provider leads every key, so the visible providers
    are named."""
    entry_id = entry_of(number)
    if entry_id is None:
        return None
    found: ConsentEntry | None = orm.db.session.scalars(select(ConsentEntry).where(
        ConsentEntry.provider_id.in_(_providers()), ConsentEntry.id == entry_id)).first()
    return found


def _providers() -> list[int]:
    return list(orm.db.session.scalars(select(Provider.id)))


def _by_receipt(submission_id: int | None) -> Pairs:
    if submission_id is None:
        return []
    found = orm.db.session.scalars(select(Submission).where(
        Submission.provider_id.in_(_providers()), Submission.id == submission_id))
    return [(one.provider_id, entry_id) for one in found for entry_id in one.entry_ids]


def _by_address(address: str) -> Pairs:
    """The visible recipients of an address, one per provider in view."""
    hashes = {one: secrets().addresses.of(one, address) for one in _providers()}
    found = orm.db.session.scalars(
        select(Recipient).where(Recipient.addr_hash.in_(hashes.values())))
    return [(one.provider_id, one.id) for one in found]


# -- references ----------------------------------------------------------------------------------


def reference(found: Found) -> str:
    """What was found as a token for the list's URL, good for this user for eight hours."""
    content = {"r": found.recipients, "e": found.entries, "u": current_user.id}
    return secrets().tokens("handle").make(content, seconds=REFERENCE_SECONDS)


def referred(token: str | None) -> Found:
    """What a reference names; raises NotFound for somebody else's, TokenError for a forged one."""
    if not token:
        return Found()
    content = secrets().tokens("handle").read(token)
    if content.get("u") != current_user.id:
        raise NotFound()
    return Found(_pairs(content.get("r")), _pairs(content.get("e")))


def _pairs(raw: Any) -> Pairs | None:
    return None if raw is None else [(int(one[0]), int(one[1])) for one in raw]
