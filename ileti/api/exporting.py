"""Consents as a table for spreadsheets: the panel's file, over the API.

Why this module exists: a report tool that reads tables should not have to turn pages of JSON into
one. It is the panel's own file (:mod:`ileti.consents.exported`), narrowed by the list's own
filters, with the custom fields as columns. Whoever took it stands in the trail, with or without
addresses.
"""

from __future__ import annotations

from typing import Final

from ileti.api import looking, slots
from ileti.api.desk import Answer, Call
from ileti.api.reading import query
from ileti.api.scoped import Declared, Streamed, shows_addresses
from ileti.capture.api_document import Operation
from ileti.consents import exported
from ileti.programs import deeds

PATH: Final = looking.PATH + "/export"


def export(call: Call) -> Answer:
    """``GET /consents/export``."""
    asked = query(call, looking.NARROWED)
    full, wanted = shows_addresses(call, asked, "consent:export"), looking.wanted_of(asked)
    slot = slots.take(call.caller.account_id)
    try:
        deeds.note(call.caller, "consent:export", "consent:*", call.address,
                   filters=sorted(call.args), addresses="full" if full else "masked")
        pieces = exported.pieces(wanted, full=full, language=call.language)
    except BaseException:
        slot.release()
        raise
    name = "consents" if call.language == "en" else "izinler"
    return Answer(200, None, (
        ("Content-Type", "text/csv; charset=utf-8"),
        ("Content-Disposition", f'attachment; filename="{name}.csv"')),
        Streamed(call, pieces, slot.release))


SERVICES: Final = (
    Declared(Operation(
        "exportConsents", "get", PATH, "consents", ("İzinleri tablo olarak al",
                                                    "Consents as a table"),
        ("CSV: noktalı virgül, UTF-8; özel alanlar sütun olur. Başlıklar Accept-Language "
         "dilindedir; en çok 1.000.000 satır. Kişisel alanlar yalnız `addresses=full` ile gelir. "
         "Alındığı denetim izine yazılır.",
         "CSV: semicolons, UTF-8; custom fields are columns. Headings are in the language of "
         "Accept-Language; 1,000,000 rows at most. Personal fields come with `addresses=full` "
         "alone. That it was taken is kept in the audit trail."),
        200, ("Tablo.", "The table."), query=looking.NARROWED, gives=("text/csv",),
        faults=(401, 403, 404, 422, 429, 500, 503)), export, "consents:list"),
)
