"""Electronic signatures as a way to prove oneself: a detached CMS file of one's own tool (R-51).

Why this module exists: it is the one method of :mod:`ileti.evidence.stepup` that is in the box. The
authorities are those the operator names (ESIGN_CA_FILE); without them there is no such method. The
name in the certificate must be the account's: whoever borrows a card signs for somebody else. In
production the certificate must be a qualified one (Law 5070, art. 9).
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509

from config import settings
from ileti.core.errors import CallerMistake
from ileti.evidence import detached, stepup
from ileti.evidence.detached import Fault, NotSigned
from ileti.evidence.stepup import Person, Proven

KEY: Final = "esign"
_SAID: Final = {
    Fault.UNREADABLE: ("Dosya, okunabilen bir imza dosyası (CMS, .p7s) değil.",
                       "The file is no signature we can read (CMS, .p7s)."),
    Fault.NOT_DETACHED: ("İmza, metni içinde taşıyor; ayrık (detached) imza oluşturun.",
                         "The signature carries the text; make a detached one."),
    Fault.SEVERAL: ("Dosyada birden çok imza var; tek imza atın.",
                    "The file holds several signatures; make one."),
    Fault.OTHER_CONTENT: ("Başka bir metin imzalanmış. İndirdiğiniz dosyayı değiştirmeden "
                          "imzalayın.", "Another text was signed. Sign the file you downloaded "
                          "without changing it."),
    Fault.WEAK: ("İmzanın yöntemi kabul edilmiyor (SHA-256 ve en az RSA 2048 ya da ECDSA).",
                 "The signature's method is not taken (SHA-256, and RSA 2048 at least or ECDSA)."),
    Fault.BAD_SIGNATURE: ("İmza bu sertifikanın anahtarıyla atılmamış.",
                          "The signature was not made by this certificate's key."),
    Fault.NO_CERTIFICATE: ("İmza dosyası imzalayanın sertifikasını taşımıyor.",
                           "The file does not carry the signer's certificate."),
    Fault.STRANGER: ("Sertifikayı veren makam tanınmıyor.",
                     "The authority of the certificate is not known here."),
    Fault.NOT_VALID_NOW: ("Sertifikanın süresi bu an için geçerli değil.",
                          "The certificate does not hold at this moment."),
    Fault.NOT_FOR_SIGNING: ("Bu sertifika imza atmak için verilmemiş.",
                            "This certificate is not for signing."),
}


class Esign:
    """See the module text."""

    tr = "Elektronik imza (imza dosyası yüklenir)"
    en = "Electronic signature (the signature file is uploaded)"
    label = "CMS"
    file_name = "e-imza"

    def ready(self) -> bool:
        """Whether an authority is named."""
        return settings().esign_ca_file is not None

    def judge(self, statement: bytes, answer: bytes, person: Person | None, at: dt.datetime
              ) -> Proven:
        """Who signed the statement. Raises CallerMistake."""
        try:
            found = detached.judge(statement, answer, roots=_roots(), at=at)
        except NotSigned as wrong:
            raise CallerMistake(*_SAID[wrong.fault], code=wrong.fault.value) from None
        if settings().production and not found.qualified:
            raise CallerMistake("Nitelikli elektronik sertifika (NES) gerekir.",
                                "A qualified certificate is needed.", code="not_qualified")
        if person is not None and folded(found.name) != folded(person.name):
            raise CallerMistake(
                f"Sertifika “{found.name}” adına; hesabınızın adı “{person.name}”.",
                f"The certificate is for “{found.name}”; your account is “{person.name}”.",
                code="another_person")
        return Proven(found.name, found.fingerprint)


def folded(name: str) -> str:
    """A name as it sounds alike in either case and spelling of the dots."""
    plain = unicodedata.normalize("NFC", name).replace("İ", "i").replace("I", "i").replace("ı", "i")
    return " ".join(unicodedata.normalize("NFC", plain.casefold()).split())


def _roots() -> tuple[x509.Certificate, ...]:
    path = settings().esign_ca_file
    return () if path is None else _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))


stepup.offers(KEY, Esign())
