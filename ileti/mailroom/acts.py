"""Refusals that came by mail, recorded with the mail itself as their proof.

Why this module exists: a refusal by mail is one of the channel it was made in (R-30), taken by the
provider by mail (HS_EPOSTA, R-43), whoever wrote it; a complaint that a mail provider passes on is
the same wish, made by the button beside our mail. Whoever wants nothing any more refuses every
brand of the company, by every channel and address they gave (R-30). The mail is kept in the vault,
sealed, and hangs on its record; of one without a mark, which may be anybody's, only an extract
(:mod:`ileti.mailroom.extract`), and of a crowd of those the digest alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from ileti.channels.mail import Mark
from ileti.consents.beside import Wish, wishes
from ileti.consents.ledger import (
    ActorKind,
    NewConsent,
    NewSubmission,
    Place,
    Recorded,
    hash_body,
    record,
)
from ileti.consents.refusal import Refuser, consented_after, refuse_now
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.crypto import CannotDecrypt
from ileti.core.errors import CallerMistake, IletiError, StorageAway, TryLater
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence import links, vault
from ileti.evidence.kinds import Role
from ileti.recipients.address import AddressError, parse_email

log = get_logger("ileti.mailroom")


@dataclass(frozen=True)
class Who:
    """Whose wish it is, at which brands; ``recipient_id`` 0: not known here yet."""

    address: str
    recipient_id: int
    places: Sequence[Place]


_BRANDS: Final = """
select p.iys_code, b.id, b.brand_code,
       exists (select from consent_state s where s.provider_id = b.provider_id
                  and s.brand_id = b.id and s.recipient_id = %(recipient)s and s.channel = 3)
  from brand b join provider p on p.id = b.provider_id
 where b.provider_id = %(provider)s order by b.id"""


def by_mark(mark: Mark, *, everything: bool = False) -> Who | None:
    """Whom a mail of ours went to; None when the person was erased."""
    return by_recipient(mark.provider_id, mark.recipient_id,
                        None if everything else mark.brand_id)


def by_recipient(provider_id: int, recipient_id: int, brand_id: int | None) -> Who | None:
    """Somebody who is known, at a brand or all; None when the person was erased."""
    row = db.system_connection().execute(
        "select key_no, addr_hash, addr_ct from recipient where provider_id = %s and id = %s",
        (provider_id, recipient_id)).fetchone()
    if row is None or row[1] is None or row[2] is None:
        return None
    try:
        address = secrets().keyring.decrypt(row[0], bytes(row[2]), bytes(row[1])).decode()
    except CannotDecrypt:
        return None
    return _at(provider_id, brand_id, address, recipient_id)


def by_sender(provider_id: int, brand_id: int | None, sender: str, *, everything: bool = False
              ) -> Who | None:
    """Whoever wrote, by the address it says; None when that is no address."""
    try:
        address = parse_email(sender)
    except AddressError:
        return None
    return _at(provider_id, None if everything else brand_id, address,
               recipient_of(provider_id, address) or 0)


def recipient_of(provider_id: int, address: str) -> int | None:
    """Who has a canonical address, as far as the provider knows."""
    row = db.system_connection().execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return None if row is None else int(row[0])


def _at(provider_id: int, brand_id: int | None, address: str, recipient_id: int) -> Who:
    """The brand that is named, else those that hold something of the address, else all."""
    rows = db.system_connection().execute(
        _BRANDS, {"provider": provider_id, "recipient": recipient_id}).fetchall()
    named = [row for row in rows if row[1] == brand_id]
    holding = [row for row in rows if row[3]]
    return Who(address, recipient_id, [Place(provider_id, row[0], row[1], row[2])
                                       for row in named or holding or rows])


@dataclass(frozen=True)
class Came:
    """The mail as proof: its number here, its digest, its bytes, and when our mail server took it.
    ``extract``: what is kept instead of all of it; ``crowded``: nothing is. ``again``: whoever
    brought it brings it again when we cannot take it now. ``by``: the user who read it where no
    machine understood it, and ``raw`` is then not here any more."""

    number: int
    digest: bytes
    at: datetime
    raw: bytes = b""
    extract: bytes | None = None
    crowded: bool = False
    again: bool = False
    by: int | None = None

    def evidence(self, flow: str, said: dict[str, Any],
                 channels: Sequence[Channel] = (Channel.EPOSTA,)) -> dict[str, Any]:
        """What stands in the submission; nothing of the mail's words."""
        told = {"flow": flow, "channels": [one.name for one in channels], "mail": self.number,
                "receivedAt": self.at.isoformat(), "language": "tr", "sha256": self.digest.hex()}
        if self.extract is not None and not self.crowded:
            told["extract"] = sha256(self.extract).hexdigest()
        return told | said


def refuse(who: Who, came: Came, *, flow: str, said: dict[str, Any], everything: bool = False,
           channels: Sequence[Channel] = ()) -> list[int]:
    """Record the refusal of mails at every place, of ``channels`` where these are named (R-30),
    with ``everything`` of all channels and addresses of the person, once for the mail, and keep the
    mail as its proof. The numbers of submissions; none where there is no place, or where nobody
    knows an address for the channel that is named. Raises StorageAway.

    A refusal counts from now (R-32), unless the person consented after having written it: a mailbox
    that is read for the first time must not refuse what came since (H178).
    """
    made = []
    for place in who.places:
        found = wishes(db.system_connection(), place, who.recipient_id, who.address,
                       channels or [Channel.EPOSTA], everything=everything)
        for wish in found:
            for recorded in _refused(place, wish, came, flow, said):
                _prove(place.provider_id, recorded, came)
                made.append(recorded.submission_id)
    return made


def nowhere(who: Who, channels: Sequence[Channel]) -> set[Channel]:
    """Of these channels those for which nobody knows an address of the person, at any place."""
    conn = db.system_connection()
    return set(channels) - {channel for place in who.places for one in wishes(
        conn, place, who.recipient_id, who.address, channels, everything=False)
        for channel in one.channels}


def _refused(place: Place, wish: Wish, came: Came, flow: str, said: dict[str, Any]
             ) -> list[Recorded]:
    """One address: what holds, and what a newer consent outweighs and is kept all the same."""
    newer = consented_after(place, wish.recipient_id, came.at)
    fresh = [one for one in wish.channels if one not in newer]
    old = [one for one in wish.channels if one in newer]
    done = []
    if fresh:
        done.append(refuse_now(Refuser(
            place=place, recipient_id=wish.recipient_id, address=wish.address, channels=fresh,
            source=Source.HS_EPOSTA, actor=_actor(came), actor_id=came.by,
            key=f"mail{came.number}{wish.key}", once=True,
            evidence=came.evidence(flow, said, fresh))))
    if old:
        done.append(_older(place, wish, came, old, came.evidence(flow, said, old)))
    return done


def _actor(came: Came) -> ActorKind:
    return ActorKind.VISITOR if came.by is None else ActorKind.USER


def _older(place: Place, wish: Wish, came: Came, channels: Sequence[Channel],
           evidence: dict[str, Any]) -> Recorded:
    """Kept in the ledger with its own moment, where it changes nothing."""
    idem = f"refuse:mail{came.number}{wish.key}:{place.brand_id}:before"
    return record(NewSubmission(
        place=place, idem=idem, body_hash=hash_body(idem), source=Source.HS_EPOSTA,
        standing=Standing.VERIFIED, actor=_actor(came), actor_id=came.by, evidence=evidence,
        items=[NewConsent(address=wish.address, channel=one, status=Status.RET,
                          consent_date=clock.whole_second(came.at)) for one in channels]))


def _prove(provider_id: int, recorded: Recorded, came: Came) -> None:
    """Hang the mail on its record. A refusal stands without it: what the vault does not take is
    told by the digest alone."""
    if came.crowded:
        return
    kept = came.raw if came.extract is None else came.extract
    try:
        hang(recorded, vault.put(provider_id, [kept], "ret.eml"))
    except StorageAway:
        raise
    except IletiError as error:
        log.warning("mail_not_kept", provider=provider_id, reason=error.code)


def keep_all(provider_id: int, came: Came) -> vault.Kept | None:
    """Put the whole mail into the vault before anything is recorded of it; None where the vault
    does not take it. Raises TryLater where it is brought again later; elsewhere what came behind
    it, refusals among them, does not wait for the vault."""
    try:
        return vault.put(provider_id, [came.raw], "onay.eml")
    except TryLater as error:
        if came.again or isinstance(error, StorageAway):
            raise
        reason = error.code
    except IletiError as error:
        reason = error.code
    log.warning("consent_not_kept", provider=provider_id, mail=came.number, reason=reason)
    return None


def hang(recorded: Recorded, kept: vault.Kept) -> None:
    """Link the kept mail to all entries of its record; of a person who was erased meanwhile nothing
    is linked any more. Raises TryLater."""
    try:
        links.link_all([item.entry_id for item in recorded.items], kept, Role.MAIL, kept.name,
                       by=None)
    except CallerMistake as error:
        log.warning("mail_not_linked", provider=kept.provider_id, reason=error.code)
