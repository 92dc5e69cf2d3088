"""How many codes go out, so that a public form is no weapon and no bill.

Somebody else's phone must not be flooded, by one site or by many: codes are counted per address
over all providers. SMS pumping asks for codes to a whole block of numbers and earns from the
operator: they are counted per block of a thousand numbers, and only numbers that look like Turkish
mobiles get any. A code cannot be guessed over many submissions, because wrong tries count per
address and day. What all that lets through is bounded by a cap per site and provider and day
(:mod:`ileti.capture.code_budget`).

Marks are keyed hashes that change with the day, so that rows say nothing about a person tomorrow,
and the same statement runs for known and unknown addresses.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from config import settings
from ileti.capture.code_budget import budget
from ileti.capture.sites import Site
from ileti.core import clock, db
from ileti.core.errors import FieldError, InvalidInput, TooMany
from ileti.core.secrets import secrets

MOST_WRONG_A_DAY: Final = 20
RESEND_SECONDS: Final = 30
_BLOCK_DIGITS: Final = 3
_MARK: Final = 12

_SPENT: Final = """
select coalesce(max(hour), 0), coalesce(max(day), 0), coalesce((
         select max(n) from (
             select count(*) n from unnest(%(blocks)s::bytea[], %(old_blocks)s::bytea[])
                    with ordinality b(today, before, nr)
               join verification v on v.block_mark in (b.today, b.before)
                and v.created_at > now() - interval '1 hour' group by b.nr) y), 0),
       exists(select from submission where provider_id = %(provider)s and idem = %(idem)s)
  from (select count(*) filter (where v.created_at > now() - interval '1 hour') as hour,
               count(*) as day
          from unnest(%(marks)s::bytea[], %(old_marks)s::bytea[])
               with ordinality a(today, before, nr)
          join verification v on v.address_mark in (a.today, a.before)
           and v.created_at > now() - interval '1 day' group by a.nr) x"""


@lru_cache(maxsize=1)
def _key() -> bytes:
    return secrets().key_for("code-marks")


def _mark(what: str, day: date) -> bytes:
    return blake2b(f"{day}:{what}".encode(), key=_key(), digest_size=_MARK).digest()


def address_mark(address: str, day: date | None = None) -> bytes:
    """The day's mark of an address, the same whichever provider writes to it."""
    return _mark(address, day or clock.today())


def block_mark(address: str, day: date | None = None) -> bytes | None:
    """The day's mark of a phone's block of a thousand numbers; None for an e-mail address."""
    if "@" in address:
        return None
    return _mark(f"block:{address[:-_BLOCK_DIGITS]}", day or clock.today())


def reachable(address: str) -> bool:
    """Whether a code may be sent there at all: an e-mail, or a number of CODE_PHONE_PREFIXES."""
    prefixes = tuple(one.strip() for one in settings().code_phone_prefixes.split(","))
    return "@" in address or address.startswith(prefixes)


def refuse_too_many(site: Site, addresses: dict[str, str], idem: str) -> None:
    """Whether these addresses may be sent one more code each; a replay of ``idem`` is let through.

    Raises InvalidInput (a number that gets no codes), TooMany (address, block) and TryLater (the
    site or its provider has had its codes of today). Which limit was met is not told.
    """
    for field, address in addresses.items():
        if not reachable(address):
            raise InvalidInput(errors=(FieldError(field, "no_code", *_NO_CODE),))
    today, s = clock.today(), settings()
    before = today - timedelta(days=1)
    texts = list(addresses.values())
    phones = [text for text in texts if "@" not in text]
    row = db.connection().execute(_SPENT, {
        "provider": site.place.provider_id, "idem": idem,
        "marks": [address_mark(text, today) for text in texts],
        "old_marks": [address_mark(text, before) for text in texts],
        "blocks": [block_mark(text, today) for text in phones],
        "old_blocks": [block_mark(text, before) for text in phones],
    }).fetchone()
    hour, day, block, replay = row or (0, 0, 0, False)
    if replay:
        return
    if day >= s.capture_recipient_per_day:
        raise TooMany(retry_after=3_600)
    if hour >= s.capture_recipient_per_hour or block >= s.capture_block_per_hour:
        raise TooMany(retry_after=600)
    budget.check(site, len(addresses))


def refuse_too_soon(age_seconds: float) -> None:
    """Raises TooMany when the last code to an address is younger than ``RESEND_SECONDS``."""
    left = RESEND_SECONDS - age_seconds
    if left > 0:
        raise TooMany(retry_after=int(left) + 1)


def wait(error: TooMany, language: str) -> str:
    """The refusal of a new code as a sentence at its field."""
    seconds = error.retry_after or 60
    if seconds > 60:
        return error.say(language)
    return (f"A new code can be asked for in {seconds} seconds." if language == "en"
            else f"Yeni kod {seconds} saniye sonra istenebilir.")


_NO_CODE: Final = (
    "Bu numaraya kısa mesajla kod gönderilemiyor. Türkiye’den bir cep telefonu yazın.",
    "No code can be sent to this number by text message. Write a Turkish mobile number.",
)
