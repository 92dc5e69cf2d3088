"""Imports of programs: who may, who asked, under which key, and what follows the dry run

Revision ID: 0155
Revises: 0150
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0155"
down_revision = "0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Accounts that are there already bring no lists."""
    op.add_column("api_account", sa.Column(
        "brings_lists", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("import_run", sa.Column("account_id", sa.Integer(), nullable=True))
    op.add_column("import_run", sa.Column("idem", sa.String(80), nullable=True))
    op.add_column("import_run", sa.Column(
        "asked", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False))
    op.add_column("import_run", sa.Column("apply_most", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_import_run_account_id_api_account"), "import_run",
                          "api_account", ["account_id"], ["id"])
    op.create_unique_constraint(op.f("uq_import_run_account_id_idem"), "import_run",
                                ["account_id", "idem"])
    op.create_index("ix_import_run_follows", "import_run", ["id"],
                    postgresql_where=sa.text("state = 4 and apply_most is not null"))


def downgrade() -> None:
    """What programs brought stays; who it was is in the evidence of each chunk."""
    op.drop_index("ix_import_run_follows", "import_run")
    op.drop_constraint(op.f("uq_import_run_account_id_idem"), "import_run", type_="unique")
    op.drop_constraint(op.f("fk_import_run_account_id_api_account"), "import_run",
                       type_="foreignkey")
    for column in ("apply_most", "asked", "idem", "account_id"):
        op.drop_column("import_run", column)
    op.drop_column("api_account", "brings_lists")
