"""What a level may read and not write it may not delete either, nor take over

Revision ID: 0460
Revises: 0455
"""

from __future__ import annotations

from alembic import op

revision = "0460"
down_revision = "0455"
branch_labels = None
depends_on = None

_DELETES = """
        execute format('drop policy if exists %I on %I', r.level || '_delete', p_table);
        execute format('drop policy if exists %I on %I', r.level || '_take', p_table);
        if r.rule is distinct from r.write_rule then
            execute format('create policy %I on %I as restrictive for delete to %I using (%s)',
                           r.level || '_delete', p_table, r.role, r.write_rule);
            if p_table in ('gateway_account', 'message_template') then
                execute format('create policy %I on %I as restrictive for update to %I using (%s)',
                               r.level || '_take', p_table, r.role, r.write_rule);
            end if;
        end if;
"""
_ANCHOR = "        execute format('alter table %I enable row level security', p_table);\n"
_TEMPLATE = ("exists (select from message_template x where x.id = template_id "
             "and x.brand_id = (select brand_at_work()) offset 0)")
_OWN = "user_id is not distinct from (select user_at_work())"
_OWN_ALONE = "((select user_at_work()) is not null and user_id = (select user_at_work()))"


def _rewrite(old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        "select pg_get_functiondef('public.build_wall'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError("build_wall is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def _rules(statement: str, **values: str) -> None:
    op.get_bind().exec_driver_sql(statement, values)


def upgrade() -> None:
    """Policies beside those that stand; a program reads no line of the trail that nobody signed."""
    _rewrite(_ANCHOR, _DELETES + _ANCHOR)
    _rules("update wall_rule set write_rule = %(rule)s, made = true "
           "where table_name = 'message_template_version' and level = 'brand'", rule=_TEMPLATE)
    op.execute("update wall_rule set write_rule = 'false', made = true where level = 'dealer' "
               "and table_name in ('message_template_version', 'call_review')")
    _rules("update wall_rule set rule = replace(rule, %(old)s, %(new)s), made = true "
           "where table_name = 'audit_entry'", old=_OWN, new=_OWN_ALONE)
    op.execute("update wall_rule set built = null")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """Deletes ask what reading asks."""
    _rules("update wall_rule set rule = replace(rule, %(new)s, %(old)s) "
           "where table_name = 'audit_entry'", old=_OWN, new=_OWN_ALONE)
    op.execute("update wall_rule set write_rule = rule where level in ('brand', 'dealer') "
               "and table_name in ('message_template_version', 'call_review')")
    for row in op.get_bind().exec_driver_sql(
            "select tablename, policyname from pg_policies where schemaname = 'public' "
            "and policyname ~ '_(delete|take)$'").fetchall():
        op.execute(f'drop policy "{row[1]}" on "{row[0]}"')
    _rewrite(_DELETES + _ANCHOR, _ANCHOR)
    op.execute("update wall_rule set built = null")
    op.execute("select build_dealer_wall()")
