"""What each right lets somebody do, in words an admin reads; the keys are those of ``roles``.

Why apart from the table of roles: that one is for whoever checks who may do what; this is what
pages say. A test keeps both equal.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

#: topic → rights in the order in which a page shows them
TOPICS: Final[tuple[tuple[Any, tuple[tuple[str, Any], ...]], ...]] = (
    (_l("Consents"), (
        ("consent:read", _l("Sees consents, addresses masked")),
        ("consent:reveal", _l("Opens an address in full")),
        ("consent:take", _l("Takes notices and explicit consents on the phone and on paper")),
        ("consent:refuse", _l("Records a refusal")),
        ("consent:prove", _l("Takes proof bundles and receipts")),
        ("consent:share", _l("Opens consents to dealers")),
        ("proof:read", _l("Opens proof files")),
        ("proof:write", _l("Adds proof files")),
        ("restricted:read", _l("Sees what is kept of an erased person for the law alone")),
    )),
    (_l("Import"), (
        ("import:read", _l("Sees imports and their reports")),
        ("import:run", _l("Uploads and applies lists")),
        ("import:approve", _l("Approves large imports of others")),
    )),
    (_l("İYS"), (
        ("iys:read", _l("Reads the error book")),
        ("iys:ask", _l("Asks İYS for the status of an address")),
        ("queue:read", _l("Sees what is on its way to İYS")),
        ("queue:resend", _l("Sends records again")),
        ("queue:drop", _l("Takes records out of the queue")),
        ("radar:read", _l("Sees the deadline radar")),
        ("radar:alarm", _l("Gets mails about deadlines")),
        ("reconciliation:read", _l("Sees the reconciliation")),
        ("reconciliation:run", _l("Reconciles now")),
        ("reconciliation:repair", _l("Repairs differences")),
        ("reconciliation:open", _l("Downloads from İYS’s archive")),
    )),
    (_l("Texts and forms"), (
        ("document:read", _l("Reads texts")),
        ("document:write", _l("Writes texts")),
        ("document:publish", _l("Publishes texts")),
        ("purpose:read", _l("Sees the processing inventory")),
        ("purpose:write", _l("Changes the processing inventory")),
        ("site:read", _l("Sees sites and forms")),
        ("site:write", _l("Changes sites and forms")),
        ("site:secret", _l("Opens the secrets of sites")),
    )),
    (_l("Data subjects"), (
        ("request:read", _l("Opens data requests")),
        ("request:write", _l("Works on data requests")),
        ("request:erase", _l("Proposes and approves erasures")),
        ("retention:read", _l("Sees periods and destruction")),
        ("retention:write", _l("Places legal holds and asks for a destruction")),
    )),
    (_l("Reports"), (
        ("report:read", _l("Opens reports")),
        ("home:read", _l("Opens the first page and the own account")),
    )),
    (_l("Organisation"), (
        ("provider:read", _l("Sees the provider’s record")),
        ("provider:write", _l("Changes the provider’s record")),
        ("provider:check", _l("Checks the connection to İYS")),
        ("provider:add", _l("Adds providers")),
        ("brand:read", _l("Sees brands")),
        ("brand:write", _l("Changes brands")),
        ("dealer:read", _l("Sees dealers")),
        ("dealer:write", _l("Changes dealers")),
        ("dealer:reveal", _l("Opens dealers’ identity numbers")),
        ("user:read", _l("Sees users")),
        ("user:write", _l("Adds users and gives roles")),
        ("role:read", _l("Sees roles")),
        ("role:write", _l("Composes roles")),
        ("api:read", _l("Sees API accounts")),
        ("api:write", _l("Makes API accounts")),
        ("webhook:read", _l("Sees webhooks")),
        ("webhook:write", _l("Makes webhooks")),
        ("audit:read", _l("Reads the audit trail")),
    )),
)
WORDS: Final[dict[str, Any]] = {key: words for _topic, rights in TOPICS for key, words in rights}


def right(permission: str) -> Any:
    """A right in words; its key when it has none any more."""
    return WORDS.get(permission, permission)
