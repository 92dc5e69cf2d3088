"""A provider's twin for trying things out, and the accounts that work in it

Revision ID: 0445
Revises: 0437
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0445"
down_revision = "0437"
branch_labels = None
depends_on = None

# The twin's deeds are told at home: its programs write lines of its home's trail and read none.
_TRAIL = (("provider", "provider_id = (select provider_at_work())"),
          ("brand", "brand_id = (select brand_at_work()) "
           "or user_id is not distinct from (select user_at_work())"),
          ("dealer", "dealer_id = (select dealer_at_work()) "
           "or user_id is not distinct from (select user_at_work())"))
_HOME = """
create function home_at_work() returns integer language sql stable security definer
set search_path = public, pg_temp as $$
select sandbox_of from provider
 where id = nullif(current_setting('ileti.provider', true), '')::integer $$"""


def upgrade() -> None:
    """Columns that may be empty: nothing is rewritten."""
    op.add_column("provider", sa.Column("sandbox_of", sa.Integer(), nullable=True))
    op.add_column("provider", sa.Column("sandbox_retired_at", sa.DateTime(timezone=True),
                                        nullable=True))
    op.add_column("provider", sa.Column("sandbox_told", sa.String(80), nullable=True))
    op.create_foreign_key(op.f("fk_provider_sandbox_of_provider"), "provider", "provider",
                          ["sandbox_of"], ["id"])
    op.create_check_constraint(op.f("ck_provider_sandbox_retired"), "provider",
                               "sandbox_retired_at is null or sandbox_of is not null")
    op.create_check_constraint(op.f("ck_provider_sandbox_no_plain_number"), "provider",
                               "sandbox_of is null or iys_code > 900000000")
    op.create_index("uq_provider_sandbox_of", "provider", ["sandbox_of"], unique=True,
                    postgresql_where=sa.text(
                        "sandbox_of is not null and sandbox_retired_at is null"))
    for table in ("brand", "dealer", "document"):
        op.add_column(table, sa.Column("twin_of", sa.Integer(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_twin_of_{table}"), table, table,
                              ["twin_of"], ["id"])
        op.create_index(f"uq_{table}_twin_of", table, ["provider_id", "twin_of"], unique=True,
                        postgresql_where=sa.text("twin_of is not null"))
    op.add_column("api_account", sa.Column("sandbox", sa.Boolean(), nullable=False,
                                           server_default=sa.text("false")))
    op.execute(_HOME)
    op.execute("revoke execute on function home_at_work() from public")
    op.execute("grant execute on function home_at_work() to ileti_app")
    for level, rule in _TRAIL:
        op.execute(f"select wall_sees('audit_entry', '{level}', $rule${rule}$rule$, "
                   f"$rule${rule} or provider_id = (select home_at_work())$rule$)")
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """Accounts of a sandbox end: before this they would work on real records."""
    op.execute("update api_account set disabled_at = coalesce(disabled_at, now()) where sandbox")
    for level, rule in _TRAIL:
        op.execute(f"select wall_sees('audit_entry', '{level}', $rule${rule}$rule$)")
    op.execute("select build_dealer_wall()")
    op.execute("drop function home_at_work()")
    op.drop_column("api_account", "sandbox")
    for table in ("document", "dealer", "brand"):
        op.drop_column(table, "twin_of")
    for column in ("sandbox_told", "sandbox_retired_at", "sandbox_of"):
        op.drop_column("provider", column)
