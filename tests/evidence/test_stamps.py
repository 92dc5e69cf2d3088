"""A stamp is believed only as far as it goes: imprint, signature, time, authority (ADR 0020)."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from ileti.evidence.stamps import Judged, Verdict, judge
from ileti.simulator.authority import authority
from ileti.simulator.stamp import SPOILT, stamp

FILE = b"creationDate,transactionId\n" * 100
END = dt.datetime(2026, 11, 24, tzinfo=dt.timezone(dt.timedelta(hours=3)))
MADE, FETCHED = END + dt.timedelta(seconds=20), END + dt.timedelta(hours=3)
EXPECTED = {
    None: Verdict.VALID, "imprint": Verdict.IMPRINT_DIFFERS, "signature": Verdict.BAD_SIGNATURE,
    "content": Verdict.BAD_SIGNATURE, "stranger": Verdict.STRANGER, "early": Verdict.WRONG_TIME,
    "late": Verdict.WRONG_TIME, "refused": Verdict.REFUSED, "broken": Verdict.UNREADABLE,
}


def digest_of(name: str) -> bytes:
    return hashlib.new(name, FILE).digest()


def reply(how: str | None = None, at: dt.datetime = MADE) -> bytes:
    return stamp(hashlib.sha384(FILE).digest(), at, how)


def judged(content: bytes, *trusted: x509.Certificate, before: dt.datetime = FETCHED) -> Judged:
    return judge(content, digest_of, after=END, before=before, trusted=trusted)


@pytest.mark.parametrize("how", [None, *SPOILT])
def test_each_spoilt_stamp_gets_its_verdict(how: str | None) -> None:
    assert judged(reply(how), authority().root).verdict is EXPECTED[how]


@pytest.mark.parametrize("how", [None, *SPOILT])
def test_without_authorities_nobody_is_called_trusted(how: str | None) -> None:
    expected = {None: Verdict.SIGNED, "stranger": Verdict.SIGNED}.get(how, EXPECTED[how])
    assert judged(reply(how)).verdict is expected


def test_a_stamp_tells_when_and_by_whom() -> None:
    found = judged(reply())
    assert (found.at, found.signer) == (MADE, "Deneme Zaman Damgası Hizmeti")


def test_clocks_may_differ_by_minutes_and_no_more() -> None:
    assert judged(reply(at=FETCHED + dt.timedelta(minutes=4))).verdict.holds
    assert judged(reply(at=FETCHED + dt.timedelta(minutes=6))).verdict is Verdict.WRONG_TIME
    assert judged(reply(at=END - dt.timedelta(seconds=1))).verdict is Verdict.WRONG_TIME


def test_no_changed_bit_lets_the_stamp_say_something_else() -> None:
    whole, found = reply(), judged(reply())
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            changed = bytearray(whole)
            changed[place] ^= bit
            other = judged(bytes(changed), authority().root)
            assert not other.verdict.holds or (other.at, other.signer) == (found.at, found.signer)


def test_no_part_of_a_stamp_is_one() -> None:
    whole = reply()
    assert {judged(whole[:size]).verdict for size in range(0, len(whole), 7)} == {
        Verdict.UNREADABLE}


def test_noise_is_unreadable_and_nothing_worse() -> None:
    noise = random.Random(5)
    for _ in range(500):
        assert judged(noise.randbytes(noise.randrange(300))).verdict is Verdict.UNREADABLE
    assert judged(b"").verdict is Verdict.UNREADABLE


def test_what_cannot_be_read_here_is_no_verdict() -> None:
    def gone(_name: str) -> bytes:
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        judge(reply(), gone, after=END, before=FETCHED)


def below_another(monkeypatch: Any) -> tuple[x509.Certificate, x509.Certificate]:
    """Stamps from here on come from a stamper below an authority below a root; root, between."""
    from cryptography.hazmat.primitives.hashes import SHA256

    from ileti.simulator import authority as made

    root_key, key, stamper_key = made._key(), made._key(), made._key()
    names = [made._name(name) for name in ("Kök", "Ara", "Damgacı")]

    def authority_of(subject: x509.Name, public: Any, issuer: x509.Name, by: Any
                     ) -> x509.Certificate:
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
                .public_key(public.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(made._FROM).not_valid_after(made._UNTIL)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                .sign(by, SHA256()))

    root = authority_of(names[0], root_key, names[0], root_key)
    between = authority_of(names[1], key, names[0], root_key)
    stamper = made._certificate(names[2], stamper_key, names[1], key)
    monkeypatch.setattr("ileti.simulator.stamp.authority",
                        lambda *_: made.Authority(root, stamper, stamper_key))
    return root, between


def test_the_file_of_authorities_holds_what_stands_between(monkeypatch: Any) -> None:
    root, between = below_another(monkeypatch)
    content = reply()
    assert judged(content).verdict is Verdict.SIGNED
    assert judged(content, root, between).verdict is Verdict.VALID
    assert judged(content, root).verdict is Verdict.STRANGER


CONFIG = """
[tsa]
default_tsa = t
[t]
dir = {folder}
serial = $dir/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
[req]
distinguished_name = dn
prompt = no
[dn]
CN = OpenSSL Damga
[stamper]
extendedKeyUsage = critical,timeStamping
[mailer]
extendedKeyUsage = critical,timeStamping,emailProtection
"""


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def other_hand(tmp_path: Path) -> Any:
    """Stamps by OpenSSL, which shares no code with the simulator."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the stamps")
    (tmp_path / "cnf").write_text(CONFIG.format(folder=tmp_path))
    (tmp_path / "serial").write_text("01")
    (tmp_path / "file").write_bytes(FILE)
    run(tmp_path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
        "ca.pem", "-days", "3650", "-subj", "/CN=OpenSSL Kok")

    def made(digest: str, key: tuple[str, ...], use: str = "stamper") -> bytes:
        run(tmp_path, "req", "-newkey", *key, "-nodes", "-keyout", "t.key", "-out", "t.csr",
            "-config", "cnf")
        run(tmp_path, "x509", "-req", "-in", "t.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-extfile", "cnf", "-extensions", use, "-out", "t.pem",
            "-days", "3650")
        run(tmp_path, "ts", "-query", "-data", "file", f"-{digest}", "-cert", "-out", "q")
        run(tmp_path, "ts", "-reply", "-queryfile", "q", "-signer", "t.pem", "-inkey", "t.key",
            "-chain", "ca.pem", "-config", "cnf", "-section", "t", "-out", "r.tsr")
        return (tmp_path / "r.tsr").read_bytes()

    return made, lambda: x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())


def now_judged(content: bytes, *trusted: x509.Certificate) -> Verdict:
    now = dt.datetime.now(dt.UTC)
    return judge(content, digest_of, after=now - dt.timedelta(minutes=5), before=now,
                 trusted=trusted).verdict


@pytest.mark.parametrize("key", [("rsa:2048",), ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_stamp_by_another_hand_is_understood(
    other_hand: Any, digest: str, key: tuple[str, ...]
) -> None:
    made, root = other_hand
    content = made(digest, key)
    assert now_judged(content) is Verdict.SIGNED
    assert now_judged(content, root()) is Verdict.VALID
    assert now_judged(content, authority().root) is Verdict.STRANGER
