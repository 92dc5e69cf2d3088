"""A dry run tells, when asked, how much of a list İYS holds as ONAY; it decides nothing (§6.8)."""

from __future__ import annotations

import json
import time
from typing import Any

from ileti.core import db
from ileti.imports import report, runs, staging
from tests.imports.import_house import HEAD, begin, row


def dry_run(place: Any, *lines: str) -> dict[str, Any]:
    run_id = begin(place, HEAD, *lines)
    runs.ask_check(run_id, ask_iys=True)
    staging.check_due(time.monotonic() + 60, run_id)
    found = db.connection().execute("select counts, state from import_run where id = %s",
                                    [run_id]).fetchone()
    assert found is not None
    assert found[1] == 4
    return dict(found[0])


def test_what_iys_holds_of_a_list_is_counted_by_choice_and_channel(
    shop: Any, registry: Any
) -> None:
    for phone in ("+905997300001", "+905997300003"):
        registry.tell("citizen", recipient=phone, type="MESAJ", status="ONAY",
                      brandCode=shop.brand_code)
    registry.tell("citizen", recipient="a@ornek.com.tr", type="EPOSTA", status="ONAY",
                  brandCode=shop.brand_code)
    found = dry_run(shop, row("+905997300001"), row("+905997300002"),
                    row("+905997300003", "RET"), row("a@ornek.com.tr", channel="EPOSTA"))
    assert found["iys"] == {"ONAY": {"there": 2, "absent": 1}, "RET": {"there": 1, "absent": 0}}
    assert found["reason"] == {"0": 3, "1": 1}


def test_a_silent_iys_is_said_and_the_dry_run_stands(shop: Any, registry: Any) -> None:
    registry.tell("fault", kind="500", path="*/status/*", count=50)
    found = dry_run(shop, row("+905997300004"))
    assert found["reason"] == {"0": 1}
    assert found["iys"]["problem"][0] != found["iys"]["problem"][1]


def test_each_row_of_the_report_says_what_iys_holds(shop: Any, registry: Any) -> None:
    registry.tell("citizen", recipient="+905997300006", type="MESAJ", status="ONAY",
                  brandCode=shop.brand_code)
    run_id = begin(shop, HEAD, row("+905997300005"), row("+905997300006"),
                   row("+905997300006", "RET", kind="TACIR"), row("0599"))
    runs.ask_check(run_id, ask_iys=True)
    staging.check_due(time.monotonic() + 60, run_id)
    run = runs.read_run(run_id)
    lines = b"".join(report.stream(run, "tr")).decode().splitlines()[1:]
    assert "İYS’de onaylı değil: orada ret ya da kayıtsız." in lines[0]
    assert "İYS’de onaylı." in lines[1]
    assert "İYS" not in lines[3]
    told = [json.loads(line) for line in b"".join(
        report.stream(run, form=report.Form.NDJSON)).splitlines()]
    assert [one["atIys"] for one in told] == ["absent", "ONAY", told[2]["atIys"], None]
