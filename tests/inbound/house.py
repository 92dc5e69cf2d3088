"""A number with a brand's words and text, and people who write to it."""

from __future__ import annotations

import itertools
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from ileti.channels.messages import open_content
from ileti.core import clock, db
from ileti.core.secrets import secrets
from ileti.documents.publish import publish_standard_texts
from ileti.inbound import numbers
from ileti.inbound.formats import Arrived
from ileti.inbound.intake import receive
from ileti.inbound.numbers import Number
from ileti.inbound.vocabulary import Answered, Deed

_codes = itertools.count(random.randint(1, 400_000))


def new_phone() -> str:
    """An invented number nobody else uses."""
    return f"+90599{random.randint(0, 9_999_999):07d}"


class House:
    """A provider's number as gateways and people see it."""

    def __init__(self, place: Any, *, gateway: str = "http", text: bool = True) -> None:
        self.place = place
        self.token, digest = numbers.new_token()
        row = db.system_connection().execute(
            "insert into inbound_number (provider_id, number, name, gateway, token_hash) "
            "values (%s, %s, 'Duyuru hattı', %s, %s) returning id, number",
            (place.provider_id, f"+90850{random.randint(1_000_000, 9_999_999)}", gateway,
             digest)).fetchone()
        assert row is not None
        self.number = Number(row[0], place.provider_id, row[1], "Duyuru hattı", gateway)
        self.text_id = self._published(place) if text else None
        self.serve(place.brand_id, text_id=self.text_id)

    def _published(self, place: Any) -> int:
        documents = publish_standard_texts(place.provider_id, place.brand_id)
        row = db.system_connection().execute(
            "select id from document_version where document_id = %s and language = 'tr'",
            (documents["MESAJ"],)).fetchone()
        return int(row[0]) if row else 0

    def serve(self, brand_id: int, *, text_id: int | None = None,
              consent: tuple[str, ...] = ("ONAY",), refusal: tuple[str, ...] = ("RET",),
              info: tuple[str, ...] = ("BİLGİ",)) -> None:
        """Let a brand have words at the number."""
        db.system_connection().execute(
            "insert into inbound_words (provider_id, number_id, brand_id, consent_words, "
            "refusal_words, info_words, text_id) values (%s, %s, %s, %s, %s, %s, %s)",
            (self.place.provider_id, self.number.id, brand_id, list(consent), list(refusal),
             list(info), text_id))

    def second_brand(self, name: str = "Defne Bahçe") -> int:
        """Another brand of the provider."""
        row = db.system_connection().execute(
            "insert into brand (provider_id, brand_code, name) values (%s, %s, %s) returning id",
            (self.place.provider_id, 910_000_000 + next(_codes), name)).fetchone()
        return int(row[0]) if row else 0

    def write(self, sender: str, text: str, *, at: datetime | None = None,
              id: str | None = None) -> Deed | None:
        """Somebody writes; answers what was done, None for what was known already."""
        outside = id or uuid.uuid4().hex
        new = receive(self.number, [Arrived(outside, sender, self.number.number, text,
                                            at or clock.now())])
        row = self.row(outside)
        return Deed(row["deed"]) if new and row["deed"] else None

    def row(self, outside: str | None = None) -> dict[str, Any]:
        """A message's row, the newest by default."""
        from psycopg.rows import dict_row

        with db.system_connection().cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(
                "select * from inbound_message where provider_id = %s "
                "and (%s::text is null or outside_id = %s) order by id desc limit 1",
                (self.place.provider_id, outside, outside)).fetchone()
        assert found is not None
        return found

    def states(self, phone: str, brand_id: int | None = None) -> dict[int, tuple[int, int]]:
        """Status and source of each channel of an address at a brand."""
        digest = secrets().addresses.of(self.place.provider_id, phone)
        return {row[0]: (row[1], row[2]) for row in db.system_connection().execute(
            "select s.channel, s.status, s.source from consent_state s join recipient r "
            "on r.provider_id = s.provider_id and r.id = s.recipient_id "
            "where s.provider_id = %s and s.brand_id = %s and r.addr_hash = %s",
            (self.place.provider_id, brand_id or self.place.brand_id, digest)).fetchall()}

    def entries(self) -> int:
        """How many records the provider has."""
        row = db.system_connection().execute(
            "select count(*) from consent_entry where provider_id = %s",
            (self.place.provider_id,)).fetchone()
        return int(row[0]) if row else 0

    def answers(self) -> list[tuple[Answered, dict[str, Any]]]:
        """What waits in the queue for people, oldest first."""
        rows = db.system_connection().execute(
            "select m.recipient_id, m.kind, m.content_key, m.content_ct from message m "
            "join outbox o on o.provider_id = m.provider_id and o.ref_id = m.id and o.topic = 2 "
            "where m.provider_id = %s order by m.id", (self.place.provider_id,)).fetchall()
        found = []
        for recipient, kind, key, cipher in rows:
            content = open_content(self.place.provider_id, recipient, kind, key, bytes(cipher))
            found.append((Answered[content.get("about", "CONFIRMED")], content))
        return found


def ago(**parts: float) -> datetime:
    """A moment of the past."""
    return clock.now() - timedelta(**parts)
