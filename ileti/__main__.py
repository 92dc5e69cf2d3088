"""``python -m ileti`` is the same as ``ileti``."""

import sys


def run() -> None:
    """The commands; Ctrl-C while they are still being loaded is no fault worth a stack trace."""
    try:
        from ileti.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
