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
from ileti.evidence.seal import Header, Position
from ileti.evidence.stamping import Stamp
from ileti.evidence.stamps import Verdict


def _place(entry: ConsentEntry) -> tuple[int, Position]:
    return entry.epoch, Position(int(entry.xid), 1, entry.id)


@tells
def sealed_steps(entries: list[ConsentEntry]) -> list[Step]:
    """When the records were sealed, and when a stamp covered them; a seal is told once."""
    found = {one.number: one for one in seal.seals_of([_place(one) for one in entries])
             if one is not None}
    stamps = stamping.stamps_over(list(found))
    steps: list[Step] = [{
        "icon": "lock", "tone": "ok", "title": _("The record was sealed"), "at": one.sealed_at,
        "facts": _("Seal %(n)s over %(records)s records", n=formats.number(one.number),
                   records=formats.number(one.leaves)),
        "code": f"sha256 {one.digest.hex()[:12]}…"} for one in found.values()]
    for stamp in {one.id: one for one in stamps.values()}.values():
        steps.append({
            "icon": "stamp", "tone": "ok" if stamp.verdict == Verdict.VALID else "mute",
            "title": stamp_name(stamp), "at": stamp.stamped_at,
            "facts": _("By %(who)s, over seal %(n)s and all before it",
                       who=stamp.signer or _("an unnamed authority"),
                       n=formats.number(stamp.number))})
    return steps


def stamp_name(stamp: Stamp) -> str:
    """*Zaman damgası* only when an authority that was named made it (R-68)."""
    return _("Time stamp") if stamp.verdict == Verdict.VALID else _("Trial time stamp")


def seal_row(entry: ConsentEntry) -> tuple[str, Any]:
    """The record's seal, for the particulars."""
    found: Sequence[Header | None] = seal.seals_of([_place(entry)])
    if found[0] is None:
        return _("Seal"), _("in a few seconds")
    return _("Seal"), Markup("<code class='bare' title='{0}'>{1}</code>").format(
        found[0].digest.hex(), formats.number(found[0].number))
