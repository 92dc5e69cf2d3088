"""Templates of messages in the panel: the list, one with its versions, adding and taking off.

Writing is :mod:`ileti.templates.draftviews`. A version is never changed; its page shows who
declared what of it, when, and the fingerprint that stands with every message made of it (R-04).
"""

from __future__ import annotations

from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, exists, select

from ileti.consents.vocabulary import Channel
from ileti.core import orm
from ileti.core.errors import IletiError, NotAllowed, NotFound
from ileti.core.formats import day, language, say
from ileti.documents.versionviews import compared
from ileti.templates import lifecycle, owners, pages, samples
from ileti.templates.models import MessageTemplate, MessageTemplateVersion
from ileti.templates.pages import CHANNELS, OCCASIONS
from ileti.templates.vocabulary import MessageClass
from ileti.templates.written import Content
from ileti.tenancy import asked, foureyes, scope, security, trail
from ileti.tenancy import offered as offers

PAGE: Final = 50
STATES: Final = {"yayinda": _l("Published"), "taslak": _l("Draft"), "arsiv": _l("Archived")}


class TemplateView(BaseView):
    """Templates and their versions."""

    route_base = "/sablonlar"
    class_permission_name = "template"
    default_view = "list"

    @expose("/")
    @has_access
    @permission_name("read")
    def list(self) -> ResponseReturnValue:
        """All templates, by channel, brand and state."""
        place = request.args.get("sayfa", 0, type=int)
        place = place if 0 <= place < 10_000 else 0
        chosen = {name: request.args.get(name, "") for name in ("kanal", "marka", "durum")}
        found = orm.db.session.scalars(_wanted(chosen).order_by(
            MessageTemplate.retired_at.is_not(None), MessageTemplate.name, MessageTemplate.id
        ).limit(PAGE + 1).offset(place * PAGE)).unique().all()
        return self.render_template(
            "panel/messages/list.html", title=_("Templates"), rows=_rows(list(found[:PAGE])),
            filters=_filters(chosen), kept=[(k, v) for k, v in chosen.items() if v],
            before=_at(chosen, place - 1) if place else None,
            after=_at(chosen, place + 1) if len(found) > PAGE else None,
            may_add=security.may("template:write"),
            sender_url=_sender_url())

    @expose("/yeni", methods=["GET", "POST"])
    @has_access
    @permission_name("write")
    def add(self) -> ResponseReturnValue:
        """A new template, empty or begun with a sample."""
        places, problem = owners.places(), ""
        if request.method == "POST":
            chosen = next((one for one in places if one["value"] == request.form.get("place")),
                          None)
            sample = samples.BY_KEY.get(request.form.get("sample", ""))
            channel = sample.content.channel if sample else _channel(request.form.get("channel"))
            if chosen is None or channel is None:
                problem = _("Choose a brand and a channel.")
            else:
                orm.db.session.rollback()  # written in a transaction of its own
                try:
                    number = lifecycle.create(
                        chosen["provider"], chosen["brand"], channel,
                        request.form.get("name", "") or (sample.tr if sample else ""),
                        user_id=current_user.id, draft=sample.content if sample else None,
                        sample=sample is not None, dealer_id=chosen["dealer"])
                except IletiError as error:
                    problem = say(error.errors[0] if error.errors else error)
                else:
                    return redirect(url_for("TemplateDraftView.edit", pk=number))
        return self.render_template(
            "panel/messages/new.html", title=_("Add a template"), places=places, problem=problem,
            crumbs=[(_("Templates"), url_for("TemplateView.list")), (_("Add a template"), None)],
            channels=[(one.name, str(word)) for one, word in CHANNELS.items()],
            samples=[(one.key, f"{CHANNELS[one.content.channel]} · {one.say(language())}")
                     for one in samples.SAMPLES],
            typed=request.form), (422 if problem else 200)

    @expose("/<int:pk>")
    @has_access
    @permission_name("read")
    def show(self, pk: int) -> ResponseReturnValue:
        """A template: what is in use, what is being written, every version."""
        template = pages.find(pk)
        versions = pages.versions_of([pk])
        newest = lifecycle.latest(pk)
        waits = foureyes.of(f"message_template:{pk}")
        return self.render_template(
            "panel/messages/show.html", tpl=template, line=pages.heading(template),
            crumbs=pages.crumbs(template), state=_state(template, bool(versions)),
            preview=pages.previewed(template, newest) if newest else None, content=newest,
            facts=facts_of(newest) if newest else [], may_write=owners.may_change(template),
            may_retire=owners.may_retire(template),
            waits_url=url_for("ApprovalView.show", number=waits.id) if waits else None,
            rows=[_version_row(one) for one in versions])

    @expose("/<int:pk>/kaldir", methods=["POST"])
    @has_access
    @permission_name("write")
    def retire(self, pk: int) -> ResponseReturnValue:
        """Take it off: nothing new is made of it."""
        if not owners.may_retire(pages.find(pk)):
            raise NotAllowed()
        orm.db.session.rollback()
        if lifecycle.retire(pk, user_id=current_user.id):
            flash(_("The template is taken off."), "success")
        return redirect(url_for("TemplateView.show", pk=pk), code=303)

    @expose("/surum/<int:pk>")
    @has_access
    @permission_name("read")
    def version(self, pk: int) -> ResponseReturnValue:
        """A published version, and what it changed."""
        version = orm.db.session.scalars(select(MessageTemplateVersion).where(
            MessageTemplateVersion.id == min(pk, pages.LARGEST))).first()
        if version is None:
            raise NotFound()
        template = version.template
        content = lifecycle.content(version.id, provider_id=version.provider_id)
        before = next((one for one in pages.versions_of([template.id])
                       if one.version < version.version), None)
        return self.render_template(
            "panel/messages/version.html", version=version, tpl=template, content=content,
            before=before, line=pages.heading(template), facts=facts_of(content),
            preview=pages.previewed(template, content),
            crumbs=pages.crumbs(template, _("Version %(n)s", n=version.version)),
            parts=[(name, compared(was, now)) for name, was, now in (
                (_("Subject"), before.subject, version.subject),
                (_("Text"), before.body, version.body), ("HTML", before.html, version.html),
            ) if was != now and was] if before else [])


def facts_of(content: Content) -> list[tuple[str, str]]:
    """What was declared of a content, as pairs of name and value."""
    told = [(_("Class"), class_name(content.declared)), (_("Declared by"), _declared(content)),
            (_("Why exempt"), content.reason),
            (_("Second person"), f"{trail.person(content.approved_by)}: {content.approval}"
             if content.approved_by else ""),
            (_("Occasion"), str(OCCASIONS[content.occasion]) if content.occasion else ""),
            (_("Contract or product"), content.reference), (_("Conditions"), content.terms),
            (_("Last day"), day(content.ends) if content.ends else ""),
            (_("Tags"), ", ".join(content.tags))]
    return [(name, value) for name, value in told if value]


def class_name(declared: MessageClass) -> str:
    """A class as people read it, with its rule."""
    return f"{declared.en if language() == 'en' else declared.tr} ({declared.rule})"


def _declared(content: Content) -> str:
    from ileti.core.formats import moment

    return f"{trail.person(content.declared_by)} · {moment(content.declared_at)}"


def _channel(word: str | None) -> Channel | None:
    return Channel[word] if word in {one.name for one in CHANNELS} else None


def _wanted(chosen: dict[str, str]) -> Select[tuple[MessageTemplate]]:
    rows = select(MessageTemplate)
    channel = _channel(chosen["kanal"])
    if channel is not None:
        rows = rows.where(MessageTemplate.channel == channel.value)
    if chosen["marka"] == "ortak":
        rows = rows.where(MessageTemplate.brand_id.is_(None))
    elif chosen["marka"].isascii() and chosen["marka"].isdigit() and len(chosen["marka"]) < 10:
        rows = rows.where(MessageTemplate.brand_id == int(chosen["marka"]))
    where = _in_state(chosen["durum"])
    return rows if where is None else rows.where(where)


def _in_state(key: str) -> ColumnElement[bool] | None:
    published = exists().where(MessageTemplateVersion.template_id == MessageTemplate.id)
    live = MessageTemplate.retired_at.is_(None)
    return {"yayinda": live & published, "taslak": live & ~published,
            "arsiv": MessageTemplate.retired_at.is_not(None)}.get(key)


def _state(template: MessageTemplate, published: bool) -> str:
    """A badge of the family ``document``."""
    return "archived" if template.retired_at else "published" if published else "draft"


def _rows(found: list[MessageTemplate]) -> list[dict[str, Any]]:
    newest: dict[int, MessageTemplateVersion] = {}
    for one in pages.versions_of([template.id for template in found]):
        newest.setdefault(one.template_id, one)
    return [{
        "name": one.name, "url": url_for("TemplateView.show", pk=one.id),
        "channel": Channel(one.channel).name, "owner": owners.name(one),
        "sample": one.sample, "state": _state(one, one.id in newest),
        "version": newest[one.id].version if one.id in newest else None,
        "class": class_name(MessageClass(newest[one.id].declared)) if one.id in newest else "—",
        "since": newest[one.id].published_at if one.id in newest else None,
    } for one in found]


def _version_row(one: MessageTemplateVersion) -> dict[str, Any]:
    return {"version": one.version, "url": url_for("TemplateView.version", pk=one.id),
            "class": class_name(MessageClass(one.declared)), "at": one.published_at,
            "who": trail.person(one.declared_by), "hash": one.content_hash.hex()[:12] + "…"}


def _filters(chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        asked.one_of("kanal", _("Channel"),
                     [(one.name, str(word)) for one, word in CHANNELS.items()], chosen),
        asked.one_of("marka", _("Brand"), asked.brand_or_all(
            offers.brands(), _("All brands")), chosen),
        asked.one_of("durum", _("State"), [(key, str(word)) for key, word in STATES.items()],
                     chosen),
    ]


def _at(chosen: dict[str, str], place: int) -> str:
    kept: dict[str, Any] = {k: v for k, v in chosen.items() if v}
    return url_for("TemplateView.list", sayfa=place, **kept)


def _sender_url() -> str | None:
    """Where it is said who sends, for who may change the provider's record."""
    provider = scope.current().provider_id
    if provider is None or not security.may("provider:write"):
        return None
    return url_for("SenderRecordView.edit", provider_id=provider)


