"""By which account a message goes: fail-over by rank, weights within a rank, rest for the refused.

Why this module exists: whoever sends asks for roads and takes the first that takes the batch. An
account whose provider says that the account is at fault (password, balance, title) would be asked
again for every batch, so it rests, each time twice as long, and the page of accounts says why. A
road of SMS or calls has a sender the operator has approved (R-54); without one it is no road.
Accounts are the provider's, whoever is at work, so they are asked for with the system's connection
(ADR 0039). Bare SQL: jobs have no ORM.
"""

from __future__ import annotations

import json
import math
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import psycopg

from ileti.channels import gatewaykinds
from ileti.channels.links import has_link
from ileti.channels.sms import Handed, InDoubt, Never, Taken
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.hooks.limits import PluginFailed
from ileti.tenancy import twins

log = get_logger("ileti.gateways")

SEALED: Final = "gateway-account"
FIRST_REST: Final = 60
LONGEST_REST: Final = 6 * 3_600
#: seconds within which one good answer is noted once
_NOTED: Final = 30
_LONGEST_REASON: Final = 300


@dataclass(frozen=True)
class Road:
    """A way to send now: ``sender`` the approved title or number ("" for mails without one),
    ``per_second`` what the account takes. ``gateway`` speaks the channel's language
    (:class:`ileti.channels.sms.SmsGateway` for ``MESAJ``)."""

    account_id: int
    kind: str
    name: str
    sender: str
    per_second: float
    gateway: Any = field(repr=False)


def carries(road: Road, text: str) -> bool:
    """Whether a road may take a text: one that leads abroad none with a link (R-52)."""
    return not (getattr(road.gateway, "abroad", False) and has_link(text))


@dataclass(frozen=True)
class Rest:
    """An account that carries nothing for now, and why."""

    account_id: int
    name: str
    until: datetime
    reason: str


_FOUND: Final = """
select a.id, a.kind, a.name, a.rank, a.weight, a.per_second, a.sealed, a.rests_until,
       coalesce(a.last_problem, ''), s.title
  from gateway_account a
  left join lateral (
    select s.title from sender s where s.provider_id = a.provider_id and s.account_id = a.id
       and s.brand_id = %(brand)s and s.state = 2
       and (%(sender)s::text is null or lower(s.title) = lower(%(sender)s))
     order by s.approved_at, s.id limit 1) s on true
 where a.provider_id = %(provider)s and a.active and a.channel = %(channel)s
   and (a.brand_id is null or a.brand_id = %(brand)s)
   and case when %(commercial)s then a.commercial else a.exempt end
   and (s.title is not null or (a.channel = 3 and %(sender)s::text is null))
 order by a.rank, a.id"""


def roads(provider_id: int, brand_id: int, channel: Channel, *, commercial: bool,
          sender: str | None = None) -> list[Road]:
    """The ways a brand's messages may go now, best first; ``sender`` asks for one title. Empty when
    there is no account, no approved sender, or all rest (:func:`resting` says so), and always for a
    sandbox, of which nothing may leave the house (docs/adr/0055)."""
    if twins.is_twin(provider_id):
        return []
    now = clock.now()
    ready = [row for row in _rows(provider_id, brand_id, channel, commercial, sender)
             if row[7] is None or row[7] <= now]
    ready.sort(key=lambda row: (row[3], _draw(row[4])))
    made = (_road(provider_id, row) for row in ready)
    return [one for one in made if one is not None]


def resting(provider_id: int, brand_id: int, channel: Channel, *, commercial: bool) -> list[Rest]:
    """Accounts that would be roads if they did not rest."""
    now = clock.now()
    return [Rest(row[0], row[2], row[7], row[8])
            for row in _rows(provider_id, brand_id, channel, commercial, None)
            if row[7] is not None and row[7] > now]


def _rows(provider_id: int, brand_id: int, channel: Channel, commercial: bool,
          sender: str | None) -> list[Any]:
    return db.system_connection().execute(_FOUND, {
        "provider": provider_id, "brand": brand_id, "channel": int(channel),
        "commercial": commercial, "sender": sender}).fetchall()


def _draw(weight: int) -> float:
    """The smallest comes first with a chance in proportion to its weight."""
    return -math.log(1.0 - random.random()) / weight  # noqa: S311 (no secret)


def _road(provider_id: int, row: Any) -> Road | None:
    number, kind, name, _rank, _weight, per_second, sealed, _until, _reason, text = row
    try:
        gateway = gateway_of(provider_id, number, kind, sealed)
    except Unusable as error:
        log.error("gateway_account_unusable", account=number, reason=str(error))
        return None
    return Road(number, kind, name, text or "", per_second, gateway)


# -- an account's gateway --------------------------------------------------------------------------


class Unusable(Exception):
    """No gateway can be made of an account now; the reason in English, for a person."""


_made: dict[int, tuple[str, str, Any]] = {}
_making = threading.Lock()


def gateway_of(provider_id: int, account_id: int, kind: str, sealed: str) -> Any:
    """The gateway of an account, made once per process and change. Raises Unusable."""
    known = gatewaykinds.kind_of(provider_id, kind)
    if known is None:
        raise Unusable(f"nothing that is on knows the kind “{kind[:40]}”")
    with _making:
        kept = _made.get(account_id)
        if kept is not None and kept[:2] == (kind, sealed):
            return kept[2]
    try:
        made = gatewaykinds.make(known, opened(sealed))
    except (CannotDecrypt, KeyError, ValueError, PluginFailed) as error:
        raise Unusable(f"its details make no gateway: {type(error).__name__}") from error
    with _making:
        _made[account_id] = (kind, sealed, made)
    return made


def opened(sealed: str) -> dict[str, str]:
    """An account's details. Raises CannotDecrypt, ValueError."""
    return read(secrets().keyring.decrypt_text(sealed, SEALED))


def read(text: str) -> dict[str, str]:
    """Details as they are kept, by their fields' keys. Raises ValueError."""
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError("no details")
    return {str(key): str(value) for key, value in said.items()}


def forget() -> None:
    """Make every gateway anew (tests, plug-ins that changed)."""
    with _making:
        _made.clear()


def find(account_id: int) -> tuple[int, int, Any] | None:
    """Provider, channel and gateway of an account, also of one that is switched off: what it sent
    is still reported. Raises Unusable."""
    row = db.system_connection().execute(
        "select provider_id, channel, kind, sealed from gateway_account where id = %s",
        [account_id]).fetchone()
    if row is None:
        return None
    return row[0], row[1], gateway_of(row[0], account_id, row[2], row[3])


# -- what became of a call -------------------------------------------------------------------------


def note(account_id: int, handed: Handed) -> None:
    """Remember what an account's provider said to a batch: a good answer ends its rest, one that
    blames the account makes it rest, everything else is told on its page. Raises nothing when it
    cannot be written: what was taken is taken."""
    try:
        if isinstance(handed, Taken):
            went(account_id)
        elif isinstance(handed, Never) and handed.account:
            refused(account_id, handed.reason)
        else:
            word = "in doubt: " if isinstance(handed, InDoubt) else ""
            troubled(account_id, word + handed.reason)
    except (psycopg.Error, StorageAway):
        log.warning("gateway_account_not_noted", account=account_id)


def went(account_id: int) -> None:
    """It took something; noted at most every half minute."""
    db.system_connection().execute(
        "update gateway_account set last_ok_at = now(), refusals = 0, rests_until = null "
        "where id = %s and (last_ok_at is null or last_ok_at < now() - make_interval(secs => %s) "
        "or refusals > 0 or rests_until is not null)", (account_id, _NOTED))


def refused(account_id: int, reason: str) -> None:
    """Let it rest: a minute, then twice as long each time, at most six hours. Several workers that
    hear the same refusal at once count once."""
    row = db.system_connection().execute(
        "update gateway_account set refusals = least(refusals + 1, 30), last_problem_at = now(), "
        "last_problem = %(why)s, rests_until = now() + make_interval(secs => least(%(longest)s, "
        "%(first)s * power(2, least(refusals, 20)))) "
        "where id = %(id)s and (rests_until is null or rests_until <= now()) returning refusals",
        {"id": account_id, "why": reason[:_LONGEST_REASON], "first": FIRST_REST,
         "longest": LONGEST_REST}).fetchone()
    if row is not None:
        log.error("gateway_account_rests", account=account_id, times=row[0], reason=reason)


def troubled(account_id: int, reason: str) -> None:
    """Something went wrong that is not the account's fault; noted at most every half minute."""
    db.system_connection().execute(
        "update gateway_account set last_problem_at = now(), last_problem = %s where id = %s "
        "and (last_problem_at is null or last_problem_at < now() - make_interval(secs => %s) "
        "or last_problem is distinct from %s)",
        (reason[:_LONGEST_REASON], account_id, _NOTED, reason[:_LONGEST_REASON]))


def troubles() -> Sequence[tuple[str, str, str, bool]]:
    """(company, account, what is wrong, whether it rests) of accounts that are on and rest, or
    whose last answer was bad; for ``ileti doctor``."""
    return [(row[0], row[1], row[2], row[3]) for row in db.system_connection().execute(
        "select p.short_name, a.name, coalesce(a.last_problem, ''), "
        "coalesce(a.rests_until > now(), false) from gateway_account a "
        "join provider p on p.id = a.provider_id where a.active and (a.rests_until > now() "
        "or (a.last_problem_at is not null and a.last_problem_at > now() - interval '1 day' "
        "and a.last_problem_at > coalesce(a.last_ok_at, '-infinity'))) order by a.id limit 50")]
