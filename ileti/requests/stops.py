"""Stopping what a person objects to, the same moment and for every brand (R-30, R-32, R-62).

Why this module exists: a KVKK objection or "I want no messages" on an application is a refusal on
all channels of the address, and a data controller is one whatever its brands. It goes through the
ledger as every refusal does, with the source the request really came by (R-43); an address İYS does
not know is refused too and stays blocked here (R-42). Explicit consents are withdrawn as easily.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.consents.ledger import ActorKind, Place
from ileti.consents.refusal import Refuser, refuse_now
from ileti.consents.vocabulary import Channel, Source
from ileti.core import db
from ileti.kvkk import withdrawal
from ileti.kvkk.vocabulary import Act
from ileti.recipients.address import AddressKind
from ileti.requests.cases import Case
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Way

SOURCES: Final = {
    Way.FORM: Source.HS_WEB, Way.EMAIL: Source.HS_EPOSTA, Way.KEP: Source.HS_EPOSTA,
    Way.PAPER: Source.HS_FIZIKSEL_ORTAM, Way.IN_PERSON: Source.HS_FIZIKSEL_ORTAM,
    Way.SIGNED: Source.HS_EORTAM,
}
_BRANDS: Final = """
select p.iys_code, b.id, b.brand_code from brand b join provider p on p.id = b.provider_id
 where b.provider_id = %(provider)s and (b.id = %(brand)s or exists (
     select from consent_state s where s.provider_id = b.provider_id and s.brand_id = b.id
        and s.recipient_id = %(recipient)s))
 order by b.id"""


def stop(case: Case, recipient_id: int, address: str, *, by: int | None = None) -> int:
    """Refuse every channel of an address for every brand that has it, and the case's own; answers
    how many brands. ``recipient_id`` 0: the address is not known here yet. Raises StorageAway;
    doing it again is harmless."""
    kind = AddressKind.EMAIL if "@" in address else AddressKind.PHONE
    channels = [one for one in Channel if one.address_kind == kind]
    rows: list[Any] = db.connection().execute(_BRANDS, {
        "provider": case.provider_id, "brand": case.brand_id,
        "recipient": recipient_id}).fetchall()
    for iys_code, brand_id, brand_code in rows:
        refuse_now(Refuser(
            place=Place(case.provider_id, iys_code, brand_id, brand_code),
            recipient_id=recipient_id, address=address, channels=channels,
            source=SOURCES[case.way], actor=ActorKind.VISITOR if by is None else ActorKind.USER,
            actor_id=by, key=f"kvkk{case.id}",
            evidence={"flow": "data-request", "case": case_number(case.id),
                      "channels": [one.name for one in channels]}))
    return len(rows)


_GIVEN: Final = """
select s.document_id from kvkk_state s
 where s.provider_id = %s and s.recipient_id = %s and s.act = %s order by s.document_id"""


def withdraw_consents(case: Case, recipient_id: int, address: str, *, by: int | None = None) -> int:
    """Withdraw every explicit consent that stands for a recipient; answers how many (R-62). Raises
    StorageAway; doing it again withdraws nothing more."""
    documents = [row[0] for row in db.connection().execute(
        _GIVEN, (case.provider_id, recipient_id, int(Act.GIVEN)))]
    if not documents:
        return 0
    iys_code, brand_id, brand_code = db.connection().execute(
        "select p.iys_code, b.id, b.brand_code from brand b "
        "join provider p on p.id = b.provider_id where b.id = %s",
        (case.brand_id,)).fetchone() or (0, 0, 0)
    return len(withdrawal.withdraw(withdrawal.Withdrawer(
        place=Place(case.provider_id, iys_code, brand_id, brand_code),
        recipient_id=recipient_id, address=address, source=SOURCES[case.way],
        actor=ActorKind.VISITOR if by is None else ActorKind.USER, actor_id=by,
        key=f"kvkk{case.id}", evidence={"flow": "data-request", "case": case_number(case.id)}),
        documents))
