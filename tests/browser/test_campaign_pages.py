"""A marketer writes a campaign, sees pre-flight and asks for the release; somebody else lets it go,
and who answers RET meanwhile gets nothing more. All pages by axe on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ileti.campaigns import plan, prepare
from ileti.campaigns.vocabulary import State
from ileti.channels.sms import Taken
from ileti.consents.vocabulary import Channel, Status
from ileti.core import db
from ileti.templates import lifecycle
from ileti.templates.written import Content
from tests.browser.axe import browsing, faults, serving, wait_until_checked
from tests.campaigns.campaign_house import Phones, carried_by, consent, hand_over, phone
from tests.inbound.house import House
from tests.panel.people import sign_in, user_with

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(app: Any) -> Iterator[dict[str, Any]]:
    """A provider that wants two people for campaigns, with people and a published template."""
    from tests.conftest import _new_place

    place = _new_place(db.connection())
    db.connection().execute(
        "update provider set mersis = '0291045678900017', refusal_number = '3338', "
        "service_number = '08501112233', approvals = '{campaign}' where id = %s",
        [place.provider_id])
    consent(place, *range(300, 420))
    consent(place, 420, 421, status=Status.RET)
    number = lifecycle.create(
        place.provider_id, None, Channel.MESAJ, "Kış indirimi", user_id=None, draft=Content(
            Channel.MESAJ, body="Merhaba {ad|müşterimiz}, nevresimde %30 indirim.",
            terms="https://defneev.com.tr/kk", ends=date(2030, 12, 5)))
    lifecycle.publish(number, 0, user_id=None)
    marketer = sign_in(app, user_with(app, "marketer", place))
    admin = sign_in(app, user_with(app, "provider_admin", place))
    with serving(app) as base:
        yield {"base": base, "place": place, "marketer": marketer, "admin": admin}


def looked_at(page: Any) -> None:
    wait_until_checked(page)
    assert (page.url, faults(page)) == (page.url, [])


def test_written_checked_asked_for_let_go_and_refused_meanwhile(
    chromium: Any, shop: dict[str, Any]
) -> None:
    place = shop["place"]
    citizen, phones, refused = House(place), Phones(), []

    def answered_in_between(batch: Any) -> Taken:
        asked = {one.to for one in batch.messages}
        refused.append(next(p for n in range(300, 420) if (p := phone(n)) not in asked))
        citizen.write(refused[0], "RET")
        return Taken("first")

    phones.answers = [answered_in_between]
    with carried_by(phones):
        number = written(chromium, shop)
        with browsing(chromium, shop["base"], shop["admin"]) as page:
            page.goto("/onaylar/")
            page.click("tbody th a >> nth=0")
            page.click("button[value=onay]")
            page.wait_for_load_state()
        campaign = plan.read(place.provider_id, number)
        assert campaign.state is State.RUNNING
        hand_over(campaign)
        with browsing(chromium, shop["base"], shop["marketer"]) as page:
            page.goto(f"/kampanyalar/{number}/")
            assert "119" in page.inner_text(".big-numbers")
            looked_at(page)
    assert len(phones.got) == 119
    assert refused[0] not in phones.got


def written(chromium: Any, shop: dict[str, Any]) -> int:
    """The marketer's part: the form, pre-flight, the wish for a release; the campaign's number."""
    place = shop["place"]
    with browsing(chromium, shop["base"], shop["marketer"]) as page:
        page.goto("/kampanyalar/yeni")
        looked_at(page)
        page.fill("#ad", "Kara Kış")
        page.select_option("#sablon", index=1)
        page.check("input[name=tatil]")
        for name in ("sessiz-bas", "sessiz-son"):
            page.fill(f"#{name}", "")
        page.click("form.stack button.primary")
        page.wait_for_selector("text=Ön denetim yap")
        page.click("text=Ön denetim yap")
        number = int(page.url.rstrip("/").rpartition("/")[2])
        prepare.prepare(place.provider_id, number, until=time.monotonic() + 20)
        page.goto(f"/kampanyalar/{number}/")
        assert page.inner_text(".big-numbers dd >> nth=0") == "120"
        assert "Ret vermiş" in page.inner_text(".reasons")
        looked_at(page)
        page.click("text=Yayın onayına gönder >> nth=0")
        page.click("dialog[open] .btn.primary, dialog:popover-open .btn.primary")
        page.wait_for_load_state()
        page.goto("/kampanyalar/")
        looked_at(page)
        page.goto("/kampanya-listeleri/")
        looked_at(page)
    return number
