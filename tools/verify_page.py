"""The policy of the page that checks proof bundles names its own script and style by their digests.

Why this module exists: ``ileti/evidence/verify.html`` may load and run nothing but what stands in
it; its Content-Security-Policy says so with two digests, which change with every change of the
page. ``--write`` puts them right; without it, a policy that does not fit is a failure.
"""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from hashlib import sha256

from config import ROOT

PAGE = ROOT / "ileti" / "evidence" / "verify.html"


def fitting(page: str) -> str:
    """The page with a policy that names its one script and its one style."""
    for tag in ("script", "style"):
        found = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        if len(found) != 1:
            raise SystemExit(f"{PAGE.name}: {len(found)} inline {tag} elements, not one")
        digest = b64encode(sha256(found[0].encode()).digest()).decode()
        page = re.sub(rf"{tag}-src 'sha256-[^']*'", f"{tag}-src 'sha256-{digest}'", page)
    return page


def main() -> int:
    """0 when the policy fits; ``--write`` makes it fit."""
    page = PAGE.read_text(encoding="utf-8")
    wanted = fitting(page)
    if page == wanted:
        return 0
    if "--write" in sys.argv:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    print(f"{PAGE.name}: the policy does not fit; python -m tools.verify_page --write")
    return 1


if __name__ == "__main__":
    sys.exit(main())
