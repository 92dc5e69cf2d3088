"""The walk: who asks what, what a leak is, and the proof that each case could find one.

A leak is a stranger's mark in an answer; an answer about a stranger's row that differs from that
about no row; and a stranger's row that is another after the walk. Each kind of case is asked first
by somebody who *may* see the row: where nothing comes of that, the case proves nothing and is not
counted.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import pytest

from ileti.core import db, orm
from ileti.core.criteria import Criteria
from ileti.tenancy import roles, scope
from ileti.tenancy.roles import Level
from tests.isolation import forms
from tests.isolation.addresses import SHARED, Ask, form, needs_of, plain
from tests.isolation.world import World
from tests.panel.people import sign_in, token_of, user_with

FOREIGN: Final = {"provider": ("provider",), "brand": ("provider", "brand"),
                  "dealer": ("provider", "brand", "dealer"), "nowhere": ("provider",)}
CRAWLED: Final = 120
FORMED: Final = 240
#: a page with a form that is open to everybody
OPEN: Final = "/parola/unuttum"
#: somebody in a role a provider composed, with all that may be given at the level
OWN: Final = "own"


@dataclass(frozen=True)
class Viewer:
    """Somebody with a role at a level of one's own work space."""

    role: str
    level: str

    @property
    def name(self) -> str:
        return f"{self.role}@{self.level}"


def viewers() -> list[Viewer]:
    """Each role at each level it may have, a composed one at each level, and somebody without a
    membership."""
    levels = [one for one in Level if one is not Level.INSTALLATION]
    return [*(Viewer(role.key, str(level.value)) for role in roles.ROLES for level in role.levels
              if level in levels),
            *(Viewer(OWN, str(level.value)) for level in levels), Viewer("nobody", "nowhere")]


@dataclass
class Report:
    """What a walk came to."""

    cases: int = 0
    leaks: list[str] = field(default_factory=list)
    unproven: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def leak(self, *words: Any) -> None:
        self.leaks.append(" · ".join(str(word) for word in words))


@contextmanager
def unfiltered() -> Iterator[None]:
    """The application without its own filter: the wall stands alone. Nothing outside a test can
    come to this, for it takes the functions themselves away."""
    from sqlalchemy import event, true
    from sqlalchemy.orm import Session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scope, "_rules", lambda *_: Criteria(()))
        patch.setattr(scope, "condition_for", lambda *_: true())
        patch.setattr(scope, "taken_here", lambda *_: true())
        patch.setattr(scope, "_refuse_outside", lambda *_: None)
        assert event.contains(Session, "before_flush", scope._guard_writes)
        yield


class Client:
    """A signed-in person whose answers are told in two words: status and text."""

    def __init__(self, app: Any, viewer: Viewer, place: Any, dealer: int | None) -> None:
        self.app = app
        name = _nobody(app) if viewer.level == "nowhere" else user_with(
            app, _composed(app, viewer, place) if viewer.role == OWN else viewer.role, place,
            level=viewer.level,
            dealer_id=dealer if viewer.level == "dealer" else None)
        self.http = sign_in(app, name)
        self.token = token_of(self.http, OPEN)  # who may open nothing has a token too

    def ask(self, one: Ask) -> tuple[int, str, str]:
        """Status, text, and where it leads; what breaks is a 500."""
        data = {**dict(one.data), "csrf_token": self.token} if one.method == "POST" else None
        try:
            answer = self.http.open(one.path, method=one.method, data=data)
            return (answer.status_code, text_of(answer.get_data()),
                    answer.headers.get("Location", ""))
        except Exception as error:
            with self.app.app_context():
                orm.db.session.rollback()
                orm.db.session.remove()
            return 500, type(error).__name__, ""


def text_of(data: bytes) -> str:
    """What an answer says, with what lies in it where it is a workbook or a bundle."""
    if not data.startswith(b"PK"):
        return data.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())


def _nobody(app: Any) -> str:
    from ileti.tenancy import accounts
    from tests.panel.people import PASSWORD

    with app.app_context():
        name = f"yersiz-{os.urandom(6).hex()}"
        accounts.create_user(name, PASSWORD, email=f"{name}@ornek.test", first_name="Ada",
                             last_name="Yıldız")
        orm.db.session.commit()
    return name


def _composed(app: Any, viewer: Viewer, place: Any) -> str:
    """A new role of the provider's own that holds all its level may."""
    from ileti.tenancy import accounts, ownroles

    giver = accounts.Giver(frozenset(roles.PERMISSIONS), "provider_admin",
                           scope.Scope(provider_id=place.provider_id))
    level = Level(viewer.level)
    wish = ownroles.Wish(f"Rol {os.urandom(4).hex()}", level, roles.CEILING[level])
    with app.app_context():
        return f"own:{ownroles.compose(wish, giver=giver)}"


# -- what is asked -------------------------------------------------------------------------------


def proven(owner: Any, world: World, nobody: World, cases: Iterable[Ask], deeds: set[str],
           report: Report, *, app: Any = None) -> list[Ask]:
    """The cases about a world that its owner gets something out of; ``deeds``: the kinds of change
    that were proven elsewhere (:func:`proven_deeds`), ``app``: with what its pages lead to, by
    their links and by their own forms."""
    found, seen, beyond, formed = [], set(), [], {}
    typed = dict(form(world))
    for one in cases:
        seen.add(one.path)
        if one.method != "GET":
            (found.append(one) if one.kind in deeds else report.unproven.add(one.kind))
            continue
        status, text, where = owner.ask(one)
        if shown(world, inside(text), (one.path,)) or differs(
                owner, one, (status, text, where), world, nobody):
            found.append(one)
        else:
            report.unproven.add(one.kind)
        if status == 200 and app is not None:
            beyond += links(text)
            formed |= {path: name for name, path in forms.asked(
                text, one.path, typed, world.phone)}
    for path in [one for one in dict.fromkeys(beyond) if one not in seen][:CRAWLED]:
        one = Ask(f"GET link {re.sub('[0-9A-Z]{4}-[0-9A-Z-]+|[0-9]+', 'N', path)}", path, "",
                  needs=needs_of(app, path))
        if shown(world, inside(owner.ask(one)[1]), (path,)):
            found.append(one)
    for path, name in [one for one in formed.items() if one[0] not in seen][:FORMED]:
        base = re.sub("[0-9A-Z]{4}-[0-9A-Z-]+|[0-9]+", "N", path.partition("?")[0])
        one = Ask(f"GET form {base} {name}", path, "", needs=needs_of(app, path))
        if shown(world, inside(owner.ask(one)[1]), (path,)):
            found.append(one)
    return found


def inside(text: str) -> str:
    """A page without its frame, which names the work space on every page of its owner and so proves
    nothing about the page."""
    return re.sub(r'<title>.*?</title>|<div class="place-card">.*?</div>', "", text,
                  flags=re.DOTALL)


def links(text: str) -> list[str]:
    """The addresses a page leads to."""
    found = [one.replace("&amp;", "&") for one in re.findall(r'href="(/[^"#]*)"', text)]
    return [one for one in found if not one.startswith(
        ("/static", "/lang", "/logout", "/tema", "/hesabim", "//", "/demo"))]


def proven_deeds(owner: Any, world: World, nobody: World, cases: Iterable[Ask]) -> set[str]:
    """The kinds of change that do something to a row of one's own, or say something else of it than
    of one that is not there."""
    done = set()
    for one in cases:
        if one.method == "GET":
            continue
        if differs(owner, one, owner.ask(one), world, nobody):
            done.add(one.kind)
    return done


def differs(owner: Any, one: Ask, said: tuple[int, str, str], world: World,
            nobody: World) -> bool:
    """Whether an answer is another than that about nobody's row."""
    if one.path == one.twin and one.data == one.twin_data:
        return False
    return unlike(said, owner.ask(one.of_nobody()), world, nobody)


def unlike(mine: tuple[int, str, str], twin: tuple[int, str, str], *worlds: World) -> bool:
    """Whether two answers say different things, whatever numbers they were asked for."""
    return mine[0] != twin[0] or any(
        plain(mine[n], *worlds) != plain(twin[n], *worlds) for n in (1, 2))


def shown(world: World, text: str, sent: Iterable[str] = ()) -> bool:
    """Whether something of the world stands in the text that was not typed by whoever asked."""
    typed = unquote(" ".join(sent))
    phoned = any(phone in typed for phone in world.phones)
    return any(mark in text for mark in world.marks if mark not in typed and not (
        phoned and mark in world.phones))


# -- the walk ------------------------------------------------------------------------------------


def walk(client: Any, viewer: Viewer, world: World, nobody: World, cases: list[Ask],
         report: Report, *, told: dict[str, tuple[int, str, str]] | None) -> None:
    """Ask all cases about a stranger's world. ``told`` keeps what is said of nobody; without it
    (the filter is off) only marks and rows count."""
    before = rows(world)
    for one in sorted(cases, key=lambda one: one.method):
        report.cases += 1
        report.kinds.add(one.kind)
        status, text, where = client.ask(one)
        if shown(world, text + where, (*dict(one.data).values(), one.path)):
            report.leak(viewer.name, world.level, one.kind, one.path, status, "shows the mark")
        elif told is not None and (" one " in one.kind or " filter " in one.kind):
            key = f"{one.kind} {one.twin}"
            if key not in told or " filter " in one.kind:  # one's own list may have grown
                told[key] = client.ask(one.of_nobody())
            if unlike((status, text, where), told[key], world, nobody):
                report.leak(viewer.name, world.level, one.kind, one.path, status, told[key][0],
                            "differs from nobody's")
        elif told is not None and status >= 500:
            report.leak(viewer.name, world.level, one.kind, one.path, status, "breaks")
    after = rows(world)
    for table in before:
        if before[table] != after[table]:
            report.leak(viewer.name, world.level, table, "was changed")


def rows(world: World) -> dict[str, Any]:
    """The world's rows and how many there are of its level, as they stand."""
    conn, found = db.system_connection(), {}
    for table, number in world.ids.items():
        if table not in SHARED[world.level]:
            found[table] = conn.execute(
                f"select t.* from {table} t where id = %s order by 1", (number,)).fetchall()  # type: ignore[arg-type]
    column = f"{world.level}_id"
    for (table,) in conn.execute(
            "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where a.attname = %s and c.relkind in ('r', 'p') and not c.relispartition "
            "and c.relnamespace = 'public'::regnamespace and c.relname not in "
            "('user_session', 'audit_entry', 'api_usage', 'api_call', 'api_nonce')",
            (column,)).fetchall():
        found[f"{table}#"] = conn.execute(
            f"select count(*) from {table} where {column} = %s",  # type: ignore[arg-type]
            (world.ids[world.level],)).fetchone()
    return found


def by_kind(leaks: list[str]) -> dict[str, int]:
    """How many leaks of which kind, for whoever reads the report."""
    counted: dict[str, int] = defaultdict(int)
    for one in leaks:
        counted[" · ".join(one.split(" · ")[2:3])] += 1
    return counted
