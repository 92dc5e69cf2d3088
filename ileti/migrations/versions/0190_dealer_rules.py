"""What a dealer may see stands in a table; an access is looked up by its recipient

Revision ID: 0190
Revises: 0180
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0190"
down_revision = "0180"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Policies only: no row of the ledger is read or written, each lock lasts a moment."""
    _run((SQL / "0190_dealer_rules.sql").read_text())
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """The rules go back into the function."""
    for table in _tables():
        op.execute(f"drop policy if exists dealer on {table}")
        op.execute(f"drop policy if exists everybody on {table}")
    op.execute("drop function dealer_sees(text, text)")
    op.drop_table("dealer_rule")
    text = (SQL / "0150_evidence_vault.sql").read_text()
    start = text.index("create or replace function build_dealer_wall()")
    _run(text[start:text.index("end $$;", start) + len("end $$;")])
    op.execute("select build_dealer_wall()")


def _tables() -> list[str]:
    return [row[0] for row in op.get_bind().exec_driver_sql("select table_name from dealer_rule")]


def _run(script: str) -> None:
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))
