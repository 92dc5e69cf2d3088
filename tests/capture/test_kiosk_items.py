"""What a kiosk took without network comes in once, with its true time, or waits for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from config import settings
from ileti.capture import kioskheld, kioskpack, kioskseal, kiosktake, sites, verify
from ileti.capture.opened import First
from ileti.capture.proof import moments
from ileti.channels.messages import open_content
from ileti.consents.deadlines import due_at
from ileti.consents.ledger import NewConsent
from ileti.consents.vocabulary import Channel, Status
from ileti.core import clock, db
from ileti.core.errors import Gone
from ileti.kvkk.ledger import NewAct
from ileti.kvkk.vocabulary import Act

from .kiosk_device import Device, backdate, held, proof, rows, seal


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


def test_a_choice_comes_in_with_its_true_time_and_source(device: Device, place: Any) -> None:
    backdate(device, 6)
    assert device.deliver(device.item(device.said("MESAJ", "ARAMA", ago=7_200))) == ["recorded"]
    found = rows(place)
    assert [row[:4] for row in found] == [(2, 5, 0, True), (1, 5, 0, True)]
    for row in found:
        assert abs((clock.now() - row[4]).total_seconds() - 7_200) < 30
    assert proof(place)["inside"] is True
    assert proof(place)["clockChanged"] is False
    assert proof(place)["contact"] < proof(place)["claimed"] < proof(place)["arrived"]


def test_the_same_item_as_often_as_it_comes_is_recorded_once(device: Device, place: Any) -> None:
    one, two = (device.item(device.said("MESAJ")) for _ in range(2))
    assert device.deliver(one) == ["recorded"]
    assert device.deliver(one, two, one) == ["recorded"] * 3
    assert len(rows(place)) == 2
    codes = db.connection().execute("select count(*) from verification where provider_id = %s",
                                    (place.provider_id,)).fetchone()[0]
    assert codes == 2


def test_one_that_cannot_be_read_does_not_hold_up_the_others(device: Device, place: Any) -> None:
    good, bad = (device.item(device.said("MESAJ")) for _ in range(2))
    bad["c"] = bad["c"][:-6] + "AAAAAA"
    assert device.deliver(bad, good) == ["unreadable", "recorded"]
    assert len(rows(place)) == 1


@pytest.mark.parametrize("change", [
    {"id": "another-name-of-it"}, {"k": 1}, {"k": 10**9}, {"k": -1}, {"e": "AAAA"}, {"n": ""},
    {"c": ""}, {"c": "é"}, {"c": "A" * 20_000}])
def test_what_was_not_sealed_so_opens_for_nobody(
    device: Device, place: Any, change: dict[str, Any]
) -> None:
    assert device.deliver(device.item(device.said("MESAJ")) | change) == ["unreadable"]
    assert rows(place) == held(place) == []


def test_a_seal_for_another_key_or_page_does_not_open(device: Device, place: Any) -> None:
    clear = json.dumps(device.said("MESAJ")).encode()
    other = kioskseal.public_key(device.pack["key"]["number"] - 1)
    for wrong in ({"key": {"number": device.pack["key"]["number"], "public": other}},
                  {"site": device.pack["site"] + 1}):
        item = seal(device.pack | wrong, clear, "name-of-an-item")
        assert device.deliver(item) == ["unreadable"]
    assert rows(place) == []


def test_a_key_of_an_earlier_period_still_opens(device: Device, place: Any) -> None:
    before = device.pack["key"]["number"] - 1
    device.pack["key"] = {"number": before, "public": kioskseal.public_key(before)}
    assert device.deliver(device.item(device.said("MESAJ"))) == ["recorded"]


def test_a_forged_time_or_form_token_is_no_proof(device: Device, place: Any) -> None:
    said = device.said("MESAJ")
    body, _, mac = said["time"].partition(".")
    for forged in ({"time": f"{body}x.{mac}"}, {"form": said["time"]}, {"time": said["form"]},
                   {"form": "x"}):
        assert device.deliver(device.item(said | forged)) == ["unreadable"]
    assert rows(place) == held(place) == []


def test_a_moment_outside_the_bounds_waits_for_a_person(device: Device, place: Any) -> None:
    early = device.item(device.said("MESAJ", ago=90_000))  # a day before the last contact
    late = device.item(device.said("MESAJ", ago=-90_000))
    assert device.deliver(early, late, early) == ["held"] * 3
    assert rows(place) == []
    assert held(place) == [("out_of_bounds", False, True)] * 2


def test_a_clock_that_was_changed_is_told_in_the_proof(device: Device, place: Any) -> None:
    backdate(device, 6)
    said = device.said("MESAJ", ago=3_600, by_clock=-7_200)
    assert device.deliver(device.item(said), off=-7_200, back=7_200) == ["recorded"]
    assert proof(place)["clockChanged"] is True
    assert abs(proof(place)["clockMoved"] + 7_200) < 30
    assert (clock.now() - rows(place)[0][4]).total_seconds() > 7_200


def test_a_clock_set_forward_and_back_again_is_told_and_the_earliest_moment_counts(
    device: Device, place: Any
) -> None:
    """The choice is four hours old and says one hour: its clock was right at both ends."""
    backdate(device, 6)
    assert device.deliver(device.item(device.said("MESAJ", ago=3_600)), back=10_800) == ["recorded"]
    assert proof(place)["clockChanged"] is True
    assert abs(proof(place)["clockMoved"] - 10_800) < 30
    assert abs((clock.now() - rows(place)[0][4]).total_seconds() - 14_400) < 30


def test_what_is_too_old_for_the_registry_is_kept_and_not_recorded_r40(
    device: Device, place: Any
) -> None:
    backdate(device, 24 * 12)
    assert device.deliver(device.item(device.said("MESAJ", ago=86_400 * 11))) == ["held"]
    assert (held(place)[0][0], rows(place)) == ("overdue", [])


def test_what_was_given_before_the_page_ended_counts(
    device: Device, place: Any, kiosk: int
) -> None:
    backdate(device, 6)
    db.connection().execute("update site set active = false, ended_at = now() - interval '1 hour' "
                            "where id = %s", (kiosk,))
    sites.forget_sites()
    before, after = (device.item(device.said("MESAJ", ago=ago)) for ago in (7_200, 600))
    assert device.deliver(before, after) == ["recorded", "held"]
    assert held(place)[0][0] == "page_ended"
    assert device.client.get(f"{device.path}/pack.json").status_code == 404
    over = device.client.get(device.path)  # still brings back what the device holds
    assert (over.status_code, f'data-courier="{device.path}"' in over.text) == (410, True)
    assert "ileti-kiosk.js" in over.text


def test_of_a_dealer_that_takes_none_everything_waits_also_of_an_ended_page(
    device: Device, place: Any, kiosk: int
) -> None:
    backdate(device, 6)
    db.connection().execute("update site set active = false, ended_at = now() - interval '1 hour' "
                            "where id = %s", (kiosk,))
    db.connection().execute("update dealer set status = 'passive' where id = "
                            "(select dealer_id from site where id = %s)", (kiosk,))
    sites.forget_sites()
    assert device.deliver(device.item(device.said("MESAJ", ago=7_200))) == ["held"]
    assert (held(place)[0][0], rows(place)) == ("page_closed", [])


def test_a_recorded_item_stays_recorded_when_it_comes_again_after_its_deadline_r40(
    device: Device, place: Any
) -> None:
    one = device.item(device.said("MESAJ"))
    receipt = device.post(one).json["answers"][0]["receipt"]
    with clock.freeze(clock.now() + timedelta(days=12)):
        answer, = device.post(one).json["answers"]
    assert (answer["state"], answer["receipt"]) == ("recorded", receipt)
    assert (len(rows(place)), held(place)) == (1, [])


def test_a_version_counts_when_it_was_the_published_one_at_that_moment(
    device: Device, place: Any
) -> None:
    backdate(device, 6)
    document = db.connection().execute(
        "select id from document where provider_id = %s and kind = 'ETK_ONAYI' and channel = 2",
        (place.provider_id,)).fetchone()[0]
    db.connection().execute(
        "insert into document_event (provider_id, document_id, kind, at, reason) "
        "values (%s, %s, 'RETIRED', now() - interval '1 hour', 'x')", (place.provider_id, document))
    sites.forget_sites()
    before, after = (device.item(device.said("MESAJ", ago=ago)) for ago in (7_200, 600))
    assert device.deliver(before, after) == ["recorded", "held"]
    assert held(place)[0][0] == "text_retired"


def test_words_that_cannot_be_taken_are_kept_for_a_person(device: Device, place: Any) -> None:
    assert device.deliver(device.item(device.said("MESAJ", phone="12"))) == ["held"]
    assert held(place) == [("invalid", False, True)]
    number = db.connection().execute(
        "select id from kiosk_item where provider_id = %s", (place.provider_id,)).fetchone()[0]
    assert kioskheld.opened(number).said()["phone"] == "12"
    raw = db.connection().execute("select content_ct from kiosk_item where id = %s",
                                  (number,)).fetchone()[0]
    assert b"Nazl" not in bytes(raw)


@pytest.mark.parametrize("box", ["FAKS", "mesaj", "", 0, -1, 2**31, 10**30, True, 1.5, None, [1]])
def test_a_box_that_was_on_no_page_is_refused_at_the_door(
    device: Device, place: Any, box: Any
) -> None:
    said = device.said("MESAJ")
    said["ticks"][0]["box"] = box
    with pytest.raises(msgspec.ValidationError, match="ticks"):
        msgspec.json.decode(json.dumps(said), type=kiosktake.SaidIn)
    good = device.item(device.said("ARAMA"))
    assert device.deliver(device.item(said), good) == ["unreadable", "recorded"]
    assert (len(rows(place)), held(place)) == (1, [])


def test_a_document_that_the_page_never_showed_waits_for_a_person(
    device: Device, place: Any
) -> None:
    said = device.said("MESAJ")
    said["ticks"][0]["box"] = 2**31 - 1
    assert device.deliver(device.item(said)) == ["held"]
    assert held(place)[0][0] == "invalid"


def test_huge_and_strange_bodies_are_refused_whole(device: Device, place: Any) -> None:
    one = device.item(device.said("MESAJ"))
    assert device.post(*[one] * 41).status_code == 400
    assert device.post(one | {"c": "A" * 700_000}).status_code == 413
    assert device.post(one | {"id": "../x"}).status_code == 400
    for raw in (b"[" * 50_000, b"{}", b"\xff", b'{"wall": 1, "items": [1]}'):
        assert device.client.post(f"{device.path}/items", data=raw,
                                  content_type="application/json").status_code == 422
    assert device.client.post(f"{device.path}/items", data=b"x").status_code == 422
    foreign = device.client.post(f"{device.path}/items", json={"wall": 1, "items": []},
                                 headers={"Origin": "https://baska.ornek.test"})
    assert foreign.status_code == 403
    assert device.client.post("/q/yok/items", json={}).status_code == 404


def test_an_absurd_device_clock_is_no_fault(device: Device, place: Any) -> None:
    one = device.item(device.said("MESAJ", sent={"t": 10**18, "w": -(10**18)}))
    answer = device.client.post(f"{device.path}/items", json={"wall": 10**18, "items": [one]})
    assert [each["state"] for each in answer.json["answers"]] == ["held"]


def test_an_address_that_had_its_codes_waits_on_the_device(
    device: Device, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "capture_recipient_per_hour", 1)
    items = [device.item(device.said("MESAJ", phone="05991112233")) for _ in range(2)]
    first = device.deliver(*items)
    assert sorted(first) in (["recorded", "wait"], ["wait", "wait"])
    assert len(rows(place)) == first.count("recorded")


@pytest.fixture
def link_of(place: Any) -> Callable[[], str]:
    def read() -> str:
        row = db.connection().execute(
            "select recipient_id, kind, content_key, content_ct from message "
            "where provider_id = %s order by id desc limit 1", (place.provider_id,)).fetchone()
        content = open_content(place.provider_id, row[0], row[1], row[2], bytes(row[3]))
        return str(content["link"]).partition("//")[2].partition("/")[2]

    return read


def test_the_address_is_verified_by_its_link_and_counts_from_the_tick_r21(
    app: Any, device: Device, place: Any, link_of: Callable[[], str]
) -> None:
    backdate(device, 6)
    device.deliver(device.item(device.said("MESAJ", ago=7_200)))
    path, visitor = f"/{link_of()}", app.test_client()
    asked = visitor.get(path)
    assert "Bu adres sizin mi?" in asked.text
    assert len(rows(place)) == 1  # opening changes nothing
    for _ in range(2):
        assert "Adresiniz doğrulandı" in visitor.post(path).text
    found = rows(place)
    assert [row[2] for row in found] == [0, 1]
    assert found[0][4] == found[1][4]
    sent = db.connection().execute(
        "select kind from message where provider_id = %s order by id",
        (place.provider_id,)).fetchall()
    assert [row[0] for row in sent] == [1, 2]  # the link, then the same day's confirmation


def test_a_link_that_was_changed_or_whose_day_is_over_verifies_nothing(
    app: Any, device: Device, place: Any, link_of: Callable[[], str]
) -> None:
    device.deliver(device.item(device.said("MESAJ")))
    path, visitor = f"/{link_of()}", app.test_client()
    assert visitor.post(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404
    for wrong in ("/v/x", "/v/1.x", "/v/-1.x", "/v/ffffffffffffffffff.x", "/v/é.x"):
        assert visitor.get(wrong).status_code == 404
    db.connection().execute("update verification set expires_at = now() - interval '1 second' "
                            "where provider_id = %s", (place.provider_id,))
    assert visitor.post(path).status_code == 410
    assert len(rows(place)) == 1


def test_a_link_ends_with_the_three_business_days_of_its_consent_r40(
    app: Any, device: Device, place: Any, link_of: Callable[[], str]
) -> None:
    given = clock.now()
    last = due_at(given)
    one = device.item(device.said("MESAJ"))
    with clock.freeze(last - timedelta(hours=3)):
        assert device.deliver(one) == ["recorded"]
    until, = db.connection().execute("select expires_at from verification where provider_id = %s",
                                     (place.provider_id,)).fetchone()
    assert until == last
    path, visitor = f"/{link_of()}", app.test_client()
    with clock.freeze(last + timedelta(seconds=2)):
        assert (visitor.get(path).status_code, visitor.post(path).status_code) == (410, 410)
    assert [row[2] for row in rows(place)] == [0]


def test_a_consent_past_its_deadline_is_never_recorded_as_verified_r40(
    app: Any, device: Device, place: Any, link_of: Callable[[], str]
) -> None:
    last = due_at(clock.now())
    device.deliver(device.item(device.said("MESAJ")))
    db.connection().execute("update verification set expires_at = %s where provider_id = %s",
                            (last + timedelta(days=9), place.provider_id))
    path, visitor = f"/{link_of()}", app.test_client()
    with clock.freeze(last + timedelta(seconds=2)):
        assert visitor.post(path).status_code == 410
    assert [row[2] for row in rows(place)] == [0]
    assert visitor.post(path).status_code == 200
    with clock.freeze(last + timedelta(seconds=2)):  # recorded in time stays so, also pressed again
        assert visitor.post(path).status_code == 200
    assert [row[2] for row in rows(place)] == [0, 1]


def test_what_has_no_deadline_outlives_the_consents_it_came_with(place: Any) -> None:
    now = clock.now()
    old, phone = now - timedelta(days=12), "+905991234567"
    late = NewConsent(phone, Channel.MESAJ, Status.ONAY, old)
    refused = NewConsent(phone, Channel.ARAMA, Status.RET, old)
    shown, given = (NewAct(1, 1, "", act, old, address=phone) for act in (Act.SHOWN, Act.GIVEN))
    fresh = NewConsent(phone, Channel.ARAMA, Status.ONAY, now)
    for items, acts, left in (([late, fresh], [shown], [fresh]), ([late, refused], [], [refused]),
                              ([late], [shown, given], [])):
        assert verify._in_time(First(items, acts, {}, {})) == First(left, acts, {}, {})
    with pytest.raises(Gone):
        verify._in_time(First([late], [shown], {}, {}))


def test_the_pack_holds_what_is_on_show_and_no_secret(device: Device, place: Any) -> None:
    pack = device.pack
    assert set(pack["forms"]) == {"tr", "en"}
    assert pack["forms"]["tr"]["noticeText"]["body"]
    assert pack["limits"]["stopHours"] + 24 <= 72
    assert abs(pack["now"] - clock.now().timestamp() * 1_000) < 30_000
    assert isinstance(kioskpack.contact_of(sites.site_even_closed(pack["site"])[0], pack["time"]),
                      datetime)


def test_worker_and_manifest_are_for_this_page_alone(app: Any, device: Device) -> None:
    client = app.test_client()
    worker = client.get("/q/sw.js")
    assert worker.mimetype == "text/javascript"
    assert re.match(r'self\.ILETI_KIOSK=\{"version": "[0-9a-f]{16}"', worker.text)
    assert "unsafe" not in worker.headers["Content-Security-Policy"]
    manifest = client.get(f"{device.path}/manifest.webmanifest").json
    assert manifest["scope"] == manifest["start_url"] == device.path
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200


def test_the_proof_tells_how_the_moment_is_known_r23(app: Any, device: Device, place: Any) -> None:
    backdate(device, 6)
    said = device.said("MESAJ", ago=3_600, by_clock=-7_200)
    device.deliver(device.item(said), off=-7_200)
    proven: Any = SimpleNamespace(entry=SimpleNamespace(id=7), parts={
        "evidence": {"offline": proof(place)}})
    line, = moments(place.provider_id, [proven])
    assert (line.entry_id, "Ağ yokken" in line.title) == (7, True)
    assert "kanıtlanan aralık" in line.facts
    assert "saati bu arada değiştirilmiş" in line.facts


@pytest.mark.parametrize("place_of_death", ["kiosk.opened", "kiosk.accepted", "kiosk.recorded"])
def test_a_death_at_any_step_means_neither_loss_nor_double(
    device: Device, place: Any, monkeypatch: pytest.MonkeyPatch, place_of_death: str
) -> None:
    def die(name: str) -> None:
        if name == place_of_death:
            raise SystemError(name)

    one = device.item(device.said("MESAJ"))
    with monkeypatch.context() as patch:
        patch.setattr("ileti.capture.kiosktake.reach", die)
        assert device.deliver(one) == ["wait"]
    assert device.deliver(one) == device.deliver(one) == ["recorded"]
    assert len(rows(place)) == 1
    links = db.connection().execute("select count(*) from message where provider_id = %s",
                                    (place.provider_id,)).fetchone()[0]
    assert links == 1


def test_a_flood_of_what_cannot_be_taken_is_left_on_the_device(
    device: Device, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kioskheld, "MOST", 1)
    bad = [device.item(device.said("MESAJ", phone="12")) for _ in range(2)]
    assert device.deliver(*bad) == ["held", "wait"]
    monkeypatch.setattr(settings(), "capture_ip_per_minute", 1)
    # an address nobody has counted yet: other processes tell of the usual one
    monkeypatch.setitem(device.client.environ_base, "REMOTE_ADDR", "198.51.100.77")
    assert device.deliver(*(device.item(device.said("MESAJ")) for _ in range(2))) == [
        "recorded", "wait"]
