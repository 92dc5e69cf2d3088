"""The invented company's number: a short code nobody has, with the words of its two brands.

Only for the first start. The secret in the address is made anew at each start, since it is kept
nowhere, and told to the simulator, whose phones write to it.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import json

from config import Settings
from ileti.core import db
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.inbound.endpoints import PREFIX
from ileti.inbound.numbers import new_token

log = get_logger("ileti.seed")

NUMBER: Final = "5990"
NAME: Final = "Liman duyuru hattı"
_WORDS: Final = {"Liman Kahve": ["KAHVE", "ONAY"], "Liman Fırın": ["FIRIN"]}
_INFO: Final = ("Liman Kahve ve Liman Fırın duyurularını bu numaradan alır ya da durdurursunuz. "
                "Durdurmak için RET yazın.")
_TEXT: Final = """
select v.id from document d join document_version v on v.document_id = d.id
 where d.provider_id = %s and d.brand_id = %s and d.kind = 'ETK_ONAYI' and d.channel = 2
   and v.language = 'tr' order by v.version desc limit 1"""


def seed_number(settings: Settings, seeded: dict[str, Any]) -> str | None:
    """Make the number once, and a fresh address for its gateway; answers the address. Nothing in
    production or without the company."""
    if settings.production or not seeded:
        return None
    token, digest = new_token()
    provider = seeded["provider"]
    with db.transaction() as conn:
        row = conn.execute(
            "insert into inbound_number (provider_id, number, name, gateway) values (%s, %s, %s, "
            "'verimor') on conflict (provider_id, number) do update set number = excluded.number "
            "returning id", (provider, NUMBER, NAME)).fetchone()
        number = row[0] if row else 0
        conn.execute("update inbound_number set token_hash = %s, token_at = now() where id = %s",
                     (digest, number))
        for brand, words in _WORDS.items():
            brand_id = seeded["brands"][brand]
            text = conn.execute(_TEXT, (provider, brand_id)).fetchone()
            conn.execute(
                "insert into inbound_words (provider_id, number_id, brand_id, consent_words, "
                "info_words, info_answer, text_id) values (%s, %s, %s, %s, '{BİLGİ}', %s, %s) "
                "on conflict (number_id, brand_id) do nothing",
                (provider, number, brand_id, words, _INFO, text[0] if text else None))
    url = f"http://127.0.0.1:{settings.port}{PREFIX}{token}"
    _tell_simulator(settings, url)
    return url


def _tell_simulator(settings: Settings, url: str) -> None:
    if settings.iys_base_url:
        return
    wish = {"number": NUMBER, "provider": "verimor", "name": NAME, "url": url}
    client = OutgoingClient(settings.iys_url, read=5.0)
    try:
        answer = client.send("POST", "/_control/line", content=json.encode(wish),
                             headers={"Content-Type": "application/json"}, note="simulator")
        if answer.status_code != 200:
            log.warning("simulator_refused", status=answer.status_code)
    except NoAnswer:
        log.warning("simulator_away", url=settings.iys_url)
    finally:
        client.close()
