"""The agent's screen: keys as buttons of a form, the next step and nothing else."""

from __future__ import annotations

import io
import re
from hashlib import sha256
from typing import Any

import httpx
import psycopg
import pytest

from ileti.callcentre import allowing, calls, fetching, training
from ileti.core import clock, db
from ileti.core.errors import InvalidInput
from ileti.evidence import giving
from tests.callcentre.house import WAV, agent, begun, entries, number, published, standing
from tests.panel.people import dealer_of, sign_in, take, token_of, user_with

NAME = "Nazlı Kırşehirli"


@pytest.fixture
def house(place: Any) -> Any:
    return published(place)


def user(app: Any, place: Any, role: str = "call_centre_agent", *, trained: bool = True,
         **more: Any) -> Any:
    """A signed-in user, trained today."""
    name = user_with(app, role, place, **more)
    row = db.system_connection().execute(
        "select id from ab_user where username = %s", (name,)).fetchone()
    assert row is not None
    if trained:
        training.note(place.provider_id, row[0], clock.today(), by=None)
    client = sign_in(app, name)
    client.ileti_id = row[0]
    return client


def started(client: Any, phone: str | None = None, **more: str) -> str:
    """A call by the form; its address."""
    html = client.get("/cagri/").text
    key = re.search(r'name="key" value="([^"]+)"', html)
    assert key is not None
    answer = client.post("/cagri/", data={
        "csrf_token": token_of(client), "key": key[1], "number": phone or number(), **more})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def press(client: Any, url: str, deed: str, **more: str) -> Any:
    """One key of the screen as it stands."""
    html = client.get(url).text
    place = re.search(r'name="place" value="(\d+)"', html)
    question = re.search(r'name="soru" value="(\d+)"', html)
    data = {"csrf_token": token_of(client), "ne": deed, "place": place[1] if place else "1"}
    if question and "soru" not in more:
        data["soru"] = question[1]
    return client.post(url, data=data | more)


def test_a_call_goes_from_the_notice_to_the_end_one_step_a_screen(app: Any, house: Any) -> None:
    client = user(app, house)
    url = started(client)
    first = client.get(url).text
    assert 'value="dinledi"' in first
    assert 'value="evet"' not in first
    assert press(client, url, "dinledi").status_code == 303
    assert press(client, url, "ad", name=NAME).status_code == 303
    asked = client.get(url).text
    assert 'value="evet"' in asked
    assert "checked" not in asked.split("data-keys")[0].split(
        "call-cols")[1]
    assert press(client, url, "evet").status_code == 303
    assert press(client, url, "hayir").status_code == 303
    assert press(client, url, "hayir").status_code == 303
    assert "Her şey soruldu" in client.get(url).text
    assert press(client, url, "son", sonuc="1").status_code == 303
    assert "Çağrı bitti" in client.get(url).text
    assert [row[:2] for row in entries(house)] == [(2, 1)]


def test_a_post_that_leaves_the_notice_out_records_nothing_and_says_why(
    app: Any, house: Any
) -> None:
    client = user(app, house)
    url = started(client)
    question = next(one.id for one in calls.load(int(url.rpartition("/")[2])).questions)
    answer = press(client, url, "evet", soru=str(question))
    assert (answer.status_code, entries(house)) == (422, [])
    assert "Önce aydınlatma metnini okuyun" in answer.text


def test_a_link_of_the_telephone_system_fills_in_and_starts_nothing(app: Any, house: Any) -> None:
    client = user(app, house)
    html = client.get("/cagri/?no=0599%20213%2041%2017&ref=SANTRAL-7").text
    assert 'value="0599 213 41 17"' in html
    assert 'value="SANTRAL-7"' in html
    row = db.system_connection().execute("select count(*) from call where provider_id = %s",
                                         (house.provider_id,)).fetchone()
    assert row is not None
    assert row[0] == 0


def test_the_number_is_masked_and_what_stands_is_told(app: Any, house: Any) -> None:
    client, phone = user(app, house), number()
    take(house, phone)
    html = client.get(started(client, phone)).text
    assert phone not in html
    assert phone[3:] not in html
    assert "Onay" in html
    assert phone[-2:] in html


def test_an_agent_sees_own_calls_and_no_colleague_s(app: Any, house: Any) -> None:
    client, other = user(app, house), user(app, house)
    url = started(client)
    assert other.get(url).status_code == 404
    assert press(client, url, "dinledi").status_code == 303
    assert other.post(url, data={"csrf_token": token_of(other), "ne": "son", "place": "1",
                                 "sonuc": "1"}).status_code == 404
    assert user(app, house, "compliance_officer").get(url).status_code == 200


def test_a_dealer_s_agents_see_the_dealer_s_calls_alone(app: Any, house: Any) -> None:
    one, two = dealer_of(house, "Bir"), dealer_of(house, "İki")
    mine = user(app, house, "dealer_user", dealer_id=one)
    other = user(app, house, "dealer_manager", dealer_id=two)
    url = started(mine)
    assert (other.get(url).status_code, mine.get(url).status_code) == (404, 200)
    assert press(mine, url, "ret", kapsam="ARAMA").status_code == 303
    row = db.system_connection().execute(
        "select dealer_id from consent_entry where provider_id = %s",
        (house.provider_id,)).fetchone()
    assert row is not None
    assert row[0] == one


def test_a_recording_of_the_form_makes_the_yes_count(app: Any, house: Any) -> None:
    client = user(app, house)
    me = agent(house)
    call = begun(house, me)
    db.system_connection().execute("update call set agent_id = %s where id = %s",
                                   (client.ileti_id, call.id))
    url = f"/cagri/{call.id}"
    press(client, url, "dinledi")
    press(client, url, "ad", name=NAME)
    press(client, url, "evet")
    answer = client.post(f"{url}/kayit", data={
        "csrf_token": token_of(client), giving.FIELD: (io.BytesIO(WAV), "gorusme.wav")})
    assert (answer.status_code, standing(house)) == (303, [(2, 1, 1)])
    text = client.post(f"{url}/kayit", data={
        "csrf_token": token_of(client), giving.FIELD: (io.BytesIO(b"metin"), "a.txt")})
    assert text.status_code == 422
    assert "ses kaydı" in text.text


def test_an_agent_s_word_for_a_digest_proves_nothing(app: Any, house: Any) -> None:
    client = user(app, house)
    url = _yes(client)
    answer = client.post(f"{url}/kayit", data={
        "csrf_token": token_of(client), "link": "https://kotu.ornek.com.tr/1.wav",
        "sha256": "ab" * 32})
    assert (answer.status_code, "izinli değil" in answer.text) == (422, True)
    assert [row[2] for row in standing(house)] == [0]


def test_an_agent_s_link_counts_at_an_allowed_host_by_the_digest_that_was_fetched(
    app: Any, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, sound = user(app, house), WAV + number().encode()
    allowing.set_hosts(house.provider_id, "kayit.ornek.com.tr", by=client.ileti_id)
    found = {"/1.wav": httpx.Response(200, content=sound),
             "/2.wav": httpx.Response(200, content=b"<html>"),
             "/3.wav": httpx.Response(302, headers={"Location": "https://10.0.0.1/"})}
    monkeypatch.setattr(fetching, "_way_out", lambda: httpx.MockTransport(
        lambda asked: found[asked.url.path]))
    url = _yes(client)
    statuses = [client.post(f"{url}/kayit", data={
        "csrf_token": token_of(client), "link": f"https://kayit.ornek.com.tr{path}"}).status_code
        for path in ("/2.wav", "/3.wav", "/1.wav")]
    assert statuses == [422, 422, 303]
    kept = calls.load_any(int(url.rpartition("/")[2]))
    assert kept.recording_sha256 == sha256(sound).digest()
    assert standing(house) == [(2, 1, 1)]


@pytest.mark.parametrize("text", ["10.0.0.1", "localhost", "a b", "kayit.ornek.com.tr/yol", "ı.tr",
                                  "\n".join(f"k{n}.ornek.com.tr" for n in range(11))])
def test_a_host_that_is_none_or_our_own_network_is_not_allowed(house: Any, text: str) -> None:
    with pytest.raises(InvalidInput):
        allowing.set_hosts(house.provider_id, text, by=1)


def _yes(client: Any) -> str:
    """A call that the telephone system began, with a yes, still open."""
    url = started(client)
    for deed, more in (("dinledi", {}), ("ad", {"name": NAME}), ("evet", {})):
        assert press(client, url, deed, **more).status_code == 303
    db.system_connection().execute("update call set by_system = true where id = %s",
                                   (int(url.rpartition("/")[2]),))
    return url


def test_the_first_page_lists_what_lacks_its_recording_with_the_time_left(
    app: Any, house: Any
) -> None:
    client = user(app, house)
    url = started(client)
    for deed, more in (("dinledi", {}), ("ad", {"name": NAME}), ("evet", {}),
                       ("son", {"sonuc": "1"})):
        assert press(client, url, deed, **more).status_code == 303
    html = client.get("/cagri/").text
    assert f'href="{url}#kayit"' in html
    assert re.search(r"\d+ (gün|saat) kaldı", html)
    db.system_connection().execute(
        "update call_step set at = at - interval '12 days' where call_id = %s",
        (int(url.rpartition("/")[2]),))
    assert "Süresi geçti" in client.get("/cagri/").text


def test_r22_whoever_was_not_trained_is_told_and_can_only_refuse(app: Any, house: Any) -> None:
    client = user(app, house, trained=False)
    assert "Eğitiminiz güncel değil" in client.get("/cagri/").text
    url = started(client)
    shown = client.get(url).text
    assert "Eğitiminiz güncel değil" in shown
    assert 'value="dinledi"' not in shown
    assert press(client, url, "dinledi").status_code == 403
    assert entries(house) == []
    assert press(client, url, "ret", kapsam="ARAMA").status_code == 303
    assert [row[:2] for row in entries(house)] == [(1, 2)]


def test_r28_without_a_script_the_screen_says_so_and_takes_a_refusal(app: Any, place: Any) -> None:
    client = user(app, place)
    url = started(client)
    assert "Yayında çağrı metni yok" in client.get(url).text
    assert press(client, url, "ret", kapsam="EPOSTA").status_code == 422
    assert press(client, url, "ret", kapsam="HEPSI").status_code == 303
    assert [row[:2] for row in entries(place)] == [(1, 2), (2, 2)]


def test_r22_a_code_read_back_proves_a_number_that_was_typed_and_nothing_more(
    app: Any, house: Any
) -> None:
    client, phone = user(app, house), number()
    url = started(client, phone)
    pk = int(url.rpartition("/")[2])
    press(client, url, "dinledi")
    to = str(calls.load(pk).recipient_id)
    assert press(client, url, "kod-gonder", kime=to).status_code == 303
    code = sent_code(house)
    wrong = press(client, url, "kod", kod="000000" if code != "000000" else "111111")
    assert wrong.status_code == 422
    assert "deneme hakkı" in wrong.text
    assert press(client, url, "kod", kod=code).status_code == 303
    assert calls.load(pk).proven(calls.load(pk).recipient_id)
    assert entries(house) == []


def test_codes_go_to_addresses_of_the_call_alone(app: Any, house: Any) -> None:
    client = user(app, house)
    url = started(client)
    press(client, url, "dinledi")
    stranger = take(house, number()).items[0].recipient_id
    assert press(client, url, "kod-gonder", kime=str(stranger)).status_code == 422


def sent_code(place: Any) -> str:
    """The last code that was written to somebody of the provider."""
    from ileti.channels.messages import open_content

    row = db.system_connection().execute(
        "select recipient_id, kind, content_key, content_ct from message where provider_id = %s "
        "and kind = 1 order by id desc limit 1", (place.provider_id,)).fetchone()
    assert row is not None
    return str(open_content(place.provider_id, row[0], row[1], row[2], bytes(row[3]))["code"])


def test_many_calls_that_lack_a_recording_are_read_in_as_many_statements_as_one(
    app: Any, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, asked = user(app, house), list[str]()
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query))
        return real(self, query, *more, **named)

    def statements(calls: int) -> int:
        for _ in range(calls):
            url = started(client)
            for deed, more in (("dinledi", {}), ("ad", {"name": NAME}), ("evet", {}),
                               ("son", {"sonuc": "1"})):
                assert press(client, url, deed, **more).status_code == 303
        monkeypatch.setattr(psycopg.Connection, "execute", execute)
        asked.clear()
        shown = client.get("/cagri/").text
        monkeypatch.undo()
        assert len(set(re.findall(r'href="(/cagri/\d+)#kayit"', shown))) >= calls
        return len([one for one in asked if "call_step" in one or " call c" in one])

    one = statements(1)
    assert statements(3) == one
