"""What İYS holds about addresses at this moment, and what we hold, laid side by side.

One address is asked for by the single query, which tells date, source and İYS's transaction number,
with its history; both have an hourly limit (İYS API §1.1, §6.7, §6.9). When the hour is used up,
and for lists, the query for many addresses answers instead (§6.8): it tells who is ONAY and nothing
more, so a refusal and no record look alike, and the ledger tells the rest. Nothing is written here:
who was asked about stands in the audit trail, what İYS changes comes home by the pull.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select

from ileti.consents import gate
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Status
from ileti.core import orm
from ileti.core.secrets import secrets
from ileti.iys.answers import History
from ileti.iys.client import IysClient, IysTrouble, client_for
from ileti.iys.errors import Kind
from ileti.iys.models import IysReceipt
from ileti.iys.wire import MOST_RECIPIENTS, Movement
from ileti.recipients.models import Recipient
from ileti.tenancy.models import Brand

MOST_ENTRIES = 100
MOST_ROUNDS = 3
Key = tuple[str, Channel]


@dataclass(frozen=True)
class There:
    """What İYS said about one key. ``consents`` is None when it did not say; ``movement`` only
    when asked singly; ``surely`` that a missing consent means a refusal or nothing, told apart."""

    consents: bool | None
    movement: Movement | None = None
    surely: bool = False
    code: str | None = None


@dataclass
class Heard:
    """İYS's answers: by key, histories by channel, and why something is missing. ``trouble`` stands
    for everything that was asked, ``status_wait``/``history_wait`` (seconds) for a full hour."""

    there: dict[Key, There] = field(default_factory=dict)
    histories: dict[Channel, History] = field(default_factory=dict)
    trouble: IysTrouble | None = None
    status_wait: float | None = None
    history_wait: float | None = None
    history_trouble: IysTrouble | None = None


@dataclass
class Ours:
    """What we hold: states by key, entries by channel (newest first) and İYS's receipts."""

    states: dict[Key, ConsentState] = field(default_factory=dict)
    entries: dict[Channel, list[ConsentEntry]] = field(default_factory=dict)
    receipts: dict[int, str] = field(default_factory=dict)


class Verdict(StrEnum):
    """How the two sides stand to each other; keys of the badge family ``comparison``."""

    SAME = "same"
    DIFFERS = "differs"
    UNDER_WAY = "under_way"
    NOWHERE = "nowhere"
    NOT_TOLD = "not_told"


def hear(brand: Brand, kind: RecipientType, keys: Iterable[Key]) -> Heard:
    """Ask İYS; never raises. No transaction may be open."""
    wanted = list(dict.fromkeys(keys))
    heard = Heard()
    try:
        client = client_for(brand.provider_id)
        if len({address for address, _channel in wanted}) == 1:
            _ask_singly(client, brand.brand_code, kind, wanted, heard)
        else:
            _ask_together(client, brand.brand_code, kind, wanted, heard)
    except IysTrouble as trouble:
        heard.trouble = trouble
    return heard


def _ask_singly(client: IysClient, code: int, kind: RecipientType, keys: list[Key],
                heard: Heard) -> None:
    left = []
    for address, channel in keys:
        try:
            held = client.status(code, address, kind, channel, by_person=True)
        except IysTrouble as trouble:
            if trouble.code != "H086":
                if not _about_the_address(trouble):
                    raise
                heard.there[address, channel] = There(None, code=trouble.code)
                continue
            heard.status_wait = trouble.wait
            left.append((address, channel))
            continue
        heard.there[address, channel] = There(
            held is not None and held.status is Status.ONAY, held, surely=True)
    for address, channel in keys:
        _ask_history(client, code, kind, address, channel, heard)
    if left:
        _ask_together(client, code, kind, left, heard)


def _ask_history(client: IysClient, code: int, kind: RecipientType, address: str,
                 channel: Channel, heard: Heard) -> None:
    """A history that cannot be had leaves the status as it is: the ledger tells the story."""
    if heard.history_wait is not None or heard.there.get((address, channel), There(True)).code:
        return
    try:
        heard.histories[channel] = client.history(code, address, kind, channel)
    except IysTrouble as trouble:
        if trouble.code == "H089":
            heard.history_wait = trouble.wait
        else:
            heard.history_trouble = trouble


def _ask_together(client: IysClient, code: int, kind: RecipientType, keys: list[Key],
                  heard: Heard) -> None:
    by_channel: dict[Channel, list[str]] = defaultdict(list)
    for address, channel in keys:
        by_channel[channel].append(address)
    for channel, addresses in by_channel.items():
        for first in range(0, len(addresses), MOST_RECIPIENTS):
            some = addresses[first:first + MOST_RECIPIENTS]
            for address, there in _approved(client, code, kind, channel, some).items():
                heard.there[address, channel] = there


def _approved(client: IysClient, code: int, kind: RecipientType, channel: Channel,
              addresses: list[str]) -> dict[str, There]:
    """The answer about a list. İYS refuses it whole for one address it does not take and names
    that one by its place: it is set aside and the others are asked again (fault row 21)."""
    told: dict[str, There] = {}
    for attempt in range(MOST_ROUNDS):
        if not addresses:
            break
        try:
            approved = client.approved(code, kind, channel, addresses)
        except IysTrouble as trouble:
            faulty = _places(trouble, len(addresses))
            if not faulty or attempt == MOST_ROUNDS - 1:
                raise
            told |= {addresses[at]: There(None, code=why) for at, why in faulty.items()}
            addresses = [one for at, one in enumerate(addresses) if at not in faulty]
            continue
        return told | {one: There(one.lower() in approved) for one in addresses}
    return told


def _places(trouble: IysTrouble, size: int) -> dict[int, str]:
    """The places of a list that an answer names: ``location`` is ``["recipients", 3]`` (§6.8)."""
    found: dict[int, str] = {}
    for fault in trouble.faults:
        at = fault.location[-1] if len(fault.location) > 1 else None
        if isinstance(at, int) and 0 <= at < size:
            found[at] = fault.code
    return found


def _about_the_address(trouble: IysTrouble) -> bool:
    return trouble.kind is Kind.ITEM and trouble.http_status == 422


# -- our side ------------------------------------------------------------------------------------


def recipients_of(provider_id: int, addresses: Iterable[str]) -> dict[str, Recipient]:
    """The visible recipients of these addresses; one statement."""
    hashes = {secrets().addresses.of(provider_id, one): one for one in addresses}
    found = orm.db.session.scalars(select(Recipient).where(
        Recipient.provider_id == provider_id, Recipient.addr_hash.in_(hashes)))
    return {hashes[bytes(one.addr_hash)]: one for one in found if one.addr_hash is not None}


def ours(brand: Brand, kind: RecipientType, keys: Iterable[Key],
         people: dict[str, Recipient]) -> Ours:
    """What the ledger holds for these keys; the story too when they are one address."""
    held, wanted = Ours(), set(keys)
    by_id = {one.id: address for address, one in people.items()}
    if not by_id:
        return held
    session = orm.db.session
    of_these = (ConsentState.provider_id == brand.provider_id, ConsentState.brand_id == brand.id,
                ConsentState.recipient_id.in_(by_id), ConsentState.recipient_type == int(kind))
    for state in session.scalars(select(ConsentState).where(*of_these)):
        key = by_id[state.recipient_id], Channel(state.channel)
        if key in wanted:
            held.states[key] = state
    if len({address for address, _channel in wanted}) == 1:
        held.entries = _entries(brand, kind, by_id, {channel for _address, channel in wanted})
    entries = {state.entry_id for state in held.states.values()} | {
        entry.id for some in held.entries.values() for entry in some}
    if entries:
        for entry, number in session.execute(select(
                IysReceipt.entry_id, IysReceipt.transaction_id).where(
                    IysReceipt.provider_id == brand.provider_id, IysReceipt.entry_id.in_(entries),
                    IysReceipt.transaction_id.is_not(None)).order_by(IysReceipt.id)):
            held.receipts[entry] = number
    return held


def _entries(brand: Brand, kind: RecipientType, by_id: dict[int, str],
             channels: set[Channel]) -> dict[Channel, list[ConsentEntry]]:
    found: dict[Channel, list[ConsentEntry]] = defaultdict(list)
    for entry in orm.db.session.scalars(select(ConsentEntry).where(
            ConsentEntry.provider_id == brand.provider_id, ConsentEntry.recipient_id.in_(by_id),
            ConsentEntry.brand_id == brand.id, ConsentEntry.recipient_type == int(kind),
            ConsentEntry.channel.in_([int(one) for one in channels]),
            ).order_by(ConsentEntry.id.desc()).limit(MOST_ENTRIES)):
        found[Channel(entry.channel)].append(entry)
    return found


# -- both ----------------------------------------------------------------------------------------


def compare(there: There | None, state: ConsentState | None) -> Verdict:
    """Whether both sides lead to the same answer to "may a message go". What is still on its way
    to İYS differs for a while by right."""
    if there is None or there.consents is None:
        return Verdict.NOT_TOLD
    if state is None:
        if there.movement is not None or there.consents:
            return Verdict.DIFFERS
        return Verdict.NOWHERE if there.surely else Verdict.SAME
    may = gate.why_not(state.status, state.standing, state.iys_status) is None
    if may == there.consents:
        open_still = state.iys_status in (IysStatus.QUEUED, IysStatus.WAITING)
        return Verdict.UNDER_WAY if open_still and not _agree(there, state) else Verdict.SAME
    if state.iys_status in (IysStatus.QUEUED, IysStatus.WAITING):
        return Verdict.UNDER_WAY
    return Verdict.DIFFERS


def _agree(there: There, state: ConsentState) -> bool:
    """Whether İYS already holds what is on its way to it."""
    return (state.status == Status.ONAY) == bool(there.consents)
