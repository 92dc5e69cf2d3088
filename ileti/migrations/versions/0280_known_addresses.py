"""Known addresses, and chunks taken back, are looked up one by one and never joined with all states

Revision ID: 0280
Revises: 0260
"""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0280"
down_revision = "0260"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
NEW = (SQL / "0280_known_addresses.sql").read_text()
_IMPORTS = (SQL / "0140_imports.sql").read_text()
_APPLY = (SQL / "0160_imports_faster.sql").read_text()

# Other migrations changed lines of import_apply: only what it did with known addresses goes out.
_START = _APPLY.index("    select count(*) into v_known from import_item where not fresh;")
_KNOWN = "    if v_known > 0 then"
_PINNED = """
        perform pin_persons(p_provider, array(
            select distinct recipient_id from import_item where not fresh));"""  # by 0220
_BEFORE = _APPLY[_START:_APPLY.index("    perform import_link(", _START)].replace(
    _KNOWN, _KNOWN + _PINNED)
_NOW = """\
    select k.written, k.left_out into v_known, left_out
      from import_known(p_run, p_chunk, p_provider, p_brand, v_submission, v_at) k;
    written := written + v_known;
"""


def _rewrite(old: str, new: str) -> None:
    text = op.get_bind().exec_driver_sql(
        "select pg_get_functiondef('public.import_apply'::regproc)").scalar_one()
    if text.count(old) != 1:
        raise RuntimeError("import_apply is not the function this migration knows")
    op.get_bind().exec_driver_sql(text.replace(old, new).replace("%", "%%"))


def upgrade() -> None:
    """Functions only: no row is read or written."""
    op.get_bind().exec_driver_sql(NEW.replace("%", "%%"))
    _rewrite(_BEFORE, _NOW)
    op.execute("select grant_application_rights()")


def downgrade() -> None:
    """The functions as 0140 and 0160 made them."""
    _rewrite(_NOW, _BEFORE)
    op.execute("drop function import_known(bigint, integer, integer, integer, bigint, timestamptz)")
    for name in ("record_round", "chunk_tables", "import_hold", "import_undo"):
        start = _IMPORTS.index(f"create function {name}(")
        text = _IMPORTS[start:_IMPORTS.index("end $$;", start) + len("end $$;")]
        op.get_bind().exec_driver_sql(
            text.replace("create", "create or replace", 1).replace("%", "%%"))
