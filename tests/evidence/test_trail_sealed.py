"""The trail is sealed with the ledger; a changed, removed or inserted line is named (R-58)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import psycopg
import pytest

from ileti.consents import traillines
from ileti.consents.audit import audit
from ileti.core import db
from ileti.evidence import seal
from ileti.retention import destroy, witness  # noqa: F401 (it says what was destroyed)
from tests.evidence.sealed_house import seal_all, take

_ADD = ("insert into audit_entry (provider_id, user_id, action, subject, detail, address) values "
        "(%s, 7, 'consent:reveal', %s, %s, '10.0.0.7') returning id")


def note(place: Any, subject: str, detail: str = "{}") -> int:
    """One line of the trail, as the application writes it."""
    row = db.connection().execute(_ADD, (place.provider_id, subject, detail)).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def lines(shop: Any) -> list[int]:
    """Lines between consents, in one seal; one more waits."""
    take(shop, 2)
    made = [note(shop, f"consent:{n}", '{"reason": "Ğ\\u0007 \\"x\\" \\\\", "n": 1.50}')
            for n in range(4)]
    take(shop, 1, first=9)
    seal_all()
    return made


def found() -> list[tuple[str, str | None]]:
    return [(one.kind, one.record) for one in audit().findings]


def test_an_audit_reads_the_trail_too(lines: list[int]) -> None:
    report = audit()
    assert report.findings == []
    assert (report.entries, report.trail) == (6, 4)


def test_database_and_audit_read_a_line_alike(lines: list[int], owner: Any) -> None:
    owner.execute("insert into audit_entry (action, subject, detail, address) values "
                  "('a\"b\\c', E'ş\\t\\x01\\x7f', '{\"bb\": [1, null], \"a\": \"ü\"}', null)")
    with db.transaction() as conn:
        read = traillines.sealed(conn, 0, seal.START, seal.Position(2**62, 5, 0))
    said = [row[0].encode() for row in owner.execute(
        "select audit_claim(l) from audit_entry l order by xid, id").fetchall()]
    assert [one.claim() for one in read] == said  # type: ignore[attr-defined]
    assert [one.leaf for one in read] == [sha256(one).digest() for one in said]


CHANGES = ["action = 'consent:read'", "user_id = 8", "user_id = null", "subject = 'consent:9'",
           "detail = detail || '{\"n\": 2}'", "address = '10.0.0.8'", "provider_id = 999",
           "at = at - interval '1 us'", "brand_id = 1", "dealer_id = 1", "actor = 'x'",
           "salt = sha256('x')", "before_id = 1", "leaf = sha256(leaf)"]


@pytest.mark.attack
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_line_is_named(lines: list[int], owner: Any, change: str) -> None:
    owner.execute(f"update audit_entry set {change} where id = %s", (lines[1],))
    assert found() == [("trail_changed", str(lines[1])),
                       *([("root_differs", None)] if change.startswith("leaf") else [])]


@pytest.mark.attack
def test_a_removed_line_is_named_by_the_one_after_it(lines: list[int], owner: Any) -> None:
    owner.execute("delete from audit_entry where id = %s", (lines[2],))
    assert found() == [("trail_changed", str(lines[2])), ("entries_missing", None)]


@pytest.mark.attack
def test_the_last_line_removed_is_missed(lines: list[int], owner: Any) -> None:
    owner.execute("delete from audit_entry where id = %s", (lines[-1],))
    assert found() == [("entries_missing", None)]


@pytest.mark.attack
def test_a_line_slipped_in_with_an_old_date_is_named(lines: list[int], shop: Any,
                                                     owner: Any) -> None:
    [(late,)] = owner.execute(
        "insert into audit_entry (at, provider_id, user_id, action, subject) values "
        "(now() - interval '3 days', %s, 8, 'consent:reveal', 'consent:1') returning id",
        (shop.provider_id,)).fetchall()
    take(shop, 1, first=20)
    seal_all()
    assert found() == [("misdated", str(late)), ("trail_changed", str(late))]


@pytest.mark.attack
def test_a_line_slipped_below_a_seal_is_missed(lines: list[int], owner: Any) -> None:
    owner.execute("insert into audit_entry (action, subject) values ('x', 'y')")
    owner.execute("update audit_entry set xid = (select min(xid) from audit_entry) "
                  "where action = 'x'")
    assert found() == [("entries_added", None)]


@pytest.mark.attack
def test_leaf_and_line_changed_together_break_the_root(lines: list[int], owner: Any) -> None:
    owner.execute("update audit_entry set user_id = 8 where id = %s", (lines[1],))
    owner.execute("update audit_entry l set leaf = sha256(convert_to(audit_claim(l), 'UTF8')) "
                  "where id = %s", (lines[1],))
    assert found() == [("root_differs", None)]


@pytest.mark.attack
@pytest.mark.parametrize("deed", ["update audit_entry set user_id = 8", "delete from audit_entry",
                                  "truncate audit_entry"])
def test_the_application_cannot_change_the_trail(lines: list[int], deed: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.connection().execute(deed)


@pytest.mark.attack
def test_what_an_application_says_about_place_and_leaf_is_not_believed(shop: Any,
                                                                       owner: Any) -> None:
    db.connection().execute(
        "insert into audit_entry (provider_id, action, subject, xid, epoch, salt, leaf, erased_at, "
        "before_id) values (%s, 'x', 'y', '3', 9, 's', 'l', now(), 5)", (shop.provider_id,))
    take(shop)
    seal_all()
    assert found() == []
    assert owner.execute("select erased_at, before_id from audit_entry").fetchall() == [
        (None, None)]


def test_lines_ten_years_old_are_emptied_and_the_log_vouches_for_them(shop: Any,
                                                                      owner: Any) -> None:
    for place in (shop.provider_id, None):
        owner.execute("insert into audit_entry (at, provider_id, user_id, action, subject, address)"
                      " values (now() - interval '11 years', %s, 8, 'login', 'ab_user:8', "
                      "'10.0.0.8')", (place,))
    take(shop)
    seal_all()
    destroy.run_now()
    assert owner.execute("select user_id, subject, address, detail::text, salt from audit_entry "
                         "where erased_at is not null").fetchall() == [
        (None, "", None, "{}", b"")] * 2
    assert found() == []
    assert destroy.run_now()[1] == 0


@pytest.mark.attack
def test_a_line_emptied_by_hand_is_named(lines: list[int], owner: Any) -> None:
    owner.execute("update audit_entry set action = '', subject = '', detail = '{}', user_id = null,"
                  " address = null, salt = '', erased_at = now() where id = %s", (lines[1],))
    assert found() == [("erased_unlawfully", str(lines[1]))]


def test_the_sealer_reads_the_trail_by_its_index(lines: list[int], owner: Any) -> None:
    owner.execute("insert into audit_entry (action, subject) select 'x', 'y' "
                  "from generate_series(1, 3000)")
    owner.execute("analyze audit_entry")
    with db.transaction() as conn:
        seal.by_index(conn)
        plan = "\n".join(row[0] for row in conn.execute(
            "explain select xid::text::bigint, id, leaf from audit_entry l where epoch = 0 and "
            "(l.xid, id) > ('3'::xid8, 5) and l.xid < pg_snapshot_xmin(pg_current_snapshot()) "
            "order by l.xid, id limit 20000"))
    assert "ix_audit_entry_seal" in plan
    assert "Sort" not in plan
