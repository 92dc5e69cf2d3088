"""Time stamps of many makes for the page to judge: signed by openssl's own authority, which is
nobody's code of ours, and by hand where openssl refuses to make something so wrong."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ileti.simulator import stamp as by_hand
from ileti.simulator.authority import Authority

STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
HEADER = b'{"number":1,"root":"00"}'
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
_CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = {digest}
ess_cert_id_alg = {ess}
tsa_name = {named}
ess_cert_id_chain = {whole}
"""


@dataclass
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def key_of(kind: str) -> Any:
    """``rsa``, or the name of a curve."""
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1(),
                                    "p521": ec.SECP521R1(), "k256": ec.SECP256K1()}[kind])


def issue(name: str, above: Issued | None = None, *, key: Any = None, ca: bool = False,
          most: int | None = None, uses: tuple[Any, ...] = (STAMPING,), critical: bool = True,
          years: tuple[int, int] = (2020, 2060), digest: Any = None,
          extra: tuple[Any, ...] = (), may_sign: bool = True) -> Issued:
    """A certificate of this name, signed by the one above or by itself."""
    key = key or key_of("rsa")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = above or Issued(None, key)  # type: ignore[arg-type]
    made = (
        x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
        .issuer_name(above.certificate.subject if above else subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(years[0], 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(years[1], 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=most), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if ca:
        made = made.add_extension(_usage(sign=may_sign), critical=True)
    if not ca and uses:
        made = made.add_extension(x509.ExtendedKeyUsage(list(uses)), critical=critical)
    for one in extra:
        made = made.add_extension(one, critical=True)
    return Issued(made.sign(signer.key, digest or hashes.SHA256()), key)


def _usage(*, sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=sign, crl_sign=sign,
        encipher_only=False, decipher_only=False)


def by_openssl(folder: Path, signer: Issued, *chain: Issued, digest: str = "sha256",
               ess: str = "sha256", named: bool = False, whole: bool = False) -> bytes:
    """A reply over HEADER as of now, made by ``openssl ts``."""
    folder.mkdir(exist_ok=True)
    (folder / "data").write_bytes(HEADER)
    (folder / "key").write_bytes(signer.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "signer").write_bytes(signer.pem)
    (folder / "chain").write_bytes(b"".join(one.pem for one in chain))
    (folder / "conf").write_text(_CONFIG.format(
        folder=folder, digest=digest, ess=ess, named="yes" if named else "no",
        whole="yes" if whole else "no"))
    run = ["openssl", "ts", "-config", "conf"]
    subprocess.run(["openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q"],
                   cwd=folder, check=True, capture_output=True)
    more = ["-chain", "chain"] if chain else []
    subprocess.run([*run, "-reply", "-queryfile", "q", "-inkey", "key", "-signer", "signer", *more,
                    "-out", "tsr"], cwd=folder, check=True, capture_output=True)
    return (folder / "tsr").read_bytes()


def hand_made(signer: Issued, *, at: datetime = AT, header: bytes = HEADER) -> bytes:
    """A reply as the simulator makes it, by a certificate that openssl would not sign with."""
    info = by_hand._info(sha256(header).digest(), at, algorithm=by_hand._oid(by_hand._SHA_256)
                         + by_hand._part(0x05, b""))
    made = Authority(signer.certificate, signer.certificate, signer.key)
    return by_hand._granted(by_hand._token(made, info, info, broken=False))
