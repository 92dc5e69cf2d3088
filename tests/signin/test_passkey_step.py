"""A passkey signs exactly what will be sent (R-51), and its answer holds by itself."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from config import settings
from ileti.core import db
from ileti.core.errors import CallerMistake
from ileti.evidence import stepup, vault
from ileti.evidence.stepup import Asked, Person
from ileti.signin import passkeystep
from ileti.signin.passkeys import Unfit
from tests.panel.people import sign_in, token_of, user_with

from .people import user_id

BASE = "http://localhost:8080"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Key:
    """A passkey outside of any browser."""

    owner: int
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def __post_init__(self) -> None:
        point = self.private.public_key().public_numbers()
        self.id = sha256(str(point.x).encode()).digest()
        self.public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"),
                                   -3: point.y.to_bytes(32, "big")})
        db.connection().execute(
            "insert into passkey (user_id, credential, public_key, name) "
            "values (%s, %s, %s, 'anahtar')", (self.owner, self.id, self.public))

    def sign(self, challenge: bytes, *, flags: int = 5, origin: str = BASE) -> str:
        self.count += 1
        said = sha256(b"localhost").digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        client = json.dumps({"type": "webauthn.get", "challenge": b64(challenge),
                             "origin": origin}).encode()
        signature = self.private.sign(said + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return json.dumps({
            "id": b64(self.id), "rawId": b64(self.id), "type": "public-key",
            "response": {"authenticatorData": b64(said), "clientDataJSON": b64(client),
                         "signature": b64(signature)}})


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Takes the place of pytest-flask's, which would share one context among all requests."""


@pytest.fixture
def name(app: Any, place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings(), "public_url", BASE)
    monkeypatch.setattr(settings(), "vault_dir", tmp_path / "kasa")
    db.connection().execute("update provider set step_up = 'passkey' where id = %s",
                            (place.provider_id,))
    return user_with(app, "marketer", place)


def asked(place: Any, name: str) -> Asked:
    return stepup.ask(place.provider_id, Person(user_id(name), "Ada Işık"), "campaign:5",
                      sha256(b"campaign 5").digest())


def answered(app: Any, wish: Asked, brought: str) -> bytes:
    with app.app_context():
        return passkeystep.answer(wish, brought)


def prove(app: Any, wish: Asked, content: bytes) -> stepup.Proof:
    with app.app_context():
        return stepup.prove(wish, content)


def test_what_a_passkey_signed_is_kept_and_judged_again_from_the_file_alone(
        app: Any, place: Any, name: str) -> None:
    key, wish = Key(user_id(name)), asked(place, name)
    proof = prove(app, wish, answered(app, wish, key.sign(
        passkeystep.challenge(wish.statement.encode()))))
    assert (proof.method, proof.signer) == ("passkey", "Ada Işık")
    assert stepup.valid(place.provider_id, "campaign:5", wish.digest) == proof
    db.connection().execute("delete from passkey where user_id = %s", (user_id(name),))
    with app.app_context():
        assert stepup.verify(place.provider_id, proof.id).mark == sha256(key.public).hexdigest()
    with vault.opened(place.provider_id, proof.file_id) as pieces:
        file = b"".join(pieces).decode()
    assert "-----BEGIN PASSKEY-----" in file
    kept = json.loads(base64.b64decode(re.findall(r"PASSKEY-----\n(.*?)-----END", file, re.S)[0]))
    assert kept["credential"]["response"].keys() == {
        "authenticatorData", "clientDataJSON", "signature"}
    assert kept["publicKey"] == b64(key.public)


@pytest.mark.attack
def test_another_text_another_site_no_finger_and_anothers_key_count_for_nothing(
        app: Any, place: Any, name: str) -> None:
    key, wish, other = Key(user_id(name)), asked(place, name), asked(place, name)
    mark = passkeystep.challenge(wish.statement.encode())
    stranger = Key(user_id(user_with(app, "marketer", place)))
    for brought in (key.sign(passkeystep.challenge(other.statement.encode())),
                    key.sign(mark, origin="https://baska.ornek.test"),
                    key.sign(mark, flags=1), stranger.sign(mark), "{}", "x"):
        with pytest.raises(Unfit):
            prove(app, wish, answered(app, wish, brought))


@pytest.mark.attack
def test_an_answer_with_a_key_of_ones_own_making_is_refused(
        app: Any, place: Any, name: str) -> None:
    key, wish = Key(user_id(name)), asked(place, name)
    mark = passkeystep.challenge(wish.statement.encode())
    whole = json.loads(answered(app, wish, key.sign(mark)))
    made = ec.generate_private_key(ec.SECP256R1())
    forged = Key.__new__(Key)
    forged.private, forged.count, forged.id = made, 9, key.id
    point = made.public_key().public_numbers()
    whole["publicKey"] = b64(cbor2.dumps({
        1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}))
    whole["credential"] = json.loads(forged.sign(mark))
    with pytest.raises(CallerMistake):
        prove(app, wish, json.dumps(whole).encode())


@pytest.mark.attack
def test_a_proof_by_a_weaker_method_does_not_count_where_another_is_asked_for(
        app: Any, place: Any, name: str) -> None:
    key, wish = Key(user_id(name)), asked(place, name)
    prove(app, wish, answered(app, wish, key.sign(
        passkeystep.challenge(wish.statement.encode()))))
    db.connection().execute("update provider set step_up = 'esign' where id = %s",
                            (place.provider_id,))
    assert stepup.valid(place.provider_id, "campaign:5", wish.digest) is None


@pytest.mark.attack
@pytest.mark.parametrize("as_file", [False, True])
def test_a_copy_of_the_key_that_counts_behind_is_refused_by_every_way_in(
        app: Any, place: Any, name: str, as_file: bool) -> None:
    client = sign_in(app, name)
    key, token = Key(user_id(name)), token_of(client)
    wish, later = asked(place, name), asked(place, name)
    behind = key.sign(passkeystep.challenge(later.statement.encode()))
    prove(app, wish, answered(app, wish, key.sign(
        passkeystep.challenge(wish.statement.encode()))))
    more: dict[str, Any] = {"imza": (BytesIO(answered(app, later, behind)), "x.json")} \
        if as_file else {"credential": behind}
    done = client.post("/imza/kanitla", data={
        "csrf_token": token, "belge": later.token, **more})
    assert (done.status_code, "kabul edilmedi" in done.text) == (422, True)
    assert db.connection().execute("select count(*) from step_up where user_id = %s",
                                   (user_id(name),)).fetchone() == (1,)


def test_it_is_tried_from_the_page_which_says_what_it_is_not(
        app: Any, place: Any, name: str) -> None:
    client = sign_in(app, name)
    key, token = Key(user_id(name)), token_of(client)
    page = client.post("/imza/dene", data={"csrf_token": token}).text
    assert "güvenli elektronik imza değildir" in page
    asked_ = re.search(r'name="belge" value="([^"]+)"', page)
    assert asked_ is not None
    wanted = client.post("/imza/gecis-anahtari", data={
        "csrf_token": token, "belge": asked_[1]}).json
    challenge = base64.urlsafe_b64decode(wanted["challenge"] + "==")
    wrong = client.post("/imza/kanitla", data={
        "csrf_token": token, "belge": asked_[1], "credential": key.sign(b"x" * 32)})
    assert (wrong.status_code, "kabul edilmedi" in wrong.text) == (422, True)
    done = client.post("/imza/kanitla", follow_redirects=True, data={
        "csrf_token": token, "belge": asked_[1], "credential": key.sign(challenge)})
    assert "Geçiş anahtarı" in done.text
    number = db.connection().execute("select max(id) from step_up").fetchone()[0]
    again = client.post(f"/imza/{number}/yeniden", data={"csrf_token": token},
                        follow_redirects=True)
    assert "İmza geçerli" in again.text
