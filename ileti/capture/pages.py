"""The hosted pages: the consent form, code step and receipt without JavaScript, refusal links and
published notices.

They are for everybody, set no cookie (R-67) and are protected by their own signed tokens. The
form's boxes are empty on every drawing, also after a fault (R-12); since a page without script
cannot tell when a box was ticked, the time of the act is the time of the post.
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ileti.capture import (
    api_pages,
    code_limits,
    dealercodes,
    endpoints,
    forms,
    receiptpage,
    refusals,
    takeaway,
    verify,
)
from ileti.capture.forms import ChoiceIn, SubmissionIn
from ileti.capture.limits import FORWARD, MESSAGES, counters
from ileti.capture.page import (
    application_link,
    asked_language,
    draw,
    in_language,
    other_language,
    refuse_foreign_page,
    show_error,
    visitor,
)
from ileti.capture.privacy import NoticeIn, PrivacyIn
from ileti.capture.receipts import receipt_number
from ileti.capture.sites import Site, find_site
from ileti.capture.submit import submit
from ileti.channels.preference_link import centre_path
from ileti.channels.render import istanbul_text, receipt_url
from ileti.consents import consentreceipt
from ileti.core import clock, db
from ileti.core.errors import (
    Gone,
    IletiError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooMany,
    TryLater,
)
from ileti.fields import reading
from ileti.fields.vocabulary import LONGEST_TEXT
from ileti.kvkk import standing
from ileti.kvkk.vocabulary import Act

blueprint = Blueprint("public", __name__)
blueprint.register_error_handler(IletiError, show_error)
api_pages.add_to(blueprint)


@blueprint.after_app_request
def let_pages_load_the_widget(answer: Response) -> Response:
    """A page of another origin that names a hash (SRI) gets the bundle only by CORS."""
    if request.path.startswith("/static/widgets/"):
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _page(template: str, site: Site, language: str, code: int = 200, **context: Any) -> Response:
    return draw(template, language, site.brand_name, code, brand_id=site.place.brand_id,
                dealer=site.dealer_name if site.kind != "widget" else None,
                kiosk=dealercodes.path_of(site.id) if site.kind == "kiosk" else None, **context)


# -- the form --------------------------------------------------------------------------------------


@blueprint.get("/f/<site_key>")
def form(site_key: str) -> ResponseReturnValue:
    """The consent form as a page."""
    site = find_site(site_key)
    counters.check("f", site.id, visitor().address, share=4)
    return _draw(site, asked_language())


def _draw(site: Site, language: str, status: int = 200, **more: Any) -> Response:
    shown = forms.show(site, language)
    path = f"/f/{site.key}"
    return _page(
        "form.html", site, language, status, form=shown, token=shown["token"],
        key=str(uuid.uuid4()), shown_at=clock.now().isoformat(),
        action=in_language(path, language), other=other_language(path, language), **more,
    )


@blueprint.get("/f/<site_key>/notice")
def site_notice(site_key: str) -> ResponseReturnValue:
    """The notice of the site as it stands now, with its own mark "okudum, anladım" (R-58, R-60):
    what ``<ileti-notice>`` shows, without JavaScript."""
    site, language = find_site(site_key), asked_language()
    counters.check("f", site.id, visitor().address, share=4)
    shown = forms.show_notice(site, language)
    path = f"/f/{site.key}/notice"
    return _page(
        "notice.html", site, language, current_url=None, other=other_language(path, language),
        notice=noticed(site.notices[language].id),
        mark={"token": shown["token"], "key": str(uuid.uuid4()), "label": shown["notice"]["ack"],
              "shown_at": clock.now().isoformat(),
              "action": in_language(f"/f/{site.key}", language)})


@blueprint.post("/f/<site_key>")
def send_form(site_key: str) -> ResponseReturnValue:
    """Record what was ticked; draw the form again, boxes empty, when something is missing."""
    site, language = find_site(site_key), asked_language()
    refuse_foreign_page()
    counters.check("s", site.id, visitor().address)
    if site.policy == "signed":
        raise NotAllowed("Bu form yalnız sitenin kendi sayfasında kullanılır.",
                         "This form is used on the site’s own page only.", code="vouch_refused")
    try:
        body = _posted()
        if not (body.choices or body.privacy) and body.notice is None:
            return _receipt_page(site, language, state="none", lines={}, given=set(), notice=None,
                                 form_url=in_language(f"/f/{site.key}", language))
        endpoints.check_texts(body)
        receipt = submit(site, body, visitor(), own_page=True)
    except InvalidInput as error:
        return _again(site, language, 422, [(e.field, e.say(language)) for e in error.errors]
                      or [("choices", error.say(language))])
    except Gone:
        return _again(site, language, 410, [("choices", _RENEWED[language])])
    except TryLater as error:
        answer = _again(site, language, error.status, [("choices", error.say(language))])
        answer.headers["Retry-After"] = str(error.retry_after or 60)
        return answer
    if receipt["codes"]:
        return _code_page(site, language, receipt["handle"], receipt["codes"])
    return _show_receipt(site, verify.open_handle(site, receipt["handle"]), receipt["handle"])


_RENEWED = {
    "tr": "Formun süresi dolmuştu; yenilendi. Yazdıklarınız duruyor, seçiminizi yeniden yapın.",
    "en": "The form had expired and was renewed. What you typed is kept; choose again.",
}
_FIELDS = ("name", "phone", "email")


def _again(site: Site, language: str, status: int, faults: list[tuple[str, str]]) -> Response:
    """The form once more, with what was typed and what is wrong; boxes are empty (R-12)."""
    own = (*_FIELDS, "privacy", *(reading.PREFIX + one.key for one in site.fields))
    errors = [{"field": field if field in own else "choices", "message": said}
              for field, said in faults]
    values = {name: request.form.get(name, "")[:400] for name in _FIELDS}
    values |= {name: text[:LONGEST_TEXT] for name, text in request.form.items()
               if name.startswith(reading.PREFIX)}
    return _draw(site, language, status, values=values, errors=errors)


def _posted() -> SubmissionIn:
    """The posted fields as the widget would have sent them."""
    said = request.form
    now = clock.now().isoformat()
    try:
        return SubmissionIn(
            key=said.get("key", ""), token=said.get("token", ""), shownAt=said.get("shown_at", ""),
            choices=[ChoiceIn(channel=msgspec.convert(word, forms.ChannelWord), status="ONAY",
                              at=now) for word in dict.fromkeys(said.getlist("choice"))],
            privacy=[PrivacyIn(document=msgspec.convert(word, int, strict=False), at=now)
                     for word in dict.fromkeys(said.getlist("privacy"))],
            notice=_notice_posted(now),
            website=said.get("website", ""), name=said.get("name"), phone=said.get("phone"),
            email=said.get("email"), fields=_fields_posted(),
        )
    except msgspec.ValidationError as error:
        raise InvalidInput() from error


def _fields_posted() -> dict[str, str | list[str]]:
    """What was said in custom fields; what was left empty was not said."""
    found: dict[str, str | list[str]] = {}
    for name, texts in request.form.lists():
        if name.startswith(reading.PREFIX) and any(texts):
            found[name.removeprefix(reading.PREFIX)] = texts[0] if len(texts) == 1 else texts
    return found


def _notice_posted(now: str) -> NoticeIn | None:
    """What a page without script can tell of the notice; how far it was shown is told whether it
    was marked as read or not."""
    read, opened = request.form.get("notice") == "read", "opened" in request.form
    if not (read or opened):
        return None
    return NoticeIn(at=now if read else None, extent="opened" if opened else "linked")


# -- the code --------------------------------------------------------------------------------------


def _code_page(site: Site, language: str, handle: str, codes: list[dict[str, Any]],
               status: int = 200, **more: Any) -> Response:
    lines = [{"to": c["to"], "masked": c["masked"], "minutes": -(-c["expiresIn"] // 60)}
             for c in codes]
    path = f"/f/{site.key}"
    return _page(
        "code.html", site, language, status, codes=lines, handle=handle,
        action=in_language(f"{path}/code", language),
        resend_action=in_language(f"{path}/code/new", language),
        later_url=in_language(f"{path}/receipt?h={handle}", language),
        back_url=in_language(path, language), **more,
    )


def _opened(site: Site, handle: str) -> verify.Opened:
    if len(handle) > 1_000:
        raise NotAllowed(code="forged_token")
    return verify.open_handle(site, handle)


@blueprint.post("/f/<site_key>/code")
def send_code(site_key: str) -> ResponseReturnValue:
    """Check the typed codes; the ones left empty may come later."""
    site, handle = find_site(site_key), request.form.get("handle", "")
    refuse_foreign_page()
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
    codes = verify.waiting_codes(verify.standings(site, opened))
    if not codes:
        return _show_receipt(site, opened, handle)
    if not typed:
        faults = [{"field": f"code.{codes[0]['to']}", "message": _SIX[opened.language]}]
    return _code_page(site, opened.language, handle, codes, 422 if faults else 200, errors=faults)


_SIX = {"tr": "6 haneyi de yazın.", "en": "Enter all 6 digits."}


@blueprint.post("/f/<site_key>/code/new")
def new_code(site_key: str) -> ResponseReturnValue:
    """Send a new code to one address; also the first one to an address taken under ``later``."""
    site, handle = find_site(site_key), request.form.get("handle", "")
    refuse_foreign_page()
    counters.check("c", site.id, visitor().address)
    opened = _opened(site, handle)
    to = "email" if request.form.get("to") == "email" else "phone"
    note = ""
    try:
        verify.send_new_code(site, opened, to)
    except TooMany as error:
        note = code_limits.wait(error, opened.language)
    counters.bell(MESSAGES)
    codes = verify.waiting_codes(verify.standings(site, opened))
    status = 429 if note else 200
    if not codes:
        return _show_receipt(site, opened, handle, status=status, note=note)
    return _code_page(site, opened.language, handle, codes, status, note=note,
                      sent_again=not note)


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


@blueprint.get("/f/<site_key>/receipt.jsonld")
def standard_receipt(site_key: str) -> ResponseReturnValue:
    """The signed receipt for other software: ISO/IEC TS 27560 as JSON-LD."""
    site, handle = find_site(site_key), request.args.get("h", "")
    counters.check("f", site.id, visitor().address, share=4)
    return _given(takeaway.of_act(site.place.provider_id, _opened(site, handle).submission_id))


@blueprint.get("/m/<token>")
def mailed_receipt(token: str) -> ResponseReturnValue:
    """The same by the link of a mail, for the address the mail went to: a page for whoever reads, a
    file for whoever asks for one. Opening changes nothing."""
    counters.check("r", 0, visitor().address, share=4)
    made = takeaway.of_link(token[:1_000])
    if "file" in request.args or "text/html" not in request.headers.get("Accept", ""):
        return _given(made)
    language, path = made["language"], f"/m/{token}"
    if "lang" in request.args:
        language = asked_language()
    answer = receiptpage.show(
        made, language, files=[(receiptpage.FILE[language], f"{path}?file")],
        other=other_language(path, language) | {
            "url": _named(path, "tr" if language == "en" else "en")})
    answer.headers["Vary"] = "Accept"
    return answer


def _given(receipt: dict[str, Any]) -> Response:
    raw, headers = takeaway.as_file(receipt)
    return Response(raw, content_type=consentreceipt.MEDIA_TYPE, headers=headers)


def _show_receipt(site: Site, opened: verify.Opened, handle: str, *, status: int = 200,
                  note: str = "") -> Response:
    now = verify.standings(site, opened)
    path, language = f"/f/{site.key}", opened.language
    return _receipt_page(
        site, language, state="unverified" if now.waiting else "recorded",
        lines={channel: (said.name, outcome.name) for channel, said, outcome, _ in now.lines},
        given={one.document_id for one in now.acts if one.act is Act.GIVEN},
        renewed=standing.renewed(db.connection(), {one.text_id for one in now.acts},
                                 provider_id=site.place.provider_id),
        form_url=in_language(path, language),
        notice=now.notice, receipt=receipt_number(opened.submission_id), status=status,
        issued_at=istanbul_text(now.issued_at), note=note, handle=handle,
        download_url=f"{path}/receipt.json?h={handle}",
        standard_url=f"{path}/receipt.jsonld?h={handle}"
        if now.lines or any(one.to for one in now.acts) else None,
        centre_url=in_language(centre_path(site.place.iys_code), language),
        waiting=[code for code in verify.described(now.waiting)
                 if code_limits.reachable(now.waiting[code["to"]])],
        verify_action=in_language(f"{path}/code/new", language),
    )


def _receipt_page(site: Site, language: str, *, state: str, lines: dict[Any, tuple[str, str]],
                  given: set[int], notice: bool | None, status: int = 200,
                  **more: Any) -> Response:
    rows = [{"channel": channel.name, "status": lines.get(channel, (None, None))[0],
             "outcome": lines.get(channel, (None, None))[1]}
            for channel, _ in site.offered(language)]
    privacy = [{"title": text.title, "given": text.document in given}
               for text in site.asks(language)]
    return _page("receipt.html", site, language, status, state=state, rows=rows, privacy=privacy,
                 notice=notice, **more)


# -- refusing --------------------------------------------------------------------------------------


@blueprint.get("/r/<token>")
def refusal(token: str) -> ResponseReturnValue:
    """One button. Opening the page changes nothing: mail scanners open it too."""
    counters.check("r", 0, visitor().address, share=4)
    asked = refusals.open_refusal(token, all_channels="all" in request.args)
    language = asked_language() if "lang" in request.args else asked.language
    path = f"/r/{token}{'?all' if 'all' in request.args else ''}"
    other = other_language(path, language)
    return draw("refuse.html", language, asked.brand_name, brand_id=asked.place.brand_id,
                action=in_language(path, language), channels=[c.name for c in asked.channels],
                other=other if language == "tr" else other | {"url": _named(path, "tr")})


def _named(path: str, language: str) -> str:
    """An address that names its language: a link's own may be another one."""
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@blueprint.post("/r/<token>")
def refuse(token: str) -> ResponseReturnValue:
    """Record the refusal; also the one-click POST of mail programs (RFC 8058)."""
    counters.check("r", 0, visitor().address)
    asked = refusals.open_refusal(token, all_channels="all" in request.args)
    done = refusals.refuse(asked, visitor())
    language = asked_language() if "lang" in request.args else asked.language
    return draw("refused.html", language, asked.brand_name, brand_id=asked.place.brand_id,
                channels=[c.name for c in asked.channels], at=istanbul_text(done.captured_at),
                centre_url=in_language(centre_path(asked.place.iys_code), language),
                receipt=receipt_number(done.submission_id), receipt_url=receipt_url(
                    asked.place.provider_id, done.submission_id, asked.recipient_id))


# -- notices ---------------------------------------------------------------------------------------


# What is planned for later is nobody's yet; what was retired stays readable, and says so.
_NOTICE = """
select v.title, v.version, v.effective_from, v.content_hash, v.body, v.language,
       coalesce(b.name, p.short_name), b.id, p.iys_code,
       (select w.id from document_version w where w.document_id = v.document_id
           and w.language = v.language and w.effective_from <= now()
         order by w.version desc limit 1),
       (select w.id from document_version w where w.document_id = v.document_id
           and w.language <> v.language and w.effective_from <= now()
         order by w.version desc limit 1),
       (select max(e.at) from document_event e where e.document_id = v.document_id
           and e.kind = 'RETIRED' and e.at >= v.published_at),
       coalesce(b.id, (select m.id from brand m where m.provider_id = p.id
                        order by m.master desc, m.id limit 1))
  from document_version v join document d on d.id = v.document_id
  join provider p on p.id = d.provider_id left join brand b on b.id = d.brand_id
 where v.id = %s and v.effective_from <= now()"""


@blueprint.get("/n/<int:version_id>")
def notice(version_id: int) -> ResponseReturnValue:
    """One published version, for ever at the same address (R-58 to R-60)."""
    shown = noticed(version_id)
    language, newest, other = shown["language"], shown["newest"], shown["other"]
    return draw(
        "notice.html", language, shown["brand"], brand_id=shown["brand_id"],
        current_url=None if newest == version_id else f"/n/{newest}",
        other=other_language("", language) | {"url": f"/n/{other}"} if other else None,
        apply_url=shown["apply_url"], centre_url=shown["centre_url"], notice=shown,
    )


def noticed(version_id: int) -> dict[str, Any]:
    """A published version as ``notice.html`` draws it, and whose it is; raises NotFound."""
    row = db.connection().execute(_NOTICE, (min(version_id, 2**31 - 1),)).fetchone()
    if row is None:
        raise NotFound()
    (title, version, since, digest, body, language, brand, brand_id, iys_code, newest, other,
     retired, asked_at) = row
    return {"title": title, "version": version, "published_at": istanbul_text(since),
            "hash": bytes(digest).hex(), "body": body.replace("**", ""),
            "current": newest == version_id and retired is None,
            "retired_at": istanbul_text(retired) if retired else None,
            "language": language, "brand": brand, "brand_id": brand_id, "newest": newest,
            "other": other, "apply_url": application_link(asked_at, language),
            "centre_url": in_language(centre_path(iys_code), language)}
