"""``python -m ileti`` is the same as ``ileti``."""

from ileti.cli import main

main()
