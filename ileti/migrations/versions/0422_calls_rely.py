"""A call relies on a consent as a message does: its proof is kept ten years longer (R-47)

Revision ID: 0422
Revises: 0421
"""

from __future__ import annotations

from alembic import op

revision = "0422"
down_revision = "0421"
branch_labels = None
depends_on = None

_RELIED = "(m.relied + '10 years'::interval)"
_BOTH = ("(greatest(m.relied, last_call(c.provider_id, c.brand_id, c.recipient_id, c.channel, "
         "c.event, c.refused_at)) + '10 years'::interval)")
_KEPT = "       and not exists (select from d join iys_receipt x on x.provider_id = d.provider_id"
_CALLED = """       and not exists (select from call_attempt a where a.provider_id = r.provider_id
                          and a.recipient_id = r.id
                          and (a.at + interval '10 years' > now()
                               or under_hold(a.provider_id, a.brand_id, r.id, a.at, a.at)))
"""


def upgrade() -> None:
    """View and function get the new part by their text, whatever else they hold by now."""
    op.execute("""
create function last_call(p_provider integer, p_brand integer, p_recipient bigint,
                          p_channel smallint, p_from timestamptz, p_until timestamptz)
returns timestamptz language sql stable parallel safe as $$
select max(a.at) from call_attempt a
 where p_channel = 1 and a.provider_id = p_provider and a.recipient_id = p_recipient
   and a.brand_id = p_brand and a.at >= p_from and a.at <= coalesce(p_until, 'infinity') $$""")
    _view(_RELIED, _BOTH)
    _function(_KEPT, _CALLED + _KEPT)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """Messages alone keep a consent's proof again."""
    bind = op.get_bind()
    text = bind.exec_driver_sql("select pg_get_viewdef('consent_due'::regclass)").scalar_one()
    start = text.index("GREATEST(m.relied, last_call(")
    end = text.index("c.refused_at)", start) + len("c.refused_at)") + 1
    bind.exec_driver_sql(_made(text[:start] + "m.relied" + text[end:]))
    _function(_CALLED + _KEPT, _KEPT)
    op.execute("drop function last_call(integer, integer, bigint, smallint, timestamptz, "
               "timestamptz)")


def _view(old: str, new: str) -> None:
    bind = op.get_bind()
    text = bind.exec_driver_sql("select pg_get_viewdef('consent_due'::regclass)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError("consent_due is not the view this migration knows")
    bind.exec_driver_sql(_made(text.replace(old, new)))


def _made(text: str) -> str:
    return ("create or replace view consent_due with (security_invoker = true) as "
            + text.replace("%", "%%"))


def _function(old: str, new: str) -> None:
    bind = op.get_bind()
    text = bind.exec_driver_sql(
        "select pg_get_functiondef('public.destroy_persons'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError("destroy_persons is not the function this migration knows")
    bind.exec_driver_sql(text.replace(old, new).replace("%", "%%"))
