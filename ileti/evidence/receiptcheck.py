#!/usr/bin/env python3
"""Checks a signed receipt without trusting İleti: Python's standard library and openssl.

Why this module exists: a person who holds a receipt should need nobody to check it. Both forms are
read, İleti's own JSON and ISO/IEC TS 27560 as JSON-LD; ``ileti verify FILE`` is this program::

    python3 receiptcheck.py MKB-….jsonld --keys ileti-receipts.json

The keys are what ``/.well-known/ileti-receipts.json`` publishes; keep a copy. Exit code 0: signed
by one of these keys; 3: no keys were named, nothing was checked; 1: not what was signed, or by
another key; 2: no receipt; 4: it could not be checked, since there is no openssl here that knows
Ed25519. It imports nothing of İleti.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any

UNSIGNED = ("signature", "handle", "codes")
_ED25519 = bytes.fromhex("302a300506032b6570032100")
_OUTCOMES = {
    0: ("İmza geçerli.", "The signature holds."),
    1: ("İmza geçerli DEĞİL.", "The signature does NOT hold."),
    2: ("Bu bir makbuz değil.", "This is no receipt."),
    3: ("İmzaya bakılmadı: yayımlanan anahtarları --keys ile verin.",
        "The signature was not checked: name the published keys with --keys."),
    4: ("İmzaya bakılamadı: openssl 3.0 ya da yenisi gerekir.",
        "The signature could not be checked: openssl 3.0 or later is needed."),
}


class NoReceipt(Exception):
    """The file is none."""


def canonical(content: Any) -> bytes:
    """RFC 8785 JSON of a receipt, whose names are ASCII and whose numbers are whole."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parts(receipt: Any) -> tuple[bytes, str, bytes]:
    """What was signed, by which key, and the signature; raises NoReceipt."""
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise NoReceipt
        return found

    try:
        said = json.loads(receipt, object_pairs_hook=once)
        signature = said["signature"]
        body = {name: value for name, value in said.items() if name not in UNSIGNED}
        key_id, value = ((signature["keyId"], signature["value"])
                         if isinstance(signature, dict) else (said["keyId"], signature))
        return canonical(body), str(key_id), base64.b64decode(value, validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoReceipt from None


def check(receipt: bytes, keys: bytes | None) -> int:
    """The exit code; raises NoReceipt."""
    body, key_id, signature = parts(receipt)
    if keys is None:
        return 3
    try:
        known = {one["keyId"]: base64.b64decode(one["publicKey"], validate=True)
                 for one in json.loads(keys)["keys"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoReceipt from None
    key = known.get(key_id)
    if key is None or len(key) != 32 or len(signature) != 64:
        return 1
    return holds(body, key, signature)


def holds(body: bytes, key: bytes, signature: bytes) -> int:
    """0 when openssl takes the Ed25519 signature, 1 when it says that it does not hold, 4 when it
    says neither: there is none, or one before 3.0, which does not know ``-rawin``."""
    if shutil.which("openssl") is None:
        return 4
    pem = base64.encodebytes(_ED25519 + key).decode()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("body", body), ("sig", signature), ("key", (
                f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n").encode())):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        try:
            said = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in",
                 "body", "-sigfile", "sig"], cwd=folder, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, check=False, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return 4
    if said.returncode == 0 and b"Verified Successfully" in said.stdout:
        return 0
    return 1 if b"Verification Failure" in said.stdout else 4


def main(arguments: list[str] | None = None) -> int:
    """Check a receipt and say what was found."""
    asked = argparse.ArgumentParser(description="Checks a signed receipt of İleti, offline.")
    asked.add_argument("receipt", help="the receipt (.json or .jsonld)")
    asked.add_argument("--keys", help="a copy of /.well-known/ileti-receipts.json")
    asked.add_argument("--tr", action="store_true", help="Türkçe yanıt")
    given = asked.parse_args(arguments)
    turkish = given.tr or os.environ.get("LANG", "").startswith("tr")
    try:
        code = check(_read(given.receipt) or b"", _read(given.keys))
    except NoReceipt:
        code = 2
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print(_OUTCOMES[code][0 if turkish else 1])
    return code


def _read(path: str | None) -> bytes | None:
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


if __name__ == "__main__":
    sys.exit(main())
