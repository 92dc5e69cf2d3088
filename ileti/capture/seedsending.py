"""The demo company's accounts at the simulated SMS providers and the simulated mail server, so that
the pages show something and a campaign can go.

Why apart from the seed: these live at the simulator, and with a real İYS there is none. They carry
commercial messages alone: codes and confirmations of the demo arrive on its own phone, where
whoever tries it can read them. Made once; where the simulator listens on another port than at the
last start, the accounts learn it.
"""

from __future__ import annotations

import secrets as random
from typing import Any, Final

from msgspec import json

from config import Settings
from ileti.channels import accounts
from ileti.channels.pushed import hash_of
from ileti.core import db
from ileti.core.errors import IletiError
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.evidence import vault

log = get_logger("ileti.seed")

TITLE: Final = "LIMAN KAHVE"
_USER, _PASSWORD = "8500000000", "deneme"
#: kind, name, order
_ACCOUNTS: Final = (("netgsm", "Netgsm (benzetim)", 1), ("verimor", "Verimor (benzetim)", 2))
_DOMAIN: Final = "limankahve.ornek.test"
_PAPER: Final = ("Marka tescil belgesi (uydurma örnek)\n\nLIMAN KAHVE ibaresi Liman Kahve Gıda "
                 "Tic. A.Ş. adına tescillidir.\n")


def open_accounts(settings: Settings, provider: int, brand: int, brand_code: int) -> None:
    """The demo's accounts and their approved title; nothing beside a real İYS."""
    if settings.production or settings.iys_base_url:
        return
    try:
        paper = vault.put(provider, [_PAPER.encode()], "marka-tescil.txt").id
    except IletiError as error:
        log.warning("demo_paper_not_kept", reason=error.code)
        return
    with db.transaction(system=True) as conn:
        for kind, name, rank in _ACCOUNTS:
            account = _account(conn, settings, provider, kind, name, rank)
            _title(conn, provider, brand, account, paper)
        _mail_account(conn, settings, provider)
    _tell_simulator(settings, brand_code)


def _account(conn: Any, settings: Settings, provider: int, kind: str, name: str, rank: int) -> int:
    details = {"user": _USER, "password": _PASSWORD, "url": f"{settings.iys_url}/gw/{kind}"}
    return _kept(conn, provider, (kind, 2, name, rank), details)


def _mail_account(conn: Any, settings: Settings, provider: int) -> None:
    """Mails people can look at, answer and send back on the simulator's page."""
    details = {"user": "", "password": "", "host": "127.0.0.1", "port": str(settings.mail_port),
               "tls": "none", "sender": f"duyuru@{_DOMAIN}", "answers": f"yanit@{_DOMAIN}",
               "bounces": f"iade@{_DOMAIN}"}
    _kept(conn, provider, ("smtp", 3, "E-posta (benzetim)", 1), details)


def _kept(conn: Any, provider: int, what: tuple[str, int, str, int], details: dict[str, str]
          ) -> int:
    """An account of this kind, channel, name and order; where the simulator moved it learns so,
    unless somebody put other details in."""
    kind, channel, name, rank = what
    box = secrets().keyring
    sealed = box.encrypt_text(json.encode(details).decode(), accounts.SEALED)
    row = conn.execute("select id, sealed from gateway_account where provider_id = %s "
                       "and name = %s", (provider, name)).fetchone()
    if row is None:
        hook = random.token_urlsafe(32)
        row = conn.execute(
            "insert into gateway_account (provider_id, kind, channel, name, exempt, rank, "
            "per_second, sealed, hook, hook_hash) values (%s, %s, %s, %s, false, %s, 50, %s, %s, "
            "%s) returning id", (provider, kind, channel, name, rank, sealed,
                                 box.encrypt_text(hook, "gateway-hook"), hash_of(hook))).fetchone()
    elif accounts.opened(row[1]) != details and accounts.opened(row[1]).get("user") == details[
            "user"]:
        conn.execute("update gateway_account set sealed = %s where id = %s", (sealed, row[0]))
    return int(row[0])


def _title(conn: Any, provider: int, brand: int, account: int, paper: int) -> None:
    if conn.execute("select 1 from sender where account_id = %s", [account]).fetchone():
        return
    sender = conn.execute(
        "insert into sender (provider_id, brand_id, account_id, channel, title, state, file_id, "
        "approved_at) values (%s, %s, %s, 2, %s, 2, %s, now()) returning id",
        (provider, brand, account, TITLE, paper)).fetchone()[0]
    for state, said in ((1, "Başvuru 2026/118"), (2, "Başlık tanımlandı.")):
        conn.execute("insert into sender_event (provider_id, brand_id, sender_id, state, said) "
                     "values (%s, %s, %s, %s, %s)", (provider, brand, sender, state, said))


def _tell_simulator(settings: Settings, brand_code: int) -> None:
    """The title and the İYS brand of the accounts there; a warning when it is away."""
    client = OutgoingClient(settings.iys_url, read=5.0)
    try:
        for kind, _name, _rank in _ACCOUNTS:
            wish = {"provider": kind, "brand": brand_code, "titles": [TITLE, "DEFNE EV", "ILETI"]}
            client.send("POST", "/_control/gateway", content=json.encode(wish),
                        headers={"Content-Type": "application/json"}, note="simulator")
    except NoAnswer:
        log.warning("simulator_away", url=settings.iys_url)
    finally:
        client.close()
