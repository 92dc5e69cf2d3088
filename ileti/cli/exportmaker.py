"""The process that makes large exports; a worker's job starts it when there is something to make.

Why this module exists: a list is asked for in the panel's application, which a worker does not
carry (it would hold a hundred megabytes for good). So the application lives as long as there are
files to make. Says what it did as JSON on its output.
"""

from __future__ import annotations

import json
import sys
import time

from ileti.core.logs import configure_logs
from ileti.exports import making
from ileti.exports.jobs import RUN_SECONDS
from ileti.factory import create_app


def main() -> None:
    """Make what waits."""
    answer, sys.stdout = sys.stdout, sys.stderr
    configure_logs(stream="stderr")
    making.house_is(create_app().app_context)
    answer.write(json.dumps(making.make_due(time.monotonic() + RUN_SECONDS)))


if __name__ == "__main__":
    main()
