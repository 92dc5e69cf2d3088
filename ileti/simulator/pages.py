"""The page at `/`: what the registry holds, what was asked of it, and a citizen's hands.

Server-rendered, without JavaScript, under a strict content policy and with everything it needs
in the package. Forms post to `/_act/…` and come back to the page (303), so that a reload never
repeats an act.
"""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ileti.simulator import acts, phonepage
from ileti.simulator.brands import SUBSCRIPTION_STATES
from ileti.simulator.clock import read
from ileti.simulator.desk import Answer, Call, Desk, answer
from ileti.simulator.faults import KINDS, read_fault
from ileti.simulator.observer import LONGEST_BODY, readable
from ileti.simulator.options import SettingError
from ileti.simulator.records import Movement
from ileti.simulator.words import SOURCES, WORDS

HERE = Path(__file__).parent
SHOWN_CONSENTS = 25
SHOWN_REQUESTS = 30

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

Headers = list[tuple[str, str]]


def page(desk: Desk, call: Call, *, foreign: bool) -> tuple[Answer, Headers]:
    """The page, or what one of its forms does; a form sent from another site is refused."""
    headers: Headers = [
        ("Content-Security-Policy", POLICY),
        ("Referrer-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
        ("Cache-Control", "no-store"),
    ]
    if call.path in ("/", phonepage.PATH):
        if call.method not in ("GET", "HEAD"):
            return answer({"message": "Bu yol bu yöntemi almıyor."}, 405), headers
        shown = _rendered(desk, call.args) if call.path == "/" else template("phones.html").render(
            phonepage.context(desk, call.args))
        html = shown.encode("utf-8", "replace")
        return Answer(200, html, "text/html; charset=utf-8"), headers
    if call.method != "POST" or foreign:
        return answer({"message": "Bu form buradan gönderilemez."}, 403), headers
    if call.path.removeprefix("/_act/") in phonepage.ACTS:
        done, where = phonepage.acted(desk, call)
        return done, [*headers, ("Location", where)]
    return _acted(desk, call, headers)


@lru_cache(maxsize=64)
def _file(name: str) -> tuple[bytes, str] | None:
    path = HERE / "static" / name
    if "/" in name or name.startswith(".") or not path.is_file():
        return None
    kind = "font/woff2" if name.endswith(".woff2") else mimetypes.guess_type(name)[0]
    return path.read_bytes(), kind or "text/plain; charset=utf-8"


def static_file(name: str) -> tuple[Answer, Headers]:
    """One of the page's own files; nothing outside the folder."""
    found = _file(name)
    if found is None:
        return answer({"message": "Böyle bir dosya yok."}, 404), []
    lasting = "max-age=86400" if name.endswith(".woff2") else "no-cache"
    return Answer(200, *found), [("Cache-Control", lasting)]


def _acted(desk: Desk, call: Call, headers: Headers) -> tuple[Answer, Headers]:
    form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
    back = {"lang": "en"} if form.pop("lang", "") == "en" else {}
    search = form.pop("q", "")
    if search:
        back["q"] = search
    act = call.path.removeprefix("/_act/")
    try:
        back["done"] = _act(desk, act, form)
    except SettingError:
        back["failed"] = "other"
        if act == "citizen":
            back["failed"] = "citizen" if desk.registry.brands else "brand"
    return Answer(303), [*headers, ("Location", f"/?{urlencode(back)}")]


def _act(desk: Desk, act: str, form: dict[str, str]) -> str:
    """Do what a form wants; the name of the sentence that says it was done."""
    if act == "citizen":
        if form.get("type") != "EPOSTA":
            form["recipient"] = _phone(form.get("recipient", ""))
        done = acts.act_as_citizen(desk, {name: text for name, text in form.items() if text})
        return f"citizen_{done['status']}" if done["changed"] else "same"
    if act == "clock":
        acts.move_clock(desk, form)
        return "clock"
    if act == "subscription":
        acts.set_subscription(desk, form)
        return "subscription"
    if act == "fault":
        desk.faults.arm(read_fault({**form, "seconds": 60}))
        return "fault"
    if act == "fault_clear":
        desk.faults.disarm()
        return "fault_clear"
    raise SettingError("There is no such form.")


def _phone(text: str) -> str:
    """A phone as people write it, as İYS wants it."""
    digits = "".join(c for c in text if c.isdigit() and c.isascii())
    if text.strip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if len(digits) == 12 and digits.startswith("90"):
        return f"+{digits}"
    return f"+90{digits.removeprefix('0')}"


def _rendered(desk: Desk, args: dict[str, str]) -> str:
    language = 1 if args.get("lang") == "en" else 0
    search = args.get("q", "").strip()
    with desk.registry.lock:
        desk.registry.settle()
        registry = desk.registry
        shown = _found(desk, search) if search else _latest(registry.latest)
        rows = [_row(desk, movement, language) for movement in shown]
        total = registry.count_consents()
        numbers = {
            "approval": sum(brand.approval for brand in registry.brands.values()),
            "rejection": sum(brand.rejection for brand in registry.brands.values()),
            "movements": registry.tally["movements"],
            "waiting": len(registry.waiting),
        }
        brands = [(brand.code, brand.name) for brand in registry.brands.values()]
        states = [
            (p.iys_code, p.title, p.subscription) for p in registry.providers.values()
        ]
    counters = desk.observer.counters()
    failed = sum(count for status, count in counters["by_status"].items() if status >= "400")
    return template("page.html").render(
        t=lambda name, **more: WORDS[name][language].format(**more),
        language=("tr", "en")[language],
        search=search,
        done=args.get("done") if f"done_{args.get('done')}" in WORDS else None,
        failed=args.get("failed") if f"failed_{args.get('failed')}" in WORDS else None,
        now=desk.clock.now(),
        numbers=numbers,
        total=total,
        requests=counters["requests"],
        failures=failed,
        rows=rows,
        brands=brands,
        states=states,
        subscription_states=SUBSCRIPTION_STATES,
        kinds=[kind for kind in KINDS if kind != "code"],
        armed=desk.faults.listed(),
        seen=[_seen(item) for item in desk.observer.newest(SHOWN_REQUESTS)],
        count=lambda number: f"{number:,}".replace(",", ".") if not language else f"{number:,}",
        longest=LONGEST_BODY,
    )


@lru_cache(maxsize=8)
def template(name: str) -> Any:
    """The template of a page of the simulator."""
    shelf = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return shelf.get_template(name)


def _latest(movements: list[Movement]) -> list[Movement]:
    """The newest movement of each of the last moved addresses."""
    found: dict[tuple[int, str, str, str], Movement] = {}
    for movement in reversed(movements):
        key = (movement.brand, movement.recipient_type, movement.type, movement.recipient)
        found.setdefault(key, movement)
        if len(found) >= SHOWN_CONSENTS:
            break
    return list(found.values())


def _found(desk: Desk, search: str) -> list[Movement]:
    names = {search.lower(), _phone(search)}
    return [
        book[name][-1]
        for book in desk.registry.books.values()
        for name in names
        if name in book
    ][:SHOWN_CONSENTS]


def _row(desk: Desk, movement: Movement, language: int) -> dict[str, Any]:
    source = movement.source or ""
    return {
        "recipient": movement.recipient,
        "shown": spaced(movement.recipient),
        "kind": movement.recipient_type,
        "type": movement.type,
        "status": movement.status,
        "source": source,
        "source_shown": SOURCES[source][language] if source in SOURCES else "",
        "by_citizen": source.startswith("IYS_"),
        "brand": movement.brand,
        "brand_name": desk.registry.brands[movement.brand].name,
        "date": read(movement.date) if movement.date else None,
        "transaction": movement.transaction,
    }


def spaced(recipient: str) -> str:
    """A Turkish number in groups, anything else as it is."""
    if recipient.startswith("+90") and len(recipient) == 13:
        n = recipient
        return f"+90 {n[3:6]} {n[6:9]} {n[9:11]} {n[11:]}"
    return recipient


def _seen(item: Any) -> dict[str, Any]:
    return {
        "number": item.number,
        "at": read(item.at),
        "method": item.method,
        "path": item.path,
        "query": item.query,
        "status": item.status,
        "ok": item.status < 400,
        "codes": item.codes,
        "ms": item.milliseconds,
        "request": readable(item.request) if item.request else "",
        "request_size": item.request_size,
        "answer": readable(item.answer) if item.answer else "",
        "answer_size": item.answer_size,
        "fault": item.fault,
    }
