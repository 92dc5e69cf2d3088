"""The ORM half of the database: Flask-AppBuilder's SQLAlchemy object, its base and its session.

``db`` works over FAB's own metadata (one base, one set of migrations); pages and CRUD use it, in
the same role and with the same time limits as :mod:`ileti.core.db`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.models.sqla.base import SQLA
from sqlalchemy import event
from sqlalchemy.orm import Session

from config import Settings
from ileti.core.db import session_options

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
Model.metadata.naming_convention = NAMING

db = SQLA(metadata=Model.metadata, session_options={"expire_on_commit": False})


def engine_options(given: Settings) -> dict[str, Any]:
    """What Flask-SQLAlchemy gives to ``create_engine``."""
    return {
        "connect_args": {"options": session_options(given), "connect_timeout": 5},
        "pool_size": given.db_pool_size,
        "max_overflow": given.db_pool_size,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "hide_parameters": True,  # an error's text goes into the log, values must not
    }


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """The ORM session of an entry point: committed once at its end, rolled back on an error."""
    session: Session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def listen(target: Any, name: str) -> Any:
    """``sqlalchemy.event.listens_for``, so that features need not import SQLAlchemy's events."""
    return event.listens_for(target, name)
