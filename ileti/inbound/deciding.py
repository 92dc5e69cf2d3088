"""What a person decides on a message no machine understood: a refusal, of how much, or nothing.

Why this module exists: a refusal may be said in any words (R-28), and somebody has to read those
that no list of words knows. A consent may not be read into free text: its word is the brand's own,
and typed by an agent it is none (R-20, R-43). Who decided stands with the record, and the person
hears of it as of every refusal. Everything in one transaction; a second decision finds nothing.
"""

from __future__ import annotations

from ileti.channels.messages import enqueue
from ileti.consents.vocabulary import Decision
from ileti.core import clock, db
from ileti.core.errors import Conflict
from ileti.inbound import answers, numbers
from ileti.inbound.recording import Wrote
from ileti.inbound.sealed import unseal
from ileti.inbound.treat import refuse_at
from ileti.inbound.vocabulary import Answered, Deed
from ileti.recipients.known import address_of
from ileti.tenancy import deeds

_DEEDS = {Decision.REFUSAL: Deed.REFUSED, Decision.EVERYTHING: Deed.STOPPED,
          Decision.NOTHING: Deed.SET_ASIDE}


def decide(provider_id: int, message_id: int, decision: Decision, *, by: int,
           brand_id: int | None = None) -> Deed:
    """Do what was decided; what became of it. ``brand_id`` limits a refusal to one brand of the
    number. Raises Conflict when somebody decided already or nobody stands behind the message,
    StorageAway."""
    with db.transaction(system=True) as conn:
        row = conn.execute(
            "select number_id, outside_id, recipient_id, text_key, text_ct, said_at, received_at, "
            "brand_id from inbound_message where provider_id = %s and id = %s and deed = %s "
            "for update", (provider_id, message_id, int(Deed.UNREAD))).fetchone()
        if row is None:
            raise _decided()
        number = numbers.of_id(conn, provider_id, row[0])
        submissions: list[int] = []
        answered, deed = None, _DEEDS[decision]
        if decision is not Decision.NOTHING:
            address = address_of(conn, provider_id, row[2]) if row[2] is not None else None
            text = unseal(provider_id, row[1], row[3], row[4])
            brands = [one for one in numbers.refusable(conn, number)[0]
                      if (brand_id or row[7]) in (None, one.place.brand_id)]
            if address is None or text is None or not brands:
                raise Conflict("Bu mesajın arkasında reddi yazılabilecek bir numara yok.",
                               "No number stands behind this message whose refusal could be taken.",
                               code="nobody")
            wrote = Wrote(message_id, number, row[1], row[2], address, text, row[5], row[6],
                          read_by=by)
            everything, held, mail = decision is Decision.EVERYTHING, False, False
            for brand in brands:
                done = refuse_at(conn, wrote, brand, everything=everything)
                submissions += done.submissions
                held, mail = held or done.held, mail or done.mail
            if held:
                enqueue(conn, [answers.message(
                    number, brands[0].place.brand_id, row[2], Answered.REFUSED, answers.refused(
                        number, brands, everything=everything, mail=mail), clock.now())])
                answered = int(Answered.REFUSED)
            else:
                deed = Deed.OLDER
        conn.execute(
            "update inbound_message set deed = %s, decided_by = %s, decided_at = %s, "
            "submissions = submissions || %s::bigint[], answered = coalesce(%s, answered) "
            "where id = %s",
            (int(deed), by, clock.now(), submissions, answered, message_id))
        deeds.note(conn, "inbound:decide", f"inbound:{message_id}", provider_id=provider_id,
                   user_id=by, detail={"what": decision.value})
    return deed


def _decided() -> Conflict:
    return Conflict("Bu mesaja az önce karar verilmiş.", "Somebody has decided on this message.",
                    code="decided")
