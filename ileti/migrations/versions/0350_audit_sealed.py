"""The audit trail says where, is searched by index, and has leaves that are sealed

Revision ID: 0350
Revises: 0340
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0350"
down_revision = "0340"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0350_audit.sql"


class XID8(sa.types.UserDefinedType):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


# A line that is ten years old is emptied, no longer taken out: its leaf stays below its seal, and
# without the salt the leaf tells nothing.
_DELETES = """            delete from audit_entry where id = any(array(
                select id from audit_entry
                 where (provider_id = p_provider or p_provider is null and provider_id is null)"""
_EMPTIES = """            update audit_entry set action = '', subject = '', detail = '{}',
                   user_id = null, actor = null, address = null, brand_id = null, dealer_id = null,
                   salt = '', erased_at = now()
             where id = any(array(
                select id from audit_entry
                 where erased_at is null
                   and (provider_id = p_provider or p_provider is null and provider_id is null)"""
_INDEXES = {
    "ix_audit_entry_seal": ["xid", "id"],
    "ix_audit_entry_provider": ["provider_id", "id"],
    "ix_audit_entry_user": ["provider_id", "user_id", "id"],
    "ix_audit_entry_actor": ["provider_id", "actor", "id"],
    "ix_audit_entry_action": ["provider_id", "action", "id"],
    "ix_audit_entry_brand": ["provider_id", "brand_id", "id"],
    "ix_audit_entry_dealer": ["provider_id", "dealer_id", "id"],
    "ix_audit_entry_address": ["provider_id", "address", "id"],
}
_PARTIAL = {"ix_audit_entry_actor": "actor", "ix_audit_entry_brand": "brand_id",
            "ix_audit_entry_dealer": "dealer_id"}


def _rewrite(name: str, old: str, new: str) -> None:
    rows = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").fetchall()
    text = rows[0][0]
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Where a deed was done, its leaf and its place; indexes for every question of the page."""
    for column in (
            sa.Column("brand_id", sa.Integer(), nullable=True),
            sa.Column("dealer_id", sa.Integer(), nullable=True),
            sa.Column("actor", sa.String(120), nullable=True),
            sa.Column("before_id", sa.BigInteger(), nullable=True),
            sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"),
                      nullable=False),
            sa.Column("epoch", sa.SmallInteger(), nullable=True),
            sa.Column("salt", sa.LargeBinary(), nullable=False,
                      server_default=sa.text("uuid_send(gen_random_uuid())")),
            sa.Column("leaf", sa.LargeBinary(), nullable=True)):
        op.add_column("audit_entry", column)
    op.execute("update audit_entry set epoch = (select max(epoch) from seal_epoch), "
               "actor = left(detail ->> 'program', 120)")
    op.alter_column("audit_entry", "epoch", nullable=False)
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    for name, columns in _INDEXES.items():
        part = _PARTIAL.get(name)
        op.create_index(name, "audit_entry", columns, postgresql_where=(
            sa.text(f"{part} is not null") if part else None))
    _rewrite("destroy_rows", _DELETES, _EMPTIES)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Seals that stand on lines of the trail can then no longer be checked."""
    _rewrite("destroy_rows", _EMPTIES, _DELETES)
    for name in _INDEXES:
        op.drop_index(name, table_name="audit_entry")
    op.execute("drop trigger sealed on audit_entry")
    op.execute("drop function seal_audit_line()")
    op.execute("drop function trail_before_seals()")
    op.execute("drop function audit_claim(audit_entry)")
    op.execute("delete from audit_entry where erased_at is not null")
    for name in ("leaf", "salt", "epoch", "xid", "erased_at", "before_id", "actor", "dealer_id",
                 "brand_id"):
        op.drop_column("audit_entry", name)
