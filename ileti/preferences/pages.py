"""The hosted preference centre: one page a person enters by a code or a link, without JavaScript.

Looking never changes anything: mail scanners open every link, also by POST, so that even a session
begins only with the button of our own page. The session is one strictly necessary cookie (R-67),
sent to this provider's pages only, never by a page of somebody else and to no script. An act is a
POST that answers with a redirection, so that reloading repeats nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.capture import code_limits, receiptpage, takeaway
from ileti.capture.limits import counters
from ileti.capture.page import (
    asked_language,
    draw,
    in_language,
    other_language,
    refuse_foreign_page,
    show_error,
    visitor,
)
from ileti.channels.preference_link import read_link
from ileti.channels.render import istanbul_text
from ileti.consents.consentreceipt import MEDIA_TYPE
from ileti.consents.numbers import entry_of, record_number
from ileti.consents.vocabulary import Channel
from ileti.core import clock
from ileti.core.errors import (
    Gone,
    IletiError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooMany,
    TryLater,
)
from ileti.core.secrets import secrets
from ileti.preferences import acts, history, identity, owndata, session, standing, ways, words
from ileti.preferences.centre import Centre, centre_of_provider, find_centre
from ileti.preferences.session import Address, Session

blueprint = Blueprint("preferences", __name__, url_prefix="/t")

COOKIE: Final = "ileti_tercih"
_SAID_SECONDS: Final = 60


class _Out(Exception):
    """Nobody is in; ``why`` an error to be told, or None at a first visit."""

    def __init__(self, centre: Centre, why: IletiError | None = None) -> None:
        super().__init__()
        self.centre, self.why = centre, why


@blueprint.errorhandler(_Out)
def ask_who(out: _Out) -> ResponseReturnValue:
    """The page that asks for an address, with the reason where there is one."""
    looking = request.method in ("GET", "HEAD")
    if out.why is None and looking and request.path != out.centre.path:
        return _keep(_as_response(redirect(_url(out.centre), 302)), out.centre, None)
    status = out.why.status if out.why else 200 if looking else 403
    return _enter(out.centre, note=out.why, status=status)


@blueprint.errorhandler(IletiError)
def explain(error: IletiError) -> ResponseReturnValue:
    """What went wrong, in words."""
    return show_error(error)


def _page(template: str, centre: Centre, status: int = 200, **context: Any) -> Response:
    language = asked_language()
    context.setdefault("other", other_language(request.path, language))
    return draw(f"preferences/{template}", language, centre.name, status,
                brand_id=centre.accent_brand, centre=centre, home=_url(centre),
                url=lambda tail: _url(centre, tail), **context)


def _url(centre: Centre, tail: str = "") -> str:
    return in_language(f"{centre.path}{tail}", asked_language())


def _in(code: str, *, share: int = 4) -> tuple[Centre, Session, list[Address]]:
    """Centre, session and its addresses; shows the way in when nobody is in."""
    centre = find_centre(code)
    counters.check("t", centre.provider_id, visitor().address, share=share)
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise _Out(centre)
    try:
        found = session.open_session(token, centre.provider_id)
    except (NotAllowed, Gone) as error:
        raise _Out(centre, error if isinstance(error, Gone) else None) from None
    people = session.addresses(found)
    if not people:
        raise _Out(centre)
    return centre, found, people


def _session(centre: Centre) -> Session | None:
    """The session a browser is in already, if any."""
    try:
        return session.open_session(request.cookies.get(COOKIE, ""), centre.provider_id)
    except (NotAllowed, Gone):
        return None


def _keep(answer: Response, centre: Centre, found: Session | None) -> Response:
    """Put the session into its cookie, or take the cookie away."""
    secure = settings().base_url.startswith("https://")
    if found is None:
        answer.delete_cookie(COOKIE, path=centre.path, secure=secure, httponly=True,
                             samesite="Strict")
    else:
        answer.set_cookie(COOKIE, found.token(), max_age=session.SESSION_SECONDS,
                          path=centre.path, secure=secure, httponly=True, samesite="Strict")
    return answer


def _back(centre: Centre, found: Session | None, what: str, channel: Channel | None = None
          ) -> Response:
    """To the page, with what to say there."""
    said = secrets().tokens("preference-said").make(
        {"w": what, "c": None if channel is None else int(channel),
         "t": int(clock.now().timestamp())}, seconds=_SAID_SECONDS)
    url = _url(centre)
    answer = redirect(f"{url}{'&' if '?' in url else '?'}d={said}", 303)
    return _keep(_as_response(answer), centre, found)


def _as_response(answer: Any) -> Response:
    assert isinstance(answer, Response)
    return answer


# -- the way in ------------------------------------------------------------------------------------


def _enter(centre: Centre, *, status: int = 200, typed: str = "", note: IletiError | None = None,
           errors: list[dict[str, str]] | None = None, adding: bool = False) -> Response:
    language = asked_language()
    return _page(
        "enter.html", centre, status, errors=errors, typed=typed, adding=adding, said=_said(),
        note=note.say(language) if note else "", by_code=centre.site is not None,
        other=other_language(centre.path, language),
        apply_url=ways.application_url(centre.provider_id, language))


def _errors(error: InvalidInput) -> list[dict[str, str]]:
    language = asked_language()
    return [{"field": one.field, "message": one.say(language)} for one in error.errors]


@blueprint.get("/<code>/add")
def add(code: str) -> ResponseReturnValue:
    """Ask for one more address."""
    centre, _, _ = _in(code)
    return _enter(centre, adding=True)


@blueprint.post("/<code>/code")
def send_code(code: str) -> ResponseReturnValue:
    """Send a code to the typed address, if it is known; the answer is the same if it is not."""
    centre, typed = find_centre(code), request.form.get("address", "")[:400]
    refuse_foreign_page()
    counters.check("t", centre.provider_id, visitor().address)
    try:
        waiting = identity.send_code(centre, typed, asked_language())
    except InvalidInput as error:
        return _enter(centre, status=422, typed=typed, errors=_errors(error))
    except TooMany as error:
        note = code_limits.wait(error, asked_language())
        return _later(_enter(centre, status=429, typed=typed,
                             note=TooMany(note, note)), error)
    except TryLater as error:
        return _later(_enter(centre, status=error.status, typed=typed, note=error), error)
    return _code(centre, waiting)


def _later(answer: Response, error: TryLater) -> Response:
    answer.headers["Retry-After"] = str(error.retry_after or 60)
    return answer


def _code(centre: Centre, waiting: identity.Waiting, status: int = 200,
          errors: list[dict[str, str]] | None = None) -> Response:
    return _page("code.html", centre, status, waiting=waiting, errors=errors,
                 minutes=-(-waiting.seconds // 60), other=None)


@blueprint.post("/<code>/enter")
def enter(code: str) -> ResponseReturnValue:
    """Check a code; a right one opens the page, or adds its address to it."""
    centre, token = find_centre(code), request.form.get("waiting", "")
    refuse_foreign_page()
    counters.check("t", centre.provider_id, visitor().address)
    before = _session(centre)
    try:
        found = identity.check_code(centre, token, request.form.get("code", ""), before)
    except InvalidInput as error:
        return _code(centre, identity.waiting_of(centre, token), 422, _errors(error))
    except Gone as error:
        raise _Out(centre, error) from None
    return _back(centre, found, "added" if before else "")


@blueprint.get("/l/<token>")
def link(token: str) -> ResponseReturnValue:
    """A page with a button: a link that is only looked at opens nothing."""
    counters.check("t", 0, visitor().address, share=4)
    found = read_link(token)
    centre = centre_of_provider(found.provider_id)
    language = asked_language() if "lang" in request.args else found.language
    if not found.open:
        return redirect(in_language(centre.path, language), 302)
    return draw("preferences/link.html", language, centre.name, brand_id=centre.accent_brand,
                centre=centre, token=token, action=_named(f"{centre.path}/link", language),
                other=other_language(request.path, language) | {
                    "url": _named(request.path, "tr" if language == "en" else "en")})


def _named(path: str, language: str) -> str:
    return f"{path}?lang={language}"


@blueprint.post("/<code>/link")
def enter_by_link(code: str) -> ResponseReturnValue:
    """The button of the link's page; where the link itself stands nothing takes a post."""
    centre = find_centre(code)
    refuse_foreign_page()
    counters.check("t", centre.provider_id, visitor().address)
    found = read_link(request.form.get("link", ""))
    if found.provider_id != centre.provider_id:
        raise NotAllowed(code="foreign_link")
    before = _session(centre)
    try:
        made = identity.enter_by_link(found, before)
    except Gone as error:
        raise _Out(centre, error) from None
    added = before is not None and found.recipient_id not in before.proven
    return _back(centre, made, "added" if added else "")


@blueprint.post("/<code>/leave")
def leave(code: str) -> ResponseReturnValue:
    """End the session, here and for whoever copied its token."""
    centre = find_centre(code)
    refuse_foreign_page()
    found = _session(centre)
    if found is not None:
        session.leave(found)
    return _back(centre, None, "left")


# -- what stands -----------------------------------------------------------------------------------


@blueprint.get("/<code>")
def home(code: str) -> ResponseReturnValue:
    """Everything that stands, with its buttons; the way in when nobody is in."""
    centre, found, people = _in(code)
    return _keep(_home(centre, found, people), centre, found)


def _home(centre: Centre, found: Session, people: list[Address], status: int = 200,
          errors: list[dict[str, str]] | None = None) -> Response:
    language = asked_language()
    lines, more = history.lines(centre, people, most=history.FIRST)
    return _page(
        "home.html", centre, status, errors=errors, said=_said(),
        now=standing.overview(centre, found, people, language),
        history=history.told(lines, people, language), more=more is not None,
        may_add=centre.site is not None and len(people) < session.MOST_ADDRESSES,
        minutes=session.SESSION_SECONDS // 60, other=other_language(centre.path, language),
        apply_url=ways.application_url(centre.provider_id, language, found),
        apply_words=ways.application_words(centre.provider_id))


def _said() -> tuple[str, str] | None:
    """What the act before this page came to, and when; nothing for a token of long ago."""
    token = request.args.get("d", "")
    if not token or len(token) > 400:
        return None
    try:
        told = secrets().tokens("preference-said").read(token)
    except (NotAllowed, Gone):
        return None
    channel = None if told["c"] is None else Channel(told["c"])
    sentence = words.said(told["w"], channel, asked_language())
    at = istanbul_text(datetime.fromtimestamp(told["t"], UTC))
    return (sentence, at) if sentence else None


@blueprint.post("/<code>/act")
def act(code: str) -> ResponseReturnValue:
    """Do what one button says."""
    centre, found, people = _in(code, share=1)
    refuse_foreign_page()
    pressed = request.form.get("act", "")
    where = acts.At(centre, found, people, visitor(), asked_language(),
                    request.form.get("name", "")[:400])
    try:
        done = acts.press(where, pressed)
    except InvalidInput as error:
        return _keep(_home(centre, found, people, 422, _errors(error)), centre, found)
    except Gone as error:
        raise _Out(centre, error) from None
    return _back(centre, found, done.what, done.channel)


@blueprint.get("/<code>/stop")
def stop(code: str) -> ResponseReturnValue:
    """Ask once before everything is stopped."""
    centre, found, people = _in(code)
    return _page("stop.html", centre, stop=session.button(found, "stop"),
                 addresses=[one.masked for one in people],
                 brands=[brand.name for brand in centre.brands])


# -- what was --------------------------------------------------------------------------------------


@blueprint.get("/<code>/history")
def past(code: str) -> ResponseReturnValue:
    """Everything that was recorded, a page at a time."""
    centre, _, people = _in(code)
    asked = request.args.get("before", "")[:40]
    before = entry_of(asked) if asked else None
    if asked and before is None:
        raise NotFound()
    lines, more = history.lines(centre, people, before=before)
    older = f"/history?before={record_number(more)}" if more is not None else None
    return _page("history.html", centre, lines=history.told(lines, people, asked_language()),
                 older=_url(centre, older) if older else None,
                 newest=_url(centre, "/history") if before else None)


@blueprint.get("/<code>/receipt/<number>.json")
def receipt(code: str, number: str) -> ResponseReturnValue:
    """The signed receipt of a record, as a file that anybody can check offline."""
    centre, _, people = _in(code)
    body = history.receipt(centre, people, number)
    return _file(body, f"{body['receipt']}.json")


@blueprint.get("/<code>/receipt/<number>.jsonld")
def standard_receipt(code: str, number: str) -> ResponseReturnValue:
    """The same for other software: ISO/IEC TS 27560 as JSON-LD."""
    centre, _, people = _in(code)
    raw, headers = takeaway.as_file(history.standard(centre, people, number))
    return Response(raw, content_type=MEDIA_TYPE, headers=headers | {"Cache-Control": "no-store"})


@blueprint.get("/<code>/receipt/<number>")
def receipt_page(code: str, number: str) -> ResponseReturnValue:
    """The receipt to read, with its files."""
    centre, found, people = _in(code)
    made, language = history.standard(centre, people, number), asked_language()
    path = f"{centre.path}/receipt/{number}"
    return _keep(receiptpage.show(
        made, language, home=_url(centre), centre_url=None,
        other=other_language(path, language), files=[
            (receiptpage.FILE[language], f"{path}.jsonld"), (_FILE[language], f"{path}.json")]),
        centre, found)


_FILE: Final = {"tr": "İleti’nin kendi biçimiyle indir", "en": "Download in İleti’s own form"}


@blueprint.get("/<code>/data")
def data(code: str) -> ResponseReturnValue:
    """What a copy holds, and the buttons that give it: looking opens nothing."""
    centre, found, people = _in(code)
    return _page("data.html", centre, addresses=[one.masked for one in people],
                 apply_url=ways.application_url(centre.provider_id, asked_language(), found),
                 apply_words=ways.application_words(centre.provider_id))


@blueprint.post("/<code>/data.<any(json, pdf):form>")
def data_file(code: str, form: str) -> ResponseReturnValue:
    """All that is kept about these addresses, to read or for programs; who took it is written down
    first."""
    centre, _, people = _in(code, share=1)
    refuse_foreign_page()
    counters.check("td", centre.provider_id, visitor().address)
    body = owndata.copy(centre, people, asked_language(), pdf=form == "pdf",
                        network=visitor().address)
    return Response(body, content_type=f"application/{form}", headers={
        "Content-Disposition": f'attachment; filename="verilerim-{centre.iys_code}.{form}"',
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _file(body: Any, name: str) -> Response:
    return Response(msgspec.json.format(msgspec.json.encode(body), indent=2),
                    content_type="application/json", headers={
                        "Content-Disposition": f'attachment; filename="{name}"',
                        "Cache-Control": "no-store"})
