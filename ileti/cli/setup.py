"""Bring a database to today's shape: migrations, the application's rights, partitions.

Runs as the owner of the tables (DATABASE_OWNER_URL, or DATABASE_URL when there is one login only)
and under an advisory lock, so that two hosts starting at once do not race (trap T1).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, pool, text

from config import Settings
from ileti.cli import readiness
from ileti.core.db import dsn, sqlalchemy_url
from ileti.core.loaded import loaded_digest

MIGRATIONS = Path(__file__).parents[1] / "migrations"
LOCK = 0x11E71
WALL_MISSING = (
    "Veritabanının sahibi rol oluşturamıyor: sağlayıcıları, markaları ve bayileri birbirinden "
    "ayıran ikinci duvar kurulmadı, yalnız uygulamanın süzgeci çalışıyor. docs/production.md "
    "içindeki “Two logins” adımındaki rolleri açıp `ileti setup` komutunu yeniden çalıştırın.\n"
    "The database’s owner may not make roles: the second wall between providers, brands and "
    "dealers was not built, the application’s filter stands alone. Make the roles of “Two logins” "
    "in docs/production.md and run `ileti setup` again.")


def _owner(settings: Settings) -> Settings:
    url = settings.database_owner_url or settings.database_url
    return settings.model_copy(update={"database_url": url})


def alembic_config() -> Config:
    """Alembic without a file of its own."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def migrate(settings: Settings) -> None:
    """Upgrade to the newest revision, then hand out rights and make coming partitions."""
    engine = create_engine(
        sqlalchemy_url(_owner(settings)), poolclass=pool.NullPool,
        connect_args={"options": "-c lock_timeout=5000", "connect_timeout": 5},
    )
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:n)"), {"n": LOCK})
        connection.commit()
        made = alembic_config()
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
        connection.execute(text("select grant_application_rights()"))
        connection.execute(text("select ensure_consent_partitions(3)"))
        connection.execute(text("select begin_seal_epoch()"))
        _let_application_in(connection, settings)
        connection.commit()
        _build_wall(connection)
        connection.execute(text("select pg_advisory_unlock(:n)"), {"n": LOCK})
        connection.commit()


def _build_wall(connection: Connection) -> None:
    """The policies of each table, one at a time, so that no lock waits for another; a sentence
    where the owner may not make the roles."""
    if not connection.execute(text("select wall_roles()")).scalar():
        click.echo(WALL_MISSING, err=True)
        return
    tables = connection.execute(text("select wall_tables()")).scalars().all()
    connection.commit()
    for table in tables:
        connection.execute(text("select build_wall(:table)"), {"table": table})
        connection.commit()


def _let_application_in(connection: object, settings: Settings) -> None:
    """The login of DATABASE_URL may act as ``ileti_app`` when it is not the owner itself."""
    if not settings.database_owner_url:
        return
    login = psycopg.conninfo.conninfo_to_dict(dsn(settings)).get("user")
    if login:
        connection.execute(text(f'grant ileti_app to "{login}"'))  # type: ignore[attr-defined]


def prepare(settings: Settings) -> None:
    """Migrations and permissions, again and again the same; leaves a mark, so that the next start
    knows."""
    from ileti.factory import create_app, setup_permissions

    migrate(settings)
    setup_permissions(create_app(settings))
    readiness.write(settings, replace(
        readiness.read(settings), code=loaded_digest(), state=readiness.database_state(settings),
        database=readiness.database_digest(settings)))
