"""The judge of pages is asked again for all that could change its verdict, and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import axe

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="tr"><head><title>Deneme</title><style>
[data-theme] body { background: #fff; color: #222 } .pale { color: #bbb } .small { font-size: 12px }
.box { background: #eee } .dark { background: #222; color: #fff } .over { position: relative }
.lid { position: absolute; inset: 0; background: #222 } .faint { opacity: .3 }
.big { font-size: 40px } .grey { color: #888 }
.before { position: relative; z-index: 0 }
.before::before { content: ""; position: absolute; inset: 0; background: #222; z-index: -1 }
.stack { display: grid } .stack > * { grid-area: 1 / 1; background: #222 } .stack > b { z-index: 1 }
</style></head><body><main><h1>Deneme</h1>%s</main></body></html>"""


@pytest.fixture
def page(chromium: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(axe, "_fine", set())
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def judged(page: Any, body: str) -> list[str]:
    page.set_content(PAGE % body)
    return [one for one in axe.in_both_themes(page) if "color-contrast" in one]


FINE = ('<p>Bir</p><p class="box">İki</p><p class="dark">Üç</p><p class="big grey">Dört</p>'
        '<p><span>Beş</span></p>')


@pytest.mark.parametrize("faulty", [
    '<p class="pale">Bir</p>', '<p class="dark"><span class="box">Üç</span></p>',
    '<p class="grey">Dört</p>', '<p class="small grey">Dört</p>', '<p class="faint">Bir</p>',
    '<div class="faint"><p>Bir</p></div>', '<div class="dark"><p style="color:#444">Bir</p></div>',
    '<div class="over"><p>Bir</p><div class="lid" style="z-index:-1"></div></div>',
    '<div class="stack"><i></i><b style="background:none">Bir</b></div>',
])
def test_no_fault_hides_behind_a_page_that_was_fine(page: Any, faulty: str) -> None:
    alone = judged(page, faulty)
    assert judged(page, FINE) == []
    assert axe._fine, "what was fine is kept"
    assert judged(page, FINE + faulty) == alone
    assert alone or "stack" in faulty or "over" in faulty


def test_what_was_fine_is_not_judged_again_and_what_was_not_is(page: Any) -> None:
    assert judged(page, FINE) == []
    page.set_content(PAGE % FINE)
    axe.load_axe(page)
    page.evaluate("""(() => { const run = axe.run; window.asked = [];
        axe.run = (page, how) => { asked.push(how); return run(page, how); } })()""")
    assert axe.in_both_themes(page) == []
    asked = page.evaluate("asked")
    assert [one["rules"]["color-contrast"]["enabled"] for one in asked] == [False]
    assert judged(page, '<p class="pale">Bir</p>') != []
    assert judged(page, '<p class="pale">Bir</p>') != [], "a fault is found each time"
