"""The invented company of the first start, so that an empty house shows something that works.

Everything is made up: the firm, its dealers, their numbers (with right check digits, as İYS
wants them). The same call twice changes nothing.
"""

from __future__ import annotations

import secrets as random
from typing import Any, Final

import psycopg
from msgspec import json

from config import Settings
from ileti.capture.seedsending import open_accounts
from ileti.core import db
from ileti.core.http import NoAnswer, OutgoingClient
from ileti.core.logs import get_logger
from ileti.core.secrets import secrets
from ileti.documents.publish import publish, publish_standard_texts

log = get_logger("ileti.seed")

SITE_KEY: Final = "pk_liman"
DEALER_SITE_KEY: Final = "pk_liman_bayi_a"
IYS_CODE: Final = 607_100
SECOND_BRAND: Final = 607_101
_TITLE: Final = "Liman Kahve Gıda Tic. A.Ş."
_MERSIS: Final = "0608012345300014"
_ADDRESS: Final = "Rıhtım Cad. No: 8, 35220 Konak/İzmir"
_CONTACT: Final = f"{_ADDRESS} · izin@limankahve.ornek.test"
_ACTIVATION: Final = "2021-06-01"
_COFFEE: Final = "#7A3E12"
_ASKED: Final = (
    "Kişiye özel öneri",
    ("tr", "Kişiye özel öneri", "{} tarafından alışveriş geçmişimin, ilgimi çekebilecek ürünleri "
     "seçip bana önermek amacıyla işlenmesine açık rıza veriyorum.\n\nRıza vermeden de alışveriş "
     "yapabilirim. Rızamı dilediğim an, tek tıkla geri alabilirim; o zaman bu işleme durur."),
    ("en", "Personal offers", "I give my explicit consent that {} processes my purchase history in "
     "order to choose products that may interest me and to offer them to me.\n\nI can shop without "
     "consenting. I can withdraw my consent at any time, with one click; this processing stops "
     "then."),
)
_DEALERS: Final = (
    ("bayi-a", 60_710_001, "Alsancak Kahve Tic. Ltd. Şti.", "Liman Kahve Alsancak", "11111111110",
     "6071000010", "35", "480"),
    ("bayi-b", 60_710_002, "Moda Kahve Tic. Ltd. Şti.", "Liman Kahve Moda", "10000000146",
     "6071000028", "34", "429"),
)


def seed_demo(settings: Settings) -> dict[str, Any]:
    """Make the demo company once, tell the simulator; answers ids by name.

    Does nothing in production. Keys: ``provider``, ``brands``, ``dealers`` (login name → id),
    ``sites``.
    """
    if settings.production:
        return {}
    password = random.token_urlsafe(12)
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(607100)")
        provider, password = _provider(conn, password)
        brands = {
            "Liman Kahve": _brand(conn, provider, IYS_CODE, "Liman Kahve", _COFFEE, master=True),
            "Liman Fırın": _brand(conn, provider, SECOND_BRAND, "Liman Fırın", None, master=False),
        }
        first = brands["Liman Kahve"]
        dealers = {line[0]: _dealer(conn, provider, first, line) for line in _DEALERS}
        sites = {
            SITE_KEY: _site(conn, settings, provider, first, None, SITE_KEY,
                            "limankahve.ornek.com.tr"),
            DEALER_SITE_KEY: _site(conn, settings, provider, first, dealers["bayi-a"],
                                   DEALER_SITE_KEY, "Liman Kahve Alsancak"),
        }
    for brand in brands.values():
        publish_standard_texts(provider, brand)
    _ask_consent(provider, first, sites[SITE_KEY])
    _tell_simulator(settings, password)
    open_accounts(settings, provider, first, IYS_CODE)
    return {"provider": provider, "brands": brands, "dealers": dealers, "sites": sites}


def _one(conn: psycopg.Connection[Any], find: str, make: str, values: dict[str, Any]) -> int:
    row = conn.execute(find, values).fetchone() or conn.execute(make, values).fetchone()
    return int(row[0]) if row else 0


def _provider(conn: psycopg.Connection[Any], password: str) -> tuple[int, str]:
    """The provider's id and its İYS password: the one kept, or the fresh one."""
    box = secrets().keyring
    number = _one(
        conn, "select id from provider where iys_code = %(code)s",
        "insert into provider (title, short_name, iys_code, mersis, contact, address, application, "
        "activation_date, iys_username, iys_password, service_number, refusal_number, call_digit, "
        "segment_price) values (%(title)s, 'Liman Kahve', %(code)s, %(mersis)s, %(contact)s, "
        "%(address)s, %(contact)s, %(activation)s, 'liman-api', %(password)s, '0850 000 00 00', "
        "'3338', '9', 0.15) returning id",
        {"code": IYS_CODE, "title": _TITLE, "mersis": _MERSIS, "contact": _CONTACT,
         "address": _ADDRESS, "activation": _ACTIVATION,
         "password": box.encrypt_text(password, "iys-password")},
    )
    kept = conn.execute("select iys_password from provider where id = %s", (number,)).fetchone()
    sealed = kept[0] if kept else None
    return number, box.decrypt_text(sealed, "iys-password") if sealed else password


def _brand(conn: psycopg.Connection[Any], provider: int, code: int, name: str,
           accent: str | None, *, master: bool) -> int:
    return _one(
        conn, "select id from brand where provider_id = %(p)s and brand_code = %(code)s",
        "insert into brand (provider_id, brand_code, name, master, accent) "
        "values (%(p)s, %(code)s, %(name)s, %(master)s, %(accent)s) returning id",
        {"p": provider, "code": code, "name": name, "master": master, "accent": accent},
    )


def _dealer(conn: psycopg.Connection[Any], provider: int, brand: int, line: tuple[Any, ...]) -> int:
    _, code, title, alias, tckn, tin, city, town = line
    return _one(
        conn, "select id from dealer where provider_id = %(p)s and retailer_code = %(code)s",
        "insert into dealer (provider_id, brand_id, retailer_code, title, name, tckn, tin, alias, "
        "city_code, town_code) values (%(p)s, %(b)s, %(code)s, %(title)s, %(title)s, %(tckn)s, "
        "%(tin)s, %(alias)s, %(city)s, %(town)s) returning id",
        {"p": provider, "b": brand, "code": code, "title": title, "alias": alias,
         "tckn": secrets().keyring.encrypt_text(tckn, "dealer-tckn"),
         "tin": secrets().keyring.encrypt_text(tin, "dealer-tin"), "city": city, "town": town},
    )


def _site(conn: psycopg.Connection[Any], settings: Settings, provider: int, brand: int,
          dealer: int | None, key: str, name: str) -> int:
    origins = sorted({settings.base_url, f"http://localhost:{settings.port}",
                      f"http://127.0.0.1:{settings.port}"})
    number = _one(
        conn, "select id from site where public_key = %(key)s",
        "insert into site (provider_id, brand_id, dealer_id, name, public_key, secret, origins, "
        "policy) values (%(p)s, %(b)s, %(d)s, %(name)s, %(key)s, %(secret)s, %(origins)s, 'code') "
        "returning id",
        {"p": provider, "b": brand, "d": dealer, "name": name, "key": key, "origins": origins,
         "secret": secrets().keyring.encrypt_text(random.token_urlsafe(32), "site-secret")},
    )
    # The port may differ from the last start.
    conn.execute("update site set origins = %s where id = %s and origins <> %s::varchar[]",
                 (origins, number, origins))
    return number


def _ask_consent(provider: int, brand: int, site: int) -> None:
    """One explicit consent on the shop's form (R-57), so that its own box can be seen."""
    made = {"p": provider, "b": brand, "name": _ASKED[0]}
    with db.transaction() as conn:
        if conn.execute("select 1 from document where provider_id = %(p)s and brand_id = %(b)s "
                        "and kind = 'ACIK_RIZA'", made).fetchone():
            return
        document = _one(conn, "select null where false",
                        "insert into document (provider_id, brand_id, kind, name) "
                        "values (%(p)s, %(b)s, 'ACIK_RIZA', %(name)s) returning id", made)
        purpose = _one(conn, "select id from purpose where provider_id = %(p)s "
                       "and brand_id = %(b)s and name = %(name)s",
                       "insert into purpose (provider_id, brand_id, name, ground, data, subjects, "
                       "period) values (%(p)s, %(b)s, %(name)s, 'RIZA', '{musteri}', '{musteri}', "
                       "'Rıza geri alınana kadar') returning id", made)
        conn.execute("insert into document_purpose (provider_id, document_id, purpose_id) "
                     "values (%s, %s, %s)", (provider, document, purpose))
    for language, title, body in _ASKED[1:]:
        publish(document, language, title, body.format(_TITLE))
    db.connection().execute("update site set explicit_consents = %s, form_version = "
                            "form_version + 1 where id = %s", ([document], site))


def _tell_simulator(settings: Settings, password: str) -> None:
    """Register provider, brands and retailers at the simulator; a warning when it is away."""
    if settings.iys_base_url:
        return
    wish = {
        "iysCode": IYS_CODE, "title": _TITLE, "username": "liman-api", "password": password,
        "activationDate": _ACTIVATION,
        "brands": [{"brandCode": IYS_CODE, "name": "Liman Kahve", "master": True},
                   {"brandCode": SECOND_BRAND, "name": "Liman Fırın", "master": False}],
        "retailers": [
            {"brandCode": IYS_CODE, "retailerCode": code, "title": title, "name": title,
             "alias": alias, "tckn": tckn, "tin": tin}
            for _, code, title, alias, tckn, tin, _, _ in _DEALERS
        ],
    }
    client = OutgoingClient(settings.iys_url, read=5.0)
    try:
        answer = client.send("POST", "/_control/provider", content=json.encode(wish),
                             headers={"Content-Type": "application/json"}, note="simulator")
        if answer.status_code != 200:
            log.warning("simulator_refused", status=answer.status_code, said=answer.text[:200])
    except NoAnswer:
        log.warning("simulator_away", url=settings.iys_url)
    finally:
        client.close()
