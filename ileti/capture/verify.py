"""Codes that prove an address is the person's own, and nothing else (R-21, R-22).

Six digits, five minutes, five tries, kept as a keyed hash; a new code replaces the old. A right
code records the boxes ticked before once more, and the acts about personal data of that address,
now verified, dated with the time of the tick: with no box ticked it records nothing. Every step can
be repeated after a crash: the ledger's key is ``confirm:<submission>:<recipient>``, and the code is
marked used after the ledger has spoken.
"""

from __future__ import annotations

import hmac
import secrets as random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.capture import code_limits
from ileti.capture.code_budget import budget
from ileti.capture.forms import Accepted
from ileti.capture.opened import TO, First, Opened, Standings, first_said, standings
from ileti.capture.receipts import receipt_number
from ileti.capture.sites import Site
from ileti.channels.base import MessageKind
from ileti.channels.confirm import confirmation, write_once
from ileti.channels.messages import NewMessage, enqueue
from ileti.consents.deadlines import is_overdue
from ileti.consents.ledger import (
    ActorKind,
    NewSubmission,
    Recorded,
    hash_body,
    record,
    submission_of,
)
from ileti.consents.vocabulary import Channel, Outcome, Standing, Status
from ileti.core import clock, db
from ileti.core.errors import FieldError, Gone, InvalidInput, NotAllowed
from ileti.core.secrets import secrets
from ileti.kvkk.ledger import RecordedAct
from ileti.kvkk.ledger import record as record_acts
from ileti.recipients.address import mask

CODE_SECONDS: Final = 300
MOST_TRIES: Final = 5
HANDLE_SECONDS: Final = 86_400
_KINDS: Final = {word: kind for kind, word in TO.items()}


def handle(site: Site, submission_id: int, at: datetime, language: str) -> str:
    """The name of a submission that only the person who sent it has."""
    return secrets().tokens("handle").make(
        {"s": site.id, "u": submission_id, "t": int(at.timestamp() * 1_000_000), "l": language},
        seconds=None,
    )


def open_handle(site: Site, text: str) -> Opened:
    """Inverse of :func:`handle`; raises NotAllowed (forged, another site's), Gone (a day old)."""
    said = secrets().tokens("handle").read(text)
    if said.get("s") != site.id:
        raise NotAllowed(code="foreign_handle")
    at = datetime.fromtimestamp(said["t"] / 1_000_000, clock.ISTANBUL)
    if clock.now() - at > timedelta(seconds=HANDLE_SECONDS):
        raise Gone(code="handle_expired")
    return Opened(said["u"], at, "en" if said.get("l") == "en" else "tr")


def described(addresses: dict[str, str]) -> list[dict[str, Any]]:
    """What the person is told of the codes; the same for known and unknown addresses."""
    return [{"to": to, "masked": mask(address), "expiresIn": CODE_SECONDS}
            for to, address in addresses.items()]


def waiting_codes(now: Standings) -> list[dict[str, Any]]:
    """The addresses that wait for a code that was sent, each with the seconds it still lives."""
    moment = clock.now()
    return [one | {"expiresIn": max(0, int((now.sent[one["to"]] - moment).total_seconds()))}
            for one in described(now.waiting) if one["to"] in now.sent]


# -- sending ---------------------------------------------------------------------------------------


def refuse_too_many_codes(site: Site, accepted: Accepted) -> None:
    """Raises TooMany, TryLater or InvalidInput when an address may get no code now; a replay is
    let through."""
    code_limits.refuse_too_many(site, accepted.addresses, accepted.idem)


def ensure_codes(site: Site, accepted: Accepted, recorded: Recorded,
                 acts: Sequence[RecordedAct]) -> None:
    """Send each address of the submission its code, once; also after a crash in between."""
    to = owners(accepted, recorded, acts)
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (recorded.submission_id,))
        known = conn.execute(
            "select 1 from verification where provider_id = %s and submission_id = %s limit 1",
            (site.place.provider_id, recorded.submission_id),
        ).fetchone()
        if known is None:
            _issue(conn, site, recorded.submission_id, to, accepted.language)


def owners(accepted: Accepted, recorded: Recorded, acts: Sequence[RecordedAct]) -> dict[int, str]:
    """The recipients of a submission with their canonical addresses."""
    to = {done.recipient_id: new.address
          for new, done in zip(accepted.items, recorded.items, strict=True)}
    return to | {done.recipient_id: new.address
                 for new, done in zip(accepted.acts, acts, strict=True)
                 if done.recipient_id is not None and new.address is not None}


def _issue(conn: psycopg.Connection[Any], site: Site, submission_id: int,
           to: dict[int, str], language: str) -> None:
    """One code per recipient of ``to`` (id → address), with the message that carries it."""
    moment = clock.now()
    until = moment + timedelta(seconds=CODE_SECONDS)
    notice = site.notices.get(language)
    messages: list[NewMessage] = []
    for recipient_id, address in sorted(to.items()):
        code = f"{random.randbelow(1_000_000):06d}"
        conn.execute(
            "insert into verification (provider_id, site_id, submission_id, recipient_id, "
            "code_hash, address_mark, block_mark, created_at, expires_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (site.place.provider_id, site.id, submission_id, recipient_id,
             _code_hash(submission_id, recipient_id, code), code_limits.address_mark(address),
             code_limits.block_mark(address), moment, until),
        )
        messages.append(NewMessage(
            provider_id=site.place.provider_id, brand_id=site.place.brand_id,
            recipient_id=recipient_id, submission_id=submission_id, kind=MessageKind.CODE,
            channel=Channel.EPOSTA if "@" in address else Channel.MESAJ, due_at=until,
            content={"lang": language, "code": code, "minutes": CODE_SECONDS // 60,
                     "place": site.name, "notice": notice.id if notice else None},
        ))
    enqueue(conn, messages)
    budget.add(site, len(messages))


def _code_hash(submission_id: int, recipient_id: int, code: str) -> bytes:
    text = f"{submission_id}:{recipient_id}:{code}"
    return hmac.new(secrets().key_for("code"), text.encode(), sha256).digest()


def send_new_code(site: Site, opened: Opened, to: str) -> None:
    """Send an address of the submission a code: a new one for an older, or its first one, when it
    was taken under ``later``.

    Does nothing, and says nothing, when the address is verified already or was never given. Raises
    TooMany when it had its codes of this hour or day or the last one half a minute ago, TryLater
    and InvalidInput as :func:`code_limits.refuse_too_many`.
    """
    provider = site.place.provider_id
    address = standings(site, opened).waiting.get(to)
    if address is None:
        return
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (opened.submission_id,))
        row = conn.execute(_RECIPIENT, (provider, opened.submission_id, int(_KINDS[to]))).fetchone()
        if row is None:
            return
        if row[1] is not None:
            code_limits.refuse_too_soon((clock.now() - row[1]).total_seconds())
        code_limits.refuse_too_many(site, {to: address}, "")
        conn.execute(
            "update verification set replaced_at = now() where provider_id = %s "
            "and submission_id = %s and recipient_id = %s and replaced_at is null",
            (provider, opened.submission_id, row[0]),
        )
        _issue(conn, site, opened.submission_id, {row[0]: address}, opened.language)


_RECIPIENT: Final = """
select r.id, (select max(v.created_at) from verification v where v.provider_id = s.provider_id
               and v.submission_id = s.id and v.recipient_id = r.id)
  from submission s
  cross join lateral (
       select e.recipient_id from consent_entry e where e.provider_id = s.provider_id
          and e.captured_at = s.captured_at and e.id = any(s.entry_ids)
       union select k.recipient_id from kvkk_entry k
        where k.provider_id = s.provider_id and k.submission_id = s.id) of
  join recipient r on r.provider_id = s.provider_id and r.id = of.recipient_id
 where s.provider_id = %s and s.id = %s and r.kind = %s limit 1"""

# -- confirming ------------------------------------------------------------------------------------

_OPEN: Final = """
select v.id, v.recipient_id, v.code_hash, v.expires_at,
       (select sum(w.tries) - count(w.verified_at) from verification w
         where w.address_mark = v.address_mark)
  from verification v join recipient r on r.provider_id = v.provider_id and r.id = v.recipient_id
 where v.provider_id = %s and v.submission_id = %s and r.kind = %s and v.replaced_at is null
 order by v.id desc limit 1"""


def confirm(site: Site, opened: Opened, codes: Sequence[tuple[str, str]]) -> None:
    """Check codes (``to``, ``code``) and record what they verify.

    A right code counts although another is wrong. Raises InvalidInput naming ``code.<to>``.
    """
    faults: list[FieldError] = []
    left: dict[str, int] = {}
    for to, code in codes:
        fault = _confirm_one(site, opened, to, code, left)
        if fault is not None:
            faults.append(fault)
    if faults:
        raise InvalidInput(errors=tuple(faults), detail={"triesLeft": left})


def _confirm_one(
    site: Site, opened: Opened, to: str, code: str, left: dict[str, int]
) -> FieldError | None:
    conn, provider = db.connection(), site.place.provider_id
    kind = _KINDS[to]
    row = conn.execute(_OPEN, (provider, opened.submission_id, int(kind))).fetchone()
    if row is None:
        return _code_fault(to, "code_expired")
    verification_id, recipient_id, digest, expires_at, wrong_today = row
    if wrong_today >= code_limits.MOST_WRONG_A_DAY:
        left[to] = 0
        return _code_fault(to, "no_tries_today")
    counted = conn.execute(
        "update verification set tries = tries + 1 where id = %s and tries < %s "
        "and replaced_at is null returning tries", (verification_id, MOST_TRIES),
    ).fetchone()
    if counted is None:
        left[to] = 0
        return _code_fault(to, "no_tries")
    if expires_at < clock.now():
        return _code_fault(to, "code_expired")
    typed = "".join(c for c in code if c.isdigit()) if len(code) <= 20 else ""
    if not hmac.compare_digest(
        bytes(digest), _code_hash(opened.submission_id, recipient_id, typed)
    ):
        left[to] = MOST_TRIES - counted[0]
        return _code_fault(to, "wrong_code" if left[to] else "no_tries", left[to])
    prove(site, opened, recipient_id, verification_id)
    return None


def prove(site: Site, opened: Opened, recipient_id: int, verification_id: int) -> None:
    """The address is proven, by its code or its link: what was ticked is recorded as verified, and
    only then the verification is marked used, so that a crash in between means once more. Raises
    Gone where all of it comes too late."""
    _record_verified(site, opened, recipient_id, verification_id)
    db.connection().execute(
        "update verification set verified_at = coalesce(verified_at, %s) where id = %s",
        (clock.now(), verification_id))


def _record_verified(
    site: Site, opened: Opened, recipient_id: int, verification_id: int
) -> None:
    """R-21: the boxes ticked before, now for a proven address; R-22: none ticked, none recorded.
    A consent whose three business days are over is none any more (R-33, R-40). Raises Gone when
    nothing else was chosen."""
    first = first_said(site, opened, recipient_id)
    if first is None:
        return
    idem = f"confirm:{opened.submission_id}:{recipient_id}"
    if submission_of(site.place.provider_id, idem) is None:  # else a replay, whatever the hour
        first = _in_time(first)
    new = NewSubmission(
        place=site.place, idem=idem,
        body_hash=hash_body("confirm", opened.submission_id, recipient_id),
        source=site.source, standing=Standing.VERIFIED, actor=ActorKind.VISITOR,
        dealer_id=site.dealer_id, site_id=site.id, person=first.person, items=first.items,
        evidence=first.evidence | {
            "receipt": receipt_number(opened.submission_id),
            "submission": opened.submission_id, "verification": verification_id,
        },
    )
    recorded = record_acts(new, first.acts)[0] if first.acts else record(new)
    channels = [new.channel for new, done in zip(first.items, recorded.items, strict=True)
                if done.outcome is Outcome.RECORDED]
    if channels:
        write_once(confirmation(
            provider_id=site.place.provider_id, brand_id=site.place.brand_id,
            recipient_id=recipient_id, submission_id=recorded.submission_id,
            at=recorded.captured_at, channels=channels, language=opened.language,
            person=first.person.get("name", ""), place=site.name,
            receipt=receipt_number(opened.submission_id),
        ))


def _in_time(first: First) -> First:
    """What of it may still be recorded: refusals always, consents within their deadline, explicit
    consents, which have none."""
    now = clock.now()
    items = [one for one in first.items
             if one.status is Status.RET or not is_overdue(one.consent_date, now)]
    if not items and all(act.act.of_notice for act in first.acts):
        raise over()
    return replace(first, items=items)


def over() -> Gone:
    """The refusal of a proof that comes too late."""
    return Gone("Doğrulamanın süresi doldu. Adresiniz doğrulanmadı; size ileti gönderilmez.",
                "The time to verify is over. Your address was not verified; nothing is sent to "
                "you.", code="link_expired")


_SENTENCES: Final = {
    "wrong_code": ("Kod uymadı. {left} deneme hakkınız kaldı.",
                   "The code does not match. {left} tries left."),
    "no_tries": ("Deneme hakkınız bitti. Yeni kod isteyin.", "No tries left. Ask for a new code."),
    "no_tries_today": ("Bu adres için bugünkü deneme hakkı bitti. Yarın yeniden deneyin.",
                       "No tries are left for this address today. Try again tomorrow."),
    "code_expired": ("Kodun süresi doldu. Yeni kod isteyin.",
                     "The code has expired. Ask for a new one."),
}


def _code_fault(to: str, code: str, left: int = 0) -> FieldError:
    tr, en = _SENTENCES[code]
    return FieldError(f"code.{to}", code, tr.format(left=left), en.format(left=left))
