"""How often a mailbox said "later" stands with its person; a beginning lies in times people mean

Revision ID: 0470
Revises: 0465
"""

from __future__ import annotations

from alembic import op

revision = "0470"
down_revision = "0465"
branch_labels = None
depends_on = None

_HEARD = """
create function iys_heard(p_provider integer, p_brand integer, p_since timestamptz)
returns boolean language sql stable parallel safe as $$
select exists (select from iys_cursor c where c.provider_id = p_provider and c.brand_id = p_brand
                  and c.gap_since is null and c.pulled_at > p_since) $$"""
_YES = ("exists (select from iys_cursor c where c.provider_id = p_provider "
        """and c.brand_id = p_brand
                  and c.gap_since is null and c.pulled_at > p_heard_since)""",
        "iys_heard(p_provider, p_brand, p_heard_since)")
_GATE = ("""exists (select from iys_cursor i where i.provider_id = p_provider
                          and i.brand_id = c.brand_id and i.gap_since is null
                          and i.pulled_at > p_heard_since)""",
         "iys_heard(p_provider, c.brand_id, p_heard_since)")
# Who asks sees what the table shows them.
_DEAD_ADDRESS = """
create view dead_address with (security_invoker = true) as
select t.provider_id, t.recipient_id, t.channel from address_trouble t
 where t.kind = 1 and t.cleared_at is null"""
_DEAD = ("""from address_trouble t
                    where t.provider_id = p_provider and t.recipient_id = p_recipient
                      and t.channel = 3 and t.kind = 1 and t.cleared_at is null)""",
         """from dead_address t
                    where t.provider_id = p_provider and t.recipient_id = p_recipient
                      and t.channel = 3)""")
_MEANT = "begin_at between '2000-01-01 00:00+00' and '2201-01-01 00:00+00'"


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """A constant column and one that nobody wrote; what begins in no time begins at its release."""
    op.execute("alter table campaign_message add column tries smallint not null default 0")
    op.execute("alter table campaign drop column strangers")
    op.execute(f"update campaign set begin_at = null where not ({_MEANT})")
    op.execute(f"alter table campaign add constraint ck_campaign_begin check ({_MEANT})")
    op.execute(_HEARD)
    op.execute(_DEAD_ADDRESS)
    op.execute("grant select on dead_address to ileti_app")
    _rewrite("gate_yes", *_YES)
    _rewrite("campaign_gate", *_GATE)
    _rewrite("campaign_address_dead", *_DEAD)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Tries are counted by batch again."""
    _rewrite("campaign_address_dead", _DEAD[1], _DEAD[0])
    _rewrite("campaign_gate", _GATE[1], _GATE[0])
    _rewrite("gate_yes", _YES[1], _YES[0])
    op.execute("drop view dead_address")
    op.execute("drop function iys_heard(integer, integer, timestamptz)")
    op.execute("alter table campaign drop constraint ck_campaign_begin")
    op.execute("alter table campaign add column strangers integer not null default 0")
    op.execute("alter table campaign_message drop column tries")
