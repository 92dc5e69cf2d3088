"""The page on which somebody signs before sending (R-51)."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from config import settings
from ileti.core import clock, db
from tests.evidence.signers import NOW, Authority, signed
from tests.panel.people import sign_in, token_of, user_with


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made, path = Authority("Makam"), tmp_path / "roots.pem"
    path.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setattr(settings(), "esign_ca_file", path)
    monkeypatch.setattr(settings(), "vault_dir", tmp_path / "kasa")
    return made


def test_a_signature_is_tried_from_the_page(app: Any, place: Any, authority: Authority) -> None:
    client = sign_in(app, user_with(app, "marketer", place))
    token = token_of(client)
    page = client.post("/imza/dene", data={"csrf_token": token}).text
    asked = re.search(r'name="belge" value="([^"]+)"', page)
    assert asked is not None
    text = client.post("/imza/metin", data={"csrf_token": token, "belge": asked[1]}).data
    days = (clock.now() - NOW).days
    person = authority.person("Ada Yıldız", days=(days - 9, days + 9))
    wrong = client.post("/imza/kanitla", data={
        "csrf_token": token, "belge": asked[1], "yol": "esign",
        "imza": (io.BytesIO(b"x"), "a.p7s")})
    assert (wrong.status_code, "okunabilen bir imza" in wrong.text) == (400, True)
    done = client.post("/imza/kanitla", follow_redirects=True, data={
        "csrf_token": token, "belge": asked[1], "yol": "esign",
        "imza": (io.BytesIO(signed(text, person)), "a.p7s")})
    assert "Ada Yıldız" in done.text
    number = db.connection().execute("select max(id) from step_up").fetchone()[0]
    again = client.post(f"/imza/{number}/yeniden", data={"csrf_token": token},
                        follow_redirects=True)
    assert "İmza geçerli: Ada Yıldız" in again.text
    stranger = sign_in(app, user_with(app, "marketer", place))
    assert stranger.post(f"/imza/{number}/yeniden", data={
        "csrf_token": token_of(stranger)}).status_code == 404


def test_without_an_authority_the_page_says_so(app: Any, place: Any) -> None:
    client = sign_in(app, user_with(app, "marketer", place))
    assert "ESIGN_CA_FILE" in client.get("/imza/").text
