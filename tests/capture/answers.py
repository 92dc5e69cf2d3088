"""One scene per documented answer: how a visitor makes the application say just that."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from config import settings
from ileti.channels.render import refuse_url
from ileti.core import clock

from .conftest import Browser, new_phone

FOREIGN = {"Origin": "https://boese.ornek.test"}


@dataclass
class Seen:
    """An answer, whichever way it was asked for."""

    status: int
    kind: str
    body: Any = None


@dataclass
class World:
    """A site, its visitor without script (``pages``) and with the widget (``browser``)."""

    pages: Any
    browser: Browser
    place: Any
    new_site: Callable[..., str]
    code_of: Callable[[str], str]
    patch: pytest.MonkeyPatch

    @property
    def key(self) -> str:
        return self.browser.site_key

    def call(self, method: str, action: str, raw: bytes = b"", **more: Any) -> Seen:
        answer = self.browser.call(method, action, raw, **more)
        return Seen(answer.status, answer.headers["Content-Type"], answer.body)

    def post(self, action: str, body: Any) -> Seen:
        answer = self.browser.post(action, body)
        return Seen(answer.status, answer.headers["Content-Type"], answer.body)

    def body(self, action: str) -> dict[str, Any]:
        """A good body for an action, with what must happen before it."""
        if action == "submissions":
            return self.browser.filled("MESAJ", "EPOSTA", notice={"at": clock.now().isoformat()})
        handle = self.handle()
        if action == "codes":
            return {"handle": handle, "to": "phone"}
        return {"handle": handle, "codes": [{"to": "phone", "code": self.code_of("phone")}]}

    def handle(self) -> str:
        return str(self.browser.submit("MESAJ").body["handle"])

    def page(self, method: str, path: str, **more: Any) -> Seen:
        answer = getattr(self.pages, method)(path, **more)
        body = answer.json if answer.mimetype == "application/json" else answer.text
        return Seen(answer.status_code, answer.content_type, body)

    def filled(self, **more: Any) -> dict[str, str]:
        html = self.pages.get(f"/f/{self.key}").text
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)) | {
            "choice": "MESAJ", "name": "Nazlı Kırşehirli", "phone": new_phone()} | more

    def refusal(self, recipient: int | None = None) -> str:
        self.handle()
        number = recipient if recipient is not None else self.recipient()
        url = refuse_url(self.place.provider_id, self.place.brand_id, number, ["MESAJ"], "tr")
        return url.removeprefix(settings().base_url)

    def recipient(self) -> int:
        from ileti.core import db

        row = db.connection().execute("select max(id) from recipient where provider_id = %s",
                                      (self.place.provider_id,)).fetchone()
        return int(row[0]) if row else 0

    def stop(self) -> None:
        """No request is left of this minute."""
        from ileti.core.errors import TooMany

        def refuse(*_: Any, **__: Any) -> None:
            raise TooMany(retry_after=30)

        self.patch.setattr("ileti.capture.limits.counters.check", refuse)

    def break_with(self, error: Exception) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise error

        self.patch.setattr("ileti.capture.endpoints.find_site", fail)


Scene = Callable[[World], Seen]
SCENES: dict[tuple[str, int], Scene] = {}


def scene(name: str, status: int) -> Callable[[Scene], Scene]:
    def keep(function: Scene) -> Scene:
        SCENES[name, status] = function
        return function
    return keep


# -- the calls in front of Flask -------------------------------------------------------------------


def _late(world: World, method: str, action: str, raw: bytes = b"", seconds: int = 90_000) -> Seen:
    with clock.freeze(clock.now() + timedelta(seconds=seconds)):
        return world.call(method, action, raw)


def _lean(name: str, method: str, action: str, good: int) -> None:
    """What all four calls have in common."""
    def do(world: World) -> Seen:
        if method == "GET":
            return world.call("GET", action, query="lang=en")
        return world.post(action, world.body(action))

    def foreign(world: World) -> Seen:
        world.browser.origin = "https://boese.ornek.test"
        return world.call(method, action, b"{}")

    def unknown(world: World) -> Seen:
        world.browser.site_key = "pk_nobody"
        return world.call(method, action, b"{}")

    def limited(world: World) -> Seen:
        world.patch.setattr(settings(), "capture_ip_per_minute", 1)
        for _ in range(4):
            world.call(method, action, b"{}")
        return world.call(method, action, b"{}")

    def broken(world: World) -> Seen:
        world.break_with(RuntimeError("a fault of ours"))
        return world.call(method, action, b"{}")

    def away(world: World) -> Seen:
        world.break_with(psycopg.OperationalError("gone"))
        return world.call(method, action, b"{}")

    SCENES.update({(name, good): do, (name, 403): foreign, (name, 404): unknown,
                   (name, 429): limited, (name, 500): broken, (name, 503): away})
    if method == "POST":
        SCENES[name, 413] = lambda world: world.call(method, action, b" " * 20_000)
        SCENES[name, 422] = lambda world: world.call(method, action, b"{}")


_lean("readForm", "GET", "form", 200)
_lean("readNotice", "GET", "notice", 200)
_lean("submit", "POST", "submissions", 201)
_lean("confirm", "POST", "confirmations", 200)
_lean("sendCode", "POST", "codes", 202)


@scene("sendCode", 202)
def _(world: World) -> Seen:
    body = world.body("codes")
    with clock.freeze(clock.now() + timedelta(seconds=31)):
        return world.post("codes", body)


@scene("submit", 409)
def _(world: World) -> Seen:
    body = world.body("submissions")
    world.post("submissions", body)
    return world.post("submissions", body | {"name": "Bir Başkası"})


@scene("submit", 410)
def _(world: World) -> Seen:
    body = world.body("submissions")
    with clock.freeze(clock.now() + timedelta(hours=1)):
        return world.post("submissions", body)


@scene("submit", 422)
def _(world: World) -> Seen:
    return world.post("submissions", world.body("submissions") | {"phone": "1", "name": ""})


@scene("confirm", 410)
def _(world: World) -> Seen:
    body = world.body("confirmations")
    with clock.freeze(clock.now() + timedelta(hours=25)):
        return world.post("confirmations", body)


@scene("confirm", 422)
def _(world: World) -> Seen:
    body = world.body("confirmations")
    body["codes"][0]["code"] = "12345"
    return world.post("confirmations", body)


@scene("sendCode", 410)
def _(world: World) -> Seen:
    body = world.body("codes")
    with clock.freeze(clock.now() + timedelta(hours=25)):
        return world.post("codes", body)


# -- pages -----------------------------------------------------------------------------------------


def _handled(name: str, method: str, path: str) -> None:
    """What all pages with a handle have in common; ``path`` below the site's form."""
    def ask(world: World, handle: str, **more: Any) -> Seen:
        if method == "get":
            return world.page("get", f"/f/{world.key}/{path}?h={handle}", **more)
        data = {"handle": handle, "to": "phone", "code.phone": "000000"} | more.pop("data", {})
        return world.page("post", f"/f/{world.key}/{path}", data=data, **more)

    def good(world: World) -> Seen:
        handle = world.handle()
        with clock.freeze(clock.now() + timedelta(seconds=31)):
            return ask(world, handle, data={"code.phone": world.code_of("phone")})

    def unknown(world: World) -> Seen:
        world.browser.site_key = "pk_nobody"
        return ask(world, "x")

    def old(world: World) -> Seen:
        handle = world.handle()
        with clock.freeze(clock.now() + timedelta(hours=25)):
            return ask(world, handle)

    def limited(world: World) -> Seen:
        handle = world.handle()
        world.stop()
        return ask(world, handle)

    SCENES.update({
        (name, 200): good, (name, 403): lambda world: ask(world, "x" * 2_000),
        (name, 404): unknown, (name, 410): old, (name, 429): limited,
    })
    if name == "codePage":
        SCENES[name, 422] = lambda world: ask(world, world.handle(), data={"code.phone": "abc"})


_handled("codePage", "post", "code")
_handled("newCodePage", "post", "code/new")
_handled("receiptPage", "get", "receipt")
_handled("receiptFile", "get", "receipt.json")
_handled("standardReceipt", "get", "receipt.jsonld")


def _limited(ask: Scene) -> Scene:
    def limited(world: World) -> Seen:
        world.stop()
        return ask(world)
    return limited


def _show(world: World) -> Seen:
    return world.page("get", f"/f/{world.key}")


def _notice_of_site(world: World) -> Seen:
    return world.page("get", f"/f/{world.key}/notice")


SCENES["noticeOfSite", 200] = _notice_of_site
SCENES["noticeOfSite", 404] = lambda world: world.page("get", "/f/pk_nobody/notice")
SCENES["noticeOfSite", 429] = _limited(_notice_of_site)


def _send(world: World) -> Seen:
    return world.page("post", f"/f/{world.key}", data={"token": "x", "key": "k" * 8})


SCENES["formPage", 200] = _show
SCENES["formPage", 404] = lambda world: world.page("get", "/f/pk_nobody")
SCENES["formPage", 429] = _limited(_show)
SCENES["submitPage", 200] = lambda world: world.page(
    "post", f"/f/{world.key}", data=world.filled())
SCENES["submitPage", 403] = lambda world: world.page(
    "post", f"/f/{world.key}", data=world.filled(), headers=FOREIGN)
SCENES["submitPage", 404] = lambda world: world.page("post", "/f/pk_nobody")
SCENES["submitPage", 422] = lambda world: world.page(
    "post", f"/f/{world.key}", data=world.filled(phone="1"))
SCENES["submitPage", 429] = _limited(_send)


@scene("submitPage", 409)
def _(world: World) -> Seen:
    data = world.filled()
    world.page("post", f"/f/{world.key}", data=data)
    return world.page("post", f"/f/{world.key}", data=data | {"name": "Bir Başkası"})


@scene("submitPage", 503)
def _(world: World) -> Seen:
    world.patch.setattr(settings(), "codes_per_site_per_day", 0)
    return world.page("post", f"/f/{world.key}", data=world.filled())


@scene("submitPage", 410)
def _(world: World) -> Seen:
    data = world.filled()
    with clock.freeze(clock.now() + timedelta(hours=1)):
        return world.page("post", f"/f/{world.key}", data=data)


def _refusals(name: str, method: str) -> None:
    def ask(world: World) -> Seen:
        return world.page(method, world.refusal())

    def erased(world: World) -> Seen:
        path = world.refusal()
        with psycopg.connect(settings().database_url, autocommit=True) as owner:
            owner.execute("update recipient set addr_ct = null, addr_hash = null, leaf_key = null "
                          "where id = %s", (world.recipient(),))
        return world.page(method, path)

    def limited(world: World) -> Seen:
        path = world.refusal()
        world.stop()
        return world.page(method, path)

    SCENES.update({(name, 200): ask, (name, 410): erased, (name, 429): limited,
                   (name, 403): lambda world: world.page(method, "/r/forged.token")})


_refusals("refusalPage", "get")
_refusals("refuse", "post")


def _mailed(world: World) -> str:
    from ileti.channels.render import receipt_url
    from ileti.core import db

    world.handle()
    row = db.connection().execute("select max(id) from submission where provider_id = %s",
                                  (world.place.provider_id,)).fetchone()
    return receipt_url(world.place.provider_id, row[0] if row else 0,
                       world.recipient()).removeprefix(settings().base_url)


@scene("mailedReceipt", 410)
def _(world: World) -> Seen:
    path = _mailed(world)
    with psycopg.connect(settings().database_url, autocommit=True) as owner:
        owner.execute("update recipient set addr_ct = null, addr_hash = null, leaf_key = null "
                      "where id = %s", (world.recipient(),))
    return world.page("get", path)


@scene("mailedReceipt", 404)
def _(world: World) -> Seen:
    from ileti.channels.render import receipt_url

    url = receipt_url(world.place.provider_id, 2**40, 1)
    return world.page("get", url.removeprefix(settings().base_url))


@scene("mailedReceipt", 429)
def _(world: World) -> Seen:
    path = _mailed(world)
    world.stop()
    return world.page("get", path)


SCENES["mailedReceipt", 200] = lambda world: world.page("get", _mailed(world))
SCENES["mailedReceipt", 403] = lambda world: world.page("get", "/m/forged.token")


@scene("notice", 200)
def _(world: World) -> Seen:
    url = world.browser.form()["notice"]["url"]
    return world.page("get", url.removeprefix(settings().base_url))


SCENES["notice", 404] = lambda world: world.page("get", "/n/2000000000")
SCENES["receiptKeys", 200] = lambda world: world.page("get", "/.well-known/ileti-receipts.json")
