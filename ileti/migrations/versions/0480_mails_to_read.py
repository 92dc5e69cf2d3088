"""What a person has to read of a mail is kept until they have; a mail is begun twice at most

Revision ID: 0480
Revises: 0475
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0480"
down_revision = "0475"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_FORGET = """    update returned_mail set recipient_id = null, message_id = null
     where provider_id = p_provider and recipient_id = any(v_ids);"""
_FORGET_WORDS = """    update returned_mail set recipient_id = null, message_id = null,
           text_key = null, text_ct = null
     where provider_id = p_provider and recipient_id = any(v_ids);"""


def _rewrite(name: str, old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Of the mails that are there no words are known: whoever decides on them reads their
    mailbox."""
    op.add_column("mailbox", sa.Column("trying_uid", sa.BigInteger(), nullable=True))
    op.add_column("mailbox", sa.Column("tries", sa.SmallInteger(), server_default="0",
                                       nullable=False))
    for column in (sa.Column("said_at", _MOMENT, nullable=True),
                   sa.Column("text_key", sa.SmallInteger(), nullable=True),
                   sa.Column("text_ct", sa.LargeBinary(), nullable=True),
                   sa.Column("decided_by", sa.Integer(), nullable=True),
                   sa.Column("decided_at", _MOMENT, nullable=True),
                   sa.Column("submissions", sa.ARRAY(sa.BigInteger()),
                             server_default=sa.text("'{}'::bigint[]"), nullable=False)):
        op.add_column("returned_mail", column)
    op.create_index("ix_returned_mail_unread", "returned_mail", ["provider_id", "id"],
                    postgresql_where=sa.text("outcome in (5, 7) and decided_at is null"))
    op.create_index("ix_returned_mail_words", "returned_mail", ["decided_at"],
                    postgresql_where=sa.text("text_ct is not null and outcome = 1"))
    _rewrite("destroy_persons", _FORGET, _FORGET_WORDS)


def downgrade() -> None:
    """What nobody has read yet is forgotten, but where it lies in a mailbox."""
    _rewrite("destroy_persons", _FORGET_WORDS, _FORGET)
    for name in ("ix_returned_mail_words", "ix_returned_mail_unread"):
        op.drop_index(name, "returned_mail")
    for name in ("submissions", "decided_at", "decided_by", "text_ct", "text_key", "said_at"):
        op.drop_column("returned_mail", name)
    for name in ("tries", "trying_uid"):
        op.drop_column("mailbox", name)
