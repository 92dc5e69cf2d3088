"""The answer: begun from paragraphs, set as a letter, sent, and proven to be sent (KVKK 13/3).

Why this module exists: an answer is what the law counts, so it is made once and never changed: its
text sealed, its letter (PDF/A) in the vault, its templates by version. A mail's answer closes the
case when the mail has gone out; one by post, KEP or hand when somebody records the sending with its
proof. Until then the clock runs. Setting the letter and the vault are outside of any transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ileti.channels.render import istanbul_text
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput, TryLater
from ileti.core.failpoints import reach
from ileti.evidence import vault
from ileti.evidence.paper import NotSet, drawable, typeset
from ileti.evidence.vault import Kept
from ileti.recipients.address import pretty
from ileti.requests import cases, holdings, mails, matching, rules, templates, texts
from ileti.requests.numbers import case_number
from ileti.requests.sealing import ANSWER_PURPOSE, seal
from ileti.requests.vocabulary import (
    Decision,
    Deed,
    FileRole,
    Identity,
    Mail,
    Reason,
    Right,
    Sending,
    State,
)

LETTER: Final = Path(__file__).with_name("letter.typ")
LONGEST: Final = 20_000


@dataclass(frozen=True)
class NewAnswer:
    """What somebody wrote as an answer. ``why`` the reason in a sentence; ``used`` templates by key
    and version; ``idem`` names the form that was sent."""

    idem: str
    language: str
    decision: Decision | None
    reason: str
    why: str
    body: str
    sending: Sending | None
    used: list[dict[str, Any]]
    export_id: int | None = None


# -- beginning ------------------------------------------------------------------------------------


def begin(conn: cases.Connection, case: cases.Case, decision: Decision, language: str,
          why: str = "", refused: Collection[str] = ()) -> tuple[str, list[dict[str, Any]]]:
    """A first text of the answer from the provider's paragraphs, and which were used; ``refused``:
    what is not done, of an answer that grants a part."""
    keys = _keys(case, decision, refused, erased=erased_of(conn, case.id) is not None)
    found = [templates.read(conn, case.provider_id, key, language) for key in keys]
    values = fields(conn, case, language) | {"gerekce": why or rules.GAP}
    late = {f"{right}.{texts.GRANTED}" for right in undone(conn, case)}
    parts = [(f"{rules.GAP} " if one.key in late else "") + templates.fill(one.body, values)
             for one in found]
    text = "\n\n".join(part for part in parts if part)
    return text, [{"key": one.key, "version": one.version} for one in found]


def _keys(case: cases.Case, decision: Decision, refused: Collection[str], *,
          erased: bool) -> list[str]:
    if decision is Decision.NO_DATA:
        return [texts.OPENING, texts.NOTHING, texts.CLOSING]
    no = set(case.rights) if decision is Decision.REFUSED else (
        set(refused) if decision is Decision.PARTLY else set())
    if not erased:  # the letter never says that something was erased which was not
        no |= {str(Right.ERASE)}
    middle = [f"{right}.{texts.REFUSED if right in no else texts.GRANTED}"
              for right in case.rights]
    return [texts.OPENING, *middle, texts.CLOSING]


_UNDONE: Final = """
select exists (select from data_request_export where request_id = %(case)s
                  and done_at is not null),
       exists (select from data_request_correction where request_id = %(case)s),
       exists (select from data_request_erasure where request_id = %(case)s
                  and done_at is not null),
       exists (select from data_request_event where request_id = %(case)s and kind = 'stopped'),
       exists (select from data_request_event where request_id = %(case)s and kind = 'withdrawn')"""


def undone(conn: cases.Connection, case: cases.Case) -> list[Right]:
    """What is asked for and was not done here, of what the desk can do; an answer begun meanwhile
    has a gap there, so that no letter tells of what did not happen."""
    row = conn.execute(_UNDONE, {"case": case.id}).fetchone() or (False,) * 5
    made = dict(zip((Right.INFORM, Right.CORRECT, Right.ERASE, Right.STOP, Right.WITHDRAW), row,
                    strict=True))
    return [right for right, done in made.items() if right in case.rights and not done]


def fields(conn: cases.Connection, case: cases.Case, language: str) -> dict[str, str]:
    """What the merge fields say for this case."""
    en = language == "en"
    row = conn.execute("select title from provider where id = %s", (case.provider_id,)).fetchone()
    held = holdings.gather(conn, case.provider_id, [
        one.recipient_id for one in matching.attached(conn, case.id)])
    outcome = erased_of(conn, case.id)
    return {
        "ad": case.person.name or rules.GAP, "numara": case_number(case.id),
        "tarih": istanbul_text(case.received_at)[:10], "unvan": row[0] if row else "",
        "kayitlar": _held(held, en), "aktarilan": _passed(held, en),
        "silinen": _gone(outcome, en) if outcome else rules.GAP,
        "saklanan": _kept(outcome["kept"], en) if outcome else "",
    }


def _held(held: dict[str, list[Any]], en: bool) -> str:
    addresses = [pretty(one["address"]) for one in held["addresses"] if one["address"]]
    if not addresses:
        return ""
    counts = len(held["history"]), len(held["messages"])
    return (f"Held are the addresses {', '.join(addresses)}, {counts[0]} records of consents and "
            f"refusals and {counts[1]} messages." if en else
            f"Kayıtlı adresleriniz: {', '.join(addresses)}. Bunlara ait {counts[0]} izin ve ret "
            f"kaydı ile {counts[1]} bildirim bulunmaktadır.")


def _passed(held: dict[str, list[Any]], en: bool) -> str:
    names = sorted({one["to"] for one in held["passedOn"]})
    if names:
        return ", ".join(names) + "."
    return "nobody." if en else "aktarım yapılmamıştır."


def erased_of(conn: cases.Connection, request_id: int) -> dict[str, list[Any]] | None:
    """The outcome of the case's last finished erasure."""
    row = conn.execute(
        "select outcome from data_request_erasure where request_id = %s and done_at is not null "
        "order by id desc limit 1", (request_id,)).fetchone()
    return row[0] if row else None


def _gone(outcome: dict[str, list[Any]], en: bool) -> str:
    """What was erased, and apart from it what merely ended."""
    parts = [_list("Erased:" if en else "Silinenler:", outcome["erased"], en) or (
        "Nothing was erased." if en else "Silinen kayıt yoktur.")]
    if outcome.get("ended"):
        parts.append(_list("Ended:" if en else "Sona erenler:", outcome["ended"], en))
    return "\n\n".join(parts)


def _list(head: str, lines: list[Any], en: bool) -> str:
    told = [f"• {one['en' if en else 'tr']} ({one['count']})" for one in lines]
    return "\n".join([head, *told]) if told else ""


def _kept(lines: list[Any], en: bool) -> str:
    """What is kept, one line each, with reason, law and date (R-64)."""
    if not lines:
        return ""
    head = ("The following is still kept, restricted: it is used for nothing else and shown to "
            "nobody but an authority that may ask for it." if en else
            "Aşağıdakiler, yanlarındaki gerekçeyle henüz saklanmaktadır; kısıtlanmıştır: başka bir "
            "amaçla kullanılmaz, yalnız yetkili makama gösterilir.")
    return head + "\n" + "\n".join(_kept_line(one, en) for one in lines)


def _kept_line(one: dict[str, Any], en: bool) -> str:
    until = one["until"]
    day = f"{until[8:10]}.{until[5:7]}.{until[:4]}" if until else ""
    end = (f", until {day}" if en else f", {day} tarihine kadar") if day else ""
    law = " · ".join(part for part in (one["law"], one["rule"]) if part)
    why = one["why_en" if en else "why_tr"]
    return (f"• {one['en' if en else 'tr']} ({one['count']}){end}: {why}"
            + (f" ({law})" if law else ""))


# -- making ---------------------------------------------------------------------------------------


def answer(request_id: int, new: NewAnswer, *, by: int) -> int:
    """Make the answer with its letter and start its sending; the same ``idem`` again is the answer
    that is there. Raises InvalidInput, Conflict, CallerMistake, TryLater."""
    case = cases.read_case(db.connection(), request_id)
    known = db.connection().execute(
        "select id from data_request_answer where request_id = %s and idem = %s",
        (request_id, new.idem)).fetchone()
    if known is not None:
        return int(known[0])
    _refuse_unready(db.connection(), case, new)
    assert new.decision is not None
    assert new.sending is not None
    made = clock.now()
    try:
        pdf = typeset(LETTER, letter(case, new, istanbul_text(made)[:10]), made)
    except NotSet as error:
        raise TryLater("Yazı hazırlanamadı; yeniden deneyin.",
                       "The letter could not be made; try again.", code="not_set") from error
    kept = vault.put(case.provider_id, [pdf], f"{case_number(case.id)}.pdf", by=by)
    reach("requests.letter_kept")
    with db.transaction() as conn:
        case = cases.open_for_work(conn, request_id)
        _refuse_unready(conn, case, new)  # on the locked row: the desk worked on meanwhile
        return _write(conn, case, new, kept, by)


def _refuse_unready(conn: cases.Connection, case: cases.Case, new: NewAnswer) -> None:
    if case.state in (State.SENDING, State.CLOSED):
        raise Conflict("Bu dosya cevaplandı; artık değiştirilemez.",
                       "This case is answered; it cannot be changed any more.", code="closed")
    if len(new.body) > LONGEST:
        raise CallerMistake(f"Cevap en çok {LONGEST} harf olabilir.",
                            f"An answer has at most {LONGEST} characters.", code="too_long")
    wrong = rules.check_answer(
        decision=new.decision, reason=new.reason if new.reason in list(Reason) else "",
        why=new.why, body=new.body, identity=Identity(case.identity), sending=new.sending,
        has_mail=bool(case.person.email), copy=new.export_id is not None,
        kept=Right.ERASE in case.rights and bool((erased_of(conn, case.id) or {}).get("kept")))
    if wrong:
        raise InvalidInput(errors=tuple(wrong))
    _refuse_open_errands(conn, case)
    _refuse_others_copy(conn, case, new.export_id)


def _refuse_others_copy(conn: cases.Connection, case: cases.Case, export_id: int | None) -> None:
    """A copy of the case goes out only while those are matched whose data it holds (KVKK 12)."""
    row = conn.execute("select recipients from data_request_export where id = %s "
                       "and request_id = %s and done_at is not null and removed_at is null",
                       (export_id, case.id)).fetchone()
    if row is not None and sorted(row[0]) != sorted(
            one.recipient_id for one in matching.attached(conn, case.id)):
        raise Conflict("Veri örneği hazırlandıktan sonra eşlenen kişiler değişti; yenisini "
                       "hazırlayın.", "The matched people changed since the copy was made; make "
                       "another one.", code="changed")


_FAILED: Final = 2


def _refuse_open_errands(conn: cases.Connection, case: cases.Case) -> None:
    """An answer tells what was done, so nothing may be half done."""
    row = conn.execute(
        "select (select case when problem is null then 1 else 2 end from data_request_erasure "
        "where request_id = %(case)s and done_at is null and declined_at is null), "
        "exists (select from data_request_export where request_id = %(case)s "
        "and done_at is null and problem is null)",
        {"case": case.id}).fetchone()
    if row is not None and row[0] == _FAILED:
        raise Conflict("Onaylanan silme yarım kaldı: bir bölümü yapılmış olabilir. Yeniden "
                       "deneyin; tamamlanmadan cevap verilemez.",
                       "The approved erasure failed and may be half done. Try it again; no answer "
                       "goes out before it is finished.", code="erasure_failed")
    if row is not None and row[0]:
        raise Conflict("Önce silme önerisini sonuçlandırın: cevap, ne yapıldığını anlatmalı.",
                       "Decide the proposed erasure first: the answer has to say what was done.",
                       code="erasure_open")
    if row is not None and row[1]:
        raise Conflict("Veri örneği hazırlanıyor; birkaç saniye sonra yeniden deneyin.",
                       "The copy of the data is being made; try again in a few seconds.",
                       code="export_open")


_ANSWER: Final = """
insert into data_request_answer (provider_id, brand_id, request_id, idem, made_by, language,
       decision, reason, sending, templates, body, file_id, export_id)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, (
    select id from data_request_export where id = %s and request_id = %s and done_at is not null
       and removed_at is null))
on conflict (request_id, idem) do nothing returning id, export_id"""


def _write(conn: cases.Connection, case: cases.Case, new: NewAnswer, kept: Kept, by: int) -> int:
    assert new.decision is not None
    assert new.sending is not None
    body = json.dumps({"text": new.body, "why": new.why}, ensure_ascii=False)
    row = conn.execute(_ANSWER, (
        case.provider_id, case.brand_id, case.id, new.idem, by, new.language, int(new.decision),
        new.reason if new.decision.needs_reason else "", int(new.sending), json.dumps(new.used),
        seal(body, ANSWER_PURPOSE), kept.id, new.export_id, case.id)).fetchone()
    assert row is not None  # the case is locked and open: nobody answered it meanwhile
    number = int(row[0])
    conn.execute("update data_request set state = %s, decision = %s where id = %s",
                 (int(State.SENDING), int(new.decision), case.id))
    cases.note(conn, case, Deed.ANSWERED, by=by, answer=number, decision=int(new.decision),
               reason=new.reason, sending=int(new.sending), sha256=kept.sha256.hex())
    if new.sending is Sending.MAIL:
        mails.write(conn, provider_id=case.provider_id, brand_id=case.brand_id,
                    request_id=case.id, kind=Mail.ANSWER, mark=f"answer:{number}",
                    content={"to": case.person.email, "lang": new.language, "answer": number,
                             "file": kept.id, "export": row[1]})
    return number


def letter(case: cases.Case, new: NewAnswer, day: str) -> dict[str, Any]:
    """What stands in the letter: all that Tebliğ m. 6/4 asks for, harmless to show."""
    row = db.connection().execute(
        "select p.title, p.mersis, p.address, p.contact, p.kep, b.name from provider p "
        "join brand b on b.id = %s where p.id = %s", (case.brand_id, case.provider_id)).fetchone()
    assert row is not None
    en, person = new.language == "en", case.person
    assert new.decision is not None
    identity = person.tckn or " ".join(
        part for part in (person.nationality, person.passport or person.foreign_id) if part)
    facts = (
        ("Application no" if en else "Başvuru no", case_number(case.id)),
        ("Date of application" if en else "Başvuru tarihi", istanbul_text(case.received_at)[:10]),
        ("Applicant" if en else "Başvuran", person.name),
        ("Identity no" if en else "Kimlik bilgisi", identity),
        ("Address" if en else "Adres", person.postal),
        ("E-mail" if en else "E-posta", person.email),
        ("Phone" if en else "Telefon", pretty(person.phone) if person.phone else ""),
        ("Subject" if en else "Talep konusu", _subject(case, en)),
        ("Decision" if en else "Sonuç", new.decision.en if en else new.decision.tr),
        ("Reason" if en else "Gerekçe", _why(new, en)),
    )
    return {
        "lang": new.language, "day": day,
        "title": "Answer to an application under KVKK" if en else "KVKK başvurusuna cevap",
        "from": {"title": drawable(row[0]), "mersis": row[1] or "",
                 "address": drawable(row[2] or row[3] or ""), "kep": row[4] or ""},
        "facts": [[key, drawable(value)] for key, value in facts if value],
        "body": [drawable(part) for part in new.body.replace("\r\n", "\n").split("\n\n")
                 if part.strip()],
    }


def _subject(case: cases.Case, en: bool) -> str:
    asked = [Right(one) for one in case.rights]
    said = "; ".join(f"{one.en if en else one.tr} ({one.letter})" for one in asked)
    return said or case.wish[:300]


def _why(new: NewAnswer, en: bool) -> str:
    if new.decision is None or not new.decision.needs_reason or new.reason not in list(Reason):
        return ""
    reason = Reason(new.reason)
    return f"{reason.en if en else reason.tr}. {new.why.strip()}"


# -- sending --------------------------------------------------------------------------------------


def record_sending(request_id: int, file: Kept | None, name: str, *, by: int) -> None:
    """That a letter by post, KEP or hand has gone out, with its proof; the case closes. Raises
    Conflict when no such letter waits, CallerMistake when post or KEP come without a proof."""
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id, lock=True)
        row = conn.execute(
            "select id, sending from data_request_answer where request_id = %s order by id desc "
            "limit 1", (request_id,)).fetchone()
        if row is None or case.state is not State.SENDING or row[1] == Sending.MAIL:
            raise Conflict("Gönderilmeyi bekleyen bir yazı yok.", "No letter waits to be sent.",
                           code="nothing_waits")
        if file is None and row[1] in (Sending.POST, Sending.KEP):
            raise CallerMistake(
                "Gönderim belgesini ekleyin (taahhütlü alındısı ya da KEP delili).",
                "Add the proof of sending (postal or KEP receipt).", code="no_proof")
        if file is not None:
            cases.add_file(conn, case, file, name, FileRole.SENT, by=by)
        cases.close(conn, case, by=by, answer_id=row[0], way=Sending(row[1]).name.lower())


def withdraw(request_id: int, *, by: int) -> None:
    """A letter that was not sent yet is taken back; it stays in the history, the case is open
    again. Raises Conflict for a mail, which may be out already."""
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id, lock=True)
        row = conn.execute(
            "select id, sending from data_request_answer where request_id = %s order by id desc "
            "limit 1", (request_id,)).fetchone()
        if row is None or case.state is not State.SENDING or row[1] == Sending.MAIL:
            raise Conflict("Geri alınacak bir yazı yok.", "There is no letter to take back.",
                           code="nothing_waits")
        conn.execute("update data_request set state = 1 where id = %s", (request_id,))
        cases.note(conn, case, Deed.SEND_FAILED, by=by, answer=row[0], reason="withdrawn")
