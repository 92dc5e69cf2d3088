"""A person's own proof before something is sent: asked, judged, kept, asked again (R-51).

Why this module exists: since 1 April 2026 whoever sends SMS from a screen signs in with a secure
electronic signature; mobile signatures are taken too, and one vendor applies it to each campaign.
How exactly is not settled, so the way is a plug (:class:`Verifier`): what is signed is always a
statement that names the thing, the SHA-256 of what will be sent, person, provider and moment. A
room that sends (campaigns) asks :func:`valid` with the digest of what it is about to send: change a
letter after signing and there is no proof.

The statement is made when somebody asks and comes back in a sealed token, so that asking keeps
nothing. What was signed with is kept in the vault as it came; :func:`verify` judges it again, years
later, from the file alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import psycopg

from config import settings
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, NotFound
from ileti.core.secrets import secrets
from ileti.evidence import vault

ASKED_SECONDS: Final = 1_800
#: how the line of a statement begins that says who signs
SIGNER: Final = "İmzalayan: "
_MARKED: Final = re.compile(r"\n-----BEGIN ([A-Z]+)-----\n(.*?)-----END \1-----", re.DOTALL)
_PURPOSE: Final = "step-up"
_COLUMNS: Final = ("id, provider_id, user_id, file_id, proven_at, until, method, subject, signer, "
                   "mark, digest, statement")
_ADD: Final = f"""
insert into step_up (provider_id, user_id, file_id, until, method, subject, signer, mark, digest,
                     statement)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Person:
    """Who has to prove themselves: the account's number and name."""

    user_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is to sign: ``statement`` is the very bytes, ``token`` brings it back."""

    provider_id: int
    person: Person
    subject: str
    digest: bytes
    statement: str
    token: str


@dataclass(frozen=True, slots=True)
class Proven:
    """What a verifier found: who signed, in the signature's own words, and a mark of the key."""

    signer: str
    mark: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that is kept; it counts ``until`` then, and for ``digest`` alone."""

    id: int
    provider_id: int
    user_id: int
    file_id: int
    proven_at: dt.datetime
    until: dt.datetime
    method: str
    subject: str
    signer: str
    mark: str
    digest: bytes
    statement: str


class Verifier(Protocol):
    """One way to prove a person. ``tr`` and ``en`` are what people choose it by; ``label`` marks
    its answer in the file that is kept, ``file_name`` is how that file's name begins."""

    tr: str
    en: str
    label: str
    file_name: str

    def ready(self) -> bool:
        """Whether this installation can judge answers (an authority is named, …)."""

    def judge(self, statement: bytes, answer: bytes, person: Person | None, at: dt.datetime
              ) -> Proven:
        """Who answered; raises CallerMistake with a sentence. ``person`` None: the proof is looked
        at again and its person is known."""


VERIFIERS: Final[dict[str, Verifier]] = {}


def offers(key: str, verifier: Verifier) -> None:
    """Register a way to prove oneself."""
    VERIFIERS[key] = verifier


def methods() -> Mapping[str, Verifier]:
    """What this installation can judge."""
    return {key: one for key, one in VERIFIERS.items() if one.ready()}


def wanted(provider_id: int) -> str | None:
    """The method a provider asks for before messages are sent; None: it asks for none."""
    row = db.system_connection().execute("select step_up from provider where id = %s",
                                  (provider_id,)).fetchone()
    return row[0] if row else None


def one_line(text: str) -> str:
    """A text on one line: what somebody wrote as a name must not become a line of its own in what
    another signs."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def ask(provider_id: int, person: Person, subject: str, digest: bytes) -> Asked:
    """What this person has to sign about a thing; ``digest`` is SHA-256 of what will be sent.
    Raises NotFound for no such provider."""
    row = db.system_connection().execute("select title, iys_code from provider where id = %s",
                                  (provider_id,)).fetchone()
    if row is None:
        raise NotFound()
    person, subject = Person(person.user_id, one_line(person.name)), one_line(subject)
    now = clock.to_istanbul(clock.now())
    statement = "\r\n".join((
        "İleti: gönderim öncesi kimlik kanıtı (R-51)",
        f"Hizmet sağlayıcı: {one_line(row[0])} ({row[1]})", f"{SIGNER}{person.name}",
        f"Konu: {subject}", f"SHA-256: {digest.hex()}",
        f"Zaman: {now:%d.%m.%Y %H:%M:%S}", f"Tek kullanımlık: {chance.token_hex(16)}", ""))
    token = secrets().tokens(_PURPOSE).make({
        "p": provider_id, "u": person.user_id, "n": person.name, "s": subject,
        "d": digest.hex(), "t": statement}, seconds=ASKED_SECONDS)
    return Asked(provider_id, person, subject, digest, statement, token)


def asked(token: str, user_id: int) -> Asked:
    """What a token asks of this user; raises what reading tokens raises, NotFound for another's."""
    said: dict[str, Any] = secrets().tokens(_PURPOSE).read(token)
    if said.get("u") != user_id:
        raise NotFound()
    return Asked(said["p"], Person(user_id, said["n"]), said["s"], bytes.fromhex(said["d"]),
                 said["t"], token)


def prove(wish: Asked, answer: bytes, *, method: str | None = None) -> Proof:
    """Judge an answer and keep it; the proof. ``method``: another than the provider's (to try it).

    Raises InvalidInput (no such method here), CallerMistake (the answer does not count), Conflict
    (the statement was used), and what the vault raises. Never inside a transaction.
    """
    key = method or wanted(wish.provider_id) or ""
    verifier = methods().get(key)
    if verifier is None:
        raise InvalidInput("Bu kurulumda böyle bir doğrulama yok; işletmene sorun.",
                           "There is no such method here; ask the operator.", code="no_method")
    now = clock.now()
    found = verifier.judge(wish.statement.encode(), answer, wish.person, now)
    kept = vault.put(wish.provider_id, [_file(wish.statement, answer, verifier.label)],
                     f"{verifier.file_name}-{now:%Y%m%d-%H%M%S}.txt", by=wish.person.user_id)
    until = now + dt.timedelta(hours=settings().step_up_hours)
    try:
        row = db.system_connection().execute(
            _ADD,
            (wish.provider_id, wish.person.user_id, kept.id, until, key, wish.subject[:120],
             found.signer[:200], found.mark[:64], wish.digest, wish.statement)).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict("Bu metin daha önce imzalandı; yenisini isteyin.",
                       "This statement was signed before; ask for a new one.",
                       code="used") from None
    assert row is not None
    return _proof(row)


def _proof(row: Any) -> Proof:
    *said, digest, statement = row
    parts: Any = (*said, bytes(digest), statement)
    return Proof(*parts)


def valid(provider_id: int, subject: str, digest: bytes, *, user_id: int | None = None
          ) -> Proof | None:
    """The newest proof about exactly this, of this person or of anybody, that still counts: by the
    method the provider asks for, since another may be a weaker one."""
    row = db.system_connection().execute(
        f"select {_COLUMNS} from step_up where provider_id = %s and subject = %s and digest = %s "  # noqa: S608
        "and until > %s and (%s::int is null or user_id = %s) and method = coalesce("
        "(select p.step_up from provider p where p.id = provider_id), method) "
        "order by id desc limit 1",
        (provider_id, subject, digest, clock.now(), user_id, user_id)).fetchone()
    return None if row is None else _proof(row)


def of(user_id: int, *, most: int = 20) -> list[Proof]:
    """What somebody proved, the newest first."""
    return [_proof(row) for row in db.system_connection().execute(
        f"select {_COLUMNS} from step_up where user_id = %s order by id desc limit %s",  # noqa: S608
        (user_id, most)).fetchall()]


def verify(provider_id: int, number: int) -> Proven:
    """Judge a kept proof again, from its file in the vault, as of the moment it was given. Raises
    NotFound, CallerMistake."""
    row = db.system_connection().execute(
        f"select {_COLUMNS} from step_up where provider_id = %s and id = %s",  # noqa: S608
        (provider_id, number)).fetchone()
    if row is None:
        raise NotFound()
    proof = _proof(row)
    with vault.opened(provider_id, proof.file_id) as pieces:
        statement, answer = _of_file(b"".join(pieces))
    found = VERIFIERS[proof.method].judge(statement, answer, None, proof.proven_at)
    if statement != proof.statement.encode() or (found.signer, found.mark) != (
            proof.signer, proof.mark):
        raise CallerMistake("Saklanan imza, kaydın söylediği imza değil.",
                            "The signature that is kept is not the one the record tells of.",
                            code="other_proof")
    return found


def _file(statement: str, answer: bytes, label: str) -> bytes:
    """Statement and answer as one text that people and programs read."""
    text = base64.encodebytes(answer).decode()
    return f"{statement}\n-----BEGIN {label}-----\n{text}-----END {label}-----\n".encode()


def _of_file(content: bytes) -> tuple[bytes, bytes]:
    text = content.decode()
    found = _MARKED.search(text)
    if found is None:
        return b"", b""
    return text[:found.start()].encode(), base64.b64decode(found[2])
