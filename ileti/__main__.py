"""``python -m ileti`` is the same as ``ileti``."""

import sys

from ileti.core import loaded


def run() -> None:
    """The commands; Ctrl-C while they are still being loaded is no fault worth a stack trace."""
    try:
        if "setup" in sys.argv:  # it is recorded as done by the code that is loaded from here on
            loaded.remember()
        from ileti.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
