"""Importing a customer list in the panel: five steps, each a page that works without a script.

Whoever looks sees the imports of their own work space only (:mod:`ileti.imports.panel.visible`);
what a page asks for is one guarded step of :mod:`ileti.imports.runs`, noted in the audit trail. A
page that is old gets the sentence that the import has moved on, and the page of where it is now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

import ileti.imports.jobs  # noqa: F401 - a step rings for them by name
from ileti.core import orm
from ileti.core.errors import CallerMistake, Conflict, IletiError, NotFound
from ileti.core.formats import language, say
from ileti.imports import arriving, report, runs, table
from ileti.imports.files import longest_bytes, too_long
from ileti.imports.mapping import Mapping
from ileti.imports.models import ImportRun
from ileti.imports.panel import (
    mapping_form,
    origin_page,
    pages,
    result_page,
    templates,
    undo_page,
    uploads,
    visible,
)
from ileti.imports.panel.incoming import Incoming, whole_body
from ileti.imports.reading.reader import Layout
from ileti.imports.states import CHANGEABLE, RunState, Undo
from ileti.tenancy import audit, confirm, doors, scope, viewpages

_WORKING = (RunState.CHECKING, RunState.APPROVAL, RunState.APPLYING, RunState.PAUSED,
            RunState.UNDOING)


class ImportView(BaseView):
    """The list, the five steps, and the deeds between them."""

    route_base = "/ice-aktarma"
    class_permission_name = "import"
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> ResponseReturnValue:
        """Imports, newest first."""
        if (first := viewpages.first("ImportView")) is not None:
            return redirect(first)
        return self.render_template("panel/imports/list.html", **pages.listing())

    @expose("/<int:pk>/")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """Where the import is now."""
        one = visible.one(pk)
        state = RunState(one.state)
        if state is RunState.UPLOADING:
            return self._file(pages.file_page(one))
        if state is RunState.MAPPING:
            return redirect(url_for("ImportView.mapping", pk=pk))
        if state is RunState.CHECKED:
            return self.render_template("panel/imports/result.html", **result_page.context(one))
        if state in _WORKING:
            return self.render_template("panel/imports/work.html", **pages.working(one))
        return self.render_template("panel/imports/done.html", **pages.finished(one))

    # -- step 1: the file -------------------------------------------------------------------------

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("run")
    def new(self) -> ResponseReturnValue:
        """The form; or the whole file in one POST, as it comes without a script."""
        before = _before(request.values.get("onceki", ""))
        if request.method == "GET":
            return self._file(pages.file_page(None, before=before))
        chosen = request.form.get("marka", "")
        brand = pages.brand_of(chosen)
        given = request.files.get("dosya")
        coming: Incoming | None = next(iter(doors.brought()), None)
        if brand is None or given is None or not given.filename or coming is None:
            said = _("Choose a brand.") if brand is None else _("Choose a file.")
            return self._file(pages.file_page(None, brand=chosen, before=before, error=said), 422)
        if not coming.size:
            return self._file(pages.file_page(None, brand=chosen, before=before,
                                              error=_("The file is empty.")), 422)
        try:
            run_id = uploads.begin(brand, given.filename)
        except Conflict as error:
            return self._file(pages.file_page(None, brand=chosen, before=before, error=say(error)),
                              error.status)
        _note("open", run_id)
        arriving.add_part(run_id, 1, coming.pieces())
        uploads.finish(run_id, before)
        _note("upload", run_id, bytes=coming.size)
        return redirect(url_for("ImportView.mapping", pk=run_id))

    @expose("/yeni/parcali", methods=["POST"])
    @has_access
    @permission_name("run")
    def begin(self) -> ResponseReturnValue:
        """A script begins an upload in parts: the number of the import."""
        brand = pages.brand_of(request.form.get("marka", ""))
        size = request.form.get("boyut", 0, type=int)
        if brand is None:
            return _said(CallerMistake(*_brand_missing(), code="brand"))
        if size > longest_bytes():
            return _said(too_long())
        try:
            run_id = uploads.begin(brand, request.form.get("ad", ""))
        except Conflict as error:
            return _said(error)
        _note("open", run_id)
        return jsonify(run=run_id)

    @expose("/<int:pk>/parca/")
    @has_access
    @permission_name("run")
    def parts(self, pk: int) -> ResponseReturnValue:
        """Which parts are here, with their sizes: a broken upload goes on from there."""
        run = _open_upload(pk)
        return jsonify(parts=run.file.parts())

    @expose("/<int:pk>/parca/<int:number>", methods=["POST"])
    @has_access
    @permission_name("run")
    def part(self, pk: int, number: int) -> ResponseReturnValue:
        """One part, as the bytes of the body. What is cut short is no part."""
        _open_upload(pk)
        try:
            size = arriving.add_part(pk, number, whole_body())
        except IletiError as error:
            return _said(error)
        return jsonify(size=size)

    @expose("/<int:pk>/bitti", methods=["POST"])
    @has_access
    @permission_name("run")
    def complete(self, pk: int) -> ResponseReturnValue:
        """All parts are here: where to go on."""
        run = _open_upload(pk)
        try:
            uploads.finish(run.id, _before(request.form.get("onceki", "")))
        except IletiError as error:
            return _said(error)
        _note("upload", run.id, bytes=sum(run.file.parts().values()))
        return jsonify(url=url_for("ImportView.mapping", pk=pk))

    # -- step 2: what the columns mean ------------------------------------------------------------

    @expose("/<int:pk>/esleme", methods=["GET", "POST"])
    @has_access
    @permission_name("run")
    def mapping(self, pk: int) -> ResponseReturnValue:
        """Columns, fixed values and how the file is read; corrected and seen anew."""
        one = _changeable(pk)
        if one is None:
            return redirect(url_for("ImportView.show", pk=pk))
        run = runs.read_run(pk)
        if request.method == "GET":
            return self._mapping(one, mapping_form.Typed(run.layout, run.mapping),
                                 table.look(run))
        deed = request.form.get("is", "")
        if deed == "oku":
            return _read_again(one, run)
        if deed.startswith("sablon-"):
            return _apply_template(one, deed)
        seen = table.look(run)
        typed = mapping_form.read(request.form, one, seen.width)
        if deed == "sakla":
            return self._keep(one, typed, seen)
        if typed.errors or seen.trouble:
            return self._mapping(one, typed, seen, 422)
        runs.map_columns(pk, run.layout, typed.mapping)
        _note("map", pk)
        return redirect(url_for("ImportView.origin", pk=pk))

    def _keep(self, one: ImportRun, typed: mapping_form.Typed,
              seen: table.Table) -> ResponseReturnValue:
        """Keep the mapping by a name, also an unfinished one, and stay on the page."""
        name = " ".join(request.form.get("sablon_adi", "").split())
        if not visible.may_keep():
            raise NotFound()
        if not 2 <= len(name) <= templates.LONGEST_NAME:
            typed.errors = {"sablon_adi": _("Write a name of 2 to 120 letters.")}
            return self._mapping(one, typed, seen, 422)
        number = templates.keep(one, name, seen.heads or [], typed.mapping)
        runs.map_columns(one.id, Layout.from_json(one.layout), typed.mapping)
        audit.record("import:template", f"import_template:{number}", provider_id=one.provider_id)
        orm.db.session.commit()
        flash(_("The mapping is kept as “%(name)s”.", name=name), "success")
        return redirect(url_for("ImportView.mapping", pk=one.id))

    # -- step 3: where it comes from --------------------------------------------------------------

    @expose("/<int:pk>/koken", methods=["GET", "POST"])
    @has_access
    @permission_name("run")
    def origin(self, pk: int) -> ResponseReturnValue:
        """Origin, ground, proof and notice; then the dry run begins."""
        one = _changeable(pk)
        if one is None or Mapping.from_json(one.mapping).problems():
            return redirect(url_for("ImportView.show", pk=pk))
        if request.method == "GET":
            return self.render_template("panel/imports/origin.html", **origin_page.context(one))
        statement, errors, refused = origin_page.read(request.form)
        if statement is None:
            return self.render_template("panel/imports/origin.html", **origin_page.context(
                one, request.form, errors, refused)), 422
        runs.state_origin(pk, statement, by=_me())
        _note("origin", pk, origin=statement.origin.value)
        ask_iys = request.form.get("iys_sor") == "1"
        return _deed(pk, "check", lambda number: runs.ask_check(number, ask_iys=ask_iys))

    # -- steps 4 and 5: deeds ---------------------------------------------------------------------

    @expose("/<int:pk>/dene", methods=["POST"])
    @has_access
    @permission_name("run")
    def check(self, pk: int) -> ResponseReturnValue:
        """The dry run once more."""
        return _deed(visible.one(pk).id, "check", runs.ask_check)

    @expose("/<int:pk>/uygula", methods=["POST"])
    @has_access
    @permission_name("run")
    def apply(self, pk: int) -> ResponseReturnValue:
        """Write what the dry run showed."""
        return _deed(visible.one(pk).id, "apply", lambda number: runs.ask_apply(number, by=_me()))

    @expose("/<int:pk>/onayla", methods=["POST"])
    @has_access
    @permission_name("approve")
    def approve(self, pk: int) -> ResponseReturnValue:
        """The second person's yes."""
        return _deed(visible.one(pk).id, "approve", lambda number: runs.approve(number, by=_me()))

    @expose("/<int:pk>/duraklat", methods=["POST"])
    @has_access
    @permission_name("run")
    def pause(self, pk: int) -> ResponseReturnValue:
        """Stop after the chunks at hand."""
        return _deed(visible.one(pk).id, "pause", runs.pause)

    @expose("/<int:pk>/surdur", methods=["POST"])
    @has_access
    @permission_name("run")
    def resume(self, pk: int) -> ResponseReturnValue:
        """Go on."""
        return _deed(visible.one(pk).id, "resume", runs.resume)

    @expose("/<int:pk>/birak", methods=["POST"])
    @has_access
    @permission_name("run")
    def cancel(self, pk: int) -> ResponseReturnValue:
        """Give the import up; with ``degistir`` to bring another file in its place."""
        one = visible.one(pk)
        answer = _deed(one.id, "cancel", runs.cancel)
        orm.db.session.expire_all()
        if request.form.get("degistir") == "1" and one.state == RunState.CANCELLED:
            return redirect(url_for("ImportView.new", onceki=pk))
        return answer

    @expose("/<int:pk>/geri-al", methods=["GET", "POST"])
    @has_access
    @permission_name("run")
    def undo(self, pk: int) -> ResponseReturnValue:
        """What undoing would do, then the deed; the way that was shown and no other."""
        one = visible.one(pk)
        if not runs.undoable(runs.read_run(one.id)):
            return redirect(url_for("ImportView.show", pk=pk))
        if request.method == "GET":
            return self.render_template("panel/imports/undo.html", **undo_page.context(one))
        shown = request.form.get("yol", 0, type=int)
        if shown not in list(Undo):
            raise NotFound()
        return _deed(pk, "undo", lambda number: runs.ask_undo(number, Undo(shown), by=_me()))

    @expose("/<int:pk>/nedenler.csv")
    @has_access
    @permission_name("read")
    @confirm.needed_for_file
    def report(self, pk: int) -> ResponseReturnValue:
        """Every row with what becomes of it and why, as a file."""
        return _report(pk, report.Form.CSV)

    @expose("/<int:pk>/nedenler.xlsx")
    @has_access
    @permission_name("read")
    @confirm.needed_for_file
    def workbook(self, pk: int) -> ResponseReturnValue:
        """The same as a workbook."""
        return _report(pk, report.Form.XLSX)

    # -- pages ------------------------------------------------------------------------------------

    def _file(self, context: dict[str, Any], status: int = 200) -> ResponseReturnValue:
        return self.render_template("panel/imports/file.html", **context), status

    def _mapping(self, one: ImportRun, typed: mapping_form.Typed, seen: table.Table,
                 status: int = 200) -> ResponseReturnValue:
        return self.render_template(
            "panel/imports/mapping.html", **pages.frame(one, "mapping", title=_("Columns"), line=_(
                "What each column means, and what holds for all rows.")),
            **mapping_form.context(typed, seen, one), templates=visible.templates(one.provider_id),
            may_keep=visible.may_keep(), same=visible.same_file(one)), status


def _before(number: str) -> ImportRun | None:
    """The import whose file is to be replaced, when the user may see it."""
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    try:
        return visible.one(int(number))
    except NotFound:
        return None


def _open_upload(pk: int) -> runs.Run:
    """A run whose file is still coming. Raises NotFound, or Conflict when it is here already."""
    if visible.one(pk).state != RunState.UPLOADING:
        raise Conflict("Dosyanın yüklenmesi bitti.", "The upload has ended.", code="moved_on")
    return runs.read_run(pk)


def _changeable(pk: int) -> ImportRun | None:
    """The run, while its mapping may change; None when it has moved on."""
    one = visible.one(pk)
    if one.state in CHANGEABLE:
        return one
    if request.method == "POST":
        flash(say(_moved_on()), "warning")
    return None


def _read_again(one: ImportRun, run: runs.Run) -> ResponseReturnValue:
    """The file by another layout, its columns recognised anew."""
    layout = mapping_form.read_layout(request.form, run.layout)
    seen = table.look(run, layout)
    found = table.proposal(seen, run)
    fresh = Mapping(found.columns, run.mapping.fixed, found.fields)
    runs.map_columns(one.id, layout, fresh)
    return redirect(url_for("ImportView.mapping", pk=one.id))


def _apply_template(one: ImportRun, deed: str) -> ResponseReturnValue:
    found = templates.find(one, deed.removeprefix("sablon-"))
    runs.map_columns(one.id, Layout.from_json(one.layout), found)
    _note("map", one.id)
    return redirect(url_for("ImportView.mapping", pk=one.id))


def _report(pk: int, form: report.Form) -> ResponseReturnValue:
    one = visible.one(pk)
    if one.checked_at is None:
        raise NotFound()
    pieces = report.stream(runs.read_run(pk), language(), form=form)
    _note("report", pk)
    return Response(pieces, mimetype=form.media_type, headers={
        "Content-Disposition": f'attachment; filename="ice-aktarma-{pk}.{form}"'})


def _deed(pk: int, name: str, act: Callable[[int], Any]) -> ResponseReturnValue:
    """One step of a visible run; what cannot be done now is said on the page it is at."""
    try:
        act(pk)
    except CallerMistake as error:
        flash(say(_moved_on() if error.code == "moved_on" else error), "warning")
    else:
        _note(name, pk)
    return redirect(url_for("ImportView.show", pk=pk))


def _note(deed: str, pk: int, **detail: Any) -> None:
    orm.db.session.expire_all()
    audit.record(f"import:{deed}", f"import:{pk}", detail,
                 provider_id=visible.one(pk).provider_id)
    orm.db.session.commit()


def _me() -> int:
    number = scope.current().user_id
    if number is None:
        raise NotFound()
    return number


def _said(error: IletiError) -> ResponseReturnValue:
    """A refusal for the script, with its sentence in the page's language."""
    return jsonify(code=error.code, say=say(error)), error.status


def _moved_on() -> Conflict:
    return Conflict("Aktarma bu arada ilerledi; şimdiki durumu aşağıda.",
                    "The import has moved on meanwhile; where it is now stands below.",
                    code="moved_on")


def _brand_missing() -> tuple[str, str]:
    return "Marka seçin.", "Choose a brand."
