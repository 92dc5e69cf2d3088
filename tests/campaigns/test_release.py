"""What is looked at last before a campaign goes, and what an agreement lets go (R-03, R-27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ileti.campaigns import plan, release, wording
from ileti.campaigns.vocabulary import State
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, Conflict, InvalidInput
from ileti.templates import lifecycle
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content
from ileti.tenancy import foureyes
from ileti.tenancy.foureyes import Here, Waits

from .campaign_house import Phones, carried_by, consent, draft, ready
from .test_answers import mail_consent

NEWS = Content(Channel.EPOSTA, subject="Kampanya: Bülten", body="Yeni mağazamız açıldı.",
               html="<p>Bu hafta %20 indirim.</p>", terms="0850 111 22 33",
               ends=date(2030, 12, 5))


@pytest.fixture
def shop(place):
    db.connection().execute(
        "update provider set mersis = '0291045678900017', refusal_number = '3338', "
        "service_number = '08501112233', contact = 'bilgi@defne.test', approvals = '{campaign}' "
        "where id = %s", [place.provider_id])
    consent(place, 1)
    return place


def version(place, content, brand_id=None):
    number = lifecycle.create(place.provider_id, brand_id, content.channel, "Deneme", user_id=None,
                              draft=content)
    return lifecycle.publish(number, 0, user_id=None)


def frozen(place, content, brand_id=None):
    return wording.freeze((place.provider_id, place.brand_id, None),
                          version(place, content, brand_id), content.channel)


def request_of(campaign):
    found = foureyes.of(campaign.subject)
    assert found is not None
    return found.id


def agree(number):
    foureyes.decide(number, by=Here(2, frozenset({release.RIGHT})), approved=True, reason="")


def test_a_promotion_that_stands_in_the_html_alone_is_judged_too_r27(shop):
    mail_consent(shop, "a")
    content = frozen(shop, NEWS)
    made = ready(shop, channel=Channel.EPOSTA, content=content)
    assert release.findings(made) == []
    without = replace(made, content=content | {"terms": "", "ends": None})
    assert [one.code for one in release.findings(without)] == ["terms", "ends"]
    with clock.freeze(clock.now().replace(year=2031)):
        assert [one.code for one in release.findings(made)] == ["ended"]


def test_an_exempt_mail_that_promotes_in_its_html_alone_takes_two_people_r03(shop):
    content = frozen(shop, NEWS) | {"class": "TAHSILAT", "approvedBy": None, "declaredBy": 1}
    made = ready(shop, channel=Channel.EPOSTA, declared=MessageClass.COLLECTION, content=content)
    assert "R-03" in {one.rule for one in release.findings(made)}


def test_what_was_agreed_to_and_is_being_counted_again_says_so_and_does_not_go(shop):
    with carried_by(Phones()):
        made = ready(shop)
        with pytest.raises(Waits):
            release.release(made, by=1)
        plan.count_again(made, by=None)
        with pytest.raises(Conflict):
            agree(request_of(made))
    found = plan.read(shop.provider_id, made.id)
    assert (found.state, found.released_at) == (State.PREPARING, None)
    plan.cancel(found, by=None)


def test_what_was_agreed_to_goes_once_though_it_is_done_again(shop):
    with carried_by(Phones()):
        made = ready(shop)
        with pytest.raises(Waits):
            release.release(made, by=1)
        number = request_of(made)
        agree(number)
        release._carry_out(foureyes.read(number))
    found = plan.read(shop.provider_id, made.id)
    assert found.state is State.RUNNING
    plan.cancel(found, by=None)
    with pytest.raises(Conflict):
        release._carry_out(foureyes.read(number))


def test_a_template_of_another_brand_makes_no_campaign_r17(conn, shop):
    other = conn.execute(
        "insert into brand (provider_id, name, brand_code) select provider_id, 'Öteki', "
        "brand_code + 1 from brand where id = %s returning id", [shop.brand_id]).fetchone()[0]
    text = Content(Channel.MESAJ, body="Yeni mağazamız açıldı.")
    with pytest.raises(CallerMistake) as caught:
        frozen(shop, text, other)
    assert caught.value.code == "other_brand"
    assert frozen(shop, text, shop.brand_id)["body"] == frozen(shop, text)["body"]


def test_a_promotion_cannot_begin_after_its_last_day(shop):
    late = draft(begin_at=clock.now() + timedelta(days=3),
                 content={"text": "x", "ends": clock.today().isoformat()})
    with pytest.raises(InvalidInput):
        plan.create((shop.provider_id, shop.brand_id, None), late, by=None)
