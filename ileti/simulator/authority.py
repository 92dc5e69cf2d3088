"""The simulator's own time stamp authority: a root, and a stamper that the root vouches for.

Nobody outside knows it, and it vouches for nothing. It exists so that a client can be tried on
replies whose signature, chain and purpose are what a real authority's are. A simulator whose state
is in a file keeps the authority beside it (:func:`keep`): a trial bundle is checked with the same
root after a restart. Without one, keys are made anew in each process.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "Deneme Zaman Damgası"
#: stands before the root where it is given out
LABEL = (
    "# DENEME: Bu kök, İYS simülatörünün zaman damgalarını imzalar; hiçbir şey kanıtlamaz.\n"
    "# TRIAL: This root signs the time stamps of the İYS simulator; it proves nothing.\n")
_making = threading.Lock()
_kept_in: Path | None = None
# İYS's clock is moved by days and years; the certificates hold all the while.
_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """A root and the stamper below it."""

    root: x509.Certificate
    stamper: x509.Certificate
    key: rsa.RSAPrivateKey

    def sign(self, content: bytes) -> bytes:
        """The stamper's signature, RSA with SHA-256."""
        return self.key.sign(content, padding.PKCS1v15(), SHA256())

    @property
    def stamper_der(self) -> bytes:
        """The stamper's certificate as it stands in a reply."""
        return self.stamper.public_bytes(Encoding.DER)

    @property
    def bundle(self) -> str:
        """The root as a CA bundle, PEM."""
        return self.root.public_bytes(Encoding.PEM).decode()


def authority(name: str = NAME) -> Authority:
    """The authority of this name, made when it is first asked for."""
    with _making:
        return _kept(_kept_in) if name == NAME and _kept_in is not None else _made(name)


def keep(file: Path | None) -> None:
    """From now on the authority is the one in this file, which is made when it is not there."""
    global _kept_in
    with _making:
        _kept_in = file


@lru_cache(maxsize=2)
def _kept(file: Path) -> Authority:
    """The authority in a file; raises ValueError for a file that holds none."""
    if not file.exists():
        made = _made(NAME)
        half = file.with_suffix(f".{os.getpid()}.half")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(made.bundle.encode() + made.stamper.public_bytes(Encoding.PEM)
                      + made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            os.link(half, file)  # of two that begin at once the first one's stands
        except FileExistsError:
            pass
        finally:
            half.unlink()
    content = file.read_bytes()
    root, stamper = x509.load_pem_x509_certificates(content)
    key = load_pem_private_key(content[content.index(b"-----BEGIN PRIVATE KEY"):], None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{file} holds no authority")
    return Authority(root, stamper, key)


@lru_cache(maxsize=8)
def _made(name: str) -> Authority:
    root_key, key = _key(), _key()
    issuer = _name(f"{name} Kök Sertifikası")
    root = _certificate(issuer, root_key, issuer, root_key, root=True)
    return Authority(root, _certificate(_name(f"{name} Hizmeti"), key, issuer, root_key), key)


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _name(common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "İYS simulator, proves nothing"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


def _certificate(subject: x509.Name, key: rsa.RSAPrivateKey, issuer: x509.Name,
                 issuer_key: rsa.RSAPrivateKey, *, root: bool = False) -> x509.Certificate:
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(_FROM).not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None),
                       critical=True)
        .add_extension(x509.KeyUsage(
            digital_signature=not root, content_commitment=not root, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=root, crl_sign=root,
            encipher_only=False, decipher_only=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
            issuer_key.public_key()), critical=False)
    )
    if not root:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return made.sign(issuer_key, SHA256())
