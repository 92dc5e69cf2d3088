"""Which records of an act a person takes home as a receipt other software understands.

Why this module exists: the page of a receipt knows its act by a handle that lives a day, a mail by
a link that lives as long as the proof (R-46), and both must give the same: each box as it stands,
verified where its code came. Acts about personal data of the same click go with it, each as a
record of its own kind (:mod:`ileti.kvkk.receipt`). A link in a mail names one address's records
alone, since whoever reads one mailbox need not own the phone that was typed beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ileti.channels.render import refuse_url
from ileti.consents import consentreceipt
from ileti.core import db
from ileti.core.errors import NotFound
from ileti.core.secrets import secrets
from ileti.kvkk import receipt as acting

_ENTRIES = """
select coalesce(c.id, e.id)
  from submission o join consent_entry e on e.provider_id = o.provider_id
   and e.captured_at = o.captured_at and e.id = any(o.entry_ids)
  left join submission s on s.provider_id = e.provider_id
   and s.idem = 'confirm:' || e.submission_id || ':' || e.recipient_id
  left join consent_entry c on c.provider_id = s.provider_id and c.id = any(s.entry_ids)
   and c.captured_at = s.captured_at and c.channel = e.channel
 where o.provider_id = %s and o.id = %s and (%s::bigint[] is null or e.recipient_id = any(%s))
 order by 1"""
_ACTS = """
select coalesce(c.id, k.id)
  from kvkk_entry k
  left join submission s on s.provider_id = k.provider_id
   and s.idem = 'confirm:' || k.submission_id || ':' || k.recipient_id
  left join kvkk_entry c on c.provider_id = s.provider_id and c.submission_id = s.id
   and c.document_id = k.document_id and c.recipient_id = k.recipient_id
 where k.provider_id = %s and k.submission_id = %s and k.recipient_id is not null
   and (%s::bigint[] is null or k.recipient_id = any(%s)) order by 1"""
# What stands after a link in a sentence and comes along when it is copied.
_AFTER_A_LINK = ".,;:!?)]}>'\"…”’ "


def entries_of(provider_id: int, submission_id: int, people: Sequence[int] | None = None
               ) -> list[int]:
    """The entries an act has led to, the verified ones in place of the boxes they came from."""
    return _numbers(_ENTRIES, provider_id, submission_id, people)


def acts_of(provider_id: int, submission_id: int, people: Sequence[int] | None = None) -> list[int]:
    """The same of acts about personal data; an act of nobody known is in no receipt."""
    return _numbers(_ACTS, provider_id, submission_id, people)


def _numbers(statement: str, provider_id: int, submission_id: int, people: Sequence[int] | None
             ) -> list[int]:
    whose = None if people is None else list(people)
    return [row[0] for row in db.connection().execute(
        statement, (provider_id, submission_id, whose, whose))]


def of_act(provider_id: int, submission_id: int, people: Sequence[int] | None = None
           ) -> dict[str, Any]:
    """The receipt of one act as it stands now, or of these recipients' part of it. Raises NotFound
    when nothing was chosen there, Gone when the person was erased."""
    ids = entries_of(provider_id, submission_id, people)
    beside = acting.beside(provider_id, acts_of(provider_id, submission_id, people))
    if not ids and beside is None:
        raise NotFound("Bu gönderimde bir seçim yok; makbuzu da yok.",
                       "Nothing was chosen in this submission, so there is no receipt.",
                       code="no_choice")
    return consentreceipt.receipt(
        provider_id, ids, beside=beside, withdrawal=lambda brand, who, channel, language:
        refuse_url(provider_id, brand, who, [channel], language))


def of_link(token: str) -> dict[str, Any]:
    """The receipt a mail's link is for; raises NotAllowed for a forged one."""
    said = secrets().tokens("receipt").read(token.rstrip(_AFTER_A_LINK))
    return of_act(said["p"], said["s"], [said["r"]])


def as_file(receipt: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    """Bytes and headers of a download. The order of names is the signed one."""
    name = receipt["receipt_id"].removeprefix("urn:sha256:")[:20]
    raw = msgspec.json.format(msgspec.json.encode(receipt, order="sorted"), indent=1)
    return raw, {"Content-Disposition": f'attachment; filename="{name}.jsonld"'}
