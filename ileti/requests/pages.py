"""The hosted application form, its code, receipt, files, and the person's own copy (R-63).

They are for everybody, work without a script, set no cookie (R-67), are signed and limited as the
consent form is. Opening any of them changes nothing. An application is made with the code and not
before, so that what is asked and answered is the same whether or not we know the address.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from config import settings
from ileti.capture import code_limits
from ileti.capture.demo import more_messages
from ileti.capture.limits import counters
from ileti.capture.page import (
    application_path,
    asked_language,
    draw,
    in_language,
    other_language,
    refuse_foreign_page,
    show_error,
    visitor,
)
from ileti.channels.render import istanbul_text
from ileti.core import clock, db
from ileti.core.errors import (
    CallerMistake,
    FieldError,
    IletiError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TooMany,
    TryLater,
)
from ileti.core.secrets import secrets
from ileti.evidence import giving, vault
from ileti.preferences.session import Session
from ileti.preferences.ways import takes_applications
from ileti.recipients.address import mask
from ileti.requests import cases, drafts, exports, people, rules
from ileti.requests import owncopy as _owncopy  # noqa: F401 (registers who makes own copies)
from ileti.requests.demo import messages as demo_messages
from ileti.requests.drafts import Form
from ileti.requests.numbers import brand_of, case_number, form_path
from ileti.requests.vocabulary import Deed, FileRole, Right, State, Way
from ileti.tenancy import doors

application_path.append(form_path)
more_messages.append(demo_messages)
blueprint = Blueprint("requests_public", __name__)
blueprint.register_error_handler(IletiError, show_error)

LONGEST_UPLOAD: Final = 10_000_000


@takes_applications
def form_of_provider(provider_id: int, language: str, _session: Session | None) -> str | None:
    """The form that the preference centre links to: that of the provider's master brand."""
    row = db.connection().execute(
        "select id from brand where provider_id = %s order by master desc, id limit 1",
        (provider_id,)).fetchone()
    return in_language(form_path(row[0]), language) if row else None
MOST_FILES: Final = 5
FORM_SECONDS: Final = 24 * 3600
MAILS: Final = "requests.jobs.send_mails"
_FIELDS: Final = ("name", "tckn", "nationality", "passport", "foreign_id", "postal", "email",
                  "phone")


def _form(number: str) -> Form:
    brand = brand_of(number)
    found = drafts.find_form(brand) if brand is not None else None
    if found is None:
        raise NotFound()
    return found


def _page(template: str, form: Form, language: str, code: int = 200, **context: Any) -> Response:
    return draw(template, language, form.brand, code, brand_id=form.brand_id, controller=form,
                **context)


@blueprint.get("/kvkk/<number>")
def form(number: str) -> ResponseReturnValue:
    """The application form."""
    found = _form(number)
    counters.check("k", 0, visitor().address, share=4)
    return _draw(found, asked_language())


def _draw(form: Form, language: str, status: int = 200, **more: Any) -> Response:
    path = form_path(form.brand_id)
    token = secrets().tokens("request-form").make(
        {"b": form.brand_id, "t": int(clock.now().timestamp())}, seconds=FORM_SECONDS)
    rights = [{"value": str(one), "label": one.en if language == "en" else one.tr,
               "letter": one.letter} for one in Right]
    return _page("request_form.html", form, language, status, token=token, rights=rights,
                 action=in_language(path, language), other=other_language(path, language), **more)


@blueprint.post("/kvkk/<number>")
def send_form(number: str) -> ResponseReturnValue:
    """Keep the application as a draft and send its code; draw the form again when something is
    missing. What a machine filled in is answered the same and kept nowhere."""
    found, language = _form(number), asked_language()
    refuse_foreign_page()
    counters.check("ks", 0, visitor().address)
    said = request.form
    shown = secrets().tokens("request-form").read(said.get("token", "")[:400])
    if shown.get("b") != found.brand_id:
        raise NotAllowed(code="forged_token")
    try:
        person, wish, rights = _read(said)
        if _trapped(said, shown):
            counters.note("trapped")
            handle = drafts.handle(0, found.brand_id, language)
            return _code_page(found, language, handle, _decoy(person, language))
        handle = drafts.begin(found, person, wish, rights, language)
    except InvalidInput as error:
        return _again(found, language, 422, [(e.field, e.say(language)) for e in error.errors])
    except TryLater as error:
        answer = _again(found, language, error.status, [("name", error.say(language))])
        answer.headers["Retry-After"] = str(error.retry_after or 60)
        return answer
    counters.bell(MAILS)
    draft, _ = drafts.open_handle(handle, found.brand_id)
    waits = drafts.waiting(draft, language)
    assert isinstance(waits, drafts.Waiting)
    return _code_page(found, language, handle, waits)


def _trapped(said: Any, shown: dict[str, Any]) -> bool:
    age = clock.now().timestamp() - shown.get("t", 0)
    return bool(said.get("website", "").strip()) or 0 <= age < settings().form_least_seconds


def _decoy(person: people.Person, language: str) -> drafts.Waiting:
    address = person.email or person.phone
    kind = drafts.EMAIL if person.email else drafts.PHONE
    return drafts.Waiting(0, kind, mask(address), 10, language)


def _read(said: Any) -> tuple[people.Person, str, list[str]]:
    """The application's fields. Raises InvalidInput naming what is missing of what the communiqué
    asks for (m. 5/2) and the address for the code."""
    wrong: list[FieldError] = []
    person, faults = people.read_person(said)
    rights = people.read_rights(said.getlist("right"))
    wish = ""
    try:
        wish = people.clean_text(said.get("wish", ""))
    except InvalidInput as error:
        wrong += error.errors
    long = bool(wrong)  # a text that is too long is a subject too
    named = {one.field for one in faults}
    for part in rules.missing_parts(person.parts(), wish, Way.FORM, rights, signed=False):
        field = {"identity": "tckn", "wish": "right"}.get(part.key, part.key)
        if field not in named and not (field == "right" and long):
            wrong.append(FieldError(field, "missing", f"Eksik: {part.tr} (Tebliğ {part.law}).",
                                    f"Missing: {part.en} (Communiqué {part.law})."))
    if not (person.email or person.phone) and not named & {"email", "phone"}:
        wrong.append(FieldError("email", "missing",
                                "Kod için e-posta adresi ya da cep telefonu yazın.",
                                "For the code write an e-mail address or a mobile number."))
    if faults or wrong:
        raise InvalidInput(errors=(*faults, *wrong))
    return person, wish, rights


def _again(form: Form, language: str, status: int, faults: list[tuple[str, str]]) -> Response:
    values = {name: request.form.get(name, "")[:400] for name in _FIELDS}
    values["wish"] = request.form.get("wish", "")[:people.LONGEST_WISH]
    return _draw(form, language, status, values=values,
                 chosen=people.read_rights(request.form.getlist("right")),
                 errors=[{"field": field, "message": text} for field, text in faults])


# -- the code -------------------------------------------------------------------------------------


def _code_page(form: Form, language: str, handle: str, waits: drafts.Waiting, status: int = 200,
               **more: Any) -> Response:
    path = form_path(form.brand_id)
    return _page("request_code.html", form, language, status, handle=handle,
                 codes=[{"to": waits.to, "masked": waits.masked, "minutes": waits.minutes}],
                 action=in_language(f"{path}/kod", language),
                 resend_action=in_language(f"{path}/kod/yeni", language),
                 back_url=in_language(path, language), **more)


@blueprint.post("/kvkk/<number>/kod")
def send_code(number: str) -> ResponseReturnValue:
    """Check the code; with it the application is made. The same code again shows the same receipt.
    """
    found, handle = _form(number), request.form.get("handle", "")[:400]
    refuse_foreign_page()
    counters.check("kc", 0, visitor().address)
    draft, language = drafts.open_handle(handle, found.brand_id)
    typed = request.form.get("code.email") or request.form.get("code.phone") or ""
    try:
        request_id = drafts.confirm(draft, typed) if draft else _never()
    except InvalidInput as error:
        waits = drafts.waiting(draft, language) if draft else drafts.Waiting(
            0, drafts.EMAIL, "•", 10, language)
        if isinstance(waits, int):
            return _receipt(found, waits, language, handle)
        return _code_page(found, language, handle, waits, 422, errors=[
            {"field": f"code.{waits.to}", "message": one.say(language)} for one in error.errors])
    counters.bell(MAILS)
    return _receipt(found, request_id, language, handle)


def _never() -> int:
    """The code of a form that a machine filled in."""
    raise InvalidInput(errors=(FieldError("code.email", "wrong_code", "Kod uymadı.",
                                          "The code does not match."),))


@blueprint.post("/kvkk/<number>/kod/yeni")
def new_code(number: str) -> ResponseReturnValue:
    """Send another code."""
    found, handle = _form(number), request.form.get("handle", "")[:400]
    refuse_foreign_page()
    counters.check("kc", 0, visitor().address)
    draft, language = drafts.open_handle(handle, found.brand_id)
    note = ""
    try:
        if draft:
            drafts.new_code(found, draft, language)
    except TooMany as error:
        note = code_limits.wait(error, language)
    counters.bell(MAILS)
    waits = drafts.waiting(draft, language) if draft else drafts.Waiting(
        0, drafts.EMAIL, "•", 10, language)
    if isinstance(waits, int):
        return _receipt(found, waits, language, handle)
    return _code_page(found, language, handle, waits, 429 if note else 200, note=note,
                      sent_again=not note)


# -- the receipt ----------------------------------------------------------------------------------


@blueprint.get("/kvkk/<number>/makbuz")
def receipt(number: str) -> ResponseReturnValue:
    """The receipt again, for a day."""
    found, handle = _form(number), request.args.get("h", "")[:400]
    counters.check("k", 0, visitor().address, share=4)
    return _receipt(found, *_case_of(found, handle), handle)


def _case_of(form: Form, handle: str) -> tuple[int, str]:
    draft, language = drafts.open_handle(handle, form.brand_id)
    found = drafts.waiting(draft, language) if draft else None
    if not isinstance(found, int):
        raise NotFound()
    return found, language


def _receipt(form: Form, request_id: int, language: str, handle: str, status: int = 200,
             **more: Any) -> Response:
    case = cases.read_case(db.connection(), request_id)
    path = form_path(form.brand_id)
    files = _files(request_id)
    return _page(
        "request_receipt.html", form, language, status, number=case_number(case.id),
        received=istanbul_text(case.received_at), due=istanbul_text(case.due_at)[:10],
        rights=[one.en if language == "en" else one.tr for one in map(Right, case.rights)],
        stopped=Right.STOP in case.rights, files=files,
        may_add=len(files) < MOST_FILES and case.state in (State.OPEN, State.ASKED),
        mailed=bool(case.person.email), longest=LONGEST_UPLOAD // 1_000_000, most=MOST_FILES,
        upload_action=in_language(f"{path}/dosya?h={handle}", language), **more)


def _files(request_id: int) -> list[int]:
    row = db.connection().execute(
        "select array_agg(id) from data_request_file where request_id = %s and added_by is null",
        (request_id,)).fetchone()
    return list(row[0] or []) if row else []


@blueprint.post("/kvkk/<number>/dosya")
def add_file(number: str) -> ResponseReturnValue:
    """Documents for an application that was made; the vault's kinds only."""
    found, handle = _form(number), request.args.get("h", "")[:400]
    refuse_foreign_page()
    counters.check("ks", 0, visitor().address)
    request_id, language = _case_of(found, handle)
    case = cases.read_case(db.connection(), request_id)
    brought = [(one.filename or "", one.stream) for one in request.files.getlist(giving.FIELD)
               if isinstance(one.stream, vault.Spool)]
    errors: list[IletiError] = []
    added = 0
    if not brought:
        errors.append(CallerMistake("Dosya seçin.", "Choose a file.", code="no_file"))
    for name, spool in brought:
        try:
            _add(case, name, spool)
            added += 1
        except IletiError as error:
            errors.append(error)
    said = [{"field": "dosya", "message": one.say(language)} for one in errors]
    return _receipt(found, request_id, language, handle, 422 if said else 200, errors=said,
                    added=added)


def _add(case: cases.Case, name: str, spool: vault.Spool) -> None:
    _refuse_more(case)
    kept = vault.keep(case.provider_id, spool, name)
    with db.transaction() as conn:
        _refuse_more(cases.open_for_work(conn, case.id))
        cases.add_file(conn, case, kept, name, FileRole.ATTACHMENT, by=None)


def _refuse_more(case: cases.Case) -> None:
    if case.state not in (State.OPEN, State.ASKED) or len(_files(case.id)) >= MOST_FILES:
        raise CallerMistake(f"En çok {MOST_FILES} dosya eklenir.",
                            f"At most {MOST_FILES} files can be added.", code="most_files")


def _admits() -> bool:
    """Whether the address of an upload carries a handle of ours, read before the body is."""
    try:
        drafts.open_handle(request.args.get("h", "")[:400],
                           brand_of(str((request.view_args or {}).get("number", ""))) or 0)
    except IletiError:
        return False
    return True


doors.register(doors.Door("requests_public.add_file", None, lambda: LONGEST_UPLOAD + (1 << 20),
                          vault.Spool, several=True, admits=_admits))


# -- the person's own copy ------------------------------------------------------------------------


@blueprint.get("/kvkk/veri/<token>")
def copy(token: str) -> ResponseReturnValue:
    """One button. Opening the page gives nothing out: mail scanners open it too."""
    counters.check("k", 0, visitor().address, share=4)
    _provider, export, request_id, language = exports.opened_link(token[:400])
    case = cases.read_case(db.connection(), request_id)
    found = drafts.find_form(case.brand_id)
    until = exports.open_until(export)
    assert found is not None
    return _page("request_copy.html", found, language, number=case_number(case.id),
                 until=istanbul_text(until) if until else "", action=f"/kvkk/veri/{token}")


@blueprint.post("/kvkk/veri/<token>")
def take_copy(token: str) -> ResponseReturnValue:
    """The archive; that it was taken is written down first."""
    refuse_foreign_page()
    counters.check("kc", 0, visitor().address)
    provider, export, request_id, _language = exports.opened_link(token[:400])
    with db.transaction() as conn:
        case = cases.read_case(conn, request_id)
        cases.note(conn, case, Deed.TAKEN, export=export, by_link=True)
    name, data = exports.archive(provider, export)
    return archive_answer(name, data)


def archive_answer(name: str, data: bytes) -> Response:
    """An archive as a download that nobody keeps on the way."""
    return Response(data, mimetype="application/zip", headers={
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"})
