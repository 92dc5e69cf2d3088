"""Places where a test may kill the process, so that "kill -9 at the worst moment" is repeatable.

Why this module exists: what is promised about crashes (fault rows 1, 4, 5, 30) can only be shown
by crashing at a named place. ``ILETI_FAILPOINT=name`` ends the process there at once, without any
clean-up, as ``kill -9`` would; without the variable a place costs one dictionary look-up.
"""

from __future__ import annotations

import os

VARIABLE = "ILETI_FAILPOINT"
EXIT_STATUS = 137


def reach(name: str) -> None:
    """End the process here when the environment asks for it; otherwise do nothing."""
    if os.environ.get(VARIABLE) == name:
        os._exit(EXIT_STATUS)
