"""A database of its own for each benchmark, so that figures never mix with real data.

Uses DATABASE_URL's server when it is set, else an embedded one below ``var/bench``.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import psycopg

import config


def fresh_database(name: str) -> config.Settings:
    """Drop and make ``bench_<name>``, migrate it, and let settings() point at it."""
    var = config.ROOT / "var" / "bench"
    os.environ["ILETI_VAR"], os.environ["ILETI_ENV"] = str(var), "test"
    config.make_secrets_file(var)
    from ileti.cli.setup import migrate
    from ileti.core.embedded import EmbeddedServices

    found = EmbeddedServices(var, database_url=_named(f"bench_{name}"),
                             redis_url=os.environ.get("REDIS_URL", "")).start(f"bench_{name}")
    admin = found.database_url.replace(f"/bench_{name}", "/postgres", 1)
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(f"drop database if exists bench_{name} with (force)")
        conn.execute(f"create database bench_{name} template template0 encoding 'UTF8'")
    os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = found.database_url, found.redis_url
    config.settings.cache_clear()
    migrate(config.settings())
    return config.settings()


def _named(database: str) -> str:
    """The address of that database on DATABASE_URL's server; empty without one."""
    given = os.environ.get("DATABASE_URL", "")
    return urlsplit(given)._replace(path=f"/{database}").geturl() if given else ""


def new_place(conn: psycopg.Connection, code: int = 731204) -> tuple[int, int]:
    """A provider and its master brand; their ids."""
    provider = conn.execute(
        "insert into provider (title, short_name, iys_code) values ('Bench A.Ş.', 'Bench', %s) "
        "returning id", [code]).fetchone()[0]  # type: ignore[index]
    brand = conn.execute(
        "insert into brand (provider_id, brand_code, name, master) values (%s, %s, 'Bench', true) "
        "returning id", [provider, code]).fetchone()[0]  # type: ignore[index]
    return provider, brand
