"""Why records wait for a person, who that is, and what the button does.

Why this module exists: a list of late records helps nobody; what helps is "19 records: İYS does not
know this dealer, match it". Most records go out by themselves. A person must act when a record was
set aside (parked), when İYS holds it up until something outside it is mended (errors.py says which
codes), or when the provider's own connection to İYS does not work. Whoever may not act is told who
may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select

from ileti.core import clock, orm
from ileti.core.formats import language
from ileti.iys.errors import Meaning, meaning
from ileti.iys.reasons import in_short, told
from ileti.radar.counts import Left, Line
from ileti.tenancy import roles, security
from ileti.tenancy.models import Provider

# the words of a button in errors.py (English) → page that mends it, permission it needs there
PLACES: dict[str, tuple[str, str]] = {
    "Match the dealer": ("DealerView.list", "dealer:write"),
    "Edit the dealer": ("DealerView.list", "dealer:write"),
    "Check the İYS account": ("ProviderView.list", "provider:write"),
    "Check the brand codes": ("BrandView.list", "brand:write"),
}
# words of a button whose place is the record itself
AT_THE_RECORD = frozenset({"Look at the address", "Look at the record"})
_URGENCY = list(Left)


@dataclass
class Cause:
    """Records with one reason; ``permission`` is what mending it needs. ``url`` is where it is
    mended, None when that is at each record: by sending it again or, with ``look``, by looking."""

    sentence: str
    code: str | None
    permission: str
    label: str
    url: str | None
    look: bool = False
    number: int = 0
    left: Left = Left.NONE

    def add(self, line: Line) -> None:
        """One more line of the counts with this reason."""
        self.number += line.number
        self.left = min(self.left, line.left, key=_URGENCY.index)


def acts() -> bool:
    """Whether this user mends anything; who does not is not told that records wait for them."""
    return any(security.may(one) for one in ("queue:resend", "dealer:write", "provider:write"))


def special_providers() -> list[Provider]:
    """Providers in view that are not connected as they should be, or not yet past their activation
    date."""
    return list(orm.db.session.scalars(select(Provider).where(or_(
        Provider.iys_username.is_(None), Provider.iys_password.is_(None),
        Provider.iys_problem.is_not(None), Provider.activation_date >= clock.today()))
        .order_by(Provider.id).limit(1000)))


def held(providers: list[Provider]) -> dict[int, Provider]:
    """Those whose connection to İYS does not work or was never made."""
    return {one.id: one for one in providers
            if not one.iys_username or not one.iys_password or one.iys_problem}


def waits_for_a_person(line: Line, stuck: dict[int, Provider]) -> bool:
    """Whether the records of a line stay where they are until somebody acts."""
    return line.stopped or line.provider_id in stuck or _needs_somebody(line)


def _needs_somebody(line: Line) -> bool:
    code = told(line.reason, line.iys_code)[1] if line.reason else None
    return code is not None and meaning(code).kind.needs_somebody


def causes(lines: list[Line], stuck: dict[int, Provider]) -> list[Cause]:
    """What holds records up, the most urgent and then the most frequent first."""
    made: dict[Any, Cause] = {}
    for line in lines:
        if not waits_for_a_person(line, stuck):
            continue
        if line.provider_id in stuck and not line.stopped:
            key: Any = line.provider_id
            new = _connection(stuck[line.provider_id])
        else:
            sentence, code = told(line.reason, line.iys_code)
            key = code or sentence
            new = cause_of(sentence or _("It was set aside."), code)
        made.setdefault(key, new).add(line)
    return sorted(made.values(), key=lambda one: (_URGENCY.index(one.left), -one.number))


def _connection(provider: Provider) -> Cause:
    sentence = _("%(name)s: İYS does not answer as it should", name=str(provider)) if (
        provider.iys_problem) else _("%(name)s is not connected to İYS yet", name=str(provider))
    url = url_for("ProviderView.show", pk=provider.id) if security.may("provider:read") else None
    return Cause(sentence, None, "provider:write", _("Mend the connection"), url)


def cause_of(sentence: str, code: str | None) -> Cause:
    """The reason of parked or held-up records, and what mends it."""
    known = meaning(code) if code else None
    sentence = in_short(known) if known is not None and known.known else sentence
    place = PLACES.get(known.next_en) if known else None
    if known is not None and place is not None:
        endpoint, permission = place
        return Cause(sentence, code, permission, _step(known), url_for(endpoint))
    if known is not None and known.next_en in AT_THE_RECORD:
        return Cause(sentence, code, "consent:read", _step(known), None, look=True)
    return Cause(sentence, code, "queue:resend", _("Send again"), None)


def _step(known: Meaning) -> str:
    return known.next_step(language())


def who(permission: str) -> str:
    """Who mends it, as the page says it: you, or the roles that may."""
    if security.may(permission):
        return _("You")
    titles = [role.title(language()) for role in roles.ROLES
              if permission in roles.GRANTS[role.key] and role.key != "platform_admin"]
    return ", ".join(titles[:2])
