"""Whether an installation is as this code wants it, found out with next to nothing.

Why this module exists: ``ileti up`` is started far more often than anything changes. What was
prepared leaves a mark below ILETI_VAR; the next start compares it with the code and asks the
database two short questions, and loads neither migrations nor models for that. What does not fit is
prepared anew (:mod:`ileti.cli.setup`, :mod:`ileti.cli.first_run`), which changes nothing that is as
it should be.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from json import dumps, loads
from pathlib import Path

from config import Settings
from ileti.core.loaded import code_digest

ADMIN = "admin"
# Whether the database is where it was sealed last: a copy in another cluster needs an epoch of its
# own (begin_seal_epoch), which is set-up's work; and what the application's role may do, which only
# set-up grants. Tables of one import and months come and go without it.
_STATE = """
select version_num || ' ' || (
       select md5(string_agg(concat_ws(' ', name, rights), e'\n' order by name)) from (
              select oid::regclass::text, relacl::text from pg_class
               where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')
                 and not relispartition and relname !~ '^import_stage_[0-9]+$'
               union all
              select oid::regprocedure::text, proacl::text from pg_proc
               where pronamespace = 'public'::regnamespace
               union all
              select nspname, nspacl::text from pg_namespace where nspname = 'public')
              of_all(name, rights))
  from alembic_version
 where pg_has_role('ileti_app', 'member')
   and (select system from seal_epoch order by epoch desc limit 1)
       = (select system_identifier::text from pg_control_system())"""


@dataclass(frozen=True)
class Mark:
    """What was prepared, as digests: the code that did it and the database; how it was left (its
    newest revision, all rights in it); what the first run made, with which settings, for which
    provider (its İYS code, 0: none), and the administrator's kept password (empty: it is not the
    one in the file)."""

    code: str = ""
    database: str = ""
    state: str = ""
    house: str = ""
    provider: int = 0
    admin: str = ""


def read(settings: Settings) -> Mark:
    """The mark; an empty one when there is none that can be read."""
    try:
        return Mark(**loads(_path(settings).read_text()))
    except (OSError, ValueError, TypeError):
        return Mark()


def write(settings: Settings, mark: Mark) -> None:
    """Keep the mark; a kill leaves the old one or the new one."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(dumps(asdict(mark)))
    half.replace(path)


def _path(settings: Settings) -> Path:
    return settings.ileti_var / "prepared"


def password_file(settings: Settings) -> Path:
    """Where the administrator's first password is kept, mode 600."""
    return settings.ileti_var / "admin-password.txt"


def database_digest(settings: Settings) -> str:
    """Of the database's address."""
    return _digest(settings.database_url)


def house_digest(settings: Settings) -> str:
    """Of the settings the first run depends on."""
    return _digest(str(settings.demo_company), settings.base_url, str(settings.port))


def password_digest(stored: str) -> str:
    """Of a password as the database keeps it."""
    return _digest(stored)


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()


def database_state(settings: Settings) -> str:
    """Newest revision and rights of the database; empty when it lies in another cluster than the
    one it was prepared in, or does not let the application in."""
    return _ask(settings, _STATE) or ""


def is_prepared(settings: Settings, mark: Mark) -> bool:
    """Whether nothing has to be prepared for this code, these settings and this database."""
    if (mark.code, mark.database) != (code_digest(), database_digest(settings)):
        return False
    if not settings.production and (mark.house != house_digest(settings)
                                    or not password_file(settings).exists()):
        return False
    return bool(mark.state) and database_state(settings) == mark.state


def password_holds(settings: Settings, mark: Mark) -> bool:
    """Whether the administrator's password is still the one in the file."""
    stored = _ask(settings, f"select password from ab_user where username = '{ADMIN}'")  # noqa: S608
    return stored is not None and password_digest(stored) == mark.admin


def _ask(settings: Settings, question: str) -> str | None:
    """The one value, None without; in the login's own right, else in the application's."""
    import psycopg

    from ileti.core.db import APP_ROLE, dsn

    for role in ("", f"-c role={APP_ROLE}"):
        try:
            with psycopg.connect(dsn(settings), connect_timeout=5, options=role) as conn:
                row = conn.execute(question).fetchone()
                return None if row is None else str(row[0])
        except psycopg.Error:
            continue
    return None
