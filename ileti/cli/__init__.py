"""The command line: everything an operator does, each command with help in plain words."""

from ileti.cli.commands import main

__all__ = ["main"]
