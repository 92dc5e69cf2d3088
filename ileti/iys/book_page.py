"""What the error book shows: every code in plain words, whose part it is, what to do, how many
records have it now; and one code with its records (look §1.6, §1.7).

Buttons are offered only where they help and only to whoever may press them. None of them changes a
person's date or choice: a record is sent again as it is, taken out of the queue, or İYS is asked
what it holds.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import select

from ileti.consents import listing
from ileti.consents.detail import record_url
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel, Status
from ileti.core import formats, orm
from ileti.core.formats import language, say
from ileti.iys import book
from ileti.iys.errors import MEANINGS, Fault, Kind, Meaning, is_via, meaning
from ileti.iys.kinds import Place
from ileti.recipients.address import mask
from ileti.tenancy import security
from ileti.tenancy.models import Brand

DEEDS = {
    Kind.RETRY: _l("It sends the record again later, by itself."),
    Kind.RATE: _l("It waits until the limit is free and goes on by itself."),
    Kind.AUTH: _l("It logs in anew and goes on; if that fails, it holds the records."),
    Kind.SUBSCRIPTION: _l("It holds the records and tries again every quarter of an hour."),
    Kind.CONFIG: _l("It holds the records until somebody has mended the cause."),
    Kind.BATCH: _l("It splits the list and sends the parts again."),
    Kind.ITEM: _l("It does not send the record again."),
    Kind.ALREADY: _l("It asks İYS what it holds before it believes the answer."),
    Kind.LOCAL_ONLY: _l("It keeps the refusal here; it blocks sending."),
    Kind.OVERDUE: _l("It does not send the record again, and the gate stays shut."),
}


def index() -> dict[str, Any]:
    """Context of ``panel/errorbook.html``."""
    found = book.counts()
    tab = request.args.get("durum") or ("simdi" if found else "hepsi")
    word, fault = request.args.get("q", "").strip()[:60], request.args.get("kim", "")
    codes = [one for one in _ordered(found) if _fits(one, tab, found, word, fault)]
    total = sum(found.values())
    return {
        "title": _("Error book"),
        "line": ngettext("%(num)s record carries an İYS code now",
                         "%(num)s records carry an İYS code now", total)
        if total else _("No record carries an İYS code now"),
        "tabs": _tabs(tab, found), "tab": tab, "word": word,
        "filter": _fault_filter(fault), "kept": [("durum", tab), ("q", word)],
        "clear_url": url_for("BookView.index", durum=tab) if word or fault else None,
        "columns": [
            {"key": "code", "label": _("Code")}, {"key": "what", "label": _("What it means")},
            {"key": "fault", "label": _("Whose part")}, {"key": "todo", "label": _("What to do")},
            {"key": "count", "label": _("Records now"), "numeric": True}],
        "rows": [_row(one, found) for one in codes], "good": tab == "simdi" and not found,
    }


def _ordered(found: Counter[str]) -> list[Meaning]:
    """Codes with records first, the most first; then by number. Without the two words of the token
    call, which no record carries."""
    codes = {code for code in MEANINGS if book.CODE.fullmatch(code)} | set(found)
    return [meaning(code) for code in
            sorted(codes, key=lambda one: (-found[one], len(one), one))]


def _fits(one: Meaning, tab: str, found: Counter[str], word: str, fault: str) -> bool:
    if word and not _speaks_of(one, word):
        return False
    if fault and one.fault != fault:
        return False
    if tab == "simdi":
        return found[one.code] > 0
    return is_via(one.code) if tab == "via" else not is_via(one.code) or bool(word)


def _speaks_of(one: Meaning, word: str) -> bool:
    """Whether every word typed stands in the code's texts of either language."""
    text = _plain(" ".join((one.code, one.tr, one.en, one.what_tr, one.what_en, one.advice.tr,
                            one.advice.en, one.fault.tr, one.fault.en)))
    return all(part in text for part in _plain(word).split())


def _plain(text: str) -> str:
    """Small letters without the Turkish difference of i and ı, so that either is found."""
    return text.replace("İ", "i").replace("I", "i").lower().replace("ı", "i")


def _tabs(current: str, found: Counter[str]) -> list[dict[str, Any]]:
    return [{"label": label, "url": url_for("BookView.index", durum=key), "count": count,
             "current": key == current} for key, label, count in (
        ("simdi", _("On records now"), len(found) or None), ("hepsi", _("All codes"), None),
        ("via", _("İYS ViA"), None))]


def _fault_filter(chosen: str) -> dict[str, Any]:
    name = next((say(one) for one in Fault if one == chosen), None)
    choices = [{"value": "", "label": _("All"), "selected": name is None},
               *({"value": one.value, "label": say(one), "selected": one == chosen}
                 for one in Fault)]
    return {"key": "kim", "label": _("Whose part"), "kind": "choices", "multiple": False,
            "value": name, "choices": choices, "chosen": chosen if name else ""}


def _row(one: Meaning, found: Counter[str]) -> dict[str, Any]:
    return {
        "code": Markup("<code>{}</code>").format(one.code),
        "url": url_for("BookView.show", code=one.code), "what": _what(one),
        "fault": say(one.fault), "todo": say(one.advice), "count": found[one.code] or "–",
    }


def _what(one: Meaning) -> str:
    return one.what(language())


# -- one code ------------------------------------------------------------------------------------


def detail(code: str) -> dict[str, Any]:
    """Context of ``panel/errorcode.html``."""
    one, found = meaning(code), book.numbers(code)
    may_see = security.may("consent:read")
    before = entry_of(request.args.get("once", ""))
    shown = book.records(code, before) if may_see else None
    first = max(1, request.args.get("ilk", 1, type=int))
    rows = _record_rows(shown) if shown else []
    return {
        "crumbs": [(_("Error book"), url_for("BookView.index")), (code, None)],
        "code": code, "title": _what(one), "sentence": say(one) if say(one) != _what(one) else "",
        "todo": say(one.advice), "step": _step(one, found),
        "facts": _facts(one, found), "actions": _actions(code, found),
        "held": _held_notice(found), "rows": rows, "may_see": may_see,
        "bulk": _bulk(code, rows), "pages": {
            "first": first, "last": first + len(rows) - 1, "total": found.answered,
            "newer_url": url_for("BookView.show", code=code) if before else None,
            "older_url": url_for("BookView.show", code=code, ilk=first + len(rows),
                                 once=record_number(shown.rows[-1][0].id))
            if shown and shown.more else None},
    }


def _facts(one: Meaning, found: book.Numbers) -> list[tuple[str, Any]]:
    other = (_("In Turkish"), one.what("tr")) if language() == "en" else (
        _("In English"), Markup('<span lang="en">{}</span>').format(one.what("en")))
    if language() == "en":
        other = (other[0], Markup('<span lang="tr">{}</span>').format(other[1]))
    rows = [(_("Whose part"), say(one.fault)), (_("What this program does"), DEEDS[one.kind]),
            other, (_("Records with it now"), formats.number(found.answered + found.held))]
    if found.held:
        rows.append((_("Held up in lists"), formats.number(found.held)))
    if found.stopped:
        rows.append((_("Stopped, waiting for you"), formats.number(found.stopped)))
    if not one.known:
        rows.append((_("Known code"), _("No; İYS’s list does not have it yet.")))
    return rows


def _step(one: Meaning, found: book.Numbers) -> dict[str, Any] | None:
    """The button that helps, when this user may press it and there is something to help."""
    words = one.next_step(language())
    where = _where(one.advice.place, found)
    return {"label": words, "url": where, "icon": "arrow-right"} if words and where else None


def _where(place: Place, found: book.Numbers) -> str | None:
    own = security.membership()
    provider = own.provider_id if own else None
    if place is Place.PROVIDER and security.may("provider:read"):
        return url_for("ProviderView.show", pk=provider) if provider else url_for(
            "ProviderView.list")
    if place is Place.BRANDS and security.may("brand:read"):
        return url_for("BrandView.list")
    if place is Place.DEALERS and security.may("dealer:read"):
        return url_for("DealerView.list")
    if place in (Place.RECORDS, Place.ASK) and found.answered and security.may("consent:read"):
        return "#kayitlar"
    return None


def _actions(code: str, found: book.Numbers) -> list[dict[str, Any]]:
    if not found.stopped or not security.may("queue:resend"):
        return []
    return [{"label": _("Send the stopped ones again"), "icon": "refresh-cw", "id": "hepsi",
             "count": found.stopped, "url": url_for("StoppedView.resend", code=code), "confirm": {
                 "title": ngettext("Send %(num)s record again?", "Send %(num)s records again?",
                                   found.stopped), "verb": _("Send again"),
                 "text": _("Do it once the cause is mended; else they stop again.")}}]


def _held_notice(found: book.Numbers) -> dict[str, Any] | None:
    if not found.held:
        return None
    return {"text": ngettext("%(num)s record waits in a list that is held up by this code.",
                             "%(num)s records wait in lists that are held up by this code.",
                             found.held),
            "action": {"label": _("Show the lists"), "small": True,
                       "url": url_for("QueueView.list", durum="gonderim")}
            if security.may("queue:read") else None}


def _bulk(code: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Deeds on ticked rows: only stopped ones can be ticked."""
    actions = []
    if security.may("queue:resend"):
        actions.append({"name": "resend", "label": _("Send again"), "icon": "refresh-cw",
                        "url": url_for("StoppedView.resend", code=code)})
    if security.may("queue:drop"):
        actions.append({
            "name": "drop", "label": _("Take out of the queue"), "icon": "trash-2",
            "url": url_for("StoppedView.drop", code=code), "danger": True,
            "confirm": _("Take the ticked consents out of the queue for good?")})
    return {"actions": actions} if actions and any(row["id"] for row in rows) else None


def _record_rows(found: book.Records) -> list[dict[str, Any]]:
    people = listing.recipients_of(found.rows)
    brands = {one.id: str(one) for one in orm.db.session.scalars(select(Brand))}
    may_ask, may_act = security.may("iys:ask"), security.may("queue:resend")
    made = []
    for entry, state in found.rows:
        address = address_of(people.get((entry.provider_id, entry.recipient_id)))
        number = record_number(entry.id)
        waits = (entry.provider_id, entry.id) in found.stopped
        made.append({
            "id": number if waits and may_act else None,
            "url": record_url(entry), "address": mask(address) if address else _("erased"),
            "sub": f"{say(Channel(entry.channel))} · {say(Status(state.status))}",
            "choice": listing.choice_key(state),
            "iys": listing.iys_key(state), "stopped": waits, "at": entry.captured_at,
            "brand": brands.get(entry.brand_id, ""),
            "actions": [{"label": _("Ask İYS"), "method": "post", "small": True,
                         "icon": "file-search", "url": url_for("AskView.ask"),
                         "fields": {"ref": number}}] if may_ask and address else [],
        })
    return made

