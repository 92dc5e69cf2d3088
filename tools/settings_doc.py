"""Writes docs/settings.md from config.py; with --check only says whether they are equal."""

from __future__ import annotations

import sys
from pathlib import Path

from config import ROOT, settings_table

HEAD = """# Settings

Environment variables, read once at the start. A wrong one stops the start with one sentence.
Generated from `config.py` by `make docs`; do not edit by hand.

"""


def main() -> int:
    """0 when written or equal, 1 when the file must be written anew."""
    path = Path(ROOT) / "docs" / "settings.md"
    text = HEAD + settings_table()
    if "--check" in sys.argv:
        if path.exists() and path.read_text() == text:
            print("docs/settings.md is up to date")
            return 0
        print("docs/settings.md differs from config.py: run `make docs`")
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
