"""Accounts made safe: second steps, devices, passkeys, outside logins, mails about the account

Revision ID: 0290
Revises: 0280
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0290"
down_revision = "0280"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_ALL = ("account_mail", "outside_login", "user_device", "passkey", "recovery_code",
        "user_security")


def _user(table: str, *, primary: bool = False) -> tuple[sa.Column, sa.ForeignKeyConstraint]:
    return (sa.Column("user_id", sa.Integer(), nullable=False, autoincrement=False)
            if primary else sa.Column("user_id", sa.Integer(), nullable=False),
            sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE",
                                    name=f"fk_{table}_user_id_ab_user"))


def upgrade() -> None:
    """New tables, and what a session and a provider know besides; all with cheap defaults."""
    _second_steps()
    _devices()
    _mails()
    op.add_column("provider", sa.Column("two_step", sa.Boolean(), nullable=False,
                                        server_default=sa.text("false")))
    op.add_column("user_session", sa.Column("address", sa.String(45), nullable=True))
    op.add_column("user_session", sa.Column("agent", sa.String(300), nullable=True))
    op.add_column("user_session", sa.Column("seen_at", _MOMENT, nullable=False,
                                            server_default=_NOW))
    op.create_index("ix_audit_entry_subject_id", "audit_entry", ["subject", "id"])
    for table in _ALL:  # one's own account is asked for by the system (ADR 0019)
        op.execute(f"select dealer_sees('{table}', 'false')")
    op.execute("select grant_application_rights()")
    op.execute("select build_dealer_wall()")


def _second_steps() -> None:
    op.create_table(
        "user_security", *_user("user_security", primary=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("totp_since", _MOMENT, nullable=True),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_security"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_user("recovery_code"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
        sa.UniqueConstraint("user_id", "digest", name="uq_recovery_code_user_id_digest"),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_user("passkey"),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("credential", name="uq_passkey_credential"),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"])


def _devices() -> None:
    op.create_table(
        "user_device", *_user("user_device"),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("network", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "device", "network", name="pk_user_device"),
    )
    op.create_table(
        "outside_login",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        *_user("outside_login"),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_outside_login"),
        sa.UniqueConstraint("user_id", "issuer", name="uq_outside_login_user_id_issuer"),
    )


def _mails() -> None:
    op.create_table(
        "account_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_user("account_mail"),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("gateway", sa.String(20), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account_mail"),
    )
    op.create_index("ix_account_mail_user_id", "account_mail", ["user_id"])


def downgrade() -> None:
    """Passwords alone again; everybody's second step is gone."""
    op.drop_index("ix_audit_entry_subject_id", "audit_entry")
    for name in ("seen_at", "agent", "address"):
        op.drop_column("user_session", name)
    op.drop_column("provider", "two_step")
    op.execute("delete from outbox where topic = 7")
    op.execute(f"delete from dealer_rule where table_name = any('{{{','.join(_ALL)}}}')")
    for table in _ALL:
        op.drop_table(table)
