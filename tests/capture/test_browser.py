"""The widget in a real browser against the real application, from tick to receipt to refusal."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from ileti.capture.endpoints import application
from ileti.channels.send import send_waiting

from .conftest import new_phone

pytestmark = pytest.mark.browser



@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own. A script error fails the test."""
    context = chromium.new_context(locale="tr-TR")
    tab = context.new_page()
    tab.set_default_timeout(8000)
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    yield tab
    context.close()
    assert faults == []


@pytest.fixture
def server(app: Any) -> Iterator[str]:
    """The application on the loopback, put together as app.py does it."""
    def both(environ: dict[str, Any], start: Any) -> Any:
        lean = environ["PATH_INFO"].startswith("/w/v1/")
        return (application if lean else app)(environ, start)

    made = make_server("127.0.0.1", 0, both, threaded=True)
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()


def test_a_visitor_ticks_verifies_and_gets_a_receipt_in_the_shop(
    page: Page, server: str, place: Any, new_site: Callable[..., str],
    code_of: Callable[[str], str], entries: Callable[[], list[tuple[int, ...]]],
) -> None:
    key = new_site(place, origins=(server,))
    page.goto(f"{server}/demo/magaza?site={key}")
    page.locator("#name").fill("Nazlı Kırşehirli")
    page.locator("#phone").fill(new_phone())
    box = page.locator("ileti-consent input[type=checkbox]").first
    box.wait_for()
    assert not box.is_checked()
    page.wait_for_timeout(600)
    box.click()
    page.locator("#signup .join").click()
    code = page.locator("ileti-consent[data-step=verify] input").first
    code.wait_for()
    assert entries() == [(2, 1, 0, 5)]
    page.wait_for_timeout(600)
    code.fill(code_of("phone"))
    button = page.locator("ileti-consent[data-step=verify] button[part~=button]")
    if button.count():
        button.click()
    page.get_by_text(re.compile(r"MKB-\w{4}-\w{4}-\w{4}")).wait_for()
    assert entries()[1:] == [(2, 1, 1, 1)]


def _own_link(page: Page, server: str, provider_id: int) -> str:
    """The path of this provider's refusal link; the phone also shows those of other tests, and a
    confirmation under `signed` is written a moment after the answer."""
    for _ in range(60):
        send_waiting()
        page.goto(f"{server}/demo/telefon")
        links = page.locator("#inbox a[href*='/r/']")
        for href in [link.get_attribute("href") or "" for link in links.all()]:
            token = href.split("/r/")[1]
            body = token.split(".")[0]
            if json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["p"] \
                    == provider_id:
                return f"/r/{token}"
        page.wait_for_timeout(100)
    raise AssertionError("no confirmation arrived")


def test_the_confirmation_on_the_demos_phone_leads_to_a_refusal(
    page: Page, server: str, place: Any, new_site: Callable[..., str],
    entries: Callable[[], list[tuple[int, ...]]],
) -> None:
    from .conftest import Browser
    from .test_signed import vouch_for

    signed = Browser(new_site(place, policy="signed"))
    vouch_for(signed, signed.filled("MESAJ"))
    page.goto(server + _own_link(page, server, place.provider_id))
    assert entries() == [(2, 1, 1, 1)]
    page.locator("form button").click()
    page.locator("[role=status]").wait_for()
    assert entries()[1:] == [(2, 2, 1, 1)]
