"""Accounts at the three simulated providers, over real HTTP."""

from __future__ import annotations

import json
import secrets as chance
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from ileti.channels import accounts
from ileti.core.secrets import secrets
from ileti.simulator.gateways.desk import TRIAL_PASSWORD, TRIAL_USER
from tests.channels.test_sms_gateways import House, house  # noqa: F401 (a fixture)

FIELDS = {"netgsm": ("user", "password"), "verimor": ("user", "password"),
          "iletimerkezi": ("key", "hash")}


def details(url: str, kind: str, password: str = TRIAL_PASSWORD) -> dict[str, str]:
    """What an account at a simulated provider needs."""
    name, secret = FIELDS[kind]
    home = f"{url}/gw/{kind}" + ("/v1" if kind == "iletimerkezi" else "")
    return {name: TRIAL_USER, secret: password, "url": home}


def approve(conn: Any, place: Any, account: int, title: str = "DEFNE EV", state: int = 2) -> int:
    """A sender of the place's brand, with a document, as the page makes it."""
    digest = chance.token_bytes(32)
    file = conn.execute(
        "insert into evidence_file (provider_id, size, sha256, media_type, name, file_key, store, "
        "place) values (%s, 1, %s, 'application/pdf', '', '', 1, %s) returning id",
        (place.provider_id, digest, digest.hex())).fetchone()[0]
    return int(conn.execute(
        "insert into sender (provider_id, brand_id, account_id, channel, title, state, file_id, "
        "approved_at) values (%s, %s, %s, 2, %s, %s, %s, now()) returning id",
        (place.provider_id, place.brand_id, account, title, state, file)).fetchone()[0])


@pytest.fixture
def open_account(conn: Any, place: Any, house: House) -> Callable[..., int]:  # noqa: F811 (the fixture)
    """Opens an account of the place with an approved sender; answers its number."""
    def make(kind: str = "netgsm", *, password: str = TRIAL_PASSWORD,
             title: str | None = "DEFNE EV", url: str = "", where: Any = place,
             **columns: Any) -> int:
        said = details(url or house.url, kind, password)
        row = {"provider_id": where.provider_id, "kind": kind, "channel": 2,
               "name": f"{kind} {chance.token_hex(4)}",
               "hook": secrets().keyring.encrypt_text("x", "gateway-hook"),
               "hook_hash": sha256(chance.token_bytes(16)).digest(),
               "sealed": secrets().keyring.encrypt_text(json.dumps(said), accounts.SEALED)}
        row |= columns
        number = int(conn.execute(
            f"insert into gateway_account ({', '.join(row)}) "
            f"values ({', '.join(['%s'] * len(row))}) returning id",
            list(row.values())).fetchone()[0])
        if title is not None:
            approve(conn, where, number, title)
        return number

    return make
