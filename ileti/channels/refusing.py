"""Whether a refusal that is written as our messages say arrives and is understood (R-28, R-29).

Why this module exists: the provider's record names a number and a word, every commercial SMS prints
them, and the room that reads what people write has numbers and words of its own. The two must fit,
or a refusal is lost: so the word is tried with the very reading incoming messages get, before it is
kept and again before a campaign goes, and somebody has to listen on the number. İYS listens on its
own; that the gateway answers a number of its own and tells İYS is believed when the record says so,
since nobody else could know. Bare SQL: the rooms that ask and are asked about lie above this one.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

from ileti.channels.gateways.spoken import written
from ileti.channels.replies import Meaning, Words, fold, understand, words_at
from ileti.core import db

#: İYS's own short number (R-34): what is written there comes back to us from İYS
IYS_NUMBER: Final = "3338"
Sentence = tuple[str, str]

_LINES: Final = """
select w.consent_words, w.refusal_words, w.info_words, b.name
  from inbound_words w join brand b on b.id = w.brand_id
 where w.provider_id = %s order by w.id"""
_RECORD: Final = """
select coalesce(refusal_number, ''), refusal_word, refusal_elsewhere from provider where id = %s"""
_LISTENS: Final = """
select exists (select from inbound_number n join inbound_words w on w.number_id = n.id
 where n.provider_id = %s and w.brand_id = %s and n.number = %s and n.active)"""


def word_fault(provider_id: int, word: str) -> Sentence | None:
    """Why a word cannot be printed as the word of refusal, in Turkish and English: at a number of
    the provider it would not be read as one, or it would make a word of consent or of information
    mean something else."""
    rows = db.system_connection().execute(_LINES, (provider_id,)).fetchall()
    for consent, refusal, information, brand in rows or [(("ONAY",), (), (), "")]:
        words = words_at(tuple(consent), tuple(refusal), brand, (word,))
        if understand(word, words).meaning is not Meaning.REFUSAL or fold(word) in map(
                fold, consent):
            return (f"“{word}” yazana ret denemez: gelen SMS’lerde başka türlü anlaşılıyor.",
                    f"“{word}” is understood otherwise when people write it: it cannot refuse.")
        taken = _taken(words, consent, information)
        if taken is not None:
            return (f"“{word}” ret sözcüğü olursa “{taken}” yazan da reddetmiş sayılır.",
                    f"With “{word}” as the word of refusal, “{taken}” would refuse too.")
    return None


def obstacles(provider_id: int, brand_id: int) -> list[Sentence]:
    """What is wrong with the way to refuse that a brand's SMS print, in Turkish and English."""
    row = db.system_connection().execute(_RECORD, (provider_id,)).fetchone()
    number, word, elsewhere = row or ("", "RET", False)
    found = []
    fault = word_fault(provider_id, word)
    if fault is not None:
        found.append((f"{fault[0]} Gönderen ve ret sayfasında değiştirin (R-28).",
                      f"{fault[1]} Change it on the page Sender and refusal (R-28)."))
    if number and not elsewhere and not _listens(provider_id, brand_id, number):
        found.append((
            f"Ret numarası {number} bu marka için dinlenmiyor: Gelen SMS numaraları altında bu "
            "markanın sözcükleriyle açın, ya da ret numarasını ağ geçidiniz yanıtlıyorsa bunu "
            "Gönderen ve ret sayfasında belirtin (R-29).",
            f"Nobody listens on the refusal number {number} for this brand: set it up under "
            "Numbers for incoming SMS with the brand’s words, or say on the page Sender and "
            "refusal that the gateway answers it (R-29)."))
    return found


def _listens(provider_id: int, brand_id: int, number: str) -> bool:
    spelled = written(number)
    if spelled == IYS_NUMBER:
        return True
    conn: psycopg.Connection[Any] = db.system_connection()
    row = conn.execute(_LISTENS, (provider_id, brand_id, spelled)).fetchone()
    return bool(row and row[0])


def _taken(words: Words, consent: list[str], information: list[str]) -> str | None:
    """A word of consent or information that the word of refusal takes away."""
    refuses = (Meaning.REFUSAL, Meaning.STOP_EVERYTHING)
    return next((one for one in (*consent, *information)
                 if understand(one, words).meaning in refuses), None)
