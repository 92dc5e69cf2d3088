"""Waiting records for the radar's tests: taken by a form, with a deadline of the test's choice."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

from ileti.core import clock, db
from ileti.core.secrets import secrets
from tests.panel.people import take

_phones = itertools.count(random.randint(1, 80) * 10_000)


def waiting(place: Any, due: Any, count: int = 1, *, stopped: str | None = None,
            code: int | None = None, refusal: bool = False,
            dealer_id: int | None = None) -> list[int]:
    """Records in the queue that must be at İYS by ``due``; their entries. ``stopped`` is why they
    were set aside, ``code`` İYS's number (180)."""
    entries = []
    for _ in range(count):
        phone = f"+905990{next(_phones):06d}"
        if refusal:
            take(place, phone, dealer_id=dealer_id)
            db.connection().execute("delete from outbox where provider_id = %s and ref_id = "
                                    "(select max(id) from consent_entry where provider_id = %s)",
                                    (place.provider_id, place.provider_id))
        done = take(place, phone, dealer_id=dealer_id, refusal=refusal)
        entries.append(done.items[0].entry_id)
    with db.transaction() as conn:
        conn.execute("update consent_state set iys_due_at = %s, iys_code = %s, "
                     "consent_date = least(consent_date, %s) "
                     "where provider_id = %s and entry_id = any(%s)",
                     (due, code, due - timedelta(days=3) if due else clock.now(),
                      place.provider_id, entries))
        if stopped:
            conn.execute("update outbox set dead_at = now(), reason = %s where provider_id = %s "
                         "and ref_id = any(%s)", (stopped, place.provider_id, entries))
    return entries


def connected(place: Any) -> None:
    """The provider has its İYS user, so that records go out by themselves."""
    password = secrets().keyring.encrypt_text("deneme", "iys-password")
    db.connection().execute("update provider set iys_username = 'x', iys_password = %s "
                            "where id = %s", (password, place.provider_id))
