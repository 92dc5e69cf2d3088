"""From an accepted submission to a receipt: the one road of the widget, the plain form and servers.

The ledger call is the commit that counts. Codes and confirmations follow it; what a crash leaves
out in between, the same post (codes) or the sweeper (confirmations) brings back.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ileti.capture import verify, vouch
from ileti.capture.forms import Accepted, SubmissionIn, Visitor, read
from ileti.capture.limits import FORWARD, MESSAGES, counters
from ileti.capture.receipts import act_line, item, signed_receipt
from ileti.capture.sites import Site
from ileti.channels.confirm import write_soon
from ileti.channels.messages import Due
from ileti.consents.ledger import ActorKind, NewSubmission, Recorded
from ileti.consents.together import record
from ileti.consents.vocabulary import Channel, Outcome, Standing, Status
from ileti.core import clock
from ileti.core.errors import NotAllowed
from ileti.core.failpoints import reach
from ileti.kvkk import ledger as acts_ledger
from ileti.kvkk.ledger import RecordedAct
from ileti.recipients.address import AddressError, parse_email, parse_phone

STATES = {"code": "code_sent", "signed": "recorded", "later": "unverified"}


def submit(site: Site, body: SubmissionIn, visitor: Visitor, *, own_page: bool) -> dict[str, Any]:
    """Record a submission; answers the receipt, the same for every replay of the same key.

    Raises what :func:`forms.read` and :func:`ledger.record` raise, and TooMany when an address has
    had its codes of this hour.
    """
    good = site.policy == "signed" and _vouched(site, body, own_page)
    chosen = bool(body.choices or body.privacy)
    if site.policy == "signed" and not good and (chosen or not own_page):
        read(site, body, visitor, verified=False)  # a wrong field is told of first
        raise NotAllowed("Adres için site sunucusunun imzası yok ya da süresi doldu.",
                         "The site’s server did not vouch for this address, or too long ago.",
                         code="vouch_refused")
    accepted = read(site, body, visitor, verified=good, vouch=body.vouch if good else None)
    if accepted.trapped:
        counters.note("trapped")
        return _pretended(site, accepted)
    if site.policy == "code" and accepted.addresses:
        verify.refuse_too_many_codes(site, accepted)
    reach("capture.accepted")
    recorded, acts = record_accepted(site, accepted, verified=good)
    reach("capture.recorded")
    if not accepted.addresses:
        return _receipt(site, accepted, recorded, acts)
    if site.policy == "code":
        verify.ensure_codes(site, accepted, recorded, acts)
    elif good and not recorded.replay:
        _confirm(site, accepted, recorded)
    counters.bell(*([FORWARD] if good else []), MESSAGES)
    return _receipt(site, accepted, recorded, acts)


def record_accepted(site: Site, accepted: Accepted, *, verified: bool
                    ) -> tuple[Recorded, list[RecordedAct]]:
    """One call for the consents and the acts of the click. Clicks with consents go together with
    their neighbours, with acts of known owners or without; those with acts alone (a notice, an
    explicit consent and no channel) go alone (docs/adr/0017, 0027)."""
    new = NewSubmission(
        place=site.place, idem=accepted.idem, body_hash=accepted.body_hash, source=site.source,
        standing=Standing.VERIFIED if verified else Standing.UNVERIFIED, items=accepted.items,
        actor=ActorKind.VISITOR, dealer_id=site.dealer_id, site_id=site.id,
        evidence=accepted.evidence, person=accepted.person,
    )
    if accepted.acts or not accepted.items:
        return acts_ledger.record(new, accepted.acts, company=True)
    return record(new), []


def _vouched(site: Site, body: SubmissionIn, own_page: bool) -> bool:
    if not site.secrets or not body.vouch or len(body.vouch) > 400:
        return False
    spellings = {
        name: (text.strip(), _canonical(name, text))
        for name, text in (("phone", body.phone), ("email", body.email)) if text and text.strip()
    }
    if not all(canonical for _, canonical in spellings.values()):
        return False  # nobody vouches for what is no address; the fields are told of below
    given = body.vouch
    return any(
        vouch.vouched(given, secret=secret, site_key=site.key, key=body.key, spellings=spellings,
                      own_page=own_page)
        for secret in site.secrets
    )


def _canonical(name: str, text: str) -> str:
    try:
        return parse_email(text) if name == "email" else parse_phone(text)
    except AddressError:
        return ""


def _confirm(site: Site, accepted: Accepted, recorded: Recorded) -> None:
    """R-10: written together with its neighbours of the next moment; the sweeper knows it too."""
    by_mail = {done.recipient_id: new.channel is Channel.EPOSTA
               for new, done in zip(accepted.items, recorded.items, strict=True)
               if done.outcome is Outcome.RECORDED}
    write_soon([
        Due(site.place.provider_id, site.place.brand_id, recipient, recorded.submission_id,
            Channel.EPOSTA if mail else Channel.MESAJ, recorded.captured_at)
        for recipient, mail in by_mail.items()
    ])


def _receipt(site: Site, accepted: Accepted, recorded: Recorded,
             acts: list[RecordedAct]) -> dict[str, Any]:
    items = [item(new.channel, new.status, done.outcome, done.leaf)
             for new, done in zip(accepted.items, recorded.items, strict=True)]
    named = {address: to for to, address in accepted.addresses.items()}
    lines = [act_line(new.act, new.text_id, done.leaf, named.get(new.address or ""))
             for new, done in zip(accepted.acts, acts, strict=True)]
    return answer(
        site, recorded.submission_id, recorded.captured_at, _state(site, accepted), items, lines,
        language=accepted.language,
        codes=verify.described(accepted.addresses) if site.policy == "code" else [],
    )


def _state(site: Site, accepted: Accepted) -> str:
    return STATES[site.policy] if accepted.addresses else "recorded"


def answer(
    site: Site, submission_id: int, at: datetime, state: str, items: list[dict[str, str]],
    acts: Sequence[dict[str, Any]], *, language: str, codes: list[dict[str, Any]],
) -> dict[str, Any]:
    """A signed receipt with what the widget needs beside it."""
    body = signed_receipt(submission_id, at, state=state, provider=site.place.iys_code,
                          brand=site.place.brand_code, items=items, acts=acts)
    body["handle"] = verify.handle(site, submission_id, at, language)
    body["codes"] = codes
    return body


def _pretended(site: Site, accepted: Accepted) -> dict[str, Any]:
    """What a bot sees that filled the hidden field: the same answer, and nothing was recorded."""
    outcome = Outcome.RECORDED if site.policy == "signed" else Outcome.UNVERIFIED
    named = {address: to for to, address in accepted.addresses.items()}
    items = [item(new.channel, Status.ONAY, outcome, random.token_bytes(32))
             for new in accepted.items]
    lines = [act_line(new.act, new.text_id, random.token_bytes(32), named.get(new.address or ""))
             for new in accepted.acts]
    number = random.randbits(59) | 1 << 59
    codes = verify.described(accepted.addresses) if site.policy == "code" else []
    return answer(site, number, clock.now(), _state(site, accepted), items, lines,
                  language=accepted.language, codes=codes)
