"""Numbers and the words of brands at them, as the rest of the room asks for them.

Why this module exists: a gateway's call names nobody but the secret in its address, and everything
that follows (whose brand, which words, which text) hangs on the number behind it.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import psycopg

from ileti.channels.gateways.spoken import written
from ileti.consents.ledger import Place
from ileti.core.secrets import secrets
from ileti.inbound.words import Line

LONGEST_TOKEN: Final = 64


@dataclass(frozen=True)
class Number:
    """A number people write to. One that is switched off takes refusals alone."""

    id: int
    provider_id: int
    number: str
    name: str
    gateway: str
    active: bool = True


@dataclass(frozen=True)
class BrandLine:
    """What holds for one brand at a number: its place, words, text and own answers."""

    place: Place
    line: Line
    title: str
    mersis: str
    text_id: int | None
    text_hash: str | None
    info_answer: str
    help_answer: str


def new_token() -> tuple[str, bytes]:
    """A fresh secret and what finds it."""
    token = random.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> bytes:
    """What is looked up; the secret itself has 256 bits, so no key is needed."""
    return sha256(f"inbound:{token}".encode()).digest()


#: the one spelling of a number: a short code as it is, all else E.164
spelled = written


_COLUMNS: Final = "select id, provider_id, number, name, gateway, active from inbound_number "


def find(conn: psycopg.Connection[Any], token: str) -> Number | None:
    """The number behind an address, also one that is switched off: whoever still writes to it may
    be refusing (R-28). None for no such one."""
    if not 20 <= len(token) <= LONGEST_TOKEN or not token.isascii():
        return None
    row = conn.execute(_COLUMNS + "where token_hash = %s", (token_hash(token),)).fetchone()
    return Number(*row) if row else None


def beside(conn: psycopg.Connection[Any], number: Number, to: str) -> tuple[Number, str | None]:
    """The provider's number at the same gateway that a line names, since an account has one address
    for all its numbers, also one that is switched off; else the number itself, and what the line
    names: who wrote there wrote to no brand of this number."""
    named = spelled(to) if to else number.number
    if named == number.number:
        return number, None
    row = conn.execute(_COLUMNS + "where provider_id = %s and gateway = %s and number = %s",
                       (number.provider_id, number.gateway, named)).fetchone()
    return (Number(*row), None) if row else (number, (named or to)[:40])


def of_id(conn: psycopg.Connection[Any], provider_id: int, number_id: int) -> Number:
    """A provider's number."""
    row = conn.execute(_COLUMNS + "where provider_id = %s and id = %s",
                       (provider_id, number_id)).fetchone()
    if row is None:
        raise LookupError("no such number")
    return Number(*row)


@dataclass(frozen=True)
class Account:
    """Credentials of a gateway whose box is asked."""

    number: Number
    login: str
    password: str


@dataclass(frozen=True)
class Box:
    """A gateway's box that has to be asked, its credentials still sealed."""

    number: Number
    login: str
    password: str

    def opened(self) -> Account:
        """With its credentials. Raises CannotDecrypt."""
        keyring = secrets().keyring
        return Account(self.number, keyring.decrypt_text(self.login, "inbound-login"),
                       keyring.decrypt_text(self.password, "inbound-password"))


def asked(conn: psycopg.Connection[Any]) -> list[Box]:
    """Numbers whose gateway's box has to be asked, those that are switched off among them, as long
    as their credentials stand here."""
    return [Box(Number(*row[:6]), row[6], row[7]) for row in conn.execute(
        "select id, provider_id, number, name, gateway, active, login, password "
        "from inbound_number where gateway in ('netgsm', 'verimor') "
        "and login is not null and password is not null order by id").fetchall()]


_LINES: Final = """
select p.id, p.iys_code, b.id, b.brand_code, b.name, w.consent_words, w.refusal_words,
       w.info_words, p.title, coalesce(p.mersis, ''), w.text_id, encode(t.content_hash, 'hex'),
       w.info_answer, w.help_answer, p.refusal_word, p.refusal_words_before
  from inbound_words w join brand b on b.id = w.brand_id join provider p on p.id = w.provider_id
  left join document_version t on t.id = w.text_id and t.provider_id = w.provider_id
 where w.provider_id = %s and w.number_id = %s order by b.id"""


_EVERY_BRAND: Final = """
select p.id, p.iys_code, b.id, b.brand_code, b.name, p.title, coalesce(p.mersis, '')
  from brand b join provider p on p.id = b.provider_id where p.id = %s order by b.id"""


def refusable(conn: psycopg.Connection[Any], number: Number) -> tuple[list[BrandLine], bool]:
    """The brands a refusal at a number may be for, and whether these are its own. A number without
    words is no brand's, so what is refused there is refused to every brand of the provider (R-28);
    a consent it knows none."""
    own = lines(conn, number)
    if own:
        return own, True
    return [BrandLine(Place(*row[:4]), Line(row[2], row[4], (), (), ()), row[5], row[6], None, None,
                      "", "")
            for row in conn.execute(_EVERY_BRAND, (number.provider_id,)).fetchall()], False


def lines(conn: psycopg.Connection[Any], number: Number) -> list[BrandLine]:
    """The brands of a number."""
    return [BrandLine(
        Place(row[0], row[1], row[2], row[3]),
        Line(row[2], row[4], tuple(row[5]), tuple(row[6]), tuple(row[7]), (row[14], *row[15])),
        row[8], row[9], row[10], row[11], row[12], row[13])
        for row in conn.execute(_LINES, (number.provider_id, number.id)).fetchall()]
