"""The checks beside the law, a plug-in's above all: they may say no, and nothing else.

Why this module exists: a company may have reasons of its own not to write to somebody (a complaint
under way, a contract that forbids it). A check is asked about recipients the law lets be written
to, so whatever it answers the gate never gets looser. It fails closed: a plug-in that breaks, takes
too long, answers what cannot be read, or did check when it was switched on and is gone now, refuses
everybody it was to be asked about, in its own name. Where no plug-in is on nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import psycopg

from ileti.consents import trouble
from ileti.consents.vocabulary import Channel, RecipientType
from ileti.core.errors import StorageAway
from ileti.core.logs import get_logger
from ileti.hooks.kinds import GateQuestion, Said
from ileti.hooks.limits import PluginFailed
from ileti.hooks.manager import plugins as loaded
from ileti.tenancy import plugins

log = get_logger("ileti.plugins")

HOOK: Final = "gate_check"
AT_ONCE: Final = 10_000


@dataclass(frozen=True)
class Asked:
    """For whom and on what a message would go."""

    provider_id: int
    brand_id: int
    channel: Channel
    recipient_type: RecipientType


class Judged(NamedTuple):
    """Who may be written to, by place, and the places of those where nobody is: the others that
    the law let through were a plug-in's."""

    yes: list[bool]
    dead: frozenset[int]


def judged(asked: Asked, addresses: Sequence[str], answers: Sequence[bool]) -> Judged:
    """The law's answers, less the addresses where nobody is (:mod:`ileti.consents.trouble`) and
    those a plug-in refuses; each asked once, about whom it still hangs on. Raises StorageAway when
    either cannot be known."""
    yes = list(answers)
    open_ = [place for place, lawful in enumerate(yes) if lawful]
    dead = frozenset(open_[place] for place in trouble.dead(
        asked.provider_id, [addresses[n] for n in open_], asked.channel))
    for place in dead:
        yes[place] = False
    try:
        if not plugins.on_at(asked.provider_id):
            return Judged(yes, dead)
    except psycopg.Error as error:
        raise StorageAway() from error
    places = [place for place in open_ if place not in dead]
    for place in refused(asked, [addresses[place] for place in places]):
        yes[places[place]] = False
    return Judged(yes, dead)


def stricter(asked: Asked, addresses: Sequence[str], answers: Sequence[bool]) -> list[bool]:
    """Who may be written to, for who asks no further; as :func:`judged`."""
    return judged(asked, addresses, answers).yes


def refused(asked: Asked, addresses: Sequence[str]) -> Mapping[int, Said]:
    """Who of these is refused, by place, with the words of the first that does."""
    try:
        if not plugins.on_at(asked.provider_id) or not addresses:
            return {}
        gone = plugins.broken(asked.provider_id, HOOK)
        names = plugins.doing(asked.provider_id, HOOK)
    except (psycopg.Error, StorageAway):
        return dict.fromkeys(range(len(addresses)), _UNSURE)
    if gone:
        log.error("gate_check_gone", plugin=gone[0], provider=asked.provider_id)
        return dict.fromkeys(range(len(addresses)), failed(gone[0]))
    found: dict[int, Said] = {}
    for name in names:
        for first in range(0, len(addresses), AT_ONCE):
            some = tuple(addresses[first:first + AT_ONCE])
            found = {first + place: why for place, why in _answer(name, asked, some).items()
                     } | found
    return found


def _answer(name: str, asked: Asked, addresses: tuple[str, ...]) -> Mapping[int, Said]:
    try:
        return _checked(name, GateQuestion(
            asked.provider_id, asked.brand_id, asked.channel.name, asked.recipient_type.name,
            addresses))
    except PluginFailed as error:
        log.error("gate_check_failed", plugin=name, provider=asked.provider_id,
                  reason=error.reason)
        return dict.fromkeys(range(len(addresses)), failed(name))


def _checked(name: str, question: GateQuestion) -> Mapping[int, Said]:
    """What a check answers, when it is an answer. Raises PluginFailed."""
    said: Any = loaded().call(name, HOOK, asked=question)
    good = isinstance(said, Mapping) and all(
        type(place) is int and 0 <= place < len(question.addresses) and isinstance(why, Said)
        for place, why in said.items())
    if not good:
        raise PluginFailed(name, "it answered no places with words")
    return said  # type: ignore[no-any-return]


def failed(name: str) -> Said:
    """What people read when a plug-in could not say."""
    return Said(f"“{name}” eklentisinin denetimi çalışmadı; denetlenemeyen alıcıya gönderilmez.",
                f"The check of the plug-in “{name}” failed; nobody is written to unchecked.")


_UNSURE: Final = Said("Şu anda denetlenemiyor; denetlenemeyen alıcıya gönderilmez.",
                      "It cannot be checked right now; nobody is written to unchecked.")
