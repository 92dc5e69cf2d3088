"""Campaigns are kept and destroyed as the law says of messages

Revision ID: 0401
Revises: 0400
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0401"
down_revision = "0400"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
_MESSAGES, _SENT = "from message m", "from sent_message m"
_FORGET = "    delete from message where provider_id = p_provider and recipient_id = any(v_ids);"
_FORGOTTEN = """
    delete from campaign_message where provider_id = p_provider and recipient_id = any(v_ids);
    delete from campaign_list_member where provider_id = p_provider
       and recipient_id = any(v_ids);"""


def _rewrite(name: str, *pairs: tuple[str, str]) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    for old, new in pairs:
        if text.lower().count(old) != 1:
            raise RuntimeError(f"{name} is not the function this migration knows")
        text = text.replace(old, new)
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))


def _due(source: str) -> None:
    whole = (SQL / "0220_retention.sql").read_text()
    begin = whole.index("create view consent_due")
    view = whole[begin:whole.index(";", begin)]
    if view.count(_MESSAGES) != 1:
        raise RuntimeError("consent_due is not the view this migration knows")
    op.get_bind().exec_driver_sql(view.replace(_MESSAGES, source).replace(
        "create view", "create or replace view").replace("%", "%%"))


def upgrade() -> None:
    """A view, a function, and two that ask the view; no row is touched."""
    op.get_bind().exec_driver_sql((SQL / "0401_campaigns_kept.sql").read_text().replace("%", "%%"))
    _due(_SENT)
    _rewrite("destroy_persons", (_MESSAGES, _SENT), (_FORGET, _FORGET + _FORGOTTEN))


def downgrade() -> None:
    """Messages of campaigns count no more."""
    _rewrite("destroy_persons", (_SENT, _MESSAGES), (_FORGET + _FORGOTTEN, _FORGET))
    _due(_MESSAGES)
    op.execute("drop function destroy_campaigns(bigint, integer, bigint[])")
    op.execute("drop view sent_message")
