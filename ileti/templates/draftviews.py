"""Writing a template: the editor with preview, costs and findings, and the mail in its frame.

Works by plain forms; the script only shortens the way (look §1.10). Whoever saves says on which
state of the draft they wrote: two people never overwrite each other, and what was typed stays on
the page. Publishing is the declaration of the class (R-04), in :mod:`ileti.templates.lifecycle`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from flask import flash, jsonify, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from ileti.channels.segments import plain
from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import IletiError, InvalidInput
from ileti.core.formats import language, say
from ileti.documents.remarks import marked
from ileti.templates import blockparts, design, lifecycle, owners, pages, previewing
from ileti.templates.judging import Remark
from ileti.templates.merge import CUSTOM, NAMES
from ileti.templates.models import MessageTemplate
from ileti.templates.pages import CHANNELS, OCCASIONS
from ileti.templates.someone import Someone, someone
from ileti.templates.templateviews import class_name
from ileti.templates.written import LONGEST, Content, read
from ileti.tenancy import scope, security
from ileti.tenancy.foureyes import Waits

_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
#: a mail of anybody's making: no script, no picture but ours, shown in our page alone
_FRAME_POLICY: Final = ("default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; "
                        "sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'self'")


class TemplateDraftView(BaseView):
    """The draft of a template."""

    route_base = "/sablonlar"
    class_permission_name = "template"
    default_view = "edit"

    @expose("/<int:pk>/taslak", methods=["GET"])
    @has_access
    @permission_name("write")
    def edit(self, pk: int) -> ResponseReturnValue:
        """The editor: the draft, else the newest version as a beginning."""
        template = pages.find(pk)
        owners.refuse_foreign(template)
        return self._editor(template, _beginning(template))

    @expose("/<int:pk>/taslak", methods=["POST"])
    @has_access
    @permission_name("write")
    def save(self, pk: int) -> ResponseReturnValue:
        """Keep what was typed; publish it, show it, or write it with cheaper letters."""
        template = pages.find(pk)
        owners.refuse_foreign(template)
        content, wish = pages.typed(Channel(template.channel)), request.form.get("wish", "save")
        if wish in ("look", "plain", "code", "blocks") or wish.startswith("block:"):
            content, place = _turned(content, wish)
            return self._editor(template, content, typed=True, place=place)
        try:
            if wish.startswith("picture:"):
                return self._to_pictures(template, content, wish.removeprefix("picture:"))
            return self._kept(template, content, publish=wish == "publish")
        except IletiError as error:
            orm.db.session.rollback()
            said = [say(one) for one in error.errors] or [say(error)]
            return self._editor(pages.find(pk), content, typed=True, problems=said), error.status

    def _to_pictures(self, template: MessageTemplate, content: Content, place: str
                     ) -> ResponseReturnValue:
        """Keep the draft and go where a picture for one of its blocks is chosen."""
        number = template.id
        orm.db.session.rollback()
        lifecycle.save(number, request.form.get("revision", 0, type=int), content,
                       user_id=current_user.id, name=request.form.get("name", ""))
        block, _point, side = place.partition(".")
        return redirect(url_for("PictureView.choose", pk=number, blok=block[:3], yan=side[:1]),
                        code=303)

    def _kept(self, template: MessageTemplate, content: Content, *, publish: bool
              ) -> ResponseReturnValue:
        number, revision = template.id, request.form.get("revision", 0, type=int)
        orm.db.session.rollback()  # templates own their transactions
        revision = lifecycle.save(number, revision, content, user_id=current_user.id,
                                  name=request.form.get("name", ""))
        if not publish:
            flash(_("The draft is saved."), "success")
            return redirect(url_for("TemplateDraftView.edit", pk=number), code=303)
        try:
            lifecycle.publish(number, revision, user_id=current_user.id)
        except Waits:
            flash(_waiting(), "warning")
        except IletiError as error:  # the draft is kept; what is wrong stands above it
            said = [say(one) for one in error.errors] or [say(error)]
            return self._editor(pages.find(number), content, typed=True, problems=said
                                ), error.status
        else:
            flash(_("The template is published."), "success")
        return redirect(url_for("TemplateView.show", pk=number), code=303)

    @expose("/<int:pk>/denetle", methods=["POST"])
    @has_access
    @permission_name("write")
    def check(self, pk: int) -> ResponseReturnValue:
        """Findings and preview of the typed text as HTML, the marks as numbers."""
        template = pages.find(pk)
        content = pages.typed(Channel(template.channel))
        if any(len(getattr(content, name)) > most for name, most in LONGEST.items()):
            raise InvalidInput()
        said = _said(template, content, None)
        return jsonify(
            html=self.render_template("panel/messages/_findings.html", **said),
            live=self.render_template("panel/messages/_preview.html", **said),
            plain=said["plain"],
            marks=[[one["start"], one["end"], one["level"], one["n"]]
                   for one in said["marks"]])

    def _editor(self, template: MessageTemplate, content: Content, *, typed: bool = False,
                problems: list[str] | None = None, place: int = 0) -> str:
        who = request.form.get("kisi", "") if typed else ""
        found = someone(template, content, who) if who.strip() else None
        page: str = self.render_template(
            "panel/messages/editor.html", tpl=template, content=content,
            line=pages.heading(template), crumbs=pages.crumbs(template, _("Write")),
            typed_name=request.form.get("name") if typed else None, problems=problems or [],
            revision=request.form.get("revision", 0, type=int) if problems else template.revision,
            classes=[(key, class_name(one)) for key, one in pages.class_choices()],
            occasions=[(one.value, str(word)) for one, word in OCCASIONS.items()],
            longest=LONGEST, mail=content.channel is Channel.EPOSTA, typed=typed,
            **blockparts.context(content.design, place),
            fields=[*((f"{{{key}}}", names[language() == "en"]) for key, names in NAMES.items()),
                    *((f"{{{CUSTOM}{one.key}}}", one.name(language()))
                      for one in pages.custom_fields(template))],
            may_look=security.may("consent:read"), nobody=bool(who.strip()) and found is None,
            **_said(template, content, found))
        return page


class TemplatePreviewView(BaseView):
    """A mail as it is read, alone in its frame."""

    route_base = "/sablonlar"
    class_permission_name = "template"
    default_view = "mail"

    @expose("/<int:pk>/eposta", methods=["GET"])
    @has_access
    @permission_name("read")
    def mail(self, pk: int) -> ResponseReturnValue:
        """The version in use, else the draft."""
        template = pages.find(pk)
        content = lifecycle.latest(pk) or read(Channel(template.channel), template.draft)
        return _framed(template, content)

    @expose("/<int:pk>/eposta", methods=["POST"])
    @has_access
    @permission_name("read")
    def typed(self, pk: int) -> ResponseReturnValue:
        """What stands in the editor now, kept or not; for a chosen recipient if one is typed."""
        template = pages.find(pk)
        content = pages.typed(Channel(template.channel))
        if any(len(getattr(content, name)) > most for name, most in LONGEST.items()):
            raise InvalidInput()
        return _framed(template, content, someone(template, content, request.form.get("kisi", "")))


def _framed(template: MessageTemplate, content: Content, who: Someone | None = None
            ) -> ResponseReturnValue:
    """The HTML part on a light or a dark screen, without anything from outside."""
    said = pages.previewed(template, content, who.values if who else None).said
    dark = request.values.get("gorunum") == "koyu"
    html = _DARK.sub("(min-width:0px)" if dark else "(max-width:0px)", said.html)
    if not html:
        html = str(Markup("<!doctype html><meta charset=utf-8><title>–</title><pre "
                          "style='white-space:pre-wrap;font:16px/24px sans-serif;padding:16px'>"
                          "{}</pre>").format(said.body))
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = _FRAME_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _waiting() -> str:
    if scope.current().dealer_id is not None:
        return _("Somebody of the brand has to agree that this text needs no consent (R-04). Your "
                 "request went to those who may.")
    return _("This exempt text may promote: a second person has to say why it does not "
             "(R-03). Your request went to those who may.")


def _beginning(template: MessageTemplate) -> Content:
    """The draft; where none was ever written, the version in use; a mail of which nothing is
    written begins with blocks."""
    channel = Channel(template.channel)
    found = read(channel, template.draft) if template.draft else (
        lifecycle.latest(template.id) or Content(channel))
    if channel is not Channel.EPOSTA or found.html or found.body or found.design is not None:
        return found
    return pages.designed(found, design.beginning())


def _turned(content: Content, wish: str) -> tuple[Content, int]:
    """What was typed, changed as a button asks for, and the block it is about (0: none)."""
    if wish == "plain":
        return replace(content, body=plain(content.body)), 0
    if wish == "code":
        return pages.designed(content, None), 0
    if wish == "blocks" and content.channel is Channel.EPOSTA and not content.html:
        return pages.designed(content, design.beginning()), 1
    if wish.startswith("block:") and content.design is not None:
        made, place = design.changed(content.design, wish.removeprefix("block:"))
        return pages.designed(content, made), place
    return content, 0


def _said(template: MessageTemplate, content: Content, who: Someone | None) -> dict[str, Any]:
    """Context of the findings and the preview."""
    remarks = _numbered(pages.judged(template, content), blocks=content.design is not None)
    preview = pages.previewed(template, content, who.values if who else None)
    marks = [one for one in remarks if one["end"] and one["field"] == "body"]
    if content.channel is Channel.MESAJ:
        marks += [{"start": start, "end": end, "level": "letter", "n": ""}
                  for start, end in previewing.costly_letters(content.body)]
    easier = plain(content.body)
    return {
        "remarks": remarks, "marks": marks, "marked": marked(content.body, marks),
        "errors": sum(one["level"] == "error" for one in remarks),
        "seconds": sum(one["level"] == "second-person" for one in remarks),
        "preview": preview, "who": who.label if who else "",
        "plain": easier if easier != content.body else "", "channel_name":
        str(CHANNELS[content.channel]),
    }


def _numbered(remarks: list[Remark], *, blocks: bool) -> list[dict[str, Any]]:
    names = {"subject": _("Subject"), "preheader": _("Preheader"),
             "html": _("Blocks") if blocks else "HTML",
             "terms": _("Conditions"), "ends": _("Last day"), "reference": _("Contract or product"),
             "class": _("Class"), "reason": _("Why exempt"), "tags": _("Tags")}
    return [{"n": n, "level": one.level, "rule": one.rule, "title": one.say(language()),
             "field": one.field, "where": _where(one.field, names), "start": one.start,
             "end": one.end, "code": one.code} for n, one in enumerate(remarks, 1)]


def _where(field: str, names: dict[str, str]) -> str:
    if field.startswith("design."):
        return _("Block %(n)s", n=field.removeprefix("design."))
    return names.get(field, "")
