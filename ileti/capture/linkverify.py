"""A link that proves an address when the person has left the screen the code would be typed on.

Why this module exists: what was taken without network comes in hours later, and a six-digit code of
five minutes has no page left to go to. So the address gets one link, within the session the person
started at the kiosk (R-11), that says what was chosen, where and when, what the press does and what
not (R-22). Opening changes nothing, since mail scanners open links; the press of the person who has
the address records the boxes as verified (R-21), dated with the tick. One link per address of a
submission, valid a day or until the first of its consents
may no longer be reported (R-33), its secret kept as a keyed hash in the row a code would have.
"""

from __future__ import annotations

import hmac
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from config import settings
from ileti.capture import code_limits, verify
from ileti.capture.code_budget import budget
from ileti.capture.forms import Accepted
from ileti.capture.opened import First, Opened, first_said
from ileti.capture.sites import Site, site_even_closed
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.render import istanbul_text
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import Recorded
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import RecordedAct

LINK_HOURS: Final = 24
PATH: Final = "/v/"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Link:
    """What a link leads to: one address of one submission; ``done`` when it was pressed."""

    verification_id: int
    recipient_id: int
    site: Site
    opened: Opened
    done: bool

    @property
    def language(self) -> str:
        """The language of the form."""
        return self.opened.language

    def said(self) -> First | None:
        """What was chosen for this address; None when the person is gone."""
        return first_said(self.site, self.opened, self.recipient_id)


def refuse_too_many(site: Site, accepted: Accepted) -> None:
    """As for codes, which a link is one of (:func:`code_limits.refuse_too_many`)."""
    code_limits.refuse_too_many(site, accepted.addresses, accepted.idem)


def ensure_links(site: Site, accepted: Accepted, recorded: Recorded,
                 acts: Sequence[RecordedAct]) -> None:
    """Send each address of the submission its link, once; also after a crash in between."""
    to, moment = verify.owners(accepted, recorded, acts), clock.now()
    notice = site.notices.get(accepted.language)
    at = min((one.consent_date for one in accepted.items), default=moment)
    provider, submission = site.place.provider_id, recorded.submission_id
    with db.transaction(system=True) as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (submission,))
        if conn.execute("select 1 from verification where provider_id = %s and submission_id = %s "
                        "limit 1", (provider, submission)).fetchone():
            return
        messages = []
        for recipient, address in sorted(to.items()):
            until = _until(accepted, address, moment)
            row = conn.execute(
                "insert into verification (provider_id, site_id, submission_id, recipient_id, "
                "code_hash, address_mark, block_mark, created_at, expires_at) "
                "values (%s, %s, %s, %s, '', %s, %s, %s, %s) returning id",
                (provider, site.id, submission, recipient, code_limits.address_mark(address),
                 code_limits.block_mark(address), moment, until)).fetchone()
            assert row is not None
            secret = random.token_urlsafe(12)
            conn.execute("update verification set code_hash = %s where id = %s",
                         (_hash(row[0], secret), row[0]))
            messages.append(NewMessage(
                provider_id=provider, brand_id=site.place.brand_id, recipient_id=recipient,
                submission_id=submission, kind=MessageKind.CODE, due_at=until,
                channel=Channel.EPOSTA if "@" in address else Channel.MESAJ,
                content={"lang": accepted.language, "at": istanbul_text(at),
                         "hours": (until - moment) // timedelta(hours=1),
                         "link": f"{settings().base_url}{PATH}{row[0]:x}.{secret}",
                         "place": site.dealer_name or site.name,
                         "notice": notice.id if notice else None}))
        enqueue(conn, messages)
        budget.add(site, len(messages))


def _until(accepted: Accepted, address: str, moment: datetime) -> datetime:
    """A day, but no longer than the first of its consents may still be reported (R-33, R-40);
    explicit consents alone have no such deadline."""
    due = [due_at(one.consent_date) for one in accepted.items if one.address == address]
    return min([moment + timedelta(hours=LINK_HOURS), *due])


def _hash(verification_id: int, secret: str) -> bytes:
    return hmac.new(secrets().key_for("verify-link"), f"{verification_id}:{secret}".encode(),
                    sha256).digest()


_ROW: Final = """
select v.code_hash, v.expires_at, v.verified_at, v.site_id, v.submission_id, v.recipient_id,
       s.captured_at, s.evidence ->> 'language'
  from verification v join submission s on s.provider_id = v.provider_id and s.id = v.submission_id
 where v.id = %s and v.replaced_at is null"""


def open_link(token: str) -> Link:
    """What a link leads to. Raises NotFound for none of ours and Gone for one whose day is over."""
    number, _, secret = token[:_LONGEST].partition(".")
    try:
        wanted = int(number, 16) if number.isascii() and len(number) <= 15 else 0
    except ValueError:
        wanted = 0
    row = db.connection().execute(_ROW, (wanted,)).fetchone() if wanted > 0 else None
    if row is None or not hmac.compare_digest(bytes(row[0]), _hash(wanted, secret)):
        raise NotFound("Böyle bir bağlantı yok.", "There is no such link.", code="no_such_link")
    _, until, verified_at, site_id, submission, recipient, at, language = row
    if verified_at is None and until < clock.now():
        raise verify.over()
    return Link(wanted, recipient, site_even_closed(site_id)[0],
                Opened(submission, clock.to_istanbul(at), "en" if language == "en" else "tr"),
                verified_at is not None)


def press(link: Link) -> None:
    """The person says that the address is theirs: what was ticked is recorded as verified. Again
    changes nothing."""
    verify.prove(link.site, link.opened, link.recipient_id, link.verification_id)
