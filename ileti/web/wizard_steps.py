"""What a provider still lacks before its first consent reaches İYS, one step at a time.

Why this module exists: the first hour with İleti goes through seven pages of the panel, and whoever
sits before it wants to know which is next and what is missing. Nothing is remembered here: every
step is true when what it makes is there, so it may be left, done elsewhere, or found done already.

Big providers open the first page too, so the last two steps read the newest
:data:`SUBMISSIONS_READ` submissions and no more; a list of a million rows is a few hundred of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true
from sqlalchemy.orm import Session

from ileti.capture.models import Kind, Site
from ileti.consents.models import Submission
from ileti.core import formats, orm
from ileti.documents.models import Document, DocumentVersion
from ileti.iys.models import IysReceipt
from ileti.tenancy import modules, scope, security
from ileti.tenancy.models import Brand, Dealer, Provider

SUBMISSIONS_READ = 2_000
PERMISSION = "provider:write"


class Key(StrEnum):
    """The steps in their order; the value stands in the address."""

    COMPANY = "sirket"
    LOGIN = "iys"
    BRANDS = "markalar"
    DEALERS = "bayiler"
    SITE = "site"
    FORM = "form"
    CONSENT = "izin"


TITLES = {
    Key.COMPANY: _l("Your company"), Key.LOGIN: _l("İYS login"), Key.BRANDS: _l("Brands"),
    Key.DEALERS: _l("Dealers"), Key.SITE: _l("First site"), Key.FORM: _l("Form on your page"),
    Key.CONSENT: _l("First consent at İYS"),
}
ENDPOINTS = {
    Key.COMPANY: "WizardCompanyView.edit", Key.LOGIN: "WizardLoginView.edit",
    Key.BRANDS: "WizardView.brands", Key.DEALERS: "WizardView.dealers",
    Key.SITE: "WizardSiteView.add", Key.FORM: "WizardView.form", Key.CONSENT: "WizardView.consent",
}


@dataclass(frozen=True)
class Facts:
    """What is there of one provider. ``bare_brands``: without a published text."""

    provider: Provider
    has_password: bool
    brands: int
    bare_brands: int
    dealers: int
    dealers_unknown: int
    sites: int
    sites_without_origin: int
    used: bool
    registered: bool


@dataclass(frozen=True)
class Step:
    """One step: whether it is done, what is missing or true, and where it is done."""

    key: Key
    done: bool
    optional: bool
    text: str
    url: str

    @property
    def title(self) -> Any:
        """How it is called."""
        return TITLES[self.key]


def visible_provider(provider_id: int | None = None) -> Provider | None:
    """The provider of this address, or the one to set up: the work space's own, and for the whole
    installation the newest."""
    asked = select(Provider).order_by(Provider.id.desc()).limit(1)
    if provider_id is not None:
        asked = asked.where(Provider.id == min(provider_id, 2**31 - 1))
    return _session().scalars(asked).first()


def facts_of(provider: Provider) -> Facts:
    """All facts of a provider in one statement."""
    own = provider.id
    row = _session().execute(select(
        _count(Brand, Brand.provider_id == own),
        _count(Brand, and_(Brand.provider_id == own, ~has_text())),
        _count(Dealer, Dealer.provider_id == own),
        _count(Dealer, and_(Dealer.provider_id == own, Dealer.retailer_code.is_(None))),
        _count(Site, and_(Site.provider_id == own, Site.active, Site.kind == Kind.WIDGET)),
        _count(Site, and_(Site.provider_id == own, Site.active, Site.kind == Kind.WIDGET,
                          func.cardinality(Site.origins) == 0)),
        *_of_sites(own),
    )).one()
    return Facts(provider, bool(provider.iys_password), *row)


def steps_of(facts: Facts) -> list[Step]:
    """Every step of a provider, in order; of forms and sites where it has that module."""
    provider = facts.provider
    said = {
        Key.COMPANY: _company(provider), Key.LOGIN: _login(facts), Key.BRANDS: _brands(facts),
        Key.DEALERS: _dealers(facts), Key.SITE: _site(facts), Key.FORM: _form(facts),
        Key.CONSENT: _consent(facts),
    }
    return [Step(key, done, key is Key.DEALERS, text, step_url(key, provider.id))
            for key, (done, text) in said.items()
            if modules.has(provider, modules.of("page", ENDPOINTS[key]))]


def has_forms(provider: Provider) -> bool:
    """Whether the provider has the module that sites and forms belong to."""
    return modules.has(provider, modules.of("page", ENDPOINTS[Key.FORM]))


def step_url(key: Key, provider_id: int) -> str:
    """Where a step is done."""
    if key in (Key.COMPANY, Key.LOGIN):
        return url_for(ENDPOINTS[key], pk=provider_id)
    return url_for(ENDPOINTS[key], provider_id=provider_id)


def next_step(steps: Sequence[Step], after: Key | None = None) -> Step | None:
    """The first open step that is not optional; with ``after`` the very next in order."""
    if after is not None:
        keys = [one.key for one in steps]
        rest = steps[keys.index(after) + 1:]
        return rest[0] if rest else None
    return next((one for one in steps if not one.done and not one.optional), None)


def progress(steps: Sequence[Step]) -> tuple[int, int]:
    """How many of the needed steps are done, and how many there are."""
    needed = [one for one in steps if not one.optional]
    return sum(one.done for one in needed), len(needed)


def offer() -> dict[str, Any] | None:
    """The line of the first page while something is missing, for whoever may do it; else None."""
    if not security.may(PERMISSION) or scope.current().brand_id is not None:
        return None
    own = security.membership()
    provider = (own.provider if own else None) or visible_provider()
    if provider is None:
        return None if not security.may("provider:add") else {
            "bold": _("Nothing is set up yet."),
            "rest": _("Company, İYS login, brands, first form: step by step to the first consent."),
            "action": {"label": _("Start the setup"), "url": url_for("WizardView.index")}}
    steps = steps_of(facts_of(provider))
    waiting = next_step(steps)
    if waiting is None:
        return None
    done, needed = progress(steps)
    return {
        "bold": _("%(name)s: %(done)s of %(all)s steps of the setup are done.", name=str(provider),
                  done=done, all=needed),
        "rest": f"{_('Next')}: {waiting.title}. {waiting.text}",
        "action": {"label": _("Go on with the setup"), "url": waiting.url},
    }


# -- one sentence a step -------------------------------------------------------------------------


def _company(provider: Provider) -> tuple[bool, str]:
    if not provider.contact:
        return False, _("Missing: address and e-mail people see on forms and in messages.")
    if not provider.mersis:
        return True, _("No MERSİS number. A merchant shows it on every form and message.")
    return True, f"{provider.title} · {provider.iys_code}"


def _login(facts: Facts) -> tuple[bool, str]:
    provider = facts.provider
    lacking = [str(word) for there, word in (
        (provider.iys_username, _("İYS user name")), (facts.has_password, _("İYS password")))
        if not there]
    if lacking:
        return False, _("Missing: %(what)s.", what=", ".join(lacking))
    if provider.iys_problem:
        return False, provider.iys_problem
    if provider.iys_checked_at is None:
        return False, _("The login is entered and not tried yet.")
    return True, _("İYS let us in on %(at)s.", at=formats.moment(provider.iys_checked_at))


def _brands(facts: Facts) -> tuple[bool, str]:
    if not facts.brands:
        return False, _("No brand yet. Consents are kept per brand.")
    return True, ngettext("%(n)s brand", "%(n)s brands", facts.brands,
                          n=formats.number(facts.brands))


def _dealers(facts: Facts) -> tuple[bool, str]:
    if not facts.dealers:
        return False, _("Only when dealers take consents in your name.")
    if facts.dealers_unknown:
        return False, ngettext("%(n)s dealer has no İYS number", "%(n)s dealers have no İYS number",
                               facts.dealers_unknown, n=formats.number(facts.dealers_unknown)) + "."
    return True, ngettext("%(n)s dealer", "%(n)s dealers", facts.dealers,
                          n=formats.number(facts.dealers))


def _site(facts: Facts) -> tuple[bool, str]:
    if not facts.brands:
        return False, _("A brand comes first.")
    if facts.bare_brands == facts.brands:
        return False, _("Missing: published texts. Without them the form has nothing to show.")
    if not facts.sites:
        return False, _("No site yet.")
    if facts.sites_without_origin == facts.sites:
        return False, _("Missing: the address of the page that may show the form.")
    return True, ngettext("%(n)s site", "%(n)s sites", facts.sites, n=formats.number(facts.sites))


def _form(facts: Facts) -> tuple[bool, str]:
    if not facts.sites:
        return False, _("A site comes first.")
    if not facts.used:
        return False, _("No visitor has sent the form yet. Put the lines on your page.")
    return True, _("Visitors send the form.")


def _consent(facts: Facts) -> tuple[bool, str]:
    if facts.registered:
        return True, _("İYS has registered a consent of your form.")
    if not facts.used:
        return False, _("Turns green by itself with the first consent İYS registers.")
    return False, _("The form was sent; İYS has registered nothing of it yet.")


# -- questions -----------------------------------------------------------------------------------


def _session() -> Session:
    return orm.db.session  # type: ignore[return-value]


def _count(model: Any, where: ColumnElement[bool]) -> Any:
    return select(func.count()).select_from(model).where(where).scalar_subquery()


def has_text() -> Any:
    """Whether a brand has a published consent text, as an expression."""
    return select(1).select_from(DocumentVersion).join(
        Document, Document.id == DocumentVersion.document_id).where(
        Document.provider_id == Brand.provider_id,
        or_(Document.brand_id == Brand.id, Document.brand_id.is_(None)),
        Document.kind == "ETK_ONAYI").correlate(Brand).exists()


def _of_sites(provider_id: int) -> tuple[Any, Any]:
    """Whether a form of the provider was sent, and whether İYS registered a consent of one."""
    newest = select(Submission.site_id, Submission.entry_ids).where(
        Submission.provider_id == provider_id).order_by(
        Submission.id.desc()).limit(SUBMISSIONS_READ).subquery()
    sent = select(1).select_from(newest).where(newest.c.site_id.is_not(None))
    there = sent.join(IysReceipt, and_(
        IysReceipt.provider_id == literal(provider_id), IysReceipt.accepted,
        IysReceipt.entry_id == func.any(newest.c.entry_ids)), isouter=False)
    return sent.exists(), there.where(true()).exists()
