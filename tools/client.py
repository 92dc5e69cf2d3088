"""What of the Python client is written by a program: its types, and the half that does not wait.

Why this module exists: two clients written by hand drift apart. The asynchronous one is written by
hand; the synchronous one is the same text without the words of waiting, and the types come from the
API's document. ``--write`` writes both, ``--check`` fails when one is old.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from tools.client_types import types

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "client" / "src" / "ileti_client"
#: this one differs on purpose: it says what waiting means
_BY_HAND: Final = frozenset(("waits.py",))
_RULES: Final = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsync([A-Z])", r"\1"),
    (r"__a(enter|exit|iter|next)__", r"__\1__"),
    (r"\ba(close|iter_bytes)\b", r"\1"),
    (r"\b_async\b", "_sync"),
)
_HEADS: Final = {"__init__.py": '"""The client that waits for each answer; written by '
                 '``python -m tools.client --write``."""\n'}


def synchronous(text: str) -> str:
    """The same text without the words of waiting."""
    for pattern, written in _RULES:
        text = re.sub(pattern, written, text)
    return _sorted(text)


def _sorted(text: str) -> str:
    """Names in brackets of imports by the alphabet again."""
    def again(found: re.Match[str]) -> str:
        names = sorted(found[1].split(), key=str.casefold)
        return "import (\n" + "".join(f"    {name}\n" for name in names) + ")"
    text = re.sub(r"import \(\n((?:    \w+,\n)+)\)", again, text)
    lines = text.split("\n")
    for n, line in enumerate(lines):
        begin, found, names = line.partition(" import ")
        if found and begin.startswith("from ") and "(" not in names:
            listed = [one.strip() for one in names.split(",")]
            lines[n] = begin + found + ", ".join(sorted(listed, key=_order))
    return "\n".join(lines)


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, functions, as the linter orders them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def wanted() -> dict[Path, str]:
    """Each written file with its text."""
    made = {PACKAGE / "types.py": types()}
    for source in sorted((PACKAGE / "_async").glob("*.py")):
        if source.name not in _BY_HAND:
            made[PACKAGE / "_sync" / source.name] = _HEADS.get(source.name) or synchronous(
                source.read_text("utf-8"))
    return made


def old() -> list[Path]:
    """Files that are not as they are written, or that nobody writes any more."""
    made = wanted()
    differ = [path for path, text in made.items()
              if not path.exists() or path.read_text("utf-8") != text]
    left = [path for path in (PACKAGE / "_sync").glob("*.py")
            if path not in made and path.name not in _BY_HAND]
    return [*differ, *left]


def main(asked: list[str]) -> int:
    """``--write`` or ``--check``."""
    if asked == ["--write"]:
        for path, text in wanted().items():
            path.write_text(text, "utf-8")
        return 0
    found = old()
    for path in found:
        print(f"{path.relative_to(ROOT)} is old: python -m tools.client --write")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
