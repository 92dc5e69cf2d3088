"""Every text people may see has its Turkish: extracts the msgids anew and compares.

English is the msgid, so English needs no catalogue. Fails when a msgid has no Turkish, when the
compiled catalogue is not what its source says, or when a translation lost a placeholder.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config import ROOT

FOLDER = ROOT / "translations" / "tr" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]")


def extracted() -> set[str]:
    """All msgids in code and templates, as pybabel finds them."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "messages.pot"
        subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg",
             "-k", "_l", "-k", "lazy_gettext", "-o", str(target), "."],
            cwd=ROOT, check=True, capture_output=True,
        )
        with target.open("rb") as handle:
            return {str(m.id[0] if isinstance(m.id, tuple) else m.id)
                    for m in read_po(handle) if m.id}


def _placeholders(message: Message) -> set[str]:
    """Those of the widest form: Turkish has one form for all numbers."""
    forms = message.id if isinstance(message.id, tuple) else (message.id,)
    return set(PLACEHOLDER.findall(str(forms[-1])))


def main() -> int:
    """0 when all is translated and compiled; ``--write`` compiles first."""
    with (FOLDER / "messages.po").open("rb") as handle:
        catalog = read_po(handle, locale="tr")
    wrong: list[str] = []
    texts = extracted()
    if not texts:
        wrong.append("pybabel found no text at all: babel.cfg does not fit the folders")
    for text in sorted(texts):
        message = catalog.get(text)
        found = message.string if message else ""
        strings = found if isinstance(found, tuple) else (found,)
        if not all(strings):
            wrong.append(f"no Turkish: {text!r}")
        elif any(set(PLACEHOLDER.findall(s)) != _placeholders(message) for s in strings):
            wrong.append(f"another placeholder: {text!r}")
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    if "--write" in sys.argv:
        (FOLDER / "messages.mo").write_bytes(compiled.getvalue())
    if (FOLDER / "messages.mo").read_bytes() != compiled.getvalue():
        wrong.append("messages.mo is not what messages.po compiles to: run `make translations`")
    print("\n".join(wrong) or f"{len(catalog)} texts translated")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
