"""An application on the hosted form: kept as a draft, confirmed by a code, then a case.

Why this module exists: a form anybody can fill in must not let strangers start a lawful clock in
another's name, fill the desk, or learn whom we know. So nothing is a case before the address of the
application was proved; nothing is looked up before that, which makes the answer for known and
unknown addresses the same by construction; and the applicant is told plainly that the application
is made with the code. The draft is sealed and gone after a day. Codes are counted per address,
block of numbers and provider as those of consents are (:mod:`ileti.capture.code_limits`).
"""

from __future__ import annotations

import hmac
import json
import secrets as random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from config import settings
from ileti.capture import code_limits
from ileti.core import clock, db
from ileti.core.crypto import QuickMac
from ileti.core.errors import FieldError, Gone, InvalidInput, TooMany, TryLater
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.recipients.address import mask
from ileti.requests import cases, mails, matching, stops
from ileti.requests.numbers import form_path
from ileti.requests.people import Person
from ileti.requests.sealing import DRAFT_PURPOSE, seal, unseal
from ileti.requests.vocabulary import Deed, Mail, Right, Way

log = get_logger("ileti.requests")

KEPT_SECONDS: Final = 24 * 3600
MOST_TRIES: Final = 5
MOST_CODES: Final = 5
PHONE, EMAIL = 1, 2


@dataclass(frozen=True)
class Form:
    """A brand whose applications are taken here."""

    provider_id: int
    brand_id: int
    brand: str
    title: str
    address: str
    kep: str
    application: str


@dataclass(frozen=True)
class Waiting:
    """A draft whose code is waited for; ``minutes`` the code still lives."""

    id: int
    kind: int
    masked: str
    minutes: int
    language: str

    @property
    def to(self) -> str:
        """The field's word: ``phone`` or ``email``."""
        return "email" if self.kind == EMAIL else "phone"


def find_form(brand_id: int) -> Form | None:
    """The form of a brand."""
    row = db.connection().execute(
        "select p.id, b.id, b.name, p.title, coalesce(p.address, p.contact, ''), "
        "coalesce(p.kep, ''), coalesce(p.application, '') from brand b "
        "join provider p on p.id = b.provider_id where b.id = %s", (brand_id,)).fetchone()
    return Form(*row) if row else None


def begin(form: Form, person: Person, wish: str, rights: list[str], language: str) -> str:
    """Keep an application as a draft and send its code; the handle that only its sender has. The
    code goes to the e-mail address, else to the phone. Raises InvalidInput (a number that gets no
    codes), TooMany, TryLater."""
    address = person.email or person.phone
    if not code_limits.reachable(address):
        raise InvalidInput(errors=(FieldError(
            "phone", "no_code",
            "Bu numaraya kısa mesajla kod gönderilemiyor. Türkiye’den bir cep telefonu ya da "
            "e-posta adresi yazın.",
            "No code can be sent to this number by text message. Write a Turkish mobile number or "
            "an e-mail address."),))
    content = json.dumps({"person": person.to_text(), "wish": wish, "rights": rights},
                         ensure_ascii=False)
    with db.transaction() as conn:
        _refuse_too_many(conn, form.provider_id, address)
        row = conn.execute(
            "insert into data_request_draft (provider_id, brand_id, language, content, kind, "
            "code_hash, code_until, address_mark, block_mark, created_at) "
            "values (%s, %s, %s, %s, %s, '', %s, %s, %s, %s) returning id",
            (form.provider_id, form.brand_id, language, seal(content, DRAFT_PURPOSE),
             EMAIL if person.email else PHONE, clock.now(), code_limits.address_mark(address),
             code_limits.block_mark(address), clock.now())).fetchone()
        assert row is not None
        _issue(conn, form, int(row[0]), address, language, 1)
    return handle(int(row[0]), form.brand_id, language)


_SPENT: Final = """
select coalesce(sum(codes) filter (where address_mark = any(%(marks)s)
                                     and created_at > %(hour)s), 0),
       coalesce(sum(codes) filter (where address_mark = any(%(marks)s)), 0),
       coalesce(sum(codes) filter (where block_mark = any(%(blocks)s)
                                     and created_at > %(hour)s), 0),
       coalesce(sum(codes) filter (where provider_id = %(provider)s), 0)
  from data_request_draft where created_at > %(day)s"""


def _refuse_too_many(conn: cases.Connection, provider_id: int, address: str) -> None:
    now, today = clock.now(), clock.today()
    days = (today, today - timedelta(days=1))
    blocks = [one for day in days if (one := code_limits.block_mark(address, day)) is not None]
    row = conn.execute(_SPENT, {
        "marks": [code_limits.address_mark(address, day) for day in days], "blocks": blocks,
        "provider": provider_id, "hour": now - timedelta(hours=1),
        "day": now - timedelta(days=1)}).fetchone()
    hour, day, block, provider = row or (0, 0, 0, 0)
    s = settings()
    if day >= s.capture_recipient_per_day:
        raise TooMany(retry_after=3_600)
    if hour >= s.capture_recipient_per_hour or block >= s.capture_block_per_hour:
        raise TooMany(retry_after=600)
    if provider >= s.codes_per_provider_per_day:
        raise TryLater(
            "Şu anda kod gönderemiyoruz; başvurunuz alınmadı. Yazılı olarak ya da KEP ile de "
            "başvurabilirsiniz.",
            "We cannot send codes right now; your application was not taken. You may also apply in "
            "writing or by KEP.", code="codes_spent", retry_after=3_600)


def _issue(conn: cases.Connection, form: Form, draft_id: int, address: str, language: str,
           number: int) -> None:
    code = f"{random.randbelow(1_000_000):06d}"
    conn.execute(
        "update data_request_draft set code_hash = %s, code_until = %s, codes = %s, tries = 0 "
        "where id = %s", (_hash(draft_id, address, code), clock.now() + timedelta(
            minutes=mails.CODE_MINUTES), number, draft_id))
    mails.write(conn, provider_id=form.provider_id, brand_id=form.brand_id, kind=Mail.CODE,
                mark=f"code:{draft_id}:{number}", content={
                    "to": address, "lang": language, "code": code,
                    "path": form_path(form.brand_id)})


def _hash(draft_id: int, address: str, code: str) -> bytes:
    """A code opens the draft it was made for, by the address it was sent to, and nothing else."""
    return QuickMac(secrets().key_for("request-code")).of(f"{draft_id}:{address}:{code}".encode())


# -- the handle -----------------------------------------------------------------------------------


def handle(draft_id: int, brand_id: int, language: str) -> str:
    """The name of a draft that only its sender has, for a day."""
    return secrets().tokens("request-draft").make(
        {"d": draft_id, "b": brand_id, "l": language}, seconds=KEPT_SECONDS)


def open_handle(token: str, brand_id: int) -> tuple[int, str]:
    """Draft and language of a handle. Raises NotAllowed (forged), Gone (too old, another form's).
    """
    said = secrets().tokens("request-draft").read(token)
    if said.get("b") != brand_id:
        raise Gone(code="handle_expired")
    return int(said["d"]), "en" if said.get("l") == "en" else "tr"


def waiting(draft_id: int, language: str) -> Waiting | int:
    """The draft while its code is waited for, else the case it became. Raises Gone."""
    row = db.connection().execute(
        "select kind, code_until, content, request_id from data_request_draft where id = %s",
        (draft_id,)).fetchone()
    if row is None or (row[2] is None and row[3] is None):
        raise Gone(code="handle_expired")
    if row[3] is not None:
        return int(row[3])
    _person, _wish, _rights, address = _opened(row[2])
    left = (row[1] - clock.now()).total_seconds()
    return Waiting(draft_id, row[0], mask(address), max(0, -int(-left // 60)), language)


def _opened(sealed: str) -> tuple[Person, str, list[str], str]:
    said = json.loads(unseal(sealed, DRAFT_PURPOSE))
    person = Person.from_text(said["person"])
    return person, said["wish"], said["rights"], person.email or person.phone


def new_code(form: Form, draft_id: int, language: str) -> None:
    """Send another code. Raises TooMany, Gone."""
    with db.transaction() as conn:
        row = conn.execute(
            "select content, codes, code_until from data_request_draft where id = %s "
            "and request_id is null for update", (draft_id,)).fetchone()
        if row is None or row[0] is None:
            raise Gone(code="handle_expired")
        *_, address = _opened(row[0])
        sent = row[2] - timedelta(minutes=mails.CODE_MINUTES)
        code_limits.refuse_too_soon((clock.now() - sent).total_seconds())
        if row[1] >= MOST_CODES:
            raise TooMany(retry_after=3_600)
        _refuse_too_many(conn, form.provider_id, address)
        _issue(conn, form, draft_id, address, language, row[1] + 1)


def confirm(draft_id: int, typed: str) -> int:
    """The code came back: the draft becomes a case, once, and messages stop at once when that is
    asked (R-28, R-32, R-62). Received is the moment of the code, by the database's clock (Tebliğ
    m. 5/5). Raises InvalidInput for a wrong code, Gone for a draft that is no more."""
    request_id = _confirmed(draft_id, typed)
    _stop_if_asked(request_id)
    return request_id


def _confirmed(draft_id: int, typed: str) -> int:
    wrong: FieldError | None = None
    with db.transaction() as conn:
        row = conn.execute(
            "select provider_id, brand_id, language, content, kind, code_hash, code_until, tries, "
            "request_id, (select sum(o.wrong) from data_request_draft o "
            "where o.address_mark = d.address_mark) from data_request_draft d where id = %s "
            "for update", (draft_id,)).fetchone()
        if row is None or (row[3] is None and row[8] is None):
            raise Gone(code="handle_expired")
        if row[8] is not None:
            return int(row[8])
        to = "code.email" if row[4] == EMAIL else "code.phone"
        wrong = _judge(draft_id, to, typed, row)
        if wrong is None:
            return _become(conn, draft_id, row)
        conn.execute("update data_request_draft set tries = tries + 1, wrong = wrong + 1 "
                     "where id = %s and tries < %s", (draft_id, MOST_TRIES))
    raise InvalidInput(errors=(wrong,))


def _judge(draft_id: int, to: str, typed: str, row: Any) -> FieldError | None:
    until, tries = row[6], row[7]
    if row[9] >= code_limits.MOST_WRONG_A_DAY:
        return FieldError(to, "no_tries_today",
                          "Bu adres için bugünkü deneme hakkı bitti. Yarın yeniden deneyin.",
                          "No tries are left for this address today. Try again tomorrow.")
    if tries >= MOST_TRIES:
        return FieldError(to, "no_tries", "Deneme hakkınız bitti. Yeni kod isteyin.",
                          "No tries left. Ask for a new code.")
    if until < clock.now():
        return FieldError(to, "code_expired", "Kodun süresi doldu. Yeni kod isteyin.",
                          "The code has expired. Ask for a new one.")
    digits = "".join(c for c in typed if c.isdigit()) if len(typed) <= 20 else ""
    *_, address = _opened(row[3])
    if hmac.compare_digest(bytes(row[5]), _hash(draft_id, address, digits)):
        return None
    left = MOST_TRIES - tries - 1
    return FieldError(to, "wrong_code", f"Kod uymadı. {left} deneme hakkınız kaldı.",
                      f"The code does not match. {left} tries left.")


def _become(conn: cases.Connection, draft_id: int, row: Any) -> int:
    person, wish, rights, _address = _opened(row[3])
    moment: datetime = conn.execute("select now()").fetchone()[0]  # type: ignore[index]
    request_id, _fresh = cases.open_case(conn, cases.NewCase(
        provider_id=row[0], brand_id=row[1], idem=f"draft:{draft_id}", way=Way.FORM,
        received_at=moment, person=person, wish=wish, rights=rights, language=row[2],
        confirmed=row[4]))
    mails.write_receipt(conn, cases.read_case(conn, request_id))
    conn.execute("update data_request_draft set request_id = %s, content = null where id = %s",
                 (request_id, draft_id))
    return request_id


def _stop_if_asked(request_id: int) -> None:
    """Refuse the confirmed address; a crash before it is mended by :func:`stop_forgotten`."""
    case = cases.read_case(db.connection(), request_id)
    if not {Right.STOP, Right.WITHDRAW} & set(case.rights) or case.confirmed is None:
        return
    address = case.person.email if case.confirmed == EMAIL else case.person.phone
    known = matching.find(db.connection(), case.provider_id, address)
    brands = stops.stop(case, known or 0, address) if Right.STOP in case.rights else 0
    texts = stops.withdraw_consents(case, known, address) if known and (
        Right.WITHDRAW in case.rights) else 0
    with db.transaction() as conn:
        found = known or matching.find(conn, case.provider_id, address)
        if found is not None:  # the refusal itself may have made the recipient
            matching.attach(conn, case.id, case.provider_id, case.brand_id, found,
                            matching.BY_CODE)
        if Right.WITHDRAW in case.rights:
            cases.note(conn, case, Deed.WITHDRAWN, mark="withdrawn:code", texts=texts)
        if Right.STOP in case.rights:
            cases.note(conn, case, Deed.STOPPED, mark="stopped:code", brands=brands)


_FORGOTTEN: Final = """
select r.id from data_request r
 where r.state < 4 and r.confirmed is not null and r.rights && array['RET', 'RZ']::varchar[]
   and r.created_at > now() - interval '40 days' and r.id > %s and not exists (
       select from data_request_event e where e.request_id = r.id
          and e.mark in ('stopped:code', 'withdrawn:code'))
 order by r.id limit 100"""


def stop_forgotten() -> int:
    """Refuse and withdraw for applicants whose case stands and whose wish a crash took away;
    answers how many (R-32, R-62). One that fails is named in the log and keeps nobody else's."""
    count = after = 0
    while rows := db.connection().execute(_FORGOTTEN, (after,)).fetchall():
        for request_id, in rows:
            try:
                _stop_if_asked(request_id)
                count += 1
            except Exception:
                log.exception("request_stop_failed", case=request_id)
        after = rows[-1][0]
    return count


def remove_old() -> int:
    """Remove drafts after a day, with the codes of them; answers how many."""
    return db.connection().execute(
        "delete from data_request_draft where created_at < now() - interval '2 days'").rowcount
