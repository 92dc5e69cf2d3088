"""The pictures of mails in the panel: the library, taking one, choosing one for a block.

Choosing is a page of its own, which the editor opens after it kept the draft: so a file is never
sent along with a text that is being checked, and nothing typed is lost. Works by plain forms.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, or_, select

from config import settings
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import CallerMistake, IletiError, InvalidInput, NotAllowed, NotFound
from ileti.core.formats import say, size
from ileti.templates import lifecycle, owners, pages, pictures
from ileti.templates.blockparts import side_of
from ileti.templates.design import Block, Kind
from ileti.templates.models import MessageTemplate
from ileti.templates.picturemodels import MailPicture
from ileti.templates.picturenames import PATH, Named
from ileti.templates.pictures import Place, Use
from ileti.templates.written import Content
from ileti.templates.written import read as read_content
from ileti.tenancy import doors, scope, security

PAGE: Final = 24
_ROOM: Final = 1 << 20


class PictureView(BaseView):
    """Pictures of mails."""

    route_base = "/sablonlar"
    class_permission_name = "template"
    default_view = "list"

    @expose("/resimler", methods=["GET"])
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """The library: what is kept, and what shows it."""
        return self._library()

    @expose("/resimler", methods=["POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """Take a picture for one of the places in sight."""
        chosen = next((one for one in owners.places()
                       if one["value"] == request.form.get("place")), None)
        if chosen is None:
            return self._library(problem=_("Choose whose the picture is.")), 422
        orm.db.session.rollback()  # written in a transaction of its own
        try:
            kept = _brought(Place(chosen["provider"], chosen["brand"], chosen["dealer"]))
        except IletiError as error:
            return self._library(problem=_said(error)), error.status
        flash(_("This picture was here already.") if kept.again else _("The picture is kept."),
              "success")
        return redirect(url_for("PictureView.list"), code=303)

    @expose("/resimler/<int:pk>/sil", methods=["POST"])
    @has_access
    @permission_name("write")
    def remove(self, pk: int) -> ResponseReturnValue:
        """Remove one that nothing shows."""
        found = orm.db.session.scalars(select(MailPicture).where(
            MailPicture.id == min(pk, pages.LARGEST))).first()
        if found is None:
            raise NotFound()
        if not _may_remove(found):
            raise NotAllowed()
        orm.db.session.rollback()
        try:
            pictures.remove(pk, user_id=current_user.id)
        except CallerMistake as error:
            flash(say(error), "danger")
        else:
            flash(_("The picture is removed."), "success")
        return redirect(url_for("PictureView.list"), code=303)

    @expose("/<int:pk>/resim", methods=["GET"])
    @has_access
    @permission_name("write")
    def choose(self, pk: int) -> ResponseReturnValue:
        """Choose a picture for a block of a draft, or bring one."""
        template, content = _written(pk)
        return self._chooser(template, content)

    @expose("/<int:pk>/resim", methods=["POST"])
    @has_access
    @permission_name("write")
    def chosen(self, pk: int) -> ResponseReturnValue:
        """Put a picture that was chosen or brought into the block."""
        template, content = _written(pk)
        number, side, block = _block(content)
        try:
            if (key := request.form.get("key")) is not None:
                name, alt = _of_library(template, key, block)
            else:
                place = pages.place_of(template)
                orm.db.session.rollback()
                kept = _brought(place)
                name, alt = kept.names[-1 if block.kind is Kind.IMAGE else 0], _alt()
            assert content.design is not None
            made = pages.designed(content, content.design.show(number, side, name, alt))
            orm.db.session.rollback()
            lifecycle.save(pk, request.form.get("revision", 0, type=int), made,
                           user_id=current_user.id)
        except IletiError as error:
            orm.db.session.rollback()
            return self._chooser(*_written(pk), problem=_said(error)), error.status
        return redirect(f"{url_for('TemplateDraftView.edit', pk=pk)}#blok-{number}", code=303)

    def _library(self, problem: str = "") -> str:
        rows, before, after = _page(select(MailPicture), "PictureView.list")
        may = security.may("template:write")
        page: str = self.render_template(
            "panel/messages/pictures.html", title=_("Pictures"), rows=rows, before=before,
            after=after, places=owners.places() if may else [], typed=request.form,
            problem=problem, most=settings().picture_longest_mb,
            days=settings().picture_keep_days, reachable=bool(settings().public_url),
            crumbs=[(_("Templates"), url_for("TemplateView.list")), (_("Pictures"), None)])
        return page

    def _chooser(self, template: MessageTemplate, content: Content, problem: str = "") -> str:
        number, side, block = _block(content)
        rows, before, after = _page(
            select(MailPicture).where(
                MailPicture.provider_id == template.provider_id,
                or_(MailPicture.brand_id.is_(None), MailPicture.brand_id == template.brand_id),
                or_(MailPicture.dealer_id.is_(None), MailPicture.dealer_id == template.dealer_id)),
            "PictureView.choose", pk=template.id, blok=number, yan=side)
        page: str = self.render_template(
            "panel/messages/choose.html", title=_("Choose a picture"), tpl=template, rows=rows,
            before=before, after=after, typed=request.form, problem=problem, block=number,
            side=side, line=_("For block %(n)s", n=number) + (
                f" · {side_of(side)}" if block.kind is Kind.COLUMNS else ""),
            revision=template.revision, most=settings().picture_longest_mb,
            back=f"{url_for('TemplateDraftView.edit', pk=template.id)}#blok-{number}",
            crumbs=pages.crumbs(template, _("Choose a picture")))
        return page


def _written(pk: int) -> tuple[MessageTemplate, Content]:
    """A template of this user's to write, and its draft."""
    template = pages.find(pk)
    owners.refuse_foreign(template)
    return template, read_content(Channel(template.channel), template.draft)


def _block(content: Content) -> tuple[int, str, Block]:
    """The block that is asked about, and its side. Raises NotFound."""
    number = request.values.get("blok", 0, type=int)
    side = "2" if request.values.get("yan") == "2" else ""
    blocks = content.design.blocks if content.design is not None else ()
    if not 0 < number <= len(blocks) or blocks[number - 1].kind not in (Kind.IMAGE, Kind.COLUMNS):
        raise NotFound()
    block = blocks[number - 1]
    return number, side if block.kind is Kind.COLUMNS else "", block


def _of_library(template: MessageTemplate, key: str, block: Block) -> tuple[str, str]:
    """Name and words of a picture in sight; the wider one where it has the whole width. Raises
    NotFound."""
    found = orm.db.session.scalars(select(MailPicture).where(
        MailPicture.key == key[:32], MailPicture.provider_id == template.provider_id)).first()
    if found is None:
        raise NotFound("Bu resim artık yok; başka birini seçin.",
                       "This picture is not there any more; choose another one.")
    wide = (block.kind is Kind.IMAGE and found.large_width) or found.small_width
    return pictures.name_of(found.key, wide, found.ext), found.alt


def _brought(place: Place) -> pictures.Kept:
    """Keep what the form brought. Raises CallerMistake."""
    file = request.files.get("dosya")
    if file is None or not file.filename:
        raise pictures.refused("no_file")
    alt = _alt()
    if not alt and not request.form.get("sus"):
        raise InvalidInput("Resmin ne gösterdiğini yazın ya da yalnız süs olduğunu işaretleyin.",
                           "Write what the picture shows, or say that it only decorates.",
                           code="picture_words")
    return pictures.keep(place, file.stream.read(), name=file.filename.rpartition("/")[2],
                         alt=alt, user_id=current_user.id)


def _alt() -> str:
    return "" if request.form.get("sus") else " ".join(request.form.get("alt", "").split())[
        :pictures.LONGEST_ALT]


def _may_remove(one: MailPicture) -> bool:
    """The right, and the place: a brand's people keep the provider's."""
    here = scope.current()
    return security.may("template:write") and (
        here.brand_id is None or one.brand_id == here.brand_id) and (
        here.dealer_id is None or one.dealer_id == here.dealer_id)


def _page(wanted: Select[tuple[MailPicture]], endpoint: str, **values: Any
          ) -> tuple[list[dict[str, Any]], str | None, str | None]:
    """A page of pictures, the newest first, and the ways to those beside it."""
    place = request.args.get("sayfa", 0, type=int)
    place = place if 0 <= place < 10_000 else 0
    found = orm.db.session.scalars(wanted.order_by(
        MailPicture.added_at.desc(), MailPicture.id.desc()
    ).limit(PAGE + 1).offset(place * PAGE)).unique().all()
    shown = found[:PAGE]
    used = pictures.uses([one.key for one in shown])
    return ([_row(one, used.get(one.key, [])) for one in shown],
            url_for(endpoint, sayfa=place - 1, **values) if place else None,
            url_for(endpoint, sayfa=place + 1, **values) if len(found) > PAGE else None)


def _row(one: MailPicture, used: list[Use]) -> dict[str, Any]:
    small = Named(one.key, one.small_width, one.ext)
    sizes = [(small, one.small_height, one.small_bytes)]
    if one.large_width:
        sizes.append((Named(one.key, one.large_width, one.ext), one.large_height or 0,
                      one.large_bytes))
    return {
        "id": one.id, "key": one.key, "name": one.name, "alt": one.alt, "owner": owners.name(one),
        "url": PATH + small.file, "width": one.small_width, "height": one.small_height,
        "sizes": [{"name": pictures.name_of(*parts), "line": f"{parts.width} × {height} · "
                   f"{size(weight)}"} for parts, height, weight in sizes],
        "moves": one.frames > 1, "sent": one.sent_at is not None, "since": one.added_at,
        "uses": [{"name": each.name, "published": each.published,
                  "url": url_for("TemplateView.show", pk=each.template_id)} for each in used],
        "may_remove": _may_remove(one),
    }


def _said(error: IletiError) -> str:
    return say(error.errors[0] if error.errors else error)


for _endpoint in ("PictureView.add", "PictureView.chosen"):
    doors.register(doors.Door(
        _endpoint, "template:write",
        lambda: settings().picture_longest_mb * 1_000_000 + _ROOM, BytesIO))
