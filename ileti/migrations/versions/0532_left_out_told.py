"""Rows that applying leaves out are told with their reason; an undated merchant again is there

Revision ID: 0532
Revises: 0530
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0532"
down_revision = "0530"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1] / "sql"
_DATELESS = "                when known and recipient_type = 2 and flags & 2 = 0 then 62\n"
_THERE = """                when known and recipient_type = 2 and status = ex_status
                     and (flags & 2 = 0 or consent_date = ex_date) then 40
"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Functions only: a list that is being applied goes on with the new ones."""
    op.get_bind().exec_driver_sql(
        (_FOLDER / "0532_left_out_told.sql").read_text().replace("%", "%%"))
    _rewrite("import_check", _DATELESS, _THERE + _DATELESS)


def downgrade() -> None:
    """As in 0280 and 0220."""
    _rewrite("import_check", _THERE + _DATELESS, _DATELESS)
    before = (_FOLDER / "0280_known_addresses.sql").read_text()
    start = before.index("create function import_known(")
    end = before.index("-- As in 0140: everything of an import is held back at once")
    op.get_bind().exec_driver_sql(before[start:end].replace(
        "create function", "create or replace function", 1).replace("%", "%%"))
    op.execute("drop function import_tell_left(bigint, integer)")
