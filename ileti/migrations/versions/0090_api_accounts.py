"""API accounts of the İYS-compatible endpoints

Revision ID: 0090
Revises: 0080
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Accounts, the tokens they hold, and citizens' changes in the order they came here."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "api_account",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("secret_at", moment, nullable=True),
        sa.Column("created_at", moment, server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", moment, nullable=True),
        sa.Column("last_used_at", moment, nullable=True),
        sa.CheckConstraint("dealer_id is null or brand_id is not null",
                           name=op.f("ck_api_account_dealer_of_brand")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_api_account_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_api_account_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_api_account_dealer_id_dealer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_account")),
        sa.UniqueConstraint("username", name=op.f("uq_api_account_username")),
    )
    op.create_index("ix_api_account_provider_id", "api_account", ["provider_id"])
    op.create_table(
        "api_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.CheckConstraint("kind in (1, 2)", name=op.f("ck_api_token_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["api_account.id"],
                                name=op.f("fk_api_token_account_id_api_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token")),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id", "expires_at"])
    op.create_index(
        "ix_consent_entry_iys", "consent_entry",
        ["provider_id", "brand_id", "captured_at", "id"],
        postgresql_where=sa.text("source >= 31"),
    )
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Programs can no longer log in; what they recorded stays."""
    op.drop_index("ix_consent_entry_iys", "consent_entry")
    op.drop_table("api_token")
    op.drop_table("api_account")
