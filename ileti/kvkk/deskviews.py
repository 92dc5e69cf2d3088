"""The desk: what a caller says or a paper shows, recorded with its texts in sight (R-57 … R-62).

Nothing is chosen beforehand: the notice is unticked and every answer is "no answer" until the
person has spoken. A dealer takes for its own brand and as itself.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user

from ileti.consents import fieldpage
from ileti.consents.ledger import Place
from ileti.core import db, formats, orm
from ileti.core.errors import CallerMistake, FieldError, IletiError, InvalidInput, NotFound
from ileti.core.formats import say
from ileti.documents.views import emphasised
from ileti.evidence import giving
from ileti.evidence.kinds import SCANS
from ileti.fields import catalogue, kept, reading
from ileti.fields.vocabulary import Where
from ileti.kvkk import desk, pages
from ileti.kvkk.desk import Taken, Way
from ileti.recipients.address import AddressError, parse_address
from ileti.tenancy import audit, offered, scope
from ileti.tenancy.models import Brand, Provider

_KEY = re.compile(r"[0-9a-f-]{36}\Z")
LONGEST_NAME = 120


class DeskView(BaseView):
    """Notices and explicit consents on the phone and on paper."""

    route_base = "/kvkk/masa"
    class_permission_name = "consent"
    default_view = "show"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("take")
    def show(self) -> ResponseReturnValue:
        """The empty form of a way."""
        return self._draw(_brand(request.args), _way(request.args), {}, [])

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("take")
    def take(self) -> ResponseReturnValue:
        """Record what was said or signed."""
        brand, way = _brand(request.form), _way(request.form)
        try:
            taken = _taken(brand, way)
            number = desk.take(db.connection(), taken, formats.language())
        except (AddressError, IletiError) as error:
            told = [say(one) for one in getattr(error, "errors", ())] or [say(error)]
            return self._draw(brand, way, request.form, told, 422)
        audit.record("consent:take", f"brand:{brand.id}", {"way": way.value, "acts": number},
                     provider_id=brand.provider_id)
        orm.db.session.commit()
        # the same sentence whatever stood: a dealer must not learn here who consented to what
        flash(_("What was said is recorded."), "success")
        return redirect(url_for("DeskView.show", yol=way.value, marka=brand.id), code=303)

    def _draw(self, brand: Brand, way: Way, typed: Any, faults: list[str],
              status: int = 200) -> ResponseReturnValue:
        texts = desk.texts(db.connection(), place_of(brand), formats.language())
        html = self.render_template(
            "panel/kvkk/desk.html", tabs=pages.tabs("show"), way=way.value, faults=faults,
            ways=[{"label": label, "url": url_for("DeskView.show", yol=one.value, marka=brand.id),
                   "current": one is way} for one, label in _ways()],
            brands=[(one.id, one.name) for one in offered.brands()], brand=brand, texts=[
                {"id": one.id, "document": one.document_id, "kind": one.kind, "title": one.title,
                 "body": emphasised(one.body)} for one in texts],
            fields=_fields(brand, drawn_again=status != 200), key=str(uuid.uuid4()),
            address=typed.get("address", "")[:320],
            name=typed.get("name", "")[:LONGEST_NAME])
        return html, status


def _ways() -> list[tuple[Way, str]]:
    return [(Way.CALL, _("On the phone")), (Way.PAPER, _("On paper")),
            (Way.SIGNED, _("Signed paper"))]


def _way(said: Any) -> Way:
    try:
        return Way(said.get("yol", Way.CALL.value))
    except ValueError:
        raise CallerMistake() from None


def _brand(said: Any) -> Brand:
    """The chosen brand among those in view, else the first; NotFound for any other."""
    wanted = said.get("marka", 0, type=int)
    found = [one for one in offered.brands() if wanted in (0, one.id)]
    if not found:
        raise NotFound()
    return found[0]


def place_of(brand: Brand) -> Place:
    """The brand's place in the ledger."""
    provider = orm.db.session.get(Provider, brand.provider_id)
    if provider is None:
        raise NotFound()
    return Place(provider.id, provider.iys_code, brand.id, brand.brand_code)


def _taken(brand: Brand, way: Way) -> Taken:
    form = request.form
    address = parse_address(form.get("address", "")[:320]).value
    if not _KEY.match(form.get("key", "")):
        raise CallerMistake()
    answers = {int(name.removeprefix("answer-")): value == "given" for name, value in form.items()
               if re.fullmatch(r"answer-\d{1,9}", name) and value in ("given", "withdrawn")}
    fields = catalogue.of_consents(brand.provider_id)
    values, faults = reading.all_of(
        fields, {one.key: form.getlist(reading.PREFIX + one.key) for one in fields}, Where.PANEL,
        needed=any(answers.values()))
    if faults:
        raise InvalidInput(errors=tuple(faults))
    return Taken(
        said=kept.parts(fields, values, brand.provider_id, formats.language()),
        place=place_of(brand), way=way, address=address,
        name=" ".join(form.get("name", "").split())[:LONGEST_NAME], told="told" in form,
        answers=answers, key=form["key"], by=current_user.id,
        shown=[int(one) for one in form.getlist("shown") if one.isdigit() and len(one) < 10],
        dealer_id=scope.current().dealer_id, file=_file(brand, way))


def _fields(brand: Brand, *, drawn_again: bool) -> list[dict[str, Any]]:
    """The company's own fields; what was typed stays after a fault, what is answered by choosing is
    chosen by nobody but the person (R-12)."""
    return [fieldpage.drawn(one, None, formats.language(),
                            typed=drawn_again and not one.kind.is_choice)
            for one in catalogue.of_consents(brand.provider_id)]


_NO_RECORDING = FieldError("file", "no_recording", "Görüşmenin ses kaydını ekleyin; bu dosya ses "
                           "kaydı değil.", "Add the recording of the call; this file is none.")
_NO_SCAN = FieldError("file", "no_scan", "Kâğıdın taramasını ekleyin (PDF ya da görüntü).",
                      "Add a scan of the paper (PDF or image).")


def _file(brand: Brand, way: Way) -> dict[str, Any] | None:
    """The scan, or the recording of the call, kept in the vault; its hash goes into the evidence
    and so into the leaf. Raises InvalidInput for a file that is neither."""
    if not any(one.filename for one in request.files.values()):
        return None
    brought = giving.take(brand.provider_id, by=current_user.id)
    for _name, refusal in brought.refused:
        raise refusal
    file, _name = brought.kept[0]
    if way is Way.CALL and not file.media_type.startswith("audio/"):
        raise InvalidInput(errors=(_NO_RECORDING,))
    if way is not Way.CALL and file.media_type not in SCANS:
        raise InvalidInput(errors=(_NO_SCAN,))
    return {"id": file.id, "sha256": file.sha256.hex(), "size": file.size}


giving.door("DeskView.take", "consent:take")
