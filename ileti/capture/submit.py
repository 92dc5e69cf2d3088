"""From an accepted submission to a receipt: the one road of the widget, the plain form and servers.

The ledger call is the commit that counts. Codes and confirmations follow it; what a crash leaves
out in between, the same post (codes) or the sweeper (confirmations) brings back.
"""

from __future__ import annotations

import json
import secrets as random
from datetime import datetime
from typing import Any

from ileti.capture import verify, vouch
from ileti.capture.forms import Accepted, SubmissionIn, Visitor, read
from ileti.capture.limits import FORWARD, MESSAGES, counters
from ileti.capture.receipts import item, signed_receipt
from ileti.capture.sites import Site
from ileti.channels.confirm import write_soon
from ileti.channels.messages import Due
from ileti.consents.ledger import ActorKind, NewSubmission, Recorded
from ileti.consents.together import record
from ileti.consents.vocabulary import Channel, Outcome, Source, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import Conflict, NotAllowed
from ileti.core.failpoints import reach
from ileti.core.secrets import secrets
from ileti.recipients.address import AddressError, parse_email, parse_phone

STATES = {"code": "code_sent", "signed": "recorded", "later": "unverified"}


def submit(site: Site, body: SubmissionIn, visitor: Visitor, *, own_page: bool) -> dict[str, Any]:
    """Record a submission; answers the receipt, the same for every replay of the same key.

    Raises what :func:`forms.read` and :func:`ledger.record` raise, and TooMany when an address has
    had its codes of this hour.
    """
    good = site.policy == "signed" and _vouched(site, body, own_page)
    if site.policy == "signed" and not good and (body.choices or not own_page):
        read(site, body, visitor, verified=False)  # a wrong field is told of first
        raise NotAllowed("Adres için site sunucusunun imzası yok ya da süresi doldu.",
                         "The site’s server did not vouch for this address, or too long ago.",
                         code="vouch_refused")
    accepted = read(site, body, visitor, verified=good, vouch=body.vouch if good else None)
    if accepted.trapped:
        counters.note("trapped")
        return _pretended(site, accepted)
    if not accepted.items:
        return _acknowledge(site, accepted)
    if site.policy == "code":
        verify.refuse_too_many_codes(site, accepted)
    reach("capture.accepted")
    recorded = record(NewSubmission(
        place=site.place, idem=accepted.idem, body_hash=accepted.body_hash, source=Source.HS_WEB,
        standing=Standing.VERIFIED if good else Standing.UNVERIFIED, items=accepted.items,
        actor=ActorKind.VISITOR, dealer_id=site.dealer_id, site_id=site.id,
        evidence=accepted.evidence, person=accepted.person,
    ))
    reach("capture.recorded")
    if site.policy == "code":
        verify.ensure_codes(site, accepted, recorded)
    elif good and not recorded.replay:
        _confirm(site, accepted, recorded)
    counters.bell(*([FORWARD] if good else []), MESSAGES)
    return _receipt(site, accepted, recorded)


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


def _receipt(site: Site, accepted: Accepted, recorded: Recorded) -> dict[str, Any]:
    items = [item(new.channel, new.status, done.outcome, done.leaf)
             for new, done in zip(accepted.items, recorded.items, strict=True)]
    return answer(
        site, recorded.submission_id, recorded.captured_at, STATES[site.policy], items,
        language=accepted.language,
        codes=verify.described(accepted.addresses) if site.policy == "code" else [],
    )


def answer(
    site: Site, submission_id: int, at: datetime, state: str, items: list[dict[str, str]], *,
    language: str, codes: list[dict[str, Any]],
) -> dict[str, Any]:
    """A signed receipt with what the widget needs beside it."""
    body = signed_receipt(submission_id, at, state=state, provider=site.place.iys_code,
                          brand=site.place.brand_code, items=items)
    body["handle"] = verify.handle(site, submission_id, at, language)
    body["codes"] = codes
    return body


def _acknowledge(site: Site, accepted: Accepted) -> dict[str, Any]:
    """Nothing was ticked: keep that the notice was read (R-60), as a submission without entries."""
    clear = json.dumps(accepted.person, ensure_ascii=False, sort_keys=True).encode()
    key, cipher = secrets().keyring.encrypt(clear, accepted.idem.encode())
    conn, provider = db.connection(), site.place.provider_id
    row = conn.execute(
        "insert into submission (provider_id, brand_id, idem, body_hash, source, dealer_id, "
        "site_id, actor_kind, evidence, person_key, person_ct, entry_ids) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '{}') "
        "on conflict (provider_id, idem) do nothing returning id, captured_at",
        (provider, site.place.brand_id, accepted.idem, accepted.body_hash, int(Source.HS_WEB),
         site.dealer_id, site.id, int(ActorKind.VISITOR), json.dumps(accepted.evidence), key,
         cipher),
    ).fetchone()
    if row is None:
        row = conn.execute(
            "select id, captured_at, body_hash from submission where provider_id = %s "
            "and idem = %s", (provider, accepted.idem),
        ).fetchone()
        if row is None or bytes(row[2]) != accepted.body_hash:
            raise Conflict()
    return answer(site, row[0], row[1], "recorded", [], language=accepted.language, codes=[])


def _pretended(site: Site, accepted: Accepted) -> dict[str, Any]:
    """What a bot sees that filled the hidden field: the same answer, and nothing was recorded."""
    outcome = Outcome.RECORDED if site.policy == "signed" else Outcome.UNVERIFIED
    items = [item(new.channel, Status.ONAY, outcome, random.token_bytes(32))
             for new in accepted.items]
    number = random.randbits(59) | 1 << 59
    codes = verify.described(accepted.addresses) if site.policy == "code" else []
    state = STATES[site.policy] if items else "recorded"
    return answer(site, number, clock.now(), state, items, language=accepted.language, codes=codes)
