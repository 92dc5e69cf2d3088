"""Acts about personal data: notices shown and read, explicit consents given and withdrawn

Revision ID: 0200
Revises: 0190
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0200"
down_revision = "0190"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
_MOMENT = sa.DateTime(timezone=True)
_PROOF = "proof: the application only adds rows"


class XID8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


def upgrade() -> None:
    """Two new tables; nothing of the ledger is touched."""
    op.create_table(
        "kvkk_entry",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("captured_at", _MOMENT, nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("act_at", _MOMENT, nullable=False),
        sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        *_place(),
        sa.Column("epoch", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        *_said(),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "id", name=op.f("pk_kvkk_entry")),
        sa.CheckConstraint("act in (1, 2, 3, 4)", name=op.f("ck_kvkk_entry_act")),
        comment=_PROOF,
    )
    op.create_index("ix_kvkk_entry_seal", "kvkk_entry", ["xid", "id"])
    op.create_index("ix_kvkk_entry_recipient", "kvkk_entry", ["provider_id", "recipient_id", "id"],
                    postgresql_where=sa.text("recipient_id is not null"))
    op.create_index("ix_kvkk_entry_text", "kvkk_entry", ["provider_id", "text_id", "id"])
    op.create_index("ix_kvkk_entry_submission", "kvkk_entry", ["provider_id", "submission_id"])
    op.create_index("ix_kvkk_entry_consents", "kvkk_entry", ["provider_id", "captured_at", "id"],
                    postgresql_where=sa.text("act in (3, 4)"))
    op.create_table(
        "kvkk_state",
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_at", _MOMENT, nullable=False),
        sa.Column("act_at", _MOMENT, nullable=False),
        *_place(),
        *_said(),
        sa.PrimaryKeyConstraint("provider_id", "recipient_id", "document_id",
                                name=op.f("pk_kvkk_state")),
        sa.CheckConstraint("act in (1, 2, 3, 4)", name=op.f("ck_kvkk_state_act")),
        postgresql_with={"fillfactor": "85", "autovacuum_vacuum_scale_factor": "0.02"},
    )
    op.create_index("ix_kvkk_state_text", "kvkk_state", ["provider_id", "document_id", "text_id"])
    _run((SQL / "0200_kvkk.sql").read_text())
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _place() -> tuple[sa.Column, ...]:
    return (sa.Column("brand_id", sa.Integer(), nullable=False),
            sa.Column("dealer_id", sa.Integer(), nullable=True),
            sa.Column("document_id", sa.Integer(), nullable=False),
            sa.Column("text_id", sa.Integer(), nullable=False))


def _said() -> tuple[sa.Column, ...]:
    return (sa.Column("act", sa.SmallInteger(), nullable=False),
            sa.Column("extent", sa.SmallInteger(), nullable=False),
            sa.Column("source", sa.SmallInteger(), nullable=False),
            sa.Column("standing", sa.SmallInteger(), nullable=False))


def downgrade() -> None:
    """What was acknowledged is forgotten, so keep a dump. Sealed acts can not be audited then."""
    rules = (SQL / "0190_dealer_rules.sql").read_text()
    op.execute("delete from dealer_rule where table_name in ('kvkk_entry', 'kvkk_state')")
    op.execute("drop function record_clicks_acts")
    op.execute("drop function record_acts")
    op.execute("drop function kvkk_replaces")
    op.execute("drop function asks_consent")
    _run(rules[rules.index("do $$"):])
    op.execute("select build_dealer_wall()")
    op.drop_table("kvkk_state")
    op.drop_table("kvkk_entry")
    before = (SQL / "0180_seals.sql").read_text()
    for name in ("begin_seal_epoch", "refuse_other_number"):
        start = before.index(f"create function {name}(")
        text = before[start:before.index("end $$;", start) + len("end $$;")]
        _run(text.replace("create function", "create or replace function", 1))


def _run(script: str) -> None:
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))
