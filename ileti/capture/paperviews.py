"""The paper desk: print numbered forms, type signed ones in one after the other, look twice.

Why this module exists: a hundred forms come back from a shop or a fair, and each must be in the
ledger within three business days (R-33). So the desk is made for keys and a scanner: the code on
the sheet opens its own entry, with the words that stand on it and no others; the scan is dropped in
or photographed; one press records it and asks for the next. What cannot be read is left with its
scan for another pair of eyes, which must be somebody else's.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select

from ileti.capture import paper, paperlook, paperscans, papersheet
from ileti.capture.paper import Batch, Filled
from ileti.capture.papermodels import PaperBatch
from ileti.consents.ledger import Place
from ileti.core import clock, db, orm
from ileti.core.errors import (
    Conflict,
    FieldError,
    Gone,
    IletiError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TryLater,
)
from ileti.core.formats import say
from ileti.core.secrets import secrets
from ileti.documents.views import emphasised
from ileti.evidence import giving, vault
from ileti.evidence.kinds import SCANS
from ileti.evidence.paper import NotSet
from ileti.evidence.vault import Kept
from ileti.tenancy import audit, offered, scope
from ileti.tenancy.models import Brand, Dealer, Provider

SHOWN: Final = 50
LONGEST_NAME: Final = 120


class PaperView(BaseView):
    """Consent on paper."""

    route_base = "/kagit-formlar"
    class_permission_name = "consent"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("take")
    def list(self) -> ResponseReturnValue:
        """Printings, what waits for a second look, and the form for the next printing."""
        found = orm.db.session.scalars(
            select(PaperBatch).order_by(PaperBatch.id.desc()).limit(SHOWN)).all()
        brands = {one.id: one for one in offered.brands()}
        return self.render_template(
            "panel/paper.html", title=_("Consent on paper"), most=paper.MOST_COPIES,
            days=paperscans.DAYS,
            line=_("Print numbered forms, and type in what comes back signed."),
            brands=[(one.id, one.name) for one in brands.values()], looks=_looks(),
            rows=[{"made": one.made_at, "brand": str(brands.get(one.brand_id, "—")),
                   "spot": one.spot or "—", "copies": one.copies, "lang": one.language,
                   "first": paper.number_of(one.id, 1),
                   "url": url_for("PaperView.pdf", pk=one.id)} for one in found])

    @expose("/bas", methods=["POST"])
    @has_access
    @permission_name("take")
    def make(self) -> ResponseReturnValue:
        """A printing of the texts as they are now."""
        wanted = request.form.get("marka", 0, type=int)
        brand = next((one for one in offered.brands() if one.id == wanted), None)
        if brand is None:
            raise NotFound()
        place = _place(brand)
        orm.db.session.commit()
        try:
            batch = paper.print_batch(
                db.connection(), place, dealer_id=scope.current().dealer_id,
                language="en" if request.form.get("dil") == "en" else "tr",
                copies=request.form.get("adet", 0, type=int),
                spot=request.form.get("yer", "")[:120], by=current_user.id)
        except InvalidInput as error:
            flash(say(error), "warning")
            return redirect(url_for("PaperView.list"), code=303)
        audit.record("paper:print", f"paper:{batch.id}", {"copies": batch.copies},
                     provider_id=place.provider_id)
        orm.db.session.commit()
        flash(_("The forms are ready to print."), "success")
        return redirect(url_for("PaperView.list"), code=303)

    @expose("/<int:pk>.pdf")
    @has_access
    @permission_name("take")
    def pdf(self, pk: int) -> ResponseReturnValue:
        """The sheets of a printing."""
        batch = paper.batch_of(db.connection(), pk)
        brand = orm.db.session.get(Brand, batch.place.brand_id)
        dealer = orm.db.session.get(Dealer, batch.dealer_id) if batch.dealer_id else None
        if brand is None:
            raise NotFound()
        try:
            made = papersheet.sheets(batch, brand.name, str(dealer or ""), brand.accent or "")
        except NotSet as error:
            raise TryLater("Form hazırlanamadı; yeniden deneyin.",
                           "The form could not be made; try again.", code="not_set") from error
        return Response(made, mimetype="application/pdf", headers={
            "Content-Disposition": f'attachment; filename="form-{pk}.pdf"',
            "Cache-Control": "private, no-store"})

    # -- typing in ---------------------------------------------------------------------------------

    @expose("/giris", methods=["GET"])
    @has_access
    @permission_name("take")
    def enter(self) -> ResponseReturnValue:
        """Which sheet comes next; with its number, the sheet."""
        typed = request.args.get("no", "")
        if not typed.strip():
            return self._ask()
        try:
            number, sheet = paper.sheet_of(typed)
            batch = paper.batch_of(db.connection(), number, sheet)
        except NotFound as error:
            return self._ask(say(error), typed[:60])
        return self._draw(batch, sheet, {}, [])

    @expose("/giris", methods=["POST"])
    @has_access
    @permission_name("take")
    def take(self) -> ResponseReturnValue:
        """Record a sheet, or leave it for a second look; then the next."""
        number, sheet = paper.sheet_of(request.form.get("no", ""))
        batch = paper.batch_of(db.connection(), number, sheet)
        provider, shown = batch.place.provider_id, batch.number(sheet)
        file = None
        try:
            file = _scan(batch, sheet)
            if "bak" in request.form:
                paperlook.leave(batch, sheet, file, current_user.id)
                deed, said = "paper:look", _("%(sheet)s waits for a second look.", sheet=shown)
            else:
                paperlook.refuse_own(batch.id, sheet, current_user.id)
                recorded = paper.take(_filled(batch, sheet, file))
                paperlook.settle(batch.id, sheet, current_user.id)
                deed = "paper:take"
                said = _("%(sheet)s was entered before; nothing changed.", sheet=shown) \
                    if recorded.replay else _("%(sheet)s is recorded.", sheet=shown)
        except (InvalidInput, Conflict, TryLater) as error:
            return self._draw(batch, sheet, request.form,
                              [say(one) for one in error.errors] or [say(error)], 422, file)
        audit.record(deed, f"paper:{batch.id}", {"sheet": sheet}, provider_id=provider)
        orm.db.session.commit()
        flash(said, "success")
        return redirect(url_for("PaperView.enter"), code=303)

    def _ask(self, fault: str = "", typed: str = "") -> ResponseReturnValue:
        html = self.render_template("panel/paper_next.html", title=_("The next sheet"),
                                    fault=fault, typed=typed)
        return (html, 422) if fault else html

    def _draw(self, batch: Batch, sheet: int, typed: Any, faults: Any,
              status: int = 200, file: tuple[Kept, str] | None = None) -> ResponseReturnValue:
        look = paperlook.of_sheet(batch.id, sheet)
        html = self.render_template(
            "panel/paper_sheet.html", title=batch.number(sheet), faults=faults, look=look,
            scan_url=url_for("PaperView.scan", pk=look["id"]) if look else "",
            own=look is not None and look["by"] == current_user.id, today=clock.today().isoformat(),
            spot=batch.spot, brought=_brought(batch, sheet, file),
            typed={name: typed.get(name, "")[:320]
                   for name in ("name", "phone", "email", "signed")},
            lines=[{"name": one.channel.name, "body": emphasised(one.body),
                    "said": typed.get(f"cevap-{one.channel.name}", "")}
                   for one in batch.texts if one.channel])
        return html, status

    # -- the second look ---------------------------------------------------------------------------

    @expose("/bak/<int:pk>")
    @has_access
    @permission_name("take")
    def scan(self, pk: int) -> ResponseReturnValue:
        """The scan of a sheet that waits, as a download."""
        look = paperlook.visible(pk)
        audit.record("paper:open", f"paper:{look.paper_batch_id}", {"sheet": look.sheet},
                     provider_id=look.provider_id)
        return giving.give(look.provider_id, look.file_id, "form")

    @expose("/bak/<int:pk>/ayir", methods=["POST"])
    @has_access
    @permission_name("take")
    def aside(self, pk: int) -> ResponseReturnValue:
        """Nobody can read it: nothing is recorded."""
        look = paperlook.visible(pk)
        batch, sheet, provider = look.paper_batch_id, look.sheet, look.provider_id
        try:
            paperlook.put_aside(look, current_user.id)
        except Conflict as error:
            flash(say(error), "warning")
        else:
            audit.record("paper:aside", f"paper:{batch}", {"sheet": sheet}, provider_id=provider)
            orm.db.session.commit()
            flash(_("Put aside; nothing was recorded from it."), "success")
        return redirect(url_for("PaperView.list"), code=303)


def _looks() -> list[dict[str, Any]]:
    return [one | {"enter_url": url_for("PaperView.enter", no=one["number"]),
                   "scan_url": url_for("PaperView.scan", pk=one["id"]),
                   "aside_url": url_for("PaperView.aside", pk=one["id"]),
                   "own": one["by"] == current_user.id} for one in paperlook.waiting()]


def _place(brand: Brand) -> Place:
    provider = orm.db.session.get(Provider, brand.provider_id)
    if provider is None:
        raise NotFound()
    return Place(provider.id, provider.iys_code, brand.id, brand.brand_code)


def _filled(batch: Batch, sheet: int, file: tuple[Kept, str] | None) -> Filled:
    form = request.form
    return Filled(
        batch=batch, sheet=sheet, name=" ".join(form.get("name", "").split())[:LONGEST_NAME],
        phone=form.get("phone", "")[:120], email=form.get("email", "")[:320], file=file,
        signed_on=_day(form.get("signed", "")), by=current_user.id,
        answers={one.channel: form[f"cevap-{one.channel.name}"] == "evet"
                 for one in batch.texts if one.channel is not None
                 and form.get(f"cevap-{one.channel.name}") in ("evet", "hayir")})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return date.max  # named as wrong with all else that is


def _brought(batch: Batch, sheet: int, file: tuple[Kept, str] | None) -> str:
    """A scan that came with a form which had a fault, so that nobody scans twice."""
    return secrets().tokens("paper-scan").make(
        {"f": file[0].id, "n": file[1][:80], "b": batch.id, "s": sheet, "u": current_user.id},
        seconds=3_600) if file else ""


def _brought_before(batch: Batch, sheet: int) -> tuple[Kept, str] | None:
    token = request.form.get("gelen", "")
    if not token:
        return None
    try:
        said = secrets().tokens("paper-scan").read(token[:1_000])
    except (NotAllowed, Gone, ValueError):
        return None
    if (said.get("b"), said.get("s"), said.get("u")) != (batch.id, sheet, current_user.id):
        return None
    provider = batch.place.provider_id
    return vault.describe(provider, [said["f"]])[said["f"]], said["n"]


_NO_SCAN: Final = FieldError("file", "no_scan", "Kâğıdın taramasını ekleyin (PDF ya da görüntü).",
                             "Add a scan of the paper (PDF or image).")


def _scan(batch: Batch, sheet: int) -> tuple[Kept, str] | None:
    """The scan that came with the form, or the one that lies with the sheet since the first look.
    Raises InvalidInput for a file that is none."""
    if not any(one.filename for one in request.files.values()):
        return _brought_before(batch, sheet) or paperlook.kept(
            batch.place.provider_id, batch.id, sheet)
    brought = giving.take(batch.place.provider_id, by=current_user.id)
    paperscans.note(batch, sheet, [file for file, _name in brought.kept])
    for _name, refusal in brought.refused:
        raise refusal if isinstance(refusal, InvalidInput) else _as_input(refusal)
    file, name = brought.kept[0]
    if file.media_type not in SCANS:
        raise InvalidInput(errors=(_NO_SCAN,))
    return file, name


def _as_input(error: IletiError) -> InvalidInput:
    return InvalidInput(error.tr, error.en, code=error.code)


giving.door("PaperView.take", "consent:take")
