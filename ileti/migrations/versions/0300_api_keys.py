"""The API v1: several keys per account, scopes, allowed networks, signatures, idempotency, usage

Revision ID: 0300
Revises: 0290
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0300"
down_revision = "0290"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_NONE = sa.text("'{}'::varchar[]")
# what was a column → the scope that it is
_RIGHTS = {"reads_numbers": "dealers:numbers", "brings_lists": "imports:write",
           "reads_consents": "consents:ask", "brings_proofs": "proofs:write"}


def upgrade() -> None:
    """Accounts keep what they could do, secrets become keys without a prefix, tokens live on."""
    op.add_column("api_account", sa.Column(
        "scopes", postgresql.ARRAY(sa.String(30)), server_default=_NONE, nullable=False))
    op.add_column("api_account", sa.Column(
        "networks", postgresql.ARRAY(sa.String(45)), server_default=_NONE, nullable=False))
    op.add_column("api_account", sa.Column(
        "signs", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    _keys()
    op.execute("update api_account set scopes = array['compat']::varchar[]" + "".join(
        f" || case when {column} then array['{scope}']::varchar[] else '{{}}' end"
        for column, scope in _RIGHTS.items()))
    op.execute("insert into api_key (provider_id, account_id, hash, keyed, created_at) "
               "select provider_id, id, secret_hash, false, coalesce(secret_at, created_at) "
               "from api_account where secret_hash is not null")
    op.add_column("api_token", sa.Column("key_id", sa.Integer(), nullable=True))
    op.execute("update api_token t set key_id = k.id from api_key k "
               "where k.account_id = t.account_id")
    op.execute("delete from api_token where key_id is null")
    op.alter_column("api_token", "key_id", existing_type=sa.Integer(), nullable=False)
    op.create_foreign_key(op.f("fk_api_token_key_id_api_key"), "api_token", "api_key",
                          ["key_id"], ["id"])
    for column in ("secret_hash", "secret_at", *_RIGHTS):
        op.drop_column("api_account", column)
    op.execute("select grant_application_rights()")


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("prefix", sa.String(10), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("keyed", sa.Boolean(), nullable=False),
        sa.Column("signing", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
        _account("api_key"),
    )
    op.create_index("ix_api_key_account_id", "api_key", ["account_id"])
    op.create_table(
        "api_nonce",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "nonce", name=op.f("pk_api_nonce")),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"],
                                name=op.f("fk_api_nonce_key_id_api_key")),
    )
    op.create_index("ix_api_nonce_at", "api_nonce", ["at"])
    op.create_table(
        "api_call",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("idem", sa.String(80), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "idem", name=op.f("pk_api_call")),
        _account("api_call"),
    )
    op.create_index("ix_api_call_at", "api_call", ["at"])
    op.create_table(
        "api_usage",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "day", "status", name=op.f("pk_api_usage")),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"],
                                name=op.f("fk_api_usage_key_id_api_key")),
        _account("api_usage"),
    )
    op.create_index("ix_api_usage_account_id", "api_usage", ["account_id", "day"])


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["api_account.id"],
                                   name=op.f(f"fk_{table}_account_id_api_account"))


def downgrade() -> None:
    """Accounts keep the rights that had a column, and the newest secret that had no prefix."""
    op.add_column("api_account", sa.Column("secret_hash", sa.LargeBinary(), nullable=True))
    op.add_column("api_account", sa.Column("secret_at", _MOMENT, nullable=True))
    for column, scope in _RIGHTS.items():
        op.add_column("api_account", sa.Column(
            column, sa.Boolean(), server_default=sa.text("false"), nullable=False))
        op.execute(f"update api_account set {column} = '{scope}' = any(scopes)")
    op.execute("update api_account a set secret_hash = k.hash, secret_at = k.created_at "
               "from api_key k where k.account_id = a.id and k.ended_at is null "
               "and k.prefix is null and not k.keyed")
    op.drop_constraint(op.f("fk_api_token_key_id_api_key"), "api_token", type_="foreignkey")
    op.drop_column("api_token", "key_id")
    for table in ("api_usage", "api_call", "api_nonce", "api_key"):
        op.drop_table(table)
    for column in ("signs", "networks", "scopes"):
        op.drop_column("api_account", column)
