"""The hosted pages: the consent form, code step and receipt without JavaScript, refusal links and
published notices.

They are for everybody, set no cookie (R-67) and are protected by their own signed tokens. The
form's boxes are empty on every drawing, also after a fault (R-12); since a page without script
cannot tell when a box was ticked, the time of the act is the time of the post.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.capture import endpoints, forms, refusals, verify
from ileti.capture.forms import ChoiceIn, NoticeIn, SubmissionIn, Visitor
from ileti.capture.limits import FORWARD, MESSAGES, client_address, counters
from ileti.capture.receipts import receipt_number
from ileti.capture.sites import Site, find_site
from ileti.capture.submit import submit
from ileti.channels.render import initials, istanbul_text, render
from ileti.core import clock, db
from ileti.core.errors import CallerMistake, IletiError, InvalidInput, NotAllowed, NotFound

blueprint = Blueprint("public", __name__)

_TITLES: Final = {
    "tr": {403: "Bu sayfa açılamadı", 404: "Böyle bir sayfa yok", 410: "Sürenin sonu",
           429: "Biraz bekleyin"},
    "en": {403: "This page cannot be opened", 404: "There is no such page", 410: "Out of time",
           429: "Wait a little"},
}
_FAILED: Final = {"tr": "İşlem tamamlanamadı", "en": "This could not be completed"}
_OTHER: Final = {"tr": ("English", "en"), "en": ("Türkçe", "tr")}


def _page(template: str, language: str, brand: str, code: int = 200, **context: Any) -> Response:
    html = render(f"public/{template}", language,
                  brand={"name": brand, "initials": initials(brand)}, **context)
    return Response(html, status=code, content_type="text/html; charset=utf-8")


def _language() -> str:
    return "en" if request.args.get("lang") == "en" else "tr"


def visitor() -> Visitor:
    """Who asks, as evidence keeps it. Flask's own proxy fix may have been applied already."""
    address = client_address(request.environ.get("REMOTE_ADDR", ""), "")
    return Visitor(address, request.headers.get("User-Agent", "")[:300],
                   request.headers.get("Origin", ""))


@blueprint.errorhandler(IletiError)
def show_error(error: IletiError) -> ResponseReturnValue:
    """What went wrong, in the house's words."""
    language = _language()
    title = _TITLES[language].get(error.status, _FAILED[language])
    answer = _page("error.html", language, "İleti", error.status, title=title,
                   message=error.say(language), status=error.status)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _refuse_foreign_page() -> None:
    """A post from another site's page; our own sends "null" because it gives no referrer."""
    origin = request.headers.get("Origin", "null")
    if origin not in ("null", settings().base_url, request.host_url.rstrip("/")):
        counters.note("forged_origin")
        raise NotAllowed(code="origin_refused")


# -- the form --------------------------------------------------------------------------------------


@blueprint.get("/f/<site_key>")
def form(site_key: str) -> ResponseReturnValue:
    """The consent form as a page."""
    site = find_site(site_key)
    counters.check("f", site.id, visitor().address, share=4)
    return _draw(site, _language())


def _draw(site: Site, language: str, status: int = 200, **more: Any) -> Response:
    shown = forms.show(site, language)
    label, other = _OTHER[language]
    return _page(
        "form.html", language, site.brand_name, status, form=shown, token=shown["token"],
        key=str(uuid.uuid4()), shown_at=clock.now().isoformat(), action=f"/f/{site.key}",
        other={"label": label, "lang": other, "url": f"/f/{site.key}?lang={other}"}, **more,
    )


@blueprint.post("/f/<site_key>")
def send_form(site_key: str) -> ResponseReturnValue:
    """Record what was ticked; draw the form again, boxes empty, when something is missing."""
    site = find_site(site_key)
    _refuse_foreign_page()
    counters.check("s", site.id, visitor().address)
    if site.policy == "signed":
        raise NotAllowed("Bu form yalnız sitenin kendi sayfasında kullanılır.",
                         "This form is used on the site’s own page only.", code="vouch_refused")
    try:
        body = _posted()
        language = endpoints.language_of(body.token, "form")
        if not body.choices and body.notice is None:
            return _receipt_page(site, language, state="none", lines={}, notice=None)
        endpoints.check_texts(body)
        receipt = submit(site, body, visitor(), own_page=True)
    except InvalidInput as error:
        token = request.form.get("token", "")
        language = endpoints.language_of(token, "form")
        faults = [{"field": e.field, "message": e.say(language)} for e in error.errors] or [
            {"field": "choices", "message": error.say(language)}]
        values = {name: request.form.get(name, "")[:400] for name in ("name", "phone", "email")}
        return _draw(site, language, 422, values=values, errors=faults)
    if receipt["codes"]:
        return _code_page(site, language, receipt["handle"], receipt["codes"])
    opened = verify.open_handle(site, receipt["handle"])
    return _show_receipt(site, opened, receipt["handle"])


def _posted() -> SubmissionIn:
    """The posted fields as the widget would have sent them."""
    said = request.form
    now = clock.now().isoformat()
    try:
        return SubmissionIn(
            key=said.get("key", ""), token=said.get("token", ""), shownAt=said.get("shown_at", ""),
            choices=[ChoiceIn(channel=msgspec.convert(word, forms.ChannelWord), status="ONAY",
                              at=now) for word in dict.fromkeys(said.getlist("choice"))],
            notice=NoticeIn(at=now) if said.get("notice") == "read" else None,
            website=said.get("website", ""), name=said.get("name"), phone=said.get("phone"),
            email=said.get("email"),
        )
    except msgspec.ValidationError as error:
        raise InvalidInput() from error


# -- the code --------------------------------------------------------------------------------------


def _code_page(site: Site, language: str, handle: str, codes: list[dict[str, Any]],
               status: int = 200, **more: Any) -> Response:
    lines = [{"to": c["to"], "masked": c["masked"], "minutes": c["expiresIn"] // 60}
             for c in codes]
    return _page(
        "code.html", language, site.brand_name, status, codes=lines, handle=handle,
        action=f"/f/{site.key}/code", resend_action=f"/f/{site.key}/code/new",
        later_url=f"/f/{site.key}/receipt?h={handle}", **more,
    )


def _opened(site: Site, handle: str) -> verify.Opened:
    if len(handle) > 1_000:
        raise CallerMistake()
    return verify.open_handle(site, handle)


@blueprint.post("/f/<site_key>/code")
def send_code(site_key: str) -> ResponseReturnValue:
    """Check the typed codes; the ones left empty may come later."""
    site, handle = find_site(site_key), request.form.get("handle", "")
    _refuse_foreign_page()
    counters.check("c", site.id, visitor().address)
    opened = _opened(site, handle)
    typed = [(to, text) for to in ("phone", "email")
             if (text := request.form.get(f"code.{to}", "").strip())]
    faults: list[dict[str, str]] = []
    try:
        verify.confirm(site, opened, typed)
    except InvalidInput as error:
        faults = [{"field": e.field, "message": e.say(opened.language)} for e in error.errors]
    counters.bell(FORWARD, MESSAGES)
    waiting = verify.standings(site, opened).waiting
    if waiting:
        return _code_page(site, opened.language, handle, verify.described(waiting),
                          422 if faults else 200, errors=faults)
    return _show_receipt(site, opened, handle)


@blueprint.post("/f/<site_key>/code/new")
def new_code(site_key: str) -> ResponseReturnValue:
    """Send a new code to one address."""
    site, handle = find_site(site_key), request.form.get("handle", "")
    _refuse_foreign_page()
    counters.check("c", site.id, visitor().address)
    opened = _opened(site, handle)
    to = "email" if request.form.get("to") == "email" else "phone"
    verify.send_new_code(site, opened, to)
    counters.bell(MESSAGES)
    waiting = verify.standings(site, opened).waiting
    if not waiting:
        return _show_receipt(site, opened, handle)
    return _code_page(site, opened.language, handle, verify.described(waiting), sent_again=True)


# -- the receipt -----------------------------------------------------------------------------------


@blueprint.get("/f/<site_key>/receipt")
def receipt(site_key: str) -> ResponseReturnValue:
    """The receipt as it stands now."""
    site, handle = find_site(site_key), request.args.get("h", "")
    counters.check("f", site.id, visitor().address, share=4)
    return _show_receipt(site, _opened(site, handle), handle)


@blueprint.get("/f/<site_key>/receipt.json")
def receipt_file(site_key: str) -> ResponseReturnValue:
    """The signed receipt as a file that anybody can check offline."""
    site, handle = find_site(site_key), request.args.get("h", "")
    counters.check("f", site.id, visitor().address, share=4)
    body = endpoints.receipt_now(site, _opened(site, handle))
    kept = {name: value for name, value in body.items() if name not in ("handle", "codes")}
    return Response(msgspec.json.encode(kept), content_type="application/json", headers={
        "Content-Disposition": f'attachment; filename="{kept["receipt"]}.json"'})


def _show_receipt(site: Site, opened: verify.Opened, handle: str) -> Response:
    now = verify.standings(site, opened)
    return _receipt_page(
        site, opened.language, state="unverified" if now.waiting else "recorded",
        lines={channel: (status.name, outcome.name) for channel, status, outcome, _ in now.lines},
        notice=now.notice, receipt=receipt_number(opened.submission_id),
        issued_at=istanbul_text(now.issued_at),
        download_url=f"/f/{site.key}/receipt.json?h={handle}",
    )


def _receipt_page(site: Site, language: str, *, state: str, lines: dict[Any, tuple[str, str]],
                  notice: bool | None, **more: Any) -> Response:
    rows = [{"channel": channel.name, "status": lines.get(channel, (None, None))[0],
             "outcome": lines.get(channel, (None, None))[1]}
            for channel, _ in site.offered(language)]
    return _page("receipt.html", language, site.brand_name, state=state, rows=rows,
                 notice=notice, **more)


# -- refusing --------------------------------------------------------------------------------------


@blueprint.get("/r/<token>")
def refusal(token: str) -> ResponseReturnValue:
    """One button. Opening the page changes nothing: mail scanners open it too."""
    counters.check("r", 0, visitor().address, share=4)
    asked = refusals.open_refusal(token, all_channels="all" in request.args)
    query = "?all" if "all" in request.args else ""
    return _page("refuse.html", asked.language, asked.brand_name, token=token,
                 action=f"/r/{token}{query}", channels=[c.name for c in asked.channels])


@blueprint.post("/r/<token>")
def refuse(token: str) -> ResponseReturnValue:
    """Record the refusal; also the one-click POST of mail programs (RFC 8058)."""
    counters.check("r", 0, visitor().address)
    asked = refusals.open_refusal(token, all_channels="all" in request.args)
    at = refusals.refuse(asked, visitor())
    return _page("refused.html", asked.language, asked.brand_name,
                 channels=[c.name for c in asked.channels], at=istanbul_text(at))


# -- notices ---------------------------------------------------------------------------------------


@blueprint.get("/n/<int:version_id>")
def notice(version_id: int) -> ResponseReturnValue:
    """One published version, for ever at the same address (R-58 to R-60)."""
    row = db.connection().execute(
        "select v.title, v.version, v.published_at, v.content_hash, v.body, v.language, b.name, "
        "(select w.id from document_version w where w.document_id = v.document_id "
        "and w.language = v.language order by w.version desc limit 1) "
        "from document_version v join document d on d.id = v.document_id "
        "join brand b on b.id = d.brand_id where v.id = %s", (min(version_id, 2**31 - 1),),
    ).fetchone()
    if row is None:
        raise NotFound()
    title, version, published_at, digest, body, language, brand, newest = row
    return _page(
        "notice.html", language, brand,
        current_url=None if newest == version_id else f"/n/{newest}",
        notice={"title": title, "version": version, "published_at": istanbul_text(published_at),
                "hash": bytes(digest).hex(), "body": body.replace("**", ""),
                "current": newest == version_id},
    )
