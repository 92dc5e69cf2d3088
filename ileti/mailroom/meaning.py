"""What a person means by a mail: :mod:`ileti.channels.replies` with the eyes of a mailbox.

Why this module exists: an SMS to a number of refusals is about nothing else; a mail may be about an
order, an invoice, anything. So a long letter and one about an order are a person's to read; and
what stands in the subject counts when it is the writer's own and not our mail's. Pure.
"""

from __future__ import annotations

import re
from typing import Final

from ileti.channels.replies import Meaning, Understood, Words, fold, understand

#: a longer letter is for a person to read
_MOST_WORDS: Final = 60
#: beside these, words of cancelling are about something else
_ORDERS: Final = ("siparis", "rezervasyon", "fatura", "kargo", "iade", "randevu", "urun", "odeme",
                  "order", "invoice", "booking", "refund", "uyelik ucret")
_CANCELS: Final = frozenset({"iptal", "cancel", "vazgec", "sil", "cik"})
_ANSWER: Final = re.compile(r"(re|ynt|yan|fw|fwd|ilt|sv|aw)\s*:", re.IGNORECASE)


def meaning(subject: str, text: str, words: Words = Words()) -> Understood:
    """Read a mail's own words, else its own subject; never raises."""
    said = _understood(text, words)
    if _ANSWER.match(subject.strip()):
        return said
    if said.meaning is Meaning.CONSENT:
        return _with_subject(said, subject, words)
    if said.meaning is not Meaning.UNCLEAR:
        return said
    by_subject = _understood(subject, words)
    if by_subject.meaning is Meaning.CONSENT and text.strip():
        return said  # a consent is nothing beside other words
    return by_subject if by_subject.meaning is not Meaning.UNCLEAR else said


def _with_subject(said: Understood, subject: str, words: Words) -> Understood:
    """A consent, unless the writer says another thing above it: a refusal there is one, and what
    only looks like one makes all of it unclear (R-09, R-28)."""
    above = _understood(subject, words)
    if above.meaning in (Meaning.REFUSAL, Meaning.STOP_EVERYTHING):
        return above
    doubted = above.meaning is Meaning.UNCLEAR and above.by and above.by not in (
        fold(one) for one in words.consent)
    return Understood(Meaning.UNCLEAR, above.by) if doubted else said


def _understood(text: str, words: Words) -> Understood:
    folded = fold(text[:4_000])
    if len(folded.split()) > _MOST_WORDS:
        return Understood(Meaning.UNCLEAR)
    said = understand(text, words)
    if (said.meaning is Meaning.REFUSAL and said.by.split(" ")[0] in _CANCELS
            and any(f" {word}" in f" {folded}" for word in _ORDERS)):
        return Understood(Meaning.UNCLEAR, said.by)
    return said
