"""How many dealers, users, brands, sites and API accounts a provider may have

Revision ID: 0332
Revises: 0331
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0332"
down_revision = "0331"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
COLUMNS = ("most_dealers", "most_users", "most_brands", "most_sites", "most_api_accounts")
TABLES = ("dealer", "brand", "site", "api_account", "membership", "invitation")


def upgrade() -> None:
    """Columns that may be empty, and triggers on small tables: nothing is read or rewritten."""
    for name in COLUMNS:
        op.add_column("provider", sa.Column(name, sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(f"ck_provider_{name}"), "provider", f"{name} >= 0")
    op.get_bind().exec_driver_sql(
        (SQL / "0332_provider_limits.sql").read_text().replace("%", "%%"))


def downgrade() -> None:
    """There are no limits any more."""
    for table in TABLES:
        op.execute(f"drop trigger keep_limit on {table}")
    for table in ("dealer", "site", "invitation"):
        op.execute(f"drop trigger keep_limit_changed on {table}")
    for name in ("keep_limit()", "keep_limit_changed()", "refuse_beyond_limit(integer, text)",
                 "used_of(integer, text)", "limit_of(integer, text)"):
        op.execute(f"drop function {name}")
    for name in COLUMNS:
        op.drop_constraint(op.f(f"ck_provider_{name}"), "provider", type_="check")
        op.drop_column("provider", name)
