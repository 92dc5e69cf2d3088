"""The invented company appears once, works at once, and is known to the simulator."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from config import settings
from ileti.capture import sites
from ileti.capture.seed import DEALER_SITE_KEY, SITE_KEY, seed_demo
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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield got, server.server_address[1]
    server.shutdown()
    server.server_close()


def test_the_same_seed_twice_changes_nothing(database: str, conn: Any, told: Any) -> None:
    got, port = told
    given = settings().model_copy(update={"iys_simulator_port": port})
    first = seed_demo(given)
    assert seed_demo(given) == first
    assert set(first["dealers"]) == {"bayi-a", "bayi-b"}
    assert [path for path, _ in got] == ["/_control/provider"] * 2
    assert got[0][1] == got[1][1]


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
