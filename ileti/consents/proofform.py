"""A form drawn again as the person saw it, for the pages of a proof (R-17, R-23).

Why this module exists: "which box, beside which words, and what stood around it?" is asked of every
consent taken on a page. The record's evidence keeps the form's version and language, the digests of
all texts on it, which boxes were ticked and when, and how far the notice was shown; its leaf
commits to that. With the texts of those digests the form is drawn: fields, boxes empty and ticked,
notice, explicit consents. Only what is proven is drawn. Words that are the same on every form (the
button, "you can go on without") and the look of the site are in no record, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ileti.consents import prooftold
from ileti.consents.bundled import Bundle, Recorded
from ileti.consents.proofwords import (
    extent_of,
    fields_of,
    language_of,
    moment,
    said,
    time_of,
)
from ileti.consents.vocabulary import Channel
from ileti.evidence.leaf import canonical_digest
from ileti.evidence.paper import drawable

_MISSING: Final = "Metni bu pakette yok; kayıtta yalnız özeti duruyor: "
Texts = Mapping[str, Mapping[str, Any]]


def forms(made: Bundle) -> dict[str, dict[str, Any]]:
    """By record what its form was like; records of one click share one, drawn with the first
    (``first`` names it, ``boxes`` are empty for the others)."""
    first: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for one in made.records:
        evidence = one.parts["evidence"]
        if not (isinstance(evidence, dict) and _is_form(evidence)):
            continue
        seen = canonical_digest({name: evidence.get(name) for name in (
            "form", "site", "formVersion", "shownAt", "texts", "boxes", "privacy", "notice")})
        owner = first.setdefault(seen, one.record)
        found[one.record] = {"first": owner, "line": "", "fields": [], "boxes": [], "notice": None}
        if owner == one.record:
            found[one.record] |= _drawn(one, evidence, made.texts)
    return found


def _is_form(evidence: Mapping[str, Any]) -> bool:
    """Whether it was taken on a form whose texts are known."""
    return bool(evidence.get("formVersion")) and isinstance(evidence.get("texts"), list) and (
        bool(evidence["texts"]) or isinstance(evidence.get("privacy"), dict))


def _drawn(one: Recorded, evidence: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    shown = time_of(str(evidence.get("shownAt")))
    line = [said(evidence.get("place")), f"sürüm {said(evidence.get('formVersion'))}",
            language_of(evidence), f"{moment(shown)} tarihinde gösterildi" if shown else "",
            said(evidence.get("page") or evidence.get("origin"))]
    name = prooftold.name_of(one)
    fields = [("Ad soyad", name)] if name else []
    privacy = evidence.get("privacy")
    return {
        "line": " · ".join(part for part in line if part),
        "fields": [*fields, *fields_of(evidence)],
        "boxes": [*_channels(evidence, texts), *_asked(privacy, texts)],
        "notice": _notice(privacy, evidence.get("notice"), texts),
    }


def _channels(evidence: Mapping[str, Any], texts: Texts) -> list[dict[str, Any]]:
    """The boxes of commercial consents, in the form's order."""
    ticked = evidence.get("boxes")
    ticked = ticked if isinstance(ticked, dict) else {}
    found = []
    for named in _named(evidence.get("texts")):
        channel = str(named.get("channel"))
        label = Channel[channel].tr if channel in Channel.__members__ else ""
        found.append(_box(label, named, channel in ticked, ticked.get(channel), texts))
    return found


def _asked(privacy: Any, texts: Texts) -> list[dict[str, Any]]:
    """The boxes of explicit consents."""
    if not isinstance(privacy, dict):
        return []
    ticked = privacy.get("boxes")
    ticked = ticked if isinstance(ticked, dict) else {}
    return [_box("Açık rıza", named, str(named.get("document")) in ticked,
                 ticked.get(str(named.get("document"))), texts)
            for named in _named(privacy.get("texts"))]


def _named(listed: Any) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _box(label: str, named: Mapping[str, Any], ticked: bool, at: Any, texts: Texts
         ) -> dict[str, Any]:
    mark = str(named.get("hash"))
    text = texts.get(mark)
    when = time_of(str(at))
    return {
        "label": label, "ticked": ticked, "at": moment(when) if ticked and when else "",
        "title": drawable(text["title"]) if text else "",
        "blocks": prooftold.paragraphs(text["body"]) if text
        else prooftold.paragraphs(_MISSING + mark[:64])}


def _notice(privacy: Any, acknowledged: Any, texts: Texts) -> dict[str, Any] | None:
    """The notice of the form: how far it was shown, and whether it was declared as read."""
    named = privacy.get("notice") if isinstance(privacy, dict) else None
    if not isinstance(named, dict):
        return None
    text = texts.get(str(named.get("hash")))
    read = acknowledged if isinstance(acknowledged, dict) else None
    when = time_of(str(read.get("at"))) if read else None
    return {"title": drawable(text["title"]) if text else "Aydınlatma metni",
            "extent": extent_of(named), "read": read is not None,
            "at": moment(when) if when else "", "digest": said(named.get("hash"))}
