"""The copy of a person's data: complete, nobody else's, sealed, and given out with a trace."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from ileti.channels import assent
from ileti.channels.base import Envelope
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import NotFound
from ileti.requests import cases, exportpage, exports, holdings, matching, owncopy
from ileti.requests.eraser import Retention
from ileti.requests.numbers import case_number
from ileti.retention import holds, log
from tests.panel.people import sign_in, take, token_of, user_with
from tests.requests.conftest import TCKN, kinds_of, new_mail, verified

Case = cases.Case


def make(case: Case) -> int:
    """Ask for the copy and let the job make it."""
    db.connection().execute("update data_request_export set next_at = now() + interval '1 day' "
                            "where done_at is null")
    with db.transaction() as conn:
        number = exports.ask_for(conn, cases.read_case(conn, case.id), by=1)
    exports.make_waiting()
    return number


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture
def person(place: Any, place_b: Any, new_case: Callable[..., Case]) -> tuple[Case, str, str]:
    """A case matched with a recipient who has a record; noise of others with the same address."""
    mail, noise = new_mail(), new_mail()
    mine = take(place, mail, channel=Channel.EPOSTA).items[0].recipient_id
    take(place, noise, channel=Channel.EPOSTA)
    take(place_b, mail, channel=Channel.EPOSTA)
    return verified(new_case(), mine), mail, noise


def test_the_copy_holds_all_of_the_person_and_nothing_of_others(
    person: tuple[Case, str, str]
) -> None:
    case, mail, noise = person
    name, data = exports.archive(case.provider_id, make(case))
    files = unpacked(data)
    assert name == f"{case_number(case.id)}-verilerim.zip"
    told = json.loads(files["verilerim.json"])
    held = told["held"]
    assert [one["address"] for one in held["addresses"]] == [mail]
    assert [one["status"]["code"] for one in held["history"]] == ["ONAY"]
    assert len(held["consents"]) == 1
    assert held["submissions"][0]["evidence"]["page"] == "https://www.ornek.com.tr"
    assert noise not in files["verilerim.json"].decode()
    assert files["verilerim.pdf"].startswith(b"%PDF-")
    for line in files["SHA256SUMS.txt"].decode().splitlines():
        digest, _, name = line.partition("  ")
        assert sha256(files[name]).hexdigest() == digest


def test_the_copy_has_the_words_of_messages_and_answers(
    place: Any, person: tuple[Case, str, str]
) -> None:
    case, mail, _ = person
    recipient = db.connection().execute(
        "select recipient_id from data_request_recipient where request_id = %s",
        (case.id,)).fetchone()[0]
    message = db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key, "
        "sent_at) values (%s, %s, %s, 3, 2, 0, now()) returning id",
        (place.provider_id, place.brand_id, recipient)).fetchone()[0]
    key, cipher = assent.seal(place.provider_id, recipient, Envelope(
        message, Channel.EPOSTA, mail, "Onayınızı aldık", "Kampanyalarımızı onayladınız.", None))
    db.connection().execute("update message set sent_key = %s, sent_ct = %s where id = %s",
                            (key, cipher, message))
    _name, data = exports.archive(case.provider_id, make(case))
    held = json.loads(unpacked(data)["verilerim.json"])["held"]
    assert [(one["subject"], one["text"]) for one in held["messages"]] == [
        ("Onayınızı aldık", "Kampanyalarımızı onayladınız.")]
    page = exportpage.section("messages", held["messages"], "tr")
    assert "Kampanyalarımızı onayladınız." in page["rows"][0][-1]


def test_what_is_counted_is_what_is_gathered(person: tuple[Case, str, str]) -> None:
    case, *_ = person
    conn = db.connection()
    ids = [one.recipient_id for one in matching.attached(conn, case.id)]
    held = holdings.gather(conn, case.provider_id, ids)
    assert holdings.count(conn, case.provider_id, ids) == holdings.counted(held)
    assert held["history"]
    assert max(map(len, holdings.gather(conn, case.provider_id, ids, most=1).values())) == 1


def test_the_same_copy_is_the_same_bytes(person: tuple[Case, str, str]) -> None:
    case, *_ = person
    number = make(case)
    assert exports.archive(case.provider_id, number) == exports.archive(case.provider_id, number)


def due_now(number: int) -> None:
    db.connection().execute("update data_request_export set next_at = now() where id = %s",
                            (number,))


def asked(case: Case) -> int:
    with db.transaction() as conn:
        return exports.ask_for(conn, cases.read_case(conn, case.id), by=1)


def test_a_killed_job_makes_the_copy_again_and_once(
    person: tuple[Case, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, *_ = person
    number = asked(case)

    def die(_name: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(exports, "reach", die)
        with pytest.raises(KeyboardInterrupt):
            exports.make_waiting()
    assert "exported" not in kinds_of(case.id)
    due_now(number)
    exports.make_waiting()
    assert kinds_of(case.id).count("exported") == 1


def test_what_fails_waits_longer_each_time_and_is_given_up_and_told(
    app: Any, place: Any, person: tuple[Case, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, *_ = person
    number, waits = asked(case), []
    with monkeypatch.context() as broken:
        broken.setattr(exports.holdings, "gather", lambda *_: 1 / 0)
        for _ in range(exports.MOST_TRIES + 2):
            exports.make_waiting()
            waits.append(db.connection().execute(
                "select next_at - now() from data_request_export where id = %s",
                (number,)).fetchone()[0])
            due_now(number)
    first = exports.MOST_TRIES - 1
    assert waits[:first] == sorted(waits[:first])
    assert waits[1] > 1.8 * waits[0]
    assert kinds_of(case.id).count("export_failed") == 1
    client = sign_in(app, user_with(app, "compliance_officer", place))
    path = f"/basvurular/{case_number(case.id)}"
    text = client.get(path).text
    assert "hazırlanamadı" in text
    assert "Yeniden dene" in text
    client.post(f"{path}/kopya", data={"csrf_token": token_of(client)})
    exports.make_waiting()
    assert kinds_of(case.id)[-1] == "exported"


def test_a_job_that_is_killed_each_time_is_given_up_too(person: tuple[Case, str, str]) -> None:
    case, *_ = person
    number = asked(case)
    db.connection().execute("update data_request_export set tries = %s, next_at = now() "
                            "where id = %s", (exports.MOST_TRIES, number))
    assert exports.make_waiting()["made"] == 0
    assert kinds_of(case.id)[-1] == "export_failed"
    due_now(number)
    assert exports.make_waiting() == {"made": 0, "failed": 0}


def test_nothing_is_copied_once_the_identity_is_doubted_and_no_link_opens(
    app: Any, person: tuple[Case, str, str]
) -> None:
    case, *_ = person
    made, waiting = make(case), asked(case)
    path = re.sub(r"^https?://[^/]+", "", exports.link(made, "tr"))
    db.connection().execute("update data_request set identity = 3 where id = %s", (case.id,))
    due_now(waiting)
    assert exports.make_waiting()["made"] == 0
    assert exports.open_until(made) is None
    assert app.test_client().post(path).status_code == 410


def test_the_persons_link_gives_nothing_by_get_and_ends(
    app: Any, person: tuple[Case, str, str]
) -> None:
    case, *_ = person
    number = make(case)
    path = re.sub(r"^https?://[^/]+", "", exports.link(number, "tr"))
    client = app.test_client()
    assert "Verilerimi indir" in client.get(path).text
    assert "taken" not in kinds_of(case.id)
    got = client.post(path)
    assert set(unpacked(got.data)) == {"verilerim.json", "verilerim.pdf", "SHA256SUMS.txt"}
    assert "taken" in kinds_of(case.id)
    assert client.post(path[:-3] + "abc").status_code == 403
    with clock.freeze(clock.now() + timedelta(days=15)):
        assert client.post(path).status_code == 410


def test_every_download_at_the_desk_is_audited_and_no_strangers(
    app: Any, place: Any, place_b: Any, person: tuple[Case, str, str],
    new_case: Callable[..., Case]
) -> None:
    case, *_ = person
    number = make(case)
    client = sign_in(app, user_with(app, "compliance_officer", place))
    path = f"/basvurular/{case_number(case.id)}/kopya/{number}"
    assert client.get(path).status_code == 405
    assert client.post(path, data={"csrf_token": token_of(client)}).status_code == 200
    audited = db.connection().execute(
        "select count(*) from audit_entry where provider_id = %s and action = 'request:take'",
        (place.provider_id,)).fetchone()
    assert audited == (1,)
    stranger = sign_in(app, user_with(app, "compliance_officer", place_b))
    theirs = new_case(place_b)
    for wrong in (path, f"/basvurular/{case_number(theirs.id)}/kopya/{number}"):
        assert stranger.post(wrong, data={"csrf_token": token_of(stranger)}).status_code == 404


def test_a_copy_lies_sealed(person: tuple[Case, str, str]) -> None:
    from config import settings

    case, mail, _ = person
    make(case)
    places = [row[0] for row in db.connection().execute(
        "select place from evidence_file f join data_request_export x "
        "on f.id in (x.json_file, x.pdf_file) where x.request_id = %s", (case.id,))]
    assert len(places) == 2
    for place in places:
        data = (settings().vault_folder / place).read_bytes()
        assert len(data) > 1_000
        for word in (mail.encode(), b"%PDF", b"verilerim", b"held"):
            assert word not in data


def lies(case: Case, number: int) -> bool:
    """Whether the copy can still be had, and whether its files can be read."""
    files = db.connection().execute(
        "select count(*) from data_request_export x join evidence_file f "
        "on f.provider_id = x.provider_id and f.id in (x.json_file, x.pdf_file) "
        "where x.id = %s and f.file_key <> ''", (number,)).fetchone()[0]
    assert files in (0, 2)
    try:
        exports.archive(case.provider_id, number)
    except NotFound:
        return bool(files)
    assert files == 2
    return True


def aged(number: int, days: int) -> None:
    """The person's link ended so many days ago."""
    db.connection().execute("update data_request_export set until = now() - "
                            "make_interval(days => %s) where id = %s", (days, number))


def test_r64_a_copy_is_removed_sixty_days_after_its_link(
    app: Any, place: Any, person: tuple[Case, str, str]
) -> None:
    case, *_ = person
    number = make(case)
    aged(number, 59)
    exports.remove_due()
    assert lies(case, number)
    aged(number, 60)
    exports.remove_due()
    exports.remove_due()
    assert not lies(case, number)
    assert kinds_of(case.id).count("copy_removed") == 1
    client = sign_in(app, user_with(app, "compliance_officer", place))
    path = f"/basvurular/{case_number(case.id)}"
    assert "Silindi: " in client.get(path).text
    assert client.post(f"{path}/kopya/{number}",
                       data={"csrf_token": token_of(client)}).status_code == 404
    assert log.verify()[1] == []
    line = list(log.lines(case.provider_id))[-1]
    assert (line.count, line.rule, line.case_number) == (2, "R-64", case_number(case.id))


def test_r64_a_copy_goes_at_once_when_its_person_is_erased_and_not_under_a_hold(
    place: Any, person: tuple[Case, str, str], new_case: Callable[..., Case]
) -> None:
    case, *_ = person
    recipient = db.connection().execute(
        "select recipient_id from data_request_recipient where request_id = %s",
        (case.id,)).fetchone()[0]
    other = verified(new_case(), take(place, new_mail(), channel=Channel.EPOSTA)
                     .items[0].recipient_id)
    numbers = make(case), make(other)
    hold = holds.place(place.provider_id, "Dava", by=None, recipient_id=recipient)
    Retention().erase(place.provider_id, [recipient], case=case_number(case.id), by=1)
    exports.remove_due()
    assert lies(case, numbers[0])
    holds.end(place.provider_id, hold, "Dava bitti", by=None)
    exports.remove_due()
    assert not lies(case, numbers[0])
    assert lies(other, numbers[1])


def test_one_copy_that_cannot_be_removed_keeps_no_other(
    person: tuple[Case, str, str], new_case: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = person[0], verified(new_case())
    numbers = make(first), make(second)
    for number in numbers:
        aged(number, 61)
    real = exports.destroy_copies

    def breaks(provider_id: int, ids: list[int], case: str | None) -> list[int]:
        if ids == [numbers[0]]:
            raise RuntimeError("the log is broken")
        return real(provider_id, ids, case)

    monkeypatch.setattr(exports, "destroy_copies", breaks)
    exports.remove_due()
    assert lies(first, numbers[0])
    assert not lies(second, numbers[1])


def test_earlier_applications_are_in_the_copy_as_they_were_written(
    person: tuple[Case, str, str], new_case: Callable[..., Case]
) -> None:
    case, *_ = person
    recipient = matching.attached(db.connection(), case.id)[0].recipient_id
    verified(new_case(wish="Adresimi silin."), recipient)
    foreign = new_case(wish="Bu başkasının yazdığı.")
    with db.transaction() as conn:  # who wrote it was never identified
        matching.attach(conn, foreign.id, foreign.provider_id, foreign.brand_id, recipient, 3)
    _name, data = exports.archive(case.provider_id, make(case))
    told = unpacked(data)["verilerim.json"].decode()
    held = json.loads(told)["held"]["requests"]
    assert [one["wish"] for one in held] == ["Bilgi istiyorum.", "Adresimi silin.", None]
    assert held[1]["person"]["tckn"] == TCKN
    assert held[1]["person"]["postal"] == "Akasya Sok. 5, İzmir"
    assert held[2]["person"] is None
    assert "başkasının" not in told
    assert "Adresimi silin." in exportpage.section("requests", held, "tr")["rows"][1][-1]


def test_lists_restrictions_and_what_iys_said_otherwise_are_in_the_copy(
    place: Any, person: tuple[Case, str, str]
) -> None:
    case, *_ = person
    conn = db.connection()
    recipient = matching.attached(conn, case.id)[0].recipient_id
    where = {"p": place.provider_id, "b": place.brand_id, "r": recipient}
    number = conn.execute(
        "insert into call_list (provider_id, brand_id, name, recipient_type, ends_at) "
        "values (%(p)s, %(b)s, 'Bahar', 1, now() + interval '9 days') returning id",
        where).fetchone()[0]
    conn.execute("insert into call_list_entry (provider_id, brand_id, list_id, recipient_id) "
                 "values (%(p)s, %(b)s, %(n)s, %(r)s)", where | {"n": number})
    number = conn.execute(
        "insert into campaign_list (provider_id, brand_id, channel, name) "
        "values (%(p)s, %(b)s, 3, 'Fuar') returning id", where).fetchone()[0]
    conn.execute("insert into campaign_list_member (provider_id, list_id, recipient_id) "
                 "values (%(p)s, %(n)s, %(r)s)", where | {"n": number})
    conn.execute("insert into restriction (provider_id, recipient_id, since, reason) "
                 "values (%(p)s, %(r)s, now(), 'Başvuru üzerine')", where)
    conn.execute(
        "insert into iys_difference (provider_id, brand_id, day, recipient_id, fence, cause, "
        "recipient_type, channel, their_status, their_date, mark) values (%(p)s, %(b)s, "
        "current_date, %(r)s, 1, 1, 1, 3, 1, now(), sha256('x'))", where)
    held = holdings.gather(conn, place.provider_id, [recipient])
    assert [one["list"] for one in (*held["callLists"], *held["campaignLists"])] == [
        "Bahar", "Fuar"]
    assert held["restrictions"][0]["reason"] == "Başvuru üzerine"
    [difference] = held["differences"]
    assert (difference["iys"]["status"]["code"], difference["ours"]) == ("ONAY", None)
    for name in ("callLists", "campaignLists", "restrictions", "differences"):
        for language in ("tr", "en"):
            assert len(exportpage.section(name, held[name], language)["rows"]) == 1
    veiled = {name: owncopy.veil(name, held[name][0]) for name in held if held[name]}
    assert veiled["callLists"]["list"] is None
    assert veiled["restrictions"]["reason"] is None
    assert (veiled["requests"]["person"], veiled["requests"]["wish"]) == (None, None)
