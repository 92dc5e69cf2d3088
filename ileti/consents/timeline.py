"""The story of one consent, told by every room that knows a part of it.

The ledger knows what was chosen and shown; verification, messages and İYS's answers belong to
higher floors, which :func:`tells` their part here instead of being imported from below.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from ileti.consents.models import ConsentEntry, ConsentState, Submission
from ileti.consents.vocabulary import Outcome, Source, Standing, Status
from ileti.core import orm
from ileti.core.formats import say
from ileti.core.secrets import secrets
from ileti.documents.models import DocumentVersion
from ileti.documents.views import emphasised, language_name

Step = dict[str, Any]
Teller = Callable[[list[ConsentEntry]], list[Step]]
_tellers: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Register a part of the story: from the key's entries to steps (see ``ui.timeline``)."""
    if teller not in _tellers:
        _tellers.append(teller)
    return teller


def story(entries: list[ConsentEntry], state: ConsentState | None,
          until: datetime | None = None) -> list[Step]:
    """All steps in order of time; ``entries`` are those of one key the user may see."""
    steps: list[Step] = []
    shown_texts: set[int | None] = set()
    for entry in sorted(entries, key=lambda one: one.id):
        steps += _told_by_ledger(entry, with_text=entry.text_id not in shown_texts)
        shown_texts.add(entry.text_id)
    steps += [step for teller in _tellers for step in teller(entries)]
    if state is not None and state.entry_id not in {entry.id for entry in entries}:
        steps.append(_told_by_state(state))
    shown = [step for step in steps if until is None or step["at"] <= until]
    return sorted(shown, key=_place)


# What belongs together within one second: text, tick, code, proof of the address, record, answers.
RANKS = {"text": 0, "tick": 1, "code": 2, "verified": 3, "record": 4, "message": 5}


def _place(step: Step) -> tuple[datetime, int]:
    return step["at"].replace(microsecond=0), RANKS.get(step.get("part", ""), 6)


def _told_by_ledger(entry: ConsentEntry, *, with_text: bool) -> list[Step]:
    submission = orm.db.session.get(Submission, (entry.provider_id, entry.submission_id))
    text = orm.db.session.get(DocumentVersion, entry.text_id) if entry.text_id else None
    steps: list[Step] = []
    if text is not None and with_text:
        steps.append({
            "part": "text",
            "icon": "eye", "title": _("The text that was shown"), "at": entry.captured_at,
            "quote": emphasised(text.body), "hash": text.content_hash.hex()[:16] + "…",
            "quote_note": _("Version %(n)s · %(language)s", n=text.version,
                            language=language_name(text.language)),
        })
    refusal = entry.status == Status.RET
    ticked = entry.standing == Standing.UNVERIFIED
    steps.append({
        "part": "tick" if ticked else "record",
        "icon": "circle-minus" if refusal else "mouse-pointer-click",
        "tone": "ret" if refusal else "accent",
        "title": _title(entry),
        "at": entry.captured_at, "facts": _facts(entry, submission), "code": _record_code(entry),
    })
    if ticked:
        steps[-1]["tone"] = "mute"
    return steps


def _title(entry: ConsentEntry) -> str:
    refusal = entry.status == Status.RET
    if Source(entry.source).is_iys:
        return _("The person refused at İYS") if refusal else _("The person consented at İYS")
    if refusal:
        return _("Refusal taken")
    ticked = entry.standing == Standing.UNVERIFIED
    return _("The person ticked the box") if ticked else _("Consent taken")


def _facts(entry: ConsentEntry, submission: Submission | None) -> str:
    """What is worth a line: where it was taken; how it stands only where that says more than the
    step's title."""
    parts = [say(Source(entry.source))]
    if entry.outcome not in (Outcome.RECORDED, Outcome.UNVERIFIED):
        parts.append(say(Outcome(entry.outcome)))
    evidence = submission.evidence if submission is not None else {}
    for name in ("page", "origin", "form", "form_version", "language", "note"):
        value = evidence.get(name)
        if isinstance(value, str | int) and value not in ("", "null"):  # a page's own Origin
            parts.append(_shown(name, str(value)[:120]))
    return " · ".join(parts)


def _shown(name: str, value: str) -> str:
    """One piece of evidence as people read it; what was kept stays as it is."""
    if name in ("page", "origin"):
        return value.removeprefix("https://").removeprefix("http://").removesuffix("/")
    if name == "form_version":
        return _("form version %(n)s", n=value)
    return language_name(value) if name == "language" else value


def _record_code(entry: ConsentEntry) -> str:
    return "sha256 " + entry.leaf.hex()[:12] + "…"


def _told_by_state(state: ConsentState) -> Step:
    """A change whose entry the user does not see, e.g. made at İYS, told without its record."""
    source = Source(state.source)
    refusal = state.status == Status.RET
    there = source.is_iys
    return {
        "icon": "arrow-down-to-line" if there else "git-compare-arrows",
        "tone": "ret" if refusal else "ok", "at": state.entry_at,
        "title": _("Changed at İYS") if there else _("Changed elsewhere"),
        "facts": f"{say(Status(state.status))} · {say(source)}",
    }


def address_of(recipient: Any) -> str | None:
    """A recipient's address in clear; None once the person was erased."""
    if recipient is None or not recipient.addr_ct or not recipient.addr_hash:
        return None
    return secrets().keyring.decrypt(
        recipient.key_no, recipient.addr_ct, recipient.addr_hash).decode()
