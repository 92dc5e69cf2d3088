"""Icons as inline SVG, because an icon font or a sprite from elsewhere is an outside request.

The drawings are lucide's (ISC, licence beside the files in ``static/icons``), one small file each.
An icon never carries meaning alone: it is hidden from assistive technology and a word stands
beside it (look §6, §8).
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).resolve().parents[2] / "static" / "icons"
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def has_icon(name: str) -> bool:
    """Whether a drawing of this name is in the box."""
    return bool(re.fullmatch(r"[a-z0-9-]+", name)) and (FOLDER / f"{name}.svg").is_file()


@lru_cache(maxsize=512)
def icon(name: str, size: int = 16, stroke: float = 1.75) -> Markup:
    """The icon ``name`` as SVG, ``size`` CSS pixels square, drawn in the text's own colour.

    Raises LookupError for a name without a drawing: a missing icon is a mistake of ours that a
    test must see, not an empty square that a customer sees.
    """
    if not has_icon(name):
        raise LookupError(f"no icon named {name!r} in {FOLDER.name}/")
    found = _BODY.search((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
    body = found.group(1) if found else ""
    return Markup(  # noqa: S704 - our own files, no input of anybody
        f'<svg class="i" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" '
        f'stroke="currentColor" stroke-width="{stroke:g}" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true" focusable="false">{body}</svg>'
    )
