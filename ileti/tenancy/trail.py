"""The audit trail as people read it: who, what, about whom, instead of keys and numbers.

The table keeps short stable words (``dealer:change``, ``ab_user:7``); the sentences are made here,
so that they can be mended without touching what was kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g, url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import select
from wtforms import SelectField

from ileti.core import orm
from ileti.core.formats import language
from ileti.tenancy import rolebook, security
from ileti.tenancy.crud import Records, RecordView
from ileti.tenancy.models import AuditEntry, Brand, Dealer, Provider
from ileti.tenancy.rightwords import right
from ileti.tenancy.views import COMMON_LABELS

DEEDS = {
    "login": _l("Signed in"), "logout": _l("Signed out"),
    "login_failed": _l("Signing in failed"),
    "second_step_failed": _l("The second step of signing in failed"),
    "confirm_failed": _l("Confirming with the password failed"),
    "session:end": _l("Ended one of their sessions"),
    "session:end_others": _l("Ended their sessions elsewhere"),
    "passkey:add": _l("Added a passkey"), "passkey:remove": _l("Removed a passkey"),
    "outside:link": _l("Linked the organisation’s sign-in"),
    "two_step:on": _l("Switched two-step sign-in on"),
    "two_step:off": _l("Switched two-step sign-in off"),
    "two_step:codes": _l("Made new recovery codes"),
    "two_step:reset": _l("Reset a second step"),
    "consent:prove": _l("Took a proof bundle"), "consent:receipt": _l("Took a receipt"),
    "message:prove": _l("Took a message’s proof bundle"),
    "consent:complaint": _l("Took a complaint pack"),
    "consent:at": _l("Asked what held for a person at a moment"),
    "legal_hold:add": _l("Placed a legal hold"), "legal_hold:end": _l("Ended a legal hold"),
    "retention:log": _l("Downloaded the log of destruction"),
    "consent:reveal": _l("Opened an address"), "consent:refuse": _l("Recorded a refusal"),
    "dealer:reveal": _l("Opened a dealer’s numbers"),
    "iys:push_on": _l("Let İYS report changes"),
    "iys:push_off": _l("Ended İYS’s reports of changes"),
    "consent:share": _l("Changed dealers’ access"),
    "dealer:register": _l("Added a dealer at İYS"),
    "dealer:unregister": _l("Deleted a dealer at İYS"),
    "document:publish": _l("Published a text"), "document:retire": _l("Took a text off"),
    "document:on_forms": _l("Put a text on forms"),
    "document:review": _l("Sent a text for review"),
    "document:return": _l("Sent a text back"), "document:discard": _l("Threw a draft away"),
    "document:purposes": _l("Changed the purposes of a text"),
    "purpose:add": _l("Added a purpose"), "purpose:change": _l("Changed a purpose"),
    "purpose:export": _l("Downloaded the inventory"),
    "document:change": _l("Changed a text’s record"), "queue:resend": _l("Sent records again"),
    "reconciliation:repair": _l("Repaired differences with İYS"),
    "reconciliation:open": _l("Downloaded from İYS’s archive"),
    "reconciliation:run": _l("Asked İYS about an address"),
    "queue:drop": _l("Took records out of the queue"), "iys:ask": _l("Asked İYS for a status"),
    "import:open": _l("Began an import"), "import:upload": _l("Uploaded a list"),
    "import:map": _l("Mapped an import"), "import:origin": _l("Stated an import’s origin"),
    "import:check": _l("Asked for a dry run"), "import:apply": _l("Asked to apply an import"),
    "import:approve": _l("Approved an import"), "import:pause": _l("Paused an import"),
    "import:resume": _l("Let an import go on"), "import:cancel": _l("Gave an import up"),
    "import:undo": _l("Undid an import"),
    "import:proof": _l("Added a proof file to an import"),
    "import:proof_out": _l("Took a proof file out of an import"),
    "import:rest": _l("Brought the rows not taken again"),
    "proof:add": _l("Added a proof file"), "proof:open": _l("Opened a proof file"),
    "import:report": _l("Downloaded an import’s reasons"),
    "import:template": _l("Saved an import’s mapping"),
    "preference:data": _l("Took their own data in the preference centre"),
    "request:add": _l("Added a data request"), "request:list": _l("Downloaded the requests’ list"),
    "request:reveal": _l("Opened a request’s personal details"),
    "request:assign": _l("Assigned a data request"), "request:note": _l("Noted on a data request"),
    "request:identity": _l("Checked an applicant’s identity"),
    "request:ask": _l("Asked an applicant for more"),
    "request:file": _l("Added a file to a data request"),
    "request:open": _l("Opened a file of a data request"),
    "request:attach": _l("Matched the person of a data request"),
    "request:detach": _l("Removed a match of a data request"),
    "request:stop": _l("Stopped all messages to a person"),
    "request:withdraw": _l("Withdrew a person’s explicit consents"),
    "request:correct": _l("Corrected a person’s data"),
    "request:export": _l("Asked for the copy of a person’s data"),
    "request:take": _l("Downloaded the copy of a person’s data"),
    "request:erase_propose": _l("Proposed an erasure"),
    "request:erase_approve": _l("Approved an erasure"),
    "request:erase_decline": _l("Turned an erasure down"),
    "request:erase_retry": _l("Tried an erasure again"),
    "request:answer": _l("Answered a data request"),
    "request:sent": _l("Recorded the sending of an answer"),
    "request:take_back": _l("Took a letter back"), "request:text": _l("Changed a reply text"),
    "site:secret_create": _l("Made a site’s secret"),
    "site:secret_renew": _l("Renewed a site’s secret"),
    "site:secret_replace": _l("Replaced a site’s secret at once"),
    "site:secret_end_previous": _l("Ended a site’s old secret"),
    "site:secret_show": _l("Opened a site’s secret"),
    "api_account:add": _l("Added an API account"),
    "api_account:change": _l("Changed an API account"),
    "api:secret_create": _l("Made an API account’s secret"),
    "api:secret_renew": _l("Made a new secret for an API account"),
    "api:secret_end": _l("Ended a key of an API account"),
    "api:addresses": _l("A program listed addresses in full"),
    "api:numbers": _l("A program read dealers’ identity numbers"),
    "api:switch_off": _l("Switched an API account off"),
    "user:invite": _l("Invited somebody"), "user:uninvite": _l("Took an invitation back"),
    "user:join": _l("Accepted an invitation"),
    "own_role:add": _l("Composed a role"), "own_role:change": _l("Changed a role"),
    "own_role:retire": _l("Retired a role"),
    "membership:add": _l("Gave a role"), "membership:remove": _l("Took a role away"),
    "provider:add": _l("Added a provider"), "provider:change": _l("Changed a provider"),
    "brand:add": _l("Added a brand"), "brand:change": _l("Changed a brand"),
    "dealer:add": _l("Added a dealer"), "dealer:change": _l("Changed a dealer"),
    "site:add": _l("Added a site"), "site:change": _l("Changed a site"),
    "ab_user:add": _l("Added a user"), "ab_user:change": _l("Changed a user"),
    "document:add": _l("Added a text"), "document_version:add": _l("Added a version of a text"),
}
FAILURES = frozenset({"login_failed", "second_step_failed", "confirm_failed"})
_MORE_LABELS = {
    "password": _l("Password"), "policy": _l("Policy"), "channels": _l("Channels"),
    "origins": _l("Allowed addresses"), "roles": _l("Roles"), "source": _l("Source"),
    "role": _l("Role"), "hash": _l("Hash"), "refs": _l("Records"), "columns": _l("Changed"),
    "way": _l("By"), "sessions": _l("Sessions"), "passkey": _l("Passkey"),
    "program": _l("Program"), "added": _l("Added"), "removed": _l("Taken out"),
    "scopes": _l("What the program may do"),
    "networks": _l("Where it calls from"), "signs": _l("Every call is signed"),
    "reason": _l("Reason"), "count": _l("Addresses"), "known": _l("Recipients"), "code": _l("Code"),
}
WAYS = {
    "password": _l("Password alone"), "app": _l("Password and app"),
    "recovery": _l("Password and recovery code"), "passkey": _l("Passkey"),
    "outside": _l("The organisation’s sign-in"), "invitation": _l("By invitation"),
}
_PAGES: dict[str, tuple[Any, str, str]] = {
    "provider": (Provider, "ProviderView.show", "provider:read"),
    "brand": (Brand, "BrandView.show", "brand:read"),
    "dealer": (Dealer, "DealerView.show", "dealer:read"),
    "ab_user": (User, "UserView.show", "user:read"),
    }
_OTHER_THINGS = {
    "site": _l("Site"), "document": _l("Text"), "document_version": _l("Version of a text"),
    "recipient": _l("Recipient"), "consent": _l("Consent"), "outbox": _l("On the way to İYS"),
    "provider": _l("Provider"), "brand": _l("Brand"), "dealer": _l("Dealer"),
    "ab_user": _l("User"), "api_account": _l("API account"), "import": _l("Import"),
    "import_template": _l("Import template"), "purpose": _l("Purpose"),
    "legal_hold": _l("Legal hold"), "own_role": _l("Role"), "invitation": _l("Invitation"),
    "data_request": _l("Data request"), "data_request_template": _l("Reply text"),
}


def name_things(table: str, model: Any, endpoint: str, permission: str) -> None:
    """Let a higher floor say how the things of one of its tables are called and where they are."""
    _PAGES[table] = (model, endpoint, permission)


def deed(action: str) -> Any:
    """What was done, in words; the word that was kept when it has none."""
    return DEEDS.get(action, action)


def person(user_id: int | str | None) -> str:
    """The name of who did it, when it is somebody of this work space; a program's is told with the
    deed."""
    if user_id is None:
        return "—"
    if isinstance(user_id, str):
        return user_id
    if user_id not in _people():
        look_up([user_id])
    return _people()[user_id]


def look_up(user_ids: Iterable[int | None]) -> None:
    """Read the names of many in one statement, for a page that calls :func:`person` for each."""
    asked = {one for one in user_ids if one is not None} - _people().keys()
    if not asked:
        return
    found = {user.id: user for user in orm.db.session.scalars(select(User).where(
        User.id.in_(asked)))}
    _people().update((number, _name(found.get(number), number)) for number in asked)


def _people() -> dict[int, str]:
    """The names this request has read."""
    names: dict[int, str] = g.setdefault("people_named", {})
    return names


def _name(user: Any, number: int) -> str:
    if user is None:
        return _("User %(number)s", number=number)
    return f"{user.first_name} {user.last_name}".strip() or str(user.username)


def thing(subject: str) -> Any:
    """What it was about: its name, with a link where there is a page this user may open."""
    table, _colon, number = subject.partition(":")
    page = _PAGES.get(table)
    found = None
    if page is not None and number.isdigit():
        model, endpoint, permission = page
        found = orm.db.session.scalars(select(model).where(model.id == int(number))).first()
        if found is not None:
            name = found.username if table == "ab_user" else str(found)
            if security.may(permission):
                return Markup('<a href="{}">{}</a>').format(url_for(endpoint, pk=found.id), name)
            return escape(name)
    return f"{_OTHER_THINGS.get(table, table)} {number}".strip()


def details(kept: dict[str, Any]) -> Any:
    """The details as one line per name; never a value that was not kept for this."""
    labels = COMMON_LABELS | _MORE_LABELS
    lines = []
    for name, value in (kept or {}).items():
        if name == "columns":
            value = ", ".join(str(labels.get(one, one)) for one in value)
        elif name in ("added", "removed"):
            value = ", ".join(str(right(one)) for one in value) or "—"
        elif name == "way":
            value = WAYS.get(value, value)
        elif name == "role":
            value = rolebook.title(value, language())
        elif isinstance(value, list):
            value = ", ".join(str(one) for one in value)
        lines.append(f"{labels.get(name, name)}: {value}")
    return " · ".join(lines) or "—"


class AuditView(RecordView):
    """Who did what; readable, never changeable."""

    datamodel = Records(AuditEntry)
    route_base = "/denetim"
    class_permission_name = "audit"
    list_title, show_title = _l("Audit trail"), _l("Audit entry")
    label_columns = COMMON_LABELS | {"doer": COMMON_LABELS["user_id"]}
    list_columns = ["at", "doer", "action", "subject", "address"]
    show_columns = ["action", "at", "doer", "subject", "address", "detail"]
    search_columns = ["action", "at"]
    search_form_extra_fields = {
        "action": SelectField(_l("What"), choices=[("", ""), *DEEDS.items()])}
    order_columns = ["at"]
    formatters_columns = {"doer": person, "action": deed, "subject": thing, "detail": details}
    base_order = ("id", "desc")
    exclude_route_methods = RecordView.exclude_route_methods | {"add", "edit"}
