"""Runs in a process of its own with the example plug-in installed: prints as JSON what is there at
a provider that has it on, at one that has it off, and after switching it off again."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from config import settings
from ileti.channels.base import MessageKind
from ileti.channels.messages import NewMessage, enqueue
from ileti.channels.registry import gateway_for
from ileti.channels.send import send_waiting
from ileti.cli import main as cli
from ileti.consents.gate import may_send_now
from ileti.consents.vocabulary import Channel
from ileti.core import clock, db
from ileti.documents.facts import facts_of, judge
from ileti.factory import create_app, setup_permissions
from ileti.hooks import manager
from tests.conftest import _new_place
from tests.panel.people import sign_in, take, token_of, user_with

FOLDER = Path(os.environ["ORNEK_FOLDER"])
FREE, STOPPED = "+905994300001", "+905994300002"


def seen(app: Any, place: Any, client: Any) -> dict[str, Any]:
    """What of the plug-in shows at a provider."""
    conn = db.connection()
    document = conn.execute(
        "insert into document (provider_id, brand_id, kind, channel, name) "
        "values (%s, %s, 'ETK_ONAYI', 2, 'Onay') returning id",
        (place.provider_id, place.brand_id)).fetchone()[0]
    remarks = judge(facts_of(conn, document), "tr", "Onay", "Bedava, kesin kazanç").findings
    gate = [may_send_now(place.provider_id, place.brand_id, one, Channel.MESAJ)
            for one in (FREE, STOPPED)]
    page = client.get("/eklenti/ornek/")
    return {
        "gateway": gateway_for(Channel.MESAJ, settings(), place.provider_id).name,
        "allowed": [bool(one) for one in gate], "why": gate[1].tr,
        "lint": [one.code for one in remarks if one.rule == "ornek"],
        "column": "Mesai" in client.get("/izinler/").text,
        "source": "Kasadaki liste" in client.get("/ice-aktarma/yeni").text,
        "page": page.status_code, "shown": "Bekleyen ileti" in page.text,
        "menu": "/eklenti/ornek/" in client.get("/").text,
    }


def furnished(app: Any) -> tuple[Any, Any]:
    """A provider with two consents in force, and its admin's browser."""
    place = _new_place(db.connection())
    for phone in (FREE, STOPPED):
        take(place, phone)
    db.connection().execute("update consent_state set iys_status = 3 where provider_id = %s",
                            [place.provider_id])
    return place, sign_in(app, user_with(app, "provider_admin", place))


def switch(client: Any, place: Any, wish: str) -> int:
    return int(client.post(f"/eklentiler/{place.provider_id}/ornek", data={
        "durum": wish, "csrf_token": token_of(client)}).status_code)


def send(place: Any) -> list[str]:
    """Send a code by the queue; what the folder holds then."""
    person = db.connection().execute("select id from recipient where provider_id = %s order by id "
                                     "limit 1", [place.provider_id]).fetchone()[0]
    enqueue(db.connection(), [NewMessage(
        place.provider_id, place.brand_id, person, 1, Channel.MESAJ, MessageKind.CODE,
        {"lang": "tr", "code": "482119", "minutes": 5, "place": "Mağaza", "notice": 4},
        clock.now() + timedelta(minutes=5))])
    send_waiting()
    file = FOLDER / "giden.jsonl"
    return [json.loads(line)["to"] for line in file.read_text("utf-8").splitlines()
            ] if file.is_file() else []


def fetched(client: Any) -> tuple[str, str]:
    """Bring the till's list; where one is led, and the source that stands in its columns' page."""
    answer = client.post("/ice-aktarma/kaynak/", data={
        "kaynak": "ornek:kasa", "csrf_token": token_of(client)})
    page = client.get(answer.location)
    chosen = re.search(r'<option value="(HS_\w+)" selected', page.text)
    return re.sub(r"\d+", "1", answer.location), chosen[1] if chosen else ""


def main() -> None:
    (FOLDER / "durdur.txt").write_text(STOPPED, "utf-8")
    (FOLDER / "kasa.csv").write_text(
        "telefon;durum;tarih\n0599 430 00 03;ONAY;2026-11-20 10:00:00\n", "utf-8")
    app = create_app(settings())
    setup_permissions(app)
    db.connection().execute("update outbox set next_at = now() + interval '1 day' where topic = 2")
    place, client = furnished(app)
    other, other_client = furnished(app)
    found = manager.find("ornek")
    assert found is not None
    said: dict[str, Any] = {"version": found.version, "hooks": found.hooks,
                            "problem": found.problem, "trouble": found.trouble}
    said["before"] = seen(app, place, client)
    said["switched"] = switch(client, place, "on")
    said |= {"on": seen(app, place, client), "off": seen(app, other, other_client),
             "fetched": fetched(client)}
    said["sent"] = send(place)
    said["sent_by_other"] = len(send(other))
    said["english"] = "SMS sent" in client.get("/eklenti/ornek/?_l_=en").text
    said["listed"] = "1.0.0" in client.get("/eklentiler/").text
    switch(client, place, "off")
    said["after"] = seen(app, place, client)
    said["command"] = CliRunner().invoke(cli, ["plugins"]).output
    print(json.dumps(said))


if __name__ == "__main__":
    main()
