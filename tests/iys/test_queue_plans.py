"""What looks for due rows every two seconds must not read a brand's delayed ones (H525)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from iys_house import take

from ileti.core import db
from ileti.iys.forward import _DUE_BRANDS
from ileti.outbox.relay import _CLAIM

DELAYED = 20_000


@pytest.fixture
def delayed(shop: Any, database: str) -> Iterator[Any]:
    """A brand whose package is used up: every row waits for a quarter of an hour."""
    conn = db.connection()
    conn.execute(
        "insert into outbox (provider_id, topic, ref_id, ref_at, next_at, order_key, brand_id) "
        "select %s, 1, 5000000 + i, now(), now() + interval '15 minutes', i << 3, %s "
        "from generate_series(1, %s) i", (shop.provider_id, shop.brand_id, DELAYED))
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("analyze outbox")
    yield shop
    conn.execute("delete from outbox where provider_id = %s and ref_id > 5000000",
                 (shop.provider_id,))


def rows_looked_at(statement: str, given: dict[str, Any]) -> float:
    """How many rows of the outbox the statement reads, those thrown away counted."""
    plan = db.connection().execute(
        "explain (analyze, format json) " + statement, given).fetchone()[0][0]["Plan"]

    def outbox(node: dict[str, Any]) -> float:
        here = 0.0
        if node.get("Relation Name") == "outbox" and "Scan" in node["Node Type"]:
            here = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                    ) * node["Actual Loops"]
        return here + sum(outbox(child) for child in node.get("Plans", ()))

    return outbox(plan)


def test_brands_with_due_rows_are_found_without_reading_the_delayed_ones(delayed: Any) -> None:
    assert rows_looked_at(_DUE_BRANDS, {"provider": delayed.provider_id}) < 100


def test_due_rows_are_claimed_without_reading_the_delayed_ones(delayed: Any) -> None:
    take(delayed, ["+905997000000"])
    assert rows_looked_at(_CLAIM, {
        "topic": 1, "provider": delayed.provider_id, "brand": delayed.brand_id,
        "limit": 1_000, "lease": 30, "batch": None}) < 100


def test_of_a_backlog_only_the_oldest_rows_are_read(delayed: Any, database: str) -> None:
    """With many due rows the claim must not gather and sort them all."""
    db.connection().execute("update outbox set next_at = now() - interval '1 second' "
                            "where provider_id = %s", (delayed.provider_id,))
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("analyze outbox")
    assert rows_looked_at(_CLAIM, {
        "topic": 1, "provider": delayed.provider_id, "brand": delayed.brand_id,
        "limit": 100, "lease": 30, "batch": None}) < 1_000
