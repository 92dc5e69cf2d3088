"""The panel's look as rules a machine can hold: formats, badges, contrast, forbidden mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g, render_template, render_template_string
from flask_babel import Babel, force_locale
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired

from ileti.core import formats
from ileti.web import charts
from ileti.web.badges import BADGES, badge_of
from ileti.web.icons import has_icon, icon
from ileti.web.navigation import navigation
from ileti.web.theme import TEMPLATES, Count, Shell, Workspace, init_theme, shown, spoken

ROOT = Path(__file__).resolve().parents[2]
AFTERNOON = datetime(2026, 11, 23, 10, 58, 12, tzinfo=UTC)
UI = "{% import 'panel/macros.html' as ui %}"


@pytest.fixture
def panel() -> Iterator[Flask]:
    """A bare app with the theme on it, in Turkish, inside a request."""
    app = Flask("panel", static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="only for this test", WTF_CSRF_ENABLED=False)
    Babel(app, default_locale="tr")
    init_theme(app, lambda: Shell(Workspace("1", "Defne Ev", "731204")))
    app.add_url_rule("/deneme", view_func=lambda: render_template("panel/error.html", code=404))
    with app.test_request_context("/"):
        yield app


def test_numbers_money_and_shares_are_written_as_people_here_write_them(panel: Flask) -> None:
    assert formats.number(1412908) == "1.412.908"
    assert formats.percent(0.987) == "%98,7"
    assert formats.money(27334.92) == "27.334,92 ₺"
    with force_locale("en"):
        assert formats.number(1412908) == "1,412,908"
        assert formats.percent(0.987) == "98.7%"


def test_moments_are_shown_in_istanbul(panel: Flask) -> None:
    assert formats.moment(AFTERNOON) == "23.11.2026 13:58"
    assert formats.moment(AFTERNOON, seconds=True) == "23.11.2026 13:58:12"
    assert formats.day_long(AFTERNOON) == "23 Kasım 2026 Pazartesi"
    with force_locale("en"):
        assert formats.day_long(AFTERNOON) == "Monday 23 November 2026"


def test_a_late_evening_in_utc_is_already_the_next_day_in_istanbul(panel: Flask) -> None:
    assert formats.day(datetime(2026, 11, 23, 21, 30, tzinfo=UTC)) == "24.11.2026"
    assert formats.day(date(2026, 11, 23)) == "23.11.2026"


def test_capitals_keep_the_dots_of_turkish(panel: Flask) -> None:
    assert formats.upper("ılık iğne") == "ILIK İĞNE"
    assert formats.lower("IĞDIR İLİ") == "ığdır ili"
    assert formats.initials("ipek ışık") == "İI"
    with force_locale("en"):
        assert formats.upper("title") == "TITLE"


@pytest.mark.parametrize(
    ("count", "written"),
    [(12, "12’si"), (26, "26’sı"), (19, "19’u"), (3, "3’ü"), (40, "40’ı"), (100, "100’ü"),
     (2000, "2.000’i"), (1_000_000, "1.000.000’u"), (0, "0’ı")],
)  # fmt: skip
def test_a_count_takes_the_ending_of_its_last_word(panel: Flask, count: int, written: str) -> None:
    assert formats.its(count) == written
    with force_locale("en"):
        assert "’" not in formats.its(count)


@pytest.mark.parametrize(
    ("clock", "case", "written"),
    [((20, 59), "at", "23:59’da"), ((11, 20), "at", "14:20’de"), ((7, 40), "from", "10:40’tan"),
     ((20, 59), "to", "23:59’a"), ((3, 2), "to", "06:02’ye")],
)  # fmt: skip
def test_a_time_takes_the_ending_of_its_minutes(
    panel: Flask, clock: tuple[int, int], case: str, written: str
) -> None:
    assert formats.timed(datetime(2026, 11, 23, *clock, tzinfo=UTC), case) == written


def test_every_state_has_an_icon_a_tone_and_a_word(panel: Flask) -> None:
    for family, states in BADGES.items():
        for key in states:
            html = render_template_string(UI + "{{ ui.badge(f, k) }}", f=family, k=key)
            assert "<svg" in html
            assert str(badge_of(family, key).label) in html


def test_a_refusal_is_never_red_and_proof_alone_is_teal() -> None:
    assert BADGES["choice"]["refusal"].tone == "ret"
    seals = {family for family, states in BADGES.items() for b in states.values()
             if b.tone == "seal"}  # fmt: skip
    assert seals == {"proof"}
    assert BADGES["choice"]["given"].style == "outline"


def test_an_unknown_state_or_icon_is_a_mistake_that_shows() -> None:
    with pytest.raises(LookupError):
        badge_of("choice", "maybe")
    with pytest.raises(LookupError):
        icon("../../config")


def test_a_masked_address_is_said_in_words(panel: Flask) -> None:
    with force_locale("en"):
        assert spoken("+90 5•• ••• 41 17") == "phone ending in 41 17"
        assert spoken("s••••n@ornek.com.tr") == "e-mail starting with s at ornek.com.tr"


def test_codes_in_lists_are_not_grouped_like_amounts(panel: Flask) -> None:
    assert shown(731204) == 731204
    assert shown(1234.5) == "1.234,5"
    assert "—" in shown(None)
    assert "<svg" in shown(True)


def test_the_theme_is_kept_in_a_cookie_and_drawn_by_the_server(panel: Flask) -> None:
    client = panel.test_client()
    answer = client.post("/tema", data={"tema": "koyu", "next": "/izinler?sayfa=2"})
    assert answer.status_code == 303
    assert answer.location == "/izinler?sayfa=2"
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert 'data-theme="koyu"' in client.get("/deneme").text


@pytest.mark.parametrize("path", ["//kotu.ornek.test", "/\\kotu.ornek.test", "https://kotu.test"])
def test_the_theme_never_sends_anybody_to_another_host(panel: Flask, path: str) -> None:
    answer = panel.test_client().post("/tema", data={"tema": "acik", "next": path})
    assert answer.location == "/"


def test_a_theme_that_does_not_exist_is_refused(panel: Flask) -> None:
    assert panel.test_client().post("/tema", data={"tema": "mavi"}).status_code == 400


def test_stacked_bars_stand_on_the_ground_and_two_pixels_apart() -> None:
    plot = charts.stacked_bars([("a", [900, 90, 410]), ("b", [0, 0, 0])], faded=1)
    parts = plot.bars[0].parts
    assert parts[0].y + parts[0].height == pytest.approx(charts.HEIGHT, abs=0.1)
    for below, above in pairwise(parts):
        assert below.y - (above.y + above.height) == pytest.approx(charts.GAP, abs=0.2)
    assert [tick.value for tick in plot.ticks] == [0, 500, 1000, 1500]
    assert plot.bars[1].parts == []
    assert plot.bars[1].faded


class Form(FlaskForm):
    """A form with one field that is missing and one that may be."""

    name = StringField("Marka adı", [DataRequired("Ad eksik.")], description="Tabeladaki ad")
    note = StringField("Not")
    master = BooleanField("Ana marka")


def test_a_faulty_field_names_its_error_and_its_hint(panel: Flask) -> None:
    form = Form()
    form.validate()
    html = render_template_string(
        UI + "{{ ui.error_summary(f) }}{{ ui.form_field(f.name) }}", f=form
    )
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-ipucu name-hata"' in html
    assert '<a href="#name">Marka adı</a>: Ad eksik.' in html
    assert "placeholder" not in html


def test_only_what_may_stay_empty_is_marked(panel: Flask) -> None:
    required = render_template_string(UI + "{{ ui.form_field(f.name) }}", f=Form())
    optional = render_template_string(UI + "{{ ui.form_field(f.note) }}", f=Form())
    box = render_template_string(UI + "{{ ui.form_field(f.master) }}", f=Form())
    assert "optional" not in required
    assert 'class="optional"' in optional
    assert "checked" not in box


def test_entries_a_user_may_not_open_are_absent(panel: Flask) -> None:
    def entry(name: str, url: str = "", childs: Any = (), icon: str = "") -> SimpleNamespace:
        return SimpleNamespace(
            name=name, label=name, icon=icon, childs=list(childs), baseview=None,
            get_url=lambda: url, should_render=lambda: True,
        )  # fmt: skip

    menu = [entry("Bugün", "/", icon="house"),
            entry("Yönetim", childs=[entry("Markalar", "/m"), entry("Gizli", "/g")])]  # fmt: skip
    panel.extensions["appbuilder"] = SimpleNamespace(
        menu=SimpleNamespace(get_list=lambda: menu),
        sm=SimpleNamespace(get_user_menu_access=lambda names: set(names) - {"Gizli"}),
    )
    lone, group = navigation({"Markalar": Count(3, urgent=True)})
    assert lone.items[0].current
    assert [item.name for item in group.items] == ["Markalar"]
    assert group.items[0].urgent


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 429, 500, 503])
def test_error_pages_stand_without_a_frame_or_a_user(panel: Flask, code: int) -> None:
    html = render_template("panel/error.html", code=code)
    assert html.count("<h1>") == 1
    assert "hata oluştu" not in html


EMPTY_PAGES: dict[str, dict[str, Any]] = {
    "today": {"line": "", "tiles": [], "days": [], "rejections": [], "rejections_url": "/",
              "work": {"first": False, "campaigns": None, "calls": None}},
    "dealer_home": {"greeting": "", "line": "", "tiles": [], "recent": [], "recent_url": "/"},
    "consents": {"title": "", "line": "", "search_url": "/", "filters": [], "rows": [],
                 "pages": {}, "clear_url": "/"},
    "queue": {"title": "", "line": "", "rows": [], "pages": {}},
    "access": {"name": "", "line": "", "role": "", "columns": [], "groups": [], "scope": []},
    "site": {"title": "", "line": "", "snippet": "", "integrity": "", "preview_url": "/",
             "facts": [], "policy": {}, "origins": [], "channels": []},
}  # fmt: skip


@pytest.mark.parametrize("page", sorted(EMPTY_PAGES))
def test_a_page_with_nothing_on_it_still_has_a_title_and_says_so(panel: Flask, page: str) -> None:
    html = render_template(f"panel/{page}.html", **EMPTY_PAGES[page])
    assert html.count("<h1>") == 1
    assert "<main" in html
    assert 'class="empty"' in html or page == "access"


def test_scripts_and_styles_carry_the_nonce(panel: Flask) -> None:
    g.csp_nonce = "taze"
    tags = re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>",
                      render_template("panel/error.html", code=404))  # fmt: skip
    assert len(tags) == 3
    assert all('nonce="taze"' in tag for tag in tags)


def _templates() -> list[tuple[str, str]]:
    """The panel's templates; the public pages have rules of their own."""
    files = [p for folder in ("appbuilder", "panel") for p in (TEMPLATES / folder).rglob("*.html")]
    return [(str(p.relative_to(TEMPLATES)), p.read_text("utf-8")) for p in files]


def test_no_template_styles_inline_listens_inline_or_loads_from_another_host() -> None:
    for name, text in _templates():
        markup = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
        assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", markup), name
        assert not re.search(r"(src|href)=\"(https?:)?//", markup), name


def test_every_icon_named_in_a_template_exists() -> None:
    for name, text in _templates():
        for drawing in re.findall(r"icon\('([a-z0-9-]+)'", text):
            assert has_icon(drawing), f"{drawing} in {name}"


def test_none_of_the_stock_templates_shows_through() -> None:
    import flask_appbuilder

    stock = Path(flask_appbuilder.__file__).parent / "templates"
    ours = {name for name, _ in _templates()}
    assert {str(p.relative_to(stock)) for p in stock.rglob("*.html")} <= ours


def test_posting_forms_carry_a_token() -> None:
    for name, text in _templates():
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, flags=re.DOTALL):
            assert re.search(r"csrf\(\)|hidden_tag\(\)", form), name


def test_the_style_sheets_stay_small() -> None:
    assert sum(p.stat().st_size for p in (ROOT / "static/css").glob("*.css")) < 60_000
    pages = [p.stat().st_size for p in (ROOT / "static/css/pages").glob("*.css")]
    assert pages
    assert max(pages) < 4_000


def _tokens(selector: str) -> dict[str, str]:
    text = (ROOT / "static/css/tokens.css").read_text("utf-8")
    block = text.split(selector + "{", 1)[1].split("}", 1)[0]
    short = dict(re.findall(r"--([a-z0-9-]+):(#[0-9A-F]{3,6})\b", block))
    return {k: v if len(v) == 7 else "#" + "".join(c * 2 for c in v[1:]) for k, v in short.items()}


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, gr, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * gr + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("selector", [":root", ":root[data-theme=koyu]", ":root[data-theme=oto]"])
def test_every_pair_of_text_and_ground_can_be_read(selector: str) -> None:
    t = _tokens(selector)
    pairs = [(a, b) for a in ("ink", "ink-2", "ink-3", "link", "bad", "ok", "wait", "ret")
             for b in ("surface", "bg", "raised")]  # fmt: skip
    pairs += [(s, f"{s}-soft") for s in ("ok", "wait", "bad", "ret", "seal", "mute", "accent")]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-h"), ("surface", "bad"),
              ("ink-3", "mute-soft"), ("link", "selected")]  # fmt: skip
    for text, ground in pairs:
        assert _contrast(t[text], t[ground]) >= 4.5, (text, ground)
    assert _contrast(t["field"], t["surface"]) >= 3
    assert _contrast(t["focus"], t["bg"]) >= 3
