"""Who has to be asked or told anew, of both ledgers in one list, and the receipt of one act."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ileti.capture.api_pages import KEYS
from ileti.consents.ledger import NewConsent, NewSubmission, hash_body
from ileti.consents.ledger import record as record_consent
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel, Source, Standing, Status
from ileti.core import clock, db
from ileti.evidence import receiptcheck
from ileti.kvkk import asking, listing
from ileti.kvkk.vocabulary import Act
from tests.kvkk.house import Text, text
from tests.panel.people import dealer_of, sign_in, token_of, user_with
from tests.panel.test_kvkk_pages import ADDRESS, admin, did, renewing  # noqa: F401 (a fixture)

PATH = "/kvkk/yenilenecekler"


def on_text(place: Any, of: Text, address: str, *, dealer: int | None = None, ago: int = 60) -> int:
    """A consent to SMS on a version; its entry."""
    at = clock.whole_second(clock.now() - timedelta(seconds=ago))
    return record_consent(NewSubmission(
        place=place, idem=f"test:{uuid4()}", body_hash=hash_body(address), source=Source.HS_WEB,
        standing=Standing.VERIFIED, dealer_id=dealer, evidence={},
        items=[NewConsent(address, Channel.MESAJ, Status.ONAY, at, due_at=at,
                          text_id=of.version, text_hash=of.hash)])).items[0].entry_id


def test_r17_commercial_consents_on_an_older_text_stand_in_the_list_with_their_numbers(
    admin: Any, place: Any, place_b: Any  # noqa: F811
) -> None:
    onay, rıza = text(place, "ETK_ONAYI"), text(place)
    entry = on_text(place, onay, ADDRESS)
    on_text(place_b, text(place_b, "ETK_ONAYI"), ADDRESS)
    did(place, rıza, Act.GIVEN)
    assert "Yeniden bilgilendirilecek kimse yok" in admin.get(PATH).text
    renewing(place, onay.document, 2, "ASK")
    renewing(place, rıza.document, 2, "ASK")
    page = admin.get(PATH).text
    assert page.count('role="rowheader"') == 2
    assert f"/izinler/{record_number(entry)}" in page
    assert "599 123 45 67" not in page
    alone = admin.get(f"{PATH}?metin={onay.document}").text
    assert alone.count('role="rowheader"') == 1
    assert "Mesaj" in alone
    numbers = re.findall(r"metin=(\d+)\".*?<span>(\d+)</span></li>", page, re.S)
    assert dict(numbers) == {str(onay.document): "1", str(rıza.document): "1"}


def test_a_consent_given_anew_or_refused_leaves_the_list(admin: Any, place: Any) -> None:  # noqa: F811
    onay = text(place, "ETK_ONAYI")
    on_text(place, onay, ADDRESS)
    new = renewing(place, onay.document, 2, "ASK")
    assert admin.get(PATH).text.count('role="rowheader"') == 1
    on_text(place, new, ADDRESS, ago=30)
    assert "Yeniden bilgilendirilecek kimse yok" in admin.get(PATH).text


def test_the_list_goes_on_from_acts_to_consents_without_gap_or_double(
    admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    onay, rıza = text(place, "ETK_ONAYI"), text(place)
    for n in range(5):
        did(place, rıza, Act.GIVEN, address=f"+90599123450{n}")
        on_text(place, onay, f"+90599123451{n}")
    renewing(place, onay.document, 2, "ASK")
    renewing(place, rıza.document, 2, "ASK")
    monkeypatch.setattr(listing, "PAGE", 3)
    seen: list[str] = []
    url: str | None = PATH
    while url:
        page = admin.get(url).text
        seen += re.findall(r'role="rowheader"[^>]*><a href="([^"]+)"', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        url = onward[1].replace("&amp;", "&") if onward else None
    assert (len(seen), len(set(seen))) == (10, 10)


@pytest.mark.attack
@pytest.mark.parametrize("place_", ["1.2.3", "9" * 40, "1.2.3.4.5", "9.9.9.9.99999999", "a.b", "1.",
                                    "999999999999999999.99999999999", "-1.2", "1.2.3.4.5.6"])
def test_a_place_nobody_was_led_to_is_the_start_or_an_end(admin: Any, place_: str) -> None:  # noqa: F811
    assert admin.get(f"{PATH}?sonra={place_}").status_code == 200


def test_the_file_has_both_kinds_and_a_dealer_its_own_alone(
    app: Any, admin: Any, place: Any  # noqa: F811
) -> None:
    onay, dealer = text(place, "ETK_ONAYI"), dealer_of(place)
    on_text(place, onay, ADDRESS)
    on_text(place, onay, "+905997654321", dealer=dealer)
    renewing(place, onay.document, 2, "ASK")
    full = admin.post(f"{PATH}.csv", data={"csrf_token": token_of(admin), "adres": "acik"}).text
    assert "+90 599 123 45 67" in full
    assert "Yeni, sürüm 2" in full
    user = sign_in(app, user_with(app, "dealer_user", place, dealer_id=dealer))
    page = user.get(PATH).text
    assert page.count('role="rowheader"') == 1
    assert "43 21" in page


def test_the_receipt_of_an_act_is_taken_by_who_may_prove_and_is_written_down(
    app: Any, admin: Any, place: Any, place_b: Any  # noqa: F811
) -> None:
    number = record_number(did(place, text(place), Act.GIVEN))
    page = admin.get(f"/kvkk/kayit/{number}").text
    assert f"/kvkk/kayit/{number}/makbuz" in page
    answer = admin.get(f"/kvkk/kayit/{number}/makbuz")
    assert answer.content_type == "application/ld+json"
    assert receiptcheck.check(answer.data, app.test_client().get(KEYS).data) == 0
    assert json.loads(answer.data)["consent_records"][0]["record_id"] == number
    assert "599" not in answer.text
    assert db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'consent:receipt' "
        "and detail ->> 'record' = %s", (place.provider_id, number)).fetchone() == (1,)
    stranger = sign_in(app, user_with(app, "provider_admin", place_b))
    assert stranger.get(f"/kvkk/kayit/{number}/makbuz").status_code == 404


def test_a_notice_of_nobody_known_has_no_receipt(admin: Any, place: Any) -> None:  # noqa: F811
    number = record_number(did(place, text(place, "AYDINLATMA"), Act.READ, address=None))
    assert admin.get(f"/kvkk/kayit/{number}/makbuz").status_code == 404
    assert f"{number}/makbuz" not in admin.get(f"/kvkk/kayit/{number}").text


def test_a_ledger_too_long_to_wait_for_is_said_so_and_takes_nothing_else_away(
    admin: Any, place: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    onay, rıza = text(place, "ETK_ONAYI"), text(place)
    on_text(place, onay, ADDRESS)
    did(place, rıza, Act.GIVEN)
    renewing(place, onay.document, 2, "ASK")
    renewing(place, rıza.document, 2, "ASK")
    monkeypatch.setattr(asking, "_PAGE", "select pg_sleep(9)")
    monkeypatch.setattr(asking, "_COUNTS", "select pg_sleep(9)")
    monkeypatch.setattr(asking, "SECONDS", 0.1)
    page = admin.get(PATH).text
    assert "zamanında okunamadı" in page
    assert "şimdi sayılmadı" in page
    assert page.count('role="rowheader"') == 1
