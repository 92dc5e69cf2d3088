"""The proof of a message, and the pack that answers a complaint about it (R-48, R-49)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

import ileti.factory  # noqa: F401 (every room tells its part of a proof)
from ileti.channels import complaint, messagepack, send
from ileti.channels.base import Envelope, MessageKind, Sent
from ileti.channels.confirm import confirmation
from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.registry import carry
from ileti.cli.keys import BYTES
from ileti.consents import bundle
from ileti.consents.moments import Reach
from ileti.consents.numbers import record_number
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.core.errors import NotFound
from ileti.evidence import verifier as judge
from tests.evidence.sealed_house import seal_all
from tests.panel.people import dealer_of, restrict, sign_in, take, token_of, user_with
from tests.panel.test_moment_page import link_of, seen
from tests.panel.test_time_travel import answer

ROOT = Path(__file__).resolve().parents[2]
PHONE = "+905992013399"


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


class Gateway:
    name = "deneme"

    def send(self, message: Envelope) -> Sent:
        return Sent(f"dis-{message.message_id}")


@pytest.fixture
def gateway() -> Any:
    carry(Channel.MESAJ, Gateway())
    yield
    carry(Channel.MESAJ, None)


def sent_for(place: Any, done: Any, kind: MessageKind = MessageKind.CONFIRMATION) -> int:
    """A message of an act, sent; its id."""
    recipient = done.items[0].recipient_id
    if kind is MessageKind.CODE:
        new = NewMessage(
            provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=recipient,
            submission_id=done.submission_id, channel=Channel.MESAJ, kind=kind,
            content={"lang": "tr", "code": "482119", "minutes": 5, "place": "x", "notice": None},
            due_at=clock.now() + timedelta(minutes=5))
    else:
        new = confirmation(
            provider_id=place.provider_id, brand_id=place.brand_id, recipient_id=recipient,
            submission_id=done.submission_id, at=clock.now(), channels=[Channel.MESAJ],
            language="tr", person="Nazlı K.", place="Mağaza")
    enqueue(db.connection(), [new])
    for one in send.claim(500):
        if one.provider_id == place.provider_id:
            send._send_one(one)
    return int(db.connection().execute("select max(id) from message where provider_id = %s",
                                       (place.provider_id,)).fetchone()[0])  # type: ignore[index]


@pytest.fixture
def story(place: Any, gateway: Any) -> dict[str, Any]:
    """Consented, accepted by İYS, told the same day, then refused; all sealed."""
    done = take(place, PHONE)
    answer(place, done.items[0].entry_id)
    message = sent_for(place, done)
    moment = clock.now()
    refusal = take(place, PHONE, refusal=True)
    seal_all()
    return {"entry": done.items[0].entry_id, "recipient": done.items[0].recipient_id,
            "message": message, "moment": moment, "refusal": refusal.items[0].entry_id}


def files_of(made: bundle.Bundle) -> dict[str, bytes]:
    packed = io.BytesIO()
    bundle.write(made, packed)
    with zipfile.ZipFile(packed) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_message_is_shown_as_it_was_sent_with_what_it_stood_on(
        place: Any, story: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ileti.channels.messagepack.envelope", None)  # no template is asked
    files = files_of(messagepack.build(Reach(place.provider_id), story["message"]))
    said = json.loads(files["messages/0001.json"])
    assert said["message"] == messagepack.number_of(story["message"])
    assert (said["to"], said["kind"], said["gateway"]) == (PHONE, "CONFIRMATION", "deneme")
    assert said["gatewayNumber"] == f"dis-{story['message']}"
    assert said["content"]["asSent"] is True
    assert "Defne Ev" in said["content"]["text"]
    assert said["tellsOf"] == [record_number(story["entry"])]
    [state] = said["stateWhenSent"]
    assert (state["status"], state["iys"]["status"], state["mayBeSent"]) == (
        "ONAY", "REGISTERED", True)
    assert json.loads(files["bundle.json"])["records"] == [record_number(story["entry"])]


def test_its_bundle_is_verified_like_any_other(place: Any, story: dict[str, Any],
                                               tmp_path: Path) -> None:
    path = tmp_path / "ileti.zip"
    with path.open("wb") as file:
        bundle.write(messagepack.build(Reach(place.provider_id), story["message"]), file)
    assert judge.outcome(judge.verify(str(path))) == 3
    assert "messages/0001.json" in zipfile.ZipFile(path).namelist()


def test_what_was_not_kept_is_rendered_anew_and_says_so(place: Any, story: dict[str, Any]) -> None:
    db.connection().execute("update message set sent_ct = null, sent_key = null where id = %s",
                            (story["message"],))
    [row] = messagepack.rows_of(Reach(place.provider_id), [story["message"]])
    content = messagepack.parts(place.provider_id, row)["content"]
    assert content["asSent"] is False
    assert "Defne Ev" in content["text"]


def test_of_a_code_no_word_is_kept(place: Any, gateway: Any) -> None:
    done = take(place, PHONE)
    message = sent_for(place, done, MessageKind.CODE)
    seal_all()
    kept = db.connection().execute(
        "select content_ct, sent_ct, sent_at is not null from message where id = %s", (message,)
    ).fetchone()
    assert kept == (None, None, True)
    files = files_of(messagepack.build(Reach(place.provider_id), message))
    assert json.loads(files["messages/0001.json"])["content"] is None
    assert not any(b"482119" in content for content in files.values())


def test_the_sealed_copy_is_among_what_a_change_of_keys_rewrites() -> None:
    assert ("message", "sent_ct") in {(one.table, one.cipher) for one in BYTES}


def test_another_provider_and_another_brand_find_no_message(
        place: Any, place_b: Any, story: dict[str, Any]) -> None:
    for reach in (Reach(place_b.provider_id), Reach(place.provider_id, 2**31 - 1)):
        with pytest.raises(NotFound):
            messagepack.build(reach, story["message"])


def test_a_complaint_gets_the_message_and_the_state_of_that_moment(
        place: Any, story: dict[str, Any]) -> None:
    files = files_of(complaint.build(Reach(place.provider_id), story["recipient"],
                                     story["moment"], "DEFNE EV"))
    said = json.loads(files["complaint.json"])
    assert [one["message"] for one in said["messages"]] == [
        messagepack.number_of(story["message"])]
    assert said["messages"][0]["titleFits"] is True
    assert [(one["status"], one["mayBeSent"]) for one in said["states"]] == [("ONAY", True)]
    told = files["sikayet.txt"].decode()
    assert "ileti gönderilebilirdi" in told
    assert record_number(story["refusal"]) not in files["bundle.json"].decode()
    assert record_number(story["entry"]) in files["bundle.json"].decode()


def test_a_day_later_the_refusal_is_the_answer_and_no_message_is_near(
        place: Any, story: dict[str, Any]) -> None:
    with clock.freeze(clock.now() + timedelta(days=2)):
        files = files_of(complaint.build(Reach(place.provider_id), story["recipient"],
                                         clock.now(), "Başka Firma"))
    said = json.loads(files["complaint.json"])
    assert said["messages"] == []
    assert [(one["status"], one["why"]) for one in said["states"]] == [("RET", "refused")]
    assert "İleti bu adrese bu sürede ileti göndermedi" in files["sikayet.txt"].decode()


def test_a_code_that_belongs_to_no_record_is_found_too(place: Any, story: dict[str, Any]) -> None:
    """As the preference centre sends it: its submission holds no record of the person."""
    db.connection().execute("update message set submission_id = null where id = %s",
                            (story["message"],))
    files = files_of(complaint.build(Reach(place.provider_id), story["recipient"],
                                     story["moment"]))
    said = json.loads(files["complaint.json"])
    assert [one["message"] for one in said["messages"]] == [
        messagepack.number_of(story["message"])]
    assert said["moreMessages"] is False


def test_the_pack_says_that_there_were_more_messages(
        app: Any, place: Any, story: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    db.connection().execute(
        "insert into message (provider_id, brand_id, recipient_id, channel, kind, content_key) "
        "select provider_id, brand_id, recipient_id, channel, kind, content_key from message "
        "where id = %s", (story["message"],))
    monkeypatch.setattr(complaint, "MOST_MESSAGES", 1)
    files = files_of(complaint.build(Reach(place.provider_id), story["recipient"],
                                     story["moment"]))
    said = json.loads(files["complaint.json"])
    assert (len(said["messages"]), said["moreMessages"]) == (1, True)
    assert "ana en yakın 1 ileti bu pakettedir" in files["sikayet.txt"].decode()
    client = sign_in(app, user_with(app, "compliance_officer", place))
    assert "Başkaları da var; bunlar en yakınları." in seen(client, link_of(client, PHONE))


def test_many_messages_are_told_in_as_many_statements_as_one(
        place: Any, gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    done, asked = take(place, PHONE), list[str]()
    sent_for(place, done)
    real = psycopg.Connection.execute

    def execute(self: Any, query: Any, *more: Any, **named: Any) -> Any:
        asked.append(str(query)[:60])
        return real(self, query, *more, **named)

    def statements(messages: int) -> int:
        reach = Reach(place.provider_id)
        rows, _more = complaint.near(reach, done.items[0].recipient_id, clock.now())
        assert len(rows) == messages
        monkeypatch.setattr(psycopg.Connection, "execute", execute)
        asked.clear()
        messagepack.files_of(reach, rows)
        monkeypatch.undo()
        return len(asked)

    one = statements(1)
    sent_for(place, done)
    sent_for(place, done)
    assert statements(3) == one


@pytest.mark.parametrize(("title", "fits"), [
    ("DEFNE EV", True), ("defne", True), ("Defne Ev Tekstil Ltd", True), ("ev", False),
    ("a", False), ("Def", False), ("Başka Firma", False), ("ne ev", False)])
def test_a_title_fits_by_whole_words(
        place: Any, story: dict[str, Any], title: str, fits: bool) -> None:
    [row] = messagepack.rows_of(Reach(place.provider_id), [story["message"]])
    assert complaint._fits(row, title) is fits


@pytest.mark.attack
def test_a_restricted_persons_messages_are_proven_to_those_alone_who_may_see_them(
        place: Any, story: dict[str, Any]) -> None:
    plain, office = Reach(place.provider_id), Reach(place.provider_id, restricted=True)
    restrict(place, story["recipient"])
    with pytest.raises(NotFound):
        messagepack.build(plain, story["message"])
    with pytest.raises(NotFound):
        complaint.build(plain, story["recipient"], clock.now())
    assert complaint.near(plain, story["recipient"], clock.now()).rows == []
    for made in (messagepack.build(office, story["message"]),
                 complaint.build(office, story["recipient"], clock.now())):
        assert json.loads(made.files["messages/0001.json"])["stateWhenSent"] != []


def test_before_anything_was_recorded_there_is_no_pack(place: Any, story: dict[str, Any]) -> None:
    with pytest.raises(NotFound, match="by that moment"):
        complaint.build(Reach(place.provider_id), story["recipient"],
                        story["moment"] - timedelta(days=40))


# -- in the panel ----------------------------------------------------------------------------------


def test_the_page_of_a_moment_shows_messages_and_makes_the_pack(
        app: Any, place: Any, story: dict[str, Any]) -> None:
    client = sign_in(app, user_with(app, "compliance_officer", place))
    link = link_of(client, PHONE)
    page = seen(client, link, story["moment"])
    assert "İzin bildirimi" in page
    number = messagepack.number_of(story["message"])
    assert f'action="/iletiler/{number}/kanit-paketi"' in page
    token = {"csrf_token": token_of(client, "/izinler/")}
    one = client.post(f"/iletiler/{number}/kanit-paketi", data=token)
    assert (one.status_code, one.mimetype) == (200, "application/zip")
    pack = client.post("/iletiler/sikayet-paketi", data={
        "bul": link.partition("bul=")[2], "title": "Defne",
        "at": f"{clock.to_istanbul(story['moment']):%Y-%m-%dT%H:%M:%S.%f}",
        "csrf_token": token_of(client, "/izinler/")})
    assert (pack.status_code, pack.mimetype) == (200, "application/zip")
    assert b"complaint.json" in pack.data
    deeds = db.connection().execute(
        "select action from audit_entry where provider_id = %s order by id",
        (place.provider_id,)).fetchall()
    assert {"message:prove", "consent:complaint"} <= {row[0] for row in deeds}


@pytest.mark.attack
def test_who_may_not_prove_gets_neither_and_strangers_find_nothing(
        app: Any, place: Any, place_b: Any, story: dict[str, Any]) -> None:
    number = messagepack.number_of(story["message"])
    other = sign_in(app, user_with(app, "compliance_officer", place_b))

    def ask(client: Any, number: Any) -> int:
        return int(client.post(f"/iletiler/{number}/kanit-paketi", data={
            "csrf_token": token_of(client)}).status_code)

    assert ask(other, number) == 404
    dealer = dealer_of(place)
    for client in (sign_in(app, user_with(app, "dealer_manager", place, level="dealer",
                                          dealer_id=dealer)),
                   sign_in(app, user_with(app, "marketer", place))):
        assert ask(client, number) in (302, 403, 404)
    marketer = sign_in(app, user_with(app, "marketer", place))
    assert "İzin bildirimi" not in seen(marketer, link_of(marketer, PHONE), story["moment"])
    own = sign_in(app, user_with(app, "compliance_officer", place))
    for odd in ("ILT-0000-0000-0000", "1", story["message"], "x"):
        assert ask(own, odd) == 404
    link = link_of(own, PHONE).partition("bul=")[2]
    assert other.post("/iletiler/sikayet-paketi", data={
        "bul": link, "csrf_token": token_of(other, "/izinler/")}).status_code == 404


@pytest.mark.attack
def test_a_link_or_a_strange_page_takes_no_proof_and_writes_nothing_down(
        app: Any, place: Any, story: dict[str, Any]) -> None:
    path = f"/iletiler/{messagepack.number_of(story['message'])}/kanit-paketi"
    client = sign_in(app, user_with(app, "compliance_officer", place))
    assert client.get(path).status_code == 405
    assert client.post(path).status_code == 400
    assert db.connection().execute(
        "select 1 from audit_entry where provider_id = %s and action = 'message:prove'",
        (place.provider_id,)).fetchall() == []


def test_what_cannot_be_proven_yet_is_said_on_the_page(
        app: Any, place: Any, gateway: Any) -> None:
    done = take(place, PHONE)
    message = sent_for(place, done)
    client = sign_in(app, user_with(app, "compliance_officer", place))
    said = client.post(
        f"/iletiler/{messagepack.number_of(message)}/kanit-paketi", follow_redirects=True,
        data={"csrf_token": token_of(client), "bul": link_of(client, PHONE).partition("bul=")[2]})
    assert said.status_code == 200
    assert "Kayıt henüz mühürlenmedi" in said.text


# -- from the command line -------------------------------------------------------------------------


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "ileti", "bundle", *arguments], cwd=ROOT,
                          env=os.environ | {"LANG": "C.UTF-8", "ILETI_ENV": "test"}, text=True,
                          capture_output=True, timeout=120, check=False)


def test_the_command_writes_both(place: Any, story: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "x.zip"
    done = run("--message", messagepack.number_of(story["message"]), "--out", str(out))
    assert done.returncode == 0, done.stderr
    done = run("--complaint", "0599 201 33 99", "--at",
               f"{clock.to_istanbul(story['moment']):%Y-%m-%dT%H:%M:%S.%f}",
               "--provider", str(place.iys_code), "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "complaint.json" in zipfile.ZipFile(out).namelist()
    assert judge.outcome(judge.verify(str(out))) in (0, 3)


@pytest.mark.parametrize(("arguments", "words"), [
    (["--message", "ILT-0000-0000-0000"], "no message"), (["--message", "9" * 30], "no message"),
    (["--complaint", PHONE, "--at", "dün"], "--at"),
    (["--complaint", PHONE, "--at", "2199-01-01T00:00"], "--at"),
    (["--complaint", "x", "--at", "2026-01-01"], ""), (["--complaint", PHONE], "go together"),
    (["--message", "1", "--address", PHONE], "Name"),
])
def test_a_wrong_call_says_what_is_wrong(
        place: Any, arguments: list[str], words: str, tmp_path: Path) -> None:
    done = run(*arguments, "--provider", str(place.iys_code), "--out", str(tmp_path / "x.zip"))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
