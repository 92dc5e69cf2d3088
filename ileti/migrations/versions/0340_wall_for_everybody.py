"""PostgreSQL's own row rules for providers and brands, as for dealers

Revision ID: 0340
Revises: 0333
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0340"
down_revision = "0333"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Rules only. The policies are made by `ileti setup`, a table at a time, so that no lock waits
    for another."""
    _run((SQL / "0340_wall.sql").read_text())
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """The dealers' wall alone, as it stood."""
    bind = op.get_bind()
    for (table,) in bind.exec_driver_sql(
            "select distinct tablename from pg_policies where schemaname = 'public' "
            "and policyname in ('everybody', 'provider', 'brand', 'dealer')").fetchall():
        for policy in ("everybody", "provider", "brand", "dealer"):
            op.execute(f'drop policy if exists "{policy}" on "{table}"')
        op.execute(f'alter table "{table}" disable row level security')
    op.execute("create table dealer_rule (table_name text constraint pk_dealer_rule primary key, "
               "rule text not null, built text)")
    op.execute("comment on table dealer_rule is 'read: set-up writes, the application reads'")
    op.execute("insert into dealer_rule (table_name, rule) select table_name, rule from wall_rule "
               "where level = 'dealer' and made and rule <> 'true' "
               "and rule !~ '(provider|brand|user)_at_work'")
    for function in ("build_dealer_wall()", "dealer_sees(text, text)"):
        op.execute(f"drop function {function}")
    for function in ("build_wall(text)", "wall_tables()", "wall_roles()",
                     "wall_sees(text, text, text, text)", "wall_default(text, text)",
                     "provider_at_work()", "brand_at_work()", "user_at_work()",
                     "given_again(integer, bigint, timestamptz)"):
        op.execute(f"drop function {function}")
    op.drop_table("wall_rule")
    text = (SQL / "0190_dealer_rules.sql").read_text()
    _run(text[text.index("create function dealer_sees"):text.index("do $$\ndeclare\n    v_own")])
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _run(script: str) -> None:
    op.get_bind().exec_driver_sql(script.replace("%", "%%"))
