"""Rules of the wall for the tables that came beside it, and functions that count over a provider

Revision ID: 0390
Revises: 0382
"""

from __future__ import annotations

from alembic import op

revision = "0390"
down_revision = "0382"
branch_labels = None
depends_on = None

# They answer about a whole provider, whoever asks: a limit, what a brand opened to its dealers.
_WHOLE = ("limit_of(integer, text)", "used_of(integer, text)",
          "dealer_closed(integer, integer, integer)",
          # a file that was put in a moment ago is linked to nothing yet, so nobody sees it
          "link_entry_file(integer, bigint, bigint, smallint, text, integer)")
_BELOW = ("brand", "dealer")
_OWN = "user_id is not distinct from (select user_at_work())"
_RULES = (
    # the trail: what was done at one's place, and what one did oneself
    ("audit_entry", "brand", f"brand_id = (select brand_at_work()) or {_OWN}", None),
    ("audit_entry", "dealer", f"dealer_id = (select dealer_at_work()) or {_OWN}", None),
    # what a provider says for all its brands: read by each, written by none
    *((table, level, "true", "false") for table in ("custom_field", "provider_plugin")
      for level in _BELOW),
    ("dealer_right", "dealer", "dealer_id is null or dealer_id = (select dealer_at_work())",
     "false"),
    # what hangs on a record or a person is seen with it
    ("entry_value", "brand", "exists (select from consent_entry x where "
     "x.provider_id = entry_value.provider_id and x.id = entry_value.entry_id offset 0)", None),
    ("recipient_value", "brand", "exists (select from recipient x where "
     "x.provider_id = recipient_value.provider_id and x.id = recipient_value.recipient_id "
     "offset 0)", None),
    *(("step_up", level, _OWN, None) for level in _BELOW),
    # a view is its maker's, and of those it is shared with at the same place or above
    ("saved_view", "provider", f"provider_id = (select provider_at_work()) or {_OWN}", None),
    ("saved_view", "brand", f"brand_id = (select brand_at_work()) or brand_id is null or {_OWN}",
     _OWN),
    ("saved_view", "dealer", f"dealer_id = (select dealer_at_work()) or dealer_id is null "
     f"or {_OWN}", _OWN),
)


def upgrade() -> None:
    """Rules as rows; ``ileti setup`` and this make their policies."""
    for function in _WHOLE:
        op.execute(f"alter function {function} security definer set search_path = public, pg_temp")
    for table, level, rule, write in _RULES:
        said = "null" if write is None else f"$rule${write}$rule$"
        op.execute(f"select wall_sees('{table}', '{level}', $rule${rule}$rule$, {said})")
    op.execute("select build_dealer_wall()")


def downgrade() -> None:
    """The rules of these tables' columns hold again."""
    for function in _WHOLE:
        op.execute(f"alter function {function} security invoker reset search_path")
    for table, level, _rule, _write in _RULES:
        op.execute(f"update wall_rule set made = false, rule = wall_default('{table}', '{level}'), "
                   f"write_rule = wall_default('{table}', '{level}') "
                   f"where table_name = '{table}' and level = '{level}'")
    op.execute("select build_dealer_wall()")
