"""Proof files of an import: brought several at once, opened, taken out before it is applied."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from ileti.core import orm
from ileti.core.errors import Conflict, IletiError, NotFound
from ileti.core.formats import number, say
from ileti.evidence import giving
from ileti.imports import proofs
from ileti.imports.models import ImportFile, ImportRun
from ileti.imports.panel import visible
from ileti.imports.states import CHANGEABLE, RunState
from ileti.tenancy import audit, confirm


class ImportProofView(BaseView):
    """The files of one import."""

    route_base = "/ice-aktarma"
    class_permission_name = "import"
    default_view = "add"

    @expose("/<int:pk>/kanit", methods=["POST"])
    @has_access
    @permission_name("run")
    def add(self, pk: int) -> ResponseReturnValue:
        """Take files: for all of the import (``ne`` is ``butun``) or for rows to name."""
        one = visible.one(pk)
        if one.state not in CHANGEABLE:
            raise Conflict("Aktarma bu arada ilerledi; sayfayı yenileyin.",
                           "The import has moved on meanwhile; reload the page.", code="moved_on")
        whole, role = request.form.get("ne") == "butun", giving.asked_role()
        brought = giving.take(one.provider_id, by=current_user.id)
        count = 0
        for file, name in brought.kept:
            try:
                no = proofs.attach(pk, file, name, whole=whole, by=current_user.id, role=role)
            except IletiError as error:
                brought.refused.append((name, error))
                continue
            audit.record("import:proof", f"import:{pk}", {"no": no, "file": file.id},
                         provider_id=one.provider_id)
            count += 1
        orm.db.session.commit()
        if giving.wants_json():
            return giving.told(brought.refused, count)
        for _name, refusal in brought.refused:
            flash(say(refusal), "danger")
        if count:
            flash(ngettext("%(n)s file is in the vault.", "%(n)s files are in the vault.", count,
                           n=number(count)), "success")
        return redirect(_back(pk), code=303)

    @expose("/<int:pk>/kanit/<int:no>")
    @has_access
    @permission_name("read")
    @confirm.needed_for_file
    def open(self, pk: int, no: int) -> ResponseReturnValue:
        """One file as a download; it may be the list itself, with everybody on it."""
        one, file = _file(pk, no)
        audit.record("proof:open", f"import:{pk}", {"no": no, "file": file.file_id},
                     provider_id=one.provider_id)
        return giving.give(one.provider_id, file.file_id, file.name)

    @expose("/<int:pk>/kanit/<int:no>/cikar", methods=["POST"])
    @has_access
    @permission_name("run")
    def remove(self, pk: int, no: int) -> ResponseReturnValue:
        """Take a file out of the import; the vault keeps it."""
        one, _found = _file(pk, no)
        try:
            proofs.detach(pk, no)
        except Conflict as error:
            flash(say(error), "warning")
            return redirect(_back(pk), code=303)
        audit.record("import:proof_out", f"import:{pk}", {"no": no}, provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The file was taken out; make the dry run again."), "success")
        return redirect(_back(pk), code=303)


giving.door("ImportProofView.add", "import:run")


def _file(pk: int, no: int) -> tuple[ImportRun, ImportFile]:
    """A visible run and its file. Raises NotFound."""
    one = visible.one(pk)
    found = None if no >= 2**31 else orm.db.session.scalars(select(ImportFile).where(
        ImportFile.import_id == pk, ImportFile.id == no)).first()
    if found is None:
        raise NotFound()
    return one, found


def _back(pk: int) -> str:
    """The page the files stand on: the dry run's result, or the step of origin and proof."""
    orm.db.session.expire_all()
    one = visible.one(pk)
    if one.state == RunState.MAPPING:
        return url_for("ImportView.origin", pk=pk) + "#kanitlar"
    return url_for("ImportView.show", pk=pk) + "#kanitlar"
