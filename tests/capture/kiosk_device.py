"""A kiosk's device as a test plays it: the same seal as the browser's, and a clock of its own."""

from __future__ import annotations

import base64
import json
import os
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ileti.core import clock, db

from .conftest import new_phone


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def seal(pack: dict[str, Any], clear: bytes, name: str) -> dict[str, Any]:
    """As widgets/src/kiosk/seal.ts does."""
    public, private = unb64(pack["key"]["public"]), ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(
        ec.SECP256R1(), public))
    about = f"ileti-kiosk:{pack['site']}:{pack['key']['number']}:{name}".encode()
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=point + public, info=about).derive(shared)
    nonce = os.urandom(12)
    return {"id": name, "k": pack["key"]["number"], "e": b64(point), "n": b64(nonce),
            "c": b64(AESGCM(key).encrypt(nonce, clear, about))}


@dataclass
class Device:
    """A tablet at ``path``; ``off`` by how many seconds its clock is wrong when it has contact."""

    client: Any
    path: str
    off: float = 0
    pack: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Device:
        answer = self.client.get(f"{self.path}/pack.json")
        assert answer.status_code == 200, answer.text
        self.pack = answer.json
        return self

    def said(self, *boxes: str, ago: float = 0, phone: str = "", by_clock: float = 0,
             **more: Any) -> dict[str, Any]:
        """A choice of so many seconds ago; ``by_clock``: what the device's clock adds to it."""
        at = int((clock.now() - timedelta(seconds=ago)).timestamp() * 1_000)
        stamp = {"t": at, "w": at + int(by_clock * 1_000)}
        return {
            "form": self.pack["forms"]["tr"]["token"], "time": self.pack["time"],
            "offset": int(self.off * 1_000), "shown": {key: one - 5_000 for key, one
                                                       in stamp.items()}, "sent": stamp,
            "ticks": [{"box": box, **stamp} for box in boxes], "notice": None,
            "extent": "opened", "name": "Nazlı Kırşehirli", "phone": phone or new_phone(),
            "email": "", **more}

    def item(self, said: dict[str, Any], name: str = "") -> dict[str, Any]:
        return seal(self.pack, json.dumps(said).encode(), name or str(uuid.uuid4()))

    def deliver(self, *items: dict[str, Any], off: float | None = None,
                back: float = 0) -> list[str]:
        """The answers' states; ``off`` as the clock is by now, ``back`` by how many seconds it was
        set back since the last contact."""
        answer = self.post(*items, off=off, back=back)
        assert answer.status_code == 200, answer.text
        return [one["state"] for one in answer.json["answers"]]

    def post(self, *items: dict[str, Any], off: float | None = None, back: float = 0) -> Any:
        off = self.off if off is None else off
        wall = int((clock.now() + timedelta(seconds=off)).timestamp() * 1_000)
        return self.client.post(f"{self.path}/items", json={
            "wall": wall, "peak": wall + int(back * 1_000), "items": list(items)})


def rows(place: Any) -> list[Any]:
    return db.connection().execute(
        "select channel, source, standing, dealer_id is not null, consent_date from consent_entry "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()


def held(place: Any) -> list[Any]:
    return db.connection().execute(
        "select reason, clock_changed, content_ct is not null from kiosk_item "
        "where provider_id = %s order by id", (place.provider_id,)).fetchall()


def proof(place: Any) -> Any:
    return db.connection().execute(
        "select evidence -> 'offline' from submission where provider_id = %s order by id limit 1",
        (place.provider_id,)).fetchone()[0]


def backdate(device: Device, hours: float) -> None:
    """As if the last contact had been so long ago."""
    with clock.freeze(clock.now() - timedelta(hours=hours)):
        device.load()
