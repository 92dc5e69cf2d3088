"""What is sealed in this room and under which purpose, so that pages, jobs and models agree.

Why this module exists: the jobs carry no ORM, and a value sealed for one column must open in no
other; the purposes stand here once.
"""

from __future__ import annotations

from ileti.core.secrets import secrets

PERSON_PURPOSE = "request-person"
WISH_PURPOSE = "request-wish"
NOTE_PURPOSE = "request-note"
ANSWER_PURPOSE = "request-answer"
MAIL_PURPOSE = "request-mail"
DRAFT_PURPOSE = "request-draft"
CORRECTION_PURPOSE = "request-correction"


def seal(text: str, purpose: str) -> str:
    """A text as its sealed column keeps it; nothing for nothing."""
    return secrets().keyring.encrypt_text(text, purpose) if text else ""


def unseal(kept: str | None, purpose: str) -> str:
    """Inverse of :func:`seal`."""
    return secrets().keyring.decrypt_text(kept, purpose) if kept else ""
