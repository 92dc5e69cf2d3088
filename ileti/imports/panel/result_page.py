"""The dry run as a page: what would be taken, what not and why, what was spelled anew (picture 05).

Why this module exists: nobody applies a list they cannot judge. Every row stands in one of four
sums, every reason with its rule, an example line and what helps; and before the button stands how
long İYS will take at its limits and what will be past its three business days by then (R-33).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core import clock, formats, orm
from ileti.core.formats import either, language, say
from ileti.fields import catalogue
from ileti.fields.vocabulary import Where
from ileti.imports import agreed, ownfields, pace
from ileti.imports.models import ImportRun
from ileti.imports.panel import proof_page, visible
from ileti.imports.panel.pages import frame, only_said, report_links, takeable
from ileti.imports.verdicts import REASONS, Fate, Repair
from ileti.tenancy import offered as offers
from ileti.tenancy import security
from ileti.tenancy.models import Dealer, Provider

_LONGEST: Final = 60
_PHONE: Final = re.compile(r"\+90[0-9•]{10}")
_REPAIRED: Final = {Repair.PHONE: _l("Phone"), Repair.EMAIL: _l("E-mail"),
                    Repair.DATE: _l("Date")}


def context(one: ImportRun) -> dict[str, Any]:
    """Context of ``panel/imports/result.html``."""
    counts = one.counts or {}
    sums = _sums(counts)
    seconds = pace.sending_seconds(one.provider_id, takeable(one))
    provider = orm.db.session.get(Provider, one.provider_id)
    return frame(one, "check", title=_("Result of the dry run"), line=_(
        "This is only a dry run. No record has changed, nothing went to İYS.")) | {
        **sums, "total": sum(sums[key] for key in ("as_is", "repaired", "waits", "left")),
        "bar": _bar(sums), "took": formats.length(one.seconds) if one.seconds else "",
        "reasons": _reasons(counts), "repairs": _repairs(one),
        "sending": formats.length(seconds), "past": pace.past_due(counts, seconds),
        "activation": provider.activation_date if provider else None,
        "active": _before(provider.activation_date if provider else None),
        "totals": _totals(counts), "same": visible.same_file(one),
        "at_iys": _at_iys(counts), "me": _me(), "four_eyes": _four_eyes(one),
        "proofs": proof_page.context(one), "only_said": only_said(one),
        "reports": report_links(one), "field_faults": _field_faults(one),
    }


def _sums(counts: dict[str, Any]) -> dict[str, int]:
    fates: dict[Fate, int] = dict.fromkeys(Fate, 0)
    for number, n in counts.get("reason", {}).items():
        fates[REASONS[int(number)].fate] += n
    repaired = counts.get("repaired", {})
    return {"as_is": repaired.get("no", 0), "repaired": repaired.get("yes", 0),
            "waits": fates[Fate.WAITS], "left": fates[Fate.LEFT], "taken": fates[Fate.TAKEN]}


def _bar(sums: dict[str, int]) -> list[dict[str, Any]]:
    """The four parts as per cents of the width; what is there at all is wide enough to be seen."""
    parts = [(key, sums[key]) for key in ("as_is", "repaired", "waits", "left") if sums[key]]
    total = sum(n for _key, n in parts) or 1
    gap, least = 0.25, 1.2
    room = 100 - gap * max(0, len(parts) - 1)
    wide = [max(least, n / total * room) for _key, n in parts]
    scale = room / sum(wide) if wide else 1
    made, x = [], 0.0
    for (key, _n), width in zip(parts, wide, strict=True):
        made.append({"key": key, "x": round(x, 2), "width": round(width * scale, 2)})
        x += width * scale + gap
    return made


def _reasons(counts: dict[str, Any]) -> list[dict[str, Any]]:
    """What is not taken, what waits, and what is taken with something to know; most first."""
    found = []
    for number, n in counts.get("reason", {}).items():
        reason = REASONS[int(number)]
        if not reason.number:
            continue
        first, last = counts.get("lines", {}).get(number, [0, 0])
        found.append({
            "fate": {Fate.TAKEN: "taken", Fate.WAITS: "waits", Fate.LEFT: "left"}[reason.fate],
            "order": {Fate.LEFT: 0, Fate.WAITS: 1, Fate.TAKEN: 2}[reason.fate],
            "text": say(reason), "advice": reason.advise(language()),
            "rule": reason.rule, "code": reason.code if reason.code.startswith("H") and
            reason.code[1:].isdigit() else None, "first": first, "last": last, "count": n})
    return sorted(found, key=lambda each: (each["order"], -each["count"]))


def _field_faults(one: ImportRun) -> list[dict[str, Any]]:
    """What was wrong with values of custom fields, by the field's name."""
    told = (one.samples or {}).get("fields", [])
    if not told:
        return []
    names = {each.key: each for each in catalogue.fields_of(one.provider_id)}
    return [{"name": names[each["key"]].name(language()), "count": each["count"],
             "line": each["line"], "text": ownfields.said(each["code"], language()),
             "must": Where.IMPORT in names[each["key"]].required}
            for each in told if each["key"] in names]


def _repairs(one: ImportRun) -> list[dict[str, Any]]:
    return [{"kind": _REPAIRED.get(Repair(each["kind"]), "") if each["kind"] in
             set(Repair) else "", "before": _short(each["before"]),
             "after": _short(each["after"]), "count": each["count"], "line": each["line"]}
            for each in (one.samples or {}).get("repairs", [])[:8]]


def _at_iys(counts: dict[str, Any]) -> dict[str, Any] | None:
    """What İYS held of the list when it was asked; None when it was not."""
    told = counts.get("iys")
    if not told:
        return None
    found = {"problem": either(*told["problem"]) if told.get("problem") else ""}
    return found | {"rows": [
        (_("Consents that are consents there"), told["ONAY"]["there"]),
        (_("Consents refused there or unknown"), told["ONAY"]["absent"]),
        (_("Refusals that are consents there"), told["RET"]["there"]),
        (_("Refusals refused there or unknown"), told["RET"]["absent"])]}


def _short(value: str) -> str:
    """As it stands; a phone of ours in the groups people read."""
    if _PHONE.fullmatch(value):
        return " ".join((value[:3], value[3:6], value[6:9], value[9:11], value[11:]))
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"


def _before(activation: date | None) -> bool:
    return activation is not None and clock.today() <= activation


# -- the sums in tables --------------------------------------------------------------------------


def _totals(counts: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for name, title, words in (
            ("channel", _("By channel"), Channel), ("status", _("By choice"), Status),
            ("source", _("By source"), Source),
            ("recipient_type", _("By recipient type"), RecipientType)):
        rows = [(say(words(int(value))), n) for value, n in _most_first(counts.get(name, {}))
                if value.isdigit()]
        made.append({"title": title, "rows": rows})
    dealers = [(value, n) for value, n in _most_first(counts.get("dealer", {}))]
    if any(value.isdigit() and value != "0" for value, _n in dealers):
        names = _dealer_names([int(value) for value, _n in dealers[:20] if value.isdigit()])
        rows = [(names.get(value, _("Without a dealer")), n) for value, n in dealers[:20]]
        rest = sum(n for _value, n in dealers[20:])
        made.append({"title": _("By dealer"),
                     "rows": rows + ([(_("Other dealers"), rest)] if rest else [])})
    return [each for each in made if each["rows"]]


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: -each[1])


def _dealer_names(numbers: list[int]) -> dict[str, str]:
    return {str(number): alias or title for number, alias, title in orm.db.session.execute(
        select(Dealer.id, Dealer.alias, Dealer.title).where(Dealer.id.in_(numbers)))}


def _me() -> str:
    own = security.membership()
    return offers.names([own.user_id]).get(own.user_id, "") if own else ""


def _four_eyes(one: ImportRun) -> bool:
    return agreed.many("import", one.provider_id, one.staged)
