"""Whose rows there are: a work space of one's own, and strangers' with everything in it.

Every world is marked by a word that stands nowhere else; where the word shows, something of that
world shows. Its people's telephone numbers are its own too, for they show masked.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

from flask_appbuilder import Model

from ileti.channels.messagepack import number_of
from ileti.consents.numbers import record_number
from ileti.core import clock, db
from ileti.evidence import vault
from ileti.iys import archive
from ileti.requests import cases
from ileti.requests.numbers import case_number
from ileti.requests.people import Person
from ileti.requests.vocabulary import Way
from tests.imports.import_house import listed, row
from tests.isolation.furnish import DAY, fill
from tests.panel.people import dealer_of, take, user_with

#: made by the product's own hand below, before the rest is filled in
_OWN: Final = ("provider", "brand", "dealer", "ab_user", "membership", "recipient", "submission",
               "consent_entry", "consent_state", "outbox", "data_request", "import_run",
               "import_chunk", "import_before", "evidence_file", "iys_archive")
#: tables whose rows are made by the database alone, or stand for a person's own account
UNFURNISHED: Final = {
    "destruction_log": "made by the functions that destroy",
    "destruction_part": "made by the functions that destroy",
    "suppression": "made by the functions that destroy",
    "evidence_coming": "an upload on its way",
    "import_before": "what an import changed, for its undoing",
    "import_chunk": "how far an import is that took something in",
    "restriction": "would hide the person the other rows are about",
    "user_session": "one's own account", "user_security": "one's own account",
    "recovery_code": "one's own account", "passkey": "one's own account",
    "user_device": "one's own account", "outside_login": "one's own account",
    "account_mail": "one's own account",
}
_words: Final = ("Zerdali", "Karadut", "Muşmula", "Kızılcık", "Ahlat", "Üvez", "Hünnap", "İğde")


@dataclass
class World:
    """One provider, brand and dealer with a row of everything, all called ``mark``."""

    place: Any
    level: str
    mark: str = ""
    phone: str = ""
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        number = random.randrange(100_000)
        self.mark = f"{_words[number % len(_words)]}q{number:05}x"
        self.phone = f"+9059931{number:05}"
        self.ids |= {"provider": self.place.provider_id, "brand": self.place.brand_id}

    @property
    def marks(self) -> tuple[str, ...]:
        """What shows that something of this world shows: its word, its people's address in full,
        and the numbers of its records."""
        n = self.numbers()
        codes = () if self.level == "dealer" else (str(self.place.brand_code),)
        return (self.mark, *self.phones, n["record"], n["case"], n["message_number"],
                n["kvkk_number"], *codes)

    @property
    def phones(self) -> tuple[str, ...]:
        """The ways a telephone number is written."""
        p = self.phone
        return (p, p[1:], f"{p[3:6]} {p[6:9]} {p[9:11]} {p[11:]}", p[3:])

    @property
    def retailer(self) -> int:
        """The dealer's number at İYS."""
        return self.place.brand_code % 90_000_000 + self.ids["dealer"] % 1_000

    @classmethod
    def nobody(cls) -> World:
        """Numbers that nobody has."""
        from types import SimpleNamespace

        none = cls(SimpleNamespace(
            provider_id=1_999_999_999, brand_id=1_999_999_998, iys_code=999_999_998,
            brand_code=999_999_997), "provider")
        none.ids |= {table: 1_999_999_000 - n for n, table in enumerate(
            sorted(Model.metadata.tables)) if table not in none.ids}
        return none

    def numbers(self) -> dict[str, Any]:
        """What addresses of the panel and the API are built from, by the table they name."""
        return self.ids | {
            "record": record_number(self.ids["consent_entry"]), "day": DAY.isoformat(),
            "case": case_number(self.ids.get("data_request", 0)),
            "kvkk_number": record_number(self.ids.get("kvkk_entry", 0)),
            "message_number": number_of(self.ids.get("message", 0)),
            "role_key": f"own:{self.ids.get('own_role', 0)}"}


def furnish(app: Any, world: World) -> World:
    """One of everything; at a dealer, of what a dealer has."""
    conn, place = db.system_connection(), world.place
    if "dealer" not in world.ids:
        world.ids["dealer"] = dealer_of(place, world.mark)
    conn.execute("update dealer set retailer_code = %s where id = %s",
                 (world.retailer, world.ids["dealer"]))
    if world.level == "provider":
        conn.execute("update provider set title = %s, short_name = %s where id = %s",
                     (world.mark, world.mark, place.provider_id))
    if world.level != "dealer":
        conn.execute("update brand set name = %s where id = %s", (world.mark, place.brand_id))
    _people(app, world)
    _consent(world)
    if world.level != "dealer":
        _case(world)
    _list(world)
    _file(world)
    for table in Model.metadata.sorted_tables:
        if table.name in _behind() - set(_OWN) - set(UNFURNISHED) and _belongs(table, world):
            fill(table, world)
    conn.execute("update import_run set account_id = %s where id = %s",
                 (world.ids["api_account"], world.ids["import_run"]))
    return world


def _belongs(table: Any, world: World) -> bool:
    """At a dealer only what has a dealer, or hangs on what has one."""
    return world.level != "dealer" or "dealer_id" in table.c or table.name in (
        "iys_receipt", "message", "api_key", "api_token", "api_usage", "api_call", "api_proof",
        "api_nonce", "verification")


def _behind() -> set[str]:
    return {row[0] for row in db.system_connection().execute(
        "select distinct table_name from wall_rule")}


def _people(app: Any, world: World) -> None:
    role = {"provider": "provider_admin", "brand": "brand_manager",
            "dealer": "dealer_manager"}[world.level]
    name = user_with(app, role, world.place, level=world.level,
                     dealer_id=world.ids["dealer"] if world.level == "dealer" else None)
    found = db.system_connection().execute(
        "update ab_user u set first_name = %s, last_name = %s from membership m "
        "where m.user_id = u.id and u.username = %s returning u.id, m.id",
        (world.mark, world.mark, name)).fetchone()
    assert found is not None
    world.ids["ab_user"], world.ids["membership"] = found


def _consent(world: World) -> None:
    done = take(world.place, world.phone, dealer_id=world.ids["dealer"])
    world.ids |= {"consent_entry": done.items[0].entry_id, "submission": done.submission_id,
                  "recipient": done.items[0].recipient_id}


def _case(world: World) -> None:
    with db.transaction(system=True) as conn:
        number, _fresh = cases.open_case(conn, cases.NewCase(
            provider_id=world.place.provider_id, brand_id=world.place.brand_id,
            idem=f"ayri:{world.mark}", way=Way.PAPER, received_at=clock.now(),
            person=Person(name=world.mark, tckn="10000000146", postal=world.mark,
                          email=f"{world.mark.lower()}@ornek.com.tr"),
            wish=world.mark, rights=["B"]))
    world.ids["data_request"] = number


def _list(world: World) -> None:
    run = listed(world.place, row(world.phone), row("0212 1"),
                 ground=f"Form {world.mark}")
    db.system_connection().execute(
        "update import_run set dealer_id = %s, name = %s where id = %s",
        (world.ids["dealer"], f"{world.mark}.csv", run))
    world.ids["import_run"] = run


def _file(world: World) -> None:
    kept = vault.put(world.place.provider_id, [f"Kanıt {world.mark}\n".encode()],
                     f"{world.mark}.txt")
    world.ids["evidence_file"] = kept.id
    if world.level != "dealer":
        world.ids["iys_archive"] = archive.keep(
            world.place, DAY, archive.Kind.HASH, world.mark.encode()).id
