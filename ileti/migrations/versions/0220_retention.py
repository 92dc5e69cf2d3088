"""Retention: restricted persons, suppression, legal holds, the destruction's runs and signed log

Revision ID: 0220
Revises: 0240
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0220"
down_revision = "0240"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0220_retention.sql"
PROOF = "proof: the application only adds rows"
READ = "read: set-up writes, the application reads"
_MOMENT = sa.DateTime(timezone=True)
_NOW = sa.text("now()")
_ZERO = sa.text("0")


class XID8(sa.types.UserDefinedType):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


# The functions are long and other changes may have come to them: only these places are changed.
#
# A new recipient whose address is suppressed has states already (the trigger makes them), so it
# must not be taken for one that has none.
_OF_SUPPRESSED = (
    ("record_consents", "        v_new := found;", """
            v_new := v_new and not exists (select from suppression x
                      where x.provider_id = p_provider and x.addr_hash = a_hash[a]);"""),
    ("record_clicks", "                                and r.addr_hash = a.hash limit 1) r", """
        union all
        select a.click
          from unnest(a_click, a_hash) a(click, hash)
         cross join lateral (select from suppression x where x.provider_id = s_provider[a.click]
                                and x.addr_hash = a.hash limit 1) x"""),
    ("import_apply", "coalesce(t.known_id, m.id), m.id is not null", """
               and not exists (select from suppression x where x.provider_id = $1
                                  and x.addr_hash = m.addr_hash)"""),
    ("import_check", "v_stage) using p_provider, p_brand, p_from, p_to;", """
    -- an erased person's address has no row, but its refusal stands (R-42, R-64)
    if exists (select from suppression where provider_id = p_provider) then
        execute format('
            update %1$I s set reason = case when s.consent_date <= x.since then 41 else 42 end
              from suppression x
             where x.provider_id = $1 and x.addr_hash = s.addr_hash and s.reason < 20
               and s.status = 1 and (s.consent_date <= x.since or s.flags & 1 = 0)
               and s.addr_hash >= $2 and ($3 is null or s.addr_hash < $3)
               and not exists (select from recipient r where r.provider_id = $1
                                  and r.addr_hash = s.addr_hash)', v_stage)
            using p_provider, p_from, p_to;
    end if;"""),
)

# Who writes about people that are known pins them; what was looked up before may be gone by then.
_PINNED = (
    ("record_consents", "        v_fresh[a] := v_new;\n    end loop;", """
    if false = any (v_fresh) then
        perform pin_persons(p_provider, v_rids);
    end if;"""),
    ("record_acts", "recipient r on r.provider_id = p_provider and r.addr_hash = hash;", """
        if coalesce(cardinality(v_rids), 0) <> cardinality(a_hash) then
            raise exception 'somebody was erased meanwhile' using errcode = '40001';
        end if;
        perform pin_persons(p_provider, v_rids);"""),
    ("record_chunk", "into v_rounds from chunk_work;", """
    if (select count(*) from chunk_work) <> coalesce(cardinality(v_ids), 0) then
        raise exception 'somebody was erased meanwhile' using errcode = '40001';
    end if;
    perform pin_persons(p_provider, array(select distinct recipient_id from chunk_work));"""),
    ("import_apply", "    if v_known > 0 then", """
        perform pin_persons(p_provider, array(
            select distinct recipient_id from import_item where not fresh));"""),
    ("link_entry_file", "    v_link bigint;\nbegin", """
    perform pin_persons(p_provider, array(
        select r.id from consent_entry e
          join recipient r on r.provider_id = e.provider_id and r.id = e.recipient_id
         where e.provider_id = p_provider and e.id = p_entry and r.leaf_key is not null));"""),
)


def _rewrite(name: str, old: str, new: str) -> None:
    rows = op.get_bind().exec_driver_sql(
        f"select pg_get_functiondef('public.{name}'::regproc)").fetchall()
    text = rows[0][0]
    if text.count(old) != 1:
        raise RuntimeError(f"{name} is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """New tables, two columns without a rewrite, an index for the rule, then the functions."""
    _persons()
    _holds()
    _destruction()
    op.add_column("submission", sa.Column("erased_at", _MOMENT, nullable=True))
    op.add_column("evidence_file", sa.Column("erased_at", _MOMENT, nullable=True))
    op.create_index("ix_message_recipient", "message", ["provider_id", "recipient_id"])
    op.get_bind().exec_driver_sql(SQL.read_text().replace("%", "%%"))
    for name, place, more in (*_OF_SUPPRESSED, *_PINNED):
        _rewrite(name, place, place + more)


def _persons() -> None:
    op.create_table(
        "restriction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_number", sa.String(80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
        comment=PROOF,
    )
    op.create_index("ix_restriction_recipient", "restriction",
                    ["provider_id", "recipient_id", "since"])
    op.create_table(
        "suppression",
        sa.Column("provider_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("addr_hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider_id", "addr_hash", name=op.f("pk_suppression")),
        comment=READ,
    )


def _holds() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("from_at", _MOMENT, nullable=True),
        sa.Column("to_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"],
                                name=op.f("fk_legal_hold_provider_id_provider")),
        sa.CheckConstraint("from_at < to_at", name=op.f("ck_legal_hold_range")),
        comment=PROOF,
    )
    op.create_index("ix_legal_hold_provider_id", "legal_hold", ["provider_id"])
    op.create_table(
        "legal_hold_end",
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=False),
        sa.Column("brand_id", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_legal_hold_end")),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_hold.id"],
                                name=op.f("fk_legal_hold_end_hold_id_legal_hold")),
        comment=PROOF,
    )


def _destruction() -> None:
    op.create_table(
        "destruction_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("begun_at", _MOMENT, server_default=_NOW, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("after_id", sa.BigInteger(), server_default=_ZERO, nullable=False),
        sa.Column("at_provider", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("step", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_run")),
    )
    op.create_index("uq_destruction_run_open", "destruction_run", [sa.text("(true)")], unique=True,
                    postgresql_where=sa.text("ended_at is null"))
    op.create_table(
        "destruction_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("boundary", _MOMENT, nullable=False),
        sa.Column("xid", XID8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.SmallInteger(), server_default=_ZERO, nullable=False),
        sa.Column("case_number", sa.String(80), nullable=True),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("ids_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_log")),
        sa.ForeignKeyConstraint(["run_id"], ["destruction_run.id"],
                                name=op.f("fk_destruction_log_run_id_destruction_run")),
        comment=PROOF,
    )
    op.create_index("ix_destruction_log_provider_id", "destruction_log",
                    ["provider_id", sa.text("id desc")])
    op.create_index("ix_destruction_log_seal", "destruction_log", ["xid", "id"])
    op.create_table(
        "destruction_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=True),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_part")),
        sa.UniqueConstraint("log_id", name=op.f("uq_destruction_part_log_id")),
        sa.ForeignKeyConstraint(["log_id"], ["destruction_log.id"], deferrable=True,
                                initially="DEFERRED",
                                name=op.f("fk_destruction_part_log_id_destruction_log")),
        comment=READ,
    )
    op.create_index("ix_destruction_part_ids", "destruction_part",
                    ["provider_id", "kind", "last_id"])


def downgrade() -> None:
    """What was destroyed stays so; who did it and why is forgotten, so keep a dump."""
    for name, place, more in (*_OF_SUPPRESSED, *_PINNED):
        _rewrite(name, place + more, place)
    for table in ("recipient", "brand"):
        op.execute(f"drop trigger suppressed on {table}")
    for table in ("entry_file", "import_file"):
        op.execute(f"drop trigger pinned on {table}")
    op.execute("drop view consent_due")
    op.execute("drop view act_due")
    for name in ("destroy_persons(bigint, integer, bigint[])",
                 "destroy_submissions(bigint, integer, bigint[])",
                 "destroy_files(bigint, integer, bigint[])",
                 "destroy_lists(bigint, integer, bigint[])",
                 "destroy_archives(bigint, integer, bigint[])",
                 "destroy_cases(bigint, integer, bigint[])",
                 "destroy_rows(bigint, smallint, integer, integer)",
                 "destroyed(bigint, smallint, integer, bigint[])", "import_due(bigint)",
                 "pin_persons(integer, bigint[])", "pin_file()",
                 "keep_suppressed()", "keep_suppressed_in_brand()",
                 "parts_before_log()", "unlogged_parts()",
                 "suppress_states(integer, bigint[], timestamptz[], integer[])",
                 "is_restricted(integer, bigint, timestamptz)",
                 "under_hold(integer, integer, bigint, timestamptz, timestamptz)",
                 "holds_on(integer, integer, bigint, timestamptz, timestamptz)"):
        op.execute(f"drop function {name}")
    op.drop_index("ix_message_recipient", table_name="message")
    op.drop_column("evidence_file", "erased_at")
    op.drop_column("submission", "erased_at")
    for table in ("destruction_part", "destruction_log", "destruction_run", "legal_hold_end",
                  "legal_hold", "suppression", "restriction"):
        op.drop_table(table)
