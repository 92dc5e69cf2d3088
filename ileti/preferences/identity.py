"""Proving an address: by a code that is sent to it, or by a link that was (R-21, R-28).

Nobody learns here whether an address is known (threat "enumeration"). For a known and an unknown
one the same statements run, the same limits count, the same page answers and the same guesses are
wrong; only the message to nobody is taken back before it is committed. An unknown person gets no
message: where nothing is kept nothing is sent either, and no number can be flooded through us.
The code's rules are those of :mod:`ileti.capture.verify`: six digits, five minutes, five tries.
"""

from __future__ import annotations

import hmac
import secrets as random
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.capture import code_limits
from ileti.capture.code_budget import budget
from ileti.capture.limits import MESSAGES, counters
from ileti.capture.sites import Site
from ileti.capture.verify import CODE_SECONDS, MOST_TRIES
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.preference_link import Link
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import FieldError, Gone, InvalidInput, NotAllowed, NotFound
from ileti.core.secrets import secrets
from ileti.preferences.centre import Centre
from ileti.preferences.session import Session, begin
from ileti.recipients.address import AddressError, mask, parse_email, parse_phone

NOBODY: Final = 0
_DOUBLE_CLICK: Final = timedelta(seconds=10)
_LONGEST_ADDRESS: Final = 400
_LONGEST_TOKEN: Final = 1_000


@dataclass(frozen=True)
class Waiting:
    """A code that is awaited: the token that names it, where it went and how long it lives."""

    token: str
    masked: str
    by_mail: bool
    seconds: int


def canonical(text: str) -> str:
    """A typed phone or e-mail in its one spelling; raises InvalidInput naming ``address``."""
    typed = text.strip()
    try:
        if not typed or len(typed) > _LONGEST_ADDRESS or "\0" in typed:
            raise InvalidInput(errors=(_fault("address", "missing"),))
        return parse_email(typed) if "@" in typed else parse_phone(typed)
    except AddressError as error:
        raise InvalidInput(
            errors=(FieldError("address", error.code, error.tr, error.en),)) from None


def send_code(centre: Centre, typed: str, language: str) -> Waiting:
    """Send a code to an address, if it is known here; answers the same if it is not.

    Raises InvalidInput (no address, or one that gets no codes), TooMany and TryLater (limits of
    :mod:`ileti.capture.code_limits`), NotFound when the provider has no site to send by.
    """
    address = canonical(typed)
    if centre.site is None:
        raise NotFound(
            "Bu sayfadan kod gönderilemiyor. Size gelen iletideki bağlantıyı açın.",
            "No codes are sent from this page. Open the link of a message you got.",
            code="no_site")
    code_limits.refuse_too_many(centre.site, {"address": address}, "")
    number = _issue(centre, centre.site, address, language)
    budget.add(centre.site, 1)
    counters.bell(MESSAGES)
    return _waiting(centre, number, mask(address), "@" in address, CODE_SECONDS)


def _issue(centre: Centre, site: Site, address: str, language: str) -> int:
    """Keep a code and, for an address that is known, the message that carries it."""
    code, moment = f"{random.randbelow(1_000_000):06d}", clock.now()
    until, mark = moment + timedelta(seconds=CODE_SECONDS), code_limits.address_mark(address)
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (int.from_bytes(mark[:7]),))
        _refuse_too_soon(conn, mark)
        recipient = _recipient(conn, centre.provider_id, address)
        row = conn.execute(
            "insert into verification (provider_id, site_id, recipient_id, code_hash, "
            "address_mark, block_mark, created_at, expires_at) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
            (centre.provider_id, site.id, recipient or None, b"", mark,
             code_limits.block_mark(address), moment, until)).fetchone()
        number = int(row[0]) if row else 0
        conn.execute("update verification set code_hash = %s where id = %s",
                     (_code_hash(number, recipient, code), number))
        _write(conn, site, recipient, address, code, until, language)
    return number


def _write(conn: psycopg.Connection[Any], site: Site, recipient: int, address: str, code: str,
           until: datetime, language: str) -> None:
    notice = site.notices.get(language)
    message = NewMessage(
        provider_id=site.place.provider_id, brand_id=site.place.brand_id, recipient_id=recipient,
        submission_id=None, kind=MessageKind.CODE, due_at=until,
        channel=Channel.EPOSTA if "@" in address else Channel.MESAJ,
        content={"lang": language, "code": code, "minutes": CODE_SECONDS // 60,
                 "place": PLACE[language], "notice": notice.id if notice else None})
    with conn.transaction() as inside:
        enqueue(conn, [message])
        if recipient == NOBODY:
            raise psycopg.Rollback(inside)


PLACE: Final = {"tr": "Tercih merkezi", "en": "Preference centre"}


def _recipient(conn: psycopg.Connection[Any], provider_id: int, address: str) -> int:
    row = conn.execute(
        "select id from recipient where provider_id = %s and addr_hash = %s",
        (provider_id, secrets().addresses.of(provider_id, address))).fetchone()
    return int(row[0]) if row else NOBODY


def _refuse_too_soon(conn: psycopg.Connection[Any], mark: bytes) -> None:
    row = conn.execute("select max(created_at) from verification where address_mark = %s",
                       (mark,)).fetchone()
    if row and row[0] is not None:
        code_limits.refuse_too_soon((clock.now() - row[0]).total_seconds())


def _waiting(centre: Centre, number: int, masked: str, by_mail: bool, seconds: int) -> Waiting:
    token = secrets().tokens("preference-code").make(
        {"p": centre.provider_id, "v": number, "m": masked, "e": by_mail}, seconds=3_600)
    return Waiting(token, masked, by_mail, seconds)


def _code_hash(number: int, recipient: int, code: str) -> bytes:
    """A code is of one sending to one recipient and opens nobody else's page."""
    return hmac.new(secrets().key_for("preference-code"),
                    f"{number}:{recipient}:{code}".encode(), sha256).digest()


# -- the code comes back ---------------------------------------------------------------------------


def waiting_of(centre: Centre, token: str) -> Waiting:
    """The awaited code a token names, with the seconds left; raises NotAllowed, Gone."""
    said = _named(centre, token)
    row = db.connection().execute("select expires_at from verification where id = %s",
                                  (said["v"],)).fetchone()
    left = (row[0] - clock.now()).total_seconds() if row else 0
    return Waiting(token, said["m"], bool(said["e"]), max(0, int(left)))


def _named(centre: Centre, token: str) -> dict[str, Any]:
    if len(token) > _LONGEST_TOKEN:
        raise NotAllowed(code="forged_token")
    said = secrets().tokens("preference-code").read(token)
    if said.get("p") != centre.provider_id:
        raise NotAllowed(code="foreign_token")
    return said


_OPEN: Final = """
select v.recipient_id, v.code_hash, v.expires_at,
       (select sum(w.tries) - count(w.verified_at) from verification w
         where w.address_mark = v.address_mark)
  from verification v where v.provider_id = %s and v.id = %s and v.submission_id is null"""


def check_code(centre: Centre, token: str, typed: str, session: Session | None) -> Session:
    """A session of the address whose code this is, or ``session`` with one address more.

    A code opens once; a double click is once. Raises InvalidInput naming ``code``, NotAllowed and
    Gone for the token.
    """
    number = int(_named(centre, token)["v"])
    conn = db.connection()
    row = conn.execute(_OPEN, (centre.provider_id, number)).fetchone()
    if row is None or row[2] < clock.now():
        raise _wrong("code_expired")
    recipient, digest, _, wrong_today = row
    if wrong_today >= code_limits.MOST_WRONG_A_DAY:
        raise _wrong("no_tries_today")
    counted = conn.execute(
        "update verification set tries = tries + 1 where id = %s and tries < %s "
        "and (verified_at is null or verified_at > %s) returning tries",
        (number, MOST_TRIES, clock.now() - _DOUBLE_CLICK)).fetchone()
    if counted is None:
        raise _wrong("no_tries")
    digits = "".join(c for c in typed if c.isdigit()) if len(typed) <= 20 else ""
    fits = hmac.compare_digest(bytes(digest), _code_hash(number, recipient or NOBODY, digits))
    if not fits or not recipient:
        left = MOST_TRIES - counted[0]
        raise _wrong("wrong_code" if left else "no_tries", left)
    conn.execute("update verification set verified_at = coalesce(verified_at, %s) where id = %s",
                 (clock.now(), number))
    if session is None:
        return begin(centre.provider_id, recipient, way="code", code=number)
    return session.with_address(recipient, "code", number)


def enter_by_link(link: Link, session: Session | None) -> Session:
    """A session of the link's address, or ``session`` with it; raises Gone after its last day and
    when the person was erased."""
    if not link.open:
        raise Gone("Bu bağlantının süresi doldu. Adresinize kod isteyerek girebilirsiniz.",
                   "This link has expired. You can enter by a code sent to your address.",
                   code="link_expired")
    known = db.connection().execute(
        "select 1 from recipient where provider_id = %s and id = %s and addr_ct is not null",
        (link.provider_id, link.recipient_id)).fetchone()
    if known is None:
        raise Gone("Bu adres kayıtlarımızdan silinmiş; size ileti gönderilmiyor.",
                   "This address was erased from our records; nothing is sent to it.",
                   code="erased")
    if session is None:
        return begin(link.provider_id, link.recipient_id, way="link")
    return session.with_address(link.recipient_id, "link", None)


_SENTENCES: Final = {
    "missing": ("Telefon numaranızı ya da e-posta adresinizi yazın.",
                "Write your phone number or e-mail address."),
    "wrong_code": ("Kod uymadı. {left} deneme hakkınız kaldı.",
                   "The code does not match. {left} tries left."),
    "no_tries": ("Bu kod artık kullanılamaz. Yeni kod isteyin.",
                 "This code can no longer be used. Ask for a new one."),
    "no_tries_today": ("Bu adres için bugünkü deneme hakkı bitti. Yarın yeniden deneyin.",
                       "No tries are left for this address today. Try again tomorrow."),
    "code_expired": ("Kodun süresi doldu. Yeni kod isteyin.",
                     "The code has expired. Ask for a new one."),
}


def _fault(field: str, code: str, left: int = 0) -> FieldError:
    tr, en = _SENTENCES[code]
    return FieldError(field, code, tr.format(left=left), en.format(left=left))


def _wrong(code: str, left: int = 0) -> InvalidInput:
    return InvalidInput(errors=(_fault("code", code, left),), detail={"triesLeft": {"code": left}})
