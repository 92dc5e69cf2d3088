"""Seals and time stamps as the page of a consent tells them.

Why this module exists: a proof that nobody sees is not asked for when it is needed. Each record
shows the seal it stands in and the stamp that covers it; a stamp by an authority nobody has named
is called a trial stamp and not a *zaman damgası* (R-68).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from ileti.consents.models import ConsentEntry
from ileti.consents.timeline import Step, tells
from ileti.core import formats
from ileti.evidence import seal, stamping
from ileti.evidence.seal import Position
from ileti.evidence.stamping import Stamp
from ileti.evidence.stamps import Verdict

Place = tuple[int, Position]


def _place(entry: ConsentEntry) -> Place:
    return entry.epoch, Position(int(entry.xid), 1, entry.id)


@tells
def sealed_steps(entries: list[ConsentEntry]) -> list[Step]:
    """When the records were sealed, and when a stamp covered them; a seal is told once."""
    return steps_of([_place(one) for one in entries])


def steps_of(places: Sequence[Place]) -> list[Step]:
    """Seals and stamps of records of any ledger, in the colour of proof, which nothing else has."""
    found = {one.number: one for one in seal.seals_of(places) if one is not None}
    stamps = stamping.stamps_over(list(found))
    steps: list[Step] = [{
        "icon": "lock", "tone": "seal", "title": _("The record was sealed"), "at": one.sealed_at,
        "facts": _("Seal %(n)s over %(records)s records", n=formats.number(one.number),
                   records=formats.number(one.leaves)),
        "code": f"sha256 {one.digest.hex()[:12]}…"} for one in found.values()]
    for stamp in {one.id: one for one in stamps.values()}.values():
        steps.append({
            "icon": "stamp", "tone": "seal",
            "title": stamp_name(stamp), "at": stamp.stamped_at,
            "facts": _("By %(who)s, over seal %(n)s and all before it",
                       who=stamp.signer or _("an unnamed authority"),
                       n=formats.number(stamp.number))})
    return steps


def stamp_name(stamp: Stamp) -> str:
    """*Zaman damgası* only when an authority that was named made it (R-68)."""
    return stamp_word(in_law=stamp.verdict == Verdict.VALID)


def stamp_word(*, in_law: bool) -> str:
    """What a stamp is called (R-68)."""
    return _("Time stamp") if in_law else _("Trial time stamp")


def seal_row(entry: ConsentEntry) -> tuple[str, Any]:
    """The record's seal, for the particulars."""
    return seal_and_stamp(_place(entry))[0]


def seal_and_stamp(place: Place) -> list[tuple[str, Any]]:
    """The seal of a record of any ledger and the stamp that covers it, for the particulars."""
    header = seal.seals_of([place])[0]
    if header is None:
        return [(_("Seal"), _("in a few seconds"))]
    rows: list[tuple[str, Any]] = [
        (_("Seal"), Markup("<code class='bare' title='{0}'>{1}</code>").format(
            header.digest.hex(), formats.number(header.number)))]
    stamp = stamping.stamp_over(header.number)
    if stamp is None:
        return [*rows, (_("Time stamp"), _("not yet"))]
    return [*rows, (stamp_name(stamp), " · ".join((
        formats.moment(stamp.stamped_at), stamp.signer or _("an unnamed authority"))))]
