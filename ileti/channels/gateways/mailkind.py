"""Mail accounts as a kind of account: any mail server that speaks SMTP.

Why this module exists: an account is a few typed values in a sealed row; a mail account's gateway
holds open connections, so the same values give the same gateway again and not a new one for each
batch. Which key signs is no field: it follows the provider and the sender's domain
(:mod:`ileti.channels.mailkeys`), or one company's account could sign in another's name.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from config import settings
from ileti.channels.gateways.bulksmtp import MOST_CONNECTIONS, BulkSmtp
from ileti.channels.gateways.smtpline import Server
from ileti.channels.mail import Mark, tagged
from ileti.channels.mailkeys import KeptSigners
from ileti.channels.mailwire import Sender
from ileti.hooks.kinds import GatewayKind, KindField, Said, Unfit
from ileti.hooks.specs import hookimpl
from ileti.recipients.address import AddressError, parse_email

#: in production an account speaks to where mail servers listen, and to nothing else of the network
_PORTS: Final = frozenset({25, 465, 587, 2525})
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEPT: Final = 64
_made: OrderedDict[bytes, BulkSmtp] = OrderedDict()
_lock = threading.Lock()


def _said(tr: str, en: str) -> Said:
    return Said(tr, en)


FIELDS: Final = (
    KindField("host", _said("Sunucu", "Server"), hint=_said(
        "Örnek: smtp.ornek.com.tr", "As smtp.example.com")),
    KindField("port", _said("Kapı", "Port"), required=False, hint=_said(
        "Boşsa 587.", "587 when empty.")),
    KindField("tls", _said("Şifreleme", "Encryption"), required=False, hint=_said(
        "starttls, tls ya da none (yalnız bu makinedeki sunucu). Boşsa starttls.",
        "starttls, tls or none (a server on this machine only). starttls when empty.")),
    KindField("user", _said("Kullanıcı adı", "User name"), required=False),
    KindField("password", _said("Parola", "Password"), secret=True, required=False),
    KindField("sender", _said("Gönderen adresi", "Sender’s address"), hint=_said(
        "Alan adının imzası E-posta ayarları sayfasındadır.",
        "The signature of its domain is on the page Mail.")),
    KindField("answers", _said("Yanıtların kutusu", "Mailbox for answers"), required=False,
              hint=_said("ad+ek@alan biçimini alan bir kutu, örnek: yanit@ornek.com.tr",
                         "One that takes name+more@domain, as reply@example.com")),
    KindField("bounces", _said("Geri dönenlerin kutusu", "Mailbox for bounces"), required=False,
              hint=_said("ad+ek@alan biçimini alan bir kutu, örnek: iade@ornek.com.tr",
                         "One that takes name+more@domain, as bounce@example.com")),
    KindField("connections", _said("Aynı anda bağlantı", "Connections at once"), required=False,
              hint=_said(f"1 ile {MOST_CONNECTIONS} arası; boşsa 4.",
                         f"1 to {MOST_CONNECTIONS}; 4 when empty.")),
)


def make(values: Mapping[str, str]) -> BulkSmtp:
    """The gateway of these values, the same one for the same values. Raises Unfit."""
    said = {name: str(value).strip() for name, value in values.items()}
    gateway = _gateway(said)
    mark = sha256(repr(sorted(said.items())).encode()).digest()
    with _lock:
        kept = _made.setdefault(mark, gateway)
        _made.move_to_end(mark)
        gone = _made.popitem(last=False)[1] if len(_made) > _KEPT else None
    if gone is not None:
        gone.close()
    return kept


def _gateway(said: Mapping[str, str]) -> BulkSmtp:
    sender = Sender(_address(said, "sender"), _mailbox(said, "answers"), _mailbox(said, "bounces"))
    connections = _number(said, "connections", 4, MOST_CONNECTIONS)
    return BulkSmtp(_server(said), sender, connections=connections, signers=KeptSigners())


def _server(said: Mapping[str, str]) -> Server:
    host, tls = said.get("host", "").lower(), said.get("tls", "").lower() or "starttls"
    if not _HOST.fullmatch(host):
        raise Unfit("host", _said("Bir sunucu adı yazın.", "Write a server’s name."))
    if tls not in ("starttls", "tls", "none"):
        raise Unfit("tls", _said("starttls, tls ya da none yazın.", "Write starttls, tls or none."))
    port = _number(said, "port", 587, 65_535)
    if settings().production:
        if port not in _PORTS:
            raise Unfit("port", _said("25, 465, 587 ya da 2525 yazın.",
                                      "Write 25, 465, 587 or 2525."))
        if tls == "none" and not _here(host):
            raise Unfit("tls", _said("Bu sunucuya şifresiz gidilmez.",
                                     "This server is not spoken to in clear."))
    return Server(host, port, tls, said.get("user", ""), said.get("password", ""))


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(said: Mapping[str, str], field: str) -> str:
    try:
        return parse_email(said.get(field, ""))
    except AddressError:
        raise Unfit(field, _said("Bir e-posta adresi yazın.", "Write an e-mail address.")) from None


def _mailbox(said: Mapping[str, str], field: str) -> str:
    """A mailbox whose name leaves room for a mark."""
    if not said.get(field):
        return ""
    address = _address(said, field)
    try:
        tagged(address, Mark(0, 0, 0, 0))
    except ValueError:
        raise Unfit(field, _said("@ işaretinden öncesi en çok 15 harf olur.",
                                 "The part before the @ has 15 letters at most.")) from None
    return address


def _number(said: Mapping[str, str], field: str, otherwise: int, most: int) -> int:
    text = said.get(field, "")
    if not text:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) <= most:
        raise Unfit(field, _said(f"1 ile {most} arası bir sayı yazın.",
                                 f"Write a number from 1 to {most}."))
    return int(text)


KIND: Final = GatewayKind("smtp", "EPOSTA", _said("SMTP ile e-posta", "Mail by SMTP"), FIELDS, make)


@hookimpl
def gateway_kinds() -> list[GatewayKind]:
    """Mail by SMTP."""
    return [KIND]
