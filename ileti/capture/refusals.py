"""Refusing by the link in a message: one button, no login, no reason, at once (R-28 to R-32).

The link's token names recipient, brand and channels, never the address. Opening it changes nothing,
because mail scanners follow links; the button's POST records a refusal with source HS_WEB, which is
where it was really made (R-43). The state is the brand's, so that the refusal holds for all dealers
(R-31) from the same transaction on. A double click is one refusal; pressing again later is recorded
again, because the person may have consented at İYS in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ileti.capture.forms import Visitor
from ileti.capture.limits import FORWARD, counters
from ileti.consents.ledger import ActorKind, Place, Recorded
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.vocabulary import Channel, Source
from ileti.core import db
from ileti.core.errors import Gone, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressKind

# What stands after a link in a sentence and comes along when it is copied or made clickable.
_AFTER_A_LINK: Final = ".,;:!?)]}>'\"…”’ "


@dataclass(frozen=True)
class Refusal:
    """What a refusal link is for; ``address`` must not be shown."""

    place: Place
    brand_name: str
    recipient_id: int
    address: str
    kind: AddressKind
    channels: tuple[Channel, ...]
    language: str


def open_refusal(token: str, *, all_channels: bool = False) -> Refusal:
    """Read a link; raises NotAllowed for a forged one, Gone when the person was erased.

    ``all_channels``: every channel of the address instead of the message's own (R-30).
    """
    try:
        said = secrets().tokens("refuse").read(token.rstrip(_AFTER_A_LINK))
    except NotAllowed as error:
        raise NotAllowed(
            "Bu bağlantı eksik ya da değişmiş. İletideki bağlantıyı bütünüyle açın. Ret hakkınızı "
            "İYS’de, 3338’e yazarak ya da e-Devlet’ten de kullanabilirsiniz.",
            "This link is incomplete or was changed. Open the whole link of the message. You can "
            "also refuse at İYS, by writing to 3338 or in e-Devlet.", code=error.code,
        ) from None
    row = db.connection().execute(
        "select p.iys_code, b.brand_code, b.name, r.kind, r.key_no, r.addr_hash, r.addr_ct "
        "from recipient r join provider p on p.id = r.provider_id "
        "join brand b on b.provider_id = p.id and b.id = %s where r.provider_id = %s and r.id = %s",
        (said["b"], said["p"], said["r"]),
    ).fetchone()
    if row is None:
        raise NotFound()
    iys_code, brand_code, brand, kind, key_no, digest, cipher = row
    if cipher is None or digest is None:
        raise Gone("Bu adres kayıtlarımızdan silinmiş; size ileti gönderilmiyor.",
                   "This address was erased from our records; nothing is sent to it.",
                   code="erased")
    named = tuple(Channel(number) for number in said["c"])
    own = tuple(c for c in (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA)
                if c.address_kind == kind)
    return Refusal(
        place=Place(said["p"], iys_code, said["b"], brand_code), brand_name=brand,
        recipient_id=said["r"], kind=AddressKind(kind),
        address=secrets().keyring.decrypt(key_no, bytes(cipher), bytes(digest)).decode(),
        channels=own if all_channels else named, language="en" if said.get("l") == "en" else "tr",
    )


def refuse(refusal: Refusal, visitor: Visitor) -> Recorded:
    """Record the refusal; raises StorageAway when it does not stand."""
    recorded = refuse_now(Refuser(
        place=refusal.place, recipient_id=refusal.recipient_id, address=refusal.address,
        channels=refusal.channels, source=Source.HS_WEB, actor=ActorKind.VISITOR, key="link",
        evidence={"flow": "refusal-link", "channels": [c.name for c in refusal.channels],
                  "language": refusal.language},
        person={"ip": visitor.address, "agent": visitor.agent},
    ))
    counters.bell(FORWARD)
    return recorded
