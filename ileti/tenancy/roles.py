"""Who may do what: one table a lawyer can read.

A permission is ``resource:action``. Flask-AppBuilder keeps it as ``can_<action>`` on the view menu
``<resource>`` and a role as its own role of the same key; :mod:`ileti.tenancy.security` copies this
table there at set-up, so that nobody edits rights in two places. A role says *what*; *where* (which
provider, brand, dealer) comes from the membership and is kept by :mod:`ileti.tenancy.scope`.

Personal addresses: only who must answer a person or an authority may open one (``consent:reveal``),
and each opening is audited; so is that of a dealer's identity number (``dealer:reveal``) and of a
site's secret (``site:secret``), with which whoever holds it can vouch for any address. An API
account (``api:write``) is for who could add users for its place too, and may do what they may
(:mod:`ileti.programs.scopes`).
Importing a list (``import:run``) makes consents of any date and source, so at a dealer only its
manager may, for that dealer alone; who approves (``import:approve``) is not who asked.
A file that proves a consent shows who signed it, so ``proof:read`` is for who collects forms or
answers for them; each opening is audited, and a dealer has the files of what it took alone.
Writing a text (``document:write``) and publishing it (``document:publish``) are two rights, so that
a provider can ask for a second pair of eyes (``provider.four_eyes``).
A template of messages (``template:write``) is published by whoever writes it, who thereby declares
its class (R-04); an exempt text that promotes takes somebody with ``template:approve`` too (R-03),
and so does every exempt text of a dealer, since the brand answers for the class.
What is kept of an erased person for the law alone (``restricted:read``, R-64) the compliance
officer sees, and no admin of the provider, who may appoint one all the same. Placing and ending a
legal hold and asking for a destruction is ``retention:write``; dealers see nothing of it.
A data subject's request (``request:read``) opens everything held of a person, so it is for who
answers to them, and never for a dealer; erasing (``request:erase``) takes two of them.
Taking a notice or an explicit consent on the phone or on paper (``consent:take``) is for whoever
meets people; a dealer takes as itself alone.
Taking consents in a call (``call:take``) is for the same people, while their training is in date
(R-22); drawing calls, hearing and judging them and noting trainings (``call:judge``) is for who
answers for them, at no dealer; letting outbound calls ask at all (``call:allow``, R-20) is for the
provider admin.
A dealer's page with its printed code and its kiosk (``poster:read``) is for who stands at the
counter; making or replacing a code is ``poster:write``. What dealers may do at all
(:mod:`ileti.tenancy.dealerrights`) is the provider admin's to give (``dealer:allow``).
Composing a role of one's own (``role:write``, :mod:`ileti.tenancy.ownroles`) gives nothing that
the composer lacks, nor what no ready role of that level has.
Over whose lines messages go, and under which title (``gateway:write``, R-54), is the provider
admin's to say; the compliance officer sees it.
Whom people call: a list shows counts and masked phones (``call:read``); who calls gets one number
after the other in full (``call:work``), and taking many as a file (``call:export``) is audited.
One message to one person (``single:send``), as an order notice, is for whoever serves people or
advertises; its class is their declaration (R-04). A dealer's manager sends them, and campaigns, to
people the dealer has a record of, where the brand lets its dealers send messages.
A plug-in is switched on by whoever answers for the company's data (``plugin:write``); what a
provider has bought is said by who adds providers (``provider:add``).
What people write to the company's numbers is read by who answers people (``inbound:read``); a
person may read a refusal in it (``inbound:decide``, of mails ``mail:decide``), and nobody a consent
(R-20). Whoever makes the
address a gateway calls (``inbound:write``) could write for any number there.
``radar:alarm`` is no page: it says who gets the mails about deadlines (R-33).

Asking İYS about an address (``iys:ask``) is not for dealers: İYS answers for the whole brand,
whoever took the consent, and a dealer sees what it took or has access to (R-45). What a dealer must
learn, a refusal given elsewhere, holds for its own records at once and stands on them (R-31); and
the hour's questions are shared by all (İYS API §1.1), while a brand may have 3 000 dealers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How high a membership of a role must or may sit."""

    INSTALLATION = "installation"
    PROVIDER = "provider"
    BRAND = "brand"
    DEALER = "dealer"


@dataclass(frozen=True)
class Role:
    """One role: its key, titles and the levels a membership with it may have."""

    key: str
    tr: str
    en: str
    levels: tuple[Level, ...]

    def title(self, language: str = "tr") -> str:
        """The title people read."""
        return self.en if language == "en" else self.tr


_PROVIDER_OR_BRAND = (Level.PROVIDER, Level.BRAND)

ROLES: Final[tuple[Role, ...]] = (
    Role("platform_admin", "Platform yöneticisi", "Platform admin", (Level.INSTALLATION,)),
    Role("provider_admin", "Hizmet sağlayıcı yöneticisi", "Provider admin", (Level.PROVIDER,)),
    Role("brand_manager", "Marka yöneticisi", "Brand manager", (Level.BRAND,)),
    Role("dealer_manager", "Bayi yöneticisi", "Dealer manager", (Level.DEALER,)),
    Role("dealer_user", "Bayi kullanıcısı", "Dealer user", (Level.DEALER,)),
    Role("call_centre_agent", "Çağrı merkezi görevlisi", "Call-centre agent",
         _PROVIDER_OR_BRAND),
    Role("compliance_officer", "Uyum görevlisi", "Compliance officer", _PROVIDER_OR_BRAND),
    Role("marketer", "Pazarlama uzmanı", "Marketer", _PROVIDER_OR_BRAND),
    Role("report_viewer", "Rapor izleyicisi", "Report viewer",
         (Level.PROVIDER, Level.BRAND, Level.DEALER)),
)

# Columns: platform admin, provider admin, brand manager, dealer manager, dealer user,
# call-centre agent, compliance officer, marketer, report viewer.
_TABLE: Final = """
                    plat prov bran dmgr dusr call comp mark repo
home:read            x    x    x    x    x    x    x    x    x
provider:read        x    x    .    .    .    .    x    .    .
provider:write       x    x    .    .    .    .    .    .    .
provider:add         x    .    .    .    .    .    .    .    .
provider:limit       x    .    .    .    .    .    .    .    .
provider:check       x    x    .    .    .    .    x    .    .
brand:read           x    x    x    .    .    .    x    x    x
brand:write          x    x    .    .    .    .    .    .    .
dealer:read          x    x    x    x    .    .    x    .    x
dealer:write         x    x    x    .    .    .    .    .    .
dealer:reveal        x    x    .    .    .    .    x    .    .
dealer:allow         x    x    .    .    .    .    .    .    .
poster:read          x    x    x    x    x    .    x    .    .
poster:write         x    x    x    x    .    .    .    .    .
user:read            x    x    x    x    .    .    x    .    .
user:write           x    x    x    x    .    .    .    .    .
api:read             x    x    x    x    .    .    x    .    .
api:write            x    x    x    x    .    .    .    .    .
role:read            x    x    x    x    .    .    x    .    .
role:write           x    x    x    .    .    .    .    .    .
site:read            x    x    x    x    .    .    x    x    .
site:write           x    x    x    .    .    .    .    .    .
site:secret          x    x    .    .    .    .    .    .    .
field:read           x    x    x    .    .    .    x    x    .
field:write          x    x    .    .    .    .    .    .    .
field:fill           x    x    x    .    .    x    x    .    .
document:read        x    x    x    x    x    x    x    x    .
document:write       x    x    x    .    .    .    x    x    .
document:publish     x    x    .    .    .    .    x    .    .
template:read        x    x    x    x    .    .    x    x    .
template:write       x    x    x    x    .    .    .    x    .
template:approve     x    x    x    .    .    .    x    .    .
purpose:read         x    x    x    .    .    .    x    x    .
purpose:write        x    x    .    .    .    .    x    .    .
consent:read         x    x    x    x    x    x    x    x    .
consent:refuse       x    x    x    x    x    x    x    .    .
consent:reveal       x    x    .    .    .    x    x    .    .
consent:take         x    x    x    x    x    x    x    .    .
consent:prove        x    x    .    .    .    .    x    .    .
consent:share        x    x    x    .    .    .    .    .    .
call:take            x    x    x    x    x    x    x    .    .
call:judge           x    x    x    .    .    .    x    .    .
call:allow           x    x    .    .    .    .    .    .    .
proof:read           x    x    x    x    x    x    x    .    .
proof:write          x    x    x    x    x    x    x    .    .
retention:read       x    x    .    .    .    .    x    .    .
retention:write      x    x    .    .    .    .    x    .    .
restricted:read      x    .    .    .    .    .    x    .    .
radar:read           x    x    x    x    x    .    x    .    .
radar:alarm          x    x    x    .    .    .    x    .    .
import:read          x    x    x    x    .    .    x    .    .
import:run           x    x    x    x    .    .    .    .    .
import:approve       x    x    x    .    .    .    x    .    .
queue:read           x    x    x    .    .    .    x    .    .
queue:resend         x    x    .    .    .    .    x    .    .
reconciliation:read  x    x    x    .    .    .    x    .    .
reconciliation:run   x    x    .    .    .    .    x    .    .
reconciliation:repair x   x    .    .    .    .    x    .    .
reconciliation:open  x    x    .    .    .    .    x    .    .
queue:drop           x    x    .    .    .    .    x    .    .
iys:read             x    x    x    x    x    x    x    x    x
iys:ask              x    x    x    .    .    x    x    .    .
inbound:read         x    x    x    .    .    x    x    .    .
inbound:decide       x    x    x    .    .    x    x    .    .
inbound:write        x    x    .    .    .    .    .    .    .
webhook:read         x    x    .    .    .    .    x    .    .
webhook:write        x    x    .    .    .    .    .    .    .
gateway:read         x    x    .    .    .    .    x    .    .
gateway:write        x    x    .    .    .    .    .    .    .
mail:read            x    x    .    .    .    .    x    .    .
mail:decide          x    x    .    .    .    .    x    .    .
mail:write           x    x    .    .    .    .    .    .    .
call:read            x    x    x    x    x    x    x    x    .
call:write           x    x    x    x    .    .    .    x    .
call:work            x    x    x    x    x    x    .    .    .
call:export          x    x    x    x    .    .    .    .    .
request:read         x    x    .    .    .    .    x    .    .
request:write        x    x    .    .    .    .    x    .    .
request:erase        x    x    .    .    .    .    x    .    .
campaign:read        x    x    x    x    .    .    x    x    .
campaign:write       x    x    x    x    .    .    .    x    .
campaign:release     x    x    x    x    .    .    .    x    .
single:read          x    x    x    x    .    x    x    x    .
single:send          x    x    x    x    .    x    .    x    .
report:read          x    x    x    x    .    .    x    x    x
daily:read           x    x    x    x    .    .    x    x    x
audit:read           x    x    .    .    .    .    x    .    .
plugin:read          x    x    .    .    .    .    x    .    .
plugin:write         x    x    .    .    .    .    .    .    .
"""


def _read_table() -> dict[str, frozenset[str]]:
    lines = [line.split() for line in _TABLE.strip().splitlines()[1:]]
    return {
        role.key: frozenset(line[0] for line in lines if line[1 + place] == "x")
        for place, role in enumerate(ROLES)
    }


GRANTS: Final[dict[str, frozenset[str]]] = _read_table()
PERMISSIONS: Final[tuple[str, ...]] = tuple(
    line.split()[0] for line in _TABLE.strip().splitlines()[1:]
)
#: rights that show or take out addresses, or hand out rights and secrets: who has one of them signs
#: in in two steps (ADR 0035)
TWO_STEP_RIGHTS: Final = frozenset({
    "consent:reveal", "consent:prove", "dealer:reveal", "request:read", "restricted:read",
    "reconciliation:open", "site:secret", "api:write", "webhook:write", "gateway:write",
    "inbound:write",
    "call:export",
})
#: the roles that follow: who in production signs in in two steps
TWO_STEPS: Final = frozenset(key for key, granted in GRANTS.items() if granted & TWO_STEP_RIGHTS)
#: rights whose holder can let others do much, or what cannot be undone: to hand out one of them
#: takes two people where a provider wants that (:mod:`ileti.tenancy.foureyes`)
STRONG_RIGHTS: Final = TWO_STEP_RIGHTS | {
    "user:write", "role:write", "provider:write", "document:publish", "import:approve",
    "consent:share", "request:erase", "retention:write", "queue:drop", "campaign:release",
}
#: rights of an office that whoever may appoint to it does not need themselves
OF_OFFICE: Final = frozenset({"restricted:read"})
BY_KEY: Final[dict[str, Role]] = {role.key: role for role in ROLES}
#: what somebody of a level may be given at most: what some ready role of that level has
CEILING: Final[dict[Level, frozenset[str]]] = {
    level: frozenset().union(*(GRANTS[role.key] for role in ROLES if level in role.levels))
    for level in Level}


def split(permission: str) -> tuple[str, str]:
    """``"consent:reveal"`` → Flask-AppBuilder's ``("can_reveal", "consent")``."""
    resource, _, action = permission.partition(":")
    return f"can_{action}", resource
