"""The reconciliation pages: who sees them, what they say, what their buttons do (R-34, R-46)."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator
from hashlib import sha384
from pathlib import Path
from typing import Any

import pytest

from ileti.core import clock, db
from ileti.iys import archive
from tests.panel.people import dealer_of, sign_in, token_of, user_with

PHONE = "+905997300001"


@pytest.fixture
def house(app: Any, place: Any, place_b: Any, tmp_path: Path, monkeypatch: Any) -> Iterator[Any]:
    """A brand whose yesterday differs in one date and one row nobody told us of."""
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "iys"))
    from day_house import falsify, night
    from iys_house import Registry, forward, open_account, reconciled_day, settle, take

    from config import settings
    from ileti.simulator.app import create_simulator
    from ileti.simulator.options import SimulatorOptions
    from ileti.simulator.server import SimulatorServer

    options = SimulatorOptions()
    options.delays.batch_seconds = options.delays.pull_seconds = 0
    options.quotas.per_second = None
    simulator = create_simulator(options=options)
    server = SimulatorServer("127.0.0.1", 0, simulator)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    registry = Registry(f"http://127.0.0.1:{server.server_address[1]}")
    for name, value in {"iys_base_url": registry.url, "iys_first_poll_seconds": 0.0,
                        "iys_requests_per_second": 5000.0, "iys_token_requests_per_hour": 50,
                        "archive_dir": tmp_path}.items():
        monkeypatch.setattr(settings(), name, value)
    open_account(place, registry)
    take(place, [PHONE, "+905997300002"], at=clock.now() - dt.timedelta(seconds=90))
    forward(place)
    settle(place)
    day = reconciled_day(registry)
    falsify(registry, place, day, recipient=PHONE, consentDate=f"{day} 00:00:01")
    registry.tell("day", brandCode=place.brand_code, reportDate=str(day), add={
        "recipient": "+905997300009", "type": "MESAJ", "status": "ONAY", "source": "HS_WEB",
        "consentDate": f"{day} 11:00:00", "creationDate": f"{day} 12:00:00"})
    night(place, day)
    moment = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(9), clock.ISTANBUL)
    with clock.freeze(moment):
        yield {"place": place, "other": place_b, "day": day, "registry": registry}
    simulator.close()
    server.shutdown()
    server.server_close()


def page(house: Any) -> str:
    return f"/mutabakat/{house['place'].brand_id}/{house['day']}"


@pytest.fixture
def officer(app: Any, house: Any) -> Any:
    return sign_in(app, user_with(app, "compliance_officer", house["place"]))


def test_the_calendar_tells_of_every_day_in_words(officer: Any, house: Any) -> None:
    text = officer.get("/mutabakat/").text
    assert f"{house['day']:%d.%m.%Y}: 2 fark" in text
    assert "1 günde fark var" in text
    assert text.count("karşılaştırılmadı") >= 13


def test_a_day_shows_each_difference_with_its_cause(officer: Any, house: Any) -> None:
    text = officer.get(page(house)).text
    assert "Tarih farklı: 1" in text
    assert "Bizde yok: 1" in text
    assert PHONE not in text
    assert "2 farkın tümünü" not in text


def press(officer: Any, house: Any, **fields: Any) -> str:
    """What the day's page says after a press of a repair's button."""
    return officer.post(f"{page(house)}/onar", data={
        "csrf_token": token_of(officer), **fields}, follow_redirects=True).text


def work(house: Any, *, compare: bool = True) -> None:
    """What the workers do with the wishes, and with the day afterwards."""
    from day_house import night

    from ileti.iys.repairs import repairs_due

    repairs_due(time.monotonic() + 20, house["place"].provider_id)
    if compare:
        night(house["place"], house["day"])


def difference_of(house: Any, cause: int) -> int:
    return db.connection().execute(
        "select id from iys_difference where provider_id = %s and cause = %s",
        (house["place"].provider_id, cause)).fetchone()[0]


def test_one_difference_is_repaired_at_once(officer: Any, house: Any) -> None:
    text = press(officer, house, cause=4, id=difference_of(house, 4))
    assert "Fark onarıldı; gün yeniden karşılaştırılıyor." in text
    assert "reconciliation:repair" in [one[0] for one in db.connection().execute(
        "select action from audit_entry where provider_id = %s",
        (house["place"].provider_id,)).fetchall()]
    assert "artık açık değil" in press(officer, house, cause=4, id=difference_of(house, 4))


def test_one_difference_that_needs_iys_says_when_iys_is_away(officer: Any, house: Any) -> None:
    from day_house import night

    from ileti.iys.days import once_more

    place, registry = house["place"], house["registry"]
    registry.tell("day", brandCode=place.brand_code, reportDate=str(house["day"]), clear=True)
    db.connection().execute("update iys_difference set cause = 1 where provider_id = %s "
                            "and cause = 4", (place.provider_id,))
    registry.tell("fault", kind="503", path="*/status/*")
    text = press(officer, house, cause=1, id=difference_of(house, 1))
    assert "İYS şu anda yanıt vermiyor." in text
    assert once_more(place, house["day"])
    night(place, house["day"])


def test_all_of_a_cause_are_a_workers_work_and_the_page_tells_how_far(
    officer: Any, house: Any
) -> None:
    assert "Farkları arka plandaki bir çalışan onarıyor" in press(officer, house, cause=4)
    text = officer.get(page(house)).text
    assert "Tarih farklı: onarılan · 0 / 1" in text
    assert "data-live" in text
    assert "Durdur" in text
    assert "Onarım zaten sürüyor" in press(officer, house, cause=4)
    press(officer, house, cause=2)
    work(house, compare=False)
    text = officer.get(page(house)).text
    assert "Son onarım" in text
    assert "1 fark onarıldı." in text
    assert "Bu gün karşılaştırılıyor." in text
    work(house)
    text = officer.get(page(house)).text
    assert "Uyuştu" in text
    assert "Fark yok" in text
    assert "data-live" not in text


def test_a_repair_that_waits_for_iys_says_so_in_both_languages(officer: Any, house: Any) -> None:
    place = house["place"]
    db.connection().execute("update iys_difference set cause = 1 where provider_id = %s "
                            "and cause = 4", (place.provider_id,))
    house["registry"].tell("fault", kind="503", path="*/status/*")
    press(officer, house, cause=1)
    work(house, compare=False)
    db.connection().execute("update iys_repair set next_at = %s where provider_id = %s",
                            (clock.now() + dt.timedelta(minutes=5), place.provider_id))
    text = officer.get(page(house)).text
    assert "İYS şu anda yanıt vermiyor." in text
    assert "Yeniden deneme saati:" in text
    officer.get("/lang/en")
    text = officer.get(page(house)).text
    assert "İYS does not answer at the moment." in text
    assert "Tried again at" in text
    officer.get("/lang/tr")


def test_a_repair_can_be_stopped(officer: Any, house: Any) -> None:
    press(officer, house, cause=4)
    assert "Onarım durduruldu" in press(officer, house, cause=4, stop=1)
    assert "sonra onarım durduruldu" in officer.get(page(house)).text
    assert "Onarım zaten bitmişti" in press(officer, house, cause=4, stop=1)
    work(house, compare=False)
    assert "Tarih farklı: 1" in officer.get(page(house)).text


def test_the_time_stamp_says_what_it_is_worth(officer: Any, house: Any) -> None:
    text = officer.get(page(house)).text
    assert "İmza tutuyor" in text
    assert "Deneme Zaman Damgası Hizmeti" in text
    assert "Zaman damgası geçerli değil." not in text
    db.connection().execute("update iys_stamp_check set verdict = 4 where provider_id = %s",
                            (house["place"].provider_id,))
    text = officer.get(page(house)).text
    assert "Zaman damgası geçerli değil." in text
    assert "Başka bir dosyanın" in text
    db.connection().execute("delete from iys_stamp_check where provider_id = %s",
                            (house["place"].provider_id,))
    assert "Denetlenmedi" in officer.get(page(house)).text


@pytest.mark.parametrize("verdict", range(1, 9))
@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_verdict_has_words(
    officer: Any, house: Any, verdict: int, language: str
) -> None:
    db.connection().execute("update iys_stamp_check set verdict = %s where provider_id = %s",
                            (verdict, house["place"].provider_id))
    officer.get(f"/lang/{language}")
    answer = officer.get(page(house))
    assert answer.status_code == 200
    assert ("STAMP_CA_FILE" in answer.text) is (verdict in (2, 3))
    officer.get("/lang/tr")


def test_the_archive_comes_down_as_iys_gave_it_and_leaves_a_trace(
    officer: Any, house: Any
) -> None:
    kept = archive.newest(house["place"], house["day"], archive.Kind.FILE)
    assert kept is not None
    answer = officer.get(f"{page(house)}/arsiv/{kept.id}")
    assert sha384(answer.data).digest() == kept.sha384
    assert "attachment" in answer.headers["Content-Disposition"]
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = "
        "'reconciliation:open'", (house["place"].provider_id,)).fetchone()[0] == 1


def test_one_address_is_asked_for_while_one_waits(officer: Any, house: Any) -> None:
    data = {"csrf_token": token_of(officer), "brand": house["place"].brand_id, "address": PHONE}
    assert "İki taraf da aynı." in officer.post("/mutabakat/adres", data=data).text
    house["registry"].tell("citizen", recipient=PHONE, type="MESAJ", status="RET",
                           brandCode=house["place"].brand_code)
    assert "İYS başka söylüyor" in officer.post("/mutabakat/adres", data=data).text
    mended = officer.post("/mutabakat/adres", data={**data, "kind": "BIREYSEL",
                                                    "channel": "MESAJ"})
    assert "İki taraf da aynı." in mended.text
    wrong = officer.post("/mutabakat/adres", data={**data, "address": "olmaz"}).text
    assert "telefon" in wrong.lower()
    assert 'value="olmaz"' in wrong
    assert f'<option value="{house["place"].brand_id}" selected>' in wrong


def now(officer: Any, house: Any) -> str:
    """The page one waits on after "Reconcile now"."""
    return officer.post(f"/mutabakat/simdi/{house['place'].brand_id}", data={
        "csrf_token": token_of(officer)}, follow_redirects=True).text


def watched(officer: Any, house: Any) -> str:
    return officer.get(f"/mutabakat/?izle={house['place'].brand_id}").text


def run(house: Any) -> None:
    from ileti.iys.days import days_due

    days_due(time.monotonic() + 20, house["place"].provider_id)


def test_reconcile_now_shows_the_week_until_it_is_done(officer: Any, house: Any) -> None:
    text = now(officer, house)
    assert "Günler alınıyor ve karşılaştırılıyor." in text
    assert "sırasını bekliyor" in text
    assert "data-live" in text
    run(house)
    text = watched(officer, house)
    assert "Bitti: 1 günde fark var." in text
    assert "data-live" not in text
    assert "reconciliation:run" in [one[0] for one in db.connection().execute(
        "select action from audit_entry where provider_id = %s",
        (house["place"].provider_id,)).fetchall()]


def test_reconcile_now_tells_which_day_is_at_which_step(officer: Any, house: Any) -> None:
    now(officer, house)
    held = "update iys_day set next_at = %s, {} where provider_id = %s"
    for values, words in (("archived_at = null", "İYS’den alınıyor"),
                          ("archived_at = now(), rows = 640, rows_done = 200", "200 / 640"),
                          ("compared_at = now()", "İYS’ye uyuştuğu bildiriliyor")):
        db.connection().execute(held.format(values), (
            clock.now() + dt.timedelta(minutes=1), house["place"].provider_id))
        assert words in watched(officer, house)


@pytest.mark.parametrize(("code", "words"), [
    ("H192", "İYS şu anda yanıt vermiyor."), ("HTTP_503", "İYS şu anda yanıt vermiyor."),
    ("H124", "İYS’nin istek sınırı şimdilik doldu."), ("H084", "saatlik giriş sınırı doldu"),
    ("invalid_request", "kullanıcı adı ve şifreyle giriş vermiyor"),
    ("H351", "İYS şu anda giriş vermiyor."),
])
def test_reconcile_now_ends_with_what_is_in_the_way(
    officer: Any, house: Any, code: str, words: str
) -> None:
    now(officer, house)
    db.connection().execute(
        "update iys_day set asked_at = null, problem = %s, archived_at = null, compared_at = null, "
        "next_at = now() + interval '5 minutes' where provider_id = %s",
        (code, house["place"].provider_id))
    text = watched(officer, house)
    assert "gün tamamlanamadı." in text
    assert words in text
    assert "data-live" not in text


def test_when_iys_is_down_nobody_waits_for_ever(officer: Any, house: Any) -> None:
    place = house["place"]
    db.connection().execute("update iys_day set archived_at = null where provider_id = %s",
                            (place.provider_id,))
    house["registry"].tell("fault", kind="503", path="*/agreements/*")
    now(officer, house)
    run(house)
    text = watched(officer, house)
    assert "İYS şu anda yanıt vermiyor." in text
    assert "data-live" not in text


def test_a_worker_that_does_not_come_is_said_so(officer: Any, house: Any) -> None:
    now(officer, house)
    db.connection().execute("update iys_day set asked_at = asked_at - interval '2 minutes', "
                            "next_at = now() - interval '1 day' where provider_id = %s",
                            (house["place"].provider_id,))
    assert "Henüz hiçbir çalışan başlamadı." in watched(officer, house)


def test_another_brand_cannot_be_waited_for(officer: Any, house: Any) -> None:
    assert "id=\"simdi\"" not in officer.get(
        f"/mutabakat/?izle={house['other'].brand_id}").text
    assert officer.get("/mutabakat/?izle=99999999999999999999").status_code == 200
    assert officer.get("/mutabakat/?izle=x").status_code == 200


def test_nobody_reaches_another_providers_days(app: Any, house: Any) -> None:
    stranger = sign_in(app, user_with(app, "provider_admin", house["other"]))
    kept = archive.newest(house["place"], house["day"], archive.Kind.FILE)
    assert kept is not None
    token = token_of(stranger)
    assert stranger.get(page(house)).status_code == 404
    assert stranger.get(f"{page(house)}/arsiv/{kept.id}").status_code == 404
    assert stranger.post(f"{page(house)}/onar",
                         data={"csrf_token": token, "cause": 4}).status_code == 404
    assert stranger.post(f"/mutabakat/simdi/{house['place'].brand_id}",
                         data={"csrf_token": token}).status_code == 404
    assert f"{house['day']:%d.%m.%Y}: 2 fark" not in stranger.get("/mutabakat/").text


@pytest.mark.parametrize("role", ["marketer", "report_viewer", "dealer_user"])
def test_who_has_no_business_there_does_not_see_it(app: Any, house: Any, role: str) -> None:
    dealer = dealer_of(house["place"]) if role == "dealer_user" else None
    client = sign_in(app, user_with(app, role, house["place"], dealer_id=dealer))
    assert "2 fark" not in client.get("/mutabakat/", follow_redirects=True).text
    assert client.get(page(house)).status_code in (302, 403, 404)


def test_a_brand_manager_reads_and_does_not_repair(app: Any, house: Any) -> None:
    client = sign_in(app, user_with(app, "brand_manager", house["place"], level="brand"))
    text = client.get(page(house)).text
    assert "Tarih farklı" in text
    assert "Tümünü onar" not in text
    assert f"/arsiv/{os.sep}" not in text
    assert "İndir" not in text


def test_the_first_page_shows_the_last_days_and_a_dealers_does_not(app: Any, house: Any) -> None:
    admin = sign_in(app, user_with(app, "provider_admin", house["place"]))
    page = admin.get("/").text
    assert f'href="/mutabakat/{house["place"].brand_id}/{house["day"]}"' in page
    assert "1 günde fark var" in page
    stranger = sign_in(app, user_with(app, "provider_admin", house["other"]))
    assert "/mutabakat/" + str(house["place"].brand_id) not in stranger.get("/").text
    dealer = dealer_of(house["place"])
    theirs = sign_in(app, user_with(app, "dealer_manager", house["place"], dealer_id=dealer))
    assert 'class="strip"' not in theirs.get("/").text


def test_a_brand_of_today_is_told_why_nothing_is_compared(app: Any, place: Any) -> None:
    admin = sign_in(app, user_with(app, "provider_admin", place))
    assert "Henüz karşılaştırılan gün yok" in admin.get("/mutabakat/").text
    answer = admin.post(f"/mutabakat/simdi/{place.brand_id}", data={
        "csrf_token": token_of(admin)})
    assert "Karşılaştırılacak gün henüz yok" in answer.text


def test_the_calendar_warns_of_a_day_that_is_about_to_be_lost(app: Any, house: Any) -> None:
    place, day = house["place"], house["day"]
    name = user_with(app, "compliance_officer", place)
    assert "tam arşivlenmedi" not in sign_in(app, name).get("/mutabakat/").text
    db.connection().execute("update iys_day set archived_at = null where provider_id = %s",
                            (place.provider_id,))
    for days, words in ((4, None), (5, "İYS onu 2 gün daha saklar"),
                        (6, "İYS onu 1 gün daha saklar")):
        with clock.freeze(dt.datetime.combine(day + dt.timedelta(days=days), dt.time(9),
                                              clock.ISTANBUL)):
            text = sign_in(app, name).get("/mutabakat/").text
        assert ("gün tam arşivlenmedi." in text) is bool(words), days
        assert words is None or f"{day:%d.%m.%Y}: {words}" in text


def test_the_calendar_warns_of_a_stamp_that_does_not_hold_and_only_its_own_people(
    app: Any, officer: Any, house: Any
) -> None:
    db.connection().execute("update iys_stamp_check set verdict = 5 where provider_id = %s",
                            (house["place"].provider_id,))
    words = "1 günün zaman damgası geçerli değil."
    assert words in officer.get("/mutabakat/").text
    stranger = sign_in(app, user_with(app, "provider_admin", house["other"]))
    assert words not in stranger.get("/mutabakat/").text
