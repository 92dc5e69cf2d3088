"""Data subjects' requests in the panel: the list, a new case, a case, its answer (R-63).

Deeds on a case are in :mod:`ileti.requests.desk.deeds`. Personal data are shown on one answer after
a press of a button that is written down first; nothing of a person stands in an address.
"""

from __future__ import annotations

import uuid

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

import ileti.requests.jobs  # noqa: F401 - a deed rings for them by name
from ileti.core import clock, db, jobs, orm
from ileti.core.errors import Conflict, IletiError
from ileti.core.formats import language, say
from ileti.evidence import giving
from ileti.evidence.vault import Kept
from ileti.mailroom import deciding
from ileti.requests import answering, cases, mails
from ileti.requests.desk import answerpage, casepage, frommail, listpage, newcase, visible
from ileti.requests.models import DataRequest
from ileti.requests.numbers import case_number
from ileti.requests.vocabulary import Deed, FileRole, Right, State
from ileti.tenancy import audit, viewpages

SEND_MAILS = "requests.jobs.send_mails"


class RequestView(BaseView):
    """List, search, new, show, reveal, answer."""

    route_base = "/basvurular"
    class_permission_name = "request"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """The list."""
        if (first := viewpages.first("RequestView")) is not None:
            return redirect(first)
        return self.render_template("panel/requests/list.html", **listpage.context())

    @expose("/ara", methods=["POST"])
    @has_access
    @permission_name("read")
    def search(self) -> ResponseReturnValue:
        """Find by number, address or identity number; the answer's address has a reference only."""
        found = listpage.search(request.form.get("q", "")[:320])
        if not found:
            flash(_("No request fits. Search by its number, or by a full address or identity "
                    "number."), "warning")
            return redirect(url_for("RequestView.index"), code=303)
        if len(found) == 1:
            return redirect(url_for("RequestView.show", number=case_number(found[0])), code=303)
        return redirect(url_for("RequestView.index", bul=listpage.reference(found)), code=303)

    @expose("/liste.csv")
    @has_access
    @permission_name("read")
    def file(self) -> ResponseReturnValue:
        """The list as a file, without anything personal; that it was taken is written down."""
        audit.record("request:list", "data_request:list", {"view": listpage.chosen()})
        orm.db.session.commit()
        return Response(listpage.table(), mimetype="text/csv", headers={
            "Content-Disposition": 'attachment; filename="basvurular.csv"',
            "Cache-Control": "private, no-store"})

    # -- a new case -------------------------------------------------------------------------------

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def new(self) -> ResponseReturnValue:
        """Type a request that came on paper, by e-mail, KEP or in person."""
        if request.method == "GET":
            return self._new(newcase.Typed(received_at=clock.now()))
        mail = frommail.chosen(request.form)
        typed = newcase.read(request.form)
        if mail is not None:
            typed.errors += frommail.wrong_brand(mail, typed)
        if typed.errors or typed.brand is None or typed.way is None or typed.received_at is None:
            return self._new(typed, 422)
        files = [name for name in (one.filename for one in request.files.getlist(giving.FIELD))
                 if name]
        brand, me = typed.brand, int(current_user.id)
        place, source = (brand.provider_id, brand.id), mail.id if mail else None
        try:
            paper = None if mail is None else frommail.keep(mail, by=me)
        except Conflict as error:
            return _decided(source, error)
        brought = giving.take(place[0], by=me) if files else giving.Brought()
        orm.db.session.commit()
        try:
            pk = _recorded(typed, place, brought, source, paper)
        except Conflict as error:
            return _decided(source, error)
        jobs.ring(SEND_MAILS)
        number = case_number(pk)
        audit.record("request:add", f"data_request:{number}", provider_id=place[0])
        orm.db.session.commit()
        for _name, refusal in brought.refused:
            flash(say(refusal), "danger")
        flash(_("The request is recorded; its number is %(number)s.", number=number), "success")
        return redirect(url_for("RequestView.show", number=number), code=303)

    @expose("/posta/<int:pk>", methods=["POST"])
    @has_access
    @permission_name("write")
    def of_mail(self, pk: int) -> ResponseReturnValue:
        """The form of a request that somebody read in a mail, filled in; its address is opened by
        that, and it is written down."""
        one = frommail.mail(pk)
        try:
            typed = frommail.typed(one)
        except Conflict as error:
            return _decided(pk, error)
        audit.record("mail:reveal", f"returned_mail:{one.id}", provider_id=one.provider_id,
                     brand_id=one.brand_id)
        orm.db.session.commit()
        return self._new(typed, mail=pk)

    def _new(self, typed: newcase.Typed, status: int = 200, mail: int | None = None
             ) -> ResponseReturnValue:
        at, form = typed.received_at, request.form if mail is None else newcase.as_typed(typed)
        return self.render_template(
            "panel/requests/new.html", title=_("Add a request"), typed=typed,
            crumbs=[(_("Data subjects’ requests"), url_for("RequestView.index")),
                    (_("Add a request"), None)],
            key=form.get("key") or str(uuid.uuid4()), brands=newcase.brands(),
            mail=form.get(frommail.FIELD) if mail is None else mail,
            ways=[{"value": int(one), "label": say(one)} for one in newcase.WAYS],
            rights=[{"value": str(one), "label": say(one), "letter": one.letter}
                    for one in Right],
            received=form.get("received_at") or (
                clock.to_istanbul(at).strftime("%Y-%m-%dT%H:%M") if at else ""),
            values={name: form.get(name, "") for name in (
                "name", "tckn", "nationality", "passport", "foreign_id", "postal", "email",
                "phone", "wish", "brand", "way", "language")},
            errors={one.field: say(one) for one in typed.errors}), status

    # -- one case ---------------------------------------------------------------------------------

    @expose("/<number>")
    @has_access
    @permission_name("read")
    def show(self, number: str) -> ResponseReturnValue:
        """A case, personal details masked."""
        return self.render_template("panel/requests/show.html",
                                    **casepage.context(visible.one(number)))

    @expose("/<number>/goster", methods=["POST"])
    @has_access
    @permission_name("read")
    def reveal(self, number: str) -> ResponseReturnValue:
        """The case with everything in full, on this one answer; who did is written down first."""
        one = visible.one(number)
        _write_down_opening(one)
        return self.render_template("panel/requests/show.html",
                                    **casepage.context(one, opened=True))

    # -- the answer -------------------------------------------------------------------------------

    @expose("/<number>/cevap", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def answer(self, number: str) -> ResponseReturnValue:
        """Choose the decision, which shows nothing of the person; a POST sends the answer."""
        one = visible.one(number)
        visible.refuse_part()
        if one.state in (State.SENDING, State.CLOSED):
            return _answered(number)
        if request.method == "GET":
            return self.render_template("panel/requests/answer.html", **answerpage.choose(one))
        new = answerpage.read(request.form)
        try:
            orm.db.session.commit()
            made = answering.answer(one.id, new, by=current_user.id)
        except IletiError as error:
            return self.render_template("panel/requests/answer.html", **answerpage.again(
                one, new, error)), error.status if error.status < 500 else 503
        audit.record("request:answer", f"data_request:{case_number(one.id)}", {"answer": made},
                     provider_id=one.provider_id)
        orm.db.session.commit()
        jobs.ring(SEND_MAILS)
        flash(answerpage.done(new), "success")
        return redirect(url_for("RequestView.show", number=number), code=303)

    @expose("/<number>/cevap/metin", methods=["POST"])
    @has_access
    @permission_name("write")
    def begin_answer(self, number: str) -> ResponseReturnValue:
        """The first text of an answer, which names the person and their records: written down."""
        one = visible.one(number)
        visible.refuse_part()
        if one.state in (State.SENDING, State.CLOSED):
            return _answered(number)
        _write_down_opening(one)
        return self.render_template("panel/requests/answer.html", **answerpage.begin(one))

    @expose("/<number>/cevap/onizleme", methods=["POST"])
    @has_access
    @permission_name("write")
    def preview(self, number: str) -> ResponseReturnValue:
        """The letter as it would go out, as a PDF; nothing of it is kept, who saw it is."""
        one = visible.one(number)
        visible.refuse_part()
        _write_down_opening(one)
        return answerpage.preview(one.id, answerpage.read(request.form))


def _answered(number: str) -> ResponseReturnValue:
    flash(_("This request is answered already."), "warning")
    return redirect(url_for("RequestView.show", number=number), code=303)


def _write_down_opening(one: DataRequest) -> None:
    """Who sees the person's data, before they are shown: in the trail and in the case's history."""
    audit.record("request:reveal", f"data_request:{case_number(one.id)}",
                 provider_id=one.provider_id)
    orm.db.session.commit()
    with db.transaction() as conn:
        cases.note(conn, cases.read_case(conn, one.id), Deed.OPENED, by=current_user.id)


giving.door("RequestView.new", "request:write")
__all__ = ["RequestView", "language"]


def _recorded(typed: newcase.Typed, place: tuple[int, int], brought: giving.Brought,
              mail: int | None, paper: Kept | None) -> int:
    """Open the case with its papers; its id. A mail is closed with it. Raises Conflict when
    somebody decided on the mail meanwhile."""
    assert typed.way is not None
    assert typed.received_at is not None
    me = int(current_user.id)
    occasion = f"desk:{me}:{request.form.get('key', '')[:40]}" if mail is None else (
        frommail.idem_of(mail))
    papers = [*brought.kept, *([(paper, frommail.NAME)] if paper is not None else [])]
    with db.transaction() as conn:
        if mail is not None:
            deciding.hand_on(conn, place[0], mail, by=me)
        pk, fresh = cases.open_case(conn, cases.NewCase(
            provider_id=place[0], brand_id=place[1], way=typed.way, by=me, idem=occasion,
            wish=typed.wish, received_at=typed.received_at, person=typed.person,
            rights=typed.rights, language=typed.language, signed=typed.signed))
        case = cases.read_case(conn, pk)
        for kept, name in papers:
            cases.add_file(conn, case, kept, name, FileRole.APPLICATION, by=me)
        if fresh and typed.person.email and request.form.get("receipt") == "1":
            mails.write_receipt(conn, case)
    return pk


def _decided(mail: int | None, error: Conflict) -> ResponseReturnValue:
    """Somebody was quicker: the mail's page says what it became."""
    if mail is None:
        raise error
    flash(say(error), "warning")
    return redirect(url_for("UnreadMailView.show", pk=mail), code=303)
