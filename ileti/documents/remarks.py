"""The linter's findings as the page shows them: numbered, with their words, marks in the text.

Why apart: the number beside a remark and the number in the text must be the same, and a text is
shown with its marks also where no script runs (look picture 11).
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ileti.documents.facts import Judged


def remarks_of(judged: Judged, body: str, kind: str, language: str) -> list[dict[str, Any]]:
    """Faults of merge fields and findings, numbered: those with a place in the order of the text,
    then those about the whole."""
    placed = [_fault(one, body, language) for one in judged.faults]
    placed += [{
        "code": one.code, "level": one.level, "rule": one.rule, "start": one.start,
        "end": one.end, "title": one.say(language), "why": one.why(language),
        "proposal": one.proposal,
        # a commercial text ends in the sentence of its box: nothing is put after it
        "apply": f"{one.code}:{one.start}" if one.proposal and (one.end or kind != "ETK_ONAYI")
        else None,
    } for one in judged.findings]
    placed.sort(key=lambda one: (not one["end"], one["start"], one["level"]))
    for n, one in enumerate(placed, 1):
        one["n"] = n
    return placed


def _fault(fault: Any, body: str, language: str) -> dict[str, Any]:
    said = fault.say(language)
    head, _dot, _rest = said.partition(": ")
    key = head.split("}")[0] + "}" if head.startswith("{") else ""
    start = body.find(key) if key and fault.field == "body" else -1
    return {"code": fault.code, "level": "error", "rule": "R-59", "start": max(start, 0),
            "end": start + len(key) if start >= 0 else 0, "title": said, "why": "",
            "proposal": None, "apply": None}


def marked(body: str, remarks: list[dict[str, Any]]) -> Markup:
    """The text with its marks and their numbers; marks that overlap share the first one's."""
    made, at = Markup(""), 0
    for one in sorted((r for r in remarks if r["end"]), key=lambda r: (r["start"], -r["end"])):
        if one["start"] < at:
            continue
        made += Markup('{}<mark class="m-{}">{}<sup>{}</sup></mark>').format(
            body[at:one["start"]], one["level"], body[one["start"]:one["end"]], one["n"])
        at = one["end"]
    return made + body[at:]
