"""What somebody does on a case: assign, note, check, ask, add files, match, stop, correct.

Each deed is a POST, one transaction on the locked case, an event in its history and a line in the
audit trail (:mod:`ileti.requests.desk.doing`).
"""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.core import db, jobs, orm
from ileti.core.errors import CallerMistake, IletiError, NotFound
from ileti.core.formats import say
from ileti.evidence import giving
from ileti.recipients.address import AddressError
from ileti.requests import (
    cases,
    correcting,
    erasing,
    mails,
    matching,
    people,
    stops,
)
from ileti.requests.desk import casepage, visible
from ileti.requests.desk.doing import after, back, do, number_in
from ileti.requests.models import DataRequest, RequestAnswer, RequestFile
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Deed, FileRole, Identity, Mail, State
from ileti.tenancy import audit

LONGEST_NOTE = 4_000


class RequestDeedView(BaseView):
    """The deeds."""

    route_base = "/basvurular"
    class_permission_name = "request"
    default_view = "assign"

    @expose("/<number>/gorevli", methods=["POST"])
    @has_access
    @permission_name("write")
    def assign(self, number: str) -> ResponseReturnValue:
        """Who works on it."""
        one, typed = visible.one(number), request.form.get("user", "")
        user = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
        if user is not None and user not in casepage.assignable(one):
            raise NotFound()

        def work(conn: cases.Connection, case: cases.Case) -> None:
            conn.execute("update data_request set assignee_id = %s where id = %s", (user, case.id))
            cases.note(conn, case, Deed.ASSIGNED, by=current_user.id, to=user)

        return do(one, "assign", work, _("Assigned."))

    @expose("/<number>/not", methods=["POST"])
    @has_access
    @permission_name("write")
    def note(self, number: str) -> ResponseReturnValue:
        """An internal note."""
        def work(conn: cases.Connection, case: cases.Case) -> None:
            text = _text("note")
            cases.note(conn, case, Deed.NOTED, by=current_user.id, text=text)

        return do(visible.one(number), "note", work, _("The note is kept."))

    @expose("/<number>/kimlik", methods=["POST"])
    @has_access
    @permission_name("write")
    def identify(self, number: str) -> ResponseReturnValue:
        """What the identity check came to, and on what it rests."""
        def work(conn: cases.Connection, case: cases.Case) -> None:
            typed = request.form.get("outcome", "")
            outcome = next((one for one in Identity if str(int(one)) == typed), None)
            if outcome is None or outcome is Identity.PENDING:
                raise CallerMistake("Sonucu seçin.", "Choose the outcome.", code="outcome")
            erasing.refuse_under_way(conn, case)
            signed = request.form.get("signed") == "1" or case.signed
            conn.execute("update data_request set identity = %s, signed = %s where id = %s",
                         (int(outcome), signed, case.id))
            cases.note(conn, case, Deed.IDENTITY, by=current_user.id, text=_text("basis"),
                       outcome=int(outcome))

        return do(visible.one(number), "identity", work, _("The identity check is recorded."))

    @expose("/<number>/iste", methods=["POST"])
    @has_access
    @permission_name("write")
    def ask(self, number: str) -> ResponseReturnValue:
        """Ask the person for what is missing; the clock goes on (Tebliğ has no stop)."""
        def work(conn: cases.Connection, case: cases.Case) -> None:
            text = _text("wanted")
            conn.execute("update data_request set state = %s where id = %s",
                         (int(State.ASKED), case.id))
            turn = conn.execute("select count(*) from data_request_event where request_id = %s "
                                "and kind = 'asked'", (case.id,)).fetchone()
            cases.note(conn, case, Deed.ASKED, by=current_user.id, text=text)
            if case.person.email:
                mails.write(conn, provider_id=case.provider_id, brand_id=case.brand_id,
                            request_id=case.id, kind=Mail.ASKED,
                            mark=f"asked:{case.id}:{turn[0] if turn else 0}",
                            content={"to": case.person.email, "lang": case.language,
                                     "wanted": text})

        return do(visible.one(number), "ask", work, _("The question is recorded."),
                   "requests.jobs.send_mails")

    # -- files ------------------------------------------------------------------------------------

    @expose("/<number>/dosya", methods=["POST"])
    @has_access
    @permission_name("write")
    def add_file(self, number: str) -> ResponseReturnValue:
        """Put files into the case."""
        one, me = visible.one(number), int(current_user.id)
        role = next((r for r in FileRole if str(int(r)) == request.form.get("rol")),
                    FileRole.ATTACHMENT)
        brought = giving.take(one.provider_id, by=me)
        count = 0
        for file, name in brought.kept:
            try:
                with db.transaction() as conn:
                    count += cases.add_file(conn, cases.open_for_work(conn, one.id), file, name,
                                            role, by=me)
            except IletiError as error:
                brought.refused.append((name, error))
        audit.record("request:file", f"data_request:{case_number(one.id)}", {"count": count},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        if giving.wants_json():
            return giving.told(brought.refused, count)
        for _name, refusal in brought.refused:
            flash(say(refusal), "danger")
        return back(one, "#dosyalar")

    @expose("/<number>/dosya/<int:no>")
    @has_access
    @permission_name("read")
    def open_file(self, number: str, no: int) -> ResponseReturnValue:
        """One file as a download; written down first."""
        one = visible.one(number)
        file = None if no >= 2**62 else orm.db.session.scalars(select(RequestFile).where(
            RequestFile.request_id == one.id, RequestFile.id == no)).first()
        if file is None:
            raise NotFound()
        audit.record("request:open", f"data_request:{case_number(one.id)}", {"no": no},
                     provider_id=one.provider_id)
        return giving.give(one.provider_id, file.file_id, file.name)

    @expose("/<number>/cevap/<int:no>.pdf")
    @has_access
    @permission_name("read")
    def letter(self, number: str, no: int) -> ResponseReturnValue:
        """The letter of an answer; written down first."""
        one = visible.one(number)
        row = None if no >= 2**62 else orm.db.session.scalars(select(RequestAnswer).where(
            RequestAnswer.request_id == one.id, RequestAnswer.id == no)).first()
        if row is None:
            raise NotFound()
        audit.record("request:open", f"data_request:{case_number(one.id)}", {"answer": no},
                     provider_id=one.provider_id)
        return giving.give(one.provider_id, row.file_id, f"{case_number(one.id)}.pdf")

    # -- the person -------------------------------------------------------------------------------

    @expose("/<number>/esle", methods=["POST"])
    @has_access
    @permission_name("write")
    def attach(self, number: str) -> ResponseReturnValue:
        """Match a recipient: one that the application names, or of an address typed here."""
        visible.refuse_part()

        def work(conn: cases.Connection, case: cases.Case) -> None:
            found = _named(conn, case) if request.form.get("recipient") else _typed(conn, case)
            cases.note(conn, case, Deed.ATTACHED, by=current_user.id, recipient=found)

        return do(visible.one(number), "attach", work, _("The person is matched."))

    @expose("/<number>/coz", methods=["POST"])
    @has_access
    @permission_name("write")
    def detach(self, number: str) -> ResponseReturnValue:
        """Take a recipient out again."""
        visible.refuse_part()

        def work(conn: cases.Connection, case: cases.Case) -> None:
            recipient = _recipient()
            if not matching.detach(conn, case.id, recipient):
                raise NotFound()
            cases.note(conn, case, Deed.DETACHED, by=current_user.id, recipient=recipient)

        return do(visible.one(number), "detach", work, _("The match is removed."))

    @expose("/<number>/durdur", methods=["POST"])
    @has_access
    @permission_name("write")
    def stop(self, number: str) -> ResponseReturnValue:
        """Refuse all channels of everybody matched, for all brands, at once (R-30, R-32)."""
        visible.refuse_part()
        return _each(visible.one(number), "stop", Deed.STOPPED, "brands", stops.stop,
                     _("All messages to the person are stopped."))

    @expose("/<number>/geri-al", methods=["POST"])
    @has_access
    @permission_name("write")
    def withdraw(self, number: str) -> ResponseReturnValue:
        """Withdraw every explicit consent of everybody matched (R-62)."""
        visible.refuse_part()
        return _each(visible.one(number), "withdraw", Deed.WITHDRAWN, "texts",
                     stops.withdraw_consents, _("The explicit consents are withdrawn."))

    @expose("/<number>/duzelt", methods=["POST"])
    @has_access
    @permission_name("write")
    def correct(self, number: str) -> ResponseReturnValue:
        """Correct a name or an address; a wrong address is refused on all channels (R-21)."""
        visible.refuse_part()
        one, me = visible.one(number), int(current_user.id)
        typed, recipient = request.form.get("after", ""), _recipient()

        def run() -> None:
            with db.transaction() as conn:
                case = cases.open_for_work(conn, one.id)
                wrong, right = correcting.check_address(conn, case, recipient, typed)
            stops.stop(case, recipient, wrong, by=me)  # first: a crash must not leave it open
            _ring_iys()
            with db.transaction() as conn:
                case = cases.open_for_work(conn, one.id)
                correcting.correct_address(conn, case, recipient, wrong, right, by=me)

        if request.form.get("field") == "address":
            return after(one, "correct", run, _("The correction is recorded; the old address "
                                                 "gets no messages any more."))
        return do(one, "correct", lambda conn, case: correcting.correct_name(
            conn, case, recipient, before=request.form.get("before", ""), after=typed, by=me),
            _("The correction is recorded."))


giving.door("RequestDeedView.add_file", "request:write")


def _each(one: DataRequest, deed: str, kind: Deed, what: str,
          act: Callable[..., int], said: str) -> ResponseReturnValue:
    """A deed of the ledger for everybody matched; it has transactions of its own."""
    def run() -> None:
        with db.transaction() as conn:
            case = cases.open_for_work(conn, one.id)
        conn = db.connection()
        known = [each for each in matching.attached(conn, case.id) if each.address]
        if not known:
            raise CallerMistake("Önce kişiyi eşleyin.", "Match the person first.", code="nobody")
        total = sum(act(case, each.recipient_id, each.address, by=current_user.id)
                    for each in known)
        with db.transaction() as tx:
            cases.write_event(tx, case.provider_id, case.brand_id, case.id, kind,
                              by=current_user.id, detail={what: total})
        _ring_iys()

    return after(one, deed, run, said)


def _ring_iys() -> None:
    for name in [name for name in jobs.JOBS if name.startswith("iys.")]:
        jobs.ring(name)


def _text(field: str) -> str:
    """A text of the form. Raises CallerMistake when it is empty or too long."""
    text = people.clean_text(request.form.get(field, ""), LONGEST_NOTE)
    if len(text) < 2:
        raise CallerMistake("Metni yazın.", "Write the text.", code="empty")
    return text


def _recipient() -> int:
    return number_in("recipient")


def _named(conn: cases.Connection, case: cases.Case) -> int:
    """One that an address of the application names; nobody else by number."""
    wanted = _recipient()
    if wanted not in matching.suggested(conn, case.id, case.provider_id, case.person):
        raise NotFound()
    matching.attach(conn, case.id, case.provider_id, case.brand_id, wanted,
                    matching.BY_APPLICATION, by=current_user.id)
    return wanted


def _typed(conn: cases.Connection, case: cases.Case) -> int:
    try:
        found = matching.attach_typed(conn, case.id, case.provider_id, case.brand_id,
                                      request.form.get("address", "")[:320], by=current_user.id)
    except AddressError as error:
        raise CallerMistake(error.tr, error.en, code=error.code) from error
    if found is None:
        raise CallerMistake("Bu adresle kayıt yok.", "There is no record of this address.",
                            code="nobody")
    return found
