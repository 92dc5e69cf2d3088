"""``ileti vault``: room of each provider, and whether what was kept is still whole.

Why this module exists: a proof is asked for years after it was kept. Whoever runs the installation
must be able to find a rotten disk before a court does, and to give a provider more room.
"""

from __future__ import annotations

from collections.abc import Iterator

from config import settings
from ileti.core import db
from ileti.core.errors import IletiError
from ileti.evidence import vault
from ileti.tenancy import deeds

_TOGETHER = 500


def rooms() -> list[tuple[int, str, int, int, int]]:
    """İYS code, name, files, bytes and quota in bytes of each provider."""
    rows = db.connection().execute(
        "select p.iys_code, p.short_name, count(f.id), coalesce(sum(f.size), 0), "
        "coalesce(p.vault_quota_mb, %s) * 1000000::bigint from provider p "
        "left join evidence_file f on f.provider_id = p.id and f.erased_at is null "
        "where p.sandbox_of is null group by p.id order by p.iys_code",
        [settings().vault_quota_mb]).fetchall()
    return [(row[0], row[1], row[2], int(row[3]), row[4]) for row in rows]


def set_quota(iys_code: int, megabytes: int | None) -> bool:
    """Another quota for a provider; None: as VAULT_QUOTA_MB says. False when there is none such."""
    with db.transaction() as conn:
        row = conn.execute("select id, vault_quota_mb from provider where iys_code = %s for update",
                           (iys_code,)).fetchone()
        if row is None:
            return False
        conn.execute("update provider set vault_quota_mb = %s where id = %s", (megabytes, row[0]))
        deeds.note(conn, "provider:change", f"provider:{row[0]}", provider_id=row[0], detail={
            "columns": ["vault_quota_mb"], "before": {"vault_quota_mb": row[1]},
            "after": {"vault_quota_mb": megabytes}})
    return True


def check(iys_code: int | None = None) -> Iterator[tuple[int, int, str]]:
    """Read each file: İYS code, file number, and what is wrong with it (empty: nothing)."""
    after = (0, 0)
    while True:
        rows = db.connection().execute(
            "select f.provider_id, f.id, p.iys_code from evidence_file f join provider p "
            "on p.id = f.provider_id where (f.provider_id, f.id) > (%s, %s) "
            "and f.erased_at is null "
            "and (%s::int is null or p.iys_code = %s) order by f.provider_id, f.id limit %s",
            (*after, iys_code, iys_code, _TOGETHER)).fetchall()
        if not rows:
            return
        for provider_id, file_id, code in rows:
            yield code, file_id, _problem(provider_id, file_id)
        after = (rows[-1][0], rows[-1][1])


def _problem(provider_id: int, file_id: int) -> str:
    try:
        vault.verify(provider_id, file_id)
    except IletiError as error:
        return error.en
    return ""
