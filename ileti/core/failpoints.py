"""Places where a test may kill or stop the process, so that "the worst moment" is repeatable.

Why this module exists: what is promised about crashes (fault rows 1, 4, 5, 27, 30) can only be
shown by crashing at a named place. ``ILETI_FAILPOINT=name`` ends the process there at once, without
any clean-up, as ``kill -9`` would; ``ILETI_FAILPOINT=stop:name`` stops it there (SIGSTOP) until
somebody lets it go on, as a machine that stalls would. Without the variable a place costs one
dictionary look-up.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "ILETI_FAILPOINT"
EXIT_STATUS = 137


def reach(name: str) -> None:
    """End or stop the process here when the environment asks for it; otherwise do nothing."""
    wanted = os.environ.get(VARIABLE)
    if wanted == name:
        os._exit(EXIT_STATUS)
    elif wanted == f"stop:{name}":
        del os.environ[VARIABLE]
        os.kill(os.getpid(), signal.SIGSTOP)
