"""The secret with which a site's own server vouches (policy ``signed``): made, shown, renewed.

It is made when somebody asks for it, not before: a secret nobody uses can only leak. It is kept
encrypted and shown again on request, because a lost secret would otherwise stop a shop; every act
is audited by name, never with the secret. Renewing leaves the old one valid for a day, so that the
site's server can change over without losing a visitor; after a leak it ends at once.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from ileti.capture.models import Site
from ileti.capture.sites import forget_sites
from ileti.core import clock
from ileti.core.errors import Conflict
from ileti.tenancy import audit

OVERLAP: Final = timedelta(hours=24)
_BYTES: Final = 32


def create(site: Site) -> None:
    """The first secret of a site; raises Conflict when it has one. The caller commits."""
    if site.secret:
        raise Conflict("Bu sitenin anahtarı var. Yeni bir anahtar için yenileyin.",
                       "This site has a secret. Renew it to get another.", code="has_secret")
    _replace(site, "site:secret_create")


def renew(site: Site, *, at_once: bool) -> None:
    """Another secret; the old one holds for :data:`OVERLAP`, or not at all. The caller commits.

    Raises Conflict when there is none to renew.
    """
    if not site.secret:
        raise Conflict("Bu sitenin henüz anahtarı yok.", "This site has no secret yet.",
                       code="no_secret")
    before = None if at_once else site.secret
    _replace(site, "site:secret_replace" if at_once else "site:secret_renew")
    site.secret_before = before
    site.secret_before_until = None if at_once else clock.now() + OVERLAP


def end_previous(site: Site) -> None:
    """The secret before the present one ends now. The caller commits."""
    site.secret_before = site.secret_before_until = None
    _note(site, "site:secret_end_previous")


def show(site: Site) -> str:
    """The present secret, noted as shown; raises Conflict when there is none. The caller commits.
    """
    if not site.secret:
        raise Conflict("Bu sitenin henüz anahtarı yok.", "This site has no secret yet.",
                       code="no_secret")
    _note(site, "site:secret_show")
    return site.secret


def previous_holds(site: Site) -> bool:
    """Whether the secret before the present one is still taken."""
    return bool(site.secret_before and site.secret_before_until
                and site.secret_before_until > clock.now())


def _replace(site: Site, action: str) -> None:
    site.secret = secrets.token_urlsafe(_BYTES)
    site.secret_at = clock.now()
    site.secret_before = site.secret_before_until = None
    _note(site, action)
    forget_sites()


def _note(site: Site, action: str) -> None:
    audit.record(action, f"site:{site.id}", provider_id=site.provider_id)
