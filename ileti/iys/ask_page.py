"""What the status query shows: İYS and here, side by side, with the story and İYS's own numbers.

Addresses are masked like everywhere; only the field in which somebody typed them keeps what was
typed. When the hour's questions are used up the page says so and says what it answers from instead.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from config import settings
from ileti.consents import listing
from ileti.consents.models import ConsentEntry, ConsentState
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, RecipientType, Source, Status
from ileti.core.formats import say
from ileti.iys.answers import History
from ileti.iys.ask import Heard, Key, Ours, There, Verdict, compare
from ileti.iys.ask_form import SHOWN_FAULTS, Typed
from ileti.iys.errors import meaning
from ileti.iys.hourly import history_hour, kept_for_work, status_hour
from ileti.iys.wire import Movement
from ileti.recipients.address import mask

_ORDER = (Verdict.DIFFERS, Verdict.NOT_TOLD, Verdict.UNDER_WAY, Verdict.NOWHERE, Verdict.SAME)
_TOLD = {
    Verdict.DIFFERS: _l("İYS and here lead to different answers. Sending goes by what is here."),
    Verdict.UNDER_WAY: _l("What is here is on its way to İYS."),
    Verdict.NOT_TOLD: _l("İYS did not say; what is here holds."),
    Verdict.NOWHERE: _l("Neither side has a record."),
    Verdict.SAME: _l("Both sides lead to the same answer."),
}


def page(typed: Typed, heard: Heard | None = None, held: Ours | None = None) -> dict[str, Any]:
    """Context of ``panel/ask.html``; without answers only the form."""
    lines = [] if heard is None or held is None else [
        _line(key, typed.recipient_type, heard.there.get(key), held) for key in typed.keys]
    one = len(typed.addresses) == 1
    if not one:
        lines.sort(key=lambda line: line["order"])
    return {
        "title": _("Status query"),
        "line": _("What İYS holds now and what is here, side by side; asking is recorded"),
        "form": _form(typed), "budget": _budget(), "asked": heard is not None,
        "notices": _notices(heard) if heard is not None else [],
        "bad_lines": [_("Line %(n)s: %(why)s", n=at, why=why)
                      for at, why in typed.lines[:SHOWN_FAULTS]] if not _only_fault(typed) else [],
        "bad_more": max(0, len(typed.lines) - SHOWN_FAULTS), "repeated": typed.repeated,
        "singles": [{**line, "history": _history(line["key"], heard, held),
                     "take": _take(line, held.states.get((typed.addresses[0], line["key"])))}
                    for line in lines]
        if one and heard is not None and held is not None else [],
        "rows": lines if not one else [], "summary": _summary(lines) if not one else "",
        "actions": [{"label": _("Ask about another"), "url": "#adres", "icon": "search"}]
        if heard is not None else [],
        "who": mask(typed.addresses[0]) if one and lines else "",
    }


def _only_fault(typed: Typed) -> bool:
    """Whether the one thing typed is faulty: then its reason stands at the field."""
    return len(typed.lines) == 1 and not typed.keys


def _form(typed: Typed) -> dict[str, Any]:
    return {
        "brands": [{"value": str(one.id), "label": f"{one.name} · {one.brand_code}",
                    "selected": str(one.id) == typed.brand_id} for one in typed.brands],
        "kinds": [{"value": one.name, "label": say(one), "selected": one is typed.recipient_type}
                  for one in RecipientType],
        "channels": [{"value": "", "label": _("All that fit the address"),
                      "selected": not typed.channel},
                     *({"value": one.name, "label": say(one), "selected": one.name == typed.channel}
                       for one in (Channel.MESAJ, Channel.ARAMA, Channel.EPOSTA))],
        "text": typed.text, "errors": typed.errors, "record": typed.record,
        "summary": [("adres" if name == "adres" else name, text)
                    for name, text in typed.errors.items()],
    }


def _budget() -> list[tuple[str, str]]:
    """How many questions of the hour people have left."""
    given, kept = settings(), kept_for_work()
    left = status_hour(given.iys_url).left(kept)
    histories = history_hour(given.iys_url).left()
    most = given.iys_status_requests_per_hour - kept
    return [(_("Single queries left this hour"), f"{left} / {most}"),
            (_("Histories left this hour"),
             f"{histories} / {given.iys_history_requests_per_hour}")]


def _notices(heard: Heard) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if heard.trouble is not None:
        known = meaning(heard.trouble.code, heard.trouble.http_status)
        made.append({"tone": "bad", "code": known.code, "bold": _("İYS could not be asked."),
                     "rest": " ".join((say(known), _("Below stands what is here.")))})
    if heard.status_wait is not None:
        made.append({"tone": "wait", "code": "H086", "bold": _(
            "The hour’s single queries are used up."), "rest": " ".join((
                _("İYS’s query for lists answers instead: it tells a consent, and does not tell a "
                  "refusal from no record. Dates and numbers are our own."),
                _again(heard.status_wait)))})
    if heard.history_wait is not None:
        made.append({"tone": "wait", "code": "H089", "bold": _(
            "The hour’s history queries are used up."), "rest": " ".join((
                _("The history below is our ledger’s, with the numbers İYS gave us."),
                _again(heard.history_wait)))})
    if heard.history_trouble is not None:
        known = meaning(heard.history_trouble.code, heard.history_trouble.http_status)
        made.append({"tone": "wait", "code": known.code, "bold": _("İYS gave no history."),
                     "rest": " ".join((say(known), _("The history below is our ledger’s.")))})
    return made


def _again(seconds: float) -> str:
    minutes = max(1, math.ceil(seconds / 60))
    return ngettext("It is free again in about %(num)s minute.",
                    "It is free again in about %(num)s minutes.", minutes)


# -- one key -------------------------------------------------------------------------------------


def _line(key: Key, kind: RecipientType, there: There | None, held: Ours) -> dict[str, Any]:
    address, channel = key
    state = held.states.get(key)
    verdict = compare(there, state)
    number = held.receipts.get(state.entry_id) if state else None
    return {
        "key": channel, "order": _ORDER.index(verdict), "address": mask(address),
        "channel": channel.name, "merchant": kind is RecipientType.TACIR,
        "verdict": verdict.value, "told": _TOLD[verdict], "there": _there(there),
        "here": _here(state), "kept_number": number,
        "facts": _facts(there.movement if there else None, state, number),
    }


def _there(there: There | None) -> dict[str, Any]:
    """İYS's side: a badge, or words where there is no state to draw."""
    if there is None or there.consents is None:
        return {"choice": None, "words": _("Not told"), "code": there.code if there else None}
    if there.consents:
        return {"choice": "in_force", "words": "", "code": None}
    if there.movement is not None:
        return {"choice": "refusal", "words": "", "code": None}
    words = _("No record") if there.surely else _("No consent")
    return {"choice": None, "words": words, "code": None}


def _here(state: ConsentState | None) -> dict[str, Any]:
    if state is None:
        return {"choice": None, "iys": None, "code": None, "url": None}
    return {"choice": listing.choice_key(state), "iys": listing.iys_key(state),
            "code": listing.iys_code(state),
            "url": url_for("ConsentView.show", number=record_number(state.entry_id))}


def _facts(movement: Movement | None, state: ConsentState | None,
           number: str | None) -> list[dict[str, Any]]:
    """The rows of the side-by-side table below the choice."""
    return [
        {"label": _("Source"), "there": _source(movement) if movement else None,
         "here": say(Source(state.source)) if state else None},
        {"label": _("Consent date"), "there_at": movement.consent_date if movement else None,
         "here_at": state.consent_date if state else None},
        {"label": _("Written down"), "there_at": movement.creation_date if movement else None,
         "here_at": state.entry_at if state else None},
        {"label": _("İYS transaction"), "there_code": movement.transaction_id if movement else None,
         "here_code": number},
    ]


def _source(movement: Movement) -> str:
    unknown = movement.source in (Source.NONE, Source.IYS_BILINMEYEN)
    return movement.source_word if unknown and movement.source_word else say(movement.source)


def _take(line: dict[str, Any], state: ConsentState | None) -> dict[str, Any] | None:
    """The one repair that helps at once: İYS holds a refusal, and here a consent is in force."""
    if state is None or line["verdict"] != Verdict.DIFFERS or (
            line["there"]["choice"] != "refusal" or line["here"]["choice"] != "in_force"):
        return None
    return {"label": _("Take İYS’s refusal"), "icon": "arrow-down-to-line", "method": "post",
            "url": url_for("AskView.take"), "fields": {"ref": record_number(state.entry_id)}}


# -- the history ---------------------------------------------------------------------------------


def _history(channel: Channel, heard: Heard, held: Ours) -> dict[str, Any]:
    """Movements at İYS and entries here in one table, matched by İYS's transaction number."""
    entries, told = held.entries.get(channel, []), heard.histories.get(channel)
    rows = _both(told, entries, held.receipts) if told else [
        _entry_row(entry, held.receipts.get(entry.id)) for entry in entries]
    rows.sort(key=lambda row: (row["at"], row["taken"]), reverse=True)
    return {"rows": rows, "from_iys": told is not None,
            "unreadable": told.unreadable if told else 0,
            "older": max(0, told.total - len(told.movements) - told.unreadable) if told else 0}


def _both(told: History, entries: Sequence[ConsentEntry],
          receipts: dict[int, str]) -> list[dict[str, Any]]:
    left = list(entries)
    rows = []
    for movement in told.movements:
        mine = next((one for one in left if receipts.get(one.id) == movement.transaction_id
                     and one.status == movement.status), None)
        if mine is not None:
            left.remove(mine)
        rows.append(_movement_row(movement, mine))
    return rows + [_entry_row(one, receipts.get(one.id), only_here=True) for one in left]


def _movement_row(movement: Movement, mine: ConsentEntry | None) -> dict[str, Any]:
    return {
        "at": movement.consent_date or movement.creation_date, "taken": movement.creation_date,
        "choice": _choice(movement.status), "source": _source(movement),
        "number": movement.transaction_id, "at_iys": True, **_record(mine),
    }


def _entry_row(entry: ConsentEntry, number: str | None, *,
               only_here: bool = False) -> dict[str, Any]:
    return {
        "at": entry.consent_date, "taken": entry.captured_at, "choice": _choice(entry.status),
        "source": say(Source(entry.source)), "number": number,
        "at_iys": not only_here and number is not None, **_record(entry),
    }


def _record(entry: ConsentEntry | None) -> dict[str, Any]:
    number = record_number(entry.id) if entry else None
    return {"record": number,
            "url": url_for("ConsentView.show", number=number) if number else None}


def _choice(status: int) -> str:
    """A movement of the past is outlined: what is in force now stands above (look §1.3)."""
    return "refusal" if status == Status.RET else "given"


def _summary(lines: list[dict[str, Any]]) -> str:
    """"12 addresses and channels: 10 same, 1 different …", in the order of the table."""
    counted = Counter(line["verdict"] for line in lines)
    words = {Verdict.DIFFERS: _("different"), Verdict.NOT_TOLD: _("not told"),
             Verdict.UNDER_WAY: _("under way"), Verdict.NOWHERE: _("without a record"),
             Verdict.SAME: _("same")}
    return ", ".join(f"{counted[one.value]} {words[one]}" for one in _ORDER if counted[one.value])
