"""Reports by axe, and as their readers use them: a dealer filters, looks behind a line and takes
the file. ``ILETI_SHOTS`` names a folder for pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.reports import recount, rollup
from ileti.reports.proven import Proof
from tests.browser.axe import THEMES, WIDTHS, browsing, faults, serving
from tests.panel.people import dealer_of, sign_in, user_with

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("ILETI_SHOTS")
DEALERS = ("Bornova Akasya", "Nilüfer Tekstil", "Trabzon Yıldız", "Çankaya Işık", "Muğla Ege Ev")
NUMBERS = ", ".join(rollup.NUMBERS)
SUMS = ", ".join(f"sum({one})" for one in rollup.NUMBERS)
_ADD = """
insert into {table} as t (provider_id, day, brand_id, channel, source, status, recipient_type,
    dealer_id, site_id, agent_id, taken, accepted, rejected, overdue, same_day, waited)
select %(p)s, {day}, %(b)s, c, s, k, 2, d, 0, 0, n, n - r, r, case when r > 4 then 1 else 0 end,
       n - r, (n - r) * (150 + 31 * c)
  from (select day, c, s, k, d, (case k when 1 then 21 else 2 end) + (x * c * s) %% 17
                 + case when d = 0 then 60 / k else 0 end as n,
               case when d = %(first)s and x %% 9 = 0 then 6 else (x %% 7 = 0)::int end as r
          from (select (%(today)s::date - x) as day, x from generate_series(0, 89) x) x
         cross join unnest(array[1, 2, 3]) c cross join unnest(array[6, 1]) s
         cross join unnest(array[1, 2]) k cross join unnest(%(dealers)s::int[]) d) f
on conflict on constraint pk_{table} do update set taken = t.taken + excluded.taken,
    accepted = t.accepted + excluded.accepted, rejected = t.rejected + excluded.rejected,
    overdue = t.overdue + excluded.overdue, same_day = t.same_day + excluded.same_day,
    waited = t.waited + excluded.waited"""

_REPLIES = """
insert into report_reply_dealer_day (provider_id, day, brand_id, channel, source, dealer_id, code,
    bucket, number, longest)
select provider_id, day, brand_id, channel, source, dealer_id, v.code, v.bucket, v.number, v.longest
  from (select provider_id, day, brand_id, channel, source, dealer_id, sum(accepted)::int as a,
               sum(rejected)::int as r from report_day where provider_id = %(p)s
         group by 1, 2, 3, 4, 5, 6) d
 cross join lateral (values (0, 4, a - a / 5 - a / 12, 110 + channel), (0, 5, a / 5, 171),
     (0, 12, a / 12, 3_511 - 90 * channel),
     (case dealer_id %% 3 when 0 then 178 when 1 then 180 else 120 end, 0, r, 0))
     as v(code, bucket, number, longest) where v.number > 0"""


@pytest.fixture(scope="module")
def house(app: Any) -> Iterator[dict[str, Any]]:
    """Three months of a provider with five dealers, as they would have been counted."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    dealers = [dealer_of(place, name) for name in DEALERS]
    conn = db.system_connection()
    conn.execute(_ADD.format(table="report_day", day="day"), {
        "p": place.provider_id, "b": place.brand_id, "today": clock.today(),
        "first": dealers[0], "dealers": [0, *dealers]})
    for table, key in rollup.TABLES.items():
        if table != "report_day":
            days = [f"date_trunc('month', {one})::date"
                    if one == "day" and table in rollup.MONTHLY else one for one in key]
            places = ", ".join(str(n + 1) for n in range(len(key)))
            conn.execute(
                f"insert into {table} ({', '.join(key)}, {NUMBERS}) select {', '.join(days)}, "
                f"{SUMS} from report_day where provider_id = %s group by {places}",
                (place.provider_id,))
    answers(place, dealers)
    conn.execute("update report_mark set counted_at = now()")
    clients = {"head": sign_in(app, user_with(app, "provider_admin", place)),
               "dealer": sign_in(app, user_with(app, "dealer_manager", place, level="dealer",
                                                dealer_id=dealers[0]))}
    with serving(app) as base:
        yield {"base": base, "place": place, "dealers": dealers, **clients}
    for table in (*recount.ALL, "report_standing", "report_due", "report_walk"):
        conn.execute(f"delete from {table} where provider_id = %s", (place.provider_id,))


def answers(place: Any, dealers: list[int]) -> None:
    """What İYS said in these months, and what standing consents rest on."""
    conn = db.system_connection()
    conn.execute(_REPLIES, {"p": place.provider_id})
    wide = "report_reply_dealer_day"
    for table, key in rollup.REPLIES.items():
        if table != wide:
            days = ["date_trunc('month', day)::date" if one == "day" and table in rollup.MONTHLY
                    else one for one in key]
            places = ", ".join(str(n + 1) for n in range(len(key)))
            conn.execute(
                f"insert into {table} ({', '.join(key)}, number, longest) select "
                f"{', '.join(days)}, sum(number), max(longest) from {wide} "
                f"where provider_id = %s group by {places}", (place.provider_id,))
    (document,) = conn.execute(
        "insert into document (provider_id, brand_id, kind, name) values (%s, %s, 'ETK_ONAYI', "
        "'Ticari ileti onayı') returning id", (place.provider_id, place.brand_id)).fetchone()
    texts = [conn.execute(
        "insert into document_version (provider_id, document_id, version, language, body, "
        "content_hash) values (%s, %s, %s, 'tr', 'Onaylıyorum.', %s) returning id",
        (place.provider_id, document, one, bytes([one]) * 32)).fetchone()[0] for one in (1, 2)]
    for place_in, (source, text, proof, number) in enumerate((
            (6, texts[1], Proof.SHOWN, 28_411), (6, texts[0], Proof.SHOWN, 9_206),
            (2, texts[1], Proof.FILE, 4_118), (2, texts[1], Proof.NO_SCAN, 37),
            (10, texts[1], Proof.NO_RECORDING, 12), (2, 0, Proof.WORD, 2_514))):
        conn.execute(
            "insert into report_standing (provider_id, brand_id, dealer_id, channel, source, "
            "text_id, proof, number) values (%s, %s, %s, 2, %s, %s, %s, %s)",
            (place.provider_id, place.brand_id, dealers[0] if place_in % 2 else 0, source, text,
             int(proof), number))
    for kind, due, year in ((7, 14, 14), (6, 0, 820), (1, 0, 3)):
        conn.execute("insert into report_due (provider_id, kind, due, year) values "
                     "(%s, %s, %s, %s)", (place.provider_id, kind, due, year))
    conn.execute("insert into report_walk (provider_id, counted_at, due_at) "
                 "values (%s, now(), now()) on conflict (provider_id) do update "
                 "set counted_at = now(), begun_at = null", (place.provider_id,))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_axe_finds_nothing_and_nothing_runs_over(
    chromium: Any, house: dict[str, Any], language: str
) -> None:
    pages = (("dealers", "head", "/raporlar/?donem=56&kirilim=bayi"),
             ("channels", "dealer", "/raporlar/"), ("empty", "head", "/raporlar/?kanal=9"),
             ("compliance", "head", "/raporlar/uyum/?donem=56"),
             ("compliance-dealer", "dealer", "/raporlar/uyum/?kirilim=kaynak"),
             ("compliance-empty", "head", "/raporlar/uyum/?kanal=9"))
    for name, who, path in pages:
        with browsing(chromium, house["base"], house[who]) as page:
            page.goto(f"{path}{'&' if '?' in path else '?'}_l_={language}")
            assert (path, faults(page)) == (path, [])
            shoot(page, f"report-{name}-{language}")


def shoot(page: Any, name: str) -> None:
    """Pictures for a person, when somebody asked for them."""
    for width in WIDTHS if SHOTS else ():
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES if "compliance" in name else THEMES[:1]:
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.screenshot(full_page=True, path=f"{SHOTS}/{name}-{theme}-{width}.png")


def test_a_dealer_filters_looks_behind_a_line_and_takes_the_file(
    chromium: Any, house: dict[str, Any]
) -> None:
    with browsing(chromium, house["base"], house["dealer"]) as page:
        page.goto("/?_l_=tr")
        page.get_by_role("link", name="Raporlar").click()
        page.get_by_text("Dönem").first.click()
        page.get_by_label("Son 8 hafta").check()
        page.locator("details[open] button:has-text('Uygula')").click()
        page.wait_for_url("**donem=56**")
        total = page.locator("tfoot td").first.inner_text()
        assert total == "9.635"
        assert "Nilüfer" not in page.content()
        page.get_by_text("Kırılım").first.click()
        page.get_by_label("Hafta", exact=True).check()
        page.locator("details[open] button:has-text('Uygula')").click()
        page.wait_for_url("**kirilim=hafta**")
        assert page.locator("tbody tr").count() >= 8
        with page.expect_download() as coming:
            page.get_by_role("link", name="CSV").click()
        lines = open(coming.value.path(), encoding="utf-8-sig").read().split("\n")  # noqa: SIM115
        assert sum(int(one.split(";")[1]) for one in lines[1:] if one) == 9_635
        page.locator("table.report tbody a").first.click()
        page.wait_for_url("**/izinler/**")
