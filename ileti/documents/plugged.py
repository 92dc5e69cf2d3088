"""Remarks on a wording from plug-ins, beside those of the law.

Why this module exists: the linter itself is pure and knows no provider; a company's own house style
or its regulator's words come by plug-in, and stand among the other remarks with the plug-in's name
where these have their rule. One that fails is a remark too, an error: a text nobody could check is
not published.
"""

from __future__ import annotations

from typing import Any, Final

from ileti.documents.lint import ERROR, HINT, Finding, Written
from ileti.hooks.kinds import Remark, Said, Wording
from ileti.hooks.limits import PluginFailed
from ileti.hooks.manager import plugins as loaded
from ileti.tenancy import plugins

HOOK: Final = "lint_check"
MOST: Final = 20


def findings(provider_id: int, text: Written) -> list[Finding]:
    """What the provider's plug-ins find; nothing where none is on."""
    if not plugins.on_at(provider_id):
        return []
    wording = Wording(text.kind, text.language, text.title, text.body, text.channel)
    found = [_failed(name) for name in plugins.broken(provider_id, HOOK)]
    for name in plugins.doing(provider_id, HOOK):
        try:
            said = loaded().call(name, HOOK, text=wording)
            found += [_finding(name, one, len(text.body)) for one in list(said)[:MOST]]
        except (PluginFailed, TypeError):
            found.append(_failed(name))
    return found


def _finding(name: str, one: Any, length: int) -> Finding:
    """A remark as the linter's own; raises TypeError for what is none."""
    if not isinstance(one, Remark) or not isinstance(one.said, Said):
        raise TypeError("no remark")
    start, end = sorted((min(max(one.start, 0), length), min(max(one.end, 0), length)))
    if start == end:
        start = end = 0
    return Finding(f"{name}:{one.code}", HINT if one.level == HINT else ERROR, name, start, end,
                   one.said.tr, one.said.en, one.why.tr, one.why.en)


def _failed(name: str) -> Finding:
    return Finding(
        f"{name}:failed", ERROR, name, 0, 0, f"“{name}” eklentisi metni denetleyemedi",
        f"The plug-in “{name}” could not check the text",
        "Denetlenemeyen metin yayına alınmaz. Eklentiyi onartın ya da kapatın.",
        "A text that could not be checked is not published. Have the plug-in mended, or switch it "
        "off.")
