"""How large the widget is, as the build wrote it down; `make bench-widget`."""

from __future__ import annotations

import gzip
import json

from config import ROOT


def main() -> None:
    """One line for the script-tag bundle, the one most sites load."""
    folder = ROOT / "static" / "widgets"
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["files"]:
        measured = len(gzip.compress((folder / entry["file"]).read_bytes(), 9, mtime=0))
        name = "widget_gz_bytes" if entry["file"] == "ileti.js" else "widget_esm_gz_bytes"
        print(f"{name} {measured}")


if __name__ == "__main__":
    main()
