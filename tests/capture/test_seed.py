"""The invented company appears once, works at once, and is known to the simulator."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from config import settings
from ileti.capture import sites
from ileti.capture.seed import DEALER_SITE_KEY, SITE_KEY, seed_demo
from ileti.channels import accounts
from ileti.consents.vocabulary import Channel
from ileti.tenancy.identifiers import is_mersis, is_tckn, is_vkn
from ileti.tenancy.places import town

from .conftest import Browser


@pytest.fixture
def told() -> Any:
    """A stand-in for the simulator's door; answers what was posted to it."""
    got: list[tuple[str, bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield got, server.server_address[1]
    server.shutdown()
    server.server_close()


def test_the_same_seed_twice_changes_nothing(database: str, conn: Any, told: Any) -> None:
    got, port = told
    given = settings().model_copy(update={"iys_simulator_port": port})
    first = seed_demo(given)
    assert seed_demo(given) == first
    assert set(first["dealers"]) == {"bayi-a", "bayi-b"}
    each = ["/_control/provider", "/_control/gateway", "/_control/gateway"]
    assert [path for path, _ in got] == each * 2
    assert got[:3] == got[3:]


def test_the_accounts_are_opened_once_and_learn_where_the_simulator_is(database: str, conn: Any
                                                                       ) -> None:
    for port in (9, 9, 11):
        made = seed_demo(settings().model_copy(update={"iys_simulator_port": port}))
    rows = conn.execute("select a.id, a.kind, a.exempt, a.sealed, s.title, s.state "
                        "from gateway_account a join sender s on s.account_id = a.id "
                        "where a.provider_id = %s order by a.rank", (made["provider"],)).fetchall()
    assert [(row[1], row[2], row[4], row[5]) for row in rows] == [
        ("netgsm", False, "LIMAN KAHVE", 2), ("verimor", False, "LIMAN KAHVE", 2)]
    assert all(":11/gw/" in accounts.opened(row[3])["url"] for row in rows)
    assert conn.execute("select count(*) from sender_event where provider_id = %s",
                        (made["provider"],)).fetchone() == (4,)


def test_a_commercial_mail_has_a_way_and_a_code_none_but_the_demos_own(database: str) -> None:
    made = seed_demo(settings().model_copy(update={"iys_simulator_port": 9}))
    place = (made["provider"], made["brands"]["Liman Kahve"], Channel.EPOSTA)
    assert [one.kind for one in accounts.roads(*place, commercial=True)] == ["smtp"]
    assert accounts.roads(*place, commercial=False) == []


def test_the_simulator_being_away_stops_nobody(database: str) -> None:
    given = settings().model_copy(update={"iys_simulator_port": 9})
    assert seed_demo(given)["provider"]


def test_the_seeded_sites_take_consents_from_the_local_addresses(database: str) -> None:
    seed_demo(settings().model_copy(update={"iys_simulator_port": 9}))
    sites.forget_sites()
    for key in (SITE_KEY, DEALER_SITE_KEY):
        for host in ("localhost", "127.0.0.1"):
            browser = Browser(key, origin=f"http://{host}:{settings().port}")
            assert browser.submit("MESAJ").status == 201


def test_a_dealers_site_records_for_the_dealer(database: str, conn: Any) -> None:
    seeded = seed_demo(settings().model_copy(update={"iys_simulator_port": 9}))
    sites.forget_sites()
    Browser(DEALER_SITE_KEY, origin=settings().base_url).submit("EPOSTA")
    row = conn.execute("select dealer_id from consent_entry where provider_id = %s "
                       "order by id desc limit 1", (seeded["provider"],)).fetchone()
    assert row == (seeded["dealers"]["bayi-a"],)


def test_production_is_not_seeded(database: str) -> None:
    assert seed_demo(settings().model_copy(update={"ileti_env": "production"})) == {}


def test_the_invented_numbers_have_right_check_digits() -> None:
    from ileti.capture import seed

    assert is_mersis(seed._MERSIS)
    for _, _, _, _, tckn, tin, _, town_code in seed._DEALERS:
        assert is_tckn(tckn)
        assert is_vkn(tin)
        assert town(town_code) is not None
