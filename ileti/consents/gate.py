"""May this brand send on this channel to this recipient now? (R-08, R-32, R-36)

The only room that answers, and the only one that makes a :class:`Permit`; sending a commercial
message takes nothing else. It fails closed: no state, an unverified address, a consent İYS has not
accepted, a refusal anywhere, İYS's changes unheard for five days (R-44), or an error while asking
all mean *no*, and so does any check that a plug-in adds (:mod:`ileti.consents.checks`): it is asked
last, about those only who would get a yes. It reads the primary database and keeps no cache, since
a refusal works at once (fault rows 57, 58).
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import psycopg

from ileti.consents import checks, trouble
from ileti.consents.vocabulary import Channel, IysStatus, RecipientType, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import IletiError, StorageAway
from ileti.core.secrets import secrets
from ileti.core.statement import Statement, pack_array, pack_int2, pack_int4, pack_time
from ileti.hooks.kinds import Said

# a longer silence of the pull may hide a refusal given at İYS.
SILENT_AFTER = timedelta(days=5)
CHUNK = 2_500
SPLIT_FROM = 2_000


class Denial(StrEnum):
    """Why not."""

    NO_RECORD = "no_record"
    REFUSED = "refused"
    UNVERIFIED = "unverified"
    NOT_AT_IYS = "not_at_iys"
    NOT_IN_FORCE = "not_in_force"
    STALE = "stale"
    UNSURE = "unsure"
    PLUGIN = "plugin"
    UNDELIVERABLE = "undeliverable"


_SENTENCES = {
    Denial.NO_RECORD: ("Bu alıcıdan izin alınmamış.", "There is no consent from this recipient."),
    Denial.REFUSED: ("Alıcı ret verdi.", "The recipient refused."),
    Denial.UNVERIFIED: (
        "Adres doğrulanmadığı için izin sayılmaz.",
        "The address was not verified, so this is no consent.",
    ),
    Denial.NOT_AT_IYS: (
        "İYS bu izni henüz onaylamadı; onaylayınca gönderilebilir.",
        "İYS has not accepted this consent yet; sending is possible once it has.",
    ),
    Denial.NOT_IN_FORCE: (
        "İYS bu izni almadığı için kullanılamaz.",
        "İYS did not take this consent, so it cannot be used.",
    ),
    Denial.STALE: (
        "İYS’deki değişiklikler günlerdir alınamadı; izinler karşılaştırılana dek gönderilmez.",
        "Changes at İYS have not been fetched for days; nothing is sent until all is compared.",
    ),
    Denial.UNSURE: (
        "Şu anda denetlenemiyor; denetlenemeyen alıcıya gönderilmez.",
        "It cannot be checked right now; nobody is written to unchecked.",
    ),
    Denial.PLUGIN: (
        "Şirketinizin eklediği bir denetim gönderime izin vermiyor.",
        "A check your company has added does not let this go.",
    ),
    Denial.UNDELIVERABLE: (trouble.DEAD.tr, trouble.DEAD.en),
}


@dataclass(frozen=True)
class Permit:
    """The answer for one recipient; true only when a message may go now. ``said``: a plug-in's
    own words for its no."""

    allowed: bool
    denial: Denial | None
    since: datetime | None
    checked_at: datetime
    said: Said | None = None

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def tr(self) -> str:
        """The answer in Turkish."""
        if self.said is not None:
            return self.said.tr
        return "Şu anda gönderilebilir." if self.denial is None else _SENTENCES[self.denial][0]

    @property
    def en(self) -> str:
        """The answer in English."""
        if self.said is not None:
            return self.said.en
        return "A message may be sent now." if self.denial is None else _SENTENCES[self.denial][1]


def may_send_now(provider_id: int, brand_id: int, address: str, channel: Channel,
                 recipient_type: RecipientType = RecipientType.BIREYSEL) -> Permit:
    """The gate's answer for one canonical address; never raises, fails closed."""
    moment = clock.now()
    try:
        row = db.system_connection().execute(_ONE, {
            "provider": provider_id, "hash": secrets().addresses.of(provider_id, address),
            "brand": brand_id, "type": int(recipient_type), "channel": int(channel),
            "heard_since": moment - SILENT_AFTER,
        }).fetchone()
    except (psycopg.Error, IletiError):
        return Permit(False, Denial.UNSURE, None, moment)
    if row is None:
        return Permit(False, Denial.NO_RECORD, None, moment)
    status, standing, iys_status, since, heard = row
    denial = why_not(status, standing, iys_status) or (None if heard else Denial.STALE)
    if denial is None and _dead(provider_id, address, channel):
        denial = Denial.UNDELIVERABLE
    if denial is None:
        no = checks.refused(checks.Asked(provider_id, brand_id, channel, recipient_type),
                            [address]).get(0)
        if no is not None:
            return Permit(False, Denial.PLUGIN, since, moment, no)
    return Permit(denial is None, denial, since, moment)


def _dead(provider_id: int, address: str, channel: Channel) -> bool:
    """Whether a mail server said that nobody is there; what cannot be known counts as yes."""
    try:
        return bool(trouble.dead(provider_id, [address], channel))
    except IletiError:
        return True


def why_not(status: int, standing: int, iys_status: int) -> Denial | None:
    """The rule itself, for a state as it is or was; None when a message may go (R-08, R-32)."""
    if status == Status.RET:
        return Denial.REFUSED
    if standing != Standing.VERIFIED:
        return Denial.UNVERIFIED
    if iys_status in (IysStatus.REGISTERED, IysStatus.CHANGED_THERE):
        return None
    if iys_status in (IysStatus.QUEUED, IysStatus.WAITING):
        return Denial.NOT_AT_IYS
    return Denial.NOT_IN_FORCE


_ONE = """
select s.status, s.standing, s.iys_status, s.consent_date,
       iys_heard(s.provider_id, s.brand_id, %(heard_since)s)
  from recipient r
  join consent_state s on s.provider_id = r.provider_id and s.recipient_id = r.id
 where r.provider_id = %(provider)s and r.addr_hash = %(hash)s and s.brand_id = %(brand)s
   and s.recipient_type = %(type)s and s.channel = %(channel)s"""

_YES = Statement("gate_yes", "select gate_yes($1, $2, $3, $4, $5, $6)",
                 ("int4", "int4", "int2", "int2", "bytea[]", "timestamptz"))


def may_send(provider_id: int, brand_id: int, addresses: Sequence[str], channel: Channel,
             recipient_type: RecipientType = RecipientType.BIREYSEL) -> list[bool]:
    """For each canonical address, in order, whether a message may go now.

    Any number of addresses; lists from 2 000 on are split over two connections. Raises StorageAway
    when it cannot be known: the caller then sends to nobody.
    """
    return checks.stricter(
        checks.Asked(provider_id, brand_id, channel, recipient_type), addresses,
        by_law(provider_id, brand_id, addresses, channel, recipient_type))


def by_law(provider_id: int, brand_id: int, addresses: Sequence[str], channel: Channel,
           recipient_type: RecipientType) -> list[bool]:
    """The same by the law alone, before plug-ins are asked; for who tells why not."""
    if len(addresses) < SPLIT_FROM:
        return _ask(provider_id, brand_id, addresses, channel, recipient_type)
    size = min(CHUNK, -(-len(addresses) // 2))
    parts = [addresses[i:i + size] for i in range(0, len(addresses), size)]
    answers = _pool().map(
        lambda part: _ask(provider_id, brand_id, part, channel, recipient_type), parts
    )
    return [answer for part in answers for answer in part]


_workers: ThreadPoolExecutor | None = None


def _pool() -> ThreadPoolExecutor:
    global _workers
    if _workers is None:
        _workers = ThreadPoolExecutor(2, thread_name_prefix="gate")
    return _workers


def _ask(provider_id: int, brand_id: int, addresses: Sequence[str], channel: Channel,
         recipient_type: RecipientType) -> list[bool]:
    hashes = secrets().addresses.of_many(provider_id, addresses)
    answers = [False] * len(addresses)
    for ordinal in yes(provider_id, brand_id, hashes, channel, recipient_type):
        answers[ordinal - 1] = True
    return answers


def yes(provider_id: int, brand_id: int, hashes: Sequence[bytes], channel: Channel,
        recipient_type: RecipientType) -> Iterable[int]:
    """Which of these address hashes may be written to, as places counted from 1; StorageAway."""
    try:
        packed = _YES.value(db.system_connection(), (
            pack_int4(provider_id), pack_int4(brand_id), pack_int2(recipient_type),
            pack_int2(channel), pack_array("bytea[]", hashes),
            pack_time(clock.now() - SILENT_AFTER)))
    except psycopg.Error as error:
        raise StorageAway() from error
    ordinals = array("I", packed)
    if sys.byteorder == "little":
        ordinals.byteswap()
    return ordinals
