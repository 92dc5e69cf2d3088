"""Where the data comes from, as a form: every choice explained, a bought list refused (R-61)."""

from __future__ import annotations

from collections.abc import Mapping as Given
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ileti.core.errors import InvalidInput, RuleBroken
from ileti.core.formats import say
from ileti.imports.models import ImportRun
from ileti.imports.origin import LONGEST, Origin, Statement, state
from ileti.imports.panel import proof_page
from ileti.imports.panel.pages import frame

EXPLAINED: Final = {
    Origin.CUSTOMERS: _l("People who buy from you and whose consent you took yourselves."),
    Origin.FORMS: _l("Forms on paper or on a site, filled in by the people themselves."),
    Origin.OTHER_SYSTEM: _l("Records of the software you used before, with their dates."),
    Origin.IYS: _l("Downloaded by you from İYS; what İYS holds stays as it is there."),
    Origin.TAKEOVER: _l("The business was taken over; the people were told who is responsible "
                        "now."),
    Origin.PARTNER: _l("The partner asked the people, naming you, before giving you their data."),
    Origin.PURCHASED: _l("Is not imported: nobody on it gave you a consent (R-61)."),
}
TEXTS: Final = {
    "ground": (_l("Legal ground"), _l("For example: the commercial message consent in the "
                                      "membership form, or the merchant exception.")),
    "proof": (_l("Proof"), _l("Where the proofs of these consents are kept, and by whom.")),
    "notice": (_l("Notice"), _l("How and when the people were informed, or will be.")),
}


def read(form: Given[str, Any]) -> tuple[Statement | None, dict[str, str], str]:
    """The statement; or the faults by field, and the sentence of what is refused altogether."""
    given = {name: form.get(name, "") for name in ("origin", *TEXTS)}
    try:
        return state(given | {"proof_attached": form.get("proof_attached") == "1"}), {}, ""
    except InvalidInput as error:
        return None, {one.field: say(one) for one in error.errors}, ""
    except RuleBroken as error:
        return None, {"origin": say(error)}, say(error)


def context(one: ImportRun, typed: Given[str, Any] | None = None,
            errors: dict[str, str] | None = None, refused: str = "") -> dict[str, Any]:
    """Context of ``panel/imports/origin.html``."""
    held = one.origin if typed is None else typed
    return frame(one, "origin", title=_("Origin and proof"), line=_(
        "What you write here stands in the evidence of every record of this import.")) | {
        "origins": [{"value": each.value, "label": say(each), "text": EXPLAINED[each],
                     "selected": held.get("origin") == each.value} for each in Origin],
        "texts": [{"name": name, "label": label, "hint": hint, "value": held.get(name, "")}
                  for name, (label, hint) in TEXTS.items()],
        "attached": bool(held.get("proof_attached")), "longest": LONGEST,
        "proofs": proof_page.context(one),
        "errors": errors or {}, "refused": refused, "summary": list((errors or {}).items()),
    }
