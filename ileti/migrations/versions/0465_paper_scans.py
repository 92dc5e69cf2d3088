"""Scans from which nothing was recorded are known, and go after thirty days

Revision ID: 0465
Revises: 0460
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0465"
down_revision = "0460"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0465_paper_scans.sql"
_MOMENT = sa.DateTime(timezone=True)
_FILE = ["evidence_file.provider_id", "evidence_file.id"]


def upgrade() -> None:
    """A table of the scans that came, filled with those that lie with a look; which others came and
    were left before nobody wrote down. A look's file is there, and stays while it is named."""
    op.create_table(
        "paper_scan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=False),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("paper_batch_id", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.SmallInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_scan")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_paper_scan_provider_id_provider")),
        sa.ForeignKeyConstraint(["paper_batch_id"], ["paper_batch.id"],
                                name=op.f("fk_paper_scan_paper_batch_id_paper_batch")),
        sa.ForeignKeyConstraint(["provider_id", "file_id"], _FILE,
                                name=op.f("fk_paper_scan_provider_id_evidence_file")),
    )
    op.create_index("ix_paper_scan_file", "paper_scan", ["provider_id", "file_id"])
    op.create_index("ix_paper_scan_at", "paper_scan", ["at"])
    op.create_foreign_key(op.f("fk_paper_look_provider_id_evidence_file"), "paper_look",
                          "evidence_file", ["provider_id", "file_id"], ["provider_id", "id"])
    op.create_index("ix_paper_look_file", "paper_look", ["provider_id", "file_id"])
    op.execute("insert into paper_scan (provider_id, brand_id, dealer_id, paper_batch_id, sheet, "
               "file_id, at) select provider_id, brand_id, dealer_id, paper_batch_id, sheet, "
               "file_id, at from paper_look")
    for table in ("paper_scan", "paper_look"):
        op.execute(f"create trigger pinned before insert on {table} "
                   "for each row execute function pin_file()")
    op.create_index("ix_kiosk_item_waiting", "kiosk_item", ["arrived_at"],
                    postgresql_where=sa.text("state = 1"))
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """Which scans came is forgotten; what went is gone."""
    op.execute("drop function destroy_look_files(bigint, integer, bigint[])")
    op.execute("drop function scan_due(paper_scan)")
    op.drop_index("ix_kiosk_item_waiting", "kiosk_item")
    op.execute("drop trigger pinned on paper_look")
    op.drop_index("ix_paper_look_file", "paper_look")
    op.drop_constraint(op.f("fk_paper_look_provider_id_evidence_file"), "paper_look",
                       type_="foreignkey")
    op.execute("delete from wall_rule where table_name = 'paper_scan'")
    op.drop_table("paper_scan")
