"""Invitations: somebody lets themselves in by a mail

Revision ID: 0320
Revises: 0310
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0320"
down_revision = "0310"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A new table, and mails to somebody who has no account yet."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(30), nullable=False),
        sa.Column("email", sa.String(120), nullable=False),
        sa.Column("first_name", sa.String(60), nullable=False),
        sa.Column("last_name", sa.String(60), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitation_digest")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_invitation_provider_id_provider")),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"],
                                name=op.f("fk_invitation_brand_id_brand")),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"],
                                name=op.f("fk_invitation_dealer_id_dealer")),
        sa.ForeignKeyConstraint(["invited_by"], ["ab_user.id"], ondelete="SET NULL",
                                name=op.f("fk_invitation_invited_by_ab_user")),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="SET NULL",
                                name=op.f("fk_invitation_user_id_ab_user")),
    )
    op.create_index("ix_invitation_provider_id", "invitation", ["provider_id", "id"])
    op.alter_column("account_mail", "user_id", existing_type=sa.Integer(), nullable=True)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Who did not accept yet is invited no more."""
    op.execute("delete from account_mail where user_id is null")
    op.alter_column("account_mail", "user_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("invitation")
