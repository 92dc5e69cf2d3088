"""What brings a case to its end: the copy of the data, erasure by two people, proof of sending."""

from __future__ import annotations

from flask import Response, flash, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.core import db, orm
from ileti.core.errors import NotFound
from ileti.core.formats import say
from ileti.evidence import giving, vault
from ileti.requests import answering, cases, erasing, exports
from ileti.requests.desk import visible
from ileti.requests.desk.doing import after, back, do, number_in
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Deed
from ileti.tenancy import audit, confirm


class RequestEndView(BaseView):
    """Copy, erasure, sending."""

    route_base = "/basvurular"
    class_permission_name = "request"
    default_view = "copy"

    # -- the copy ---------------------------------------------------------------------------------

    @expose("/<number>/kopya", methods=["POST"])
    @has_access
    @permission_name("write")
    def copy(self, number: str) -> ResponseReturnValue:
        """Ask for the copy of all data."""
        visible.refuse_part()
        return do(visible.one(number), "export", lambda conn, case: exports.ask_for(
            conn, case, by=current_user.id), _("The copy is being made; reload the page."),
            "requests.jobs.make_copies")

    @expose("/<number>/kopya/<int:no>", methods=["POST"])
    @has_access
    @permission_name("write")
    @confirm.needed
    def take_copy(self, number: str, no: int) -> ResponseReturnValue:
        """The archive of a copy; written down first."""
        visible.refuse_part()
        one = visible.one(number)
        known = db.connection().execute(
            "select id from data_request_export where id = %s and request_id = %s "
            "and done_at is not null and removed_at is null", (min(no, 2**62), one.id)).fetchone()
        if known is None:
            raise NotFound()
        audit.record("request:take", f"data_request:{case_number(one.id)}", {"no": no},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        with db.transaction() as conn:
            cases.note(conn, cases.read_case(conn, one.id), Deed.TAKEN, by=current_user.id,
                       export=no)
        name, data = exports.archive(one.provider_id, no)
        return Response(data, mimetype="application/zip", headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"})

    # -- erasure ----------------------------------------------------------------------------------

    @expose("/<number>/sil/oner", methods=["POST"])
    @has_access
    @permission_name("erase")
    def propose_erasure(self, number: str) -> ResponseReturnValue:
        """The first person's half."""
        visible.refuse_part()
        return do(visible.one(number), "erase_propose", lambda conn, case: erasing.propose(
            conn, case, by=current_user.id), _("The erasure is proposed; a second person decides."))

    @expose("/<number>/sil/karar", methods=["POST"])
    @has_access
    @permission_name("erase")
    def decide_erasure(self, number: str) -> ResponseReturnValue:
        """The second person's half."""
        visible.refuse_part()
        yes = request.form.get("karar") == "onay"

        def work(conn: cases.Connection, case: cases.Case) -> None:
            erasing.decide(conn, case, number_in("id"), by=current_user.id, approved=yes)

        return do(visible.one(number), "erase_approve" if yes else "erase_decline", work,
                   _("Approved; it is erased within a minute.") if yes
                   else _("The proposal is turned down."), "requests.jobs.erase")

    @expose("/<number>/sil/yeniden", methods=["POST"])
    @has_access
    @permission_name("erase")
    def retry_erasure(self, number: str) -> ResponseReturnValue:
        """Try one again that failed."""
        visible.refuse_part()
        return do(visible.one(number), "erase_retry", lambda conn, case: erasing.retry(
            conn, case, number_in("id"), by=current_user.id), _("It is tried again."),
            "requests.jobs.erase")

    # -- sending ----------------------------------------------------------------------------------

    @expose("/<number>/gonderildi", methods=["POST"])
    @has_access
    @permission_name("write")
    def sent(self, number: str) -> ResponseReturnValue:
        """The letter went out by post, KEP or hand, with its proof; the case closes."""
        visible.refuse_part()
        one, me = visible.one(number), int(current_user.id)
        has_file = any(file.filename for file in request.files.getlist(giving.FIELD))
        brought = giving.take(one.provider_id, by=me) if has_file else giving.Brought()
        for _name, refusal in brought.refused:
            flash(say(refusal), "danger")
        if brought.refused:
            return back(one, "#cevap")
        file: vault.Kept | None
        file, name = brought.kept[0] if brought.kept else (None, "")
        return after(one, "sent", lambda: answering.record_sending(one.id, file, name, by=me),
                      _("The sending is recorded; the request is closed."))

    @expose("/<number>/geri-cek", methods=["POST"])
    @has_access
    @permission_name("write")
    def takeback(self, number: str) -> ResponseReturnValue:
        """Take a letter back that was not sent."""
        visible.refuse_part()
        one, me = visible.one(number), int(current_user.id)
        return after(one, "take_back", lambda: answering.withdraw(one.id, by=me),
                      _("The letter is taken back; the request is open again."))


giving.door("RequestEndView.sent", "request:write")
