"""Pictures of mails

Revision ID: 0550
Revises: 0545
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0550"
down_revision = "0545"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_EMPTY = sa.text("''")
_INHERITED = "brand_id = (select brand_at_work()) or brand_id is null"


def upgrade() -> None:
    """An empty table; a brand sees the provider's pictures too, a dealer its own alone."""
    op.create_table(
        "mail_picture",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("dealer_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("ext", sa.String(3), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(120), server_default=_EMPTY, nullable=False),
        sa.Column("alt", sa.String(200), server_default=_EMPTY, nullable=False),
        sa.Column("frames", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("small_width", sa.SmallInteger(), nullable=False),
        sa.Column("small_height", sa.SmallInteger(), nullable=False),
        sa.Column("small_bytes", sa.Integer(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("large_width", sa.SmallInteger(), nullable=True),
        sa.Column("large_height", sa.SmallInteger(), nullable=True),
        sa.Column("large_bytes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("added_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("seen_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_picture")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_picture_key")),
        sa.CheckConstraint("ext in ('png', 'jpg', 'gif')", name=op.f("ck_mail_picture_ext")),
        sa.CheckConstraint("dealer_id is null or brand_id is not null",
                           name=op.f("ck_mail_picture_dealer")),
        sa.CheckConstraint("(large is null) = (large_width is null)",
                           name=op.f("ck_mail_picture_large")),
        *(sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"],
                                  name=op.f(f"fk_mail_picture_{one}_id_{one}"))
          for one in ("provider", "brand", "dealer")))
    op.create_index("ix_mail_picture_place", "mail_picture", ["provider_id", "brand_id"])
    op.create_index("ix_mail_picture_seen_at", "mail_picture", ["seen_at"])
    op.execute(f"select wall_sees('mail_picture', 'brand', '{_INHERITED}', "
               "'brand_id = (select brand_at_work())')")
    op.execute("select build_dealer_wall()")
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Mails that name pictures show none."""
    op.execute("delete from wall_rule where table_name = 'mail_picture'")
    op.drop_table("mail_picture")
