"""Before an import is undone: what would become of what it brought, in numbers, either way.

Why this module exists: taking a list back and refusing what it brought are two different things,
and which of them is open depends on what İYS knows at this moment. A person sees that before
choosing; what has changed between the look and the press is told afterwards.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from ileti.core import formats
from ileti.core.formats import say
from ileti.imports import runs, undo
from ileti.imports.models import ImportRun
from ileti.imports.panel.pages import frame
from ileti.imports.states import Undo


def context(one: ImportRun) -> dict[str, Any]:
    """Context of ``panel/imports/undo.html``. Reads every entry of the import once."""
    seen = undo.preview(runs.read_run(one.id))
    back, whole = seen.kind is Undo.TAKE_BACK, seen.consents + seen.refusals
    channels, first = ({}, []) if back else undo.refusals(runs.read_run(one.id))
    return frame(one, "apply", title=_("Undo the import")) | {
        "back": back, "kind": int(seen.kind), "points": _points(seen, back=back),
        "possible": back or seen.consents > 0,
        "channels_told": [(say(channel), formats.number(n)) for channel, n in channels.items()],
        "more": max(0, sum(channels.values()) - len(first)),
        "first": [{"address": each.address, "channel": say(each.channel),
                   "kind": say(each.recipient_type), "date": each.consent_date}
                  for each in first],
        "deed": ngettext("Take %(n)s record back", "Take %(n)s records back",
                         whole, n=formats.number(whole))
        if back else ngettext("Record %(n)s refusal", "Record %(n)s refusals", seen.consents,
                              n=formats.number(seen.consents)),
    }


def _points(seen: undo.Preview, *, back: bool) -> list[str]:
    """What happens to consents, refusals, and what has changed since; a sentence each."""
    n = {"n": formats.number(seen.consents)}
    found = [_("%(n)s consents of the list are in force no more; where the list changed something, "
               "what was before holds again.", **n) if back else
             _("%(n)s consents of the list are refused by your own decision (HS_KARAR) and "
               "reported to İYS.", **n)]
    if seen.refusals:
        n = {"n": formats.number(seen.refusals)}
        found.append(_("%(n)s refusals of the list block no more.", **n) if back else
                     _("%(n)s refusals stay: nobody can undo a person’s no (R-32).", **n))
    if seen.changed:
        found.append(_("%(n)s records have changed since and stay as they are now.",
                       n=formats.number(seen.changed)))
    if not back:
        found.insert(0, _("İYS knows %(n)s of the records, or is getting them now.",
                          n=formats.number(seen.reported)))
    found.append(_("The entries stay in the ledger as proof of what was recorded."))
    return found
