"""Files that an act's own evidence names are kept and destroyed with it

Revision ID: 0510
Revises: 0495
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from ileti.migrations import indexes

revision = "0510"
down_revision = "0495"
branch_labels = None
depends_on = None

_SQL = (Path(__file__).parents[1] / "sql" / "0510_files_of_acts.sql").read_text()
# Whose file it was is known as long as the file is there: a hold asks it after the click went.
_EMPTY = "evidence = '{}', body_hash = ''"
_NUMBER = """evidence = case when jsonb_typeof(evidence -> 'file') = 'object'
               then jsonb_build_object('file', jsonb_build_object('id', evidence -> 'file' -> 'id'))
               else '{}' end, body_hash = ''"""
_CASES = "       and not exists (select from of_cases c where c.file_id = f.id)\n"
_NAMED = """       and not exists (select from file_clicks(f.provider_id, f.id) n
                        where named_still(n.provider_id, n.id))
"""
_KNOWN = "(select distinct file_id, 0 as known from l) k"
_KNOWN_TOO = """(select file_id, 0 as known from l union
                  select w.id, 0 from unnest(p_ids) w(id)
                   where exists (select from file_clicks(p_provider, w.id))) k"""
_COPY = ("       and not exists (select from data_request_file l where l.provider_id = "
         "f.provider_id\n                          and l.file_id = f.id)")
_COPY_NAMED = "\n       and not exists (select from file_clicks(f.provider_id, f.id))"
_SCAN = """   and not exists (select from step_up l where l.provider_id = x.provider_id
                      and l.file_id = x.file_id)"""
_SCAN_NAMED = "\n   and not exists (select from file_clicks(x.provider_id, x.file_id))"
_REWRITES = (
    ("destroy_submissions", _EMPTY, _NUMBER),
    ("destroy_files", _CASES, _CASES + _NAMED),
    ("destroy_files", _KNOWN, _KNOWN_TOO),
    ("destroy_copies", _COPY, _COPY + _COPY_NAMED),
    ("scan_due", _SCAN, _SCAN + _SCAN_NAMED),
)


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """The index reads the whole table for the few clicks that name a file, so it is built beside
    the writers, after the functions and the trigger were made; when only that was cut off, only
    that is done again."""
    op.execute("set local lock_timeout = '5s'")
    there = op.get_bind().exec_driver_sql(
        "select to_regprocedure('public.file_clicks(integer, bigint)')").scalar()
    if there is None:
        op.get_bind().exec_driver_sql(_SQL.replace("%", "%%"))
        for name, old, new in _REWRITES:
            _rewrite(name, old, new)
    indexes.build("ix_submission_file", "submission",
                  ["provider_id", sa.text("(evidence -> 'file' ->> 'id')")],
                  postgresql_where=sa.text("jsonb_typeof(evidence -> 'file') = 'object'"))


def downgrade() -> None:
    """Such a file goes ten years after it came, whatever it proves."""
    for name, old, new in reversed(_REWRITES):
        _rewrite(name, new, old)
    op.drop_index("ix_submission_file", table_name="submission")
    op.execute("drop trigger named on submission")
    op.execute("drop function pin_named_file()")
    op.execute("drop function named_still(integer, bigint)")
    op.execute("drop function file_clicks(integer, bigint)")
