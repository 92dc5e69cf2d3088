"""What stands around every step of the wizard, and the facts its steps show.

The steps stand beside the form with what each still lacks; wherever one is, the way on is the same
button at the same place.
"""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from config import settings
from ileti.capture.models import Kind, Site
from ileti.capture.page import in_language
from ileti.capture.site_page import snippet, widget_integrity
from ileti.consents import listing
from ileti.consents.detail import record_url
from ileti.consents.models import Submission
from ileti.consents.timeline import address_of
from ileti.consents.vocabulary import Channel
from ileti.core import formats, orm
from ileti.core.errors import NotFound
from ileti.documents.publish import CHANNELS
from ileti.documents.standard import consent_text, notice_text
from ileti.recipients.address import mask
from ileti.tenancy import security
from ileti.tenancy.models import Brand, Provider
from ileti.web.wizard_steps import (
    SUBMISSIONS_READ,
    TITLES,
    Facts,
    Key,
    Step,
    facts_of,
    has_text,
    next_step,
    progress,
    step_url,
    steps_of,
)

BRANDS_SHOWN, CHOICES_SHOWN = 50, 3


def frame(provider: Provider | None, key: Key, facts: Facts | None = None) -> dict[str, Any]:
    """Context of ``panel/wizard.html``: the steps and where one goes from here."""
    crumb = [(_("Setup"), url_for("WizardView.index")), (TITLES[key], None)]
    if provider is None:
        steps = [{"title": title, "text": "", "url": None, "tone": "mute", "current": one is key,
                  "icon": "circle-dot" if one is key else "circle", "word": ""}
                 for one, title in TITLES.items()]
        return {"crumbs": crumb, "steps": steps, "line": _("A new company"), "after": None,
                "step_title": TITLES[key]}
    found = steps_of(facts or facts_of(provider))
    done, needed = progress(found)
    this = next((one for one in found if one.key is key), None)
    if this is None:  # of a module this provider does not have
        raise NotFound()
    following = next_step(found, after=key)
    return {
        "crumbs": crumb, "steps": [_shown(one, one.key is key) for one in found],
        "line": _("%(name)s · %(done)s of %(all)s steps done", name=str(provider), done=done,
                  all=needed),
        "after": {"label": _("Next: %(step)s", step=following.title), "url": following.url,
                  "icon": "arrow-right", "kind": "primary" if this.done else ""}
        if following else None,
        "complete": done == needed, "step": this, "step_title": this.title,
    }


def _shown(step: Step, current: bool) -> dict[str, Any]:
    if step.done:
        icon, tone, word = "check", "ok", _("Done")
    elif step.optional:
        icon, tone, word = "circle-dashed", "mute", _("Optional")
    else:
        icon, tone, word = "circle-dot", "wait", _("To be done")
    return {"title": step.title, "text": step.text, "url": step.url, "tone": tone, "icon": icon,
            "word": word, "current": current}


def texts_missing(provider: Provider) -> tuple[list[dict[str, Any]], bool]:
    """Brands without a consent text, each with the standard wording one could publish; and whether
    another brand has one."""
    rows = orm.db.session.execute(select(Brand, has_text()).where(
        Brand.provider_id == provider.id).order_by(Brand.id).limit(BRANDS_SHOWN)).all()
    language = formats.language()
    made = []
    for brand in [brand for brand, there in rows if not there]:
        wordings = [(label, consent_text(language, word, provider.title)[1].replace("**", ""))
                    for word, label in CHANNELS.values()]
        title, body = notice_text(language, provider.title, brand.name, provider.contact or "")
        made.append({"brand": brand, "wordings": [*wordings, (title, body.replace("## ", ""))]})
    return made, any(there for _brand, there in rows)


def first_site(provider: Provider) -> Site | None:
    """The site the wizard speaks of: the newest that is switched on."""
    return orm.db.session.scalars(select(Site).where(
        Site.provider_id == provider.id, Site.active, Site.kind == Kind.WIDGET,
    ).order_by(Site.id.desc()).limit(1)).first()


def form_step(provider: Provider) -> dict[str, Any]:
    """The lines for the page of the first site, and how its form looks."""
    site = first_site(provider)
    if site is None:
        return {"site": None, "site_step": step_url(Key.SITE, provider.id)}
    hosted = in_language(f"/f/{site.public_key}", formats.language())
    signed = site.policy == "signed"
    return {
        "site": site, "snippet": snippet(site, widget_integrity()), "origins": site.origins,
        "site_url": url_for("SiteView.show", pk=site.id), "signed": signed,
        "preview_url": in_language(f"/f/{site.public_key}?onizleme=1", formats.language()),
        "hosted_url": "" if signed else hosted,
    }


def consent_step(provider: Provider) -> dict[str, Any]:
    """What the newest visitors of a form chose, and how far each choice is."""
    rows = _newest_choices(provider)
    people = listing.recipients_of(rows)
    shown = []
    keys = set()
    for entry, state in rows:
        key = (state.recipient_id, state.recipient_type, state.channel)
        if key in keys:  # before and after the code
            continue
        keys.add(key)
        address = address_of(people.get((entry.provider_id, entry.recipient_id)))
        shown.append({
            "address": mask(address) if address else _("erased"), "url": record_url(entry),
            "channel": Channel(entry.channel).name, "at": entry.captured_at,
            "choice": listing.choice_key(state), "iys": listing.iys_key(state),
            "iys_code": listing.iys_code(state)})
    return form_step(provider) | {
        "choices": shown, "may_see": security.may("consent:read"),
        "phone_url": None if settings().production else "/demo/telefon"}


def _newest_choices(provider: Provider) -> list[Any]:
    newest = select(Submission.id, Submission.site_id, Submission.entry_ids).where(
        Submission.provider_id == provider.id).order_by(
        Submission.id.desc()).limit(SUBMISSIONS_READ).subquery()
    lists = orm.db.session.scalars(select(newest.c.entry_ids).where(
        newest.c.site_id.is_not(None)).order_by(newest.c.id.desc()).limit(CHOICES_SHOWN))
    numbers = [(provider.id, number) for one in lists for number in one]
    if not numbers:
        return []
    found, _more = listing.page(listing.Wanted(entries=numbers))
    return found
