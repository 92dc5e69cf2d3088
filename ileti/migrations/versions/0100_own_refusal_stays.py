"""Our own refusal stays before İYS's older words

Revision ID: 0100
Revises: 0090
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0100"
down_revision = "0090"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
NEW = (SQL / "0100_own_refusal_stays.sql").read_text()
EXCEPTION = "when ex_status = 2 and (new_date <= ex_date or new_date > now()) then 4"
BEFORE = "when new_status = 1 and ex_status = 2 and new_date <= ex_date then 4"


def upgrade() -> None:
    """The function as it judges now."""
    op.get_bind().exec_driver_sql(NEW.replace("%", "%%"))


def downgrade() -> None:
    """As before: for İYS's consents alone."""
    before = NEW.replace(EXCEPTION, BEFORE).replace("sql stable", "sql immutable")
    op.get_bind().exec_driver_sql(before.replace("%", "%%"))
