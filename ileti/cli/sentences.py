"""Every command ends in one sentence with what to do, and an exit code, instead of a stack trace.

What we foresee is translated here in one place: a wrong setting, a caller's mistake, a database
that is away, empty or refuses a right, a folder that cannot be written. Only a fault of ours shows
more. The services' libraries are imported when something went wrong and not before, so that the
long-lived processes stay small.
"""

from __future__ import annotations

import os
from typing import Any

import click

from config import WrongSetting
from ileti.core.errors import IletiError, StorageAway
from ileti.core.logs import mask_text

_ANOTHER_VERSION = {"42P01", "42703", "42883", "3F000"}  # no such table, column, function, schema
_NO_RIGHT = "42501"
_LOCKED = "55P03"


class Sentences(click.Group):
    """Ends in a sentence instead of a stack trace for everything we foresee."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and translate what went wrong."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            click.echo(f"ileti: {sentence}", err=True)
            raise SystemExit(2) from None


def language() -> str:
    """The language of a command's answers, from ``LANG``."""
    return "tr" if os.environ.get("LANG", "").startswith("tr") else "en"


def sentence_for(error: BaseException) -> str | None:
    """What happened and what to do; None for what nobody foresaw."""
    if isinstance(error, WrongSetting):
        return str(error)
    if isinstance(error, StorageAway):
        return _away(error.__cause__)
    if isinstance(error, IletiError):
        said = [error.say(language()), *(one.say(language()) for one in error.errors)]
        return " ".join(said)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return (f"{error.filename}: {error.strerror}. Make room or give the right to write there, "
                "or set ILETI_VAR to another folder.")
    return _service(error)


def _service(error: BaseException) -> str | None:
    import psycopg
    import redis
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError) and error.orig is not None:
        return _service(error.orig)
    if isinstance(error, redis.RedisError):
        return f"Redis does not answer ({type(error).__name__}): check REDIS_URL and the server."
    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    if state in _ANOTHER_VERSION:
        return "The database is empty or of another version: run `ileti setup` first."
    if state == _NO_RIGHT:
        return (f"The database refuses a right ({_reason(error)}): see “Two logins” in "
                "docs/production.md.")
    if state == _LOCKED:
        return "Somebody holds a lock in the database for too long: run the command again."
    return _away(error) if isinstance(error, psycopg.OperationalError) else None


def _away(error: BaseException | None) -> str:
    reason = f" ({_reason(error)})" if error else ""
    return (f"The database does not answer{reason}: check DATABASE_URL, DATABASE_OWNER_URL and the "
            "server, or start `ileti up`.")


def _reason(error: BaseException) -> str:
    """The first line of what the database said, without what a log must not hold."""
    lines = str(error).strip().splitlines()
    return mask_text(lines[0]) if lines else type(error).__name__
